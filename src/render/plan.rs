//! The plan as text.

use super::Style;
use crate::plan::Plan;

/// Lays out a plan for a reviewer.
pub fn plan(plan: &Plan, style: Style) -> String {
    format!("{} {}", plan.id, style.width)
}
