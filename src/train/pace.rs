//! How a group moves, as its train file says it: waves and how many of one at a time, failures that are put up with, what
//! is waited for, the hours, and what says that an instance is well.

use std::ops::Range;

use toml::de::DeValue;

use super::table::{At, Fields, File, Value};
use crate::rollout::{
    Amount, Blackout, Day, Days, HealthCheck, Pace, Probe, TimeOfDay, Window, Zone, parse_span,
};

/// Where settings stand that not every service has.
#[derive(Debug, Default)]
pub(super) struct Spots {
    pub(super) waves: Option<Range<usize>>,
    pub(super) concurrency: Option<Range<usize>>,
}

/// Reads what a `[[group]]` says.
pub(super) fn read(file: &mut File<'_>, fields: &Fields<'_>) -> (Pace, Spots) {
    let mut pace = Pace {
        stops: fields.optional("max_failures").is_some() || fields.optional("waves").is_some(),
        ..Pace::default()
    };
    if let Some(value) = fields.optional("waves") {
        pace.waves = waves(file, value);
    }
    if let Some(value) = fields.optional("concurrency") {
        pace.concurrency = concurrency(file, value);
    }
    let spots = Spots { waves: fields.key_span("waves"), concurrency: fields.key_span("concurrency") };
    let span = |file: &mut File<'_>, key: &str| {
        let value = fields.optional(key)?;
        file.parsed(value, "a length of time", parse_span).map(|at| at.value)
    };
    pace.soak = span(file, "soak");
    pace.wave_soak = span(file, "wave_soak");
    if let (Some(_), None) = (fields.optional("soak"), fields.optional("after")) {
        let place = fields.key_span("soak").unwrap_or_default();
        file.problem(
            place,
            "`soak` is of the groups in `after`, and there is no `after`",
            "between waves it is `wave_soak`",
        );
    }
    if let (Some(_), None) = (fields.optional("wave_soak"), fields.optional("waves")) {
        let place = fields.key_span("wave_soak").unwrap_or_default();
        file.problem(place, "`wave_soak` is between waves, and there are no `waves`", "");
    }
    pace.calendar.window = fields.optional("window").and_then(|value| window(file, value));
    pace.calendar.blackout = fields.optional("blackout").and_then(|value| blackout(file, value, "blackout"));
    pace.health = fields.optional("health").and_then(|value| health(file, value));
    (pace, spots)
}

/// Reads `N%`.
pub(super) fn percent(text: &str) -> Option<u8> {
    let digits = text.strip_suffix('%')?;
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// Reads `max_failures`.
pub(super) fn max_failures(file: &mut File<'_>, value: Value<'_>) -> Option<Amount> {
    match value.get_ref() {
        DeValue::Integer(number) => {
            let parsed = usize::from_str_radix(number.as_str(), number.radix()).ok();
            if parsed.is_none() {
                let message = format!("`max_failures` cannot be `{number}`");
                file.problem(value.span(), message, "expected a number of instances, 0 or more");
            }
            parsed.map(Amount::Number)
        }
        DeValue::String(text) => {
            let parsed = percent(text).filter(|percent| *percent <= 100);
            if parsed.is_none() {
                let hint = match text.parse::<usize>() {
                    Ok(number) => format!("a number stands without quotes: `{number}`"),
                    Err(_) => {
                        "expected a number, as in `3`, or a share of the group, as in `\"5%\"`".to_owned()
                    }
                };
                file.problem(value.span(), format!("`max_failures` cannot be `{text}`"), hint);
            }
            parsed.map(Amount::Percent)
        }
        other => file.wrong_type(value, "`max_failures`", "a number or a percentage", other),
    }
}

fn concurrency(file: &mut File<'_>, value: Value<'_>) -> Option<Amount> {
    let expected = "expected a number of instances, as in `5`, or a share of a wave, as in `\"25%\"`";
    let parsed = match value.get_ref() {
        DeValue::Integer(number) => {
            let number = usize::from_str_radix(number.as_str(), number.radix()).ok();
            number.filter(|number| *number > 0).map(Amount::Number)
        }
        DeValue::String(text) => share(text).map(Amount::Percent),
        other => return file.wrong_type(value, "`concurrency`", "a number or a percentage", other),
    };
    if parsed.is_none() {
        file.problem(value.span(), "`concurrency` lets nobody move", expected);
    }
    parsed
}

fn share(text: &str) -> Option<u8> {
    percent(text).filter(|share| (1..=100).contains(share))
}

fn waves(file: &mut File<'_>, value: Value<'_>) -> Vec<Amount> {
    /// A wave's size.
    fn wave(text: &str) -> Result<Amount, String> {
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        let number = || text.parse::<usize>().ok().filter(|number| digits && *number > 0);
        let parsed = share(text).map(Amount::Percent).or_else(|| number().map(Amount::Number));
        parsed.ok_or_else(|| {
            format!("`{text}` is not a wave: expected a number of instances, as in `\"1\"`, or a share, as in `\"10%\"`")
        })
    }
    let Some(elements) = file.list(value, "`waves`") else { return Vec::new() };
    if elements.is_empty() {
        file.problem(value.span(), "`waves` lists none", "delete the line: then all move together");
    }
    let mut waves = Vec::new();
    let mut before: [Option<usize>; 2] = [None, None];
    for element in elements {
        let Some(at) = file.parsed(element, "an element of `waves`", wave) else { continue };
        let (share, size) = match at.value {
            Amount::Percent(size) => (true, usize::from(size)),
            Amount::Number(size) => (false, size),
        };
        let before = &mut before[usize::from(share)];
        if before.is_some_and(|before| size <= before) {
            let hint = "waves are cumulative: each holds all before it";
            file.problem(at.span, "the wave is not larger than the one before", hint);
        }
        *before = Some(size);
        waves.push(at.value);
    }
    waves
}

fn window(file: &mut File<'_>, value: Value<'_>) -> Option<Window> {
    let table = file.table(value, "`window`")?;
    let mut fields = Fields::open(file, "window", value.span(), table, &["days", "from", "to", "timezone"]);
    let days = fields.required("days").and_then(|days| {
        let listed = file.list(days, "`days`")?;
        if listed.is_empty() {
            file.problem(days.span(), "`days` lists none: it would never open", "");
            return None;
        }
        let day = |element| file.word(element, "a day", &Day::WORDS).and_then(|at| Day::of_word(at.value));
        Some(listed.into_iter().filter_map(day).collect())
    });
    let time = |file: &mut File<'_>, value: Option<Value<'_>>, what: &str| {
        file.parsed(value?, what, TimeOfDay::parse).map(|at| at.value)
    };
    let from = fields.required("from");
    let from = time(file, from, "`from`");
    let to = fields.required("to");
    let to = time(file, to, "`to`");
    let timezone = fields.required("timezone").and_then(|value| zone(file, value));
    fields.close(file);
    Some(Window { days: days?, from: from?, to: to?, timezone: timezone? })
}

/// Reads days on which nothing is done, under the key.
pub(super) fn blackout(file: &mut File<'_>, value: Value<'_>, key: &'static str) -> Option<Blackout> {
    let table = file.table(value, &format!("`{key}`"))?;
    let mut fields = Fields::open(file, key, value.span(), table, &["dates", "timezone"]);
    let dates = fields.required("dates").and_then(|dates| {
        let listed = file.list(dates, "`dates`")?;
        let days = |element| {
            file.parsed(element, "an element of `dates`", Days::parse).map(|At { value, .. }| value)
        };
        Some(listed.into_iter().filter_map(days).collect())
    });
    let timezone = fields.required("timezone").and_then(|value| zone(file, value));
    fields.close(file);
    Some(Blackout { dates: dates?, timezone: timezone? })
}

fn zone(file: &mut File<'_>, value: Value<'_>) -> Option<Zone> {
    file.parsed(value, "`timezone`", Zone::parse).map(|at| at.value)
}

fn health(file: &mut File<'_>, value: Value<'_>) -> Option<HealthCheck> {
    let table = file.table(value, "`health`")?;
    let fields = Fields::open(file, "health", value.span(), table, &["command", "http", "timeout"]);
    let command = fields.optional("command");
    let http = fields.optional("http");
    let timeout = match fields.optional("timeout") {
        Some(value) => file.parsed(value, "a length of time", parse_span).map(|at| at.value),
        None => Some(HealthCheck::DEFAULT_TIMEOUT),
    };
    let probe = match (command, http) {
        (Some(value), None) => {
            let words = file.list(value, "`command`")?;
            let read: Vec<String> = words
                .iter()
                .filter_map(|word| file.text(word, "an element of `command`"))
                .map(|at| at.value)
                .collect();
            if read.first().is_none_or(String::is_empty) && read.len() == words.len() {
                let hint = "expected the program and its arguments, as in `[\"./healthy\", \"--quick\"]`";
                file.problem(value.span(), "`command` names no program", hint);
                None
            } else {
                Some(Probe::Command(read))
            }
        }
        (None, Some(value)) => file.parsed(value, "`http`", page).map(|at| Probe::Http(at.value)),
        (Some(_), Some(value)) => {
            file.problem(value.span(), "`health` has both `command` and `http`", "delete one of them");
            None
        }
        (None, None) => {
            let hint = "as in `health = { command = [\"./healthy\"] }`, or `health = { http = \"http://{name}:8080/health\" }`";
            file.problem(value.span(), "`health` asks nothing", hint);
            None
        }
    };
    fields.close(file);
    Some(HealthCheck { probe: probe?, timeout: timeout? })
}

/// Checks the address of a page.
fn page(text: &str) -> Result<String, String> {
    if let Some(place) = HealthCheck::unknown_place(text) {
        let places: Vec<String> = HealthCheck::PLACES.iter().map(|place| format!("`{{{place}}}`")).collect();
        return Err(format!("`{place}` stands for nothing: there are {}", places.join(", ")));
    }
    let filled = HealthCheck::fill(text, |_| "x");
    let fine = ["http://", "https://"].iter().any(|scheme| filled.starts_with(scheme))
        && filled.parse::<http::Uri>().is_ok_and(|uri| uri.authority().is_some());
    fine.then(|| text.to_owned()).ok_or_else(|| {
        format!("`{text}` is no address of a page: expected as in `http://{{name}}:8080/health`")
    })
}
