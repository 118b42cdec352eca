//! The executor on a large fleet, with its state on a local disk and with one in memory: 1,000, 5,000 and 10,000 instances
//! of 650 packages in ten groups chained by `after`, at 20 ms a call and ten calls at once. The cloud is one in memory, whose
//! share of the CPU is counted as the engine's.
//!
//! Bars: 10,000 instances take under 5 % longer on disk than in memory, the engine under 0.1 ms of a CPU per step, a state
//! under 400 bytes per instance, and what is written per step does not grow with the fleet. The two smaller fleets run on
//! a paused clock, since only what they write and compute is looked at; the largest takes minutes. On the real clock each
//! call ends in a wait of its own, which costs a CPU something whoever waits: that is measured with calls that do nothing,
//! and told apart. So is what the kernel takes, which on disk is mostly for what is synced.
//! `PATCHTRAIN_BENCH_FLEET=10000/disk/paused` runs one by itself, as `benches/terraform` does.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use patchtrain::apply::{Run, Settings, StepEnd, apply};
use patchtrain::cloud::memory::MemoryCloud;
use patchtrain::state::State;
use patchtrain::state::store::{Holder, LocalStore, Session, Store};

#[path = "fleet/mod.rs"]
mod fleet;
#[path = "../tests/support/store.rs"]
#[expect(clippy::unwrap_used, reason = "it is the tests'")]
mod memory;

use fleet::{World, on_cpu};
use memory::MemoryStore;

const SIZES: [usize; 3] = [1_000, 5_000, 10_000];
const CALL: Duration = Duration::from_millis(20);

/// Names the fleet and the store in the environment of the process that applies to it.
const FLEET: &str = "PATCHTRAIN_BENCH_FLEET";

/// What one run has taken.
struct Taken {
    /// From the first step to the last, of tokio's time.
    seconds: f64,
    /// The same on a clock that cannot be paused: all that is not waiting for the cloud.
    wall: f64,
    /// Of the engine's thread.
    cpu: f64,
    /// The kernel's part of that.
    kernel: f64,
    steps: usize,
    /// Of the state as it is written; 0 where it is not.
    state: u64,
    /// Written to files, over all.
    written: u64,
    /// The largest that the process was, in MB.
    peak: u64,
    /// How many calls were made.
    calls: usize,
}

fn main() {
    let Ok(fleet) = std::env::var(FLEET) else { return all() };
    let words: Vec<&str> = fleet.split('/').collect();
    let [size, store, clock] = words[..] else { panic!("{FLEET} is as 10000/disk/paused, not {fleet}") };
    one(size.parse().expect("a number of instances"), store, clock == "paused");
}

#[expect(clippy::print_stdout, reason = "a bench tells its figures on stdout")]
fn all() {
    println!(
        "instances  store     steps  seconds  on the wall  CPU ms/step  of waiting  in the kernel  written bytes/step  state bytes/instance  peak MB"
    );
    let mut at_most = [0.0; 2];
    for size in SIZES {
        for (at, store) in ["memory", "disk"].into_iter().enumerate() {
            // What was written, and the peak, are of a process: each has one of its own.
            let program = std::env::current_exe().expect("a bench knows where it lies");
            let clock = if size == SIZES[2] { "real" } else { "paused" };
            let done = Command::new(program).env(FLEET, format!("{size}/{store}/{clock}")).output();
            let done = done.expect("a bench can be started");
            assert!(done.status.success(), "{size}/{store}: {}", String::from_utf8_lossy(&done.stderr));
            let line = String::from_utf8_lossy(&done.stdout);
            print!("{line}");
            let seconds = line.split_whitespace().nth(3).and_then(|word| word.parse::<f64>().ok());
            at_most[at] = seconds.expect("the line of one run");
        }
    }
    let longer = (at_most[1] / at_most[0] - 1.0) * 100.0;
    println!("10,000 instances take {longer:.1} % longer on disk than in memory (bar 5 %)");
}

#[expect(clippy::print_stdout, reason = "a bench tells its figures on stdout")]
fn one(size: usize, store: &str, paused: bool) {
    let taken = run(size, store, paused);
    let steps = taken.steps as f64;
    println!(
        "{size:>9}  {store:<6}  {:>7}  {:>7.1}  {:>11.1}  {:>11.3}  {:>10.3}  {:>13.3}  {:>18.0}  {:>20.0}  {:>7}",
        taken.steps,
        taken.seconds,
        taken.wall,
        taken.cpu * 1e3 / steps,
        if paused { 0.0 } else { wait() * 1e3 * taken.calls as f64 / steps },
        taken.kernel * 1e3 / steps,
        taken.written as f64 / steps,
        taken.state as f64 / size as f64,
        taken.peak,
    );
}

/// Returns the seconds of a CPU that a call costs which does nothing but take its time, ten at once.
fn wait() -> f64 {
    const CALLS: u32 = 500;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let before = on_cpu();
        let lanes = (0..10_u64).map(|lane| async move {
            // As calls do that were not all made at once.
            tokio::time::sleep(CALL / 10 * u32::try_from(lane).unwrap_or_default()).await;
            for _ in 0..CALLS {
                tokio::time::sleep(CALL).await;
            }
        });
        let lanes: Vec<_> = lanes.map(tokio::spawn).collect();
        for lane in lanes {
            lane.await.expect("a wait ends");
        }
        (on_cpu() - before) / f64::from(CALLS * 10)
    })
}

fn run(size: usize, store: &str, paused: bool) -> Taken {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(paused).build();
    let runtime = runtime.expect("a runtime");
    let world = fleet::world(size, 10);
    runtime.block_on(async {
        if store == "memory" {
            return on(MemoryStore::holding(world.state.clone()), &world, None).await;
        }
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("bench-apply-{size}"));
        if folder.exists() {
            std::fs::remove_dir_all(&folder).expect("last time's folder can be removed");
        }
        let local = LocalStore::new(&folder, world.train.name.clone());
        let mut session = local.lock(&holder()).await.expect("nobody else is here");
        Session::load(&mut session).await.expect("there is nothing to read");
        session.fold(&world.state).await.expect("the state can be written");
        drop(session);
        let taken = on(local, &world, Some(&folder.join("bench.json"))).await;
        std::fs::remove_dir_all(&folder).expect("the folder can be removed");
        taken
    })
}

async fn on<S: Store>(store: S, world: &World, file: Option<&Path>) -> Taken {
    let plan = world.plan();
    let cloud = MemoryCloud::new(world.observed.clone());
    cloud.set_latency(CALL);
    cloud.set_work_takes(Duration::from_secs(1));
    let mut session = store.lock(&holder()).await.expect("nobody else is here");
    let state: State = Session::load(&mut session).await.expect("it was written").expect("it is there");

    let (before, written, begun) = ((on_cpu(), in_kernel()), written(), tokio::time::Instant::now());
    let wall = std::time::Instant::now();
    let start: Timestamp = "2026-11-22T12:00:00Z".parse().expect("a literal time parses");
    let clock = Arc::new(move || start + SignedDuration::try_from(begun.elapsed()).expect("a short time"));
    // A signal never comes, but whoever could give one has to be there.
    let (_sender, interrupt) = tokio::sync::watch::channel(0);
    let settings = Settings {
        parallelism: 10,
        first_wait: Duration::from_secs(1),
        longest_wait: Duration::from_secs(10),
        verify_patience: Duration::from_secs(60),
        work_patience: Duration::from_secs(3_600),
    };
    let run = Run {
        settings,
        clock,
        interrupt,
        who: "bench".into(),
        host: "bench".into(),
        checker: None,
        consent: Default::default(),
        wait: false,
    };
    let cloud = Arc::new(cloud);
    let counted = cloud.clone();
    let calls = move || counted.served();
    let outcome = apply(&plan, cloud, session, state, run, |_| {}).await.expect("it goes on");
    let taken = Taken {
        seconds: begun.elapsed().as_secs_f64(),
        wall: wall.elapsed().as_secs_f64(),
        cpu: on_cpu() - before.0,
        kernel: in_kernel() - before.1,
        steps: plan.steps.len(),
        state: file.map_or(0, |file| std::fs::metadata(file).expect("the state was written").len()),
        written: self::written() - written,
        peak: fleet::memory("VmHWM"),
        calls: calls(),
    };
    let unlike = outcome.ends.iter().find(|(_, end)| !matches!(end, StepEnd::Done | StepEnd::AlreadyDone));
    assert!(unlike.is_none(), "every step is done: {unlike:?}");
    taken
}

fn holder() -> Holder {
    Holder {
        id: patchtrain::state::store::LockId("bench".to_owned()),
        train: None,
        who: "bench".to_owned(),
        host: "bench".to_owned(),
        pid: std::process::id(),
        command: "bench".to_owned(),
        since: "2026-11-22T12:00:00Z".parse().expect("a literal time parses"),
    }
}

/// Returns the seconds that the kernel has worked for this thread, in whole hundredths.
fn in_kernel() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap_or_default();
    // Behind the name, which may hold anything, the 13th: `stime` of proc_pid_stat(5).
    let ticks =
        stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(12)?.parse::<f64>().ok());
    ticks.map_or(f64::NAN, |ticks| ticks / 100.0)
}

/// Returns what this process has written, in bytes.
fn written() -> u64 {
    let io = std::fs::read_to_string("/proc/self/io").unwrap_or_default();
    let line = io.lines().find_map(|line| line.strip_prefix("wchar: "));
    line.and_then(|bytes| bytes.parse().ok()).unwrap_or_default()
}
