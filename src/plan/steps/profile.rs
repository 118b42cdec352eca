//! The steps that make and delete registration profiles. A profile needs its group and waits for no gate: what comes up
//! with it gets whatever the group has by then.

use std::collections::BTreeMap;

use super::Steps;
use crate::name::{Address, GroupName};
use crate::observed::Precondition;
use crate::op::{GroupRef, Op, StepId};
use crate::plan::holdings::{self, Groups};
use crate::plan::profiles::{self, Profiles};
use crate::plan::{Action, Input};

impl Steps {
    /// Deletes what goes. Returns the steps that do, by group.
    pub(super) fn unprofile(
        &mut self,
        input: &Input<'_>,
        profiles: &Profiles,
    ) -> BTreeMap<GroupName, Vec<StepId>> {
        let mut deleted: BTreeMap<GroupName, Vec<StepId>> = BTreeMap::new();
        for (group, found) in profiles {
            for id in &found.delete {
                let op = Op::DeleteProfile { group: group.clone(), id: id.clone() };
                let owner = holdings::ownership(input, None);
                let expects = Precondition::OwnedProfile { id: id.clone(), owner };
                let address = Address::Profile(group.clone());
                let step = self.push(address, None, Action::Act { op }, Vec::new(), expects);
                deleted.entry(group.clone()).or_default().push(step);
            }
        }
        deleted
    }

    /// Makes what is asked for.
    pub(super) fn profile(
        &mut self,
        input: &Input<'_>,
        (groups, profiles): (&Groups, &Profiles),
        made: &BTreeMap<GroupName, StepId>,
        deleted: &BTreeMap<GroupName, Vec<StepId>>,
    ) {
        for (group, found) in profiles.iter().filter(|(_, found)| found.makes()) {
            let Some(target) = &found.target else { continue };
            let mut after: Vec<StepId> = made.get(target).copied().into_iter().collect();
            after.extend(deleted.get(group).into_iter().flatten());
            let id = groups.get(target).and_then(|found| found.id.clone());
            let op = Op::CreateProfile {
                group: GroupRef { group: target.clone(), id },
                name: profiles::name(input, group),
                owner: holdings::ownership(input, None),
                os: input.train.os.clone(),
                arch: input.train.architecture.clone(),
            };
            let address = Address::Profile(group.clone());
            self.push(address, None, Action::Act { op }, after, Precondition::Nothing);
        }
    }
}
