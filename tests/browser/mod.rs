//! Pages in a real browser; here the HTML report, written from a made-up fleet, opened, clicked, printed and measured by
//! `report.py` in headless Chromium. What all pages keep to is in `checks.py`. Ignored by `cargo test`, since it needs the browser; `.ci/run browser` runs it.

mod audits;
mod plans;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use patchtrain::advisory::Severity;
use patchtrain::name::{GroupName, Ocid, ReleaseName, TrainName};
use patchtrain::observed::{
    AvailableUpdate, Erratum, ErratumLink, Instance, InstanceStatus, Inventory, Observed, Source, SourceLink,
    Updates,
};
use patchtrain::op::Lineage;
use patchtrain::op::UpdateKind;
use patchtrain::package::{Digest, Manifest, Package, PackageSet};
use patchtrain::render::{ReportFormat, report as render};
use patchtrain::report::{Fleet, Input, Report, make};
use patchtrain::state::store::ReportRecord;
use patchtrain::state::{AtLevel, InstanceRecord, SourceRecord, State};
use patchtrain::train::{Ahead, Amount, Endpoint, Group, Layout, Members, Release, Service, Train};

use crate::support::rng::Rng;
use crate::support::worlds::label;

/// Names that would break out of the page, or turn it round, if they could.
const HOSTILE: [(&str, &str); 3] = [
    ("web", "\"><script>window.broken=1</script>"),
    ("web", "<img src=x onerror=window.broken=1>"),
    ("db", "db-\u{202e}10"),
];
const GROUPS: [&str; 4] = ["canary", "web", "db", "batch"];
const PACKAGES: usize = 40;
const UPDATES: usize = 240;

fn id(number: usize) -> Ocid {
    Ocid::new(&format!("ocid1.instance.oc1.eu-frankfurt-1.aaaa{number:05}"))
}

fn package(number: usize, version: usize) -> Package {
    Package::parse(&format!("package-{number}-1.{version}-1.el8.x86_64")).unwrap()
}

fn group_of(number: usize) -> &'static str {
    match number % 10 {
        0 => "canary",
        1..5 => "web",
        5..8 => "db",
        _ => "batch",
    }
}

fn train(instances: usize) -> Train {
    let lines: String = (0..PACKAGES).map(|number| format!("{}\n", package(number, 1))).collect();
    let lines: BTreeSet<&str> = lines.lines().collect();
    let manifest =
        Manifest::parse(lines.into_iter().flat_map(|line| [line, "\n"]).collect::<String>()).unwrap();
    let group = |name: &&str| Group {
        name: GroupName::new(name),
        id: None,
        release: ReleaseName::new("GL1"),
        members: Members::Listed(
            (0..instances).filter(|number| group_of(*number) == *name).map(id).collect(),
        ),
        after: Vec::new(),
        max_failures: Amount::Percent(5),
        ahead: Ahead::Report,
        line: 1,
        update: Some(patchtrain::op::Wanted::All),
        schedule: None,
        profile: false,
        pace: patchtrain::rollout::Pace::default(),
        enforcing: Default::default(),
    };
    Train {
        file: PathBuf::from("trains/great-linux.toml"),
        name: TrainName::new("great-linux"),
        os: "oracle-linux-8".to_owned(),
        architecture: "x86_64".to_owned(),
        compartment: Ocid::new("ocid1.compartment.oc1..test"),
        golden: None,
        unmanaged: Vec::new(),
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
            work_timeout: jiff::SignedDuration::from_hours(4),
        },
        encryption: None,
        backups: patchtrain::train::BACKUPS,
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
        groups: GROUPS.iter().map(group).collect(),
        digest: Digest::of(["t"]),
        layout: Layout::Parent,
        layout_line: 1,
    }
}

fn instance(number: usize, source: &Ocid, now: Timestamp, rng: &mut Rng) -> Instance {
    let group = group_of(number);
    // One of each ten: two of one name would go by their OCIDs.
    let hostile =
        HOSTILE.iter().filter(|(of, _)| *of == group && [1, 5].contains(&(number % 10))).nth(number / 10);
    let name = hostile.map_or_else(|| format!("{group}-{number}"), |(_, name)| (*name).to_owned());
    let lags = rng.below(4) == 0;
    let installed: Vec<Package> =
        (0..PACKAGES).map(|number| package(number, usize::from(!lags || number % 7 > 0))).collect();
    Instance {
        name: name.into(),
        status: if rng.below(25) == 0 { InstanceStatus::Unreachable } else { InstanceStatus::Normal },
        os: None,
        parent: (rng.below(30) > 0)
            .then(|| SourceLink { id: source.clone(), name: "great-linux/GL1".into() }),
        children: Vec::new(),
        groups: BTreeSet::new(),
        inventory: Some(Inventory {
            installed: PackageSet::new(installed),
            unsourced: PackageSet::default(),
        }),
        last_checkin: Some(now - SignedDuration::from_secs(i64::try_from(rng.below(100_000)).unwrap())),
        last_boot: None,
        running_kernel: Some("5.15.0-1.el8uek.x86_64".into()),
        effective_kernel: None,
        reboot_required: rng.below(3) == 0,
        listed: None,
        updates_available: None,
        open_work: Vec::new(),
    }
}

/// Updates with their errata: two in three are about security.
fn offers() -> (Vec<Arc<AvailableUpdate>>, BTreeMap<Arc<str>, Erratum>) {
    let (mut updates, mut errata) = (Vec::new(), BTreeMap::new());
    for number in 0..UPDATES {
        let security = number % 3 != 2;
        let name: Arc<str> =
            format!("{}-2026-{}", if security { "ELSA" } else { "ELBA" }, 90_001 + number).into();
        let kind = if security { UpdateKind::Security } else { UpdateKind::Bugfix };
        let cves: Vec<Arc<str>> = match security {
            true => (0..1 + number % 3).map(|cve| format!("CVE-2026-9{number:03}{cve}").into()).collect(),
            false => Vec::new(),
        };
        let severities = [Severity::Low, Severity::Moderate, Severity::Important, Severity::Critical];
        let erratum = Erratum {
            id: Arc::clone(&name),
            name: Arc::clone(&name),
            synopsis: "".into(),
            kind,
            severity: severities.get(number % 5).copied(),
            issued: None,
            cves: cves.clone(),
            packages: Vec::new(),
        };
        updates.push(Arc::new(AvailableUpdate {
            name: format!("package-{number}").into(),
            architecture: "x86_64".into(),
            installed: "1-1".into(),
            available: "1-2".into(),
            kind,
            errata: vec![ErratumLink { id: Arc::clone(&name), name: Arc::clone(&name) }],
            cves,
        }));
        errata.insert(name, erratum);
    }
    (updates, errata)
}

/// The report of a fleet of so many instances, the last of which the service does not know.
fn report(instances: usize) -> Report {
    let mut rng = Rng::new(7);
    let now: Timestamp = "2026-11-22T16:00:00Z".parse().unwrap();
    let source = Ocid::new("ocid1.osmssoftwaresource.oc1..ours");
    let train = train(instances);
    let mut state = State::new(TrainName::new("great-linux"), Lineage("mine".into()));
    let record =
        SourceRecord { id: source.clone(), digest: Digest::of(["x"]), since: now, proven: Some(now) };
    state.sources.insert(ReleaseName::new("GL1"), record);
    let mut observed = Observed::default();
    let empty = Source { name: "great-linux/GL1".into(), owner: None, contents: None, parent: None };
    observed.sources.insert(source.clone(), empty);
    let (offers, errata) = offers();
    let mut updates: BTreeMap<Ocid, Updates> = BTreeMap::new();
    for number in 0..instances - 1 {
        observed.instances.insert(id(number), instance(number, &source, now, &mut rng));
        let share = if rng.below(3) == 0 { 0 } else { rng.below(60) };
        let offered = offers.iter().filter(|_| rng.below(100) < share).cloned().collect();
        updates.insert(id(number), offered);
        let level = AtLevel {
            release: ReleaseName::new("GL1"),
            since: now,
            extra: 0,
            patching: patchtrain::train::Patching::EVERYTHING,
        };
        let group = GroupName::new(group_of(number));
        let record = InstanceRecord {
            name: "".into(),
            group,
            release: None,
            at_level: Some(level),
            accepted: Default::default(),
            wave: 0,
        };
        state.instances.insert(id(number), record);
    }
    let earlier: Vec<ReportRecord> = (1..30)
        .map(|day| ReportRecord {
            at: now - SignedDuration::from_hours(24 * day),
            systems: 30,
            compliant: usize::try_from(30 - day).unwrap(),
            at_level: usize::try_from(28 - day / 2).unwrap(),
            ..ReportRecord::default()
        })
        .collect();
    make(&Input {
        fleet: Fleet { train: &train, state: &state, observed: &observed },
        updates: &updates,
        errata: &errata,
        service: &label(),
        now,
        earlier: &earlier,
    })
}

#[test]
#[ignore = "needs Chromium; .ci/run browser"]
fn browser_report() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/browser");
    fs::create_dir_all(&folder).unwrap();
    for (name, instances) in [("small", 60), ("large", 5_000)] {
        let document = render(&[report(instances)], ReportFormat::Html);
        println!("{name}.html: {} instances, {} bytes", instances, document.len());
        fs::write(folder.join(format!("{name}.html")), document).unwrap();
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/report.py");
    let status = Command::new("python3").arg("-B").arg(script).arg(&folder).status().unwrap();
    assert!(status.success(), "{status}");
}
