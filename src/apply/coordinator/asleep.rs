//! What waits for a time to come. A look at it costs as much as there are gates, and not as there are instances: a run that
//! waits for days looks every half minute, with a wave of thousands that the end of a window has caught.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::op::StepId;
use crate::plan::{Action, Step};

/// Gates and steps that wait for a time, and when that comes.
#[derive(Debug, Default)]
pub(super) struct Asleep {
    gates: Vec<(Timestamp, StepId)>,
    steps: BTreeMap<Timestamp, Vec<StepId>>,
}

impl Asleep {
    /// Has a step sleep until then.
    pub(super) fn add(&mut self, until: Timestamp, step: &Step) {
        match step.action {
            Action::Gate { .. } => self.gates.push((until, step.id)),
            _ => self.steps.entry(until).or_default().push(step.id),
        }
    }

    /// Returns when the next one wakes.
    pub(super) fn next(&self) -> Option<Timestamp> {
        let gates = self.gates.iter().map(|(until, _)| *until);
        gates.chain(self.steps.keys().next().copied()).min()
    }

    /// Takes what slept until now. A gate behind which everything has ended some other way has nothing to wait for.
    pub(super) fn wake(&mut self, now: Timestamp, is_waited_for: impl Fn(StepId) -> bool) -> Vec<StepId> {
        let mut awake = Vec::new();
        self.gates.retain(|(until, step)| {
            let sleeps = *until > now && is_waited_for(*step);
            awake.extend((!sleeps).then_some(*step));
            sleeps
        });
        while let Some(first) = self.steps.first_entry().filter(|first| *first.key() <= now) {
            awake.extend(first.remove());
        }
        awake
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::{Address, GroupName, ReleaseName};
    use crate::observed::Precondition;
    use crate::plan::{Condition, Verification};

    #[test]
    fn what_is_due_wakes_and_so_does_a_gate_that_nobody_waits_for() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let web = GroupName::new("web");
        let condition = Condition::Going { waiting: web.clone(), release: ReleaseName::new("GL1") };
        let level = Verification::Level {
            instance: crate::name::Ocid::new("ocid1.instance.oc1..a"),
            group: web.clone(),
            stays: Vec::new(),
        };
        let step = |id, gate: bool| Step {
            id: StepId(id),
            address: Address::Group(web.clone()),
            group: None,
            wave: None,
            action: match gate {
                true => Action::Gate { condition: condition.clone() },
                false => Action::Verify { what: level.clone() },
            },
            after: Vec::new(),
            precondition: Precondition::Nothing,
        };
        let mut asleep = Asleep::default();
        assert_eq!((asleep.next(), asleep.wake(at(9), |_| true)), (None, vec![]));
        for (until, id, gate) in
            [(30, 1, true), (20, 2, false), (30, 3, false), (20, 4, false), (40, 5, true)]
        {
            asleep.add(at(until), &step(id, gate));
        }
        let mut wake = |now, unwanted| {
            let next = asleep.next();
            let awake = asleep.wake(at(now), |id| id != StepId(unwanted));
            (next, awake.into_iter().map(|id| id.0).collect::<Vec<_>>())
        };
        assert_eq!(wake(19, 0), (Some(at(20)), vec![]));
        assert_eq!(wake(20, 3), (Some(at(20)), vec![2, 4]));
        assert_eq!(wake(29, 5), (Some(at(30)), vec![5]));
        assert_eq!(wake(30, 0), (Some(at(30)), vec![1, 3]));
        assert_eq!(wake(99, 0), (None, vec![]));
    }
}
