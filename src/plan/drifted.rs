//! What others changed since our last apply, as a plan lists it and as `drift` tells it. How it is found out is
//! `drift.rs`'s.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Plan;
use super::aim::Names;
use crate::conformance::Lag;
use crate::name::{Address, GroupName, ReleaseName, Spelled};
use crate::observed::{Job, SourceLink};
use crate::op::Schedule;
use crate::package::Package;
use crate::state::State;

/// What others changed since our last apply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// What it happened to.
    pub address: Address,
    /// What happened.
    pub kind: DriftKind,
    /// Of an instance, the group that it happened to it in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupName>,
    /// When it was last known to be right: since then it was as we had left it, and at some later time no longer. None
    /// where the state does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub right: Option<Timestamp>,
}

impl Drift {
    /// Tells that something happened to an address.
    pub(crate) fn of(address: Address, kind: DriftKind) -> Self {
        Self { address, kind, group: None, right: None }
    }

    /// Tells that something happened to an instance in a group.
    pub(super) fn within(address: Address, group: &GroupName, kind: DriftKind) -> Self {
        Self { group: Some(group.clone()), ..Self::of(address, kind) }
    }

    /// Adds when it was last known to be right.
    pub(super) fn dated(self, state: &State) -> Self {
        let right = match &self.address {
            Address::Release(release) => {
                state.sources.get(release).map(|record| record.proven.unwrap_or(record.since))
            }
            Address::Group(group) => state.groups.get(group).and_then(|record| record.since),
            // Nobody whom others have put in was ever right there.
            Address::Instance(_) if matches!(self.kind, DriftKind::Joined { .. }) => None,
            // A proven level is a proven place, too. Where there is none, nothing was proven of the instance.
            Address::Instance(instance) => {
                state.instances.get(instance).and_then(|record| Some(record.at_level.as_ref()?.since))
            }
            Address::Schedule(group) => state.schedules.get(group).map(|record| record.since),
            Address::Profile(group) => state.profiles.get(group).map(|record| record.since),
        };
        Self { right, ..self }
    }
}

/// What others changed of one train, without what nobody wants to hear of.
#[derive(Clone, Debug)]
pub struct Drifts<'a> {
    /// The plan that has found it.
    pub plan: &'a Plan,
    /// When the train was applied last; none where that was never.
    pub applied: Option<Timestamp>,
    /// What is told, by address.
    pub told: Vec<&'a Drift>,
    /// How many addresses are passed over because somebody said so.
    pub ignored: usize,
}

impl<'a> Drifts<'a> {
    /// Takes from a plan what others changed, but for what `ignored` covers.
    pub fn of(plan: &'a Plan, state: &State, ignored: &[Spelled]) -> Self {
        let is_ignored = |drift: &&Drift| {
            let names = Names::of(plan);
            let covers = |aim: &Spelled| names.covers(aim, &drift.address, drift.group.as_ref());
            ignored.iter().any(covers)
        };
        let (passed, told): (Vec<&Drift>, Vec<&Drift>) = plan.drift.iter().partition(is_ignored);
        let ignored = addresses(&passed);
        Self { plan, applied: state.last_plan.as_ref().map(|run| run.at), told, ignored }
    }

    /// Returns how many addresses have drifted.
    pub fn count(&self) -> usize {
        addresses(&self.told)
    }
}

/// Counts addresses; what is of one stands together.
fn addresses(drifts: &[&Drift]) -> usize {
    drifts.chunk_by(|one, next| one.address == next.address).count()
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
    /// A source, group or scheduled job that we own is gone, or an instance is no longer known to the service.
    Gone,
    /// Children are attached to the instance under the train's own parent, beside the release that we put it on.
    Children {
        /// The children; of other releases, or nobody's.
        children: Vec<SourceLink>,
    },
    /// The group has other sources than that of the release we put it on.
    Sources {
        /// The release we put it on.
        expected: ReleaseName,
        /// What it has.
        found: Vec<SourceLink>,
    },
    /// The service calls the group otherwise than the train does, which finds it by its id.
    Renamed {
        /// What it is called there.
        found: Arc<str>,
    },
    /// The scheduled job does something else than what we had it do.
    Schedule {
        /// What we had it do.
        expected: Schedule,
        /// What it does.
        found: Job,
    },
}
