//! What a step's own look has brought, for the call that the step then makes: to detach a source one has to say which.
//!
//! No look is ever answered from here. Safety rule 2 has each step look again just before it runs, and a row that an
//! earlier step or the survey of the plan has read is what that look is to be checked against: the first step after an
//! approval would else be checked against the very rows that it was planned from. That costs two reading calls more for
//! each instance than answering looks from rows of the last ten seconds did. A row serves for [`FRESH`], and never
//! across a change that this process asked for: whatever is about to change an instance forgets it first.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::name::Ocid;
use crate::observed::Instance;

/// How long a row of an instance serves: between the look of a step and its call only *started* is made durable.
const FRESH: Duration = Duration::from_secs(2);
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

    /// Takes in an instance, asked for at a moment, and the compartment that it is in.
    pub(super) fn learn(&self, id: &Ocid, asked: Instant, instance: &Instance, compartment: &str) {
        let mut inner = self.inner();
        inner.instances.insert(id.clone(), (asked, instance.clone()));
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
    pub(super) fn forget(&self, id: &Ocid) {
        self.inner().instances.remove(id);
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
