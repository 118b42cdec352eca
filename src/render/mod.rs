//! Everything people see: the plan, the outcome, the state, the fleet, and progress while a run goes on.
//!
//! Renderers are handed data and compute nothing but layout. They write to a `String` or a terminal they are given;
//! whether there is colour, and how wide it may get, is decided once in [`crate::cli`].

mod audit;
mod coverage;
mod delta;
mod diff;
mod drift;
mod encoded;
mod graph;
mod html;
mod inspection;
mod lines;
mod lock;
mod markdown;
mod outcome;
mod packages;
mod page;
mod plan;
mod progress;
mod rehearsal;
mod release;
mod repeat;
mod report;
mod rollout;
mod state;
mod status;
mod stream;
mod table;
mod watch;
mod watched;
mod words;

#[cfg(test)]
mod tests;

pub use audit::{AuditFormat, audit, audit_gaps, audit_verdict};
pub(crate) use coverage::advisory_count;
pub use diff::{DiffFormat, diff};
pub use drift::{drift, no_drift};
pub use graph::{GraphFormat, graph};
pub use inspection::{
    history, history_json, state_addresses, state_differences, state_differences_folded,
    state_differences_json, state_json, state_record, state_records,
};
pub use lines::Lines;
pub use lock::{lock, locks, locks_json};
pub use outcome::outcome;
pub use plan::{
    Comment, GITHUB as COMMENT, LEAST as LEAST_COMMENT, PLAN_SCHEMA, PlanFormat, Since, plan, plan_as,
    verdict,
};
pub use progress::{Bars, Spinner};
pub use rehearsal::rehearsal;
pub use release::{Checked, TimelineFormat, irreversible, portrait, timeline, verified};
pub use repeat::Repeat;
pub use report::{ReportFormat, report, report_verdict};
pub use rollout::{rollouts, rollouts_json};
pub use state::state;
pub use status::{instance_status, status};
pub use stream::{
    RunStream, stream_end, stream_error, stream_note, stream_outcome, stream_plan, stream_rehearsal,
    stream_version,
};
pub use watched::watched;
pub(crate) use words::{count, old};

/// How text is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// The columns there are.
    pub width: usize,
    /// Whether colour may be used. It never carries meaning alone.
    pub colour: bool,
    /// How much is shown.
    pub detail: Detail,
}

/// How much of a plan is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// The verdict and the tables.
    Summary,
    /// That, and package detail, long lists folded.
    Default,
    /// Everything.
    Full,
}

/// Makes a text from outside safe to show.
pub(crate) fn clean(text: &str) -> String {
    words::clean(text).into_owned()
}
