//! What others changed, and what is told of it: every kind by address, with when it was last known to be right, and what
//! an address that is ignored covers.

use patchtrain::name::{Address, GroupName, Ocid, ReleaseName, Spelled};
use patchtrain::observed::SourceLink;
use patchtrain::plan::{DriftKind, Drifts};
use patchtrain::train::Members;

use crate::support::worlds::{self, World, instance_id, plain_instance};
use crate::support::{hub, model};

use super::convergence;
use super::small::{self, applied, install, rebind};

/// When everything was proven in the worlds here.
const PROVEN: &str = "2026-11-22T12:00:00Z";

fn web() -> GroupName {
    GroupName::new("web")
}

fn web_id(world: &World) -> Ocid {
    world.state.groups[&web()].id.clone()
}

fn source(world: &World, release: &str) -> SourceLink {
    let id = world.state.sources[&ReleaseName::new(release)].id.clone();
    let name = world.observed.sources[&id].name.clone();
    SourceLink { id, name }
}

/// What is told, an address a line, each with its kind, its group and when it was last right.
#[track_caller]
fn told(world: &World, ignored: &[&str]) -> (Vec<String>, usize) {
    let ignored: Vec<Spelled> = ignored.iter().map(|text| Spelled::parse(text).unwrap()).collect();
    let plan = world.plan().unwrap();
    let drifts = Drifts::of(&plan, &world.state, &ignored);
    let line = |drift: &&patchtrain::plan::Drift| {
        let address = match &drift.address {
            Address::Release(name) => format!("release.{name}"),
            Address::Group(name) => format!("group.{name}"),
            Address::Schedule(name) => format!("schedule.{name}"),
            Address::Profile(name) => format!("profile.{name}"),
            Address::Instance(id) => format!("instance.{}", plan.label(id)),
        };
        let kind = format!("{:?}", drift.kind);
        let kind = kind.split([' ', '{', '(']).next().unwrap_or_default().to_owned();
        let group = drift.group.as_ref().map(|group| format!(" in {group}")).unwrap_or_default();
        let right = if drift.right == Some(PROVEN.parse().unwrap()) { ", proven" } else { "" };
        assert!(drift.right.is_none() || !right.is_empty(), "{drift:?}");
        format!("{address} {kind}{group}{right}")
    };
    (drifts.told.iter().map(line).collect(), drifts.ignored)
}

/// One way to change the world behind our back, and what is told of it.
type Row = (&'static str, fn(&mut World), &'static [&'static str]);

fn hold(start: impl Fn() -> World, rows: &[Row]) {
    assert_eq!(told(&start(), &[]), (vec![], 0));
    for (what, change, expected) in rows {
        let mut world = start();
        change(&mut world);
        assert_eq!(told(&world, &[]).0, *expected, "{what}");
    }
}

#[test]
fn whatever_others_change_is_told_by_address_with_when_it_was_right() {
    let rows: [Row; 10] = [
        (
            "moved to another source",
            |world| {
                let vendor = SourceLink { id: Ocid::new("vendor"), name: "ol8".into() };
                world.observed.instances.get_mut(&instance_id(1)).unwrap().parent = Some(vendor);
            },
            &["instance.host-1 Parent in web, proven"],
        ),
        (
            "taken out of its group",
            |world| {
                let id = web_id(world);
                world.observed.groups.get_mut(&id).unwrap().members.remove(&instance_id(2));
                world.observed.instances.get_mut(&instance_id(2)).unwrap().groups.clear();
            },
            &["instance.host-2 Left in web, proven"],
        ),
        (
            "a stranger put in",
            |world| {
                let id = web_id(world);
                let mut stranger = plain_instance(7);
                stranger.groups.insert(id.clone());
                world.observed.instances.insert(instance_id(7), stranger);
                world.observed.groups.get_mut(&id).unwrap().members.insert(instance_id(7));
            },
            &["instance.host-7 Joined in web"],
        ),
        (
            "moved from one group to another",
            |world| {
                let (canary, web) = (world.state.groups[&GroupName::new("canary")].id.clone(), web_id(world));
                world.observed.groups.get_mut(&web).unwrap().members.remove(&instance_id(1));
                world.observed.groups.get_mut(&canary).unwrap().members.insert(instance_id(1));
                world.observed.instances.get_mut(&instance_id(1)).unwrap().groups = [canary].into();
            },
            &["instance.host-1 Left in web, proven", "instance.host-1 Joined in canary"],
        ),
        (
            "a source's content",
            |world| {
                let id = source(world, "GL1").id;
                let source = world.observed.sources.get_mut(&id).unwrap();
                source.contents =
                    Some(source.contents.as_ref().unwrap().union(&small::set("evil-1-1.x86_64")));
            },
            &["release.GL1 Contents, proven"],
        ),
        (
            "a source deleted",
            |world| {
                let id = source(world, "GL2").id;
                world.observed.sources.remove(&id);
            },
            &["release.GL2 Gone, proven"],
        ),
        (
            "a group renamed",
            |world| {
                let id = web_id(world);
                world.observed.groups.get_mut(&id).unwrap().name = "front".into();
            },
            &["group.web Renamed, proven"],
        ),
        (
            "packages set back",
            |world| install(world, 1, "bash-0-1.x86_64 openssl-1:1.1-1.x86_64 kernel-4-1.x86_64"),
            &["instance.host-1 LeftLevel in web, proven"],
        ),
        (
            "packages installed beside",
            |world| {
                install(world, 1, "bash-1-1.x86_64 openssl-1:1.1-1.x86_64 kernel-4-1.x86_64 zsh-1-1.x86_64");
            },
            &["instance.host-1 Beside in web, proven"],
        ),
        (
            "an instance gone",
            |world| {
                world.observed.instances.remove(&instance_id(0));
                for group in world.observed.groups.values_mut() {
                    group.members.remove(&instance_id(0));
                }
            },
            &["instance.host-0 Gone in canary, proven"],
        ),
    ];
    hold(applied, &rows);
}

#[test]
fn the_same_where_groups_are_bound() {
    let start = || {
        let mut world = hub::over(small::start());
        let plan = world.plan().unwrap();
        model::run_all(&mut world, &plan);
        world
    };
    let rows: [Row; 3] = [
        (
            "a group's sources",
            |world| {
                let id = web_id(world);
                world.observed.groups.get_mut(&id).unwrap().sources = vec![hub::vendor_link()];
            },
            &["group.web Sources, proven"],
        ),
        (
            "a group renamed",
            |world| {
                let id = web_id(world);
                world.observed.groups.get_mut(&id).unwrap().name = "front".into();
            },
            &["group.web Renamed, proven"],
        ),
        (
            "packages set back",
            |world| install(world, 1, "bash-0-1.x86_64 openssl-1:1.1-1.x86_64 kernel-4-1.x86_64"),
            &["instance.host-1 LeftLevel in web, proven"],
        ),
    ];
    hold(start, &rows);
}

#[test]
fn movement_towards_the_bound_release_is_none() {
    let mut world = applied();
    rebind(&mut world.train, "web", "GL2");
    assert_eq!(told(&world, &[]).0, Vec::<String>::new());
    let there = source(&world, "GL2");
    world.observed.instances.get_mut(&instance_id(1)).unwrap().parent = Some(there);
    install(&mut world, 1, "bash-2-1.x86_64 openssl-1:1.1-1.x86_64 kernel-4-1.x86_64");
    assert_eq!(told(&world, &[]).0, Vec::<String>::new());
    // Towards another it is one.
    rebind(&mut world.train, "web", "GL1");
    assert_eq!(told(&world, &[]).0, ["instance.host-1 Parent in web, proven"]);
}

#[test]
fn before_the_first_apply_there_is_none_and_a_group_of_the_services_own_has_none() {
    let world = small::start();
    assert_eq!(told(&world, &[]), (vec![], 0));
    let plan = world.plan().unwrap();
    assert_eq!(Drifts::of(&plan, &world.state, &[]).applied, None);
    let mut world = applied();
    world.train.groups[1].members = Members::Service;
    let id = web_id(&world);
    let mut stranger = plain_instance(7);
    stranger.groups.insert(id.clone());
    world.observed.instances.insert(instance_id(7), stranger);
    world.observed.groups.get_mut(&id).unwrap().members.insert(instance_id(7));
    assert_eq!(told(&world, &[]).0, Vec::<String>::new());
}

#[test]
fn an_ignored_address_covers_itself_and_a_group_all_that_is_its_own() {
    let mut world = applied();
    let id = web_id(&world);
    world.observed.groups.get_mut(&id).unwrap().name = "front".into();
    for index in 0..3 {
        install(&mut world, index, "bash-0-1.x86_64 openssl-1:1.1-1.x86_64 kernel-4-1.x86_64");
    }
    let gl2 = source(&world, "GL2").id;
    world.observed.sources.remove(&gl2);
    let (release, group) = ("release.GL2 Gone, proven", "group.web Renamed, proven");
    let host = |index: usize| {
        format!("instance.host-{index} LeftLevel in {}, proven", ["canary", "web", "web"][index])
    };
    let all = [release.to_owned(), group.to_owned(), host(0), host(1), host(2)];
    assert_eq!(told(&world, &[]), (all.to_vec(), 0));
    for (ignored, left) in [
        (&["release.GL2"][..], vec![1, 2, 3, 4]),
        (&["release.GL1"], vec![0, 1, 2, 3, 4]),
        (&["group.web"], vec![0, 2]),
        (&["instance.host-1"], vec![0, 1, 2, 4]),
        (&["instance.ocid1.instance.oc1.test.00001", "group.canary"], vec![0, 1, 4]),
        (&["schedule.web", "profile.web", "instance.web"], vec![0, 1, 2, 3, 4]),
        (&["group.web", "group.canary", "release.GL2"], vec![]),
    ] {
        let expected: Vec<String> = left.iter().map(|index: &usize| all[*index].clone()).collect();
        assert_eq!(told(&world, ignored), (expected, all.len() - left.len()), "{ignored:?}");
    }
    // What several are called says nobody; their OCIDs do.
    world.observed.instances.get_mut(&instance_id(2)).unwrap().name = "host-1".into();
    assert_eq!(told(&world, &["instance.host-1"]).1, 0);
    assert_eq!(told(&world, &["instance.ocid1.instance.oc1.test.00001"]).1, 1);
}

#[test]
fn a_job_that_somebody_changed_is_the_groups_too() {
    let mut world = small::start();
    let start = "2026-12-05T02:00:00Z".parse().unwrap();
    let every = patchtrain::op::Every::parse("1 week").unwrap();
    let update = patchtrain::op::Wanted::Only(patchtrain::op::UpdateKind::Security);
    world.train.groups[0].schedule = Some(patchtrain::op::Schedule { update, every, start });
    let plan = world.plan().unwrap();
    model::run_all(&mut world, &plan);
    let id = world.observed.schedules.keys().next().unwrap().clone();
    world.observed.schedules.get_mut(&id).unwrap().job.update = Some(patchtrain::op::Wanted::All);
    assert_eq!(told(&world, &[]).0, ["schedule.canary Schedule, proven"]);
    assert_eq!(told(&world, &["group.canary"]), (vec![], 1));
    assert_eq!(told(&world, &["schedule.canary"]), (vec![], 1));
    world.observed.schedules.clear();
    let plan = world.plan().unwrap();
    assert!(plan.drift.iter().any(|drift| drift.kind == DriftKind::Gone), "{:?}", plan.drift);
}

/// What is told where no plan can be made, and what stands against one.
fn despite(world: &World) -> (Vec<patchtrain::plan::Drift>, usize) {
    let observed = world.surveyed();
    let (plan, refusals) = world.drifting(&observed);
    assert_eq!(plan.steps, []);
    (plan.drift, refusals.len())
}

#[test]
fn what_stands_against_a_plan_keeps_nothing_else_from_being_told() {
    let (mut refused, mut told) = (0, 0);
    for seed in worlds::seeds(400) {
        let (mut world, _) = convergence::world(seed);
        let Ok(plan) = world.plan_from(&world.surveyed(), true, &[]) else { continue };
        let (drifting, none) = world.drifting(&world.surveyed());
        assert_eq!((&drifting, none.as_slice()), (&plan, &[][..]), "seed {seed}");
        // A group that nobody has made has nothing to do with any of it.
        let mut late = world.train.groups[0].clone();
        (late.name, late.members, late.id) = (GroupName::new("late"), Members::Service, None);
        late.after.clear();
        world.train.groups.push(late);
        let (drift, against) = despite(&world);
        assert_eq!((drift, against), (plan.drift.clone(), 1), "seed {seed}");
        refused += 1;
        told += usize::from(!plan.drift.is_empty());
    }
    assert!(refused > 300 && told > 50, "{refused}, {told}");
}

#[test]
fn of_what_is_not_known_no_drift_is_told() {
    let mut world = applied();
    let canary = world.state.groups[&GroupName::new("canary")].id.clone();
    for index in 0..3 {
        install(&mut world, index, "bash-0-1.x86_64 openssl-1:1.1-1.x86_64 kernel-4-1.x86_64");
    }
    let owner = patchtrain::op::Ownership {
        train: world.train.name.clone(),
        lineage: patchtrain::op::Lineage("theirs".into()),
        release: None,
    };
    let id = web_id(&world);
    world.observed.groups.get_mut(&id).unwrap().owner = Some(owner.clone());
    let addresses = |world: &World| {
        let (drift, against) = despite(world);
        let group = |drift: patchtrain::plan::Drift| drift.group.unwrap().to_string();
        (drift.into_iter().map(group).collect::<Vec<_>>(), against)
    };
    // Nobody has left web, which cannot be looked into; the canary has left its level all the same.
    assert_eq!(addresses(&world), (vec!["canary".to_owned()], 1));
    world.observed.groups.get_mut(&canary).unwrap().owner = Some(owner);
    assert_eq!(addresses(&world), (vec![], 2));
}

#[test]
fn where_a_release_is_not_known_who_moves_to_it_has_not_drifted() {
    let mut world = applied();
    rebind(&mut world.train, "canary", "GL2");
    world.observed.instances.get_mut(&instance_id(0)).unwrap().parent = Some(source(&world, "GL2"));
    assert_eq!(told(&world, &[]).0, Vec::<String>::new());
    // Its manifest is another than was applied: no plan, and no telling what its source is.
    let record = world.state.sources.get_mut(&ReleaseName::new("GL2")).unwrap();
    record.digest = world.train.releases[0].digest;
    assert_eq!(despite(&world), (vec![], 1));
    world.observed.instances.get_mut(&instance_id(1)).unwrap().parent = Some(source(&world, "GL2"));
    let (drift, _) = despite(&world);
    assert!(matches!(&drift[..], [one] if one.address == Address::Instance(instance_id(1))), "{drift:?}");
}

#[test]
fn a_group_whose_level_counts_something_else_now_has_left_nothing() {
    let mut world = small::start();
    let security = patchtrain::op::Wanted::Only(patchtrain::op::UpdateKind::Security);
    for index in 0..3 {
        // The kernel, which is no matter of security, is older than the release's.
        install(&mut world, index, "bash-1-1.x86_64 openssl-1:1.1-1.x86_64 kernel-3-1.x86_64");
    }
    world.train.groups[1].update = Some(security);
    for _ in 0..2 {
        let plan = world.plan_from(&world.surveyed(), false, &[]).unwrap();
        model::run_all(&mut world, &plan);
    }
    let record = &world.state.instances[&instance_id(1)];
    assert!(record.at_level.is_some(), "{record:?}");
    world.train.groups[1].update = Some(patchtrain::op::Wanted::All);
    let plan = world.plan_from(&world.surveyed(), false, &[]).unwrap();
    assert_eq!(plan.drift, []);
    assert!(small::told(&plan).contains("instance.host-1 Update"), "{}", small::told(&plan));
}
