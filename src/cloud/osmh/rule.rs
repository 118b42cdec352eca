//! Recurring rules: how often a schedule runs, as RFC 5545 says it, of which the service takes a part.
//!
//! A rule recurs from the time of the job's next run. What a month does not have is left out by RFC 5545, where a
//! schedule takes the month's last day; so a rule for a day after the 28th names all that could be the last of these,
//! and takes the last.

use jiff::tz::TimeZone;

use crate::op::{Every, Schedule, Unit};

/// The last day that every month has.
const SHORTEST: i8 = 28;

/// Writes how often a schedule runs.
pub(super) fn write(schedule: &Schedule) -> String {
    let Every { count, unit } = schedule.every;
    let frequency = match unit {
        Unit::Hour => "HOURLY",
        Unit::Day => "DAILY",
        Unit::Week => "WEEKLY",
        Unit::Month => "MONTHLY",
    };
    let rule = format!("FREQ={frequency};INTERVAL={count}");
    let day = schedule.start.to_zoned(TimeZone::UTC).day();
    if unit != Unit::Month || day <= SHORTEST {
        return rule;
    }
    let days: Vec<String> = (SHORTEST..=day).map(|day| day.to_string()).collect();
    format!("{rule};BYMONTHDAY={};BYSETPOS=-1", days.join(","))
}

/// Reads how often a job runs; none for what a schedule cannot say.
pub(super) fn read(rule: &str) -> Option<Every> {
    let rule = rule.trim().to_ascii_uppercase();
    let rule = rule.strip_prefix("RRULE:").unwrap_or(&rule);
    let (mut unit, mut count, mut days, mut position) = (None, 1, None, None);
    for part in rule.split(';').filter(|part| !part.is_empty()) {
        match part.split_once('=')? {
            ("FREQ", word) => unit = Some(unit_of(word)?),
            ("INTERVAL", text) => count = text.parse().ok().filter(|count| *count > 0)?,
            ("BYMONTHDAY", text) => days = Some(text.to_owned()),
            ("BYSETPOS", text) => position = Some(text.to_owned()),
            _ => return None,
        }
    }
    let every = Every { count, unit: unit? };
    match (days, position) {
        (None, None) => Some(every),
        (Some(days), Some(position)) if every.unit == Unit::Month && position == "-1" => {
            let days: Option<Vec<i8>> = days.split(',').map(|day| day.parse().ok()).collect();
            let days = days?;
            // As written above, and by nobody else.
            let last = *days.last()?;
            ((29..=31).contains(&last) && days == (SHORTEST..=last).collect::<Vec<i8>>()).then_some(every)
        }
        _ => None,
    }
}

fn unit_of(word: &str) -> Option<Unit> {
    Some(match word {
        "HOURLY" => Unit::Hour,
        "DAILY" => Unit::Day,
        "WEEKLY" => Unit::Week,
        "MONTHLY" => Unit::Month,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::Wanted;

    #[test]
    fn a_schedule_comes_back_from_its_rule() {
        for (every, start, rule) in [
            ("1 week", "2026-12-05T02:00:00Z", "FREQ=WEEKLY;INTERVAL=1"),
            ("12 hours", "2026-12-31T02:00:00Z", "FREQ=HOURLY;INTERVAL=12"),
            ("2 days", "2026-12-31T02:00:00Z", "FREQ=DAILY;INTERVAL=2"),
            ("3 months", "2026-12-28T02:00:00Z", "FREQ=MONTHLY;INTERVAL=3"),
            ("1 month", "2026-12-29T02:00:00Z", "FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=28,29;BYSETPOS=-1"),
            ("1 month", "2026-12-31T02:00:00Z", "FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=28,29,30,31;BYSETPOS=-1"),
        ] {
            let every = Every::parse(every).unwrap();
            let schedule = Schedule { update: Wanted::All, every, start: start.parse().unwrap() };
            assert_eq!(write(&schedule), rule);
            assert_eq!(read(rule), Some(every));
        }
    }

    #[test]
    fn what_no_schedule_says_is_none() {
        let every = |text| Some(Every::parse(text).unwrap());
        for (rule, expected) in [
            ("FREQ=WEEKLY", every("1 week")),
            (" rrule:interval=2;freq=daily; ", every("2 days")),
            ("FREQ=YEARLY", None),
            ("FREQ=WEEKLY;INTERVAL=0", None),
            ("FREQ=WEEKLY;INTERVAL=x", None),
            ("INTERVAL=2", None),
            ("FREQ=WEEKLY;BYDAY=SU", None),
            ("FREQ=WEEKLY;COUNT=3", None),
            ("FREQ=MONTHLY;BYMONTHDAY=31", None),
            ("FREQ=MONTHLY;BYMONTHDAY=1,15;BYSETPOS=-1", None),
            ("FREQ=MONTHLY;BYMONTHDAY=28;BYSETPOS=-1", None),
            ("FREQ=MONTHLY;BYMONTHDAY=28,29;BYSETPOS=1", None),
            ("FREQ=WEEKLY;BYMONTHDAY=28,29;BYSETPOS=-1", None),
            ("weekly", None),
            ("", None),
        ] {
            assert_eq!(read(rule), expected, "{rule}");
        }
    }
}
