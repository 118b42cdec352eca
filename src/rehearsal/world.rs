//! The world that a plan is played in: what was observed, without what was open in it, and with what was not looked at
//! filled in from the plan.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::observed::Observed;
use crate::op::UpdateKind;
use crate::plan::Plan;

/// Copies what was observed, made fit to be played in.
pub(super) fn of(plan: &Plan, observed: &Observed) -> Observed {
    let mut world = observed.clone();
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

/// Returns what updates are for, by the names of packages: as the service has told of those that are outstanding now.
pub(super) fn kinds(observed: &Observed) -> BTreeMap<Arc<str>, UpdateKind> {
    let listed = observed.updates.values().flatten();
    listed.map(|update| (Arc::clone(&update.name), update.kind)).collect()
}
