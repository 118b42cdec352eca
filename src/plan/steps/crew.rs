//! The steps of a group that is bound as a whole: it gets the new source beside the old, loses the old, takes in whoever
//! joins, has its members update, has their packages listed anew, and each is read back.

use std::collections::BTreeMap;

use super::{Found, Membership, Steps, recorded};
use crate::name::{Address, GroupName, Ocid};
use crate::observed::Precondition;
use crate::op::{GroupRef, Op, SourceRef, StepId};
use crate::plan::assess::Assessed;
use crate::plan::bindings::Binding;
use crate::plan::crews::Crew;
use crate::plan::roster::Rosters;
use crate::plan::{Action, Input, Verification, holdings};

impl Steps {
    /// Lays out the steps of one group. Returns those that whoever waits for the group follows.
    pub(super) fn crew(
        &mut self,
        input: &Input<'_>,
        (service, rosters): (Found<'_>, &Rosters),
        (crew, binding): (&Crew<'_>, &Binding),
        before: Vec<StepId>,
        (membership, members): (&mut Membership, &Assessed<'_>),
    ) -> Vec<StepId> {
        let begun = self.list.len();
        let group = crew.group;
        let id = service.groups.get(&crew.name).and_then(|found| found.id.clone());
        let target = GroupRef { group: crew.name.clone(), id: id.clone() };
        let source = holdings::source_ref(service.sources, &group.release);
        let bound = || Precondition::Bound { group: target.clone(), source: source.clone() };
        let per_call = input.capabilities.instances_per_call.max(1);
        // What follows stands behind the gates through the first step that does, so that edges do not multiply.
        // Whoever leaves has left by then, and is not moved any more.
        let mut last = membership.dismissed.get(&crew.name).cloned().unwrap_or_default();
        last.extend(membership.made.get(&crew.name));
        let mut before = Some(before);
        let mut follow = |last: &[StepId]| -> Vec<StepId> {
            before.take().unwrap_or_default().into_iter().chain(last.iter().copied()).collect()
        };

        if binding.attach {
            let instances = binding.moving.clone();
            let op = Op::Attach { group: target.clone(), source: source.clone(), instances };
            last = vec![self.on_group(&target.group, op, follow(&last), carries(&target, &source, binding))];
        }
        if binding.detaches {
            let sources = binding.detach.iter().map(|link| link.id.clone()).collect();
            let (keeps, instances) = (source.clone(), binding.moving.clone());
            let op = Op::Detach { group: target.clone(), sources, keeps, instances };
            let step = self.on_group(&target.group, op, follow(&last), carries(&target, &source, binding));
            self.switched.extend(binding.moving.iter().chain(&id).map(|id| (id.clone(), step)));
            last = vec![step];
        }
        if let Some(step) =
            (!binding.rejoin.is_empty()).then(|| self.dismiss(&target, &binding.rejoin, follow(&last)))
        {
            last = vec![step];
        }
        // Nobody is taken in while the group still has its old source: he might land on that.
        let batches = binding.batches(per_call);
        let after = if batches.is_empty() { Vec::new() } else { follow(&last) };
        // Whoever comes from another wave leaves it only now, so that he is in one of them all the time until then.
        let mut coming: BTreeMap<&GroupName, Vec<Ocid>> = BTreeMap::new();
        for instance in batches.iter().flatten() {
            if let Some(from) = rosters.shifts.get(instance) {
                coming.entry(from).or_default().push(instance.clone());
            }
        }
        for (from, instances) in coming {
            let known = service.groups.get(from).and_then(|found| found.id.clone());
            let from = GroupRef { group: from.clone(), id: known.or_else(|| recorded(input, from)) };
            for batch in instances.chunks(per_call) {
                let step = self.dismiss(&from, batch, after.clone());
                membership.left.extend(batch.iter().map(|instance| (instance.clone(), step)));
            }
        }
        let mut enrolled = Vec::new();
        for batch in batches {
            let mut after = after.clone();
            after.extend(batch.iter().filter_map(|instance| membership.left.get(instance)));
            // Several may have left by one step, or this very group.
            after.sort_unstable();
            after.dedup();
            let op = Op::Enroll { group: target.clone(), source: source.clone(), instances: batch.clone() };
            let step = self.on_group(&target.group, op, after, bound());
            self.switched.extend(batch.into_iter().map(|id| (id, step)));
            enrolled.push(step);
        }
        if !enrolled.is_empty() {
            last = enrolled;
        }
        if let Some((of, again, instances)) = &binding.rerun {
            let op = Op::Rerun {
                group: target.clone(),
                source: source.clone(),
                of: of.clone(),
                again: *again,
                instances: instances.clone(),
            };
            last = vec![self.on_group(&target.group, op, follow(&last), bound())];
        }
        if let Some((kind, instances)) = &binding.update {
            let op = Op::UpdateGroup {
                group: target.clone(),
                source: source.clone(),
                kind: *kind,
                instances: instances.clone(),
            };
            last = vec![self.on_group(&target.group, op, follow(&last), bound())];
        }
        for (adjusts, instances) in &binding.adjusts {
            let (group_ref, source) = (target.clone(), source.clone());
            let (adjusts, instances) = (adjusts.clone(), instances.clone());
            let op = Op::EnforceGroup { group: group_ref, source, adjusts, instances };
            last = vec![self.on_group(&target.group, op, follow(&last), bound())];
        }
        if !binding.proves.is_empty() && input.capabilities.refreshes {
            let op = Op::Refresh { group: target.clone(), instances: binding.proves.clone() };
            last = vec![self.on_group(&target.group, op, follow(&last), Precondition::Nothing)];
        }
        let of_group = members.of(&crew.name);
        if binding.proves.is_empty() && !of_group.iter().any(|member| member.boots) {
            // Who only leaves, or a group that is only made, holds up nobody who waits for the group.
            return if self.list.len() > begun { last } else { Vec::new() };
        }
        let last = follow(&last);
        // Whoever is booted without a level to prove.
        let alone = of_group.iter().filter(|member| member.boots && !member.verify);
        let mut ends: Vec<StepId> =
            alone.map(|member| self.reboot(&group.name, (member, &source), last.clone())).collect();
        // Members stand by id.
        let member = |instance: &Ocid| {
            let at = of_group.binary_search_by(|member| member.id.cmp(instance)).ok();
            at.map(|at| &of_group[at])
        };
        let prove = |instance: &Ocid| {
            // The group has it; whether the instance has got it shows only there.
            let expects = Precondition::Attached { instance: instance.clone(), source: source.clone() };
            let what = Verification::Level {
                instance: instance.clone(),
                group: group.name.clone(),
                stays: member(instance).map(|member| member.correction.stays()).unwrap_or_default(),
            };
            let address = Address::Instance(instance.clone());
            let after = match member(instance).filter(|member| member.boots) {
                Some(member) => vec![self.reboot(&group.name, (member, &source), last.clone())],
                None => last.clone(),
            };
            self.push(address, Some(&group.name), Action::Verify { what }, after, expects)
        };
        let proven: Vec<StepId> = binding.proves.iter().map(prove).collect();
        ends.extend(proven);
        ends
    }

    /// Ends memberships, as many at once as are given.
    pub(super) fn dismiss(&mut self, group: &GroupRef, instances: &[Ocid], after: Vec<StepId>) -> StepId {
        let op = Op::Dismiss { group: group.clone(), instances: instances.to_vec() };
        let address = Address::Group(group.group.clone());
        self.push(address, Some(&group.group.whole()), Action::Act { op }, after, Precondition::Nothing)
    }

    fn on_group(
        &mut self,
        crew: &GroupName,
        op: Op,
        after: Vec<StepId>,
        precondition: Precondition,
    ) -> StepId {
        let address = Address::Group(crew.clone());
        self.push(address, Some(&crew.whole()), Action::Act { op }, after, precondition)
    }
}

fn carries(group: &GroupRef, source: &SourceRef, binding: &Binding) -> Precondition {
    let sources = binding.has.iter().map(|link| link.id.clone()).collect();
    Precondition::Carries { group: group.clone(), sources, source: source.clone() }
}
