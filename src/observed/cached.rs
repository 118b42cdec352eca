//! What was last observed as text: the inventory, `<train>.inventory`, from which a plan can be made without asking the
//! service. A cache: whoever cannot read it deletes it.
//!
//! Versioned JSON. Sets of packages stand in it by digest, each distinct one once, and so do lists of updates: a fleet of
//! ten thousand has few of either. Where it lies, and for whom it is right, is not decided here.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{
    AvailableUpdate, Candidate, Compute, Instance, InstanceStatus, Inventory, Observed, Profile, Riders,
    ServiceGroup, ServiceSchedule, Source, SourceLink, Surveyed, Updates, Vendor,
};
use crate::name::{Ocid, TrainName};
use crate::op::{Lineage, Ownership, Ticket};
use crate::package::{ModuleStream, PackageSet};

/// The format this build writes; a newer one is refused.
pub(super) const FORMAT_VERSION: u32 = 2;

/// What was observed, and what it is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cached {
    /// The train.
    pub train: TrainName,
    /// The lineage of its state; none before its first apply.
    pub lineage: Option<Lineage>,
    /// The serial of the state that it was seen with.
    pub serial: u64,
    /// The service: its word, where it is, and the compartment.
    pub service: (String, String, Ocid),
    /// When it was seen, by the service's clock where that is the simulator's.
    pub seen: Timestamp,
    /// What was asked about; none in what an older build wrote.
    pub surveyed: Option<Surveyed>,
    /// What was seen.
    pub observed: Observed,
}

/// Why a text is no inventory.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CachedError {
    /// A newer build wrote it.
    #[error("it has format version {found}, this build knows up to {FORMAT_VERSION}")]
    Newer {
        /// Its version.
        found: u64,
    },
    /// It is not what this tool wrote.
    #[error("{0}")]
    Damaged(String),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format_version: u32,
    train: TrainName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lineage: Option<Lineage>,
    serial: u64,
    api: String,
    place: String,
    compartment: Ocid,
    seen: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    surveyed: Option<Surveyed>,
    /// Every distinct set of packages.
    sets: BTreeMap<String, PackageSet>,
    instances: BTreeMap<Ocid, Row>,
    groups: BTreeMap<Ocid, ServiceGroup>,
    sources: BTreeMap<Ocid, Stock>,
    unoffered: PackageSet,
    riders: BTreeMap<Ocid, Riders>,
    /// Every distinct update.
    offers: Vec<AvailableUpdate>,
    /// By instance, which of them it is offered.
    updates: BTreeMap<Ocid, Vec<usize>>,
    schedules: BTreeMap<Ocid, ServiceSchedule>,
    compute: Compute,
    vendors: BTreeMap<Ocid, Vendor>,
    profiles: BTreeMap<Ocid, Profile>,
    streams: BTreeMap<Ocid, Vec<ModuleStream>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    candidates: BTreeMap<Ocid, Option<Candidate>>,
}

/// An instance, its packages by digest.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: Arc<str>,
    status: InstanceStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    os: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parent: Option<SourceLink>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    children: Vec<SourceLink>,
    groups: Vec<Ocid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    packages: Option<Packages>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_checkin: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    running_kernel: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    effective_kernel: Option<Arc<str>>,
    reboot_required: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    listed: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    updates_available: Option<u32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    open_work: Vec<Ticket>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Packages {
    installed: String,
    unsourced: String,
}

/// A source, its packages by digest.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stock {
    name: Arc<str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<Ownership>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    packages: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parent: Option<Ocid>,
}

impl Cached {
    /// Writes it down.
    pub fn text(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut text = serde_json::to_vec(&self.document())?;
        text.push(b'\n');
        Ok(text)
    }

    /// Reads what [`Self::text`] has written.
    pub fn read(text: &[u8]) -> Result<Self, CachedError> {
        #[derive(Deserialize)]
        struct Version {
            format_version: u64,
        }
        let damaged = |error: serde_json::Error| CachedError::Damaged(error.to_string());
        let Version { format_version: found } = serde_json::from_slice(text).map_err(damaged)?;
        if found > u64::from(FORMAT_VERSION) {
            return Err(CachedError::Newer { found });
        }
        let document: Document = serde_json::from_slice(text).map_err(damaged)?;
        document.cached()
    }

    fn document(&self) -> Document {
        let Self { train, lineage, serial, service: (api, place, compartment), seen, surveyed, observed } =
            self;
        // Taken apart without `..`: what a plan may be made from is all here.
        let Observed {
            instances,
            groups,
            sources,
            unoffered,
            riders,
            updates,
            schedules,
            compute,
            vendors,
            profiles,
            streams,
            candidates,
            // Asked anew.
            repositories: _,
        } = observed;
        let (mut sets, mut offers) = (Sets::default(), Offers::default());
        Document {
            format_version: FORMAT_VERSION,
            train: train.clone(),
            lineage: lineage.clone(),
            serial: *serial,
            api: api.clone(),
            place: place.clone(),
            compartment: compartment.clone(),
            seen: *seen,
            surveyed: surveyed.clone(),
            instances: instances.iter().map(|(id, one)| (id.clone(), row(one, &mut sets))).collect(),
            groups: groups.clone(),
            sources: sources.iter().map(|(id, one)| (id.clone(), stock(one, &mut sets))).collect(),
            sets: sets.distinct,
            unoffered: unoffered.clone(),
            riders: riders.clone(),
            updates: updates.iter().map(|(id, list)| (id.clone(), offers.refer(list))).collect(),
            offers: offers.distinct,
            schedules: schedules.clone(),
            compute: compute.clone(),
            vendors: vendors.clone(),
            profiles: profiles.clone(),
            streams: streams.clone(),
            candidates: candidates.clone(),
        }
    }
}

/// The distinct sets that were met.
#[derive(Default)]
struct Sets {
    distinct: BTreeMap<String, PackageSet>,
    /// Instances share their sets: of each, the digest is looked up once.
    known: HashMap<usize, String>,
}

impl Sets {
    fn refer(&mut self, set: &PackageSet) -> String {
        if let Some(digest) = self.known.get(&set.identity()) {
            return digest.clone();
        }
        let digest = set.digest().to_string();
        self.known.insert(set.identity(), digest.clone());
        self.distinct.entry(digest.clone()).or_insert_with(|| set.clone());
        digest
    }
}

/// The distinct updates that were met.
#[derive(Default)]
struct Offers {
    distinct: Vec<AvailableUpdate>,
    known: HashMap<Arc<AvailableUpdate>, usize>,
}

impl Offers {
    fn refer(&mut self, list: &Updates) -> Vec<usize> {
        let place = |update: &Arc<AvailableUpdate>| {
            *self.known.entry(Arc::clone(update)).or_insert_with(|| {
                self.distinct.push((**update).clone());
                self.distinct.len() - 1
            })
        };
        list.iter().map(place).collect()
    }
}

fn row(instance: &Instance, sets: &mut Sets) -> Row {
    let Instance {
        name,
        status,
        os,
        parent,
        children,
        groups,
        inventory,
        last_checkin,
        // Only whoever is being booted has it looked at, and that is never done from a cache.
        last_boot: _,
        running_kernel,
        effective_kernel,
        reboot_required,
        listed,
        updates_available,
        open_work,
    } = instance;
    let packages = inventory.as_ref().map(|Inventory { installed, unsourced }| Packages {
        installed: sets.refer(installed),
        unsourced: sets.refer(unsourced),
    });
    Row {
        name: name.clone(),
        status: *status,
        os: os.clone(),
        parent: parent.clone(),
        children: children.clone(),
        groups: groups.iter().cloned().collect(),
        packages,
        last_checkin: *last_checkin,
        running_kernel: running_kernel.clone(),
        effective_kernel: effective_kernel.clone(),
        reboot_required: *reboot_required,
        listed: *listed,
        updates_available: *updates_available,
        open_work: open_work.clone(),
    }
}

fn stock(source: &Source, sets: &mut Sets) -> Stock {
    let Source { name, owner, contents, parent } = source;
    Stock {
        name: name.clone(),
        owner: owner.clone(),
        packages: contents.as_ref().map(|contents| sets.refer(contents)),
        parent: parent.clone(),
    }
}

impl Document {
    fn cached(self) -> Result<Cached, CachedError> {
        for (digest, set) in &self.sets {
            if set.digest().to_string() != *digest {
                return Err(CachedError::Damaged(format!("the packages of {digest} are others")));
            }
        }
        let set = |digest: &str| {
            let known = self.sets.get(digest).cloned();
            known.ok_or_else(|| CachedError::Damaged(format!("it has no packages of {digest}")))
        };
        let offers: Vec<Arc<AvailableUpdate>> = self.offers.into_iter().map(Arc::new).collect();
        let offer = |place: usize| {
            let known = offers.get(place).cloned();
            known.ok_or_else(|| CachedError::Damaged(format!("it has no update {place}")))
        };
        let mut instances = BTreeMap::new();
        for (id, row) in self.instances {
            instances.insert(id, instance(row, &set)?);
        }
        let mut sources = BTreeMap::new();
        for (id, Stock { name, owner, packages, parent }) in self.sources {
            let contents = packages.map(|digest| set(&digest)).transpose()?;
            sources.insert(id, Source { name, owner, contents, parent });
        }
        let mut updates = BTreeMap::new();
        for (id, places) in self.updates {
            updates.insert(id, places.into_iter().map(offer).collect::<Result<Updates, _>>()?);
        }
        Ok(Cached {
            train: self.train,
            lineage: self.lineage,
            serial: self.serial,
            service: (self.api, self.place, self.compartment),
            seen: self.seen,
            surveyed: self.surveyed,
            observed: Observed {
                instances,
                groups: self.groups,
                sources,
                unoffered: self.unoffered,
                riders: self.riders,
                updates,
                schedules: self.schedules,
                compute: self.compute,
                vendors: self.vendors,
                profiles: self.profiles,
                streams: self.streams,
                candidates: self.candidates,
                repositories: Arc::default(),
            },
        })
    }
}

fn instance(
    row: Row,
    set: &impl Fn(&str) -> Result<PackageSet, CachedError>,
) -> Result<Instance, CachedError> {
    let packages = row.packages.map(|packages| -> Result<Inventory, CachedError> {
        Ok(Inventory { installed: set(&packages.installed)?, unsourced: set(&packages.unsourced)? })
    });
    Ok(Instance {
        name: row.name,
        status: row.status,
        os: row.os,
        parent: row.parent,
        children: row.children,
        groups: row.groups.into_iter().collect(),
        inventory: packages.transpose()?,
        last_checkin: row.last_checkin,
        last_boot: None,
        running_kernel: row.running_kernel,
        effective_kernel: row.effective_kernel,
        reboot_required: row.reboot_required,
        listed: row.listed,
        updates_available: row.updates_available,
        open_work: row.open_work,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::Package;

    fn set(packages: &[&str]) -> PackageSet {
        packages.iter().map(|text| Package::parse(text).unwrap()).collect()
    }

    fn cached(instances: usize) -> Cached {
        let one = |number: usize| {
            let inventory = Inventory { installed: set(&["bash-1-1.x86_64"]), unsourced: set(&[]) };
            let instance = Instance {
                name: format!("web-{number}").into(),
                status: InstanceStatus::Normal,
                os: None,
                parent: None,
                children: Vec::new(),
                groups: std::collections::BTreeSet::new(),
                inventory: Some(inventory),
                last_checkin: None,
                last_boot: None,
                running_kernel: None,
                effective_kernel: None,
                reboot_required: false,
                listed: None,
                updates_available: None,
                open_work: Vec::new(),
            };
            (Ocid::new(&format!("ocid1.instance.oc1..{number}")), instance)
        };
        Cached {
            train: TrainName::new("t"),
            lineage: Some(Lineage("abc".into())),
            serial: 3,
            service: ("osms".to_owned(), "simulator".to_owned(), Ocid::new("ocid1.compartment.oc1..c")),
            seen: Timestamp::UNIX_EPOCH,
            surveyed: Some(Surveyed::default()),
            observed: Observed { instances: (0..instances).map(one).collect(), ..Observed::default() },
        }
    }

    fn text(cached: &Cached) -> String {
        String::from_utf8(cached.text().unwrap()).unwrap()
    }

    #[test]
    fn equal_sets_are_written_once_whoever_has_them() {
        let text = text(&cached(50));
        assert_eq!(text.matches("bash-1-1.x86_64").count(), 1);
        let read = Cached::read(text.as_bytes()).unwrap();
        assert_eq!(read, cached(50));
        // And are one again when read.
        let sets = read
            .observed
            .instances
            .values()
            .map(|seen| seen.inventory.as_ref().unwrap().installed.identity());
        assert_eq!(sets.collect::<std::collections::BTreeSet<_>>().len(), 1);
    }

    #[test]
    fn what_was_not_written_by_this_tool_is_no_inventory() {
        let good = text(&cached(1));
        let damaged = |text: &str| match Cached::read(text.as_bytes()) {
            Err(CachedError::Damaged(why)) => why,
            other => panic!("{other:?}"),
        };
        let half = damaged(&good[..good.len() / 2]);
        assert!(half.contains("EOF"), "{half}");
        assert!(damaged("").contains("EOF"));
        assert!(damaged(&good.replacen('{', "{\"colour\":\"red\",", 1)).contains("unknown field `colour`"));
        assert!(damaged(&good.replace("bash-1-1", "bash-1-2")).contains("are others"));
        let digest = set(&["bash-1-1.x86_64"]).digest().to_string();
        let lost = good.replacen(&format!("{{\"{digest}\""), "{\"sha256:0\"", 1);
        assert!(damaged(&lost).contains("are others") || damaged(&lost).contains("no packages"));
        let newer = good.replacen("\"format_version\":2", "\"format_version\":3", 1);
        assert_eq!(Cached::read(newer.as_bytes()), Err(CachedError::Newer { found: 3 }));
    }
}
