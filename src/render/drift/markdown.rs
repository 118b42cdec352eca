//! What others changed as Markdown, for a pull request, an issue or a chat: the verdict first, then a row a change.

use super::super::markdown::{escaped, head, row};
use super::super::packages::name;
use super::super::plan::drift as section;
use super::super::words::{address, clean, time};
use super::verdict;
use crate::conformance::Lag;
use crate::package::Package;
use crate::plan::{DriftKind, Drifts};

/// So many rows stand open; more are folded behind a summary.
const OPEN: usize = 30;
/// So many packages are named in a row.
const PACKAGES: usize = 8;

pub(super) fn markdown(drifts: &Drifts<'_>) -> String {
    let plan = drifts.plan;
    let simulator = if plan.service.simulator { " (SIMULATOR)" } else { "" };
    let mut lines = vec![
        format!("## Drift of {}{simulator}", escaped(plan.basis.train.as_str())),
        String::new(),
        format!("**{}**", escaped(&verdict(drifts))),
        String::new(),
        format!("- as of {}, against state serial {}", time(plan.created), plan.basis.serial),
    ];
    lines.extend(drifts.applied.map(|applied| format!("- last applied {}", time(applied))));
    lines.push(String::new());
    let folded = drifts.told.len() > OPEN;
    if folded {
        lines.push(format!("<details><summary>{} changes</summary>", drifts.told.len()));
        lines.push(String::new());
    }
    head(&mut lines, &["address", "group", "what others changed", "last known to be right"], &[]);
    for drift in &drifts.told {
        let group = drift.group.as_ref().map_or_else(String::new, ToString::to_string);
        let right = drift.right.map_or_else(String::new, time);
        let mut what = section::words(plan, drift);
        let packages = packages(&drift.kind);
        if !packages.is_empty() {
            what = format!("{what}: {packages}");
        }
        row(&mut lines, [address(plan, &drift.address), group, what, right].map(|cell| escaped(&cell)));
    }
    if folded {
        lines.extend([String::new(), "</details>".to_owned()]);
    }
    lines.push(String::new());
    lines.join("\n")
}

/// Names the packages that a change is about, the first of many.
fn packages(kind: &DriftKind) -> String {
    let whole = |packages: &[Package], mark: &'static str| -> Vec<String> {
        packages.iter().map(|package| format!("{mark} {}", package.as_str())).collect()
    };
    let moved = |lag: &Lag| {
        let (from, to) = (lag.release, lag.installed);
        format!("{} {} -> {}", name(to), from.evr(), to.evr())
    };
    let named: Vec<String> = match kind {
        DriftKind::Contents { missing, foreign } => [whole(missing, "-"), whole(foreign, "+")].concat(),
        DriftKind::LeftLevel { behind, ahead, .. } => behind.iter().chain(ahead).map(moved).collect(),
        DriftKind::Beside { now, .. } => whole(now, "+"),
        DriftKind::Parent { .. }
        | DriftKind::Joined { .. }
        | DriftKind::Left { .. }
        | DriftKind::Gone
        | DriftKind::Children { .. }
        | DriftKind::Sources { .. }
        | DriftKind::Renamed { .. }
        | DriftKind::Schedule { .. } => Vec::new(),
    };
    let more = match named.len().saturating_sub(PACKAGES) {
        0 => String::new(),
        more => format!(", ... and {more} more"),
    };
    clean(&format!("{}{more}", named[..named.len().min(PACKAGES)].join(", "))).into_owned()
}
