//! What a step has just read of its instance, and need not be read again by the next: a call saved for each step of each
//! instance.
//!
//! A step looks at its instance just before it runs, and what it does to the instance is read back; the next step's look
//! a moment later would bring the same answer. Only such readings are kept here, never those of the survey that a plan is
//! made from: safety rule 2 has the first step look again, however short ago that was. A row serves for [`FRESH`], and
//! never across a change that this process asked for: whatever is about to change an instance forgets it first, and what
//! a change made of it is read anew. So only somebody else's change of the last few seconds, after our own look, can be
//! missed, which no look excludes: it may come just after. Open work is always asked for.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::name::Ocid;
use crate::observed::Instance;

/// How long a row of an instance serves.
const FRESH: Duration = Duration::from_secs(10);
/// How long a source that was seen ACTIVE is taken to be so. Nothing deletes one that instances are put on.
const ACTIVE: Duration = Duration::from_secs(10);

/// Rows and when they were asked for.
#[derive(Debug, Default)]
pub(super) struct Recent {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    instances: HashMap<Ocid, (Instant, Instance)>,
    homes: HashMap<Ocid, String>,
    active: HashMap<Ocid, Instant>,
}

impl Recent {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in an instance, asked for at a moment by a step.
    pub(super) fn learn(&self, id: &Ocid, asked: Instant, instance: &Instance) {
        self.inner().instances.insert(id.clone(), (asked, instance.clone()));
    }

    /// Takes note of the compartment that an instance is in.
    pub(super) fn note_home(&self, id: &Ocid, compartment: &str) {
        let mut inner = self.inner();
        if inner.homes.get(id).is_none_or(|known| known != compartment) {
            inner.homes.insert(id.clone(), compartment.to_owned());
        }
    }

    /// Returns an instance that was read a moment ago.
    pub(super) fn instance(&self, id: &Ocid) -> Option<Instance> {
        let inner = self.inner();
        inner.instances.get(id).filter(|(at, _)| at.elapsed() < FRESH).map(|(_, instance)| instance.clone())
    }

    /// Returns the compartment that an instance was seen in.
    pub(super) fn home(&self, id: &Ocid) -> Option<String> {
        self.inner().homes.get(id).cloned()
    }

    /// Forgets an instance: it is being changed, or nobody knows whether it was.
    pub(super) fn forget(&self, id: &Ocid) -> Option<(Instant, Instance)> {
        self.inner().instances.remove(id)
    }

    /// Takes in again what was forgotten for a change that is done by now, with what the change made of it.
    pub(super) fn changed(
        &self,
        id: &Ocid,
        known: Option<(Instant, Instance)>,
        change: impl FnOnce(&mut Instance),
    ) {
        if let Some((at, mut instance)) = known {
            change(&mut instance);
            self.inner().instances.insert(id.clone(), (at, instance));
        }
    }

    /// Tells whether a source was seen ACTIVE a moment ago.
    pub(super) fn is_active(&self, source: &Ocid) -> bool {
        self.inner().active.get(source).is_some_and(|at| at.elapsed() < ACTIVE)
    }

    /// Takes note that a source is ACTIVE.
    pub(super) fn note_active(&self, source: &Ocid) {
        self.inner().active.insert(source.clone(), Instant::now());
    }
}
