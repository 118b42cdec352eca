//! What a failure in the second wave of a group would leave: on whom it is assumed, and what stands there when the
//! rollout has stopped.

use std::collections::{BTreeMap, BTreeSet};

use super::play::Played;
use super::watch::{is_of_wave, moved, wave};
use super::{Failure, Piece};
use crate::apply::{Outcome, StepEnd};
use crate::cloud::memory::Fault;
use crate::name::{GroupName, Ocid};
use crate::op::{Op, OpKey};
use crate::plan::{Action, Plan, PlannedGroup, PlannedRollout};

/// What an agent is assumed to say.
const MESSAGE: &str = "assumed to fail";

/// What goes wrong in a run.
pub(super) struct Script<'a> {
    group: &'a PlannedGroup,
    wave: u32,
    failing: Vec<Ocid>,
    pub(super) faults: Vec<(OpKey, Fault)>,
}

/// Returns what is to go wrong, by group: in the second wave that the plan moves, one more than are put up with.
/// Only what a run without failures has asked for can fail.
pub(super) fn scripts<'p>(plan: &'p Plan, usual: &Outcome) -> Vec<Script<'p>> {
    // The waves of each group that move somebody, and the ops that install something in each.
    let mut installs: BTreeMap<&GroupName, BTreeMap<u32, Vec<&Op>>> = BTreeMap::new();
    for (step, (_, end)) in plan.steps.iter().zip(&usual.ends) {
        let (Action::Act { op }, Some(group)) = (&step.action, &step.group) else { continue };
        if *end == StepEnd::Done && is_of_wave(step) && !moved(step).is_empty() {
            let ops = installs.entry(group).or_default().entry(wave(step)).or_default();
            ops.extend((!op.installs().is_empty()).then_some(op));
        }
    }
    let scripts = plan.groups.iter().filter_map(|group| {
        let rollout = group.rollout.as_ref()?;
        let (wave, ops) = installs.get(&group.name)?.iter().nth(1)?;
        script(group, rollout, (*wave, ops))
    });
    scripts.collect()
}

fn script<'a>(
    group: &'a PlannedGroup,
    rollout: &PlannedRollout,
    (wave, ops): (u32, &[&Op]),
) -> Option<Script<'a>> {
    let of_wave = rollout.waves.get(wave as usize - 1).and_then(|wave| wave.allowed);
    let allowed = of_wave.into_iter().chain(rollout.allowed).min()?;
    let mut failing: Vec<&Ocid> = Vec::new();
    let mut known: BTreeSet<&Ocid> = BTreeSet::new();
    let mut enrolled: BTreeSet<&Ocid> = BTreeSet::new();
    for op in ops {
        failing.extend(op.installs().iter().filter(|instance| known.insert(instance)));
        if matches!(op, Op::Enroll { .. }) {
            enrolled.extend(op.installs());
        }
    }
    // Who cannot be taken in keeps the others from being updated, which is no failure of theirs: such come last.
    failing.sort_by_key(|instance| enrolled.contains(instance));
    failing.truncate(allowed + 1);
    let failing: Vec<Ocid> = failing.into_iter().cloned().collect();
    let chosen: BTreeSet<&Ocid> = failing.iter().collect();
    // Nothing that is to be installed on them is.
    let faults = ops.iter().filter_map(|op| {
        let struck = op.installs().iter().filter(|instance| chosen.contains(instance));
        let instances: BTreeSet<Ocid> = struck.cloned().collect();
        let message = MESSAGE.to_owned();
        let fault = match op.crew() {
            _ if instances.is_empty() => return None,
            Some(_) => Fault::FailedParts { instances, message },
            None => Fault::FailedWork { message },
        };
        Some((op.key(), fault))
    });
    let faults = faults.collect();
    (!failing.is_empty()).then_some(Script { group, wave, failing, faults })
}

/// Tells what a run with failures has left, beside one without.
pub(super) fn told(piece: &Piece, script: &Script<'_>, usual: &Played<'_>, played: &Played<'_>) -> Failure {
    let name = &script.group.name;
    let release = &script.group.release;
    let own = || played.state.instances.iter().filter(|(_, known)| known.group == *name);
    let proven =
        own().filter(|(_, known)| known.at_level.as_ref().is_some_and(|level| level.release == *release));
    let at_level: BTreeSet<&Ocid> = proven.map(|(id, _)| id).collect();
    let ride = own().filter(|(_, known)| known.release.as_ref() == Some(release)).map(|(id, _)| id);
    // On whom it failed is touched, also where that kept it from riding anything.
    let below: BTreeSet<&Ocid> = ride.chain(&script.failing).filter(|id| !at_level.contains(id)).collect();
    let of_group = piece.plan.steps.iter().filter(|step| step.group.as_ref() == Some(name));
    let movers: BTreeSet<&Ocid> = of_group.flat_map(moved).collect();
    let untouched = movers.iter().filter(|id| !at_level.contains(*id) && !below.contains(*id)).count();
    let moved_then = moving_groups(&piece.plan, &played.outcome);
    let waiting = moving_groups(&piece.plan, &usual.outcome)
        .into_iter()
        .filter(|(group, done)| *group != name && moved_then.get(group).is_none_or(|then| then < done));
    Failure {
        group: name.clone(),
        wave: script.wave,
        failing: script.failing.clone(),
        stops: played.watch.stopped.get(name).copied(),
        ends: played.watch.ended(name),
        at_level: at_level.into_iter().cloned().collect(),
        below: below.into_iter().cloned().collect(),
        untouched,
        waiting: waiting.map(|(group, _)| group.clone()).collect(),
    }
}

/// Counts the steps that moved somebody of each group.
fn moving_groups<'p>(plan: &'p Plan, outcome: &Outcome) -> BTreeMap<&'p GroupName, usize> {
    let mut groups = BTreeMap::new();
    for (step, end) in &outcome.ends {
        let Some(step) = plan.steps.get(step.0 as usize).filter(|_| end.lets_on()) else { continue };
        if let Some(group) = step.group.as_ref().filter(|_| !moved(step).is_empty()) {
            *groups.entry(group).or_insert(0) += 1;
        }
    }
    groups
}
