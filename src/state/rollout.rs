//! How a group moves, or last moved, to a release: since when, who failed, what stopped it, and whether somebody paused
//! it. Kept for groups that have waves or say how many failures they put up with, and for those that were paused.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::State;
use crate::name::{GroupName, Ocid, ReleaseName};

/// A rollout. It binds every later run until it has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RolloutRecord {
    /// The release that the group moves to; none for a group that was paused before it ever moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<ReleaseName>,
    /// Since when.
    pub started: Timestamp,
    /// In how many waves. Who is in which stands with each instance.
    pub waves: u32,
    /// The waves of members that are not on record yet.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub awaited: BTreeMap<Ocid, u32>,
    /// Members that failed and have not got there since.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub failed: BTreeMap<Ocid, Failure>,
    /// What stopped it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stopped>,
    /// Who paused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<Paused>,
    /// How it ended, where it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<RolloutEnd>,
}

/// A member that failed: its update failed or did not end in time, or what was read back is not what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// Its wave, from 1.
    pub wave: u32,
    /// When.
    pub at: Timestamp,
    /// Why, for people.
    pub why: String,
}

/// What stopped a rollout.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stopped {
    /// The wave that it stopped in, from 1.
    pub wave: u32,
    /// How many had failed.
    pub failed: usize,
    /// How many are put up with.
    pub allowed: usize,
    /// Whether that is of the whole group, not of the wave.
    pub whole: bool,
    /// When.
    pub at: Timestamp,
}

/// A pause.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paused {
    /// Who said so.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why, where that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// The end of a rollout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RolloutEnd {
    /// How.
    pub how: Ending,
    /// When.
    pub at: Timestamp,
}

/// How a rollout ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// The group is at the release's level.
    Done,
    /// Somebody had the group go elsewhere instead.
    Aborted {
        /// Where.
        to: ReleaseName,
    },
}

impl RolloutRecord {
    /// Returns that of a group that has not moved.
    fn none(at: Timestamp) -> Self {
        Self {
            release: None,
            started: at,
            waves: 0,
            awaited: BTreeMap::new(),
            failed: BTreeMap::new(),
            stopped: None,
            paused: None,
            ended: None,
        }
    }

    /// Tells whether it goes on.
    pub fn is_open(&self) -> bool {
        self.release.is_some() && self.ended.is_none()
    }

    /// Tells whether it is one to a release, and goes on.
    pub fn is_to(&self, release: &ReleaseName) -> bool {
        self.is_open() && self.release.as_ref() == Some(release)
    }

    /// Returns how many have failed in a wave.
    pub fn failed_in(&self, wave: u32) -> usize {
        self.failed.values().filter(|failure| failure.wave == wave).count()
    }

    pub(super) fn finish(&mut self, at: Timestamp) {
        self.failed.clear();
        self.stopped = None;
        self.ended = Some(RolloutEnd { how: Ending::Done, at });
    }
}

impl State {
    /// Tells whether the state is, for a plan, as it was at a serial: it is at that, or rollouts alone were paused and
    /// resumed since.
    pub fn is_as_at(&self, serial: u64) -> bool {
        self.steady.unwrap_or(self.serial) <= serial && serial <= self.serial
    }

    /// Returns since when so many of these instances have been at a release's level, as proven; no time where nobody has to
    /// be. Where they are not, returns how many are.
    pub fn level_since<'a>(
        &self,
        release: &ReleaseName,
        instances: impl IntoIterator<Item = &'a Ocid>,
        need: usize,
    ) -> Result<Option<Timestamp>, usize> {
        let level = |id| self.instances.get(id)?.at_level.as_ref().filter(|level| level.release == *release);
        let mut since: Vec<Timestamp> =
            instances.into_iter().filter_map(level).map(|level| level.since).collect();
        if since.len() < need {
            return Err(since.len());
        }
        since.sort_unstable();
        Ok(need.checked_sub(1).map(|last| since[last]))
    }

    /// Pauses a group's rollout, or keeps the group from beginning one. Tells whether that is new.
    pub fn pause(&mut self, group: &GroupName, paused: Paused) -> bool {
        let record = self.rollouts.entry(group.clone()).or_insert_with(|| RolloutRecord::none(paused.at));
        let new = record.paused.is_none();
        record.paused.get_or_insert(paused);
        new
    }

    /// Has a group's rollout go on: it is paused no more, what failed may be tried again, and whoever did not boot as
    /// expected is booted once more. Tells whether anything kept it.
    pub fn resume(&mut self, group: &GroupName) -> bool {
        let booted = self.forgive_boots(group);
        let Some(record) = self.rollouts.get_mut(group) else { return booted };
        let (paused, stopped) = (record.paused.take().is_some(), record.stopped.take().is_some());
        let kept = paused || stopped || booted;
        // What failed while it was only paused goes on counting.
        if stopped {
            record.failed.clear();
        }
        if record.release.is_none() {
            self.rollouts.remove(group);
        }
        kept
    }

    /// Ends a rollout that goes elsewhere instead. Tells whether there was one.
    pub fn abort(&mut self, group: &GroupName, to: &ReleaseName, at: Timestamp) -> bool {
        let Some(record) = self.rollouts.get_mut(group).filter(|record| record.is_open()) else {
            return false;
        };
        record.failed.clear();
        (record.stopped, record.paused) = (None, None);
        record.ended = Some(RolloutEnd { how: Ending::Aborted { to: to.clone() }, at });
        true
    }

    /// Returns the wave of a group that an instance is fixed to be in, from 1.
    pub fn wave_of(&self, group: &GroupName, instance: &Ocid) -> Option<u32> {
        let own = self.instances.get(instance).filter(|record| record.group == *group && record.wave > 0);
        let waits = || self.rollouts.get(group)?.awaited.get(instance).copied();
        own.map(|record| record.wave).or_else(waits)
    }

    /// Begins a rollout, and fixes who is in which wave until it has ended.
    pub(super) fn begin_rollout(
        &mut self,
        group: &GroupName,
        release: &ReleaseName,
        waves: &[Vec<Ocid>],
        at: Timestamp,
    ) {
        for record in self.instances.values_mut().filter(|record| record.group == *group) {
            record.wave = 0;
        }
        let paused = self.rollouts.remove(group).and_then(|before| before.paused);
        let mut rollout = RolloutRecord {
            release: Some(release.clone()),
            waves: u32::try_from(waves.len()).unwrap_or(u32::MAX),
            paused,
            ..RolloutRecord::none(at)
        };
        for (wave, members) in (1..).zip(waves) {
            for id in members {
                match self.instances.get_mut(id).filter(|record| record.group == *group) {
                    Some(record) => record.wave = wave,
                    None => _ = rollout.awaited.insert(id.clone(), wave),
                }
            }
        }
        self.rollouts.insert(group.clone(), rollout);
    }

    /// Takes over the wave of somebody who has got on record.
    pub(super) fn settle_wave(&mut self, group: &GroupName, instance: &Ocid) {
        let Some(rollout) = self.rollouts.get_mut(group) else { return };
        let Some(wave) = rollout.awaited.remove(instance) else { return };
        if let Some(record) = self.instances.get_mut(instance) {
            record.wave = wave;
        }
    }
}

#[cfg(test)]
mod tests;
