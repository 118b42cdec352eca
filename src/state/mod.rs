//! The state: what we applied last and own. Ids of sources and groups, bindings and levels with their since-when,
//! ops that were started and not finished, and the plan that wrote it.
//!
//! Pure. [`State::record`] is the one function that changes it, an [`Entry`] of the journal at a time, so that a
//! replayed journal gives what the run had. Where the bytes lie is [`store`]'s business.

mod boot;
mod consent;
mod effect;
mod entry;
pub mod inspect;
mod rollout;
pub mod store;
mod surgery;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::name::{GroupName, Ocid, ReleaseName, TrainName};
use crate::op::{Again, Api, Lineage, OpKey, PlanId, RetryToken, Schedule, Ticket};
use crate::package::Digest;
use crate::patching::Patching;
use crate::policy::Policy;

pub use boot::{BootRecord, FailedBoot};
pub use consent::{Approved, Consent, Overridden};
pub use effect::Effect;
pub use entry::{Entry, Finish, IllegalEntry, TOKEN_LIFETIME};
pub use rollout::{Ending, Failure, Paused, RolloutEnd, RolloutRecord, Stopped};
pub use surgery::{Unfit, Unrenamable};

/// The format this build writes; a newer one is refused. An older one is read, and becomes this one when the state is next
/// written, which keeps what was there as a backup.
///
/// 1: what the first builds wrote, all of OSMS; they know no field that came later, and take a state with one for damaged.
/// 2: proofs of contents, kinds of updates, schedules, profiles, the service, imports, several instances per call.
/// 3: rollouts and waves.
/// 4: boots, and waves that are groups of the service, which an older build would take for groups that the train has dropped.
/// 5: the policy that plans are approved under, which an older build would not ask for.
pub const FORMAT_VERSION: u32 = 5;

/// What we applied last and own. One per train.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// [`FORMAT_VERSION`] of the build that wrote it.
    pub format_version: u32,
    /// The version of the tool that wrote it.
    pub tool: String,
    /// The train.
    pub train: TrainName,
    /// The line of descent.
    pub lineage: Lineage,
    /// Grows by one with each run that changed something; 0 before the first.
    pub serial: u64,
    /// The plan that wrote it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_plan: Option<PlanRun>,
    /// The sources we own, by release.
    #[serde(default)]
    pub sources: BTreeMap<ReleaseName, SourceRecord>,
    /// The groups we bind, by name.
    #[serde(default)]
    pub groups: BTreeMap<GroupName, GroupRecord>,
    /// The instances we have put on a release, by OCID.
    #[serde(default)]
    pub instances: BTreeMap<Ocid, InstanceRecord>,
    /// Ops started and not known to be finished.
    #[serde(default)]
    pub unfinished: BTreeMap<OpKey, UnfinishedOp>,
    /// The scheduled jobs we own, by group.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub schedules: BTreeMap<GroupName, ScheduleRecord>,
    /// The service that all of this is on. Ids mean nothing to another.
    #[serde(default, skip_serializing_if = "Api::is_first")]
    pub api: Api,
    /// The registration profiles we own, by group.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub profiles: BTreeMap<GroupName, ProfileRecord>,
    /// The state of another service that this one goes on from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ancestor: Option<Ancestor>,
    /// How groups move, or last moved, that do so in waves, stop at failures, or were paused.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rollouts: BTreeMap<GroupName, RolloutRecord>,
    /// The serial that this one is as good as for a plan: since then rollouts were only paused and resumed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steady: Option<u64>,
    /// Boots that were asked for and have not been seen to have gone well, by instance.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub boots: BTreeMap<Ocid, BootRecord>,
    /// The policy that the last run was made under: a train file that states another one is approved under this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
}

/// A state of another service that was taken over. Its ids mean nothing here, and its levels are not believed: only that
/// it was is remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ancestor {
    /// The train, which may have been called otherwise.
    pub train: TrainName,
    /// The service.
    pub api: Api,
    /// The lineage.
    pub lineage: Lineage,
    /// The serial.
    pub serial: u64,
    /// When it was taken over.
    pub at: Timestamp,
}

/// A run of a plan, for the rule that a plan may be applied again until its steps are done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanRun {
    /// The plan.
    pub id: PlanId,
    /// The serial it was planned on.
    pub basis: u64,
    /// Whether all its steps are done.
    pub used_up: bool,
    /// When it was applied last.
    pub at: Timestamp,
}

/// A source we own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceRecord {
    /// The service's id.
    pub id: Ocid,
    /// The digest of the release it holds.
    pub digest: Digest,
    /// Since when we own it.
    pub since: Timestamp,
    /// When it was first proven to hold the whole release; what differs since then is drift.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proven: Option<Timestamp>,
}

/// A group we bind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupRecord {
    /// The service's id.
    pub id: Ocid,
    /// Whether we made it.
    pub made: bool,
    /// The release its members were last moved to, and since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<ReleaseName>,
    /// Since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// The members on which the last work for the whole group failed, where it did; for a service that can do that part
    /// again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<FailedWork>,
    /// What the service calls it, where that is another name than the train's and meant to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub called: Option<Arc<str>>,
    /// Sources that others gave it beside its release's, and that somebody has said are meant to be there.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub accepted: BTreeSet<Ocid>,
}

/// Work for a whole group that failed on some members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FailedWork {
    /// The work request.
    pub ticket: Ticket,
    /// What it was.
    pub again: Again,
    /// The release that it was about.
    pub release: ReleaseName,
    /// The members.
    pub instances: BTreeSet<Ocid>,
}

/// A registration profile we own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileRecord {
    /// The service's id.
    pub id: Ocid,
    /// Since when we own it.
    pub since: Timestamp,
}

/// A scheduled job we own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScheduleRecord {
    /// The service's id.
    pub id: Ocid,
    /// What we last had it do; what differs since then is drift.
    pub schedule: Schedule,
    /// Since when it does that.
    pub since: Timestamp,
}

/// An instance we have put on a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstanceRecord {
    /// Its display name, for people who read the state.
    pub name: Arc<str>,
    /// Its group.
    pub group: GroupName,
    /// The release we put it on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<ReleaseName>,
    /// The level it was last proven to be at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_level: Option<AtLevel>,
    /// Sources that others gave it beside its release's, and that somebody has said are meant to be there.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub accepted: BTreeSet<Ocid>,
    /// The wave of its group that it moves in, from 1; 0 where none is fixed.
    #[serde(default, skip_serializing_if = "is_none")]
    pub wave: u32,
}

/// Tells whether no wave is fixed.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_none(wave: &u32) -> bool {
    *wave == 0
}

/// A proven level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AtLevel {
    /// The release.
    pub release: ReleaseName,
    /// Since when it has been at that level without a break.
    pub since: Timestamp,
    /// How many managed packages stood beside the release when it was proven.
    pub extra: usize,
    /// What its group installed then, and so what the level counted.
    #[serde(default, skip_serializing_if = "Patching::is_default")]
    pub patching: Patching,
}

/// An op that was started and whose end is not recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnfinishedOp {
    /// The token its call carried, to be used again for 24 hours.
    pub token: RetryToken,
    /// When that call was made.
    pub started: Timestamp,
    /// The work request that the service answered with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<Ticket>,
    /// Of a taking in of instances, those: its key does not tell them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instances: Vec<Ocid>,
}

impl State {
    /// Makes the state of a train that has never been applied. Serial 0 is never written.
    pub fn new(train: TrainName, lineage: Lineage) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            train,
            lineage,
            serial: 0,
            last_plan: None,
            sources: BTreeMap::new(),
            groups: BTreeMap::new(),
            instances: BTreeMap::new(),
            unfinished: BTreeMap::new(),
            schedules: BTreeMap::new(),
            profiles: BTreeMap::new(),
            api: Api::Osms,
            ancestor: None,
            rollouts: BTreeMap::new(),
            steady: None,
            boots: BTreeMap::new(),
            policy: None,
        }
    }

    /// Returns a digest of all that a plan is made on. Which build wrote it is no part of that, nor what is paused and
    /// resumed without anything being done.
    pub fn digest(&self) -> Digest {
        let (serial, rollouts, boots) = (0, BTreeMap::new(), BTreeMap::new());
        let (tool, steady) = (String::new(), None);
        let said = Self { format_version: 0, tool, serial, rollouts, boots, steady, ..self.clone() };
        Digest::of([serde_json::to_vec(&said).expect("its keys are strings")])
    }

    /// Returns the word of its service, where that is told: states of the first one look as they did before there was
    /// another.
    pub fn told_service(&self) -> Option<&'static str> {
        (!self.api.is_first()).then(|| self.api.word())
    }
}
