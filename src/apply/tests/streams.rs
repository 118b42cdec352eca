//! Module streams by hand, run: asked for once, waited for, read back, and gone on with after a cut.

use super::plans::{self, instance, story, story_world};
use super::*;
use crate::cloud::memory::Fault;
use crate::name::Address;
use crate::observed::Precondition;
use crate::op::StepId;
use crate::package::{ModuleStream, StreamContents, StreamName, StreamStatus};
use crate::plan::{Step, Verification};

fn enable() -> Op {
    Op::EnableStreams { instance: instance("web-1"), streams: vec![StreamName::parse("pg:15").unwrap()] }
}

/// A plan that enables a stream of one instance, which has another one.
fn rig() -> Rig {
    let mut plan = story(0);
    let address = Address::Instance(instance("web-1"));
    let step = |id, action, after: &[u32], precondition| Step {
        id: StepId(id),
        address: address.clone(),
        group: None,
        action,
        after: after.iter().copied().map(StepId).collect(),
        precondition,
        wave: None,
    };
    let Op::EnableStreams { instance: id, streams } = enable() else { unreachable!() };
    let what = Verification::Streams { instance: id.clone(), streams };
    plan.steps = vec![
        step(0, Action::Act { op: enable() }, &[], Precondition::Idle { instance: id }),
        step(1, Action::Verify { what }, &[0], Precondition::Nothing),
    ];
    plan.id = plan.content_id();
    let rig = Rig::new(plan, story_world());
    let stream = ModuleStream { module: "pg".into(), stream: "13".into(), status: StreamStatus::Enabled };
    rig.cloud.set_streams(&instance("web-1"), vec![StreamContents { stream, packages: plans::set(&[]) }]);
    rig
}

fn enabled(rig: &Rig) -> Vec<String> {
    let streams = rig.cloud.observed().streams[&instance("web-1")].clone();
    let enabled = streams.into_iter().filter(|stream| stream.status == StreamStatus::Enabled);
    enabled.map(|stream| stream.spec()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_enabled_once_and_read_back() {
    let rig = rig();
    rig.converge().await;
    rig.assert_each_op_done_once();
    assert_eq!(enabled(&rig), ["pg:15"]);
    assert!(rig.state().unfinished.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_is_enabled_already_is_not_asked_for() {
    let rig = rig();
    rig.cloud.edit(|world| world.advance(&enable()));
    let (outcome, _) = rig.apply().await.unwrap();
    assert_eq!(rig.end_of(&outcome, &enable()), StepEnd::AlreadyDone);
    assert_eq!(rig.cloud.calls(&enable().key()), 0);
}

#[tokio::test(start_paused = true)]
async fn a_kill_at_any_call_and_a_lost_answer_are_survived() {
    let calls = {
        let rig = rig();
        rig.converge().await;
        rig.cloud.served()
    };
    assert!(calls > 4, "{calls}");
    for served in [false, true] {
        for after in 0..calls {
            let rig = rig();
            rig.cloud.cut_after(after, served);
            tokio::select! {
                ended = rig.apply() => panic!("the run ended before call {after}: {ended:?}"),
                () = rig.cloud.cut_reached() => {}
            }
            rig.cloud.mend();
            rig.converge().await;
            rig.assert_each_op_done_once();
            assert_eq!(enabled(&rig), ["pg:15"], "call {after}, served {served}");
        }
    }
    for fault in [Fault::LostCall, Fault::LostAnswer] {
        let rig = rig();
        rig.cloud.on_submit(enable().key(), 1, fault);
        rig.converge().await;
        rig.assert_each_op_done_once();
    }
}

#[tokio::test(start_paused = true)]
async fn work_that_says_it_is_done_and_is_not_fails_what_reads_it_back() {
    let rig = rig();
    rig.cloud.on_submit(enable().key(), 1, Fault::IdleUpdate);
    let (outcome, _) = rig.apply().await.unwrap();
    assert_eq!(rig.end_of(&outcome, &enable()), StepEnd::Done);
    let StepEnd::Failed { message } = &outcome.ends[1].1 else { panic!("{:?}", outcome.ends) };
    assert!(message.ends_with("; 1 not enabled: pg:15"), "{message}");
    // A later run asks again.
    rig.cloud.set_status(&instance("web-1"), crate::observed::InstanceStatus::Normal);
    rig.converge().await;
    assert_eq!((rig.cloud.calls(&enable().key()), enabled(&rig)), (2, vec!["pg:15".to_owned()]));
}
