//! The steps that make, change and delete scheduled jobs. They stand apart from those of instances: a schedule neither
//! waits for a gate nor holds one up.

use std::collections::BTreeMap;

use super::Steps;
use crate::name::{Address, GroupName};
use crate::observed::Precondition;
use crate::op::{GroupRef, Op, StepId};
use crate::plan::holdings::{self, Groups};
use crate::plan::schedules::{self, Schedules};
use crate::plan::{Action, Input};

impl Steps {
    /// Deletes what goes. Returns the steps that do, by group.
    pub(super) fn unschedule(
        &mut self,
        input: &Input<'_>,
        schedules: &Schedules,
    ) -> BTreeMap<GroupName, Vec<StepId>> {
        let mut deleted: BTreeMap<GroupName, Vec<StepId>> = BTreeMap::new();
        for (group, found) in schedules {
            for id in &found.delete {
                let op = Op::DeleteSchedule { group: group.clone(), id: id.clone() };
                let owner = holdings::ownership(input, None);
                let expects = Precondition::OwnedSchedule { id: id.clone(), owner };
                let address = Address::Schedule(group.clone());
                let step = self.push(address, None, Action::Act { op }, Vec::new(), expects);
                deleted.entry(group.clone()).or_default().push(step);
            }
        }
        deleted
    }

    /// Makes what is declared, or changes it.
    pub(super) fn schedule(
        &mut self,
        input: &Input<'_>,
        (groups, schedules): (&Groups, &Schedules),
        made: &BTreeMap<GroupName, StepId>,
        unscheduled: &BTreeMap<GroupName, Vec<StepId>>,
    ) {
        for (group, found) in schedules {
            let (Some(schedule), Some(next)) = (found.schedule, found.next) else { continue };
            let owner = holdings::ownership(input, None);
            let name = schedules::name(input, group);
            let mut last = None;
            if found.makes() {
                let mut after: Vec<StepId> = made.get(group).copied().into_iter().collect();
                after.extend(unscheduled.get(group).into_iter().flatten());
                let id = groups.get(group).and_then(|found| found.id.clone());
                let op = Op::CreateSchedule {
                    group: GroupRef { group: group.clone(), id },
                    name: name.clone(),
                    owner: owner.clone(),
                    schedule,
                    next,
                };
                let address = Address::Schedule(group.clone());
                last = Some(self.push(address, None, Action::Act { op }, after, Precondition::Nothing));
            }
            if let (true, Some(id)) = (found.change, &found.id) {
                let expects = Precondition::OwnedSchedule { id: id.clone(), owner: owner.clone() };
                let op =
                    Op::ChangeSchedule { group: group.clone(), id: id.clone(), name, owner, schedule, next };
                let address = Address::Schedule(group.clone());
                let after = last.into_iter().collect();
                self.push(address, None, Action::Act { op }, after, expects);
            }
        }
    }
}
