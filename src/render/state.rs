//! The state as text: what we applied last and own.

use std::collections::{BTreeMap, HashMap};

use super::page::{Mark, Page, Tone};
use super::table::{Side, Table};
use super::words::{clean, count, time};
use super::{Detail, Style};
use crate::name::{GroupName, Ocid};
use crate::policy::Policy;
use crate::state::{Ancestor, InstanceRecord, State};

/// Rows of a table shown before it folds.
const ROWS: usize = 20;

/// Lays out a state.
pub fn state(state: &State, style: Style) -> String {
    let mut page = Page::new(style);
    let State {
        format_version: _,
        tool,
        train,
        lineage,
        serial,
        last_plan,
        sources: _,
        groups: _,
        instances: _,
        unfinished,
        schedules,
        profiles,
        api: _,
        ancestor,
        rollouts: _,
        steady: _,
        boots,
        policy,
    } = state;
    let on = state.told_service().map(|service| format!(" on {service}")).unwrap_or_default();
    let mut facts = vec![
        format!(
            "{} {}{on}",
            page.paint(Tone::Bold, "State of train"),
            page.paint(Tone::Bold, train.as_str())
        ),
        format!("serial {serial}"),
        format!("lineage {}", clean(&lineage.0)),
        format!("written by patchtrain {}", clean(tool)),
    ];
    if let Some(Ancestor { train: _, api, lineage, serial, at }) = ancestor {
        let (api, lineage) = (api.name(), clean(&lineage.0).into_owned());
        facts.push(format!("taken over from {api}, lineage {lineage} serial {serial}, {}", time(*at)));
    }
    if let Some(run) = last_plan {
        let id: String = run.id.0.chars().take(12).collect();
        let left = if run.used_up { "all its steps done" } else { "steps left" };
        facts.push(format!("plan {} applied {}, {left}", clean(&id), time(run.at)));
    }
    page.flow(&facts);
    sources(&mut page, state);
    groups(&mut page, state);
    if page.shows(Detail::Default) {
        instances(&mut page, state);
    }
    let rules = policy.as_ref().map(Policy::rules).unwrap_or_default();
    if !rules.is_empty() {
        page.heading("Policy", "a train file that states another one is approved under this");
        for (rule, value) in &rules {
            page.item(2, Mark::NONE, &clean(&format!("{rule} = {value}")));
        }
    }
    if !schedules.is_empty() {
        page.heading(&format!("Schedules ({})", schedules.len()), "the service installs updates by itself");
        let shown = page.fold(schedules.len(), ROWS);
        for (group, record) in schedules.iter().take(shown) {
            let what = super::words::schedule(&record.schedule);
            page.item(2, Mark::NONE, &format!("schedule.{group}: {what}, since {}", time(record.since)));
        }
        page.more(4, schedules.len() - shown);
    }
    if !profiles.is_empty() {
        page.heading(
            &format!("Profiles ({})", profiles.len()),
            "new systems come up as members of the group",
        );
        let shown = page.fold(profiles.len(), ROWS);
        for (group, record) in profiles.iter().take(shown) {
            page.item(2, Mark::NONE, &format!("profile.{group}: since {}", time(record.since)));
        }
        page.more(4, profiles.len() - shown);
    }
    if !unfinished.is_empty() {
        page.heading(
            &format!("Unfinished ({})", unfinished.len()),
            "calls whose end is not recorded; the next apply looks them up first",
        );
        let shown = page.fold(unfinished.len(), ROWS);
        for (key, op) in unfinished.iter().take(shown) {
            let ticket = op.ticket.as_ref().map(|ticket| format!(", work request {}", clean(&ticket.0)));
            let text = format!("{} since {}{}", clean(&key.0), time(op.started), ticket.unwrap_or_default());
            page.item(2, Mark::HELD, &text);
        }
        page.more(4, unfinished.len() - shown);
    }
    if !boots.is_empty() {
        page.heading(
            &format!("Boots ({})", boots.len()),
            "asked for, and not seen to have gone well; their instances are below level until then",
        );
        let names = &state.instances;
        let shown = page.fold(boots.len(), ROWS);
        for (id, boot) in boots.iter().take(shown) {
            let name = names.get(id).map_or(id.as_str(), |record| &*record.name);
            let failed = boot.failed.as_ref().map(|failed| format!(", failed {}", time(failed.at)));
            let text = format!("{}: asked {}{}", clean(name), time(boot.asked), failed.unwrap_or_default());
            page.item(2, Mark::HELD, &text);
        }
        page.more(4, boots.len() - shown);
    }
    page.finish()
}

fn sources(page: &mut Page, state: &State) {
    if state.sources.is_empty() {
        return;
    }
    page.heading("Sources", "");
    let head = [("release", Side::Left), ("since", Side::Left), ("digest", Side::Left)];
    let mut table = Table::new(&head);
    for (release, record) in &state.sources {
        let name = if release.is_own_parent() { "(parent)".to_owned() } else { release.to_string() };
        let cells = vec![name, time(record.since), record.digest.short()];
        table.row(Mark::NONE, cells, vec![clean(record.id.as_str()).into_owned()]);
    }
    table.write(page, 0, state.sources.len());
}

fn groups(page: &mut Page, state: &State) {
    if state.groups.is_empty() {
        return;
    }
    // Instances by group: all, and those proven to be at the level of the release their group is on.
    let mut members: HashMap<&GroupName, (usize, usize)> = HashMap::new();
    for record in state.instances.values() {
        // Where its wave is a group of the service, it stands in that.
        let wave = record.group.of_wave(record.wave);
        let found = state.groups.get_key_value(&wave).or_else(|| state.groups.get_key_value(&record.group));
        let Some((name, group)) = found else { continue };
        let bound = group.release.as_ref();
        let (all, proven) = members.entry(name).or_default();
        *all += 1;
        *proven += usize::from(record.at_level.as_ref().is_some_and(|level| Some(&level.release) == bound));
    }
    page.heading("Groups", "");
    let mut table = Table::new(&[
        ("group", Side::Left),
        ("release", Side::Left),
        ("since", Side::Left),
        ("proven", Side::Right),
        ("made by us", Side::Left),
    ]);
    for (name, record) in &state.groups {
        let (all, proven) = members.get(name).copied().unwrap_or_default();
        let cells = vec![
            name.to_string(),
            record.release.as_ref().map(ToString::to_string).unwrap_or_default(),
            record.since.map(time).unwrap_or_default(),
            format!("{proven}/{all}"),
            if record.made { "yes" } else { "no" }.to_owned(),
        ];
        table.row(Mark::NONE, cells, vec![clean(record.id.as_str()).into_owned()]);
    }
    table.write(page, 0, state.groups.len());
}

fn instances(page: &mut Page, state: &State) {
    if state.instances.is_empty() {
        return;
    }
    let mut named: HashMap<&str, usize> = HashMap::new();
    for record in state.instances.values() {
        *named.entry(&record.name).or_default() += 1;
    }
    let label = |id: &Ocid, record: &InstanceRecord| match named.get(&*record.name) {
        Some(1) => clean(&record.name).into_owned(),
        _ => clean(id.as_str()).into_owned(),
    };
    let mut by_group: BTreeMap<&GroupName, Vec<(String, &InstanceRecord)>> = BTreeMap::new();
    for (id, record) in &state.instances {
        by_group.entry(&record.group).or_default().push((label(id, record), record));
    }
    for (group, mut records) in by_group {
        records.sort_by(|a, b| a.0.cmp(&b.0));
        page.heading(&format!("group.{group}"), &count(records.len(), "instance"));
        let mut table = Table::new(&[
            ("instance", Side::Left),
            ("release", Side::Left),
            ("level", Side::Left),
            ("proven since", Side::Left),
            ("beside", Side::Right),
        ]);
        let shown = page.fold(records.len(), ROWS);
        for (label, record) in &records[..shown] {
            let level = record.at_level.as_ref();
            let cells = vec![
                label.clone(),
                record.release.as_ref().map(ToString::to_string).unwrap_or_default(),
                level.map(|level| level.release.to_string()).unwrap_or_default(),
                level.map(|level| time(level.since)).unwrap_or_default(),
                level
                    .filter(|level| level.extra > 0)
                    .map(|level| level.extra.to_string())
                    .unwrap_or_default(),
            ];
            table.row(Mark::NONE, cells, Vec::new());
        }
        table.write(page, 0, shown);
        page.more(2, records.len() - shown);
    }
}
