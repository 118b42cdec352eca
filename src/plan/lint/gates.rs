//! Gates stand before what they hold, and say what the groups say that they stand between; waves hold everybody once.

use std::collections::{BTreeMap, BTreeSet};

use super::Lint;
use crate::name::{Address, GroupName, Ocid, ReleaseName};
use crate::op::{Op, StepId};
use crate::plan::{Action, Condition, HeldReason, PlannedGroup, PlannedWave, Step};

/// What moves stands behind every gate of its group and wave.
pub(super) fn stand_before(lint: &mut Lint<'_>) {
    let mut gates: BTreeMap<&GroupName, Vec<StepId>> = BTreeMap::new();
    let mut open: BTreeSet<&GroupName> = BTreeSet::new();
    let mut firsts: BTreeSet<&Ocid> = BTreeSet::new();
    // What is done to members of a group that is bound follows what is done to the group.
    let is_crew = |step: &&Step| matches!(&step.action, Action::Act { op } if op.crew().is_some());
    let crews: BTreeSet<_> =
        lint.plan.steps.iter().filter(is_crew).filter_map(|step| step.group.as_ref()).collect();
    for step in &lint.plan.steps {
        let Some(group) = &step.group else { continue };
        match &step.action {
            Action::Gate { condition } => {
                gates.entry(group).or_default().push(step.id);
                if matches!(condition, Condition::Open { .. }) {
                    open.insert(group);
                }
            }
            Action::Act {
                op:
                    Op::Switch { instance, .. }
                    | Op::Update { instance, .. }
                    | Op::Enforce { instance, .. }
                    | Op::Reboot { instance, .. },
            } => {
                let waits = gates.get(group).map(Vec::as_slice).unwrap_or_default();
                if firsts.insert(instance)
                    && !crews.contains(group)
                    && !waits.iter().all(|gate| step.after.contains(gate))
                {
                    lint.found(format!("{} does not stand behind the gates of {group}", step.id));
                }
                let rollout = lint.plan.group(group).and_then(|group| group.rollout.as_ref());
                if rollout.is_some_and(|rollout| !rollout.calendar.is_always()) && !open.contains(group) {
                    lint.found(format!("{} stands behind no gate that knows the hours of {group}", step.id));
                }
            }
            Action::Act { .. } | Action::Verify { .. } => {}
        }
    }
    for held in &lint.plan.held {
        let Address::Group(group) = &held.address else { continue };
        let behind = match &held.reason {
            HeldReason::Gate { behind, .. } | HeldReason::Soak { behind, .. } => *behind,
            HeldReason::Closed { .. } | HeldReason::Paused { .. } | HeldReason::Stopped { .. } => None,
            _ => continue,
        };
        if !gates.contains_key(group) {
            lint.found(format!("group {group} is held by a gate that is no step"));
        }
        let said = lint.plan.group(group).is_some_and(|group| match behind {
            Some(wave) => of_wave(group, wave).is_some_and(|wave| wave.gated),
            None => group.gated,
        });
        if !said {
            lint.found(format!("group {group} is held by a gate and not said to be"));
        }
    }
}

/// The conditions of gates are those of the groups they stand between.
pub(super) fn say_what_the_groups_say(lint: &mut Lint<'_>) {
    for step in &lint.plan.steps {
        let Action::Gate { condition } = &step.action else { continue };
        let Some(own) = step.group.as_ref().and_then(|group| lint.plan.group(group)) else {
            lint.found(format!("{} is a gate of no group", step.id));
            continue;
        };
        if !fits(lint, own, condition) {
            lint.found(format!("{} is not a gate that group {} has", step.id, own.name));
        }
    }
}

fn fits(lint: &Lint<'_>, own: &PlannedGroup, condition: &Condition) -> bool {
    let few = |candidates: &[Ocid], members: usize| {
        let distinct: BTreeSet<&Ocid> = candidates.iter().collect();
        distinct.len() == candidates.len() && distinct.len() <= members
    };
    // Who was moved and is gone counts, too.
    let of_all = |group: &PlannedGroup, release: &ReleaseName, members: usize, allowed: usize| {
        group.release == *release
            && group.members <= members
            && group.max_failures.of(group.members) == allowed
    };
    match condition {
        Condition::GroupAtLevel {
            waiting,
            behind,
            group,
            wave,
            release,
            candidates,
            members,
            allowed,
            ..
        } => {
            let between = match (behind, wave) {
                (None, None) => {
                    own.after.contains(group)
                        && lint
                            .plan
                            .group(group)
                            .is_some_and(|first| of_all(first, release, *members, *allowed))
                }
                (Some(behind), Some(wave)) => {
                    let told = of_wave(own, *wave).zip(of_wave(own, *behind)).map(|(wave, _)| wave);
                    let same =
                        told.is_some_and(|told| told.members <= *members && told.allowed == Some(*allowed));
                    wave < behind && *group == own.name && own.release == *release && same
                }
                _ => false,
            };
            between && *waiting == own.name && few(candidates, *members)
        }
        Condition::Open { waiting, calendar } => {
            *waiting == own.name && own.rollout.as_ref().is_some_and(|rollout| rollout.calendar == *calendar)
        }
        Condition::Going { waiting, release } => *waiting == own.name && own.release == *release,
        Condition::Arrived { group, release, candidates, members, allowed, .. } => {
            *group == own.name && of_all(own, release, *members, *allowed) && few(candidates, *members)
        }
    }
}

fn of_wave(group: &PlannedGroup, wave: u32) -> Option<&PlannedWave> {
    group.rollout.as_ref()?.waves.get((wave as usize).checked_sub(1)?)
}

/// Each member is in one wave, and its steps say which.
pub(super) fn waves_are_whole(lint: &mut Lint<'_>) {
    let mut waves: BTreeMap<(&GroupName, &Ocid), u32> = BTreeMap::new();
    for group in &lint.plan.groups {
        let Some(rollout) = &group.rollout else { continue };
        let members = rollout.waves.iter().fold(0_usize, |sum, wave| sum.saturating_add(wave.members));
        if rollout.waves.is_empty() || members != group.members {
            lint.found(format!("the waves of group {} do not hold its members", group.name));
        }
        let sizes = rollout.begins.iter().map(Vec::len);
        if !rollout.begins.is_empty() && !sizes.eq(rollout.waves.iter().map(|wave| wave.members)) {
            lint.found(format!("the waves that group {} begins are not those it has", group.name));
        }
        for (wave, ids) in (1..).zip(&rollout.begins) {
            for id in ids {
                if waves.insert((&group.name, id), wave).is_some() {
                    lint.found(format!("{id} is in two waves of group {}", group.name));
                }
            }
        }
    }
    for step in &lint.plan.steps {
        if !is_told_right(lint, step, &waves) {
            lint.found(format!("{} is not of the wave that it says", step.id));
        }
    }
}

fn is_told_right(lint: &Lint<'_>, step: &Step, waves: &BTreeMap<(&GroupName, &Ocid), u32>) -> bool {
    let Some(wave) = step.wave else {
        // Who moves in a group of several waves says in which.
        let several = |group: &GroupName| {
            let rollout = lint.plan.group(group).and_then(|group| group.rollout.as_ref());
            rollout.is_some_and(|rollout| rollout.waves.len() > 1)
        };
        let moves = matches!(
            &step.action,
            Action::Act {
                op: Op::Switch { .. } | Op::Update { .. } | Op::Enforce { .. } | Op::Reboot { .. }
            }
        );
        return !(moves && step.group.as_ref().is_some_and(several));
    };
    let Some(group) = step.group.as_ref().and_then(|group| lint.plan.group(group)) else { return false };
    let known = group.rollout.as_ref().is_some_and(|rollout| rollout.waves.len() > 1)
        && of_wave(group, wave).is_some();
    let fixed = match &step.address {
        Address::Instance(id) => waves.get(&(&group.name, id)).is_none_or(|fixed| *fixed == wave),
        _ => true,
    };
    known && fixed
}
