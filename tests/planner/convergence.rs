//! Convergence: after all steps the next plan has none that can start; after any prefix, planning again reaches the
//! same end; every order that the dependencies allow ends in the same world.

use patchtrain::plan::{ChangeDetail, HeldReason, Plan, Stay, contradiction, lint};

use crate::support::hub;
use crate::support::model::{self, End};
use crate::support::rng::Rng;
use crate::support::worlds::{self, World};

/// So many worlds take seconds, unoptimized; `.ci/long` asks for more.
const WORLDS: u64 = 800;

pub(super) fn checked_plan(world: &World, seed: u64) -> Plan {
    let plan = world.plan().unwrap_or_else(|refusals| panic!("seed {seed}: {refusals:?}"));
    let findings = lint::lint(&plan);
    assert!(findings.is_empty(), "seed {seed}: {findings:#?}\n{:#?}", plan.steps);
    assert_eq!(contradiction(&plan, &world.train), None, "seed {seed}");
    plan
}

/// Plans and runs until nothing can start; more than a few rounds mean that it does not converge.
pub(super) fn settle(world: &mut World, seed: u64) {
    for _ in 0..4 {
        let plan = checked_plan(world, seed);
        if !plan.can_start() {
            return;
        }
        model::run_all(world, &plan);
    }
    let plan = checked_plan(world, seed);
    assert!(!plan.can_start(), "seed {seed} goes on: {:#?}", plan.steps);
}

/// Every third world is one of a service that binds groups.
pub(super) fn world(seed: u64) -> (World, Rng) {
    let mut rng = Rng::new(seed);
    let binds_groups = seed % 3 == 2;
    let mut world = if binds_groups { hub::fresh(&mut rng) } else { worlds::fresh(&mut rng) };
    // Most worlds have a past: applied in whole or in part, then changed by others.
    for _ in 0..rng.below(4) {
        if let Ok(plan) = world.plan() {
            let limit = if rng.chance(50) { usize::MAX } else { rng.below(plan.steps.len() + 1) };
            model::run(&mut world, &plan, limit, |_| 0);
        }
        if binds_groups {
            hub::disturb(&mut world, &mut rng);
        } else {
            worlds::disturb(&mut world, &mut rng);
        }
    }
    (world, rng)
}

pub(super) fn is_plannable(world: &World) -> bool {
    world.plan().is_ok()
}

#[test]
fn after_all_steps_nothing_can_start() {
    let (mut planned, seeds) = (0, worlds::seeds(WORLDS));
    for seed in seeds.clone() {
        let (mut world, _) = world(seed);
        if !is_plannable(&world) {
            continue;
        }
        planned += 1;
        let plan = checked_plan(&world, seed);
        let ends = model::run_all(&mut world, &plan);
        let failed: Vec<&End> = ends.iter().filter(|end| matches!(end, End::Failed(_))).collect();
        assert!(failed.is_empty(), "seed {seed}: {failed:?}{}", brief(&plan));
        let mut next = checked_plan(&world, seed);
        // What a repaired source offers is listed only then, and a level by kinds may turn out to be there; and of a kernel
        // that ran when the plan was made, or may have, nothing is removed before the next one.
        if repairs(&plan) || reboots(&plan) || is_unsure(&plan) {
            model::run_all(&mut world, &next);
            next = checked_plan(&world, seed);
        }
        assert!(!next.can_start(), "seed {seed} goes on: {:#?}\nafter {:#?}", brief(&next), brief(&plan));
    }
    let all = seeds.count();
    assert!(planned >= all * 9 / 10, "only {planned} of {all} worlds could be planned");
}

#[test]
fn any_prefix_leads_to_the_same_end() {
    for seed in worlds::seeds(WORLDS).step_by(4) {
        let (start, mut rng) = world(seed);
        if !is_plannable(&start) {
            continue;
        }
        let plan = checked_plan(&start, seed);
        let mut whole = start.clone();
        model::run_all(&mut whole, &plan);
        settle(&mut whole, seed);
        for _ in 0..6 {
            let mut cut = start.clone();
            model::run(&mut cut, &plan, rng.below(plan.steps.len() + 1), |choices| {
                rng.clone().below(choices)
            });
            settle(&mut cut, seed);
            let (ours, theirs) =
                (format!("{:#?}", worlds::essence(&cut)), format!("{:#?}", worlds::essence(&whole)));
            let diff = similar::TextDiff::from_lines(&theirs, &ours);
            assert!(ours == theirs, "seed {seed}:\n{}", diff.unified_diff().context_radius(12));
        }
    }
}

#[test]
fn every_order_ends_in_the_same_world() {
    for seed in worlds::seeds(WORLDS).step_by(10) {
        let (start, mut rng) = world(seed);
        if !is_plannable(&start) {
            continue;
        }
        let plan = checked_plan(&start, seed);
        let mut straight = start.clone();
        model::run_all(&mut straight, &plan);
        for _ in 0..20 {
            let mut shuffled = start.clone();
            model::run_shuffled(&mut shuffled, &plan, &mut rng);
            assert_eq!(worlds::essence(&shuffled), worlds::essence(&straight), "seed {seed}");
        }
    }
}

fn reboots(plan: &Plan) -> bool {
    plan.groups.iter().any(|group| group.work.reboots > 0)
}

/// Tells whether kernels stay for want of knowing which one runs: one that comes may tell.
fn is_unsure(plan: &Plan) -> bool {
    plan.held.iter().any(|held| match &held.reason {
        HeldReason::Inexact { left } => left.iter().any(|left| matches!(left.why, Stay::RunsUnknown)),
        _ => false,
    })
}

fn repairs(plan: &Plan) -> bool {
    plan.changes.iter().any(|change| matches!(change.detail, ChangeDetail::RepairSource { .. }))
}

/// The steps of a plan in one line each, for a failure's message.
fn brief(plan: &Plan) -> String {
    let step =
        |step: &patchtrain::plan::Step| format!("\n{} {:?} after {:?}", step.id, step.action, step.after);
    format!("{:?}{}", plan.held, plan.steps.iter().map(step).collect::<String>())
}
