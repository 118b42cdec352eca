//! Options of the command about rollouts: `rollout status|pause|resume|abort`.

use clap::{Args, Subcommand};

use super::{Amount, Locking, Selection};
use crate::name::{GroupName, ReleaseName};

/// Show, pause, resume or abort the move of a group to its release
///
/// A rollout begins when the first instance of a group is moved to another release, spans as many applies as its waves,
/// soaks and windows need, and ends when the group has arrived. The state keeps those of groups with `waves` or
/// `max_failures`, and of groups that were paused. More failures than `max_failures` stop it, until somebody resumes or
/// aborts it. docs/rollouts.md goes through one.
#[derive(Debug, Args)]
pub(in crate::cli) struct Rollout {
    #[command(subcommand)]
    pub(in crate::cli) action: RolloutAction,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum RolloutAction {
    Status(RolloutStatus),
    Pause(RolloutPause),
    Resume(RolloutResume),
    Abort(RolloutAbort),
}

/// Show how far rollouts are: waves, failures, what holds them
///
/// Reads the state and the train file only; `patchtrain status` asks the service.
#[derive(Debug, Args)]
pub(in crate::cli) struct RolloutStatus {
    /// The group [default: all that have a rollout on record]
    #[arg(value_name = "GROUP", value_parser = GroupName::parse)]
    pub(in crate::cli) group: Option<GroupName>,

    #[command(flatten)]
    pub(in crate::cli) selection: Selection,

    /// How it is written
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = RolloutFormat::Text)]
    pub(in crate::cli) format: RolloutFormat,

    #[command(flatten)]
    pub(in crate::cli) amount: Amount,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(in crate::cli) enum RolloutFormat {
    /// For people
    Text,
    /// For programs
    Json,
}

/// Keep a group from moving, until it is resumed
///
/// Recorded in the state, and binding for every later apply, to whichever release; plans that are saved stay good.
/// Nothing is asked of the service. A run that is going on holds the lock: end it first, or wait with --lock-timeout.
#[derive(Debug, Args)]
pub(in crate::cli) struct RolloutPause {
    /// The group
    #[arg(value_name = "GROUP", value_parser = GroupName::parse)]
    pub(in crate::cli) group: GroupName,

    /// Why, for whoever meets the pause in a plan or in `rollout status`
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) reason: Option<String>,

    /// The train; needed where there are several
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) train: Option<String>,

    #[command(flatten)]
    pub(in crate::cli) locking: Locking,
}

/// Let a group's rollout go on that was paused or has stopped
///
/// The next apply goes on. Where the rollout had stopped, what failed is tried again, and counts no more; where it was
/// only paused, failures from before still count.
#[derive(Debug, Args)]
pub(in crate::cli) struct RolloutResume {
    /// The group
    #[arg(value_name = "GROUP", value_parser = GroupName::parse)]
    pub(in crate::cli) group: GroupName,

    /// The train; needed where there are several
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) train: Option<String>,

    #[command(flatten)]
    pub(in crate::cli) locking: Locking,
}

/// End a rollout, and bind its group to another release
///
/// Edits the binding in the train file as `promote` does, and closes the rollout in the state. Says what a way back does
/// not undo. The next plan moves the instances; nothing changes in the cloud before it is applied.
#[derive(Debug, Args)]
pub(in crate::cli) struct RolloutAbort {
    /// The group
    #[arg(value_name = "GROUP", value_parser = GroupName::parse)]
    pub(in crate::cli) group: GroupName,

    /// The release that it is to ride instead
    #[arg(long, value_name = "RELEASE", value_parser = ReleaseName::parse)]
    pub(in crate::cli) to: ReleaseName,

    /// The train; needed where there are several
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) train: Option<String>,

    #[command(flatten)]
    pub(in crate::cli) locking: Locking,
}
