//! What OS Management Hub knows of the world: sources of its own, groups that own sources and members, and work as trees.
//! The machines, their packages and their agents are the same ones that OSMS looks after.
//!
//! Everything changes by a [`Step`]: facts that hold at once, and a tree of work.

mod change;
mod generate;
mod jobs;
mod lifecycle;
mod offer;
mod perform;
mod profile;
mod rule;
mod scan;
mod work;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Id, Tags};
use crate::package::PackageSet;

pub(crate) use change::{Fact, NewGroup, NewRoot, NewSource, NewTree, Step};
pub(super) use generate::fill;
pub(crate) use generate::golden_vendors;
pub(crate) use jobs::{Deed, Job, Plan, Target};
pub(crate) use lifecycle::{Environment, Stage};
pub(crate) use perform::{Wanted, find};
pub(crate) use profile::{Makes, Profile};
pub(crate) use rule::Rule;
pub(crate) use work::{
    Contents, Joining, Label, Operation, Order, Own, Root, Stand, Status, Subject, What, order_of,
};

/// The hub's side of the world.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Hub {
    /// Its sources; deleted ones are gone.
    pub(crate) sources: BTreeMap<Id, Source>,
    /// Its groups; deleted ones are gone.
    pub(crate) groups: BTreeMap<Id, Group>,
    /// Its scheduled jobs; deleted ones are gone.
    pub(crate) jobs: BTreeMap<Id, Job>,
    /// Its registration profiles; deleted ones are gone.
    pub(crate) profiles: BTreeMap<Id, Profile>,
    /// Its lifecycle environments; deleted ones are gone.
    pub(crate) environments: BTreeMap<Id, Environment>,
    /// Their stages.
    pub(crate) stages: BTreeMap<Id, Stage>,
    /// Work requests that are no agent's: the parents of trees, and what the hub does by itself.
    pub(crate) roots: BTreeMap<Id, Root>,
    /// How often anybody has asked it to change something. A world that never met the hub does without it.
    pub(crate) changes: u64,
    /// How often what sources hold, or which there are, has changed.
    #[serde(skip)]
    pub(crate) contents: u64,
    /// When agents look what is installed next, of those where the hub's idea of it is out of date; follows from them.
    #[serde(skip)]
    pub(super) scans: BTreeSet<(Timestamp, Id)>,
}

impl Hub {
    /// Tells whether nobody has asked the hub for anything yet.
    pub(super) fn is_untouched(&self) -> bool {
        self.changes == 0
    }

    /// Returns what it does by itself and has not done yet.
    pub(crate) fn open(&self) -> impl Iterator<Item = &Root> {
        self.roots.values().filter(|root| root.own.is_some() && root.outcome.is_none())
    }
}

/// What people call a thing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Text {
    /// Its name.
    pub(crate) name: Box<str>,
    /// What it is for.
    pub(crate) description: Option<Box<str>>,
    /// Its tags.
    pub(crate) tags: Tags,
}

/// Whether a source can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Availability {
    /// It is there to be selected.
    Available,
    /// It can be used.
    Selected,
    /// It takes an entitlement.
    Restricted,
    /// It is not there.
    Unavailable,
}

impl Availability {
    /// Returns the API's word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Available => "AVAILABLE",
            Self::Selected => "SELECTED",
            Self::Restricted => "RESTRICTED",
            Self::Unavailable => "UNAVAILABLE",
        }
    }
}

/// How a custom source is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Recipe {
    /// The vendor sources it draws on.
    pub(crate) vendors: Vec<Id>,
    /// What of them it takes, as it was sent.
    pub(crate) filter: Option<serde_json::Value>,
    /// Whether it is reviewed daily.
    pub(crate) is_automatically_updated: bool,
    /// Whether what packages need is taken too.
    pub(crate) is_auto_resolve_dependencies: bool,
    /// Whether packages are added one by one.
    pub(crate) is_created_from_package_list: bool,
    /// Whether a bare name stands for its newest version only.
    pub(crate) is_latest_content_only: bool,
    /// `FILTER`, `MANIFEST` or `SNAPSHOT`.
    pub(crate) sub_type: Box<str>,
    /// The version of a VERSIONED one; none for a CUSTOM one.
    pub(crate) version: Option<Box<str>>,
}

/// A software source of the hub.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Source {
    /// What people call it.
    pub(crate) text: Text,
    /// The compartment it lives in; the tenancy itself for the vendor's.
    pub(crate) compartment: Id,
    /// How it is made; none for the vendor's.
    pub(crate) recipe: Option<Recipe>,
    /// Its name in the agent's configuration.
    pub(crate) repo_id: Box<str>,
    /// `ORACLE_LINUX_8` and so on.
    pub(crate) os_family: Box<str>,
    /// `X86_64` and so on.
    pub(crate) arch: Box<str>,
    /// Outside Oracle's cloud, and in it.
    pub(crate) availability: [Availability; 2],
    /// Its packages.
    pub(crate) packages: PackageSet,
    /// When it was made.
    pub(crate) made: Timestamp,
    /// Until when it is being created.
    pub(crate) ready: Timestamp,
    /// When it was last changed.
    pub(crate) changed: Timestamp,
    /// When its metadata was last written.
    pub(crate) written: Option<Timestamp>,
    /// How often it was changed, from 1.
    pub(crate) revision: u64,
}

impl Source {
    /// Tells whether it can be attached.
    pub(crate) fn is_selected(&self) -> bool {
        self.availability[1] == Availability::Selected
    }

    /// Returns `VENDOR`, `CUSTOM` or `VERSIONED`.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.recipe {
            None => "VENDOR",
            Some(Recipe { version: None, .. }) => "CUSTOM",
            Some(Recipe { version: Some(_), .. }) => "VERSIONED",
        }
    }
}

/// What all members of a group are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct System {
    /// `ORACLE_LINUX_8` and so on.
    pub(crate) os_family: Box<str>,
    /// `X86_64` and so on.
    pub(crate) arch: Box<str>,
    /// `ORACLE` and so on.
    pub(crate) vendor: Box<str>,
    /// `OCI_COMPUTE` and so on.
    pub(crate) location: Box<str>,
}

/// A group of the hub.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Group {
    /// What people call it.
    pub(crate) text: Text,
    /// The compartment it lives in.
    pub(crate) compartment: Id,
    /// What its members are.
    pub(crate) system: System,
    /// Its sources, in the order they were attached.
    pub(crate) sources: Vec<Id>,
    /// Its members.
    pub(crate) members: BTreeSet<Id>,
    /// What was installed on it as a group: names and architectures.
    pub(crate) manifest: BTreeSet<(Box<str>, Box<str>)>,
    /// The topic that is notified.
    pub(crate) topic: Option<Box<str>>,
    /// When it was made.
    pub(crate) made: Timestamp,
    /// Until when it is being created.
    pub(crate) ready: Timestamp,
    /// When it was last changed.
    pub(crate) changed: Timestamp,
    /// How often it was changed, from 1.
    pub(crate) revision: u64,
}

/// What an instance belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Home {
    /// A group.
    Group(Id),
    /// A stage of a lifecycle environment.
    Stage(Id),
}

/// What the hub knows of an instance.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Side {
    /// The attached sources.
    pub(crate) sources: Vec<Id>,
    /// The group or stage it is a member of.
    pub(crate) home: Option<Home>,
    /// What the hub believes to be installed; none where that is what is.
    pub(crate) seen: Option<PackageSet>,
    /// When the hub was told last, other than by the daily scan.
    pub(crate) told: Option<Timestamp>,
    /// Before this, daily scans did not take place: the agent was silent.
    pub(crate) scans_from: Option<Timestamp>,
    /// What people wrote about it.
    pub(crate) description: Option<Box<str>>,
    /// The topic that is notified.
    pub(crate) topic: Option<Box<str>>,
    /// The profile it was registered with, and its version.
    pub(crate) profile: Option<(Id, Box<str>)>,
    /// Whether the hub was told to forget it.
    pub(crate) unregistered: bool,
    /// When it was last changed.
    pub(crate) changed: Option<Timestamp>,
    /// How often it was changed.
    pub(crate) revision: u64,
}

impl Side {
    /// Returns the group it is a member of.
    pub(crate) fn group(&self) -> Option<&Id> {
        match &self.home {
            Some(Home::Group(id)) => Some(id),
            Some(Home::Stage(_)) | None => None,
        }
    }

    /// Returns the stage it is a member of.
    pub(crate) fn stage(&self) -> Option<&Id> {
        match &self.home {
            Some(Home::Stage(id)) => Some(id),
            Some(Home::Group(_)) | None => None,
        }
    }

    /// Tells whether the hub's side is as it was generated.
    pub(super) fn is_pristine(&self) -> bool {
        self.revision == 0 && self.seen.is_none() && self.told.is_none() && self.scans_from.is_none()
    }
}
