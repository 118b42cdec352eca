//! What a plan and a run came to, as plain lines for stories to look for: independent of how the product lays text
//! out.

use std::fmt::Write;

use patchtrain::apply::{Outcome, StepEnd};
use patchtrain::name::{Address, GroupName};
use patchtrain::plan::{Action, Condition, Plan, Step};
use patchtrain::render;
use patchtrain::state::{Ending, State};
use serde::Serialize;

use super::sky::{Passed, table};

/// The word that a tagged enum is saved under.
fn tag(value: &impl Serialize, key: &str) -> String {
    serde_json::to_value(value).unwrap()[key].as_str().unwrap().to_owned()
}

fn address(plan: &Plan, address: &Address) -> String {
    match address {
        Address::Instance(id) => plan.label(id).to_owned(),
        Address::Group(group) => format!("group.{group}"),
        Address::Schedule(group) => format!("schedule.{group}"),
        Address::Profile(group) => format!("profile.{group}"),
        Address::Release(release) => format!("release.{release}"),
    }
}

pub(crate) fn plan(plan: &Plan) -> String {
    let mut text = format!("{}\n", render::verdict(plan));
    let mut line = |words: String| writeln!(text, "{words}").unwrap();
    line(format!("{} steps, can start: {}", plan.steps.len(), if plan.can_start() { "yes" } else { "no" }));
    for group in &plan.groups {
        line(format!("{}: {} of {} at {}", group.name, group.at_level, group.members, group.release));
    }
    for drift in &plan.drift {
        line(format!("drift {}: {}", address(plan, &drift.address), tag(&drift.kind, "drift")));
    }
    for report in &plan.ahead {
        line(format!("ahead {}", plan.label(&report.instance)));
    }
    for entry in &plan.exact {
        let names: Vec<&str> = entry.instances.iter().map(|id| plan.label(id)).collect();
        let (back, add, remove) = (entry.back.len(), entry.add.len(), entry.remove.len());
        line(format!("exact {}: {back} back, {add} installed, {remove} removed", names.join(" ")));
    }
    for held in &plan.held {
        let until = held.until.map(|until| format!(" until {until:.0}")).unwrap_or_default();
        line(format!("held {}: {}{until}", address(plan, &held.address), tag(&held.reason, "held")));
    }
    for note in &plan.notes {
        line(format!("note {}", tag(note, "note")));
    }
    for change in &plan.changes {
        line(format!("{} {}", tag_of(&change.action), address(plan, &change.address)));
    }
    let cost = plan.cost;
    line(format!("cost: {} changing calls, {} work requests", cost.changing_calls, cost.work_requests));
    text
}

fn tag_of(value: &impl Serialize) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
}

/// The exit code as `patchtrain apply` has it.
fn exit(outcome: &Outcome) -> u8 {
    use patchtrain::cli::exit;
    match () {
        () if outcome.interrupted => exit::INTERRUPTED,
        () if outcome.counts.failed > 0 || outcome.stopped => exit::PARTIAL,
        () => exit::DONE,
    }
}

pub(crate) fn outcome(plan: &Plan, outcome: &Outcome) -> String {
    let counts = outcome.counts;
    let mut text = format!(
        "exit {}\n{} done, {} already, {} failed, {} not started\n",
        exit(outcome),
        counts.done,
        counts.already,
        counts.failed,
        counts.not_started
    );
    for (id, end) in &outcome.ends {
        let step = &plan.steps[id.0 as usize];
        let who = address(plan, &step.address);
        let _ = match end {
            StepEnd::Failed { message } => writeln!(text, "failed {who}: {message}"),
            StepEnd::Refused { message } => writeln!(text, "refused {who}: {message}"),
            StepEnd::Shut { message } => writeln!(text, "shut {who}: {message}"),
            StepEnd::Left { message } => writeln!(text, "left {who}: {message}"),
            StepEnd::AlreadyDone => writeln!(text, "already {who}"),
            StepEnd::Updated => writeln!(text, "below level all the same {who}"),
            StepEnd::Done => match gate(step) {
                Some(gate) => writeln!(text, "opened {gate}"),
                None => Ok(()),
            },
            StepEnd::NotStarted => Ok(()),
        };
    }
    text
}

fn gate(step: &Step) -> Option<String> {
    match &step.action {
        Action::Gate { condition: Condition::GroupAtLevel { waiting, behind, group, wave, .. } } => {
            let of = |wave: &Option<u32>| wave.map(|wave| format!(" wave {wave}")).unwrap_or_default();
            Some(format!("{waiting}{} after {group}{}", of(behind), of(wave)))
        }
        Action::Gate { condition: Condition::Arrived { group, .. } } => Some(format!("end of {group}")),
        _ => None,
    }
}

/// Calls by what they are, one a line, with how many that is for each instance that was updated; then their sum.
pub(crate) fn calls(calls: &[Passed]) -> String {
    let mut text = String::new();
    let updates = calls.iter().filter(|call| call.what.ends_with("packages/updateAll")).count();
    for ((changing, what), count) in table(calls) {
        let each = count as f64 / updates.max(1) as f64;
        let kind = if changing { "changes" } else { "reads  " };
        writeln!(text, "  {kind} {count:>5} {each:>6.1} an instance  {what}").unwrap();
    }
    let changing = calls.iter().filter(|call| call.changing).count();
    writeln!(text, "{changing} changing and {} reading calls", calls.len() - changing).unwrap();
    text
}

/// What is on record of a rollout.
pub(crate) fn rollout(state: &State, group: &GroupName) -> String {
    let Some(rollout) = state.rollouts.get(group) else { return "none".to_owned() };
    let mut text = format!("to {} in {} waves\n", rollout.release.as_ref().unwrap(), rollout.waves);
    for (id, failure) in &rollout.failed {
        let _ = writeln!(text, "failed {id} in wave {}: {}", failure.wave, failure.why);
    }
    if let Some(stopped) = &rollout.stopped {
        let _ = writeln!(
            text,
            "stopped in wave {}: {} failed, {} may",
            stopped.wave, stopped.failed, stopped.allowed
        );
    }
    if rollout.paused.is_some() {
        text.push_str("paused\n");
    }
    text.push_str(match &rollout.ended {
        None => "goes on\n",
        Some(end) if end.how == Ending::Done => "has arrived\n",
        Some(_) => "was aborted\n",
    });
    for wave in 1..=rollout.waves {
        let members = state.instances.values().filter(|known| known.group == *group && known.wave == wave);
        let (mut at, mut all) = (0, 0);
        for known in members {
            all += 1;
            at += usize::from(
                known.at_level.as_ref().is_some_and(|level| Some(&level.release) == rollout.release.as_ref()),
            );
        }
        let _ = writeln!(text, "wave {wave}: {at} of {all}");
    }
    text
}
