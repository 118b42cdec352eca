//! Options of the commands about the fleet: `status`, `report`.

use std::path::PathBuf;

use clap::Args;

use super::{Amount, Identity, Parallelism, Selection};

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

    /// Write the report to FILE [default: to stdout]
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) out: Option<PathBuf>,

    /// What to write [default: as the name of FILE ends, else html]
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
}
