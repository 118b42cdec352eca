//! Members behind by packages of module streams: whoever has another stream than the release is held, whoever has the
//! release's is updated.

use patchtrain::name::GroupName;
use patchtrain::observed::{InstanceStatus, Inventory};
use patchtrain::op::{Op, Ticket, Wanted};
use patchtrain::package::{ModuleStream, Package, PackageSet, StreamName, StreamStatus};
use patchtrain::plan::{Action, HeldReason, Input, Note, Plan, Request, Target, Verification, lint};

use crate::support::hub;
use crate::support::model::{self, End};
use crate::support::rng::Rng;
use crate::support::worlds::{self, World, instance_id};

const RELEASE: [&str; 2] = ["bash-2-1.x86_64", "zlib-15.2-1.module+el8+9.x86_64"];
const OLD_BASH: [&str; 2] = ["bash-1-1.x86_64", "zlib-15.2-1.module+el8+9.x86_64"];
const OLD_ZLIB: [&str; 2] = ["bash-2-1.x86_64", "zlib-13.1-1.module+el8+2.x86_64"];

fn set(nevras: &[&str]) -> PackageSet {
    nevras.iter().map(|text| Package::parse(text).unwrap()).collect()
}

/// A world whose only group is at level on a release with a stream.
fn modular() -> World {
    modular_on(|world| world)
}

fn modular_on(service: impl FnOnce(World) -> World) -> World {
    let mut release = worlds::release("R1", set(&RELEASE).iter().collect(), 1);
    release.manifest.modules = vec!["zlib:15".to_owned()];
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
    let mut world = service(world);
    // What joins and exchanges takes a run of its own each, on a service that binds groups.
    for _ in 0..3 {
        let plan = world.plan().unwrap();
        model::run_all(&mut world, &plan);
    }
    assert!(!world.plan().unwrap().can_start());
    world
}

fn installed(world: &mut World, number: usize, nevras: &[&str]) {
    let seen = world.observed.instances.get_mut(&instance_id(number)).unwrap();
    seen.inventory.as_mut().unwrap().installed = set(nevras);
}

fn listed(world: &mut World, number: usize, streams: &[(&str, StreamStatus)]) {
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

/// A member's packages and streams, and what becomes of it: how many are updated, and who is held for what.
type Case<'a> = (&'a [&'a str], &'a [(&'a str, StreamStatus)], usize, Vec<Vec<String>>);

#[test]
fn whoever_has_another_stream_is_held_and_whoever_merely_waits_is_updated() {
    use StreamStatus::{Active, Disabled, Enabled};
    let other = || vec![vec!["zlib:13 (release: zlib:15)".to_owned()]];
    let off = || vec![vec!["no stream of zlib (release: zlib:15)".to_owned()]];
    let cases: [Case<'_>; 7] = [
        (&OLD_ZLIB, &[("zlib:13", Enabled), ("zlib:15", Disabled)], 1, other()),
        (&OLD_ZLIB, &[("zlib:13", Active)], 1, other()),
        (&OLD_ZLIB, &[("zlib:13", Disabled), ("zlib:15", Disabled)], 1, off()),
        (&OLD_ZLIB, &[("zlib:15", Enabled)], 2, Vec::new()),
        // Nothing is known of a module that is not listed: a source of our own may carry no metadata.
        (&OLD_ZLIB, &[("perl:5.26", Active)], 2, Vec::new()),
        // What is behind is of no stream, and an update brings it.
        (&OLD_BASH, &[("zlib:13", Enabled)], 2, Vec::new()),
        (&RELEASE, &[("zlib:13", Enabled)], 1, Vec::new()),
    ];
    for (packages, streams, updates, held) in cases {
        let mut world = modular();
        installed(&mut world, 1, packages);
        listed(&mut world, 1, streams);
        installed(&mut world, 2, &OLD_ZLIB);
        listed(&mut world, 2, &[("zlib:15", Enabled)]);
        assert_eq!(told(&world.plan().unwrap()), (updates, held), "{packages:?} {streams:?}");
    }
}

#[test]
fn a_group_whose_members_are_held_for_their_streams_is_not_at_level_and_converges() {
    let mut world = modular();
    for number in 1..=2 {
        installed(&mut world, number, &OLD_ZLIB);
        listed(&mut world, number, &[("zlib:13", StreamStatus::Enabled)]);
    }
    let plan = world.plan().unwrap();
    assert!(!plan.can_start(), "{:#?}", plan.steps);
    assert_eq!((plan.groups[0].at_level, plan.held.len()), (0, 2));
    assert_eq!(plan.groups[0].name, GroupName::new("web"));
}

fn asked(world: &World, target: Target, streams: &[&str]) -> Plan {
    let (service, observed) = (worlds::label(), world.surveyed());
    let input = Input {
        train: &world.train,
        state: &world.state,
        observed: &observed,
        capabilities: world.capabilities(),
        service: &service,
        now: world.now,
        allow_shrink: true,
    };
    let streams = streams.iter().map(|spec| StreamName::parse(spec).unwrap()).collect();
    let request = Request { target, wanted: Wanted::All, packages: Vec::new(), streams };
    let plan = patchtrain::plan::update(&input, &request).unwrap();
    let findings = lint::lint(&plan);
    assert!(findings.is_empty(), "{findings:#?}\n{:#?}", plan.steps);
    plan
}

fn ops(plan: &Plan) -> Vec<String> {
    let key = |action: &Action| match action {
        Action::Act { op } => op.key().0,
        Action::Verify { what: Verification::Streams { instance, streams } } => {
            format!("{} of {instance}", streams.iter().map(ToString::to_string).collect::<Vec<_>>().join("+"))
        }
        other => format!("{other:?}"),
    };
    plan.steps.iter().map(|step| key(&step.action)).collect()
}

fn web() -> Target {
    Target::Group(GroupName::new("web"))
}

#[test]
fn what_is_asked_for_is_enabled_where_it_is_not_and_read_back() {
    use StreamStatus::{Active, Enabled};
    let mut world = modular();
    let (one, two) = (instance_id(1), instance_id(2));
    listed(&mut world, 1, &[("zlib:13", Enabled), ("perl:5.26", Active)]);
    listed(&mut world, 2, &[("zlib:15", Enabled)]);
    let note = |stream, instances| Note::NotListed { stream: StreamName::parse(stream).unwrap(), instances };
    let zlib = |id| vec![format!("update/@zlib:15/{id}"), format!("zlib:15 of {id}")];
    assert_eq!(ops(&asked(&world, web(), &["zlib:15"])), zlib(&one));
    assert!(asked(&world, Target::Instance(two.clone()), &["zlib:15"]).steps.is_empty());
    // What is only active by default is no choice yet; where both are asked for, each lacks its own.
    let plan = asked(&world, web(), &["zlib:15", "perl:5.26"]);
    assert_eq!(
        ops(&plan),
        [
            format!("update/@zlib:15+perl:5.26/{one}"),
            format!("zlib:15+perl:5.26 of {one}"),
            format!("update/@perl:5.26/{two}"),
            format!("perl:5.26 of {two}"),
        ]
    );
    // Where the service does not list it, it may not be there to be enabled.
    assert_eq!(plan.notes, [note("perl:5.26", 1), note("zlib:15", 1)]);
    let moves: Vec<Vec<Option<&str>>> = plan
        .patches
        .iter()
        .map(|patch| patch.streams.iter().map(|it| it.from.as_deref()).collect())
        .collect();
    assert_eq!(moves, [vec![Some("13"), None], vec![None]]);
    // Whoever does it has nothing left to do, and is no longer held for it.
    installed(&mut world, 1, &OLD_ZLIB);
    assert_eq!(told(&world.plan().unwrap()).1.len(), 1);
    let ends = model::run_all(&mut world, &plan);
    assert!(ends.iter().all(|end| *end == End::Done), "{ends:?}");
    assert!(asked(&world, web(), &["zlib:15", "perl:5.26"]).steps.is_empty());
    assert_eq!(told(&world.plan().unwrap()).1, Vec::<Vec<String>>::new());
}

#[test]
fn whose_streams_cannot_be_changed_now_is_held() {
    let mut world = modular();
    listed(&mut world, 1, &[("zlib:13", StreamStatus::Enabled)]);
    let ticket = Ticket("ocid1.osmsworkrequest.oc1..alien".into());
    world.observed.instances.get_mut(&instance_id(1)).unwrap().open_work = vec![ticket.clone()];
    let plan = asked(&world, web(), &["zlib:15"]);
    let reasons: Vec<&HeldReason> = plan.held.iter().map(|held| &held.reason).collect();
    // The streams of the other were not read.
    assert_eq!(reasons, [&HeldReason::OpenWork { ticket }, &HeldReason::Unread]);
    assert!(plan.steps.is_empty());
}

#[test]
fn members_of_a_group_that_is_bound_are_asked_together() {
    let mut world = modular_on(hub::over);
    for number in 1..=2 {
        listed(&mut world, number, &[("zlib:13", StreamStatus::Enabled)]);
    }
    let group = GroupName::new("web");
    let one = asked(&world, Target::Instance(instance_id(1)), &["zlib:15"]);
    assert_eq!(one.held[0].reason, HeldReason::Locked { group: group.clone() });
    assert!(one.steps.is_empty());
    let plan = asked(&world, web(), &["zlib:15"]);
    let (one, two) = (instance_id(1), instance_id(2));
    assert_eq!(
        ops(&plan),
        [
            "group-update/web/@zlib:15".to_owned(),
            "group-refresh/web".to_owned(),
            format!("zlib:15 of {one}"),
            format!("zlib:15 of {two}"),
        ]
    );
    let Action::Act { op: Op::EnableGroupStreams { instances, .. } } = &plan.steps[0].action else {
        panic!("{:?}", plan.steps[0])
    };
    assert_eq!(*instances, [one, two]);
    // The way out that a held member is told is the group's.
    installed(&mut world, 1, &OLD_ZLIB);
    let held = world.plan().unwrap().held;
    assert!(
        matches!(&held[0].reason, HeldReason::Streams { together: Some(name), .. } if *name == group),
        "{held:?}"
    );
    let ends = model::run_all(&mut world, &plan);
    assert!(ends.iter().all(|end| *end == End::Done), "{ends:?}");
    assert!(world.plan().unwrap().held.is_empty());
}
