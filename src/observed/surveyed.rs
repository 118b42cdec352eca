//! What a look at the service was for: what was asked about, as far as what came of it does not show that. A thing that was
//! asked about and is not there, and one that nobody asked about, look the same in what was observed. Which of it a train
//! needs is not decided here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::name::{Ocid, ReleaseName};
use crate::package::Digest;

/// What was asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Surveyed {
    /// The releases, whose packages were looked up where their sources do not hold them.
    pub releases: BTreeMap<ReleaseName, SurveyedRelease>,
    /// The names of the groups that were looked for.
    pub group_names: BTreeSet<Arc<str>>,
    /// Their OCIDs, where those are known.
    pub group_ids: BTreeSet<Ocid>,
    /// The groups elsewhere that selected instances are in, whose names were asked for.
    pub elsewhere: BTreeSet<Ocid>,
    /// The compartments in which Compute listed its instances.
    pub compartments: BTreeSet<Ocid>,
    /// Those whose subcompartments were looked for.
    pub trees: BTreeSet<Ocid>,
    /// The instances that were asked about and of which something is not known all the same: the service has dropped them,
    /// or never knew them.
    pub silent: BTreeSet<Ocid>,
    /// Whether scheduled jobs were listed.
    pub schedules: bool,
    /// Whether the vendor's sources were.
    pub vendors: bool,
    /// Whether registration profiles were.
    pub profiles: bool,
}

/// A release that was asked about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SurveyedRelease {
    /// What it is.
    pub digest: Digest,
    /// Whether it is retired: then who still has its source was asked, and not what that holds.
    pub retired: bool,
    /// Whether its source was to be taken over: then its packages were looked up nowhere else.
    pub imported: bool,
}
