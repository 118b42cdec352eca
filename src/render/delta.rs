//! How two sets of packages differ, kind by kind: in a plan, where a group moves, and in a diff. The words are one and
//! the same for both.

use super::packages::{self, Row};
use super::page::Page;
use super::words::counts;
use crate::package::{Delta, DeltaEntry, DeltaKind, Package};

/// Returns how many entries there are of each kind, in one line; empty where there is none.
pub(super) fn summary(delta: &Delta) -> String {
    let kinds = [
        DeltaKind::Upgraded,
        DeltaKind::Downgraded,
        DeltaKind::StreamChanged,
        DeltaKind::Renamed,
        DeltaKind::Added,
        DeltaKind::Removed,
        DeltaKind::SetChanged,
    ];
    let sets = || delta.entries.iter().filter(|entry| entry.kind == DeltaKind::SetChanged);
    let kernels = sets().all(|entry| entry.key().is_some_and(Package::is_install_only));
    let in_line = |kind: DeltaKind| match kind {
        DeltaKind::StreamChanged => "of another module stream",
        DeltaKind::SetChanged => several(kernels),
        plain => plain.word(),
    };
    counts(&kinds.map(|kind| (delta.count(kind), in_line(kind))))
}

/// Says what has several versions beside each other: mostly what is installed so, but sources hold whatever was released.
pub(super) fn several(kernels: bool) -> &'static str {
    if kernels { "with several versions (kernels)" } else { "with several versions" }
}

/// Returns a kind as the title of its list, with what an update makes of it.
pub(super) fn title(kind: DeltaKind) -> &'static str {
    match kind {
        DeltaKind::Upgraded => "upgraded",
        DeltaKind::Downgraded => "downgraded (an update never does that: such instances will be ahead)",
        DeltaKind::StreamChanged => {
            "of another module stream (no upgrade: dnf refuses it until the instance's stream is switched)"
        }
        DeltaKind::Renamed => "renamed (the new one obsoletes the old)",
        DeltaKind::Added => "added (an update brings them only where something needs them)",
        DeltaKind::Removed => "removed (an update leaves them installed)",
        DeltaKind::SetChanged => "several versions beside each other",
    }
}

/// Writes the list of each kind, folded to `limit` rows.
pub(super) fn lists(page: &mut Page, indent: usize, delta: &Delta, limit: usize) {
    for kind in DeltaKind::ALL {
        let entries: Vec<&DeltaEntry> = delta.entries.iter().filter(|entry| entry.kind == kind).collect();
        if entries.is_empty() {
            continue;
        }
        page.text(indent, indent + 2, &format!("{}:", title(kind)));
        let rows: Vec<Row> = entries.iter().filter_map(|entry| Row::of_delta(entry)).collect();
        packages::write(page, indent + 2, &packages::together(rows), limit, "->");
    }
}
