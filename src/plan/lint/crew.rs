//! Invariants of groups that are bound as a whole: in which order they move, behind which gates, and that whoever is moved
//! is read back.

use std::collections::{BTreeMap, BTreeSet};

use super::Lint;
use crate::name::{Address, GroupName, Ocid};
use crate::op::{Again, Op, StepId};
use crate::plan::{Action, HeldReason, Plan, Step, Verification, Work};

/// Where a step stands in the order of its group; none for one that is not of it.
fn rank(op: &Op) -> Option<u8> {
    Some(match op {
        Op::Attach { .. } => 0,
        Op::Detach { .. } => 1,
        Op::Enroll { .. } => 3,
        Op::Rerun { .. } => 4,
        Op::UpdateGroup { .. } | Op::PatchGroup { .. } | Op::EnableGroupStreams { .. } => 5,
        Op::EnforceGroup { .. } => 6,
        Op::Refresh { .. } => 7,
        _ => return None,
    })
}

/// Checks all of it.
pub(super) fn move_as_a_whole(lint: &mut Lint<'_>) {
    let mut gates: BTreeMap<&GroupName, Vec<StepId>> = BTreeMap::new();
    // What each step stands behind, as far as gates and steps of groups go.
    let mut behind: BTreeMap<StepId, BTreeSet<StepId>> = BTreeMap::new();
    let mut last: BTreeMap<&GroupName, u8> = BTreeMap::new();
    let mut moved: BTreeSet<&Ocid> = BTreeSet::new();
    let mut proven: BTreeSet<&Ocid> = BTreeSet::new();
    let plan = lint.plan;
    for step in &plan.steps {
        let Some(group) = &step.group else { continue };
        let op = match &step.action {
            Action::Gate { .. } => {
                gates.entry(group).or_default().push(step.id);
                continue;
            }
            Action::Verify {
                what:
                    Verification::Level { instance, .. }
                    | Verification::Patched { instance, .. }
                    | Verification::Streams { instance, .. }
                    | Verification::Booted { instance, .. },
            } => {
                proven.insert(instance);
                continue;
            }
            Action::Verify { .. } => continue,
            Action::Act { op } => op,
        };
        let mut stands: BTreeSet<StepId> = step.after.iter().copied().collect();
        stands.extend(step.after.iter().filter_map(|before| behind.get(before)).flatten());
        let Some(rank) = rank(op) else {
            if matches!(op, Op::Dismiss { .. } | Op::CreateGroup { .. } | Op::AdoptGroup { .. }) {
                behind.insert(step.id, stands);
            }
            continue;
        };
        let crew = op.crew().map_or(group, |(target, _)| &target.group);
        if last.insert(crew, rank).is_some_and(|before| before > rank) {
            lint.found(format!("{} comes too late for group {group}", step.id));
        }
        let waits = gates.get(group).map(Vec::as_slice).unwrap_or_default();
        if rank < 7 && !waits.iter().all(|gate| stands.contains(gate)) {
            lint.found(format!("{} does not stand behind the gates of {group}", step.id));
        }
        behind.insert(step.id, stands);
        moved.extend(op.unproves());
        about(lint, step, group, op);
    }
    let level_less = plan.held.iter().filter_map(|held| match (&held.address, &held.reason) {
        (
            Address::Instance(id),
            HeldReason::Ahead { .. } | HeldReason::Schedule { .. } | HeldReason::Inexact { .. },
        ) => Some(id),
        _ => None,
    });
    let level_less: BTreeSet<&Ocid> = level_less.collect();
    let without: BTreeSet<&Ocid> = plan
        .steps
        .iter()
        .filter(|step| {
            let group = step.group.as_ref().and_then(|group| plan.group(group));
            group.is_some_and(|group| !group.patching.has_level())
        })
        .filter_map(|step| match &step.action {
            Action::Act { op } => Some(op.unproves()),
            _ => None,
        })
        .flatten()
        .collect();
    let crews =
        plan.steps.iter().any(|step| matches!(&step.action, Action::Act { op } if op.crew().is_some()));
    for instance in moved.iter().filter(|_| crews) {
        if !proven.contains(instance) && !level_less.contains(instance) && !without.contains(instance) {
            lint.found(format!("{instance} is moved with its group and nothing proves it"));
        }
    }
}

/// A step names its own group, the release that this is bound to, and keeps what it does not take.
fn about(lint: &mut Lint<'_>, step: &Step, group: &GroupName, op: &Op) {
    let target = op.crew().map(|(target, _)| &target.group).filter(|target| target.is_of(group));
    if target.is_none_or(|target| step.address != Address::Group(target.clone())) {
        lint.found(format!("{} is not about group {group}, by which it is counted", step.id));
    }
    let mut same = op.clone();
    let release = same.source_mut().map(|source| source.release.clone());
    let bound = lint.plan.group(group).map(|planned| planned.release.clone());
    if release.is_some() && release != bound {
        lint.found(format!("{} takes group {group} to a release to which it is not bound", step.id));
    }
    if let Op::Detach { sources, keeps, .. } = op
        && keeps.id.as_ref().is_some_and(|id| sources.contains(id))
    {
        lint.found(format!("{} takes from group {group} what it is to keep", step.id));
    }
}

/// Counts what groups that are bound have done to their members.
pub(super) fn count<'a>(plan: &'a Plan, work: &mut BTreeMap<&'a GroupName, Work>) {
    #[derive(Default)]
    struct Seen<'a> {
        enrolled: BTreeSet<&'a Ocid>,
        dismissed: BTreeSet<&'a Ocid>,
        switched: BTreeSet<&'a Ocid>,
        updated: BTreeSet<&'a Ocid>,
        exact: BTreeSet<&'a Ocid>,
    }
    let switching = plan.cohorts.iter().filter(|cohort| cohort.switch);
    let told: BTreeSet<&Ocid> = switching.flat_map(|cohort| &cohort.instances).collect();
    let mut groups: BTreeMap<&GroupName, Seen<'a>> = BTreeMap::new();
    for step in &plan.steps {
        let (Some(group), Action::Act { op }) = (&step.group, &step.action) else { continue };
        let seen = groups.entry(group).or_default();
        match op {
            Op::Enroll { instances, .. } => seen.enrolled.extend(instances),
            Op::Dismiss { instances, .. } => seen.dismissed.extend(instances),
            Op::Attach { instances, .. }
            | Op::Detach { instances, .. }
            | Op::Rerun { instances, again: Again::Sources | Again::Join, .. } => {
                seen.switched.extend(instances);
            }
            Op::UpdateGroup { instances, .. }
            | Op::PatchGroup { instances, .. }
            | Op::EnableGroupStreams { instances, .. }
            | Op::Rerun { instances, again: Again::Update(_), .. } => seen.updated.extend(instances),
            Op::EnforceGroup { instances, .. } => seen.exact.extend(instances),
            _ => {}
        }
    }
    for (group, Seen { enrolled, dismissed, mut switched, updated, exact }) in groups {
        let work = work.entry(group).or_default();
        work.joins += enrolled.difference(&dismissed).count();
        work.leaves += dismissed.difference(&enrolled).count();
        // Whoever only changes waves keeps his source.
        switched.extend(enrolled.into_iter().filter(|id| told.contains(id)));
        work.switches += switched.len();
        work.updates += updated.len();
        work.exact += exact.len();
    }
}
