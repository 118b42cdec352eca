//! What the service says now, as one value; what each op means for it; and whether an op already holds.
//!
//! This is the only place that gives ops their meaning. The in-memory cloud, the planner's tests and the executor's
//! "already done?" all ask here. The simulator's agent does not: it is written apart and compared by tests.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::name::Ocid;
use crate::op::{Ownership, Ticket};
use crate::package::{ModuleStream, PackageSet, StreamContents};
use crate::repodata::Repodata;

mod adjust;
mod advance;
mod boot;
mod cached;
mod candidate;
mod compute;
mod crew;
mod offer;
mod precondition;
mod riding;
mod schedules;
mod streams;
mod surveyed;
mod updates;

pub use cached::{Cached, CachedError};
pub use candidate::{Candidate, CandidateKind};
pub use compute::{Compute, ComputeInstance, PowerState};
pub use precondition::{Breach, Precondition, SeenGroup};
pub use riding::Riding;
pub use schedules::{Job, ServiceSchedule};
pub use surveyed::{Surveyed, SurveyedRelease};
pub use updates::{AvailableUpdate, Erratum, ErratumLink, Updates, advisories};

/// What one look at the service has shown. Only ACTIVE sources and groups stand here; deleted ones, which the
/// service goes on listing, are gone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// The managed instances the train is about, and those its groups hold.
    pub instances: BTreeMap<Ocid, Instance>,
    /// The managed instance groups of the compartment.
    pub groups: BTreeMap<Ocid, ServiceGroup>,
    /// The software sources of the compartment.
    pub sources: BTreeMap<Ocid, Source>,
    /// Packages that were asked about and that no source offers: the service takes none of them into a source.
    pub unoffered: PackageSet,
    /// By source, where it was asked about: whom the service says it is attached to, with their display names.
    pub riders: BTreeMap<Ocid, Riders>,
    /// What the sources of an instance offer it, where that has been read: for groups whose level counts updates by
    /// what they are for.
    pub updates: BTreeMap<Ocid, Updates>,
    /// The scheduled jobs of the compartment, where they have been read: for trains with schedules.
    pub schedules: BTreeMap<Ocid, ServiceSchedule>,
    /// What there is to select members from; empty where no group of the train selects any.
    pub compute: Compute,
    /// The vendor's sources, where they have been read: for a service that fills sources from them.
    pub vendors: BTreeMap<Ocid, Vendor>,
    /// The registration profiles of the compartment, where they have been read: for trains with profiles.
    pub profiles: BTreeMap<Ocid, Profile>,
    /// The module streams that the service lists for an instance, where they have been read: for who has modular packages
    /// at another version than its release's.
    pub streams: BTreeMap<Ocid, Vec<ModuleStream>>,
    /// What is to be imported, where it has been looked for; none where it is not there.
    pub candidates: BTreeMap<Ocid, Option<Candidate>>,
    /// What repositories tell of packages, where any were named: of those of releases and instances.
    pub repositories: Arc<Repodata>,
}

/// The instances that a source is attached to, as parent or child, whether or not a train knows them.
pub type Riders = BTreeMap<Ocid, Arc<str>>;

/// A managed instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Its display name; not always unique.
    pub name: Arc<str>,
    /// Whether the service hears from it.
    pub status: InstanceStatus,
    /// What it runs, as the service says ("Oracle Linux Server 8.10").
    pub os: Option<Arc<str>>,
    /// The parent software source. An instance without one has no repository, or is one of a service that knows no
    /// parents: then all its sources are `children`.
    pub parent: Option<SourceLink>,
    /// The children attached under the parent.
    pub children: Vec<SourceLink>,
    /// The groups that it is a member of.
    pub groups: BTreeSet<Ocid>,
    /// Its packages, where they have been read.
    pub inventory: Option<Inventory>,
    /// When its agent last checked in.
    pub last_checkin: Option<Timestamp>,
    /// When it was last booted, where the service says so.
    pub last_boot: Option<Timestamp>,
    /// The kernel it runs, `version-release.arch`.
    pub running_kernel: Option<Arc<str>>,
    /// The kernel that it is as safe as, since Ksplice patched the running one; where the service says so.
    pub effective_kernel: Option<Arc<str>>,
    /// Whether it waits for a reboot.
    pub reboot_required: bool,
    /// When the service last had its packages listed, where it says so. What its agent did since is not in the list.
    pub listed: Option<Timestamp>,
    /// How many updates its sources offer it, where the service has counted them.
    pub updates_available: Option<u32>,
    /// Work requests of the instance that are accepted or running. Of work for a group, that of the whole.
    pub open_work: Vec<Ticket>,
}

impl Instance {
    /// Returns its packages, where they are known. An empty list says nothing: no system is without packages, and
    /// that of a new instance is empty until its agent has sent it.
    pub fn packages(&self) -> Option<&Inventory> {
        self.inventory.as_ref().filter(|inventory| !inventory.installed.is_empty())
    }

    /// Tells whether its packages were listed before a moment, as far as the service says when they were.
    pub fn is_listed_before(&self, moment: Timestamp) -> bool {
        self.listed.is_some_and(|listed| listed < moment)
    }

    /// Returns the kernel that Ksplice has brought it to without a reboot; none where that is the one it runs.
    pub fn patched_kernel(&self) -> Option<&Arc<str>> {
        self.effective_kernel.as_ref().filter(|effective| Some(*effective) != self.running_kernel.as_ref())
    }

    /// Tells whether the service says that there are no updates for it, so that there is no list to be asked for.
    pub fn is_offered_nothing(&self) -> bool {
        self.updates_available == Some(0)
    }
}

/// What the service says of an instance's agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InstanceStatus {
    /// Checks in.
    Normal,
    /// Checks in, with something to complain about.
    Warning,
    /// Does not check in.
    Unreachable,
    /// The service reports an error.
    Error,
}

impl InstanceStatus {
    /// Tells whether work sent to the instance can be expected to be picked up.
    pub fn takes_work(self) -> bool {
        matches!(self, Self::Normal | Self::Warning)
    }
}

/// A source as an instance names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SourceLink {
    /// Its id.
    pub id: Ocid,
    /// Its display name.
    pub name: Arc<str>,
}

/// The packages of an instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// All that is installed.
    pub installed: PackageSet,
    /// Those of them that no software source provides (agents, hand-made packages): unmanaged.
    pub unsourced: PackageSet,
}

/// A managed instance group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceGroup {
    /// Its display name; not unique.
    pub name: Arc<str>,
    /// Its members.
    pub members: BTreeSet<Ocid>,
    /// Whose it is, by its tags; none for a group that no train made.
    pub owner: Option<Ownership>,
    /// The sources that it has, by id; none where groups have no sources.
    pub sources: Vec<SourceLink>,
    /// Its members with work that is accepted or running, each with one work request; only of a group that was looked
    /// at by itself, in a service that binds groups.
    pub busy: BTreeMap<Ocid, Ticket>,
}

/// A source of the vendor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vendor {
    /// Its display name.
    pub name: Arc<str>,
    /// Whether the tenancy has selected it, so that it can be used.
    pub selected: bool,
}

/// A registration profile: what a new system becomes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Its display name; not unique.
    pub name: Arc<str>,
    /// Whose it is, by its tags; none for one that no train made.
    pub owner: Option<Ownership>,
    /// The group that new systems become members of; none where it does something else.
    pub group: Option<Ocid>,
}

/// A software source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its display name; not unique.
    pub name: Arc<str>,
    /// Whose it is, by its tags; none for a source that no train made.
    pub owner: Option<Ownership>,
    /// Its packages, where they have been read.
    pub contents: Option<PackageSet>,
    /// Its parent, for a child source.
    pub parent: Option<Ocid>,
}

/// What to look at. Closed, so that every cloud answers all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All groups and sources of the compartment, and the instances named or found in one of the groups named;
    /// without packages and contents.
    Fleet {
        /// Instances of interest.
        instances: BTreeSet<Ocid>,
        /// Display names of groups whose members are of interest too.
        groups: BTreeSet<Arc<str>>,
        /// Ids of groups whose members are of interest too, whatever they are called now.
        group_ids: BTreeSet<Ocid>,
    },
    /// One instance, without its packages but with its open work requests.
    Instance(Ocid),
    /// The packages of one instance.
    Inventory(Ocid),
    /// The enabled and active module streams of one instance, with their packages.
    ModuleStreams(Ocid),
    /// All module streams that the service lists for one instance, and how it stands to each.
    Streams(Ocid),
    /// The managed instances of the compartment with this display name, which need not be unique; each as by
    /// `Instance`.
    InstancesNamed(String),
    /// The packages of one source.
    SourceContents(Ocid),
    /// The ACTIVE sources with this display name, without contents.
    SourcesNamed(String),
    /// The ACTIVE groups with this display name, with their members.
    GroupsNamed(String),
    /// What the sources attached to one instance offer it.
    Updates(Ocid),
    /// The errata that the service relates to one instance: those of its available updates, and maybe others.
    Errata(Ocid),
    /// One erratum, by the service's id.
    Erratum(Arc<str>),
    /// All errata for the train's system that were issued since then, if a time is given. Their packages need not be
    /// told.
    ErrataSince(Option<Timestamp>),
    /// Which of these packages no source offers that can be read.
    Catalogue(PackageSet),
    /// All versions of packages with these names that the sources of the instance offer. Without an instance, and for a
    /// service where a train names the vendor's sources, those that can be read: the former may be of several systems.
    Offers(Option<Ocid>, BTreeSet<Arc<str>>),
    /// One group with its members, whatever it is called now.
    Group(Ocid),
    /// One source without its contents, whatever it is called now, and whom it is attached to.
    Source(Ocid),
    /// A source without its contents, and without who has it, which takes lists of all that has sources.
    SourceRow(Ocid),
    /// The ACTIVE scheduled jobs of the compartment. Of one that no train's tags are on, only whom it is for and its
    /// name need be told.
    Schedules,
    /// The instances in one compartment, by Compute: whether or not they are managed.
    Compute(Ocid),
    /// The ACTIVE compartments below one, at any depth.
    Compartments(Ocid),
    /// One instance, without its packages and without its open work requests. Answered like `Instance`.
    Standing(Ocid),
    /// The vendor's sources for the train's system.
    Vendors,
    /// The ACTIVE registration profiles of the compartment.
    Profiles,
    /// Something that is to be imported, in whatever state and compartment it is.
    Candidate(CandidateKind, Ocid),
}

/// The answer to a [`Scope`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sighting {
    /// To `Fleet`.
    Fleet(Observed),
    /// To `Instance` and `Standing`; none when the service does not know it.
    Instance(Ocid, Option<Instance>),
    /// To `Inventory`; none when the service does not know the instance.
    Inventory(Ocid, Option<Inventory>),
    /// To `ModuleStreams`; none when the service does not know the instance.
    ModuleStreams(Ocid, Option<Vec<StreamContents>>),
    /// To `Streams`; none when the service does not know the instance.
    Streams(Ocid, Option<Vec<ModuleStream>>),
    /// To `InstancesNamed`.
    InstancesNamed(String, BTreeMap<Ocid, Instance>),
    /// To `SourceContents`; none when there is no such source.
    SourceContents(Ocid, Option<PackageSet>),
    /// To `SourcesNamed`.
    SourcesNamed(String, BTreeMap<Ocid, Source>),
    /// To `GroupsNamed`.
    GroupsNamed(String, BTreeMap<Ocid, ServiceGroup>),
    /// To `Updates`; none when the service does not know the instance.
    Updates(Ocid, Option<Updates>),
    /// To `Errata`; empty when the service does not know the instance.
    Errata(Ocid, Vec<Erratum>),
    /// To `Erratum`; none when there is no such erratum.
    Erratum(Arc<str>, Option<Erratum>),
    /// To `ErrataSince`.
    ErrataSince(Option<Timestamp>, Vec<Erratum>),
    /// To `Catalogue`: those that no source offers.
    Catalogue(PackageSet),
    /// To `Offers`, with the sources that could not be read: what they offer is not known.
    Offers(PackageSet, Vec<Arc<str>>),
    /// To `Group`; none when there is no such ACTIVE group.
    Group(Ocid, Option<ServiceGroup>),
    /// To `Source`; none when there is no such ACTIVE source.
    Source(Ocid, Option<(Source, Riders)>),
    /// To `Schedules`.
    Schedules(BTreeMap<Ocid, ServiceSchedule>),
    /// To `Compute`.
    Compute(Ocid, BTreeMap<Ocid, ComputeInstance>),
    /// To `Compartments`: each with its parent.
    Compartments(Ocid, BTreeMap<Ocid, Ocid>),
    /// To `Vendors`.
    Vendors(BTreeMap<Ocid, Vendor>),
    /// To `Profiles`.
    Profiles(BTreeMap<Ocid, Profile>),
    /// To `Candidate`; none when there is no such thing.
    Candidate(Ocid, Option<Candidate>),
}

impl Observed {
    /// Takes in what was seen, replacing what was known of the same things. Packages and contents already read stay
    /// when a thing is seen again without them.
    pub fn learn(&mut self, sighting: Sighting) {
        match sighting {
            // Compute is asked first, since it says which instances are of interest.
            Sighting::Fleet(fleet) => {
                *self = Self { compute: std::mem::take(&mut self.compute), ..fleet };
            }
            Sighting::Instance(id, None) => {
                self.instances.remove(&id);
            }
            Sighting::Instance(id, Some(mut instance)) => {
                if instance.inventory.is_none() {
                    instance.inventory = self.instances.get_mut(&id).and_then(|known| known.inventory.take());
                }
                self.instances.insert(id, instance);
            }
            Sighting::Inventory(id, inventory) => {
                if let Some(instance) = self.instances.get_mut(&id) {
                    instance.inventory = inventory;
                }
            }
            // Only a freeze asks for these, and takes them from the answer.
            Sighting::ModuleStreams(..) | Sighting::Offers(..) => {}
            Sighting::Streams(id, None) => {
                self.streams.remove(&id);
            }
            Sighting::Streams(id, Some(streams)) => {
                self.streams.insert(id, streams);
            }
            Sighting::InstancesNamed(_, found) => {
                for (id, instance) in found {
                    self.learn(Sighting::Instance(id, Some(instance)));
                }
            }
            Sighting::SourceContents(id, None) => {
                self.sources.remove(&id);
            }
            Sighting::SourceContents(id, contents) => {
                if let Some(source) = self.sources.get_mut(&id) {
                    source.contents = contents;
                }
            }
            Sighting::SourcesNamed(name, mut found) => {
                for (id, source) in &mut found {
                    source.contents = self.sources.get_mut(id).and_then(|known| known.contents.take());
                }
                self.sources.retain(|_, source| *source.name != *name);
                self.sources.append(&mut found);
            }
            Sighting::Catalogue(unoffered) => self.unoffered = self.unoffered.union(unoffered.as_slice()),
            Sighting::GroupsNamed(name, mut found) => {
                self.groups.retain(|_, group| *group.name != *name);
                self.groups.append(&mut found);
            }
            Sighting::Updates(id, None) => {
                self.updates.remove(&id);
            }
            Sighting::Updates(id, Some(updates)) => {
                self.updates.insert(id, updates);
            }
            // Whoever asks for these takes them as they are: no plan is made of them.
            Sighting::Errata(..) | Sighting::Erratum(..) | Sighting::ErrataSince(..) => {}
            Sighting::Group(id, None) => {
                self.groups.remove(&id);
            }
            Sighting::Group(id, Some(group)) => {
                self.groups.insert(id, group);
            }
            Sighting::Source(id, None) => {
                self.sources.remove(&id);
                self.riders.remove(&id);
            }
            Sighting::Source(id, Some((mut source, riders))) => {
                source.contents = self.sources.get_mut(&id).and_then(|known| known.contents.take());
                self.sources.insert(id.clone(), source);
                self.riders.insert(id, riders);
            }
            Sighting::Schedules(schedules) => self.schedules = schedules,
            Sighting::Compute(_, mut found) => self.compute.instances.append(&mut found),
            Sighting::Compartments(_, mut found) => self.compute.parents.append(&mut found),
            Sighting::Vendors(vendors) => self.vendors = vendors,
            Sighting::Profiles(profiles) => self.profiles = profiles,
            Sighting::Candidate(id, candidate) => {
                self.candidates.insert(id, candidate);
            }
        }
    }
}
