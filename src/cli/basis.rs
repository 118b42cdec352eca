//! Whether a saved plan still fits: the state it was made on, and the train file. Pure; safety rule 1 of the design.
//!
//! The executor refuses a stale plan by itself, since it holds the lock by then; this is what `show` says beforehand,
//! and what only the command line can compare, the train file.

use crate::plan::Plan;
use crate::state::State;
use crate::train::Train;

/// Says why the state no longer is what the plan was made on, if so. No state is the state before the first apply.
pub(super) fn state_moved(plan: &Plan, state: Option<&State>) -> Option<String> {
    let basis = &plan.basis;
    let Some(state) = state else {
        return (basis.serial > 0)
            .then(|| format!("it was made on serial {} of a state that is gone", basis.serial));
    };
    if state.lineage != basis.lineage {
        return Some("the state is of another lineage than the one it was made on".to_owned());
    }
    match &state.last_plan {
        Some(last) if last.id == plan.id && last.used_up => {
            Some("it is used up: all its steps are done".to_owned())
        }
        // An apply of this very plan that did not get to its end: it may be applied again.
        Some(last) if last.id == plan.id && last.basis == basis.serial => None,
        _ if state.is_as_at(basis.serial) && basis.differs_from(state) => Some(format!(
            "it was made while the run that led to serial {} was at work, which has done more since",
            basis.serial
        )),
        _ if state.is_as_at(basis.serial) => None,
        _ => Some(format!("the state has moved on from serial {} to {}", basis.serial, state.serial)),
    }
}

/// Says that the train file no longer is what the plan was made from, if so.
pub(super) fn train_changed(plan: &Plan, train: &Train) -> Option<String> {
    (train.digest != plan.basis.digest)
        .then(|| format!("{} or one of its manifests has changed since it was made", train.file.display()))
}

#[cfg(test)]
pub(super) mod tests;
