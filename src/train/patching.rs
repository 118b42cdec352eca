//! `update` and `schedule` of a group: what is installed on its members, at once and later, and so what its level
//! counts. Left out: when a schedule runs, which is [`crate::op::Schedule`]'s.

use jiff::Timestamp;
use toml::de::{DeTable, DeValue};

use super::table::{Fields, File, Value};
use crate::op::{Every, Schedule, Wanted};

use serde::{Deserialize, Serialize};

/// What is installed on the members of a group, and so what its level counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Patching {
    /// What a run updates; none where updates are left to the schedule, or to nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update: Option<Wanted>,
    /// What the schedule installs; none without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Wanted>,
}

impl Patching {
    /// `update = "all"`, and no schedule: what a group that says nothing asks for.
    pub const EVERYTHING: Self = Self { update: Some(Wanted::All), schedule: None };

    /// Tells whether the level counts some kinds of updates and not others, or leaves some to the schedule, so that
    /// the kind of each must be known.
    pub fn is_by_kind(self) -> bool {
        match (self.update, self.schedule) {
            (Some(Wanted::All), _) | (None, None | Some(Wanted::All)) => false,
            (Some(Wanted::Only(_)), _) | (None, Some(Wanted::Only(_))) => true,
        }
    }

    /// Tells whether anything installs updates at all: without, there is no level.
    pub fn has_level(self) -> bool {
        self.update.is_some() || self.schedule.is_some()
    }

    /// Tells whether it is what a group that says nothing asks for, which files leave out.
    pub fn is_default(&self) -> bool {
        *self == Self::EVERYTHING
    }
}

impl Default for Patching {
    fn default() -> Self {
        Self::EVERYTHING
    }
}

const WORDS: [&str; 4] = ["all", "security", "bugfix", "enhancement"];

/// Reads `update` of a group.
pub(super) fn update(file: &mut File<'_>, value: Value<'_>) -> Option<Wanted> {
    let at = file.word(value, "`update`", &["all", "none", "security", "bugfix", "enhancement"])?;
    Wanted::of_word(at.value)
}

/// Reads `schedule` of a group.
pub(super) fn schedule(file: &mut File<'_>, value: Value<'_>) -> Option<Schedule> {
    let table: &DeTable<'_> = file.table(value, "`schedule`")?;
    let mut fields = Fields::open(file, "schedule", value.span(), table, &["update", "every", "start"]);
    let update = fields.required("update").and_then(|value| file.word(value, "`update`", &WORDS));
    let every = fields.required("every").and_then(|value| file.parsed(value, "`every`", Every::parse));
    let start = match fields.required("start").map(|value| (value, value.get_ref())) {
        Some((value, DeValue::Datetime(_))) => {
            let hint = "a start stands in quotes: `\"2026-12-05T02:00:00Z\"`";
            file.problem(value.span(), "`start` is a date: expected a string", hint);
            None
        }
        Some((value, _)) => file.parsed(value, "`start`", start),
        None => None,
    };
    fields.close(file);
    Some(Schedule { update: Wanted::of_word(update?.value)?, every: every?.value, start: start?.value })
}

/// A start to the second: the service shows no less.
fn start(text: &str) -> Result<Timestamp, String> {
    let error = || format!("`{text}` is not a time: expected as in `2026-12-05T02:00:00Z`");
    let start: Timestamp = text.parse().map_err(|_| error())?;
    (start.subsec_nanosecond() == 0).then_some(start).ok_or_else(error)
}
