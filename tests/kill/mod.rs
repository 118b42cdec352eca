//! Applies are killed with SIGKILL at random moments and run again: the state opens, the next run converges, nothing
//! is made twice, and no call is repeated that the journal knows as done.
//!
//! With the state in the folder, plain and encrypted, in a bucket and in a database; against a simulator in a process of its own, against one
//! that the killed apply served itself, and with both killed at once; the first apply of a train, and a move of two groups to the next release; fresh plans and a saved one.

#![expect(clippy::print_stdout, reason = "how many kills hit what is for people to read")]

mod books;
mod case;
mod place;
mod process;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use case::{Hit, Job};
use place::Place;

use crate::support::Workspace;
use crate::support::rng::Rng;

/// An apply mostly waits for the simulator's agents.
const THREADS: usize = 4;

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| {
        text.parse().unwrap_or_else(|_| panic!("{variable} must be a number, not `{text}`"))
    })
}

/// `PATCHTRAIN_KILLS` (20) kills of states in each store, drawn from `PATCHTRAIN_KILL_SEED` (1); in those only that
/// `PATCHTRAIN_KILL_STORES` names, where it names some.
#[test]
#[ignore = "takes minutes; .ci/run and .ci/long run it"]
fn kill_nine() {
    let (wanted, seed) = (number("PATCHTRAIN_KILLS", 20) as usize, number("PATCHTRAIN_KILL_SEED", 1));
    let begun = Instant::now();
    let (jobs, places) = (jobs(), Place::wanted());
    println!("{} jobs tried out in {:.0?}", jobs.len(), begun.elapsed());

    let cases = AtomicUsize::new(0);
    let hits: Mutex<Vec<Hit>> = Mutex::new(Vec::new());
    let missing = || {
        let hits = hits.lock().unwrap();
        let of = |place: &Place| hits.iter().filter(|hit| hit.place == *place).count();
        places.iter().copied().filter(|place| of(place) < wanted).collect::<Vec<Place>>()
    };
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                // A moment can come too late to hit; then there is one case more.
                loop {
                    let places = missing();
                    if places.is_empty() {
                        break;
                    }
                    let case = cases.fetch_add(1, Ordering::Relaxed);
                    let mut rng = Rng::new(seed.wrapping_mul(1_000_003).wrapping_add(case as u64));
                    let (job, place) = (rng.pick(&jobs), places[case % places.len()]);
                    let mut workspace = Workspace::holding(&job.start);
                    place.equip(&mut workspace);
                    let run =
                        || job.kill_and_finish(&workspace, place, rng, |hit| hits.lock().unwrap().push(hit));
                    if catch_unwind(AssertUnwindSafe(run)).is_err() {
                        let folder = workspace.keep();
                        failures.lock().unwrap().push(format!(
                            "case {case} of seed {seed} ({}, {place:?}): {}",
                            job.name,
                            folder.display()
                        ));
                    }
                }
            });
        }
    });
    let (hits, failures) = (hits.into_inner().unwrap(), failures.into_inner().unwrap());
    report(&hits, failures.len(), cases.into_inner());
    println!("{:.0?}", begun.elapsed());
    assert!(failures.is_empty(), "failed, their workspaces are kept:\n  {}", failures.join("\n  "));
    let amid = hits.iter().filter(|hit| hit.phase.is_amid()).count();
    assert!(amid * 4 >= hits.len(), "only {amid} of {} kills hit a run that had begun", hits.len());
}

/// Applies a train for the first time, then moves two of its groups.
fn jobs() -> Vec<Job> {
    let workspace = Workspace::quickstart(&[]);
    let first = Job::try_out("first apply", &workspace);
    workspace.bind(&["canary", "web"]);
    vec![first, Job::try_out("move to GL1.1", &workspace)]
}

fn report(hits: &[Hit], failures: usize, cases: usize) {
    let mut phases: BTreeMap<_, usize> = BTreeMap::new();
    for hit in hits {
        *phases.entry(hit.phase).or_default() += 1;
    }
    let count = |filter: fn(&Hit) -> bool| hits.iter().filter(|hit| filter(hit)).count();
    println!(
        "{} kills in {cases} cases, {failures} failures; {} of a state in the folder, {} of an encrypted one, {} in a bucket and \
         {} in a database; {} with a simulator that lived on, {} of a saved plan, {} of a run that went on after a kill",
        hits.len(),
        count(|hit| hit.place == Place::Folder),
        count(|hit| hit.place == Place::Sealed),
        count(|hit| hit.place == Place::Bucket),
        count(|hit| hit.place == Place::Database),
        count(|hit| hit.separate),
        count(|hit| hit.saved),
        count(|hit| hit.again),
    );
    for (phase, count) in phases {
        println!("  {count:4}  {phase:?}");
    }
}
