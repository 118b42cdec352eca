//! The plan: plain data that says what has drifted, what will change, by which steps, and what is held.
//!
//! Three lists that are never mixed: [`Change`]s are for people, [`Step`]s for the executor, [`Held`] for both. The
//! steps are the execution graph, so that what was reviewed is what runs; everything a renderer shows stands in the
//! plan, so that no renderer computes.

mod assess;
mod changes;
mod drift;
mod file;
mod gates;
mod holdings;
pub mod lint;
mod order;
mod planner;
mod refusal;
mod roster;
mod select;
mod step;
mod steps;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::conformance::{Lag, Verdict};
use crate::name::{Address, GroupName, Ocid, ReleaseName, TrainName};
use crate::observed::{InstanceStatus, PowerState, SourceLink};
use crate::op::{Lineage, PlanId, Ticket};
use crate::package::{Delta, Digest, Package, PackageSet, Pattern};
use crate::train::{Ahead, Amount};

pub use file::{PlanFileError, load, save};
pub use order::{Order, OrderError};
pub use planner::{Input, plan};
pub use refusal::Refusal;
pub use select::{Claimant, LeftOut, candidates, selected};
pub use step::{Action, Condition, Phase, Step, Verification};

/// The format this build writes into saved plans; a newer one is refused.
pub const FORMAT_VERSION: u32 = 1;

/// What a run would do, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// [`FORMAT_VERSION`] of the build that wrote it.
    pub format_version: u32,
    /// The digest of everything else here.
    pub id: PlanId,
    /// When it was made, by the service's clock where that is the simulator's.
    pub created: Timestamp,
    /// The version of the tool that made it.
    pub tool: String,
    /// What it was planned on.
    pub basis: Basis,
    /// The train file as it was named, which the lines of reasons are of.
    pub file: String,
    /// Where it will act.
    pub service: ServiceLabel,
    /// The releases that the groups ride or will ride, each with its packages, so that levels can be proven.
    pub releases: BTreeMap<ReleaseName, PlannedRelease>,
    /// The groups, in file order.
    pub groups: Vec<PlannedGroup>,
    /// Names outside the train's care.
    pub unmanaged: Vec<Pattern>,
    /// What people call each instance: its display name, its OCID where that name is not unique.
    pub labels: BTreeMap<Ocid, Arc<str>>,
    /// What others changed since our last apply.
    pub drift: Vec<Drift>,
    /// What this plan would do, one entry an address, by address.
    pub changes: Vec<Change>,
    /// The moves between releases behind the changes, with their package delta.
    pub moves: Vec<ReleaseMove>,
    /// Instances with the same change for the same reason; the details of `changes` for instances.
    pub cohorts: Vec<Cohort>,
    /// Instances that are newer than their release, whether or not that holds them.
    pub ahead: Vec<AheadReport>,
    /// What is wanted and not now.
    pub held: Vec<Held>,
    /// What a reviewer should know and nobody has to act on.
    pub notes: Vec<Note>,
    /// What runs, in an order in which each step follows what it depends on.
    pub steps: Vec<Step>,
    /// What it will take.
    pub cost: Cost,
}

/// What a plan was made on. Another basis makes it stale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basis {
    /// The train.
    pub train: TrainName,
    /// The state's lineage.
    pub lineage: Lineage,
    /// The state's serial.
    pub serial: u64,
    /// The digest of the train's values.
    pub digest: Digest,
}

/// Where a plan acts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceLabel {
    /// `osms`.
    pub api: String,
    /// Whether it is the embedded simulator.
    pub simulator: bool,
    /// The region or URL, for display.
    pub place: String,
    /// The compartment of sources and groups.
    pub compartment: Ocid,
}

/// A release as the plan needs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedRelease {
    /// Its digest.
    pub digest: Digest,
    /// Its packages.
    pub packages: PackageSet,
}

/// A group as the plan needs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedGroup {
    /// Its name.
    pub name: GroupName,
    /// The id of the service's group, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Ocid>,
    /// The release it is bound to.
    pub release: ReleaseName,
    /// What newer packages mean for the level.
    pub ahead: Ahead,
    /// The groups that go first.
    pub after: Vec<GroupName>,
    /// How many members may be below level.
    pub max_failures: Amount,
    /// How many members it will have.
    pub members: usize,
    /// What its members ride now, by display name of the source; the key is empty for none.
    pub rides: BTreeMap<Arc<str>, usize>,
    /// How many of them are on the bound release and at level.
    pub at_level: usize,
    /// How many instances join, leave, are switched, are updated, are only verified.
    pub work: Work,
    /// How many members are held, and how many instances that wait to become members.
    pub held: usize,
    /// How many members are newer than the release.
    pub ahead_count: usize,
    /// Whether a gate before it is shut now.
    pub gated: bool,
}

/// What a plan does to the instances of a group, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// Instances that become members.
    pub joins: usize,
    /// Instances that cease to be members.
    pub leaves: usize,
    /// Instances put on the release's source.
    pub switches: usize,
    /// Instances updated.
    pub updates: usize,
    /// Instances whose packages are read back.
    pub verifies: usize,
}

/// What others changed since our last apply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// What it happened to.
    pub address: Address,
    /// What happened.
    pub kind: DriftKind,
}

/// A kind of drift.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "drift", rename_all = "kebab-case")]
pub enum DriftKind {
    /// The instance no longer rides the release we put it on.
    Parent {
        /// The release we put it on.
        expected: ReleaseName,
        /// What it rides; none for no source at all.
        found: Option<SourceLink>,
    },
    /// Somebody added the instance to the group.
    Joined {
        /// The group.
        group: GroupName,
    },
    /// Somebody took the instance out of the group.
    Left {
        /// The group.
        group: GroupName,
    },
    /// The source's content is not the release's any more.
    Contents {
        /// Packages of the release that are gone.
        missing: Vec<Package>,
        /// Packages that are not the release's.
        foreign: Vec<Package>,
    },
    /// The instance was proven to be at the release's level and is below it now.
    LeftLevel {
        /// The release.
        release: ReleaseName,
        /// Packages older than the release.
        behind: Vec<Lag>,
        /// Packages newer than the release, where those count.
        ahead: Vec<Lag>,
    },
    /// More managed packages stand beside the release than when its level was proven.
    Beside {
        /// How many stood there then.
        before: usize,
        /// Those that stand there now.
        now: Vec<Package>,
    },
    /// A source or group that we own is gone, or an instance is no longer known to the service.
    Gone,
}

/// What the plan would do to one address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What it changes.
    pub address: Address,
    /// Whether that is added, changed or destroyed.
    pub action: ChangeAction,
    /// How, in detail.
    pub detail: ChangeDetail,
}

/// What a change is counted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeAction {
    /// Something that was not there.
    Add,
    /// Something that was there and will be another way.
    Change,
    /// Something that will be gone.
    Destroy,
}

/// How an address changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "kebab-case")]
pub enum ChangeDetail {
    /// A source is made and filled.
    CreateSource {
        /// With so many packages.
        packages: usize,
        /// In so many calls.
        calls: usize,
        /// The line of the train file that declares the release.
        line: usize,
    },
    /// A source that a crash left unrecorded is recorded, and filled where it is not full.
    AdoptSource {
        /// Its id.
        id: Ocid,
        /// How many packages it lacks.
        missing: usize,
    },
    /// A source of ours is filled up, or cleared of what is not the release's.
    RepairSource {
        /// Packages to add.
        add: Vec<Package>,
        /// Packages to remove.
        remove: Vec<Package>,
    },
    /// A group is made, adopted, or its membership or binding changes.
    Group {
        /// Whether it is made.
        create: bool,
        /// Whether one that a crash left unrecorded is recorded.
        adopt: bool,
        /// The release it was bound to, when that is another one.
        from: Option<ReleaseName>,
        /// Instances that join.
        joins: Vec<Ocid>,
        /// Instances that leave.
        leaves: Vec<Ocid>,
        /// How many members are only read back, to prove a level that is there.
        verifies: usize,
        /// The line of the train file that declares the group.
        line: usize,
    },
    /// A group that the train no longer declares is deleted; its instances stay as they are.
    DeleteGroup {
        /// Its members, which leave first.
        leaves: Vec<Ocid>,
    },
    /// An instance is switched, updated, or both.
    Instance {
        /// Its index in [`Plan::cohorts`].
        cohort: usize,
    },
}

/// Instances of one group with the same change for the same reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cohort {
    /// The group.
    pub group: GroupName,
    /// The release they go to.
    pub to: ReleaseName,
    /// What they ride now; none for no source.
    pub from: Option<SourceLink>,
    /// Whether they are switched to the release's source.
    pub switch: bool,
    /// Children that drop off with the old parent.
    pub drops: Vec<SourceLink>,
    /// Whether they are updated.
    pub update: bool,
    /// Why anything is done to them.
    pub reason: Reason,
    /// How they stand to the release: what is behind is the same for all of them, what is ahead, extra or missing is
    /// so on any of them.
    pub verdict: Verdict,
    /// The instances.
    pub instances: Vec<Ocid>,
}

/// Why an instance is changed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "because", rename_all = "kebab-case")]
pub enum Reason {
    /// The train binds its group to another release than it rides.
    Bound {
        /// The line of the train file that declares the group.
        line: usize,
    },
    /// It is new in the group.
    Joined {
        /// The line of the train file that declares the group.
        line: usize,
    },
    /// It rides the release and is behind it.
    Behind,
    /// Somebody else moved it off the release.
    Drifted,
    /// An earlier run began and did not finish.
    Unfinished,
}

/// A move of a group from one release to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseMove {
    /// The release that the instances ride now.
    pub from: ReleaseName,
    /// The release they go to.
    pub to: ReleaseName,
    /// How the two differ.
    pub delta: Delta,
    /// The groups that make this move.
    pub groups: Vec<GroupName>,
    /// How many instances make it.
    pub instances: usize,
}

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
    },
    /// The state owns a source whose release the train no longer declares.
    Undeclared,
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
    /// A group's selector fits an instance that is none of the group's.
    LeftOut {
        /// The group.
        group: GroupName,
        /// The instance.
        instance: Ocid,
        /// Why not.
        why: LeftOut,
    },
}

/// What a plan will take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// Calls that change something.
    pub changing_calls: usize,
    /// Work requests that instances will carry out.
    pub work_requests: usize,
}

impl Plan {
    /// Returns how many addresses are added, changed and destroyed.
    pub fn counts(&self) -> (usize, usize, usize) {
        let count = |action| self.changes.iter().filter(|change| change.action == action).count();
        (count(ChangeAction::Add), count(ChangeAction::Change), count(ChangeAction::Destroy))
    }

    /// Tells whether a run started now would come to a step other than a gate: what makes `plan --detailed-exitcode` say 2.
    pub fn can_start(&self) -> bool {
        order::startable(self).next().is_some()
    }

    /// Returns what people call an instance.
    pub fn label<'a>(&'a self, instance: &'a Ocid) -> &'a str {
        self.labels.get(instance).map_or(instance.as_str(), |label| label)
    }

    /// Returns a group of the plan.
    pub fn group(&self, name: &GroupName) -> Option<&PlannedGroup> {
        self.groups.iter().find(|group| group.name == *name)
    }
}
