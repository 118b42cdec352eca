//! Generated trains and worlds: small ones with every oddity, for properties; one number names each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use patchtrain::name::{GroupName, Ocid, ReleaseName, TrainName};
use patchtrain::observed::{Instance, InstanceStatus, Inventory, Observed, ServiceGroup, Source, SourceLink};
use patchtrain::op::{Every, Lineage, Schedule, Ticket, UpdateKind, Wanted};
use patchtrain::package::{Digest, Manifest, Package, PackageSet, Pattern};
use patchtrain::plan::ServiceLabel;
use patchtrain::rollout::Pace;
use patchtrain::state::State;
use patchtrain::train::{Ahead, Amount, Endpoint, Group, Layout, Members, Release, Service, Train};

use super::manners::{enforcing, pace};
use super::rng::Rng;
use super::{holdings, selection};

/// Everything that a plan is made of.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) train: Train,
    pub(crate) state: State,
    pub(crate) observed: Observed,
    pub(crate) now: Timestamp,
}

pub(crate) fn label() -> ServiceLabel {
    ServiceLabel {
        api: "osms".into(),
        simulator: true,
        place: "in memory".into(),
        compartment: Ocid::new("ocid1.compartment.oc1..test"),
    }
}

impl World {
    pub(crate) fn later(&mut self) {
        self.now += SignedDuration::from_mins(7);
    }
}

const NAMES: [&str; 11] = [
    "bash",
    "glibc",
    "glibc-common",
    "kernel",
    "kernel-core",
    "linux-firmware",
    "openssl",
    "perl",
    "vim",
    "zlib",
    "zsh",
];
const VERSIONS: [&str; 8] =
    ["1.0-1.el8", "1.0-1.el8_1", "1.0-2.el8", "1.0~rc1-3", "1.0^git2-1", "1.0.1-1", "2-1", "10-1"];

/// What the updates of a package are for, in all these worlds.
pub(crate) fn kind(package: Package) -> UpdateKind {
    kind_of(package.name())
}

/// The same of each name there is.
pub(crate) fn kinds() -> impl Iterator<Item = (Arc<str>, UpdateKind)> {
    NAMES.into_iter().map(|name| (name.into(), kind_of(name)))
}

fn kind_of(name: &str) -> UpdateKind {
    match name {
        "bash" | "glibc" | "glibc-common" | "openssl" => UpdateKind::Security,
        "kernel" | "kernel-core" | "zlib" => UpdateKind::Bugfix,
        "perl" | "vim" => UpdateKind::Enhancement,
        _ => UpdateKind::Other,
    }
}

pub(super) fn package(rng: &mut Rng, name: &str) -> Package {
    let arch = match name {
        "glibc" | "zlib" if rng.chance(30) => "i686",
        "glibc-common" => "noarch",
        _ => "x86_64",
    };
    let epoch = if name == "linux-firmware" { "999:" } else { "" };
    Package::parse(&format!("{name}-{epoch}{}.{arch}", rng.pick(&VERSIONS))).unwrap()
}

fn packages(rng: &mut Rng, percent: usize) -> Vec<Package> {
    let mut list = Vec::new();
    for name in NAMES {
        if rng.chance(percent) {
            let copies = if name.starts_with("kernel") { 1 + rng.below(3) } else { 1 };
            list.extend((0..copies).map(|_| package(rng, name)));
        }
    }
    // One version of each (name, architecture), but for kernels.
    let mut once = BTreeSet::new();
    list.retain(|package| package.is_install_only() || once.insert((package.name(), package.arch())));
    list
}

pub(crate) fn release(name: &str, packages: Vec<Package>, line: usize) -> Release {
    let manifest = Manifest { packages: PackageSet::new(packages), ..Manifest::default() };
    let digest = manifest.digest();
    Release {
        name: ReleaseName::new(name),
        manifest_path: format!("t/{name}.packages"),
        manifest,
        digest,
        line,
        retired: false,
    }
}

pub(crate) fn train(releases: Vec<Release>, groups: Vec<Group>) -> Train {
    let digest = Digest::of([format!("{releases:?}{groups:?}")]);
    Train {
        file: "trains/t.toml".into(),
        name: TrainName::new("t"),
        os: "oracle-linux-8".into(),
        architecture: "x86_64".into(),
        compartment: Ocid::new("ocid1.compartment.oc1..test"),
        golden: None,
        unmanaged: vec![Pattern::new("gpg-pubkey*").unwrap(), Pattern::new("oracle-cloud-agent*").unwrap()],
        vendor_sources: Vec::new(),
        keeping: patchtrain::train::Keeping::default(),
        service: Service {
            api: patchtrain::op::Api::Osms,
            region: None,
            profile: None,
            auth: None,
            endpoint: Endpoint::Simulator,
            auth_endpoint: None,
            compute: Endpoint::Simulator,
            identity: Endpoint::Simulator,
            object_storage: Endpoint::Simulator,
            work_timeout: SignedDuration::from_mins(10),
        },
        encryption: None,
        backups: patchtrain::train::BACKUPS,
        neighbours: Vec::new(),
        notify: None,
        policy: None,
        imports: Vec::new(),
        releases,
        groups,
        digest,
        layout: Layout::Parent,
        layout_line: 1,
    }
}

pub(crate) fn group(name: &str, release: &str, members: &[Ocid]) -> Group {
    Group {
        name: GroupName::new(name),
        id: None,
        release: ReleaseName::new(release),
        members: Members::Listed(members.iter().cloned().collect()),
        after: Vec::new(),
        max_failures: Amount::Number(0),
        ahead: Ahead::Report,
        line: 1,
        update: Some(Wanted::All),
        schedule: None,
        profile: false,
        pace: Pace::default(),
        enforcing: Default::default(),
    }
}

pub(crate) fn instance_id(index: usize) -> Ocid {
    Ocid::new(&format!("ocid1.instance.oc1.test.{index:05}"))
}

pub(super) fn vendor() -> Ocid {
    Ocid::new("ocid1.osmssoftwaresource.oc1..vendor")
}

pub(super) fn vendor_child() -> Ocid {
    Ocid::new("ocid1.osmssoftwaresource.oc1..vendorchild")
}

/// An instance that checks in, without sources and packages.
pub(crate) fn plain_instance(index: usize) -> Instance {
    Instance {
        name: format!("host-{index}").into(),
        status: InstanceStatus::Normal,
        os: None,
        parent: None,
        children: Vec::new(),
        groups: BTreeSet::new(),
        inventory: None,
        last_checkin: None,
        last_boot: None,
        running_kernel: None,
        effective_kernel: None,
        reboot_required: false,
        listed: None,
        updates_available: None,
        open_work: Vec::new(),
    }
}

fn instance(rng: &mut Rng, index: usize) -> Instance {
    let mut installed = packages(rng, 80);
    let agent = Package::parse("oracle-cloud-agent-1.40-1.el8.x86_64").unwrap();
    let homemade = Package::parse("homemade-1-1.noarch").unwrap();
    installed.extend([agent, homemade]);
    let kernel = installed.iter().find(|package| package.name() == "kernel");
    let running = kernel.map(|p| format!("{}-{}.{}", p.version(), p.release(), p.arch()).into());
    let on_vendor = rng.chance(85);
    let link = |id, name: &str| SourceLink { id, name: name.into() };
    Instance {
        name: format!("host-{}", if rng.chance(10) { 0 } else { index }).into(),
        status: match rng.below(20) {
            0 => InstanceStatus::Unreachable,
            1 => InstanceStatus::Error,
            2 => InstanceStatus::Warning,
            _ => InstanceStatus::Normal,
        },
        os: Some("Oracle Linux Server 8.10".into()),
        parent: on_vendor.then(|| link(vendor(), "ol8_baseos")),
        children: if on_vendor && rng.chance(60) {
            vec![link(vendor_child(), "ol8_appstream")]
        } else {
            Vec::new()
        },
        inventory: Some(Inventory {
            installed: PackageSet::new(installed),
            unsourced: PackageSet::new(vec![agent, homemade]),
        }),
        running_kernel: running,
        reboot_required: rng.clone().chance(20),
        open_work: if rng.chance(4) {
            vec![Ticket("ocid1.osmsworkrequest.oc1..alien".into())]
        } else {
            Vec::new()
        },
        ..plain_instance(index)
    }
}

/// Returns the numbers of the worlds that a property looks at: so many, or what PATCHTRAIN_WORLDS says.
pub(crate) fn seeds(usual: u64) -> std::ops::Range<u64> {
    seeds_of("PATCHTRAIN_WORLDS", usual)
}

/// Returns so many seeds, or what a variable says: a number of them or a range (`1430..1431`).
pub(crate) fn seeds_of(variable: &str, usual: u64) -> std::ops::Range<u64> {
    let Ok(asked) = std::env::var(variable) else { return 0..usual };
    let number = |text: &str| -> u64 {
        text.parse().unwrap_or_else(|_| panic!("{variable} is `{asked}`: neither 3000 nor 1430..1431"))
    };
    match asked.split_once("..") {
        Some((from, to)) => number(from)..number(to),
        None => 0..number(&asked),
    }
}

fn schedule(rng: &mut Rng) -> Option<Schedule> {
    let update = update(rng).filter(|_| rng.chance(30))?;
    let every = Every::parse(["1 week", "6 hours", "2 days", "1 month"][rng.below(4)]).unwrap();
    let start = ["2026-12-05T02:00:00Z", "2026-11-22T11:00:00Z", "2026-01-31T23:30:00Z"][rng.below(3)];
    Some(Schedule { update, every, start: start.parse().unwrap() })
}

fn update(rng: &mut Rng) -> Option<Wanted> {
    match rng.below(12) {
        0 => None,
        1 | 2 => Some(Wanted::Only(UpdateKind::Security)),
        3 => Some(Wanted::Only(UpdateKind::Bugfix)),
        4 => Some(Wanted::Only(UpdateKind::Enhancement)),
        _ => Some(Wanted::All),
    }
}

/// Generates a world that no train has touched yet.
pub(crate) fn fresh(rng: &mut Rng) -> World {
    let releases: Vec<Release> =
        (1..=2 + rng.below(2)).map(|n| release(&format!("R{n}"), packages(rng, 85), n * 10)).collect();
    let fleet = rng.below(14);
    let ids: Vec<Ocid> = (0..fleet).map(instance_id).collect();
    let group_count = 1 + rng.below(4);
    let mut groups: Vec<Group> = Vec::new();
    let mut observed = Observed::default();
    for (index, id) in ids.iter().enumerate() {
        // Some are not known to the service yet.
        if !rng.chance(5) {
            observed.instances.insert(id.clone(), instance(rng, index));
        }
        observed.compute.instances.insert(id.clone(), selection::machine(rng, index, index % group_count));
    }
    for n in 0..group_count {
        let members: Vec<Ocid> =
            ids.iter().enumerate().filter(|(i, _)| i % group_count == n).map(|(_, id)| id.clone()).collect();
        let mut one = group(&format!("g{n}"), rng.pick(&releases).name.as_str(), &members);
        one.line = 100 + n;
        one.ahead = if rng.chance(20) { Ahead::Block } else { Ahead::Report };
        one.max_failures = match rng.below(3) {
            0 => Amount::Number(rng.below(2)),
            1 => Amount::Percent(rng.below(60) as u8),
            _ => Amount::Number(0),
        };
        one.update = update(rng);
        one.schedule = schedule(rng);
        one.enforcing = enforcing(rng, &one);
        one.after = groups.iter().filter(|_| rng.chance(40)).map(|other| other.name.clone()).collect();
        if rng.chance(20) {
            one.members = Members::Service;
            let id = Ocid::new(&format!("ocid1.osmsmanagedinstancegroup.oc1..byhand{n}"));
            let known = members.iter().filter(|id| observed.instances.contains_key(*id)).cloned();
            let by_hand = ServiceGroup {
                name: one.name.as_str().into(),
                members: known.collect(),
                owner: None,
                ..Default::default()
            };
            for member in &by_hand.members {
                observed.instances.get_mut(member).unwrap().groups.insert(id.clone());
            }
            observed.groups.insert(id, by_hand);
        } else if rng.chance(30) {
            one.members = selection::selector(n);
        }
        if rng.chance(30) {
            one.pace = pace(rng);
        }
        groups.push(one);
    }
    let offered = PackageSet::new(packages(rng, 100));
    for (id, name) in [(vendor(), "ol8_baseos"), (vendor_child(), "ol8_appstream")] {
        let source = Source { name: name.into(), owner: None, contents: Some(offered.clone()), parent: None };
        observed.sources.insert(id, source);
    }
    let state = State::new(TrainName::new("t"), Lineage("lineage".into()));
    let mut train = train(releases, groups);
    train.layout = if rng.chance(50) { Layout::Child } else { Layout::Parent };
    World { train, state, observed, now: "2026-11-22T12:00:00Z".parse().unwrap() }
}

/// Changes the world behind the train's back, the train itself, or both.
pub(crate) fn disturb(world: &mut World, rng: &mut Rng) {
    let ids: Vec<Ocid> = world.observed.instances.keys().cloned().collect();
    for _ in 0..rng.below(5) {
        let index = rng.below(1_000);
        match rng.below(23) {
            13 => {
                let at = rng.below(world.train.groups.len());
                world.train.groups[at].update = update(rng);
                world.train.groups[at].enforcing = enforcing(rng, &world.train.groups[at]);
            }
            14 => {
                let at = rng.below(world.train.groups.len());
                world.train.groups[at].schedule = schedule(rng);
            }
            15 => edit_schedule(world, rng),
            0..=2 if !ids.is_empty() => {
                let packages = packages(rng, 80);
                if let Some(seen) = world.observed.instances.get_mut(rng.pick(&ids)) {
                    let inventory = seen.inventory.take().unwrap_or_default();
                    let installed =
                        PackageSet::new(packages).union(&inventory.unsourced.iter().collect::<Vec<_>>());
                    seen.inventory = Some(Inventory { installed, ..inventory });
                }
            }
            3 if !ids.is_empty() => {
                if let Some(seen) = world.observed.instances.get_mut(rng.pick(&ids)) {
                    seen.parent = None;
                    seen.children.clear();
                }
            }
            4 if !ids.is_empty() => {
                if let Some(seen) = world.observed.instances.get_mut(rng.pick(&ids)) {
                    seen.parent = Some(SourceLink { id: vendor(), name: "ol8_baseos".into() });
                    seen.children.clear();
                }
            }
            5 if !ids.is_empty() => {
                let gone = rng.pick(&ids).clone();
                world.observed.instances.remove(&gone);
            }
            6 if !ids.is_empty() => {
                if let Some(seen) = world.observed.instances.get_mut(rng.pick(&ids)) {
                    seen.status =
                        if rng.chance(50) { InstanceStatus::Unreachable } else { InstanceStatus::Normal };
                    seen.open_work.clear();
                }
            }
            7 => holdings::edit_source(world, rng),
            8 => edit_membership(world, rng),
            11..=12 => selection::disturb(world, rng),
            9 => {
                let mut new = instance(rng, index);
                let holds = |(_, group): &(&Ocid, &ServiceGroup)| group.members.contains(&instance_id(index));
                new.groups = world.observed.groups.iter().filter(holds).map(|(id, _)| id.clone()).collect();
                world.observed.instances.entry(instance_id(index)).or_insert(new);
                let machine = selection::machine(rng, index, rng.clone().below(5));
                world.observed.compute.instances.entry(instance_id(index)).or_insert(machine);
                let listed = world.train.groups.iter_mut().find_map(|group| match &mut group.members {
                    Members::Listed(listed) => Some(listed),
                    Members::Service | Members::Selected(_) => None,
                });
                if let Some(listed) = listed.filter(|_| !ids.contains(&instance_id(index))) {
                    listed.insert(instance_id(index));
                }
            }
            10 => holdings::retire(world, rng),
            16 => holdings::somebody_else_rides(world, rng),
            17 | 18 => holdings::edit_children(world, rng),
            19 if rng.chance(20) => {
                world.train.layout = match world.train.layout {
                    Layout::Parent => Layout::Child,
                    Layout::Child => Layout::Parent,
                };
            }
            _ => {
                let release = rng.below(world.train.releases.len());
                world.train.releases[release].retired = false;
                let at = rng.below(world.train.groups.len());
                world.train.groups[at].release = world.train.releases[release].name.clone();
            }
        }
    }
    let Train { releases, groups, layout, .. } = &world.train;
    world.train.digest = Digest::of([format!("{releases:?}{groups:?}{layout:?}")]);
    world.later();
}

fn edit_schedule(world: &mut World, rng: &mut Rng) {
    let jobs: Vec<Ocid> = world.observed.schedules.keys().cloned().collect();
    if jobs.is_empty() {
        return;
    }
    let id = rng.pick(&jobs).clone();
    let seen = world.observed.schedules.get_mut(&id).unwrap();
    match rng.below(4) {
        0 => drop(world.observed.schedules.remove(&id)),
        1 => seen.job.update = None,
        2 => seen.job.every = Some(Every::parse("3 weeks").unwrap()),
        // It has run.
        _ => seen.job.last = seen.job.next.replace(world.now),
    }
}

fn edit_membership(world: &mut World, rng: &mut Rng) {
    let groups: Vec<Ocid> = world.observed.groups.keys().cloned().collect();
    let ids: Vec<Ocid> = world.observed.instances.keys().cloned().collect();
    if groups.is_empty() || ids.is_empty() {
        return;
    }
    let (group, id) = (rng.pick(&groups).clone(), rng.pick(&ids).clone());
    let held_by_service = |name: &Arc<str>| {
        world
            .train
            .groups
            .iter()
            .any(|group| *group.name.as_str() == **name && group.members == Members::Service)
    };
    let service_group = held_by_service(&world.observed.groups[&group].name);
    let seen = world.observed.instances.get_mut(&id).unwrap();
    let there = world.observed.groups.get_mut(&group).unwrap();
    if there.members.remove(&id) {
        seen.groups.remove(&group);
    } else if !service_group {
        // A stranger in a service group might be listed elsewhere: two groups of one instance is an error, not drift.
        there.members.insert(id);
        seen.groups.insert(group);
    }
}

/// What must be the same however the end was reached.
pub(crate) fn essence(world: &World) -> (Observed, BTreeMap<Ocid, Option<ReleaseName>>) {
    let levels = world
        .state
        .instances
        .iter()
        .map(|(id, record)| (id.clone(), record.at_level.as_ref().map(|level| level.release.clone())));
    (world.observed.clone(), levels.collect())
}
