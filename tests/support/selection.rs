//! What generated worlds have of Compute: machines tagged for one group each, selectors of such groups, and what others
//! do to machines.

use std::collections::{BTreeMap, BTreeSet};

use patchtrain::name::Ocid;
use patchtrain::observed::{ComputeInstance, PowerState};
use patchtrain::train::{Members, Selector, TagKey};

use super::rng::Rng;
use super::worlds::World;

fn compartment() -> Ocid {
    Ocid::new("ocid1.compartment.oc1..machines")
}

/// Makes a machine that is tagged for the nth group; most of them run.
pub(crate) fn machine(rng: &mut Rng, index: usize, group: usize) -> ComputeInstance {
    let tags = BTreeMap::from([("patch".to_owned(), format!("g{group}"))]);
    ComputeInstance {
        name: format!("host-{index}").into(),
        state: state(rng),
        compartment: compartment(),
        freeform_tags: BTreeMap::new(),
        defined_tags: BTreeMap::from([("ops".to_owned(), tags)]),
        domain: None,
    }
}

fn state(rng: &mut Rng) -> PowerState {
    match rng.below(12) {
        0 => PowerState::Stopped,
        1 => PowerState::Starting,
        2 => PowerState::Terminated,
        _ => PowerState::Running,
    }
}

/// Selects what is tagged for the nth group.
pub(crate) fn selector(group: usize) -> Members {
    let key = TagKey::parse("ops.patch").unwrap();
    Members::Selected(Selector {
        compartments: BTreeSet::from([compartment()]),
        subcompartments: false,
        tags: BTreeMap::from([(key, format!("g{group}"))]),
    })
}

/// Starts, stops or terminates a machine, tags it for another group or none, or forgets it.
pub(crate) fn disturb(world: &mut World, rng: &mut Rng) {
    let ids: Vec<Ocid> = world.observed.compute.instances.keys().cloned().collect();
    if ids.is_empty() {
        return;
    }
    let id = rng.pick(&ids).clone();
    let machines = &mut world.observed.compute.instances;
    match (rng.below(4), machines.get_mut(&id)) {
        (0, _) => drop(machines.remove(&id)),
        (1, Some(machine)) => {
            let tags = machine.defined_tags.entry("ops".to_owned()).or_default();
            match rng.below(6) {
                5 => tags.clear(),
                group => drop(tags.insert("patch".to_owned(), format!("g{group}"))),
            }
        }
        (_, Some(machine)) => machine.state = state(rng),
        (_, None) => {}
    }
}
