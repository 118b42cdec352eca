//! Releases that are no longer wanted: whose source goes, after whom, and for whom it stays.

use patchtrain::name::{Address, Ocid, ReleaseName};
use patchtrain::observed::{InstanceStatus, SourceLink};
use patchtrain::op::{Op, OpKey, RetryToken};
use patchtrain::plan::{Action, ChangeDetail, HeldReason, Plan, lint};
use patchtrain::state::UnfinishedOp;

use crate::support::model;
use crate::support::worlds::{World, instance_id};

use super::small::*;

fn gl1() -> ReleaseName {
    ReleaseName::new("GL1")
}

/// Everybody shall go from GL1, which is retired, to GL2.
fn retiring() -> World {
    let mut world = applied();
    rebind(&mut world.train, "canary", "GL2");
    rebind(&mut world.train, "web", "GL2");
    world.train.releases[0].retired = true;
    world
}

fn run(world: &mut World) -> Plan {
    let plan = world.plan().unwrap();
    let ends = model::run_all(world, &plan);
    assert!(ends.iter().all(|end| *end == model::End::Done), "{ends:?}");
    plan
}

fn id(world: &World) -> Ocid {
    world.state.sources[&gl1()].id.clone()
}

fn ridden(plan: &Plan) -> Vec<&str> {
    let held = plan.held.iter().find_map(|held| match &held.reason {
        HeldReason::Ridden { riders, .. } => Some((&held.address, riders)),
        _ => None,
    });
    let Some((address, riders)) = held else { return Vec::new() };
    assert_eq!(*address, Address::Release(gl1()));
    riders.iter().map(|rider| plan.label(rider)).collect()
}

#[test]
fn its_source_goes_when_the_last_has_left_it() {
    let mut world = retiring();
    let source = id(&world);
    let plan = check(
        &world,
        &[
            "Destroy release.GL1 DeleteSource",
            "Change group.canary Group",
            "Change group.web Group",
            "Change instance.host-0 Instance",
            "Change instance.host-1 Instance",
            "Change instance.host-2 Instance",
            "s0 instance.host-0 Switch to GL2",
            "s1 instance.host-0 Update <- s0",
            "s2 instance.host-0 Level <- s1",
            "s3 group.web Gate <- s2",
            "s4 instance.host-1 Switch to GL2 <- s3",
            "s5 instance.host-1 Update <- s4",
            "s6 instance.host-1 Level <- s5",
            "s7 instance.host-2 Switch to GL2 <- s3",
            "s8 instance.host-2 Update <- s7",
            "s9 instance.host-2 Level <- s8",
            "s10 release.GL1 DeleteSource <- s0 s4 s7",
        ],
    );
    assert_eq!(plan.counts(), (0, 5, 1));
    let detail = ChangeDetail::DeleteSource { id: source.clone(), gone: false, leaving: 3, line: 10 };
    assert_eq!(plan.changes[0].detail, detail);
    run(&mut world);
    assert!(!world.observed.sources.contains_key(&source) && !world.state.sources.contains_key(&gl1()));
    check(&world, &[]);
    // A train that forgets it now has nothing left to say about it.
    world.train.releases.remove(0);
    check(&world, &[]);
}

#[test]
fn who_cannot_be_switched_keeps_it() {
    let mut world = retiring();
    world.train.groups[0].max_failures = patchtrain::train::Amount::Number(1);
    world.observed.instances.get_mut(&instance_id(0)).unwrap().status = InstanceStatus::Unreachable;
    assert_eq!(ridden(&world.plan().unwrap()), ["host-0"]);
    let plan = run(&mut world);
    assert_eq!(plan.counts().2, 0);
    check(
        &world,
        &["Change group.canary Group", "held release.GL1 Ridden", "held instance.host-0 Unreachable"],
    );
    world.observed.instances.get_mut(&instance_id(0)).unwrap().status = InstanceStatus::Normal;
    run(&mut world);
    check(&world, &[]);
}

#[test]
fn whoever_else_rides_it_keeps_it_and_is_named() {
    let mut world = retiring();
    let source = id(&world);
    let stranger = Ocid::new("ocid1.instance.oc1..stranger");
    world.observed.riders.insert(source.clone(), [(stranger, "somebodys".into())].into());
    assert_eq!(ridden(&run(&mut world)), ["somebodys"]);
    check(&world, &["held release.GL1 Ridden"]);
    // The plan may have been made before: the look just before counts.
    world.observed.riders.clear();
    let plan = check(&world, &["Destroy release.GL1 DeleteSource", "s0 release.GL1 DeleteSource"]);
    world.observed.riders.insert(source, [(Ocid::new("late"), "latecomer".into())].into());
    let ends = model::run_all(&mut world, &plan);
    let said = "the software source of GL1 is attached to 1 instance (latecomer)";
    assert_eq!(ends, [model::End::Failed(said.to_owned())]);
    assert_eq!(ridden(&world.plan().unwrap()), ["latecomer"]);
}

#[test]
fn one_that_is_gone_is_only_forgotten() {
    let mut world = retiring();
    world.train.releases[0].retired = false;
    run(&mut world);
    world.train.releases[0].retired = true;
    let source = id(&world);
    world.observed.sources.remove(&source);
    let plan = check(&world, &["Destroy release.GL1 DeleteSource", "s0 release.GL1 DeleteSource"]);
    assert!(matches!(plan.changes[0].detail, ChangeDetail::DeleteSource { gone: true, leaving: 0, .. }));
    run(&mut world);
    assert!(!world.state.sources.contains_key(&gl1()));
    check(&world, &[]);
}

#[test]
fn a_deletion_that_a_crash_cut_off_is_no_drift() {
    let mut world = retiring();
    run(&mut world);
    // As it stands when the process dies between the call and its answer.
    let mut cut = applied();
    cut.observed = world.observed.clone();
    cut.train = world.train.clone();
    cut.state.instances = world.state.instances.clone();
    cut.state.groups = world.state.groups.clone();
    cut.state.sources.extend(world.state.sources.clone());
    let op =
        UnfinishedOp { token: RetryToken("t".into()), started: cut.now, ticket: None, instances: Vec::new() };
    cut.state.unfinished.insert(OpKey::delete_source(&gl1()), op);
    let mut again = cut.clone();
    let plan = check(&cut, &["Destroy release.GL1 DeleteSource", "s0 release.GL1 DeleteSource"]);
    assert_eq!(plan.notes.len(), 1, "the unfinished op is taken up");
    run(&mut cut);
    assert_eq!(cut.state.sources, world.state.sources);
    assert_eq!(cut.state.unfinished.len(), 0);
    // Wanted again after all: it is made anew.
    again.train.releases[0].retired = false;
    let plan = again.plan().unwrap();
    assert_eq!(plan.drift, []);
    assert!(
        matches!(&plan.steps[0].action, Action::Act { op: Op::CreateSource { release, .. } } if *release == gl1())
    );
    run(&mut again);
    assert!(again.observed.sources.contains_key(&id(&again)));
}

#[test]
fn it_can_be_wanted_again() {
    let mut world = retiring();
    run(&mut world);
    world.train.releases[0].retired = false;
    let plan = world.plan().unwrap();
    assert_eq!((plan.counts(), plan.drift.len()), ((1, 0, 0), 0));
    rebind(&mut world.train, "canary", "GL1");
    run(&mut world);
    assert!(world.state.sources.contains_key(&gl1()));
}

#[test]
fn what_is_not_ours_is_not_deleted() {
    let mut world = retiring();
    world.train.releases[0].retired = false;
    run(&mut world);
    world.train.releases[0].retired = true;
    let source = id(&world);
    world.observed.sources.get_mut(&source).unwrap().owner = None;
    check(&world, &["held release.GL1 NotOurs"]);
    // One that a crash left unrecorded is ours by its tags.
    let mut world = applied();
    rebind(&mut world.train, "canary", "GL2");
    rebind(&mut world.train, "web", "GL2");
    run(&mut world);
    world.train.releases[0].retired = true;
    world.state.sources.remove(&gl1());
    check(&world, &["Destroy release.GL1 DeleteSource", "s0 release.GL1 DeleteSource"]);
    run(&mut world);
    check(&world, &[]);
}

#[test]
fn one_that_was_never_made_takes_nothing() {
    let mut world = start();
    world.train.releases[1].retired = true;
    let plan = world.plan().unwrap();
    assert!(plan.changes.iter().all(|change| change.address != Address::Release(ReleaseName::new("GL2"))));
    run(&mut world);
    check(&world, &[]);
}

#[test]
fn lint_sees_a_source_that_goes_too_early() {
    let good = retiring().plan().unwrap();
    let last = good.steps.len() - 1;
    type Harm = fn(&mut Plan);
    let broken: [(&str, Harm); 3] = [
        ("before the last has left it", |plan| {
            plan.steps.last_mut().unwrap().after.pop();
        }),
        ("without asking who rides it", |plan| {
            plan.steps.last_mut().unwrap().precondition = patchtrain::observed::Precondition::Nothing;
        }),
        ("while somebody goes to it", |plan| {
            if let Action::Act { op: Op::DeleteSource { source } } =
                &mut plan.steps.last_mut().unwrap().action
            {
                source.release = ReleaseName::new("GL2");
            }
        }),
    ];
    for (what, harm) in broken {
        let mut plan = good.clone();
        assert!(matches!(plan.steps[last].action, Action::Act { op: Op::DeleteSource { .. } }));
        harm(&mut plan);
        assert_ne!(lint::lint(&plan), [], "{what} passes");
    }
}

#[test]
fn whom_the_service_names_and_whom_we_see_both_count() {
    let mut world = retiring();
    let link = SourceLink { id: id(&world), name: "t/GL1".into() };
    // Its group is not this train's, and the service's list does not have it yet.
    let mut other = world.observed.instances[&instance_id(0)].clone();
    other.parent = Some(link);
    other.name = "other".into();
    world.observed.instances.insert(instance_id(7), other);
    assert_eq!(ridden(&world.plan().unwrap()), ["other"]);
}
