//! What the state keeps of work for a whole group: who rides what by it, and on whom it failed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::job::known_name;
use super::work::Crew;
use crate::name::{Ocid, ReleaseName};
use crate::op::{Again, Op};
use crate::plan::Plan;
use crate::state::{Effect, FailedWork, State};

/// Returns what is ours because of work for a group that has ended, on some well and on some maybe not.
pub(super) fn effect(
    op: &Op,
    plan: &Plan,
    state: &State,
    crew: Crew,
    names: &BTreeMap<Ocid, Arc<str>>,
) -> Option<Effect> {
    let again = match op {
        Op::UpdateGroup { kind, .. } => Again::Update(*kind),
        // A repetition that failed again can be repeated again.
        Op::Rerun { again, .. } => *again,
        Op::Enroll { .. } => Again::Join,
        _ => Again::Sources,
    };
    let failed = |release: &ReleaseName| {
        // Only what has a part that failed can be done again.
        let failed = crew.failed.iter().map(|(id, _)| id).filter(|id| !crew.partless.contains(id));
        let instances: BTreeSet<Ocid> = failed.cloned().collect();
        let ticket = crew.ticket.clone().filter(|_| !instances.is_empty())?;
        Some(FailedWork { ticket, again, release: release.clone(), instances })
    };
    match op {
        Op::Detach { keeps: source, .. }
        | Op::Enroll { source, .. }
        | Op::Rerun { source, again: Again::Sources | Again::Join, .. } => {
            let mut effect = riding(op, plan, state, &crew.done, names);
            if let Some(Effect::Crew { failed: known, .. }) = &mut effect {
                *known = failed(&source.release);
            }
            effect
        }
        Op::Dismiss { .. } => riding(op, plan, state, &crew.done, names),
        Op::Attach { group, source, .. }
        | Op::UpdateGroup { group, source, .. }
        | Op::Rerun { group, source, .. } => {
            Some(Effect::GroupWork { group: group.group.clone(), failed: failed(&source.release) })
        }
        _ => None,
    }
}

/// Returns what is ours because of an op on a group that was done at once, or already.
pub(super) fn effect_of_all(op: &Op, plan: &Plan, state: &State) -> Option<Effect> {
    let all = op.crew().map_or(&[][..], |(_, instances)| instances);
    riding(op, plan, state, all, &BTreeMap::new())
}

fn riding(
    op: &Op,
    plan: &Plan,
    state: &State,
    instances: &[Ocid],
    names: &BTreeMap<Ocid, Arc<str>>,
) -> Option<Effect> {
    let named = |id: &Ocid| {
        let name = names.get(id).cloned().unwrap_or_else(|| known_name(id, plan, state));
        (id.clone(), name)
    };
    match op {
        Op::Detach { group, keeps: source, .. }
        | Op::Enroll { group, source, .. }
        | Op::Rerun { group, source, again: Again::Sources | Again::Join, .. } => Some(Effect::Crew {
            group: group.group.clone(),
            release: source.release.clone(),
            instances: instances.iter().map(named).collect(),
            failed: None,
        }),
        Op::Dismiss { group, instances } => {
            Some(Effect::Dismissed { group: group.group.clone(), instances: instances.clone() })
        }
        _ => None,
    }
}
