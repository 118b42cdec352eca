//! What is ours, or no longer, because an op succeeded; and what that makes of the state. When it is said is the
//! journal's.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{FailedWork, GroupRecord, InstanceRecord, ProfileRecord, ScheduleRecord, SourceRecord, State};
use crate::name::{GroupName, Ocid, ReleaseName};
use crate::op::Schedule;
use crate::package::Digest;

/// What is ours, or no longer, because an op succeeded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Effect {
    /// A source is ours.
    Source {
        /// The release it holds.
        release: ReleaseName,
        /// Its id.
        id: Ocid,
        /// The release's digest.
        digest: Digest,
    },
    /// A group is bound by us.
    Group {
        /// The group.
        group: GroupName,
        /// Its id.
        id: Ocid,
        /// Whether we made it.
        made: bool,
        /// What the service calls it, where that is another name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        called: Option<Arc<str>>,
    },
    /// A group is gone.
    GroupGone {
        /// The group.
        group: GroupName,
    },
    /// An instance rides a release as a member of a group.
    Riding {
        /// The instance.
        instance: Ocid,
        /// Its display name.
        name: Arc<str>,
        /// Its group.
        group: GroupName,
        /// The release; none for an instance that has only joined.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        release: Option<ReleaseName>,
    },
    /// An instance is no longer a member of a group.
    InstanceGone {
        /// The instance.
        instance: Ocid,
        /// The group that it left. A record of it as another group's member stays.
        group: GroupName,
    },
    /// The source of a retired release is gone. Who rode it, and the levels proven then, stay on record.
    SourceGone {
        /// The release.
        release: ReleaseName,
    },
    /// Members of a group ride the release that the group is bound to.
    Crew {
        /// The group.
        group: GroupName,
        /// The release.
        release: ReleaseName,
        /// The members, each with its display name.
        instances: Vec<(Ocid, Arc<str>)>,
        /// The members on which it failed, where it did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failed: Option<FailedWork>,
    },
    /// Instances are no longer members of a group. Records of them as another group's members stay.
    Dismissed {
        /// The group.
        group: GroupName,
        /// The instances.
        instances: Vec<Ocid>,
    },
    /// Work on a group has ended, and on which members it failed.
    GroupWork {
        /// The group.
        group: GroupName,
        /// The failed part of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failed: Option<FailedWork>,
    },
    /// A registration profile is ours.
    Profile {
        /// The group.
        group: GroupName,
        /// The profile.
        id: Ocid,
    },
    /// A registration profile is gone.
    ProfileGone {
        /// The group. A record of another profile of it stays.
        group: GroupName,
        /// The profile.
        id: Ocid,
    },
    /// A scheduled job is ours, and does this.
    Schedule {
        /// The group.
        group: GroupName,
        /// The job.
        id: Ocid,
        /// What it does.
        schedule: Schedule,
    },
    /// A scheduled job is gone.
    ScheduleGone {
        /// The group. A record of another job of it stays.
        group: GroupName,
        /// The job.
        id: Ocid,
    },
}

impl State {
    pub(super) fn take_effect(&mut self, effect: &Effect, at: Timestamp) {
        match effect {
            Effect::Source { release, id, digest } => {
                let record = SourceRecord { id: id.clone(), digest: *digest, since: at, proven: None };
                self.sources.insert(release.clone(), record);
            }
            Effect::Group { group, id, made, called } => {
                self.bind(group, id, *made);
                if let Some(record) = self.groups.get_mut(group) {
                    record.called.clone_from(called);
                }
            }
            Effect::GroupGone { group } => {
                self.groups.remove(group);
                // The members of a group that is kept in other groups of the service now have gone there.
                let whole = group.whole();
                if !self.groups.keys().any(|other| other.is_of(&whole)) {
                    self.rollouts.remove(&whole);
                    let gone = self.instances.iter().filter(|(_, record)| record.group == whole);
                    let gone: Vec<Ocid> = gone.map(|(id, _)| id.clone()).collect();
                    gone.iter().for_each(|id| self.forget_instance(id));
                }
            }
            Effect::Riding { instance, name, group, release } => {
                self.ride(instance, name, group, release.as_ref(), at);
            }
            Effect::Schedule { group, id, schedule } => {
                let record = ScheduleRecord { id: id.clone(), schedule: *schedule, since: at };
                self.schedules.insert(group.clone(), record);
            }
            Effect::Crew { group, release, instances, failed } => {
                for (instance, name) in instances {
                    self.ride(instance, name, group, Some(release), at);
                }
                if let Some(record) = self.groups.get_mut(group) {
                    record.failed.clone_from(failed);
                }
            }
            Effect::Dismissed { group, instances } => {
                let (whole, wave) = (group.whole(), group.wave());
                for instance in instances {
                    let is_theirs = |record: &InstanceRecord| {
                        record.group == whole && wave.is_none_or(|wave| record.wave == wave)
                    };
                    if self.instances.get(instance).is_some_and(is_theirs) {
                        self.forget_instance(instance);
                    }
                }
            }
            Effect::GroupWork { group, failed } => {
                if let Some(record) = self.groups.get_mut(group) {
                    record.failed.clone_from(failed);
                }
            }
            Effect::Profile { group, id } => {
                // Of a group whose waves are groups of the service, whichever of them it is for.
                self.profiles.insert(group.whole(), ProfileRecord { id: id.clone(), since: at });
            }
            Effect::ProfileGone { group, id } => {
                if self.profiles.get(group).is_some_and(|record| record.id == *id) {
                    self.profiles.remove(group);
                }
            }
            Effect::ScheduleGone { group, id } => {
                if self.schedules.get(group).is_some_and(|record| record.id == *id) {
                    self.schedules.remove(group);
                }
            }
            Effect::InstanceGone { instance, group } => {
                if self.instances.get(instance).is_some_and(|record| record.group == *group) {
                    self.forget_instance(instance);
                }
            }
            Effect::SourceGone { release } => {
                self.sources.remove(release);
            }
        }
    }

    /// Binds a group. One that goes by another name in the train now is the same group, and so are its members.
    pub(super) fn bind(&mut self, group: &GroupName, id: &Ocid, made: bool) {
        let renamed = self.groups.iter().find(|(name, known)| known.id == *id && *name != group);
        let renamed = renamed.map(|(name, _)| name.clone());
        let same = renamed.as_ref().and_then(|name| self.groups.remove(name));
        if let Some(old) = renamed {
            let members = self.instances.values_mut().filter(|record| record.group == old);
            members.for_each(|record| record.group = group.clone());
            // Its job and its profile, too, unless the name has one of its own by now.
            if let Some(record) = self.schedules.remove(&old) {
                self.schedules.entry(group.clone()).or_insert(record);
            }
            if let Some(record) = self.profiles.remove(&old) {
                self.profiles.entry(group.clone()).or_insert(record);
            }
            if let Some(record) = self.rollouts.remove(&old) {
                self.rollouts.entry(group.clone()).or_insert(record);
            }
        }
        let known = self.groups.remove(group);
        // What is on record of another group of the service says nothing of this one.
        let same = same.into_iter().chain(known).find(|known| known.id == *id);
        let record = same.unwrap_or_else(|| GroupRecord {
            id: id.clone(),
            made,
            release: None,
            since: None,
            failed: None,
            called: None,
            accepted: BTreeSet::new(),
        });
        self.groups.insert(group.clone(), GroupRecord { made: made || record.made, ..record });
    }

    pub(super) fn ride(
        &mut self,
        instance: &Ocid,
        name: &Arc<str>,
        group: &GroupName,
        release: Option<&ReleaseName>,
        at: Timestamp,
    ) {
        let (whole, wave) = (group.whole(), group.wave());
        let record = self.instances.entry(instance.clone()).or_insert_with(|| InstanceRecord {
            name: name.clone(),
            group: whole.clone(),
            release: None,
            at_level: None,
            accepted: BTreeSet::new(),
            wave: 0,
        });
        record.name = name.clone();
        if record.group != whole {
            record.wave = 0;
        }
        record.group = whole.clone();
        self.settle_wave(&whole, instance);
        let Some(record) = self.instances.get_mut(instance) else { return };
        if let Some(wave) = wave {
            record.wave = wave;
        }
        // Where each wave is a group of the service of its own, that is the one that is bound.
        let crew = whole.of_wave(record.wave);
        let Some(release) = release else { return };
        if record.release.as_ref() != Some(release) {
            record.accepted.clear();
        }
        record.release = Some(release.clone());
        let crew = if self.groups.contains_key(&crew) { &crew } else { group };
        if let Some(bound) = self.groups.get_mut(crew).filter(|bound| bound.release.as_ref() != Some(release))
        {
            bound.release = Some(release.clone());
            bound.since = Some(at);
            bound.accepted.clear();
        }
    }
}

#[cfg(test)]
mod tests;
