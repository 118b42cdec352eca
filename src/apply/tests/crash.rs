//! Kills at every call and at every append: the next run goes on, does nothing twice, and comes to the same end.

use std::collections::BTreeMap;

use super::plans::{story, story_world};
use super::store::Fails;
use super::*;
use crate::state::{Entry, Finish};

/// The end of a run that nothing disturbed.
async fn reference() -> (State, Observed, usize, usize) {
    let rig = Rig::new(story(0), story_world());
    rig.converge().await;
    let appends = rig.store.with(|inner| inner.batches.len());
    (settled(rig.state()), rig.cloud.observed(), rig.cloud.served(), appends)
}

/// Ops that the journal knows as done, with how often they were asked for until then.
fn known_done(rig: &Rig) -> BTreeMap<OpKey, usize> {
    let done = |entry: &Entry| match entry {
        Entry::Finished { key, finish: Finish::Done, .. } => Some(key.clone()),
        _ => None,
    };
    let keys: Vec<OpKey> = rig.store.with(|inner| inner.journal.iter().filter_map(done).collect());
    keys.into_iter().map(|key| (key.clone(), rig.cloud.calls(&key))).collect()
}

async fn assert_resumes(rig: &Rig, (state, world): (&State, &Observed), context: &str) {
    let before = known_done(rig);
    rig.converge().await;
    rig.assert_each_op_done_once();
    for (key, calls) in before {
        assert_eq!(rig.cloud.calls(&key), calls, "{context}: {key} was asked for again");
    }
    assert_eq!(settled(rig.state()), *state, "{context}");
    assert_eq!(rig.cloud.observed(), *world, "{context}");
}

#[tokio::test(start_paused = true)]
async fn a_kill_at_any_call_is_survived() {
    let (state, world, calls, _) = reference().await;
    assert!(calls > 40, "{calls}");
    for served in [false, true] {
        for after in 0..calls {
            let rig = Rig::new(story(0), story_world());
            rig.cloud.cut_after(after, served);
            tokio::select! {
                ended = rig.apply() => panic!("the run ended before call {after}: {ended:?}"),
                () = rig.cloud.cut_reached() => {}
            }
            rig.cloud.mend();
            assert_resumes(&rig, (&state, &world), &format!("call {after}, served {served}")).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_kill_some_hours_later_in_the_next_run_is_survived_too() {
    let (_, world, calls, _) = reference().await;
    for after in (0..calls).step_by(3) {
        let rig = Rig::new(story(0), story_world());
        rig.cloud.cut_after(after, true);
        for hours in [1, 30] {
            tokio::select! {
                ended = rig.apply() => { ended.unwrap(); }
                () = rig.cloud.cut_reached() => {}
            }
            rig.hours_pass(hours).await;
            rig.cloud.cut_after(after / 2, true);
        }
        rig.cloud.mend();
        let outcome = rig.apply().await;
        assert!(
            matches!(&outcome, Err(ApplyError::UsedUp))
                || outcome.unwrap().0.ends.iter().all(|(_, end)| end.lets_on())
        );
        rig.assert_each_op_done_once();
        assert_eq!(rig.cloud.observed(), world, "call {after}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_breaks_at_any_append_stops_the_run_and_loses_nothing() {
    let (state, world, _, appends) = reference().await;
    for durable in [false, true] {
        for at in 0..appends {
            let rig = Rig::new(story(0), story_world());
            rig.store.with(|inner| inner.fails = Some(Fails { at, durable }));
            assert!(matches!(rig.apply().await, Err(ApplyError::Unsaved { .. })), "append {at}");
            // Nothing is submitted after a failed append: no op is done that the journal does not know as started.
            let started = |entry: &Entry| match entry {
                Entry::Started { key, .. } => Some(key.clone()),
                _ => None,
            };
            let known: Vec<OpKey> =
                rig.store.with(|inner| inner.journal.iter().filter_map(started).collect());
            let done = rig.cloud.done();
            assert!(done.keys().all(|key| known.contains(key)), "append {at}: {done:?} {known:?}");

            rig.store.with(|inner| inner.fails = None);
            let context = format!("append {at}, durable {durable}");
            if rig.store.current().is_some_and(|state| state.last_plan.is_some_and(|run| run.used_up)) {
                assert!(matches!(rig.apply().await, Err(ApplyError::UsedUp)), "{context}");
                rig.assert_each_op_done_once();
                continue;
            }
            assert_resumes(&rig, (&state, &world), &context).await;
        }
    }
}

/// As when the disk is gone for good: what the run hands out is put in the place of what the store has.
#[tokio::test(start_paused = true)]
async fn what_a_broken_store_did_not_take_is_handed_out_and_can_be_gone_on_from() {
    let (_, world, _, appends) = reference().await;
    for at in 0..appends {
        let rig = Rig::new(story(0), story_world());
        rig.store.with(|inner| inner.fails = Some(Fails { at, durable: false }));
        let state = match rig.apply().await {
            Err(ApplyError::Unsaved { state, .. }) => *state,
            other => panic!("append {at}: {other:?}"),
        };
        rig.store.with(|inner| {
            inner.snapshot = Some(state.clone());
            inner.journal.clear();
            inner.fails = None;
        });
        match rig.apply().await {
            Err(ApplyError::UsedUp) => {}
            ended => assert!(ended.unwrap().0.ends.iter().all(|(_, end)| end.lets_on()), "append {at}"),
        }
        rig.assert_each_op_done_once();
        assert_eq!(rig.cloud.observed(), world, "append {at}");
    }
}
