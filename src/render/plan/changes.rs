//! Changes: what will happen, riskiest first. Deletions, releases, groups, the moves between releases, then the
//! instances by group.

use super::super::packages::{self, Row};
use super::super::page::{Mark, Page};
use super::super::words::{address, are, clean, count, counts, job, labels, schedule, time};
use super::super::{coverage, delta};
use super::summary::mark;
use super::{cohorts, crew, patches};
use crate::name::{Address, GroupName, Ocid};
use crate::plan::{Change, ChangeAction, ChangeDetail, Exchange, Plan, ReleaseMove};

/// Packages of one kind shown of a move before the list folds.
const PACKAGES: usize = 20;
/// Packages shown of a repair before the list folds.
const REPAIRS: usize = 10;
/// Names shown of those who join or leave before the list folds.
const NAMES: usize = 12;

/// Writes the section.
pub(super) fn section(page: &mut Page, plan: &Plan) {
    if plan.changes.is_empty() {
        return;
    }
    page.heading(&format!("Changes ({})", plan.changes.len()), "what this plan does");
    for change in ordered(plan) {
        entry(page, plan, change);
    }
    for release_move in &plan.moves {
        release(page, release_move);
    }
    cohorts::write(page, plan);
    patches::write(page, plan);
}

/// Returns the changes, deletions first.
pub(in super::super) fn ordered(plan: &Plan) -> Vec<&Change> {
    let rank = |change: &&Change| match change.action {
        ChangeAction::Destroy => 0,
        ChangeAction::Add | ChangeAction::Change => 1,
    };
    let mut ordered: Vec<&Change> = plan.changes.iter().collect();
    ordered.sort_by_key(rank);
    ordered
}

fn entry(page: &mut Page, plan: &Plan, change: &Change) {
    let Some(what) = words(plan, change) else { return };
    page.item(2, mark(change), &format!("{}: {what}", address(plan, &change.address)));
    if let ChangeDetail::RepairSource { add, remove } = &change.detail {
        let rows = add.iter().map(|package| Row::one(Mark::ADD, *package));
        let rows = rows.chain(remove.iter().map(|package| Row::one(Mark::REMOVE, *package)));
        packages::write(page, 6, &rows.collect::<Vec<_>>(), REPAIRS, "");
    }
    for (mark, verb, instances) in people(change) {
        let names = page.list(&labels(plan, instances), NAMES);
        page.item(6, mark, &format!("{verb}: {names}"));
    }
}

/// Says what becomes of an address, and because of what; none of instances, which are told together.
pub(in super::super) fn words(plan: &Plan, change: &Change) -> Option<String> {
    let is_parent = matches!(&change.address, Address::Release(release) if release.is_own_parent());
    Some(match &change.detail {
        ChangeDetail::CreateSource { line, .. } if is_parent => {
            format!("make the empty source that releases hang under, because of {}:{line}", plan.file)
        }
        ChangeDetail::CreateSource { packages, calls, line } => {
            format!(
                "make its source and fill it with {} in {}, because {}:{line} declares it",
                count(*packages, "package"),
                count(*calls, "call"),
                plan.file
            )
        }
        ChangeDetail::AdoptSource { id, missing } => {
            let fill = match missing {
                0 => String::new(),
                missing => format!(" and add the {} that it lacks", count(*missing, "package")),
            };
            format!("record its source {id}, which an earlier run made and could not record{fill}")
        }
        ChangeDetail::RepairSource { add, remove } => {
            let what = counts(&[(add.len(), "to put back"), (remove.len(), "to take out")]);
            let whole =
                if is_parent { "make it empty again" } else { "make its source hold the release again" };
            format!("{whole}, {what}")
        }
        ChangeDetail::Group { create, adopt, from, joins, leaves, verifies, exchange, line } => {
            let to = match &change.address {
                Address::Group(name) => plan.group(name).map(|group| group.release.to_string()),
                _ => None,
            };
            let to = to.unwrap_or_default();
            let mut what = Vec::new();
            if *create {
                what.push("make it".to_owned());
            }
            if *adopt {
                what.push("record it, which an earlier run made and could not record".to_owned());
            }
            match from {
                Some(from) => what.push(format!("{from} -> {to}")),
                None if *create || *adopt => what.push(format!("bind it to {to}")),
                None => {}
            }
            if let Some(exchange) = exchange {
                crew::exchange(&mut what, exchange, &to);
            }
            if !joins.is_empty() {
                what.push(format!("{} to join", joins.len()));
            }
            if !leaves.is_empty() {
                what.push(format!("{} to leave", leaves.len()));
            }
            if *verifies > 0 {
                what.push(format!("{} to be read back, to prove the level", count(*verifies, "member")));
            }
            let cause = format!("because of {}:{line}", plan.file);
            format!("{}, {cause}", what.join(", "))
        }
        ChangeDetail::Profile { adopt, replace, line } => {
            let what = crew::profile((*adopt, *replace), line.is_some());
            let cause = line.map_or_else(String::new, |line| format!(", because of {}:{line}", plan.file));
            format!("{what}{cause}")
        }
        ChangeDetail::DeleteGroup { leaves } => {
            let members = match leaves.len() {
                0 => "it has no members".to_owned(),
                1 => "its 1 member leaves it first and stays as it is".to_owned(),
                many => format!("its {many} members leave it first and stay as they are"),
            };
            let what = format!("delete it, because the train no longer declares it; {members}");
            what
        }
        ChangeDetail::DeleteSource { id, gone, leaving, line } => {
            let cause = format!("because {}:{line} retires it", plan.file);
            let what = match (gone, leaving) {
                (true, _) => format!("forget its source, which is gone, {cause}"),
                (false, 0) => format!("delete its source, which nothing rides, {cause}"),
                (false, riders) => {
                    format!("delete its source when {} off it, {cause}", are(*riders, "instance"))
                }
            };
            format!("{what} ({})", clean(id.as_str()))
        }
        ChangeDetail::Schedule { from, to, next, adopt, replace, line } => {
            let mut what = Vec::new();
            if *adopt {
                what.push(
                    "record the scheduled job, which an earlier run made and could not record".to_owned(),
                );
            }
            match (from, to) {
                (_, None) => what.push("delete the scheduled job".to_owned()),
                (None, Some(to)) => what.push(format!("make a scheduled job that installs {}", schedule(to))),
                (Some(_), Some(to)) if *replace => what.push(format!(
                    "delete the scheduled job and make it anew, to install {}: whom it is for cannot be changed",
                    schedule(to)
                )),
                (Some(from), Some(to)) => what.push(format!("now {}, from then on {}", job(from), schedule(to))),
            }
            if let (Some(next), Some(_)) = (next, to) {
                what.push(format!("next run {}", time(*next)));
            }
            let cause = match (to, line) {
                (Some(_), Some(line)) => format!(", because of {}:{line}", plan.file),
                _ => ", because the train no longer says so".to_owned(),
            };
            format!("{}{cause}", what.join(", "))
        }
        // Instances follow by group, those with the same change together.
        ChangeDetail::Instance { .. } | ChangeDetail::Patch { .. } => return None,
    })
}

/// The same of any change: of an instance what those are told that it is told with.
pub(in super::super) fn words_of(plan: &Plan, change: &Change) -> String {
    match &change.detail {
        ChangeDetail::Instance { cohort } => {
            plan.cohorts.get(*cohort).map(|cohort| cohorts::words(plan, cohort)).unwrap_or_default()
        }
        ChangeDetail::Patch { patch } => plan.patches.get(*patch).map(patches::what).unwrap_or_default(),
        _ => words(plan, change).unwrap_or_default(),
    }
}

/// Returns who joins, leaves and is repeated with a change, each with the verb for it.
pub(in super::super) fn people(change: &Change) -> Vec<(Mark, &'static str, &[Ocid])> {
    let all: Vec<(Mark, &'static str, &[Ocid])> = match &change.detail {
        ChangeDetail::Group { joins, leaves, exchange, .. } => {
            let mut all: Vec<(Mark, &'static str, &[Ocid])> =
                vec![(Mark::ADD, "join", joins), (Mark::REMOVE, "leave", leaves)];
            if let Some(Exchange { rejoin, rerun, .. }) = exchange {
                all.push((Mark::CHANGE, "leave and join again", rejoin));
                all.push((Mark::CHANGE, "have it repeated", rerun));
            }
            all
        }
        ChangeDetail::DeleteGroup { leaves } => vec![(Mark::REMOVE, "leave", leaves)],
        _ => Vec::new(),
    };
    all.into_iter().filter(|(_, _, instances)| !instances.is_empty()).collect()
}

/// Returns the packages that a change puts back into a source; what it takes out is a loss, told with those.
pub(in super::super) fn put_back(change: &Change) -> Vec<String> {
    match &change.detail {
        ChangeDetail::RepairSource { add, .. } => add.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    }
}

/// Writes how two releases differ, kind by kind.
fn release(page: &mut Page, release_move: &ReleaseMove) {
    let ReleaseMove { from, to, delta: changed, groups, instances, coverage } = release_move;
    page.blank();
    let groups: Vec<&str> = groups.iter().map(GroupName::as_str).collect();
    page.item(
        2,
        Mark::CHANGE,
        &format!("{from} -> {to} for {} of {}", count(*instances, "instance"), groups.join(", ")),
    );
    let parts = delta::summary(changed);
    page.text(6, 6, if parts.is_empty() { "the releases hold the same packages" } else { &parts });
    if let Some(coverage) = coverage {
        page.text(6, 6, &coverage::verdict(coverage, from.as_str(), to.as_str()));
    }
    delta::lists(page, 6, changed, PACKAGES);
    if let Some(coverage) = coverage {
        coverage::lists(page, 6, coverage, to.as_str());
    }
}
