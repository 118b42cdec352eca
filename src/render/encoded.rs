//! JSON for machines that can be looked at on a terminal, too: what could command one, or stand there unseen, is escaped
//! as JSON escapes it, so that it stays what it is for whoever reads the document. Left out: what the documents hold.

use std::fmt::Write;

use serde::Serialize;

use super::words::hostile;

/// Lays a document out over lines.
pub(super) fn document(value: &impl Serialize) -> String {
    let mut text = safe(told(serde_json::to_string_pretty(value)));
    text.push('\n');
    text
}

/// Lays it out on one line, and ends that.
pub(super) fn line(value: &impl Serialize) -> String {
    let mut text = safe(told(serde_json::to_string(value)));
    text.push('\n');
    text
}

/// Plain strings and numbers: it cannot fail, and a document that says so is better than a panic.
fn told(text: serde_json::Result<String>) -> String {
    text.unwrap_or_else(|error| format!("\"{error}\""))
}

/// Escapes what is hostile. Outside of strings JSON is ASCII, where of all that only line breaks stand.
fn safe(text: String) -> String {
    let bad = |c: char| c != '\n' && hostile(c);
    if !text.contains(bad) {
        return text;
    }
    let mut safe = String::with_capacity(text.len() + 64);
    for c in text.chars() {
        if bad(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(safe, "\\u{unit:04x}");
            }
        } else {
            safe.push(c);
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hostile_is_escaped_and_stays_what_it_is() {
        let name = "web\u{1b}[2J\u{202e}\u{9b}1m\u{7f}\n\"\\\u{e0041}ü";
        for text in [document(&[name]), line(&[name])] {
            let bad: Vec<char> = text.chars().filter(|c| *c != '\n' && hostile(*c)).collect();
            assert_eq!(bad, Vec::<char>::new());
            assert_eq!(serde_json::from_str::<Vec<String>>(&text).unwrap(), [name]);
        }
        assert_eq!(line(&[name]).lines().count(), 1);
        assert!(line(&[name]).contains(r"\u202e\u009b1m\u007f\n"));
        assert!(line(&[name]).contains(r"\udb40\udc41"));
    }
}
