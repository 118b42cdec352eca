//! The table of the judge: what is installed, what the sources hold, what is asked for, in a line of story each.
//!
//! Packages are NEVRAs, parted by white space; `[postgresql:15]` in a release stands for the label of that module
//! stream. A case in which we and dnf do not end alike names the limit, a heading of `docs/limits.md`, and what of ours
//! is off; one that turns out to agree is an error too.

mod kernels;
mod names;
mod streams;
mod versions;

use super::case::Story;

// Headings of `docs/limits.md`.
const SPELLINGS: &str = "Two spellings of one version";
const TWIN: &str = "A 32-bit twin that the release lacks";
const ARCHITECTURE: &str = "A package that changes its architecture";
const OBSOLETED: &str = "Obsoleted packages";
const DEPENDENCIES: &str = "Dependencies";
const BOTH: &str = "Plain and modular builds of one package in one release";
const UNTOLD: &str = "Modular packages in a source without module metadata";

/// What the packages of a name and version obsolete.
pub(super) const OBSOLETES: &[(&str, &str, &str)] = &[
    ("gnupg2", "2.3", "gnupg2-smime"),
    ("network-scripts-team", "2", "initscripts-legacy < 2"),
    ("network-scripts-team", "2", "initscripts-team < 2"),
    ("vim-filesystem", "8.2", "vim-base < 8.2"),
    ("hidden-new", "2", "hidden-old"),
];
/// What they need.
pub(super) const REQUIRES: &[(&str, &str, &str)] = &[("needy", "2", "needed-library >= 2")];

/// All streams that stories name: whether each is its module's default.
pub(super) const STREAMS: &[(&str, bool)] =
    &[("perl:5.26", true), ("postgresql:10", true), ("postgresql:15", false), ("nodejs:20", false)];

/// All stories, in the order in which they are told.
pub(super) fn stories() -> impl Iterator<Item = &'static Story> {
    [versions::STORIES, kernels::STORIES, names::STORIES, streams::STORIES].into_iter().flatten()
}
