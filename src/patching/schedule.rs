//! A schedule: when the service shall install updates by itself, and which. Its arithmetic is done here once, so that
//! the planner, the in-memory cloud and whoever shows the next run agree on when a run is due.

use std::fmt;

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};
use serde::{Deserialize, Serialize};

use super::Wanted;

/// A recurring job that installs updates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Schedule {
    /// Which updates it installs.
    pub update: Wanted,
    /// How often.
    pub every: Every,
    /// When it runs first; every run is so many intervals later.
    pub start: Timestamp,
}

/// How often a schedule runs, as the service can say it: so many of one unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Every {
    /// How many; at least 1.
    pub count: u16,
    /// Of what.
    pub unit: Unit,
}

/// The units that the service knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// 60 minutes.
    Hour,
    /// 24 hours: the service's clock is UTC.
    Day,
    /// 7 days.
    Week,
    /// The same day of a later month; its last one where the month is shorter.
    Month,
}

impl Unit {
    const ALL: [Self; 4] = [Self::Hour, Self::Day, Self::Week, Self::Month];

    /// Returns the word for one of it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// The shortest that one of it can last, in seconds.
    fn least_seconds(self) -> i64 {
        match self {
            Self::Hour => 3_600,
            Self::Day => 86_400,
            Self::Week => 7 * 86_400,
            Self::Month => 28 * 86_400,
        }
    }
}

impl Every {
    /// Reads `1 week`, `2 days`, `6 hours`, `1 month`. The error says what the service can say.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{text}` is nothing that the service can repeat: expected a number of hours, days, weeks or months, \
                 as in `1 week` or `12 hours`"
            )
        };
        let (number, word) = text.split_once(' ').ok_or_else(wrong)?;
        let digits = !number.starts_with('0') && number.bytes().all(|byte| byte.is_ascii_digit());
        let count = number.parse().ok().filter(|count| digits && *count <= 999).ok_or_else(wrong)?;
        let named = |unit: &Unit| word == unit.word() || word.strip_suffix('s') == Some(unit.word());
        let unit = Unit::ALL.into_iter().find(named).ok_or_else(wrong)?;
        Ok(Self { count, unit })
    }

    /// Returns the moment so many intervals after another; none beyond the end of time.
    fn after(self, start: Timestamp, intervals: i64) -> Option<Timestamp> {
        let many = i64::from(self.count).checked_mul(intervals)?;
        let span = match self.unit {
            Unit::Hour => Span::new().try_hours(many),
            Unit::Day => Span::new().try_days(many),
            Unit::Week => Span::new().try_weeks(many),
            Unit::Month => Span::new().try_months(many),
        };
        let start: Zoned = start.to_zoned(TimeZone::UTC);
        Some(start.checked_add(span.ok()?).ok()?.timestamp())
    }
}

impl fmt::Display for Every {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.count, self.unit.word(), if self.count == 1 { "" } else { "s" })
    }
}

impl Schedule {
    /// Returns the first run that is not before a moment.
    pub fn next_from(&self, moment: Timestamp) -> Timestamp {
        self.runs_from(moment).next().unwrap_or(self.start)
    }

    /// Returns the runs that are not before a moment.
    pub fn runs_from(&self, moment: Timestamp) -> impl Iterator<Item = Timestamp> + '_ {
        // No interval is shorter than this, so that the estimate is never too late; what it is too early is short, also
        // for months.
        let passed = moment.duration_since(self.start).as_secs().max(0);
        let longest = match self.every.unit {
            Unit::Month => 31 * 86_400,
            unit => unit.least_seconds(),
        };
        let estimate = passed / (longest * i64::from(self.every.count));
        let runs = (estimate.saturating_sub(1).max(0)..).map_while(|run| self.every.after(self.start, run));
        runs.skip_while(move |run| *run < moment)
    }

    /// Tells whether a next run that the service names is one of this schedule's: the first from `now`, or the one
    /// after that, since an administrator may skip one. A run that is due and has not started is one too.
    pub fn has_next(&self, next: Timestamp, now: Timestamp) -> bool {
        let on_grid = self.runs_from(next).next().is_some_and(|run| same(run, next, self.every.unit));
        let latest = self.runs_from(now).nth(1);
        let same_moment = |latest: Timestamp| next <= latest || same(next, latest, self.every.unit);
        next >= self.start && on_grid && latest.is_none_or(same_moment)
    }
}

/// Tells whether two moments are one run: to the second; of months a day that a shorter month has cut off may differ.
fn same(one: Timestamp, other: Timestamp, unit: Unit) -> bool {
    let distance = one.duration_since(other).abs();
    match unit {
        // Jan 31, Feb 28, and then Mar 28 or Mar 31: nobody says which the service takes.
        Unit::Month => {
            let [one, other] = [one, other].map(|moment| moment.to_zoned(TimeZone::UTC));
            let late = |moment: &Zoned| moment.day() >= 28;
            distance.as_secs() == 0
                || (distance.as_secs() <= 3 * 86_400
                    && one.time() == other.time()
                    && late(&one)
                    && late(&other))
        }
        _ => distance.as_secs() == 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn schedule(every: &str, start: &str) -> Schedule {
        Schedule { update: Wanted::All, every: Every::parse(every).unwrap(), start: at(start) }
    }

    #[test]
    fn an_interval_is_what_the_service_can_say() {
        for (text, shown) in [
            ("1 week", "1 week"),
            ("1 weeks", "1 week"),
            ("2 day", "2 days"),
            ("12 hours", "12 hours"),
            ("3 months", "3 months"),
        ] {
            assert_eq!(Every::parse(text).map(|every| every.to_string()), Ok(shown.to_owned()), "{text}");
        }
        for text in
            ["", "week", "1week", "0 days", "01 days", "1.5 days", "30 minutes", "1 year", "1000 hours"]
        {
            assert!(Every::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_next_run_is_so_many_intervals_after_the_start() {
        for (every, start, now, next) in [
            ("1 week", "2026-12-05T02:00:00Z", "2026-11-22T12:00:00Z", "2026-12-05T02:00:00Z"),
            ("1 week", "2026-12-05T02:00:00Z", "2026-12-05T02:00:00Z", "2026-12-05T02:00:00Z"),
            ("1 week", "2026-12-05T02:00:00Z", "2026-12-05T02:00:01Z", "2026-12-12T02:00:00Z"),
            ("6 hours", "2020-01-01T01:30:00Z", "2026-11-22T12:00:00Z", "2026-11-22T13:30:00Z"),
            ("2 days", "2026-11-20T00:00:00Z", "2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z"),
            ("1 month", "2026-01-31T00:00:00Z", "2026-02-01T00:00:00Z", "2026-02-28T00:00:00Z"),
            ("1 month", "2026-01-31T00:00:00Z", "2026-03-01T00:00:00Z", "2026-03-31T00:00:00Z"),
            ("3 months", "2000-01-15T00:00:00Z", "2026-11-22T00:00:00Z", "2027-01-15T00:00:00Z"),
        ] {
            assert_eq!(schedule(every, start).next_from(at(now)), at(next), "{every} from {start} at {now}");
        }
    }

    #[test]
    fn a_next_run_that_moves_on_is_still_the_schedules() {
        let weekly = schedule("1 week", "2026-12-05T02:00:00Z");
        let now = at("2026-12-20T00:00:00Z");
        for (next, is) in [
            ("2026-12-19T02:00:00Z", true),
            ("2026-12-26T02:00:00Z", true),
            ("2027-01-02T02:00:00Z", true),
            ("2027-01-09T02:00:00Z", false),
            ("2026-12-26T03:00:00Z", false),
            ("2026-12-27T02:00:00Z", false),
            ("2026-11-28T02:00:00Z", false),
        ] {
            assert_eq!(weekly.has_next(at(next), now), is, "{next}");
        }
        let monthly = schedule("1 month", "2026-01-31T02:00:00Z");
        for (next, is) in
            [("2026-03-28T02:00:00Z", true), ("2026-03-31T02:00:00Z", true), ("2026-03-20T02:00:00Z", false)]
        {
            assert_eq!(monthly.has_next(at(next), at("2026-03-10T00:00:00Z")), is, "{next}");
        }
    }
}
