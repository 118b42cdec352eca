//! The comparison as JSON: a versioned document whose rows are keyed by name and architecture.

use serde::Serialize;

use super::super::encoded;
use super::verdict;
use crate::package::{DeltaEntry, DeltaKind, StreamMove};
use crate::release::{Comparison, Judgement, KeyMove, Side};

/// The version of the document: its first number changes when something that was there means something else or is gone.
const FORMAT_VERSION: &str = "1.0";

#[derive(Serialize)]
struct Document<'a> {
    format_version: &'static str,
    old: &'a Side,
    new: &'a Side,
    same: bool,
    summary: String,
    counts: Counts,
    packages: Vec<DeltaRow<'a>>,
    modules: &'a [StreamMove],
    keys: &'a [KeyMove],
    /// Nothing where no advisories were asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    advisories: Option<&'a Judgement>,
}

#[derive(Serialize)]
struct Counts {
    same: usize,
    upgraded: usize,
    downgraded: usize,
    stream_changed: usize,
    renamed: usize,
    added: usize,
    removed: usize,
    set_changed: usize,
}

/// How two sets differ in one name and architecture.
#[derive(Serialize)]
pub(in crate::render) struct DeltaRow<'a> {
    name: &'a str,
    architecture: &'a str,
    change: DeltaKind,
    /// `[epoch:]version-release`, oldest first; of what was renamed, whole NEVRAs.
    old: Vec<&'a str>,
    new: Vec<&'a str>,
}

pub(super) fn json(comparison: &Comparison) -> String {
    let count = |kind| comparison.delta.count(kind);
    let document = Document {
        format_version: FORMAT_VERSION,
        old: &comparison.old,
        new: &comparison.new,
        same: comparison.is_same(),
        summary: verdict(comparison),
        counts: Counts {
            same: comparison.same,
            upgraded: count(DeltaKind::Upgraded),
            downgraded: count(DeltaKind::Downgraded),
            stream_changed: count(DeltaKind::StreamChanged),
            renamed: count(DeltaKind::Renamed),
            added: count(DeltaKind::Added),
            removed: count(DeltaKind::Removed),
            set_changed: count(DeltaKind::SetChanged),
        },
        packages: comparison.delta.entries.iter().filter_map(DeltaRow::of).collect(),
        modules: &comparison.modules,
        keys: &comparison.keys,
        advisories: comparison.advisories.as_ref(),
    };
    encoded::document(&document)
}

impl<'a> DeltaRow<'a> {
    /// Makes the row; none of an entry without packages.
    pub(in crate::render) fn of(entry: &'a DeltaEntry) -> Option<Self> {
        let key = entry.key()?;
        let renamed = entry.kind == DeltaKind::Renamed;
        let old = entry.old.iter().map(|package| if renamed { package.as_str() } else { package.evr() });
        let new = entry.new.iter().map(|package| package.evr());
        Some(Self {
            name: key.name(),
            architecture: key.arch().as_str(),
            change: entry.kind,
            old: old.collect(),
            new: new.collect(),
        })
    }
}
