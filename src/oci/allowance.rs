//! What one run may ask of the services, all its clients together: so many calls in flight, and one retry budget.
//!
//! A run that selects members talks to three services, and `--parallelism` is about this machine and its line, not
//! about each of them. What one service says of itself stays with its client: "too many requests" lowers that client's
//! own bound ([`super::limiter`]), below the one here, and a dead service opens that client's circuit
//! ([`super::breaker`]). A service that says it to every call can use up the budget here all the same, which is why each
//! client has a little of its own before it ([`Purse`]): enough to go on at a service that fails a call now and then.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};

use super::budget::Budget;

/// What the clients of one run share. Cheap to clone; clones are the same.
#[derive(Clone, Debug)]
pub struct Allowance(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    places: Semaphore,
    budget: Budget,
    /// At which services it was spent, and how often.
    spent: Mutex<BTreeMap<String, u32>>,
}

/// One of the calls in flight.
pub(super) type Share<'a> = SemaphorePermit<'a>;

impl Allowance {
    /// Allows so many calls at once; at least one.
    pub fn new(calls: usize) -> Self {
        let places = Semaphore::new(calls.clamp(1, Semaphore::MAX_PERMITS));
        Self(Arc::new(Shared { places, budget: Budget::of_run(), spent: Mutex::default() }))
    }

    /// Is that of a client by itself, which has a bound of its own.
    pub(super) fn of_one() -> Self {
        Self::new(Semaphore::MAX_PERMITS)
    }

    /// Waits for a place among the calls in flight, first come, first served.
    pub(super) async fn place(&self) -> Share<'_> {
        self.0.places.acquire().await.expect("the semaphore is never closed")
    }

    /// Spends what another attempt at a service costs; an error names the service where most of it went.
    fn spend(&self, service: &str) -> Result<(), String> {
        let spent = &mut *self.0.spent.lock().unwrap_or_else(PoisonError::into_inner);
        if self.0.budget.spend() {
            *spent.entry(service.to_owned()).or_default() += 1;
            return Ok(());
        }
        let most = spent.iter().max_by_key(|(_, times)| **times);
        Err(most.map_or(service, |(service, _)| service.as_str()).to_owned())
    }
}

/// What a client may try again: what is its own, and then what the run has left.
#[derive(Debug)]
pub(super) struct Purse(Budget);

impl Purse {
    /// Is a new client's.
    pub(super) fn new() -> Self {
        Self(Budget::of_client())
    }

    /// Spends what another attempt at the client's service costs; an error names the service where most of what the run
    /// had went.
    pub(super) fn spend(&self, run: &Allowance, service: &str) -> Result<(), String> {
        if self.0.spend() { Ok(()) } else { run.spend(service) }
    }

    /// A call was served.
    pub(super) fn earn(&self, run: &Allowance) {
        if !self.0.earn() {
            run.0.budget.earn();
        }
    }
}
