//! Options of the commands about a plan: `plan`, `apply`, `show`.

use std::path::PathBuf;

use clap::Args;

use super::{Advisories, Amount, Identity, Locking, Parallelism, Planning, Selection};

/// Show what would change, and why; changes nothing
///
/// Reads the train files, the state and the service, compares them, and prints the plan. Nothing changes on disk or
/// in the cloud, but for the file that --out names.
#[derive(Debug, Args)]
pub(in crate::cli) struct Plan {
    #[command(flatten)]
    pub(in crate::cli) selection: Selection,

    /// Save the plan to FILE, for `patchtrain apply FILE`; a plan file holds one train
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) out: Option<PathBuf>,

    /// Exit with 2 if a step can start now, and with 0 only if none can
    #[arg(long)]
    pub(in crate::cli) detailed_exitcode: bool,

    #[command(flatten)]
    pub(in crate::cli) planning: Planning,

    #[command(flatten)]
    pub(in crate::cli) advisories: Advisories,

    #[command(flatten)]
    pub(in crate::cli) identity: Identity,

    #[command(flatten)]
    pub(in crate::cli) parallelism: Parallelism,

    #[command(flatten)]
    pub(in crate::cli) amount: Amount,
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
pub(in crate::cli) struct Apply {
    /// A plan saved by `patchtrain plan --out FILE`
    #[arg(value_name = "FILE", conflicts_with_all = ["train", "allow_shrink", "sources"])]
    pub(in crate::cli) file: Option<PathBuf>,

    #[command(flatten)]
    pub(in crate::cli) selection: Selection,

    /// Do not ask
    #[arg(long)]
    pub(in crate::cli) auto_approve: bool,

    /// Exit with 2 if all went well and something is still held
    #[arg(long)]
    pub(in crate::cli) detailed_exitcode: bool,

    #[command(flatten)]
    pub(in crate::cli) locking: Locking,

    #[command(flatten)]
    pub(in crate::cli) planning: Planning,

    #[command(flatten)]
    pub(in crate::cli) advisories: Advisories,

    #[command(flatten)]
    pub(in crate::cli) identity: Identity,

    #[command(flatten)]
    pub(in crate::cli) parallelism: Parallelism,

    #[command(flatten)]
    pub(in crate::cli) amount: Amount,
}

/// Show the state, or a saved plan
///
/// Without FILE it shows what was applied last, from the state alone. With FILE it shows a saved plan: that needs no
/// train files, no credentials and no network; where the state is at hand and has moved on since, it says so.
#[derive(Debug, Args)]
pub(in crate::cli) struct Show {
    /// A plan saved by `patchtrain plan --out FILE`
    #[arg(value_name = "FILE", conflicts_with = "train")]
    pub(in crate::cli) file: Option<PathBuf>,

    #[command(flatten)]
    pub(in crate::cli) selection: Selection,

    #[command(flatten)]
    pub(in crate::cli) amount: Amount,
}
