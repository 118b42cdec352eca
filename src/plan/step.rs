//! What a step is: something asked of the cloud, something read back, or a gate; with what it follows and expects.
//! Which steps a plan has, and in which order, is laid out by [`super::steps`].

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::name::{Address, GroupName, Ocid, ReleaseName};
use crate::observed::Precondition;
use crate::op::{Again, Op, SourceRef, StepId, Wanted};
use crate::package::{Package, StreamName};
use crate::rollout::{Calendar, HealthCheck};

/// One thing for the executor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its index in [`Plan::steps`].
    pub id: StepId,
    /// What it is about.
    pub address: Address,
    /// The group it works for, where it works for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupName>,
    /// The wave of that group which the instance moves in, from 1, where it has waves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wave: Option<u32>,
    /// What to do.
    pub action: Action,
    /// What must have ended before: in success for `Act` and `Verify`, in any way for `Gate`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<StepId>,
    /// What must hold just before.
    pub precondition: Precondition,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Action {
    /// Ask the cloud for something.
    Act {
        /// For what.
        op: Op,
    },
    /// Read back and compare.
    Verify {
        /// What.
        what: Verification,
    },
    /// A barrier: what depends on it starts when the condition holds.
    Gate {
        /// The condition.
        condition: Condition,
    },
}

/// What is read back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verify", rename_all = "kebab-case")]
pub enum Verification {
    /// The source holds the release's packages, all of them and no other.
    Contents {
        /// The source.
        source: SourceRef,
    },
    /// The instance is at the level of the group's release.
    Level {
        /// The instance.
        instance: Ocid,
        /// The group.
        group: GroupName,
        /// Packages that keep it from being exactly the release, and that the plan leaves as they are: with nothing else
        /// in the way all is done that was to be, and no level is recorded.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        stays: Vec<Package>,
    },
    /// Nothing of this is outstanding on the instance any more.
    Patched {
        /// The instance.
        instance: Ocid,
        /// Which updates.
        wanted: Wanted,
        /// The packages, each brought to this version or a newer one; all updates that are wanted without any.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        packages: Vec<Package>,
    },
    /// The instance has been booted: it waits for no reboot any more, and runs the kernel that was foreseen.
    Booted {
        /// The instance.
        instance: Ocid,
        /// The kernel; none where none was foreseen.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kernel: Option<String>,
    },
    /// These module streams are enabled on the instance.
    Streams {
        /// The instance.
        instance: Ocid,
        /// The streams.
        streams: Vec<StreamName>,
    },
}

/// What a gate waits for. Fixed data; the executor evaluates it against the state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "gate", rename_all = "kebab-case")]
pub enum Condition {
    /// A group or wave that goes first is at level: of `members`, all but `allowed` are recorded as being at the release's
    /// level, for so long, and are well; and only `candidates` can be.
    GroupAtLevel {
        /// The group that waits.
        waiting: GroupName,
        /// From which wave of it on, from 1; all of it without one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        behind: Option<u32>,
        /// The group that goes first; the same one between waves.
        group: GroupName,
        /// The wave of it that goes first; all of it without one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        wave: Option<u32>,
        /// Its release.
        release: ReleaseName,
        /// Its members that are at level or that this plan brings there.
        candidates: Vec<Ocid>,
        /// How many members it has.
        members: usize,
        /// How many of them may be below level.
        allowed: usize,
        /// For how long they have to be.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        soak: Option<SignedDuration>,
        /// What says that one of them is well.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        health: Option<HealthCheck>,
    },
    /// The group may be touched at this time.
    Open {
        /// The group.
        waiting: GroupName,
        /// Its hours.
        calendar: Calendar,
    },
    /// The group's rollout is not paused, and has not stopped.
    Going {
        /// The group.
        waiting: GroupName,
        /// The release that it moves to.
        release: ReleaseName,
    },
    /// The group has arrived: its rollout is over. Nothing waits for it.
    Arrived {
        /// The group.
        group: GroupName,
        /// Its release.
        release: ReleaseName,
        /// Its members that are at level or that this plan brings there.
        candidates: Vec<Ocid>,
        /// How many members it has.
        members: usize,
        /// How many of them may be below level.
        allowed: usize,
        /// What says that one of them is well.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        health: Option<HealthCheck>,
    },
}

/// The phase of a run that a step belongs to, for progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Sources are made, filled, read back and deleted.
    Sources,
    /// Groups are made and deleted, members join and leave.
    Membership,
    /// Instances are put on their source.
    Switch,
    /// Instances are updated.
    Update,
    /// Packages are read back.
    Verify,
    /// Instances are booted anew.
    Reboot,
    /// Gates.
    Gate,
    /// Scheduled jobs are made, changed and deleted.
    Schedules,
}

impl Step {
    /// Returns the groups as changes of which it may be told, the most particular first: its own; where each wave is a group
    /// of the service, that of its wave; the whole one. Steps of a group whose only wave is all of it say no wave.
    pub fn groups(&self) -> Vec<Address> {
        let Some(group) = &self.group else { return Vec::new() };
        let own = Some(&self.address).filter(|address| matches!(address, Address::Group(_))).cloned();
        let wave = Address::Group(group.of_wave(self.wave.unwrap_or(1)));
        own.into_iter().chain([wave, Address::Group(group.clone())]).collect()
    }

    /// Returns the phase of the run that the step belongs to.
    pub fn phase(&self) -> Phase {
        match &self.action {
            Action::Act { op } => match op {
                Op::CreateSource { .. }
                | Op::AddPackages { .. }
                | Op::RemovePackages { .. }
                | Op::AdoptSource { .. }
                | Op::DeleteSource { .. } => Phase::Sources,
                Op::CreateGroup { .. }
                | Op::DeleteGroup { .. }
                | Op::AdoptGroup { .. }
                | Op::Join { .. }
                | Op::Leave { .. }
                | Op::Enroll { .. }
                | Op::Dismiss { .. }
                | Op::CreateProfile { .. }
                | Op::DeleteProfile { .. } => Phase::Membership,
                Op::CreateSchedule { .. } | Op::ChangeSchedule { .. } | Op::DeleteSchedule { .. } => {
                    Phase::Schedules
                }
                Op::Switch { .. }
                | Op::Attach { .. }
                | Op::Detach { .. }
                | Op::Rerun { again: Again::Sources | Again::Join, .. } => Phase::Switch,
                Op::Update { .. }
                | Op::Patch { .. }
                | Op::Enforce { .. }
                | Op::EnforceGroup { .. }
                | Op::EnableStreams { .. }
                | Op::EnableGroupStreams { .. }
                | Op::UpdateGroup { .. }
                | Op::PatchGroup { .. }
                | Op::Rerun { again: Again::Update(_), .. } => Phase::Update,
                Op::Reboot { .. } => Phase::Reboot,
                Op::Refresh { .. } | Op::RefreshInstance { .. } => Phase::Verify,
            },
            Action::Verify { what: Verification::Contents { .. } } => Phase::Sources,
            Action::Verify { what: Verification::Booted { .. } } => Phase::Reboot,
            Action::Verify {
                what: Verification::Level { .. } | Verification::Patched { .. } | Verification::Streams { .. },
            } => Phase::Verify,
            Action::Gate { .. } => Phase::Gate,
        }
    }
}
