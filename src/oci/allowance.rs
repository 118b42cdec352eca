//! What one run may ask of the services, all its clients together: so many calls in flight, and one retry budget.
//!
//! A run that selects members talks to three services, and `--parallelism` is about this machine and its line, not
//! about each of them. What one service says of itself stays with its client: "too many requests" lowers that client's
//! own bound ([`super::limiter`]), below the one here, and a dead service opens that client's circuit
//! ([`super::breaker`]); the others can bear no more and no less for it.

use std::sync::Arc;

use tokio::sync::{Semaphore, SemaphorePermit};

use super::budget::Budget;

/// What the clients of one run share. Cheap to clone; clones are the same.
#[derive(Clone, Debug)]
pub struct Allowance(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    places: Semaphore,
    budget: Budget,
}

/// One of the calls in flight.
pub(super) type Share<'a> = SemaphorePermit<'a>;

impl Allowance {
    /// Allows so many calls at once; at least one.
    pub fn new(calls: usize) -> Self {
        let places = Semaphore::new(calls.clamp(1, Semaphore::MAX_PERMITS));
        Self(Arc::new(Shared { places, budget: Budget::new() }))
    }

    /// Is that of a client by itself, which has a bound of its own.
    pub(super) fn of_one() -> Self {
        Self::new(Semaphore::MAX_PERMITS)
    }

    /// Waits for a place among the calls in flight, first come, first served.
    pub(super) async fn place(&self) -> Share<'_> {
        self.0.places.acquire().await.expect("the semaphore is never closed")
    }

    /// Returns what may be tried again.
    pub(super) fn budget(&self) -> &Budget {
        &self.0.budget
    }
}
