//! The instances that change, by group: those with the same change once, and those that differ from them by what
//! they have more and less.
//!
//! What an update brings to an instance is compared with what has been shown already, first with the move between
//! the releases, then with the largest cohort of the group, so that the same 200 lines never stand there twice.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::super::packages::{self, Row, names};
use super::super::page::{Mark, Page};
use super::super::table::{Side, Table};
use super::super::words::{self, are, count, counting, labels, natural, reason, rides, source_name};
use crate::conformance::{Lag, Verdict};
use crate::name::GroupName;
use crate::op::Wanted;
use crate::package::{DeltaEntry, Package};
use crate::plan::{Cohort, Plan, ReleaseMove};
use crate::train::Patching;

/// Packages shown of a cohort before the list folds.
const PACKAGES: usize = 8;
/// Names shown of a cohort before the list folds.
const NAMES: usize = 12;
/// Cohorts of a group that are shown in detail where there are many, and those that follow with a line each.
const DETAILED: usize = 3;
const BRIEF: usize = 10;
/// Packages shown of what many cohorts get, before the list folds.
const PIVOT: usize = 12;

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
    let mut shown: Vec<Shown> = plan.moves.iter().map(of_move).collect();
    for (name, cohorts) in by_group(plan) {
        group(page, plan, name, &cohorts, &mut shown);
    }
}

/// Returns the cohorts by group, groups as the train declares them. The largest cohort first; those of one size by what
/// people call them, not by their OCIDs.
pub(in super::super) fn by_group(plan: &Plan) -> Vec<(&GroupName, Vec<&Cohort>)> {
    let mut by_group: BTreeMap<&GroupName, Vec<&Cohort>> = BTreeMap::new();
    for cohort in &plan.cohorts {
        by_group.entry(&cohort.group).or_default().push(cohort);
    }
    let declared = plan.groups.iter().map(|group| &group.name);
    let order: Vec<&GroupName> = declared.filter(|name| by_group.contains_key(*name)).collect();
    let known: HashSet<&GroupName> = order.iter().copied().collect();
    let others: Vec<&GroupName> = by_group.keys().copied().filter(|name| !known.contains(*name)).collect();
    let sorted = |name| {
        let mut cohorts: Vec<&Cohort> = by_group.remove(name)?;
        cohorts.sort_by_cached_key(|cohort| {
            let first = labels(plan, &cohort.instances).into_iter().next();
            (Reverse(cohort.instances.len()), first.map(|label| natural(&label)))
        });
        Some((name, cohorts))
    };
    order.into_iter().chain(others).filter_map(sorted).collect()
}

/// What a move between releases brings to an instance that holds exactly the old one.
fn of_move(release_move: &ReleaseMove) -> Shown {
    let newest = |entry: &DeltaEntry| {
        let (old, new) = (*entry.old.last()?, *entry.new.last()?);
        old.cmp_evr(new).is_lt().then_some((old, new))
    };
    Shown {
        title: format!("{} -> {}", release_move.from, release_move.to),
        pairs: release_move.delta.entries.iter().filter_map(newest).collect(),
    }
}

fn group(page: &mut Page, plan: &Plan, name: &GroupName, cohorts: &[&Cohort], shown: &mut Vec<Shown>) {
    page.blank();
    let instances: usize = cohorts.iter().map(|cohort| cohort.instances.len()).sum();
    page.text(2, 4, &format!("group.{name}: {}", mix(cohorts)));
    let detailed = page.fold(cohorts.len(), DETAILED);
    for (index, cohort) in cohorts[..detailed].iter().enumerate() {
        let pairs: HashSet<Pair> = cohort.verdict.behind.iter().map(pair).collect();
        // The last of the best is taken: from the end, that is the one shown first.
        let like = shown.iter().rev().filter(|shown| alike(&pairs, &shown.pairs));
        let like = like.max_by_key(|shown| pairs.intersection(&shown.pairs).count());
        in_detail(page, plan, cohort, &pairs, like, if index > 0 { Some(cohorts[0]) } else { None });
        if index == 0 && !pairs.is_empty() {
            let title = match labels(plan, &cohort.instances).as_slice() {
                [one] => one.clone(),
                many => format!("the {} of {name}", many.len()),
            };
            shown.push(Shown { title, pairs });
        }
    }
    brief(page, plan, &cohorts[detailed..]);
    if cohorts.len() > DETAILED + 1 {
        pivot(page, cohorts, instances);
    }
}

/// Says how many instances of a group change, and how alike they are.
pub(in super::super) fn mix(cohorts: &[&Cohort]) -> String {
    let instances: usize = cohorts.iter().map(|cohort| cohort.instances.len()).sum();
    let mix = match cohorts.len() {
        _ if instances == 1 => String::new(),
        1 => ", all alike".to_owned(),
        kinds if kinds == instances => ", each with its own mix".to_owned(),
        kinds => format!(", in {kinds} kinds"),
    };
    format!("{}{mix}", count(instances, "instance"))
}

/// What the moves between releases bring, to say of each cohort what it is behind by besides. Made once a document.
pub(in super::super) struct Moved<'p> {
    plan: &'p Plan,
    pairs: Vec<HashSet<Pair>>,
}

/// What is particular to a cohort.
pub(in super::super) struct Own<'p> {
    plan: &'p Plan,
    cohort: &'p Cohort,
    /// By how many packages it is behind as the releases differ.
    common: usize,
    /// By which it is behind besides.
    behind: Vec<&'p Lag>,
}

impl<'p> Moved<'p> {
    pub(in super::super) fn of(plan: &'p Plan) -> Self {
        Self { plan, pairs: plan.moves.iter().map(|one| of_move(one).pairs).collect() }
    }

    /// Returns what is behind on the instances of a cohort and not brought by a move between releases that is told already,
    /// and by how many packages the rest is behind.
    pub(in super::super) fn besides(&self, cohort: &'p Cohort) -> Own<'p> {
        let plan = self.plan;
        let from = cohort.from.as_ref().map(|link| source_name(plan, &link.name));
        let of = |one: &ReleaseMove| one.to == cohort.to && from.as_deref() == Some(one.from.as_str());
        let pairs = plan.moves.iter().position(of).and_then(|at| self.pairs.get(at));
        let lags = &cohort.verdict.behind;
        let brought = |lag: &Lag| pairs.is_some_and(|pairs| pairs.contains(&pair(lag)));
        let behind: Vec<&Lag> = lags.iter().filter(|lag| !brought(lag)).collect();
        Own { plan, cohort, common: lags.len() - behind.len(), behind }
    }
}

impl Own<'_> {
    /// Counts the packages by which its instances differ from the release, and says how many of those behind count where not
    /// all do; empty where there is no difference. Of those that are made exactly it the rest is told with that.
    pub(in super::super) fn counted(&self) -> String {
        let counts = kinds(self.plan, self.cohort);
        let mut told = Vec::new();
        if counts.is_empty() {
            let behind =
                [(self.common, "behind as the releases differ"), (self.behind.len(), "behind besides")];
            told.push(words::counts(&behind));
        } else {
            let behind = [(self.common, "as the releases differ"), (self.behind.len(), "besides")];
            told.push(format!(
                "{} behind{counts} ({})",
                self.cohort.verdict.behind.len(),
                words::counts(&behind)
            ));
        }
        if !self.cohort.exact {
            let Verdict { ahead, extra, missing, .. } = &self.cohort.verdict;
            told.push(words::counts(&[
                (ahead.len(), "newer and left so"),
                (extra.len(), "not in the release"),
                (missing.len(), "of the release not installed"),
            ]));
        }
        told.retain(|told| !told.is_empty());
        told.join(", ")
    }

    /// Returns how many lines [`Self::lines`] has.
    pub(in super::super) fn len(&self) -> usize {
        let Verdict { ahead, extra, missing, .. } = &self.cohort.verdict;
        let stays = if self.cohort.exact { 0 } else { ahead.len() + extra.len() + missing.len() };
        self.behind.len() + stays
    }

    /// Writes the packages as lines of a diff. Of those that are made exactly the release the rest is told with that.
    pub(in super::super) fn lines(&self) -> Vec<String> {
        let mut rows: Vec<Row> = self.behind.iter().map(|lag| Row::of_lag(lag)).collect();
        if !self.cohort.exact {
            let Verdict { ahead, extra, missing, .. } = &self.cohort.verdict;
            rows.extend(ahead.iter().map(Row::of_ahead));
            rows.extend(extra.iter().map(|package| Row::one(Mark::MORE, *package)));
            rows.extend(missing.iter().map(|package| Row::one(Mark::LESS, *package)));
        }
        packages::diff(&rows)
    }
}

/// Says what of being behind counts, behind that number; nothing where all does, or nothing is behind.
pub(in super::super) fn kinds(plan: &Plan, cohort: &Cohort) -> String {
    match cohort.verdict.behind.is_empty() {
        true => String::new(),
        false => counting(patching(plan, cohort), cohort.tally),
    }
}

/// Writes the cohorts that are not shown in detail, a line each.
fn brief(page: &mut Page, plan: &Plan, cohorts: &[&Cohort]) {
    if cohorts.is_empty() {
        return;
    }
    let mut table = Table::new(&[
        ("instances", Side::Left),
        ("now on", Side::Left),
        ("behind", Side::Right),
        ("ahead", Side::Right),
        ("extra", Side::Right),
        ("missing", Side::Right),
        ("drops off", Side::Right),
    ]);
    let number = |number: usize| if number == 0 { String::new() } else { number.to_string() };
    let shown = page.fold(cohorts.len(), BRIEF);
    for cohort in &cohorts[..shown] {
        let verdict = &cohort.verdict;
        let who = match labels(plan, &cohort.instances).as_slice() {
            [] => String::new(),
            [one] => one.clone(),
            [first, rest @ ..] => format!("{first} and {} more", rest.len()),
        };
        let cells = vec![
            who,
            rides(plan, cohort.from.as_ref()).into_owned(),
            number(verdict.behind.len()),
            number(verdict.ahead.len()),
            number(verdict.extra.len()),
            number(verdict.missing.len()),
            number(cohort.drops.len()),
        ];
        table.row(Mark::CHANGE, cells, Vec::new());
    }
    table.write(page, 4, shown);
    page.more(6, cohorts.len() - shown);
}

/// Writes what updates bring to a group of many cohorts, package by package: what most instances get comes first,
/// and what the largest cohort gets is not said again where it is most of the group.
fn pivot(page: &mut Page, cohorts: &[&Cohort], instances: usize) {
    let largest = cohorts[0].instances.len();
    let said: HashSet<Pair> = match largest * 2 >= instances {
        true => cohorts[0].verdict.behind.iter().map(pair).collect(),
        false => HashSet::new(),
    };
    let mut targets: HashMap<Package, (BTreeSet<Package>, usize)> = HashMap::new();
    for cohort in cohorts {
        for lag in cohort.verdict.behind.iter().filter(|lag| !said.contains(&pair(lag))) {
            let (old, many) = targets.entry(lag.release).or_default();
            old.insert(lag.installed);
            *many += cohort.instances.len();
        }
    }
    let mut targets: Vec<(Package, (BTreeSet<Package>, usize))> = targets.into_iter().collect();
    targets.sort_by(|a, b| b.1.1.cmp(&a.1.1).then_with(|| a.0.cmp(&b.0)));
    if targets.is_empty() {
        return;
    }
    let among = match said.is_empty() {
        true => format!("all {instances} together"),
        false => format!("besides, the other {} together", instances - largest),
    };
    page.text(4, 6, &format!("{among}, {}:", count(targets.len(), "package")));
    let rows: Vec<Row> = targets
        .iter()
        .map(|(new, (old, many))| {
            Row::of_many(&old.iter().copied().collect::<Vec<_>>(), *new, format!("on {many}"))
        })
        .collect();
    packages::write(page, 4, &rows, PIVOT, "->");
}

/// Two lists are alike when most of either is in the other.
fn alike(one: &HashSet<Pair>, other: &HashSet<Pair>) -> bool {
    let common = one.intersection(other).count();
    common > 0 && common * 2 >= one.len().max(other.len())
}

fn pair(lag: &Lag) -> Pair {
    (lag.installed, lag.release)
}

/// Says what is done to the instances of a cohort.
pub(in super::super) fn what(plan: &Plan, cohort: &Cohort) -> String {
    let to = &cohort.to;
    let now = rides(plan, cohort.from.as_ref());
    let patching = patching(plan, cohort);
    let kind = match patching.update {
        Some(Wanted::Only(kind)) => format!(" ({})", Wanted::Only(kind)),
        _ => String::new(),
    };
    let nothing = match (patching.update, cohort.verdict.behind.is_empty()) {
        (None, false) => "no update by this plan",
        _ => "nothing to update",
    };
    let stays = cohort.from.is_some() && *now == *to.as_str();
    let exact = if cohort.exact { ", then make it exactly that" } else { "" };
    let boots = if cohort.reboot { ", then reboot where that is waited for" } else { "" };
    let then = format!("{exact}{boots}");
    let done = match (cohort.switch, cohort.update) {
        (true, true) if stays => format!("keep {to} alone, then update{kind}"),
        (true, false) if stays => format!("keep {to} alone, {nothing}"),
        (true, true) => format!("switch from {now} to {to}, then update{kind}"),
        (true, false) => format!("switch from {now} to {to}, {nothing}"),
        (false, true) => format!("update{kind} on {to}"),
        (false, false) if cohort.exact => return format!("make it exactly {to}{boots}"),
        (false, false) if cohort.reboot => return format!("reboot on {to}"),
        (false, false) => format!("read back on {to}"),
    };
    format!("{done}{then}")
}

/// Says what is done to each of a cohort, and because of what.
pub(super) fn words(plan: &Plan, cohort: &Cohort) -> String {
    format!("{}, {}", what(plan, cohort), reason(plan, &cohort.reason, cohort))
}

/// Writes one cohort whole. What is as with the group's first cohort is not said again.
fn in_detail(
    page: &mut Page,
    plan: &Plan,
    cohort: &Cohort,
    pairs: &HashSet<Pair>,
    like: Option<&Shown>,
    first: Option<&Cohort>,
) {
    let instances = labels(plan, &cohort.instances);
    let who = if let [one] = instances.as_slice() { one.clone() } else { count(instances.len(), "instance") };
    let what = what(plan, cohort);
    let why = match first {
        Some(first) if first.reason == cohort.reason => "for the same reason".to_owned(),
        _ => reason(plan, &cohort.reason, cohort),
    };
    page.item(4, Mark::CHANGE, &format!("{who}: {what}, {why}"));
    if instances.len() > 1 {
        page.names(8, &instances, NAMES);
    }
    behind(page, plan, cohort, pairs, like);
    let verdict = &cohort.verdict;
    // What is brought back is told under Exact.
    if !verdict.ahead.is_empty() && !cohort.exact {
        page.text(
            8,
            10,
            &format!("{} newer than {} and left so:", are(verdict.ahead.len(), "package"), cohort.to),
        );
        let rows: Vec<Row> = verdict.ahead.iter().map(Row::of_ahead).collect();
        packages::write(page, 8, &rows, PACKAGES, "newer than");
    }
    let dropped: Vec<String> =
        cohort.drops.iter().map(|link| source_name(plan, &link.name).into_owned()).collect();
    if !dropped.is_empty() {
        let sources = page.list(&dropped, NAMES);
        page.item(8, Mark::REMOVE, &format!("drops off with it: {sources}"));
    }
    if !verdict.extra.is_empty() && !cohort.exact {
        let list = page.list(&names(&verdict.extra), PACKAGES);
        let orphaned = if cohort.switch { ", without a source from then on" } else { "" };
        page.text(
            8,
            10,
            &format!("{} not in {}{orphaned}: {list}", are(verdict.extra.len(), "package"), cohort.to),
        );
    }
    if !verdict.missing.is_empty() && !cohort.exact {
        let list = page.list(&names(&verdict.missing), PACKAGES);
        page.text(
            8,
            10,
            &format!(
                "{} of {} {} not installed: {list}",
                count(verdict.missing.len(), "package"),
                cohort.to,
                if verdict.missing.len() == 1 { "is" } else { "are" }
            ),
        );
    }
}

fn patching(plan: &Plan, cohort: &Cohort) -> Patching {
    plan.group(&cohort.group).map(|group| group.patching).unwrap_or_default()
}

fn behind(page: &mut Page, plan: &Plan, cohort: &Cohort, pairs: &HashSet<Pair>, like: Option<&Shown>) {
    let lags = &cohort.verdict.behind;
    let counts = counting(patching(plan, cohort), cohort.tally);
    if lags.is_empty() {
        return;
    }
    let Some(shown) = like else {
        page.text(8, 10, &format!("{} behind {}{counts}:", count(lags.len(), "package"), cohort.to));
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
        (true, true) => format!("{} behind{counts}, as {}", count(lags.len(), "package"), shown.title),
        (false, true) => {
            format!(
                "{} behind{counts}: {common} as {}, and also {}:",
                count(lags.len(), "package"),
                shown.title,
                more.len()
            )
        }
        (true, false) => format!(
            "{} behind{counts}, as {} but for {}: {}",
            count(lags.len(), "package"),
            shown.title,
            less.len(),
            page.list(&names(&less), PACKAGES)
        ),
        (false, false) => format!(
            "{} behind{counts}: {common} as {} but for {} ({}), and also {}:",
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
