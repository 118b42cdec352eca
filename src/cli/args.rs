//! The command line, declared. The texts here are the manual that `--help` prints.
//!
//! No option is declared that its command does not act on.

use std::path::{Path, PathBuf};

use clap::{Args, CommandFactory, Parser, Subcommand};
use jiff::SignedDuration;

use super::exit;
use crate::name::{Ocid, ReleaseName, TrainName};
use crate::render::Detail;
use crate::train;

/// Terraform for patch releases: plan and apply frozen package sets to Linux fleets.
///
/// Train files (trains/*.toml) say which releases exist and which groups of instances ride which one. `plan` shows,
/// package by package and instance by instance, what would change and why; `apply` makes it so, in a safe order, and
/// reads back that it is so.
#[derive(Debug, Parser)]
#[command(name = "patchtrain", version, max_term_width = 100, arg_required_else_help = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,

    /// Run as if started in DIR: trains, state and relative file names are looked up there
    #[arg(long, value_name = "DIR", global = true, display_order = 100)]
    pub(super) chdir: Option<PathBuf>,

    /// Use no colour (so do NO_COLOR in the environment and an output that is no terminal)
    #[arg(long, global = true, display_order = 101)]
    pub(super) no_color: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Init(Init),
    Fmt(Fmt),
    Freeze(Freeze),
    Validate(Validate),
    Plan(Plan),
    Apply(Apply),
    Show(Show),
    Status(Status),
    Report(Report),
    Simulate(Simulate),
}

/// Make a workspace: a train file to start from, and the folder of its state
///
/// Writes trains/NAME.toml, with comments that explain every key, and state/, and finds out whether state can be kept
/// there. Overwrites nothing. Prints what it made, and what to do next.
///
/// With --simulator the train is one of the embedded simulator, with its releases and groups: everything can be
/// tried with it, without an account.
#[derive(Debug, Args)]
pub(super) struct Init {
    /// Write a train for the embedded simulator
    #[arg(long)]
    pub(super) simulator: bool,

    /// The train's name, which is also that of its files [with --simulator: great-linux]
    #[arg(long, value_name = "NAME", value_parser = TrainName::parse, required_unless_present = "simulator")]
    pub(super) name: Option<TrainName>,

    /// The compartment for software sources and groups
    #[arg(long, value_name = "OCID", value_parser = Ocid::parse, required_unless_present = "simulator",
        conflicts_with = "simulator")]
    pub(super) compartment: Option<Ocid>,

    /// The region, as eu-frankfurt-1 [default: none; that of OCI_CLI_REGION or of the profile counts then]
    #[arg(long, value_name = "REGION", value_parser = train::check_region, conflicts_with = "simulator")]
    pub(super) region: Option<String>,

    /// The instance that releases are frozen from; it can be added later
    #[arg(long, value_name = "OCID", value_parser = Ocid::parse, conflicts_with = "simulator")]
    pub(super) golden: Option<Ocid>,

    /// The instances' operating system
    #[arg(long, value_name = "OS", value_parser = train::check_os, default_value = "oracle-linux-8",
        conflicts_with = "simulator")]
    pub(super) os: String,

    /// The instances' architecture
    #[arg(long, value_name = "ARCH", value_parser = ["x86_64", "aarch64"], default_value = "x86_64",
        conflicts_with = "simulator")]
    pub(super) architecture: String,
}

/// Lay train files out in their one canonical form
///
/// Aligns `=` and comments within blocks of lines, parts tables by one empty line, indents arrays. Values stay letter
/// by letter, and so do comments. Prints the files that it has rewritten.
#[derive(Debug, Args)]
pub(super) struct Fmt {
    /// The train files to lay out [default: every trains/*.toml]
    #[arg(value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,

    /// Change nothing: print the files that differ, each with a diff, and exit with 1 if there is one
    #[arg(long)]
    pub(super) check: bool,
}

/// Make a release of what an instance has installed
///
/// Reads the instance's packages and module streams, writes them to trains/TRAIN/RELEASE.packages, and declares the
/// release in the train file, with every comment kept. Left out, each named with its reason, is what the train calls
/// `unmanaged` and what no software source provides. Overwrites nothing, and changes nothing in the cloud.
///
/// The instance rides no release itself: a member of a group is refused, and so is one that is at work. It warns of
/// what should be looked at first: a pending reboot, a kernel that was never booted, modules of no known stream.
#[derive(Debug, Args)]
pub(super) struct Freeze {
    /// The name of the new release
    #[arg(value_name = "RELEASE", value_parser = ReleaseName::parse)]
    pub(super) release: ReleaseName,

    /// The instance, by display name or OCID [default: the train's golden instance]
    #[arg(long, value_name = "INSTANCE")]
    pub(super) from: Option<String>,

    /// The train that the release is added to; needed where there are several
    #[arg(long, value_name = "NAME")]
    pub(super) train: Option<String>,

    #[command(flatten)]
    pub(super) parallelism: Parallelism,

    #[command(flatten)]
    pub(super) identity: Identity,
}

/// Check train files and their manifests, offline, and report every problem
///
/// Reports all problems of all files in one run, each with file, line, excerpt and hint. Nothing is asked of the
/// service, and nothing is written.
#[derive(Debug, Args)]
pub(super) struct Validate {
    /// The train files to check [default: every trains/*.toml]
    #[arg(value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
}

/// Show what would change, and why; changes nothing
///
/// Reads the train files, the state and the service, compares them, and prints the plan. Nothing changes on disk or
/// in the cloud, but for the file that --out names.
#[derive(Debug, Args)]
pub(super) struct Plan {
    #[command(flatten)]
    pub(super) selection: Selection,

    /// Save the plan to FILE, for `patchtrain apply FILE`; a plan file holds one train
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,

    /// Exit with 2 if a step can start now, and with 0 only if none can
    #[arg(long)]
    pub(super) detailed_exitcode: bool,

    #[command(flatten)]
    pub(super) planning: Planning,

    #[command(flatten)]
    pub(super) identity: Identity,

    #[command(flatten)]
    pub(super) parallelism: Parallelism,

    #[command(flatten)]
    pub(super) amount: Amount,
}

/// Make it so: execute a saved plan, or plan, show and ask
///
/// Locks the state, plans, shows the plan and asks. With FILE it executes exactly the plan that `patchtrain plan
/// --out FILE` saved, without asking, if nothing that it was made on has changed since. Without a terminal to ask on
/// it takes FILE or --auto-approve.
///
/// Ctrl-C (or SIGTERM) ends it in order: nothing new is started, answers on their way are taken in, the state is
/// saved; the next apply goes on from there. A second one ends it at once.
#[derive(Debug, Args)]
pub(super) struct Apply {
    /// A plan saved by `patchtrain plan --out FILE`
    #[arg(value_name = "FILE", conflicts_with_all = ["train", "allow_shrink"])]
    pub(super) file: Option<PathBuf>,

    #[command(flatten)]
    pub(super) selection: Selection,

    /// Do not ask
    #[arg(long)]
    pub(super) auto_approve: bool,

    /// Exit with 2 if all went well and something is still held
    #[arg(long)]
    pub(super) detailed_exitcode: bool,

    #[command(flatten)]
    pub(super) planning: Planning,

    #[command(flatten)]
    pub(super) identity: Identity,

    #[command(flatten)]
    pub(super) parallelism: Parallelism,

    #[command(flatten)]
    pub(super) amount: Amount,
}

/// Show the state, or a saved plan
///
/// Without FILE it shows what was applied last, from the state alone. With FILE it shows a saved plan: that needs no
/// train files, no credentials and no network; where the state is at hand and has moved on since, it says so.
#[derive(Debug, Args)]
pub(super) struct Show {
    /// A plan saved by `patchtrain plan --out FILE`
    #[arg(value_name = "FILE", conflicts_with = "train")]
    pub(super) file: Option<PathBuf>,

    #[command(flatten)]
    pub(super) selection: Selection,

    #[command(flatten)]
    pub(super) amount: Amount,
}

/// Show how the fleet stands to its releases, now
///
/// Asks the service, and shows group by group how many instances are at their release's level, behind it, ahead of
/// it or out of reach. For one instance it goes package by package. Changes nothing.
#[derive(Debug, Args)]
pub(super) struct Status {
    /// A group, or an instance by display name or OCID [default: all groups]
    #[arg(value_name = "GROUP|INSTANCE")]
    pub(super) of: Option<String>,

    #[command(flatten)]
    pub(super) selection: Selection,

    #[command(flatten)]
    pub(super) identity: Identity,

    #[command(flatten)]
    pub(super) parallelism: Parallelism,

    #[command(flatten)]
    pub(super) amount: Amount,
}

/// Write the compliance report of the fleet
///
/// Says for each instance how many security, bug, enhancement and other updates are outstanding and whether it is
/// security compliant, how it stands to its release, since when it is at its level, which CVEs are open and how bad,
/// whether it waits for a reboot and when it last checked in; sums that up by group; and shows the trend against
/// earlier reports, whose figures it keeps in state/TRAIN.reports. Nothing else changes.
///
/// The HTML report is one file that loads nothing: it can be mailed, read offline and printed.
#[derive(Debug, Args)]
pub(super) struct Report {
    #[command(flatten)]
    pub(super) selection: Selection,

    /// Write the report to FILE [default: to stdout]
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,

    /// What to write [default: as the name of FILE ends, else html]
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(super) format: Option<Format>,

    #[command(flatten)]
    pub(super) parallelism: Parallelism,

    #[command(flatten)]
    pub(super) identity: Identity,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// One page, to be looked at
    Html,
    /// Everything, for programs
    Json,
    /// The instances, a line each, for spreadsheets
    Csv,
    /// The tables, for wikis and pull requests
    Markdown,
}

/// Serve the simulator to any client, or move its clock
///
/// The simulator is an OS Management service of its own: a generated fleet on loopback, kept in state/simulator. A
/// train whose file says `endpoints = { osms = "simulator" }` uses it without this command; `simulate` serves it
/// on its own until interrupted, for other clients, and prints where it is and what is in it.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Simulate {
    /// The port on 127.0.0.1 [default: any free one]
    #[arg(long, value_name = "N")]
    pub(super) port: Option<u16>,

    /// Write an OCI configuration file and the simulator's API key to DIR, for other clients
    #[arg(long, value_name = "DIR")]
    pub(super) config: Option<PathBuf>,

    /// Give a new world so many instances [default: 24, and a golden one]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(24..=20_000))]
    pub(super) instances: Option<u16>,

    /// Hold back each answer for so many milliseconds, as a service far away does
    #[arg(long, value_name = "MS", default_value_t = 0, value_parser = clap::value_parser!(u16).range(..=60_000))]
    pub(super) latency: u16,

    /// Let each work request take so many milliseconds [default: from 700 to 3000]
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u32).range(..=86_400_000))]
    pub(super) work: Option<u32>,

    #[command(subcommand)]
    pub(super) action: Option<SimulateAction>,
}

#[derive(Debug, Subcommand)]
pub(super) enum SimulateAction {
    /// Move the simulator's clock forward, whether or not it is being served
    Advance {
        /// By how much: 30m, 48h, 2d, 1d12h
        #[arg(value_name = "DURATION", value_parser = duration)]
        by: SignedDuration,
    },
}

#[derive(Debug, Args)]
pub(super) struct Selection {
    /// Only this train; may be given more than once [default: all trains]
    #[arg(long = "train", value_name = "NAME")]
    pub(super) train: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct Planning {
    /// Plan even where a group would lose over 30 % (and at least 10) of its members
    #[arg(long)]
    pub(super) allow_shrink: bool,
}

#[derive(Debug, Args)]
pub(super) struct Identity {
    /// The profile of ~/.oci/config to sign with [default: OCI_CLI_PROFILE, the train file's, DEFAULT]
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
}

impl Identity {
    pub(super) fn profile(&self) -> Option<&str> {
        self.profile.as_deref()
    }
}

#[derive(Debug, Args)]
pub(super) struct Parallelism {
    /// How many API calls may be in flight; waiting for updates to finish takes none
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=256))]
    parallelism: u16,

    /// Append a line of JSON to FILE for each request that is sent: no headers, bodies or keys
    #[arg(long, value_name = "FILE")]
    trace_http: Option<PathBuf>,
}

impl Parallelism {
    pub(super) fn trace(&self) -> Option<&Path> {
        self.trace_http.as_deref()
    }

    pub(super) fn calls(&self) -> usize {
        usize::from(self.parallelism)
    }
}

#[derive(Debug, Args)]
pub(super) struct Amount {
    /// Show only the verdict and the tables
    #[arg(long, conflicts_with = "full")]
    summary: bool,

    /// Show everything: no list is cut short
    #[arg(long)]
    full: bool,
}

impl Amount {
    pub(super) fn detail(&self) -> Detail {
        match (self.summary, self.full) {
            (true, _) => Detail::Summary,
            (_, true) => Detail::Full,
            _ => Detail::Default,
        }
    }
}

/// Returns the declared command line, with the exit codes below its help.
pub(super) fn command() -> clap::Command {
    let codes = exit::TABLE.iter().map(|(code, meaning)| format!("{code:>5}  {meaning}\n"));
    Arguments::command().after_help(format!("Exit codes:\n{}", codes.collect::<String>().trim_end()))
}

/// Reads a duration: numbers, each with `s`, `m`, `h`, `d` or `w`, the largest unit first or not.
fn duration(text: &str) -> Result<SignedDuration, String> {
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
    fn the_declaration_is_sound() {
        command().debug_assert();
    }

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

    #[test]
    fn summary_and_full_exclude_each_other() {
        assert!(Arguments::try_parse_from(["patchtrain", "plan", "--summary", "--full"]).is_err());
        let of = |flag: &str| match Arguments::try_parse_from(["patchtrain", "plan", flag]).map(|a| a.command)
        {
            Ok(Command::Plan(plan)) => plan.amount.detail(),
            other => unreachable!("{other:?}"),
        };
        assert_eq!(of("--summary"), Detail::Summary);
        assert_eq!(of("--full"), Detail::Full);
        assert_eq!(of("--detailed-exitcode"), Detail::Default);
    }
}
