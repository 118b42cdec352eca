//! Members behind by packages of module streams: whoever has another stream than the release is held, whoever has the
//! release's is updated.

use patchtrain::name::GroupName;
use patchtrain::observed::{InstanceStatus, Inventory};
use patchtrain::package::{ModuleStream, Package, PackageSet, StreamName, StreamStatus};
use patchtrain::plan::{HeldReason, Plan, lint};

use crate::support::model;
use crate::support::rng::Rng;
use crate::support::worlds::{self, World, instance_id};

const RELEASE: [&str; 2] = ["bash-2-1.x86_64", "zlib-15.2-1.module+el8+9.x86_64"];
const OLD_BASH: [&str; 2] = ["bash-1-1.x86_64", "zlib-15.2-1.module+el8+9.x86_64"];
const OLD_ZLIB: [&str; 2] = ["bash-2-1.x86_64", "zlib-13.1-1.module+el8+2.x86_64"];

fn set(nevras: &[&str]) -> PackageSet {
    nevras.iter().map(|text| Package::parse(text).unwrap()).collect()
}

/// A world whose only group is at level on a release with a stream.
pub(super) fn modular() -> World {
    let mut release = worlds::release("R1", set(&RELEASE).iter().collect(), 1);
    release.manifest.modules = vec!["pg:15".to_owned()];
    release.digest = release.manifest.digest();
    let members = [instance_id(1), instance_id(2)];
    let has_both = |world: &World| members.iter().all(|id| world.observed.instances.contains_key(id));
    let mut world = (1..).map(|seed| worlds::fresh(&mut Rng::new(seed))).find(has_both).unwrap();
    world.observed.groups.clear();
    world.observed.instances.retain(|id, _| members.contains(id));
    world.train = worlds::train(vec![release], vec![worlds::group("web", "R1", &members)]);
    for seen in world.observed.instances.values_mut() {
        seen.status = InstanceStatus::Normal;
        seen.groups.clear();
        seen.open_work.clear();
        seen.inventory = Some(Inventory { installed: set(&RELEASE), ..Inventory::default() });
    }
    let plan = world.plan().unwrap();
    model::run_all(&mut world, &plan);
    assert!(!world.plan().unwrap().can_start());
    world
}

pub(super) fn installed(world: &mut World, number: usize, nevras: &[&str]) {
    let seen = world.observed.instances.get_mut(&instance_id(number)).unwrap();
    seen.inventory.as_mut().unwrap().installed = set(nevras);
}

pub(super) fn listed(world: &mut World, number: usize, streams: &[(&str, StreamStatus)]) {
    let stream = |(spec, status): &(&str, StreamStatus)| {
        let StreamName { module, stream } = StreamName::parse(spec).unwrap();
        ModuleStream { module, stream, status: *status }
    };
    world.observed.streams.insert(instance_id(number), streams.iter().map(stream).collect());
}

/// Whom the plan updates, and whom it holds for which streams.
fn told(plan: &Plan) -> (usize, Vec<Vec<String>>) {
    let findings = lint::lint(plan);
    assert!(findings.is_empty(), "{findings:#?}\n{:#?}", plan.steps);
    let held = plan.held.iter().map(|held| match &held.reason {
        HeldReason::Streams { streams, together: None } => streams.iter().map(ToString::to_string).collect(),
        other => panic!("{other:?}"),
    });
    (plan.groups[0].work.updates, held.collect())
}

#[test]
fn whoever_has_another_stream_is_held_and_whoever_merely_waits_is_updated() {
    use StreamStatus::{Active, Disabled, Enabled};
    let other = || vec![vec!["pg:13 (release: pg:15)".to_owned()]];
    let off = || vec![vec!["no stream of pg (release: pg:15)".to_owned()]];
    let cases: [(&[&str], &[(&str, StreamStatus)], usize, Vec<Vec<String>>); 7] = [
        (&OLD_ZLIB, &[("pg:13", Enabled), ("pg:15", Disabled)], 1, other()),
        (&OLD_ZLIB, &[("pg:13", Active)], 1, other()),
        (&OLD_ZLIB, &[("pg:13", Disabled), ("pg:15", Disabled)], 1, off()),
        (&OLD_ZLIB, &[("pg:15", Enabled)], 2, Vec::new()),
        // Nothing is known of a module that is not listed: a source of our own may carry no metadata.
        (&OLD_ZLIB, &[("perl:5.26", Active)], 2, Vec::new()),
        // What is behind is of no stream, and an update brings it.
        (&OLD_BASH, &[("pg:13", Enabled)], 2, Vec::new()),
        (&RELEASE, &[("pg:13", Enabled)], 1, Vec::new()),
    ];
    for (packages, streams, updates, held) in cases {
        let mut world = modular();
        installed(&mut world, 1, packages);
        listed(&mut world, 1, streams);
        installed(&mut world, 2, &OLD_ZLIB);
        listed(&mut world, 2, &[("pg:15", Enabled)]);
        assert_eq!(told(&world.plan().unwrap()), (updates, held), "{packages:?} {streams:?}");
    }
}

#[test]
fn a_group_whose_members_are_held_for_their_streams_is_not_at_level_and_converges() {
    let mut world = modular();
    for number in 1..=2 {
        installed(&mut world, number, &OLD_ZLIB);
        listed(&mut world, number, &[("pg:13", StreamStatus::Enabled)]);
    }
    let plan = world.plan().unwrap();
    assert!(!plan.can_start(), "{:#?}", plan.steps);
    assert_eq!((plan.groups[0].at_level, plan.held.len()), (0, 2));
    assert_eq!(plan.groups[0].name, GroupName::new("web"));
}
