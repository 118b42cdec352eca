//! Reading TOML tables key by key, so that one run tells every wrong type, unknown key and missing key. (serde stops
//! at the first.) Left out: what the keys mean, which is [`super::shape`]'s.

use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Report, Source};
use crate::name;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) span: Range<usize>,
}

pub(super) type Value<'d> = &'d Spanned<DeValue<'d>>;

/// Where problems of one file go.
pub(super) struct File<'r> {
    pub(super) source: &'r Arc<Source>,
    pub(super) report: &'r mut Report,
}

impl File<'_> {
    /// Records a problem; an empty hint is none.
    pub(super) fn problem(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.report.at(self.source, span, message, hint);
    }

    /// Takes a string; `what` names the value in the message.
    pub(super) fn text(&mut self, value: Value<'_>, what: &str) -> Option<At<String>> {
        match value.get_ref() {
            DeValue::String(text) => Some(At { value: text.to_string(), span: value.span() }),
            other => self.wrong_type(value, what, "a string", other),
        }
    }

    /// Takes a string and parses it; what does not parse is a problem with the parser's message.
    pub(super) fn parsed<T, E: ToString>(
        &mut self,
        value: Value<'_>,
        what: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<At<T>> {
        let At { value, span } = self.text(value, what)?;
        match parse(&value) {
            Ok(value) => Some(At { value, span }),
            Err(error) => {
                self.problem(span, error.to_string(), "");
                None
            }
        }
    }

    /// Takes one of several words; what else is a problem with the nearest as hint.
    pub(super) fn word(
        &mut self,
        value: Value<'_>,
        what: &str,
        words: &[&'static str],
    ) -> Option<At<&'static str>> {
        let At { value, span } = self.text(value, what)?;
        if let Some(known) = words.iter().find(|word| **word == value) {
            return Some(At { value: known, span });
        }
        let hint = name::nearest(&value, words.iter().copied())
            .map_or_else(|| format!("expected {}", or(words)), |near| format!("did you mean `{near}`?"));
        self.problem(span, format!("{what} cannot be `{value}`"), hint);
        None
    }

    /// Takes a boolean.
    pub(super) fn flag(&mut self, value: Value<'_>, what: &str) -> Option<bool> {
        match value.get_ref() {
            DeValue::Boolean(flag) => Some(*flag),
            other => self.wrong_type(value, what, "`true` or `false`", other),
        }
    }

    /// Takes an array; each element is the caller's to check.
    pub(super) fn list<'d>(&mut self, value: Value<'d>, what: &str) -> Option<Vec<Value<'d>>> {
        match value.get_ref() {
            DeValue::Array(array) => Some(array.iter().collect()),
            other => self.wrong_type(value, what, "an array", other),
        }
    }

    /// Takes a table.
    pub(super) fn table<'d>(&mut self, value: Value<'d>, what: &str) -> Option<&'d DeTable<'d>> {
        match value.get_ref() {
            DeValue::Table(table) => Some(table),
            other => self.wrong_type(value, what, "a table", other),
        }
    }

    pub(super) fn wrong_type<T>(
        &mut self,
        value: Value<'_>,
        what: &str,
        expected: &str,
        found: &DeValue<'_>,
    ) -> Option<T> {
        let found = match found {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "an integer",
            DeValue::Float(_) => "a float",
            DeValue::Boolean(_) => "a boolean",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "an array",
            DeValue::Table(_) => "a table",
        };
        self.problem(value.span(), format!("{what} is {found}: expected {expected}"), "");
        None
    }
}

/// What stands for the table that has no name.
pub(super) const TOP: &str = "the file";

/// `a`, `b` or `c`.
pub(super) fn or(words: &[&str]) -> String {
    join(words, "or")
}

/// `a`, `b` and `c`.
pub(super) fn and(words: &[&str]) -> String {
    join(words, "and")
}

fn join(words: &[&str], conjunction: &str) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match &quoted[..] {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} {conjunction} {last}", most.join(", ")),
    }
}

/// A table whose known keys are taken one by one.
pub(super) struct Fields<'d> {
    /// How people write the table: `[train]`.
    name: &'static str,
    /// The table, for what is missing in it.
    span: Range<usize>,
    entries: Vec<(&'d str, Range<usize>, Value<'d>)>,
    /// What unknown keys were likely meant to be: not told as missing, too.
    meant: Vec<&'static str>,
    missing: Vec<&'static str>,
}

impl<'d> Fields<'d> {
    /// Opens a table and reports its unknown keys.
    pub(super) fn open(
        file: &mut File<'_>,
        name: &'static str,
        span: Range<usize>,
        table: &'d DeTable<'d>,
        known: &[&'static str],
    ) -> Self {
        let mut meant = Vec::new();
        let entries: Vec<_> =
            table.iter().map(|(key, value)| (&**key.get_ref(), key.span(), value)).collect();
        for (key, span, _) in entries.iter().filter(|(key, ..)| !known.contains(key)) {
            let elsewhere = || super::shape::TABLES.iter().find(|(_, keys)| keys.contains(key));
            let hint = match (name::nearest(key, known.iter().copied()), elsewhere()) {
                (Some(near), _) => {
                    meant.extend(known.iter().find(|key| **key == near));
                    format!("did you mean `{near}`?")
                }
                (None, Some((table, _))) => format!("`{key}` belongs to {}", quoted(table)),
                (None, None) => format!("known are {}", and(known)),
            };
            file.problem(span.clone(), format!("unknown key `{key}` in {}", quoted(name)), hint);
        }
        Self { name, span, entries, meant, missing: Vec::new() }
    }

    /// Returns the value of a key that may be left out.
    pub(super) fn optional(&self, key: &str) -> Option<Value<'d>> {
        self.entries.iter().find(|(known, ..)| *known == key).map(|(_, _, value)| *value)
    }

    /// Returns the value of a key; its absence is told by [`Self::close`].
    pub(super) fn required(&mut self, key: &'static str) -> Option<Value<'d>> {
        let value = self.optional(key);
        if value.is_none() {
            self.missing.push(key);
        }
        value
    }

    /// Returns the key's own place, for problems about the whole setting.
    pub(super) fn key_span(&self, key: &str) -> Option<Range<usize>> {
        self.entries.iter().find(|(known, ..)| *known == key).map(|(_, span, _)| span.clone())
    }

    /// Reports all missing keys in one problem.
    pub(super) fn close(self, file: &mut File<'_>) {
        let Self { name, span, entries: _, meant, mut missing } = self;
        missing.retain(|key| !meant.contains(key));
        if !missing.is_empty() {
            file.problem(span, format!("{} lacks {}", quoted(name), and(&missing)), "");
        }
    }
}

fn quoted(table: &str) -> String {
    if table == TOP { TOP.to_owned() } else { format!("`{table}`") }
}
