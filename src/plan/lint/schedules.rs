//! Invariants of the steps about scheduled jobs.

use std::collections::BTreeMap;

use super::Lint;
use crate::name::{Address, GroupName};
use crate::op::{Op, StepId};

impl Lint<'_> {
    /// A schedule is deleted before it is made anew and before its group is deleted, and is made after its group; each of
    /// these steps is about the schedule that it names.
    pub(super) fn schedules_stand_in_order(&mut self) {
        let mut deleted: BTreeMap<&GroupName, Vec<StepId>> = BTreeMap::new();
        let mut made: BTreeMap<&GroupName, StepId> = BTreeMap::new();
        let mut wrong = Vec::new();
        for (step, op) in self.ops() {
            let follows = |before: &[StepId]| before.iter().all(|id| step.after.contains(id));
            let before = |group| deleted.get(group).map(Vec::as_slice).unwrap_or_default();
            let group = match op {
                Op::CreateGroup { group, .. } => {
                    made.insert(group, step.id);
                    continue;
                }
                Op::DeleteGroup { group } => {
                    if !follows(before(&group.group)) {
                        wrong.push(format!("{} deletes a group before its schedule", step.id));
                    }
                    continue;
                }
                Op::DeleteSchedule { group, .. } => {
                    deleted.entry(group).or_default().push(step.id);
                    group
                }
                Op::CreateSchedule { group, .. } => {
                    let group = &group.group;
                    let makes: Vec<StepId> = made.get(group).copied().into_iter().collect();
                    if !follows(before(group)) || !follows(&makes) {
                        wrong.push(format!("{} makes a schedule too early", step.id));
                    }
                    group
                }
                Op::ChangeSchedule { group, .. } => group,
                _ => continue,
            };
            if step.address != Address::Schedule(group.clone()) || step.group.is_some() {
                wrong.push(format!("{} is not about the schedule of {group}, which it touches", step.id));
            }
        }
        wrong.into_iter().for_each(|text| self.found(text));
    }
}
