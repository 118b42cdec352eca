//! A plan and its run as a stream of JSON, a message a line: with the fields and the types that Terraform's `-json` has
//! where those fit, and types of ours for what Terraform has no word for (steps, gates, what is held, the policy).
//!
//! Each message has a `code`, which stays when its text is worded otherwise. `docs/plan-formats.md` lists them.

mod planned;
mod rehearsed;
mod run;
mod targets;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::encoded;
use super::plan::{PROVIDER, TERRAFORM_VERSION, TerraformResource};
use crate::apply::Outcome;
use crate::name::{Address, TrainName};
use crate::plan::Plan;

pub use planned::stream_plan;
pub use rehearsed::stream_rehearsal;
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

/// What messages have in common.
#[derive(Clone, Copy)]
pub(super) struct Teller<'a> {
    /// When it is.
    pub(super) now: Timestamp,
    /// The train that they are about; none where they are about all, or no train.
    pub(super) train: Option<&'a TrainName>,
}

impl<'a> Teller<'a> {
    /// One for messages about a plan.
    fn of(plan: &'a Plan, now: Timestamp) -> Self {
        Self { now, train: Some(&plan.basis.train) }
    }

    /// Writes one message: what every one has, and what this one has besides.
    pub(super) fn message(self, level: Level, (kind, code): (&str, &str), text: &str, rest: Value) -> String {
        let mut whole = json!({
            "@level": match level {
                Level::Info => "info",
                Level::Warn => "warn",
                Level::Error => "error",
            },
            "@message": text,
            "@module": "patchtrain.ui",
            "@timestamp": self.now.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(),
            "type": kind,
            "code": code,
        });
        if let Some(train) = self.train {
            whole["train"] = json!(train);
        }
        if let (Value::Object(whole), Value::Object(rest)) = (&mut whole, rest) {
            whole.extend(rest);
        }
        encoded::line(&whole)
    }
}

/// The first message.
pub fn stream_version(now: Timestamp) -> String {
    let tool = env!("CARGO_PKG_VERSION");
    let rest = json!({ "patchtrain": tool, "terraform": TERRAFORM_VERSION, "ui": UI_VERSION });
    let teller = Teller { now, train: None };
    teller.message(Level::Info, ("version", "version"), &format!("patchtrain {tool}"), rest)
}

/// The last message: how the command ends.
pub fn stream_end(now: Timestamp, name: &str, code: u8, meaning: &str) -> String {
    let level = if code == 0 { Level::Info } else { Level::Warn };
    let rest = json!({ "exit_code": code });
    Teller { now, train: None }.message(level, ("end", &format!("end.{name}")), meaning, rest)
}

/// An error, with what it ends the command with; `code` is none where the command goes on.
pub fn stream_error(
    now: Timestamp,
    train: Option<&TrainName>,
    (name, code): (&str, Option<u8>),
    (summary, detail): (&str, &str),
) -> String {
    let mut rest = json!({ "diagnostic": { "severity": "error", "summary": summary, "detail": detail } });
    if let Some(code) = code {
        rest["exit_code"] = json!(code);
    }
    let kind = ("diagnostic", &*format!("error.{name}"));
    Teller { now, train }.message(Level::Error, kind, &format!("Error: {summary}"), rest)
}

/// What would be an error if it ended the command, and ends nothing.
pub fn stream_note(
    now: Timestamp,
    train: Option<&TrainName>,
    name: &str,
    (summary, detail): (&str, &str),
) -> String {
    let rest = json!({ "diagnostic": { "severity": "warning", "summary": summary, "detail": detail } });
    let kind = ("diagnostic", &*format!("note.{name}"));
    Teller { now, train }.message(Level::Warn, kind, &format!("Warning: {summary}"), rest)
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
    let teller = Teller::of(plan, now);
    let rest = json!({ "changes": changes });
    let mut lines = teller.message(Level::Info, ("change_summary", "summary.apply"), &text, rest);
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
    lines += &teller.message(level, ("outcome", code), &text, rest);
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
