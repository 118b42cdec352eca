//! Whether a saved plan says of the train's groups and releases what the train says.
//!
//! A plan proves that it is whole, not who made it: whoever changes one can give it the id that fits. Its steps are held
//! against what it says of groups and releases (`lint`), and that is held against the train here, so that an order, a
//! soak, a health check, hours or packages cannot be edited away. What the service and the state were when it was made
//! is not told again here.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::{Action, Condition, Plan, PlannedGroup, PlannedRollout, Step, waves};
use crate::name::{Address, GroupName};
use crate::op::{Op, StepId};
use crate::train::{Group, Members, Release, Train};

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
        if train.release(&one.from).and(train.release(&one.to)).is_none() {
            return Some(format!(
                "it tells of a move from {} to {}, one of which is not declared",
                one.from, one.to
            ));
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
                && planned.after.iter().collect::<BTreeSet<_>>() == group.after.iter().collect()
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

/// The gates that a step stands behind, up to the first on each way to it; shared with the steps before it.
type Behind = Rc<BTreeSet<StepId>>;

/// Gates ask for what the groups ask for, and who moves stands behind those that are always there.
fn gates(plan: &Plan, train: &Train) -> Option<String> {
    let mut there: BTreeMap<Gate<'_>, StepId> = BTreeMap::new();
    let mut behind: BTreeMap<StepId, Behind> = BTreeMap::new();
    for step in &plan.steps {
        let before = standing(step, &behind);
        if let Action::Gate { condition } = &step.action {
            if !asks_rightly(condition, train) {
                return Some(format!("{} waits for something else than its group is to", step.id));
            }
            if let Condition::GroupAtLevel { waiting, behind, group, wave, .. } = condition {
                there.insert((waiting, *behind, group, *wave), step.id);
            }
        } else if moves(step)
            && let Some(odd) = passes_by(step, (&there, &before), train)
        {
            return Some(odd);
        }
        behind.insert(step.id, before);
    }
    None
}

/// Returns the gates that a step stands behind; a gate is behind itself alone.
fn standing(step: &Step, behind: &BTreeMap<StepId, Behind>) -> Behind {
    if matches!(step.action, Action::Gate { .. }) {
        return Rc::new([step.id].into());
    }
    let mut all = step.after.iter().filter_map(|before| behind.get(before)).filter(|gates| !gates.is_empty());
    let Some(first) = all.next() else { return Behind::default() };
    let mut joined = Rc::clone(first);
    for more in all.filter(|more| !Rc::ptr_eq(more, first)) {
        if !more.is_subset(&joined) {
            Rc::make_mut(&mut joined).extend(more.iter());
        }
    }
    joined
}

fn asks_rightly(condition: &Condition, train: &Train) -> bool {
    match condition {
        Condition::GroupAtLevel { waiting, group, wave, soak, health, .. } => {
            train.group(waiting).zip(train.group(group)).is_some_and(|(waiting, first)| {
                let soaks = if wave.is_some() { waiting.pace.wave_soak } else { waiting.pace.soak };
                *soak == soaks && *health == first.pace.health
            })
        }
        Condition::Arrived { group, health, .. } => {
            train.group(group).is_some_and(|group| *health == group.pace.health)
        }
        Condition::Open { .. } | Condition::Going { .. } => true,
    }
}

/// Says what somebody is moved past, if past anything, or who he is that is of no such group.
fn passes_by(
    step: &Step,
    (there, before): (&BTreeMap<Gate<'_>, StepId>, &Behind),
    train: &Train,
) -> Option<String> {
    let Some(group) = step.group.as_ref().and_then(|name| train.group(name)) else {
        return Some(format!("{} moves somebody of no group", step.id));
    };
    if let (Address::Instance(instance), Members::Listed(members)) = (&step.address, &group.members)
        && !members.contains(instance)
    {
        return Some(format!("{} moves {instance} as one of group {}", step.id, group.name));
    }
    let stands = |gate: Gate<'_>| there.get(&gate).is_some_and(|gate| before.contains(gate));
    let looked_at = |first: &&GroupName| {
        let health = train.group(first).is_some_and(|first| first.pace.health.is_some());
        group.pace.soak.is_some() || health
    };
    let missing =
        group.after.iter().filter(looked_at).find(|first| !stands((&group.name, None, *first, None)));
    if let Some(first) = missing {
        return Some(format!("{} does not wait for group {first}", step.id));
    }
    let wave = step.wave.filter(|wave| *wave > 1)?;
    let waits = stands((&group.name, Some(wave), &group.name, Some(wave - 1)));
    (!waits).then(|| format!("{} does not wait for wave {} of its group", step.id, wave - 1))
}

/// Tells whether a step does something that gates hold.
fn moves(step: &Step) -> bool {
    let Action::Act { op } = &step.action else { return false };
    let alone = matches!(op, Op::Switch { .. } | Op::Update { .. } | Op::Enforce { .. } | Op::Reboot { .. });
    alone || op.crew().is_some() && !matches!(op, Op::Refresh { .. })
}
