//! Options of `simulate`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::SignedDuration;

/// Serve the simulator to any client, or move its clock
///
/// The simulator is an OS Management and OS Management Hub of its own: a generated fleet on loopback, kept in
/// state/simulator, with an Object Storage beside it. A train whose file says `endpoints = { osms = "simulator" }`, or
/// `osmh` there, uses it without this command; `simulate` serves it on its own until interrupted, for other clients, and
/// prints where it is and what is in it.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(in crate::cli) struct Simulate {
    /// The port on 127.0.0.1 [default: any free one]
    #[arg(long, value_name = "N")]
    pub(in crate::cli) port: Option<u16>,

    /// Serve one patch service only [default: both, each under its own paths]
    #[arg(long, value_name = "API", value_parser = ["osms", "osmh"])]
    pub(in crate::cli) api: Option<String>,

    /// Write an OCI configuration file and the simulator's API key to DIR, for other clients
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) config: Option<PathBuf>,

    /// Give a new world so many instances [default: 24, and a golden one]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(24..=20_000))]
    pub(in crate::cli) instances: Option<u16>,

    /// Hold back each answer for so many milliseconds, as a service far away does
    #[arg(long, value_name = "MS", default_value_t = 0, value_parser = clap::value_parser!(u16).range(..=60_000))]
    pub(in crate::cli) latency: u16,

    /// Let each work request take so many milliseconds [default: from 700 to 3000]
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u32).range(..=86_400_000))]
    pub(in crate::cli) work: Option<u32>,

    #[command(subcommand)]
    pub(in crate::cli) action: Option<SimulateAction>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum SimulateAction {
    /// Move the simulator's clock forward, whether or not it is being served
    Advance {
        /// By how much: 30m, 48h, 2d, 1d12h
        #[arg(value_name = "DURATION", value_parser = duration)]
        by: SignedDuration,
    },
}

/// Reads a duration: numbers, each with `s`, `m`, `h`, `d` or `w`, the largest unit first or not.
pub(super) fn duration(text: &str) -> Result<SignedDuration, String> {
    let wrong = || format!("`{text}` is not a duration: write it as 30m, 48h, 2d or 1d12h");
    let mut seconds: i64 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let number: i64 = rest[..digits].parse().map_err(|_| wrong())?;
        let unit = rest[digits..].chars().next().ok_or_else(wrong)?;
        let unit_seconds = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return Err(wrong()),
        };
        let more = number.checked_mul(unit_seconds).ok_or_else(wrong)?;
        seconds = seconds.checked_add(more).ok_or_else(wrong)?;
        rest = &rest[digits + unit.len_utf8()..];
    }
    // A century moves no timestamp out of range and is more than any soak.
    if seconds == 0 || seconds > 100 * 366 * 86_400 {
        return Err(wrong());
    }
    Ok(SignedDuration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_numbers_with_units() {
        for (text, hours) in [("48h", 48.0), ("30m", 0.5), ("2d", 48.0), ("1d12h", 36.0), ("1w", 168.0)] {
            assert_eq!(duration(text).map(|known| known.as_secs_f64() / 3_600.0), Ok(hours), "{text}");
        }
        for text in [
            "",
            "48",
            "h",
            "-1h",
            "1.5h",
            "1 h",
            "0h",
            "5ö",
            "99999999999999999999h",
            "9000000000000w",
            "200000d",
        ] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
