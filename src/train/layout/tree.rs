//! A TOML text as lines and nested values, with everything that people wrote and none of the white space.

use std::slice::Iter;

use toml_parser::parser::{Event, EventKind, parse_document};
use toml_parser::{ParseError, Source};

/// A line of the file, which a value may stretch over several.
pub(super) enum Line<'t> {
    /// Nothing.
    Blank,
    /// A comment alone.
    Comment(&'t str),
    /// `[table]` or `[[table]]`.
    Header { text: String, comment: Option<&'t str> },
    /// A setting.
    Pair(Pair<'t>),
}

/// `key = value`
pub(super) struct Pair<'t> {
    pub(super) key: String,
    pub(super) value: Value<'t>,
    /// Behind the value, on its last line.
    pub(super) comment: Option<&'t str>,
}

/// A value.
pub(super) enum Value<'t> {
    /// As written.
    Scalar(&'t str),
    /// An array or an inline table.
    Nest(Nest<'t>),
}

/// What stands between brackets or braces.
pub(super) struct Nest<'t> {
    pub(super) is_table: bool,
    /// Whether it was written over several lines.
    pub(super) broken: bool,
    /// Behind the opening bracket.
    pub(super) comment: Option<&'t str>,
    pub(super) entries: Vec<Entry<'t>>,
}

/// A line of a [`Nest`].
pub(super) enum Entry<'t> {
    /// Nothing.
    Blank,
    /// A comment alone.
    Comment(&'t str),
    /// An element; those of tables have keys.
    Element { key: Option<String>, value: Value<'t>, comment: Option<&'t str> },
}

/// Reads a text that is known to parse.
pub(super) fn read(text: &str) -> Vec<Line<'_>> {
    let tokens = Source::new(text).lex().into_vec();
    let (mut events, mut errors): (Vec<Event>, Vec<ParseError>) = (Vec::new(), Vec::new());
    parse_document(&tokens, &mut events, &mut errors);
    Reader { text, events: events.iter() }.document()
}

/// What a comment would belong to.
enum Before {
    Nothing,
    Opening,
    Element,
}

struct Reader<'t, 'e> {
    text: &'t str,
    events: Iter<'e, Event>,
}

impl<'t> Reader<'t, '_> {
    fn text_of(&self, event: &Event) -> &'t str {
        self.text.get(event.span().start()..event.span().end()).unwrap_or_default()
    }

    fn document(mut self) -> Vec<Line<'t>> {
        let mut lines = Vec::new();
        // Whether something stands on the line already.
        let mut filled = false;
        while let Some(event) = self.events.next() {
            match event.kind() {
                EventKind::Newline => {
                    if !filled {
                        lines.push(Line::Blank);
                    }
                    filled = false;
                    continue;
                }
                EventKind::Comment => {
                    let text = self.text_of(event).trim_end();
                    match lines.last_mut() {
                        Some(Line::Header { comment, .. } | Line::Pair(Pair { comment, .. })) if filled => {
                            *comment = Some(text);
                        }
                        _ => lines.push(Line::Comment(text)),
                    }
                }
                EventKind::StdTableOpen | EventKind::ArrayTableOpen => {
                    let (open, close) = match event.kind() {
                        EventKind::StdTableOpen => ("[", "]"),
                        _ => ("[[", "]]"),
                    };
                    let ends = [EventKind::StdTableClose, EventKind::ArrayTableClose];
                    let text = format!("{open}{}{close}", self.key(String::new(), &ends));
                    lines.push(Line::Header { text, comment: None });
                }
                EventKind::SimpleKey => {
                    let key = self.key(self.text_of(event).to_owned(), &[EventKind::KeyValSep]);
                    let value = self.value();
                    lines.push(Line::Pair(Pair { key, value, comment: None }));
                }
                _ => continue,
            }
            filled = true;
        }
        lines
    }

    /// Reads the rest of a key, dots and all, with what ends it.
    fn key(&mut self, mut key: String, ends: &[EventKind]) -> String {
        for event in self.events.by_ref() {
            match event.kind() {
                kind if ends.contains(&kind) => break,
                EventKind::SimpleKey => {
                    let span = event.span();
                    key.push_str(self.text.get(span.start()..span.end()).unwrap_or_default());
                }
                EventKind::KeySep => key.push('.'),
                _ => {}
            }
        }
        key
    }

    fn value(&mut self) -> Value<'t> {
        while let Some(event) = self.events.next() {
            if let Some(value) = self.value_of(event) {
                return value;
            }
        }
        // Only of a text that does not parse.
        Value::Scalar("")
    }

    /// Reads a value that begins with the event, if one does.
    fn value_of(&mut self, event: &Event) -> Option<Value<'t>> {
        match event.kind() {
            EventKind::Scalar => Some(Value::Scalar(self.text_of(event))),
            EventKind::ArrayOpen => Some(self.nest(false)),
            EventKind::InlineTableOpen => Some(self.nest(true)),
            _ => None,
        }
    }

    fn nest(&mut self, is_table: bool) -> Value<'t> {
        let mut nest = Nest { is_table, broken: false, comment: None, entries: Vec::new() };
        let mut before = Before::Opening;
        let mut filled = true;
        while let Some(event) = self.events.next() {
            let text = self.text_of(event);
            match event.kind() {
                EventKind::ArrayClose | EventKind::InlineTableClose => break,
                EventKind::Newline => {
                    nest.broken = true;
                    if !filled {
                        nest.entries.push(Entry::Blank);
                    }
                    (before, filled) = (Before::Nothing, false);
                }
                EventKind::Comment => {
                    let text = text.trim_end();
                    nest.broken = true;
                    match (before, nest.entries.last_mut()) {
                        (Before::Opening, _) => nest.comment = Some(text),
                        (Before::Element, Some(Entry::Element { comment, .. })) => *comment = Some(text),
                        _ => nest.entries.push(Entry::Comment(text)),
                    }
                    (before, filled) = (Before::Nothing, true);
                }
                EventKind::SimpleKey => {
                    let key = Some(self.key(text.to_owned(), &[EventKind::KeyValSep]));
                    let value = self.value();
                    nest.entries.push(Entry::Element { key, value, comment: None });
                    (before, filled) = (Before::Element, true);
                }
                EventKind::ValueSep => filled = true,
                _ => {
                    if let Some(value) = self.value_of(event) {
                        nest.entries.push(Entry::Element { key: None, value, comment: None });
                        (before, filled) = (Before::Element, true);
                    }
                }
            }
        }
        Value::Nest(nest)
    }
}
