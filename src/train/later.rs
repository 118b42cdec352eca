//! The settings that this version reads and checks, and answers with "not supported yet" at their place, so that none
//! is ever silently ignored. A later version replaces the answer by an action.

use super::table::{Fields, File, Value};

/// The keys of `[[group]]` that are for later.
pub(super) fn group(file: &mut File<'_>, fields: &Fields<'_>) {
    type Check = fn(&mut File<'_>, Value<'_>);
    let delete_waves = "the members of a group move together: delete the line";
    let delete_soak = "a group follows those in `after` at once: delete the line";
    let keys: [(&str, Check, &str); 4] = [
        ("waves", waves, delete_waves),
        ("soak", duration, delete_soak),
        ("wave_soak", duration, delete_waves),
        ("window", window, "`apply` acts when it is run: delete it"),
    ];
    for (key, check, hint) in keys {
        if let Some(value) = fields.optional(key) {
            check(file, value);
            let span = fields.key_span(key).unwrap_or_else(|| value.span());
            file.not_yet(span, &format!("`{key}`"), hint);
        }
    }
}

/// Reads `N%`.
pub(super) fn percent(text: &str) -> Option<u8> {
    let digits = text.strip_suffix('%')?;
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
}

fn waves(file: &mut File<'_>, value: Value<'_>) {
    /// A wave's size: the kind, and how much of it.
    fn wave(text: &str) -> Result<(bool, usize), String> {
        let share = percent(text).filter(|share| (1..=100).contains(share));
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        let number = || text.parse::<usize>().ok().filter(|number| digits && *number > 0);
        let parsed = share.map(|share| (true, usize::from(share))).or_else(|| Some((false, number()?)));
        parsed.ok_or_else(|| {
            format!("`{text}` is not a wave: expected a number of instances, as in `\"1\"`, or a share, as in `\"10%\"`")
        })
    }
    let mut before: [Option<usize>; 2] = [None, None];
    for element in file.list(value, "`waves`").unwrap_or_default() {
        let Some(at) = file.parsed(element, "an element of `waves`", wave) else { continue };
        let (share, size) = at.value;
        let before = &mut before[usize::from(share)];
        if before.is_some_and(|before| size <= before) {
            let hint = "waves are cumulative: each holds all before it";
            file.problem(at.span, "the wave is not larger than the one before", hint);
        }
        *before = Some(size);
    }
}

/// A length of time, as in `48h` or `1 week`.
fn duration(file: &mut File<'_>, value: Value<'_>) {
    file.parsed(value, "a length of time", |text| {
        let span: Option<jiff::Span> = text.parse().ok();
        let fine =
            span.is_some_and(|span| span.is_positive() && span.get_months() == 0 && span.get_years() == 0);
        let error =
            || format!("`{text}` is not a length of time: expected as in `48h`, `2 days` or `1 week`");
        fine.then_some(()).ok_or_else(error)
    });
}

fn window(file: &mut File<'_>, value: Value<'_>) {
    let Some(table) = file.table(value, "`window`") else { return };
    let mut fields = Fields::open(file, "window", value.span(), table, &["days", "from", "to", "timezone"]);
    if let Some(days) = fields.required("days") {
        for day in file.list(days, "`days`").unwrap_or_default() {
            file.word(day, "a day", &["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]);
        }
    }
    for key in ["from", "to"] {
        if let Some(value) = fields.required(key) {
            file.parsed(value, &format!("`{key}`"), time_of_day);
        }
    }
    if let Some(value) = fields.required("timezone") {
        file.parsed(value, "`timezone`", |text| {
            let plain = |c: char| c.is_ascii_alphanumeric() || "/_+-".contains(c);
            let error = || format!("`{text}` is not a time zone: expected as in `Europe/Berlin` or `UTC`");
            (!text.is_empty() && text.chars().all(plain)).then_some(()).ok_or_else(error)
        });
    }
    fields.close(file);
}

fn time_of_day(text: &str) -> Result<(), String> {
    let digits =
        |part: &str, max: u8| part.len() == 2 && part.parse::<u8>().is_ok_and(|number| number <= max);
    let fine = text.split_once(':').is_some_and(|(hours, minutes)| digits(hours, 23) && digits(minutes, 59));
    fine.then_some(()).ok_or_else(|| format!("`{text}` is not a time of day: expected as in `22:00`"))
}
