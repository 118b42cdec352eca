//! Lists in pages: bare arrays, or in OS Management Hub `items`; `opc-next-page` with an opaque token that must be escaped to come back whole.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::Serialize;

use super::Context;
use super::fail::{Answer, Failure};
use super::query::Sorting;
use super::route::Api;
use crate::package::Digest;

/// What a list is sorted by.
pub(crate) struct Row<'a> {
    /// The display name.
    pub(crate) name: &'a str,
    /// The time of creation.
    pub(crate) made: Timestamp,
    /// Breaks ties.
    pub(crate) id: &'a str,
}

/// How OS Management Hub answers with a list.
#[derive(Serialize)]
struct Collection<T> {
    items: Vec<T>,
}

/// Bytes in front of each token whose base64 is all plus signs: a client that does not escape tokens fails at once.
const PREFIX: [u8; 3] = [0xfb, 0xef, 0xbe];

/// Answers with the page that is asked for of rows that are yet to be sorted; only its rows are rendered.
pub(crate) fn sorted<'a, T: Serialize>(
    context: &Context<'_>,
    mut rows: Vec<Row<'a>>,
    mut render: impl FnMut(&Row<'a>) -> T,
) -> Result<Answer, Failure> {
    let (sorting, descends) = match context.api {
        Api::Hub => context.query.hub_sorting()?,
        Api::Osms | Api::Core | Api::Objects => context.query.sorting()?,
    };
    rows.sort_unstable_by(|a, b| {
        let order = match sorting {
            Sorting::Created => a.made.cmp(&b.made),
            Sorting::Name => a.name.cmp(b.name),
        };
        let order = if descends { order.reverse() } else { order };
        order.then_with(|| a.id.cmp(b.id))
    });
    ordered(context, &rows, |row| render(row))
}

/// Answers with the page that is asked for of rows in their order.
pub(crate) fn ordered<R, T: Serialize>(
    context: &Context<'_>,
    rows: &[R],
    render: impl FnMut(&R) -> T,
) -> Result<Answer, Failure> {
    let limit = context.query.limit(context.switches.default_page, context.switches.largest_page)?;
    let (rows, token) = part(context, rows, limit)?;
    let page: Vec<T> = rows.iter().map(render).collect();
    let answer = match context.api {
        Api::Hub => Answer::ok(&Collection { items: page }),
        Api::Osms | Api::Core | Api::Objects => Answer::ok(&page),
    };
    Ok(match token {
        Some(token) => answer.with("opc-next-page", token),
        None => answer,
    })
}

/// Returns the rows of the page that is asked for, and what the next one is to be asked for with.
pub(crate) fn part<'r, R>(
    context: &Context<'_>,
    rows: &'r [R],
    limit: usize,
) -> Result<(&'r [R], Option<String>), Failure> {
    let identity = Digest::of([context.path, "?", &context.query.identity()]).short();
    let start = match context.query.get("page") {
        None => 0,
        Some(token) => offset(token, &identity)
            .ok_or_else(|| Failure::invalid("page is not a token that this list has given out"))?,
    };
    let start = start.min(rows.len());
    let end = rows.len().min(start.saturating_add(limit));
    Ok((&rows[start..end], (end < rows.len()).then(|| token(end, &identity))))
}

fn token(offset: usize, identity: &str) -> String {
    STANDARD.encode([&PREFIX, format!("{identity}/{offset}").as_bytes()].concat())
}

fn offset(token: &str, identity: &str) -> Option<usize> {
    let bytes = STANDARD.decode(token).ok()?;
    let text = std::str::from_utf8(bytes.strip_prefix(&PREFIX)?).ok()?;
    text.strip_prefix(identity)?.strip_prefix('/')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_back_and_only_to_its_own_list() {
        let text = token(1250, "0123456789ab");
        assert!(text.starts_with("++++"), "{text}");
        assert_eq!(offset(&text, "0123456789ab"), Some(1250));
        assert_eq!(offset(&text, "ba9876543210"), None);
        for bad in ["", "AAAA", &text[..8], &text.replace('+', " ")] {
            assert_eq!(offset(bad, "0123456789ab"), None);
        }
    }
}
