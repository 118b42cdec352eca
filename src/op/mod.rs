//! The closed list of things we ask of a cloud, and the vocabulary around them: references, tokens, tickets, and how
//! much a service takes at once.
//!
//! An [`Op`] names final values ("this instance rides that source"), so that asking twice is harmless and a reader of
//! the world can tell whether it already holds. What each op *means* is [`crate::observed`]'s; how it is said to a
//! service is `cloud`'s; when it is said is the planner's.

mod adjust;
mod capabilities;
mod ids;
mod key;
mod refs;
mod standing;
mod ticket;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::name::{GroupName, Ocid, ReleaseName};
use crate::package::{Package, StreamName};

pub use adjust::Adjust;
pub use capabilities::{Binding, Capabilities};
pub use ids::{Lineage, PlanId, StepId};
pub use key::{OpKey, Subject};
pub use refs::{GroupRef, Origin, Outfit, Ownership, ParentRef, SourceRef};
pub use standing::Standing;
pub use ticket::{RetryToken, Ticket};

pub use crate::patching::{Api, Every, Schedule, Unit, UpdateKind, Wanted};

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
        /// What it is filled from, for a service that asks.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        origin: Option<Origin>,
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
        /// What it is made with, for a service that binds groups.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        outfit: Option<Outfit>,
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
    /// Make an instance that is up to date exactly its release: bring packages to a version, older ones too, and take
    /// packages away, one after the other. Each is answered with a work request of its own.
    Enforce {
        /// The instance.
        instance: Ocid,
        /// The source that it must be riding.
        source: SourceRef,
        /// What is done, in order.
        adjusts: Vec<Adjust>,
    },
    /// Have an instance get the packages of these module streams from now on, instead of others of their modules. Answered
    /// with a work request.
    EnableStreams {
        /// The instance.
        instance: Ocid,
        /// The streams, one of a module.
        streams: Vec<StreamName>,
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
    /// Give a group a source beside those it has; its members get it as their agents check in. Answered with a work
    /// request for all of them.
    Attach {
        /// The group.
        group: GroupRef,
        /// The source.
        source: SourceRef,
        /// The members that are waited for.
        instances: Vec<Ocid>,
    },
    /// Take sources from a group that has another one.
    Detach {
        /// The group.
        group: GroupRef,
        /// The sources that go.
        sources: Vec<Ocid>,
        /// The source that it keeps.
        keeps: SourceRef,
        /// The members that are waited for.
        instances: Vec<Ocid>,
    },
    /// Make instances members of a group that has a source: they get that instead of what they had, and install the
    /// latest of it. Answered with a work request for all of them.
    Enroll {
        /// The group.
        group: GroupRef,
        /// The source that it has.
        source: SourceRef,
        /// The instances.
        instances: Vec<Ocid>,
    },
    /// End the membership of instances. Their packages stay as they are.
    Dismiss {
        /// The group.
        group: GroupRef,
        /// The instances.
        instances: Vec<Ocid>,
    },
    /// Have the agents of all members install what the group's source offers. Answered with a work request.
    UpdateGroup {
        /// The group.
        group: GroupRef,
        /// The source that it must have, and no other.
        source: SourceRef,
        /// Which updates.
        kind: Wanted,
        /// The members that it is for, and that are waited for; there is nothing to do on the others.
        instances: Vec<Ocid>,
    },
    /// Have the agents of all members install now, by hand, what the group's sources offer, whichever they are.
    /// Answered with a work request.
    PatchGroup {
        /// The group.
        group: GroupRef,
        /// Which updates.
        wanted: Wanted,
        /// The one package that is brought to this version; all that are wanted without it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        package: Option<Package>,
        /// The members that it is for, and that are waited for.
        instances: Vec<Ocid>,
    },
    /// Have all members of a group bring packages to a version, older ones too, or take packages away: the service does
    /// neither on one alone. Answered with a work request.
    EnforceGroup {
        /// The group.
        group: GroupRef,
        /// The source that it must have, and no other.
        source: SourceRef,
        /// What is done: all of it installs, or all of it removes.
        adjusts: Vec<Adjust>,
        /// The members that it is for, and that are waited for; the others have it so already.
        instances: Vec<Ocid>,
    },
    /// Have all members get the packages of these module streams from now on. Answered with a work request.
    EnableGroupStreams {
        /// The group.
        group: GroupRef,
        /// The streams, one of a module.
        streams: Vec<StreamName>,
        /// The members that do not have them, and that are waited for.
        instances: Vec<Ocid>,
    },
    /// Do work on a group again, on those members alone on which it failed. Answered with a work request.
    Rerun {
        /// The group.
        group: GroupRef,
        /// The source that it must have, and no other.
        source: SourceRef,
        /// The work request that failed on them.
        of: Ticket,
        /// What that was.
        again: Again,
        /// The members.
        instances: Vec<Ocid>,
    },
    /// Have the agents of all members tell anew what is installed. Changes nothing on them. Answered with a work request.
    Refresh {
        /// The group.
        group: GroupRef,
        /// The members that are waited for.
        instances: Vec<Ocid>,
    },
    /// Have the agent of one instance tell anew what is installed. Changes nothing on it. Answered with a work request.
    RefreshInstance {
        /// The instance.
        instance: Ocid,
    },
    /// Boot an instance anew, once its packages are as they are to be, and wait until its agent checks in again. No agent has
    /// to pick it up where the cloud itself does it.
    Reboot {
        /// The instance.
        instance: Ocid,
        /// The kernel that it is to run then, `version-release.arch`; none where that is not foreseen.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kernel: Option<String>,
    },
    /// Make the registration profile with which a new system comes up as a member of a group.
    CreateProfile {
        /// The group.
        group: GroupRef,
        /// Its display name, `<train>/<group>`.
        name: String,
        /// Its tags, besides the group's name.
        owner: Ownership,
        /// The operating system of new systems, as the train has it.
        os: String,
        /// Their architecture, as rpm spells it.
        arch: String,
    },
    /// Put the train's tags on a software source that others made, so that it is found as the release's from now on.
    /// Nothing else of it changes.
    AdoptSource {
        /// The release that it holds.
        release: ReleaseName,
        /// The source.
        id: Ocid,
        /// Its tags; others of it stay.
        owner: Ownership,
    },
    /// Put the train's tags on a managed instance group that others made. Nothing else of it changes.
    AdoptGroup {
        /// The train's group.
        group: GroupName,
        /// The service's.
        id: Ocid,
        /// What the service calls it, and goes on to.
        called: String,
        /// Its tags; others of it stay.
        owner: Ownership,
    },
    /// Delete a registration profile that we made. Systems that came up with it stay as they are.
    DeleteProfile {
        /// The group.
        group: GroupName,
        /// The profile.
        id: Ocid,
    },
}

/// What is done again on members on which it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", content = "kind", rename_all = "kebab-case")]
pub enum Again {
    /// Getting what sources the group has.
    Sources,
    /// Joining the group, and all that the service does with whoever joins.
    Join,
    /// Installing updates.
    Update(Wanted),
}

impl Op {
    /// Returns the instance that the op touches, where it touches one alone.
    pub fn instance(&self) -> Option<&Ocid> {
        match self {
            Self::Join { instance, .. }
            | Self::Leave { instance, .. }
            | Self::Switch { instance, .. }
            | Self::Update { instance, .. }
            | Self::Patch { instance, .. }
            | Self::Enforce { instance, .. }
            | Self::EnableStreams { instance, .. }
            | Self::RefreshInstance { instance }
            | Self::Reboot { instance, .. } => Some(instance),
            _ => None,
        }
    }

    /// Returns the instance whose agent the op puts to work, where it is one alone.
    pub fn updates(&self) -> Option<&Ocid> {
        match self {
            Self::Update { instance, .. }
            | Self::Patch { instance, .. }
            | Self::Enforce { instance, .. }
            | Self::EnableStreams { instance, .. } => Some(instance),
            _ => None,
        }
    }

    /// Returns the group that the op is worked off by, member by member, and the members that are waited for; none for
    /// an op that is done when it is answered, or is about one instance.
    pub fn crew(&self) -> Option<(&GroupRef, &[Ocid])> {
        match self {
            Self::Attach { group, instances, .. }
            | Self::Detach { group, instances, .. }
            | Self::Enroll { group, instances, .. }
            | Self::UpdateGroup { group, instances, .. }
            | Self::PatchGroup { group, instances, .. }
            | Self::EnforceGroup { group, instances, .. }
            | Self::EnableGroupStreams { group, instances, .. }
            | Self::Rerun { group, instances, .. }
            | Self::Refresh { group, instances } => Some((group, instances)),
            _ => None,
        }
    }

    /// Returns the instances whose agents the op has install something, or enable what is installed from: nobody may ask
    /// that of an instance that has open work.
    pub fn installs(&self) -> &[Ocid] {
        match self {
            Self::Update { instance, .. }
            | Self::Patch { instance, .. }
            | Self::Enforce { instance, .. }
            | Self::EnableStreams { instance, .. } => std::slice::from_ref(instance),
            Self::Enroll { instances, .. }
            | Self::UpdateGroup { instances, .. }
            | Self::PatchGroup { instances, .. }
            | Self::EnforceGroup { instances, .. }
            | Self::EnableGroupStreams { instances, .. }
            | Self::Rerun { instances, again: Again::Update(_) | Again::Join, .. } => instances,
            _ => &[],
        }
    }

    /// Returns the instances whose proven level ends with the op: after it their packages, or what those are measured
    /// by, are others.
    pub fn unproves(&self) -> &[Ocid] {
        match self {
            Self::Switch { instance, .. } | Self::Reboot { instance, .. } => std::slice::from_ref(instance),
            Self::Attach { instances, .. } | Self::Rerun { instances, .. } => instances,
            other => other.installs(),
        }
    }

    /// Returns the source reference that may still lack its id.
    pub fn source_mut(&mut self) -> Option<&mut SourceRef> {
        match self {
            Self::AddPackages { source, .. }
            | Self::RemovePackages { source, .. }
            | Self::Switch { to: source, .. }
            | Self::Update { source, .. }
            | Self::Enforce { source, .. }
            | Self::EnforceGroup { source, .. }
            | Self::DeleteSource { source }
            | Self::Attach { source, .. }
            | Self::Detach { keeps: source, .. }
            | Self::Enroll { source, .. }
            | Self::UpdateGroup { source, .. }
            | Self::Rerun { source, .. } => Some(source),
            Self::CreateGroup { outfit, .. } => outfit.as_mut().map(|outfit| &mut outfit.source),
            _ => None,
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
            | Self::CreateSchedule { group, .. }
            | Self::Attach { group, .. }
            | Self::Detach { group, .. }
            | Self::Enroll { group, .. }
            | Self::Dismiss { group, .. }
            | Self::UpdateGroup { group, .. }
            | Self::PatchGroup { group, .. }
            | Self::EnforceGroup { group, .. }
            | Self::EnableGroupStreams { group, .. }
            | Self::Rerun { group, .. }
            | Self::Refresh { group, .. }
            | Self::CreateProfile { group, .. } => Some(group),
            _ => None,
        }
    }
}
