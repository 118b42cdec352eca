//! What others made and a run takes over: whatever answers are lost, its tags are put on once and it is recorded; and not if
//! it is another thing by then.

use super::plans::{self, Builder, group, release};
use super::*;
use crate::cloud::memory::Fault;
use crate::name::Ocid;
use crate::observed::{Precondition, SeenGroup, ServiceGroup, Source, SourceLink};

fn source_id() -> Ocid {
    Ocid::new("ocid1.osmssoftwaresource.oc1..theirs")
}

fn group_id() -> Ocid {
    Ocid::new("ocid1.osmsmanagedinstancegroup.oc1..theirs")
}

fn ops() -> [Op; 2] {
    [
        Op::AdoptSource { release: release(), id: source_id(), owner: plans::owner() },
        Op::AdoptGroup {
            group: group("canary"),
            id: group_id(),
            called: "their canaries".to_owned(),
            owner: plans::group_owner(),
        },
    ]
}

fn rig() -> Rig {
    let mut builder = Builder::new();
    let [source, group] = ops();
    let adopted = builder.act(None, source, &[]);
    builder.verify_contents(&[adopted]);
    builder.act(Some("canary"), group, &[]);
    let contents = plans::set(plans::NEW);
    let as_seen = |id, contents, group| Precondition::AsSeen { id, owner: None, contents, group };
    let theirs = ServiceGroup { name: "their canaries".into(), ..Default::default() };
    let plan = builder.edit();
    plan.steps[0].precondition = as_seen(source_id(), Some(contents.digest()), None);
    plan.steps[2].precondition = as_seen(group_id(), None, Some(Box::new(SeenGroup::of(&theirs))));
    let mut world = plans::world(&[]);
    let source = Source { name: "theirs".into(), owner: None, contents: Some(contents), parent: None };
    world.sources.insert(source_id(), source);
    world.groups.insert(group_id(), theirs);
    Rig::new(builder.done(), world)
}

fn is_taken_over(rig: &Rig) {
    let state = rig.state();
    let record = &state.sources[&release()];
    assert!(record.id == source_id() && record.proven.is_some(), "{record:?}");
    let record = &state.groups[&group("canary")];
    assert_eq!(
        (&record.id, record.made, record.called.as_deref()),
        (&group_id(), true, Some("their canaries"))
    );
    assert!(state.unfinished.is_empty());
    rig.cloud.edit(|world| {
        assert_eq!(world.sources[&source_id()].owner, Some(plans::owner()));
        assert_eq!(world.groups[&group_id()].owner, Some(plans::group_owner()));
        assert_eq!((world.sources.len(), world.groups.len()), (plans::world(&[]).sources.len() + 1, 1));
    });
}

#[tokio::test(start_paused = true)]
async fn lost_answers_and_lost_calls_make_no_difference() {
    let rig_of = |fault: Option<(&Op, Fault)>| {
        let rig = rig();
        if let Some((op, fault)) = fault {
            rig.cloud.on_submit(op.key(), 1, fault);
        }
        rig
    };
    let (source, group) = (&ops()[0], &ops()[1]);
    let done_and_refused = || Fault::DoneAndRefused { status: 409, code: "Conflict" };
    for fault in [
        None,
        Some((source, Fault::LostAnswer)),
        Some((source, Fault::LostCall)),
        Some((source, done_and_refused())),
        Some((group, Fault::LostAnswer)),
        Some((group, Fault::LostCall)),
        Some((group, done_and_refused())),
    ] {
        let rig = rig_of(fault);
        let (outcome, _) = rig.apply().await.unwrap();
        assert_eq!(outcome.counts.failed, 0, "{outcome:?}");
        is_taken_over(&rig);
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_cut_left_tagged_and_unrecorded_is_recorded() {
    let rig = rig();
    rig.cloud.edit(|world| {
        ops().iter().for_each(|op| world.advance(op));
    });
    let (outcome, _) = rig.apply().await.unwrap();
    for op in ops() {
        assert_eq!(rig.end_of(&outcome, &op), StepEnd::AlreadyDone);
        assert_eq!(rig.cloud.calls(&op.key()), 0);
    }
    is_taken_over(&rig);
}

#[tokio::test(start_paused = true)]
async fn what_is_another_thing_by_then_is_left_alone() {
    type Change = fn(&mut Observed);
    let rows: [(Change, usize, &str); 7] = [
        (
            |world| {
                let contents = Some(plans::set(&plans::NEW[..1]));
                world.sources.get_mut(&source_id()).unwrap().contents = contents;
            },
            0,
            "it holds other packages",
        ),
        (|world| drop(world.sources.remove(&source_id())), 0, "is gone"),
        (
            |world| {
                let other = crate::op::Ownership { train: TrainName::new("x"), ..plans::owner() };
                world.sources.get_mut(&source_id()).unwrap().owner = Some(other);
            },
            0,
            "its tags name train x of lineage",
        ),
        (|world| drop(world.groups.remove(&group_id())), 1, "is gone"),
        (
            |world| {
                world.groups.get_mut(&group_id()).unwrap().members.insert(plans::instance("new"));
            },
            1,
            "it has other members",
        ),
        (
            |world| {
                let link = SourceLink { id: source_id(), name: "theirs".into() };
                world.groups.get_mut(&group_id()).unwrap().sources.push(link);
            },
            1,
            "it has other software sources",
        ),
        (
            |world| {
                let other = crate::op::Ownership { train: TrainName::new("x"), ..plans::group_owner() };
                world.groups.get_mut(&group_id()).unwrap().owner = Some(other);
            },
            1,
            "its tags name train x of lineage",
        ),
    ];
    for (change, refused, why) in rows {
        let rig = rig();
        rig.cloud.edit(change);
        let (outcome, _) = rig.apply().await.unwrap();
        let end = rig.end_of(&outcome, &ops()[refused]);
        assert!(matches!(&end, StepEnd::Refused { message } if message.contains(why)), "{why}: {end:?}");
        assert_eq!(rig.cloud.calls(&ops()[refused].key()), 0);
        assert_eq!(rig.state().sources.contains_key(&release()), refused != 0);
    }
}
