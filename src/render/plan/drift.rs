//! Drift: what others changed since our last apply. It has happened already.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::mem::discriminant;

use super::super::packages::{self, Row};
use super::super::page::{Mark, Page};
use super::super::words::{address, clean, count, counts, job, kind, natural, rides, schedule, time};
use crate::conformance::Lag;
use crate::name::Address;
use crate::plan::{Drift, DriftKind, Plan};

/// Packages shown of one drift before the list folds.
const PACKAGES: usize = 8;
/// Names shown of equal drifts before the list folds.
const NAMES: usize = 12;
/// Different drifts shown before the section folds.
const KINDS: usize = 30;

/// Writes the section: so many addresses, and what happened to them.
pub(in super::super) fn section(page: &mut Page, plan: &Plan, count: usize, drifts: &[&Drift]) {
    if drifts.is_empty() {
        return;
    }
    page.heading(&format!("Drift ({count})"), "what others changed since the last apply");
    let groups = alike(drifts);
    let shown = page.fold(groups.len(), KINDS);
    for drifts in &groups[..shown] {
        entry(page, plan, drifts);
    }
    page.more(2, groups.len() - shown);
}

/// Puts drifts of one kind together, in order of their first.
pub(in super::super) fn alike<'a>(drifts: &[&'a Drift]) -> Vec<Vec<&'a Drift>> {
    let mut groups: Vec<Vec<&Drift>> = Vec::new();
    let mut known: HashMap<Alike<'_>, usize> = HashMap::new();
    for drift in drifts {
        let instance = matches!(drift.address, Address::Instance(_));
        let at = *known.entry(Alike(instance, &drift.kind)).or_insert(groups.len());
        if at == groups.len() {
            groups.push(Vec::new());
        }
        groups[at].push(drift);
    }
    groups
}

/// What drifts are alike by: whether they are of instances, and what happened.
#[derive(PartialEq, Eq)]
struct Alike<'a>(bool, &'a DriftKind);

impl Hash for Alike<'_> {
    // Packages hash as what they are interned at: a fleet in which each drifted in its own way has hundreds of thousands.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self(instance, kind) = self;
        instance.hash(state);
        discriminant(*kind).hash(state);
        match kind {
            DriftKind::Parent { expected, found } => (expected, found).hash(state),
            DriftKind::Sources { expected, found } => (expected, found).hash(state),
            DriftKind::Children { children } => children.hash(state),
            DriftKind::Joined { group } | DriftKind::Left { group } => group.hash(state),
            DriftKind::Contents { missing, foreign } => (missing, foreign).hash(state),
            DriftKind::LeftLevel { release, behind, ahead } => (release, behind, ahead).hash(state),
            DriftKind::Beside { before, now } => (before, now).hash(state),
            DriftKind::Renamed { found } => found.hash(state),
            // One a group at most: equality tells these apart.
            DriftKind::Schedule { .. } | DriftKind::Gone => {}
        }
    }
}

fn entry(page: &mut Page, plan: &Plan, drifts: &[&Drift]) {
    let Some(first) = drifts.first() else { return };
    let what = words(plan, first);
    if drifts.len() == 1 {
        page.item(2, Mark::DRIFT, &format!("{}: {what}", address(plan, &first.address)));
    } else {
        page.item(2, Mark::DRIFT, &format!("{}, each: {what}", count(drifts.len(), kind(&first.address))));
        let mut names: Vec<String> = drifts.iter().map(|drift| address(plan, &drift.address)).collect();
        names.sort_by_cached_key(|name| natural(name));
        page.names(6, &names, NAMES);
    }
    if let Some(right) = right(drifts) {
        page.text(6, 8, &right);
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
        | DriftKind::Renamed { .. }
        | DriftKind::Children { .. } => {}
    }
}

/// Returns the packages of a drift, as a list has them: `-` gone, `+` come, or from which version to which.
pub(in super::super) fn packages(drift: &Drift) -> Vec<String> {
    match &drift.kind {
        DriftKind::Contents { missing, foreign } => {
            let gone = missing.iter().map(|package| format!("-{package}"));
            gone.chain(foreign.iter().map(|package| format!("+{package}"))).collect()
        }
        DriftKind::LeftLevel { behind, ahead, .. } => {
            let moved = |lag: &Lag| format!("{} -> {}", lag.release, lag.installed.evr());
            behind.iter().chain(ahead).map(moved).collect()
        }
        DriftKind::Beside { now, .. } => now.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    }
}

/// Says when several were last known to be right, as far as that is known of any.
pub(in super::super) fn right(drifts: &[&Drift]) -> Option<String> {
    let known = || drifts.iter().filter_map(|drift| drift.right);
    let (first, last) = (time(known().min()?), time(known().max()?));
    let of = match drifts.len() - known().count() {
        0 => String::new(),
        unknown => format!("; of {unknown} that is not known"),
    };
    Some(match first == last {
        true => format!("last known to be right {last}{of}"),
        false => format!("last known to be right between {first} and {last}{of}"),
    })
}

/// Says what happened.
pub(in super::super) fn words(plan: &Plan, drift: &Drift) -> String {
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
        DriftKind::Renamed { found } => format!(
            "somebody renamed it: the service calls it {}; rename it there, or give the group its `id` in the train file",
            clean(found)
        ),
        DriftKind::Gone => match drift.address {
            Address::Instance(_) => "the service no longer knows it".to_owned(),
            _ => "somebody deleted it".to_owned(),
        },
    }
}
