//! The evidence of a period: who applied what, what was changed by hand, and how the fleet stood then and stands now. Pure:
//! worked out from the history, the figures of reports and the states that are kept, all of which are handed over.
//!
//! An auditor must be able to tell "nothing happened" from "nobody knows": what is missing is a [`Gap`], and figures that
//! nobody has are none, never zero.

mod gaps;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::{GroupReport, Report, Summary};
use crate::name::{GroupName, ReleaseName, TrainName};
use crate::op::{Lineage, PlanId};
use crate::plan::ServiceLabel;
use crate::state::store::{HistoryLine, HistoryRecord, Holder, Left, Lines, ReportRecord, StepCounts};
use crate::state::{Ancestor, Consent, GroupRecord, State};

pub use gaps::Gap;

/// The format of an audit as JSON.
pub const AUDIT_FORMAT_VERSION: u32 = 1;

/// A time from which on, and one until which: the first belongs to it, the last does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Period {
    /// From when on.
    pub since: Timestamp,
    /// Until when; none for everything that is known.
    pub until: Option<Timestamp>,
}

impl Period {
    /// Tells whether a time belongs to it.
    pub fn holds(&self, at: Timestamp) -> bool {
        self.since <= at && self.until.is_none_or(|until| at < until)
    }

    /// Tells whether something may have been in it of which only this is known: it was after the one and before the other.
    fn may_hold(&self, after: Option<Timestamp>, before: Option<Timestamp>) -> bool {
        before.is_none_or(|before| before >= self.since)
            && after.is_none_or(|after| self.until.is_none_or(|until| after < until))
    }
}

/// The evidence of a period, of one train.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Audit {
    /// The train.
    pub train: TrainName,
    /// The period.
    pub period: Period,
    /// When this was put together.
    pub made: Timestamp,
    /// The version of this program.
    pub tool: &'static str,
    /// Where the history lies.
    pub place: String,
    /// The lineage of the state; none where there is no state.
    pub lineage: Option<Lineage>,
    /// Its serial.
    pub serial: Option<u64>,
    /// Whether nothing is known to be missing.
    pub complete: bool,
    /// What is missing, or may be.
    pub gaps: Vec<Gap>,
    /// The events, counted.
    pub totals: Totals,
    /// Who did how much, by name and machine.
    pub actors: Vec<Actor>,
    /// What happened, in the order of the history.
    pub events: Vec<Event>,
    /// How the fleet stood when the period began.
    pub then: Moment,
    /// How it stands at the period's end.
    pub now: Moment,
    /// What the service says, where it was asked.
    pub observed: Option<Observation>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub who: String,
    /// Where.
    pub host: String,
    /// What.
    #[serde(flatten)]
    pub what: What,
    /// The flags by which it went on without a question, or past a refusal.
    pub overrides: Vec<String>,
    /// By whose word a plan was applied: who approved it, and what of the policy was set aside.
    #[serde(flatten)]
    pub consent: Consent,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum What {
    /// A plan was applied, or gone on with.
    Apply {
        /// Which.
        plan: PlanId,
        /// The serial it was planned on.
        basis: u64,
        /// The serial it left.
        serial: u64,
        /// How its steps ended.
        steps: StepCounts,
        /// Whether it was interrupted.
        interrupted: bool,
    },
    /// A state of another service was taken over.
    TakeOver {
        /// What it showed.
        plan: PlanId,
        /// The state that it took over from.
        from: Ancestor,
        /// The serial it left.
        serial: u64,
    },
    /// The state was changed by hand.
    Change {
        /// As it was typed.
        change: String,
        /// The serial that it followed.
        basis: u64,
        /// The serial it left.
        serial: u64,
        /// Whether it came to its end.
        carried_out: bool,
    },
    /// A lock was taken away.
    Unlock {
        /// Whose.
        from: Holder,
    },
}

/// Events counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Plans applied, or gone on with.
    pub applies: usize,
    /// Those of which steps failed.
    pub with_failures: usize,
    /// Those that were interrupted.
    pub interrupted: usize,
    /// The steps of all of them.
    pub steps: StepCounts,
    /// States taken over.
    pub taken_over: usize,
    /// Changes by hand that came to their end.
    pub changes: usize,
    /// Locks taken away.
    pub unlocks: usize,
    /// Events with flags by which they went on without a question, or past a refusal.
    pub with_overrides: usize,
    /// Plans that somebody approved.
    pub approved: usize,
    /// Plans that broke the policy and were applied all the same, for a reason.
    pub set_aside: usize,
}

/// Somebody, on a machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Actor {
    /// Who.
    pub who: String,
    /// Where.
    pub host: String,
    /// Plans applied, or gone on with.
    pub applies: usize,
    /// Other events.
    pub others: usize,
}

/// How the fleet stood at a time, as far as anything tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// When; none for the end of what is known.
    pub at: Option<Timestamp>,
    /// The figures of the last report made by then; where there is none, of the first one after it in the period. It says
    /// of when it is.
    pub report: Option<ReportRecord>,
    /// What the state had on record.
    pub levels: Levels,
}

/// The levels that a state had on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "known", rename_all = "kebab-case")]
pub enum Levels {
    /// Nothing was applied by then.
    NothingApplied,
    /// The history does not tell which state it was.
    NotTold,
    /// The state of then is not kept.
    NotKept {
        /// Its serial.
        serial: u64,
    },
    /// It is.
    Kept {
        /// Its serial.
        serial: u64,
        /// Its groups, by name.
        groups: Vec<GroupLevels>,
    },
}

/// What was on record of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GroupLevels {
    /// Its name.
    pub name: GroupName,
    /// The release that was applied to it; none for none.
    pub release: Option<ReleaseName>,
    /// Its members.
    pub members: usize,
    /// Those that were proven to be at the level of that release.
    pub at_level: usize,
}

/// What the service says now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Observation {
    /// When it was asked.
    pub at: Timestamp,
    /// Where it is.
    pub service: ServiceLabel,
    /// All members of all groups, counted.
    pub summary: Summary,
    /// The groups, in file order.
    pub groups: Vec<GroupReport>,
}

impl From<Report> for Observation {
    fn from(report: Report) -> Self {
        let Report { at, service, summary, groups, .. } = report;
        Self { at, service, summary, groups }
    }
}

/// Which state was the train's at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// None: nothing was applied by then.
    None,
    /// Nobody can say.
    NotTold,
    /// The one of this serial.
    Serial(u64),
}

/// Everything an audit is made of.
#[derive(Clone, Debug)]
pub struct AuditInput<'a> {
    /// The train.
    pub train: &'a TrainName,
    /// The period.
    pub period: Period,
    /// When this is put together.
    pub made: Timestamp,
    /// The history.
    pub history: &'a Lines<HistoryLine>,
    /// What is kept of reports, in any order.
    pub reports: &'a Lines<ReportRecord>,
    /// The state, with what its journal adds.
    pub state: Option<&'a State>,
    /// Whether there is a journal: a run is in progress, or was cut off.
    pub journal: bool,
    /// The levels when the period began and at its end, of the states that [`which`] names.
    pub levels: (Levels, Levels),
    /// What the service says, where it was asked.
    pub observed: Option<Observation>,
}

/// Puts the evidence together.
pub fn audit(input: AuditInput<'_>) -> Audit {
    let AuditInput { train, period, made, history, reports, state, journal, levels, observed } = input;
    let lines = &history.records;
    let events: Vec<Event> = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| period.holds(time_of(line)))
        .map(|(index, line)| event(line, line.was_made(&lines[index + 1..], state)))
        .collect();
    let gaps = gaps::gaps(&period, history, reports, state, journal);
    let end = period.until.unwrap_or(Timestamp::MAX);
    Audit {
        train: train.clone(),
        period,
        made,
        tool: env!("CARGO_PKG_VERSION"),
        place: history.place.to_string(),
        lineage: state.map(|state| state.lineage.clone()),
        serial: state.map(|state| state.serial),
        complete: gaps.is_empty(),
        gaps,
        totals: totals(&events),
        actors: actors(&events),
        events,
        then: Moment {
            at: Some(period.since),
            report: figures(&reports.records, period.since).or_else(|| first(&reports.records, &period)),
            levels: levels.0,
        },
        now: Moment { at: period.until, report: figures(&reports.records, end), levels: levels.1 },
        observed,
    }
}

/// Tells which state was the train's at a time, by the history.
pub fn which(history: &Lines<HistoryLine>, state: Option<&State>, at: Option<Timestamp>) -> Which {
    let lines = &history.records;
    let begin = state.map_or(0, |state| HistoryLine::begin_of(lines, state));
    let made = lines
        .iter()
        .enumerate()
        .skip(begin)
        .filter(|(index, line)| line.left().is_some() && line.was_made(&lines[index + 1..], state));
    let serials: Vec<Left<'_>> = made.filter_map(|(_, line)| line.left()).collect();
    let Some(at) = at else { return state.map_or(Which::None, |state| Which::Serial(state.serial)) };
    let begins = serials.first().is_none_or(|left| left.serial <= 1);
    let is_whole = begin == 0 && history.unreadable.is_empty() && begins;
    let last = serials.iter().rfind(|left| left.at < at);
    match last {
        Some(left) => Which::Serial(left.serial),
        None if is_whole => Which::None,
        None => Which::NotTold,
    }
}

/// Counts what a state has on record of each group.
pub fn levels(state: &State) -> Vec<GroupLevels> {
    let of = |(name, group): (&GroupName, &GroupRecord)| {
        let members = state.instances.values().filter(|known| known.group == *name);
        let at_level = members.clone().filter(|known| {
            let level = known.at_level.as_ref().map(|level| &level.release);
            level.is_some() && level == group.release.as_ref()
        });
        GroupLevels {
            name: name.clone(),
            release: group.release.clone(),
            members: members.clone().count(),
            at_level: at_level.count(),
        }
    };
    state.groups.iter().map(of).collect()
}

fn time_of(line: &HistoryLine) -> Timestamp {
    match line {
        HistoryLine::Run(run) => run.at,
        HistoryLine::Change(change) => change.at,
        HistoryLine::Unlock(unlock) => unlock.at,
    }
}

fn event(line: &HistoryLine, carried_out: bool) -> Event {
    match line.clone() {
        HistoryLine::Run(run) => {
            let HistoryRecord {
                at,
                who,
                host,
                plan,
                basis,
                serial,
                steps,
                interrupted,
                ancestor,
                overrides,
                consent,
            } = run;
            let what = match ancestor {
                Some(from) => What::TakeOver { plan, from, serial },
                None => What::Apply { plan, basis, serial, steps, interrupted },
            };
            Event { at, who, host, what, overrides, consent }
        }
        HistoryLine::Change(change) => {
            let (basis, serial) = (change.basis, change.serial);
            let what = What::Change { change: change.change, basis, serial, carried_out };
            Event {
                at: change.at,
                who: change.who,
                host: change.host,
                what,
                overrides: change.overrides,
                consent: Consent::default(),
            }
        }
        HistoryLine::Unlock(unlock) => Event {
            at: unlock.at,
            who: unlock.who,
            host: unlock.host,
            what: What::Unlock { from: unlock.unlocked },
            overrides: Vec::new(),
            consent: Consent::default(),
        },
    }
}

fn totals(events: &[Event]) -> Totals {
    let mut totals = Totals::default();
    for event in events {
        totals.with_overrides += usize::from(!event.overrides.is_empty());
        totals.approved += usize::from(!event.consent.approvals.is_empty());
        totals.set_aside += usize::from(event.consent.overridden.is_some());
        match &event.what {
            What::Apply { steps, interrupted, .. } => {
                totals.applies += 1;
                totals.with_failures += usize::from(steps.failed > 0);
                totals.interrupted += usize::from(*interrupted);
                let StepCounts { done, already, failed, not_started } = steps;
                totals.steps.done += done;
                totals.steps.already += already;
                totals.steps.failed += failed;
                totals.steps.not_started += not_started;
            }
            What::TakeOver { .. } => totals.taken_over += 1,
            What::Change { carried_out, .. } => totals.changes += usize::from(*carried_out),
            What::Unlock { .. } => totals.unlocks += 1,
        }
    }
    totals
}

fn actors(events: &[Event]) -> Vec<Actor> {
    let mut actors: BTreeMap<(&str, &str), (usize, usize)> = BTreeMap::new();
    for event in events {
        let (applies, others) = actors.entry((&event.who, &event.host)).or_default();
        match event.what {
            What::Apply { .. } => *applies += 1,
            What::TakeOver { .. } | What::Change { .. } | What::Unlock { .. } => *others += 1,
        }
    }
    let actor = |((who, host), (applies, others)): ((&str, &str), (usize, usize))| Actor {
        who: who.to_owned(),
        host: host.to_owned(),
        applies,
        others,
    };
    actors.into_iter().map(actor).collect()
}

/// Returns the figures of the last report made before a time.
fn figures(reports: &[ReportRecord], before: Timestamp) -> Option<ReportRecord> {
    reports.iter().filter(|report| report.at < before).max_by_key(|report| report.at).cloned()
}

/// Returns those of the first one of the period.
fn first(reports: &[ReportRecord], period: &Period) -> Option<ReportRecord> {
    reports.iter().filter(|report| period.holds(report.at)).min_by_key(|report| report.at).cloned()
}
