//! How a run keeps to rollouts: a group begins one before the first of it is touched, is not touched while it is paused,
//! has stopped or is outside its hours, and stops when more have failed than are put up with.

use std::collections::HashMap;

use jiff::Timestamp;

use super::{Coordinator, StepEnd};
use crate::apply::desk::{Desk, Halt};
use crate::apply::gate::{self, Passing};
use crate::apply::worker::Report;
use crate::apply::{ApplyError, Event};
use crate::cloud::Cloud;
use crate::name::{Address, GroupName};
use crate::op::Op;
use crate::plan::{Action, Condition, Phase, Plan, PlannedGroup, PlannedRollout, Step};
use crate::rollout::Access;
use crate::state::store::Session;
use crate::state::{Entry, Stopped};

/// The groups of a plan that move in some manner.
pub(super) type Paces<'a> = HashMap<&'a GroupName, &'a PlannedGroup>;

/// Returns the groups of a plan by name.
pub(super) fn paces(plan: &Plan) -> Paces<'_> {
    plan.groups.iter().map(|group| (&group.name, group)).collect()
}

impl<C: Cloud, S: Session, F: FnMut(Event) + Send> Coordinator<'_, C, S, F> {
    /// Tells what keeps a step from being started now, and until when.
    pub(super) fn kept(&self, step: &Step, now: Timestamp) -> Option<(String, Option<Timestamp>)> {
        let group = self.paces.get(step.group.as_ref().filter(|_| touches(step))?)?;
        if let Some(why) = gate::kept(self.ledger.state(), &group.name, &group.release) {
            return Some((why, None));
        }
        match group.rollout.as_ref()?.calendar.at(now) {
            Access::Open { .. } => None,
            Access::Closed { until, .. } => {
                let opens = until.map(|until| format!(", until {until}")).unwrap_or_default();
                Some((format!("group.{} may not be touched now{opens}", group.name), until))
            }
        }
    }

    /// Begins the rollout of the group that a step touches, unless it goes on already.
    pub(super) fn begin_rollout(&mut self, step: &Step, now: Timestamp) -> Result<(), ApplyError> {
        let Some(group) = step.group.as_ref().filter(|_| touches(step)) else { return Ok(()) };
        let Some(group) = self.paces.get(group).copied() else { return Ok(()) };
        let Some(PlannedRollout { begins, .. }) = &group.rollout else { return Ok(()) };
        let goes_on = self.ledger.state().rollouts.get(&group.name);
        if begins.is_empty() || goes_on.is_some_and(|rollout| rollout.is_to(&group.release)) {
            return Ok(());
        }
        let (name, release) = (group.name.clone(), group.release.clone());
        self.ledger.begin(now)?;
        self.ledger.record(Entry::RolloutStarted { group: name, release, waves: begins.clone(), at: now })
    }

    /// Takes note of a member that failed, and stops the rollout where that is one too many.
    pub(super) fn count_failure(
        &mut self,
        step: &Step,
        end: &StepEnd,
        at: Timestamp,
    ) -> Result<(), ApplyError> {
        let (StepEnd::Failed { message }, Address::Instance(instance)) = (end, &step.address) else {
            return Ok(());
        };
        let Some(group) = step.group.as_ref().and_then(|group| self.paces.get(group)).copied() else {
            return Ok(());
        };
        let Some((rollout, allowed)) =
            group.rollout.as_ref().and_then(|rollout| Some((rollout, rollout.allowed?)))
        else {
            return Ok(());
        };
        let known = self.ledger.state().rollouts.get(&group.name);
        if !known.is_some_and(|known| known.is_to(&group.release)) {
            return Ok(());
        }
        let wave = step.wave.unwrap_or(1);
        let (name, why) = (group.name.clone(), message.clone());
        self.ledger.record(Entry::RolloutFailed {
            group: name,
            instance: instance.clone(),
            wave,
            why,
            at,
        })?;
        let Some(record) = self.ledger.state().rollouts.get(&group.name) else { return Ok(()) };
        let in_wave =
            (record.failed_in(wave), rollout.waves.get(wave as usize - 1).and_then(|wave| wave.allowed));
        let stopped = match in_wave {
            _ if record.stopped.is_some() => return Ok(()),
            _ if record.failed.len() > allowed => {
                Stopped { wave, failed: record.failed.len(), allowed, whole: true, at }
            }
            (failed, Some(allowed)) if failed > allowed => {
                Stopped { wave, failed, allowed, whole: false, at }
            }
            _ => return Ok(()),
        };
        let group = group.name.clone();
        (self.on_event)(Event::Stopped { group: group.clone(), stopped: stopped.clone() });
        self.ledger.record(Entry::RolloutStopped { group, stopped })
    }

    /// Opens or shuts a gate, or has somebody asked first. `report` is what came of that.
    pub(super) fn try_gate(&mut self, step: &Step, report: Option<Report>) -> Result<(), ApplyError> {
        let Action::Gate { condition } = &step.action else { return Ok(()) };
        let now = (self.run.clock)();
        let asked = match report {
            Some(Report::Asked(asked)) => Some(asked),
            Some(Report::Failed { message, .. } | Report::Refused { message }) => {
                self.end(step.id, StepEnd::Shut { message });
                return Ok(());
            }
            Some(_) => {
                self.end(step.id, StepEnd::NotStarted);
                return Ok(());
            }
            None => None,
        };
        match gate::pass(condition, self.ledger.state(), now, asked.as_ref()) {
            Passing::Open => {
                if let Condition::Arrived { group, release, .. } = condition {
                    let open = self.ledger.state().rollouts.get(group);
                    if open.is_some_and(|rollout| rollout.is_to(release)) {
                        self.ledger.begin(now)?;
                        self.ledger.record(Entry::RolloutDone { group: group.clone(), at: now })?;
                    }
                }
                self.end(step.id, StepEnd::Done);
            }
            Passing::Shut { message, until } => self.shut(step, message, until),
            Passing::Ask(rounds) => self.ask(step, rounds),
        }
        Ok(())
    }

    /// Has those asked who went first.
    fn ask(&mut self, step: &Step, rounds: gate::Rounds) {
        (self.on_event)(Event::Started { step: step.id });
        self.running.insert(step.id);
        let checker = self.run.checker.clone();
        let mut desk = Desk::new(self.shared.clone(), None, Some(step.id));
        let id = step.id;
        self.workers.spawn(async move {
            let report = match gate::ask(&mut desk, &rounds, checker.as_ref()).await {
                Ok(asked) => Report::Asked(asked),
                Err(Halt::Stopped) => Report::Stopped,
                Err(Halt::Cloud(error)) => {
                    Report::Failed { message: error.to_string(), over: true, own: false }
                }
            };
            (Some(id), report)
        });
    }

    /// Ends what cannot start now, or has it wait where the run may.
    pub(super) fn shut(&mut self, step: &Step, message: String, until: Option<Timestamp>) {
        match until.filter(|_| self.run.wait) {
            Some(until) => {
                (self.on_event)(Event::Held { step: step.id, message, until });
                self.asleep.push((until, step.id));
            }
            None => self.end(step.id, StepEnd::Shut { message }),
        }
    }

    /// Wakes what slept until now.
    pub(super) fn wake(&mut self, now: Timestamp) {
        let (awake, asleep) = self.asleep.drain(..).partition(|(until, _)| *until <= now);
        self.asleep = asleep;
        let awake: Vec<(Timestamp, crate::op::StepId)> = awake;
        for (_, step) in awake {
            self.schedule.again(step);
        }
    }
}

/// Tells whether a step moves instances of its group. What somebody asks for by hand does not: it may be the cure.
fn touches(step: &Step) -> bool {
    match &step.action {
        Action::Act { op } => {
            let by_hand = matches!(
                op,
                Op::Patch { .. }
                    | Op::PatchGroup { .. }
                    | Op::EnableStreams { .. }
                    | Op::EnableGroupStreams { .. }
            );
            let moves =
                matches!(step.phase(), Phase::Switch | Phase::Update) || matches!(op, Op::Enroll { .. });
            moves && !by_hand
        }
        Action::Verify { .. } | Action::Gate { .. } => false,
    }
}
