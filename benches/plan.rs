//! The planner on a large fleet: 10,000 instances of 650 packages in ten groups chained by `after`; in one world one
//! in ten of them drifted in its own way, in the other every one. Prints the time and the peak memory of a process
//! that does nothing else; the bars are 1 s and 200 MB. Where every instance is drifted, 650,000 distinct packages take
//! more than that by themselves; then the bar is for what planning takes beyond the fleet.
//!
//! Before them a plan of 2,000 instances in four groups that changes 300 packages, one in ten instances drifted, in each
//! format that it is written as; the bar is 100 ms. And one of 10,000, each drifted, as a comment on a pull request.

use std::time::Instant;

mod fleet;

use fleet::{GROUPS, PACKAGES, Shape, memory, on_cpu, shaped, world};
use patchtrain::render::{Detail, GraphFormat, PlanFormat, Style, graph, plan_as};

const INSTANCES: usize = 10_000;
/// The instances of the plan that is written.
const RENDERED: usize = 2_000;

/// Names the world in the environment of the process that plans it.
const WORLD: &str = "PATCHTRAIN_BENCH_WORLD";

fn main() {
    match std::env::var(WORLD).map(|every| every.parse()) {
        Ok(Ok(every)) => bench(every),
        _ => {
            renderings();
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
fn renderings() {
    let plan = shaped(&Shape { instances: RENDERED, groups: 4, every: 10, changed: 300 }).plan();
    let text = |detail| PlanFormat::Text(Style { width: 100, colour: false, detail });
    let written: [(&str, &dyn Fn() -> String); 10] = [
        ("text, summary", &|| plan_as(&plan, &text(Detail::Summary))),
        ("text", &|| plan_as(&plan, &text(Detail::Default))),
        ("text, full", &|| plan_as(&plan, &text(Detail::Full))),
        ("markdown", &|| plan_as(&plan, &PlanFormat::Markdown(Box::default()))),
        ("html", &|| plan_as(&plan, &PlanFormat::Html)),
        ("json", &|| plan_as(&plan, &PlanFormat::Json)),
        ("terraform-json", &|| plan_as(&plan, &PlanFormat::TerraformJson)),
        ("gitlab", &|| plan_as(&plan, &PlanFormat::Gitlab)),
        ("graph, dot", &|| graph(&plan, GraphFormat::Dot, false)),
        ("graph, mermaid", &|| graph(&plan, GraphFormat::Mermaid, false)),
    ];
    let changed = plan.moves.iter().map(|one| one.delta.entries.len()).max().unwrap_or_default();
    println!(
        "{RENDERED} instances in {} groups, {changed} changed packages, {} cohorts, {} steps, written as (bar 100 ms, best of 5):",
        plan.groups.len(),
        plan.cohorts.len(),
        plan.steps.len()
    );
    for (what, write) in written {
        written_as(what, write);
    }
    // Of which a comment has room for a few.
    let plan = shaped(&Shape { instances: INSTANCES, groups: 4, every: 1, changed: 300 }).plan();
    println!("{INSTANCES} instances, each with its own mix, {} cohorts, written as:", plan.cohorts.len());
    written_as("markdown", &|| plan_as(&plan, &PlanFormat::Markdown(Box::default())));
}

#[expect(clippy::print_stdout, reason = "a bench tells its figures on stdout")]
fn written_as(what: &str, write: &dyn Fn() -> String) {
    let mut best = f64::INFINITY;
    let mut document = String::new();
    for _ in 0..5 {
        let start = Instant::now();
        document = write();
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!("{what}: {:.1} ms, {} bytes, {} lines", best * 1e3, document.len(), document.lines().count());
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
