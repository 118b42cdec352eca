//! Options of `audit`.

use std::path::PathBuf;

use clap::Args;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::{Identity, Parallelism, Selection};

/// Write the evidence of a period: who applied what, and how the fleet stood
///
/// Tells from the history of the state who applied which plan when and from where, how its steps ended, what was changed
/// by hand, whose locks were taken away, and what of that went past a question or a refusal; and how the fleet stood at
/// the beginning and at the end, by the figures of reports and by the levels that the state had on record. What is
/// missing in the record is said: lines that cannot be read, serials that no line tells of. Reads only what lies in the
/// state's store, and changes nothing.
#[derive(Debug, Args)]
pub(in crate::cli) struct Audit {
    /// From when on: a day (UTC), as 2026-10-01, or a time, as 2026-10-01T06:00:00Z
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Moment,

    /// Until when; a day belongs to the period as a whole [default: all that is known]
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<Moment>,

    #[command(flatten)]
    pub(in crate::cli) selection: Selection,

    /// Ask the service, too, how the fleet stands now, as `report` does
    #[arg(long)]
    pub(in crate::cli) observe: bool,

    /// Write the evidence to FILE [default: to stdout]
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) out: Option<PathBuf>,

    /// What to write [default: as the name of FILE ends, else text]
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(in crate::cli) format: Option<AuditLayout>,

    #[command(flatten)]
    pub(in crate::cli) parallelism: Parallelism,

    #[command(flatten)]
    pub(in crate::cli) identity: Identity,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(in crate::cli) enum AuditLayout {
    /// For people at a terminal
    Text,
    /// For wikis and pull requests
    Markdown,
    /// Everything, for programs
    Json,
    /// One page, to be kept and printed
    Html,
}

/// A time as it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    Day(Date),
    At(Timestamp),
}

fn moment(word: &str) -> Result<Moment, String> {
    let day = word.parse().map(Moment::Day).ok().filter(|_| !word.contains(['T', 't', ' ', ':']));
    day.or_else(|| word.parse().map(Moment::At).ok())
        .ok_or_else(|| "a day is written as 2026-10-01, a time as 2026-10-01T06:00:00Z".to_owned())
}

impl Moment {
    /// Returns the first instant, or, of a day, the first one behind it.
    fn instant(self, behind: bool) -> Option<Timestamp> {
        match self {
            Self::At(at) => Some(at),
            Self::Day(day) => {
                let day = if behind { day.checked_add(1.day()).ok()? } else { day };
                day.to_zoned(TimeZone::UTC).ok().map(|midnight| midnight.timestamp())
            }
        }
    }
}

impl Audit {
    /// Returns from when on; none for a day that no clock reaches.
    pub(in crate::cli) fn since(&self) -> Option<Timestamp> {
        self.since.instant(false)
    }

    /// Returns until when, where that is asked for: the first instant that does not belong to it.
    pub(in crate::cli) fn until(&self) -> Option<Timestamp> {
        self.until.map(|until| until.instant(true).unwrap_or(Timestamp::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_takes_days_whole_and_times_as_they_are() {
        for (word, since, until) in [
            ("2026-10-01", "2026-10-01T00:00:00Z", "2026-10-02T00:00:00Z"),
            ("2026-12-31", "2026-12-31T00:00:00Z", "2027-01-01T00:00:00Z"),
            ("2026-10-01T06:30:00Z", "2026-10-01T06:30:00Z", "2026-10-01T06:30:00Z"),
            ("2026-10-01T06:30:00+02:00", "2026-10-01T04:30:00Z", "2026-10-01T04:30:00Z"),
        ] {
            let read = moment(word).unwrap();
            let told = [false, true].map(|behind| read.instant(behind).unwrap().to_string());
            assert_eq!(told, [since, until], "{word}");
        }
        for wrong in ["", "october", "2026-13-01", "2026-10-01T06:30:00", "01.10.2026", "30d"] {
            assert!(moment(wrong).is_err(), "{wrong}");
        }
    }
}
