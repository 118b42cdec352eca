//! What the train's policy says of a plan: its rules with the numbers, and the approvals that it takes.

use super::super::page::{Mark, Page, Tone};
use super::super::table::{Side, Table};
use super::super::words::{clean, count};
use crate::plan::{Approvals, Check, CheckOutcome, Plan, PolicyChange, PolicyReview};

/// Failures of one rule shown before they fold.
const DETAILS: usize = 12;
/// Names of rules in a sentence before they are counted.
const NAMED: usize = 6;

/// Writes the section; nothing for a train without a policy.
pub(super) fn section(page: &mut Page, plan: &Plan) {
    let Some(review) = &plan.policy else { return };
    page.heading("Policy", &verdict(review));
    if !review.checks.is_empty() {
        let mut table = Table::new(&[
            ("rule", Side::Left),
            ("outcome", Side::Left),
            ("asked for", Side::Left),
            ("found", Side::Left),
        ]);
        for check in &review.checks {
            let Check { rule, outcome, limit, found, details } = check;
            let cells = [rule, word(*outcome), limit, found].map(|cell| clean(cell).into_owned());
            let shown = page.fold(details.len(), DETAILS);
            let mut below: Vec<String> =
                details[..shown].iter().map(|detail| clean(detail).into_owned()).collect();
            if shown < details.len() {
                below.push(format!("... and {} more (--full)", details.len() - shown));
            }
            table.row(mark(*outcome), cells.into(), below);
        }
        table.write(page, 2, review.checks.len());
    }
    for change in &review.changed {
        page.item(2, Mark('!', Tone::Drift), &changed(change));
    }
    if let Some(approvals) = &review.approvals {
        page.text(2, 4, &needed(approvals));
    }
    if let Some(unrecorded) = unrecorded(review) {
        page.text(2, 4, unrecorded);
    }
    if review.binding && review.failures().next().is_some() {
        page.text(2, 4, BINDING);
    }
}

/// Says what an apply does to the policy on record, if it does anything.
pub(in super::super) fn unrecorded(review: &PolicyReview) -> Option<&'static str> {
    const NEW: &str = "This policy is not on record yet: an apply puts it there, also where nothing else is to be done. \
         Until then approvals count under the one on record, if there is one.";
    const GONE: &str = "The train file has no policy any more: an apply takes it off the record, also where nothing else is to be \
         done. Until then approvals count under it.";
    review.unrecorded.then_some(if review.policy.is_some() { NEW } else { GONE })
}

/// What stands below a plan that breaks a rule of a policy that nobody may pass over.
pub(in super::super) const BINDING: &str = "The policy allows no `--override`.";

/// Writes in a line which rules the plan breaks, if any.
pub(super) fn warning(page: &mut Page, plan: &Plan) {
    let Some(text) = denied(plan) else { return };
    let painted: Vec<String> = text.split(' ').map(|word| page.paint(Tone::Destroy, word)).collect();
    page.text(0, 2, &painted.join(" "));
}

/// Says which rules the plan breaks, with the numbers; none where it breaks none.
pub(in super::super) fn denied(plan: &Plan) -> Option<String> {
    let review = plan.policy.as_ref().filter(|_| plan.is_denied())?;
    let failures: Vec<&Check> = review.failures().collect();
    let mut told: Vec<String> = failures.iter().take(NAMED).map(|check| broken(check)).collect();
    if failures.len() > NAMED {
        told.push(format!("{} more", failures.len() - NAMED));
    }
    Some(format!("DENIED by policy: {}", told.join("; ")))
}

fn broken(check: &Check) -> String {
    let Check { rule, limit, found, .. } = check;
    let (rule, limit, found) = (clean(rule), clean(limit), clean(found));
    match limit.is_empty() {
        true => format!("{rule} ({found})"),
        false => format!("{rule} ({found}, {limit})"),
    }
}

/// Says how the plan stands to the policy, in numbers.
pub(in super::super) fn verdict(review: &PolicyReview) -> String {
    let ended = |outcome| review.checks.iter().filter(|check| check.outcome == outcome).count();
    let (failed, warned) = (ended(CheckOutcome::Fail), ended(CheckOutcome::Warn));
    let rules = count(review.checks.len(), "rule");
    let fail = if failed == 1 { "fails" } else { "fail" };
    let text = match (review.checks.len(), failed) {
        (0, _) => "no rule is about what a plan does".to_owned(),
        (1, 0) => "1 rule passes".to_owned(),
        (_, 0) => format!("all {rules} pass"),
        _ => format!("{failed} of {rules} {fail}"),
    };
    match warned {
        0 => text,
        _ => format!("{text}, {} to look at", count(warned, "warning")),
    }
}

/// Returns the word for an outcome. A failure stands out without colour.
pub(in super::super) fn word(outcome: CheckOutcome) -> &'static str {
    match outcome {
        CheckOutcome::Pass => "pass",
        CheckOutcome::Warn => "warn",
        CheckOutcome::Fail => "FAIL",
    }
}

fn mark(outcome: CheckOutcome) -> Mark {
    match outcome {
        CheckOutcome::Pass => Mark::NONE,
        CheckOutcome::Warn => Mark('?', Tone::Drift),
        CheckOutcome::Fail => Mark('!', Tone::Destroy),
    }
}

/// Says how many signatures the plan takes, and whose.
pub(in super::super) fn needed(approvals: &Approvals) -> String {
    let Approvals { needed, approvers, recorded, keys: _ } = approvals;
    let names: Vec<_> = approvers.iter().map(|name| clean(name)).collect();
    let of = if names.is_empty() { String::new() } else { format!(" by {}", names.join(", ")) };
    let each = if *needed > 1 { ", each by another of them" } else { "" };
    let recorded = match recorded {
        true => "; the policy on record says so, which the train file's differs from",
        false => "",
    };
    format!("Approvals needed to apply it: {needed}{of}{each}{recorded}.")
}

/// Says how the train file's policy differs from that on record.
pub(in super::super) fn changed(change: &PolicyChange) -> String {
    let PolicyChange { rule, from, to } = change;
    let rule = clean(rule);
    match (from, to) {
        (None, Some(to)) => format!("{rule} is new in the policy: {}", clean(to)),
        (Some(from), None) => format!("{rule} is gone from the policy; on record it is {}", clean(from)),
        (Some(from), Some(to)) => format!("{rule}: {} on record, {} from now on", clean(from), clean(to)),
        (None, None) => format!("{rule} differs from the policy on record"),
    }
}
