//! Lengths of time as people write them. A day is 24 hours and a week 7 days: what soaks, soaks so long, whatever the
//! clocks do meanwhile.

use jiff::{SignedDuration, Span, SpanRelativeTo};

/// Reads a length of time, as in `48h`, `2 days` or `1 week`: positive, and without months or years.
pub fn parse(text: &str) -> Result<SignedDuration, String> {
    let length = || {
        let span: Span = text.parse().ok()?;
        let length = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
        (length > SignedDuration::ZERO).then_some(length)
    };
    length().ok_or_else(|| {
        format!("`{text}` is not a length of time: expected as in `48h`, `2 days` or `1 week`")
    })
}

/// Writes a length of time for people: its two largest units, rounded up to a second.
pub fn words(length: SignedDuration) -> String {
    let whole = length.as_secs().saturating_add(i64::from(length.subsec_nanos() > 0)).max(0);
    let units = [(whole / 86_400, "d"), (whole / 3_600 % 24, "h"), (whole / 60 % 60, "m"), (whole % 60, "s")];
    let first = units.iter().position(|(count, _)| *count > 0).unwrap_or(3);
    let shown = units[first..].iter().take(2).filter(|(count, _)| *count > 0);
    let words: Vec<String> = shown.map(|(count, unit)| format!("{count}{unit}")).collect();
    if words.is_empty() { "0s".to_owned() } else { words.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_and_written() {
        let table = [
            ("48h", Some(172_800), "2d"),
            ("2 days 12h", Some(216_000), "2d 12h"),
            ("1 week", Some(604_800), "7d"),
            ("90m", Some(5_400), "1h 30m"),
            ("1h", Some(3_600), "1h"),
            ("61s", Some(61), "1m 1s"),
            ("soon", None, ""),
            ("-1h", None, ""),
            ("0s", None, ""),
            ("1 month", None, ""),
            ("1 year", None, ""),
        ];
        for (text, seconds, written) in table {
            let read = parse(text).ok();
            assert_eq!(read.map(|length| length.as_secs()), seconds, "{text}");
            if let Some(length) = read {
                assert_eq!(words(length), written);
            }
        }
        assert_eq!(words(SignedDuration::from_millis(1_200)), "2s");
        assert_eq!(words(SignedDuration::ZERO), "0s");
    }
}
