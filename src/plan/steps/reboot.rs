//! The steps that boot a member anew and read back that it runs what it is to run.

use super::Steps;
use crate::name::{Address, GroupName};
use crate::observed::Precondition;
use crate::op::{Op, SourceRef, StepId};
use crate::plan::assess::Member;
use crate::plan::reboot::kernel;
use crate::plan::{Action, Verification};

impl Steps {
    /// Lays them out. Returns the one that proves it. Who is only to be seen to have booted is not booted again.
    pub(super) fn reboot(
        &mut self,
        group: &GroupName,
        (member, source): (&Member<'_>, &SourceRef),
        mut after: Vec<StepId>,
    ) -> StepId {
        let address = || Address::Instance(member.id.clone());
        let (instance, kernel) = (member.id.clone(), kernel(member));
        if member.reboot {
            let op = Op::Reboot { instance: instance.clone(), kernel: kernel.clone() };
            let expects = Precondition::Rides { instance: instance.clone(), source: source.clone() };
            after = vec![self.push(address(), Some(group), Action::Act { op }, after, expects)];
        }
        let what = Verification::Booted { instance, kernel };
        self.push(address(), Some(group), Action::Verify { what }, after, Precondition::Nothing)
    }
}
