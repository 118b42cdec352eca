//! A plan and its run as a stream of JSON, a message a line: with the fields and the types that Terraform's `-json` has
//! where those fit, and types of ours for what Terraform has no word for (steps, gates, what is held, the policy).
//!
//! Each message has a `code`, which stays when its text is worded otherwise. `docs/plan-formats.md` lists them.

mod run;
mod targets;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::encoded;
use super::plan::{
    PROVIDER, TERRAFORM_VERSION, TerraformResource, action, action_reason, change_kind, drift, drift_kind,
    held_code, json_address, verdict, words_of,
};
use super::words;
use crate::apply::Outcome;
use crate::name::Address;
use crate::plan::{CheckOutcome, Plan};

pub use run::RunStream;

/// The version of the messages, as Terraform counts its own.
const UI_VERSION: &str = "1.2";

/// How grave a message is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Info,
    Warn,
    Error,
}

/// Writes one message: what every one has, and what this one has besides.
pub(super) fn message(
    now: Timestamp,
    level: Level,
    kind: &str,
    code: &str,
    text: &str,
    rest: Value,
) -> String {
    let mut whole = json!({
        "@level": match level {
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
        },
        "@message": text,
        "@module": "patchtrain.ui",
        "@timestamp": now.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(),
        "type": kind,
        "code": code,
    });
    if let (Value::Object(whole), Value::Object(rest)) = (&mut whole, rest) {
        whole.extend(rest);
    }
    encoded::line(&whole)
}

/// The first message.
pub fn stream_version(now: Timestamp) -> String {
    let tool = env!("CARGO_PKG_VERSION");
    let rest = json!({ "patchtrain": tool, "terraform": TERRAFORM_VERSION, "ui": UI_VERSION });
    message(now, Level::Info, "version", "version", &format!("patchtrain {tool}"), rest)
}

/// The last message: how the command ends.
pub fn stream_end(now: Timestamp, name: &str, code: u8, meaning: &str) -> String {
    let level = if code == 0 { Level::Info } else { Level::Warn };
    message(now, level, "end", &format!("end.{name}"), meaning, json!({ "exit_code": code }))
}

/// An error, with what it ends the command with.
pub fn stream_error(now: Timestamp, name: &str, code: u8, (summary, detail): (&str, &str)) -> String {
    let rest = json!({
        "diagnostic": { "severity": "error", "summary": summary, "detail": detail },
        "exit_code": code,
    });
    message(now, Level::Error, "diagnostic", &format!("error.{name}"), &format!("Error: {summary}"), rest)
}

/// What would be an error if it ended the command, and ends nothing.
pub fn stream_note(now: Timestamp, name: &str, (summary, detail): (&str, &str)) -> String {
    let rest = json!({ "diagnostic": { "severity": "warning", "summary": summary, "detail": detail } });
    message(now, Level::Warn, "diagnostic", &format!("note.{name}"), &format!("Warning: {summary}"), rest)
}

/// Says what is planned: drift, changes, what is held, the policy, and in the end the total, so that whoever shows a run
/// knows it before that begins.
pub fn stream_plan(plan: &Plan, now: Timestamp) -> String {
    let mut lines = String::new();
    for one in &plan.drift {
        let text = format!("{}: {}", json_address(plan, &one.address), drift::words(plan, one));
        let gone = one.kind == crate::plan::DriftKind::Gone;
        let change = json!({
            "resource": resource(plan, &one.address),
            "action": if gone { "delete" } else { "update" },
        });
        let code = format!("drift.{}", drift_kind(&one.kind));
        lines += &message(now, Level::Info, "resource_drift", &code, &text, json!({ "change": change }));
    }
    for import in &plan.imports {
        let text = format!("{}: Plan to import", json_address(plan, &import.address));
        let change = json!({
            "resource": resource(plan, &import.address),
            "action": "import",
            "importing": { "id": import.id },
        });
        lines +=
            &message(now, Level::Info, "planned_change", "change.import", &text, json!({ "change": change }));
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
        lines += &message(now, Level::Info, "planned_change", &code, &text, json!({ "change": planned }));
    }
    for held in &plan.held {
        let why = words::held(held);
        let text = format!("{}: held: {why}", json_address(plan, &held.address));
        let code = held_code(&held.reason);
        let mut rest = json!({ "resource": resource(plan, &held.address), "reason": code, "text": why });
        if let Some(until) = held.until {
            rest["until"] = json!(until);
        }
        lines += &message(now, Level::Info, "held", &format!("held.{code}"), &text, rest);
    }
    lines += &policy(plan, now);
    lines + &total(plan, now)
}

fn policy(plan: &Plan, now: Timestamp) -> String {
    let mut lines = String::new();
    for check in plan.policy.iter().flat_map(|review| &review.checks) {
        let (level, code) = match check.outcome {
            CheckOutcome::Pass => (Level::Info, "policy.pass"),
            CheckOutcome::Warn => (Level::Warn, "policy.warn"),
            CheckOutcome::Fail => (Level::Error, "policy.fail"),
        };
        let asked = if check.limit.is_empty() { String::new() } else { format!(" ({})", check.limit) };
        let text = format!("Policy {}: {}{asked}", check.rule, check.found);
        lines += &message(now, level, "policy_check", code, &text, json!({ "check": check }));
    }
    lines
}

fn total(plan: &Plan, now: Timestamp) -> String {
    let (add, change, remove) = plan.counts();
    let rest = json!({
        "plan": { "id": plan.id, "train": plan.basis.train, "serial": plan.basis.serial, "steps": plan.steps.len() },
        "changes": {
            "add": add,
            "change": change,
            "import": plan.imports.len(),
            "remove": remove,
            "operation": "plan",
        },
        "held": plan.figures().held,
        "drifted": plan.figures().drifted,
    });
    message(now, Level::Info, "change_summary", "summary.plan", &verdict(plan), rest)
}

/// Says what a run came to.
pub fn stream_outcome(plan: &Plan, outcome: &Outcome, now: Timestamp) -> String {
    let done = targets::completed(plan, outcome);
    let count = |wanted: &str| done.iter().filter(|(_, action)| *action == wanted).count();
    let (add, change, remove, import) = (count("create"), count("update"), count("delete"), count("import"));
    let ended = match outcome.interrupted || outcome.stopped || outcome.counts.failed > 0 {
        true => "Apply ended early.",
        false => "Apply complete!",
    };
    let text = format!("{ended} Resources: {add} added, {change} changed, {remove} destroyed.");
    let changes =
        json!({ "add": add, "change": change, "import": import, "remove": remove, "operation": "apply" });
    let mut lines =
        message(now, Level::Info, "change_summary", "summary.apply", &text, json!({ "changes": changes }));
    let crate::state::store::StepCounts { done, already, failed, not_started } = outcome.counts;
    let (level, code) = match outcome {
        Outcome { interrupted: true, .. } => (Level::Warn, "outcome.interrupted"),
        Outcome { stopped: true, .. } => (Level::Error, "outcome.stopped"),
        _ if failed > 0 => (Level::Error, "outcome.partial"),
        _ if not_started > 0 => (Level::Info, "outcome.waiting"),
        _ => (Level::Info, "outcome.done"),
    };
    let text =
        format!("Steps: {done} done, {already} done already, {failed} failed, {not_started} not started.");
    let rest = json!({
        "steps": { "done": done, "already": already, "failed": failed, "not_started": not_started },
        "interrupted": outcome.interrupted,
        "stopped": outcome.stopped,
        "serial": outcome.serial,
    });
    lines += &message(now, level, "outcome", code, &text, rest);
    lines
}

/// Returns a resource as Terraform's messages name one.
pub(super) fn resource(plan: &Plan, address: &Address) -> Value {
    let resource = TerraformResource::of(plan, address);
    json!({
        "addr": resource.address,
        "module": "",
        "resource": resource.address,
        "implied_provider": PROVIDER,
        "resource_type": resource.kind,
        "resource_name": resource.name,
        "resource_key": resource.index,
    })
}
