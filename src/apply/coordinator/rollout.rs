//! How a run keeps to rollouts: a group begins one before the first of it is touched, is not touched while it is paused,
//! has stopped or is outside its hours, and stops when more have failed than are put up with.

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use jiff::Timestamp;

use super::{Coordinator, StepEnd};
use crate::apply::desk::{Desk, Halt};
use crate::apply::gate::{self, Passing};
use crate::apply::worker::Report;
use crate::apply::{ApplyError, Event};
use crate::cloud::Cloud;
use crate::name::{Address, GroupName, Ocid};
use crate::observed::Breach;
use crate::op::Op;
use crate::plan::{Action, Condition, Phase, Plan, PlannedGroup, PlannedRollout, Step};
use crate::state::store::Session;
use crate::state::{Entry, Stopped};
use crate::train::Reboot;

/// The groups of a plan that move in some manner.
pub(super) type Paces<'a> = HashMap<&'a GroupName, &'a PlannedGroup>;

/// Returns the groups of a plan by name.
pub(super) fn paces(plan: &Plan) -> Paces<'_> {
    plan.groups.iter().map(|group| (&group.name, group)).collect()
}

impl<C: Cloud, S: Session, F: FnMut(Event) + Send> Coordinator<'_, C, S, F> {
    /// Tells what keeps a step from being started now, and until when.
    pub(super) fn kept(&self, step: &Step, now: Timestamp) -> Option<(String, Option<Timestamp>)> {
        if let Some(kept) = self.frozen(step, now) {
            return Some(kept);
        }
        let group = self.paces.get(step.group.as_ref().filter(|_| touches(step))?)?;
        if let Some(why) = gate::kept(self.ledger.state(), &group.name, &group.release) {
            return Some((why, None));
        }
        gate::closed(&group.name, &group.rollout.as_ref()?.calendar, now)
    }

    /// Tells whether it is a day on which the policy has nothing applied, unless somebody has set that aside.
    fn frozen(&self, step: &Step, now: Timestamp) -> Option<(String, Option<Timestamp>)> {
        // What is only read shows how work has ended that is in flight by then.
        match &step.action {
            Action::Verify { .. } | Action::Gate { .. } => return None,
            Action::Act { op: Op::Refresh { .. } | Op::RefreshInstance { .. } } => return None,
            Action::Act { .. } => {}
        }
        let policy = self.plan.policy.as_ref()?.policy.as_ref()?;
        let set_aside = self.run.consent.overridden.as_ref();
        if set_aside.is_some_and(|aside| aside.broken.iter().any(|rule| rule == "freeze_periods")) {
            return None;
        }
        policy.frozen(now).map(|until| ("the policy has nothing applied on this day".to_owned(), until))
    }

    /// Begins the rollout of the group that a step touches, unless it goes on already.
    pub(super) fn begin_rollout(&mut self, step: &Step, now: Timestamp) -> Result<(), ApplyError> {
        let Some(group) = step.group.as_ref().filter(|_| touches(step)) else { return Ok(()) };
        let Some(group) = self.paces.get(group).copied() else { return Ok(()) };
        let Some(PlannedRollout { begins, .. }) = &group.rollout else { return Ok(()) };
        let known = self.ledger.state().rollouts.get(&group.name);
        let goes_on = known.is_some_and(|rollout| rollout.is_to(&group.release));
        // An earlier run of this plan has brought it to its end.
        let is_through = known.is_some_and(|rollout| rollout.release.as_ref() == Some(&group.release))
            && self.ledger.runs_again();
        if begins.is_empty() || goes_on || is_through {
            return Ok(());
        }
        let (name, release) = (group.name.clone(), group.release.clone());
        self.ledger.begin(now)?;
        self.ledger.record(Entry::RolloutStarted { group: name, release, waves: begins.clone(), at: now })
    }

    /// Takes note of a member that failed, and stops the rollout where that is one too many. Returns what is to be told of that.
    pub(super) fn count_failure(
        &mut self,
        step: &Step,
        instance: Ocid,
        why: String,
        at: Timestamp,
    ) -> Result<Option<Event>, ApplyError> {
        let group = step.group.as_ref().and_then(|group| self.paces.get(group)).copied();
        let Some(group) = group else { return Ok(None) };
        let Some(rollout) = group.rollout.as_ref() else { return Ok(None) };
        let (Some(allowed), Some(record)) = (rollout.allowed, self.ledger.state().rollouts.get(&group.name))
        else {
            return Ok(None);
        };
        if !record.is_to(&group.release) {
            return Ok(None);
        }
        let moved = self.ledger.state().instances.get(&instance);
        let moved = moved.is_some_and(|known| known.release.as_ref() == Some(&group.release));
        if matches!(&step.action, Action::Act { op: Op::Leave { .. } }) && !moved {
            return Ok(None);
        }
        let fixed = self.ledger.state().wave_of(&group.name, &instance);
        let wave = step.wave.or(fixed).unwrap_or(1).max(1);
        let known = record.failed.get(&instance);
        let new = |same: bool| usize::from(!same);
        let failed = record.failed.len() + new(known.is_some());
        let in_wave = record.failed_in(wave) + new(known.is_some_and(|known| known.wave == wave));
        let of_wave = rollout.waves.get(wave as usize - 1).and_then(|wave| wave.allowed);
        let stopped = if failed > allowed {
            Some(Stopped { wave, failed, allowed, whole: true, at })
        } else {
            let over = of_wave.filter(|allowed| in_wave > *allowed);
            over.map(|allowed| Stopped { wave, failed: in_wave, allowed, whole: false, at })
        };
        let stopped = stopped.filter(|_| record.stopped.is_none());
        let group = group.name.clone();
        let told = stopped.clone().map(|stopped| Event::Stopped { group: group.clone(), stopped });
        self.ledger.record(Entry::RolloutFailed { group, instance, wave, why, at, stopped })?;
        Ok(told)
    }

    /// Tells whether the rollout of one of the plan's groups has stopped, in this run or before.
    pub(super) fn has_stopped(&self) -> bool {
        // An update by hand goes with no rollout.
        self.paces.values().filter(|group| group.rollout.is_some()).any(|group| {
            let rollout = self.ledger.state().rollouts.get(&group.name);
            rollout.is_some_and(|rollout| rollout.is_to(&group.release) && rollout.stopped.is_some())
        })
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
            Passing::Open if self.has_stragglers(condition) => {
                let message = "not all of it was moved".to_owned();
                self.end(step.id, StepEnd::Shut { message });
            }
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

    /// Tells whether a group that may have arrived has members that this run was to move and did not get to.
    fn has_stragglers(&self, condition: &Condition) -> bool {
        let Condition::Arrived { group, .. } = condition else { return false };
        let rollout = self.ledger.state().rollouts.get(group);
        let failed = |step: &Step| match (&step.address, rollout) {
            (Address::Instance(id), Some(rollout)) => rollout.failed.contains_key(id),
            _ => false,
        };
        let left = self.plan.steps.iter().filter(|step| step.group.as_ref() == Some(group) && touches(step));
        left.filter(|step| self.schedule.was_not_started(step.id)).any(|step| !failed(step))
    }

    /// Has those asked who went first.
    fn ask(&mut self, step: &Step, mut rounds: gate::Rounds) {
        rounds.tells_reboots =
            self.paces.get(&rounds.group).is_none_or(|group| group.reboot != Reboot::Never);
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

    /// Ends what cannot start now, or has it wait where the run may, and somebody waits for it.
    pub(super) fn shut(&mut self, step: &Step, message: String, until: Option<Timestamp>) {
        match until.filter(|_| self.run.wait && self.schedule.is_waited_for(step.id)) {
            Some(until) => {
                // What holds one member of a group holds a thousand.
                if self.held.insert((message.clone(), until)) {
                    (self.on_event)(Event::Held { step: step.id, message, until });
                }
                self.asleep.add(until, step);
            }
            None => self.end(step.id, StepEnd::Shut { message }),
        }
    }

    /// Wakes what slept until now.
    pub(super) fn wake(&mut self, now: Timestamp) {
        let schedule = &self.schedule;
        let awake = self.asleep.wake(now, |step| schedule.is_waited_for(step));
        if !awake.is_empty() {
            // Whether the service is back shows when it is asked.
            self.shared.down.store(false, Ordering::Relaxed);
        }
        for step in awake {
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
            let moves = matches!(step.phase(), Phase::Switch | Phase::Update | Phase::Reboot)
                || matches!(op, Op::Enroll { .. });
            moves && !by_hand
        }
        Action::Verify { .. } | Action::Gate { .. } => false,
    }
}

/// Tells whether those on whom the work of a step failed have failed for good: one that was for an instance alone, or the
/// update of a group. A read-back would show it too, and may not be reached.
pub(super) fn counts_at_once(step: &Step) -> bool {
    matches!(step.address, Address::Instance(_)) || (touches(step) && step.phase() == Phase::Update)
}

/// Returns whose failures a report tells of, and why: those that count against a release.
pub(super) fn counts(step: &Step, report: &Report) -> Vec<(Ocid, String)> {
    let alone = |why: &String| match &step.address {
        Address::Instance(instance) => vec![(instance.clone(), why.clone())],
        _ => Vec::new(),
    };
    let crew = match &step.action {
        Action::Act { op } if touches(step) => op.crew().map_or(&[][..], |(_, instances)| instances),
        _ => &[],
    };
    match report {
        Report::BelowLevel { message } | Report::Unbooted { message, .. } => alone(message),
        Report::Failed { message, own: true, .. } if crew.is_empty() => alone(message),
        Report::Failed { message, own: true, .. } => {
            crew.iter().map(|instance| (instance.clone(), message.clone())).collect()
        }
        // Sources that one did not get may still come with the next work for the group, and count where they are needed.
        Report::Crew { crew, .. } if touches(step) && (crew.is_lost() || counts_at_once(step)) => {
            crew.failed.iter().chain(&crew.open).cloned().collect()
        }
        Report::Refused { message } if *message == Breach::InstanceGone.to_string() => alone(message),
        // It was no member any more when it was to leave, and had been moved by this rollout: somebody has ended it.
        Report::Done { already: true, .. } => match &step.action {
            Action::Act { op: Op::Leave { instance, .. } } => {
                vec![(instance.clone(), "the service no longer has it in the group".to_owned())]
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}
