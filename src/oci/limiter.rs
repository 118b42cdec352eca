//! How many calls are in flight: at most what was asked for, fewer while the service says "too many requests" (429).
//!
//! The bound is halved when a call is refused, once for all calls that were in flight together, and grows again by one
//! for each round of calls that are served, as TCP shares a line that nobody knows the width of.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};

/// The bound.
#[derive(Debug)]
pub(super) struct Limiter {
    places: Semaphore,
    most: usize,
    now: Mutex<Bound>,
}

#[derive(Debug)]
struct Bound {
    limit: usize,
    /// Places that are taken back as soon as they are free.
    debt: usize,
    /// Calls served since the bound last grew.
    served: usize,
    /// How often the bound was lowered.
    lowered: u64,
}

/// A place among the calls in flight.
#[derive(Debug)]
pub(super) struct Place<'a> {
    limiter: &'a Limiter,
    permit: Option<SemaphorePermit<'a>>,
    /// How often the bound had been lowered when the place was taken, or was last found to be one still.
    lowered: u64,
}

impl Limiter {
    /// Allows so many calls at once; at least one.
    pub(super) fn new(most: usize) -> Self {
        let most = most.clamp(1, Semaphore::MAX_PERMITS);
        let now = Bound { limit: most, debt: 0, served: 0, lowered: 0 };
        Self { places: Semaphore::new(most), most, now: Mutex::new(now) }
    }

    fn now(&self) -> MutexGuard<'_, Bound> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns how many calls may be in flight now.
    #[cfg(test)]
    pub(super) fn limit(&self) -> usize {
        self.now().limit
    }

    /// Waits for a place.
    pub(super) async fn place(&self) -> Place<'_> {
        let permit = self.places.acquire().await.expect("the semaphore is never closed");
        Place { limiter: self, permit: Some(permit), lowered: self.now().lowered }
    }
}

impl Place<'_> {
    /// Tells whether there is room for the call under the bound as it is now, which may have been lowered while the call
    /// waited for something else. Where there is none the place is to be given up.
    pub(super) fn still_is_one(&mut self) -> bool {
        let bound = self.limiter.now();
        self.lowered = bound.lowered;
        bound.debt == 0
    }

    /// The call was served: there is room for it, and soon for one more.
    pub(super) fn served(self) {
        let limiter = self.limiter;
        let mut bound = limiter.now();
        if bound.limit == limiter.most {
            return;
        }
        bound.served += 1;
        if bound.served < bound.limit {
            return;
        }
        bound.served = 0;
        bound.limit += 1;
        match bound.debt.checked_sub(1) {
            Some(debt) => bound.debt = debt,
            None => limiter.places.add_permits(1),
        }
    }

    /// The call was refused as one too many.
    pub(super) fn refused(self) {
        let limiter = self.limiter;
        let mut bound = limiter.now();
        // What was already in flight when the bound was lowered says nothing of the lower one.
        if bound.lowered > self.lowered {
            return;
        }
        let lower = (bound.limit / 2).max(1);
        let less = bound.limit - lower;
        bound.debt += less - limiter.places.forget_permits(less);
        (bound.limit, bound.served, bound.lowered) = (lower, 0, bound.lowered + 1);
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let Some(permit) = self.permit.take() else { return };
        let mut bound = self.limiter.now();
        if let Some(debt) = bound.debt.checked_sub(1) {
            bound.debt = debt;
            permit.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_halves_once_for_calls_that_were_refused_together() {
        let limiter = Limiter::new(8);
        let mut places = Vec::new();
        for _ in 0..8 {
            places.push(limiter.place().await);
        }
        for place in places {
            place.refused();
        }
        assert_eq!(limiter.limit(), 4);
        let mut held = Vec::new();
        for _ in 0..4 {
            held.push(limiter.place().await);
        }
        assert!(limiter.places.try_acquire().is_err(), "four and no more");
        held.pop().unwrap().refused();
        assert_eq!(limiter.limit(), 2);
        held.clear();
        limiter.place().await.refused();
        limiter.place().await.refused();
        assert_eq!(limiter.limit(), 1, "one is left");
        let _last = limiter.place().await;
        assert!(limiter.places.try_acquire().is_err());
    }

    #[tokio::test]
    async fn it_grows_by_one_a_round_up_to_what_was_asked_for() {
        let limiter = Limiter::new(8);
        limiter.place().await.refused();
        assert_eq!(limiter.limit(), 4);
        let mut limits = Vec::new();
        for _ in 0..30 {
            limiter.place().await.served();
            limits.push(limiter.limit());
        }
        // 4 served calls for the fifth place, 5 for the sixth, and so on.
        assert_eq!(
            [limits[2], limits[3], limits[7], limits[8], limits[14], limits[21], limits[29]],
            [4, 5, 5, 6, 7, 8, 8]
        );
        let mut held = Vec::new();
        for _ in 0..8 {
            held.push(limiter.place().await);
        }
        assert!(limiter.places.try_acquire().is_err());
    }

    #[tokio::test]
    async fn a_place_that_was_taken_before_the_bound_was_lowered_is_one_only_where_there_is_room() {
        let limiter = Limiter::new(4);
        let (sent, mut first) = (limiter.place().await, limiter.place().await);
        let (mut second, mut third) = (limiter.place().await, limiter.place().await);
        sent.refused();
        assert_eq!(limiter.limit(), 2);
        // Three places are taken, and there are two.
        assert!(!first.still_is_one());
        drop(first);
        assert!(second.still_is_one() && third.still_is_one());
        // What they are refused says something of the lower bound.
        third.refused();
        assert_eq!(limiter.limit(), 1);
        drop(second);
        assert_eq!(limiter.places.available_permits(), 1);
    }

    #[tokio::test]
    async fn a_place_that_is_given_up_comes_back() {
        let limiter = Limiter::new(2);
        drop((limiter.place().await, limiter.place().await));
        assert_eq!(limiter.places.available_permits(), 2);
    }
}
