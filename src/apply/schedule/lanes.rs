//! How many instances of a wave are at work at a time: each has a place from its first step to its last.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use crate::name::{Address, GroupName, Ocid};
use crate::op::{Op, StepId};
use crate::plan::{Action, Plan, Step};

/// The waves of a plan that have bounds.
#[derive(Debug)]
pub(super) struct Lanes<'a>(HashMap<(&'a GroupName, u32), Lane<'a>>);

#[derive(Debug)]
struct Lane<'a> {
    places: usize,
    /// How many steps each instance that moves has left.
    left: HashMap<&'a Ocid, usize>,
    at_work: HashSet<&'a Ocid>,
    /// First steps of those who wait for a place.
    waiting: BinaryHeap<Reverse<StepId>>,
}

impl<'a> Lanes<'a> {
    pub(super) fn of(plan: &'a Plan) -> Self {
        let mut lanes = HashMap::new();
        for group in &plan.groups {
            let waves = group.rollout.iter().flat_map(|rollout| &rollout.waves);
            for (wave, places) in (1..).zip(waves.map(|wave| wave.concurrency)) {
                if let Some(places) = places {
                    let (left, at_work) = (HashMap::new(), HashSet::new());
                    let lane = Lane { places: places.max(1), left, at_work, waiting: BinaryHeap::new() };
                    lanes.insert((&group.name, wave), lane);
                }
            }
        }
        let mut lanes = Self(lanes);
        if lanes.0.is_empty() {
            return lanes;
        }
        for step in plan.steps.iter().filter(|step| moves(step)) {
            if let Some((lane, instance)) = lanes.find(step) {
                lane.left.insert(instance, 0);
            }
        }
        for step in &plan.steps {
            if let Some((lane, instance)) = lanes.find(step)
                && let Some(left) = lane.left.get_mut(instance)
            {
                *left += 1;
            }
        }
        lanes
    }

    /// Tells whether a step may be started. One that may not waits until somebody has left.
    pub(super) fn enter(&mut self, step: &'a Step) -> bool {
        let Some((lane, instance)) = self.find(step) else { return true };
        if !lane.left.contains_key(instance) || lane.at_work.contains(instance) {
            return true;
        }
        if lane.at_work.len() >= lane.places {
            lane.waiting.push(Reverse(step.id));
            return false;
        }
        lane.at_work.insert(instance);
        true
    }

    /// Takes in that a step has ended, or will not be started. Returns whose turn it is, where a place has become free: of
    /// those that wait the first that has not been given up meanwhile.
    pub(super) fn leave(&mut self, step: &'a Step, waits: impl Fn(StepId) -> bool) -> Option<StepId> {
        let (lane, instance) = self.find(step)?;
        let left = lane.left.get_mut(instance)?;
        *left = left.saturating_sub(1);
        if *left > 0 || !lane.at_work.remove(instance) {
            return None;
        }
        std::iter::from_fn(|| lane.waiting.pop()).map(|Reverse(id)| id).find(|id| waits(*id))
    }

    fn find(&mut self, step: &'a Step) -> Option<(&mut Lane<'a>, &'a Ocid)> {
        if self.0.is_empty() {
            return None;
        }
        let (Address::Instance(instance), Some(group)) = (&step.address, &step.group) else { return None };
        let lane = self.0.get_mut(&(group, step.wave.unwrap_or(1)))?;
        Some((lane, instance))
    }
}

/// Tells whether a step is one that takes a place.
fn moves(step: &Step) -> bool {
    matches!(&step.action, Action::Act { op } if op.updates().is_some() || matches!(op, Op::Switch { .. } | Op::Enforce { .. } | Op::Reboot { .. }))
}
