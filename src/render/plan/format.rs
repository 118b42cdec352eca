//! The ways in which a plan can be written. Each is the same plan laid out otherwise.

use super::super::Style;
use crate::plan::Plan;

/// What a plan is written as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanFormat {
    /// Text for a terminal.
    Text(Style),
    /// For programs: a versioned document.
    Json,
    /// Terraform's representation of a plan.
    TerraformJson,
    /// The counts that GitLab's widget shows.
    Gitlab,
}

/// Writes a plan.
pub fn plan_as(plan: &Plan, format: &PlanFormat) -> String {
    match format {
        PlanFormat::Text(style) => super::plan(plan, *style),
        PlanFormat::Json => super::json::json(plan),
        PlanFormat::TerraformJson => super::terraform::terraform(plan),
        PlanFormat::Gitlab => super::gitlab::gitlab(plan),
    }
}
