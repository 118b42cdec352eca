//! The instances that change, by group: those with the same change once, and those that differ from them by what
//! they have more and less.
//!
//! What an update brings to an instance is compared with what has been shown already, first with the move between
//! the releases, then with the largest cohort of the group, so that the same 200 lines never stand there twice.

use std::collections::{BTreeMap, HashSet};

use super::super::packages::{self, Row, names};
use super::super::page::{Mark, Page};
use super::super::words::{count, counts, labels, reason, rides, source_name};
use crate::conformance::Lag;
use crate::name::GroupName;
use crate::package::{DeltaEntry, Package};
use crate::plan::{Cohort, Plan};

/// Packages shown of a cohort before the list folds.
const PACKAGES: usize = 8;
/// Names shown of a cohort before the list folds.
const NAMES: usize = 12;
/// Cohorts of a group that are shown in detail, and those that follow with a line each.
const DETAILED: usize = 4;
const BRIEF: usize = 8;

/// What a package goes from and to.
type Pair = (Package, Package);

/// Something shown above that a cohort may be like.
struct Shown {
    /// As the text calls it.
    title: String,
    pairs: HashSet<Pair>,
}

/// Writes all groups that have cohorts.
pub(super) fn write(page: &mut Page, plan: &Plan) {
    let mut by_group: BTreeMap<&GroupName, Vec<&Cohort>> = BTreeMap::new();
    for cohort in &plan.cohorts {
        by_group.entry(&cohort.group).or_default().push(cohort);
    }
    let declared = plan.groups.iter().map(|group| &group.name);
    let order: Vec<&GroupName> = declared.filter(|name| by_group.contains_key(*name)).collect();
    let known: HashSet<&GroupName> = order.iter().copied().collect();
    let others: Vec<&GroupName> = by_group.keys().copied().filter(|name| !known.contains(*name)).collect();
    for name in order.into_iter().chain(others) {
        if let Some(cohorts) = by_group.get_mut(name) {
            // The largest first; a stable sort keeps the plan's order among equals.
            cohorts.sort_by_key(|cohort| std::cmp::Reverse(cohort.instances.len()));
            group(page, plan, name, cohorts);
        }
    }
}

fn group(page: &mut Page, plan: &Plan, name: &GroupName, cohorts: &[&Cohort]) {
    page.blank();
    let instances: usize = cohorts.iter().map(|cohort| cohort.instances.len()).sum();
    let mix = match cohorts.len() {
        1 => "all alike".to_owned(),
        kinds if kinds == instances => "each with its own mix".to_owned(),
        kinds => format!("in {kinds} kinds"),
    };
    let mix = if instances == 1 { String::new() } else { format!(", {mix}") };
    page.text(2, 4, &format!("group.{name}: {}{mix}", count(instances, "instance")));
    let mut largest: Option<Shown> = None;
    let detailed = page.fold(cohorts.len(), DETAILED);
    for cohort in &cohorts[..detailed] {
        let pairs: HashSet<Pair> = cohort.verdict.behind.iter().map(pair).collect();
        let shown_move = move_of(plan, cohort);
        let references = shown_move.iter().chain(&largest);
        let like = references.filter(|shown| alike(&pairs, &shown.pairs)).collect::<Vec<_>>();
        in_detail(page, plan, cohort, &pairs, like.first().copied());
        if largest.is_none() {
            let title = match cohort.instances.len() {
                1 => labels(plan, &cohort.instances).concat(),
                many => format!("the {many} above"),
            };
            largest = Some(Shown { title, pairs });
        }
    }
    let rest = &cohorts[detailed..];
    let brief = page.fold(rest.len(), BRIEF);
    for cohort in &rest[..brief] {
        let who = page.list(&labels(plan, &cohort.instances), 2);
        let verdict = standing(cohort);
        page.item(4, Mark::CHANGE, &format!("{who}: {}; {verdict}", what(plan, cohort)));
    }
    page.more(6, rest.len() - brief);
}

/// Two lists are alike when most of either is in the other.
fn alike(one: &HashSet<Pair>, other: &HashSet<Pair>) -> bool {
    let common = one.intersection(other).count();
    common > 0 && common * 2 >= one.len().max(other.len())
}

fn pair(lag: &Lag) -> Pair {
    (lag.installed, lag.release)
}

/// The move that the cohort makes, where the plan shows it.
fn move_of(plan: &Plan, cohort: &Cohort) -> Option<Shown> {
    let from = source_name(plan, &cohort.from.as_ref()?.name).into_owned();
    let found = plan.moves.iter().find(|shown| shown.to == cohort.to && shown.from.as_str() == from)?;
    // What the move brings to an instance that holds exactly the old release.
    let newest = |entry: &DeltaEntry| {
        let (old, new) = (*entry.old.last()?, *entry.new.last()?);
        old.cmp_evr(new).is_lt().then_some((old, new))
    };
    let pairs = found.delta.entries.iter().filter_map(newest).collect();
    Some(Shown { title: format!("{} -> {}", found.from, found.to), pairs })
}

fn what(plan: &Plan, cohort: &Cohort) -> String {
    let to = &cohort.to;
    let now = rides(plan, cohort.from.as_ref());
    match (cohort.switch, cohort.update) {
        (true, true) => format!("switch from {now} to {to}, then update"),
        (true, false) => format!("switch from {now} to {to}, nothing to update"),
        (false, true) => format!("update on {to}"),
        (false, false) => format!("read back on {to}"),
    }
}

fn standing(cohort: &Cohort) -> String {
    let verdict = &cohort.verdict;
    let text = counts(&[
        (verdict.behind.len(), "behind"),
        (verdict.ahead.len(), "ahead"),
        (verdict.extra.len(), "extra"),
        (verdict.missing.len(), "missing"),
    ]);
    if text.is_empty() { "nothing differs".to_owned() } else { text }
}

fn in_detail(page: &mut Page, plan: &Plan, cohort: &Cohort, pairs: &HashSet<Pair>, like: Option<&Shown>) {
    let instances = labels(plan, &cohort.instances);
    let who = if let [one] = instances.as_slice() { one.clone() } else { count(instances.len(), "instance") };
    let why = reason(&cohort.reason, cohort);
    page.item(4, Mark::CHANGE, &format!("{who}: {}, {why}", what(plan, cohort)));
    if instances.len() > 1 {
        page.names(8, &instances, NAMES);
    }
    behind(page, cohort, pairs, like);
    let verdict = &cohort.verdict;
    if !verdict.ahead.is_empty() {
        page.text(8, 10, &format!("{} than the release, stays:", plural(verdict.ahead.len(), "newer")));
        let rows: Vec<Row> = verdict.ahead.iter().map(Row::of_ahead).collect();
        packages::write(page, 8, &rows, PACKAGES, "newer than");
    }
    let dropped: Vec<String> =
        cohort.drops.iter().map(|link| source_name(plan, &link.name).into_owned()).collect();
    if !dropped.is_empty() {
        let sources = page.list(&dropped, NAMES);
        page.item(8, Mark::REMOVE, &format!("drops off with the old parent: {sources}"));
    }
    if !verdict.extra.is_empty() {
        let list = page.list(&names(&verdict.extra), PACKAGES);
        let gone = if dropped.is_empty() { "" } else { ", so that no source updates them any more" };
        page.text(
            8,
            10,
            &format!("{} installed that {} does not carry{gone}: {list}", verdict.extra.len(), cohort.to),
        );
    }
    if !verdict.missing.is_empty() {
        let list = page.list(&names(&verdict.missing), PACKAGES);
        page.text(8, 10, &format!("{} of {} not installed: {list}", verdict.missing.len(), cohort.to));
    }
}

fn plural(number: usize, what: &str) -> String {
    format!("{number} {what}")
}

fn behind(page: &mut Page, cohort: &Cohort, pairs: &HashSet<Pair>, like: Option<&Shown>) {
    let lags = &cohort.verdict.behind;
    if lags.is_empty() {
        return;
    }
    let Some(shown) = like else {
        page.text(8, 10, &format!("{} behind {}:", count(lags.len(), "package"), cohort.to));
        let rows: Vec<Row> = lags.iter().map(Row::of_lag).collect();
        packages::write(page, 8, &rows, PACKAGES, "->");
        return;
    };
    let more: Vec<Row> =
        lags.iter().filter(|lag| !shown.pairs.contains(&pair(lag))).map(Row::of_lag).collect();
    let mut less: Vec<Package> = shown.pairs.difference(pairs).map(|(_, release)| *release).collect();
    less.sort_unstable();
    let common = lags.len() - more.len();
    let as_shown = match (more.is_empty(), less.is_empty()) {
        (true, true) => format!("{} behind, as {}", count(lags.len(), "package"), shown.title),
        (false, true) => {
            format!(
                "{} behind: {common} as {}, and also {}:",
                count(lags.len(), "package"),
                shown.title,
                more.len()
            )
        }
        (true, false) => format!(
            "{} behind, as {} but for {}: {}",
            count(lags.len(), "package"),
            shown.title,
            less.len(),
            page.list(&names(&less), PACKAGES)
        ),
        (false, false) => format!(
            "{} behind: {common} as {} but for {} ({}), and also {}:",
            count(lags.len(), "package"),
            shown.title,
            less.len(),
            page.list(&names(&less), PACKAGES),
            more.len()
        ),
    };
    page.text(8, 10, &as_shown);
    packages::write(page, 8, &more, PACKAGES, "->");
}
