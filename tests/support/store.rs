//! A state store in memory: what was appended is durable, what was not is lost. Several "processes" share one.

use std::sync::{Arc, Mutex};

use patchtrain::state::store::{Base, HistoryRecord, Holder, Session, Store, StoreError};
use patchtrain::state::{Entry, State};

#[derive(Clone, Debug, Default)]
pub(crate) struct MemoryStore(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    snapshot: Option<State>,
    base: Option<Base>,
    journal: Vec<Entry>,
}

impl MemoryStore {
    pub(crate) fn holding(state: State) -> Self {
        let kept = Kept { snapshot: Some(state), ..Kept::default() };
        Self(Arc::new(Mutex::new(kept)))
    }

    pub(crate) fn state(&self) -> Option<State> {
        let kept = self.0.lock().unwrap();
        let new = || kept.base.as_ref().map(Base::beginning);
        let mut state = kept.snapshot.clone().or_else(new)?;
        if !kept.journal.is_empty() {
            kept.journal.iter().for_each(|entry| state.record(entry).unwrap());
            state.serial += 1;
        }
        Some(state)
    }
}

impl Store for MemoryStore {
    type Session = Self;

    async fn load(&self) -> Result<Option<State>, StoreError> {
        Ok(self.state())
    }

    async fn lock(&self, _holder: &Holder) -> Result<Self, StoreError> {
        Ok(self.clone())
    }
}

impl Session for MemoryStore {
    async fn load(&mut self) -> Result<Option<State>, StoreError> {
        let state = self.state();
        let mut kept = self.0.lock().unwrap();
        kept.journal.clear();
        kept.snapshot.clone_from(&state);
        Ok(state)
    }

    async fn append(&mut self, base: &Base, entries: &[Entry]) -> Result<(), StoreError> {
        let mut kept = self.0.lock().unwrap();
        kept.base = Some(base.clone());
        kept.journal.extend_from_slice(entries);
        Ok(())
    }

    async fn fold(&mut self, state: &State) -> Result<(), StoreError> {
        let mut kept = self.0.lock().unwrap();
        kept.snapshot = Some(state.clone());
        kept.journal.clear();
        Ok(())
    }

    async fn history(&mut self, _record: &HistoryRecord) -> Result<(), StoreError> {
        Ok(())
    }
}
