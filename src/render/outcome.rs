//! What a run came to, as text: what was done, what failed and why, what waits, and the next step to take.

use std::collections::{BTreeMap, HashMap};

use super::page::{Mark, Page, Tone};
use super::plan::{partial, summary};
use super::words::{self, count, counts, one_line};
use super::{Detail, Style};
use crate::apply::{Outcome, StepEnd};
use crate::name::{Address, GroupName};
use crate::op::Op;
use crate::plan::{Action, Change, ChangeAction, Phase, Plan, Step};

/// Names shown of those that failed alike before the list folds.
const NAMES: usize = 12;
/// Different failures shown before a section folds.
const KINDS: usize = 12;

/// Lays out the end of a run.
pub fn outcome(plan: &Plan, outcome: &Outcome, style: Style) -> String {
    let mut page = Page::new(style);
    let run = Run::of(plan, outcome);
    if page.shows(Detail::Default) {
        failures(&mut page, plan, "Failed", "", &run.failed);
        failures(&mut page, plan, "Refused", "what the plan saw is no longer so", &run.refused);
        failures(&mut page, plan, "Left running", "the service goes on with it", &run.left);
        failures(&mut page, plan, "Gates shut", "what stands behind them was not started", &run.shut);
        not_started(&mut page, &run);
        next(&mut page, &run);
        page.blank();
    }
    if run.is_complete() && !plan.held.is_empty() {
        // All that could be done is done, and this is the rest of what the train wants.
        summary::held(&mut page, plan);
        page.blank();
    }
    verdict(&mut page, plan, &run);
    partial::warning(&mut page, plan);
    page.finish()
}

/// The steps of a run by how they ended.
struct Run<'a> {
    outcome: &'a Outcome,
    done: usize,
    already: usize,
    failed: Vec<(&'a Step, &'a str)>,
    refused: Vec<(&'a Step, &'a str)>,
    shut: Vec<(&'a Step, &'a str)>,
    left: Vec<(&'a Step, &'a str)>,
    waiting: Vec<&'a Step>,
}

impl<'a> Run<'a> {
    fn of(plan: &'a Plan, outcome: &'a Outcome) -> Self {
        let mut run = Self {
            outcome,
            done: 0,
            already: 0,
            failed: Vec::new(),
            refused: Vec::new(),
            shut: Vec::new(),
            left: Vec::new(),
            waiting: Vec::new(),
        };
        for (id, end) in &outcome.ends {
            let Some(step) = plan.steps.get(id.0 as usize) else { continue };
            match end {
                StepEnd::Done | StepEnd::Updated => run.done += 1,
                StepEnd::AlreadyDone => run.already += 1,
                StepEnd::Failed { message } => run.failed.push((step, message)),
                StepEnd::Refused { message } => run.refused.push((step, message)),
                StepEnd::Shut { message } => run.shut.push((step, message)),
                StepEnd::Left { message } => run.left.push((step, message)),
                StepEnd::NotStarted => run.waiting.push(step),
            }
        }
        run
    }

    fn is_complete(&self) -> bool {
        let bad =
            [self.failed.len(), self.refused.len(), self.shut.len(), self.left.len(), self.waiting.len()];
        let bad: usize = bad.iter().sum();
        bad == 0 && !self.outcome.interrupted
    }
}

fn verdict(page: &mut Page, plan: &Plan, run: &Run<'_>) {
    let [imported, added, changed, destroyed] = resources(plan, run);
    let imported = match plan.imports.is_empty() {
        true => String::new(),
        false => format!("{imported} imported, "),
    };
    let resources = format!("Resources: {imported}{added} added, {changed} changed, {destroyed} destroyed.");
    if run.is_complete() {
        let sentence = page.paint(Tone::Add, "Apply complete!");
        page.text(0, 0, &format!("{sentence} {resources}"));
    } else {
        let rest = counts(&[
            (run.already, "done already"),
            (run.failed.len(), "failed"),
            (run.refused.len(), "refused"),
            (run.left.len(), "left running"),
            (run.waiting.len() + run.shut.len(), "not started"),
        ]);
        let rest = if rest.is_empty() { rest } else { format!(", {rest}") };
        let stopped = if run.outcome.interrupted { "interrupted with " } else { "" };
        let steps = count(plan.steps.len(), "step");
        page.text(0, 0, &format!("Apply incomplete: {stopped}{} of {steps} done{rest}.", run.done));
        page.text(0, 0, &resources);
    }
    let mut facts = Vec::new();
    if plan.service.simulator {
        facts.push(page.paint(Tone::Held, "SIMULATOR"));
    }
    if run.is_complete() {
        facts.push(match run.already {
            0 => format!("{} done", count(run.done, "step")),
            already => format!("{} done, {already} found done", count(run.done, "step")),
        });
    }
    facts.push(format!("state serial {}", run.outcome.serial));
    page.flow(&facts);
}

/// Counts the addresses that this run has brought where the plan wanted them: all their steps ended well, and this
/// run did one of them. A group is there when all its members are.
fn resources(plan: &Plan, run: &Run<'_>) -> [usize; 4] {
    #[derive(Clone, Copy)]
    struct Seen {
        well: bool,
        done: bool,
    }
    let mut by_address: HashMap<&Address, Seen> = HashMap::new();
    let mut by_group: HashMap<&GroupName, Seen> = HashMap::new();
    for (id, end) in &run.outcome.ends {
        let Some(step) = plan.steps.get(id.0 as usize) else { continue };
        let fold = |seen: &mut Seen| {
            seen.well &= end.lets_on();
            seen.done |= matches!(end, StepEnd::Done | StepEnd::Updated);
        };
        let fresh = Seen { well: true, done: false };
        fold(by_address.entry(&step.address).or_insert(fresh));
        if let Some(group) = &step.group {
            fold(by_group.entry(group).or_insert(fresh));
        }
    }
    let reached = |change: &Change| {
        let own = by_address.get(&change.address).copied();
        let seen = match &change.address {
            Address::Group(group) => by_group.get(group).copied().or(own),
            _ => own,
        };
        seen.is_some_and(|seen| seen.well && seen.done)
    };
    let mut resources = [0; 4];
    let adopted = run.outcome.ends.iter().filter(|(id, end)| {
        let step = plan.steps.get(id.0 as usize).filter(|_| end.lets_on());
        step.is_some_and(|step| {
            matches!(&step.action, Action::Act { op: Op::AdoptSource { .. } | Op::AdoptGroup { .. } })
                && plan.imports.iter().any(|import| import.address == step.address)
        })
    });
    resources[0] = adopted.count();
    for change in plan.changes.iter().filter(|change| reached(change)) {
        resources[match change.action {
            ChangeAction::Add => 1,
            ChangeAction::Change => 2,
            ChangeAction::Destroy => 3,
        }] += 1;
    }
    resources
}

/// Writes what went wrong, the same message once.
fn failures(page: &mut Page, plan: &Plan, title: &str, explanation: &str, steps: &[(&Step, &str)]) {
    if steps.is_empty() {
        return;
    }
    page.heading(&format!("{title} ({})", steps.len()), explanation);
    let mut alike: BTreeMap<(Phase, String, String), Vec<String>> = BTreeMap::new();
    for (step, message) in steps {
        let words = words::step(plan, step);
        alike.entry((step.phase(), words.doing, one_line(message))).or_default().push(words.object);
    }
    let shown = page.fold(alike.len(), KINDS);
    for ((phase, doing, message), objects) in alike.iter().take(shown) {
        let mark = if *phase == Phase::Gate { Mark::HELD } else { Mark('x', Tone::Destroy) };
        if let [one] = objects.as_slice() {
            page.item(2, mark, &format!("{one}, {doing}: {message}"));
        } else {
            page.item(2, mark, &format!("{} times, {doing}: {message}", objects.len()));
            page.names(6, objects, NAMES);
        }
    }
    page.more(4, alike.len() - shown);
}

fn not_started(page: &mut Page, run: &Run<'_>) {
    if run.waiting.is_empty() {
        return;
    }
    page.heading(&format!("Not started ({})", run.waiting.len()), "");
    let mut groups: BTreeMap<Option<&GroupName>, BTreeMap<Phase, usize>> = BTreeMap::new();
    for step in &run.waiting {
        *groups.entry(step.group.as_ref()).or_default().entry(step.phase()).or_default() += 1;
    }
    for (group, phases) in &groups {
        let parts: Vec<String> =
            phases.iter().map(|(phase, steps)| words::phase_count(*phase, *steps)).collect();
        let name = group.map_or_else(|| "releases and groups".to_owned(), |group| format!("group.{group}"));
        page.item(2, Mark::HELD, &format!("{name}: {}", parts.join(", ")));
    }
}

/// Writes what to do now.
fn next(page: &mut Page, run: &Run<'_>) {
    if run.is_complete() {
        return;
    }
    page.heading("Next", "");
    if run.outcome.interrupted {
        page.text(
            2,
            2,
            "The state is saved. Work that agents have accepted goes on without us. Run `patchtrain apply` again: \
             it looks that work up first, repeats nothing that is done, and goes on from there.",
        );
    }
    if !run.refused.is_empty() {
        page.text(
            2,
            2,
            "The world moved between plan and apply. `patchtrain plan` shows what is to be done as it is now.",
        );
    }
    if !run.failed.is_empty() {
        page.text(
            2,
            2,
            "Nothing is undone, and nothing has to be. When the cause is gone, run `patchtrain apply` again: it \
             reads what is there now, skips what is done, and tries again what failed.",
        );
    }
    if !run.shut.is_empty() {
        page.text(
            2,
            2,
            "`patchtrain status` shows which instances keep the gate shut. When it can open, run `patchtrain \
             apply` again.",
        );
    }
    if run.failed.is_empty() && run.refused.is_empty() && run.shut.is_empty() && !run.outcome.interrupted {
        page.text(2, 2, "Run `patchtrain apply` again to go on from there.");
    }
}
