//! Rehearsals of generated worlds: the same plan is told in the same way each time; what is told fits together; and what
//! a failure in the second wave leaves is what the train puts up with. Rehearsals of what an earlier run has begun.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::SignedDuration;
use patchtrain::apply::Settings;
use patchtrain::op::{Api, Op};
use patchtrain::plan::{Action, Plan};
use patchtrain::rehearsal::{Assumptions, Piece, Rehearsal, rehearse};
use patchtrain::render::{Detail, Style};
use patchtrain::rollout::Amount;

use super::convergence::Pipeline;
use super::{boots, crews};
use crate::support::hub;
use crate::support::rng::Rng;
use crate::support::worlds::{self, World};

const WORLDS: u64 = 150;

fn piece(world: &World, plan: Plan) -> Piece {
    let settings = Settings {
        parallelism: 4,
        first_wait: Duration::from_millis(500),
        longest_wait: Duration::from_secs(30),
        verify_patience: Duration::from_secs(1_800),
        work_patience: Duration::from_secs(4 * 3_600),
    };
    let (state, observed, begins) = (world.state.clone(), world.observed.clone(), world.now);
    Piece { plan, state, observed, begins, settings, assumptions: Assumptions::default() }
}

/// Checks that what is told of a plan fits together.
fn fits(plan: &Plan, told: &Rehearsal, context: &str) {
    let counts = told.counts;
    let all = counts.done + counts.already + counts.failed + counts.not_started;
    assert_eq!(all, plan.steps.len(), "{context}");
    assert_eq!(counts.failed + counts.not_started == 0, told.left.is_empty(), "{context}: {:?}", told.left);
    for course in &told.groups {
        let mut before = None;
        for leg in &course.waves {
            let context = format!("{context}: {} of {}", leg.wave, course.group);
            assert!(leg.begun.is_none_or(|begun| begun >= told.begins), "{context}");
            assert!(leg.ended.is_none() || leg.ended >= leg.begun, "{context}");
            assert!(leg.holds.iter().all(|hold| hold.from <= hold.until), "{context}");
            // A gate with a soak stands between two waves: whoever moves does so after all of whom moved before.
            if leg.moving > 0 && leg.begun.is_some() {
                assert!(before.is_none_or(|before| leg.begun >= Some(before)), "{context} begins too early");
                before = leg.ended;
            }
        }
    }
}

fn play(seeds: u64, world: impl Fn(&mut Rng) -> World) {
    let (mut stops, mut soaks) = (0, 0);
    for seed in worlds::seeds(seeds) {
        let mut rng = Rng::new(seed ^ 0x9e_4e);
        let mut world = world(&mut rng);
        for group in &mut world.train.groups {
            group.pace.wave_soak = Some(SignedDuration::from_hours(24));
        }
        let Ok(plan) = world.plan() else { continue };
        let context = format!("seed {seed}");
        let piece = piece(&world, plan);
        let told = rehearse(&piece).unwrap_or_else(|error| panic!("{context}: {error}"));
        assert_eq!(rehearse(&piece).unwrap(), told, "{context}");
        let plan = &piece.plan;
        fits(plan, &told, &context);
        soaks +=
            told.groups.iter().flat_map(|course| &course.waves).filter(|leg| !leg.holds.is_empty()).count();
        let groups: BTreeSet<_> = told.failures.iter().map(|failure| &failure.group).collect();
        assert_eq!(groups.len(), told.failures.len(), "{context}: each group once");
        for failure in &told.failures {
            let context = format!("{context}: {} of {}", failure.wave, failure.group);
            let rollout = plan.group(&failure.group).unwrap().rollout.as_ref().unwrap();
            let allowed =
                rollout.waves[failure.wave as usize - 1].allowed.into_iter().chain(rollout.allowed).min();
            // Who could not be taken into a group of the hub keeps the rest of it from being updated, and stops nothing.
            let enrolled = plan.steps.iter().any(|step| match &step.action {
                Action::Act { op: Op::Enroll { instances, .. } } => {
                    instances.iter().any(|id| failure.failing.contains(id))
                }
                _ => false,
            });
            let enough = failure.failing.len() > allowed.unwrap() && !enrolled;
            assert!(!enough || failure.stops.is_some(), "{context}: {failure:?}");
            let lost = failure.failing.iter().filter(|id| failure.at_level.contains(id)).count();
            assert_eq!(lost, 0, "{context}: whose update failed is not at level");
            stops += usize::from(failure.stops.is_some());
        }
    }
    assert!(stops > 3 && soaks > 3, "{stops} stop, {soaks} soak");
}

#[test]
fn a_rehearsal_is_the_same_each_time_and_stops_where_too_many_fail() {
    play(WORLDS, worlds::fresh);
}

#[test]
fn so_it_is_on_the_hub() {
    play(WORLDS, hub::fresh);
}

/// Plans, and rehearses that.
async fn rehearsed(pipeline: &mut Pipeline) -> (Plan, Rehearsal) {
    let plan = pipeline.plan(0).await;
    let piece = piece(&pipeline.world, plan.clone());
    // A rehearsal has a runtime of its own, and those do not nest.
    let told = std::thread::spawn(move || rehearse(&piece).unwrap()).join().unwrap();
    (plan, told)
}

/// What an earlier run has asked for, and is going on, fails nobody: it is begun anew.
#[tokio::test(start_paused = true)]
async fn work_in_flight_is_begun_anew() {
    type Is = fn(&Op) -> bool;
    let table: [(World, Is); 2] = [
        (hub::fleet(3, 1), |op| matches!(op, Op::Enroll { .. })),
        (boots::fleet(Api::Osmh), |op| matches!(op, Op::Reboot { .. })),
    ];
    for (world, is) in table {
        let mut pipeline = Pipeline::new(&world);
        let plan = pipeline.plan(0).await;
        crews::cut_short(&pipeline, &plan, is).await;
        let (plan, told) = rehearsed(&mut pipeline).await;
        let asked = plan.steps.iter().any(|step| matches!(&step.action, Action::Act { op } if is(op)));
        assert!(asked && !pipeline.world.state.unfinished.is_empty(), "{:#?}", plan.steps);
        assert_eq!((told.counts.failed, told.counts.not_started), (0, 0), "{:#?}", told.left);
    }
}

/// Each failure is a play of the whole plan.
#[tokio::test(start_paused = true)]
async fn of_many_groups_the_failures_of_some_are_played() {
    let mut world = hub::fleet(44, 22);
    for group in &mut world.train.groups {
        group.pace.waves = vec![Amount::Number(1)];
        group.pace.stops = true;
    }
    let (plan, told) = rehearsed(&mut Pipeline::new(&world)).await;
    assert_eq!((told.groups.len(), told.failures.len(), told.unplayed), (22, 20, 2));
    let style = Style { width: 80, colour: false, detail: Detail::Full };
    let text = patchtrain::render::rehearsal(&plan, &told, style);
    assert!(text.ends_with("Failures of 2 groups more were not played.\n"), "{text}");
}
