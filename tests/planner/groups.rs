//! Groups that the service has and we did not make, and groups that go by another name.

use patchtrain::name::{GroupName, Ocid};
use patchtrain::observed::ServiceGroup;
use patchtrain::op::{Lineage, Op, Ownership};
use patchtrain::plan::{Action, DriftKind, Refusal};
use patchtrain::train::Members;

use crate::support::model;
use crate::support::worlds::{World, instance_id};

use super::small::*;

fn by_hand() -> Ocid {
    Ocid::new("byhand")
}

/// The small world, with a web whose members are whoever the service says.
fn served() -> World {
    let mut world = start();
    let members: std::collections::BTreeSet<Ocid> = [instance_id(1), instance_id(2)].into();
    for id in &members {
        world.observed.instances.get_mut(id).unwrap().groups.insert(by_hand());
    }
    world
        .observed
        .groups
        .insert(by_hand(), ServiceGroup { name: "web".into(), members, owner: None, ..Default::default() });
    world.train.groups[1].members = Members::Service;
    world
}

fn run(world: &mut World) {
    let plan = world.plan().unwrap();
    let ends = model::run_all(world, &plan);
    assert!(ends.iter().all(|end| *end == model::End::Done), "{ends:?}");
}

#[test]
fn a_group_that_we_did_not_make_is_bound_and_its_moves_are_told() {
    let mut world = served();
    run(&mut world);
    let bound = &world.state.groups[&GroupName::new("web")];
    assert_eq!((&bound.id, bound.made, bound.release.as_ref().unwrap().as_str()), (&by_hand(), false, "GL1"));
    assert!(bound.since.is_some());
    check(&world, &[]);

    rebind(&mut world.train, "web", "GL2");
    let plan = check(
        &world,
        &[
            "Change group.web Group",
            "Change instance.host-1 Instance",
            "Change instance.host-2 Instance",
            "s0 instance.host-1 Switch to GL2",
            "s1 instance.host-1 Update <- s0",
            "s2 instance.host-1 Level <- s1",
            "s3 instance.host-2 Switch to GL2",
            "s4 instance.host-2 Update <- s3",
            "s5 instance.host-2 Level <- s4",
        ],
    );
    assert_eq!(plan.groups[1].id, Some(by_hand()));
}

#[test]
fn a_group_that_we_did_not_make_stays_when_the_train_forgets_it() {
    let mut world = served();
    run(&mut world);
    world.train.groups.pop();
    check(&world, &[]);
}

#[test]
fn a_group_that_we_did_not_make_may_be_replaced() {
    let mut world = served();
    run(&mut world);
    let again = Ocid::new("again");
    let group = world.observed.groups.remove(&by_hand()).unwrap();
    for id in &group.members {
        world.observed.instances.get_mut(id).unwrap().groups = [again.clone()].into();
    }
    world.observed.groups.insert(again.clone(), group);
    check(&world, &[]);
    rebind(&mut world.train, "web", "GL2");
    run(&mut world);
    assert_eq!(world.state.groups[&GroupName::new("web")].id, again);
}

#[test]
fn a_group_with_a_new_name_in_the_train_is_the_same_group() {
    let mut world = applied();
    let id = world.state.groups[&GroupName::new("web")].id.clone();
    let since = world.state.groups[&GroupName::new("web")].since;
    let web = &mut world.train.groups[1];
    web.name = GroupName::new("front");
    web.id = Some(id.clone());
    check(&world, &["Change group.front Group", "s0 instance.host-1 Level", "s1 instance.host-2 Level"]);
    run(&mut world);
    assert_eq!(world.state.groups.len(), 2);
    let front = &world.state.groups[&GroupName::new("front")];
    assert_eq!((&front.id, front.made, front.since), (&id, true, since));
    check(&world, &[]);
}

#[test]
fn a_group_with_a_new_name_in_the_service_is_the_same_group() {
    let mut world = applied();
    let id = world.state.groups[&GroupName::new("web")].id.clone();
    world.observed.groups.get_mut(&id).unwrap().name = "renamed".into();
    let plan = check(&world, &["drift group.web Renamed"]);
    assert_eq!(plan.drift[0].kind, DriftKind::Renamed { found: "renamed".into() });
    // Whoever says in the train file which one is meant may call it as he likes.
    world.train.groups[1].id = Some(id);
    check(&world, &[]);
}

/// The applied small world, whose web says that it is another lineage's.
fn lost() -> (World, Ocid) {
    let mut world = applied();
    let id = world.state.groups[&GroupName::new("web")].id.clone();
    let owner =
        Ownership { train: world.train.name.clone(), lineage: Lineage("theirs".into()), release: None };
    world.observed.groups.get_mut(&id).unwrap().owner = Some(owner);
    (world, id)
}

#[test]
fn a_group_on_record_that_says_it_is_anothers_is_refused() {
    let (mut world, id) = lost();
    for said in [None, Some(id.clone())] {
        world.train.groups[1].id = said;
        let refusals = refused(&world);
        let [refusal @ Refusal::LostGroup { id: told, .. }] = refusals.as_slice() else {
            panic!("{refusals:?}")
        };
        assert_eq!(*told, id);
        assert!(refusal.to_string().contains("state rm group.web"), "{refusal}");
    }
    // One whose tags name nobody is nobody else's.
    world.observed.groups.get_mut(&id).unwrap().owner = None;
    check(&world, &[]);
}

#[test]
fn a_group_that_the_train_forgets_and_that_says_it_is_anothers_is_held() {
    let (mut world, id) = lost();
    world.train.groups.pop();
    world.train.groups[0].after.clear();
    check(&world, &["held group.web OthersGroup"]);
    world.observed.groups.get_mut(&id).unwrap().owner = None;
    let plan = world.plan();
    let plan = plan.unwrap();
    let deletion =
        plan.steps.iter().find(|step| matches!(step.action, Action::Act { op: Op::DeleteGroup { .. } }));
    let expects = &deletion.unwrap().precondition;
    assert_eq!(world.observed.check(expects), Ok(()));
    // Somebody takes it over while the plan waits.
    let (later, _) = lost();
    let breach = later.observed.check(expects).unwrap_err().to_string();
    assert!(breach.contains("belongs to train t of lineage theirs"), "{breach}");
}

#[test]
fn one_that_is_only_bound_may_be_anybodys() {
    let (mut world, id) = lost();
    world.train.groups[1].members = patchtrain::train::Members::Service;
    world.state.groups.get_mut(&GroupName::new("web")).unwrap().made = false;
    check(&world, &[]);
    // Not where we have made it.
    world.state.groups.get_mut(&GroupName::new("web")).unwrap().made = true;
    assert!(matches!(refused(&world).as_slice(), [Refusal::LostGroup { id: told, .. }] if *told == id));
}
