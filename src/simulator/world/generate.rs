//! The beginning of a world: the vendor's sources, a golden instance and 24 more, each with a mix of its own, as years
//! of "update what hurts" leave them. The same seed gives the same world on every machine.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::{Id, Instance, Machine, Offer, Power, Source, SourceText, World, estate};
use crate::package::{Digest, Package, PackageSet};
use crate::simulator::agent;
use crate::simulator::catalogue::{
    Channel, Family, Item, Layer, WAVE_GL1, WAVE_GL1_1, WAVE_PREVIEW, catalogue,
};
use crate::simulator::golden::Level;

/// The tenancy, in which the vendor's sources live.
pub(crate) const TENANCY: &str =
    "ocid1.tenancy.oc1..aaaaaaaasimulatedtenancyforpatchtrainonlyneverarealone0000000000";
/// The compartment of the quickstart: of its instances, groups and custom sources.
pub(crate) const COMPARTMENT: &str =
    "ocid1.compartment.oc1..aaaaaaaasimulatedcompartmentforpatchtrainonlyneverreal00000";
/// The display name of the golden instance.
pub(crate) const GOLDEN_NAME: &str = "golden-01";

/// The groups of the quickstart's train, in order, with their members by display name.
const GROUPS: [(&str, &[&str]); 3] = [
    ("canary", &["web-01", "db-01", "batch-01"]),
    (
        "web",
        &[
            "web-02", "web-03", "web-04", "web-05", "web-06", "web-07", "web-08", "web-09", "web-10",
            "web-11", "web-12", "web-13",
        ],
    ),
    (
        "backend",
        &["db-02", "db-03", "db-04", "db-05", "db-06", "batch-02", "batch-03", "batch-04", "batch-05"],
    ),
];

/// Somebody attached the preview source to it, so it is newer than any release.
const AHEAD: &str = "web-07";
/// Its agent has not checked in for a long time.
const UNREACHABLE: &str = "db-04";
/// It was enrolled just before the world was created; the service does not know it yet.
const JOINS_LATER: &str = "web-13";
/// How long after the world's creation the service gets to know the latecomer.
const JOINS_AFTER: SignedDuration = SignedDuration::from_hours(6);
/// They hold packages that no release has.
const WITH_EXTRAS: [&str; 2] = ["batch-03", "batch-05"];
/// They hold the 32-bit twins.
const WITH_TWINS: [&str; 5] = ["web-02", "web-05", "db-01", "db-03", "batch-02"];
/// They hold three kernels.
const WITH_THREE_KERNELS: [&str; 4] = ["web-01", "web-03", "db-02", "batch-04"];

const SOURCES: [(Channel, &str); 5] = [
    (Channel::BaseOs, "Oracle Linux 8 BaseOS Latest (x86_64)"),
    (Channel::AppStream, "Oracle Linux 8 Application Stream (x86_64)"),
    (Channel::Uek, "Unbreakable Enterprise Kernel Release 7 for Oracle Linux 8 (x86_64)"),
    (Channel::Ksplice, "Ksplice for Oracle Linux 8 (x86_64)"),
    (Channel::Preview, "Oracle Linux 8 Developer Preview (x86_64)"),
];

/// What the vendor's enrolment scripts leave on every instance and no source provides.
const UNSOURCED: [&[&str]; 3] = [
    &["oracle-cloud-agent-1.42.0-17.el8.x86_64", "oracle-cloud-agent-1.46.0-21.el8.x86_64"],
    &["unified-monitoring-agent-0.6.4-1.el8.x86_64", "unified-monitoring-agent-0.6.9-2.el8.x86_64"],
    &["ksplice-uptrack-release-1-5.el8.noarch"],
];

/// The trust keys that rpm lists like packages: the vendor's on all, a third party's on some.
const KEYS: [&str; 2] = ["gpg-pubkey-ad986da3-5cabf60d.(none)", "gpg-pubkey-2f86d6a1-5cf7cefb.(none)"];

/// The worlds generated so far: a world is cheap to copy and not so cheap to draw.
static TEMPLATES: Mutex<BTreeMap<(u64, usize), World>> = Mutex::new(BTreeMap::new());

/// How many members the quickstart's groups have together.
pub(crate) const DEFAULT_FLEET: usize = 24;

/// How many members of a group beyond the quickstart's have a mix of their own; the rest take turns with these. Drawing
/// a mix takes a while, and fleets of thousands are for measuring.
const MIXES: usize = 40;

/// Makes an OCID of a kind out of what must make it unique.
pub(crate) fn ocid(kind: &str, region: &str, unique: &str) -> Id {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let digest = Digest::of([kind, "\n", unique]);
    let letters = digest.as_bytes().iter().flat_map(|byte| [byte & 31, byte >> 3]);
    let unique: String = letters.take(52).map(|index| char::from(LETTERS[usize::from(index)])).collect();
    format!("ocid1.{kind}.oc1.{region}.aaaaaaaa{unique}").into()
}

/// Returns the compartment that things were made in before they could be moved to others.
pub(super) fn compartment() -> Id {
    COMPARTMENT.into()
}

/// Draws a number from 0 to 99 that depends on the seed and the words alone.
fn draw(seed: u64, words: &[&str]) -> u32 {
    let seed = seed.to_string();
    let digest = Digest::of(
        [&seed].into_iter().map(String::as_str).chain(words.iter().copied()).flat_map(|word| [word, "\n"]),
    );
    u32::from(digest.as_bytes()[0]) * 100 / 256
}

pub(super) fn instance_id(seed: u64, name: &str) -> Id {
    ocid("instance", "eu-frankfurt-1", &format!("{seed}/{name}"))
}

pub(super) fn source_id(seed: u64, channel: Channel) -> Id {
    ocid("osmssoftwaresource", "", &format!("{seed}/{channel:?}"))
}

/// Returns the id of the golden instance.
pub(crate) fn golden_id(seed: u64) -> Id {
    instance_id(seed, GOLDEN_NAME)
}

/// Returns the quickstart's groups with the display names and ids of their members: of a fleet of so many, those of the
/// quickstart and more of their kind, half of them web servers.
pub(crate) fn groups(seed: u64, fleet: usize) -> Vec<(&'static str, Vec<(String, Id)>)> {
    let mut groups: Vec<(&str, Vec<String>)> = GROUPS
        .iter()
        .map(|(group, names)| (*group, names.iter().map(|name| (*name).to_owned()).collect()))
        .collect();
    for more in 0..fleet.saturating_sub(DEFAULT_FLEET) {
        let (turn, group, role, first) = match more % 4 {
            0 => (2 * (more / 4), 1, "web", 14),
            1 => (2 * (more / 4) + 1, 1, "web", 14),
            2 => (more / 4, 2, "db", 7),
            _ => (more / 4, 2, "batch", 6),
        };
        groups[group].1.push(format!("{role}-{:02}", first + turn));
    }
    let member = |name: String| {
        let id = instance_id(seed, &name);
        (name, id)
    };
    groups.into_iter().map(|(group, names)| (group, names.into_iter().map(member).collect())).collect()
}

/// Returns what the golden instance holds when a release is frozen from it.
pub(crate) fn golden_set(level: Level) -> PackageSet {
    let before = golden_packages();
    match level {
        Level::Gl1 => before,
        Level::Gl1_1 => {
            let channels = [Channel::BaseOs, Channel::AppStream, Channel::Uek, Channel::Ksplice];
            let offer = Offer::new(channels.into_iter().flat_map(|channel| catalogue().shipped(channel)));
            let updated = agent::update(&before, &golden_kernel(), &offer, |_| true, |_| true).apply(&before);
            let (added, dropped) = (layer_at(Layer::Added, WAVE_GL1_1), layer_at(Layer::Dropped, WAVE_GL1_1));
            let kept = updated.iter().filter(|package| !dropped.contains(package));
            kept.chain(added).collect()
        }
    }
}

fn layer_at(layer: Layer, wave: usize) -> Vec<Package> {
    let families = catalogue().families.iter().filter(|family| family.layer == layer);
    families.flat_map(|family| &family.items).map(|item| item.waves[wave]).collect()
}

fn golden_packages() -> PackageSet {
    let mut packages = Vec::new();
    for family in &catalogue().families {
        if matches!(family.layer, Layer::Extra | Layer::Added) {
            continue;
        }
        for item in &family.items {
            let kernels = item.waves[0].is_install_only();
            packages.extend_from_slice(&item.waves[if kernels { 0 } else { WAVE_GL1 }..=WAVE_GL1]);
        }
    }
    packages.extend(UNSOURCED.iter().filter_map(|versions| versions.last()).chain(&KEYS[..1]).map(known));
    PackageSet::new(packages)
}

fn known(text: &&str) -> Package {
    Package::parse(text).expect("the built-in names are NEVRAs, as a test sees to")
}

/// Returns the kernel that the golden instance runs.
pub(crate) fn golden_kernel() -> Box<str> {
    kernel_name(uek().waves[WAVE_GL1])
}

fn uek() -> &'static Item {
    let family = catalogue().families.iter().find(|family| family.key == "kernel-uek");
    let item = family.and_then(|family| family.items.first());
    item.expect("the catalogue has the kernel that all instances run")
}

/// What `uname -r` says of a kernel package.
fn kernel_name(package: Package) -> Box<str> {
    format!("{}-{}.{}", package.version(), package.release(), package.arch()).into()
}

impl World {
    /// Returns the world of a seed, just created, with so many members of its groups.
    pub(crate) fn generate(seed: u64, fleet: usize, created: Timestamp) -> Self {
        let mut templates = TEMPLATES.lock().unwrap_or_else(PoisonError::into_inner);
        let template = templates.entry((seed, fleet)).or_insert_with(|| Self::template(seed, fleet));
        let mut world = template.clone();
        drop(templates);
        world.created = created;
        world.settled = created;
        if let Some(latecomer) = world.instances.get_mut(&instance_id(seed, JOINS_LATER)) {
            latecomer.made = created;
            latecomer.known_from = created.checked_add(JOINS_AFTER).ok();
        }
        estate::set_clock(seed, created, &mut world.instances);
        world
    }

    /// Generates the world of a seed as of no moment in particular.
    fn template(seed: u64, fleet: usize) -> Self {
        let created = Timestamp::UNIX_EPOCH;
        let mut world = Self {
            seed,
            created,
            offset: 0,
            serial: 1,
            sources: BTreeMap::new(),
            groups: BTreeMap::new(),
            instances: BTreeMap::new(),
            works: BTreeMap::new(),
            jobs: BTreeMap::new(),
            hub: Default::default(),
            objects: Default::default(),
            open: Default::default(),
            dockets: Default::default(),
            fleet,
            mishaps: Default::default(),
            doomed: Default::default(),
            settled: created,
            offers: Default::default(),
        };
        for (channel, name) in SOURCES {
            world.sources.insert(source_id(seed, channel), vendor_source(seed, channel, name));
        }
        let children = [Channel::AppStream, Channel::Uek, Channel::Ksplice];
        let golden = Instance {
            installed: golden_packages(),
            running: golden_kernel(),
            children: children.into_iter().map(|channel| source_id(seed, channel)).collect(),
            ..blank(seed, GOLDEN_NAME)
        };
        world.instances.insert(golden_id(seed), golden);
        for (group, members) in groups(seed, fleet) {
            let mut mixes: Vec<Instance> = Vec::new();
            for (index, (name, id)) in members.into_iter().enumerate() {
                let more = match index.checked_sub(MIXES) {
                    None => {
                        mixes.push(instance(seed, &name));
                        mixes[index].clone()
                    }
                    // Not its first ones: these have their peculiarities.
                    Some(beyond) => {
                        let role = |name: &str| name.split('-').next().map(str::to_owned);
                        let alike: Vec<&Instance> =
                            mixes[MIXES / 2..].iter().filter(|mix| role(&mix.name) == role(&name)).collect();
                        Instance { name: name.into(), ..alike[beyond % alike.len()].clone() }
                    }
                };
                let mut machine = Machine::of(&more.name, Some(group));
                if *more.name == *UNREACHABLE {
                    machine.power = Power::Stopped;
                }
                world.instances.insert(id, Instance { machine, ..more });
            }
        }
        world.instances.extend(estate::kiosks(seed));
        super::hub::fill(&mut world);
        world
    }
}

fn vendor_source(seed: u64, channel: Channel, name: &str) -> Source {
    let parent = (channel != Channel::BaseOs).then(|| source_id(seed, Channel::BaseOs));
    Source {
        text: SourceText { name: name.into(), checksum_type: Some("SHA256".into()), ..Default::default() },
        compartment: TENANCY.into(),
        arch: "X86_64".into(),
        parent,
        packages: PackageSet::new(catalogue().shipped(channel)),
        vendor: true,
        modules: true,
        made: long_ago(channel as i64),
        deleted: false,
        revision: 1,
    }
}

/// A moment before any world was created, some hours after the first such moment.
pub(super) fn long_ago(hours: i64) -> Timestamp {
    let first = Timestamp::from_second(1_757_300_000).expect("a second of September 2025 is in range");
    first + SignedDuration::from_hours(hours)
}

fn blank(seed: u64, name: &str) -> Instance {
    let age = i64::from(draw(seed, &[name, "age"]));
    Instance {
        name: name.into(),
        made: long_ago(100 + age * 24),
        known_from: None,
        silent_since: None,
        booted: long_ago(3000 + age * 7),
        running: "".into(),
        installed: PackageSet::default(),
        parent: Some(source_id(seed, Channel::BaseOs)),
        children: Vec::new(),
        reboot_required: false,
        ksplice: None,
        machine: Machine::of(name, None),
        streams: BTreeMap::new(),
        consent: Default::default(),
        revision: 1,
        hub: Default::default(),
    }
}

pub(super) fn instance(seed: u64, name: &str) -> Instance {
    let mut packages = Vec::new();
    for family in catalogue().families.iter().filter(|family| has(seed, name, family)) {
        for item in &family.items {
            if item.waves[0].is_install_only() {
                packages.extend(kernels(seed, name, family, item));
            } else {
                packages.push(item.waves[wave(seed, name, family)]);
            }
        }
    }
    for versions in UNSOURCED {
        let index = usize::from(draw(seed, &[name, versions[0]]) >= 50).min(versions.len() - 1);
        packages.push(known(&versions[index]));
    }
    let keys = if draw(seed, &[name, "keys"]) < 30 { 2 } else { 1 };
    packages.extend(KEYS[..keys].iter().map(known));
    let installed = PackageSet::new(packages);
    // Whoever updates a kernel does not always boot it at once.
    let keks: Vec<Package> = installed.iter().filter(|package| package.name() == "kernel-uek").collect();
    let behind = usize::from(keks.len() > 1 && draw(seed, &[name, "booted"]) < 35);
    let running = keks[keks.len() - 1 - behind];

    let mut channels = vec![Channel::AppStream, Channel::Uek];
    let ksplice = draw(seed, &[name, "ksplice"]) < 50;
    channels.extend(ksplice.then_some(Channel::Ksplice));
    channels.extend((name == AHEAD).then_some(Channel::Preview));
    Instance {
        silent_since: (name == UNREACHABLE).then(|| long_ago(9000)),
        installed,
        running: kernel_name(running),
        children: channels.into_iter().map(|channel| source_id(seed, channel)).collect(),
        reboot_required: behind == 1,
        ksplice: ksplice.then(|| kernel_name(running)),
        ..blank(seed, name)
    }
}

fn has(seed: u64, name: &str, family: &Family) -> bool {
    match family.layer {
        Layer::Base | Layer::Dropped => true,
        Layer::Twin => WITH_TWINS.contains(&name),
        Layer::Web => name.starts_with("web-"),
        Layer::Db => name.starts_with("db-"),
        Layer::Batch => name.starts_with("batch-"),
        Layer::Optional => draw(seed, &[name, "has", family.key]) < 40,
        Layer::Extra => WITH_EXTRAS.contains(&name),
        Layer::Added => false,
    }
}

/// At which wave an instance has a family: its own share of families has been updated, the rest not.
fn wave(seed: u64, name: &str, family: &Family) -> usize {
    if name == AHEAD && draw(seed, &[name, "preview", family.key]) < 30 {
        return WAVE_PREVIEW;
    }
    let share = 15 + draw(seed, &[name, "share"]) * 7 / 10;
    usize::from(draw(seed, &[name, "wave", family.key]) < share)
}

/// The kernels of an instance: up to the wave of their family, one to three of them.
fn kernels(seed: u64, name: &str, family: &Family, item: &Item) -> Vec<Package> {
    let newest = wave(seed, name, family);
    let until = [&item.older[..], &item.waves[..=newest]].concat();
    let count = match WITH_THREE_KERNELS.contains(&name) {
        true => 3,
        false => 1 + usize::from(draw(seed, &[name, "kernels", family.key]) < 60),
    };
    until[until.len().saturating_sub(count)..].to_vec()
}
