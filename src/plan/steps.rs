//! The steps: what runs, in which order, and what must hold before each. Sources first, then membership, then group
//! by group behind its gates: switch, update, read back.

use std::collections::{BTreeMap, BTreeSet};

use super::assess::{Assessed, Member};
use super::bindings::Bindings;
use super::crews::Crews;
use super::gates::Gates;
use super::holdings::{self, Groups, Sources};
use super::profiles::Profiles;
use super::retired::{Going, Retirement};
use super::roster::Rosters;
use super::schedules::Schedules;
use super::vendors::Vendors;
use super::waves::Waves;
use super::{Action, Cost, Input, Note, Step, Verification};
use crate::name::{Address, GroupName, Ocid, ReleaseName};
use crate::observed::{Precondition, Riding};
use crate::op::{Binding, GroupRef, Op, Outfit, SourceRef, StepId};
use crate::state::State;

/// What was found of the service, and what is to be made of it.
#[derive(Clone, Copy)]
pub(super) struct Found<'a> {
    pub(super) sources: &'a Sources,
    pub(super) riding: &'a Riding,
    pub(super) groups: &'a Groups,
    pub(super) crews: &'a Crews<'a>,
    pub(super) schedules: &'a Schedules,
    pub(super) profiles: &'a Profiles,
    pub(super) vendors: &'a Vendors,
    pub(super) bindings: &'a Bindings,
}

/// Lays out all steps so that each stands behind those it depends on.
pub(super) fn lay(
    input: &Input<'_>,
    found: Found<'_>,
    rosters: &Rosters,
    members: &Assessed<'_>,
    gates: (&Gates, &Waves),
    retirement: &Retirement<'_>,
) -> Vec<Step> {
    let mut steps = Steps { list: Vec::with_capacity(members.list.len() * 3 + 16), ..Steps::default() };
    let filled = steps.sources(input, found);
    // A group takes its schedule and its profile with it, and one that is made anew makes room first.
    let mut unscheduled = steps.unschedule(input, found.schedules);
    let unprofiled = steps.unprofile(input, found.profiles);
    for (group, steps) in &unprofiled {
        unscheduled.entry(group.clone()).or_default().extend(steps);
    }
    let mut membership = steps.membership(input, (found, &filled), rosters, members, &unscheduled);
    steps.schedule(input, (found.groups, found.schedules), &membership.made, &unscheduled);
    steps.profile(input, (found.groups, found.profiles), &membership.made, &unprofiled);
    steps.groups(input, (found, rosters), members, gates, &filled, &mut membership);
    steps.leave_behind(input, rosters, members, &membership);
    steps.deletions(retirement);
    steps.list
}

pub(super) use imports::take_over;

/// Returns what the steps will take.
pub(super) fn cost(steps: &[Step]) -> Cost {
    let mut cost = Cost::default();
    for step in steps {
        let Action::Act { op } = &step.action else { continue };
        let calls = match op {
            Op::Switch { from, to, drops, .. } => switch_calls(from.as_ref(), to, drops),
            Op::Enforce { adjusts, .. } => adjusts.len(),
            _ => 1,
        };
        cost.changing_calls += calls;
        cost.work_requests += match op.crew() {
            Some((_, instances)) => instances.len(),
            None if op.updates().is_some() => calls,
            None => usize::from(matches!(op, Op::RefreshInstance { .. })),
        };
    }
    cost
}

/// A switch takes a call for the new source and one for the old, where there is one; under a parent that the instance
/// does not have yet, also one for that.
fn switch_calls(from: Option<&Ocid>, to: &SourceRef, drops: &[Ocid]) -> usize {
    match &to.under {
        Some(under) if from.is_some() && from == under.id.as_ref() => 1 + drops.len(),
        under => 1 + usize::from(from.is_some()) + usize::from(under.is_some()),
    }
}

/// Returns a note of each op that an earlier run began and that these steps go on with.
pub(super) fn taken_up(state: &State, steps: &[Step]) -> Vec<Note> {
    if state.unfinished.is_empty() {
        return Vec::new();
    }
    let keys = steps.iter().filter_map(|step| match &step.action {
        Action::Act { op } => Some(op.key()),
        Action::Verify { .. } | Action::Gate { .. } => None,
    });
    let begun = keys.filter(|key| state.unfinished.contains_key(key));
    begun.map(|key| Note::Unfinished { op: key.0 }).collect()
}

/// Puts a member on the source of its release.
fn switch(member: &Member<'_>, to: &SourceRef, riding: &Riding) -> (Op, Precondition) {
    let parent = member.seen.and_then(|seen| seen.parent.as_ref()).map(|parent| parent.id.clone());
    let instance = member.id.clone();
    let (drops, expects) = match (&to.under, member.seen) {
        (Some(_), Some(seen)) => {
            let others = riding.children(seen).filter(|child| Some(&child.id) != to.id.as_ref());
            let drops = others.map(|child| child.id.clone()).collect();
            let hanging = seen.children.iter().filter(|_| riding.hangs(seen)).map(|child| child.id.clone());
            let (instance, parent, source) = (instance.clone(), parent.clone(), to.clone());
            (drops, Precondition::Hangs { instance, parent, children: hanging.collect(), source })
        }
        _ => (Vec::new(), Precondition::ParentOrNone { instance: instance.clone(), parent: parent.clone() }),
    };
    (Op::Switch { instance, from: parent, to: to.clone(), drops }, expects)
}

/// What later steps follow of membership.
struct Membership {
    /// The step that makes each instance a member, one by one.
    joined: BTreeMap<Ocid, StepId>,
    /// The step that makes each group.
    made: BTreeMap<GroupName, StepId>,
    /// The step that ends an earlier membership of each instance.
    left: BTreeMap<Ocid, StepId>,
    /// The steps that let go whoever leaves each group.
    dismissed: BTreeMap<GroupName, Vec<StepId>>,
    /// What the deletion of each group of the service follows that is given up for others of the same group.
    left_behind: BTreeMap<GroupName, Vec<StepId>>,
}

fn recorded(input: &Input<'_>, group: &GroupName) -> Option<Ocid> {
    input.state.groups.get(group).map(|record| record.id.clone())
}

#[derive(Default)]
struct Steps {
    list: Vec<Step>,
    /// The step that switches each instance or group: what the deletion of its old source follows.
    switched: BTreeMap<Ocid, StepId>,
    /// The wave whose steps are laid out, where there are several.
    wave: Option<u32>,
}

impl Steps {
    fn push(
        &mut self,
        address: Address,
        group: Option<&GroupName>,
        action: Action,
        after: Vec<StepId>,
        precondition: Precondition,
    ) -> StepId {
        // A plan of four thousand million steps does not fit in memory.
        let id = StepId(u32::try_from(self.list.len()).unwrap_or(u32::MAX));
        let wave = self.wave;
        self.list.push(Step { id, address, group: group.cloned(), wave, action, after, precondition });
        id
    }

    /// Makes, fills and proves sources. Returns the step that proves each release that has work.
    fn sources(&mut self, input: &Input<'_>, service: Found<'_>) -> BTreeMap<ReleaseName, StepId> {
        let sources = service.sources;
        let mut proofs: BTreeMap<ReleaseName, StepId> = BTreeMap::new();
        let own = input.train.own_parent();
        for release in std::iter::once(&own).chain(&input.train.releases) {
            let Some(found) = sources.get(&release.name).filter(|found| found.has_work()) else { continue };
            let address = || Address::Release(release.name.clone());
            let SourceRef { under, .. } = holdings::source_ref(sources, &release.name);
            // What a source holds is no matter of what it hangs under.
            let source = SourceRef { release: release.name.clone(), id: found.id.clone(), under: None };
            let mut first = Vec::new();
            if let Some(id) = found.id.as_ref().filter(|_| found.imported || (found.adopt && found.renamed)) {
                first.push(self.adopt_source(input, release, id));
            } else if found.id.is_none() || found.adopt {
                let op = Op::CreateSource {
                    release: release.name.clone(),
                    name: holdings::source_name(input, &release.name),
                    arch: input.train.architecture.clone(),
                    owner: holdings::ownership(input, Some(release)),
                    under,
                    origin: service.vendors.origin(input),
                };
                let parent = proofs.get(&own.name).filter(|_| found.child).copied();
                let after = parent.into_iter().collect();
                first.push(self.push(address(), None, Action::Act { op }, after, Precondition::Nothing));
            }
            let mut edits = Vec::new();
            let owner = holdings::ownership(input, Some(release));
            let owned = || Precondition::Owned { source: source.clone(), owner: owner.clone() };
            for batch in found.missing.chunks(input.capabilities.packages_per_call.max(1)) {
                let op = Op::AddPackages { source: source.clone(), packages: batch.to_vec() };
                edits.push(self.push(address(), None, Action::Act { op }, first.clone(), owned()));
            }
            for batch in found.foreign.chunks(input.capabilities.packages_per_call.max(1)) {
                let op = Op::RemovePackages { source: source.clone(), packages: batch.to_vec() };
                edits.push(self.push(address(), None, Action::Act { op }, first.clone(), owned()));
            }
            let after = if edits.is_empty() { first } else { edits };
            let what = Verification::Contents { source };
            let proof = self.push(address(), None, Action::Verify { what }, after, Precondition::Nothing);
            proofs.insert(release.name.clone(), proof);
        }
        proofs
    }

    /// Makes and deletes groups, has members leave and join. Returns what later steps must follow. Into a group that is
    /// bound nobody is taken here: that moves him.
    fn membership(
        &mut self,
        input: &Input<'_>,
        (service, filled): (Found<'_>, &BTreeMap<ReleaseName, StepId>),
        rosters: &Rosters,
        members: &Assessed<'_>,
        unscheduled: &BTreeMap<GroupName, Vec<StepId>>,
    ) -> Membership {
        let groups = service.groups;
        let bound = input.capabilities.binding == Binding::Group;
        let mut left: BTreeMap<Ocid, StepId> = BTreeMap::new();
        let mut dismissed: BTreeMap<GroupName, Vec<StepId>> = BTreeMap::new();
        let mut left_behind: BTreeMap<GroupName, Vec<StepId>> = BTreeMap::new();
        for (name, leaves) in &rosters.undeclared {
            let group = GroupRef { group: name.clone(), id: recorded(input, name) };
            let mut leaving = self.leaves(input, (&group, None), leaves, &mut left);
            leaving.extend(unscheduled.get(name).into_iter().flatten());
            if rosters.shifts.values().any(|from| from == name) {
                left_behind.insert(name.clone(), leaving);
            } else {
                self.delete_group(input, name, leaving);
            }
        }
        let mut made: BTreeMap<GroupName, StepId> = BTreeMap::new();
        for (name, roster) in &rosters.declared {
            let found = groups.get(name);
            let id = found.and_then(|found| found.id.clone());
            // What others made is the train's before anything is done to it.
            if let Some(id) = id.as_ref().filter(|_| found.is_some_and(|found| found.imported)) {
                made.insert(name.clone(), self.adopt_group(input, name, id));
            }
            let group = (&GroupRef { group: name.clone(), id }, made.get(name).copied());
            let steps = self.leaves(input, group, &roster.leaves, &mut left);
            dismissed.insert(name.clone(), steps);
        }
        let mut joined = BTreeMap::new();
        for crew in service.crews.iter() {
            let (name, train_group) = (&crew.name, crew.group);
            let Some(found) = groups.get(name) else { continue };
            let group = GroupRef { group: name.clone(), id: found.id.clone() };
            let mut first = made.get(name).copied();
            if first.is_none() && (found.id.is_none() || found.adopt) {
                let owner = holdings::ownership(input, None);
                let release = &train_group.release;
                let outfit = bound.then(|| Outfit {
                    os: input.train.os.clone(),
                    arch: input.train.architecture.clone(),
                    source: holdings::source_ref(service.sources, release),
                });
                // One that is bound from the first has nothing else to offer whoever joins.
                let after = filled.get(release).filter(|_| bound).copied().into_iter().collect();
                let op = Op::CreateGroup { group: name.clone(), owner, outfit };
                let address = Address::Group(name.clone());
                let group = Some(&train_group.name);
                first = Some(self.push(address, group, Action::Act { op }, after, Precondition::Nothing));
            }
            made.extend(first.map(|step| (name.clone(), step)));
            if bound {
                continue;
            }
            for instance in members.of(name).iter().filter(|member| member.joins).map(|member| member.id) {
                let after = first.into_iter().chain(left.get(instance).copied()).collect();
                let op = Op::Join { group: group.clone(), instance: instance.clone() };
                let address = Address::Instance(instance.clone());
                let step = self.push(address, Some(name), Action::Act { op }, after, Precondition::Nothing);
                joined.insert(instance.clone(), step);
            }
        }
        Membership { joined, made, left, dismissed, left_behind }
    }

    /// Deletes the groups of the service that are given up for others of the same group, each when nobody stands in it.
    fn leave_behind(
        &mut self,
        input: &Input<'_>,
        rosters: &Rosters,
        members: &Assessed<'_>,
        membership: &Membership,
    ) {
        for (name, leaving) in &membership.left_behind {
            if rosters.stays(name, members) {
                continue;
            }
            let shifts = rosters.shifts.iter().filter(|(_, from)| *from == name);
            let mut after: Vec<StepId> = shifts
                .filter_map(|(id, _)| membership.left.get(id).copied())
                .chain(leaving.iter().copied())
                .collect();
            after.sort_unstable();
            after.dedup();
            self.delete_group(input, name, after);
        }
    }

    fn delete_group(&mut self, input: &Input<'_>, name: &GroupName, after: Vec<StepId>) {
        let group = GroupRef { group: name.clone(), id: recorded(input, name) };
        let owner = holdings::ownership(input, None);
        let expects = Precondition::UntakenGroup { group: group.clone(), owner };
        let op = Op::DeleteGroup { group };
        self.push(Address::Group(name.clone()), Some(&name.whole()), Action::Act { op }, after, expects);
    }

    /// Has members leave: one by one, or as many as the service lets go at once.
    fn leaves(
        &mut self,
        input: &Input<'_>,
        (group, adopted): (&GroupRef, Option<StepId>),
        instances: &[Ocid],
        left: &mut BTreeMap<Ocid, StepId>,
    ) -> Vec<StepId> {
        if input.capabilities.binding == Binding::Instance {
            return instances.iter().map(|instance| self.leave((group, adopted), instance, left)).collect();
        }
        let batches = instances.chunks(input.capabilities.instances_per_call.max(1));
        let dismissed = batches.map(|batch| {
            let step = self.dismiss(group, batch, adopted.into_iter().collect());
            left.extend(batch.iter().map(|instance| (instance.clone(), step)));
            step
        });
        dismissed.collect()
    }

    fn leave(
        &mut self,
        (group, adopted): (&GroupRef, Option<StepId>),
        instance: &Ocid,
        left: &mut BTreeMap<Ocid, StepId>,
    ) -> StepId {
        let op = Op::Leave { group: group.clone(), instance: instance.clone() };
        let address = Address::Instance(instance.clone());
        let after = adopted.into_iter().collect();
        let step = self.push(address, Some(&group.group), Action::Act { op }, after, Precondition::Nothing);
        left.insert(instance.clone(), step);
        step
    }

    /// Deletes the sources of retired releases, each when the last of those who had it has another one.
    fn deletions(&mut self, retirement: &Retirement<'_>) {
        for Going { release, id, owner, leaving, .. } in &retirement.going {
            let source = SourceRef { release: release.name.clone(), id: Some(id.clone()), under: None };
            // A group and its members leave by one step.
            let steps: BTreeSet<StepId> =
                leaving.iter().filter_map(|rider| self.switched.get(rider).copied()).collect();
            let after = steps.into_iter().collect();
            let expects = Precondition::Unridden { source: source.clone(), owner: owner.clone() };
            let op = Op::DeleteSource { source };
            self.push(Address::Release(release.name.clone()), None, Action::Act { op }, after, expects);
        }
    }
}

mod crew;
mod imports;
mod members;
mod profile;
mod reboot;
mod schedule;
