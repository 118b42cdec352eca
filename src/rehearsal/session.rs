//! The state of a rehearsal: in memory, and gone with it.

use std::sync::{Arc, Mutex, PoisonError};

use crate::state::store::{Base, HistoryRecord, Session, StoreError};
use crate::state::{Entry, State};

/// A locked state that nobody else can see. The executor keeps the state of a run itself; what it leaves at its end is
/// what stands here.
#[derive(Clone)]
pub(super) struct InMemory(Arc<Mutex<State>>);

impl InMemory {
    pub(super) fn holding(state: State) -> Self {
        Self(Arc::new(Mutex::new(state)))
    }

    /// Returns what the last run has left.
    pub(super) fn state(&self) -> State {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Session for InMemory {
    async fn load(&mut self) -> Result<Option<State>, StoreError> {
        Ok(Some(self.state()))
    }

    async fn append(&mut self, _base: &Base, _entries: &[Entry]) -> Result<(), StoreError> {
        Ok(())
    }

    async fn fold(&mut self, state: &State) -> Result<(), StoreError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone_from(state);
        Ok(())
    }

    async fn history(&mut self, _record: &HistoryRecord) -> Result<(), StoreError> {
        Ok(())
    }
}
