//! A store that is a value, with crashes: what was appended by then is the truth.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use super::{lineage, train};
use crate::state::store::{Base, HistoryRecord, Holder, Session, Store, StoreError};
use crate::state::{Entry, State};

#[derive(Clone, Default)]
pub(super) struct MemoryStore(Arc<Mutex<Inner>>);

#[derive(Default)]
pub(super) struct Inner {
    pub(super) snapshot: Option<State>,
    pub(super) journal: Vec<Entry>,
    /// Snapshot and journal, kept up to date from the last load on.
    pub(super) durable: Option<State>,
    pub(super) history: Vec<HistoryRecord>,
    /// How many entries each append had.
    pub(super) batches: Vec<usize>,
    pub(super) folds: usize,
    pub(super) fails: Option<Fails>,
    /// The append, from 0, or the fold where there are fewer, to which there is no answer.
    pub(super) hangs_at: Option<usize>,
}

/// The append from which on the store does not work, from 0, and whether that one still becomes durable.
#[derive(Clone, Copy)]
pub(super) struct Fails {
    pub(super) at: usize,
    pub(super) durable: bool,
}

impl MemoryStore {
    pub(super) fn with<T>(&self, look: impl FnOnce(&mut Inner) -> T) -> T {
        look(&mut self.0.lock().unwrap())
    }

    /// What a load gives: the snapshot, and the journal replayed onto it.
    pub(super) fn current(&self) -> Option<State> {
        self.with(|inner| {
            if inner.journal.is_empty() {
                return inner.snapshot.clone();
            }
            let mut state = inner.snapshot.clone().unwrap_or_else(|| State::new(train(), lineage()));
            for entry in &inner.journal {
                state.record(entry).unwrap();
            }
            state.serial += 1;
            Some(state)
        })
    }
}

fn broken() -> StoreError {
    let source = std::io::Error::other("scripted");
    StoreError::Io { action: "write", path: PathBuf::from("memory"), source }
}

impl Store for MemoryStore {
    type Session = Self;

    async fn load(&self) -> Result<Option<State>, StoreError> {
        Ok(self.current())
    }

    async fn lock(&self, _: &Holder) -> Result<Self, StoreError> {
        Ok(self.clone())
    }
}

impl Session for MemoryStore {
    async fn load(&mut self) -> Result<Option<State>, StoreError> {
        let state = self.current();
        self.with(|inner| {
            inner.snapshot.clone_from(&state);
            inner.durable = Some(state.clone().unwrap_or_else(|| State::new(train(), lineage())));
            inner.journal.clear();
        });
        Ok(state)
    }

    async fn append(&mut self, base: &Base, entries: &[Entry]) -> Result<(), StoreError> {
        if self.with(|inner| inner.hangs_at == Some(inner.batches.len())) {
            std::future::pending().await
        }
        // As long as a disk takes: others get their turn meanwhile, and their entries go into the next batch.
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        self.with(|inner| {
            let serial = inner.snapshot.as_ref().map_or(0, |state| state.serial);
            assert_eq!(
                *base,
                Base { train: train(), lineage: lineage(), serial, ..base.clone() },
                "the base is the snapshot"
            );
            assert!(!entries.is_empty(), "nothing was appended");
            let fails = inner.fails.filter(|fails| inner.batches.len() >= fails.at);
            if fails.is_none_or(|fails| fails.durable && inner.batches.len() == fails.at) {
                inner.journal.extend_from_slice(entries);
                if let Some(state) = &mut inner.durable {
                    entries.iter().for_each(|entry| state.record(entry).unwrap());
                }
            }
            inner.batches.push(entries.len());
            if fails.is_some() { Err(broken()) } else { Ok(()) }
        })
    }

    async fn fold(&mut self, state: &State) -> Result<(), StoreError> {
        if self.with(|inner| inner.hangs_at.is_some()) {
            std::future::pending().await
        }
        let expected = self.current();
        self.with(|inner| {
            assert_eq!(expected.as_ref(), Some(state), "the fold is the replayed journal");
            inner.snapshot = Some(state.clone());
            inner.journal.clear();
            inner.folds += 1;
            Ok(())
        })
    }

    async fn history(&mut self, record: &HistoryRecord) -> Result<(), StoreError> {
        self.with(|inner| inner.history.push(record.clone()));
        Ok(())
    }
}
