//! From one store to another: all that is kept of a train, whole, with a lock on both. What stays behind says where it
//! went, so that nobody with an older train file begins anew from an empty place.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::kept::backup_of;
use super::medium::{Held, Item, Look, Medium, Place};
use super::record::{ChangeRecord, HistoryLine};
use super::{Base, KeptSession, Session, State, StoreError, snapshot};
use crate::seal::SealError;

/// What lies where a state was before it was moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// Where it went.
    pub to: String,
    /// Who moved it.
    pub who: String,
    /// When.
    pub at: Timestamp,
}

/// What is written in a snapshot's place.
#[derive(Serialize, Deserialize)]
struct Sign {
    moved: Moved,
}

/// Tells whether this says where a state went.
pub(super) fn is_sign(bytes: &[u8]) -> bool {
    // A state of 50 MB is not read whole for it.
    bytes.len() < 4096 && sign(bytes).is_some()
}

/// Tells where a state went, by what lies in its place.
pub(super) fn sign(bytes: &[u8]) -> Option<Moved> {
    serde_json::from_slice::<Sign>(bytes).ok().map(|sign| sign.moved)
}

impl<M: Medium> KeptSession<M> {
    /// Takes over what another store keeps of this train: the state with its serial, so that saved plans stay good; the
    /// history, the reports, the backups. What is here of the same is left; another state is in the way, unless one of the
    /// two goes on from the other, as where a first try left no sign. The sign is put in the other's place last: after a
    /// crash at any point the same can be done again. `None`: there is nothing to take.
    pub async fn take_over<N: Medium>(
        &mut self,
        from: &mut KeptSession<N>,
        record: &ChangeRecord,
        moved: Moved,
    ) -> Result<Option<Base>, StoreError> {
        let Some(state) = from.load().await? else { return Ok(None) };
        let left = Base::of(&state);
        let own = match self.load().await {
            // It comes back to where it was.
            Err(StoreError::Moved { .. }) => None,
            own => own?,
        };
        // Which build wrote it is no difference.
        let stamped = |state: &State| {
            let mut state = state.clone();
            snapshot::stamp(&mut state);
            state
        };
        let before = match &own {
            Some(own) if stamped(own) == stamped(&state) => None,
            // A first try got as far as writing it, and left no sign.
            Some(own) if own.lineage == state.lineage && own.serial > state.serial => {
                if !self.has_replaced(&stamped(&state)).await? {
                    return Err(self.parted(own, &state));
                }
                None
            }
            Some(own) if own.lineage == state.lineage && own.serial < state.serial => {
                if !from.has_replaced(&stamped(own)).await? {
                    return Err(self.parted(own, &state));
                }
                Some(Base::of(own))
            }
            Some(own) => return Err(self.parted(own, &state)),
            None => None,
        };
        // What was gone on from here is the later one.
        let state = own.filter(|own| own.serial > state.serial).unwrap_or(state);
        // Before anything is written here.
        let mut lines = Vec::new();
        for item in [Item::History, Item::Reports] {
            lines.push((from.lines_to_move(&item).await?, item));
        }
        for (theirs, item) in lines {
            let ours = self.held.read(&item).await?.unwrap_or_default();
            // A first try got so far.
            let ours: BTreeSet<&[u8]> = split_lines(&ours).collect();
            let lacking: Vec<u8> =
                split_lines(&theirs).filter(|line| !ours.contains(line)).flatten().copied().collect();
            if !lacking.is_empty() {
                self.medium.add_line(&item, &lacking).await?;
            }
        }
        for backup in from.medium.backups().await? {
            let item = Item::Backup(backup);
            // One that nobody can read any more is no reason not to move the rest.
            if let Ok(None) = self.held.read(&item).await
                && let Ok(Some(bytes)) = from.held.read(&item).await
            {
                self.held.replace(&item, &bytes).await?;
            }
        }
        self.note(HistoryLine::Change(ChangeRecord {
            basis: state.serial,
            serial: state.serial,
            lineage: state.lineage.clone(),
            ..record.clone()
        }))
        .await?;
        if let Some(before) = before {
            self.back_up(&before).await?;
        }
        self.put(&state).await?;
        let base = Base::of(&state);
        from.back_up(&left).await?;
        let sign = serde_json::to_vec_pretty(&Sign { moved }).unwrap_or_default();
        from.held.replace(&Item::Snapshot, &sign).await?;
        Ok(Some(base))
    }
}

impl<M: Medium> KeptSession<M> {
    /// Reads lines that are to be put elsewhere. Those that cannot be opened go as they stand; what is plain where nothing
    /// plain is taken does not go at all, or it would be sealed there as if it were ours.
    async fn lines_to_move(&mut self, item: &Item) -> Result<Vec<u8>, StoreError> {
        let looked = self.medium.look().read(item).await;
        let lines = match looked {
            Err(StoreError::Sealed { source, .. }) if source != SealError::Plain => {
                self.held.read(item).await?
            }
            looked => looked?,
        };
        Ok(lines.unwrap_or_default())
    }

    /// Tells whether this state is among the snapshots that others have replaced.
    async fn has_replaced(&mut self, state: &State) -> Result<bool, StoreError> {
        let lineage = backup_of(&Base::of(state)).lineage;
        for name in self.medium.backups().await? {
            if (name.serial, &name.lineage) != (state.serial, &lineage) {
                continue;
            }
            let item = Item::Backup(name);
            if let Ok(Some(bytes)) = self.held.read(&item).await
                && let Ok(mut kept) = snapshot::parse(&self.medium.place(&item), &bytes, Some(&state.train))
            {
                snapshot::stamp(&mut kept);
                if kept == *state {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Of two states neither goes on from the other.
    fn parted(&self, own: &State, theirs: &State) -> StoreError {
        let place = self.medium.place(&Item::Snapshot);
        let problem = format!(
            "there is a state already, of lineage {} and serial {}, and the one to be moved is of lineage {} and serial {}; \
             neither is kept as what the other goes on from",
            own.lineage, own.serial, theirs.lineage, theirs.serial
        );
        let way_out = format!(
            "To go on from the one that is here, leave the other where it is; to go on from the other, {} and move it again",
            self.medium.ways().remove("the one that is here")
        );
        StoreError::Parted { place, problem, way_out }
    }
}

/// Refuses to read a state that was moved.
pub(super) fn check(place: &Place, bytes: &[u8]) -> Result<(), StoreError> {
    match sign(bytes) {
        Some(moved) => Err(StoreError::Moved { place: place.clone(), moved: Box::new(moved) }),
        None => Ok(()),
    }
}

/// Returns the whole lines of a text, with their ends.
fn split_lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"))
}
