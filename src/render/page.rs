//! The page that every renderer writes to: lines that wrap, lists that fold, colour that repeats what a symbol says.
//!
//! Knows columns and colour and nothing of plans.

use super::words::{clean, hostile};
use super::{Detail, Style};

/// The escape codes that [`Page::paint`] writes.
const OURS: [&str; 8] = [
    "\u{1b}[0m",
    "\u{1b}[1m",
    "\u{1b}[2m",
    "\u{1b}[31m",
    "\u{1b}[32m",
    "\u{1b}[33m",
    "\u{1b}[35m",
    "\u{1b}[36m",
];

/// What a colour stands for. A symbol or word always says the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// `+`
    Add,
    /// `~`
    Change,
    /// `-`, and what failed.
    Destroy,
    /// `!`
    Drift,
    /// `=`
    Held,
    /// Headings.
    Bold,
    /// What may be skipped.
    Dim,
    /// The rest.
    Plain,
}

/// Text being laid out.
pub(super) struct Page {
    out: String,
    style: Style,
}

/// A symbol before a line: `+` added, `~` changed, `-` removed, `*` taken over, `!` drifted, `=` held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark(pub(super) char, pub(super) Tone);

impl Mark {
    pub(super) const ADD: Self = Self('+', Tone::Add);
    pub(super) const CHANGE: Self = Self('~', Tone::Change);
    pub(super) const REMOVE: Self = Self('-', Tone::Destroy);
    pub(super) const IMPORT: Self = Self('*', Tone::Add);
    pub(super) const DRIFT: Self = Self('!', Tone::Drift);
    pub(super) const MORE: Self = Self('>', Tone::Drift);
    pub(super) const LESS: Self = Self('<', Tone::Drift);
    pub(super) const HELD: Self = Self('=', Tone::Held);
    pub(super) const NONE: Self = Self(' ', Tone::Plain);
}

impl Page {
    /// Starts an empty page.
    pub(super) fn new(style: Style) -> Self {
        Self { out: String::new(), style }
    }

    /// Returns the text, every line ended by a newline.
    pub(super) fn finish(self) -> String {
        self.out
    }

    /// Returns the columns there are.
    pub(super) fn width(&self) -> usize {
        self.style.width.max(1)
    }

    /// Tells whether so much is to be shown.
    pub(super) fn shows(&self, detail: Detail) -> bool {
        self.style.detail >= detail
    }

    /// Colours a word. Only words and symbols: a coloured run of words would bleed where it wraps.
    pub(super) fn paint(&self, tone: Tone, text: &str) -> String {
        let plain = console::Style::new();
        let style = match tone {
            Tone::Add => plain.green(),
            Tone::Change => plain.yellow(),
            Tone::Destroy => plain.red(),
            Tone::Drift => plain.magenta(),
            Tone::Held => plain.cyan(),
            Tone::Bold => plain.bold(),
            Tone::Dim => plain.dim(),
            Tone::Plain => return text.to_owned(),
        };
        style.force_styling(self.style.colour).apply_to(text).to_string()
    }

    /// Writes one line as it is, without trailing blanks. Whatever a name holds, only our own colours get through:
    /// names are made safe where they are taken, and here once more, since a saved plan is not checked name by name.
    pub(super) fn line(&mut self, line: &str) {
        let mut rest = line.trim_end();
        while let Some(at) = rest.find(hostile) {
            let (safe, found) = rest.split_at(at);
            self.out.push_str(safe);
            let colour = OURS.iter().find(|code| self.style.colour && found.starts_with(**code));
            let taken = match colour {
                Some(code) => {
                    self.out.push_str(code);
                    code.len()
                }
                None => {
                    let bad = found.chars().next().map_or(0, char::len_utf8);
                    self.out.push_str(&clean(&found[..bad]));
                    bad
                }
            };
            rest = &found[taken..];
        }
        self.out.push_str(rest);
        self.out.push('\n');
    }

    /// Writes an empty line, but never two in a row nor one at the start.
    pub(super) fn blank(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    /// Writes a heading and, where they fit or below it, words that explain it.
    pub(super) fn heading(&mut self, title: &str, explanation: &str) {
        self.blank();
        let painted = self.paint(Tone::Bold, title);
        if explanation.is_empty() {
            self.line(&painted);
        } else if columns(title) + 2 + columns(explanation) <= self.width() {
            self.line(&format!("{painted}: {explanation}"));
        } else {
            self.line(&format!("{painted}:"));
            self.text(2, 2, explanation);
        }
    }

    /// Writes text that wraps at blanks: the first line indented by `indent`, the others by `hang`.
    pub(super) fn text(&mut self, indent: usize, hang: usize, text: &str) {
        self.wrapped(" ".repeat(indent), indent, hang, text);
    }

    /// Writes text behind a symbol; later lines are indented two further than the text.
    pub(super) fn item(&mut self, indent: usize, mark: Mark, text: &str) {
        let lead = format!("{}{} ", " ".repeat(indent), self.paint(mark.1, &mark.0.to_string()));
        self.wrapped(lead, indent + 2, indent + 4, text);
    }

    /// Writes parts that stay whole, three blanks apart, on as many lines as they need.
    pub(super) fn flow(&mut self, parts: &[String]) {
        let mut line = String::new();
        for part in parts {
            if !line.is_empty() && columns(&line) + 3 + columns(part) > self.width() {
                self.line(&line);
                line = "  ".to_owned();
            }
            if columns(part) + 2 > self.width() {
                self.text(2, 4, part);
                continue;
            }
            if !line.trim().is_empty() {
                line.push_str("   ");
            }
            line.push_str(part);
        }
        if !line.trim().is_empty() {
            self.line(&line);
        }
    }

    /// Writes text behind a short label; later lines stand under the text.
    pub(super) fn labelled(&mut self, label: &str, text: &str) {
        let lead = pad(&self.paint(Tone::Bold, label), 10, false);
        self.wrapped(lead, 10, 10, text);
    }

    /// Writes names, comma between them, folded to `limit` of them unless everything is asked for.
    pub(super) fn names(&mut self, indent: usize, names: &[String], limit: usize) {
        let text = self.list(names, limit);
        self.text(indent, indent, &text);
    }

    /// Joins names, folded as by [`Page::names`].
    pub(super) fn list(&self, names: &[String], limit: usize) -> String {
        let shown = self.fold(names.len(), limit);
        let mut text = names[..shown].join(", ");
        if shown < names.len() {
            text.push_str(if shown == 0 { "" } else { ", " });
            text.push_str(&more(names.len() - shown));
        }
        text
    }

    /// Returns how many of `total` entries are shown when a list folds at `limit`: all of them in full detail, and
    /// rather one too many than a line that says "1 more".
    pub(super) fn fold(&self, total: usize, limit: usize) -> usize {
        if self.shows(Detail::Full) || total <= limit.saturating_add(1) { total } else { limit }
    }

    /// Says how many entries of a list are not shown.
    pub(super) fn more(&mut self, indent: usize, hidden: usize) {
        if hidden > 0 {
            let text = more(hidden);
            self.text(indent, indent, &text);
        }
    }

    fn wrapped(&mut self, lead: String, lead_columns: usize, hang: usize, text: &str) {
        let width = self.width();
        // A deep indent must not eat a narrow page.
        let hang = hang.min(width / 3);
        let mut line = lead;
        let mut used = lead_columns;
        let mut first_word = true;
        for word in text.split_whitespace() {
            let size = columns(word);
            if !first_word && used + 1 + size > width {
                self.line(&line);
                line = " ".repeat(hang);
                used = hang;
                first_word = true;
            }
            if !first_word {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += size;
            first_word = false;
        }
        self.line(&line);
    }
}

fn more(hidden: usize) -> String {
    format!("... and {hidden} more (--full)")
}

/// Returns the columns a text takes, colour not counted.
pub(super) fn columns(text: &str) -> usize {
    console::measure_text_width(text)
}

/// Pads a text with blanks on the right, or on the left, to so many columns.
pub(super) fn pad(text: &str, width: usize, right: bool) -> String {
    let gap = " ".repeat(width.saturating_sub(columns(text)));
    if right { format!("{gap}{text}") } else { format!("{text}{gap}") }
}

/// Shortens a text to so many columns.
pub(super) fn cut(text: &str, width: usize) -> String {
    console::truncate_str(text, width, if width > 2 { ".." } else { "" }).into_owned()
}
