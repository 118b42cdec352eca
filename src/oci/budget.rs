//! A retry budget: so many attempts beyond the first, all calls together. A call that is served earns one back, so that
//! a service which serves most of what it is asked is asked to the end, however long the run, and one that serves less
//! than half is not made to fail every call eight times. A run has one, and each of its clients a little one of its own.

use std::sync::atomic::{AtomicU32, Ordering};

/// What a run begins with: enough for any burst that passes.
const FIRST: u32 = 200;
/// What it can save up.
const MOST: u32 = 1_000;
/// What a client has by itself: enough for what a healthy service fails now and then.
const OWN: u32 = 20;

/// What is left of it.
#[derive(Debug)]
pub(super) struct Budget {
    left: AtomicU32,
    most: u32,
}

impl Budget {
    /// Begins a run.
    pub(super) fn of_run() -> Self {
        Self { left: AtomicU32::new(FIRST), most: MOST }
    }

    /// Is what a client has by itself, whatever the others have used up.
    pub(super) fn of_client() -> Self {
        Self { left: AtomicU32::new(OWN), most: OWN }
    }

    /// Takes what another attempt costs; false when nothing is left.
    pub(super) fn spend(&self) -> bool {
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
    }

    /// Takes what a call that was served earns; false when it is full.
    pub(super) fn earn(&self) -> bool {
        let more = |left: u32| (left < self.most).then_some(left + 1);
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_and_is_earned_back_up_to_a_bound() {
        for (budget, first, most) in [(Budget::of_run(), 200, 1_000), (Budget::of_client(), 20, 20)] {
            assert_eq!((0..1_000).filter(|_| budget.spend()).count(), first);
            assert!(budget.earn());
            assert_eq!((budget.spend(), budget.spend()), (true, false));
            assert_eq!((0..5_000).filter(|_| budget.earn()).count(), most);
            assert_eq!((0..5_000).filter(|_| budget.spend()).count(), most);
        }
    }
}
