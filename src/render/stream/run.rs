//! A run as it goes on: a message for each step, and for each address that the plan changes Terraform's `apply_start`,
//! `apply_progress` and `apply_complete` or `apply_errored`. An address begins with the first of its steps and is complete
//! when all of them are, so that the messages add up to the total that was told first. Which steps those are is
//! [`super::targets`]'.

use std::collections::HashMap;
use std::io::Write;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::plan::{json_address, step_kind};
use super::super::repeat::Repeat;
use super::super::words::{self, gates, one_line};
use super::targets::{For, Target, Targets};
use super::{Level, Teller, resource};
use crate::apply::{Event, StepEnd};
use crate::name::{Address, TrainName};
use crate::op::StepId;
use crate::plan::{Action, Plan, Step};

/// How long one trouble, and the progress of one step, is not told again.
const QUIET: Duration = Duration::from_secs(10);

/// Something that the plan changes, and the steps that do it.
struct Tracked {
    hook: Value,
    address: String,
    left: usize,
    since: Option<Timestamp>,
    errored: bool,
}

/// What is told of a step.
struct Told {
    object: String,
    doing: String,
    done: String,
    fields: Value,
    gate: bool,
    /// What it is a step of.
    of: For,
    since: Option<Timestamp>,
    progress: Option<Timestamp>,
}

/// Writes a line for each thing that happens in a run.
pub struct RunStream<W> {
    out: W,
    now: Box<dyn Fn() -> Timestamp + Send>,
    train: TrainName,
    tracked: Vec<Tracked>,
    steps: Vec<Told>,
    repeats: HashMap<String, Timestamp>,
}

impl<W: Write> RunStream<W> {
    /// Writes to `out`; `now` tells the time.
    pub fn new(plan: &Plan, out: W, now: impl Fn() -> Timestamp + Send + 'static) -> Self {
        let Targets { all, of } = Targets::of(plan);
        let mut tracked: Vec<Tracked> = all.iter().map(|target| Tracked::new(plan, target)).collect();
        for targets in &of {
            targets.all.iter().for_each(|target| tracked[*target].left += 1);
        }
        let steps = plan.steps.iter().zip(of).map(|(step, of)| Told::new(plan, step, of)).collect();
        let train = plan.basis.train.clone();
        Self { out, now: Box::new(now), train, tracked, steps, repeats: HashMap::new() }
    }

    /// Takes an event in.
    pub fn event(&mut self, event: &Event) {
        let now = (self.now)();
        match event {
            Event::Started { step } => self.started(*step, now),
            Event::Waiting { step, ticket, percent } => self.waiting(*step, (&ticket.0, *percent), now),
            Event::Retrying { step, reason, after } => {
                let rest = json!({ "step": step, "reason": reason, "after_seconds": after.as_secs_f64() });
                self.line(
                    now,
                    Level::Warn,
                    "retry",
                    "run.retry",
                    &format!("trying again: {}", one_line(reason)),
                    rest,
                );
            }
            Event::Ended { step, end } => self.ended(*step, end, now),
            Event::Held { step, message, until } => {
                let Some(told) = self.steps.get(step.0 as usize) else { return };
                let text =
                    format!("{}: waiting until {}: {}", told.object, words::time(*until), one_line(message));
                let rest = json!({ "step": told.fields, "until": until });
                self.line(now, Level::Info, "gate_wait", "gate.wait", &text, rest);
            }
            Event::Stopped { group, stopped } => {
                let rest = json!({ "group": group, "stopped": stopped });
                self.line(
                    now,
                    Level::Error,
                    "rollout_stopped",
                    "run.stopped",
                    &gates::stopped(group, stopped),
                    rest,
                );
            }
            Event::Interrupted => {
                let text = "Interrupted: nothing new is started, answers on their way are taken in.";
                self.line(now, Level::Warn, "interrupted", "run.interrupted", text, json!({}));
            }
            Event::Resuming { op, ticket } => {
                let rest = json!({ "op": op, "work_request": ticket });
                let text = format!("looking up {} of an earlier run", words::clean(&op.0));
                self.line(now, Level::Info, "resuming", "run.resuming", &text, rest);
            }
        }
    }

    /// Takes in that a call failed and is made again.
    pub fn repeat(&mut self, repeat: &Repeat<'_>) {
        let now = (self.now)();
        let trouble = format!("{}: {}", repeat.operation, repeat.reason);
        if self.repeats.get(&trouble).is_some_and(|told| since(*told, now) < QUIET) {
            return;
        }
        self.repeats.insert(trouble, now);
        let rest = json!({
            "operation": repeat.operation,
            "reason": repeat.reason,
            "attempts": repeat.attempts,
            "after_seconds": repeat.wait.as_secs_f64(),
        });
        self.line(now, Level::Warn, "retry", "run.retry", &format!("trying again: {}", repeat.text()), rest);
    }

    fn started(&mut self, step: StepId, now: Timestamp) {
        let Some(told) = self.steps.get_mut(step.0 as usize) else { return };
        told.since = Some(now);
        if told.gate {
            return;
        }
        let text = format!("{}: {}", told.object, told.doing);
        let (fields, of) = (told.fields.clone(), told.of.all.clone());
        for target in of {
            let tracked = &mut self.tracked[target];
            if tracked.since.is_none() {
                tracked.since = Some(now);
                let (text, hook) = (format!("{}: {text}", tracked.address), tracked.hook.clone());
                self.line(now, Level::Info, "apply_start", "apply.start", &text, json!({ "hook": hook }));
            }
        }
        self.line(now, Level::Info, "step_start", "step.start", &text, json!({ "step": fields }));
    }

    fn waiting(&mut self, step: StepId, (ticket, percent): (&str, u8), now: Timestamp) {
        let Some(told) = self.steps.get_mut(step.0 as usize) else { return };
        if told.progress.is_some_and(|last| since(last, now) < QUIET) {
            return;
        }
        told.progress = Some(now);
        let elapsed = told.since.map_or(Duration::ZERO, |start| since(start, now)).as_secs();
        let text = format!("{}: {}, {percent} %", told.object, told.doing);
        let rest = json!({
            "step": told.fields,
            "work_request": ticket,
            "percent": percent,
            "elapsed_seconds": elapsed,
        });
        // A step for a whole group would say the same of each of its members.
        if let Some(tracked) = told.of.own.map(|own| &self.tracked[own]) {
            let text = format!("{}: still at it, {elapsed} s", tracked.address);
            let hook = tracked.hook_after(now);
            self.line(now, Level::Info, "apply_progress", "apply.progress", &text, json!({ "hook": hook }));
        }
        self.line(now, Level::Info, "step_progress", "step.progress", &text, rest);
    }

    fn ended(&mut self, step: StepId, end: &StepEnd, now: Timestamp) {
        let Some(told) = self.steps.get(step.0 as usize) else { return };
        let Told { object, doing, done, .. } = told;
        let why = match end {
            StepEnd::Failed { message }
            | StepEnd::Refused { message }
            | StepEnd::Shut { message }
            | StepEnd::Left { message } => Some(one_line(message)),
            _ => None,
        };
        let reason = why.as_deref().unwrap_or_default();
        let (level, kind, code, text) = match end {
            StepEnd::Done if told.gate => {
                (Level::Info, "gate_open", "gate.open", format!("{object}: {done}"))
            }
            StepEnd::Done => (Level::Info, "step_complete", "step.done", format!("{object}: {done}")),
            StepEnd::AlreadyDone => {
                (Level::Info, "step_complete", "step.already-done", format!("{object}: {done} already"))
            }
            StepEnd::Updated => (
                Level::Info,
                "step_complete",
                "step.below-level",
                format!("{object}: done what this plan does, and still below level"),
            ),
            StepEnd::Failed { .. } => {
                (Level::Error, "step_errored", "step.failed", format!("{object}: failed {doing}: {reason}"))
            }
            StepEnd::Refused { .. } => {
                (Level::Error, "step_errored", "step.refused", format!("{object}: refused {doing}: {reason}"))
            }
            StepEnd::Shut { .. } => {
                (Level::Info, "gate_shut", "gate.shut", format!("{object}: {doing}: {reason}"))
            }
            StepEnd::Left { .. } => {
                (Level::Warn, "step_left", "step.left", format!("{object}: left {doing}: {reason}"))
            }
            StepEnd::NotStarted => {
                (Level::Info, "step_skipped", "step.not-started", format!("{object}: not started"))
            }
        };
        let mut rest = json!({ "step": told.fields });
        if let Some(start) = told.since {
            rest["elapsed_seconds"] = json!(since(start, now).as_secs());
        }
        if let Some(why) = &why {
            rest["reason"] = json!(why);
        }
        let (of, doing) = (told.of.all.clone(), format!("{object}: {doing}"));
        self.line(now, level, kind, code, &text, rest);
        let failed = matches!(end, StepEnd::Failed { .. } | StepEnd::Refused { .. });
        if failed {
            let rest = json!({ "diagnostic": { "severity": "error", "summary": doing, "detail": reason } });
            self.line(now, Level::Error, "diagnostic", code, &format!("Error: {text}"), rest);
        }
        for target in of {
            self.told_of(target, (failed, end.lets_on()), now);
        }
    }

    /// Takes in that one of the steps of an address has ended.
    fn told_of(&mut self, target: usize, (failed, went_well): (bool, bool), now: Timestamp) {
        let tracked = &mut self.tracked[target];
        let first = failed && !tracked.errored;
        tracked.errored |= failed;
        tracked.left -= usize::from(went_well && tracked.left > 0);
        let hook = tracked.hook_after(now);
        if first {
            let text = format!("{}: errored", tracked.address);
            self.line(now, Level::Error, "apply_errored", "apply.errored", &text, json!({ "hook": hook }));
        } else if went_well && tracked.left == 0 {
            let seconds = &hook["elapsed_seconds"];
            let text = format!("{}: complete after {seconds} s", tracked.address);
            self.line(now, Level::Info, "apply_complete", "apply.complete", &text, json!({ "hook": hook }));
        }
    }

    fn line(&mut self, now: Timestamp, level: Level, kind: &str, code: &str, text: &str, rest: Value) {
        let teller = Teller { now, train: Some(&self.train) };
        // Whoever reads may have gone; that is no reason to stop changing the world halfway.
        let _ = self.out.write_all(teller.message(level, (kind, code), text, rest).as_bytes());
        let _ = self.out.flush();
    }
}

impl Tracked {
    fn new(plan: &Plan, (address, action): &Target<'_>) -> Self {
        let mut hook = json!({ "resource": resource(plan, address), "action": action });
        if let Address::Instance(id) = address {
            hook["id_key"] = json!("id");
            hook["id_value"] = json!(id);
        }
        Self { hook, address: json_address(plan, address), left: 0, since: None, errored: false }
    }

    fn hook_after(&self, now: Timestamp) -> Value {
        let mut hook = self.hook.clone();
        let elapsed = self.since.map_or(Duration::ZERO, |start| since(start, now));
        hook["elapsed_seconds"] = json!(elapsed.as_secs());
        hook
    }
}

impl Told {
    fn new(plan: &Plan, step: &Step, of: For) -> Self {
        let words::StepWords { object, doing, done } = words::step(plan, step);
        let mut fields = json!({
            "id": step.id,
            "address": json_address(plan, &step.address),
            "kind": step_kind(step),
            "phase": step.phase(),
        });
        if let Some(group) = &step.group {
            fields["group"] = json!(group);
        }
        if let Some(wave) = step.wave {
            fields["wave"] = json!(wave);
        }
        let gate = matches!(step.action, Action::Gate { .. });
        Self { object, doing, done, fields, gate, of, since: None, progress: None }
    }
}

fn since(start: Timestamp, now: Timestamp) -> Duration {
    now.duration_since(start).try_into().unwrap_or_default()
}
