//! Tells whoever the train file names what happens: a program on its input, or a page by POST. Nobody being told breaks
//! no run: that is a warning, once.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::task::JoinSet;

use super::context::Context;
use crate::apply::{Event, Outcome, StepEnd};
use crate::oci::{HttpTransport, Transport};
use crate::plan::{Action, Figures, Plan};
use crate::train::Notify;

/// How long one may take to be told.
const PATIENCE: Duration = Duration::from_secs(10);

/// Tells.
pub(super) struct Notifier {
    to: Option<Arc<To>>,
    /// What every event says.
    base: Value,
    work: Mutex<JoinSet<Result<(), String>>>,
    /// What has been told of holds: one time each.
    held: Mutex<BTreeSet<String>>,
}

struct To {
    command: Vec<String>,
    webhook: Option<String>,
    http: HttpTransport,
}

impl Notifier {
    pub(super) fn new(context: &Context, notify: Option<&Notify>, plan: &Plan) -> Self {
        let to = notify.map(|Notify { command, webhook_env }| {
            let authorities = context.credentials.authorities().ok().flatten();
            let webhook = webhook_env.as_ref().and_then(|name| {
                let value = context.variable(name);
                if value.is_none() {
                    context.terminal.say(&format!("Warning: nobody is told by POST: {name} is not set"));
                }
                value
            });
            Arc::new(To {
                command: command.clone(),
                webhook,
                http: HttpTransport::new().with_authorities(authorities),
            })
        });
        let base = json!({
            "train": plan.basis.train.as_str(),
            "plan": plan.id.0,
            "service": plan.service.api,
            "simulator": plan.service.simulator,
            "who": context.who(),
            "host": context.host(),
        });
        Self { to, base, work: Mutex::default(), held: Mutex::default() }
    }

    pub(super) fn planned(&self, plan: &Plan) {
        self.tell("plan", planned(plan));
    }

    pub(super) fn started(&self, plan: &Plan) {
        let groups: BTreeSet<&str> =
            plan.steps.iter().filter_map(|step| step.group.as_ref()).map(|group| group.as_str()).collect();
        self.tell("start", json!({ "steps": plan.steps.len(), "groups": groups }));
    }

    /// Takes in what happens in a run.
    pub(super) fn event(&self, plan: &Plan, event: &Event) {
        if self.to.is_none() {
            return;
        }
        let of = |step: &crate::op::StepId| plan.steps.get(step.0 as usize);
        match event {
            Event::Stopped { group, stopped } => {
                self.tell("stopped", json!({ "group": group.as_str(), "stopped": stopped }));
            }
            Event::Held { step, message, until } => self.held(of(step), message, Some(until.to_string())),
            Event::Ended { step, end: StepEnd::Shut { message } } => self.held(of(step), message, None),
            _ => {}
        }
    }

    fn held(&self, step: Option<&crate::plan::Step>, message: &str, until: Option<String>) {
        let new = self.held.lock().unwrap_or_else(PoisonError::into_inner).insert(message.to_owned());
        let Some(step) = step.filter(|_| new) else { return };
        let gate = matches!(step.action, Action::Gate { .. });
        let group = step.group.as_ref().map(|group| group.as_str());
        self.tell("held", json!({ "group": group, "gate": gate, "why": message, "until": until }));
    }

    pub(super) fn done(&self, outcome: &Outcome, code: u8) {
        let counts = outcome.counts;
        self.tell(
            "done",
            json!({
                "exit_code": code,
                "done": counts.done + counts.already,
                "failed": counts.failed,
                "not_started": counts.not_started,
                "interrupted": outcome.interrupted,
                "serial": outcome.serial,
            }),
        );
    }

    /// Takes in that the run could not go on.
    pub(super) fn failed(&self, why: &str, code: u8) {
        self.tell("done", json!({ "exit_code": code, "error": why }));
    }

    /// Has everybody told of an event, beside whatever goes on.
    fn tell(&self, event: &str, facts: Value) {
        let Some(to) = &self.to else { return };
        let mut document = json!({ "event": event, "at": jiff::Timestamp::now() });
        for more in [&self.base, &facts] {
            if let (Value::Object(document), Value::Object(more)) = (&mut document, more) {
                document.extend(more.clone());
            }
        }
        let text = format!("{document}\n");
        let mut work = self.work.lock().unwrap_or_else(PoisonError::into_inner);
        if !to.command.is_empty() {
            let (to, text) = (to.clone(), text.clone());
            work.spawn(async move { in_time("the command of `[notify]`", to.run(&text)).await });
        }
        if to.webhook.is_some() {
            let to = to.clone();
            work.spawn(async move { in_time("the webhook of `[notify]`", to.post(text)).await });
        }
    }

    /// Waits until everybody has been told, or has had the time for it, and says what went wrong.
    pub(super) async fn finish(self, context: &Context) {
        let mut work = self.work.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut troubles = BTreeSet::new();
        while let Some(told) = work.join_next().await {
            if let Ok(Err(trouble)) = told {
                troubles.insert(trouble);
            }
        }
        for trouble in troubles {
            context.terminal.say(&format!("Warning: {trouble}; nothing else is different for it"));
        }
    }
}

/// Returns what a plan comes to: addresses, as wherever else a plan is counted.
fn planned(plan: &Plan) -> Value {
    let Figures { add, change, destroy, held, drifted, .. } = plan.figures();
    json!({ "add": add, "change": change, "destroy": destroy, "held": held, "drift": drifted })
}

async fn in_time(whom: &str, told: impl Future<Output = Result<(), String>>) -> Result<(), String> {
    let late = || format!("took longer than {} s", PATIENCE.as_secs());
    let told = tokio::time::timeout(PATIENCE, told).await.unwrap_or_else(|_| Err(late()));
    told.map_err(|why| format!("{whom} {why}"))
}

impl To {
    async fn run(&self, text: &str) -> Result<(), String> {
        let Some((program, arguments)) = self.command.split_first() else { return Ok(()) };
        let child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn();
        let mut child = child.map_err(|error| format!("cannot be run: {program}: {error}"))?;
        if let Some(mut input) = child.stdin.take() {
            // One that reads nothing is told all the same.
            let _ = input.write_all(text.as_bytes()).await;
        }
        match child.wait().await {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("failed: {program}: {status}")),
            Err(error) => Err(format!("cannot be waited for: {program}: {error}")),
        }
    }

    /// The address is not told: often it is a secret.
    async fn post(&self, text: String) -> Result<(), String> {
        let Some(webhook) = &self.webhook else { return Ok(()) };
        let request =
            http::Request::post(webhook.as_str()).header(http::header::CONTENT_TYPE, "application/json");
        let request = request.body(Bytes::from(text)).map_err(|_| "is no address".to_owned())?;
        match self.http.send(request).await {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(format!("answers {}", answer.status())),
            Err(_) => Err("cannot be reached".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::basis::tests::plan;
    use super::*;
    use crate::name::{Address, GroupName, Ocid};
    use crate::plan::{Drift, DriftKind, Held, HeldReason};

    #[test]
    fn addresses_are_counted_as_wherever_a_plan_is_shown() {
        let web = || Address::Instance(Ocid::new("ocid1.instance.oc1..web"));
        let held = |reason| Held { address: web(), reason, until: None };
        let group = || GroupName::new("web");
        let mut plan = plan("id", 1);
        plan.held = vec![held(HeldReason::Unknown), held(HeldReason::Unread)];
        plan.drift = vec![
            Drift::of(web(), DriftKind::Gone),
            Drift::of(web(), DriftKind::Joined { group: group() }),
            Drift::of(Address::Group(group()), DriftKind::Gone),
        ];
        assert_eq!(planned(&plan), json!({ "add": 0, "change": 0, "destroy": 0, "held": 1, "drift": 2 }));
    }
}
