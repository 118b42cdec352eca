//! Whether a saved plan says of the train's groups and releases what the train says.
//!
//! A plan proves that it is whole, not who made it: whoever changes one can give it the id that fits. Its steps are held
//! against what it says of groups and releases (`lint`), and that is held against the train here, so that an order, a
//! soak, a health check, hours or packages cannot be edited away. What the service and the state were when it was made
//! is not told again here.

use std::collections::BTreeSet;

use super::{Action, Condition, Plan, PlannedGroup, PlannedRollout, Step, waves};
use crate::name::GroupName;
use crate::op::Op;
use crate::package::{Delta, Lore};
use crate::train::{Group, Release, Train};

/// Says in what a plan contradicts the train that it says it was made from, if in anything.
pub fn contradiction(plan: &Plan, train: &Train) -> Option<String> {
    if !plan.patches.is_empty() {
        return Some("it holds updates by hand, which are never saved".to_owned());
    }
    releases(plan, train).or_else(|| groups(plan, train)).or_else(|| gates(plan, train))
}

fn releases(plan: &Plan, train: &Train) -> Option<String> {
    let own = train.own_parent();
    let declared = |name| train.release(name).or_else(|| (own.name == *name).then_some(&own));
    for (name, planned) in &plan.releases {
        let same =
            |release: &Release| release.digest == planned.digest && *release.packages() == planned.packages;
        if !declared(name).is_some_and(same) {
            return Some(format!("it tells of other packages of release {name}"));
        }
    }
    for one in &plan.moves {
        let Some((old, new)) = train.release(&one.from).zip(train.release(&one.to)) else {
            return Some(format!(
                "it tells of a move from {} to {}, one of which is not declared",
                one.from, one.to
            ));
        };
        let lore = Lore::of(&old.manifest, &new.manifest);
        if Delta::knowing(old.packages(), new.packages(), &lore) != one.delta {
            return Some(format!("it tells otherwise how {} and {} differ", one.from, one.to));
        }
    }
    plan.steps.iter().find_map(|step| {
        let Action::Act { op } = &step.action else { return None };
        let (source, wrong) = match op {
            Op::AddPackages { source, packages, .. } => {
                let packages_of = &declared(&source.release)?.manifest.packages;
                (source, packages.iter().any(|package| !packages_of.contains(*package)))
            }
            Op::RemovePackages { source, packages, .. } => {
                let packages_of = &declared(&source.release)?.manifest.packages;
                (source, packages.iter().any(|package| packages_of.contains(*package)))
            }
            _ => return None,
        };
        wrong.then(|| format!("{} makes of release {} what it is not", step.id, source.release))
    })
}

fn groups(plan: &Plan, train: &Train) -> Option<String> {
    let fits = |planned: &PlannedGroup| {
        train.group(&planned.name).is_some_and(|group| {
            planned.release == group.release
                && planned.ahead == group.ahead
                && planned.after == group.after
                && planned.max_failures == group.max_failures
                && planned.patching == group.patching()
                && planned.reboot == group.enforcing.reboot
                && match &planned.rollout {
                    Some(rollout) => paced(group, planned.members, rollout),
                    None => {
                        let pace = &group.pace;
                        !pace.stops && pace.calendar.is_always() && pace.concurrency.is_none()
                    }
                }
        })
    };
    let odd = plan.groups.iter().find(|planned| !fits(planned))?;
    Some(format!("it tells of group {} otherwise", odd.name))
}

/// Tells whether a group moves in the plan as it is to.
fn paced(group: &Group, members: usize, rollout: &PlannedRollout) -> bool {
    let pace = &group.pace;
    let several = rollout.waves.len() > 1;
    rollout.calendar == pace.calendar
        && rollout.allowed == pace.stops.then(|| group.max_failures.of(members))
        && rollout.waves.iter().all(|wave| {
            let concurrency = pace.concurrency.map(|amount| amount.up_to(wave.members).max(1));
            let allowed = match several {
                true => waves::allowed(group.max_failures, wave.members),
                false => group.max_failures.of(wave.members),
            };
            wave.concurrency == concurrency && wave.allowed == (pace.stops || several).then_some(allowed)
        })
}

/// A gate of the plan: the group that waits, from which wave on, and what goes first.
type Gate<'a> = (&'a GroupName, Option<u32>, &'a GroupName, Option<u32>);

/// Gates ask for what the groups ask for, and none is missing that always stands.
fn gates(plan: &Plan, train: &Train) -> Option<String> {
    let mut there: BTreeSet<Gate<'_>> = BTreeSet::new();
    for step in &plan.steps {
        let Action::Gate { condition } = &step.action else { continue };
        let right = match condition {
            Condition::GroupAtLevel { waiting, behind, group, wave, soak, health, .. } => {
                there.insert((waiting, *behind, group, *wave));
                train.group(waiting).zip(train.group(group)).is_some_and(|(waiting, first)| {
                    let soaks = if wave.is_some() { waiting.pace.wave_soak } else { waiting.pace.soak };
                    *soak == soaks && *health == first.pace.health
                })
            }
            Condition::Arrived { group, health, .. } => {
                train.group(group).is_some_and(|group| *health == group.pace.health)
            }
            Condition::Open { .. } | Condition::Going { .. } => true,
        };
        if !right {
            return Some(format!("{} waits for something else than its group is to", step.id));
        }
    }
    for step in plan.steps.iter().filter(|step| moves(step)) {
        let Some(group) = step.group.as_ref().and_then(|name| train.group(name)) else {
            return Some(format!("{} moves somebody of no group", step.id));
        };
        let looked_at = |first: &&GroupName| {
            let health = train.group(first).is_some_and(|first| first.pace.health.is_some());
            group.pace.soak.is_some() || health
        };
        let missing = group
            .after
            .iter()
            .filter(looked_at)
            .find(|first| !there.contains(&(&group.name, None, *first, None)));
        if let Some(first) = missing {
            return Some(format!("{} does not wait for group {first}", step.id));
        }
        let wave = step.wave.filter(|wave| *wave > 1);
        if let Some(wave) = wave
            && !there.contains(&(&group.name, Some(wave), &group.name, Some(wave - 1)))
        {
            return Some(format!("{} does not wait for wave {} of its group", step.id, wave - 1));
        }
    }
    None
}

/// Tells whether a step does something that gates hold.
fn moves(step: &Step) -> bool {
    let Action::Act { op } = &step.action else { return false };
    let alone = matches!(op, Op::Switch { .. } | Op::Update { .. } | Op::Enforce { .. } | Op::Reboot { .. });
    alone || op.crew().is_some() && !matches!(op, Op::Refresh { .. })
}
