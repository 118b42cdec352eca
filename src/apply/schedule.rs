//! Which step may start: counts of what each still waits for, the steps that are ready, and how each ended.
//!
//! Pure. Work per ended step is its own edges and the logarithm of what is ready, so that a step costs the same in a
//! fleet of ten as in one of ten thousand.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::StepEnd;
use crate::op::StepId;
use crate::plan::{Action, Order, OrderError, Plan, Step};
use crate::state::store::StepCounts;

mod lanes;

use lanes::Lanes;

/// The steps of a plan while they run.
#[derive(Debug)]
pub(super) struct Schedule<'a> {
    steps: &'a [Step],
    order: Order,
    waits: Vec<usize>,
    ends: Vec<Option<StepEnd>>,
    ready: BinaryHeap<Reverse<StepId>>,
    gates: Vec<&'a Step>,
    lanes: Lanes<'a>,
}

impl<'a> Schedule<'a> {
    pub(super) fn of(plan: &'a Plan) -> Result<Self, OrderError> {
        let steps = plan.steps.as_slice();
        let order = Order::of(steps)?;
        let waits = order.waits();
        let mut schedule = Self {
            steps,
            order,
            waits,
            ends: vec![None; steps.len()],
            ready: BinaryHeap::new(),
            gates: Vec::new(),
            lanes: Lanes::of(plan),
        };
        for step in steps {
            if schedule.waits[index(step.id)] == 0 {
                schedule.enqueue(step.id);
            }
        }
        Ok(schedule)
    }

    /// Returns a step by id.
    pub(super) fn step(&self, id: StepId) -> &'a Step {
        &self.steps[index(id)]
    }

    /// Takes a gate whose predecessors have all ended.
    pub(super) fn next_gate(&mut self) -> Option<&'a Step> {
        self.gates.pop()
    }

    /// Takes the first step, in the plan's order, that may start.
    pub(super) fn next(&mut self) -> Option<&'a Step> {
        while let Some(Reverse(id)) = self.ready.pop() {
            let step = self.step(id);
            if self.lanes.enter(step) {
                return Some(step);
            }
        }
        None
    }

    /// Tells whether something that has not ended waits for a step.
    pub(super) fn is_waited_for(&self, id: StepId) -> bool {
        let gate = matches!(self.step(id).action, Action::Gate { .. });
        !gate || self.order.dependents(id).any(|step| self.ends[index(step)].is_none())
    }

    /// Tells whether a step was kept from starting.
    pub(super) fn was_not_started(&self, id: StepId) -> bool {
        matches!(self.ends[index(id)], Some(StepEnd::NotStarted | StepEnd::Shut { .. }))
    }

    /// Has a step that was taken, and could not go on, wait for its turn once more.
    pub(super) fn again(&mut self, id: StepId) {
        self.enqueue(id);
    }

    /// Tells whether a step other than a gate may start.
    pub(super) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Takes in how a step ended and returns the steps that will not be started because of it.
    ///
    /// Safety rule 6: on failure nothing that depends on it is started; everything else goes on. A gate waits for the
    /// end of its predecessors and not for their success, because it counts successes itself.
    pub(super) fn end(&mut self, id: StepId, end: StepEnd) -> Vec<StepId> {
        let mut not_started = Vec::new();
        self.leave(id);
        let mut lets_on = end.lets_on();
        self.ends[index(id)] = Some(end);
        let mut ended = id;
        let mut more = Vec::new();
        loop {
            let dependents: Vec<StepId> = self.order.dependents(ended).collect();
            for dependent in dependents {
                let at = index(dependent);
                if self.ends[at].is_some() {
                    continue;
                }
                self.waits[at] -= 1;
                let is_gate = matches!(self.steps[at].action, Action::Gate { .. });
                if !lets_on && !is_gate {
                    self.ends[at] = Some(StepEnd::NotStarted);
                    not_started.push(dependent);
                    more.push(dependent);
                    self.leave(dependent);
                } else if self.waits[at] == 0 {
                    self.enqueue(dependent);
                }
            }
            let Some(next) = more.pop() else { break };
            (ended, lets_on) = (next, false);
        }
        not_started.sort_unstable();
        not_started
    }

    /// Ends every step that has not ended as not started, and returns them.
    pub(super) fn give_up(&mut self) -> Vec<StepId> {
        let open = self.steps.iter().filter(|step| self.ends[index(step.id)].is_none()).map(|step| step.id);
        let open: Vec<StepId> = open.collect();
        for id in &open {
            self.ends[index(*id)] = Some(StepEnd::NotStarted);
        }
        self.ready.clear();
        self.gates.clear();
        open
    }

    /// Returns how every step ended, and the counts.
    pub(super) fn into_ends(self) -> (Vec<(StepId, StepEnd)>, StepCounts) {
        let mut counts = StepCounts::default();
        let ends = self.steps.iter().zip(self.ends).map(|(step, end)| {
            let end = end.unwrap_or(StepEnd::NotStarted);
            *match end {
                StepEnd::Done | StepEnd::Updated => &mut counts.done,
                StepEnd::AlreadyDone => &mut counts.already,
                StepEnd::Failed { .. } | StepEnd::Refused { .. } => &mut counts.failed,
                StepEnd::Shut { .. } | StepEnd::Left { .. } | StepEnd::NotStarted => &mut counts.not_started,
            } += 1;
            (step.id, end)
        });
        (ends.collect(), counts)
    }

    /// Has whoever waits for a place of an instance that is through take it.
    fn leave(&mut self, id: StepId) {
        let ends = &self.ends;
        let next = self.lanes.leave(&self.steps[index(id)], |waiting| ends[index(waiting)].is_none());
        if let Some(next) = next {
            self.enqueue(next);
        }
    }

    fn enqueue(&mut self, id: StepId) {
        let step = self.step(id);
        if matches!(step.action, Action::Gate { .. }) {
            self.gates.push(step);
        } else {
            self.ready.push(Reverse(id));
        }
    }
}

fn index(id: StepId) -> usize {
    id.0 as usize
}
