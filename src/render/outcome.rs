//! What a run came to, as text.

use super::Style;
use crate::apply::Outcome;
use crate::plan::Plan;

/// Lays out the end of a run.
pub fn outcome(plan: &Plan, outcome: &Outcome, style: Style) -> String {
    format!("{} {} {}", plan.id, outcome.counts.done, style.width)
}
