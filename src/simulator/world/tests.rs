//! Properties of the generated world that the rest of the project relies on.

use std::collections::{BTreeSet, HashSet};

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::package::{Delta, DeltaKind};
use crate::simulator::{DEFAULT_SEED, Level, golden_set};

fn world(seed: u64) -> World {
    World::generate(seed, DEFAULT_FLEET, Timestamp::from_second(1_795_000_000).unwrap())
}

#[test]
fn a_seed_is_a_world() {
    assert_eq!(world(8).digest(), world(8).digest());
    assert_ne!(world(8).digest(), world(9).digest());
    let ids = |seed| world(seed).instances.into_keys().collect::<BTreeSet<_>>();
    assert!(ids(8).is_disjoint(&ids(9)));
}

#[test]
fn the_fleet_is_a_dim_sum() {
    let mut world = world(DEFAULT_SEED);
    world.instances.retain(|_, instance| *instance.machine.compartment == *COMPARTMENT);
    assert_eq!(world.instances.len(), 25);
    let mut sets = HashSet::new();
    for instance in world.instances.values() {
        assert!(instance.installed.len() >= 400, "{}: {}", instance.name, instance.installed.len());
        assert!(sets.insert(instance.installed.digest()), "{} is like another", instance.name);
        assert!(instance.installed.iter().any(|package| package.name() == "gpg-pubkey"));
        assert!(instance.installed.iter().any(|package| package.epoch() == 999));
        for pattern in ["~", "^", ".module+"] {
            let has = |package: Package| package.evr().contains(pattern);
            // Only libqb has a tilde everywhere.
            assert!(instance.installed.iter().any(has), "{}: {pattern}", instance.name);
        }
        let ids = world.sources_of(instance.installed.as_slice()[0]);
        assert!(ids.count() <= 1);
        let agents = instance.installed.iter().filter(|package| world.sources_of(*package).next().is_none());
        assert!(agents.count() >= 4, "{}", instance.name);
        let runs = |package: Package| {
            *instance.running == *format!("{}-{}.{}", package.version(), package.release(), package.arch())
        };
        assert!(instance.installed.iter().any(|package| package.name() == "kernel-uek" && runs(package)));
    }
    let count = |what: &dyn Fn(&Instance) -> bool| world.instances.values().filter(|i| what(i)).count();
    let kernels = |instance: &Instance, number| {
        instance.installed.iter().filter(|package| package.name() == "kernel-uek").count() == number
    };
    assert!(count(&|instance| kernels(instance, 3)) >= 4);
    assert!(count(&|instance| kernels(instance, 1)) >= 2);
    assert_eq!(count(&|instance| !instance.is_reachable()), 1);
    assert_eq!(count(&|instance| !instance.is_known(world.created)), 1);
    assert_eq!(count(&|instance| !instance.is_known(world.created + SignedDuration::from_hours(6))), 0);
    let twin = |package: Package| package.arch() == crate::package::Arch::I686;
    assert_eq!(count(&|instance| instance.installed.iter().any(twin)), 6);
    let newest = golden_set(Level::Gl1_1);
    let ahead = |instance: &Instance| {
        let mut newer = 0;
        crate::package::walk(&instance.installed, &newest, |have, want| {
            if let (Some(have), Some(want)) = (have.last(), want.last()) {
                newer += usize::from(have.cmp_evr(*want).is_gt());
            }
        });
        newer > 20
    };
    assert_eq!(count(&ahead), 1);
    let names: HashSet<&str> = newest.iter().map(Package::name).collect();
    let lacking = |instance: &Instance| {
        instance.installed.iter().any(|package| package.name() == "podman" && !names.contains("podman"))
    };
    assert_eq!(count(&lacking), 2);
}

#[test]
fn a_release_can_be_made_of_what_the_vendor_ships() {
    let world = world(DEFAULT_SEED);
    for level in [Level::Gl1, Level::Gl1_1] {
        let set = golden_set(level);
        let foreign: Vec<&str> = set
            .iter()
            .filter(|package| world.sources_of(*package).next().is_none())
            .map(Package::name)
            .collect();
        let agents =
            ["gpg-pubkey", "ksplice-uptrack-release", "oracle-cloud-agent", "unified-monitoring-agent"];
        assert_eq!(foreign, agents);
    }
    let golden = &world.instances[&golden_id(DEFAULT_SEED)];
    assert_eq!(golden.installed, golden_set(Level::Gl1));
}

#[test]
fn the_step_to_gl1_1_is_one_that_a_reviewer_can_read() {
    let delta = Delta::between(&golden_set(Level::Gl1), &golden_set(Level::Gl1_1));
    let count = |kind| delta.count(kind);
    let upgraded = count(DeltaKind::Upgraded);
    assert!((40..=60).contains(&upgraded), "{upgraded} upgraded");
    assert_eq!(count(DeltaKind::Added), 3);
    assert_eq!(count(DeltaKind::Removed), 2);
    assert_eq!(count(DeltaKind::Downgraded), 0);
    let kernels: BTreeSet<&str> = delta
        .entries
        .iter()
        .filter(|entry| entry.kind == DeltaKind::SetChanged)
        .filter_map(|entry| entry.key().map(Package::name))
        .collect();
    assert_eq!(kernels.len(), 6, "{kernels:?}");
    let bumped = delta.entries.iter().filter(|entry| match (&entry.old[..], &entry.new[..]) {
        ([old], [new]) => old.epoch() < new.epoch(),
        _ => false,
    });
    assert_eq!(bumped.count(), 1);
}

#[test]
fn a_larger_fleet_is_the_same_one_with_more_of_its_kind() {
    let begun = std::time::Instant::now();
    let fleet = World::generate(DEFAULT_SEED, 2_000, Timestamp::UNIX_EPOCH);
    println!("2,000 instances generated in {:?}", begun.elapsed());
    let known = world(DEFAULT_SEED);
    assert_eq!(fleet.instances.len(), 2_009, "with the golden instance and the kiosks");
    for (id, instance) in &known.instances {
        assert_eq!(
            (&instance.name, &instance.installed),
            (&fleet.instances[id].name, &fleet.instances[id].installed)
        );
    }
    let names: HashSet<&str> = fleet.instances.values().map(|instance| &*instance.name).collect();
    assert_eq!(names.len(), 2_009);
    let sets: HashSet<_> = fleet.instances.values().map(|instance| instance.installed.digest()).collect();
    assert!(sets.len() >= 80, "{}", sets.len());
    for (group, members) in groups(DEFAULT_SEED, 2_000) {
        assert!(group == "canary" || members.len() > 900, "{group}: {}", members.len());
        assert!(members.iter().all(|(name, id)| *fleet.instances[id].name == **name));
    }
}
