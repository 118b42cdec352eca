//! Progress without a terminal: one plain line per finished step, so that a log can be read and searched.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::repeat::Repeat;
use super::watch::INTERRUPTED;
use super::words::{self, StepWords, clean, one_line, span};
use crate::apply::{Event, StepEnd};
use crate::name::Ocid;
use crate::op::StepId;
use crate::plan::Plan;

/// After so long without a line, an event that says nothing new is a reason to say that the run lives: some CI
/// systems end a job that is silent for ten minutes.
const SILENCE: Duration = Duration::from_secs(60);

/// How long one trouble is not told again.
const TROUBLE: Duration = Duration::from_secs(10);

/// Writes a line per finished step.
pub struct Lines<W> {
    out: W,
    elapsed: Box<dyn Fn() -> Duration + Send>,
    steps: Vec<StepWords>,
    started: HashMap<StepId, Duration>,
    ended: usize,
    last: Duration,
    /// When a trouble was last told.
    repeats: HashMap<String, Duration>,
    /// What people call instances.
    labels: BTreeMap<Ocid, Arc<str>>,
}

impl<W: Write> Lines<W> {
    /// Writes to `out`, by the system's clock.
    pub fn new(plan: &Plan, out: W) -> Self {
        let start = Instant::now();
        Self::with_clock(plan, out, move || start.elapsed())
    }

    /// Writes to `out`; `elapsed` tells how long the run has been going on.
    pub fn with_clock(plan: &Plan, out: W, elapsed: impl Fn() -> Duration + Send + 'static) -> Self {
        Self {
            out,
            elapsed: Box::new(elapsed),
            steps: plan.steps.iter().map(|step| words::step(plan, step)).collect(),
            started: HashMap::new(),
            ended: 0,
            last: Duration::ZERO,
            repeats: HashMap::new(),
            labels: plan.labels.clone(),
        }
    }

    /// Takes an event in.
    pub fn event(&mut self, event: &Event) {
        let now = (self.elapsed)();
        match event {
            Event::Started { step } => {
                self.started.insert(*step, now);
            }
            Event::Ended { step, end } => self.ended(*step, end, now),
            Event::Interrupted => self.line(now, INTERRUPTED),
            Event::Resuming { op, ticket } => {
                let work = ticket.as_ref().map(|ticket| format!(" (work request {})", clean(&ticket.0)));
                let text = format!(
                    "looking up {} of an earlier run{}",
                    words::op_key(&self.labels, op),
                    work.unwrap_or_default()
                );
                self.line(now, &text);
            }
            Event::Held { message, until, .. } => {
                let text = format!("waiting until {}: {}", words::time(*until), one_line(message));
                self.line(now, &text);
            }
            Event::Stopped { group, stopped } => self.line(now, &words::gates::stopped(group, stopped)),
            Event::Waiting { .. } | Event::Retrying { .. } => {
                if now.saturating_sub(self.last) >= SILENCE {
                    let running = self.started.len();
                    let text = format!(
                        "{} of {} steps ended, {running} running, {}",
                        self.ended,
                        self.steps.len(),
                        span(now)
                    );
                    self.line(now, &text);
                }
            }
        }
    }

    /// Takes in that a call failed and is made again. Many calls at once meet one trouble: it is told now and then.
    pub fn repeat(&mut self, repeat: &Repeat<'_>) {
        let now = (self.elapsed)();
        let trouble = format!("{}: {}", repeat.operation, repeat.reason);
        if self.repeats.get(&trouble).is_none_or(|told| now.saturating_sub(*told) >= TROUBLE) {
            self.repeats.insert(trouble, now);
            self.line(now, &format!("trying again: {}", repeat.text()));
        }
    }

    fn ended(&mut self, step: StepId, end: &StepEnd, now: Duration) {
        let started = self.started.remove(&step);
        let Some(StepWords { object, doing, done }) = self.steps.get(step.0 as usize) else { return };
        let took =
            started.map(|started| format!(" ({})", span(now.saturating_sub(started)))).unwrap_or_default();
        let text = match end {
            StepEnd::Done => format!("{object}  {done}{took}"),
            StepEnd::AlreadyDone => format!("{object}  {done} (already)"),
            StepEnd::Updated => {
                format!("{object}  read back: done what this plan does, and still below level{took}")
            }
            StepEnd::Failed { message } => format!("{object}  FAILED {doing}{took}: {}", one_line(message)),
            StepEnd::Refused { message } => format!("{object}  REFUSED {doing}: {}", one_line(message)),
            StepEnd::Shut { message } => format!("{object}  SHUT, {doing}: {}", one_line(message)),
            StepEnd::Left { message } => format!("{object}  LEFT {doing}: {}", one_line(message)),
            // Behind one failure there can be thousands; the outcome counts them.
            StepEnd::NotStarted => return,
        };
        self.ended += 1;
        let total = self.steps.len();
        let digits = total.to_string().len();
        let line = format!("[{:>digits$}/{total}] {text}", self.ended);
        self.line(now, &line);
    }

    fn line(&mut self, now: Duration, text: &str) {
        self.last = now;
        // Whoever reads may have gone; that is no reason to stop changing the world halfway.
        let _ = writeln!(self.out, "{text}");
        let _ = self.out.flush();
    }
}
