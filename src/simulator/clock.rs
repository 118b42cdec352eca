//! Where the simulator's time comes from: real time in the product, tokio's clock in tests, each moved on by what
//! people have asked for.

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// A source of time.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// The system's clock.
    Real,
    /// A moment, and the time that has passed on tokio's clock since; stands still where that is paused.
    Virtual {
        /// The moment.
        origin: Timestamp,
        /// Since when.
        begin: Instant,
    },
}

impl Clock {
    /// Starts a virtual clock at a moment.
    pub fn starting_at(origin: Timestamp) -> Self {
        Self::Virtual { origin, begin: Instant::now() }
    }

    /// Returns the time, moved on by an offset in seconds.
    pub(crate) fn now(&self, offset: i64) -> Timestamp {
        let now = match self {
            Self::Real => Timestamp::now(),
            Self::Virtual { origin, begin } => {
                let passed = SignedDuration::try_from(begin.elapsed()).unwrap_or(SignedDuration::MAX);
                origin.checked_add(passed).unwrap_or(Timestamp::MAX)
            }
        };
        now.checked_add(SignedDuration::from_secs(offset)).unwrap_or(Timestamp::MAX)
    }
}
