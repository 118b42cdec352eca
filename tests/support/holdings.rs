//! What somebody does to the sources of a generated world, and what the train's own people do to its releases.

use patchtrain::name::Ocid;
use patchtrain::observed::{Instance, Source, SourceLink};
use patchtrain::package::{Package, PackageSet};

use super::rng::Rng;
use super::worlds::{World, instance_id, package};

/// Retires a release that no group is bound to, or takes that back.
pub(super) fn retire(world: &mut World, rng: &mut Rng) {
    let release = rng.below(world.train.releases.len());
    let release = &mut world.train.releases[release];
    let bound = world.train.groups.iter().any(|group| group.release == release.name);
    release.retired = !bound && !release.retired;
}

/// Somebody attaches one of our sources to an instance that no train knows, or takes it off again.
pub(super) fn somebody_else_rides(world: &mut World, rng: &mut Rng) {
    let ours: Vec<Ocid> =
        world.observed.sources.iter().filter(|(_, s)| s.owner.is_some()).map(|(id, _)| id.clone()).collect();
    if !ours.is_empty() {
        let riders = world.observed.riders.entry(rng.pick(&ours).clone()).or_default();
        if riders.remove(&instance_id(99_999)).is_none() {
            riders.insert(instance_id(99_999), "stranger".into());
        }
    }
}

/// Somebody attaches or detaches children under the train's own parent.
pub(super) fn edit_children(world: &mut World, rng: &mut Rng) {
    let is_own = |source: &&Source| source.name.ends_with("/_parent");
    let sources = &world.observed.sources;
    let Some(own) = sources.iter().find(|(_, source)| is_own(source)).map(|(id, _)| id.clone()) else {
        return;
    };
    let child = |(id, source): (&Ocid, &Source)| SourceLink { id: id.clone(), name: source.name.clone() };
    let children = sources.iter().filter(|(_, source)| source.parent.as_ref() == Some(&own)).map(child);
    let foreign =
        SourceLink { id: Ocid::new("ocid1.osmssoftwaresource.oc1..foreign"), name: "foreign".into() };
    let mut children: Vec<SourceLink> = children.chain([foreign]).collect();
    let hangs = |seen: &&mut Instance| seen.parent.as_ref().is_some_and(|parent| parent.id == own);
    let mut hanging: Vec<&mut Instance> = world.observed.instances.values_mut().filter(hangs).collect();
    if hanging.is_empty() {
        return;
    }
    let at = rng.below(hanging.len());
    let seen = &mut hanging[at];
    if rng.chance(40) {
        seen.children.clear();
    }
    let other = children.swap_remove(rng.below(children.len()));
    if rng.chance(70) && !seen.children.contains(&other) {
        seen.children.push(other);
    }
}

/// Somebody deletes a source. What had it has nothing instead, or goes on naming what is no more. As the service has
/// it, a parent of others cannot be deleted.
fn delete_source(world: &mut World, id: &Ocid, named: bool) {
    if world.observed.sources.values().any(|source| source.parent.as_ref() == Some(id)) {
        return;
    }
    world.observed.sources.remove(id);
    world.observed.riders.remove(id);
    for seen in world.observed.instances.values_mut() {
        if seen.parent.as_ref().is_some_and(|parent| parent.id == *id) {
            let gone = SourceLink { id: Ocid::new(&format!("{id}.gone")), name: "gone".into() };
            seen.parent = named.then_some(gone);
            seen.children.clear();
        }
        seen.children.retain(|child| child.id != *id);
    }
}

pub(super) fn edit_source(world: &mut World, rng: &mut Rng) {
    let ours: Vec<Ocid> =
        world.observed.sources.iter().filter(|(_, s)| s.owner.is_some()).map(|(id, _)| id.clone()).collect();
    if ours.is_empty() {
        return;
    }
    let id = rng.pick(&ours).clone();
    if rng.chance(15) {
        delete_source(world, &id, rng.chance(50));
        return;
    }
    let source = world.observed.sources.get_mut(&id).unwrap();
    let mut contents: Vec<Package> = source.contents.take().unwrap_or_default().iter().collect();
    if rng.chance(50) && !contents.is_empty() {
        contents.remove(rng.below(contents.len()));
    }
    if rng.chance(50) {
        contents.push(package(rng, "zsh"));
    }
    source.contents = Some(PackageSet::new(contents));
}
