//! Work for a whole group that an earlier process left open, and how the next one takes it up.

use std::time::Duration;

use patchtrain::apply::{Event, StepEnd, apply};
use patchtrain::cloud::memory::Fault;
use patchtrain::name::{Ocid, ReleaseName};
use patchtrain::op::{Op, OpKey};
use patchtrain::plan::{Action, HeldReason, Plan};
use patchtrain::state::State;
use patchtrain::state::store::Session;
use patchtrain::train::Members;

use super::convergence::{Pipeline, run};
use crate::support::hub;
use crate::support::store::MemoryStore;

fn end_of(plan: &Plan, ends: &[StepEnd], key: &OpKey) -> Option<StepEnd> {
    let is = |action: &Action| matches!(action, Action::Act { op } if op.key() == *key);
    let at = plan.steps.iter().position(|step| is(&step.action))?;
    Some(ends[at].clone())
}

/// A group has other sources as soon as it is asked for them. That says nothing of the members on whom it failed.
#[tokio::test(start_paused = true)]
async fn whom_an_exchange_failed_on_is_not_forgotten_with_the_process_that_asked_for_it() {
    let mut pipeline = Pipeline::new(&hub::fleet(3, 1));
    pipeline.settle(0).await;
    let group = &mut pipeline.world.train.groups[0];
    group.release = ReleaseName::new("GL2");
    let name = group.name.clone();
    let (detach, update) = (OpKey::detach(&name, &group.release), OpKey::update_group(&name, &group.release));
    pipeline.cloud.on_submit(detach.clone(), 1, Fault::FailedWork { message: "disk full".to_owned() });
    let before = pipeline.cloud.calls(&update);

    // The process dies while it waits for the old source's being taken away.
    let plan = pipeline.plan(0).await;
    let mut session = pipeline.store.clone();
    let state = Session::load(&mut session).await.unwrap().unwrap();
    let (ours, sender) = run(&pipeline.clock);
    let at = plan.steps.iter().position(|step| match &step.action {
        Action::Act { op } => op.key() == detach,
        _ => false,
    });
    let outcome = apply(&plan, pipeline.cloud.clone(), session, state, ours, |event| {
        if matches!(&event, patchtrain::apply::Event::Waiting { step, .. } if Some(step.0 as usize) == at) {
            sender.send_replace(2);
        }
    });
    assert!(outcome.await.unwrap().interrupted);
    tokio::time::sleep(Duration::from_secs(3_600)).await;

    let plan = pipeline.plan(0).await;
    let outcome = pipeline.apply(&plan).await;
    let ends: Vec<StepEnd> = outcome.ends.into_iter().map(|(_, end)| end).collect();
    assert_eq!(end_of(&plan, &ends, &detach), Some(StepEnd::Done), "it has ended, on some");
    let refused = end_of(&plan, &ends, &update);
    assert!(
        matches!(&refused, Some(StepEnd::Refused { message }) if message.contains("1 of its members")),
        "{refused:?}"
    );
    assert_eq!(pipeline.cloud.calls(&update), before, "it would take that one beyond its release");

    let plan = pipeline.plan(0).await;
    let reruns = plan.steps.iter().filter(|step| {
        matches!(&step.action, Action::Act { op: Op::Rerun { instances, .. } } if instances.len() == 1)
    });
    assert_eq!(reruns.count(), 1, "{:#?}", plan.steps);
    pipeline.settle(0).await;
}

/// Applies a plan and ends it at once when it waits for an op's work.
pub(super) async fn cut_short(pipeline: &Pipeline, plan: &Plan, is: fn(&Op) -> bool) {
    let mut session = pipeline.store.clone();
    let state = Session::load(&mut session).await.unwrap();
    let state = state.unwrap_or_else(|| State::new(plan.basis.train.clone(), plan.basis.lineage.clone()));
    let (ours, sender) = run(&pipeline.clock);
    let outcome = apply(plan, pipeline.cloud.clone(), session, state, ours, |event| {
        let Event::Waiting { step, .. } = &event else { return };
        if matches!(&plan.steps[step.0 as usize].action, Action::Act { op } if is(op)) {
            sender.send_replace(2);
        }
    });
    assert!(outcome.await.unwrap().interrupted);
}

/// Whoever is being taken in is in the group already and has not its sources yet. To let him go for that would have the
/// sources land on nobody, and the group be updated without him.
#[tokio::test(start_paused = true)]
async fn who_is_being_taken_in_is_not_let_go_by_the_next_run() {
    for (wait, goes_on) in [(Duration::ZERO, true), (Duration::from_secs(3_600), false)] {
        let mut pipeline = Pipeline::new(&hub::fleet(3, 1));
        let plan = pipeline.plan(0).await;
        cut_short(&pipeline, &plan, |op| matches!(op, Op::Enroll { .. })).await;
        tokio::time::sleep(wait).await;

        let again = pipeline.plan(0).await;
        let ops = |plan: &Plan| -> Vec<OpKey> {
            let acts = plan.steps.iter().filter_map(|step| match &step.action {
                Action::Act { op: op @ (Op::Enroll { .. } | Op::Dismiss { .. }) } => Some(op.key()),
                _ => None,
            });
            acts.collect()
        };
        let dismissed =
            again.steps.iter().filter(|step| matches!(&step.action, Action::Act { op: Op::Dismiss { .. } }));
        assert_eq!(dismissed.count(), 0, "{:#?}", again.steps);
        assert!(!goes_on || ops(&again) == ops(&plan), "the same calls, to be found again");
        let outcome = pipeline.apply(&again).await;
        assert!(outcome.ends.iter().all(|(_, end)| end.lets_on()), "{:#?}", outcome.ends);
        let enroll = &ops(&plan)[0];
        assert_eq!(pipeline.cloud.calls(enroll), 1);
        let plan = pipeline.plan(0).await;
        assert!(plan.steps.is_empty() && plan.held.is_empty(), "{:#?}", plan.steps);
        assert!(pipeline.store.state().unwrap().unfinished.is_empty());
    }
}

/// Where only the list of what is installed was cut off, the update before it is not asked for again.
#[tokio::test(start_paused = true)]
async fn what_is_updated_and_not_yet_listed_is_not_updated_again() {
    let mut pipeline = Pipeline::new(&hub::fleet(3, 1));
    pipeline.settle(0).await;
    let group = &mut pipeline.world.train.groups[0];
    group.release = ReleaseName::new("GL2");
    let update = OpKey::update_group(&group.name, &group.release);
    pipeline.cloud.on_submit(OpKey::refresh(&group.name), 1, Fault::StuckWork);
    let plan = pipeline.plan(0).await;
    let before = pipeline.world.observed.instances.clone();
    cut_short(&pipeline, &plan, |op| matches!(op, Op::Refresh { .. })).await;
    assert_eq!(pipeline.cloud.calls(&update), 1);
    // The list is still that of before.
    pipeline.plan(0).await;
    for (id, seen) in &mut pipeline.world.observed.instances {
        seen.inventory = before[id].inventory.clone();
    }
    let moment =
        pipeline.world.state.unfinished[&OpKey::refresh(&pipeline.world.train.groups[0].name)].started;
    // One that is newer tells what is really lacking.
    let mut listed = |at| {
        pipeline.world.observed.instances.values_mut().for_each(|seen| seen.listed = Some(at));
        pipeline.world.plan().unwrap()
    };
    let updates = |plan: &Plan| end_of(plan, &vec![StepEnd::Done; plan.steps.len()], &update).is_some();
    assert!(updates(&listed(moment)));
    let again = listed(moment - jiff::SignedDuration::from_secs(1));
    assert!(!updates(&again));
    let acts = again.steps.iter().filter_map(|step| match &step.action {
        Action::Act { op } => Some(op.key()),
        Action::Verify { .. } | Action::Gate { .. } => None,
    });
    assert_eq!(acts.collect::<Vec<_>>(), [OpKey::refresh(&pipeline.world.train.groups[0].name)]);
}

/// Work that is over for those whom a step is about is not over for all.
#[tokio::test(start_paused = true)]
async fn work_that_one_member_has_open_is_kept_whatever_the_others_are_asked() {
    let mut pipeline = Pipeline::new(&hub::fleet(3, 1));
    let plan = pipeline.plan(0).await;
    let mut keys = plan.steps.iter().filter_map(|step| match &step.action {
        Action::Act { op: op @ Op::Enroll { .. } } => Some(op.key()),
        _ => None,
    });
    let enroll = keys.next_back().unwrap();
    pipeline.cloud.on_submit(enroll.clone(), 1, Fault::StuckWork);
    pipeline.apply(&plan).await;

    let mut state = pipeline.store.state().unwrap();
    assert!(state.unfinished.contains_key(&enroll));
    state.instances.values_mut().for_each(|record| record.at_level = None);
    pipeline.store = MemoryStore::holding(state);
    let plan = pipeline.plan(0).await;
    assert!(matches!(&plan.steps[0].action, Action::Act { op: Op::Refresh { .. } }), "{:#?}", plan.steps);
    pipeline.apply(&plan).await;
    assert!(pipeline.store.state().unwrap().unfinished.contains_key(&enroll));
    let plan = pipeline.plan(0).await;
    let overdue = plan.held.iter().filter(|held| matches!(held.reason, HeldReason::Overdue { .. }));
    assert_eq!(overdue.count(), 1, "{:?}", plan.held);
}

/// What one member keeps open for long is no matter of whoever became a member after it was asked for.
#[tokio::test(start_paused = true)]
async fn who_has_no_part_in_open_work_does_not_wait_for_it() {
    let mut pipeline = Pipeline::new(&hub::fleet(3, 1));
    let group = &mut pipeline.world.train.groups[0];
    let Members::Listed(all) = group.members.clone() else { panic!() };
    let joiner: Ocid = all.iter().nth(2).cloned().unwrap();
    group.members = Members::Listed(all.iter().take(2).cloned().collect());
    pipeline.settle(0).await;
    let group = &mut pipeline.world.train.groups[0];
    group.release = ReleaseName::new("GL2");
    group.members = Members::Listed(all);
    let detach = OpKey::detach(&group.name, &group.release);
    pipeline.cloud.on_submit(detach.clone(), 1, Fault::StuckWork);
    let plan = pipeline.plan(0).await;
    pipeline.apply(&plan).await;

    // The group is held by one member's old source, and whoever joined meanwhile is only read back.
    let plan = pipeline.plan(0).await;
    let begun = tokio::time::Instant::now();
    let outcome = pipeline.apply(&plan).await;
    assert!(outcome.ends.iter().all(|(_, end)| *end == StepEnd::Done), "{:?}", outcome.ends);
    assert!(begun.elapsed() < Duration::from_secs(300), "{:?}", begun.elapsed());
    let state = pipeline.store.state().unwrap();
    assert!(state.unfinished.contains_key(&detach));
    assert!(state.instances[&joiner].at_level.is_some());
}
