//! A rollout from its first entry to its end, pauses and stops, and waves that stay with whoever they are fixed for.

use std::sync::Arc;

use super::*;
use crate::name::TrainName;
use crate::op::Lineage;
use crate::state::{Effect, Entry, Finish};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn id(n: usize) -> Ocid {
    Ocid::new(&format!("ocid1.instance.oc1..{n}"))
}

fn web() -> GroupName {
    GroupName::new("web")
}

fn release(name: &str) -> ReleaseName {
    ReleaseName::new(name)
}

fn state() -> State {
    State::new(TrainName::new("t"), Lineage("l".into()))
}

fn begin(state: &mut State, to: &str, waves: &[&[usize]], second: i64) {
    let waves = waves.iter().map(|wave| wave.iter().map(|n| id(*n)).collect()).collect();
    let entry = Entry::RolloutStarted { group: web(), release: release(to), waves, at: at(second) };
    state.record(&entry).unwrap();
}

fn level(state: &mut State, n: usize, to: &str, second: i64) {
    let entry = Entry::AtLevel {
        instance: id(n),
        name: format!("web-{n}").into(),
        group: web(),
        release: release(to),
        extra: 0,
        at: at(second),
        patching: crate::patching::Patching::default(),
    };
    state.record(&entry).unwrap();
}

fn fail(state: &mut State, n: usize, wave: u32) {
    fail_and(state, n, wave, None);
}

fn fail_and(state: &mut State, n: usize, wave: u32, stopped: Option<Stopped>) {
    let (group, instance, why) = (web(), id(n), "it broke".to_owned());
    state.record(&Entry::RolloutFailed { group, instance, wave, why, at: at(5), stopped }).unwrap();
}

#[test]
fn waves_are_kept_for_whoever_gets_on_record_later() {
    let mut state = state();
    level(&mut state, 1, "GL1", 1);
    begin(&mut state, "GL1.1", &[&[1], &[2, 3]], 2);
    assert_eq!([1, 2, 3, 4].map(|n| state.wave_of(&web(), &id(n))), [Some(1), Some(2), Some(2), None]);
    assert_eq!(state.rollouts[&web()].awaited.len(), 2);
    level(&mut state, 3, "GL1.1", 3);
    assert_eq!(state.rollouts[&web()].awaited.keys().collect::<Vec<_>>(), [&id(2)]);
    assert_eq!((state.instances[&id(3)].wave, state.wave_of(&web(), &id(3))), (2, Some(2)));
    // Whoever moves to another group has no wave there.
    let name: Arc<str> = "web-3".into();
    let effect = Effect::Riding { instance: id(3), name, group: GroupName::new("db"), release: None };
    let key = crate::op::OpKey::join(&GroupName::new("db"), &id(3));
    state
        .record(&Entry::Finished { key, finish: Finish::AlreadyDone, effect: Some(effect), at: at(4) })
        .unwrap();
    assert_eq!(state.wave_of(&web(), &id(3)), None);
    assert_eq!(state.wave_of(&GroupName::new("db"), &id(3)), None);
    // The next rollout draws anew.
    begin(&mut state, "GL2", &[&[2], &[1]], 5);
    assert_eq!([1, 2].map(|n| state.wave_of(&web(), &id(n))), [Some(2), Some(1)]);
}

#[test]
fn who_gets_there_after_all_has_not_failed_and_a_stop_stays() {
    let mut state = state();
    begin(&mut state, "GL1.1", &[&[1, 2], &[3]], 2);
    fail(&mut state, 1, 1);
    let stopped = Stopped { wave: 1, failed: 2, allowed: 1, whole: false, at: at(6) };
    fail_and(&mut state, 2, 1, Some(stopped.clone()));
    level(&mut state, 1, "GL1.1", 7);
    let record = &state.rollouts[&web()];
    assert_eq!((record.failed_in(1), record.failed.len(), record.stopped.as_ref()), (1, 1, Some(&stopped)));
    assert!(state.resume(&web()));
    let record = &state.rollouts[&web()];
    assert_eq!((record.failed.len(), record.stopped.as_ref(), record.is_open()), (0, None, true));
    assert!(!state.resume(&web()), "there is nothing left to resume");
    state.record(&Entry::RolloutDone { group: web(), at: at(9) }).unwrap();
    assert!(!state.rollouts[&web()].is_open());
}

#[test]
fn a_pause_outlives_a_rollout_and_can_come_before_one() {
    let paused = |second| Paused { by: "ann".to_owned(), at: at(second), why: None };
    let mut state = state();
    assert!(state.pause(&web(), paused(1)));
    assert!(!state.pause(&web(), paused(2)), "the first one stands");
    begin(&mut state, "GL1.1", &[&[1]], 3);
    assert_eq!(state.rollouts[&web()].paused, Some(paused(1)));
    assert!(state.abort(&web(), &release("GL1"), at(4)));
    let record = &state.rollouts[&web()];
    assert_eq!((record.is_open(), record.paused.as_ref()), (false, None));
    assert!(!state.abort(&web(), &release("GL1"), at(5)));
    // Without a rollout nothing is left of it.
    let mut state = self::state();
    state.pause(&web(), paused(1));
    assert!(state.resume(&web()));
    assert!(state.rollouts.is_empty());
}

#[test]
fn a_level_counts_from_when_enough_have_been_there() {
    let mut state = state();
    for (n, second) in [(1, 10), (2, 30), (3, 20)] {
        level(&mut state, n, "GL1", second);
    }
    level(&mut state, 4, "GL2", 5);
    let all: Vec<Ocid> = (1..=5).map(id).collect();
    let since = |need| state.level_since(&release("GL1"), &all, need);
    assert_eq!(since(0), Ok(None));
    assert_eq!(since(1), Ok(Some(at(10))));
    assert_eq!(since(2), Ok(Some(at(20))));
    assert_eq!(since(3), Ok(Some(at(30))));
    assert_eq!(since(4), Err(3));
}

#[test]
fn pauses_alone_leave_plans_as_they_are() {
    let mut state = State { serial: 7, ..state() };
    assert!(state.is_as_at(7) && !state.is_as_at(6) && !state.is_as_at(8));
    state = state.paused_after(7);
    state = state.paused_after(8);
    assert_eq!((state.serial, state.steady), (9, Some(7)));
    assert!(state.is_as_at(7) && state.is_as_at(8) && state.is_as_at(9) && !state.is_as_at(6));
    state.record(&Entry::Begin { plan: crate::op::PlanId("p".into()), basis: 9, at: at(1) }).unwrap();
    assert!(!state.is_as_at(7) && state.is_as_at(9));
    assert_eq!(State { steady: Some(3), ..state }.after(9).steady, None);
}
