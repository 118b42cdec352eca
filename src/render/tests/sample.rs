//! Plans made by hand: a realistic one, and the borders of what can be.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

pub(super) use super::lags::whole_move;
use super::lags::{GL1, GL1_1};
use crate::conformance::{Lag, Verdict};
use crate::name::{Address, GroupName, Ocid, ReleaseName, TrainName};
use crate::observed::{InstanceStatus, Precondition, SourceLink};
use crate::op::{GroupRef, Lineage, Op, Ownership, PlanId, SourceRef, StepId, Ticket, Wanted};
use crate::package::{Delta, Digest, Package, PackageSet};
use crate::plan::{
    Action, AheadReport, Basis, Change, ChangeAction, ChangeDetail, Cohort, Condition, Cost, Drift,
    DriftKind, Held, HeldReason, Mismatch, Note, Plan, PlannedGroup, PlannedRelease, Reason, ReleaseMove,
    ServiceLabel, Step, Verification, Work,
};
use crate::train::{Ahead, Amount};

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(super) fn package(text: &str) -> Package {
    Package::parse(text).unwrap()
}

pub(super) fn packages(texts: &[&str]) -> Vec<Package> {
    texts.iter().map(|text| package(text)).collect()
}

pub(super) fn lag(installed: &str, release: &str) -> Lag {
    Lag { installed: package(installed), release: package(release) }
}

pub(super) fn instance(name: &str) -> Ocid {
    Ocid::new(&format!("ocid1.instance.oc1.eu-frankfurt-1.{name}"))
}

pub(super) fn instances(name: &str, numbers: std::ops::RangeInclusive<usize>) -> Vec<Ocid> {
    numbers.map(|number| instance(&format!("{name}-{number:02}"))).collect()
}

pub(super) fn link(name: &str) -> SourceLink {
    SourceLink { id: Ocid::new(&format!("ocid1.osmssoftwaresource.oc1..{name}")), name: name.into() }
}

pub(super) fn release(name: &str) -> ReleaseName {
    ReleaseName::new(name)
}

pub(super) fn group_name(name: &str) -> GroupName {
    GroupName::new(name)
}

pub(super) fn source(name: &str) -> SourceRef {
    SourceRef { release: release(name), id: None, under: None }
}

pub(super) fn planned_group(name: &str, bound: &str, members: usize) -> PlannedGroup {
    PlannedGroup {
        name: group_name(name),
        id: None,
        release: release(bound),
        ahead: Ahead::Report,
        after: Vec::new(),
        max_failures: Amount::Number(0),
        members,
        rides: BTreeMap::new(),
        at_level: 0,
        work: Work::default(),
        held: 0,
        ahead_count: 0,
        gated: false,
        patching: crate::train::Patching::EVERYTHING,
        rollout: None,
        reboot: Default::default(),
    }
}

pub(super) fn rides(entries: &[(&str, usize)]) -> BTreeMap<Arc<str>, usize> {
    entries.iter().map(|(name, members)| ((*name).into(), *members)).collect()
}

/// A plan of nothing.
pub(super) fn empty() -> Plan {
    let mut plan = Plan {
        format_version: 1,
        id: PlanId("7f3c2a1b9d04e85566778899aabbccdd".into()),
        created: at("2026-11-30T04:10:00Z"),
        tool: "0.1.0".to_owned(),
        file: "trains/great-linux.toml".into(),
        basis: Basis {
            train: TrainName::new("great-linux"),
            lineage: Lineage("6f9a1c20".into()),
            serial: 41,
            digest: Digest::of(["train"]),
            state: None,
            allow_shrink: false,
        },
        service: ServiceLabel {
            api: "osms".to_owned(),
            simulator: false,
            place: "eu-frankfurt-1".to_owned(),
            compartment: Ocid::new("ocid1.compartment.oc1..aaaa"),
        },
        releases: BTreeMap::new(),
        groups: vec![planned_group("canary", "GL1.1", 4), planned_group("web", "GL1", 14)],
        unmanaged: Vec::new(),
        labels: BTreeMap::new(),
        drift: Vec::new(),
        changes: Vec::new(),
        moves: Vec::new(),
        cohorts: Vec::new(),
        ahead: Vec::new(),
        mismatches: Vec::new(),
        exact: Vec::new(),
        held: Vec::new(),
        notes: Vec::new(),
        steps: Vec::new(),
        cost: Cost::default(),
        golden: None,
        partial: None,
        seen: None,
        policy: None,
        patches: Vec::new(),
        imports: Vec::new(),
    };
    for name in ["GL1", "GL1.1"] {
        let texts = if name == "GL1" { GL1 } else { GL1_1 };
        let set = PackageSet::new(packages(texts));
        plan.releases.insert(release(name), PlannedRelease { digest: set.digest(), packages: set });
    }
    for (group, name) in [(0, "great-linux/GL1.1"), (1, "great-linux/GL1")] {
        plan.groups[group].at_level = plan.groups[group].members;
        plan.groups[group].rides = rides(&[(name, plan.groups[group].members)]);
    }
    label(&mut plan, "canary", 4);
    label(&mut plan, "web", 14);
    label(&mut plan, "db", 6);
    plan
}

pub(super) fn label(plan: &mut Plan, name: &str, many: usize) {
    for number in 1..=many {
        let name = format!("{name}-{number:02}");
        plan.labels.insert(instance(&name), name.as_str().into());
    }
}

pub(super) fn step(
    plan: &mut Plan,
    address: Address,
    group: Option<&str>,
    action: Action,
    after: &[u32],
) -> u32 {
    let id = plan.steps.len() as u32;
    plan.steps.push(Step {
        id: StepId(id),
        address,
        group: group.map(group_name),
        action,
        after: after.iter().map(|id| StepId(*id)).collect(),
        precondition: Precondition::Nothing,
        wave: None,
    });
    id
}

pub(super) fn switch_update_verify(
    plan: &mut Plan,
    group: &str,
    bound: &str,
    instance: &Ocid,
    after: &[u32],
) -> u32 {
    let address = Address::Instance(instance.clone());
    let to = source(bound);
    let op = Op::Switch { instance: instance.clone(), from: None, to: to.clone(), drops: Vec::new() };
    let switched = step(plan, address.clone(), Some(group), Action::Act { op }, after);
    let op = Op::Update { instance: instance.clone(), source: to, kind: Wanted::All };
    let updated = step(plan, address.clone(), Some(group), Action::Act { op }, &[switched]);
    let what =
        Verification::Level { instance: instance.clone(), group: group_name(group), stays: Vec::new() };
    step(plan, address, Some(group), Action::Verify { what }, &[updated])
}

pub(super) fn change(address: Address, action: ChangeAction, detail: ChangeDetail) -> Change {
    Change { address, action, detail }
}

pub(super) fn cohort(group: &str, to: &str, instances: Vec<Ocid>, verdict: Verdict) -> Cohort {
    Cohort {
        group: group_name(group),
        to: release(to),
        from: Some(link("great-linux/GL1")),
        switch: true,
        drops: Vec::new(),
        update: true,
        exact: false,
        reboot: false,
        reason: Reason::Bound { line: 41 },
        verdict,
        instances,
        tally: None,
    }
}

pub(super) fn held(address: Address, reason: HeldReason) -> Held {
    Held { address, reason, until: None }
}

/// Two releases, three groups, 24 instances: the canaries move, the web servers lag and drift, the databases wait.
pub(super) fn full() -> Plan {
    let mut plan = empty();
    plan.service.simulator = true;
    plan.service.place = "http://127.0.0.1:41234".to_owned();
    let (canaries, webs) = (instances("canary", 1..=4), instances("web", 1..=14));
    fill_groups(&mut plan);
    fill_drift(&mut plan);
    let (old, new) =
        (plan.releases[&release("GL1")].packages.clone(), plan.releases[&release("GL1.1")].packages.clone());
    plan.moves = vec![ReleaseMove {
        from: release("GL1"),
        to: release("GL1.1"),
        delta: Delta::between(&old, &new),
        groups: vec![group_name("canary")],
        instances: 4,
        coverage: None,
    }];
    fill_cohorts(&mut plan);
    plan.changes = vec![
        change(
            Address::Release(release("GL1")),
            ChangeAction::Change,
            ChangeDetail::RepairSource {
                add: packages(&["tzdata-2023c-1.el8.noarch"]),
                remove: packages(&["htop-3.2.1-1.el8.x86_64"]),
            },
        ),
        change(
            Address::Release(release("GL1.1")),
            ChangeAction::Add,
            ChangeDetail::CreateSource { packages: 612, calls: 13, line: 24 },
        ),
        change(
            Address::Group(group_name("canary")),
            ChangeAction::Change,
            ChangeDetail::Group {
                create: false,
                adopt: false,
                from: Some(release("GL1")),
                joins: vec![canaries[3].clone()],
                leaves: vec![instance("db-06")],
                verifies: 0,
                exchange: None,
                line: 41,
            },
        ),
        change(
            Address::Group(group_name("old")),
            ChangeAction::Destroy,
            ChangeDetail::DeleteGroup { leaves: vec![webs[12].clone()] },
        ),
    ];
    for (index, cohort) in plan.cohorts.iter().enumerate() {
        for instance in &cohort.instances {
            plan.changes.push(change(
                Address::Instance(instance.clone()),
                ChangeAction::Change,
                ChangeDetail::Instance { cohort: index },
            ));
        }
    }
    plan.ahead = vec![AheadReport {
        instance: webs[4].clone(),
        group: group_name("web"),
        packages: vec![lag("curl-7.61.1-34.el8.x86_64", "curl-7.61.1-33.el8.x86_64")],
        blocks: false,
    }];
    plan.mismatches = vec![Mismatch {
        group: group_name("web"),
        release: release("GL1.1"),
        extra: vec![package("tcpdump-4.9.3-3.el8.x86_64")],
        missing: vec![package("vim-minimal-8.0.1763-19.0.1.el8_6.4.x86_64")],
        instances: vec![webs[4].clone(), webs[5].clone()],
    }];
    plan.held = vec![
        held(
            Address::Group(group_name("db")),
            HeldReason::Gate {
                after: group_name("web"),
                reachable: 11,
                members: 14,
                allowed: 1,
                behind: None,
                wave: None,
            },
        ),
        held(
            Address::Instance(webs[12].clone()),
            HeldReason::Unreachable {
                status: InstanceStatus::Unreachable,
                last_checkin: Some(at("2026-11-28T22:41:10Z")),
            },
        ),
        held(
            Address::Instance(webs[11].clone()),
            HeldReason::Unreachable { status: InstanceStatus::Unreachable, last_checkin: None },
        ),
        held(Address::Instance(webs[13].clone()), HeldReason::Unknown),
        held(
            Address::Instance(webs[10].clone()),
            HeldReason::OpenWork { ticket: Ticket("ocid1.osmsworkrequest.oc1..w7".to_owned()) },
        ),
    ];
    plan.notes = vec![
        Note::Unfinished { op: "update/GL1/ocid1.instance.oc1.eu-frankfurt-1.web-07".to_owned() },
        Note::GoldenLeftOut { group: group_name("web"), instance: instance("golden") },
    ];
    fill_steps(&mut plan);
    plan
}

fn fill_groups(plan: &mut Plan) {
    let mut canary = planned_group("canary", "GL1.1", 4);
    canary.rides = rides(&[("great-linux/GL1", 4)]);
    canary.work = Work { joins: 1, leaves: 1, switches: 4, updates: 4, ..Work::default() };
    let mut web = planned_group("web", "GL1", 14);
    web.rides = rides(&[("great-linux/GL1", 11), ("ol8_baseos_latest-x86_64", 2), ("", 1)]);
    (web.at_level, web.held, web.ahead_count) = (6, 4, 1);
    web.work = Work { switches: 2, updates: 4, ..Work::default() };
    let mut db = planned_group("db", "GL1.1", 6);
    db.rides = rides(&[("great-linux/GL1", 6)]);
    (db.after, db.gated) = (vec![group_name("canary"), group_name("web")], true);
    plan.groups = vec![canary, web, db];
}

fn fill_drift(plan: &mut Plan) {
    let moved = DriftKind::Parent { expected: release("GL1"), found: Some(link("ol8_baseos_latest-x86_64")) };
    plan.drift = vec![
        Drift::of(
            Address::Release(release("GL1")),
            DriftKind::Contents {
                missing: packages(&["tzdata-2023c-1.el8.noarch"]),
                foreign: packages(&["htop-3.2.1-1.el8.x86_64"]),
            },
        ),
        Drift::of(Address::Group(group_name("old")), DriftKind::Gone),
        Drift::of(Address::Instance(instance("web-07")), moved.clone()),
        Drift::of(Address::Instance(instance("web-08")), moved),
        Drift::of(
            Address::Instance(instance("web-09")),
            DriftKind::LeftLevel {
                release: release("GL1"),
                behind: vec![lag("bash-4.4.20-3.el8.x86_64", "bash-4.4.20-4.el8_6.x86_64")],
                ahead: Vec::new(),
            },
        ),
        Drift::of(
            Address::Instance(instance("web-09")),
            DriftKind::Beside { before: 0, now: packages(&["htop-3.2.1-1.el8.x86_64"]) },
        ),
        Drift::of(Address::Instance(instance("db-06")), DriftKind::Joined { group: group_name("canary") }),
    ];
}

fn fill_cohorts(plan: &mut Plan) {
    let mut outlier = whole_move();
    outlier.remove(7);
    outlier.push(lag("libzstd-1.4.2-1.el8.x86_64", "libzstd-1.4.4-1.0.1.el8.x86_64"));
    let alike = Verdict { behind: whole_move(), unmanaged: 3, exact: 603, ..Verdict::default() };
    let extra = packages(&["compat-openssl10-1:1.0.2o-4.el8_6.x86_64"]);
    let mut drifted = cohort(
        "web",
        "GL1",
        instances("web", 7..=8),
        Verdict {
            extra: packages(&["epel-release-8-19.el8.noarch", "htop-3.2.1-1.el8.x86_64"]),
            missing: packages(&["tzdata-2023c-1.el8.noarch"]),
            ..Verdict::default()
        },
    );
    drifted.from = Some(link("ol8_baseos_latest-x86_64"));
    drifted.drops = vec![link("ol8_appstream-x86_64"), link("ol8_UEKR7-x86_64")];
    (drifted.reason, drifted.update) = (Reason::Drifted, false);
    let mut lagging = cohort(
        "web",
        "GL1",
        instances("web", 9..=10),
        Verdict {
            behind: vec![lag("bash-4.4.20-3.el8.x86_64", "bash-4.4.20-4.el8_6.x86_64")],
            ..Verdict::default()
        },
    );
    (lagging.switch, lagging.reason) = (false, Reason::Behind);
    let third = Verdict { behind: outlier, extra, ..alike.clone() };
    plan.cohorts = vec![
        cohort("canary", "GL1.1", instances("canary", 4..=4), third),
        cohort("canary", "GL1.1", instances("canary", 1..=3), alike),
        drifted,
        lagging,
    ];
}

fn fill_steps(plan: &mut Plan) {
    let to = release("GL1.1");
    let address = Address::Release(to.clone());
    let op = Op::CreateSource {
        release: to.clone(),
        name: "great-linux/GL1.1".to_owned(),
        arch: "x86_64".to_owned(),
        owner: Ownership {
            train: TrainName::new("great-linux"),
            lineage: Lineage("6f9a1c20".into()),
            release: None,
        },
        under: None,
        origin: None,
    };
    let made = step(plan, address.clone(), None, Action::Act { op }, &[]);
    let op = Op::AddPackages { source: source("GL1.1"), packages: packages(GL1_1) };
    let filled = step(plan, address.clone(), None, Action::Act { op }, &[made]);
    let what = Verification::Contents { source: source("GL1.1") };
    let proven = step(plan, address, None, Action::Verify { what }, &[filled]);
    let group = GroupRef { group: group_name("canary"), id: None };
    let op = Op::Join { group, instance: instance("canary-04") };
    step(plan, Address::Group(group_name("canary")), Some("canary"), Action::Act { op }, &[]);
    let mut ends = Vec::new();
    for member in instances("canary", 1..=4) {
        ends.push(switch_update_verify(plan, "canary", "GL1.1", &member, &[proven]));
    }
    for member in instances("web", 7..=10) {
        ends.push(switch_update_verify(plan, "web", "GL1", &member, &[]));
    }
    let condition = Condition::GroupAtLevel {
        waiting: group_name("db"),
        group: group_name("canary"),
        release: to,
        candidates: instances("canary", 1..=4),
        members: 4,
        allowed: 0,
        behind: None,
        health: None,
        soak: None,
        wave: None,
    };
    let gate = step(plan, Address::Group(group_name("db")), Some("db"), Action::Gate { condition }, &ends);
    for member in instances("db", 1..=6) {
        switch_update_verify(plan, "db", "GL1.1", &member, &[gate]);
    }
    plan.cost = Cost { changing_calls: 61, work_requests: 14 };
}
