//! A call that failed and is made again, as whoever watches a survey or a run is told.

use std::time::Duration;

use super::words::{one_line, span};

/// One attempt that failed, and the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeat<'a> {
    /// The API operation.
    pub operation: &'a str,
    /// What went wrong, for people.
    pub reason: &'a str,
    /// How many attempts have been made.
    pub attempts: u32,
    /// When the next one starts.
    pub wait: Duration,
}

impl Repeat<'_> {
    /// Says so in a line.
    pub fn text(&self) -> String {
        let Self { operation, reason, attempts, wait } = self;
        format!("{operation}: {}; attempt {} in {}", one_line(reason), attempts + 1, span(*wait))
    }
}
