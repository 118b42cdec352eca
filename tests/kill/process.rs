//! The program as a process that can be killed at a moment.

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use crate::support::{Workspace, secrets};

/// How long a run may take before it is taken to hang.
const PATIENCE: Duration = Duration::from_secs(180);
const SIGKILL: i32 = 9;

/// When to kill.
#[derive(Clone, Copy, Debug)]
pub(super) enum Moment {
    /// So long after the start.
    Time(Duration),
    /// So long after this many lines were said: finds the same step on a slow machine too.
    Lines(usize, Duration),
    /// So long after its last step, while it closes its books.
    LastStep(Duration),
}

/// A running program.
pub(super) struct Process {
    child: Child,
    begun: Instant,
    lines: Receiver<String>,
    /// What it has said.
    pub(super) said: Vec<String>,
}

/// How it ended.
#[derive(Debug)]
pub(super) struct Ended {
    /// Its exit code; none for one that was killed.
    pub(super) code: Option<i32>,
    /// Whether our signal ended it.
    pub(super) killed: bool,
    /// What it had said.
    pub(super) said: Vec<String>,
    /// How long it ran.
    pub(super) took: Duration,
}

impl Process {
    pub(super) fn start(workspace: &Workspace, arguments: &[&str]) -> Self {
        let mut command = workspace.command(arguments);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let begun = Instant::now();
        let (sender, lines) = channel();
        let talk = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || {
            // A line that a kill tore is as good as none.
            for line in talk.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        Self { child, begun, lines, said: Vec::new() }
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills it at a moment, if it has not ended by then.
    #[expect(clippy::disallowed_methods, reason = "a process outside keeps no other time")]
    pub(super) fn kill(mut self, moment: Moment) -> Ended {
        let wait = match moment {
            Moment::Time(after) => after.saturating_sub(self.begun.elapsed()),
            Moment::Lines(count, after) => {
                self.said.extend((0..count).map_while(|_| self.lines.recv_timeout(PATIENCE).ok()));
                after
            }
            Moment::LastStep(after) => {
                let mut lines = std::iter::from_fn(|| self.lines.recv_timeout(PATIENCE).ok());
                let last = lines.position(|line| is_last(&line));
                self.said.extend(last.map(|before| format!("(its last step, after {before} lines)")));
                after
            }
        };
        std::thread::sleep(wait);
        // One that has ended already is not waited for yet, so that its id cannot be another's.
        let _ = self.child.kill();
        let status = self.child.wait().unwrap();
        self.ended(status)
    }

    /// Waits for its end.
    pub(super) fn end(mut self) -> Ended {
        loop {
            match self.lines.recv_timeout(PATIENCE.saturating_sub(self.begun.elapsed())) {
                Ok(line) => self.said.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    let _ = self.child.kill();
                    panic!("it hangs:\n{}", self.said.join("\n"));
                }
            }
        }
        let status = self.child.wait().unwrap();
        self.ended(status)
    }

    fn ended(mut self, status: ExitStatus) -> Ended {
        let took = self.begun.elapsed();
        self.said.extend(self.lines.iter());
        secrets::none_in("the program", self.said.join("\n").as_bytes());
        Ended { code: status.code(), killed: status.signal() == Some(SIGKILL), said: self.said, took }
    }
}

/// Tells whether a line of progress is of the last step: `[103/103] ...`.
fn is_last(line: &str) -> bool {
    let count = line.strip_prefix('[').and_then(|line| line.split_once(']')?.0.split_once('/'));
    count.is_some_and(|(done, of)| done.trim() == of)
}

impl Ended {
    /// Checks the exit code.
    #[track_caller]
    pub(super) fn expect(self, code: u8) -> Self {
        assert_eq!(self.code, Some(i32::from(code)), "it said:\n{}", self.said.join("\n"));
        self
    }
}
