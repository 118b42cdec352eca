//! Windows across midnight and through changes of the clocks; blackouts; both together.

use proptest::prelude::*;

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn window(days: &[Day], from: &str, to: &str, zone: &str) -> Window {
    Window {
        days: days.iter().copied().collect(),
        from: TimeOfDay::parse(from).unwrap(),
        to: TimeOfDay::parse(to).unwrap(),
        timezone: Zone::parse(zone).unwrap(),
    }
}

fn blackout(dates: &[&str], zone: &str) -> Blackout {
    let dates = dates.iter().map(|days| Days::parse(days).unwrap()).collect();
    Blackout { dates, timezone: Zone::parse(zone).unwrap() }
}

/// `open until ...` or `closed until ...`, for tables.
fn told(calendar: &Calendar, now: &str) -> String {
    let until = |until: Option<Timestamp>| until.map_or_else(|| "ever".to_owned(), |until| until.to_string());
    match calendar.at(at(now)) {
        Access::Open { until: end } => format!("open until {}", until(end)),
        Access::Closed { until: end, by } => format!("closed by {by:?} until {}", until(end)),
    }
}

fn check(calendar: &Calendar, table: &[(&str, &str)]) {
    for (now, expected) in table {
        assert_eq!(told(calendar, now), *expected, "{now}");
    }
}

#[test]
fn a_calendar_says_something_if_it_closes_at_all() {
    let hours = window(&[Day::Sat], "22:00", "04:00", "UTC");
    let dark = blackout(&["2026-12-24"], "UTC");
    assert!(Calendar::default().is_always());
    assert!(!Calendar { window: Some(hours), blackout: None }.is_always());
    assert!(!Calendar { window: None, blackout: Some(dark) }.is_always());
}

#[test]
fn days_are_written_as_they_are_read() {
    for word in Day::WORDS {
        assert_eq!(Day::of_word(word).map(Day::word), Some(word));
    }
    assert_eq!(Day::of_word("Monday"), None);
}

#[test]
fn a_window_is_of_the_day_on_which_it_opens() {
    // 2026-12-05 is a Saturday.
    let calendar = Calendar {
        window: Some(window(&[Day::Sat, Day::Sun], "22:00", "04:00", "Europe/Berlin")),
        blackout: None,
    };
    check(
        &calendar,
        &[
            ("2026-12-04T22:00:00Z", "closed by Window until 2026-12-05T21:00:00Z"),
            ("2026-12-05T20:59:59Z", "closed by Window until 2026-12-05T21:00:00Z"),
            ("2026-12-05T21:00:00Z", "open until 2026-12-06T03:00:00Z"),
            ("2026-12-06T02:59:59Z", "open until 2026-12-06T03:00:00Z"),
            ("2026-12-06T03:00:00Z", "closed by Window until 2026-12-06T21:00:00Z"),
            ("2026-12-07T02:00:00Z", "open until 2026-12-07T03:00:00Z"),
            ("2026-12-07T03:00:00Z", "closed by Window until 2026-12-12T21:00:00Z"),
        ],
    );
}

#[test]
fn the_clocks_go_forward_and_back() {
    // In Berlin 02:00 becomes 03:00 on 2027-03-28 and 03:00 becomes 02:00 on 2026-10-25, both Sundays.
    let night =
        Calendar { window: Some(window(&[Day::Sat], "22:00", "04:00", "Europe/Berlin")), blackout: None };
    check(
        &night,
        &[
            // Seven hours and five hours.
            ("2026-10-24T20:00:00Z", "open until 2026-10-25T03:00:00Z"),
            ("2027-03-27T21:00:00Z", "open until 2027-03-28T02:00:00Z"),
        ],
    );
    let jumped =
        Calendar { window: Some(window(&[Day::Sun], "02:15", "02:45", "Europe/Berlin")), blackout: None };
    check(
        &jumped,
        &[
            // There is no such time on that Sunday.
            ("2027-03-27T00:00:00Z", "closed by Window until 2027-04-04T00:15:00Z"),
            // It comes twice: the first counts.
            ("2026-10-25T00:14:59Z", "closed by Window until 2026-10-25T00:15:00Z"),
            ("2026-10-25T00:44:00Z", "open until 2026-10-25T00:45:00Z"),
            ("2026-10-25T01:30:00Z", "closed by Window until 2026-11-01T01:15:00Z"),
        ],
    );
    let into =
        Calendar { window: Some(window(&[Day::Sun], "02:30", "05:00", "Europe/Berlin")), blackout: None };
    check(&into, &[("2027-03-28T00:59:59Z", "closed by Window until 2027-03-28T01:00:00Z")]);
}

#[test]
fn windows_that_meet_are_one() {
    let all = [Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri, Day::Sat, Day::Sun];
    let always = Calendar { window: Some(window(&all, "00:00", "00:00", "UTC")), blackout: None };
    check(&always, &[("2026-12-05T12:00:00Z", "open until ever")]);
    let weekend =
        Calendar { window: Some(window(&[Day::Sat, Day::Sun], "00:00", "00:00", "UTC")), blackout: None };
    check(&weekend, &[("2026-12-05T12:00:00Z", "open until 2026-12-07T00:00:00Z")]);
}

#[test]
fn a_blackout_closes_whatever_the_window_says() {
    let calendar = Calendar {
        window: Some(window(&[Day::Sat], "22:00", "04:00", "Europe/Berlin")),
        blackout: Some(blackout(
            &["2026-12-24..2026-12-26", "2026-12-27..2027-01-01", "2026-12-06"],
            "Europe/Berlin",
        )),
    };
    check(
        &calendar,
        &[
            // The day after begins at midnight in Berlin.
            ("2026-12-05T21:30:00Z", "open until 2026-12-05T23:00:00Z"),
            ("2026-12-05T23:00:00Z", "closed by Blackout until 2026-12-12T21:00:00Z"),
            ("2026-12-25T12:00:00Z", "closed by Blackout until 2027-01-02T21:00:00Z"),
        ],
    );
    let forever = Calendar { window: None, blackout: Some(blackout(&["2026-12-24..9999-12-31"], "UTC")) };
    check(&forever, &[("2026-12-25T12:00:00Z", "closed by Blackout until ever")]);
    let alone = Calendar { window: None, blackout: Some(blackout(&["2026-12-24"], "UTC")) };
    check(
        &alone,
        &[
            ("2026-12-23T12:00:00Z", "open until 2026-12-24T00:00:00Z"),
            ("2026-12-24T12:00:00Z", "closed by Blackout until 2026-12-25T00:00:00Z"),
            ("2026-12-25T00:00:00Z", "open until ever"),
        ],
    );
}

#[test]
fn what_is_written_is_read() {
    for text in ["24:00", "4:00", "22:60", "2200", "+2:00", ""] {
        assert!(TimeOfDay::parse(text).is_err(), "{text}");
    }
    for text in ["2026-13-01", "2026-12-24..2026-12-23", "24.12.2026", "2026-12-24...2026-12-25", "20261224"]
    {
        assert!(Days::parse(text).is_err(), "{text}");
    }
    for name in ["", "Berlin", "Europe/Berlin ", "../etc/passwd"] {
        assert!(Zone::parse(name).is_err(), "{name}");
    }
    let calendar = Calendar {
        window: Some(window(&[Day::Sat, Day::Mon], "22:00", "04:00", "America/New_York")),
        blackout: Some(blackout(&["2026-12-24..2027-01-01", "2026-11-01"], "UTC")),
    };
    let json = serde_json::to_string(&calendar).unwrap();
    assert_eq!(serde_json::from_str::<Calendar>(&json).unwrap(), calendar);
    assert!(serde_json::from_str::<Calendar>(&json.replace("22:00", "22:61")).is_err());
}

proptest! {
    /// Whatever is told as the next change is one, and nothing changes before it.
    #[test]
    fn what_is_told_of_later_holds_then(
        days in prop::collection::btree_set(0_usize..7, 1..4),
        (from, to) in ((0_i8..24, 0_i8..60), (0_i8..24, 0_i8..60)),
        zone in prop_oneof![Just("Europe/Berlin"), Just("UTC"), Just("Asia/Kathmandu"), Just("America/St_Johns")],
        seconds in 1_760_000_000_i64..1_800_000_000,
        dark in prop::collection::vec(0_i32..400, 0..4),
    ) {
        let dates: Vec<Days> = dark.into_iter().map(|day| {
            let first = Date::constant(2025, 10, 1).checked_add(Span::new().days(day)).unwrap();
            Days { first, last: first.tomorrow().unwrap() }
        }).collect();
        let timezone = Zone::parse(zone).unwrap();
        let time = |(hour, minute)| TimeOfDay { hour, minute };
        let days = days.into_iter().map(|day| Day::ALL[day]).collect();
        let window = Window { days, from: time(from), to: time(to), timezone: timezone.clone() };
        let calendar = Calendar { window: Some(window), blackout: Some(Blackout { dates, timezone }) };
        let now = Timestamp::from_second(seconds).unwrap();
        let is_open = |at| matches!(calendar.at(at), Access::Open { .. });
        let (open, until) = match calendar.at(now) {
            Access::Open { until } => (true, until),
            Access::Closed { until, .. } => (false, until),
        };
        if let Some(until) = until {
            prop_assert!(until > now);
            prop_assert_eq!(is_open(until), !open);
            let second = Span::new().seconds(1);
            prop_assert_eq!(is_open(until.checked_sub(second).unwrap().max(now)), open);
            let half = Timestamp::from_second((now.as_second() + until.as_second()) / 2).unwrap();
            prop_assert_eq!(is_open(half.max(now)), open);
        }
    }
}
