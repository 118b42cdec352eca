//! The command line, declared. The texts here are the manual that `--help` prints. Here are the commands' list and
//! the options that several share; those of one command stand with it, by noun, in the modules below.
//!
//! No option is declared that its command does not act on.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Args, CommandFactory, Parser, Subcommand};

use super::exit;
use crate::name::Spelled;
use crate::render::Detail;

mod audit;
mod completions;
mod consent;
mod fleet;
mod import;
mod lifecycle;
mod plan;
mod release;
mod rollout;
mod schema;
mod simulate;
mod state;
mod train;

pub(super) use audit::{Audit, AuditLayout};
pub(super) use completions::{Completions, Shell};
pub(super) use consent::{Approve, Override, SavedPlan};
pub(super) use fleet::{Format, Report, Status, Update};
pub(super) use import::{Import, ImportAction, ImportOptions};
pub(super) use lifecycle::{
    Flags, Release, ReleaseAction, ReleaseList, ReleaseSbom, ReleaseShow, ReleaseVerify,
};
pub(super) use plan::{Apply, Drift, Graph, GraphFormat, Plan, PlanFormat, PlanLayout, Show};
pub(super) use release::{Diff, DiffFormat, Promote};
pub(super) use rollout::{
    Rollout, RolloutAbort, RolloutAction, RolloutFormat, RolloutPause, RolloutResume, RolloutStatus,
};
pub(super) use schema::{Schema, SchemaOf};
pub(super) use simulate::{Simulate, SimulateAction};
pub(super) use state::{
    Consent, ForceUnlock, OneTrain, StateAccept, StateAction, StateCommand, StateDiff, StateHistory,
    StateList, StateLocks, StateMv, StatePush, StateRestore, StateRewrite, StateRm, StateShow,
};
pub(super) use train::{Fmt, Freeze, Init, Validate};

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

impl Arguments {
    /// Tells whether stdout holds a stream of JSON.
    pub(super) fn streams(&self) -> bool {
        match &self.command {
            Command::Plan(plan) => plan.json,
            Command::Apply(apply) => apply.json,
            _ => false,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Init(Init),
    Fmt(Fmt),
    Freeze(Freeze),
    Diff(Diff),
    Promote(Promote),
    Release(Release),
    Validate(Validate),
    Schema(Schema),
    Plan(Plan),
    Apply(Apply),
    Approve(Approve),
    Show(Show),
    Graph(Graph),
    Drift(Drift),
    Status(Status),
    Update(Update),
    Rollout(Rollout),
    Import(Import),
    Report(Report),
    Audit(Audit),
    State(StateCommand),
    ForceUnlock(ForceUnlock),
    Simulate(Simulate),
    Completions(Completions),
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
pub(super) struct Targets {
    /// Only ADDRESS, and what that needs: release.GL1, group.web (with its instances, schedule and profile),
    /// instance.web-01 (a display name or an OCID), schedule.web, profile.web; may be given more than once. The plan says
    /// what is left out. For exceptions: the train is not as its file says until a whole plan is applied
    #[arg(long = "target", value_name = "ADDRESS", value_parser = Spelled::parse)]
    target: Vec<Spelled>,
}

impl Targets {
    pub(super) fn addresses(&self) -> &[Spelled] {
        &self.target
    }
}

#[derive(Debug, Args)]
pub(super) struct Advisories {
    /// Say which advisories and CVEs the way closes: of a file (updateinfo.xml or Oracle's OVAL, packed or not), or of
    /// the service's errata (service); may be given several times
    #[arg(long = "advisories", value_name = "FILE|service")]
    pub(super) sources: Vec<String>,

    /// Count only advisories issued on this day (UTC) or later, which also spares reading the older ones of the service
    #[arg(long = "advisories-since", value_name = "DATE", requires = "sources", value_parser = day)]
    pub(super) since: Option<jiff::civil::Date>,
}

#[derive(Debug, Args)]
pub(super) struct Identity {
    /// The profile of ~/.oci/config to sign with [default: OCI_CLI_PROFILE, the train file's, DEFAULT]
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
}

/// Returns `--profile`, of whichever command has it.
pub(super) fn profile(matches: &clap::ArgMatches) -> Option<String> {
    let own = matches.try_get_one::<String>("profile").ok().flatten().cloned();
    own.or_else(|| matches.subcommand().and_then(|(_, matches)| profile(matches)))
}

#[derive(Debug, Args)]
pub(super) struct Parallelism {
    /// How many API calls the command may have in flight, whatever it asks; waiting for updates to finish takes none
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
    /// Returns the options that ask for so much.
    pub(super) fn of(detail: Detail) -> Self {
        Self { summary: detail == Detail::Summary, full: detail == Detail::Full }
    }

    pub(super) fn detail(&self) -> Detail {
        match (self.summary, self.full) {
            (true, _) => Detail::Summary,
            (_, true) => Detail::Full,
            _ => Detail::Default,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct Locking {
    /// Wait for whoever has the state locked, so long: 30s, 5m [default: do not wait]
    #[arg(long, value_name = "DURATION", value_parser = simulate::duration)]
    lock_timeout: Option<jiff::SignedDuration>,
}

impl Locking {
    pub(super) fn patience(&self) -> std::time::Duration {
        self.lock_timeout.and_then(|time| time.try_into().ok()).unwrap_or_default()
    }
}

/// Reads a day, as 2026-10-01.
fn day(word: &str) -> Result<jiff::civil::Date, String> {
    word.parse().map_err(|_| "a day is written as 2026-10-01".to_owned())
}

/// Returns a command line as we spell it: `show -json FILE` is what tools that read Terraform's plans run on a saved one,
/// under whatever name `TF_BINARY` gives them.
pub(super) fn as_terraform(words: &[OsString]) -> Vec<OsString> {
    let show = words.iter().position(|word| word == "show").unwrap_or(words.len());
    let spelled = |(place, word): (usize, &OsString)| match word == "-json" && place > show {
        true => "--format=terraform-json".into(),
        false => word.clone(),
    };
    words.iter().enumerate().map(spelled).collect()
}

/// Returns the declared command line, with the exit codes below its help.
pub(super) fn command() -> clap::Command {
    let codes = exit::TABLE.iter().map(|(code, meaning)| format!("{code:>5}  {meaning}\n"));
    Arguments::command().after_help(format!("Exit codes:\n{}", codes.collect::<String>().trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_declaration_is_sound() {
        command().debug_assert();
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
