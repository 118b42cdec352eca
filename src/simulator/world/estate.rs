//! What Compute and Identity know of the world beyond what is managed: compartments, and of each instance where it lies,
//! whether it runs and what it is tagged with. With it comes a branch of its own, the kiosks of the stores, for trains
//! that select their members; no group of the quickstart knows of it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::generate::{self, COMPARTMENT, TENANCY};
use super::{Id, Instance};
use crate::package::Package;

/// The compartment of the stores, below [`COMPARTMENT`].
pub(crate) const STORES: &str =
    "ocid1.compartment.oc1..aaaaaaaasimulatedstoresforpatchtrainonlyneverreal000000000000";
/// One store tries things first; below [`STORES`].
pub(crate) const PILOT: &str =
    "ocid1.compartment.oc1..aaaaaaaasimulatedpilotstoreforpatchtrainonlyneverreal00000000";
/// Deleted, and listed all the same; below [`COMPARTMENT`].
const CLOSED: &str = "ocid1.compartment.oc1..aaaaaaaasimulatedclosedstoreforpatchtrainonlyneverreal0000000";

/// A compartment: id, parent, name, lifecycle state.
pub(crate) const COMPARTMENTS: [(&str, &str, &str, &str); 4] = [
    (COMPARTMENT, TENANCY, "patchtrain", "ACTIVE"),
    (STORES, COMPARTMENT, "stores", "ACTIVE"),
    (CLOSED, COMPARTMENT, "closed", "DELETED"),
    (PILOT, STORES, "pilot", "ACTIVE"),
];

/// Tells whether a compartment is another, or lies below it.
pub(crate) fn is_within(compartment: &str, ancestor: &str) -> bool {
    let mut at = compartment;
    loop {
        if at == ancestor {
            return true;
        }
        match COMPARTMENTS.iter().find(|(id, ..)| *id == at) {
            Some((_, above, ..)) => at = above,
            None => return false,
        }
    }
}

/// The kiosks: name, compartment, power, and whether the stores' tag is on it.
const KIOSKS: [(&str, &str, Power, bool); 8] = [
    ("kiosk-01", STORES, Power::Running, true),
    ("kiosk-02", STORES, Power::Running, true),
    ("kiosk-03", PILOT, Power::Running, true),
    ("kiosk-04", STORES, Power::Stopped, true),
    ("kiosk-05", STORES, Power::Running, true),
    ("kiosk-06", PILOT, Power::Running, true),
    ("kiosk-07", STORES, Power::Terminated, true),
    ("kiosk-08", STORES, Power::Running, false),
];
/// It runs another release of the system.
const OTHER_SYSTEM: &str = "kiosk-05";
/// It runs, and the service gets to know it only after a while.
const JOINS_LATER: &str = "kiosk-06";
/// After how long.
const JOINS_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// What an instance is doing, in Compute's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Power {
    /// It runs.
    Running,
    /// It is down.
    Stopped,
    /// It is gone; Compute lists it all the same.
    Terminated,
}

impl Power {
    /// Returns the API's word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Stopped => "STOPPED",
            Self::Terminated => "TERMINATED",
        }
    }
}

/// What Compute knows of an instance.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Machine {
    /// The compartment it lies in.
    pub(crate) compartment: Id,
    /// What it is doing.
    pub(crate) power: Power,
    /// Its release of Oracle Linux, which the patch service tells.
    pub(crate) os_version: Box<str>,
    /// Its free-form tags.
    pub(crate) freeform: BTreeMap<Box<str>, Box<str>>,
    /// Its defined tags, all in the namespace `ops`.
    pub(crate) ops: BTreeMap<Box<str>, Box<str>>,
}

impl Machine {
    /// Returns that of an instance by its name: running, and tagged with its role and, in the quickstart, its group.
    pub(super) fn of(name: &str, group: Option<&str>) -> Self {
        let role = name.split('-').next().unwrap_or_default();
        let mut machine = Self {
            compartment: COMPARTMENT.into(),
            power: Power::Running,
            os_version: "8.10".into(),
            freeform: BTreeMap::from([("role".into(), role.into())]),
            ops: BTreeMap::new(),
        };
        if let Some(group) = group {
            machine.ops.insert("patch".into(), group.into());
        }
        machine
    }
}

/// Returns the kiosks of a seed.
pub(super) fn kiosks(seed: u64) -> impl Iterator<Item = (Id, Instance)> {
    KIOSKS.into_iter().map(move |(name, compartment, power, tagged)| {
        let mut instance = generate::instance(seed, name);
        instance.machine = Machine {
            compartment: compartment.into(),
            power,
            ..Machine::of(name, tagged.then_some("stores"))
        };
        if power != Power::Running {
            instance.silent_since = Some(instance.made);
        }
        if power == Power::Terminated {
            // The patch service knows it no more.
            instance.known_from = Some(Timestamp::MAX);
        }
        if name == OTHER_SYSTEM {
            to_next_system(&mut instance);
        }
        (generate::instance_id(seed, name), instance)
    })
}

/// Sets when the service gets to know who joins later.
pub(super) fn set_clock(seed: u64, created: Timestamp, instances: &mut BTreeMap<Id, Instance>) {
    if let Some(instance) = instances.get_mut(&generate::instance_id(seed, JOINS_LATER)) {
        instance.made = created;
        instance.known_from = created.checked_add(JOINS_AFTER).ok();
    }
}

/// Makes it one of Oracle Linux 9: no source of this world is for it.
fn to_next_system(instance: &mut Instance) {
    let next = |text: &str| text.replace("el8", "el9");
    let installed = instance.installed.iter();
    instance.installed =
        installed.filter_map(|package| Package::parse(&next(package.as_str())).ok()).collect();
    instance.running = next(&instance.running).into();
    instance.machine.os_version = "9.4".into();
    (instance.parent, instance.ksplice) = (None, None);
    instance.children.clear();
}
