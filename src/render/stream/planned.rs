//! What is planned, as messages: what the plan is of, drift, changes, what is held, what a reviewer should know, the policy,
//! and in the end the total, so that whoever shows a run knows it before that begins.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::plan::{
    action, action_reason, change_kind, drift, drift_kind, held_code, json_address, note_code, notes,
    partial, policy, verdict, words_of,
};
use super::super::words::{self, count};
use super::{Level, Teller, resource};
use crate::name::Address;
use crate::plan::{AheadReport, CheckOutcome, DriftKind, Plan};

/// Says what is planned.
pub fn stream_plan(plan: &Plan, now: Timestamp) -> String {
    let teller = Teller::of(plan, now);
    let mut lines = part(plan, teller);
    for one in &plan.drift {
        let text = format!("{}: {}", json_address(plan, &one.address), drift::words(plan, one));
        let gone = one.kind == DriftKind::Gone;
        let change = json!({
            "resource": resource(plan, &one.address),
            "action": if gone { "delete" } else { "update" },
        });
        let code = format!("drift.{}", drift_kind(&one.kind));
        lines += &teller.message(Level::Info, ("resource_drift", &code), &text, json!({ "change": change }));
    }
    lines += &changes(plan, teller);
    for held in &plan.held {
        let why = words::held(held);
        let text = format!("{}: held: {why}", json_address(plan, &held.address));
        let code = held_code(&held.reason);
        let mut rest = json!({ "resource": resource(plan, &held.address), "reason": code, "text": why });
        if let Some(until) = held.until {
            rest["until"] = json!(until);
        }
        lines += &teller.message(Level::Info, ("held", &format!("held.{code}")), &text, rest);
    }
    lines += &to_know(plan, teller);
    lines += &judged(plan, teller);
    lines + &total(plan, teller)
}

/// Says of what the plan is: of a part, or of what was seen some time ago.
fn part(plan: &Plan, teller: Teller<'_>) -> String {
    let mut lines = String::new();
    if let Some(seen) = plan.seen {
        let text = format!("Planned from what was seen {}; nobody has looked since.", words::time(seen));
        lines += &teller.message(Level::Warn, ("plan_seen", "plan.seen"), &text, json!({ "seen": seen }));
    }
    if let (Some(part), Some(text)) = (&plan.partial, partial::told(plan)) {
        let addresses = |list: &[Address]| -> Value {
            list.iter().map(|address| json!(json_address(plan, address))).collect()
        };
        let rest = json!({ "partial": {
            "targets": part.targets,
            "along": addresses(&part.along),
            "left_out": addresses(&part.left_out),
            "steps": part.steps,
        } });
        lines += &teller.message(Level::Warn, ("plan_partial", "plan.partial"), &text, rest);
    }
    lines
}

fn changes(plan: &Plan, teller: Teller<'_>) -> String {
    let mut lines = String::new();
    for import in &plan.imports {
        let owner = import.owner.as_ref();
        let of = owner.map(|owner| format!(", from train {} of lineage {}", owner.train, owner.lineage));
        let of = of.unwrap_or_default();
        let text = format!("{}: Plan to import{of}", json_address(plan, &import.address));
        let mut change = json!({
            "resource": resource(plan, &import.address),
            "action": "import",
            "importing": { "id": import.id },
        });
        if let Some(owner) = owner {
            change["owner"] = json!(owner);
        }
        let kind = ("planned_change", "change.import");
        lines += &teller.message(Level::Info, kind, &text, json!({ "change": change }));
    }
    for change in &plan.changes {
        let text = format!("{}: {}", json_address(plan, &change.address), words_of(plan, change));
        let mut planned = json!({
            "resource": resource(plan, &change.address),
            "action": action(change.action),
        });
        if let Some(reason) = action_reason(change) {
            planned["reason"] = json!(reason);
        }
        let code = format!("change.{}", change_kind(&change.detail));
        lines += &teller.message(Level::Info, ("planned_change", &code), &text, json!({ "change": planned }));
    }
    lines
}

/// Says who is ahead, and what else a reviewer should know.
fn to_know(plan: &Plan, teller: Teller<'_>) -> String {
    let mut lines = String::new();
    for AheadReport { instance, group, packages, blocks } in &plan.ahead {
        let address = Address::Instance(instance.clone());
        let code = if *blocks { "ahead.blocks" } else { "ahead.reported" };
        let text = format!(
            "{}: ahead of its release in {}",
            json_address(plan, &address),
            count(packages.len(), "package")
        );
        let rest = json!({
            "resource": resource(plan, &address),
            "group": group,
            "packages": packages,
            "blocks": blocks,
        });
        lines += &teller.message(Level::Info, ("ahead", code), &text, rest);
    }
    for note in &plan.notes {
        let code = note_code(note);
        for text in notes::some(plan, std::slice::from_ref(note), &|names| names.join(", ")) {
            let rest = json!({ "note": code, "text": text });
            lines += &teller.message(Level::Info, ("plan_note", &format!("plan-note.{code}")), &text, rest);
        }
    }
    lines
}

fn judged(plan: &Plan, teller: Teller<'_>) -> String {
    let mut lines = String::new();
    for check in plan.policy.iter().flat_map(|review| &review.checks) {
        let (level, code) = match check.outcome {
            CheckOutcome::Pass => (Level::Info, "policy.pass"),
            CheckOutcome::Warn => (Level::Warn, "policy.warn"),
            CheckOutcome::Fail => (Level::Error, "policy.fail"),
        };
        let asked = if check.limit.is_empty() { String::new() } else { format!(" ({})", check.limit) };
        let text = format!("Policy {}: {}{asked}", check.rule, check.found);
        lines += &teller.message(level, ("policy_check", code), &text, json!({ "check": check }));
    }
    if let Some(approvals) = plan.policy.as_ref().and_then(|review| review.approvals.as_ref()) {
        let rest = json!({ "approvals": approvals });
        let kind = ("approvals", "policy.approvals");
        lines += &teller.message(Level::Info, kind, &policy::needed(approvals), rest);
    }
    if let Some(unrecorded) = plan.policy.as_ref().and_then(policy::unrecorded) {
        let kind = ("policy_record", "policy.unrecorded");
        lines += &teller.message(Level::Info, kind, unrecorded, json!({}));
    }
    lines
}

fn total(plan: &Plan, teller: Teller<'_>) -> String {
    let figures = plan.figures();
    let rest = json!({
        "plan": { "id": plan.id, "train": plan.basis.train, "serial": plan.basis.serial, "steps": plan.steps.len() },
        "changes": {
            "add": figures.add,
            "change": figures.change,
            "import": figures.import,
            "remove": figures.destroy,
            "operation": "plan",
        },
        "held": figures.held,
        "drifted": figures.drifted,
    });
    teller.message(Level::Info, ("change_summary", "summary.plan"), &verdict(plan), rest)
}
