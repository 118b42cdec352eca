//! The plan as text, for a reviewer: the verdict, one screen of tables that say what changes for whom and why, then
//! drift (already happened), changes (will happen) and held (will not happen) as three sections, and the verdict
//! again, since logs are read from their end.
//!
//! Nothing is computed here but layout; equal things are shown once.

pub(super) mod changes;
mod cohorts;
mod crew;
pub(super) mod drift;
mod exact;
mod format;
mod gitlab;
mod held;
mod html;
mod imports;
mod json;
mod losses;
mod markdown;
mod mismatch;
pub(super) mod notes;
pub(super) mod partial;
mod patches;
pub(super) mod policy;
pub(super) mod summary;
mod terraform;
mod warnings;

use jiff::Timestamp;

use super::page::{Page, Tone, columns};
use super::words::{count, counts, old, time};
use super::{Detail, Style};
use crate::plan::{Figures, Plan};

pub(super) use changes::words_of;
pub use format::{PlanFormat, plan_as};
pub(super) use json::{address as json_address, change_kind, drift_kind, held_code, note_code, step_kind};
pub use markdown::{Comment, GITHUB, LEAST, Since};
pub(super) use terraform::{PROVIDER, TERRAFORM_VERSION, TerraformResource, action, action_reason};

/// The schema of the document that a plan is as JSON.
pub const PLAN_SCHEMA: &str = include_str!("plan/schema.json");

/// Lays out a plan for a reviewer.
pub fn plan(plan: &Plan, style: Style) -> String {
    let mut page = Page::new(style);
    summary::header(&mut page, plan);
    page.blank();
    write_verdict(&mut page, plan);
    summary::tables(&mut page, plan);
    policy::section(&mut page, plan);
    if page.shows(Detail::Default) {
        drift::section(&mut page, plan, plan.figures().drifted, &plan.drift.iter().collect::<Vec<_>>());
        imports::section(&mut page, plan);
        changes::section(&mut page, plan);
        exact::section(&mut page, plan);
        held::section(&mut page, plan);
        held::ahead(&mut page, plan);
        mismatch::section(&mut page, plan);
        notes::section(&mut page, plan);
        partial::section(&mut page, plan);
        // A plan of nothing is short enough to say so once.
        if plan.changes_anything()
            || !(plan.held.is_empty() && plan.drift.is_empty() && plan.partial.is_none())
        {
            page.blank();
            write_verdict(&mut page, plan);
        }
    }
    page.finish()
}

/// Returns the sentence that tools look for, with what is held and what has drifted behind it. Both are counted by
/// address, as the changes are.
pub fn verdict(plan: &Plan) -> String {
    let (sentence, rest) = sentences(plan);
    if rest.is_empty() { sentence } else { format!("{sentence} {rest}") }
}

fn sentences(plan: &Plan) -> (String, String) {
    let Figures { add, change, destroy, held, drifted, .. } = plan.figures();
    // What was not asked for may be far from what the configuration says.
    let left = plan.partial.as_ref().is_some_and(|part| part.steps > 0 || !part.left_out.is_empty());
    let sentence = match plan.imports.len() {
        0 if plan.changes.is_empty() && left => "No changes in what was asked for.".to_owned(),
        0 if plan.changes.is_empty() => {
            "No changes. Your infrastructure matches the configuration.".to_owned()
        }
        0 => format!("Plan: {add} to add, {change} to change, {destroy} to destroy."),
        imports => {
            format!("Plan: {imports} to import, {add} to add, {change} to change, {destroy} to destroy.")
        }
    };
    let counted = counts(&[(held, "held"), (drifted, "drifted")]);
    let part = if plan.partial.is_some() { "PARTIAL" } else { "" };
    let rest: Vec<&str> = [part, &counted].into_iter().filter(|rest| !rest.is_empty()).collect();
    (sentence, if rest.is_empty() { String::new() } else { format!("({})", rest.join(", ")) })
}

fn write_verdict(page: &mut Page, plan: &Plan) {
    let (sentence, rest) = sentences(plan);
    let painted = page.paint(Tone::Bold, &sentence);
    if columns(&sentence) + 1 + columns(&rest) <= page.width() {
        page.line(&format!("{painted} {rest}"));
    } else {
        page.line(&painted);
        page.line(&rest);
    }
    partial::warning(page, plan);
    policy::warning(page, plan);
    if let Some(text) = standing(plan) {
        page.text(0, 0, &text);
    }
}

/// Says what becomes of a plan that does nothing now, where it does not go without saying.
fn standing(plan: &Plan) -> Option<String> {
    let held = plan.figures().held;
    if !plan.changes_anything() && held > 0 {
        return Some(format!(
            "{} held: what the train wants of {} does not happen now.",
            if held == 1 { "1 address is".to_owned() } else { format!("{held} addresses are") },
            if held == 1 { "it" } else { "them" },
        ));
    }
    (plan.changes_anything() && !plan.can_start())
        .then(|| format!("None of the {} can start now.", count(plan.steps.len(), "step")))
}

/// Says how old what a plan was made from was by then.
fn age(made: Timestamp, seen: Timestamp) -> String {
    let age = std::time::Duration::try_from(made.duration_since(seen)).unwrap_or_default();
    format!("from the inventory of {}, {} old", time(seen), old(age))
}
