//! One fleet with every kind of member, compared as a whole.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::*;
use crate::observed::{Instance, Inventory, ServiceGroup, Source, SourceLink};
use crate::op::{Lineage, Ownership};
use crate::package::{Digest, Manifest, Package, PackageSet};
use crate::state::{AtLevel, InstanceRecord};
use crate::train::{Ahead, Amount, Endpoint, Layout, Service};

const OLD: &str = "bash-4.4.19-1.el8.x86_64";
const BOUND: &str = "bash-4.4.20-1.el8.x86_64";
const NEW: &str = "bash-4.4.21-1.el8.x86_64";

pub(in crate::report) fn id(name: &str) -> Ocid {
    Ocid::new(&format!("ocid1.thing.oc1..{name}"))
}

pub(in crate::report) fn train() -> Train {
    let manifest = Manifest::parse(format!("{BOUND}\n")).unwrap();
    let group = |name: &str, members| Group {
        name: GroupName::new(name),
        id: None,
        release: ReleaseName::new("GL1"),
        members,
        after: Vec::new(),
        max_failures: Amount::Number(0),
        ahead: Ahead::Report,
        line: 1,
        update: Some(crate::op::Wanted::All),
        schedule: None,
        profile: false,
        pace: crate::rollout::Pace::default(),
        enforcing: Default::default(),
    };
    let listed = ["at", "behind", "elsewhere", "lost", "silent"].map(id).into_iter().collect();
    Train {
        file: PathBuf::from("trains/t.toml"),
        name: TrainName::new("t"),
        os: "oracle-linux-8".to_owned(),
        architecture: "x86_64".to_owned(),
        compartment: Ocid::new("ocid1.compartment.oc1..a"),
        golden: Some(id("gold")),
        unmanaged: Vec::new(),
        vendor_sources: Vec::new(),
        keeping: crate::train::Keeping::default(),
        service: Service {
            api: crate::op::Api::Osms,
            region: None,
            profile: None,
            auth: None,
            endpoint: Endpoint::Simulator,
            auth_endpoint: None,
            compute: Endpoint::Simulator,
            identity: Endpoint::Simulator,
            object_storage: Endpoint::Simulator,
            work_timeout: jiff::SignedDuration::from_hours(4),
        },
        encryption: None,
        backups: crate::train::BACKUPS,
        neighbours: Vec::new(),
        notify: None,
        policy: None,
        imports: Vec::new(),
        releases: vec![Release {
            name: ReleaseName::new("GL1"),
            manifest_path: String::new(),
            digest: manifest.digest(),
            manifest,
            line: 1,
            retired: false,
        }],
        groups: vec![
            group("web", Members::Listed(listed)),
            Group { ahead: Ahead::Block, ..group("db", Members::Service) },
        ],
        digest: Digest::of(["t"]),
        layout: Layout::Parent,
        layout_line: 1,
    }
}

fn instance(name: &str, parent: Option<&str>, package: &str) -> (Ocid, Instance) {
    let installed = PackageSet::new(vec![Package::parse(package).unwrap()]);
    let instance = Instance {
        name: name.into(),
        status: InstanceStatus::Normal,
        os: None,
        parent: parent.map(|source| SourceLink { id: id(source), name: source.into() }),
        children: Vec::new(),
        groups: BTreeSet::new(),
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
    (id(name), instance)
}

pub(in crate::report) fn observed() -> Observed {
    let owner = |lineage: &str| {
        Some(Ownership {
            train: TrainName::new("t"),
            lineage: Lineage(lineage.into()),
            release: Some((ReleaseName::new("GL1"), Digest::of(["x"]))),
        })
    };
    let source = |name: &str, lineage: &str| {
        let source = Source { name: "t/GL1".into(), owner: owner(lineage), contents: None, parent: None };
        (id(name), source)
    };
    let mut instances: BTreeMap<Ocid, Instance> = [
        instance("at", Some("ours"), BOUND),
        instance("behind", Some("ours"), OLD),
        // The same packages, but another train's source brings the next ones.
        instance("elsewhere", Some("theirs"), BOUND),
        instance("silent", Some("ours"), BOUND),
        instance("ahead", Some("ours"), NEW),
        instance("gold", None, NEW),
    ]
    .into();
    instances.get_mut(&id("silent")).unwrap().status = InstanceStatus::Unreachable;
    instances.get_mut(&id("ahead")).unwrap().name = "at".into();
    let members = ["ahead", "gold"].map(id).into();
    Observed {
        instances,
        groups: [(
            id("group"),
            ServiceGroup { name: "db".into(), members, owner: None, ..Default::default() },
        )]
        .into(),
        sources: [source("ours", "mine"), source("theirs", "another")].into(),
        ..Observed::default()
    }
}

pub(in crate::report) fn state() -> State {
    let mut state = State::new(TrainName::new("t"), Lineage("mine".into()));
    for (name, release) in [("at", "GL1"), ("elsewhere", "GL0")] {
        let level = AtLevel {
            release: ReleaseName::new(release),
            since: Timestamp::UNIX_EPOCH,
            extra: 0,
            patching: crate::train::Patching::EVERYTHING,
        };
        let group = GroupName::new("web");
        let record = InstanceRecord {
            name: name.into(),
            group,
            release: None,
            at_level: Some(level),
            accepted: Default::default(),
            wave: 0,
        };
        state.instances.insert(id(name), record);
    }
    state
}

pub(in crate::report) fn label() -> ServiceLabel {
    ServiceLabel {
        api: "osms".to_owned(),
        simulator: true,
        place: "simulator".to_owned(),
        compartment: Ocid::new("ocid1.compartment.oc1..a"),
    }
}

#[test]
fn every_member_is_told_apart() {
    let (train, state, observed) = (train(), state(), observed());
    let fleet = Fleet { train: &train, state: &state, observed: &observed };
    let status = fleet.status(&label(), Timestamp::UNIX_EPOCH);
    let told: Vec<(String, String, bool, bool, bool)> = status
        .groups
        .iter()
        .flat_map(|group| group.instances.iter().map(move |line| (group, line)))
        .map(|(group, line)| {
            let since = line.at_level_since.is_some();
            (group.name.to_string(), line.label.to_string(), line.on_release, line.at_level, since)
        })
        .collect();
    let told: Vec<(&str, &str, bool, bool, bool)> = told
        .iter()
        .map(|(group, label, on, level, since)| (&**group, &**label, *on, *level, *since))
        .collect();
    assert_eq!(
        told,
        [
            // Two are called `at`, so that both go by their OCID.
            ("web", "behind", true, false, false),
            ("web", "elsewhere", false, false, false),
            ("web", "ocid1.thing.oc1..at", true, true, true),
            ("web", "ocid1.thing.oc1..lost", false, false, false),
            ("web", "silent", true, false, false),
            // Newer than the release, where that blocks. The golden instance is no member, whatever the service says.
            ("db", "ocid1.thing.oc1..ahead", true, false, false),
        ]
    );
    assert_eq!(status.groups.iter().map(|group| group.at_level).collect::<Vec<_>>(), [false, false]);
    let lost = &status.groups[0].instances[3];
    assert_eq!((lost.status, &lost.verdict), (None, &None));
}

#[test]
fn a_source_that_a_crash_left_unrecorded_counts_and_so_does_a_recorded_one() {
    let (train, mut state, mut observed) = (train(), state(), observed());
    let fleet = Fleet { train: &train, state: &state, observed: &observed };
    assert_eq!(fleet.sources_of(&train.releases[0]), [id("ours")].into());
    observed.sources.clear();
    let record = crate::state::SourceRecord {
        id: id("own"),
        digest: Digest::of(["x"]),
        since: Timestamp::UNIX_EPOCH,
        proven: None,
    };
    state.sources.insert(ReleaseName::new("GL1"), record);
    let fleet = Fleet { train: &train, state: &state, observed: &observed };
    assert_eq!(fleet.sources_of(&train.releases[0]), [id("own")].into());
}

#[test]
fn an_outsider_has_no_release_to_be_compared_with() {
    let (train, state, observed) = (train(), state(), observed());
    let fleet = Fleet { train: &train, state: &state, observed: &observed };
    let golden = fleet.outsider(&id("gold")).unwrap();
    assert_eq!((&*golden.label, golden.at_level, &golden.verdict), ("gold", false, &None));
    assert_eq!(fleet.outsider(&id("nobody")), None);
}

#[test]
fn streams_are_told_of_whoever_was_asked_and_rides_its_release() {
    let (mut train, state, mut observed) = (train(), state(), observed());
    train.releases[0].manifest.modules = vec!["bash:15".to_owned()];
    let other = crate::package::ModuleStream {
        module: "bash".into(),
        stream: "13".into(),
        status: crate::package::StreamStatus::Enabled,
    };
    for name in ["behind", "elsewhere"] {
        let old = Package::parse("bash-4.4.19-1.module+el8+1.x86_64").unwrap();
        let inventory = observed.instances.get_mut(&id(name)).unwrap().inventory.as_mut().unwrap();
        inventory.installed = PackageSet::new(vec![old]);
        observed.streams.insert(id(name), vec![other.clone()]);
    }
    let fleet = Fleet { train: &train, state: &state, observed: &observed };
    let status = fleet.status(&label(), Timestamp::UNIX_EPOCH);
    let told: Vec<(&str, String)> = status.groups[0]
        .instances
        .iter()
        .flat_map(|line| line.streams.iter().map(|gap| (&*line.label, gap.to_string())))
        .collect();
    assert_eq!(told, [("behind", "bash:13 (release: bash:15)".to_owned())]);
}

#[test]
fn who_waits_for_a_reboot_is_told_and_counts_as_his_group_says() {
    let kernels = ["kernel-1-1.x86_64", "kernel-1-2.x86_64", BOUND];
    let installed: PackageSet = kernels.iter().map(|nevra| Package::parse(nevra).unwrap()).collect();
    // What the group says, whether the service says that it waits, what it runs, whether a boot is unproven; and whether it
    // is told that it waits, and that it is at its level.
    let table = [
        (Reboot::Report, true, "1-1.x86_64", false, (true, true)),
        (Reboot::Never, true, "1-1.x86_64", false, (false, true)),
        (Reboot::Window, true, "1-2.x86_64", false, (true, false)),
        (Reboot::Window, false, "1-1.x86_64", false, (false, false)),
        (Reboot::Window, false, "1-2.x86_64", true, (false, false)),
        (Reboot::Window, false, "1-2.x86_64", false, (false, true)),
        (Reboot::Report, false, "1-1.x86_64", true, (false, true)),
    ];
    for (reboot, waits, runs, unproven, told) in table {
        let (mut train, mut observed) = (train(), observed());
        train.groups[0].enforcing.reboot = reboot;
        let manifest = &mut train.releases[0].manifest;
        manifest.packages = manifest.packages.union(&[Package::parse(kernels[1]).unwrap()]);
        let seen = observed.instances.get_mut(&id("at")).unwrap();
        seen.inventory = Some(Inventory { installed: installed.clone(), unsourced: PackageSet::default() });
        (seen.reboot_required, seen.running_kernel) = (waits, Some(runs.into()));
        let mut state = state();
        if unproven {
            let (asked, before) = (Timestamp::UNIX_EPOCH, crate::op::Standing::default());
            state.boots.insert(id("at"), crate::state::BootRecord { asked, before, failed: None });
        }
        let fleet = Fleet { train: &train, state: &state, observed: &observed };
        let status = fleet.status(&label(), Timestamp::UNIX_EPOCH);
        let line = status.groups[0].instances.iter().find(|line| line.id == id("at")).unwrap();
        assert_eq!((line.reboot_required, line.at_level), told, "{reboot:?} {waits} {runs} {unproven}");
    }
}
