//! Scheduled jobs that are not what they were made for any more, and jobs that are somebody else's.

use patchtrain::name::{Address, GroupName, Ocid};
use patchtrain::observed::{Job, ServiceSchedule};
use patchtrain::op::{Every, Lineage, Ownership, Schedule, UpdateKind, Wanted};
use patchtrain::plan::{ChangeDetail, Refusal};
use patchtrain::state::Entry;

use crate::support::model;
use crate::support::worlds::{World, group};

use super::small::*;

fn every_week() -> Schedule {
    let start = "2026-12-05T02:00:00Z".parse().unwrap();
    Schedule { update: Wanted::Only(UpdateKind::Security), every: Every::parse("1 week").unwrap(), start }
}

/// The canary's security updates are left to a job of the service.
fn scheduled() -> World {
    let mut world = start();
    world.train.groups[0].schedule = Some(every_week());
    let plan = world.plan().unwrap();
    let ends = model::run_all(&mut world, &plan);
    assert!(ends.iter().all(|end| *end == model::End::Done), "{ends:?}");
    assert_eq!(world.observed.schedules.len(), 1);
    world
}

fn job(world: &World) -> (Ocid, Job) {
    let (id, seen) = world.observed.schedules.first_key_value().unwrap();
    (id.clone(), seen.job.clone())
}

#[test]
fn a_job_whose_group_was_made_anew_is_replaced() {
    let mut world = scheduled();
    let (_, does) = job(&world);
    // Somebody has deleted the group; what a job is for cannot be changed, so that the one there is runs for nobody.
    let gone = does.groups.first().unwrap().clone();
    world.observed.groups.remove(&gone);
    for seen in world.observed.instances.values_mut() {
        seen.groups.remove(&gone);
    }
    let plan = check(
        &world,
        &[
            "drift group.canary Gone",
            "drift instance.host-0 Left",
            "Add group.canary Group",
            "Change schedule.canary Schedule",
            "s0 schedule.canary DeleteSchedule",
            "s1 group.canary CreateGroup",
            "s2 instance.host-0 Join <- s1",
            "s3 schedule.canary CreateSchedule <- s1 s0",
            "s4 instance.host-0 Level <- s2",
        ],
    );
    let replaces = plan
        .changes
        .iter()
        .any(|change| matches!(&change.detail, ChangeDetail::Schedule { replace: true, adopt: false, .. }));
    assert!(replaces, "{:?}", plan.changes);

    let ends = model::run_all(&mut world, &plan);
    assert!(ends.iter().all(|end| *end == model::End::Done), "{ends:?}");
    // The model makes ids of names, so that what is made anew has the id of the one before.
    let (_, does) = job(&world);
    assert!(world.state.groups.values().any(|group| does.is_for(&group.id)), "{does:?}");
    assert_eq!(world.observed.schedules.len(), 1, "the old one is gone");
    check(&world, &[]);
}

#[test]
fn a_job_stays_when_its_group_takes_its_old_name_back() {
    let mut world = scheduled();
    let (canary, front) = (GroupName::new("canary"), GroupName::new("front"));
    world.state.rename(&canary, &front).unwrap();
    let plan = world.plan().unwrap();
    let schedules = plan.steps.iter().filter(|step| matches!(step.address, Address::Schedule(_)));
    assert_eq!(schedules.count(), 0, "{}", told(&plan));
    let id = job(&world).0;
    world
        .state
        .record(&Entry::Bound { group: canary.clone(), id: world.state.groups[&front].id.clone() })
        .unwrap();
    assert_eq!(world.state.schedules[&canary].id, id);
    assert_eq!(world.state.schedules.len(), 1);
    check(&world, &[]);
}

#[test]
fn a_job_whose_group_was_renamed_here_is_not_that_of_another_of_its_old_name() {
    let mut world = scheduled();
    let (canary, front) = (GroupName::new("canary"), GroupName::new("front"));
    world.state.rename(&canary, &front).unwrap();
    let mut other = group("canary", "GL1", &[]);
    other.schedule = Some(every_week());
    // The service's group has another name by now, so that the old one is free.
    let of_front = world.state.groups[&front].id.clone();
    world.observed.groups.get_mut(&of_front).unwrap().name = "front".into();
    world.train.groups[0].name = front;
    world.train.groups[1].after.clear();
    world.train.groups.push(other);
    let plan = world.plan().unwrap();
    let told = told(&plan);
    assert!(!told.contains("DeleteSchedule"), "{told}");
    assert!(told.contains("schedule.front ChangeSchedule"), "{told}");
    assert!(told.contains("schedule.canary CreateSchedule"), "{told}");
}

#[test]
fn another_lineages_job_is_refused_and_never_touched() {
    let other = |lineage: &str| Ownership {
        train: patchtrain::name::TrainName::new("t"),
        lineage: Lineage(lineage.into()),
        release: None,
    };
    // One of our name, before ours is made: by another lineage, or by nobody that its tags name.
    let ours = scheduled();
    let (_, does) = job(&ours);
    for (owner, said) in
        [(Some(other("another")), "train t of lineage another"), (None, "nobody that its tags name")]
    {
        let mut world = start();
        world.train.groups[0].schedule = Some(every_week());
        let theirs = ServiceSchedule { owner, group: None, job: does.clone() };
        world.observed.schedules.insert(Ocid::new("theirs"), theirs);
        let refusals = refused(&world);
        let [refusal @ Refusal::ForeignSchedule { id, owner, .. }] = refusals.as_slice() else {
            panic!("{refusals:?}")
        };
        assert_eq!((id.as_str(), owner.as_str()), ("theirs", said));
        assert!(refusal.to_string().contains("restore the state that made it"), "{refusal}");
    }

    // One that we have made and that somebody has taken over: neither while the train wants it nor to delete it.
    for wanted in [Some(every_week()), None] {
        let mut world = ours.clone();
        world.train.groups[0].schedule = wanted;
        assert!(world.plan().is_ok());
        let seen = world.observed.schedules.values_mut().next().unwrap();
        seen.owner = Some(other("another"));
        let refusals = refused(&world);
        assert!(matches!(refusals.as_slice(), [Refusal::ForeignSchedule { .. }]), "{refusals:?}");
    }

    // Another lineage's job of another name is nobody's business.
    let mut world = ours;
    let job = Job { name: "theirs".into(), ..does };
    let theirs = ServiceSchedule { owner: Some(other("another")), group: None, job };
    world.observed.schedules.insert(Ocid::new("theirs"), theirs);
    check(&world, &[]);
}
