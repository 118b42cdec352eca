//! Journal entries and what each does to the state: a total function, so that replay is the run again.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

use super::boot::{BootRecord, FailedBoot};
use super::consent::Consent;
use super::effect::Effect;
use super::rollout::{Failure, Stopped};
use super::{AtLevel, PlanRun, State, UnfinishedOp};
use crate::name::{GroupName, Ocid, ReleaseName};
use crate::op::{OpKey, PlanId, RetryToken, Standing, Ticket};
use crate::patching::Patching;
use crate::policy::Policy;

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
    /// What the plan that is about to begin is governed by.
    Governed {
        /// The train's policy; none where it has none any more.
        policy: Option<Box<Policy>>,
        /// By whose word it goes on.
        #[serde(default, skip_serializing_if = "Consent::is_none")]
        consent: Consent,
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
        /// Of a boot: how the instance stands before it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        boots: Option<Standing>,
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
    /// An instance was seen to have booted as it was to.
    Booted {
        /// The instance.
        instance: Ocid,
    },
    /// An instance was booted, and does not run what it was to run or still waits for a reboot.
    BootFailed {
        /// The instance.
        instance: Ocid,
        /// How.
        failed: FailedBoot,
    },
    /// A group begins to move to a release, in waves that are fixed until it has.
    RolloutStarted {
        /// The group.
        group: GroupName,
        /// The release.
        release: ReleaseName,
        /// Who is in each wave.
        waves: Vec<Vec<Ocid>>,
        /// When.
        at: Timestamp,
    },
    /// A member of a group that moves has failed.
    RolloutFailed {
        /// The group.
        group: GroupName,
        /// The instance.
        instance: Ocid,
        /// Its wave, from 1.
        wave: u32,
        /// Why, for people.
        why: String,
        /// When.
        at: Timestamp,
        /// Where that is one more than is put up with: nobody else is touched until somebody says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stopped: Option<Stopped>,
    },
    /// All of a group that can be are at the release's level.
    RolloutDone {
        /// The group.
        group: GroupName,
        /// When.
        at: Timestamp,
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
            | Self::RolloutStarted { at, .. }
            | Self::RolloutFailed { at, .. }
            | Self::RolloutDone { at, .. }
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
                self.steady = None;
                self.last_plan = Some(PlanRun { id: plan.clone(), basis: *basis, used_up: false, at: *at });
            }
            Entry::Governed { policy, consent: _ } => self.policy = policy.as_deref().cloned(),
            Entry::Started { key, token, unproves, boots, at } => {
                // A ticket of an earlier try goes: a new call is only made once that work request is known to be over.
                let instances = if key.is_enroll() { unproves.clone() } else { Vec::new() };
                let op = UnfinishedOp { token: token.clone(), started: *at, ticket: None, instances };
                self.unfinished.insert(key.clone(), op);
                for instance in unproves {
                    match boots {
                        Some(before) => {
                            let boot = BootRecord { asked: *at, before: before.clone(), failed: None };
                            self.boots.insert(instance.clone(), boot);
                        }
                        // Whoever is given something else to do since is through with an earlier boot.
                        None if !key.is_reboot() => self.end_boot(instance),
                        None => {}
                    }
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
                let begun = self.unfinished.remove(key).is_some();
                // Of a boot that something else was asked of since nothing is left.
                if !begun && *finish == Finish::Done && !key.is_reboot() {
                    return Err(IllegalEntry { key: key.clone() });
                }
                if let (true, Finish::Failed { .. }, Some(instance)) = (begun, finish, key.rebooted()) {
                    // Nobody was booted.
                    self.boots.remove(&instance);
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
                self.boots.remove(instance);
                // Whoever got there after all has not failed.
                if let Some(rollout) = self.rollouts.get_mut(group) {
                    rollout.failed.remove(instance);
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
            Entry::Booted { instance } => self.end_boot(instance),
            Entry::BootFailed { instance, failed } => {
                let (asked, before) = (failed.at, failed.after.clone());
                let boot = BootRecord { asked, before, failed: None };
                self.boots.entry(instance.clone()).or_insert(boot).failed = Some(failed.clone());
                self.unfinished.remove(&OpKey::reboot(instance));
            }
            Entry::RolloutStarted { group, release, waves, at } => {
                self.begin_rollout(group, release, waves, *at);
            }
            Entry::RolloutFailed { group, instance, wave, why, at, stopped } => {
                if let Some(rollout) = self.rollouts.get_mut(group) {
                    let failure = Failure { wave: *wave, at: *at, why: why.clone() };
                    rollout.failed.insert(instance.clone(), failure);
                    if rollout.stopped.is_none() {
                        rollout.stopped.clone_from(stopped);
                    }
                }
            }
            Entry::RolloutDone { group, at } => {
                if let Some(rollout) = self.rollouts.get_mut(group) {
                    rollout.finish(*at);
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
}

#[cfg(test)]
mod tests;
