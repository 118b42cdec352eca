//! The words that sources of advisories use: what an advisory is for, whether it still stands, when it was issued, and
//! the names of CVEs.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Severity, Status};
use crate::package::StreamName;
use crate::patching::UpdateKind;

/// Reads what an advisory is for off its name: `ELSA`, `ELBA` and `ELEA`, and the like of other vendors.
pub(super) fn kind_of_id(id: &str) -> UpdateKind {
    let letters = id.split('-').next().unwrap_or_default();
    match letters.get(letters.len().saturating_sub(2)..) {
        Some("SA") => UpdateKind::Security,
        Some("BA") => UpdateKind::Bugfix,
        Some("EA") => UpdateKind::Enhancement,
        _ => UpdateKind::Other,
    }
}

/// Reads what an advisory is for off the word for its type; off its name where that says nothing.
pub(super) fn kind_of_type(word: &str, id: &str) -> UpdateKind {
    match word.trim().to_ascii_lowercase().as_str() {
        "security" => UpdateKind::Security,
        "bugfix" | "bug" | "recommended" => UpdateKind::Bugfix,
        "enhancement" | "optional" | "feature" | "newpackage" => UpdateKind::Enhancement,
        _ => kind_of_id(id),
    }
}

/// Reads whether an advisory stands: `updateinfo.xml` has a word for it, and titles say the rest.
pub(super) fn status(word: &str, title: &str) -> Status {
    let title = title.to_ascii_lowercase();
    let says = |wanted: &[&str]| {
        let mut words = title.split(|c: char| !c.is_ascii_alphanumeric());
        words.any(|word| wanted.contains(&word))
    };
    match word.trim().to_ascii_lowercase().as_str() {
        "retracted" | "withdrawn" | "revoked" => return Status::Withdrawn,
        "testing" | "pending" => return Status::Testing,
        "obsolete" | "superseded" => return Status::Superseded { by: successor(&title) },
        _ => {}
    }
    // A word of a vendor's title can be about the software ("withdrawn keys"): only where the title starts with it, or
    // has it in brackets at its end.
    let start = title.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    let starts = |words: &[&str]| words.iter().any(|word| start.starts_with(word));
    let marked = |words: &[&str]| {
        let tail = title.rfind(['(', '[']).map_or("", |at| &title[at + 1..]);
        starts(words) || words.iter().any(|word| tail.starts_with(word))
    };
    if marked(&["retracted", "withdrawn"]) {
        Status::Withdrawn
    } else if marked(&["superseded", "obsoleted"]) || (says(&["superseded"]) && says(&["by"])) {
        Status::Superseded { by: successor(&title) }
    } else {
        Status::Final
    }
}

/// Finds what a title says is superseded or obsoleted `by` it.
fn successor(lower: &str) -> Option<Arc<str>> {
    let (_, rest) = lower.split_once("superseded by ").or_else(|| lower.split_once("obsoleted by "))?;
    let id = rest.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '_'))).next()?;
    let id = id.trim_matches([':', '-', '_']);
    // Names are written in capitals; one without a number is none.
    (id.contains('-') && id.bytes().any(|b| b.is_ascii_digit())).then(|| id.to_ascii_uppercase().into())
}

/// Reads a point in time: RFC 3339, a date, a date and time without a zone (then UTC), or seconds since 1970.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let text = text.strip_suffix("UTC").map_or(text, str::trim_end);
    if let Ok(seconds) = text.parse::<i64>() {
        return Timestamp::from_second(seconds).ok();
    }
    let civil = || {
        let local: jiff::civil::DateTime = text.parse().ok()?;
        local.to_zoned(jiff::tz::TimeZone::UTC).ok()
    };
    text.parse().ok().or_else(|| civil().map(|zoned| zoned.timestamp()))
}

/// Reads the name of a CVE: `CVE-YYYY-N`, of four digits or more. In capitals, since some write it small.
pub(super) fn cve(text: &str) -> Option<Arc<str>> {
    let name = text.trim().to_ascii_uppercase();
    let (year, number) = name.strip_prefix("CVE-")?.split_once('-')?;
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    // MITRE has used up to seven digits. A CVE's name is no longer than that of a package.
    let good = year.len() == 4 && digits(year) && (4..=19).contains(&number.len()) && digits(number);
    good.then(|| name.into())
}

/// Reads the module stream that a title begins with, as `Important: nodejs:16 security update`.
pub(super) fn stream(title: &str) -> Option<StreamName> {
    let mut words = title.split_whitespace();
    let first = words.next()?;
    let lead = first.strip_suffix(':').and_then(Severity::of_word).is_some();
    let word = if lead { words.next()? } else { first };
    // Whatever else stands there, as a time or an address, is no module.
    let (module, stream) = word.split_once(':')?;
    let is_name = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-._".contains(&b))
    };
    let begins = module.as_bytes().first().is_some_and(u8::is_ascii_alphabetic);
    (begins && is_name(module) && is_name(stream))
        .then(|| StreamName { module: module.into(), stream: stream.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_told_by_how_a_title_begins() {
        for (title, expected) in [
            ("Important: nodejs:16 security update", Some("nodejs:16")),
            ("container-tools:ol8 bug fix update", Some("container-tools:ol8")),
            ("perl:5.30 security, bug fix, and enhancement update", Some("perl:5.30")),
            ("kernel security update", None),
            ("Important: kernel security update", None),
            ("kernel: use after free", None),
            ("12:30 outage", None),
            ("a:b:c update", None),
            ("Critical:", None),
            ("", None),
        ] {
            assert_eq!(stream(title).map(|name| name.to_string()).as_deref(), expected, "{title}");
        }
    }

    #[test]
    fn kinds_are_told_by_type_or_name() {
        for (word, id, expected) in [
            ("security", "X-1", UpdateKind::Security),
            ("Bugfix", "ELSA-1", UpdateKind::Bugfix),
            ("", "ELSA-2024-1", UpdateKind::Security),
            ("", "ELBA-2024-1", UpdateKind::Bugfix),
            ("", "ELEA-2024-1", UpdateKind::Enhancement),
            ("", "RHSA-2024:1", UpdateKind::Security),
            ("newpackage", "", UpdateKind::Enhancement),
            ("", "é", UpdateKind::Other),
            ("", "", UpdateKind::Other),
        ] {
            assert_eq!(kind_of_type(word, id), expected, "{word} {id}");
        }
    }

    #[test]
    fn what_no_longer_stands_is_told_by_its_word_or_its_title() {
        let by = |id: &str| Status::Superseded { by: Some(id.into()) };
        for (word, title, expected) in [
            ("final", "bash security update", Status::Final),
            ("stable", "bash", Status::Final),
            ("", "", Status::Final),
            ("retracted", "bash", Status::Withdrawn),
            ("testing", "bash", Status::Testing),
            ("final", "RETRACTED: bash security update", Status::Withdrawn),
            ("final", "[Withdrawn] bash", Status::Withdrawn),
            ("final", "bash update (withdrawn)", Status::Withdrawn),
            ("final", "ca-certificates: removes withdrawn keys", Status::Final),
            ("final", "ELSA-2020-1: bash (superseded by ELSA-2020-2)", by("ELSA-2020-2")),
            ("final", "bash, superseded by RHSA-2020:2.", by("RHSA-2020:2")),
            ("obsolete", "bash", Status::Superseded { by: None }),
            ("final", "superseded by nothing", Status::Superseded { by: None }),
        ] {
            assert_eq!(status(word, title), expected, "{word} {title}");
        }
    }

    #[test]
    fn times_are_read_in_the_forms_that_files_have() {
        let expected: Timestamp = "2024-05-22T00:00:00Z".parse().unwrap();
        for text in [
            "2024-05-22",
            "2024-05-22 00:00:00",
            "2024-05-22 00:00:00 UTC",
            "1716336000",
            "2024-05-22T02:00:00+02:00",
        ] {
            assert_eq!(moment(text), Some(expected), "{text}");
        }
        for text in ["", "soon", "99999999999999999999", "2024-13-01"] {
            assert_eq!(moment(text), None, "{text}");
        }
    }

    #[test]
    fn names_of_cves_are_checked() {
        assert_eq!(cve(" cve-2024-1234567 ").as_deref(), Some("CVE-2024-1234567"));
        for text in
            ["CVE-2024-123", "CVE-24-1234", "CVE-2024-12x4", "CVE-2024", "ELSA-2024-1234", "", "CVE-2024-"]
        {
            assert_eq!(cve(text), None, "{text}");
        }
    }
}
