//! Progress, drawn on a screen that the tests can read.

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use indicatif::{ProgressDrawTarget, TermLike};
use proptest::prelude::*;

use super::super::page::columns;
use super::super::progress::{Bars, Elapsed, Size, Spinner};
use super::super::watch::Watch;
use super::super::{Lines, Repeat, words};
use super::{borders, golden, sample};
use crate::apply::{Event, StepEnd, Survey};
use crate::op::{OpKey, StepId, Ticket};
use crate::plan::Plan;

/// A terminal in memory.
#[derive(Clone)]
struct Screen {
    parser: Arc<Mutex<vt100::Parser>>,
    rows: u16,
    columns: u16,
}

impl Screen {
    fn new(rows: u16, columns: u16) -> Self {
        let size = |size| std::num::NonZeroU16::new(size).unwrap();
        let parser = vt100::Parser::new(size(rows), size(columns), 0);
        Self { parser: Arc::new(Mutex::new(parser)), rows, columns }
    }

    fn write(&self, text: &str) {
        self.parser.lock().unwrap().process(text.as_bytes());
    }

    fn text(&self) -> String {
        let parser = self.parser.lock().unwrap();
        let rows: Vec<String> =
            parser.screen().rows(0, self.columns).map(|row| row.trim_end().to_owned()).collect();
        format!("{}\n", rows.join("\n").trim_end())
    }

    fn target(&self) -> ProgressDrawTarget {
        ProgressDrawTarget::term_like(Box::new(self.clone()))
    }

    fn size(&self) -> Size {
        let size = (usize::from(self.rows), usize::from(self.columns));
        Arc::new(move || size)
    }
}

impl fmt::Debug for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Screen {}x{}", self.rows, self.columns)
    }
}

impl TermLike for Screen {
    fn width(&self) -> u16 {
        self.columns
    }
    fn height(&self) -> u16 {
        self.rows
    }
    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        if n > 0 {
            self.write(&format!("\x1b[{n}A"));
        }
        Ok(())
    }
    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        if n > 0 {
            self.write(&format!("\x1b[{n}B"));
        }
        Ok(())
    }
    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        if n > 0 {
            self.write(&format!("\x1b[{n}C"));
        }
        Ok(())
    }
    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        if n > 0 {
            self.write(&format!("\x1b[{n}D"));
        }
        Ok(())
    }
    fn write_line(&self, text: &str) -> io::Result<()> {
        self.write(&format!("{text}\r\n"));
        Ok(())
    }
    fn write_str(&self, text: &str) -> io::Result<()> {
        self.write(text);
        Ok(())
    }
    fn clear_line(&self) -> io::Result<()> {
        self.write("\r\x1b[2K");
        Ok(())
    }
    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}

/// A clock that stands until it is moved.
fn clock() -> (Arc<AtomicU64>, Elapsed) {
    let millis = Arc::new(AtomicU64::new(0));
    let read = Arc::clone(&millis);
    (millis, Arc::new(move || Duration::from_millis(read.load(Ordering::Relaxed))))
}

/// The events of a run that gets somewhere: steps in their order, some failing, the last ones still running.
fn story(plan: &Plan) -> Vec<Event> {
    let mut events = vec![Event::Resuming {
        op: OpKey("update/GL1/web-07".to_owned()),
        ticket: Some(Ticket("ocid1.wr.w7".to_owned())),
    }];
    let last = plan.steps.len() * 2 / 3;
    for step in plan.steps.iter().take(last) {
        events.push(Event::Started { step: step.id });
        if step.id.0 as usize + 12 >= last {
            continue;
        }
        let end = match step.id.0 {
            0 => StepEnd::AlreadyDone,
            9 => StepEnd::Failed { message: "work request FAILED:\n  Error: disk\u{1b}[2J full".to_owned() },
            10 => StepEnd::Refused { message: "its source is now `x`".to_owned() },
            28 => StepEnd::Shut { message: "2 of 4 at level".to_owned() },
            11 => StepEnd::NotStarted,
            _ => StepEnd::Done,
        };
        events.push(Event::Ended { step: step.id, end });
    }
    let waits = |offset: u32| StepId(u32::try_from(last).unwrap() - offset);
    events.push(Event::Waiting { step: waits(12), ticket: Ticket("w".to_owned()), percent: 40 });
    let reason = "429 TooManyRequests".to_owned();
    events.push(Event::Retrying { step: waits(11), reason, after: Duration::from_millis(4200) });
    events
}

#[test]
fn bars_read_well_on_a_narrow_and_a_wide_screen() {
    for width in [60, 120] {
        let (millis, elapsed) = clock();
        let screen = Screen::new(30, width);
        let plan = sample::full();
        let mut bars = Bars::on(&plan, screen.target(), screen.size(), elapsed);
        for event in story(&plan) {
            millis.fetch_add(700, Ordering::Relaxed);
            bars.event(&event);
        }
        bars.draw();
        golden::check(&format!("bars-{width}"), &screen.text());
        bars.event(&Event::Interrupted);
        bars.draw();
        assert!(screen.text().contains("Stopping:"), "{}", screen.text());
        bars.finish();
        let left = screen.text();
        assert!(left.contains("FAILED canary-0"), "{left}");
        assert!(left.contains("Interrupted: nothing new is started"), "{left}");
        assert!(!left.contains("steps done"), "{left}");
    }
}

#[test]
fn thousands_of_instances_fit_a_small_screen() {
    let plan = borders::large();
    let mut watch = Watch::new(&plan);
    for step in plan.steps.iter().step_by(3) {
        watch.take(&Event::Started { step: step.id }, Duration::from_secs(1));
    }
    let screen = watch.screen(Duration::from_secs(75), 60, 12);
    golden::check("bars-large", &format!("{}\n", screen.join("\n")));
}

#[test]
fn a_wait_shows_what_it_waits_for() {
    let (millis, elapsed) = clock();
    let screen = Screen::new(10, 60);
    let spinner = Spinner::on("reading the fleet", screen.target(), screen.size(), elapsed);
    spinner.draw();
    assert_eq!(screen.text(), "| reading the fleet, 0.0 s\n");
    millis.store(1_300, Ordering::Relaxed);
    spinner.survey(Survey { done: 12, total: 48 });
    spinner.draw();
    assert_eq!(screen.text(), "- reading the fleet: 12 of 48 reads, 1.3 s\n");
    spinner.finish();
    assert_eq!(screen.text(), "\n");
}

#[test]
fn without_a_terminal_each_finished_step_is_a_line() {
    let (millis, elapsed) = clock();
    let plan = sample::full();
    let mut out = Vec::new();
    let mut lines = Lines::with_clock(&plan, &mut out, move || elapsed());
    for event in story(&plan) {
        millis.fetch_add(700, Ordering::Relaxed);
        lines.event(&event);
    }
    // A long silence is broken by the next event, once.
    millis.fetch_add(60_000, Ordering::Relaxed);
    let waiting = Event::Waiting { step: StepId(24), ticket: Ticket("w".to_owned()), percent: 50 };
    lines.event(&waiting);
    lines.event(&waiting);
    lines.event(&Event::Interrupted);
    let text = String::from_utf8(out).unwrap();
    golden::check("lines", &text);
    assert!(!text.contains('\u{1b}'));
}

#[test]
fn a_call_that_is_made_again_shows_until_then() {
    let plan = sample::full();
    let repeat = |operation, seconds| Repeat {
        operation,
        reason: "503 ServiceUnavailable",
        attempts: 2,
        wait: Duration::from_secs(seconds),
    };
    let mut watch = Watch::new(&plan);
    let screen = |watch: &Watch, at| watch.screen(Duration::from_secs(at), 70, 30).join("\n");
    watch.repeat(&repeat("GetWorkRequest", 2), Duration::ZERO);
    let alone = screen(&watch, 1);
    assert!(alone.ends_with("\n  GetWorkRequest: 503 ServiceUnavailable; attempt 3 in 2.0 s"), "{alone}");
    watch.repeat(&repeat("ListSoftwareSources", 9), Duration::ZERO);
    let both = screen(&watch, 1);
    assert!(both.contains("\n  1 more call waits, and ListSoftwareSources: 503"), "{both}");
    assert!(
        screen(&watch, 3).ends_with("\n  ListSoftwareSources: 503 ServiceUnavailable; attempt 3 in 9.0 s")
    );
    assert!(!screen(&watch, 9).contains("attempt"));

    let (millis, elapsed) = clock();
    let mut out = Vec::new();
    let mut lines = Lines::with_clock(&plan, &mut out, move || elapsed());
    for _ in 0..30 {
        lines.repeat(&repeat("GetWorkRequest", 2));
        millis.fetch_add(500, Ordering::Relaxed);
    }
    let line = "trying again: GetWorkRequest: 503 ServiceUnavailable; attempt 3 in 2.0 s\n";
    assert_eq!(String::from_utf8(out).unwrap(), line.repeat(2));
}

#[test]
fn times_are_short() {
    let shown = |millis| words::span(Duration::from_millis(millis));
    assert_eq!(
        [shown(0), shown(449), shown(12_345), shown(62_000), shown(3_723_000)],
        ["0.0 s", "0.4 s", "12.3 s", "1:02 min", "1:02:03 h"].map(str::to_owned)
    );
}

proptest! {
    #[test]
    fn no_screen_is_too_small(
        width in 1_usize..200, height in 0_usize..60, upto in 0_usize..200, large in any::<bool>()
    ) {
        let plan = if large { borders::first_run() } else { sample::full() };
        let mut watch = Watch::new(&plan);
        for event in story(&plan).into_iter().take(upto) {
            watch.take(&event, Duration::from_secs(1));
        }
        let screen = watch.screen(Duration::from_secs(70), width, height);
        prop_assert!(screen.len() <= height.saturating_sub(1).max(1), "{} lines of {height}", screen.len());
        for line in &screen {
            prop_assert!(columns(line) <= width, "{width}: {line:?}");
        }
    }
}
