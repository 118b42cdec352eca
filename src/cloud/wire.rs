//! What the models of both services have in common, and how their words and times are read.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// Text that borrows from the answer where it holds no escapes, inside of an `Option` too.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// A package in a list: installed, offered by a source or found by a search. `S` is what is read of each of the
/// sources that it names.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PackageRow<'a, S = IgnoredAny> {
    /// The bare RPM name.
    #[serde(borrow)]
    pub(super) display_name: Cow<'a, str>,
    /// The service's own name, opaque.
    #[serde(borrow)]
    pub(super) name: Cow<'a, str>,
    /// `[epoch:]version-release`.
    #[serde(borrow)]
    pub(super) version: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) architecture: Option<Text<'a>>,
    /// Of an installed package: the sources that offer it.
    #[serde(default = "none")]
    pub(super) software_sources: Option<Vec<S>>,
}

fn none<S>() -> Option<S> {
    None
}

/// What was just created, of whichever kind.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Made {
    pub(super) id: String,
    #[serde(default)]
    pub(super) lifecycle_state: Option<String>,
}

/// `WorkRequestError` and `WorkRequestLogEntry`
#[derive(Debug, Deserialize)]
pub(super) struct WorkLine {
    #[serde(default)]
    pub(super) code: Option<String>,
    #[serde(default)]
    pub(super) message: Option<String>,
}

/// Reads how far work is, of 100.
pub(super) fn percent(complete: Option<f64>) -> u8 {
    // A float to integer cast saturates, and makes 0 of what is no number.
    complete.unwrap_or_default().clamp(0.0, 100.0) as u8
}

/// Reads a point in time of a field whose format is not documented: RFC 3339, the same without a zone (then UTC), or
/// as in mail. None for anything else: it only informs.
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let local = || text.parse::<jiff::civil::DateTime>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok();
    text.parse()
        .ok()
        .or_else(|| jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok())
        .or_else(|| local().map(|zoned| zoned.timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_whatever_form() {
        let expected: Timestamp = "2026-11-22T14:05:09Z".parse().unwrap();
        for text in [
            "2026-11-22T14:05:09Z",
            "2026-11-22T14:05:09.000Z",
            "2026-11-22T15:05:09+01:00",
            " 2026-11-22T14:05:09 ",
            "2026-11-22 14:05:09",
            "Sun, 22 Nov 2026 14:05:09 GMT",
        ] {
            assert_eq!(instant(text), Some(expected), "{text}");
        }
        assert_eq!(instant("yesterday"), None);
        assert_eq!(instant(""), None);
    }
}
