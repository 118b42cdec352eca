//! The retry budget of a run: so many attempts beyond the first, all calls together. A call that is served earns one
//! back, so that a service which serves most of what it is asked is asked to the end, however long the run, and one
//! that serves less than half is not made to fail every call eight times.

use std::sync::atomic::{AtomicU32, Ordering};

/// What a run begins with: enough for any burst that passes.
const FIRST: u32 = 200;
/// What it can save up.
const MOST: u32 = 1_000;

/// What is left of it.
#[derive(Debug)]
pub(super) struct Budget(AtomicU32);

impl Budget {
    /// Begins a run.
    pub(super) fn new() -> Self {
        Self(AtomicU32::new(FIRST))
    }

    /// Takes what another attempt costs; false when nothing is left.
    pub(super) fn spend(&self) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
    }

    /// A call was served.
    pub(super) fn earn(&self) {
        let more = |left: u32| (left < MOST).then_some(left + 1);
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_and_is_earned_back_up_to_a_bound() {
        let budget = Budget::new();
        assert_eq!((0..1_000).filter(|_| budget.spend()).count(), 200);
        budget.earn();
        assert_eq!((budget.spend(), budget.spend()), (true, false));
        (0..5_000).for_each(|_| budget.earn());
        assert_eq!((0..5_000).filter(|_| budget.spend()).count(), 1_000);
    }
}
