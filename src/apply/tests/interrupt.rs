//! Signals: nothing more is submitted, answers in flight come in, tickets are kept, and the next run goes on.

use super::plans::{self, story, story_world};
use super::*;

/// Applies and sends a signal after so much time.
async fn interrupted_after(rig: &Rig, time: Duration, level: u8) -> (Outcome, Vec<Event>, Duration) {
    let signal = async {
        tokio::time::sleep(time).await;
        rig.interrupt.send_replace(level);
        tokio::time::Instant::now()
    };
    let (ended, sent) = tokio::join!(rig.apply(), signal);
    let (outcome, events) = ended.unwrap();
    rig.interrupt.send_replace(0);
    (outcome, events, sent.elapsed())
}

#[tokio::test(start_paused = true)]
async fn work_runs_on_and_its_ticket_is_kept() {
    let rig = Rig::new(story(0), story_world());
    let (outcome, events, took) = interrupted_after(&rig, Duration::from_secs(5), 1).await;
    assert!(outcome.interrupted && took < Duration::from_secs(1), "{took:?}");
    let update = plans::update("canary-1");
    let StepEnd::Left { message } = rig.end_of(&outcome, &update) else { panic!("{outcome:?}") };
    assert!(message.contains("runs on in the service"), "{message}");
    assert_eq!(events.iter().filter(|event| **event == Event::Interrupted).count(), 1);
    let state = rig.state();
    assert!(state.unfinished[&update.key()].ticket.is_some());
    assert!(!state.last_plan.unwrap().used_up);
    assert_eq!((outcome.counts.failed, outcome.serial), (0, 1));
    rig.store.with(|inner| assert!(inner.history[0].interrupted));

    rig.converge().await;
    rig.assert_each_op_done_once();
}

#[tokio::test(start_paused = true)]
async fn a_signal_at_any_moment_submits_nothing_more_and_loses_nothing() {
    for level in [1, 2] {
        for tenth in 0..160 {
            let rig = Rig::new(story(0), story_world());
            let time = Duration::from_millis(13 * tenth);
            let before = async {
                tokio::time::sleep(time).await;
                rig.cloud.served()
            };
            let ((outcome, events, took), served) =
                tokio::join!(interrupted_after(&rig, time, level), before);
            assert!(outcome.interrupted, "after {time:?}: {events:?}");
            assert!(took <= Duration::from_secs(2));
            assert!(rig.cloud.served() <= served + rig.settings.parallelism, "after {time:?}");
            // Each step has one end, whatever it was.
            let ends = events.iter().filter(|event| matches!(event, Event::Ended { .. })).count();
            assert_eq!(ends, rig.plan.steps.len(), "after {time:?}");
            let state = rig.store.current();
            assert_eq!(state.map_or(0, |state| state.serial), outcome.serial);
            rig.converge().await;
            rig.assert_each_op_done_once();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn answers_that_take_too_long_are_given_up_after_two_seconds() {
    for (level, takes) in [(1, Duration::from_secs(2)), (2, Duration::ZERO)] {
        let rig = Rig::new(story(0), story_world());
        rig.cloud.set_latency(Duration::from_secs(60));
        let (outcome, _, took) = interrupted_after(&rig, Duration::from_secs(90), level).await;
        // The journal takes its own milliseconds.
        assert!(took >= takes && took < takes + Duration::from_millis(50), "{took:?}");
        let StepEnd::Left { message } = rig.end_of(&outcome, &plans::create_source()) else {
            panic!("{outcome:?}")
        };
        assert!(message.contains("not known"), "{message}");
        // A second signal does not wait for the fold: the journal says it all.
        assert_eq!(rig.store.with(|inner| inner.folds), usize::from(level == 1));
        rig.cloud.set_latency(Duration::from_millis(10));
        rig.converge().await;
        rig.assert_each_op_done_once();
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_only_looked_at_is_not_started() {
    let rig = Rig::new(story(0), story_world());
    rig.cloud.set_latency(Duration::from_secs(1));
    let (outcome, _, took) = interrupted_after(&rig, Duration::from_millis(500), 1).await;
    assert!(took >= Duration::from_millis(500), "the look in flight is brought to its end: {took:?}");
    assert!(outcome.ends.iter().all(|(_, end)| *end == StepEnd::NotStarted), "{outcome:?}");
    assert!(rig.state().unfinished.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_second_signal_ends_the_wait_for_answers() {
    let rig = Rig::new(story(0), story_world());
    rig.cloud.set_latency(Duration::from_secs(60));
    let second = async {
        tokio::time::sleep(Duration::from_millis(90_500)).await;
        rig.interrupt.send_replace(2);
    };
    let (first, ()) = tokio::join!(interrupted_after(&rig, Duration::from_secs(90), 1), second);
    assert!(first.2 < Duration::from_millis(600), "{:?}", first.2);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_does_not_answer_is_given_up_after_a_second_signal() {
    let batches = {
        let rig = Rig::new(story(0), story_world());
        rig.apply().await.unwrap();
        rig.store.with(|inner| inner.batches.len())
    };
    for at in [0, 1, batches / 2, batches - 1, batches] {
        let rig = Rig::new(story(0), story_world());
        rig.store.with(|inner| inner.hangs_at = Some(at));
        let first = async {
            tokio::time::sleep(Duration::from_secs(600)).await;
            rig.interrupt.send_replace(1);
        };
        let late = Duration::from_secs(700);
        let ((outcome, events, took), ()) = tokio::join!(interrupted_after(&rig, late, 2), first);
        assert!(outcome.interrupted && took <= Duration::from_secs(2), "append {at}: {took:?}");
        let ends = events.iter().filter(|event| matches!(event, Event::Ended { .. })).count();
        assert_eq!(ends, rig.plan.steps.len(), "append {at}");
        rig.store.with(|inner| inner.hangs_at = None);
        let kept = rig.store.current().map_or(0, |state| state.serial);
        assert!(kept <= outcome.serial, "append {at}: {kept}, {}", outcome.serial);
        // Where only the fold was not answered, the journal says that all is done.
        let run = rig.store.current().and_then(|state| state.last_plan);
        let used_up = run.is_some_and(|run| run.used_up);
        assert_eq!(used_up, at == batches, "append {at}");
        if !used_up {
            rig.converge().await;
        }
        rig.assert_each_op_done_once();
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_nobody_can_interrupt_ends_too() {
    let mut rig = Rig::new(story(0), story_world());
    rig.converge().await;
    let other = Rig::new(story(0), story_world());
    let (sender, receiver) = watch::channel(0);
    drop(sender);
    let run = Run {
        settings: other.settings,
        clock: Arc::new(|| jiff::Timestamp::UNIX_EPOCH),
        interrupt: receiver,
        who: String::new(),
        host: String::new(),
        wait: false,
        checker: None,
        consent: Default::default(),
    };
    rig.plan = story(0);
    let state = State::new(train(), lineage());
    let ended =
        super::super::apply(&other.plan, other.cloud.clone(), other.store.clone(), state, run, |_| {}).await;
    assert_eq!(ended.unwrap().counts.done, other.plan.steps.len());
}
