//! What the state keeps of work for a whole group: who rides what by it, and on whom it failed.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::job::known_name;
use super::work::Crew;
use crate::name::Ocid;
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
    match op {
        Op::Detach { .. } | Op::Enroll { .. } | Op::Dismiss { .. } => {
            riding(op, plan, state, &crew.done, names)
        }
        // A repetition that failed again can be repeated again.
        Op::Attach { group, source, .. }
        | Op::UpdateGroup { group, source, .. }
        | Op::Rerun { group, source, .. } => {
            let again = match op {
                Op::UpdateGroup { kind, .. } => Again::Update(*kind),
                Op::Rerun { again, .. } => *again,
                _ => Again::Sources,
            };
            let failed = crew.ticket.filter(|_| !crew.failed.is_empty()).map(|ticket| FailedWork {
                ticket,
                again,
                release: source.release.clone(),
                instances: crew.failed.into_iter().map(|(id, _)| id).collect(),
            });
            Some(Effect::GroupWork { group: group.group.clone(), failed })
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
        Op::Detach { group, keeps: source, .. } | Op::Enroll { group, source, .. } => Some(Effect::Crew {
            group: group.group.clone(),
            release: source.release.clone(),
            instances: instances.iter().map(named).collect(),
        }),
        Op::Dismiss { group, instances } => {
            Some(Effect::Dismissed { group: group.group.clone(), instances: instances.clone() })
        }
        _ => None,
    }
}
