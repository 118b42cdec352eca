//! Options of `import`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::state::{Consent, OneTrain};
use super::{Amount, Identity, Locking, Parallelism, Planning};
use crate::name::{GroupName, ReleaseName};

/// Take over what others made, or a train from OS Management to OS Management Hub
///
/// `import release` and `import group` take over one software source or group, as an `[[import]]` of the train file does.
///
/// `import --from-osms` takes a whole train over to the other service. The train file says `api = "osmh"` by now, and its state is one of OS Management. The releases have to be those that
/// were applied. It shows, as a plan, what binding the same releases and groups on OS Management Hub will do, and asks.
/// Then it writes a new state, which remembers the old one; the old one is kept beside it. Nothing is changed in either
/// service: that is for the next apply.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(in crate::cli) struct Import {
    #[command(subcommand)]
    pub(in crate::cli) action: Option<ImportAction>,

    /// The state to take over [default: the train's own, in state/]
    #[arg(long, value_name = "FILE", num_args = 0..=1, required = true)]
    from_osms: Option<Option<PathBuf>>,

    /// The train; needed where there are several
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) train: Option<String>,

    /// Do not ask
    #[arg(long)]
    pub(in crate::cli) auto_approve: bool,

    #[command(flatten)]
    pub(in crate::cli) locking: Locking,

    #[command(flatten)]
    pub(in crate::cli) planning: Planning,

    #[command(flatten)]
    pub(in crate::cli) identity: Identity,

    #[command(flatten)]
    pub(in crate::cli) parallelism: Parallelism,

    #[command(flatten)]
    pub(in crate::cli) amount: Amount,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ImportAction {
    Release(ImportRelease),
    Group(ImportGroup),
}

/// Take over a software source that holds a release
///
/// It must be ACTIVE, in the train's compartment, for the train's system, and hold the packages of the release's manifest
/// and no others. It gets the train's tags and is the release's from then on; its name and its packages stay, and so does
/// whoever has it. What will be done is shown and asked for.
#[derive(Debug, Args)]
pub(in crate::cli) struct ImportRelease {
    /// The release, as the train file declares it
    #[arg(value_name = "RELEASE", value_parser = ReleaseName::parse)]
    pub(in crate::cli) release: ReleaseName,

    /// The software source; by its display name where no other ACTIVE one has that
    #[arg(long, value_name = "OCID|NAME")]
    pub(in crate::cli) source: String,

    #[command(flatten)]
    pub(in crate::cli) how: ImportOptions,
}

/// Take over a managed instance group
///
/// It gets the train's tags and is the train's group from then on, with its name, its members and what they ride; the next
/// plan compares it with the train file, and moves it where that says otherwise. What will be done is shown and asked for.
#[derive(Debug, Args)]
pub(in crate::cli) struct ImportGroup {
    /// The group, as the train file declares it
    #[arg(value_name = "GROUP", value_parser = GroupName::parse)]
    pub(in crate::cli) group: GroupName,

    /// The group of the service; by its display name where no other ACTIVE one has that
    #[arg(long, value_name = "OCID|NAME")]
    pub(in crate::cli) id: String,

    #[command(flatten)]
    pub(in crate::cli) how: ImportOptions,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ImportOptions {
    #[command(flatten)]
    pub(in crate::cli) of: OneTrain,

    #[command(flatten)]
    pub(in crate::cli) consent: Consent,

    #[command(flatten)]
    pub(in crate::cli) identity: Identity,

    #[command(flatten)]
    pub(in crate::cli) parallelism: Parallelism,

    #[command(flatten)]
    pub(in crate::cli) amount: Amount,
}

impl Import {
    /// Returns the file that was named.
    pub(in crate::cli) fn file(&self) -> Option<&Path> {
        self.from_osms.as_ref()?.as_deref()
    }
}
