//! The simulated world: software sources, groups, instances and their work, as one value that is a function of its
//! seed, the moment it was created and the changes since.
//!
//! [`World::settle`] lets time pass, [`World::apply`] makes a change that [`super::rules`] has allowed; both are
//! deterministic, so that the journal needs to hold changes only. Nothing here reads a clock or a file.

mod change;
mod estate;
mod generate;
pub(crate) mod hub;
mod jobs;
pub(crate) mod objects;
mod offer;
mod settle;
mod streams;
#[cfg(test)]
mod tests;
mod trial;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::catalogue::UpdateType;
use crate::package::{Digest, Package, PackageSet};

pub use change::Mishap;
pub(crate) use change::{Change, Filter, NewWork, SourceText, Tags, Task};
pub use estate::Power;
pub(crate) use estate::{COMPARTMENTS, Machine, PILOT, STORES, is_within};
pub(crate) use generate::{
    COMPARTMENT, DEFAULT_FLEET, GOLDEN_NAME, TENANCY, golden_id, golden_kernel, golden_set, groups, ocid,
};
pub(crate) use jobs::{Interval, Job, JobPlan, Pace, Unit};
pub(crate) use objects::NAMESPACE;
pub(crate) use offer::Offer;
pub(crate) use streams::{ProfileName, StreamName, StreamWork, Verb, find as find_stream};
pub use trial::{Ask, Left, Trial};

/// An OCID of the simulated cloud.
pub(crate) type Id = Arc<str>;

/// The world.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct World {
    /// What it was generated from.
    pub(crate) seed: u64,
    /// When it was created.
    pub(crate) created: Timestamp,
    /// How far the simulator's clock has been moved, in seconds.
    pub(crate) offset: i64,
    /// How many things were made since the beginning; part of new ids and the source of etags.
    pub(crate) serial: u64,
    /// Software sources, deleted ones too.
    pub(crate) sources: BTreeMap<Id, Source>,
    /// Managed instance groups, deleted ones too.
    pub(crate) groups: BTreeMap<Id, Group>,
    /// Managed instances, also those that the service does not know yet.
    pub(crate) instances: BTreeMap<Id, Instance>,
    /// Work requests, in full.
    pub(crate) works: BTreeMap<Id, Work>,
    /// Scheduled jobs, deleted ones too.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) jobs: BTreeMap<Id, Job>,
    /// What OS Management Hub knows of the world besides.
    #[serde(skip_serializing_if = "hub::Hub::is_untouched")]
    pub(crate) hub: hub::Hub,
    /// What Object Storage keeps.
    #[serde(skip_serializing_if = "objects::Objects::is_untouched")]
    pub(crate) objects: objects::Objects,
    /// Unfinished work by the time it ends.
    open: BTreeSet<(Timestamp, Id)>,
    /// The work of each instance; follows from `works`, and spares walks through all of them.
    #[serde(skip)]
    dockets: HashMap<Id, Docket>,
    /// How many instances the groups of the quickstart's train have here.
    #[serde(skip)]
    pub(crate) fleet: usize,
    /// What will go wrong with the next work of instances; for tests.
    #[serde(skip)]
    mishaps: BTreeMap<Id, VecDeque<Mishap>>,
    /// Work that will fail.
    #[serde(skip)]
    doomed: BTreeSet<Id>,
    /// Until when time has passed. Not part of the world's identity: looking at it moves it.
    #[serde(skip)]
    settled: Timestamp,
    #[serde(skip)]
    offers: RefCell<offer::Cache>,
}

/// A software source.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Source {
    /// What people gave it.
    pub(crate) text: SourceText,
    /// The compartment it lives in; the tenancy itself for the vendor's.
    pub(crate) compartment: Id,
    /// `X86_64` and so on.
    pub(crate) arch: Box<str>,
    /// The source it can be attached under; none for one that can be a parent itself.
    pub(crate) parent: Option<Id>,
    /// Its packages.
    pub(crate) packages: PackageSet,
    /// Whether it is the vendor's.
    pub(crate) vendor: bool,
    /// Whether it tells agents and the service of the module streams of its packages; fixed when it is made, so that a
    /// replay needs no switches.
    pub(crate) modules: bool,
    /// When it was made.
    pub(crate) made: Timestamp,
    /// Deleted sources stay gettable.
    pub(crate) deleted: bool,
    /// Changes with each change of it; the etag.
    pub(crate) revision: u64,
}

/// A managed instance group.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Group {
    /// Its name; not unique.
    pub(crate) name: Box<str>,
    /// What people wrote about it.
    pub(crate) description: Option<Box<str>>,
    /// The compartment it lives in.
    pub(crate) compartment: Id,
    /// Its tags.
    pub(crate) tags: Tags,
    /// `LINUX` unless asked otherwise.
    pub(crate) os_family: Box<str>,
    /// Its members.
    pub(crate) members: BTreeSet<Id>,
    /// When it was made.
    pub(crate) made: Timestamp,
    /// Deleted groups stay gettable.
    pub(crate) deleted: bool,
    /// The etag.
    pub(crate) revision: u64,
}

/// What people allow the service of an instance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Consent {
    /// The topic that notices of it go to.
    pub(crate) topic: Option<Box<str>>,
    /// Whether data may be collected on it.
    pub(crate) collects: bool,
}

impl Consent {
    fn is_untouched(&self) -> bool {
        *self == Self::default()
    }
}

/// A managed instance.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Instance {
    /// Its display name.
    pub(crate) name: Box<str>,
    /// When it was enrolled.
    pub(crate) made: Timestamp,
    /// From when on the service knows it.
    pub(crate) known_from: Option<Timestamp>,
    /// Since when its agent has been silent; none for one that checks in.
    pub(crate) silent_since: Option<Timestamp>,
    /// When it was last booted.
    pub(crate) booted: Timestamp,
    /// The kernel it runs, `version-release.arch`.
    pub(crate) running: Box<str>,
    /// What is installed.
    pub(crate) installed: PackageSet,
    /// The parent source.
    pub(crate) parent: Option<Id>,
    /// The children under it, in the order they were attached.
    pub(crate) children: Vec<Id>,
    /// Whether an update since the last boot takes a reboot to have effect.
    pub(crate) reboot_required: bool,
    /// The kernel that live patching has made of the running one.
    pub(crate) ksplice: Option<Box<str>>,
    /// What Compute knows of it.
    pub(crate) machine: Machine,
    /// Module streams that somebody chose: of each module the one that is enabled, or that none is.
    pub(crate) streams: BTreeMap<Box<str>, Option<Box<str>>>,
    /// What people allow of it.
    #[serde(skip_serializing_if = "Consent::is_untouched")]
    pub(crate) consent: Consent,
    /// The etag.
    pub(crate) revision: u64,
    /// What OS Management Hub knows of it.
    #[serde(skip_serializing_if = "hub::Side::is_pristine")]
    pub(crate) hub: hub::Side,
}

/// A work request.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Work {
    /// Whom it is for.
    pub(crate) instance: Id,
    /// What is to be done.
    pub(crate) task: Task,
    /// When it was accepted.
    pub(crate) accepted: Timestamp,
    /// When the agent picks it up; none when it never will.
    pub(crate) starts: Option<Timestamp>,
    /// When it ends, one way or the other.
    pub(crate) ends: Timestamp,
    /// How it went; none before its end.
    pub(crate) outcome: Option<Outcome>,
}

/// The work of one instance.
#[derive(Clone, Debug, Default)]
struct Docket {
    /// All of it, in the order it was accepted.
    all: Vec<Id>,
    /// What is not finished, by the time it ends.
    open: BTreeSet<(Timestamp, Id)>,
}

/// How work went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) enum Outcome {
    /// Done.
    Succeeded {
        /// What came.
        installed: Vec<Package>,
        /// What went.
        removed: Vec<Package>,
    },
    /// Not done.
    Failed {
        /// A word for programs.
        code: Box<str>,
        /// A sentence for people.
        message: Box<str>,
    },
}

/// Outstanding updates of an instance by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outstanding {
    /// In security errata.
    pub(crate) security: usize,
    /// In bug errata.
    pub(crate) bug: usize,
    /// In enhancement errata.
    pub(crate) enhancement: usize,
    /// In none.
    pub(crate) other: usize,
}

impl Outstanding {
    /// Counts one.
    pub(crate) fn count(&mut self, kind: UpdateType) {
        *match kind {
            UpdateType::Security => &mut self.security,
            UpdateType::Bug => &mut self.bug,
            UpdateType::Enhancement => &mut self.enhancement,
            UpdateType::Other => &mut self.other,
        } += 1;
    }

    /// Returns how many there are.
    pub(crate) fn total(self) -> usize {
        self.security + self.bug + self.enhancement + self.other
    }
}

impl Instance {
    /// Tells whether the service knows the instance by now.
    pub(crate) fn is_known(&self, now: Timestamp) -> bool {
        self.known_from.is_none_or(|from| from <= now)
    }

    /// Tells whether OS Management Hub knows the instance by now.
    pub(crate) fn is_registered(&self, now: Timestamp) -> bool {
        self.is_known(now) && !self.hub.unregistered
    }

    /// Tells whether the agent checks in.
    pub(crate) fn is_reachable(&self) -> bool {
        self.silent_since.is_none()
    }

    /// Returns the attached sources, the parent first.
    pub(crate) fn attached(&self) -> impl Iterator<Item = &Id> {
        self.parent.iter().chain(&self.children)
    }
}

impl Work {
    /// Tells whether it is a work request of OSMS.
    pub(crate) fn is_of_osms(&self) -> bool {
        !matches!(self.task, Task::Hub(_) | Task::Boot)
    }

    /// Tells whether it is OS Management Hub's, and nothing that OSMS knows of.
    pub(crate) fn is_the_hubs(&self) -> bool {
        matches!(self.task, Task::Hub(_))
    }
}

impl World {
    /// Returns the digest of everything that a client could see of the world, now or later.
    pub(crate) fn digest(&self) -> Digest {
        let text = serde_json::to_vec(self).expect("the world has no map keys that JSON cannot spell");
        Digest::of([text])
    }

    /// Returns until when time has passed here.
    pub(crate) fn settled(&self) -> Timestamp {
        self.settled
    }

    /// Returns the id that the next thing made of a kind gets. The moment of creation is part of it, so that a world
    /// that was thrown away and made anew does not hand out the ids of the old one again.
    pub(crate) fn next_id(&self, kind: &str, ahead: u64) -> Id {
        let region = if kind.ends_with("workrequest") { "eu-frankfurt-1" } else { "" };
        let parts = [
            self.seed.to_string(),
            self.created.as_nanosecond().to_string(),
            kind.to_owned(),
            (self.serial + 1 + ahead).to_string(),
        ];
        generate::ocid(kind, region, &parts.join("/"))
    }

    /// Returns the work of an instance, in the order it was accepted.
    pub(crate) fn works_of(&self, instance: &str) -> impl Iterator<Item = (&Id, &Work)> {
        let ids = self.dockets.get(instance).map_or(&[][..], |docket| &docket.all);
        ids.iter().filter_map(|id| self.works.get_key_value(id))
    }

    /// Returns how much work OSMS ever gave to an instance.
    pub(crate) fn work_count(&self, instance: &str) -> usize {
        self.works_of(instance).filter(|(_, work)| work.is_of_osms()).count()
    }

    /// Returns the instances that a source is attached to.
    pub(crate) fn riders<'a>(&'a self, source: &'a str) -> impl Iterator<Item = (&'a Id, &'a Instance)> {
        self.instances.iter().filter(move |(_, instance)| instance.attached().any(|id| **id == *source))
    }

    /// Returns what will go wrong with the next work of an instance.
    pub(crate) fn mishap(&self, instance: &str) -> Option<Mishap> {
        self.mishaps.get(instance)?.front().copied()
    }

    /// Returns the groups that an instance is a member of.
    pub(crate) fn groups_of<'a>(&'a self, instance: &'a str) -> impl Iterator<Item = (&'a Id, &'a Group)> {
        self.groups.iter().filter(move |(_, group)| !group.deleted && group.members.contains(instance))
    }
}
