//! `update` and `schedule` of a group, as they are written. Left out: what they mean, which is [`crate::patching`]'s.

use jiff::Timestamp;
use toml::de::{DeTable, DeValue};

use super::table::{Fields, File, Value};
use crate::patching::{Every, Schedule, Wanted};

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
