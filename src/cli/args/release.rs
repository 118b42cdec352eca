//! Options of the commands about releases: `diff`, `promote`.

use clap::Args;

use super::{Advisories, Amount, Identity, Parallelism};
use crate::name::{GroupName, ReleaseName};

/// Show how two package sets differ: releases, files, instances, groups, sources
///
/// A side is a release of a train (GL1), a file (a manifest, or one NEVRA a line; it is one where it exists or its name
/// holds a slash or ends in .packages), a group or an instance (by display name or OCID), or a software source of the
/// service (service:NAME). Where one word could be several, release.GL1, group.web and instance.web-01 say which. A
/// group is every version that any member has. Of instances and groups what is unmanaged is left out, and counted;
/// module streams and trust keys are compared where both sides tell them.
///
/// Versions are compared as rpm compares them, by name and architecture; of install-only packages (kernels) both sides
/// are shown whole. A package that enters, leaves or changes a module stream is never called an upgrade. Two files or
/// releases are compared offline.
///
/// Exits with 0 if they are the same and with 2 if they differ.
#[derive(Debug, Args)]
pub(in crate::cli) struct Diff {
    /// The side to compare with
    #[arg(value_name = "A")]
    pub(in crate::cli) old: String,

    /// The other
    #[arg(value_name = "B")]
    pub(in crate::cli) new: String,

    /// The train that releases, groups and the service are of; needed where there are several
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) train: Option<String>,

    /// How it is written
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = DiffFormat::Text)]
    pub(in crate::cli) format: DiffFormat,

    /// Compare the files themselves, line by line, headers included: two releases or manifests
    #[arg(long, conflicts_with = "format")]
    pub(in crate::cli) lines: bool,

    #[command(flatten)]
    pub(in crate::cli) advisories: Advisories,

    /// A repository of rpm packages, by its folder or its https address (where repodata/repomd.xml lies), which tells
    /// what replaces what: renames are then told as such; may be given several times
    #[arg(long, value_name = "DIR|URL")]
    pub(in crate::cli) repodata: Vec<String>,

    #[command(flatten)]
    pub(in crate::cli) amount: Amount,

    #[command(flatten)]
    pub(in crate::cli) parallelism: Parallelism,

    #[command(flatten)]
    pub(in crate::cli) identity: Identity,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(in crate::cli) enum DiffFormat {
    /// For people
    Text,
    /// For pull requests
    Markdown,
    /// For programs
    Json,
}

/// Bind a group to another release, in the train file
///
/// Shows how the release that the group rides and the new one differ, asks, and changes the one line of the train file;
/// comments and order stay. On a terminal the difference is a summary unless --full is given. Nothing changes in the
/// cloud: `patchtrain plan` shows what the new binding changes there, and `patchtrain apply` makes it so.
///
/// A group never rides a later release than the groups in its `after`: that is refused. Bound to an earlier release it
/// is rolled back; what an update cannot undo is counted first. If it rides the release already, nothing is done.
#[derive(Debug, Args)]
pub(in crate::cli) struct Promote {
    /// The release
    #[arg(value_name = "RELEASE", value_parser = ReleaseName::parse)]
    pub(in crate::cli) release: ReleaseName,

    /// The group that is to ride it
    #[arg(long, value_name = "GROUP", value_parser = GroupName::parse)]
    pub(in crate::cli) to: GroupName,

    /// The train; needed where there are several
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) train: Option<String>,

    /// Change nothing: show what would change, and exit with 2 if something would
    #[arg(long, conflicts_with = "auto_approve")]
    pub(in crate::cli) check: bool,

    /// Do not ask
    #[arg(long)]
    pub(in crate::cli) auto_approve: bool,

    /// Say which advisories and CVEs the way closes: of a file (updateinfo.xml or Oracle's OVAL, packed or not); may be
    /// given several times
    #[arg(long = "advisories", value_name = "FILE")]
    pub(in crate::cli) advisories: Vec<String>,

    #[command(flatten)]
    pub(in crate::cli) amount: Amount,
}
