//! How ops refer to sources and groups, whose those are, and what they are made with.

use serde::{Deserialize, Serialize};

use super::Lineage;
use crate::name::{GroupName, Ocid, ReleaseName, TrainName};
use crate::package::Digest;

/// A software source, by the release it holds. The id is filled in where it is known; a source that this very plan
/// creates gets it while the plan runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRef {
    /// The release.
    pub release: ReleaseName,
    /// The service's id, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Ocid>,
    /// The parent that it hangs under as a child; none for a source that is a parent itself. To ride it is then to have
    /// that parent and this child.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under: Option<ParentRef>,
}

/// The train's own parent source, under which releases hang as children; the id as for [`SourceRef`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParentRef {
    /// The service's id, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Ocid>,
}

/// A managed instance group, by the name of the train's group; the id as for [`SourceRef`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupRef {
    /// The group.
    pub group: GroupName,
    /// The service's id, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Ocid>,
}

/// Whose a source or group is: written into its tags when it is made, and how one that a crash left unrecorded is
/// found again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ownership {
    /// The train.
    pub train: TrainName,
    /// The state's lineage.
    pub lineage: Lineage,
    /// Of a source: the release it holds. Of a group: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<(ReleaseName, Digest)>,
}

impl Ownership {
    /// Says whose something is, by the tags that were read of it.
    pub fn told(owner: Option<&Self>) -> String {
        owner.map_or_else(
            || "nobody that its tags name".to_owned(),
            |owner| format!("train {} of lineage {}", owner.train, owner.lineage),
        )
    }
}

/// What a source is made from, for a service that fills its sources from the vendor's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The operating system, as the train has it.
    pub os: String,
    /// The vendor's sources.
    pub vendors: Vec<Ocid>,
}

/// What a group is made with, for a service that binds groups to sources.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outfit {
    /// The operating system of its members, as the train has it.
    pub os: String,
    /// Their architecture, as rpm spells it.
    pub arch: String,
    /// The source that it has from the first.
    pub source: SourceRef,
}
