//! A large fleet for benches: groups of instances chained by `after`, all on an old release and bound to the next one,
//! and what a process has used by then. Knows nothing of what is measured.

use std::collections::BTreeSet;

use patchtrain::name::{GroupName, Ocid, ReleaseName, TrainName};
use patchtrain::observed::{Instance, InstanceStatus, Inventory, Observed, ServiceGroup, Source, SourceLink};
use patchtrain::op::{Capabilities, Lineage, Ownership};
use patchtrain::package::{Digest, Manifest, Package, PackageSet};
use patchtrain::plan::{Input, Plan, ServiceLabel, plan};
use patchtrain::state::{AtLevel, GroupRecord, InstanceRecord, SourceRecord, State};
use patchtrain::train::{Ahead, Amount, Auth, Endpoint, Group, Layout, Members, Release, Service, Train};

pub(crate) const PACKAGES: usize = 650;
pub(crate) const GROUPS: usize = 10;

/// What a fleet is like.
pub(crate) struct Shape {
    pub(crate) instances: usize,
    pub(crate) groups: usize,
    /// One in so many differs from the old release in 65 packages of its own, of which each second is older than the
    /// release and the others newer.
    pub(crate) every: usize,
    /// How many packages are others in the next release.
    pub(crate) changed: usize,
}

pub(crate) struct World {
    pub(crate) train: Train,
    pub(crate) state: State,
    pub(crate) observed: Observed,
}

impl World {
    /// Plans it as of now.
    pub(crate) fn plan(&self) -> Plan {
        let service = ServiceLabel {
            api: "osms".into(),
            simulator: true,
            place: "bench".into(),
            compartment: self.train.compartment.clone(),
        };
        plan(&Input {
            train: &self.train,
            state: &self.state,
            observed: &self.observed,
            capabilities: Capabilities { packages_per_call: 200, ..patchtrain::cloud::osms::CAPABILITIES },
            service: &service,
            now: "2026-11-22T12:00:00Z".parse().expect("a literal time parses"),
            allow_shrink: false,
        })
        .unwrap_or_else(|refusals| panic!("{refusals:?}"))
    }
}

fn package(index: usize, release: usize) -> Package {
    Package::parse(&format!("package-number-{index:03}-2.{release}.1-{index}.el8.x86_64"))
        .expect("a generated NEVRA")
}

fn older(index: usize, variant: usize) -> Package {
    Package::parse(&format!("package-number-{index:03}-1.{variant}.1-{index}.el8.x86_64"))
        .expect("a generated NEVRA")
}

/// A fleet in ten groups, of whose packages the next release changes each fifth.
#[allow(dead_code, reason = "some benches have shapes of their own alone")]
pub(crate) fn world(instances: usize, every: usize) -> World {
    shaped(&Shape { instances, groups: GROUPS, every, changed: PACKAGES / 5 })
}

/// All instances ride the old release and go to the new one.
pub(crate) fn shaped(shape: &Shape) -> World {
    let &Shape { instances, groups: many, every, changed } = shape;
    // As many as are to change, spread over all.
    let changes = |index: usize| index * changed % PACKAGES < changed;
    let now = "2026-11-01T12:00:00Z".parse().expect("a literal time parses");
    let (train_name, lineage) = (TrainName::new("bench"), Lineage("bench".into()));
    let releases: Vec<Release> = (1..=2)
        .map(|number| {
            let packages = (0..PACKAGES)
                .map(|index| package(index, if changes(index) { number } else { 1 } * 10))
                .collect();
            let manifest = Manifest { packages: PackageSet::new(packages), ..Manifest::default() };
            let name = ReleaseName::new(&format!("B{number}"));
            Release {
                digest: manifest.digest(),
                name,
                manifest_path: String::new(),
                manifest,
                line: number,
                retired: false,
            }
        })
        .collect();
    let mut state = State::new(train_name.clone(), lineage.clone());
    let mut observed = Observed::default();
    let mut links = Vec::new();
    for release in &releases {
        let id = Ocid::new(&format!("ocid1.osmssoftwaresource.oc1..{}", release.name));
        let record = SourceRecord { id: id.clone(), digest: release.digest, since: now, proven: Some(now) };
        state.sources.insert(release.name.clone(), record);
        let owner = Ownership {
            train: train_name.clone(),
            lineage: lineage.clone(),
            release: Some((release.name.clone(), release.digest)),
        };
        let name: std::sync::Arc<str> = format!("bench/{}", release.name).into();
        links.push(SourceLink { id: id.clone(), name: name.clone() });
        let contents = Some(release.packages().clone());
        observed.sources.insert(id, Source { name, owner: Some(owner), contents, parent: None });
    }
    let level = releases[0].packages();
    let mut groups = Vec::new();
    for number in 0..many {
        let name = GroupName::new(&format!("group-{number}"));
        let id = Ocid::new(&format!("ocid1.osmsmanagedinstancegroup.oc1..{number}"));
        let mut members = BTreeSet::new();
        for index in (number..instances).step_by(many) {
            let instance = Ocid::new(&format!("ocid1.instance.oc1.bench.{index:060}"));
            members.insert(instance.clone());
            let installed = if index % every == 3 % every {
                let drifted = |at: usize| at % 10 == index / 10 % 10;
                let own = |at: usize| match at / 10 % 2 {
                    _ if !drifted(at) => package(at, 10),
                    0 => package(at, 100 + index),
                    _ => older(at, index),
                };
                PackageSet::new((0..PACKAGES).map(own).collect())
            } else {
                level.clone()
            };
            let host: std::sync::Arc<str> = format!("host-{index:05}").into();
            let at_level = Some(AtLevel {
                release: releases[0].name.clone(),
                since: now,
                extra: 0,
                patching: patchtrain::train::Patching::EVERYTHING,
            });
            let record = InstanceRecord {
                name: host.clone(),
                group: name.clone(),
                release: Some(releases[0].name.clone()),
                at_level,
                accepted: Default::default(),
                wave: 0,
            };
            state.instances.insert(instance.clone(), record);
            let seen = Instance {
                name: host,
                status: InstanceStatus::Normal,
                os: None,
                parent: Some(links[0].clone()),
                children: Vec::new(),
                groups: [id.clone()].into(),
                inventory: Some(Inventory { installed, unsourced: PackageSet::default() }),
                last_checkin: None,
                last_boot: None,
                running_kernel: None,
                effective_kernel: None,
                reboot_required: false,
                listed: None,
                updates_available: None,
                open_work: Vec::new(),
            };
            observed.instances.insert(instance, seen);
        }
        let bound = GroupRecord {
            id: id.clone(),
            made: true,
            release: Some(releases[0].name.clone()),
            since: Some(now),
            failed: None,
            called: None,
            accepted: Default::default(),
        };
        state.groups.insert(name.clone(), bound);
        let service_group = ServiceGroup {
            name: name.as_str().into(),
            members: members.clone(),
            owner: None,
            ..Default::default()
        };
        observed.groups.insert(id, service_group);
        groups.push(Group {
            after: groups.last().map(|group: &Group| group.name.clone()).into_iter().collect(),
            name,
            id: None,
            release: releases[1].name.clone(),
            members: Members::Listed(members),
            max_failures: Amount::Percent(10),
            ahead: Ahead::Report,
            line: number,
            update: Some(patchtrain::op::Wanted::All),
            schedule: None,
            profile: false,
            pace: patchtrain::rollout::Pace::default(),
            enforcing: Default::default(),
        });
    }
    state.serial = 7;
    let train = Train {
        file: "trains/bench.toml".into(),
        name: train_name,
        os: "oracle-linux-8".into(),
        architecture: "x86_64".into(),
        compartment: Ocid::new("ocid1.compartment.oc1..bench"),
        golden: None,
        unmanaged: Vec::new(),
        vendor_sources: Vec::new(),
        keeping: patchtrain::train::Keeping::default(),
        service: Service {
            api: patchtrain::op::Api::Osms,
            region: None,
            profile: None,
            auth: Some(Auth::ApiKey),
            endpoint: Endpoint::Simulator,
            auth_endpoint: None,
            compute: Endpoint::Simulator,
            identity: Endpoint::Simulator,
            object_storage: Endpoint::Simulator,
            work_timeout: jiff::SignedDuration::from_hours(4),
        },
        encryption: None,
        backups: patchtrain::train::BACKUPS,
        neighbours: Vec::new(),
        notify: None,
        policy: None,
        imports: Vec::new(),
        releases,
        groups,
        digest: Digest::of(["bench"]),
        layout: Layout::Parent,
        layout_line: 1,
    };
    World { train, state, observed }
}

/// Returns the seconds that this thread has had a CPU: what is left where others wait for it, too.
pub(crate) fn on_cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|nanos| nanos.parse::<f64>().ok()).map_or(f64::NAN, |nanos| nanos / 1e9)
}

/// Reads a memory figure of this process, in MB.
pub(crate) fn memory(key: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(key)).unwrap_or_default();
    let kilobytes = line.split_whitespace().nth(1).and_then(|text| text.parse::<u64>().ok());
    kilobytes.unwrap_or_default() / 1024
}
