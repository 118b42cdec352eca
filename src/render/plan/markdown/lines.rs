//! The lines of a comment, with how many bytes they come to: what is over its budget is given up where that is seen.

/// Lines being written.
#[derive(Default)]
pub(super) struct Lines {
    all: Vec<String>,
    bytes: usize,
}

impl Lines {
    /// Adds a line.
    pub(super) fn push(&mut self, line: String) {
        self.bytes += line.len() + 1;
        self.all.push(line);
    }

    /// Adds several.
    pub(super) fn extend(&mut self, lines: impl IntoIterator<Item = String>) {
        lines.into_iter().for_each(|line| self.push(line));
    }

    /// Puts lines before that of this number.
    pub(super) fn insert(&mut self, at: usize, lines: Vec<String>) {
        let rest = self.all.split_off(at);
        self.extend(lines);
        self.all.extend(rest);
    }

    /// Returns how many there are.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// Returns how long the text is as far as it has come.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Tells whether the last one is empty, or there is none.
    pub(super) fn end_blank(&self) -> bool {
        self.all.last().is_none_or(String::is_empty)
    }

    /// Returns the text, each line with its end.
    pub(super) fn text(self) -> String {
        let mut text = String::with_capacity(self.bytes);
        for line in self.all {
            text.push_str(&line);
            text.push('\n');
        }
        text
    }
}
