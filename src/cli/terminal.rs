//! The three standard streams: which of them are terminals, how wide, with colour or not. Decided once.
//!
//! Data goes out through [`Terminal::print`], talk through [`Terminal::say`]. A reader that has gone away
//! (`patchtrain plan | head`) is no error and changes no exit code.

use std::io::{self, ErrorKind, IsTerminal, Write};

use super::CliError;
use super::exit;
use super::stream;
use crate::render::{Detail, Style};

/// The width that text is laid out for where there is no terminal to ask and `COLUMNS` says nothing: a CI log.
const WIDTH_WITHOUT_TERMINAL: usize = 100;
/// Below this many columns nothing can be aligned; longer lines are left to the terminal.
const NARROWEST: usize = 40;

/// What is known of the standard streams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Terminal {
    /// Whether somebody can answer a question: stdin and stderr are terminals.
    pub(super) can_ask: bool,
    /// Whether stderr can be drawn on.
    pub(super) can_draw: bool,
    /// Whether stdout holds a stream of JSON, and so nothing else.
    pub(super) streams: bool,
    can_replace: bool,
    colour_out: bool,
    colour_err: bool,
    width: usize,
}

/// What the environment says about terminals; read by [`super::context`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wishes {
    /// `--no-color`, or `NO_COLOR` set and not empty (no-color.org).
    pub(super) no_colour: bool,
    /// `CLICOLOR=0` (bixense.com/clicolors).
    pub(super) clicolor_off: bool,
    /// `CLICOLOR_FORCE` set, and not to 0.
    pub(super) force_colour: bool,
    /// `TERM=dumb`: a terminal that cannot move its cursor.
    pub(super) dumb: bool,
    /// `COLUMNS`.
    pub(super) columns: Option<usize>,
    /// `--json`.
    pub(super) streams: bool,
}

impl Terminal {
    /// Looks at the streams.
    pub(super) fn new(wishes: &Wishes) -> Self {
        let out = io::stdout().is_terminal();
        let err = io::stderr().is_terminal();
        let width = if out { console::Term::stdout().size_checked() } else { None };
        let width = width.map(|(_, columns)| usize::from(columns)).filter(|columns| *columns > 0);
        let made = Self {
            can_ask: io::stdin().is_terminal() && err && !wishes.streams,
            can_draw: err && !wishes.dumb && !wishes.streams,
            streams: wishes.streams,
            can_replace: out && !wishes.dumb,
            colour_out: wishes.colour(out),
            colour_err: wishes.colour(err),
            width: width.or(wishes.columns).unwrap_or(WIDTH_WITHOUT_TERMINAL).max(NARROWEST),
        };
        // Progress bars style themselves by console's own switches.
        console::set_colors_enabled(made.colour_out);
        console::set_colors_enabled_stderr(made.colour_err);
        made
    }

    /// Returns how text on stdout is laid out.
    pub(super) fn style(&self, detail: Detail) -> Style {
        Style { width: self.width, colour: self.colour_out, detail }
    }

    /// Writes data to stdout, unless that holds a stream.
    pub(super) fn print(&self, text: &str) -> Result<(), CliError> {
        if self.streams { Ok(()) } else { self.emit(text) }
    }

    /// Writes data to stdout, also that of a stream.
    pub(super) fn emit(&self, text: &str) -> Result<(), CliError> {
        let mut out = io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(CliError::of(exit::ERROR, &error).while_doing("cannot write to stdout"))
            }
            _ => Ok(()),
        }
    }

    /// Returns the rows of stdout, and how text is laid out there now, where what stands there can be replaced: a terminal
    /// that moves its cursor, and is wide enough for no line to be broken.
    pub(super) fn redraws(&self, detail: Detail) -> Option<(usize, Style)> {
        let (rows, columns) = console::Term::stdout().size_checked().filter(|_| self.can_replace)?;
        let width = usize::from(columns);
        (width >= NARROWEST).then(|| (rows.into(), Style { width, ..self.style(detail) }))
    }

    /// Replaces the last lines on stdout.
    pub(super) fn replace(&self, lines: usize, by: &[&str]) -> Result<(), CliError> {
        let out = console::Term::buffered_stdout();
        let written = out
            .clear_last_lines(lines)
            .and_then(|()| by.iter().try_for_each(|line| out.write_line(line)))
            .and_then(|()| out.flush());
        written.map_err(|error| CliError::of(exit::ERROR, &error).while_doing("cannot write to stdout"))
    }

    /// Writes a line to stderr. What cannot be said there cannot be said anywhere.
    pub(super) fn say(&self, line: &str) {
        let _ = writeln!(io::stderr().lock(), "{line}");
    }

    /// Prints what is told as an error elsewhere and ends nothing here.
    pub(super) fn note(&self, error: &CliError) {
        self.say(error.note(self.colour_err).trim_end());
        stream::note(self, error);
    }

    /// Prints an error that ends the command.
    pub(super) fn report(&self, error: &CliError) {
        self.say(error.text(self.colour_err).trim_end());
        stream::error(self, error, Some(error.code));
    }

    /// Prints an error that ends the work on one train, when others are still to come or have been: what the command
    /// ends with is not decided by it alone.
    pub(super) fn report_one(&self, error: &CliError) {
        self.say(error.text(self.colour_err).trim_end());
        stream::error(self, error, None);
    }
}

impl Wishes {
    fn colour(&self, terminal: bool) -> bool {
        if self.no_colour || self.streams {
            return false;
        }
        self.force_colour || (terminal && !self.clicolor_off && !self.dumb)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_colour_wins_then_force_then_the_stream() {
        let plain = Wishes::default();
        let wishes = |change: fn(&mut Wishes)| {
            let mut wishes = plain.clone();
            change(&mut wishes);
            (wishes.colour(true), wishes.colour(false))
        };
        assert_eq!(wishes(|_| ()), (true, false));
        assert_eq!(wishes(|w| w.dumb = true), (false, false));
        assert_eq!(wishes(|w| w.clicolor_off = true), (false, false));
        assert_eq!(wishes(|w| w.force_colour = true), (true, true));
        assert_eq!(wishes(|w| (w.force_colour, w.no_colour) = (true, true)), (false, false));
    }
}
