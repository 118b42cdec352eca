//! When agents last checked in, where the in-memory cloud has them do so.

use jiff::{SignedDuration, Timestamp};

use super::World;
use crate::observed::Instance;

impl World {
    /// Says of an instance whose agent checks in that it has done so just now.
    pub(super) fn check_in(&self, seen: Instance) -> Instance {
        let Some((start, begun)) = self.checkins.filter(|_| seen.status.takes_work()) else { return seen };
        let elapsed = SignedDuration::try_from(begun.elapsed()).unwrap_or(SignedDuration::MAX);
        let now = start.saturating_add(elapsed).unwrap_or(Timestamp::MAX);
        Instance { last_checkin: Some(now), ..seen }
    }
}
