//! What a plan would do, for people: one change an address, and the cohorts and moves behind them. How they come about
//! is the planner's.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::advisory::Coverage;
use crate::conformance::{Tally, Verdict};
use crate::name::{Address, GroupName, Ocid, ReleaseName};
use crate::observed::{Job, SourceLink};
use crate::op::Schedule;
use crate::package::{Delta, Package};

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
        /// How its sources change, for a service that binds groups.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        exchange: Option<Exchange>,
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
    /// The source of a retired release is deleted.
    DeleteSource {
        /// Its id.
        id: Ocid,
        /// Whether it is gone already, so that it is only forgotten.
        gone: bool,
        /// How many instances this plan switches off it first.
        leaving: usize,
        /// The line of the train file that declares the release.
        line: usize,
    },
    /// The scheduled job of a group is made, changed, made anew or deleted.
    Schedule {
        /// What it does now; none where there is none.
        from: Option<Job>,
        /// What it is to do; none where it goes.
        to: Option<Schedule>,
        /// When that runs next.
        next: Option<Timestamp>,
        /// Whether one that an earlier run made and could not record is recorded.
        adopt: bool,
        /// Whether it is deleted and made anew, because what it is for cannot be changed.
        replace: bool,
        /// The line of the train file that declares the group; none where nothing does any more.
        line: Option<usize>,
    },
    /// The registration profile of a group is made, made anew or deleted.
    Profile {
        /// Whether one that an earlier run made and could not record is recorded.
        adopt: bool,
        /// Whether another one is deleted first, because whom it is for cannot be changed.
        replace: bool,
        /// The line of the train file that declares the group; none where nothing does any more.
        line: Option<usize>,
    },
    /// Updates are installed on an instance now, because somebody asks for them.
    Patch {
        /// Its index in [`super::Plan::patches`].
        patch: usize,
    },
}

impl ChangeDetail {
    /// Returns that of a group of the service that members only leave.
    pub(super) fn departure(leaves: Vec<Ocid>, line: usize) -> Self {
        Self::Group {
            create: false,
            adopt: false,
            from: None,
            joins: Vec::new(),
            leaves,
            verifies: 0,
            exchange: None,
            line,
        }
    }
}

/// How the sources of a group change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// Whether it gets the source of its release; else it has that already.
    pub attach: bool,
    /// The sources that it loses.
    pub detach: Vec<SourceLink>,
    /// Members whose own sources are others than the group's, and who leave and join again for that.
    pub rejoin: Vec<Ocid>,
    /// Members on which work for the group failed, which is done again on them.
    pub rerun: Vec<Ocid>,
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
    /// Whether they are made exactly the release.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exact: bool,
    /// Whether they are booted anew, where they wait for that by then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reboot: bool,
    /// Why anything is done to them.
    pub reason: Reason,
    /// How they stand to the release: what is behind is the same for all of them, what is ahead, extra or missing is
    /// so on any of them.
    pub verdict: Verdict,
    /// The instances.
    pub instances: Vec<Ocid>,
    /// What of being behind counts, and who brings it; none where it all counts, and where nothing is known of any
    /// kind before the switch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tally: Option<Tally>,
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
    /// It rides the release, is not behind it, and is not exactly that.
    Inexact,
    /// It waits for a reboot, and nothing else is to be done to it.
    Reboot,
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
    /// What it closes of the advisories, where any were asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage: Option<Coverage>,
}
