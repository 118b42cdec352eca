//! The closed list of things we ask of a cloud, and the vocabulary around them: references, tokens, tickets, and how
//! much a service takes at once.
//!
//! An [`Op`] names final values ("this instance rides that source"), so that asking twice is harmless and a reader of
//! the world can tell whether it already holds. What each op *means* is [`crate::observed`]'s; how it is said to a
//! service is `cloud`'s; when it is said is the planner's.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::name::{GroupName, Ocid, ReleaseName, TrainName};
use crate::package::{Digest, Package};

pub use crate::patching::{Every, Schedule, Unit, UpdateKind, Wanted};

/// Names one step of a plan; its index there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepId(pub u32);

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s{}", self.0)
    }
}

/// Names one plan: the digest of its content, so that a changed plan has another name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PlanId(pub Arc<str>);

impl fmt::Display for PlanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The line of descent of a state: random, made with its first plan, never empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Lineage(pub Arc<str>);

impl fmt::Display for Lineage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

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

/// One thing asked of a cloud.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "kebab-case")]
pub enum Op {
    /// Make the empty software source of a release, in the train's compartment.
    CreateSource {
        /// The release it will hold.
        release: ReleaseName,
        /// Its display name, `<train>/<release>`.
        name: String,
        /// The architecture of the train, as rpm spells it.
        arch: String,
        /// Its tags.
        owner: Ownership,
        /// The parent to make it a child of; none for a source that can be a parent itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        under: Option<ParentRef>,
    },
    /// Put packages into a source; those already there stay.
    AddPackages {
        /// The source.
        source: SourceRef,
        /// The packages.
        packages: Vec<Package>,
    },
    /// Take packages that somebody else put into a release's source out again.
    RemovePackages {
        /// The source.
        source: SourceRef,
        /// The packages.
        packages: Vec<Package>,
    },
    /// Make a managed instance group, in the train's compartment.
    CreateGroup {
        /// The train's group; also the display name.
        group: GroupName,
        /// Its tags.
        owner: Ownership,
    },
    /// Delete a group that we made and whose members have left. Its instances stay as they are.
    DeleteGroup {
        /// The group.
        group: GroupRef,
    },
    /// Make an instance a member of a group.
    Join {
        /// The group.
        group: GroupRef,
        /// The instance.
        instance: Ocid,
    },
    /// End an instance's membership of a group. Its sources and packages stay as they are.
    Leave {
        /// The group.
        group: GroupRef,
        /// The instance.
        instance: Ocid,
    },
    /// Put an instance on a source: detach the parent it has, with the children that hang on it, and attach the new
    /// one. One op, because in between the instance has no repository at all. Of a source that is a child: see to its
    /// parent in that way, attach the child, and only then detach the children it replaces, so that an instance that has
    /// the parent is never without a release.
    Switch {
        /// The instance.
        instance: Ocid,
        /// The parent it has now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<Ocid>,
        /// The source to ride.
        to: SourceRef,
        /// Of a source that is a child: the children of its parent that are detached in the end.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        drops: Vec<Ocid>,
    },
    /// Have the instance's agent install what its sources offer. Answered with a work request.
    Update {
        /// The instance.
        instance: Ocid,
        /// The source that it must be riding.
        source: SourceRef,
        /// Which updates.
        kind: Wanted,
    },
    /// Have the instance's agent install now, by hand, what its sources offer, whichever they are. Answered with a
    /// work request.
    Patch {
        /// The instance.
        instance: Ocid,
        /// Which updates.
        wanted: Wanted,
        /// The one package that is brought to this version; all that are wanted without it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        package: Option<Package>,
    },
    /// Delete the source of a release that nothing rides any more.
    DeleteSource {
        /// The source.
        source: SourceRef,
    },
    /// Make the scheduled job of a group, in the train's compartment.
    CreateSchedule {
        /// The group.
        group: GroupRef,
        /// Its display name, `<train>/<group>`.
        name: String,
        /// Its tags, besides the group's name.
        owner: Ownership,
        /// What it does.
        schedule: Schedule,
        /// When it runs next: worked out anew when the op is asked for.
        next: Timestamp,
    },
    /// Have the scheduled job of a group do something else, or be called as it should.
    ChangeSchedule {
        /// The group.
        group: GroupName,
        /// The job.
        id: Ocid,
        /// Its display name.
        name: String,
        /// Its tags, besides the group's name.
        owner: Ownership,
        /// What it does from now on.
        schedule: Schedule,
        /// When it runs next.
        next: Timestamp,
    },
    /// Delete a scheduled job that we made. Work that it has begun goes on.
    DeleteSchedule {
        /// The group.
        group: GroupName,
        /// The job.
        id: Ocid,
    },
}

impl Op {
    /// Returns the name under which state and journal know the op: the same for the same wish, whichever plan holds
    /// it and whether or not ids are known by then.
    pub fn key(&self) -> OpKey {
        let batch =
            |packages: &[Package]| Digest::of_lines(packages.iter().map(|package| package.as_str())).short();
        OpKey(match self {
            Self::Join { group, instance } => return OpKey::join(&group.group, instance),
            Self::Leave { group, instance } => return OpKey::leave(&group.group, instance),
            Self::Switch { instance, to, .. } => return OpKey::switch(&to.release, instance),
            Self::Update { instance, source, .. } => return OpKey::update(&source.release, instance),
            // No release is called so: these are told from updates to one, and like them end in their instance.
            Self::Patch { instance, package: Some(package), .. } => format!("update/@{package}/{instance}"),
            Self::Patch { instance, wanted, package: None } => format!("update/@{wanted}/{instance}"),
            Self::CreateSchedule { group, .. } => format!("create-schedule/{}", group.group),
            Self::ChangeSchedule { group, .. } => format!("change-schedule/{group}"),
            Self::DeleteSchedule { group, id } => format!("delete-schedule/{group}/{id}"),
            Self::CreateSource { release, .. } => format!("create-source/{release}"),
            Self::AddPackages { source, packages } => {
                format!("add-packages/{}/{}", source.release, batch(packages))
            }
            Self::RemovePackages { source, packages } => {
                format!("remove-packages/{}/{}", source.release, batch(packages))
            }
            Self::CreateGroup { group, .. } => format!("create-group/{group}"),
            Self::DeleteGroup { group } => format!("delete-group/{}", group.group),
            Self::DeleteSource { source } => return OpKey::delete_source(&source.release),
        })
    }

    /// Returns the instance that the op touches, where it touches one.
    pub fn instance(&self) -> Option<&Ocid> {
        match self {
            Self::Join { instance, .. }
            | Self::Leave { instance, .. }
            | Self::Switch { instance, .. }
            | Self::Update { instance, .. }
            | Self::Patch { instance, .. } => Some(instance),
            Self::CreateSource { .. }
            | Self::AddPackages { .. }
            | Self::RemovePackages { .. }
            | Self::CreateGroup { .. }
            | Self::DeleteGroup { .. }
            | Self::DeleteSource { .. }
            | Self::CreateSchedule { .. }
            | Self::ChangeSchedule { .. }
            | Self::DeleteSchedule { .. } => None,
        }
    }

    /// Returns the instance whose agent the op puts to work, where it does.
    pub fn updates(&self) -> Option<&Ocid> {
        match self {
            Self::Update { instance, .. } | Self::Patch { instance, .. } => Some(instance),
            _ => None,
        }
    }

    /// Returns the source reference that may still lack its id.
    pub fn source_mut(&mut self) -> Option<&mut SourceRef> {
        match self {
            Self::AddPackages { source, .. }
            | Self::RemovePackages { source, .. }
            | Self::Switch { to: source, .. }
            | Self::Update { source, .. }
            | Self::DeleteSource { source } => Some(source),
            Self::CreateSource { .. }
            | Self::CreateGroup { .. }
            | Self::DeleteGroup { .. }
            | Self::Join { .. }
            | Self::Leave { .. }
            | Self::Patch { .. }
            | Self::CreateSchedule { .. }
            | Self::ChangeSchedule { .. }
            | Self::DeleteSchedule { .. } => None,
        }
    }

    /// Returns the reference to the train's own parent that may still lack its id.
    pub fn parent_mut(&mut self) -> Option<&mut ParentRef> {
        match self {
            Self::CreateSource { under, .. } => under.as_mut(),
            other => other.source_mut().and_then(|source| source.under.as_mut()),
        }
    }

    /// Returns the group reference that may still lack its id.
    pub fn group_mut(&mut self) -> Option<&mut GroupRef> {
        match self {
            Self::DeleteGroup { group }
            | Self::Join { group, .. }
            | Self::Leave { group, .. }
            | Self::CreateSchedule { group, .. } => Some(group),
            Self::CreateSource { .. }
            | Self::AddPackages { .. }
            | Self::RemovePackages { .. }
            | Self::CreateGroup { .. }
            | Self::Switch { .. }
            | Self::Update { .. }
            | Self::Patch { .. }
            | Self::DeleteSource { .. }
            | Self::ChangeSchedule { .. }
            | Self::DeleteSchedule { .. } => None,
        }
    }
}

/// The lasting name of an op; see [`Op::key`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OpKey(pub String);

impl OpKey {
    /// Returns the key of an instance's joining a group.
    pub fn join(group: &GroupName, instance: &Ocid) -> Self {
        Self(format!("join/{group}/{instance}"))
    }

    /// Returns the key of an instance's leaving a group.
    pub fn leave(group: &GroupName, instance: &Ocid) -> Self {
        Self(format!("leave/{group}/{instance}"))
    }

    /// Returns the key of an instance's switch to a release.
    pub fn switch(release: &ReleaseName, instance: &Ocid) -> Self {
        Self(format!("switch/{release}/{instance}"))
    }

    /// Returns the key of an instance's update to a release.
    pub fn update(release: &ReleaseName, instance: &Ocid) -> Self {
        Self(format!("update/{release}/{instance}"))
    }

    /// Returns the key of the deletion of a release's source.
    pub fn delete_source(release: &ReleaseName) -> Self {
        Self(format!("delete-source/{release}"))
    }
}

impl fmt::Display for OpKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What makes a repeated call harmless to a service that has already served it: random, at most 48 characters, valid
/// for 24 hours (both services document the lifetime; the header allows 64).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RetryToken(pub String);

impl RetryToken {
    /// Returns the token for one of several calls that make up one op.
    pub fn part(&self, call: &str) -> Self {
        Self(format!("{}-{call}", self.0))
    }
}

/// The service's name for work it has accepted and not finished (an OCID of a work request).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ticket(pub String);

impl fmt::Display for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a service can do and how it wants to be asked: planner knowledge, so that the executor needs none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// How many packages one call adds to a source. Nobody documents a limit; a full list of several hundred has been
    /// seen to pass on OSMS.
    pub packages_per_call: usize,
}
