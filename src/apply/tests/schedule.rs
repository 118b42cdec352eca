//! The schedule by itself: in which order steps may start, what a failure keeps from starting, and how many are at work.

use super::plans::{Builder, story};
use crate::apply::StepEnd;
use crate::apply::schedule::Schedule;
use crate::op::StepId;
use crate::plan::{Plan, PlannedRollout, PlannedWave};
use crate::state::store::StepCounts;

fn failed() -> StepEnd {
    StepEnd::Failed { message: "it broke".to_owned() }
}

fn shut() -> StepEnd {
    StepEnd::Shut { message: "not yet".to_owned() }
}

/// Takes all that may start now, gates first.
fn ready(schedule: &mut Schedule<'_>) -> Vec<u32> {
    let mut ids = Vec::new();
    while let Some(gate) = schedule.next_gate() {
        ids.push(gate.id.0);
    }
    while let Some(step) = schedule.next() {
        ids.push(step.id.0);
    }
    ids
}

fn ids(steps: &[StepId]) -> Vec<u32> {
    steps.iter().map(|step| step.0).collect()
}

/// The steps of the story: 0-3 the release, 4-8 canary, 9 the gate, 10-18 web.
#[test]
fn a_step_may_start_when_all_that_it_follows_has_ended() {
    let plan = story(0);
    let mut schedule = Schedule::of(&plan).unwrap();
    assert!(schedule.has_ready());
    // The source, and both groups.
    assert_eq!(ready(&mut schedule), [0, 4, 10]);
    assert!(!schedule.has_ready());
    let mut done = |id: u32| {
        assert_eq!(schedule.end(StepId(id), StepEnd::Done), []);
        ready(&mut schedule)
    };
    assert_eq!(done(10), [11, 15]);
    assert_eq!(done(0), [1, 2]);
    assert_eq!(done(2), [0_u32; 0]);
    assert_eq!(done(1), [3]);
    assert_eq!(done(4), [5]);
    assert_eq!(done(3), [0_u32; 0], "its member has not joined yet");
    assert_eq!(done(5), [6]);
    assert_eq!(done(11), [0_u32; 0], "the gate is shut");
    assert_eq!(done(6), [7]);
    assert_eq!(done(7), [8]);
    assert_eq!(done(8), [9]);
    assert_eq!(done(15), [0_u32; 0]);
    assert_eq!(done(9), [12, 16]);
}

#[test]
fn what_follows_a_failure_is_not_started_and_a_gate_counts_for_itself() {
    let plan = story(1);
    let mut schedule = Schedule::of(&plan).unwrap();
    let mut taken = ready(&mut schedule);
    for id in [0, 1, 2, 3, 4, 10] {
        schedule.end(StepId(id), StepEnd::Done);
        taken.extend(ready(&mut schedule));
    }
    assert_eq!(taken, [0, 4, 10, 1, 2, 3, 5, 11, 15]);
    assert!(schedule.is_waited_for(StepId(9)) && schedule.is_waited_for(StepId(7)));
    // The switch, the update and the read-back of canary-1; the gate behind them may open all the same.
    assert_eq!(ids(&schedule.end(StepId(5), failed())), [6, 7, 8]);
    assert_eq!(ready(&mut schedule), [9]);
    assert!(schedule.was_not_started(StepId(7)) && !schedule.was_not_started(StepId(5)));
    assert!(!schedule.was_not_started(StepId(11)), "it has not ended");
    assert_eq!(schedule.end(StepId(11), StepEnd::AlreadyDone), []);
    // Shut: nobody behind it is started. It may be tried once more before that.
    schedule.again(StepId(9));
    assert_eq!(ready(&mut schedule), [9]);
    assert_eq!(ids(&schedule.end(StepId(9), shut())), [12, 13, 14, 16, 17, 18]);
    assert!(!schedule.is_waited_for(StepId(9)), "all behind it has ended");
    assert!(schedule.was_not_started(StepId(9)));
    // 15 is under way, and the last that has not ended.
    assert_eq!(ids(&schedule.give_up()), [15]);
    assert_eq!(ready(&mut schedule), [0_u32; 0]);
    let (ends, counts) = schedule.into_ends();
    assert_eq!(counts, StepCounts { done: 6, already: 1, failed: 1, not_started: 11 });
    assert_eq!(ends.len(), plan.steps.len());
    assert_eq!((&ends[5], &ends[9]), (&(StepId(5), failed()), &(StepId(9), shut())));
}

#[test]
fn each_end_is_counted_as_what_it_is() {
    let plan = story(0);
    let table = [
        (StepEnd::Done, (1, 0, 0)),
        (StepEnd::Updated, (1, 0, 0)),
        (StepEnd::AlreadyDone, (0, 1, 0)),
        (failed(), (0, 0, 1)),
        (StepEnd::Refused { message: String::new() }, (0, 0, 1)),
        (shut(), (0, 0, 0)),
        (StepEnd::NotStarted, (0, 0, 0)),
    ];
    for (end, (done, already, failed)) in table {
        let mut schedule = Schedule::of(&plan).unwrap();
        schedule.end(StepId(4), end.clone());
        let not_started = plan.steps.len() - done - already - failed;
        assert_eq!(schedule.into_ends().1, StepCounts { done, already, failed, not_started }, "{end:?}");
    }
}

#[test]
fn a_step_waits_for_all_of_those_it_follows_whichever_fails() {
    let mut builder = Builder::new();
    let made = builder.release_steps();
    let canary = builder.group_steps("canary", &["a", "b"], &[made]);
    let gate = builder.gate(("web", "canary"), &["a", "b"], 0, &canary);
    let plan = builder.done();
    let mut schedule = Schedule::of(&plan).unwrap();
    ready(&mut schedule);
    for id in 0..5 {
        schedule.end(StepId(id), StepEnd::Done);
    }
    ready(&mut schedule);
    // One of the two fails before it is switched: the gate waits for the other.
    assert_eq!(ids(&schedule.end(StepId(5), failed())), [6, 7, 8]);
    assert_eq!(ready(&mut schedule), [0_u32; 0]);
    // The source breaks: whoever was still to be switched is not, and the gate is asked.
    assert_eq!(ids(&schedule.end(StepId(9), failed())), [10, 11, 12]);
    assert_eq!(ready(&mut schedule), [gate.0]);
    assert!(!schedule.is_waited_for(gate), "nothing stands behind it");
}

/// Whoever is only read back is not at work.
#[test]
fn who_is_not_moved_takes_no_place() {
    let mut plan = bounded(&["a"], Some(1));
    let mut builder = Builder::new();
    builder.edit().clone_from(&plan);
    let read_back = builder.verify_level("web", "b", &[]);
    plan = builder.done();
    let mut schedule = Schedule::of(&plan).unwrap();
    assert_eq!(ready(&mut schedule), [0, 4, read_back.0]);
    schedule.end(StepId(4), StepEnd::Done);
    assert_eq!(ready(&mut schedule), [5], "a joins, while b is read back");
}

/// `web` of so many with so many places, each of whom joins (4, 8, ...), switches, updates and is read back; all have joined.
fn bounded(members: &[&str], places: Option<usize>) -> Plan {
    let mut builder = Builder::new();
    let made = builder.release_steps();
    builder.group_steps("web", members, &[made]);
    let wave = PlannedWave {
        members: members.len(),
        at_level: 0,
        moving: members.len(),
        concurrency: places,
        allowed: None,
        gated: false,
    };
    let rollout =
        PlannedRollout { waves: vec![wave], allowed: None, calendar: Default::default(), begins: Vec::new() };
    builder.edit().groups[0].rollout = Some(rollout);
    builder.done()
}

/// Ends what comes before the switches, and returns those that may be made then.
fn joined(plan: &Plan) -> (Schedule<'_>, Vec<u32>) {
    let mut schedule = Schedule::of(plan).unwrap();
    let mut taken = Vec::new();
    // The release and the group, and whoever joins: as long as there is a place for him.
    loop {
        taken.extend(ready(&mut schedule));
        let before = |id: &u32| *id < 5 || (id - 5).is_multiple_of(4);
        let Some(at) = taken.iter().position(before) else { break };
        schedule.end(StepId(taken.remove(at)), StepEnd::Done);
    }
    (schedule, taken)
}

#[test]
fn so_many_of_a_wave_are_at_work_from_their_first_step_to_their_last() {
    let plan = bounded(&["a", "b", "c", "d"], Some(2));
    let (mut schedule, switches) = joined(&plan);
    assert_eq!(switches, [6, 10], "of a and b");
    let mut end = |id: u32, end: StepEnd| {
        let not_started = ids(&schedule.end(StepId(id), end));
        (not_started, ready(&mut schedule))
    };
    let none = Vec::<u32>::new;
    assert_eq!(end(6, StepEnd::Done), (none(), vec![7]), "the update of a, and nobody else");
    assert_eq!(end(7, StepEnd::Updated), (none(), vec![8]));
    // Whose update fails is through: the next one in the plan's order takes the place, and joins.
    assert_eq!(end(10, failed()), (vec![11, 12], vec![13]), "c");
    assert_eq!(end(8, StepEnd::Done), (none(), vec![17]), "d");
    assert_eq!(end(13, StepEnd::Done), (none(), vec![14]));
    assert_eq!(end(17, StepEnd::Done), (none(), vec![18]));
}

#[test]
fn without_bounds_all_are_at_work_and_one_place_is_the_least() {
    for (places, expected) in
        [(None, vec![6, 10, 14]), (Some(0), vec![6]), (Some(1), vec![6]), (Some(9), vec![6, 10, 14])]
    {
        assert_eq!(joined(&bounded(&["a", "b", "c"], places)).1, expected, "{places:?}");
    }
}

#[test]
fn a_place_is_given_to_the_first_who_has_not_been_given_up() {
    let plan = bounded(&["a", "b", "c"], Some(1));
    let (mut schedule, switches) = joined(&plan);
    assert_eq!(switches, [6]);
    // b waits for a place, and is given up.
    assert_eq!(ids(&schedule.end(StepId(9), StepEnd::NotStarted)), [10, 11, 12]);
    assert_eq!(ready(&mut schedule), [0_u32; 0]);
    assert_eq!(ids(&schedule.end(StepId(6), failed())), [7, 8]);
    assert_eq!(ready(&mut schedule), [13], "c");
}
