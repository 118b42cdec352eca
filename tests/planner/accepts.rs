//! Drift that is accepted: what others changed is what the state says then, no drift any more, and still another thing than
//! the train file wants.

use patchtrain::name::{GroupName, Ocid, ReleaseName, Spelled};
use patchtrain::observed::SourceLink;
use patchtrain::plan::{Input, Unacceptable, accept, drift_at};
use patchtrain::state::State;

use crate::support::worlds::{World, instance_id, label, plain_instance};
use crate::support::{hub, model};

use super::small::{self, applied, install, start, told};

fn accepted(world: &World, addresses: &[&str]) -> State {
    attempt(world, addresses).unwrap_or_else(|why| panic!("{why:?}"))
}

fn attempt(world: &World, addresses: &[&str]) -> Result<State, Unacceptable> {
    let spelled: Vec<Spelled> = addresses.iter().map(|text| Spelled::parse(text).unwrap()).collect();
    let (observed, service) = (world.surveyed(), label());
    let input = Input {
        train: &world.train,
        state: &world.state,
        observed: &observed,
        capabilities: world.capabilities(),
        service: &service,
        now: world.now,
        allow_shrink: true,
    };
    let plan = patchtrain::plan::plan(&input).unwrap();
    assert!(!drift_at(&plan, &spelled).is_empty(), "{}", told(&plan));
    accept(&input, &plan, &spelled)
}

/// One way to change the world behind our back, where that is accepted, and whether a plan would change it back.
type Row = (&'static str, fn(&mut World), &'static str, bool);

fn hold(start: impl Fn() -> World, rows: &[Row]) {
    for (what, change, address, back) in rows {
        let mut world = start();
        change(&mut world);
        let before = world.plan().unwrap();
        world.state = accepted(&world, &[address]);
        let after = world.plan().unwrap();
        assert_eq!(after.drift, [], "{what}: {}", told(&after));
        assert_eq!(!after.steps.is_empty(), *back, "{what}: {}", told(&after));
        // What it would do is what it would have done.
        let moves = |plan: &patchtrain::plan::Plan| {
            plan.steps
                .iter()
                .filter(|step| matches!(step.action, patchtrain::plan::Action::Act { .. }))
                .count()
        };
        assert_eq!(moves(&after), moves(&before), "{what}:\n{}\n{}", told(&before), told(&after));
        // And then all is as the train file wants it, as ever.
        let ends = model::run_all(&mut world, &after);
        assert!(ends.iter().all(|end| *end == model::End::Done), "{what}: {ends:?}");
        let settled = world.plan().unwrap();
        assert!(settled.steps.is_empty() && settled.drift.is_empty(), "{what}: {}", told(&settled));
    }
}

fn web_id(world: &World) -> Ocid {
    world.state.groups[&GroupName::new("web")].id.clone()
}

fn vendor() -> SourceLink {
    SourceLink { id: Ocid::new("vendor"), name: "ol8".into() }
}

fn gl2(world: &World) -> SourceLink {
    let id = world.state.sources[&ReleaseName::new("GL2")].id.clone();
    SourceLink { name: world.observed.sources[&id].name.clone(), id }
}

#[test]
fn accepted_drift_is_none_any_more_and_a_plan_compares_with_the_train_file_all_the_same() {
    let rows: [Row; 9] = [
        (
            "moved to the vendor's source",
            |world| world.observed.instances.get_mut(&instance_id(1)).unwrap().parent = Some(vendor()),
            "instance.host-1",
            true,
        ),
        (
            "moved to another release",
            |world| {
                let to = gl2(world);
                world.observed.instances.get_mut(&instance_id(1)).unwrap().parent = Some(to);
            },
            "group.web",
            true,
        ),
        (
            "taken out of its group",
            |world| {
                let id = web_id(world);
                world.observed.groups.get_mut(&id).unwrap().members.remove(&instance_id(2));
                world.observed.instances.get_mut(&instance_id(2)).unwrap().groups.clear();
            },
            "instance.host-2",
            true,
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
            "group.web",
            true,
        ),
        (
            "a source's content",
            |world| {
                let id = gl2(world).id;
                let source = world.observed.sources.get_mut(&id).unwrap();
                source.contents =
                    Some(source.contents.as_ref().unwrap().union(&small::set("evil-1-1.x86_64")));
            },
            "release.GL2",
            true,
        ),
        (
            "a source deleted",
            |world| {
                let id = gl2(world).id;
                world.observed.sources.remove(&id);
            },
            "release.GL2",
            true,
        ),
        (
            "a group renamed",
            |world| {
                let id = web_id(world);
                world.observed.groups.get_mut(&id).unwrap().name = "front".into();
            },
            "group.web",
            false,
        ),
        (
            "packages set back",
            |world| install(world, 1, "bash-0-1.x86_64 openssl-1:1.1-1.x86_64 kernel-4-1.x86_64"),
            "instance.host-1",
            true,
        ),
        (
            "packages installed beside",
            |world| {
                install(world, 1, "bash-1-1.x86_64 openssl-1:1.1-1.x86_64 kernel-4-1.x86_64 zsh-1-1.x86_64");
            },
            "instance.host-1",
            false,
        ),
    ];
    hold(applied, &rows);
}

#[test]
fn the_same_where_groups_are_bound() {
    let start = || {
        let mut world = hub::over(start());
        let plan = world.plan().unwrap();
        model::run_all(&mut world, &plan);
        world
    };
    let rows: [Row; 3] = [
        (
            "a group's sources, and its members'",
            |world| {
                let id = web_id(world);
                world.observed.groups.get_mut(&id).unwrap().sources = vec![hub::vendor_link()];
                for index in [1, 2] {
                    let seen = world.observed.instances.get_mut(&instance_id(index)).unwrap();
                    seen.children = vec![hub::vendor_link()];
                }
            },
            "group.web",
            true,
        ),
        (
            "a source beside the release's",
            |world| {
                let id = web_id(world);
                world.observed.groups.get_mut(&id).unwrap().sources.push(hub::vendor_link());
                for index in [1, 2] {
                    let seen = world.observed.instances.get_mut(&instance_id(index)).unwrap();
                    seen.children.push(hub::vendor_link());
                }
            },
            "group.web",
            true,
        ),
        (
            "a group renamed",
            |world| {
                let id = web_id(world);
                world.observed.groups.get_mut(&id).unwrap().name = "front".into();
            },
            "group.web",
            false,
        ),
    ];
    hold(start, &rows);
}

#[test]
fn only_what_is_named_is_accepted() {
    let mut world = applied();
    for index in 0..3 {
        install(&mut world, index, "bash-0-1.x86_64 openssl-1:1.1-1.x86_64 kernel-4-1.x86_64");
    }
    world.state = accepted(&world, &["instance.host-1"]);
    let drift = |world: &World| {
        let plan = world.plan().unwrap();
        told(&plan).lines().filter(|line| line.starts_with("drift")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(drift(&world), ["drift instance.host-0 LeftLevel", "drift instance.host-2 LeftLevel"]);
    world.state = accepted(&world, &["group.web", "group.canary"]);
    assert_eq!(drift(&world), Vec::<String>::new());
}

#[test]
fn who_is_put_into_a_second_group_stays_on_record_in_the_first() {
    let mut world = applied();
    let id = web_id(&world);
    world.observed.instances.get_mut(&instance_id(0)).unwrap().groups.insert(id.clone());
    world.observed.groups.get_mut(&id).unwrap().members.insert(instance_id(0));
    let why = attempt(&world, &["group.web"]).unwrap_err();
    assert!(matches!(why, Unacceptable::Stays(_)), "{why:?}");
    // Taken out of the first, too, it has moved: that is accepted where both are asked for.
    let canary = world.state.groups[&GroupName::new("canary")].id.clone();
    world.observed.instances.get_mut(&instance_id(0)).unwrap().groups.remove(&canary);
    world.observed.groups.get_mut(&canary).unwrap().members.remove(&instance_id(0));
    let why = attempt(&world, &["group.web"]).unwrap_err();
    assert!(matches!(why, Unacceptable::Stays(_)), "{why:?}");
    let state = attempt(&world, &["group.web", "group.canary"]).unwrap();
    assert_eq!(state.instances[&instance_id(0)].group, GroupName::new("web"));
}

#[test]
fn a_job_that_somebody_changed_is_accepted_as_what_it_does() {
    let scheduled = || {
        let mut world = start();
        let start = "2026-12-05T02:00:00Z".parse().unwrap();
        let every = patchtrain::op::Every::parse("1 week").unwrap();
        let update = patchtrain::op::Wanted::Only(patchtrain::op::UpdateKind::Security);
        world.train.groups[0].schedule = Some(patchtrain::op::Schedule { update, every, start });
        let plan = world.plan().unwrap();
        model::run_all(&mut world, &plan);
        world
    };
    fn job(world: &mut World) -> &mut patchtrain::observed::Job {
        &mut world.observed.schedules.values_mut().next().unwrap().job
    }
    let rows: [Row; 4] = [
        (
            "another kind",
            |world| job(world).update = Some(patchtrain::op::Wanted::All),
            "schedule.canary",
            true,
        ),
        ("once", |world| job(world).every = None, "group.canary", true),
        ("another name", |world| job(world).name = "mine".into(), "schedule.canary", true),
        ("deleted", |world| world.observed.schedules.clear(), "schedule.canary", true),
    ];
    for (what, change, address, _) in &rows {
        let mut world = scheduled();
        change(&mut world);
        world.state = accepted(&world, &[address]);
        let plan = world.plan().unwrap();
        assert_eq!(plan.drift, [], "{what}");
        assert!(told(&plan).contains("schedule.canary"), "{what}: {}", told(&plan));
    }
}

#[test]
fn since_when_a_group_rides_a_release_is_not_known_of_one_that_was_exchanged() {
    let mut world = hub::over(start());
    let plan = world.plan().unwrap();
    model::run_all(&mut world, &plan);
    let id = web_id(&world);
    let before = world.state.groups[&GroupName::new("web")].since;
    assert!(before.is_some());
    world.observed.groups.get_mut(&id).unwrap().sources = vec![hub::vendor_link()];
    for index in [1, 2] {
        world.observed.instances.get_mut(&instance_id(index)).unwrap().children = vec![hub::vendor_link()];
    }
    let record = &accepted(&world, &["group.web"]).groups[&GroupName::new("web")];
    assert_eq!((record.release.as_ref(), record.since), (None, None));
}
