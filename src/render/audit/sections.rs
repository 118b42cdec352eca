//! What an audit says, section by section, whatever it is laid out as: sentences, lists and tables of plain texts.

use std::fmt::Write;

use jiff::Timestamp;

use super::super::inspection::consent;
use super::super::table::Side;
use super::super::words::{clean, count, time};
use crate::report::Percent;
use crate::report::audit::{Audit, Event, Gap, GroupLevels, Levels, Moment, What};
use crate::state::store::{ReportRecord, StepCounts};

/// A part of an audit. The first has no title of its own.
pub(super) struct Section {
    pub(super) title: &'static str,
    /// Whether it is what must not be overlooked.
    pub(super) warns: bool,
    pub(super) said: Vec<String>,
    pub(super) listed: Vec<String>,
    pub(super) table: Option<Columns>,
}

/// A table of texts.
pub(super) struct Columns {
    pub(super) head: Vec<(&'static str, Side)>,
    pub(super) rows: Vec<Vec<String>>,
}

/// What stands where nobody knows.
const UNKNOWN: &str = "?";

pub(super) fn title(audit: &Audit) -> String {
    format!("Audit of {}", audit.train)
}

/// Says in one line what an audit comes to.
pub fn audit_verdict(audit: &Audit) -> String {
    let totals = &audit.totals;
    let parts = [
        (totals.applies, "apply", "applies"),
        (totals.with_failures, "with failed steps", "with failed steps"),
        (totals.interrupted, "interrupted", "interrupted"),
        (totals.taken_over, "state taken over", "states taken over"),
        (totals.changes, "change by hand", "changes by hand"),
        (totals.unlocks, "lock taken away", "locks taken away"),
        (totals.with_overrides, "with overriding flags", "with overriding flags"),
        (totals.approved, "approved", "approved"),
        (totals.set_aside, "against the policy", "against the policy"),
    ];
    let told = parts.iter().filter(|(number, ..)| *number > 0);
    let told: Vec<String> = told
        .map(|(number, one, many)| format!("{number} {}", if *number == 1 { one } else { many }))
        .collect();
    let told = if told.is_empty() { "nothing is on record".to_owned() } else { told.join(", ") };
    let whole = match audit.complete {
        true => "no gap in the record",
        false => "the record has gaps",
    };
    format!("{}: {told}; {whole}.", period(audit))
}

/// Says what is missing, a sentence each.
pub fn audit_gaps(audit: &Audit) -> Vec<String> {
    audit.gaps.iter().map(|gap| self::gap(&audit.place, gap)).collect()
}

pub(super) fn sections(audit: &Audit) -> Vec<Section> {
    let plain = |title| Section { title, warns: false, said: Vec::new(), listed: Vec::new(), table: None };
    let mut facts = vec![audit_verdict(audit)];
    let state = match audit.serial {
        Some(serial) => format!("the state at serial {serial}"),
        None => "no state".to_owned(),
    };
    facts.push(format!(
        "Put together at {} by patchtrain {} from {} and {state}.",
        time(audit.made),
        audit.tool,
        clean(&audit.place)
    ));
    let mut sections = vec![Section { said: facts, ..plain("") }];
    if !audit.gaps.is_empty() {
        sections.push(Section { warns: true, listed: audit_gaps(audit), ..plain("What is missing") });
    }
    sections.extend(conformance(audit));
    sections.push(groups(audit));
    if audit.actors.is_empty() {
        sections.push(Section { said: vec!["Nothing is on record.".to_owned()], ..plain("What was done") });
        return sections;
    }
    let actors = audit.actors.iter().map(|actor| {
        let who = format!("{} on {}", actor.who, actor.host);
        vec![clean(&who).into_owned(), actor.applies.to_string(), actor.others.to_string()]
    });
    let head = vec![("who", Side::Left), ("applies", Side::Right), ("other events", Side::Right)];
    sections.push(Section { table: Some(Columns { head, rows: actors.collect() }), ..plain("Who did it") });
    let head = vec![("when", Side::Left), ("who", Side::Left), ("what", Side::Left), ("serial", Side::Right)];
    let rows = audit.events.iter().map(event).collect();
    sections.push(Section { table: Some(Columns { head, rows }), ..plain("What was done") });
    sections
}

fn period(audit: &Audit) -> String {
    match audit.period.until {
        Some(until) => format!("From {} to {}", time(audit.period.since), time(until)),
        None => format!("Since {}", time(audit.period.since)),
    }
}

fn gap(place: &str, gap: &Gap) -> String {
    let lines = |lines: &[usize]| {
        let numbers: Vec<String> = lines.iter().map(usize::to_string).collect();
        format!("{} {}", if lines.len() == 1 { "line" } else { "lines" }, numbers.join(", "))
    };
    let when = |after: Option<Timestamp>, before: Option<Timestamp>| match (after, before) {
        (Some(after), Some(before)) => format!("between {} and {}", time(after), time(before)),
        (Some(after), None) => format!("after {}", time(after)),
        (None, Some(before)) => format!("before {}", time(before)),
        (None, None) => "at times that nobody knows".to_owned(),
    };
    match gap {
        Gap::Unreadable { lines: which } => {
            format!("{place} is damaged in {}: what it tells of, and when that was, cannot be read.", lines(which))
        }
        Gap::CutShort => {
            format!("The last line of {place} was cut off while it was written: what it tells of cannot be read.")
        }
        Gap::UnreadableFigures { lines: which } => {
            format!("The figures of earlier reports are damaged in {}.", lines(which))
        }
        Gap::Serials { first, last, after, before } => {
            let serials = match last - first {
                0 => format!("serial {first}"),
                _ => format!("serials {first} to {last}"),
            };
            format!("Nothing tells of {serials}, reached {}: lines are gone, or were never written.", when(*after, *before))
        }
        Gap::Rewound { from, to, before } => {
            let before = before.map(|at| format!(" by {}", time(at))).unwrap_or_default();
            format!("Serial {from} was reached, and gone on from was {to}{before}: an older state was put in place by other means.")
        }
        Gap::Unfinished => {
            "A run is in progress, or was cut off: what it did is written down when it ends, or by the next one.".to_owned()
        }
    }
}

/// The figures of reports, then and now.
fn conformance(audit: &Audit) -> Vec<Section> {
    let section = |said, table| Section {
        title: "Conformance then and now",
        warns: false,
        said,
        listed: Vec::new(),
        table,
    };
    let (then, now) = (audit.then.report.as_ref(), audit.now.report.as_ref());
    let mut said = Vec::new();
    match then {
        None => said.push(format!(
            "No figures exist for {}: no report is kept that was made before it, nor in the period.",
            time(audit.period.since)
        )),
        Some(report) if report.at >= audit.period.since => said.push(format!(
            "No report is kept from before {}: then is of the first in the period.",
            time(audit.period.since)
        )),
        Some(_) => {}
    }
    if now.is_none() && audit.observed.is_none() {
        said.push(
            "No figures exist for the end of the period: no report is kept that was made by then.".to_owned(),
        );
    }
    if then.is_none() && now.is_none() && audit.observed.is_none() {
        return vec![section(said, None)];
    }
    let asked = audit.observed.as_ref().map(|observation| observation.summary.record(observation.at, 0));
    let of = |record: Option<&ReportRecord>| record.cloned();
    let columns: Vec<(&'static str, Option<ReportRecord>)> =
        [("then", of(then)), ("by the last report", of(now))]
            .into_iter()
            .chain(asked.map(|record| ("asked now", Some(record))))
            .collect();
    let head: Vec<(&'static str, Side)> =
        [("", Side::Left)].into_iter().chain(columns.iter().map(|(name, _)| (*name, Side::Right))).collect();
    type Figure = (&'static str, fn(&ReportRecord) -> String);
    let figures: [Figure; 10] = [
        ("as of", |record| time(record.at)),
        ("instances", |record| record.systems.to_string()),
        ("security compliant", |record| share(record.compliant, record.systems)),
        ("at their release's level", |record| share(record.at_level, record.systems)),
        ("security updates outstanding", |record| record.security.to_string()),
        ("bug fixes outstanding", |record| record.bug.to_string()),
        ("enhancements outstanding", |record| record.enhancement.to_string()),
        ("other updates outstanding", |record| record.other.to_string()),
        ("open CVEs", |record| record.cves.to_string()),
        ("waiting for a reboot", |record| record.reboot.to_string()),
    ];
    let rows = figures.iter().map(|(name, of)| {
        let cells = columns.iter().map(|(_, record)| record.as_ref().map_or(UNKNOWN.to_owned(), of));
        [(*name).to_owned()].into_iter().chain(cells).collect()
    });
    let rows = rows.collect();
    vec![section(said, Some(Columns { head, rows }))]
}

fn share(part: usize, whole: usize) -> String {
    match Percent::of(part, whole) {
        Some(percent) => format!("{part} ({percent} %)"),
        None => part.to_string(),
    }
}

/// The levels by group, as the state had them on record.
fn groups(audit: &Audit) -> Section {
    let said = [("then", &audit.then), ("now", &audit.now)].into_iter().filter_map(unknown).collect();
    let mut names: Vec<&str> = Vec::new();
    let of = |moment: &'_ Moment| match &moment.levels {
        Levels::Kept { groups, .. } => groups.clone(),
        _ => Vec::new(),
    };
    let (then, now) = (of(&audit.then), of(&audit.now));
    let asked = audit.observed.as_ref().map(|observation| observation.groups.as_slice());
    let known = then.iter().chain(&now).map(|group| group.name.as_str());
    for name in known.chain(asked.unwrap_or_default().iter().map(|group| group.name.as_str())) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let find = |groups: &[GroupLevels], name: &str| -> [String; 2] {
        match groups.iter().find(|group| group.name.as_str() == name) {
            Some(group) => [
                group.release.as_ref().map_or("none".to_owned(), ToString::to_string),
                format!("{} of {}", group.at_level, group.members),
            ],
            None => [String::new(), String::new()],
        }
    };
    let rows: Vec<Vec<String>> = names
        .iter()
        .map(|name| {
            let mut cells = vec![(*name).to_owned()];
            cells.extend(find(&then, name));
            cells.extend(find(&now, name));
            if let Some(asked) = asked {
                let found = asked.iter().find(|group| group.name.as_str() == *name);
                cells.extend(match found {
                    Some(group) => [
                        group.release.to_string(),
                        format!("{} of {}", group.summary.at_level, group.summary.systems),
                    ],
                    None => [String::new(), String::new()],
                });
            }
            cells
        })
        .collect();
    let mut head = vec![
        ("group", Side::Left),
        ("release then", Side::Left),
        ("at level then", Side::Right),
        ("release now", Side::Left),
        ("at level now", Side::Right),
    ];
    if asked.is_some() {
        head.extend([("bound to", Side::Left), ("at level, asked now", Side::Right)]);
    }
    let table = (!rows.is_empty()).then_some(Columns { head, rows });
    Section { title: "Levels on record by group", warns: false, said, listed: Vec::new(), table }
}

/// Says why there are no levels of a moment, or which state they are of.
fn unknown((word, moment): (&str, &Moment)) -> Option<String> {
    let at = moment.at.map_or("now".to_owned(), time);
    Some(match &moment.levels {
        Levels::NothingApplied => format!("Nothing had been applied by {at}."),
        Levels::NotTold => {
            format!("No levels are known of {at}: the history does not tell which state there was.")
        }
        Levels::NotKept { serial } => {
            format!("No levels are known of {at}: the state of then, serial {serial}, is not kept.")
        }
        Levels::Kept { serial, .. } => format!("Of {word} are the levels of serial {serial}."),
    })
}

fn event(event: &Event) -> Vec<String> {
    let (what, serial) = match &event.what {
        What::Apply { plan, steps, interrupted, serial, basis } => {
            let plan: String = plan.0.chars().take(12).collect();
            let StepCounts { done, already, failed, not_started } = *steps;
            let mut told = format!("applied plan {plan} of serial {basis}: {} done", count(done, "step"));
            for (number, word) in [(already, "done before"), (failed, "failed"), (not_started, "left")] {
                if number > 0 {
                    let _ = write!(told, ", {number} {word}");
                }
            }
            if *interrupted {
                told.push_str(", interrupted");
            }
            (told, Some(*serial))
        }
        What::TakeOver { from, serial, .. } => {
            (format!("took over from {}, serial {}", from.api.name(), from.serial), Some(*serial))
        }
        What::Change { change, serial, carried_out, .. } => match carried_out {
            true => (format!("by hand: {change}"), Some(*serial)),
            false => (format!("by hand: {change}, not carried out"), None),
        },
        What::Unlock { from } => {
            (format!("took away the lock of {} on {}: {}", from.who, from.host, from.command), None)
        }
    };
    let what = format!("{what}{}", consent(&event.consent));
    let what = event.overrides.iter().fold(what, |told, flag| format!("{told}, {flag}"));
    let who = format!("{} on {}", event.who, event.host);
    vec![
        time(event.at),
        clean(&who).into_owned(),
        clean(&what).into_owned(),
        serial.map(|serial| serial.to_string()).unwrap_or_default(),
    ]
}
