//! Drift: what others changed since our last apply. It has happened already.

use std::collections::HashMap;

use super::super::packages::{self, Row};
use super::super::page::{Mark, Page};
use super::super::words::{address, count, counts, job, kind, rides, schedule};
use crate::name::Address;
use crate::plan::{Drift, DriftKind, Plan};

/// Packages shown of one drift before the list folds.
const PACKAGES: usize = 8;
/// Names shown of equal drifts before the list folds.
const NAMES: usize = 12;
/// Different drifts shown before the section folds.
const KINDS: usize = 30;

/// Writes the section.
pub(super) fn section(page: &mut Page, plan: &Plan) {
    if plan.drift.is_empty() {
        return;
    }
    let title = format!("Drift ({})", super::drift_count(plan));
    page.heading(&title, "what others changed since the last apply");
    let groups = alike(&plan.drift);
    let shown = page.fold(groups.len(), KINDS);
    for drifts in &groups[..shown] {
        entry(page, plan, drifts);
    }
    page.more(2, groups.len() - shown);
}

/// Puts drifts of one kind together, in order of their first.
fn alike(drifts: &[Drift]) -> Vec<Vec<&Drift>> {
    let mut groups: Vec<Vec<&Drift>> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for drift in drifts {
        // Kinds have no order of their own; their debug text tells them apart and is linear to make.
        let instance = matches!(drift.address, Address::Instance(_));
        let at = *known.entry(format!("{instance}{:?}", drift.kind)).or_insert(groups.len());
        if at == groups.len() {
            groups.push(Vec::new());
        }
        groups[at].push(drift);
    }
    groups
}

fn entry(page: &mut Page, plan: &Plan, drifts: &[&Drift]) {
    let Some(first) = drifts.first() else { return };
    let what = words(plan, first);
    if drifts.len() == 1 {
        page.item(2, Mark::DRIFT, &format!("{}: {what}", address(plan, &first.address)));
    } else {
        page.item(2, Mark::DRIFT, &format!("{}, each: {what}", count(drifts.len(), kind(&first.address))));
        let names: Vec<String> = drifts.iter().map(|drift| address(plan, &drift.address)).collect();
        page.names(6, &names, NAMES);
    }
    match &first.kind {
        DriftKind::Contents { missing, foreign } => {
            let gone = missing.iter().map(|package| Row::one(Mark::REMOVE, *package));
            let new = foreign.iter().map(|package| Row::one(Mark::ADD, *package));
            packages::write(page, 6, &gone.chain(new).collect::<Vec<_>>(), PACKAGES, "");
        }
        DriftKind::LeftLevel { behind, ahead, .. } => {
            // The drift went from the release's version to the installed one.
            let moved: Vec<Row> = behind.iter().chain(ahead).map(Row::of_drifted).collect();
            packages::write(page, 6, &moved, PACKAGES, "->");
        }
        DriftKind::Beside { now, .. } => {
            let rows: Vec<Row> = now.iter().map(|package| Row::one(Mark::ADD, *package)).collect();
            packages::write(page, 6, &rows, PACKAGES, "");
        }
        DriftKind::Parent { .. }
        | DriftKind::Joined { .. }
        | DriftKind::Left { .. }
        | DriftKind::Schedule { .. }
        | DriftKind::Gone
        | DriftKind::Sources { .. }
        | DriftKind::Children { .. } => {}
    }
}

fn words(plan: &Plan, drift: &Drift) -> String {
    match &drift.kind {
        DriftKind::Parent { expected, found } => {
            format!("we put it on {expected}; it rides {} now", rides(plan, found.as_ref()))
        }
        DriftKind::Sources { expected, found } => {
            let names: Vec<_> = found.iter().map(|link| rides(plan, Some(link))).collect();
            let names = if names.is_empty() { "no source".to_owned() } else { names.join(", ") };
            format!("we put it on {expected}; it has {names} now")
        }
        DriftKind::Joined { group } => format!("somebody added it to group.{group}"),
        DriftKind::Left { group } => format!("somebody took it out of group.{group}"),
        DriftKind::Contents { missing, foreign } => {
            let changed = counts(&[(missing.len(), "missing"), (foreign.len(), "foreign")]);
            match &drift.address {
                Address::Release(release) if release.is_own_parent() => {
                    format!(
                        "it is no longer empty, so that all that hangs under it are offered more: {changed}"
                    )
                }
                _ => format!("its source no longer holds the release: {changed}"),
            }
        }
        DriftKind::LeftLevel { release, behind, ahead } => {
            let moved = counts(&[(behind.len(), "older"), (ahead.len(), "newer")]);
            format!("it was at the level of {release} and has left it: {moved} than the release")
        }
        DriftKind::Beside { before, now } => format!(
            "{} beside the release now, {before} when its level was proven",
            count(now.len(), "managed package")
        ),
        DriftKind::Children { children } => {
            let names: Vec<_> = children.iter().map(|child| rides(plan, Some(child))).collect();
            let (sources, are) = if names.len() == 1 { ("source", "is") } else { ("sources", "are") };
            format!("beside its release, the child {sources} {} {are} attached to it", names.join(", "))
        }
        DriftKind::Schedule { expected, found } => {
            format!("we had it install {}; somebody has it {}", schedule(expected), job(found))
        }
        DriftKind::Gone => match drift.address {
            Address::Instance(_) => "the service no longer knows it".to_owned(),
            _ => "somebody deleted it".to_owned(),
        },
    }
}
