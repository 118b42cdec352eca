//! What an address that somebody spells is about: which addresses of a plan it covers, and whether there is such a thing
//! at all. A group covers all that is the group's: its instances, its scheduled job, its registration profile.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Plan;
use crate::name::{Address, GroupName, Ocid, Spelled, TrainName};
use crate::state::State;
use crate::train::Train;

/// What things are called.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names<'a> {
    /// The train.
    pub(super) train: &'a TrainName,
    /// What people call each instance.
    pub(super) labels: &'a BTreeMap<Ocid, Arc<str>>,
}

impl<'a> Names<'a> {
    /// Takes them from a plan.
    pub(super) fn of(plan: &'a Plan) -> Self {
        Self { train: &plan.basis.train, labels: &plan.labels }
    }

    /// Tells whether an instance is called so. One whose name is not unique is labelled by its OCID, and goes by that alone.
    fn is_called(self, instance: &Ocid, name: &str) -> bool {
        instance.as_str() == name || self.labels.get(instance).is_some_and(|label| **label == *name)
    }

    /// Tells whether a spelled address covers an address; of an instance, in a group.
    pub(super) fn covers(self, aim: &Spelled, address: &Address, group: Option<&GroupName>) -> bool {
        match (aim, address) {
            (Spelled::Release(aim), Address::Release(release)) => aim == release,
            (Spelled::Parent(aim), Address::Release(release)) => release.is_own_parent() && aim == self.train,
            (
                Spelled::Group(aim),
                Address::Group(name) | Address::Schedule(name) | Address::Profile(name),
            ) => name.is_of(aim),
            (Spelled::Group(aim), Address::Instance(_)) => group == Some(aim),
            (Spelled::Instance(aim), Address::Instance(instance)) => self.is_called(instance, aim),
            (Spelled::Schedule(aim), Address::Schedule(name))
            | (Spelled::Profile(aim), Address::Profile(name)) => name.is_of(aim),
            _ => false,
        }
    }

    /// Tells whether one of the spelled addresses is this instance's.
    pub(super) fn asks_for_instance(self, aims: &[Spelled], address: &Address) -> bool {
        aims.iter().any(|aim| matches!(aim, Spelled::Instance(_)) && self.covers(aim, address, None))
    }

    /// Tells whether the train or its state knows anything of that address.
    pub(super) fn know(self, aim: &Spelled, train: &Train, state: &State) -> bool {
        let group = |name: &GroupName| {
            train.group(name).is_some() || state.groups.keys().any(|known| known.is_of(name))
        };
        match aim {
            Spelled::Release(name) => train.release(name).is_some() || state.sources.contains_key(name),
            Spelled::Parent(name) => name == self.train,
            Spelled::Group(name) => group(name),
            Spelled::Instance(name) => {
                let label = |label: &Arc<str>| **label == **name;
                self.labels.contains_key(name.as_str()) || self.labels.values().any(label)
            }
            Spelled::Schedule(name) => group(name) || state.schedules.contains_key(name),
            Spelled::Profile(name) => group(name) || state.profiles.contains_key(name),
        }
    }
}

/// Returns those of the spelled addresses that neither the train of a plan nor its state knows anything of.
pub fn unknown<'s>(plan: &Plan, train: &Train, state: &State, spelled: &'s [Spelled]) -> Vec<&'s Spelled> {
    spelled.iter().filter(|aim| !Names::of(plan).know(aim, train, state)).collect()
}
