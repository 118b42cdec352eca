//! Gates: fixed conditions, evaluated against what the state has recorded.

use super::StepEnd;
use crate::plan::Condition;
use crate::state::State;

/// Tells how a gate ends. Only recorded proof counts (safety rule 8): members that were at level when the plan was
/// made, or that this run brings there, are the candidates; everybody else is below level.
pub(super) fn pass(condition: &Condition, state: &State) -> StepEnd {
    let Condition::GroupAtLevel { waiting, group, release, candidates, members, allowed } = condition;
    let proven = |record: &crate::state::InstanceRecord| {
        record.at_level.as_ref().is_some_and(|level| level.release == *release)
    };
    let passed = candidates.iter().filter(|id| state.instances.get(*id).is_some_and(proven)).count();
    if members.saturating_sub(passed) <= *allowed {
        return StepEnd::Done;
    }
    StepEnd::Shut {
        message: format!(
            "group.{waiting} waits for group.{group}: {passed} of {members} members are at the level of {release}, \
             {allowed} may be below it"
        ),
    }
}
