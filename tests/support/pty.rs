//! The real program on a terminal: a pseudo-terminal that can be typed into, and a screen that shows what a person
//! would see.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::{Workspace, secrets};

/// How long anything may take to show up before a test gives up: long, since a loaded machine is slow; no test waits
/// for it to pass.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program on a terminal.
pub(crate) struct Screen {
    child: Box<dyn Child + Send + Sync>,
    keyboard: Box<dyn Write + Send>,
    shown: Arc<(Mutex<Shown>, Condvar)>,
    // Dropping the master hangs the terminal up.
    _master: Box<dyn MasterPty + Send>,
}

struct Shown {
    parser: vt100::Parser,
    /// Every byte that was written, for what scrolls or is drawn over.
    raw: Vec<u8>,
    ended: bool,
}

impl Screen {
    /// Starts the program in a workspace on a terminal of that size.
    pub(crate) fn start(workspace: &Workspace, arguments: &[&str], size: (u16, u16)) -> Self {
        Self::start_with(workspace, arguments, size, &[])
    }

    /// The same, with variables besides.
    pub(crate) fn start_with(
        workspace: &Workspace,
        arguments: &[&str],
        (rows, columns): (u16, u16),
        variables: &[(&str, &str)],
    ) -> Self {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_patchtrain"));
        command.args(arguments);
        command.cwd(workspace.path());
        for (name, value) in workspace.environment() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            }
        }
        for (name, value) in variables {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let [rows, columns] = [rows, columns].map(|number| NonZeroU16::new(number).unwrap());
        let parser = vt100::Parser::new(rows, columns, 0);
        let shown = Arc::new((Mutex::new(Shown { parser, raw: Vec::new(), ended: false }), Condvar::new()));
        let feed = Arc::clone(&shown);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            loop {
                // The end of a terminal is an error on Linux (EIO), and 0 elsewhere.
                let read = reader.read(&mut bytes).unwrap_or(0);
                let mut shown = feed.0.lock().unwrap_or_else(PoisonError::into_inner);
                shown.parser.process(&bytes[..read]);
                shown.raw.extend_from_slice(&bytes[..read]);
                shown.ended = read == 0;
                feed.1.notify_all();
                if shown.ended {
                    return;
                }
            }
        });
        let keyboard = pair.master.take_writer().unwrap();
        Self { child, keyboard, shown, _master: pair.master }
    }

    /// Types.
    pub(crate) fn enter(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Waits until the text has been written, now or before, and returns what the screen shows by then.
    #[track_caller]
    pub(crate) fn wait_for(&self, text: &str) -> String {
        self.wait(text, |shown| String::from_utf8_lossy(&shown.raw).contains(text))
    }

    /// Returns all that was written, with the control sequences.
    pub(crate) fn raw(&self) -> String {
        let shown = self.shown.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&shown.raw).into_owned()
    }

    /// Waits for the end and returns the exit code with the last screen.
    #[track_caller]
    pub(crate) fn end(mut self) -> (u32, String) {
        let contents = self.wait("the end", |shown| shown.ended);
        secrets::none_in("the terminal", self.raw().as_bytes());
        (self.child.wait().unwrap().exit_code(), contents)
    }

    #[track_caller]
    fn wait(&self, what: &str, done: impl Fn(&Shown) -> bool) -> String {
        let until = Instant::now() + PATIENCE;
        let mut shown = self.shown.0.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            // Row by row: what is drawn to the last column counts as one line for the terminal, and not for a person.
            let screen = shown.parser.screen();
            let rows: Vec<String> =
                screen.rows(0, screen.size().1.get()).map(|row| row.trim_end().to_owned()).collect();
            let contents = rows.join("\n").trim_end().to_owned();
            if done(&shown) {
                return contents;
            }
            let left = until.saturating_duration_since(Instant::now());
            assert!(!left.is_zero() && !shown.ended, "{what} never came; the screen shows:\n{contents}");
            shown = self.shown.1.wait_timeout(shown, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // A test that failed half-way leaves no program behind.
        let _ = self.child.kill();
    }
}
