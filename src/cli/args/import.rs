//! Options of `import`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{Amount, Identity, Locking, Parallelism, Planning};

/// Take a train over from OS Management to OS Management Hub
///
/// The train file says `api = "osmh"` by now, and its state is one of OS Management. The releases have to be those that
/// were applied. It shows, as a plan, what binding the same releases and groups on OS Management Hub will do, and asks.
/// Then it writes a new state, which remembers the old one; the old one is kept beside it. Nothing is changed in either
/// service: that is for the next apply.
#[derive(Debug, Args)]
pub(in crate::cli) struct Import {
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

impl Import {
    /// Returns the file that was named.
    pub(in crate::cli) fn file(&self) -> Option<&Path> {
        self.from_osms.as_ref()?.as_deref()
    }
}
