//! Options of the commands about the fleet: `status`, `update`, `report`.

use std::path::PathBuf;

use clap::Args;

use crate::name::GroupName;
use crate::package::StreamName;
use crate::rollout::parse_span;

use super::{Amount, Identity, Locking, Override, Parallelism, Selection};

/// Show how the fleet stands to its releases, now
///
/// Asks the service, and shows group by group how many instances are at their release's level, behind it, ahead of
/// it or out of reach. For one instance it goes package by package. Changes nothing.
#[derive(Debug, Args)]
pub(in crate::cli) struct Status {
    /// A group, or an instance by display name or OCID [default: all groups]
    #[arg(value_name = "GROUP|INSTANCE")]
    pub(in crate::cli) of: Option<String>,

    #[command(flatten)]
    pub(in crate::cli) selection: Selection,

    #[command(flatten)]
    pub(in crate::cli) identity: Identity,

    #[command(flatten)]
    pub(in crate::cli) parallelism: Parallelism,

    #[command(flatten)]
    pub(in crate::cli) amount: Amount,

    /// Show how the rollouts go until every one has ended: waves, what holds them, who is at work, and when they may be
    /// through. Reads the state again and again, asks the service nothing, and takes no lock
    #[arg(long, conflicts_with_all = ["parallelism", "trace_http"])]
    pub(in crate::cli) watch: bool,

    /// How often --watch reads the state, at least a second apart [default: 5s]
    #[arg(long, value_name = "TIME", requires = "watch", value_parser = every)]
    pub(in crate::cli) every: Option<jiff::SignedDuration>,
}

/// Reads how often something is read: a state may lie where reading costs something.
fn every(text: &str) -> Result<jiff::SignedDuration, String> {
    let length = parse_span(text)?;
    if length < jiff::SignedDuration::from_secs(1) {
        return Err(format!("`{text}` is too often: at least a second apart, as in `1s`"));
    }
    Ok(length)
}

/// Install updates now, on a group or one instance
///
/// Reads which updates the instances' software sources offer them, shows which of those would be installed where, asks,
/// has the agents install them, waits, and reads back that none of them is outstanding any more. It is done as apply
/// does it: under the lock of the state, recorded, and gone on with after a cut by the same command. Without a terminal
/// to ask on it takes --auto-approve.
///
/// Only instances of the train are updated: members that ride their release, which takes them no further than that, and
/// with --instance the golden instance, which the next release is frozen from. OS Management Hub lets nobody change one
/// member of a group: there, --instance is held for members, and --group updates them.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("target").required(true))]
pub(in crate::cli) struct Update {
    /// All members of this group
    #[arg(long, value_name = "GROUP", group = "target", value_parser = GroupName::parse)]
    pub(in crate::cli) group: Option<GroupName>,

    /// One instance, by display name or OCID
    #[arg(long, value_name = "INSTANCE", group = "target")]
    pub(in crate::cli) instance: Option<String>,

    /// Which updates, by what they are for
    #[arg(long = "type", value_name = "TYPE", default_value = "all",
        value_parser = clap::builder::PossibleValuesParser::new(["all", "security", "bugfix", "enhancement"]))]
    pub(in crate::cli) kind: String,

    /// Only of this package, as openssl or openssl.x86_64; may be given more than once. They are installed one by one
    #[arg(long = "package", value_name = "NAME")]
    pub(in crate::cli) packages: Vec<String>,

    /// No updates, but this module stream to be enabled, as postgresql:15; may be given more than once. Where another
    /// stream of the module is enabled, the service switches; an update then brings what the release has of the new one
    #[arg(long = "stream", value_name = "NAME:STREAM", value_parser = StreamName::parse,
        conflicts_with_all = ["kind", "packages"])]
    pub(in crate::cli) streams: Vec<StreamName>,

    /// The train; needed where there are several
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) train: Option<String>,

    #[command(flatten)]
    pub(in crate::cli) overriding: Override,

    /// Do not ask
    #[arg(long)]
    pub(in crate::cli) auto_approve: bool,

    #[command(flatten)]
    pub(in crate::cli) locking: Locking,

    /// Exit with 2 if all went well and something is held
    #[arg(long)]
    pub(in crate::cli) detailed_exitcode: bool,

    #[command(flatten)]
    pub(in crate::cli) parallelism: Parallelism,

    #[command(flatten)]
    pub(in crate::cli) identity: Identity,

    #[command(flatten)]
    pub(in crate::cli) amount: Amount,
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
pub(in crate::cli) struct Report {
    #[command(flatten)]
    pub(in crate::cli) selection: Selection,

    /// Write the report to FILE [default: to stdout]; given several times, the same report as each name ends
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) out: Vec<PathBuf>,

    /// What to write [default: as the name of FILE ends (.json, .csv, .md, .xml for JUnit, .sarif), else html]
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(in crate::cli) format: Option<Format>,

    #[command(flatten)]
    pub(in crate::cli) parallelism: Parallelism,

    #[command(flatten)]
    pub(in crate::cli) identity: Identity,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(in crate::cli) enum Format {
    /// One page, to be looked at
    Html,
    /// Everything, for programs
    Json,
    /// The instances, a line each, for spreadsheets
    Csv,
    /// The tables, for wikis and pull requests
    Markdown,
    /// A test case for each instance, in JUnit's XML, for CI systems
    Junit,
    /// What is wrong, in SARIF 2.1.0, for code scanning
    Sarif,
}
