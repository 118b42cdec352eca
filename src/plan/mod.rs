//! The plan: plain data that says what has drifted, what will change, by which steps, and what is held.
//!
//! Three lists that are never mixed: [`Change`]s are for people, [`Step`]s for the executor, [`Held`] for both. The
//! steps are the execution graph, so that what was reviewed is what runs; everything a renderer shows stands in the
//! plan, so that no renderer computes.

mod accept;
mod aim;
mod assess;
mod bindings;
mod change;
mod changes;
mod crews;
mod despite;
mod drift;
mod drifted;
mod exact;
mod faithful;
mod figures;
mod file;
mod gates;
mod held;
mod holdings;
mod imports;
mod judged;
pub mod lint;
mod mismatch;
mod order;
mod partial;
mod patch;
mod planner;
mod policy;
mod profiles;
mod reboot;
mod refusal;
mod retired;
mod review;
mod rollout;
mod roster;
mod schedules;
mod select;
mod step;
mod steps;
mod takeover;
mod vendors;
mod waves;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::name::{Address, GroupName, Ocid, ReleaseName, TrainName};
use crate::op::{Lineage, PlanId, StepId};
use crate::package::{Digest, PackageSet, Pattern};
use crate::state::State;
use crate::train::{Ahead, Amount, Patching, Reboot};

pub use accept::{Unacceptable, accept, drift_at};
pub use aim::unknown;
pub use change::{Change, ChangeAction, ChangeDetail, Cohort, Exchange, Reason, ReleaseMove};
pub use despite::drifting;
pub use drifted::{Drift, DriftKind, Drifts};
pub use exact::{Enforcement, Left, PROTECTED, Stay, protected};
pub use faithful::contradiction;
pub use figures::Figures;
pub use file::{PlanFile, PlanFileError, read, save};
pub use held::{AheadReport, Held, HeldReason, Note};
pub use imports::{Attached, PlannedImport, Takeover, Unimportable, pending as pending_imports};
pub use judged::judged;
pub use mismatch::Mismatch;
pub use order::{Order, OrderError};
pub use partial::Partial;
pub use patch::{OutstandingUpdate, Patch, Request, Stranger, StreamMove, Target, update};
pub use planner::{Input, plan, targeted};
pub use policy::{Approvals, Check, CheckOutcome, PolicyChange, PolicyReview};
pub use refusal::Refusal;
pub use review::{Reviewed, governing, reviewed, ruled};
pub use rollout::{PlannedRollout, PlannedWave};
pub use select::{Claimant, LeftOut, candidates, fitting, selected};
pub use step::{Action, Condition, Phase, Step, Verification};
pub use takeover::import;

/// The format this build writes into saved plans; a newer one is refused.
///
/// 2: rollouts, which an older build would not stop.
/// 3: waves that are groups of the service, and boots that are proven.
/// 4: policy, which an older build would not keep.
/// 5: an id that is the whole digest, of which an older build knows half.
pub const FORMAT_VERSION: u32 = 5;

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
    /// What others made and this plan takes over as it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub imports: Vec<PlannedImport>,
    /// What this plan would do, one entry an address, by address.
    pub changes: Vec<Change>,
    /// The moves between releases behind the changes, with their package delta.
    pub moves: Vec<ReleaseMove>,
    /// Instances with the same change for the same reason; the details of `changes` for instances.
    pub cohorts: Vec<Cohort>,
    /// Instances that are newer than their release, whether or not that holds them.
    pub ahead: Vec<AheadReport>,
    /// Members that stay where they are and have more or fewer packages than their release.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mismatches: Vec<Mismatch>,
    /// Members that are made exactly their release, and how.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exact: Vec<Enforcement>,
    /// What is wanted and not now.
    pub held: Vec<Held>,
    /// What a reviewer should know and nobody has to act on.
    pub notes: Vec<Note>,
    /// What runs, in an order in which each step follows what it depends on.
    pub steps: Vec<Step>,
    /// What it will take.
    pub cost: Cost,
    /// Updates that somebody asks for by hand, by what is outstanding; the details of `changes` for instances.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patches: Vec<Patch>,
    /// The golden instance, in a plan that updates it by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub golden: Option<Ocid>,
    /// What it is a part of, where not all that the train wants was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partial: Option<Partial>,
    /// When what it was made from was seen, where that was not just then: it was made from the inventory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Timestamp>,
    /// What the train's policy says of it, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicyReview>,
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
    /// The digest of what the state says. Amid a run it has the serial already that the run leaves, and not all that the
    /// run does. None in plans of older builds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Digest>,
    /// Whether groups were allowed to lose more members than is usual.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub allow_shrink: bool,
}

impl Basis {
    /// Tells whether a state of the same serial says something else than what was planned on.
    pub fn differs_from(&self, state: &State) -> bool {
        self.state.is_some_and(|digest| digest != state.digest())
    }
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
    /// What is installed on its members, and so what its level counts.
    #[serde(default, skip_serializing_if = "Patching::is_default")]
    pub patching: Patching,
    /// How it moves, where it has waves or hours, or stops at failures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollout: Option<PlannedRollout>,
    /// What is done about members that wait for a reboot, and whether that is told at all.
    #[serde(default, skip_serializing_if = "Reboot::is_default")]
    pub reboot: Reboot,
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
    /// Instances made exactly the release.
    #[serde(default, skip_serializing_if = "is_none")]
    pub exact: usize,
    /// Instances booted anew, where they wait for it by then.
    #[serde(default, skip_serializing_if = "is_none")]
    pub reboots: usize,
    /// Instances whose packages are read back.
    pub verifies: usize,
}

fn is_none(number: &usize) -> bool {
    *number == 0
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
    /// Returns the addresses that it would change, or take over.
    pub(super) fn touched(&self) -> BTreeSet<&Address> {
        let changed = self.changes.iter().map(|change| &change.address);
        changed.chain(self.imports.iter().map(|import| &import.address)).collect()
    }

    /// Tells whether it would change anything.
    pub fn changes_anything(&self) -> bool {
        !self.changes.is_empty() || !self.imports.is_empty()
    }

    /// Returns how many addresses are added, changed and destroyed; what is taken over as it is is none of them.
    pub fn counts(&self) -> (usize, usize, usize) {
        let count = |action| self.changes.iter().filter(|change| change.action == action).count();
        (count(ChangeAction::Add), count(ChangeAction::Change), count(ChangeAction::Destroy))
    }

    /// Tells whether a run started now would come to a step other than a gate: what makes `plan --detailed-exitcode` say 2.
    pub fn can_start(&self) -> bool {
        order::startable(self).next().is_some()
    }

    /// Tells whether something is held that only time brings: a run that waits comes to it.
    pub fn waits_for_time(&self) -> bool {
        let kept =
            |held: &&Held| matches!(held.reason, HeldReason::Paused { .. } | HeldReason::Stopped { .. });
        let kept: BTreeSet<&Address> = self.held.iter().filter(kept).map(|held| &held.address).collect();
        let by_time = |held: &&Held| match held.reason {
            HeldReason::Closed { .. } => true,
            HeldReason::Soak { since, .. } => since.is_some(),
            _ => false,
        };
        self.held.iter().filter(by_time).any(|held| !kept.contains(&held.address))
    }

    /// Tells whether a rollout has stopped that it would go on with.
    pub fn has_stopped(&self) -> bool {
        self.held.iter().any(|held| matches!(held.reason, HeldReason::Stopped { of: None, .. }))
    }

    /// Returns the plan of what needs no step: levels that were left are recorded, and rollouts ended that have arrived. One
    /// that this plan would still move somebody of has not, however many may be below level.
    #[must_use]
    pub fn recording(&self) -> Self {
        let acts = self.steps.iter().filter(|step| matches!(step.action, Action::Act { .. }));
        let moving: BTreeSet<&GroupName> = acts.filter_map(|step| step.group.as_ref()).collect();
        let arrived = |step: &&Step| match &step.action {
            Action::Gate { condition: Condition::Arrived { group, .. } } => !moving.contains(group),
            _ => false,
        };
        let arrived = self.steps.iter().filter(arrived).cloned();
        let alone = |(id, step): (u32, Step)| Step { id: StepId(id), after: Vec::new(), ..step };
        // Another policy is recorded by those only who were asked for their word on it.
        let steps = (0..).zip(arrived).map(alone).collect();
        let mut record = Self { steps, policy: None, ..self.clone() };
        // And it is not taken for a run of the plan to which they gave their word.
        if self.policy.is_some() {
            record.id = record.content_id();
        }
        record
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
