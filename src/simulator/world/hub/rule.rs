//! Recurring rules of scheduled jobs, the part of RFC 5545 that the API takes. All times are UTC.

use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};

/// How often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Frequency {
    Hourly,
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// A rule, kept as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Box<str>", into = "Box<str>")]
pub(crate) struct Rule {
    text: Box<str>,
    frequency: Frequency,
    interval: i32,
    months: Vec<i8>,
    month_days: Vec<i8>,
    /// Days of the week, each with which one of its month it is; 0 for each of them.
    days: Vec<(i8, Weekday)>,
    positions: Vec<i32>,
    hours: Vec<i8>,
    minutes: Vec<i8>,
    seconds: Vec<i8>,
}

impl TryFrom<Box<str>> for Rule {
    type Error = String;

    fn try_from(text: Box<str>) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<Rule> for Box<str> {
    fn from(rule: Rule) -> Self {
        rule.text
    }
}

/// After so many periods without an occurrence there is none.
const PATIENCE: i32 = 10_000;

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("MO", Weekday::Monday),
    ("TU", Weekday::Tuesday),
    ("WE", Weekday::Wednesday),
    ("TH", Weekday::Thursday),
    ("FR", Weekday::Friday),
    ("SA", Weekday::Saturday),
    ("SU", Weekday::Sunday),
];

impl Rule {
    /// Reads a rule; the error says what of it is not taken.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut rule = Self {
            text: text.into(),
            frequency: Frequency::Daily,
            interval: 1,
            months: Vec::new(),
            month_days: Vec::new(),
            days: Vec::new(),
            positions: Vec::new(),
            hours: Vec::new(),
            minutes: Vec::new(),
            seconds: Vec::new(),
        };
        let mut frequency = None;
        let mut seen: Vec<&str> = Vec::new();
        for part in text.strip_prefix("RRULE:").unwrap_or(text).split(';').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').ok_or_else(|| format!("`{part}` has no value"))?;
            if seen.contains(&name) {
                return Err(format!("{name} stands twice"));
            }
            seen.push(name);
            match name {
                "FREQ" => {
                    frequency = Some(match value {
                        "HOURLY" => Frequency::Hourly,
                        "DAILY" => Frequency::Daily,
                        "WEEKLY" => Frequency::Weekly,
                        "MONTHLY" => Frequency::Monthly,
                        "YEARLY" => Frequency::Yearly,
                        other => return Err(format!("FREQ is {other}")),
                    });
                }
                "INTERVAL" => rule.interval = number(name, value, 1, 9_999)?,
                "BYMONTH" => rule.months = numbers(name, value, 1, 12)?,
                "BYMONTHDAY" => rule.month_days = numbers(name, value, -31, 31)?,
                "BYSETPOS" => rule.positions = numbers(name, value, -366, 366)?,
                "BYHOUR" => rule.hours = numbers(name, value, 0, 23)?,
                "BYMINUTE" => rule.minutes = numbers(name, value, 0, 59)?,
                "BYSECOND" => rule.seconds = numbers(name, value, 0, 59)?,
                "BYDAY" => rule.days = value.split(',').map(weekday).collect::<Result<_, _>>()?,
                other => return Err(format!("{other} is not supported")),
            }
        }
        rule.frequency = frequency.ok_or("FREQ is missing")?;
        if rule.frequency < Frequency::Monthly && rule.days.iter().any(|(which, _)| *which != 0) {
            return Err("BYDAY has a number, which is for months and years".to_owned());
        }
        Ok(rule)
    }

    /// Returns the rule as it was written.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the occurrence after one; what the rule leaves open stays as it was.
    pub(crate) fn after(&self, last: Timestamp) -> Option<Timestamp> {
        let last = last.to_zoned(TimeZone::UTC).datetime();
        for step in 0..PATIENCE {
            let mut found = self.occurrences(last, step.checked_mul(self.interval)?)?;
            found.sort_unstable();
            found.dedup();
            if !self.positions.is_empty() {
                let count = i32::try_from(found.len()).ok()?;
                let at = |position: i32| if position > 0 { position - 1 } else { count + position };
                let chosen: Vec<i32> = self.positions.iter().map(|position| at(*position)).collect();
                let mut index = -1;
                found.retain(|_| {
                    index += 1;
                    chosen.contains(&index)
                });
            }
            if let Some(next) = found.into_iter().find(|found| *found > last) {
                return next.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
            }
        }
        None
    }

    /// All occurrences in a period so many periods after that of `last`; none at the end of time.
    fn occurrences(&self, last: DateTime, ahead: i32) -> Option<Vec<DateTime>> {
        let date = last.date();
        let first = match self.frequency {
            Frequency::Hourly => last.checked_add(Span::new().try_hours(ahead).ok()?).ok()?.date(),
            Frequency::Daily => date.checked_add(Span::new().try_days(ahead).ok()?).ok()?,
            Frequency::Weekly => {
                let monday = i32::from(date.weekday().to_monday_zero_offset());
                date.checked_add(Span::new().try_days(ahead.checked_mul(7)? - monday).ok()?).ok()?
            }
            Frequency::Monthly => {
                date.first_of_month().checked_add(Span::new().try_months(ahead).ok()?).ok()?
            }
            Frequency::Yearly => date.first_of_year().checked_add(Span::new().try_years(ahead).ok()?).ok()?,
        };
        let days: i32 = match self.frequency {
            Frequency::Hourly | Frequency::Daily => 1,
            Frequency::Weekly => 7,
            Frequency::Monthly => i32::from(first.days_in_month()),
            Frequency::Yearly => i32::from(first.days_in_year()),
        };
        let hour = match self.frequency {
            Frequency::Hourly => last.checked_add(Span::new().try_hours(ahead).ok()?).ok()?.hour(),
            _ => last.hour(),
        };
        let hours = match self.frequency {
            Frequency::Hourly if !self.hours.is_empty() && !self.hours.contains(&hour) => Vec::new(),
            Frequency::Hourly => vec![hour],
            _ => or(&self.hours, hour),
        };
        let mut found = Vec::new();
        for day in 0..days {
            let day = first.checked_add(Span::new().try_days(day).ok()?).ok()?;
            if !self.has_day(day, date) {
                continue;
            }
            for hour in &hours {
                for minute in or(&self.minutes, last.minute()) {
                    for second in or(&self.seconds, last.second()) {
                        found.push(day.at(*hour, minute, second, last.subsec_nanosecond()));
                    }
                }
            }
        }
        Some(found)
    }

    /// Tells whether a day of a period is one of the rule's; what it leaves open is as on the last.
    fn has_day(&self, day: Date, last: Date) -> bool {
        let weekday = |(which, weekday): &(i8, Weekday)| {
            let from_start = (day.day() - 1) / 7 + 1;
            let from_end = -((day.days_in_month() - day.day()) / 7 + 1);
            *weekday == day.weekday() && (*which == 0 || *which == from_start || *which == from_end)
        };
        let month_day = |wanted: &i8| {
            *wanted == day.day() || (*wanted < 0 && day.days_in_month() + 1 + *wanted == day.day())
        };
        let by_day = self.days.iter().any(weekday);
        let by_month_day = self.month_days.iter().any(month_day);
        let in_month = match self.frequency {
            Frequency::Yearly if self.months.is_empty() => day.month() == last.month(),
            _ => self.months.is_empty() || self.months.contains(&day.month()),
        };
        let (days, month_days) = (self.days.is_empty(), self.month_days.is_empty());
        let on_day = match self.frequency {
            Frequency::Hourly | Frequency::Daily => true,
            Frequency::Weekly => !days || !month_days || day.weekday() == last.weekday(),
            Frequency::Monthly | Frequency::Yearly => !days || !month_days || day.day() == last.day(),
        };
        in_month && on_day && (days || by_day) && (month_days || by_month_day)
    }
}

fn or(wanted: &[i8], otherwise: i8) -> Vec<i8> {
    if wanted.is_empty() { vec![otherwise] } else { wanted.to_vec() }
}

fn number<T: TryFrom<i32>>(name: &str, text: &str, least: i32, most: i32) -> Result<T, String> {
    let number: Option<i32> = text.parse().ok().filter(|number| (least..=most).contains(number));
    // Where it may be negative it counts from the end, and there is no last but none.
    let number =
        number.filter(|number| least >= 0 || *number != 0).and_then(|number| T::try_from(number).ok());
    number.ok_or_else(|| format!("{name} is {text}"))
}

fn numbers<T: TryFrom<i32>>(name: &str, text: &str, least: i32, most: i32) -> Result<Vec<T>, String> {
    text.split(',').map(|text| number(name, text, least, most)).collect()
}

fn weekday(text: &str) -> Result<(i8, Weekday), String> {
    let wrong = || format!("BYDAY is {text}");
    let (which, day) = text.split_at_checked(text.len().saturating_sub(2)).ok_or_else(wrong)?;
    let day = WEEKDAYS.iter().find(|(word, _)| *word == day).map(|(_, day)| *day).ok_or_else(wrong)?;
    let which = match which {
        "" => 0,
        which => which.trim_start_matches('+').parse().ok().filter(|which| *which != 0).ok_or_else(wrong)?,
    };
    Ok((which, day))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(rule: &str, last: &str) -> String {
        let rule = Rule::parse(rule).unwrap();
        rule.after(last.parse().unwrap()).map_or("never".to_owned(), |next| next.to_string())
    }

    #[test]
    fn occurrences_follow_the_rule_and_the_last_one() {
        for (rule, last, expected) in [
            ("FREQ=HOURLY;INTERVAL=6", "2026-11-27T22:30:00Z", "2026-11-28T04:30:00Z"),
            ("FREQ=DAILY", "2026-11-27T02:00:00Z", "2026-11-28T02:00:00Z"),
            ("FREQ=DAILY;BYHOUR=3,15;BYMINUTE=0;BYSECOND=0", "2026-11-27T03:00:00Z", "2026-11-27T15:00:00Z"),
            ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", "2026-11-27T02:00:00Z", "2026-11-30T02:00:00Z"),
            ("FREQ=WEEKLY", "2026-11-27T02:00:00Z", "2026-12-04T02:00:00Z"),
            ("FREQ=WEEKLY;BYDAY=SA;BYHOUR=22;BYMINUTE=0", "2026-11-27T02:00:00Z", "2026-11-28T22:00:00Z"),
            ("FREQ=WEEKLY;BYDAY=MO,SU", "2026-11-23T02:00:00Z", "2026-11-29T02:00:00Z"),
            ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SA", "2026-11-28T02:00:00Z", "2026-12-12T02:00:00Z"),
            ("FREQ=MONTHLY", "2026-01-31T02:00:00Z", "2026-03-31T02:00:00Z"),
            ("FREQ=MONTHLY;BYMONTHDAY=-1", "2026-01-31T02:00:00Z", "2026-02-28T02:00:00Z"),
            ("FREQ=MONTHLY;BYDAY=2TU", "2026-11-10T02:00:00Z", "2026-12-08T02:00:00Z"),
            ("FREQ=MONTHLY;BYDAY=-1SU", "2026-11-27T02:00:00Z", "2026-11-29T02:00:00Z"),
            ("FREQ=MONTHLY;BYDAY=SA,SU;BYSETPOS=1", "2026-11-27T02:00:00Z", "2026-12-05T02:00:00Z"),
            ("FREQ=YEARLY;BYMONTH=4,10;BYMONTHDAY=1", "2026-11-27T02:00:00Z", "2027-04-01T02:00:00Z"),
            ("FREQ=YEARLY", "2024-02-29T02:00:00Z", "2028-02-29T02:00:00Z"),
            ("FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30", "2026-11-27T02:00:00Z", "never"),
        ] {
            assert_eq!(next(rule, last), expected, "{rule} after {last}");
        }
    }

    #[test]
    fn what_is_not_taken_is_named() {
        for (rule, message) in [
            ("", "FREQ is missing"),
            ("FREQ=MINUTELY", "FREQ is MINUTELY"),
            ("FREQ=DAILY;COUNT=3", "COUNT is not supported"),
            ("FREQ=DAILY;INTERVAL=0", "INTERVAL is 0"),
            ("FREQ=DAILY;FREQ=DAILY", "FREQ stands twice"),
            ("FREQ=DAILY;BYHOUR=24", "BYHOUR is 24"),
            ("FREQ=WEEKLY;BYDAY=XX", "BYDAY is XX"),
            ("FREQ=WEEKLY;BYDAY=2MO", "BYDAY has a number, which is for months and years"),
            ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY is 0"),
            ("FREQ", "`FREQ` has no value"),
        ] {
            assert_eq!(Rule::parse(rule), Err(message.to_owned()));
        }
    }
}
