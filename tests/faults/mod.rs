//! Fleets in bad weather, each named by a seed: the real planner, executor, dialects, signing, paging and retry against
//! the simulator in this process, on tokio's paused clock. Calls are refused, fail and break, pages are cut, work fails
//! and sticks, instances do not check in or vanish; after each of several runs every instance stands as the seed's own
//! script has foretold, and nothing was done twice. On OS Management each instance is patched by itself, on OS Management
//! Hub a group as a whole.

#![expect(clippy::print_stdout, reason = "what a fleet went through is said, for whoever asks to see it")]

mod crew;
mod fleet;
mod osmh;
mod osms;
mod script;
mod weather;

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use crate::support::worlds;
use fleet::Fleet;
use osmh::Crews;
use osms::Singles;
use script::{ROUNDS, Script, Stand};

/// So many fleets on each service in `cargo test`; `PATCHTRAIN_FLEETS` and `PATCHTRAIN_HUB_FLEETS` ask for others.
const FLEETS: u64 = 10;
/// So many instances in each.
const INSTANCES: usize = 200;

/// Takes one fleet through its rounds.
async fn ride<S: Script>(seed: u64) {
    let begun = std::time::Instant::now();
    let fleet = Fleet::<S>::new(seed, INSTANCES).await;
    let foretold = fleet.script.foretell();
    let mut cloud = fleet.start(0);
    let mut plan = fleet.plan(&*cloud).await;
    for (round, foretold) in foretold.iter().enumerate() {
        let woes = fleet.apply(&plan, cloud).await;
        cloud = fleet.start(round + 1);
        plan = fleet.plan(&*cloud).await;
        let stands = fleet.stands(&plan).await;
        let mut otherwise: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (id, (expected, works)) in foretold {
            // Behind a gate or not: it is not at level, and nothing but the gate is in its way.
            let expected = if *expected == Stand::Behind { Stand::Open } else { *expected };
            let found = (stands[id], fleet.script.works(&fleet.simulator, id));
            if found != (expected, *works) {
                let what = format!("{}: {found:?} and not {:?}", fleet.script.fate(id), (expected, works));
                otherwise.entry(what).or_default().push(id);
            }
        }
        let first = otherwise.values().flatten().next().copied().unwrap_or_default();
        assert!(
            otherwise.is_empty(),
            "seed {seed}, round {round}: how instances stand, and their work requests: {otherwise:#?}{}",
            fleet::told(&woes, first)
        );
        fleet.nothing_twice().await;
        if round == 1 {
            tokio::time::sleep(Duration::from_secs(25 * 3_600)).await;
            fleet.script.night(&fleet.simulator);
            plan = fleet.plan(&*cloud).await;
        }
    }
    let spoilt = fleet.spoilt();
    let last = foretold.last().unwrap();
    let count = |stand: Stand| last.values().filter(|(known, _)| *known == stand).count();
    println!(
        "{} seed {seed}: {} at level, {} unreachable, {} unknown, {} overdue, {} behind; {spoilt:?}; {:.1} s",
        S::API.word(),
        count(Stand::AtLevel),
        count(Stand::Unreachable),
        count(Stand::Unknown),
        count(Stand::Overdue),
        count(Stand::Behind),
        begun.elapsed().as_secs_f64()
    );
    assert!(spoilt.refused * 100 > spoilt.calls * 15 && spoilt.errors * 100 > spoilt.calls * 7, "{spoilt:?}");
    assert_eq!(foretold.len(), ROUNDS);
}

/// Every other seed, so that two cores share the work.
async fn ride_every_other<S: Script>(seeds: Range<u64>, first: u64) {
    for seed in seeds.filter(|seed| seed % 2 == first) {
        ride::<S>(seed).await;
    }
}

async fn ride_singles(first: u64) {
    ride_every_other::<Singles>(worlds::seeds_of("PATCHTRAIN_FLEETS", FLEETS), first).await;
}

async fn ride_crews(first: u64) {
    ride_every_other::<Crews>(worlds::seeds_of("PATCHTRAIN_HUB_FLEETS", FLEETS), first).await;
}

#[tokio::test(start_paused = true)]
async fn fleets_end_as_their_seeds_foretell() {
    ride_singles(0).await;
}

#[tokio::test(start_paused = true)]
async fn fleets_end_as_their_other_seeds_foretell() {
    ride_singles(1).await;
}

#[tokio::test(start_paused = true)]
async fn fleets_of_groups_end_as_their_seeds_foretell() {
    ride_crews(0).await;
}

#[tokio::test(start_paused = true)]
async fn fleets_of_groups_end_as_their_other_seeds_foretell() {
    ride_crews(1).await;
}
