//! Putting together why work failed: what its message, its errors and the last lines of its log say, each once.

use super::wire::WorkLine;

/// How many of a failed work request's errors and last log lines are shown.
pub(super) const SHOWN: &str = "5";

/// What has been said so far.
pub(super) struct Told {
    opening: String,
    lines: Vec<String>,
}

impl Told {
    /// Begins with what happened at all.
    pub(super) fn new(opening: &str) -> Self {
        Self { opening: opening.to_owned(), lines: Vec::new() }
    }

    /// Takes in a text, unless it says nothing new: message, error and last line of the log often say the same.
    pub(super) fn tell(&mut self, text: &str) {
        let text = text.trim();
        if text.is_empty() || self.lines.iter().any(|line| line.contains(text)) {
            return;
        }
        self.lines.retain(|line| !text.contains(line.as_str()));
        self.lines.push(text.to_owned());
    }

    /// Takes in the newest lines of a list, newest first; the oldest of them is told first.
    pub(super) fn tell_lines(&mut self, newest: &[WorkLine]) {
        for line in newest.iter().rev() {
            let message = line.message.as_deref().unwrap_or_default();
            match &line.code {
                Some(code) => self.tell(&format!("{code}: {message}")),
                None => self.tell(message),
            }
        }
    }

    /// Ends it: one paragraph.
    pub(super) fn into_text(self) -> String {
        let mut text = self.opening;
        for line in self.lines {
            text.push_str("; ");
            text.push_str(&line);
        }
        text
    }
}
