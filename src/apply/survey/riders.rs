//! The members that ride their release and are reached, with their packages: those of whom a survey may ask more.

use std::collections::{BTreeSet, HashMap};

use super::source_of;
use crate::conformance::Verdict;
use crate::name::Ocid;
use crate::observed::{Inventory, Observed};
use crate::plan;
use crate::state::State;
use crate::train::{Group, Members, Release, Train};

/// A member that rides its release.
pub(super) struct Rider<'a> {
    pub(super) id: &'a Ocid,
    pub(super) release: &'a Release,
    pub(super) inventory: &'a Inventory,
}

/// Finds those of the groups that pass.
pub(super) fn of<'a>(
    observed: &'a Observed,
    (train, state): (&'a Train, &'a State),
    passes: impl Fn(&Group) -> bool,
) -> Vec<Rider<'a>> {
    let mut riders = Vec::new();
    for group in train.groups.iter().filter(|group| passes(group)) {
        let Some(release) = train.release(&group.release) else { continue };
        let Some((source, _)) = source_of(observed, release, state) else { continue };
        for id in members(observed, state, group) {
            let Some(seen) = observed.instances.get(id) else { continue };
            let rides = seen.parent.iter().chain(&seen.children).any(|link| link.id == *source);
            let inventory = seen.packages().filter(|_| rides && seen.status.takes_work());
            riders.extend(inventory.map(|inventory| Rider { id, release, inventory }));
        }
    }
    riders
}

/// What is the same for all instances on one level: they share their package set.
#[derive(Default)]
pub(super) struct Known(HashMap<(usize, usize, usize), bool>);

impl Known {
    /// Answers a question about how a rider stands to its release.
    pub(super) fn ask(
        &mut self,
        rider: &Rider<'_>,
        train: &Train,
        question: impl Fn(&Verdict) -> bool,
    ) -> bool {
        let Rider { inventory, release, .. } = rider;
        let packages = release.packages();
        let key = (inventory.installed.identity(), inventory.unsourced.identity(), packages.identity());
        let answer = || question(&Verdict::of(inventory, packages, &train.unmanaged));
        *self.0.entry(key).or_insert_with(answer)
    }
}

/// Returns who is in a group, by the train's word or by the service's.
fn members<'o>(observed: &'o Observed, state: &State, group: &'o Group) -> BTreeSet<&'o Ocid> {
    match &group.members {
        Members::Listed(members) => members.iter().collect(),
        // Nobody is a member whom the selector does not fit.
        Members::Selected(selector) => plan::fitting(selector, &observed.compute).collect(),
        Members::Service => {
            let recorded = state.groups.get(&group.name).map(|record| &record.id);
            let id = group.id.as_ref().or(recorded.filter(|id| observed.groups.contains_key(*id)));
            let same = observed.groups.iter().filter(|(known, seen)| match id {
                Some(id) => id == *known,
                None => *seen.name == *group.name.as_str(),
            });
            same.flat_map(|(_, seen)| &seen.members).collect()
        }
    }
}
