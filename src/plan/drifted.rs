//! What others changed since our last apply, as a plan lists it. How it is found out is `drift`'s.

use serde::{Deserialize, Serialize};

use crate::conformance::Lag;
use crate::name::{Address, GroupName, ReleaseName};
use crate::observed::{Job, SourceLink};
use crate::op::Schedule;
use crate::package::Package;

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
    /// The scheduled job does something else than what we had it do.
    Schedule {
        /// What we had it do.
        expected: Schedule,
        /// What it does.
        found: Job,
    },
}
