//! The ways in which a plan can be written. Each is the same plan laid out otherwise.

use super::super::Style;
use super::html;
use super::markdown::{self, Comment};
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
    /// A comment on a pull request.
    Markdown(Box<Comment>),
    /// One self-contained page.
    Html,
}

/// Writes a plan.
pub fn plan_as(plan: &Plan, format: &PlanFormat) -> String {
    match format {
        PlanFormat::Text(style) => super::plan(plan, *style),
        PlanFormat::Json => super::json::json(plan),
        PlanFormat::TerraformJson => super::terraform::terraform(plan),
        PlanFormat::Gitlab => super::gitlab::gitlab(plan),
        PlanFormat::Markdown(comment) => markdown::comment(plan, comment),
        PlanFormat::Html => html::page(plan),
    }
}
