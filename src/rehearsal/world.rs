//! The world that a plan is played in: what was observed, without what was open in it, and with what was not looked at
//! filled in from the plan.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::name::Ocid;
use crate::observed::Observed;
use crate::op::{Op, UpdateKind};
use crate::plan::{Action, Plan, Step};
use crate::state::State;

/// Copies what was observed, made fit to be played in.
pub(super) fn of(plan: &Plan, state: &State, observed: &Observed) -> Observed {
    let mut world = observed.clone();
    // Whoever is being taken into a group is listed there before he has its sources: he is taken in anew.
    let enrolls: BTreeSet<&Ocid> = plan.steps.iter().flat_map(enrolled).collect();
    let begun = state.unfinished.iter().filter(|(key, _)| key.is_enroll());
    for id in begun.flat_map(|(_, op)| &op.instances).filter(|id| enrolls.contains(id)) {
        let Some(seen) = world.instances.get_mut(id) else { continue };
        for group in std::mem::take(&mut seen.groups) {
            if let Some(group) = world.groups.get_mut(&group) {
                group.members.remove(id);
            }
        }
    }
    for seen in world.instances.values_mut() {
        // Nobody would ever end it.
        seen.open_work.clear();
    }
    world.groups.values_mut().for_each(|group| group.busy.clear());
    for source in world.sources.values_mut().filter(|source| source.contents.is_none()) {
        let held = source.owner.as_ref().and_then(|owner| owner.release.as_ref());
        let release = held.and_then(|(release, _)| plan.releases.get(release));
        source.contents = release.map(|release| release.packages.clone());
    }
    // Of those that are seen it shows by themselves what they ride.
    let (instances, groups) = (&world.instances, &world.groups);
    for riders in world.riders.values_mut() {
        riders.retain(|id, _| !instances.contains_key(id) && !groups.contains_key(id));
    }
    world
}

/// Returns whom a step takes into a group of the service that binds groups.
fn enrolled(step: &Step) -> &[Ocid] {
    match &step.action {
        Action::Act { op: Op::Enroll { instances, .. } } => instances,
        _ => &[],
    }
}

/// Returns what updates are for, by the names of packages: as the service has told of those that are outstanding now. Of the
/// others in the releases nobody knows yet: they count as for security, since what is left undone for not being known would
/// be told as a failure.
pub(super) fn kinds(plan: &Plan, observed: &Observed) -> BTreeMap<Arc<str>, UpdateKind> {
    let released = plan.releases.values().flat_map(|release| release.packages.iter());
    let mut kinds: BTreeMap<Arc<str>, UpdateKind> =
        released.map(|package| (Arc::from(package.name()), UpdateKind::Security)).collect();
    let listed = observed.updates.values().flatten();
    kinds.extend(listed.map(|update| (Arc::clone(&update.name), update.kind)));
    kinds
}
