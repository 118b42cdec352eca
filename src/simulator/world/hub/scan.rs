//! What the hub believes to be installed: what it was told last, by an agent that was asked to or that looks once a day.

use jiff::{SignedDuration, Timestamp};

use crate::package::{Digest, PackageSet};
use crate::simulator::world::{Id, Instance, World};

/// Agents look once in so many seconds.
const DAY: i64 = 86_400;

/// Returns the last moment up to `until` at which an instance's agent looks what is installed, each at an hour of its own.
fn last_scan(id: &str, until: Timestamp) -> Timestamp {
    let digest = Digest::of([id, "/scan"]);
    let bytes = digest.as_bytes();
    let phase = i64::from(u32::from_be_bytes([0, bytes[0], bytes[1], bytes[2]])) % DAY;
    let second = until.as_second();
    let last = (second - phase).div_euclid(DAY) * DAY + phase;
    Timestamp::from_second(last).unwrap_or(Timestamp::MIN)
}

impl Instance {
    /// Returns what the hub believes to be installed.
    pub(crate) fn inventory(&self) -> &PackageSet {
        self.hub.seen.as_ref().unwrap_or(&self.installed)
    }

    /// Returns when the hub was last told what is installed.
    pub(crate) fn refreshed(&self, id: &str, now: Timestamp) -> Timestamp {
        let until = self.silent_since.map_or(now, |since| since.min(now));
        let scanned = last_scan(id, until);
        let counts = self.hub.scans_from.is_none_or(|from| from <= scanned);
        let scanned = counts.then_some(scanned);
        // Registering tells too.
        let known = self.known_from.unwrap_or(self.made);
        scanned.max(self.hub.told).unwrap_or(known).max(known.min(now))
    }
}

impl World {
    /// Notes that an instance holds something else than before: the hub goes on believing what it was told.
    pub(in crate::simulator::world) fn outdate(&mut self, id: &Id, before: PackageSet, at: Timestamp) {
        let Some(instance) = self.instances.get_mut(id) else { return };
        if instance.hub.seen.is_none() {
            instance.hub.seen = Some(before);
            self.await_scan(id, at);
        }
    }

    /// Has the next daily look of an instance noticed, where the hub does not know what there is.
    fn await_scan(&mut self, id: &Id, at: Timestamp) {
        let next = last_scan(id, at) + SignedDuration::from_secs(DAY);
        self.hub.scans.insert((next, id.clone()));
    }

    /// An agent looks what is installed, if it is not silent.
    pub(in crate::simulator::world) fn scan(&mut self, id: &Id) {
        let Some(instance) = self.instances.get_mut(id).filter(|instance| instance.is_reachable()) else {
            return;
        };
        instance.hub.seen = None;
    }

    /// An agent has told what is installed.
    pub(super) fn tell(&mut self, id: &Id, at: Timestamp) {
        if let Some(instance) = self.instances.get_mut(id) {
            instance.hub.seen = None;
            instance.hub.told = Some(at);
        }
    }

    /// An agent is back: it has not looked while it was silent, and does so again from now on.
    pub(in crate::simulator::world) fn resume_scans(
        &mut self,
        id: &Id,
        silent_since: Timestamp,
        at: Timestamp,
    ) {
        let Some(instance) = self.instances.get_mut(id) else { return };
        let told = Instance { silent_since: Some(silent_since), ..instance.clone() }.refreshed(id, at);
        instance.hub.told = Some(told);
        instance.hub.scans_from = Some(at);
        if instance.hub.seen.is_some() {
            self.await_scan(id, at);
        }
    }
}
