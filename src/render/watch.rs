//! What a run looks like while it goes on: the count of each phase and group, what runs right now, and the screen
//! that shows it. Pure: time and the size of the screen are arguments.
//!
//! Taking an event in costs the same whatever the size of the fleet; laying out the screen costs what is shown.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use super::page::{columns, cut, pad};
use super::repeat::Repeat;
use super::words::{self, StepWords, one_line, span};
use crate::apply::{Event, StepEnd};
use crate::name::{GroupName, Ocid};
use crate::op::StepId;
use crate::plan::{Phase, Plan};

/// Lines for what runs right now, at most.
const RUNNING: usize = 8;
/// The widest that a bar gets.
const BAR: usize = 40;

/// The progress of one run.
pub(super) struct Watch {
    /// The words of each step, and its bar; gates have none.
    steps: Vec<(StepWords, Option<usize>)>,
    bars: Vec<Bar>,
    /// What runs, in order of its start.
    running: BTreeMap<u64, Running>,
    places: HashMap<StepId, u64>,
    started: u64,
    done: usize,
    failed: usize,
    interrupted: bool,
    /// Calls that wait to be made again: until when, and what is said of them.
    repeats: Vec<(Duration, String)>,
    /// What people call instances.
    labels: BTreeMap<Ocid, Arc<str>>,
}

struct Bar {
    phase: Phase,
    group: String,
    total: usize,
    running: usize,
    done: usize,
    failed: usize,
}

struct Running {
    step: StepId,
    since: Duration,
    note: String,
}

impl Watch {
    /// Sets up the bars for a plan, in order of phase, then of the plan's steps.
    pub(super) fn new(plan: &Plan) -> Self {
        let mut known: HashMap<(Phase, Option<&GroupName>), usize> = HashMap::new();
        let mut order: Vec<(Phase, Option<&GroupName>)> = Vec::new();
        for step in plan.steps.iter().filter(|step| step.phase() != Phase::Gate) {
            let key = (step.phase(), step.group.as_ref());
            known.entry(key).or_insert_with(|| {
                order.push(key);
                0
            });
        }
        // Stable: groups stay in the order in which the plan first works for them.
        order.sort_by_key(|(phase, _)| *phase);
        let mut bars = Vec::new();
        for (index, key) in order.iter().enumerate() {
            known.insert(*key, index);
            let group = key.1.map(ToString::to_string).unwrap_or_default();
            bars.push(Bar { phase: key.0, group, total: 0, running: 0, done: 0, failed: 0 });
        }
        let mut steps = Vec::with_capacity(plan.steps.len());
        for step in &plan.steps {
            let bar = known.get(&(step.phase(), step.group.as_ref())).copied();
            if let Some(bar) = bar {
                bars[bar].total += 1;
            }
            steps.push((words::step(plan, step), bar));
        }
        Self {
            steps,
            bars,
            running: BTreeMap::new(),
            places: HashMap::new(),
            started: 0,
            done: 0,
            failed: 0,
            interrupted: false,
            repeats: Vec::new(),
            labels: plan.labels.clone(),
        }
    }

    /// Takes an event in and returns what is to be left on the screen for good, if anything.
    pub(super) fn take(&mut self, event: &Event, now: Duration) -> Option<String> {
        match event {
            Event::Started { step } => {
                let (_, bar) = self.steps.get(step.0 as usize)?;
                if let Some(bar) = bar {
                    self.bars[*bar].running += 1;
                }
                self.places.insert(*step, self.started);
                self.running.insert(self.started, Running { step: *step, since: now, note: String::new() });
                self.started += 1;
                None
            }
            Event::Waiting { step, percent, ticket: _ } => {
                self.note(*step, format!("{percent} %"));
                None
            }
            Event::Retrying { step, reason, after } => {
                self.note(*step, format!("again in {}: {}", span(*after), one_line(reason)));
                None
            }
            Event::Ended { step, end } => self.ended(*step, end),
            Event::Held { message, until, .. } => {
                Some(format!("waiting until {}: {}", words::time(*until), one_line(message)))
            }
            Event::Stopped { group, stopped } => Some(words::gates::stopped(group, stopped)),
            Event::Interrupted => {
                self.interrupted = true;
                Some(INTERRUPTED.to_owned())
            }
            // Which work request it is stands in the lines of a log; here is no room for it.
            Event::Resuming { op, ticket: _ } => {
                Some(format!("looking up {} of an earlier run", words::op_key(&self.labels, op)))
            }
        }
    }

    /// Takes in that a call failed and is made again; the screen says so until then.
    pub(super) fn repeat(&mut self, repeat: &Repeat<'_>, now: Duration) {
        self.repeats.retain(|(until, _)| *until > now);
        self.repeats.push((now + repeat.wait, repeat.text()));
    }

    fn note(&mut self, step: StepId, note: String) {
        if let Some(running) = self.places.get(&step).and_then(|place| self.running.get_mut(place)) {
            running.note = note;
        }
    }

    fn ended(&mut self, step: StepId, end: &StepEnd) -> Option<String> {
        let (words, bar) = self.steps.get(step.0 as usize)?;
        let ran = self.places.remove(&step).and_then(|place| self.running.remove(&place)).is_some();
        if let Some(bar) = bar.map(|bar| &mut self.bars[bar]) {
            bar.running -= usize::from(ran);
            bar.done += usize::from(end.lets_on());
            bar.failed += usize::from(matches!(end, StepEnd::Failed { .. } | StepEnd::Refused { .. }));
        }
        let StepWords { object, doing, done: _ } = words;
        match end {
            StepEnd::Done | StepEnd::AlreadyDone | StepEnd::Updated => {
                self.done += 1;
                None
            }
            StepEnd::Failed { message } => {
                self.failed += 1;
                Some(format!("FAILED {object}, {doing}: {}", one_line(message)))
            }
            StepEnd::Refused { message } => {
                self.failed += 1;
                Some(format!("REFUSED {object}, {doing}: {}", one_line(message)))
            }
            StepEnd::Shut { message } => Some(format!("SHUT {object}, {doing}: {}", one_line(message))),
            // The outcome lists them, right below.
            StepEnd::Left { .. } | StepEnd::NotStarted => None,
        }
    }

    /// Lays out the screen, in less than `height` lines of at most `width` columns.
    pub(super) fn screen(&self, now: Duration, width: usize, height: usize) -> Vec<String> {
        let width = width.max(1);
        let mut lines = vec![cut(&self.title(now), width)];
        let waiting: Vec<&String> =
            self.repeats.iter().filter(|(until, _)| *until > now).map(|(_, text)| text).collect();
        let room = height.saturating_sub(2 + usize::from(!waiting.is_empty()));
        let running = self.running.len().min(RUNNING).min(room / 2);
        let for_running = running + usize::from(self.running.len() > running);
        let hidden = self.bar_lines(&mut lines, width, room.saturating_sub(for_running));
        if let Some(hidden) = hidden {
            lines.push(cut(&hidden, width));
        }
        let shown: Vec<&Running> = self.running.values().take(running).collect();
        let names =
            shown.iter().map(|one| columns(&self.words(one.step).object)).max().unwrap_or(0).min(width / 3);
        for one in shown {
            let StepWords { object, doing, done: _ } = self.words(one.step);
            let note = if one.note.is_empty() { String::new() } else { format!(", {}", one.note) };
            let spent = span(now.saturating_sub(one.since));
            lines.push(cut(
                &format!("  {}  {doing}, {spent}{note}", pad(&cut(object, names), names, false)),
                width,
            ));
        }
        let more = self.running.len() - running;
        if more > 0 && lines.len() + 1 < height {
            lines.push(cut(&format!("  and {more} more"), width));
        }
        if let Some(latest) = waiting.last()
            && lines.len() + 1 < height
        {
            let others = match waiting.len() - 1 {
                0 => String::new(),
                1 => "1 more call waits, and ".to_owned(),
                others => format!("{others} more calls wait, and "),
            };
            lines.push(cut(&format!("  {others}{latest}"), width));
        }
        lines
    }

    fn words(&self, step: StepId) -> &StepWords {
        &self.steps[step.0 as usize].0
    }

    fn title(&self, now: Duration) -> String {
        let mut parts = vec![format!("{} of {} steps done", self.done, self.steps.len())];
        if self.failed > 0 {
            parts.push(format!("{} failed", self.failed));
        }
        parts.push(format!("{} running", self.running.len()));
        let how = if self.interrupted { "Stopping" } else { "Applying" };
        format!("{how}: {}, {}", parts.join(", "), span(now))
    }

    /// Adds a line a bar, those that move first where there is no room for all; tells what is left out.
    fn bar_lines(&self, lines: &mut Vec<String>, width: usize, room: usize) -> Option<String> {
        let rank = |bar: &Bar| match (bar.running > 0, bar.done + bar.failed >= bar.total) {
            (true, _) => 0,
            (false, false) => 1,
            (false, true) => 2,
        };
        let mut order: Vec<usize> = (0..self.bars.len()).collect();
        let all_fit = self.bars.len() <= room;
        if !all_fit {
            order.sort_by_key(|index| (rank(&self.bars[*index]), *index));
            order.truncate(room.saturating_sub(1));
            order.sort_unstable();
        }
        let groups = self.bars.iter().map(|bar| columns(&bar.group)).max().unwrap_or(0).min(width / 4);
        let digits = self.bars.iter().map(|bar| bar.total.to_string().len()).max().unwrap_or(1);
        for index in &order {
            lines.push(self.bars[*index].line(width, groups, digits));
        }
        if all_fit || room == 0 {
            return None;
        }
        let ended = self.bars.iter().filter(|bar| rank(bar) == 2).count();
        let shown_ended = order.iter().filter(|index| rank(&self.bars[**index]) == 2).count();
        let left = self.bars.len() - order.len();
        let finished = ended - shown_ended;
        Some(format!("  ({left} bars not shown: {finished} finished, {} to come)", left - finished))
    }
}

impl Bar {
    fn line(&self, width: usize, groups: usize, digits: usize) -> String {
        let phase = pad(words::phase(self.phase), 9, false);
        let group = pad(&cut(&self.group, groups), groups, false);
        let failed = if self.failed > 0 { format!(", {} failed", self.failed) } else { String::new() };
        let count = format!("{:>digits$}/{:<digits$}{failed}", self.done, self.total);
        let head = format!("  {phase}  {group}");
        // Two brackets, two blanks before the bar, two behind it; the bars of a screen are equally long.
        let room = width.saturating_sub(columns(&head) + 6 + 2 * digits + 1 + ", 999 failed".len()).min(BAR);
        if room < 5 {
            return cut(&format!("{head}  {count}"), width);
        }
        let share = |part: usize| (part * room).checked_div(self.total).unwrap_or(0);
        let (filled, failures) = (share(self.done), share(self.done + self.failed) - share(self.done));
        // What runs is shown as begun, even where its share is less than a column.
        let begun = match share(self.running) {
            0 if self.running > 0 && filled + failures < room => 1,
            begun => begun.min(room - filled - failures),
        };
        let rest = room - filled - failures - begun;
        let parts = [("=", filled), ("x", failures), (">", begun), (" ", rest)];
        let bar: String = parts.iter().map(|(sign, columns)| sign.repeat(*columns)).collect();
        let bar = format!("[{bar}]");
        cut(format!("{head}  {bar}  {count}").trim_end(), width)
    }
}

/// What a first signal means, for people.
pub(super) const INTERRUPTED: &str =
    "Interrupted: nothing new is started, answers on their way are awaited. A second signal ends at once.";
