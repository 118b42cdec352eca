//! Generated worlds of a service that binds groups: the same as those of one that binds instances, with flat sources,
//! sources on groups, and an instance in one group at most.

use std::collections::BTreeSet;

use patchtrain::name::Ocid;
use patchtrain::observed::{Inventory, Observed, ServiceGroup, SourceLink, Vendor};
use patchtrain::op::{Api, Binding, Capabilities, Lineage, Wanted};
use patchtrain::package::{Package, PackageSet};
use patchtrain::plan::{Input, Plan};
use patchtrain::state::State;
use patchtrain::train::{Layout, VendorSource};

use super::manners;
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

/// Makes a world of a service that binds instances one of a service that binds groups.
pub(crate) fn over(mut world: World) -> World {
    world.train.service.api = Api::Osmh;
    world.train.vendor_sources = vec![VendorSource::Name("ol8_baseos".into())];
    let vendor = Vendor { name: "ol8_baseos".into(), selected: true };
    world.observed.vendors.insert(worlds::vendor(), vendor);
    flatten(&mut world);
    world
}

/// The vendor's source as a group or an instance has it.
pub(crate) fn vendor_link() -> SourceLink {
    SourceLink { id: worlds::vendor(), name: "ol8_baseos".into() }
}

/// A fleet of so many instances, each as old as the others, in so many groups without an order.
pub(crate) fn fleet(instances: usize, groups: usize) -> World {
    let ids: Vec<Ocid> = (0..instances).map(worlds::instance_id).collect();
    let versions = |version: &str| -> Vec<Package> {
        let nevra = |n: usize| Package::parse(&format!("package-{n}-{version}-1.el8.x86_64")).unwrap();
        (0..650).map(nevra).collect()
    };
    let releases = vec![worlds::release("GL1", versions("1"), 10), worlds::release("GL2", versions("2"), 20)];
    let parts = ids.chunks(instances.div_ceil(groups)).enumerate();
    let parts = parts.map(|(n, members)| worlds::group(&format!("g{n}"), "GL1", members));
    let train = worlds::train(releases, parts.collect());
    let mut observed = Observed::default();
    let installed = PackageSet::new(versions("1"));
    for (n, id) in ids.into_iter().enumerate() {
        let mut seen = worlds::plain_instance(n);
        seen.children = vec![vendor_link()];
        seen.inventory = Some(Inventory { installed: installed.clone(), unsourced: PackageSet::default() });
        observed.instances.insert(id, seen);
    }
    let state = State::new(train.name.clone(), Lineage("lineage".into()));
    over(World { train, state, observed, now: "2026-11-22T12:00:00Z".parse().unwrap() })
}

/// Plans for what a service can do, whatever the world says of it.
pub(crate) fn plan(world: &World, capabilities: Capabilities) -> Plan {
    let service = worlds::label();
    let input = Input {
        train: &world.train,
        state: &world.state,
        observed: &world.observed,
        capabilities,
        service: &service,
        now: world.now,
        allow_shrink: false,
    };
    let plan = patchtrain::plan::plan(&input).unwrap();
    assert_eq!(patchtrain::plan::lint::lint(&plan), []);
    plan
}

/// Generates a world that no train has touched yet.
pub(crate) fn fresh(rng: &mut Rng) -> World {
    let mut world = over(worlds::fresh(rng));
    for group in world.observed.groups.values_mut() {
        group.sources = links(rng);
    }
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
    match rng.below(10) {
        4 | 5 => somebody_else_takes(world, rng),
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
        6 => {
            let at = rng.below(world.train.groups.len());
            // One wave that is all of the group: drawn aside, so that the worlds are those that they were before.
            let whole = rng.clone().below(5) == 4;
            world.train.groups[at].pace.waves = match rng.chance(30) {
                true => Vec::new(),
                false if whole => vec![patchtrain::rollout::Amount::Percent(100)],
                false => manners::pace(rng).waves,
            };
        }
        _ => {}
    }
}

/// Somebody moves an instance to a lifecycle stage, or to a group that is none of the train's; or takes it out again.
fn somebody_else_takes(world: &mut World, rng: &mut Rng) {
    let ids: Vec<Ocid> = world.observed.instances.keys().cloned().collect();
    if ids.is_empty() {
        return;
    }
    let id = rng.pick(&ids).clone();
    let theirs = Ocid::new("ocid1.osmhmanagedinstancegroup.oc1..theirs");
    let seen = world.observed.instances.get_mut(&id).unwrap();
    let before = std::mem::take(&mut seen.groups);
    for home in &before {
        if let Some(group) = world.observed.groups.get_mut(home) {
            group.members.remove(&id);
        }
    }
    let stage = Ocid::new("ocid1.osmhlifecyclestage.oc1..stage");
    if before.contains(&theirs) || before.contains(&stage) {
        return;
    }
    if rng.chance(50) {
        seen.groups.insert(stage);
        return;
    }
    let group = world.observed.groups.entry(theirs.clone()).or_default();
    group.name = "theirs".into();
    group.sources = vec![vendor_link()];
    group.members.insert(id);
    (seen.groups, seen.children) = ([theirs].into(), vec![vendor_link()]);
}

/// Has all groups install everything. Whoever joins does that anyhow, so that in a group that asks for less the end is not
/// the same for one whose joining failed and was made good another way.
pub(crate) fn update_all(world: &mut World) {
    for group in &mut world.train.groups {
        (group.update, group.schedule) = (Some(Wanted::All), None);
    }
}

fn links(rng: &mut Rng) -> Vec<SourceLink> {
    let mut links = vec![vendor_link()];
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
            // A stage is none of the groups.
            if let Some(other) = world.observed.groups.get_mut(&other) {
                other.members.remove(id);
            }
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
