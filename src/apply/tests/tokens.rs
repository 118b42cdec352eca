//! Retry tokens and tickets over several runs.

use super::plans::{self, Builder, instance, story, story_world};
use super::*;
use crate::cloud::memory::Fault;
use crate::op::Ticket;
use crate::state::{Entry, UnfinishedOp};

fn started(rig: &Rig, op: &Op) -> Vec<(RetryToken, jiff::Timestamp)> {
    let key = op.key();
    let of = |entry: &Entry| match entry {
        Entry::Started { key: known, token, at, .. } if *known == key => Some((token.clone(), *at)),
        _ => None,
    };
    rig.store.with(|inner| inner.journal.iter().filter_map(of).collect())
}

/// A run that is killed with the answer to the op's first call on its way.
async fn killed_at(op: &Op, served: bool) -> Rig {
    let rig = Rig::new(story(0), story_world());
    let fault = if served { Fault::LostAnswer } else { Fault::LostCall };
    rig.cloud.on_submit(op.key(), 1, fault);
    tokio::select! {
        ended = rig.apply() => panic!("{ended:?}"),
        () = async { while rig.cloud.calls(&op.key()) == 0 { tokio::time::sleep(Duration::from_millis(1)).await } } => {}
    }
    rig
}

#[tokio::test(start_paused = true)]
async fn a_token_is_inherited_for_24_hours_and_replaced_after() {
    let op = plans::switch("canary-1");
    for (hours, inherited) in [(1, true), (23, true), (24, false), (100, false)] {
        let rig = killed_at(&op, false).await;
        let [(token, at)] = started(&rig, &op)[..].to_vec().try_into().unwrap();
        rig.hours_pass(hours).await;
        let seen = rig.cloud.clone();
        // Look at the journal before the fold: kill the second run right after its call.
        tokio::select! {
            ended = rig.apply() => panic!("{ended:?}"),
            () = async { while seen.calls(&op.key()) < 2 { tokio::time::sleep(Duration::from_millis(1)).await } } => {}
        }
        let again = started(&rig, &op);
        assert_eq!(again[0] == (token, at), inherited, "after {hours} hours: {again:?}");
        rig.converge().await;
        rig.assert_each_op_done_once();
    }
}

#[tokio::test(start_paused = true)]
async fn a_served_call_of_which_no_answer_came_is_not_made_twice_however_late() {
    for hours in [0, 23, 25, 500] {
        for op in story(0).steps.iter().filter_map(|step| match &step.action {
            Action::Act { op } => Some(op.clone()),
            _ => None,
        }) {
            let rig = killed_at(&op, true).await;
            rig.hours_pass(hours).await;
            rig.converge().await;
            assert_eq!(rig.cloud.done()[&op.key()], 1, "{} after {hours} hours", op.key());
        }
    }
}

/// A state in which an update is not known to be finished.
fn with_unfinished(rig: &Rig, op: &Op, ticket: Option<&str>) {
    let mut state = State::new(train(), lineage());
    let started = jiff::Timestamp::from_second(999_000).unwrap();
    let ticket = ticket.map(|ticket| Ticket(ticket.to_owned()));
    state.unfinished.insert(
        op.key(),
        UnfinishedOp { token: RetryToken("old".to_owned()), started, ticket, instances: Vec::new() },
    );
    rig.store.with(|inner| inner.snapshot = Some(state));
}

#[tokio::test(start_paused = true)]
async fn a_recorded_ticket_is_asked_after_instead_of_updating_again() {
    let update = plans::update("canary-1");
    let rig = Rig::new(story(0), story_world());
    rig.cloud.set_work_takes(Duration::from_secs(4000));
    let rig = Rig { settings: Settings { work_patience: Duration::from_secs(60), ..rig.settings }, ..rig };
    let (outcome, _) = rig.apply().await.unwrap();
    let StepEnd::Failed { message } = rig.end_of(&outcome, &update) else { panic!() };
    assert!(message.contains("has not ended in 1 min (`work_timeout`)"), "{message}");
    assert!(rig.state().unfinished[&update.key()].ticket.is_some());

    let rig = Rig { settings: Settings { work_patience: Duration::from_secs(9000), ..rig.settings }, ..rig };
    let (outcome, events) = rig.apply().await.unwrap();
    assert_eq!(rig.end_of(&outcome, &update), StepEnd::Done);
    let ticket = Some(Ticket("ocid1.osmsworkrequest.oc1..1".to_owned()));
    assert!(events.contains(&Event::Resuming { op: update.key(), ticket }));
    rig.assert_each_op_done_once();
}

#[tokio::test(start_paused = true)]
async fn work_that_failed_meanwhile_is_tried_again_with_a_new_token() {
    let update = plans::update("canary-1");
    let rig = Rig::new(story(0), story_world());
    rig.cloud.on_submit(update.key(), 1, Fault::FailedWork { message: "no space".to_owned() });
    let killed = async {
        while rig
            .store
            .current()
            .is_none_or(|state| state.unfinished.get(&update.key()).is_none_or(|op| op.ticket.is_none()))
        {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::select! { ended = rig.apply() => panic!("{ended:?}"), () = killed => {} }
    rig.hours_pass(1).await;
    rig.converge().await;
    assert_eq!(rig.cloud.calls(&update.key()), 2);
    // The same token would have been answered with the work that failed.
    assert_eq!(rig.cloud.done()[&update.key()], 2);
}

#[tokio::test(start_paused = true)]
async fn open_work_of_another_plan_is_waited_for_before_the_instance_is_touched() {
    // An update towards an earlier release runs on; now the instance goes to GL1.
    let mut builder = Builder::new();
    let contents = builder.release_steps();
    builder.group_steps("canary", &["canary-1"], &[contents]);
    let rig = Rig::new(builder.done(), plans::world(&["canary-1"]));
    let mut old = plans::update("canary-1");
    let before = crate::name::ReleaseName::new("GL0");
    *old.source_mut().unwrap() =
        crate::op::SourceRef { release: before, id: Some(plans::vendor().id), under: None };
    let token = RetryToken("old".to_owned());
    let crate::cloud::Submitted::Pending { ticket } =
        crate::cloud::Cloud::submit(&*rig.cloud, &old, &token).await.unwrap()
    else {
        panic!("an update is answered with a ticket")
    };
    with_unfinished(&rig, &old, Some(&ticket.0));
    rig.converge().await;
    assert!(rig.state().unfinished.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_no_plan_asks_for_any_more_is_settled() {
    let mut builder = Builder::new();
    builder.act(Some("web"), plans::create_group("web"), &[]);
    let rig = Rig::new(builder.done(), plans::world(&["canary-1"]));
    // A ticket that the service has forgotten; a call without ticket, too old to matter; one that is not.
    let gone = plans::update("elsewhere");
    with_unfinished(&rig, &gone, Some("ocid1.osmsworkrequest.oc1..gone"));
    rig.store.with(|inner| {
        let unfinished = &mut inner.snapshot.as_mut().unwrap().unfinished;
        for (op, started) in [(plans::switch("a"), 1_000_000 - 86_400), (plans::switch("b"), 999_000)] {
            let started = jiff::Timestamp::from_second(started).unwrap();
            let token = RetryToken("old".to_owned());
            unfinished.insert(op.key(), UnfinishedOp { token, started, ticket: None, instances: Vec::new() });
        }
    });
    rig.converge().await;
    assert_eq!(rig.state().unfinished.keys().collect::<Vec<_>>(), [&plans::switch("b").key()]);
}

#[tokio::test(start_paused = true)]
async fn foreign_open_work_keeps_an_update_from_being_sent() {
    let rig = Rig::new(story(0), story_world());
    let foreign = Ticket("ocid1.osmsworkrequest.oc1..foreign".to_owned());
    rig.cloud.edit(|world| {
        world.instances.get_mut(&instance("canary-1")).unwrap().open_work.push(foreign.clone());
    });
    let (outcome, _) = rig.apply().await.unwrap();
    let StepEnd::Refused { message } = rig.end_of(&outcome, &plans::update("canary-1")) else { panic!() };
    assert!(message.contains(&foreign.0), "{message}");
    assert_eq!(rig.cloud.calls(&plans::update("canary-1").key()), 0);
}

#[tokio::test(start_paused = true)]
async fn no_plan_can_ask_for_a_second_update_beside_an_open_one() {
    let mut rig = Rig::new(story(0), story_world());
    for step in &mut rig.plan.steps {
        step.precondition = crate::observed::Precondition::Nothing;
    }
    rig.cloud.edit(|world| {
        let foreign = Ticket("ocid1.osmsworkrequest.oc1..foreign".to_owned());
        world.instances.get_mut(&instance("canary-1")).unwrap().open_work.push(foreign);
    });
    let (outcome, _) = rig.apply().await.unwrap();
    assert!(matches!(rig.end_of(&outcome, &plans::update("canary-1")), StepEnd::Refused { .. }));
    assert_eq!(rig.cloud.calls(&plans::update("canary-1").key()), 0);
}

#[test]
fn random_tokens_differ_and_leave_room_for_their_parts() {
    let tokens = super::super::token::random();
    let (one, two) = (tokens(), tokens());
    assert_ne!(one, two);
    assert_eq!(one.0.len(), 32);
    assert!(one.0.bytes().all(|byte| byte.is_ascii_hexdigit()));
}
