//! Where state lies: the trait that the executor writes through, and what implements it.
//!
//! Reading needs no lock. Writing needs a [`Session`], which is the lock: no code path can write without holding it.
//!
//! ```text
//! apply, cli --> Store, Session      what a run needs, and no more
//!                  kept              snapshot, journal, history and backups: what follows what, in which order
//!                    sealed          what is encrypted on its way to a medium, where that is asked for
//!                      medium        items of bytes, and a lock
//!                        files       in a local folder, with an OS lock
//!                        objects     in OCI Object Storage, with an object that is the lock
//!                        rows        of a PostgreSQL database, with a lock that goes with its session
//!                        shelf       whichever of them a train's file names
//! ```

mod descent;
mod disk;
mod error;
mod files;
mod inventory;
mod journal;
mod kept;
mod medium;
mod moving;
mod objects;
mod past;
mod record;
mod releases;
mod reports;
mod rows;
mod sealed;
mod shelf;
mod snapshot;
mod timeline;
mod torn;
mod ways;

use std::future::Future;

use serde::{Deserialize, Serialize};

use super::{Entry, State};
use crate::name::TrainName;
use crate::op::{Api, Lineage};

pub use descent::{read_state, state_text};
pub use error::StoreError;
pub use files::Files;
pub use kept::{Kept, KeptSession};
pub use medium::{BackupName, Place};
pub use moving::Moved;
pub use objects::{HeldObjects, Objects};
pub use past::{Backup, Backups};
pub use record::{
    ChangeRecord, HistoryLine, HistoryRecord, Holder, Lines, Lock, LockId, ReportRecord, StepCounts,
    UnlockRecord,
};
pub use releases::Releases;
pub use rows::{HeldRows, Rows, RowsSettings, SettingsError};
pub use sealed::{HeldSealed, Sealed};
pub use shelf::{HeldShelf, Shelf};
pub use timeline::Left;
pub use ways::Ways;

/// A state wherever a train's file says.
pub type TrainStore = Kept<Sealed<Shelf>>;
/// The lock on a state wherever a train's file says.
pub type TrainSession = KeptSession<Sealed<Shelf>>;
/// A state in a local folder.
pub type LocalStore = Kept<Files>;
/// The lock on a state in a local folder.
pub type LocalSession = KeptSession<Files>;

/// One train's state, wherever it lies.
pub trait Store: Send + Sync + 'static {
    /// The lock, and with it the right to write.
    type Session: Session;

    /// Reads the state with the journal of an unfinished run replayed onto it; none before the first apply. Such a
    /// state has the serial that folding the journal will give it. Changes nothing.
    fn load(&self) -> impl Future<Output = Result<Option<State>, StoreError>> + Send;

    /// Locks the state, or fails with who holds it.
    fn lock(&self, holder: &Holder) -> impl Future<Output = Result<Self::Session, StoreError>> + Send;
}

/// A locked state. Dropping it frees the lock.
pub trait Session: Send + 'static {
    /// Reads as [`Store::load`], now that nobody else can write, and folds what an interrupted run left in the journal
    /// into the snapshot: the serial it returns is the snapshot's, and [`Base::of`] the state is what this run's
    /// entries build on. Call it first; called again amid a run it folds what the run has appended so far.
    fn load(&mut self) -> impl Future<Output = Result<Option<State>, StoreError>> + Send;

    /// Appends entries to the journal, all with one sync, and returns when they are durable. `base` is of the state
    /// that this session loaded, before any entry of this run and the same until the fold; where there is no state
    /// yet, of the new one ([`State::new`], serial 0), whose lineage the journal then keeps. Another base is a
    /// [`StoreError::Conflict`]. After an error none of the entries counts as written, and append may be tried again.
    fn append(
        &mut self,
        base: &Base,
        entries: &[Entry],
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Replaces the snapshot by this state, durably, and drops the journal that led to it. The caller has raised the
    /// serial above the loaded one; anything else is a [`StoreError::Conflict`]. After an error, and after a crash at
    /// any point, either the snapshot and its journal stand or the new snapshot does. The state's `tool` and
    /// `format_version` are written as this build's.
    fn fold(&mut self, state: &State) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Appends one line to the history, durably.
    fn history(&mut self, record: &HistoryRecord) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// The snapshot that a journal builds on. A journal of another base is one that a crash left behind after its fold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    /// The train.
    pub train: TrainName,
    /// The snapshot's lineage.
    pub lineage: Lineage,
    /// The snapshot's serial; 0 where there is no snapshot yet.
    pub serial: u64,
    /// The service that it is on.
    #[serde(default, skip_serializing_if = "Api::is_first")]
    pub api: Api,
}

impl Base {
    /// Returns the base that a state is.
    pub fn of(state: &State) -> Self {
        let State { train, lineage, serial, api, .. } = state;
        Self { train: train.clone(), lineage: lineage.clone(), serial: *serial, api: *api }
    }

    /// Returns the state that it is of where nothing was folded yet: a journal alone tells what a first run did.
    pub fn beginning(&self) -> State {
        State { api: self.api, ..State::new(self.train.clone(), self.lineage.clone()) }
    }
}

#[cfg(test)]
mod contract;
#[cfg(test)]
mod shim;
#[cfg(test)]
pub(in crate::state) mod tests;
