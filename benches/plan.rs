//! The planner on a large fleet: 10,000 instances of 650 packages in ten groups chained by `after`; in one world one
//! in ten of them drifted in its own way, in the other every one. Prints the time and the peak memory of a process
//! that does nothing else; the bars are 1 s and 200 MB. Where every instance is drifted, 650,000 distinct packages take
//! more than that by themselves; then the bar is for what planning takes beyond the fleet.

use std::time::Instant;

mod fleet;

use fleet::{GROUPS, PACKAGES, memory, on_cpu, world};

const INSTANCES: usize = 10_000;

/// Names the world in the environment of the process that plans it.
const WORLD: &str = "PATCHTRAIN_BENCH_WORLD";

fn main() {
    match std::env::var(WORLD).map(|every| every.parse()) {
        Ok(Ok(every)) => bench(every),
        _ => {
            // A peak is of a process: each world has one of its own.
            for every in ["10", "1"] {
                let program = std::env::current_exe().expect("a bench knows where it lies");
                let done = std::process::Command::new(program).env(WORLD, every).status();
                assert!(done.is_ok_and(|status| status.success()), "the world of {every} failed");
            }
        }
    }
}

#[expect(clippy::print_stdout, reason = "a bench tells its figures on stdout")]
fn bench(every: usize) {
    let world = world(INSTANCES, every);
    let before = memory("VmRSS");
    let (mut best, mut cpu) = (f64::INFINITY, f64::INFINITY);
    let mut steps = 0;
    for _ in 0..5 {
        let (start, spent) = (Instant::now(), on_cpu());
        let plan = world.plan();
        best = best.min(start.elapsed().as_secs_f64());
        cpu = cpu.min(on_cpu() - spent);
        steps = plan.steps.len();
    }
    println!(
        "planned {INSTANCES} instances x {PACKAGES} packages in {GROUPS} chained groups, 1 in {every} drifted"
    );
    println!(
        "steps {steps}, best of 5: {:.0} ms (bar 1000 ms), {:.0} ms of it on a CPU",
        best * 1e3,
        cpu * 1e3
    );
    let peak = memory("VmHWM");
    let planner = peak.saturating_sub(before);
    println!("memory: fleet {before} MB, planning {planner} MB more, peak {peak} MB (bar 200 MB)");
}
