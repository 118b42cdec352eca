//! The fleet as it is now, as text. What fills [`FleetStatus`] in has compared every instance with its release; here
//! it is only counted and laid out.

use super::packages::{self, Row};
use super::page::{Mark, Page, Tone};
use super::table::{Side, Table};
use super::words::{self, clean, count, counts, time};
use super::{Detail, Style};
use crate::conformance::{StreamGap, Verdict};
use crate::name::GroupName;
use crate::observed::InstanceStatus;
use crate::report::{FleetStatus, GroupStatus, InstanceLine, ScheduleLine};

/// Instances of a group shown before the list folds.
const ROWS: usize = 20;
/// How a list that is too old is made anew.
const ANEW: &str = "`patchtrain apply` has those below level listed anew";

/// Members of a group counted for its line.
#[derive(Default)]
struct Tally {
    at_level: usize,
    behind: usize,
    ahead: usize,
    extra: usize,
    missing: usize,
    elsewhere: usize,
    unreachable: usize,
    unknown: usize,
    reboot: usize,
    stale: usize,
}

impl Tally {
    fn of(group: &GroupStatus) -> Self {
        let mut tally = Self::default();
        for line in &group.instances {
            tally.at_level += usize::from(line.at_level);
            tally.elsewhere += usize::from(!line.on_release);
            tally.reboot += usize::from(line.reboot_required);
            tally.stale += usize::from(line.is_stale);
            match line.status {
                None => tally.unknown += 1,
                Some(status) => tally.unreachable += usize::from(!status.takes_work()),
            }
            if let Some(verdict) = &line.verdict {
                tally.behind += usize::from(!verdict.behind.is_empty());
                tally.ahead += usize::from(!verdict.ahead.is_empty());
                tally.extra += usize::from(!verdict.extra.is_empty());
                tally.missing += usize::from(!verdict.missing.is_empty());
            }
        }
        tally
    }
}

/// Lays out the conformance of the fleet, group by group, or of one group. Members that are not at level are
/// listed; of one group, or in full detail, all are.
pub fn status(fleet: &FleetStatus, group: Option<&GroupName>, style: Style) -> String {
    let mut page = Page::new(style);
    header(&mut page, fleet);
    let shown: Vec<&GroupStatus> =
        fleet.groups.iter().filter(|one| group.is_none_or(|name| one.name == *name)).collect();
    page.heading("Groups", "");
    let mut table = Table::new(&[
        ("group", Side::Left),
        ("release", Side::Left),
        ("level", Side::Right),
        ("behind", Side::Right),
        ("ahead", Side::Right),
        ("extra", Side::Right),
        ("missing", Side::Right),
        ("elsewhere", Side::Right),
    ]);
    let (mut members, mut proven) = (0, 0);
    for group in &shown {
        let tally = Tally::of(group);
        members += group.instances.len();
        proven += tally.at_level;
        let mark = if group.at_level { Mark::NONE } else { Mark::CHANGE };
        let cells = vec![
            group.name.to_string(),
            group.release.to_string(),
            format!("{}/{}", tally.at_level, group.instances.len()),
            number(tally.behind),
            number(tally.ahead),
            number(tally.extra),
            number(tally.missing),
            number(tally.elsewhere),
        ];
        let agents = counts(&[
            (tally.unreachable, "unreachable"),
            (tally.unknown, "unknown to the service"),
            (tally.reboot, "to be rebooted"),
        ]);
        let stale = (tally.stale > 0).then(|| {
            let subject = count(tally.stale, "instance");
            format!("the packages of {subject} were listed before that run: {ANEW}")
        });
        let schedule = group.schedule.as_ref().map(schedule);
        let lines = [words::patching(group.patching), schedule, stale, Some(agents)];
        table.row(mark, cells, lines.into_iter().flatten().filter(|line| !line.is_empty()).collect());
    }
    table.write(&mut page, 0, shown.len());
    if page.shows(Detail::Default) {
        for one in &shown {
            members_of(&mut page, fleet, one, group.is_some());
        }
    }
    page.blank();
    let level = shown.iter().filter(|group| group.at_level).count();
    page.text(
        0,
        0,
        &format!(
            "{level} of {} at level, with {proven} of {}.",
            count(shown.len(), "group"),
            count(members, "instance")
        ),
    );
    page.finish()
}

/// Lays out one instance, package by package. `group` is the one it is a member of, where it is.
pub fn instance_status(
    fleet: &FleetStatus,
    group: Option<&GroupStatus>,
    line: &InstanceLine,
    style: Style,
) -> String {
    let mut page = Page::new(style);
    header(&mut page, fleet);
    page.blank();
    let title = page.paint(Tone::Bold, &format!("instance.{}", clean(&line.label)));
    page.text(0, 2, &format!("{title} {}", clean(line.id.as_str())));
    let mut facts: Vec<(&str, String)> = Vec::new();
    if let Some(group) = group {
        facts.push(("group", format!("{}, bound to {}", group.name, group.release)));
    }
    facts.push(("rides", source(fleet, line)));
    facts.push(("agent", agent(line)));
    if let Some(kernel) = &line.running_kernel {
        let reboot = if line.reboot_required { ", waits for a reboot" } else { "" };
        facts.push(("kernel", format!("{}{reboot}", clean(kernel))));
    } else if line.reboot_required {
        facts.push(("kernel", "waits for a reboot".to_owned()));
    }
    if let Some(kernel) = &line.effective_kernel {
        facts.push(("ksplice", format!("patched in memory, as safe as {}", clean(kernel))));
    }
    let since = line.at_level_since.map(|at| format!(" since {}", time(at)));
    facts.push((
        "level",
        match line.at_level {
            true => format!("at level{}", since.unwrap_or_else(|| ", not yet proven".to_owned())),
            false => "below level".to_owned(),
        },
    ));
    for (name, fact) in &facts {
        page.labelled(name, fact);
    }
    if let Some(listed) = line.listed {
        let stale =
            if line.is_stale { format!(", before its schedule last ran: {ANEW}") } else { String::new() };
        page.labelled("listed", &format!("{}{stale}", time(listed)));
    }
    let Some(verdict) = &line.verdict else {
        page.labelled("packages", "not read");
        return page.finish();
    };
    page.labelled(
        "packages",
        &format!(
            "{} exactly as in the release, {} outside the train's care",
            verdict.exact, verdict.unmanaged
        ),
    );
    let behind: Vec<Row> = verdict.behind.iter().map(Row::of_lag).collect();
    let patching = group.map(|group| group.patching).unwrap_or_default();
    let counts = words::counting(patching, Some(line.tally).filter(|_| line.on_release));
    let explanation = match counts.strip_prefix(", ") {
        None if line.streams.iter().any(StreamGap::keeps_back) => {
            "an update brings what is of no other stream"
        }
        None => "an update brings",
        Some(counts) => counts,
    };
    section(&mut page, "Behind", explanation, &behind, "->");
    streams(&mut page, line);
    let ahead: Vec<Row> = verdict.ahead.iter().map(Row::of_ahead).collect();
    section(&mut page, "Ahead", "newer than the release; no update brings that back", &ahead, "newer than");
    let extra: Vec<Row> = verdict.extra.iter().map(|package| Row::one(Mark::ADD, *package)).collect();
    section(&mut page, "Extra", "installed and not in the release", &extra, "");
    let missing: Vec<Row> = verdict.missing.iter().map(|package| Row::one(Mark::REMOVE, *package)).collect();
    section(&mut page, "Missing", "in the release and not installed", &missing, "");
    page.finish()
}

/// Says what a group's schedule installs and when it runs.
fn schedule(line: &ScheduleLine) -> String {
    let what = format!("schedule: {} updates every {}", line.schedule.update, line.schedule.every);
    match (&line.job, line.upcoming.as_slice()) {
        (None, _) => format!("{what}; the service has no such job yet: `patchtrain apply` makes it"),
        (Some(job), []) => {
            format!("{what}; the service has {} instead: see `patchtrain plan`", words::job(job))
        }
        (Some(job), runs) => {
            let runs: Vec<String> = runs.iter().map(|run| time(*run)).collect();
            let last = job.last.map_or_else(String::new, |last| format!("; last run {}", time(last)));
            format!("{what}; next {}{last}", runs.join(", "))
        }
    }
}

fn header(page: &mut Page, fleet: &FleetStatus) {
    let mut facts =
        vec![format!("{} {}", page.paint(Tone::Bold, "Train"), page.paint(Tone::Bold, fleet.train.as_str()))];
    if fleet.simulator {
        facts.push(page.paint(Tone::Held, "SIMULATOR"));
    }
    facts.push(format!("state serial {}", fleet.serial));
    facts.push(clean(&fleet.place).into_owned());
    facts.push(format!("as of {}", time(fleet.at)));
    page.flow(&facts);
}

/// Writes the members of a group that are not at level, or all of them.
fn members_of(page: &mut Page, fleet: &FleetStatus, group: &GroupStatus, alone: bool) {
    let all = alone || page.shows(Detail::Full);
    let lines: Vec<&InstanceLine> = group.instances.iter().filter(|line| all || !line.at_level).collect();
    if lines.is_empty() {
        return;
    }
    let what = match all {
        true => count(lines.len(), "instance"),
        false => format!("{} below level, {} may be", count(lines.len(), "instance"), group.allowed),
    };
    page.heading(&format!("group.{} on {}", group.name, group.release), &what);
    let mut table = Table::new(&[
        ("instance", Side::Left),
        ("rides", Side::Left),
        ("agent", Side::Left),
        ("behind", Side::Right),
        ("ahead", Side::Right),
        ("extra", Side::Right),
        ("missing", Side::Right),
        ("at level since", Side::Left),
        ("reboot", Side::Left),
    ]);
    let shown = page.fold(lines.len(), ROWS);
    let whole = page.shows(Detail::Full);
    for line in &lines[..shown] {
        let verdict = |of: fn(&Verdict) -> usize| match &line.verdict {
            Some(verdict) => number(of(verdict)),
            None => "?".to_owned(),
        };
        let level = match (line.at_level, line.at_level_since) {
            (false, _) => String::new(),
            (true, Some(since)) => time(since),
            (true, None) => "not proven".to_owned(),
        };
        let agent = match line.status {
            None => "unknown".to_owned(),
            Some(InstanceStatus::Normal) => String::new(),
            Some(status) => words::status(status).to_owned(),
        };
        let cells = vec![
            if whole { clean(&line.label).into_owned() } else { words::brief(&line.label) },
            source(fleet, line),
            agent,
            match (line.on_release, line.tally) {
                (true, tally) if tally.beside + tally.scheduled > 0 => {
                    format!(
                        "{} ({} count)",
                        verdict(|verdict| verdict.behind.len()),
                        tally.due + tally.scheduled
                    )
                }
                _ => verdict(|verdict| verdict.behind.len()),
            },
            verdict(|verdict| verdict.ahead.len()),
            verdict(|verdict| verdict.extra.len()),
            verdict(|verdict| verdict.missing.len()),
            level,
            if line.reboot_required { "needed" } else { "" }.to_owned(),
        ];
        let mark = if line.at_level { Mark::NONE } else { Mark::CHANGE };
        let streams: Vec<String> = line.streams.iter().map(StreamGap::to_string).collect();
        let beside = match streams.as_slice() {
            [] => Vec::new(),
            some => vec![format!("module streams: {}", clean(&some.join(", ")))],
        };
        table.row(mark, cells, beside);
    }
    table.write(page, 0, shown);
    page.more(2, lines.len() - shown);
}

/// Says which streams keep packages back: an update does not bring those.
fn streams(page: &mut Page, line: &InstanceLine) {
    if line.streams.is_empty() {
        return;
    }
    let title = format!("Module streams ({})", line.streams.len());
    page.heading(&title, "not the release's; an update does not switch streams, `update --stream` does");
    for gap in &line.streams {
        let mark = if gap.keeps_back() { Mark::CHANGE } else { Mark::NONE };
        page.item(2, mark, &clean(&gap.to_string()));
    }
}

fn section(page: &mut Page, title: &str, explanation: &str, rows: &[Row], arrow: &str) {
    if rows.is_empty() {
        return;
    }
    page.heading(&format!("{title} ({})", rows.len()), explanation);
    // One instance was asked for, package by package: nothing folds.
    packages::write(page, 0, rows, usize::MAX, arrow);
}

fn source(fleet: &FleetStatus, line: &InstanceLine) -> String {
    match &line.rides {
        None => "no source".to_owned(),
        Some(name) => {
            let own = name.strip_prefix(fleet.train.as_str()).and_then(|rest| rest.strip_prefix('/'));
            clean(own.unwrap_or(name)).into_owned()
        }
    }
}

fn agent(line: &InstanceLine) -> String {
    let status = line.status.map_or("not known to the service", words::status);
    let seen = line.last_checkin.map(|at| format!("last seen {}", time(at))).unwrap_or_default();
    if seen.is_empty() { status.to_owned() } else { format!("{status}, {seen}") }
}

fn number(number: usize) -> String {
    if number == 0 { String::new() } else { number.to_string() }
}
