//! The first screen: which plan this is, and tables of releases and groups, what is held, what it will take.

use std::collections::{BTreeMap, BTreeSet};

use super::super::page::{Mark, Page, Tone};
use super::super::table::{Side, Table};
use super::super::words::gates::waves;
use super::super::words::{
    brief, clean, count, held_short, natural, patching, phase_count, reason_short, source_name, time,
};
use crate::name::{Address, GroupName};
use crate::plan::{
    Change, ChangeAction, ChangeDetail, HeldReason, Phase, Plan, PlannedGroup, Reason, Takeover,
};

/// How many names a summary gives before it counts.
const NAMES: usize = 3;
/// How many rows a table shows before it folds.
const ROWS: usize = 30;

/// Writes which plan this is.
pub(super) fn header(page: &mut Page, plan: &Plan) {
    let short: String = plan.id.0.chars().take(12).collect();
    let mut parts = vec![
        format!("{} {}", page.paint(Tone::Bold, "Train"), page.paint(Tone::Bold, plan.basis.train.as_str())),
        format!("plan {short}"),
        format!("state serial {}", plan.basis.serial),
        format!("{} {}", clean(&plan.service.api), clean(&plan.service.place)).trim().to_owned(),
    ];
    if plan.service.simulator {
        parts.insert(1, page.paint(Tone::Held, "SIMULATOR"));
    }
    parts.push(format!("made {}", time(plan.created)));
    parts.extend(plan.seen.map(|seen| page.paint(Tone::Held, &super::age(plan.created, seen))));
    page.flow(&parts);
}

/// Writes the tables.
pub(super) fn tables(page: &mut Page, plan: &Plan) {
    releases(page, plan);
    groups(page, plan);
    held(page, plan);
    cost(page, plan);
}

fn releases(page: &mut Page, plan: &Plan) {
    table(page, "Releases", &RELEASES, release_rows(plan));
}

/// Writes a table with its heading, folded where it is long; nothing where it is empty.
fn table(page: &mut Page, title: &str, head: &[(&'static str, Side)], rows: Vec<Row>) {
    if rows.is_empty() {
        return;
    }
    page.heading(title, "");
    let all = rows.len();
    let mut table = Table::new(head);
    for Row { mark, cells, below } in rows {
        table.row(mark, cells, below);
    }
    let shown = page.fold(all, ROWS);
    table.write(page, 2, shown);
    page.more(4, all - shown);
}

/// A row of a table: its symbol, a cell for each column, and what stands below it.
pub(in super::super) struct Row {
    pub(in super::super) mark: Mark,
    pub(in super::super) cells: Vec<String>,
    pub(in super::super) below: Vec<String>,
}

/// The columns of the table of releases.
pub(in super::super) const RELEASES: [(&str, Side); 4] =
    [("release", Side::Left), ("what", Side::Left), ("packages", Side::Right), ("calls", Side::Right)];

/// Returns the rows of the table of releases: what becomes of their sources.
pub(in super::super) fn release_rows(plan: &Plan) -> Vec<Row> {
    let mut rows = Vec::new();
    for import in &plan.imports {
        let (Address::Release(release), Takeover::Source { packages }) = (&import.address, &import.with)
        else {
            continue;
        };
        let cells =
            vec![release.to_string(), "import the source".to_owned(), packages.to_string(), String::new()];
        rows.push(Row { mark: Mark::IMPORT, cells, below: Vec::new() });
    }
    for change in &plan.changes {
        let Address::Release(release) = &change.address else { continue };
        let (what, packages, calls) = match &change.detail {
            ChangeDetail::CreateSource { packages, calls, .. } => {
                ("new source".to_owned(), packages.to_string(), calls.to_string())
            }
            ChangeDetail::AdoptSource { missing: 0, .. } => {
                ("adopt the source".to_owned(), String::new(), String::new())
            }
            ChangeDetail::AdoptSource { missing, .. } => {
                ("adopt the source, fill it".to_owned(), format!("+{missing}"), String::new())
            }
            ChangeDetail::RepairSource { add, remove } => {
                let mut numbers = Vec::new();
                if !add.is_empty() {
                    numbers.push(format!("+{}", add.len()));
                }
                if !remove.is_empty() {
                    numbers.push(format!("-{}", remove.len()));
                }
                ("repair the source".to_owned(), numbers.join(" "), String::new())
            }
            ChangeDetail::DeleteSource { gone: false, .. } => {
                ("delete the source".to_owned(), String::new(), "1".to_owned())
            }
            ChangeDetail::DeleteSource { gone: true, .. } => {
                ("forget the source, which is gone".to_owned(), String::new(), String::new())
            }
            ChangeDetail::Group { .. }
            | ChangeDetail::DeleteGroup { .. }
            | ChangeDetail::Instance { .. }
            | ChangeDetail::Patch { .. }
            | ChangeDetail::Profile { .. }
            | ChangeDetail::Schedule { .. } => continue,
        };
        let name = if release.is_own_parent() { "(parent)".to_owned() } else { release.to_string() };
        rows.push(Row { mark: mark(change), cells: vec![name, what, packages, calls], below: Vec::new() });
    }
    rows
}

/// Returns the symbol of a change.
pub(in super::super) fn mark(change: &Change) -> Mark {
    match change.action {
        ChangeAction::Add => Mark::ADD,
        ChangeAction::Change => Mark::CHANGE,
        ChangeAction::Destroy => Mark::REMOVE,
    }
}

fn groups(page: &mut Page, plan: &Plan) {
    table(page, "Groups", &GROUPS, group_rows(plan));
}

/// The columns of the table of groups.
pub(in super::super) const GROUPS: [(&str, Side); 12] = [
    ("group", Side::Left),
    ("release", Side::Left),
    ("level", Side::Right),
    ("join", Side::Right),
    ("leave", Side::Right),
    ("switch", Side::Right),
    ("update", Side::Right),
    ("exact", Side::Right),
    ("reboot", Side::Right),
    ("verify", Side::Right),
    ("ahead", Side::Right),
    ("held", Side::Right),
];

/// Returns the rows of the table of groups, those that are deleted last.
pub(in super::super) fn group_rows(plan: &Plan) -> Vec<Row> {
    let mut rows = Vec::new();
    let changes: BTreeMap<&GroupName, &Change> = plan
        .changes
        .iter()
        .filter_map(|change| match &change.address {
            Address::Group(group) => Some((group, change)),
            _ => None,
        })
        .collect();
    let deleted: Vec<(&GroupName, usize)> = changes
        .iter()
        .filter_map(|(group, change)| match &change.detail {
            ChangeDetail::DeleteGroup { leaves } => Some((*group, leaves.len())),
            _ => None,
        })
        .collect();
    let mut reasons: BTreeMap<&GroupName, BTreeMap<&Reason, usize>> = BTreeMap::new();
    for cohort in &plan.cohorts {
        *reasons.entry(&cohort.group).or_default().entry(&cohort.reason).or_default() +=
            cohort.instances.len();
    }
    let imported: BTreeSet<&GroupName> = plan
        .imports
        .iter()
        .filter_map(|import| match &import.address {
            Address::Group(group) => Some(group),
            _ => None,
        })
        .collect();
    for group in &plan.groups {
        let mark = match changes.get(&group.name) {
            Some(change) => mark(change),
            None if group.work != crate::plan::Work::default() => Mark::CHANGE,
            None if imported.contains(&group.name) => Mark::IMPORT,
            None if group.gated || group.held > 0 => Mark::HELD,
            None => Mark::NONE,
        };
        let below = below(plan, group, reasons.get(&group.name));
        rows.push(Row { mark, cells: cells(plan, group), below });
    }
    for (group, members) in &deleted {
        let mut cells = vec![String::new(); GROUPS.len()];
        cells[0] = group.to_string();
        cells[1] = "deleted".to_owned();
        cells[4] = number(*members);
        rows.push(Row { mark: Mark::REMOVE, cells, below: Vec::new() });
    }
    rows
}

fn cells(plan: &Plan, group: &PlannedGroup) -> Vec<String> {
    let work = group.work;
    let now = match ridden(plan, group).as_slice() {
        [] => None,
        [(name, _)] if name == group.release.as_str() => None,
        [(name, _)] => Some(name.clone()),
        _ => Some("mixed".to_owned()),
    };
    let release = match now {
        Some(now) => format!("{now} -> {}", group.release),
        None => group.release.to_string(),
    };
    vec![
        group.name.to_string(),
        release,
        format!("{}/{}", group.at_level, group.members),
        number(work.joins),
        number(work.leaves),
        number(work.switches),
        number(work.updates),
        number(work.exact),
        number(work.reboots),
        number(work.verifies),
        number(group.ahead_count),
        number(group.held),
    ]
}

/// What the members ride now, most of them first.
fn ridden(plan: &Plan, group: &PlannedGroup) -> Vec<(String, usize)> {
    let mut ridden: Vec<(String, usize)> = group
        .rides
        .iter()
        .filter(|(_, members)| **members > 0)
        .map(|(name, members)| match name.is_empty() {
            true => ("nothing".to_owned(), *members),
            false => (source_name(plan, name).into_owned(), *members),
        })
        .collect();
    ridden.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    ridden
}

/// What a group's numbers do not say: why, what its members ride now where that is several things, and its gate.
fn below(plan: &Plan, group: &PlannedGroup, reasons: Option<&BTreeMap<&Reason, usize>>) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(reasons) = reasons {
        let parts: Vec<String> = reasons
            .iter()
            .map(|(reason, instances)| format!("{instances} {}", reason_short(plan, reason)))
            .collect();
        lines.push(format!("because {}", parts.join(", ")));
    }
    lines.extend(patching(group.patching));
    lines.extend(group.rollout.as_ref().and_then(waves));
    let ridden = ridden(plan, group);
    if ridden.len() > 1 {
        let parts: Vec<String> = ridden.iter().map(|(name, members)| format!("{name} ({members})")).collect();
        lines.push(format!("now on {}", parts.join(", ")));
    }
    if !group.after.is_empty() {
        let after: Vec<&str> = group.after.iter().map(GroupName::as_str).collect();
        let gate = if group.gated { "; the gate is shut now" } else { "" };
        lines.push(format!("after {}{gate}", after.join(", ")));
    }
    lines
}

/// A number, or nothing for none: what is empty in all rows is no column.
fn number(number: usize) -> String {
    if number == 0 { String::new() } else { number.to_string() }
}

/// Writes in a line what is held, and why.
pub(in super::super) fn held(page: &mut Page, plan: &Plan) {
    held_where(page, plan, "Held", |_| true);
}

/// Returns the kinds of reasons for which things are held, each with how many are; none where nothing is held.
pub(in super::super) fn held_kinds(plan: &Plan) -> Option<Vec<(String, usize)>> {
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for held in &plan.held {
        *kinds.entry(held_short(&held.reason)).or_default() += 1;
    }
    (!kinds.is_empty()).then(|| kinds.into_iter().collect())
}

/// The same of what is held for some reasons only.
pub(in super::super) fn held_where(
    page: &mut Page,
    plan: &Plan,
    label: &str,
    counts: impl Fn(&HeldReason) -> bool,
) {
    let mut kinds: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for held in plan.held.iter().filter(|held| counts(&held.reason)) {
        let name = match &held.address {
            Address::Instance(instance) => brief(plan.label(instance)),
            Address::Group(group) => format!("group {group}"),
            Address::Release(release) => format!("release {release}"),
            Address::Schedule(group) => format!("schedule {group}"),
            Address::Profile(group) => format!("profile {group}"),
        };
        kinds.entry(held_short(&held.reason)).or_default().push(name);
    }
    if kinds.is_empty() {
        return;
    }
    let parts: Vec<String> = kinds
        .iter_mut()
        .map(|(kind, names)| {
            names.sort_by_cached_key(|name| natural(name));
            let mut shown = names[..names.len().min(NAMES)].join(", ");
            if names.len() > NAMES {
                shown.push_str(", ...");
            }
            format!("{} {kind} ({shown})", names.len())
        })
        .collect();
    page.blank();
    page.labelled(label, &parts.join("; "));
}

fn cost(page: &mut Page, plan: &Plan) {
    let Some(text) = takes(plan) else { return };
    if plan.held.is_empty() {
        page.blank();
    }
    page.labelled("Takes", &text);
}

/// Says what carrying the plan out takes; nothing where there is nothing to carry out.
pub(in super::super) fn takes(plan: &Plan) -> Option<String> {
    if plan.steps.is_empty() {
        return None;
    }
    let mut phases: BTreeMap<Phase, usize> = BTreeMap::new();
    for step in &plan.steps {
        *phases.entry(step.phase()).or_default() += 1;
    }
    let phases: Vec<String> = phases.iter().map(|(phase, steps)| phase_count(*phase, *steps)).collect();
    let change = if plan.cost.changing_calls == 1 { "changes" } else { "change" };
    Some(format!(
        "{} ({}); {} that {change} something, {} for agents to carry out",
        count(plan.steps.len(), "step"),
        phases.join(", "),
        count(plan.cost.changing_calls, "API call"),
        count(plan.cost.work_requests, "work request"),
    ))
}
