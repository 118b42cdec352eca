//! The train: releases in order, groups bound to them, and where the service is. Read from one TOML file and its
//! manifests, with every problem of every file reported at once.
//!
//! A [`Train`] is checked: names resolve, `after` has no cycle, an instance stands in one group. What the service
//! says is not known here.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::name::{GroupName, Ocid, ReleaseName, TrainName};
use crate::package::{Digest, Manifest, PackageSet, Pattern};
use crate::patching::{Api, Schedule, Wanted};
use crate::policy::Policy;
use crate::rollout::Pace;

/// One checked train file with its manifests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Train {
    /// The file it was read from, relative to the workspace where it lies in it.
    pub file: PathBuf,
    /// `train.name`.
    pub name: TrainName,
    /// `train.os`, as written.
    pub os: String,
    /// `train.architecture`, as rpm spells it.
    pub architecture: String,
    /// `train.compartment`: where sources and groups are made.
    pub compartment: Ocid,
    /// `train.golden`: never a member of a group.
    pub golden: Option<Ocid>,
    /// `train.unmanaged`: names outside the train's care.
    pub unmanaged: Vec<Pattern>,
    /// `train.vendor_sources`, in file order: what releases are made of, for a service that asks. To another one they
    /// mean nothing, so that the same file serves both.
    pub vendor_sources: Vec<VendorSource>,
    /// The `[service]` table.
    pub service: Service,
    /// The `[state]` table. Not part of the digest: what a state is kept in makes no plan stale.
    pub keeping: Keeping,
    /// The releases, in file order, which is the order in which a fleet moves from one to the next.
    pub releases: Vec<Release>,
    /// The groups, in file order, which is for display only.
    pub groups: Vec<Group>,
    /// What others made and the train takes over, in file order.
    pub imports: Vec<Import>,
    /// The digest of all parsed values and of the releases' contents; comments and layout do not count.
    pub digest: Digest,
    /// `train.layout`: how the sources of releases that are made from now on hang together.
    pub layout: Layout,
    /// The line that says so, from 1; that of `[train]` where none does.
    pub layout_line: usize,
    /// `[state] encryption`: how its state is sealed. Not part of the digest: another passphrase makes no plan stale.
    pub encryption: Option<Encryption>,
    /// `[state] backups`: how many replaced states are kept; [`BACKUPS`] where it is left out. Not part of the digest.
    pub backups: usize,
    /// `[notify]`: who is told of plans and runs. Not part of the digest.
    pub notify: Option<Notify>,
    /// `[policy]`: what it asks of every plan.
    pub policy: Option<Policy>,
    /// The other trains of the same load, which may claim instances too. Not part of the digest.
    pub neighbours: Vec<Arc<Neighbour>>,
}

/// The schema of train files, for editors: it knows the keys and the shapes of their values, not what agrees with what.
pub const SCHEMA: &str = include_str!("schema.json");

/// How a train's sources hang together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// Each release is a parent source: a switch exchanges the parent, and all that hangs under it drops off.
    #[default]
    Parent,
    /// Each release is a child of an empty parent source of the train's own: a switch exchanges the child, the new one
    /// first, so that no instance is without a release in between.
    Child,
}

/// What a train needs to know of another one that was loaded with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// Its file.
    pub file: PathBuf,
    /// Its name.
    pub name: TrainName,
    /// `train.os`.
    pub os: String,
    /// `train.architecture`.
    pub architecture: String,
    /// `train.compartment`.
    pub compartment: Ocid,
    /// `train.golden`.
    pub golden: Option<Ocid>,
    /// Its `[service]` table.
    pub service: Service,
    /// Its groups.
    pub groups: Vec<Group>,
    /// What it takes over.
    pub imports: Vec<Import>,
}

/// Where the service is and how to sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// `api`: which service it is.
    pub api: Api,
    /// `region`. Left out: of the environment or the profile, which is the command line's to find.
    pub region: Option<String>,
    /// `profile` of `~/.oci/config`.
    pub profile: Option<String>,
    /// `auth`; left out, the profile's files tell.
    pub auth: Option<Auth>,
    /// `endpoints.osms` or `endpoints.osmh`, as `api` says.
    pub endpoint: Endpoint,
    /// `endpoints.auth`: a URL; left out, derived from the instance's region.
    pub auth_endpoint: Option<String>,
    /// `endpoints.compute`; left out, the simulator's own where `endpoint` is the simulator. Only selectors need it.
    pub compute: Endpoint,
    /// `endpoints.identity`; as for `compute`. Only selectors with subcompartments need it.
    pub identity: Endpoint,
    /// `endpoints.object_storage`; as for `compute`. Only a state that is kept there needs it.
    pub object_storage: Endpoint,
    /// `work_timeout`: how long accepted work may wait for its agent, or run, before a run waits for it no longer.
    pub work_timeout: SignedDuration,
}

impl Service {
    /// Tells whether a group's name may mean the same group here and there, as far as the files say. It does not on
    /// another service, nor on the simulator and off it, nor in two regions, where hosts follow from regions. A URL may
    /// be anywhere: two that differ, or one and a region, can be one place.
    pub fn may_share_groups_with(&self, other: &Self) -> bool {
        self.api == other.api
            && match (&self.endpoint, &other.endpoint) {
                (Endpoint::Region, Endpoint::Region) => !self.is_regions_apart(other),
                (Endpoint::Simulator, Endpoint::Region) | (Endpoint::Region, Endpoint::Simulator) => false,
                _ => true,
            }
    }

    /// Tells whether both name a region, and another one. One that is left out may be any.
    pub fn is_regions_apart(&self, other: &Self) -> bool {
        self.region.as_ref().zip(other.region.as_ref()).is_some_and(|(one, other)| one != other)
    }
}

/// How calls are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// With a user's API key.
    ApiKey,
    /// With a user's session token.
    SecurityToken,
    /// As the compute instance that this runs on.
    InstancePrincipal,
    /// As the function or container that this is.
    ResourcePrincipal,
}

impl Auth {
    const ALL: [Self; 4] =
        [Self::ApiKey, Self::SecurityToken, Self::InstancePrincipal, Self::ResourcePrincipal];

    /// Returns Oracle's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::ApiKey => "api_key",
            Self::SecurityToken => "security_token",
            Self::InstancePrincipal => "instance_principal",
            Self::ResourcePrincipal => "resource_principal",
        }
    }
}

/// Where the API is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// `"simulator"`: the embedded one.
    Simulator,
    /// A URL written in the file.
    Url(String),
    /// Left out: derived from region and realm.
    Region,
}

impl Endpoint {
    /// Returns where the other services are that are left out beside it: the simulator's own with the simulator, else
    /// by region.
    pub fn default_of_others(&self) -> Self {
        match self {
            Self::Simulator => Self::Simulator,
            Self::Url(_) | Self::Region => Self::Region,
        }
    }
}

/// A declared release with its packages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// Its name.
    pub name: ReleaseName,
    /// The manifest as written, relative to the train file.
    pub manifest_path: String,
    /// Its packages, modules and keys.
    pub manifest: Manifest,
    /// The digest of the manifest's content.
    pub digest: Digest,
    /// The line of the train file that declares it, from 1.
    pub line: usize,
    /// `retired`: its source is deleted once nothing rides it.
    pub retired: bool,
}

impl Release {
    /// Returns the packages.
    pub fn packages(&self) -> &PackageSet {
        &self.manifest.packages
    }
}

/// A group and its binding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name; also the display name of the service's group.
    pub name: GroupName,
    /// The service's id, for the case of two groups of one name.
    pub id: Option<Ocid>,
    /// The release it rides.
    pub release: ReleaseName,
    /// Who is in it.
    pub members: Members,
    /// The groups that must be at level before this one moves.
    pub after: Vec<GroupName>,
    /// How many members may be below level for the group to count as at level.
    pub max_failures: Amount,
    /// What being newer than the release means.
    pub ahead: Ahead,
    /// The line of the train file that declares it, from 1.
    pub line: usize,
    /// What a run updates; none with `update = "none"`.
    pub update: Option<Wanted>,
    /// When the service itself installs updates, and which.
    pub schedule: Option<Schedule>,
    /// `profile`: whether new systems can come up as its members.
    pub profile: bool,
    /// How it moves: `waves`, `concurrency`, `soak`, `wave_soak`, `window`, `blackout`, `health`.
    pub pace: Pace,
    /// `enforce`, `remove_extras` and `reboot`: what is done to members beyond updates.
    pub enforcing: Enforcing,
}

impl Group {
    /// Returns what is installed on its members, and so what its level counts.
    pub fn patching(&self) -> Patching {
        Patching {
            update: self.update,
            schedule: self.schedule.map(|schedule| schedule.update),
            enforce: self.enforcing.enforce,
        }
    }
}

/// Who is in a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Members {
    /// The instances listed.
    Listed(BTreeSet<Ocid>),
    /// Whoever the service says.
    Service,
    /// Those that lie in these compartments and have these tags.
    Selected(Selector),
}

/// `ahead`: what a package newer than the release's means for the level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ahead {
    /// It is reported and does not count.
    Report,
    /// It keeps the instance below level.
    Block,
}

impl Train {
    /// Finds a release by name.
    pub fn release(&self, name: &ReleaseName) -> Option<&Release> {
        self.releases.iter().find(|release| release.name == *name)
    }

    /// Returns the release that a new hotfix of `base` is put behind, so that the file stays in the order in which a
    /// fleet moves: its last hotfix of those that follow it, and of theirs, or the base itself.
    pub fn last_hotfix<'a>(&'a self, base: &'a ReleaseName) -> &'a ReleaseName {
        let mut line = vec![base];
        let from = self.releases.iter().position(|release| release.name == *base);
        for release in from.map_or(&[][..], |at| &self.releases[at + 1..]) {
            match release.manifest.base() {
                Some(of) if line.iter().any(|known| known.as_str() == of) => line.push(&release.name),
                _ => break,
            }
        }
        line.last().copied().unwrap_or(base)
    }

    /// Returns the train's own parent source, as a release without packages.
    pub fn own_parent(&self) -> Release {
        let manifest = Manifest::default();
        Release {
            name: ReleaseName::own_parent(),
            manifest_path: String::new(),
            digest: manifest.digest(),
            manifest,
            line: self.layout_line,
            retired: false,
        }
    }

    /// Tells whether any group's members are selected, so that Compute has to be asked.
    pub fn selects(&self) -> bool {
        self.groups.iter().any(|group| matches!(group.members, Members::Selected(_)))
    }

    /// Tells whether Compute has to be asked: to select members, or, where the patch service has no reboot, for that.
    pub fn needs_compute(&self) -> bool {
        let reboots = self.groups.iter().any(|group| group.enforcing.reboots());
        self.selects() || (reboots && self.service.api == Api::Osms)
    }

    /// Finds a group by name.
    pub fn group(&self, name: &GroupName) -> Option<&Group> {
        self.groups.iter().find(|group| group.name == *name)
    }
}

mod api;
mod check;
mod digest;
pub mod edit;
mod encryption;
mod enforcing;
mod file;
mod imports;
mod keeping;
mod layout;
mod notify;
mod pace;
mod patching;
mod policy;
mod problem;
mod selector;
mod service;
mod shape;
mod table;
#[cfg(test)]
mod tests;
mod vendors;

pub use crate::patching::{Enforce, Patching};
pub use crate::rollout::Amount;
pub use encryption::Encryption;
pub use enforcing::{Enforcing, Reboot};
pub use file::{Overlay, Settings, load, load_all, load_settings, load_with_overlay};
pub use imports::{Import, Imported};
pub use keeping::{BACKUPS, Bucket, Database, Keeping};
pub use layout::format;
pub use notify::Notify;
pub use problem::{Problem, Problems};
pub use selector::{Selector, TagKey};
pub use service::{NO_USER, region as check_region};
pub use shape::{default_unmanaged, os as check_os, os_major};
pub use vendors::{VendorSource, usual as usual_vendor_sources};
