//! What a plan tells besides its changes: what is held and why, who is ahead, and what to know. How it comes about is
//! the planner's.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::LeftOut;
use super::exact::Left;
use crate::advisory::Flagged;
use crate::conformance::{Lag, StreamGap};
use crate::name::{Address, GroupName, Ocid, ReleaseName};
use crate::observed::{InstanceStatus, PowerState};
use crate::op::Ticket;
use crate::package::StreamName;
use crate::rollout::Closure;
use crate::state::{Paused, Stopped};
use crate::train::Layout;

/// An instance that is newer than its release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AheadReport {
    /// The instance.
    pub instance: Ocid,
    /// Its group.
    pub group: GroupName,
    /// What is newer.
    pub packages: Vec<Lag>,
    /// Whether the group says that this keeps it below level.
    pub blocks: bool,
}

/// Something wanted that does not happen now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// What is held.
    pub address: Address,
    /// Why.
    pub reason: HeldReason,
    /// Until when, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// Why something is held.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "held", rename_all = "kebab-case")]
pub enum HeldReason {
    /// The service does not reach the instance.
    Unreachable {
        /// What the service says of it.
        status: InstanceStatus,
        /// When it last checked in.
        last_checkin: Option<Timestamp>,
    },
    /// The service does not know the instance (a new one is unknown for some minutes).
    Unknown,
    /// The service knows the instance and tells none of its packages.
    Unread,
    /// It is newer than the release, and the group says that this blocks.
    Ahead {
        /// How many packages are newer.
        packages: usize,
    },
    /// A work request that is not this train's is open on the instance.
    OpenWork {
        /// Its id.
        ticket: Ticket,
    },
    /// Groups that go first are not at level, and this plan cannot bring them there.
    Gate {
        /// The group that goes first.
        after: GroupName,
        /// How many of its members are at level or can get there by this plan.
        reachable: usize,
        /// How many it has.
        members: usize,
        /// How many may be below level.
        allowed: usize,
        /// The wave that goes first, from 1, where it is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        wave: Option<u32>,
        /// The wave that waits, where not all do.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        behind: Option<u32>,
    },
    /// What goes first has to be at level for some time before this moves.
    Soak {
        /// The group that goes first.
        after: GroupName,
        /// The wave of it that goes first, from 1, where it is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        wave: Option<u32>,
        /// The wave that waits, where not all do.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        behind: Option<u32>,
        /// For how long.
        soak: SignedDuration,
        /// Since when it is; it is not yet without it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<Timestamp>,
    },
    /// The group may not be touched now.
    Closed {
        /// What says so.
        by: Closure,
    },
    /// Somebody paused it.
    Paused {
        /// Who, and when.
        paused: Paused,
    },
    /// More have failed than are put up with.
    Stopped {
        /// How many, and when.
        stopped: Stopped,
        /// The group that goes first whose rollout that is; its own without one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<GroupName>,
    },
    /// The state owns a source whose release the train no longer declares.
    Undeclared,
    /// The release is retired, and its source is attached to instances that this plan does not switch off it.
    Ridden {
        /// Groups of the service that have it, those of no train too.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        groups: Vec<Ocid>,
        /// The instances, of the train or not.
        riders: Vec<Ocid>,
    },
    /// The release is retired, and the tags of its source do not say that it is ours to delete.
    NotOurs {
        /// The source.
        source: Ocid,
    },
    /// The train no longer declares the group, and its tags say that it is another's, not ours to delete.
    OthersGroup {
        /// The service's group.
        group: Ocid,
    },
    /// What keeps it below level is the schedule's to install: it is waited for, and never a step.
    Schedule {
        /// How many packages.
        packages: usize,
        /// Whether that is known: before the switch nothing is known of any kind, and so many are behind at all.
        known: bool,
    },
    /// The group updates nothing and has no schedule: it is never at level.
    NoUpdates,
    /// An update by hand would take it beyond its release: it rides another source.
    Elsewhere {
        /// The display name of the source; none for none.
        rides: Option<Arc<str>>,
    },
    /// It is selected, and Compute says that it does not run.
    NotRunning {
        /// What it does instead.
        state: PowerState,
    },
    /// It is selected, and of another system than the train is for.
    OtherSystem {
        /// What it runs.
        os: String,
    },
    /// A work request that is not this train's is open on another member, and the service moves a group as a whole.
    Beside {
        /// The other member.
        instance: Ocid,
        /// The work request.
        ticket: Ticket,
    },
    /// The service installs a package on all members of a group or on none, and some lack it altogether.
    NotEverywhere {
        /// The package.
        package: String,
        /// How many members lack it.
        lacking: usize,
    },
    /// Its group is updated as a whole, and another member with other sources would get whatever those offer.
    Stray {
        /// The other member.
        instance: Ocid,
    },
    /// Its own sources are others than its group's. Leaving and joining again would give it those, and who is in the group
    /// is not this train's to say.
    Apart {
        /// What it has; none for no source.
        rides: Option<Arc<str>>,
    },
    /// It would join, and is in a group or lifecycle stage that is none of this train's: the service has an instance in
    /// one at most.
    Taken {
        /// That group or stage.
        by: Ocid,
        /// Its display name, where the service lists it here.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<Arc<str>>,
    },
    /// The service updates members of a group together, and not one by itself.
    Locked {
        /// The group.
        group: GroupName,
    },
    /// It was booted anew, and does not run what it is to run, or still waits for a reboot; and nothing has changed since
    /// that another boot could end otherwise by.
    Unbooted {
        /// The kernel that it is to run; none where none is foreseen.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kernel: Option<String>,
        /// What it runs, where the service tells.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        runs: Option<Arc<str>>,
        /// Since when that is known.
        since: Timestamp,
    },
    /// Its update was asked for longer ago than `[service] work_timeout`, and the service still has it as open: no agent
    /// has picked it up, or it does not end. Tried again when the service has given it up.
    Overdue {
        /// The work request.
        ticket: Ticket,
        /// When it was asked for.
        since: Timestamp,
    },
    /// It will not be exactly its release: these packages stay as they are.
    Inexact {
        /// Which, and why.
        left: Vec<Left>,
    },
    /// Packages of it are behind because it gets them from other module streams than its release: an update brings
    /// neither those nor the switch.
    Streams {
        /// The streams.
        streams: Vec<StreamGap>,
        /// The group that streams must be asked for by, where the service does nothing on one member alone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        together: Option<GroupName>,
    },
}

/// Something a reviewer should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "note", rename_all = "kebab-case")]
pub enum Note {
    /// An op of an earlier run is not known to be finished; this plan goes on from there.
    Unfinished {
        /// The op's key.
        op: String,
    },
    /// What an import asks for is done, so that nothing has to stand in the train file for it any more.
    Imported {
        /// What was imported.
        addresses: Vec<Address>,
    },
    /// A group has no members.
    NoMembers {
        /// The group.
        group: GroupName,
    },
    /// The golden instance was left out of a group that the service says it is in.
    GoldenLeftOut {
        /// The group.
        group: GroupName,
        /// The golden instance.
        instance: Ocid,
    },
    /// The sources of these releases were made before the train's layout was what it is now, and stay as they are.
    OtherLayout {
        /// The releases.
        releases: Vec<ReleaseName>,
        /// What the train says now.
        layout: Layout,
        /// The line of the train file that says so.
        line: usize,
    },
    /// A release that a group rides holds packages of advisories that no longer stand. It stays as it is.
    Flagged {
        /// The release.
        release: ReleaseName,
        /// The advisories, and what each brought.
        flagged: Vec<Flagged>,
    },
    /// Instances join a group of a service that has them install the latest of the group's source at once.
    JoinInstalls {
        /// The group.
        group: GroupName,
        /// The release that they get.
        release: ReleaseName,
        /// How many join.
        instances: usize,
        /// Whether the group asks for no updates, or not for all, so that this installs more than it says.
        beyond: bool,
    },
    /// What is asked of a group is asked of all its members, also of those that the service does not reach: theirs waits
    /// there, for a day at most.
    WholeGroup {
        /// The group.
        group: GroupName,
        /// How many of its members the service does not reach.
        unreachable: usize,
    },
    /// The releases are made from these sources of the vendor.
    MadeOf {
        /// The releases.
        releases: Vec<ReleaseName>,
        /// The sources, by display name.
        vendors: Vec<Arc<str>>,
    },
    /// A package was asked for by its name, and no instance has an update of it outstanding.
    NotOutstanding {
        /// The name.
        package: String,
    },
    /// A module stream is to be enabled on instances for which the service does not list it: their sources may tell of no
    /// modules, and then there is nothing to enable.
    NotListed {
        /// The stream.
        stream: StreamName,
        /// On how many.
        instances: usize,
    },
    /// A group's selector fits an instance that is none of the group's.
    LeftOut {
        /// The group.
        group: GroupName,
        /// The instance.
        instance: Ocid,
        /// Why not.
        why: LeftOut,
    },
    /// The plan makes the source of a release with packages of module streams. Whether a source of our own tells an
    /// instance about modules is not documented.
    Modular {
        /// The release.
        release: ReleaseName,
        /// How many of its packages.
        packages: usize,
        /// The streams that its manifest names.
        streams: Vec<String>,
    },
}

impl HeldReason {
    /// Tells whether it is a gate that holds.
    pub fn is_gate(&self) -> bool {
        matches!(
            self,
            Self::Gate { .. }
                | Self::Soak { .. }
                | Self::Closed { .. }
                | Self::Paused { .. }
                | Self::Stopped { .. }
        )
    }
}
