//! Options of `state` and its commands: looking into states, and changing them by hand.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Identity, Locking, Parallelism, Selection};
use crate::name::Spelled;

/// Look into the state of a train, and change it by hand
///
/// No command here changes anything in a service, and but for `accept` none asks one. Whatever replaces a state keeps the one that was there as a
/// backup (the last ten of them, unless the train file says otherwise; in a bucket that keeps versions, all), and writes down in the history who
/// did that.
#[derive(Debug, Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(in crate::cli) struct StateCommand {
    #[command(subcommand)]
    pub(in crate::cli) action: StateAction,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum StateAction {
    List(StateList),
    Show(StateShow),
    Mv(StateMv),
    Rm(StateRm),
    Pull(StatePull),
    Push(StatePush),
    Diff(StateDiff),
    History(StateHistory),
    Restore(StateRestore),
    Accept(StateAccept),
    Rewrite(StateRewrite),
    Locks(StateLocks),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct OneTrain {
    /// The train; needed where there are several
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) train: Option<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Consent {
    /// Only say what would be done
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,

    /// Do not ask for approval
    #[arg(long, conflicts_with = "dry_run")]
    pub(in crate::cli) auto_approve: bool,

    #[command(flatten)]
    pub(in crate::cli) locking: Locking,
}

/// List the addresses of all that the state holds
#[derive(Debug, Args)]
pub(in crate::cli) struct StateList {
    #[command(flatten)]
    pub(in crate::cli) of: OneTrain,

    /// Write JSON: each address with what is on record there
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

/// Show what is on record at an address
#[derive(Debug, Args)]
pub(in crate::cli) struct StateShow {
    /// The address, such as release.GL1, group.web or instance.web-1; an instance also by its OCID
    #[arg(value_name = "ADDRESS")]
    pub(in crate::cli) address: String,

    #[command(flatten)]
    pub(in crate::cli) of: OneTrain,

    /// Write JSON
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

/// Have a group go by another name; in the service nothing changes
///
/// With a group go its schedule, its profile and its instances. The train file has to call it by the new name, too: the next
/// plan would make another group else, or take the old name back. Which group of the service it is stays as it is, and so does
/// the name that it has there. A release keeps its name.
#[derive(Debug, Args)]
pub(in crate::cli) struct StateMv {
    /// The address that it has, such as group.web
    #[arg(value_name = "ADDRESS")]
    pub(in crate::cli) address: String,

    /// The address that it is to have, such as group.frontend
    #[arg(value_name = "NEW")]
    pub(in crate::cli) new: String,

    #[command(flatten)]
    pub(in crate::cli) of: OneTrain,

    #[command(flatten)]
    pub(in crate::cli) consent: Consent,
}

/// Forget what is at addresses; in the service it stays as it is
///
/// With a group go its schedule, its profile and its instances. The next plan meets what was forgotten as something that
/// others have made: a source is found again by its tags, a group by its name.
#[derive(Debug, Args)]
pub(in crate::cli) struct StateRm {
    /// The addresses
    #[arg(value_name = "ADDRESS", required = true)]
    pub(in crate::cli) addresses: Vec<String>,

    #[command(flatten)]
    pub(in crate::cli) of: OneTrain,

    #[command(flatten)]
    pub(in crate::cli) consent: Consent,
}

/// Record what others changed as what is meant
///
/// Asks the service what `drift` asks, and puts into the state what it tells of these addresses, so that it is no drift any
/// more. The train file and the service stay as they are: where the train file says otherwise, the next plan still would
/// change it back.
#[derive(Debug, Args)]
pub(in crate::cli) struct StateAccept {
    /// The addresses, such as group.web (with all that is the group's), instance.web-1 or release.GL1
    #[arg(value_name = "ADDRESS", required = true, value_parser = Spelled::parse)]
    pub(in crate::cli) addresses: Vec<Spelled>,

    #[command(flatten)]
    pub(in crate::cli) of: OneTrain,

    #[command(flatten)]
    pub(in crate::cli) consent: Consent,

    #[command(flatten)]
    pub(in crate::cli) identity: Identity,

    #[command(flatten)]
    pub(in crate::cli) parallelism: Parallelism,
}

/// Print the state as JSON, with what an interrupted run has left in its journal
#[derive(Debug, Args)]
pub(in crate::cli) struct StatePull {
    #[command(flatten)]
    pub(in crate::cli) of: OneTrain,

    /// Print the journal instead, as it lies in its store (opened, where it is encrypted): what the run in progress has
    /// done, or one that was cut short
    #[arg(long)]
    pub(in crate::cli) journal: bool,
}

/// Put a state from a file in the place of the one that is there
///
/// Refused where the file's is of another train or service, and without --force where it is of another lineage, at a lower
/// serial, or at the same serial and of another run. It gets the next serial, so that plans made before are stale.
#[derive(Debug, Args)]
pub(in crate::cli) struct StatePush {
    /// The file, as `state pull` prints one
    #[arg(value_name = "FILE")]
    pub(in crate::cli) file: PathBuf,

    #[command(flatten)]
    pub(in crate::cli) of: OneTrain,

    /// Push a state of another lineage or of a lower serial
    #[arg(long)]
    pub(in crate::cli) force: bool,

    #[command(flatten)]
    pub(in crate::cli) consent: Consent,
}

/// Show how the state differs from what it was at a serial, or how it differed between two
///
/// Exits with 2 if there is a difference. Serials that are kept: see `state history`.
#[derive(Debug, Args)]
pub(in crate::cli) struct StateDiff {
    /// The earlier serial
    #[arg(value_name = "SERIAL")]
    pub(in crate::cli) before: u64,

    /// The later serial [default: the state as it is]
    #[arg(value_name = "SERIAL")]
    pub(in crate::cli) after: Option<u64>,

    #[command(flatten)]
    pub(in crate::cli) of: OneTrain,

    /// Write JSON
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

/// Show who did what when, and which serials can be restored
#[derive(Debug, Args)]
pub(in crate::cli) struct StateHistory {
    #[command(flatten)]
    pub(in crate::cli) of: OneTrain,

    /// Write JSON
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

/// Go on from the state as it was at a serial
///
/// What was applied since then is forgotten, and is in the service all the same: the next plan shows it. The restored
/// state gets a new serial, so that plans made before are stale.
#[derive(Debug, Args)]
pub(in crate::cli) struct StateRestore {
    /// The serial, of those that `state history` says are kept
    #[arg(value_name = "SERIAL")]
    pub(in crate::cli) serial: u64,

    #[command(flatten)]
    pub(in crate::cli) of: OneTrain,

    #[command(flatten)]
    pub(in crate::cli) consent: Consent,
}

/// Write all that is kept of a train anew: encrypted as the train file says, or plain
///
/// The next apply that changes something does the same. What is in the state stays as it is, and so does its serial. For
/// when `encryption` was turned on, off or given another passphrase, and nothing is to be applied: see docs/state.md.
#[derive(Debug, Args)]
pub(in crate::cli) struct StateRewrite {
    #[command(flatten)]
    pub(in crate::cli) of: OneTrain,

    #[command(flatten)]
    pub(in crate::cli) locking: Locking,
}

/// Show who holds the locks on the states
#[derive(Debug, Args)]
pub(in crate::cli) struct StateLocks {
    #[command(flatten)]
    pub(in crate::cli) selection: Selection,

    /// Write JSON
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

/// Take the lock on a state away from a run that is dead
///
/// Needed only where a lock outlives its holder: in Object Storage. It asks first. A run that is not dead after all can
/// write nothing more: whatever it tries fails, and what it has done until then is in the journal.
#[derive(Debug, Args)]
pub(in crate::cli) struct ForceUnlock {
    /// The lock's id, as the refused command and `state locks` show it
    #[arg(value_name = "ID")]
    pub(in crate::cli) id: String,

    #[command(flatten)]
    pub(in crate::cli) of: OneTrain,

    /// Do not ask for approval
    #[arg(long)]
    pub(in crate::cli) auto_approve: bool,
}
