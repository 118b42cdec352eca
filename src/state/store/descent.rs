//! A new line of descent in place of another: what was there is kept beside it, whole, before anything is replaced.

use std::path::Path;

use super::kept::describe;
use super::medium::{Item, Medium, Place};
use super::{Base, KeptSession, State, StoreError, disk, sealed, snapshot};
use crate::name::TrainName;
use crate::seal::{SealError, Sealing};

/// Reads a state from a file, wherever it lies and of whichever train it is, plain or sealed.
pub fn read_state(path: &Path, sealing: &Sealing) -> Result<State, StoreError> {
    let bytes =
        disk::read(path)?.ok_or_else(|| disk::io("read", path)(std::io::ErrorKind::NotFound.into()))?;
    let bytes = sealed::open_state(&path.into(), bytes, sealing)?;
    snapshot::parse(&path.into(), &bytes, None)
}

/// Returns what is to be written of a state, as [`read_state`] reads it: the JSON, or that sealed.
pub fn state_text(json: &str, train: &TrainName, sealing: &Sealing) -> Result<Vec<u8>, SealError> {
    sealed::seal_state(json.as_bytes(), train, sealing)
}

impl<M: Medium> KeptSession<M> {
    /// Replaces the state by one of another lineage, durably. The snapshot that was there is kept first, byte by byte,
    /// as a backup, whose place is returned: after an error, and after a crash at any point, it stands in its place or
    /// in the backup, and mostly in both.
    pub async fn supersede(&mut self, state: &State) -> Result<Place, StoreError> {
        // With whatever a run has left in the journal, which would fit nothing any more.
        let Some(before) = self.read().await?.as_ref().map(Base::of) else {
            return Err(
                self.conflict(format!("there is no state that {} could replace", describe_state(state)))
            );
        };
        if state.train != before.train || state.lineage == before.lineage || state.serial == 0 {
            let (before, after) = (describe(Some(&before)), describe_state(state));
            return Err(self.conflict(format!("it is at {before}, which {after} cannot replace")));
        }
        let backup = self.back_up(&before).await?;
        self.put(state).await?;
        Ok(self.medium.place(&Item::Backup(backup)))
    }
}

fn describe_state(state: &State) -> String {
    describe(Some(&Base::of(state)))
}
