//! What is missing in a history, as far as it shows: each run raises the serial by one and leaves a line, so that serials
//! of which no line tells were reached by something that left none, or whose line is gone.

use jiff::Timestamp;
use serde::Serialize;

use super::{Period, time_of};
use crate::state::State;
use crate::state::store::{HistoryLine, Lines, ReportRecord};

/// Something that is missing, or may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "gap", rename_all = "kebab-case")]
pub enum Gap {
    /// These lines of the history cannot be read; when what they tell of was, is not known either.
    Unreadable {
        /// The lines, from 1.
        lines: Vec<usize>,
    },
    /// The history's last line was cut off while it was written.
    CutShort,
    /// These lines of the figures of reports cannot be read.
    UnreadableFigures {
        /// The lines, from 1.
        lines: Vec<usize>,
    },
    /// No line tells of these serials.
    Serials {
        /// The first of them.
        first: u64,
        /// The last of them.
        last: u64,
        /// When the line before them was written; none where there is none.
        after: Option<Timestamp>,
        /// When the line behind them was; none where there is none.
        before: Option<Timestamp>,
    },
    /// What follows builds on an earlier serial: somebody has put an older state in place by other means.
    Rewound {
        /// The serial that had been reached.
        from: u64,
        /// The one that was gone on from.
        to: u64,
        /// When the line was written that tells of what followed; none where the state itself is older.
        before: Option<Timestamp>,
    },
    /// There is a journal: a run is in progress, or was cut off, and has no line yet.
    Unfinished,
}

pub(super) fn gaps(
    period: &Period,
    history: &Lines<HistoryLine>,
    reports: &Lines<ReportRecord>,
    state: Option<&State>,
    journal: bool,
) -> Vec<Gap> {
    let mut gaps = Vec::new();
    if !history.unreadable.is_empty() {
        gaps.push(Gap::Unreadable { lines: history.unreadable.clone() });
    }
    if history.cut_short {
        gaps.push(Gap::CutShort);
    }
    if !reports.unreadable.is_empty() {
        gaps.push(Gap::UnreadableFigures { lines: reports.unreadable.clone() });
    }
    serials(period, &history.records, state, journal, &mut gaps);
    gaps
}

fn serials(
    period: &Period,
    lines: &[HistoryLine],
    state: Option<&State>,
    journal: bool,
    gaps: &mut Vec<Gap>,
) {
    // The serial that the lines so far have led to, and when the last of them was written.
    let (mut reached, mut after) = (0, None);
    let mut step = |reached: u64, from: u64, after, before| {
        let gap = match from {
            from if from > reached => Gap::Serials { first: reached + 1, last: from, after, before },
            from if from < reached => Gap::Rewound { from: reached, to: from, before },
            _ => return,
        };
        if period.may_hold(after, before) {
            gaps.push(gap);
        }
    };
    for (index, line) in lines.iter().enumerate() {
        let at = time_of(line);
        match line {
            // Another service's state, whose serials begin anew.
            HistoryLine::Run(run) if run.ancestor.is_some() => reached = run.serial,
            HistoryLine::Run(run) => {
                step(reached, run.serial.saturating_sub(1), after, Some(at));
                reached = run.serial;
            }
            HistoryLine::Change(change) if line.was_made(&lines[index + 1..], state) => {
                step(reached, change.basis, after, Some(at));
                // By hand any serial may be left that is not used yet.
                reached = change.serial;
            }
            HistoryLine::Change(_) | HistoryLine::Unlock(_) => continue,
        }
        after = Some(at);
    }
    if let Some(state) = state {
        // What a journal adds counts one serial more. One that is folded already adds nothing.
        let unfinished = journal && state.serial > reached;
        step(reached, state.serial - u64::from(unfinished), after, None);
        if unfinished && period.until.is_none() {
            gaps.push(Gap::Unfinished);
        }
    }
}
