//! What was: the history's lines, the snapshots that were replaced, and the way back to one of them.

use serde::de::DeserializeOwned;

use super::kept::backup_of;
use super::medium::{BackupName, Held, Item, Look, Medium, Place, Replaced};
use super::record::{ChangeRecord, HistoryLine, Lines};
use super::{Base, Kept, KeptSession, Session, State, StoreError, snapshot};
use crate::state::FORMAT_VERSION;

/// A snapshot that was replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// Which it is.
    pub name: BackupName,
    /// Where it lies.
    pub place: Place,
    /// The version that keeps it, where it was removed already.
    pub version: Option<String>,
}

/// The snapshots that were replaced and can be gone back to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backups {
    /// By lineage and serial.
    pub all: Vec<Backup>,
    /// Why there may be more that are kept as versions only.
    pub unlisted: Option<String>,
}

impl<M: Medium> Kept<M> {
    /// Reads the journal as it lies there, whatever it is worth; none where there is none.
    pub async fn journal(&self) -> Result<Option<Vec<u8>>, StoreError> {
        self.medium().look().read(&Item::Journal).await
    }

    /// Reads who did what when, first things first.
    pub async fn past(&self) -> Result<Lines<HistoryLine>, StoreError> {
        self.lines(&Item::History).await
    }

    /// Reads lines. Those that cannot be read are passed over and counted. A last line without its end is one that a
    /// crash cut short, and does not count.
    pub(super) async fn lines<T: DeserializeOwned>(&self, item: &Item) -> Result<Lines<T>, StoreError> {
        let bytes = self.medium().look().read(item).await?.unwrap_or_default();
        let place = self.medium().place(item);
        let mut lines = Lines { place, records: Vec::new(), unreadable: Vec::new(), cut_short: false };
        for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let Some(line) = line.strip_suffix(b"\n") else {
                lines.cut_short = true;
                break;
            };
            match serde_json::from_slice(line) {
                _ if line.is_empty() => {}
                Ok(record) => lines.records.push(record),
                Err(_) => lines.unreadable.push(index + 1),
            }
        }
        Ok(lines)
    }

    /// Lists the snapshots that were replaced and not removed, by lineage and serial: the last of each lineage.
    pub async fn backups(&self) -> Result<Vec<Backup>, StoreError> {
        self.medium().backups().await.map(|names| self.placed(names.into()))
    }

    /// Lists them together with those that were removed and that are kept as versions all the same.
    pub async fn replaced(&self) -> Result<Backups, StoreError> {
        let mut replaced = self.medium().replaced().await?;
        let unlisted = replaced.unlisted.take();
        Ok(Backups { all: self.placed(replaced), unlisted })
    }

    fn placed(&self, replaced: Replaced) -> Vec<Backup> {
        let place = |name: &BackupName, version: Option<&str>| match version {
            Some(version) => self.medium().place_of_version(name, version),
            None => self.medium().place(&Item::Backup(name.clone())),
        };
        let mut backups = replaced.backups;
        backups.sort_unstable();
        let backups = backups.into_iter();
        backups
            .map(|(name, version)| Backup { place: place(&name, version.as_deref()), name, version })
            .collect()
    }

    /// Reads a snapshot that was replaced; none where it is gone.
    pub async fn backup(&self, backup: &Backup) -> Result<Option<State>, StoreError> {
        let bytes = match &backup.version {
            Some(version) => self.medium().read_version(&backup.name, version).await?,
            None => self.medium().look().read(&Item::Backup(backup.name.clone())).await?,
        };
        bytes.map(|bytes| snapshot::parse(&backup.place, &bytes, Some(self.train()))).transpose()
    }
}

impl Backup {
    /// Tells whether it is of a state's line of descent.
    pub fn is_of(&self, state: &State) -> bool {
        backup_of(&Base::of(state)).lineage == self.name.lineage
    }
}

impl<M: Medium> KeptSession<M> {
    /// Puts the state in its own place, for how it is written and not for what it says, and returns it.
    pub async fn rewrite(&mut self) -> Result<Option<State>, StoreError> {
        let state = self.read().await?;
        let Some(state) = state else { return Ok(None) };
        // All of it, also where the snapshot is so already: others may have added to the rest since.
        self.held.renew().await?;
        // One of an older format becomes another by it.
        if state.format_version < FORMAT_VERSION {
            self.back_up(&Base::of(&state)).await?;
        }
        self.put(&state).await?;
        Ok(Some(state))
    }

    /// Puts a state that was changed by hand in the place of the one that is there, which is kept as a backup, and
    /// writes down who did that. Its serial is above the other's.
    pub async fn change(&mut self, state: &State, record: ChangeRecord) -> Result<(), StoreError> {
        let before = self.read().await?;
        // First: a change that nobody wrote down could not be told afterwards. One that was cut off before it was made is
        // known by what follows it: nothing builds on its serial.
        self.note(HistoryLine::Change(record)).await?;
        match before {
            Some(before) if before.lineage != state.lineage => self.supersede(state).await.map(|_| ()),
            _ => self.fold(state).await,
        }
    }
}
