//! Journal entries and what each does to the state: a total function, so that replay is the run again.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

use super::{
    AtLevel, FailedWork, GroupRecord, InstanceRecord, PlanRun, ProfileRecord, ScheduleRecord, SourceRecord,
    State, UnfinishedOp,
};
use crate::name::{GroupName, Ocid, ReleaseName};
use crate::op::{OpKey, PlanId, RetryToken, Schedule, Ticket};
use crate::package::Digest;
use crate::patching::Patching;

/// How long the services remember a retry token (documented for both).
pub const TOKEN_LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// One line of the journal. An op and what it changes in the state are one entry, so that a torn journal never holds
/// half of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Entry {
    /// A plan begins to run.
    Begin {
        /// The plan.
        plan: PlanId,
        /// The serial it was planned on.
        basis: u64,
        /// When.
        at: Timestamp,
    },
    /// A call is about to be made.
    Started {
        /// The op.
        key: OpKey,
        /// The token the call will carry.
        token: RetryToken,
        /// The instances whose proven level ends with it.
        #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "one_or_several")]
        unproves: Vec<Ocid>,
        /// When.
        at: Timestamp,
    },
    /// The service answered with a work request.
    Ticketed {
        /// The op.
        key: OpKey,
        /// The work request.
        ticket: Ticket,
    },
    /// The op has ended, or was found done.
    Finished {
        /// The op.
        key: OpKey,
        /// How.
        finish: Finish,
        /// What is ours now because of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        effect: Option<Effect>,
        /// When.
        at: Timestamp,
    },
    /// Packages were read back and are at the level.
    AtLevel {
        /// The instance.
        instance: Ocid,
        /// Its display name.
        name: Arc<str>,
        /// Its group.
        group: GroupName,
        /// The release.
        release: ReleaseName,
        /// How many managed packages stand beside the release.
        extra: usize,
        /// When it was read.
        at: Timestamp,
        /// What its group installs, and so what the level counts.
        #[serde(default, skip_serializing_if = "Patching::is_default")]
        patching: Patching,
    },
    /// A group that we did not make is bound by us from now on, or one that we bind goes by another name.
    Bound {
        /// The group.
        group: GroupName,
        /// Its id.
        id: Ocid,
    },
    /// A source was read back and holds the whole release.
    Proven {
        /// The release.
        release: ReleaseName,
        /// When.
        at: Timestamp,
    },
    /// An instance is no longer at the level it was proven to be at.
    LeftLevel {
        /// The instance.
        instance: Ocid,
    },
    /// The plan's run has ended.
    End {
        /// The plan.
        plan: PlanId,
        /// Whether all its steps are done.
        used_up: bool,
        /// When.
        at: Timestamp,
    },
}

/// How an op ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "as", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Finish {
    /// The service did it.
    Done,
    /// It already held; no call was made.
    AlreadyDone,
    /// The service refused it, or its work request failed.
    Failed {
        /// What the service said.
        message: String,
    },
}

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

/// Reads what an earlier build wrote as one instance, and this one as a list.
fn one_or_several<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Ocid>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        One(Ocid),
        Several(Vec<Ocid>),
    }
    Ok(match Either::deserialize(deserializer)? {
        Either::One(instance) => vec![instance],
        Either::Several(instances) => instances,
    })
}

/// An entry that cannot follow what the state holds: the journal was edited or belongs to another state.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the journal ends `{key}`, which it never started")]
pub struct IllegalEntry {
    /// The op.
    pub key: OpKey,
}

impl Entry {
    /// Returns when it was, where it says so.
    pub fn at(&self) -> Option<Timestamp> {
        match self {
            Self::Begin { at, .. }
            | Self::Started { at, .. }
            | Self::Finished { at, .. }
            | Self::AtLevel { at, .. }
            | Self::Proven { at, .. }
            | Self::End { at, .. } => Some(*at),
            _ => None,
        }
    }
}

impl State {
    /// Takes one entry in.
    pub fn record(&mut self, entry: &Entry) -> Result<(), IllegalEntry> {
        match entry {
            Entry::Begin { plan, basis, at } => {
                self.last_plan = Some(PlanRun { id: plan.clone(), basis: *basis, used_up: false, at: *at });
            }
            Entry::Started { key, token, unproves, at } => {
                // A ticket of an earlier try goes: a new call is only made once that work request is known to be over.
                let instances = if key.is_enroll() { unproves.clone() } else { Vec::new() };
                let op = UnfinishedOp { token: token.clone(), started: *at, ticket: None, instances };
                self.unfinished.insert(key.clone(), op);
                for instance in unproves {
                    if let Some(record) = self.instances.get_mut(instance) {
                        record.at_level = None;
                    }
                }
            }
            Entry::Ticketed { key, ticket } => {
                let op = self.unfinished.get_mut(key).ok_or_else(|| IllegalEntry { key: key.clone() })?;
                op.ticket = Some(ticket.clone());
            }
            Entry::Finished { key, finish, effect, at } => {
                // A success that was never started cannot be ours. What was found done needs no start, and a failure is
                // taken either way: refusing it would only hide it.
                if self.unfinished.remove(key).is_none() && *finish == Finish::Done {
                    return Err(IllegalEntry { key: key.clone() });
                }
                if let Some(effect) = effect {
                    self.take_effect(effect, *at);
                }
            }
            Entry::AtLevel { instance, name, group, release, extra, at, patching } => {
                self.ride(instance, name, group, Some(release), *at);
                if let Some(record) = self.instances.get_mut(instance) {
                    let since = match &record.at_level {
                        Some(known) if (&known.release, known.patching) == (release, *patching) => {
                            known.since
                        }
                        _ => *at,
                    };
                    let (release, extra, patching) = (release.clone(), *extra, *patching);
                    record.at_level = Some(AtLevel { release, since, extra, patching });
                }
            }
            Entry::Bound { group, id } => self.bind(group, id, false),
            Entry::Proven { release, at } => {
                if let Some(record) = self.sources.get_mut(release) {
                    record.proven.get_or_insert(*at);
                }
                // What was to be put in is in, and what was to go is out, whichever call brought it about.
                self.unfinished.retain(|key, _| !key.fills(release));
            }
            Entry::LeftLevel { instance } => {
                if let Some(record) = self.instances.get_mut(instance) {
                    record.at_level = None;
                }
            }
            Entry::End { plan, used_up, at } => {
                if let Some(run) = self.last_plan.as_mut().filter(|run| run.id == *plan) {
                    run.used_up = *used_up;
                    run.at = *at;
                }
                // A token is worth nothing after 24 hours, and the services fail a work request by then.
                self.unfinished.retain(|_, op| at.duration_since(op.started) < TOKEN_LIFETIME);
            }
        }
        Ok(())
    }

    fn take_effect(&mut self, effect: &Effect, at: Timestamp) {
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
                self.instances.retain(|_, record| record.group != *group);
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
                for instance in instances {
                    if self.instances.get(instance).is_some_and(|record| record.group == *group) {
                        self.instances.remove(instance);
                    }
                }
            }
            Effect::GroupWork { group, failed } => {
                if let Some(record) = self.groups.get_mut(group) {
                    record.failed.clone_from(failed);
                }
            }
            Effect::Profile { group, id } => {
                self.profiles.insert(group.clone(), ProfileRecord { id: id.clone(), since: at });
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
                    self.instances.remove(instance);
                }
            }
            Effect::SourceGone { release } => {
                self.sources.remove(release);
            }
        }
    }

    /// Binds a group. One that goes by another name in the train now is the same group, and so are its members.
    fn bind(&mut self, group: &GroupName, id: &Ocid, made: bool) {
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

    fn ride(
        &mut self,
        instance: &Ocid,
        name: &Arc<str>,
        group: &GroupName,
        release: Option<&ReleaseName>,
        at: Timestamp,
    ) {
        let record = self.instances.entry(instance.clone()).or_insert_with(|| InstanceRecord {
            name: name.clone(),
            group: group.clone(),
            release: None,
            at_level: None,
            accepted: BTreeSet::new(),
        });
        record.name = name.clone();
        record.group = group.clone();
        let Some(release) = release else { return };
        if record.release.as_ref() != Some(release) {
            record.accepted.clear();
        }
        record.release = Some(release.clone());
        if let Some(bound) =
            self.groups.get_mut(group).filter(|bound| bound.release.as_ref() != Some(release))
        {
            bound.release = Some(release.clone());
            bound.since = Some(at);
            bound.accepted.clear();
        }
    }
}

#[cfg(test)]
mod tests;
