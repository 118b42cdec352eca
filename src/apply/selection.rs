//! The part of a survey that selectors need: which compartments there are, and which instances Compute lists in them.
//! Nothing of it is asked for a train that selects no members.

use std::collections::BTreeSet;

use crate::name::Ocid;
use crate::observed::{Compute, Observed, Scope};
use crate::train::{Members, Selector, Train};

fn selectors(train: &Train) -> impl Iterator<Item = &Selector> {
    train.groups.iter().filter_map(|group| match &group.members {
        Members::Selected(selector) => Some(selector),
        Members::Listed(_) | Members::Service => None,
    })
}

/// Returns the compartments whose trees are to be walked: for our selectors, to ask in all of them; for those of other
/// trains, to see whom they claim.
pub(super) fn trees(train: &Train) -> Vec<Scope> {
    if !train.selects() {
        return Vec::new();
    }
    let others = train.neighbours.iter().flat_map(|neighbour| &neighbour.groups);
    let others = others.filter_map(|group| match &group.members {
        Members::Selected(selector) => Some(selector),
        Members::Listed(_) | Members::Service => None,
    });
    let deep = selectors(train).chain(others).filter(|selector| selector.subcompartments);
    let roots: BTreeSet<&Ocid> = deep.flat_map(|selector| &selector.compartments).collect();
    roots.into_iter().cloned().map(Scope::Compartments).collect()
}

/// Returns the compartments in which Compute is asked for instances, each once, now that their trees are known.
pub(super) fn lists(train: &Train, compute: &Compute) -> Vec<Scope> {
    let mut wanted: BTreeSet<&Ocid> = BTreeSet::new();
    for selector in selectors(train) {
        wanted.extend(&selector.compartments);
        if selector.subcompartments {
            let below = compute.parents.keys();
            wanted.extend(
                below.filter(|id| selector.compartments.iter().any(|root| compute.is_within(id, root))),
            );
        }
    }
    wanted.into_iter().cloned().map(Scope::Compute).collect()
}

/// Returns the groups of other compartments that selected instances are members of, where another train leaves the
/// members of such a group to the service: nobody else needs their names.
pub(super) fn groups_elsewhere(train: &Train, observed: &Observed) -> Vec<Scope> {
    let elsewhere = train.neighbours.iter().any(|neighbour| {
        neighbour.compartment != train.compartment
            && neighbour.service.may_share_groups_with(&train.service)
            && neighbour.groups.iter().any(|group| group.members == Members::Service && group.id.is_none())
    });
    if !elsewhere || !train.selects() {
        return Vec::new();
    }
    let selected = crate::plan::candidates(train, observed, false);
    let seen = selected.iter().filter_map(|id| observed.instances.get(id));
    let groups: BTreeSet<&Ocid> =
        seen.flat_map(|seen| &seen.groups).filter(|id| !observed.groups.contains_key(*id)).collect();
    groups.into_iter().cloned().map(Scope::Group).collect()
}
