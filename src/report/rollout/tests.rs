//! How far a rollout is, read off a state: waves, soaks, holds, and when it may be through.

use super::*;
use crate::op::Lineage;
use crate::state::Entry;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn id(n: usize) -> Ocid {
    Ocid::new(&format!("ocid1.instance.oc1..{n}"))
}

fn web() -> GroupName {
    GroupName::new("web")
}

fn group(wave_soak: Option<i64>) -> Group {
    Group {
        name: web(),
        id: None,
        release: ReleaseName::new("GL1.1"),
        members: crate::train::Members::Service,
        after: Vec::new(),
        max_failures: crate::train::Amount::Number(1),
        ahead: crate::train::Ahead::Report,
        line: 1,
        update: Some(crate::op::Wanted::All),
        schedule: None,
        profile: false,
        enforcing: crate::train::Enforcing::default(),
        pace: crate::rollout::Pace {
            wave_soak: wave_soak.map(SignedDuration::from_secs),
            stops: true,
            ..crate::rollout::Pace::default()
        },
    }
}

fn state(levels: &[(usize, i64)]) -> State {
    let mut state = State::new(TrainName::new("t"), Lineage("l".into()));
    let waves = vec![vec![id(1)], vec![id(2), id(3)], vec![id(4)]];
    let entry =
        Entry::RolloutStarted { group: web(), release: ReleaseName::new("GL1.1"), waves, at: at(100) };
    state.record(&entry).unwrap();
    for (n, second) in levels {
        let entry = Entry::AtLevel {
            instance: id(*n),
            name: format!("web-{n}").into(),
            group: web(),
            release: ReleaseName::new("GL1.1"),
            extra: 0,
            at: at(*second),
            patching: crate::patching::Patching::default(),
        };
        state.record(&entry).unwrap();
    }
    state
}

fn told(state: &State, group: &Group, now: i64) -> RolloutStanding {
    one(Some(group), state, (&web(), &state.rollouts[&web()]), at(now))
}

#[test]
fn a_wave_soaks_and_then_the_next_one_moves() {
    let state = state(&[(1, 200)]);
    let standing = told(&state, &group(Some(50)), 210);
    let counts: Vec<_> =
        standing.waves.iter().map(|wave| (wave.members, wave.at_level, wave.since)).collect();
    assert_eq!(counts, [(1, 1, Some(at(200))), (2, 0, None), (1, 0, None)]);
    assert_eq!(standing.hold, Some(Hold::Soaks { wave: 1, until: at(250) }));
    // Three are left at 100 s each, after 40 s of this soak and 50 s of the next one.
    assert_eq!(standing.eta, Some(at(210 + 300 + 40 + 50)));
    let standing = told(&state, &group(Some(50)), 260);
    assert_eq!((standing.hold, standing.eta), (None, Some(at(260 + 300 + 50))));
}

#[test]
fn what_a_wave_has_soaked_is_no_part_of_the_pace() {
    // The first took 100 s, soaked for 1,000; the second took 20 s for two. One is left.
    let state = state(&[(1, 200), (2, 1_210), (3, 1_220)]);
    let standing = told(&state, &group(Some(1_000)), 1_300);
    // With one failure put up with, the second wave is through with its first member.
    assert_eq!(standing.hold, Some(Hold::Soaks { wave: 2, until: at(2_210) }));
    assert_eq!(standing.eta, Some(at(1_300 + 910 + (100 + 20) / 3)));
}

#[test]
fn as_many_as_are_put_up_with_may_be_missing() {
    let mut state = state(&[(1, 200), (2, 300)]);
    let (group, why) = (group(None), "it broke".to_owned());
    let failed = |stopped| {
        let (group, instance, why) = (web(), id(3), why.clone());
        Entry::RolloutFailed { group, instance, wave: 2, why, at: at(310), stopped }
    };
    state.record(&failed(None)).unwrap();
    let standing = told(&state, &group, 320);
    assert_eq!((standing.waves[1].failed, standing.waves[1].since), (1, Some(at(300))));
    assert_eq!(standing.failed[0].name, id(3).to_string(), "nobody knows its name yet");
    let stopped = Stopped { wave: 2, failed: 1, allowed: 0, whole: true, at: at(310) };
    state.record(&failed(Some(stopped.clone()))).unwrap();
    let standing = told(&state, &group, 320);
    assert_eq!((standing.hold, standing.eta), (Some(Hold::Stopped(stopped)), None));
}

#[test]
fn what_has_ended_is_held_by_nothing() {
    let mut state = state(&[(1, 200), (2, 300), (3, 310), (4, 400)]);
    state.record(&Entry::RolloutDone { group: web(), at: at(401) }).unwrap();
    let standing = told(&state, &group(Some(1_000)), 402);
    assert_eq!(standing.ended, Some(Ended { at: at(401), aborted_to: None }));
    assert_eq!((standing.hold, standing.eta), (None, None));
    assert!(standing.waves.iter().all(|wave| wave.members == wave.at_level));
    // But for a pause, which is about what comes next.
    let paused = Paused { by: "ann".to_owned(), at: at(410), why: None };
    assert!(state.pause(&web(), paused.clone()));
    assert_eq!(told(&state, &group(None), 420).hold, Some(Hold::Paused(paused)));
}

#[test]
fn work_rests_in_closed_hours_and_soaks_do_not() {
    use crate::rollout::{Day, TimeOfDay, Window, Zone};
    // 1970-01-01 was a Thursday: an hour a night.
    let window = Window {
        days: Day::WORDS.iter().filter_map(|word| Day::of_word(word)).collect(),
        from: TimeOfDay::parse("00:00").unwrap(),
        to: TimeOfDay::parse("01:00").unwrap(),
        timezone: Zone::parse("UTC").unwrap(),
    };
    let calendar = Calendar { window: Some(window), ..Calendar::default() };
    let through = |from: i64, work: i64| through(&calendar, at(from), SignedDuration::from_secs(work));
    let day = 86_400;
    for (from, work, until) in [
        (0, 600, 600),
        (3_000, 600, 3_600),
        (3_000, 700, day + 100),
        (10_000, 10, day + 10),
        (0, 3_600 * 3 + 1, 3 * day + 1),
    ] {
        assert_eq!(through(from, work), Some(at(until)), "{work} s from {from}");
    }
    assert_eq!(through(0, day * 1_000), None, "in years nobody waits for it");
}
