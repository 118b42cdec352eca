//! A writer of HTML that cannot be talked into anything: there is no way to put text into it but through [`Html::text`]
//! and attribute values, which escape. Tags and attribute names are literals of this program.
//!
//! Written by hand rather than with a template engine: the page is mostly rows of numbers, a template would be read and
//! looked up at run time and fail there, and an engine that leaves one place to mark a text as safe has a place where a
//! display name can become markup.

use std::fmt::{self, Display, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::words::clean;
use crate::package::Digest;

mod table;

pub(in crate::render) use table::{Column, Sort, begin, end};

/// HTML being written.
#[derive(Default)]
pub(in crate::render) struct Html(String);

/// An attribute: a name of ours and a value that is escaped.
pub(in crate::render) type Attribute<'a> = (&'static str, &'a dyn Display);

/// A stylesheet or script of ours, put into the page as it is and allowed there by its digest.
#[derive(Clone, Copy, Debug)]
pub(in crate::render) struct Inline {
    /// `style` or `script`.
    pub(in crate::render) tag: &'static str,
    /// The file.
    pub(in crate::render) code: &'static str,
}

impl Inline {
    /// Returns the source expression that lets a content security policy allow this very text.
    pub(in crate::render) fn source(self) -> String {
        format!("'sha256-{}'", STANDARD.encode(Digest::of([self.code]).as_bytes()))
    }
}

impl Html {
    /// Begins an element.
    pub(in crate::render) fn open(&mut self, tag: &'static str, attributes: &[Attribute<'_>]) {
        self.0.push('<');
        self.0.push_str(tag);
        for (name, value) in attributes {
            self.0.push(' ');
            self.0.push_str(name);
            self.0.push_str("=\"");
            self.escape(*value);
            self.0.push('"');
        }
        self.0.push('>');
    }

    /// Ends an element.
    pub(in crate::render) fn close(&mut self, tag: &'static str) {
        self.0.push_str("</");
        self.0.push_str(tag);
        self.0.push('>');
    }

    /// Ends an element and the line.
    pub(in crate::render) fn end(&mut self, tag: &'static str) {
        self.close(tag);
        self.0.push('\n');
    }

    /// Writes text.
    pub(in crate::render) fn text(&mut self, text: impl Display) {
        self.escape(&text);
    }

    /// Writes an element that holds text alone.
    pub(in crate::render) fn element(
        &mut self,
        tag: &'static str,
        attributes: &[Attribute<'_>],
        text: impl Display,
    ) {
        self.open(tag, attributes);
        self.text(text);
        self.close(tag);
    }

    /// Writes a stylesheet or script.
    pub(in crate::render) fn inline(&mut self, inline: Inline) {
        self.open(inline.tag, &[]);
        self.0.push_str(inline.code);
        self.end(inline.tag);
    }

    /// Ends a line, where lines count.
    pub(in crate::render) fn newline(&mut self) {
        self.0.push('\n');
    }

    /// Writes an element that leads somewhere.
    pub(in crate::render) fn link(&mut self, address: &str, text: impl Display) {
        self.element("a", &[("href", &address)], text);
    }

    fn escape(&mut self, text: &dyn Display) {
        // Writing to a string cannot fail, and neither can what is displayed here.
        let _ = write!(Escaping(&mut self.0), "{text}");
    }
}

/// Escapes what is written through it, and spells out what is hostile without being markup: control characters and
/// those that turn the direction of writing.
struct Escaping<'a>(&'a mut String);

impl Write for Escaping<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in clean(text).chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                c => self.0.push(c),
            }
        }
        Ok(())
    }
}

/// What sorts and filters long tables, where scripts may run.
pub(in crate::render) const TABLES: Inline = Inline { tag: "script", code: include_str!("html/tables.js") };

/// Writes a page that needs nothing else: style and script, where it has one, are in it and allowed by their digests, and the page's own
/// policy forbids whatever else it could load or send.
pub(in crate::render) fn document(
    title: &str,
    style: Inline,
    script: Option<Inline>,
    main: impl FnOnce(&mut Html),
) -> String {
    let mut html = Html::default();
    let script_source = script.map_or_else(String::new, |script| format!("; script-src {}", script.source()));
    let policy = format!(
        "default-src 'none'; style-src {}{script_source}; base-uri 'none'; form-action 'none'",
        style.source(),
    );
    html.open("html", &[("lang", &"en")]);
    html.open("head", &[]);
    html.open("meta", &[("charset", &"utf-8")]);
    html.open("meta", &[("http-equiv", &"Content-Security-Policy"), ("content", &policy)]);
    html.open("meta", &[("name", &"viewport"), ("content", &"width=device-width, initial-scale=1")]);
    html.open("meta", &[("name", &"color-scheme"), ("content", &"light dark")]);
    html.open("meta", &[("name", &"referrer"), ("content", &"no-referrer")]);
    html.element("title", &[], title);
    html.inline(style);
    html.end("head");
    html.open("body", &[]);
    html.open("main", &[]);
    main(&mut html);
    html.end("main");
    if let Some(script) = script {
        html.inline(script);
    }
    html.end("body");
    html.end("html");
    format!("<!doctype html>\n{}", html.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_comes_in_stays_text() {
        let mut html = Html::default();
        let hostile = "\"><script>alert('x' & 1)</script>\u{202e}\n";
        html.element("td", &[("title", &hostile)], hostile);
        assert_eq!(
            html.0,
            "<td title=\"&quot;&gt;&lt;script&gt;alert(&#39;x&#39; &amp; 1)&lt;/script&gt;\\u{202e}\\u{a}\">\
             &quot;&gt;&lt;script&gt;alert(&#39;x&#39; &amp; 1)&lt;/script&gt;\\u{202e}\\u{a}</td>"
        );
    }

    #[test]
    fn a_policy_names_the_digest_that_browsers_compute() {
        // printf %s 'alert(1)' | openssl dgst -sha256 -binary | base64
        let script = Inline { tag: "script", code: "alert(1)" };
        assert_eq!(script.source(), "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='");
    }
}
