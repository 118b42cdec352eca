//! Generated worlds of a service that binds groups: the same as those of one that binds instances, with flat sources,
//! sources on groups, and an instance in one group at most.

use std::collections::BTreeSet;

use patchtrain::name::Ocid;
use patchtrain::observed::{ServiceGroup, SourceLink, Vendor};
use patchtrain::op::{Api, Binding, Capabilities};
use patchtrain::train::{Layout, VendorSource};

use super::rng::Rng;
use super::worlds::{self, World};

/// Small batches, so that there are several.
pub(crate) const CAPABILITIES: Capabilities = Capabilities {
    packages_per_call: 2,
    binding: Binding::Group,
    instances_per_call: 2,
    joining_installs: true,
    refreshes: true,
    reruns: true,
    updates_members: false,
    vendor_sources: true,
    child_sources: false,
    profiles: true,
};

/// Generates a world that no train has touched yet.
pub(crate) fn fresh(rng: &mut Rng) -> World {
    let mut world = worlds::fresh(rng);
    world.train.service.api = Api::Osmh;
    world.train.vendor_sources = vec![VendorSource::Name("ol8_baseos".into())];
    let vendor = Vendor { name: "ol8_baseos".into(), selected: true };
    world.observed.vendors.insert(worlds::vendor(), vendor);
    for group in world.observed.groups.values_mut() {
        group.sources = links(rng);
    }
    flatten(&mut world);
    equip(&mut world, rng);
    for group in &mut world.train.groups {
        group.profile = rng.chance(20);
    }
    world
}

/// Changes the world behind the train's back, the train itself, or both.
pub(crate) fn disturb(world: &mut World, rng: &mut Rng) {
    worlds::disturb(world, rng);
    flatten(world);
    let groups: Vec<Ocid> = world.observed.groups.keys().cloned().collect();
    match rng.below(8) {
        0 if !groups.is_empty() => {
            world.observed.groups.get_mut(rng.pick(&groups)).unwrap().sources = links(rng);
            equip(world, rng);
        }
        1 if !groups.is_empty() => {
            let group = world.observed.groups.get_mut(rng.pick(&groups)).unwrap();
            group.sources.extend(links(rng));
            group.sources.sort();
            group.sources.dedup();
        }
        2 => world.observed.profiles.clear(),
        3 => {
            let at = rng.below(world.train.groups.len());
            world.train.groups[at].profile ^= true;
        }
        _ => {}
    }
}

fn links(rng: &mut Rng) -> Vec<SourceLink> {
    let mut links = vec![SourceLink { id: worlds::vendor(), name: "ol8_baseos".into() }];
    if rng.chance(50) {
        links.push(SourceLink { id: worlds::vendor_child(), name: "ol8_appstream".into() });
    }
    links.sort();
    links
}

/// Takes out what this service does not know: parents, and instances in two groups.
fn flatten(world: &mut World) {
    world.train.layout = Layout::Parent;
    world.observed.sources.values_mut().for_each(|source| source.parent = None);
    // No source goes that a group has; what else is made here would get the name of one that is gone.
    for group in world.observed.groups.values_mut() {
        group.sources.retain(|link| world.observed.sources.contains_key(&link.id));
    }
    for (id, seen) in &mut world.observed.instances {
        let all: BTreeSet<SourceLink> =
            seen.parent.take().into_iter().chain(seen.children.drain(..)).collect();
        seen.children =
            all.into_iter().filter(|link| world.observed.sources.contains_key(&link.id)).collect();
        let mut groups = std::mem::take(&mut seen.groups).into_iter();
        seen.groups = groups.next().into_iter().collect();
        for other in groups {
            world.observed.groups.get_mut(&other).unwrap().members.remove(id);
        }
    }
}

/// Most members have what their group has.
fn equip(world: &mut World, rng: &mut Rng) {
    for ServiceGroup { members, sources, .. } in world.observed.groups.values() {
        for id in members {
            if let Some(seen) = world.observed.instances.get_mut(id).filter(|_| rng.chance(90)) {
                seen.children.clone_from(sources);
            }
        }
    }
}
