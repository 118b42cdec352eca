//! Edits of a train file's text: a release added, a group bound to another one. What is not touched stays byte for
//! byte, comments and layout included; the edited file parses and says what was wanted, or there is no edit.
//!
//! Pure: text in, text out. Reading and writing files is the command line's.

use std::ops::Range;

use thiserror::Error;
use toml::de::{DeTable, DeValue};
use toml_parser::parser::{Event, EventKind, parse_document};
use toml_parser::{ParseError, Source as Toml};

use crate::name::{GroupName, ReleaseName};

/// Why a train file's text was not edited. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EditError {
    /// The text does not parse.
    #[error("line {line} is not TOML: {message}; `patchtrain validate` shows all of it")]
    NotToml {
        /// The line, from 1.
        line: usize,
        /// What the parser says.
        message: String,
    },
    /// Releases or groups are written as one array of inline tables, which nothing can be added to by a header.
    #[error("`{0} = [...]` stands in one array: write each as a `[[{0}]]` table")]
    Inline(&'static str),
    /// The file declares a release of that name.
    #[error("the file declares a release `{0}` already")]
    Declared(ReleaseName),
    /// The file declares no such release.
    #[error("the file declares no release `{0}`")]
    NoRelease(ReleaseName),
    /// The file declares no such group.
    #[error("the file declares no group `{0}`")]
    NoGroup(GroupName),
    /// The group has no `release` that could be changed.
    #[error("group `{0}` has no `release` to change")]
    Unbound(GroupName),
    /// The edit would not have said what was wanted; the file is written in a way that is not foreseen.
    #[error("the file is written in a way that cannot be edited without changing more: edit it by hand")]
    Unforeseen,
    /// The layout would have changed a value.
    #[error(
        "the file is written in a way that cannot be laid out without changing a value: leave it as it is"
    )]
    Layout,
}

/// Adds a `[[release]]` behind another one, or behind the last one where none is named. The first one stands before the
/// groups, below `[train]`, `[service]` and `[state]`.
pub fn add_release(
    text: &str,
    name: &ReleaseName,
    manifest: &str,
    behind: Option<&ReleaseName>,
) -> Result<String, EditError> {
    let before = values(text)?;
    let known = match before.get("release") {
        None => &[][..],
        Some(toml::Value::Array(known)) => known,
        Some(_) => return Err(EditError::Inline("release")),
    };
    let place = |name: &ReleaseName| {
        let name_of =
            |table: &toml::Value| table.get("name").and_then(toml::Value::as_str) == Some(name.as_str());
        known.iter().position(name_of)
    };
    if place(name).is_some() {
        return Err(EditError::Declared(name.clone()));
    }
    let at = match behind {
        None => known.len(),
        Some(base) => place(base).ok_or_else(|| EditError::NoRelease(base.clone()))? + 1,
    };
    let tables = Tables::of(text);
    if before.contains_key("release") && !tables.0.iter().any(|table| table.is("release")) {
        return Err(EditError::Inline("release"));
    }
    let anchor = match tables.last_of_release(at) {
        Some(last) => tables.end(text, last),
        None => {
            tables.0.iter().rposition(|table| !table.is("group")).map_or(0, |last| tables.end(text, last))
        }
    };
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let (head, tail) = text.split_at(anchor);
    let mut edited = head.to_owned();
    if !head.is_empty() && !head.ends_with('\n') {
        edited.push_str(newline);
    }
    let lines = [
        String::new(),
        "[[release]]".to_owned(),
        format!("name     = {}", quoted(name.as_str())),
        format!("manifest = {}", quoted(manifest)),
    ];
    for line in &lines[usize::from(head.is_empty())..] {
        edited.extend([line, newline]);
    }
    let parted = tail.is_empty() || tail.starts_with(['\n', '\r']);
    if !parted {
        edited.push_str(newline);
    }
    edited.push_str(tail);

    let mut wanted = before;
    let release = toml::Table::from_iter([
        ("name".to_owned(), toml::Value::from(name.as_str())),
        ("manifest".to_owned(), toml::Value::from(manifest)),
    ]);
    let releases = wanted.entry("release").or_insert_with(|| toml::Value::Array(Vec::new()));
    let releases = releases.as_array_mut().ok_or(EditError::Unforeseen)?;
    releases.insert(at.min(releases.len()), toml::Value::Table(release));
    checked(edited, &wanted)
}

/// Binds a group to another release.
pub fn bind(text: &str, group: &GroupName, release: &ReleaseName) -> Result<String, EditError> {
    let mut wanted = values(text)?;
    let document = DeTable::parse(text).map_err(|error| not_toml(text, &error))?;
    let groups = document.get_ref().get("group").map(|value| value.get_ref());
    let Some(DeValue::Array(groups)) = groups else { return Err(EditError::NoGroup(group.clone())) };
    let text_of = |value: &DeValue<'_>, key: &str| -> Option<(String, Range<usize>)> {
        let DeValue::Table(table) = value else { return None };
        let value = table.get(key)?;
        Some((value.get_ref().as_str()?.to_owned(), value.span()))
    };
    let named = |value: &DeValue<'_>| text_of(value, "name").is_some_and(|(name, _)| name == group.as_str());
    let at = groups.iter().position(|value| named(value.get_ref()));
    let at = at.ok_or_else(|| EditError::NoGroup(group.clone()))?;
    let (_, span) =
        text_of(groups[at].get_ref(), "release").ok_or_else(|| EditError::Unbound(group.clone()))?;
    let mut edited = text.to_owned();
    edited.replace_range(span, &quoted(release.as_str()));

    let bound = wanted.get_mut("group").and_then(|groups| groups.get_mut(at));
    let bound = bound.and_then(toml::Value::as_table_mut).ok_or(EditError::Unforeseen)?;
    bound.insert("release".to_owned(), toml::Value::from(release.as_str()));
    checked(edited, &wanted)
}

/// Writes a basic string: what JSON escapes, and how, TOML reads alike.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Returns an edit that says what was wanted, and nothing else.
fn checked(edited: String, wanted: &toml::Table) -> Result<String, EditError> {
    match values(&edited) {
        // NaN is no value of a train file: one in it keeps the file from being edited, and that is all.
        Ok(values) if values == *wanted => Ok(edited),
        _ => Err(EditError::Unforeseen),
    }
}

/// Reads the values of a text.
pub(super) fn values(text: &str) -> Result<toml::Table, EditError> {
    toml::from_str(text).map_err(|error| not_toml(text, &error))
}

fn not_toml(text: &str, error: &toml::de::Error) -> EditError {
    let at = error.span().map_or(0, |span| span.start.min(text.len()));
    let line = text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
    EditError::NotToml { line, message: error.message().trim_end().replace('\n', ", ") }
}

/// A table of the file.
struct Table {
    /// The first part of its key.
    first: String,
    /// How many parts its key has.
    parts: usize,
    /// Where its header's line starts.
    start: usize,
    /// Where its last setting, or its header, ends; what follows on that line is a comment at most.
    end: usize,
}

impl Table {
    fn is(&self, name: &str) -> bool {
        self.first.trim_matches(['"', '\'']) == name
    }
}

/// The tables of a file that have headers, in its order.
struct Tables(Vec<Table>);

impl Tables {
    fn of(text: &str) -> Self {
        let tokens = Toml::new(text).lex().into_vec();
        let (mut events, mut errors): (Vec<Event>, Vec<ParseError>) = (Vec::new(), Vec::new());
        parse_document(&tokens, &mut events, &mut errors);
        let mut tables: Vec<Table> = Vec::new();
        let mut in_header = false;
        for event in &events {
            let (start, end) = (event.span().start(), event.span().end());
            match (event.kind(), tables.last_mut()) {
                (EventKind::StdTableOpen | EventKind::ArrayTableOpen, _) => {
                    let start = text[..start].rfind('\n').map_or(0, |at| at + 1);
                    tables.push(Table { first: String::new(), parts: 0, start, end });
                    in_header = true;
                }
                (EventKind::Whitespace | EventKind::Newline | EventKind::Comment, _) | (_, None) => {}
                (kind, Some(table)) => {
                    if kind == EventKind::SimpleKey && in_header {
                        if table.parts == 0 {
                            table.first.push_str(&text[start..end]);
                        }
                        table.parts += 1;
                    }
                    in_header &= !matches!(kind, EventKind::StdTableClose | EventKind::ArrayTableClose);
                    table.end = end;
                }
            }
        }
        Self(tables)
    }

    /// Returns the last table of the release with that number, from 1: `[release.more]` below it is its too.
    fn last_of_release(&self, number: usize) -> Option<usize> {
        let (mut seen, mut last) = (0, None);
        for (at, table) in self.0.iter().enumerate().filter(|(_, table)| table.is("release")) {
            seen += usize::from(table.parts == 1);
            if seen == number {
                last = Some(at);
            }
        }
        last
    }

    /// Returns where a table ends: behind its last line and the comments right below that, unless those stand right
    /// above the next header, and so belong to it.
    fn end(&self, text: &str, table: usize) -> usize {
        let content = line_end(text, self.0[table].end);
        let mut end = content;
        while text[end..].trim_start_matches([' ', '\t']).starts_with('#') {
            end = line_end(text, end);
        }
        let next = self.0.get(table + 1).map(|next| next.start);
        if next == Some(end) { content } else { end }
    }
}

/// Returns where the line of a byte ends, its newline included.
fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |newline| at + newline + 1)
}

#[cfg(test)]
mod tests;
