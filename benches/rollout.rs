//! One group of 10,000 instances of 650 packages that goes to its next release in waves: planning it in ten gated waves, and
//! the run of a rollout in five waves at 20 ms a call, on tokio's paused clock, with a state in memory; and a rehearsal of five
//! waves with soaks, which plays the plan twice: as it is, and with one failure too many in the second wave.
//!
//! Bars: planned in 1 s with a peak of 200 MB, fleet included; the rollout within 5 % of the ideal makespan that
//! `concurrency` allows, with a peak of 500 MB. The ideal is what one instance takes by itself, times the most that a place
//! has to do one after the other, wave after wave. The way there is wide enough for all places at once (`--parallelism`),
//! since else that is what bounds it. A rehearsal takes 5 s, with a peak of 500 MB.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use patchtrain::apply::{Run, Settings, StepEnd, apply};
use patchtrain::cloud::memory::MemoryCloud;
use patchtrain::plan::Plan;
use patchtrain::rehearsal::{Assumptions, Piece, rehearse};
use patchtrain::rollout::{Amount, Pace, cumulative};
use patchtrain::state::State;
use patchtrain::state::store::{Holder, LockId, Session, Store};
use patchtrain::train::Members;

#[path = "fleet/mod.rs"]
mod fleet;
#[path = "../tests/support/store.rs"]
#[expect(clippy::unwrap_used, reason = "it is the tests'")]
mod memory;

use fleet::{World, on_cpu};
use memory::MemoryStore;

const INSTANCES: usize = 10_000;
const CALL: Duration = Duration::from_millis(20);
const WORK: Duration = Duration::from_secs(60);

/// Names the part in the environment of the process that does it: a peak is of a process.
const PART: &str = "PATCHTRAIN_BENCH_ROLLOUT";

fn main() {
    match std::env::var(PART).as_deref() {
        Ok("plan") => planned(),
        Ok("run") => ran(),
        Ok("rehearsal") => rehearsed(),
        Ok(other) => panic!("{PART} is plan, run or rehearsal, not {other}"),
        Err(_) => {
            for part in ["plan", "run", "rehearsal"] {
                let program = std::env::current_exe().expect("a bench knows where it lies");
                let done = Command::new(program).env(PART, part).status();
                assert!(done.is_ok_and(|status| status.success()), "{part} failed");
            }
        }
    }
}

/// Puts all of a world into one group, which goes in waves.
fn in_waves(instances: usize, waves: Vec<Amount>, concurrency: Option<Amount>) -> World {
    let mut world = fleet::world(instances, 10);
    let mut group = world.train.groups.swap_remove(0);
    group.members = Members::Listed(world.observed.instances.keys().cloned().collect());
    group.after = Vec::new();
    group.pace = Pace { waves, concurrency, stops: true, ..Pace::default() };
    let record = world.state.groups[&group.name].clone();
    let mut service = world.observed.groups[&record.id].clone();
    service.members = world.observed.instances.keys().cloned().collect();
    for seen in world.observed.instances.values_mut() {
        seen.groups = [record.id.clone()].into();
    }
    for known in world.state.instances.values_mut() {
        known.group = group.name.clone();
    }
    world.observed.groups = [(record.id.clone(), service)].into();
    world.state.groups = [(group.name.clone(), record)].into();
    world.train.groups = vec![group];
    world
}

/// Says that each wave brings as many as the others.
fn equal(waves: u8) -> Vec<Amount> {
    (1..=waves).map(|wave| Amount::Percent(100 / waves * wave)).collect()
}

#[expect(clippy::print_stdout, reason = "a bench tells its figures on stdout")]
fn planned() {
    let mut world = in_waves(INSTANCES, equal(10), None);
    world.train.groups[0].pace.wave_soak = Some(SignedDuration::from_hours(4));
    let before = fleet::memory("VmRSS");
    let (mut best, mut cpu, mut steps, mut waves) = (f64::INFINITY, f64::INFINITY, 0, 0);
    for _ in 0..5 {
        let (start, spent) = (Instant::now(), on_cpu());
        let plan = world.plan();
        best = best.min(start.elapsed().as_secs_f64());
        cpu = cpu.min(on_cpu() - spent);
        steps = plan.steps.len();
        waves = plan.groups[0].rollout.as_ref().map_or(0, |rollout| rollout.waves.len());
    }
    let peak = fleet::memory("VmHWM");
    println!(
        "planned {INSTANCES} instances x {} packages of one group in {waves} gated waves",
        fleet::PACKAGES
    );
    println!(
        "steps {steps}, best of 5: {:.0} ms (bar 1000 ms), {:.0} ms of it on a CPU; fleet {before} MB, peak {peak} MB (bar 200 MB)",
        best * 1e3,
        cpu * 1e3
    );
}

#[expect(clippy::print_stdout, reason = "a bench tells its figures on stdout")]
fn ran() {
    let alone = run(1, &in_waves(1, Vec::new(), None)).0;
    let places = 100;
    let world = in_waves(INSTANCES, equal(5), Some(Amount::Number(places)));
    let (seconds, plan) = run(places, &world);
    let reached = cumulative(&equal(5), INSTANCES);
    let sizes = reached.iter().scan(0, |before, all| Some(all - std::mem::replace(before, *all)));
    let turns: usize = sizes.map(|members| members.div_ceil(places)).sum();
    let ideal = alone * turns as f64;
    println!("{INSTANCES} instances in 5 waves, {places} at a time, {} steps:", plan.steps.len());
    println!(
        "{seconds:.0} s; one by itself takes {alone:.2} s, {turns} turns of that are {ideal:.0} s: {:+.1} % (bar 5 %); peak {} MB (bar 500 MB)",
        (seconds / ideal - 1.0) * 100.0,
        fleet::memory("VmHWM"),
    );
}

#[expect(clippy::print_stdout, reason = "a bench tells its figures on stdout")]
fn rehearsed() {
    let mut world = in_waves(INSTANCES, equal(5), None);
    world.train.groups[0].pace.wave_soak = Some(SignedDuration::from_hours(24));
    let plan = world.plan();
    let settings = Settings {
        parallelism: 10,
        first_wait: Duration::from_millis(500),
        longest_wait: Duration::from_secs(30),
        verify_patience: Duration::from_secs(1_800),
        work_patience: Duration::from_secs(4 * 3_600),
    };
    let begins = plan.created;
    let (state, observed) = (world.state.clone(), world.observed.clone());
    let piece = Piece { plan, state, observed, begins, settings, assumptions: Assumptions::default() };
    let before = fleet::memory("VmRSS");
    let (start, spent) = (Instant::now(), on_cpu());
    let told = rehearse(&piece).expect("it can be played");
    let (seconds, cpu) = (start.elapsed().as_secs_f64(), on_cpu() - spent);
    assert_eq!((told.counts.failed, told.counts.not_started), (0, 0), "{:?}", told.left);
    let stopped = told.failures.iter().filter(|failure| failure.stops.is_some()).count();
    let steps = piece.plan.steps.len();
    println!("rehearsed {INSTANCES} instances in 5 waves a day apart, {steps} steps, and {stopped} stop:");
    println!(
        "{seconds:.1} s (bar 5 s), {cpu:.1} s of it on a CPU; before {before} MB, peak {} MB (bar 500 MB)",
        fleet::memory("VmHWM")
    );
}

/// Returns how long a rollout takes, in seconds of the paused clock, and its plan.
fn run(calls: usize, world: &World) -> (f64, Plan) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.expect("a runtime").block_on(async {
        let plan = world.plan();
        let cloud = MemoryCloud::new(world.observed.clone());
        cloud.set_latency(CALL);
        cloud.set_work_takes(WORK);
        let store = MemoryStore::holding(world.state.clone());
        let mut session = store.lock(&holder()).await.expect("nobody else is here");
        let state: State = Session::load(&mut session).await.expect("it was written").expect("it is there");
        let begun = tokio::time::Instant::now();
        let start: Timestamp = "2026-11-22T12:00:00Z".parse().expect("a literal time parses");
        let clock =
            Arc::new(move || start + SignedDuration::try_from(begun.elapsed()).expect("a short time"));
        // A signal never comes, but whoever could give one has to be there.
        let (_sender, interrupt) = tokio::sync::watch::channel(0);
        let settings = Settings {
            parallelism: calls,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(10),
            verify_patience: Duration::from_secs(60),
            work_patience: Duration::from_secs(3_600),
        };
        let (who, host) = ("bench".into(), "bench".into());
        let run = Run {
            settings,
            clock,
            interrupt,
            who,
            host,
            checker: None,
            consent: Default::default(),
            wait: false,
        };
        let outcome = apply(&plan, Arc::new(cloud), session, state, run, |_| {}).await.expect("it goes on");
        let unlike =
            outcome.ends.iter().find(|(_, end)| !matches!(end, StepEnd::Done | StepEnd::AlreadyDone));
        assert!(unlike.is_none(), "every step is done: {unlike:?}");
        (begun.elapsed().as_secs_f64(), plan)
    })
}

fn holder() -> Holder {
    Holder {
        id: LockId("bench".to_owned()),
        train: None,
        who: "bench".to_owned(),
        host: "bench".to_owned(),
        pid: std::process::id(),
        command: "bench".to_owned(),
        since: "2026-11-22T12:00:00Z".parse().expect("a literal time parses"),
    }
}
