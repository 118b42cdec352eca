//! Progress on a terminal: one bar per phase and group, lines for what runs right now, and a line for a wait.
//!
//! The screen is laid out by [`Watch`], whole, and only when it is drawn: a clock draws it ten times a second, so
//! that an event costs a few counters. `indicatif` is given the screen as one bar of several lines, and does what it
//! is good at: moving the cursor, keeping to a rate, and letting lines scroll by above.

use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use console::Term;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::page::{Page, cut};
use super::repeat::Repeat;
use super::watch::Watch;
use super::words::{clean, span};
use super::{Detail, Style};
use crate::apply::{Event, Survey};
use crate::plan::Plan;

/// How often the screen is drawn by its own clock; under the 15 times a second that the draw target allows.
const TICK: Duration = Duration::from_millis(100);
/// The rate that the draw target enforces, whoever asks for drawing.
const HERTZ: u8 = 15;
/// A screen of so few rows has none to spare.
const FEW_ROWS: usize = 8;

/// Tells how long something has been going on.
pub(super) type Elapsed = Arc<dyn Fn() -> Duration + Send + Sync>;
/// Tells the rows and columns of the screen, which may change at any time.
pub(super) type Size = Arc<dyn Fn() -> (usize, usize) + Send + Sync>;

/// The bars of one run.
pub struct Bars {
    watch: Arc<Mutex<Watch>>,
    elapsed: Elapsed,
    bar: ProgressBar,
    size: Size,
}

impl Bars {
    /// Sets the bars up for a plan, drawing on stderr. Draws nothing where stderr is no terminal.
    pub fn new(plan: &Plan) -> Self {
        let bars = Self::on(plan, ProgressDrawTarget::stderr_with_hz(HERTZ), stderr_size(), since_now());
        bars.bar.enable_steady_tick(TICK);
        bars
    }

    /// Sets the bars up on a screen, without a clock of their own.
    pub(super) fn on(plan: &Plan, target: ProgressDrawTarget, size: Size, elapsed: Elapsed) -> Self {
        let watch = Arc::new(Mutex::new(Watch::new(plan)));
        let (shown, now) = (Arc::clone(&watch), Arc::clone(&elapsed));
        let seen = Arc::clone(&size);
        let bar = screen(target, move || {
            let (rows, columns) = seen();
            let watch = shown.lock().unwrap_or_else(PoisonError::into_inner);
            // An empty line above. It sets the bars apart from the plan, and it is what stays behind when a terminal
            // shows the `^C` that was typed: that moves the cursor down by a line of which we know nothing.
            let blank = usize::from(rows > FEW_ROWS);
            format!("{}{}", "\n".repeat(blank), watch.screen(now(), columns, rows - blank).join("\n"))
        });
        Self { watch, elapsed, bar, size }
    }

    /// Takes an event in. What has to be seen later (failures, shut gates) scrolls by above the bars.
    pub fn event(&mut self, event: &Event) {
        let now = (self.elapsed)();
        // The lock is not held while drawing, which takes it too.
        let line = self.watch.lock().unwrap_or_else(PoisonError::into_inner).take(event, now);
        if let Some(line) = line {
            let mut page = Page::new(Style { width: (self.size)().1, colour: false, detail: Detail::Full });
            page.text(0, 4, &line);
            self.bar.println(page.finish().trim_end());
        }
    }

    /// Takes in that a call failed and is made again.
    pub fn repeat(&mut self, repeat: &Repeat<'_>) {
        let now = (self.elapsed)();
        self.watch.lock().unwrap_or_else(PoisonError::into_inner).repeat(repeat, now);
    }

    /// Clears what moves and leaves what is said once. Dropping does the same.
    pub fn finish(self) {}

    /// Draws now, for tests.
    #[cfg(test)]
    pub(super) fn draw(&self) {
        self.bar.force_draw();
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// One line for a wait that has no plan yet: what is being waited for, how far it is, how long it takes.
pub struct Spinner {
    text: Arc<Mutex<String>>,
    bar: ProgressBar,
}

impl Spinner {
    /// Starts it on stderr. Draws nothing where stderr is no terminal.
    pub fn new(what: &str) -> Self {
        let target = ProgressDrawTarget::stderr_with_hz(HERTZ);
        let spinner = Self::on(what, target, stderr_size(), since_now());
        spinner.bar.enable_steady_tick(TICK);
        spinner
    }

    /// Starts it on a screen, without a clock of its own.
    pub(super) fn on(what: &str, target: ProgressDrawTarget, size: Size, elapsed: Elapsed) -> Self {
        let text = Arc::new(Mutex::new(clean(what).into_owned()));
        let shown = Arc::clone(&text);
        let bar = screen(target, move || {
            let spent = elapsed();
            let turn = ['|', '/', '-', '\\'][(spent.as_millis() / 200 % 4) as usize];
            let text = shown.lock().unwrap_or_else(PoisonError::into_inner);
            cut(&format!("{turn} {text}, {}", span(spent)), size().1)
        });
        Self { text, bar }
    }

    /// Says what is being waited for.
    pub fn say(&self, what: &str) {
        *self.text.lock().unwrap_or_else(PoisonError::into_inner) = clean(what).into_owned();
    }

    /// Says how far a survey is.
    pub fn survey(&self, survey: Survey) {
        let Survey { done, total } = survey;
        self.say(&format!("reading the fleet: {done} of {total} reads"));
    }

    /// Takes the line away. Dropping does the same.
    pub fn finish(self) {}

    /// Draws now, for tests.
    #[cfg(test)]
    pub(super) fn draw(&self) {
        self.bar.force_draw();
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Makes a bar that shows whatever text `draw` returns at the time of drawing.
fn screen(
    target: ProgressDrawTarget,
    draw: impl Fn() -> String + Clone + Send + Sync + 'static,
) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, target);
    let style = ProgressStyle::with_template("{screen}").expect("the template is a constant that parses");
    bar.set_style(style.with_key("screen", move |_: &ProgressState, out: &mut dyn Write| {
        // A screen that cannot be written to is not worth an error: the run goes on without it.
        let _ = out.write_str(&draw());
    }));
    bar
}

fn stderr_size() -> Size {
    Arc::new(|| {
        let (rows, columns) = Term::stderr().size();
        (usize::from(rows), usize::from(columns))
    })
}

fn since_now() -> Elapsed {
    let start = Instant::now();
    Arc::new(move || start.elapsed())
}
