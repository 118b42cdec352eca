//! Whose available updates a survey reads: members of groups whose level counts some kinds and not others, that ride
//! their release and are behind it. Of all others nothing depends on what an update is for.

use std::collections::{BTreeSet, HashMap};

use super::source_of;
use crate::conformance::Verdict;
use crate::name::Ocid;
use crate::observed::{Observed, Scope};
use crate::plan;
use crate::state::State;
use crate::train::{Group, Members, Train};

/// Returns what to read.
pub(super) fn wanted(observed: &Observed, train: &Train, state: &State) -> Vec<Scope> {
    let mut wanted = Vec::new();
    // Instances on one level share their package set, and so whether they are behind.
    let mut behind: HashMap<(usize, usize, usize), bool> = HashMap::new();
    for group in train.groups.iter().filter(|group| group.patching().is_by_kind()) {
        let Some(release) = train.release(&group.release) else { continue };
        let Some((source, _)) = source_of(observed, release, state) else { continue };
        for id in members(observed, state, group) {
            let Some(seen) = observed.instances.get(id) else { continue };
            let rides = seen.parent.iter().chain(&seen.children).any(|link| link.id == *source);
            let Some(inventory) = seen.packages().filter(|_| rides && seen.status.takes_work()) else {
                continue;
            };
            let packages = release.packages();
            let key = (inventory.installed.identity(), inventory.unsourced.identity(), packages.identity());
            let is_behind = *behind
                .entry(key)
                .or_insert_with(|| !Verdict::of(inventory, packages, &train.unmanaged).behind.is_empty());
            if is_behind {
                wanted.push(Scope::Updates(id.clone()));
            }
        }
    }
    wanted
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
