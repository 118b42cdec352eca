//! When instances may be touched: weekly windows of a time zone, across midnight and through changes of the clocks, and
//! days on which nothing is.

use std::collections::BTreeSet;
use std::fmt;

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};

/// How many openings are tried before a calendar counts as one that never opens.
const FAR: usize = 2_000;

/// When a group may be touched.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Calendar {
    /// When it may be; always without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// When it may not be, whatever the window says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blackout: Option<Blackout>,
}

/// Weekly hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// The days on which it opens.
    pub days: BTreeSet<Day>,
    /// When it opens.
    pub from: TimeOfDay,
    /// When it closes: of the next day where that is not later than `from`.
    pub to: TimeOfDay,
    /// Whose clocks say so.
    pub timezone: Zone,
}

/// Days on which nothing is touched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blackout {
    /// The days, first and last of each run of them.
    pub dates: Vec<Days>,
    /// Whose calendar says so.
    pub timezone: Zone,
}

/// A run of days, both ends within.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Days {
    first: Date,
    last: Date,
}

/// A day of the week, Monday first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Day {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

/// A time of day, to the minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay {
    hour: i8,
    minute: i8,
}

/// A time zone that this build knows, by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone {
    name: String,
    rules: TimeZone,
}

/// Whether something may be touched at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// It may be, until then.
    Open {
        /// When it closes; never without it.
        until: Option<Timestamp>,
    },
    /// It may not be, until then.
    Closed {
        /// When it opens; not within some years without it.
        until: Option<Timestamp>,
        /// What closes it.
        by: Closure,
    },
}

/// What closes a calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Closure {
    /// It is outside the window.
    Window,
    /// It is a day of a blackout.
    Blackout,
}

impl Calendar {
    /// Tells whether it says nothing: it is always open.
    pub fn is_always(&self) -> bool {
        *self == Self::default()
    }

    /// Tells whether something may be touched at a moment, and until when that is so.
    pub fn at(&self, now: Timestamp) -> Access {
        let dark = self.blackout.as_ref().filter(|blackout| blackout.is_on(now));
        let hours = self.window.as_ref().map(|window| window.around_or_after(now));
        let outside = hours.as_ref().is_some_and(|hours| hours.is_none_or(|(from, _)| from > now));
        if dark.is_some() || outside {
            let by = if dark.is_some() { Closure::Blackout } else { Closure::Window };
            return Access::Closed { until: self.opens(now), by };
        }
        let closes = self.window.as_ref().and_then(|window| window.closes(now));
        let dark = self.blackout.as_ref().and_then(|blackout| blackout.after(now));
        Access::Open { until: closes.into_iter().chain(dark).min() }
    }

    /// Returns the first moment from one on at which it is open.
    fn opens(&self, now: Timestamp) -> Option<Timestamp> {
        let mut at = now;
        for _ in 0..FAR {
            if let Some(window) = &self.window {
                at = at.max(window.around_or_after(at)?.0);
            }
            match self.blackout.as_ref().filter(|blackout| blackout.is_on(at)) {
                Some(blackout) => at = blackout.ends(at)?,
                None => return Some(at),
            }
        }
        None
    }
}

impl Window {
    /// Returns the opening that a moment lies in, or else the next one.
    fn around_or_after(&self, at: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let mut date = at.to_zoned(self.timezone.rules.clone()).date().yesterday().ok()?;
        // A week and a day; twice, since the clocks may take an opening away.
        for _ in 0..16 {
            if self.days.contains(&Day::of(date.weekday()))
                && let Some((from, to)) = self.on(date)
                && to > at
            {
                return Some((from, to));
            }
            date = date.tomorrow().ok()?;
        }
        None
    }

    /// Returns the opening of a day; none where the clocks leave nothing of it.
    fn on(&self, date: Date) -> Option<(Timestamp, Timestamp)> {
        let last = if self.to > self.from { date } else { date.tomorrow().ok()? };
        let from = self.timezone.when(self.from.on(date))?;
        let to = self.timezone.when(self.to.on(last))?;
        (from < to).then_some((from, to))
    }

    /// Returns when the opening that a moment lies in ends, through those that follow without a break; none where they go
    /// on and on.
    fn closes(&self, at: Timestamp) -> Option<Timestamp> {
        let mut end = self.around_or_after(at)?.1;
        for _ in 0..16 {
            match self.around_or_after(end) {
                Some((from, to)) if from <= end => end = to,
                _ => return Some(end),
            }
        }
        None
    }
}

impl Blackout {
    /// Tells whether a moment lies in it.
    pub fn is_on(&self, at: Timestamp) -> bool {
        let day = at.to_zoned(self.timezone.rules.clone()).date();
        self.dates.iter().any(|run| run.contains(day))
    }

    /// Returns when the run of days that a moment lies in ends; never, where that is beyond the calendar.
    pub fn ends(&self, at: Timestamp) -> Option<Timestamp> {
        let mut day = at.to_zoned(self.timezone.rules.clone()).date();
        // One run of days may end where another goes on.
        while let Some(run) = self.dates.iter().find(|run| run.contains(day)) {
            day = run.last.tomorrow().ok()?;
        }
        self.timezone.when(day.to_datetime(Time::midnight()))
    }

    /// Returns when the next one begins.
    fn after(&self, at: Timestamp) -> Option<Timestamp> {
        let begins = |run: &Days| self.timezone.when(run.first.to_datetime(Time::midnight()));
        self.dates.iter().filter_map(begins).filter(|begin| *begin > at).min()
    }
}

impl fmt::Display for Blackout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dates: Vec<String> = self.dates.iter().map(ToString::to_string).collect();
        write!(f, "{} ({})", dates.join(", "), self.timezone)
    }
}

impl Days {
    /// Reads a day, as in `2026-12-24`, or a run of days, as in `2026-12-24..2027-01-01`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        let error = || {
            format!(
                "`{text}` is no date: expected as in `2026-12-24`, or `2026-12-24..2027-01-01` with both days within"
            )
        };
        let date =
            |text: &str| (text.len() == 10).then(|| text.parse::<Date>().ok()).flatten().ok_or_else(error);
        let (first, last) = (date(first)?, date(last)?);
        if last < first {
            return Err(format!("`{text}` ends before it begins"));
        }
        Ok(Self { first, last })
    }

    fn contains(self, date: Date) -> bool {
        self.first <= date && date <= self.last
    }
}

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            return write!(f, "{}", self.first);
        }
        write!(f, "{}..{}", self.first, self.last)
    }
}

impl TryFrom<String> for Days {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<Days> for String {
    fn from(days: Days) -> Self {
        days.to_string()
    }
}

impl Day {
    /// All, as they are written.
    pub const WORDS: [&'static str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    const ALL: [Self; 7] = [Self::Mon, Self::Tue, Self::Wed, Self::Thu, Self::Fri, Self::Sat, Self::Sun];

    /// Reads a day.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().position(|known| *known == word).map(|index| Self::ALL[index])
    }

    /// Returns how it is written.
    pub fn word(self) -> &'static str {
        Self::WORDS[self as usize]
    }

    fn of(weekday: Weekday) -> Self {
        Self::ALL[weekday.to_monday_zero_offset().unsigned_abs() as usize % 7]
    }
}

impl TimeOfDay {
    /// Reads a time of day, as in `22:00`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let digits = |part: &str, max: i8| {
            let number = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            number.then(|| part.parse::<i8>().ok()).flatten().filter(|number| *number <= max)
        };
        let read =
            text.split_once(':').and_then(|(hour, minute)| Some((digits(hour, 23)?, digits(minute, 59)?)));
        let (hour, minute) =
            read.ok_or_else(|| format!("`{text}` is not a time of day: expected as in `22:00`"))?;
        Ok(Self { hour, minute })
    }

    fn on(self, date: Date) -> DateTime {
        date.at(self.hour, self.minute, 0, 0)
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.hour, self.minute)
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        time.to_string()
    }
}

impl Zone {
    /// Finds a time zone by its name in the IANA database: the system's, or else the one of this build.
    pub fn parse(name: &str) -> Result<Self, String> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "/_+-".contains(c);
        let known = || TimeZone::get(name).ok();
        let rules = (!name.is_empty() && name.chars().all(plain)).then(known).flatten();
        let rules = rules
            .ok_or_else(|| format!("`{name}` is not a time zone: expected as in `Europe/Berlin` or `UTC`"))?;
        Ok(Self { name: name.to_owned(), rules })
    }

    /// Returns its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns when its clocks show a time: for the first time, where they do twice, and when they jump over it, where
    /// they never do.
    fn when(&self, shown: DateTime) -> Option<Timestamp> {
        let ambiguous = self.rules.to_ambiguous_timestamp(shown);
        match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => ambiguous.earlier().ok(),
            AmbiguousOffset::Gap { .. } => {
                let before = ambiguous.earlier().ok()?.checked_sub(Span::new().seconds(1)).ok()?;
                self.rules.following(before).next().map(|transition| transition.timestamp())
            }
        }
    }
}

impl TryFrom<String> for Zone {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        Self::parse(&name)
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.name
    }
}

#[cfg(test)]
mod tests;
