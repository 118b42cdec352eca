//! What no plan is made of, and what lint finds in a plan that was tampered with.

use patchtrain::name::{Ocid, ReleaseName};
use patchtrain::observed::{ServiceGroup, Source};
use patchtrain::op::Op;
use patchtrain::plan::{Action, Plan, Refusal, lint};
use patchtrain::train::Members;

use crate::support::model;
use crate::support::worlds::{group, instance_id, release};

use super::small::*;

#[test]
fn a_changed_manifest_is_refused() {
    let mut world = applied();
    world.train.releases[0] = release("GL1", new(), 10);
    assert!(
        matches!(refused(&world).as_slice(), [Refusal::ChangedRelease { release, .. }] if release.as_str() == "GL1")
    );
}

#[test]
fn packages_that_no_source_offers_are_told_before_anything_is_made() {
    let mut world = start();
    let unknown = set("openssl-1:1.1-2.x86_64 zsh-1-1.x86_64");
    world.observed.unoffered = patchtrain::package::PackageSet::new(unknown.clone());
    let refusals = refused(&world);
    let [Refusal::NotOffered { release, packages }] = refusals.as_slice() else { panic!("{refusals:?}") };
    assert_eq!((release.as_str(), packages), ("GL2", &unknown));
    assert!(refusals[0].to_string().contains("2 of its packages"), "{}", refusals[0]);
    // What is in the source already needs no offer.
    let mut world = applied();
    world.observed.unoffered = patchtrain::package::PackageSet::new(unknown);
    assert!(world.plan().is_ok());
}

#[test]
fn a_source_of_another_lineage_is_refused() {
    let mut world = start();
    let name = "t/GL1".into();
    world.observed.sources.insert(Ocid::new("x"), Source { name, owner: None, contents: None, parent: None });
    assert!(matches!(refused(&world).as_slice(), [Refusal::ForeignSource { .. }]));
}

#[test]
fn a_recorded_source_that_carries_other_tags_is_not_written_into() {
    let mut world = applied();
    let id = world.state.sources[&ReleaseName::new("GL1")].id.clone();
    let source = world.observed.sources.get_mut(&id).unwrap();
    source.owner = None;
    assert!(world.plan().is_ok(), "there is nothing to write");
    world.observed.sources.get_mut(&id).unwrap().contents = None;
    assert!(matches!(refused(&world).as_slice(), [Refusal::ForeignSource { .. }]));
}

#[test]
fn a_state_whose_lineage_is_not_that_of_its_sources_is_refused() {
    let mut world = applied();
    world.state.lineage = patchtrain::op::Lineage("edited".into());
    let refusals = refused(&world);
    let [sources @ .., Refusal::LostGroup { owner, .. }, Refusal::LostGroup { .. }] = refusals.as_slice()
    else {
        panic!("{refusals:?}")
    };
    assert_eq!(owner, "train t of lineage ours");
    let [Refusal::ForeignSource { owner, .. }, Refusal::ForeignSource { .. }] = sources else {
        panic!("{refusals:?}")
    };
    assert_eq!(owner, "train t of lineage ours");
}

#[test]
fn groups_that_are_not_ours_or_not_one_are_refused() {
    let mut world = start();
    let by_hand =
        ServiceGroup { name: "web".into(), members: Default::default(), owner: None, ..Default::default() };
    world.observed.groups.insert(Ocid::new("a"), by_hand.clone());
    assert!(matches!(refused(&world).as_slice(), [Refusal::ForeignGroup { .. }]));
    world.train.groups[1].members = Members::Service;
    assert!(world.plan().is_ok());
    world.observed.groups.insert(Ocid::new("b"), by_hand);
    assert!(matches!(refused(&world).as_slice(), [Refusal::AmbiguousGroup { ids, .. }] if ids.len() == 2));
    world.train.groups[1].id = Some(Ocid::new("b"));
    assert!(world.plan().is_ok());
    world.observed.groups.clear();
    assert!(matches!(refused(&world).as_slice(), [Refusal::NoSuchGroup { .. }]));
}

#[test]
fn a_list_that_shrinks_by_mistake_is_refused() {
    let mut world = start();
    let ids: Vec<Ocid> = (10..40).map(instance_id).collect();
    for id in &ids {
        let twin = world.observed.instances[&instance_id(0)].clone();
        world.observed.instances.insert(id.clone(), twin);
    }
    world.train.groups.push(group("many", "GL1", &ids));
    let plan = world.plan().unwrap();
    model::run_all(&mut world, &plan);
    for (left, refused) in [(21, false), (20, true), (0, true)] {
        world.train.groups[2].members = Members::Listed(ids[..left].iter().cloned().collect());
        let refusals = world.plan_with(false).err().unwrap_or_default();
        let shrink = matches!(refusals.as_slice(), [refusal @ Refusal::Shrink { .. }] if refusal.is_policy());
        assert_eq!(shrink, refused, "{left} of 30 left: {refusals:?}");
        assert!(world.plan_with(true).is_ok());
    }
    world.train.groups.pop();
    assert!(matches!(
        world.plan_with(false).unwrap_err().as_slice(),
        [Refusal::Shrink { leaving: 30, members: 30, .. }]
    ));
}

#[test]
fn the_golden_instance_is_never_a_member() {
    let mut world = start();
    let members: std::collections::BTreeSet<Ocid> = (0..3).map(instance_id).collect();
    let by_hand = ServiceGroup { name: "all".into(), members, owner: None, ..Default::default() };
    world.observed.groups.insert(Ocid::new("a"), by_hand);
    world.train.groups = vec![group("all", "GL1", &[])];
    world.train.groups[0].members = Members::Service;
    world.train.golden = Some(instance_id(1));
    let plan = world.plan().unwrap();
    assert!(matches!(plan.notes.as_slice(), [patchtrain::plan::Note::GoldenLeftOut { .. }]));
    assert!(!told(&plan).contains("host-1"), "{}", told(&plan));
    // Alone in the group it is no member that could get lost.
    let only = world.observed.groups.get_mut("a").unwrap();
    only.members.retain(|id| *id == instance_id(1));
    assert!(world.plan_with(false).is_ok());
}

#[test]
fn lint_sees_what_is_wrong_with_a_plan() {
    let good = start().plan().unwrap();
    type Harm = fn(&mut Plan);
    let broken: [(&str, Harm); 11] = [
        ("asked twice", |plan| {
            plan.steps[1] = patchtrain::plan::Step { id: plan.steps[1].id, ..plan.steps[2].clone() }
        }),
        ("a gate left out", |plan| plan.steps[16].after.retain(|step| step.0 != 15)),
        ("no proof", |plan| {
            plan.steps.pop();
        }),
        ("a cycle", |plan| plan.steps[0].after.push(patchtrain::op::StepId(3))),
        ("a change without step", |plan| plan.steps.truncate(10)),
        ("a step without change", |plan| {
            plan.changes.remove(0);
        }),
        ("another release", |plan| {
            if let Action::Act { op: Op::Switch { to, .. } } = &mut plan.steps[13].action {
                to.release = ReleaseName::new("GL2");
            }
        }),
        ("another instance", |plan| {
            plan.steps[13].address = patchtrain::name::Address::Instance(instance_id(1));
        }),
        ("a gate that lets everybody pass", |plan| {
            use patchtrain::plan::Condition;
            if let Action::Gate { condition: Condition::GroupAtLevel { allowed, .. } } =
                &mut plan.steps[15].action
            {
                *allowed = 99;
            }
        }),
        ("a wrong count", |plan| plan.groups[1].work.switches = 1),
        ("a cohort with a stranger", |plan| plan.cohorts[0].instances.push(instance_id(77))),
    ];
    for (what, harm) in broken {
        let mut plan = good.clone();
        harm(&mut plan);
        assert_ne!(lint::lint(&plan), [], "{what} passes");
        // Nor is it taken from a file, however well its id fits.
        plan.id = plan.content_id();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("p.plan");
        let plain = patchtrain::seal::Sealing::none();
        patchtrain::plan::save(&plan, &file, &plain).unwrap();
        let error = patchtrain::plan::read(&file).unwrap().open(&plain).unwrap_err().to_string();
        assert!(error.contains("its steps do not hold together: "), "{what}: {error}");
    }
}
