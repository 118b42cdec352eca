//! A model of the executor: one step at a time, without time, calls or journal files. What it does to the state is
//! written apart from the executor, so that the two can be compared.

use patchtrain::conformance::{Sorter, Verdict};
use patchtrain::name::{Address, ReleaseName};
use patchtrain::observed::Precondition;
use patchtrain::op::{GroupRef, Op, ParentRef, RetryToken, SourceRef, StepId};
use patchtrain::plan::{Action, Condition, DriftKind, Plan, Step, Verification};
use patchtrain::state::{Effect, Entry, Finish};

use super::rng::Rng;
use super::worlds::{World, kind};

/// How a step of the model ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Done,
    Failed(String),
    Shut,
    NotStarted,
}

/// Runs the steps in an order that `pick` chooses among those that may start, at most `limit` of them. Returns how
/// each ended.
pub(crate) fn run(
    world: &mut World,
    plan: &Plan,
    limit: usize,
    mut pick: impl FnMut(usize) -> usize,
) -> Vec<End> {
    let order = patchtrain::plan::Order::of(&plan.steps).unwrap();
    let mut waits = order.waits();
    let mut ends: Vec<Option<End>> = vec![None; plan.steps.len()];
    let mut ready: Vec<StepId> =
        plan.steps.iter().filter(|step| step.after.is_empty()).map(|step| step.id).collect();
    begin(world, plan);
    let mut ran = 0;
    while !ready.is_empty() {
        let id = ready.remove(pick(ready.len()));
        let step = &plan.steps[id.0 as usize];
        let held_up = |before: &StepId| ends[before.0 as usize] != Some(End::Done);
        let blocked = !matches!(step.action, Action::Gate { .. }) && step.after.iter().any(held_up);
        let end = if blocked || ran == limit {
            End::NotStarted
        } else if stragglers(plan, step, &ends) {
            ran += 1;
            End::Shut
        } else {
            ran += 1;
            one(world, plan, step)
        };
        ends[id.0 as usize] = Some(end);
        for next in order.dependents(id) {
            waits[next.0 as usize] -= 1;
            if waits[next.0 as usize] == 0 {
                ready.push(next);
            }
        }
    }
    let ends: Vec<End> = ends.into_iter().flatten().collect();
    let used_up = ends.iter().all(|end| *end == End::Done);
    record(world, Entry::End { plan: plan.id.clone(), used_up, at: world.now });
    if !plan.steps.is_empty() {
        world.state.serial += 1;
    }
    world.later();
    ends
}

/// Runs all steps in the plan's own order.
pub(crate) fn run_all(world: &mut World, plan: &Plan) -> Vec<End> {
    run(world, plan, usize::MAX, |_| 0)
}

/// Runs all steps in a random order that the dependencies allow.
pub(crate) fn run_shuffled(world: &mut World, plan: &Plan, rng: &mut Rng) -> Vec<End> {
    run(world, plan, usize::MAX, |choices| rng.below(choices))
}

fn begin(world: &mut World, plan: &Plan) {
    record(world, Entry::Begin { plan: plan.id.clone(), basis: plan.basis.serial, at: world.now });
    for drift in &plan.drift {
        if let (Address::Instance(instance), DriftKind::LeftLevel { .. }) = (&drift.address, &drift.kind) {
            record(world, Entry::LeftLevel { instance: instance.clone() });
        }
    }
}

/// Tells whether a rollout that may have arrived has members that were to move and did not get to.
fn stragglers(plan: &Plan, step: &Step, ends: &[Option<End>]) -> bool {
    let Action::Gate { condition: Condition::Arrived { group, .. } } = &step.action else { return false };
    plan.steps.iter().filter(|other| other.group.as_ref() == Some(group)).any(|other| {
        let moves = matches!(&other.action, Action::Act { op } if moves(op));
        moves && ends[other.id.0 as usize] == Some(End::NotStarted)
    })
}

fn moves(op: &Op) -> bool {
    op.installs().len()
        + usize::from(matches!(
            op,
            Op::Switch { .. } | Op::Attach { .. } | Op::Detach { .. } | Op::Enroll { .. }
        ))
        > 0
}

/// Whoever is switched or updated first begins the rollout of his group.
fn begin_rollout(world: &mut World, plan: &Plan, step: &Step, op: &Op) {
    if !matches!(op, Op::Switch { .. } | Op::Update { .. }) {
        return;
    }
    let Some(group) = step.group.as_ref().and_then(|group| plan.group(group)) else { return };
    let waves = group.rollout.as_ref().map(|rollout| rollout.begins.clone()).unwrap_or_default();
    let known = world.state.rollouts.get(&group.name);
    let goes_on =
        known.is_some_and(|known| known.ended.is_none() && known.release.as_ref() == Some(&group.release));
    if !waves.is_empty() && !goes_on {
        let (group, release, at) = (group.name.clone(), group.release.clone(), world.now);
        record(world, Entry::RolloutStarted { group, release, waves, at });
    }
}

fn record(world: &mut World, entry: Entry) {
    world.state.record(&entry).unwrap();
}

fn one(world: &mut World, plan: &Plan, step: &Step) -> End {
    let at = world.now;
    match &step.action {
        Action::Act { op } => {
            begin_rollout(world, plan, step, op);
            act(world, plan, step, op)
        }
        Action::Verify { what: Verification::Contents { source } } => {
            let id = source_id(world, source);
            let contents = world.observed.sources.get(&id).and_then(|source| source.contents.clone());
            if contents.as_ref() != Some(&plan.releases[&source.release].packages) {
                return End::Failed(format!("the source of {} holds {contents:?}", source.release));
            }
            record(world, Entry::Proven { release: source.release.clone(), at });
            End::Done
        }
        Action::Verify { what: Verification::Level { instance, group, stays } } => {
            let planned = plan.group(group).unwrap();
            let mut precondition = step.precondition.clone();
            fill(world, &mut precondition);
            if let Err(breach) = world.observed.check(&precondition) {
                record(world, Entry::LeftLevel { instance: instance.clone() });
                return End::Failed(breach.to_string());
            }
            let seen = world.observed.instances.get(instance);
            let Some(inventory) = seen.and_then(|seen| seen.inventory.as_ref()) else {
                record(world, Entry::LeftLevel { instance: instance.clone() });
                return End::Failed("gone".into());
            };
            let verdict = Verdict::of(inventory, &plan.releases[&planned.release].packages, &plan.unmanaged);
            let offered = world.observed.outstanding(instance, kind);
            let sorter = Sorter::new(planned.patching, Some(offered.iter().map(|update| &**update)));
            if !verdict.at_level(&sorter, planned.ahead) {
                record(world, Entry::LeftLevel { instance: instance.clone() });
                // What the schedule is to bring is nobody's failure, nor what the plan says that stays.
                let done = match planned.patching.is_exact() {
                    true => verdict.is_exact_but_for(stays),
                    false => sorter.tally(&verdict).due == 0 && verdict.may_be_ahead(planned.ahead),
                };
                if done {
                    return End::Done;
                }
                return End::Failed(format!("{instance} is below its level: {verdict:?}"));
            }
            let name = plan.labels[instance].clone();
            let (group, release) = (group.clone(), planned.release.clone());
            let extra = verdict.extra.len();
            bind(world, plan, &group);
            let (instance, patching) = (instance.clone(), planned.patching);
            record(world, Entry::AtLevel { instance, name, group, release, extra, at, patching });
            End::Done
        }
        Action::Verify { what: Verification::Patched { instance, wanted, packages } } => {
            let left = world.observed.outstanding(instance, kind);
            let asked =
                |update: &std::sync::Arc<patchtrain::observed::AvailableUpdate>| match packages.as_slice() {
                    [] => wanted.admits(update.kind),
                    some => some.iter().any(|package| *package.name() == *update.name),
                };
            match left.iter().any(asked) {
                true => End::Failed(format!("{instance} still lists {left:?}")),
                false => End::Done,
            }
        }
        Action::Verify { what: Verification::Booted { instance, kernel } } => {
            match world.observed.instances.get(instance) {
                Some(seen) if seen.is_booted(kernel.as_deref()) => End::Done,
                seen => End::Failed(format!("{instance} is not booted into {kernel:?}: {seen:?}")),
            }
        }
        Action::Verify { what: Verification::Streams { instance, streams } } => {
            match world.observed.has_enabled(instance, streams) {
                true => End::Done,
                false => End::Failed(format!("{instance} has {:?}", world.observed.streams.get(instance))),
            }
        }
        Action::Gate { condition } => {
            let (Condition::GroupAtLevel { release, candidates, members, allowed, .. }
            | Condition::Arrived { release, candidates, members, allowed, .. }) = condition
            else {
                return End::Done;
            };
            let passed = |id: &&patchtrain::name::Ocid| {
                let level = world.state.instances.get(*id).and_then(|record| record.at_level.as_ref());
                level.is_some_and(|level| level.release == *release)
            };
            let open = members - candidates.iter().filter(passed).count() <= *allowed;
            if let (Condition::Arrived { group, .. }, true) = (condition, open)
                && world.state.rollouts.get(group).is_some_and(|rollout| rollout.ended.is_none())
            {
                record(world, Entry::RolloutDone { group: group.clone(), at });
            }
            if open { End::Done } else { End::Shut }
        }
    }
}

fn fill(world: &World, precondition: &mut Precondition) {
    if let Precondition::Rides { source, .. }
    | Precondition::Attached { source, .. }
    | Precondition::Owned { source, .. }
    | Precondition::Unridden { source, .. }
    | Precondition::Hangs { source, .. } = precondition
    {
        source.id = Some(source_id(world, source));
        if let Some(parent) = &mut source.under {
            fill_parent(world, parent);
        }
    }
    if let Precondition::Carries { group, source, .. } | Precondition::Bound { group, source } = precondition
    {
        source.id = Some(source_id(world, source));
        fill_group(world, group);
    }
}

fn fill_group(world: &World, group: &mut GroupRef) {
    if group.id.is_none() {
        group.id = Some(world.state.groups[&group.group].id.clone());
    }
}

fn fill_parent(world: &World, parent: &mut ParentRef) {
    if parent.id.is_none() {
        parent.id = Some(world.state.sources[&ReleaseName::own_parent()].id.clone());
    }
}

/// A group that the state does not know by its id is bound before anything rides under it.
fn bind(world: &mut World, plan: &Plan, group: &patchtrain::name::GroupName) {
    let Some(id) = plan.group(group).and_then(|planned| planned.id.clone()) else { return };
    if world.state.groups.get(group).is_none_or(|known| known.id != id) {
        record(world, Entry::Bound { group: group.clone(), id });
    }
}

fn source_id(world: &World, source: &SourceRef) -> patchtrain::name::Ocid {
    source.id.clone().unwrap_or_else(|| world.state.sources[&source.release].id.clone())
}

fn act(world: &mut World, plan: &Plan, step: &Step, op: &Op) -> End {
    let mut op = op.clone();
    if let Some(source) = op.source_mut() {
        source.id = Some(source_id(world, source));
    }
    if let Some(parent) = op.parent_mut() {
        fill_parent(world, parent);
    }
    if let Some(group) = op.group_mut() {
        fill_group(world, group);
    }
    let mut precondition = step.precondition.clone();
    fill(world, &mut precondition);
    let at = world.now;
    let key = op.key();
    let finish = if world.observed.satisfies(&op) {
        Finish::AlreadyDone
    } else if let Err(breach) = world.observed.check(&precondition) {
        return End::Failed(breach.to_string());
    } else {
        let unproves = op.unproves().to_vec();
        let token = RetryToken("token".into());
        record(world, Entry::Started { key: key.clone(), token, unproves, boots: None, at });
        let all: Vec<_> = match op.crew() {
            Some((group, _)) => group.id.iter().flat_map(|id| &world.observed.groups[id].members).collect(),
            None => op.updates().into_iter().collect(),
        };
        for instance in all.into_iter().cloned().collect::<Vec<_>>() {
            let offered = world.observed.outstanding(&instance, kind);
            world.observed.updates.insert(instance, offered);
        }
        world.observed.advance(&op);
        world.observed.updates.clear();
        Finish::Done
    };
    let effect = effect(world, plan, step, &op);
    if let Some(Effect::Riding { group, .. } | Effect::Crew { group, .. }) = &effect {
        bind(world, plan, group);
    }
    record(world, Entry::Finished { key, finish, effect, at });
    End::Done
}

fn effect(world: &World, plan: &Plan, step: &Step, op: &Op) -> Option<Effect> {
    let name = |id: &patchtrain::name::Ocid| plan.labels[id].clone();
    Some(match op {
        Op::CreateSource { release, owner, .. } => {
            let found =
                world.observed.sources.iter().find(|(_, source)| source.owner.as_ref() == Some(owner));
            let (release, digest) = (release.clone(), owner.release.as_ref()?.1);
            Effect::Source { release, id: found?.0.clone(), digest }
        }
        Op::CreateGroup { group, .. } => {
            let id = world.observed.group_id(&GroupRef { group: group.clone(), id: None })?;
            Effect::Group { group: group.clone(), id, made: true, called: None }
        }
        Op::AdoptSource { release, id, owner } => {
            let digest = owner.release.as_ref()?.1;
            Effect::Source { release: release.clone(), id: id.clone(), digest }
        }
        Op::AdoptGroup { group, id, called, .. } => {
            let called = (called != group.as_str()).then(|| called.as_str().into());
            Effect::Group { group: group.clone(), id: id.clone(), made: true, called }
        }
        Op::DeleteGroup { group } => Effect::GroupGone { group: group.group.clone() },
        Op::Join { group, instance } => Effect::Riding {
            instance: instance.clone(),
            name: name(instance),
            group: group.group.clone(),
            release: None,
        },
        Op::Switch { instance, to, .. } => Effect::Riding {
            instance: instance.clone(),
            name: name(instance),
            group: step.group.clone()?,
            release: Some(to.release.clone()),
        },
        Op::Leave { group, instance } => {
            Effect::InstanceGone { instance: instance.clone(), group: group.group.clone() }
        }
        Op::DeleteSource { source } => Effect::SourceGone { release: source.release.clone() },
        Op::CreateSchedule { group, owner, schedule, .. } => {
            let ours = world.observed.schedules.iter().find(|(_, seen)| {
                seen.owner.as_ref() == Some(owner) && seen.group.as_ref() == Some(&group.group)
            });
            Effect::Schedule { group: group.group.clone(), id: ours?.0.clone(), schedule: *schedule }
        }
        Op::ChangeSchedule { group, id, schedule, .. } => {
            Effect::Schedule { group: group.clone(), id: id.clone(), schedule: *schedule }
        }
        Op::DeleteSchedule { group, id } => Effect::ScheduleGone { group: group.clone(), id: id.clone() },
        Op::Detach { group, keeps: source, instances, .. } | Op::Enroll { group, source, instances } => {
            Effect::Crew {
                group: group.group.clone(),
                release: source.release.clone(),
                instances: instances.iter().map(|id| (id.clone(), name(id))).collect(),
                failed: None,
            }
        }
        Op::Dismiss { group, instances } => {
            Effect::Dismissed { group: group.group.clone(), instances: instances.clone() }
        }
        Op::CreateProfile { group, owner, .. } => {
            let ours = world.observed.profiles.iter().find(|(_, seen)| {
                seen.owner.as_ref() == Some(owner) && seen.group.is_some() && seen.group == group.id
            });
            Effect::Profile { group: group.group.clone(), id: ours?.0.clone() }
        }
        Op::DeleteProfile { group, id } => Effect::ProfileGone { group: group.clone(), id: id.clone() },
        Op::Attach { group, .. } | Op::UpdateGroup { group, .. } | Op::Rerun { group, .. } => {
            Effect::GroupWork { group: group.group.clone(), failed: None }
        }
        Op::PatchGroup { .. }
        | Op::Enforce { .. }
        | Op::EnforceGroup { .. }
        | Op::Reboot { .. }
        | Op::EnableStreams { .. }
        | Op::EnableGroupStreams { .. }
        | Op::Refresh { .. }
        | Op::RefreshInstance { .. }
        | Op::AddPackages { .. }
        | Op::RemovePackages { .. }
        | Op::Update { .. }
        | Op::Patch { .. } => return None,
    })
}
