//! The text of plans of updates by hand.

use super::super::{Detail, plan, verdict};
use super::{golden, sample, style};
use crate::name::{Address, Ocid};
use crate::observed::InstanceStatus;
use crate::op::{Op, UpdateKind, Wanted};
use crate::package::StreamName;
use crate::plan::{
    Action, ChangeAction, ChangeDetail, Cost, HeldReason, Note, OutstandingUpdate, Patch, Plan, StreamMove,
    Verification,
};

fn update(name: &str, installed: &str, available: &str, kind: UpdateKind) -> OutstandingUpdate {
    OutstandingUpdate {
        name: name.into(),
        architecture: "x86_64".into(),
        installed: installed.into(),
        available: available.into(),
        kind,
    }
}

fn bash() -> OutstandingUpdate {
    update("bash", "4.4.20-4.el8_6", "4.4.20-5.el8", UpdateKind::Security)
}

fn openssl() -> OutstandingUpdate {
    update("openssl-libs", "1:1.1.1k-9.el8_7", "1:1.1.1k-12.el8_9", UpdateKind::Security)
}

fn tzdata() -> OutstandingUpdate {
    update("tzdata", "2023c-1.el8", "2024a-1.0.1.el8", UpdateKind::Other)
}

/// Puts in what is asked of some instances, with the steps that bring it: install, read back.
fn patch(plan: &mut Plan, group: Option<&str>, wanted: Wanted, updates: &[OutstandingUpdate], ids: &[Ocid]) {
    for id in ids {
        let address = Address::Instance(id.clone());
        let op = Op::Patch { instance: id.clone(), wanted, package: None };
        let asked = sample::step(plan, address.clone(), group, Action::Act { op }, &[]);
        let what = Verification::Patched { instance: id.clone(), wanted, packages: Vec::new() };
        sample::step(plan, address.clone(), group, Action::Verify { what }, &[asked]);
        let detail = ChangeDetail::Patch { patch: plan.patches.len() };
        plan.changes.push(sample::change(address, ChangeAction::Change, detail));
        plan.cost.changing_calls += 1;
        plan.cost.work_requests += 1;
    }
    plan.patches.push(Patch {
        group: group.map(sample::group_name),
        wanted,
        named: false,
        updates: updates.to_vec(),
        streams: Vec::new(),
        instances: ids.to_vec(),
    });
}

/// A group of five: three want the same, one something else, and one cannot be reached.
pub(super) fn of_a_group() -> Plan {
    let mut plan = sample::empty();
    let webs = sample::instances("web", 1..=5);
    plan.groups = vec![sample::planned_group("web", "GL1.1", 5)];
    plan.groups[0].work.updates = 4;
    plan.groups[0].work.verifies = 4;
    plan.groups[0].held = 1;
    let security = Wanted::Only(UpdateKind::Security);
    patch(&mut plan, Some("web"), security, &[openssl()], &webs[3..4]);
    patch(&mut plan, Some("web"), security, &[bash(), openssl()], &webs[..3]);
    let (status, last_checkin) = (InstanceStatus::Unreachable, Some(sample::at("2026-11-29T22:41:00Z")));
    let reason = HeldReason::Unreachable { status, last_checkin };
    plan.held = vec![sample::held(Address::Instance(webs[4].clone()), reason)];
    plan
}

/// The golden instance alone, of which everything is asked.
pub(super) fn of_the_golden_instance() -> Plan {
    let mut plan = sample::empty();
    let golden = sample::instance("golden-01");
    plan.groups.clear();
    plan.labels.insert(golden.clone(), "golden-01".into());
    plan.golden = Some(golden.clone());
    patch(&mut plan, None, Wanted::All, &[bash(), openssl(), tzdata()], &[golden]);
    plan
}

/// Two packages of one member by their names, one after the other, and a third that nobody is offered.
pub(super) fn by_name() -> Plan {
    let mut plan = sample::empty();
    plan.groups = vec![sample::planned_group("web", "GL1.1", 5)];
    plan.groups[0].work.updates = 2;
    let web = sample::instance("web-01");
    patch(&mut plan, Some("web"), Wanted::All, &[bash(), tzdata()], &[web]);
    plan.patches[0].named = true;
    plan.notes = vec![Note::NotOutstanding { package: "zlib".to_owned() }];
    plan.cost = Cost { changing_calls: 2, work_requests: 2 };
    plan
}

/// A stream of two members, one of which has another one.
pub(super) fn of_streams() -> Plan {
    let mut plan = sample::empty();
    plan.groups = vec![sample::planned_group("web", "GL1.1", 5)];
    plan.groups[0].work.updates = 2;
    plan.groups[0].work.verifies = 2;
    let name = |spec: &str| StreamName::parse(spec).unwrap();
    let moves = [
        vec![StreamMove { to: name("postgresql:15"), from: Some("13".into()) }],
        vec![
            StreamMove { to: name("perl:5.30"), from: None },
            StreamMove { to: name("postgresql:15"), from: Some("10".into()) },
        ],
    ];
    for (id, streams) in sample::instances("web", 1..=2).into_iter().zip(moves) {
        let address = Address::Instance(id.clone());
        let names: Vec<StreamName> = streams.iter().map(|it| it.to.clone()).collect();
        let op = Op::EnableStreams { instance: id.clone(), streams: names.clone() };
        let asked = sample::step(&mut plan, address.clone(), Some("web"), Action::Act { op }, &[]);
        let what = Verification::Streams { instance: id.clone(), streams: names };
        sample::step(&mut plan, address.clone(), Some("web"), Action::Verify { what }, &[asked]);
        let detail = ChangeDetail::Patch { patch: plan.patches.len() };
        plan.changes.push(sample::change(address, ChangeAction::Change, detail));
        plan.cost.changing_calls += 1;
        plan.cost.work_requests += 1;
        let (group, wanted) = (Some(sample::group_name("web")), Wanted::All);
        plan.patches.push(Patch {
            group,
            wanted,
            named: false,
            updates: Vec::new(),
            streams,
            instances: vec![id],
        });
    }
    plan.notes = vec![Note::NotListed { stream: name("perl:5.30"), instances: 1 }];
    plan
}

#[test]
fn updates_by_hand_read_well() {
    golden::check("plan-update-streams", &plan(&of_streams(), style(80, Detail::Default)));
    golden::check("plan-update-group", &plan(&of_a_group(), style(80, Detail::Default)));
    golden::check("plan-update-group-60", &plan(&of_a_group(), style(60, Detail::Default)));
    golden::check("plan-update-golden", &plan(&of_the_golden_instance(), style(80, Detail::Default)));
    golden::check("plan-update-named", &plan(&by_name(), style(80, Detail::Default)));
    let mut nothing = of_a_group();
    (nothing.changes, nothing.patches, nothing.steps) = Default::default();
    nothing.groups[0].work = Default::default();
    nothing.cost = Cost::default();
    golden::check("plan-update-nothing", &plan(&nothing, style(80, Detail::Default)));
}

#[test]
fn one_call_changes_something_and_two_change_something() {
    let flat = |sample: &Plan| {
        let text = plan(sample, style(200, Detail::Summary));
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let one = flat(&of_the_golden_instance());
    assert!(one.contains("; 1 API call that changes something, 1 work request for agents"), "{one}");
    let several = flat(&by_name());
    assert!(several.contains("; 2 API calls that change something, 2 work requests for agents"), "{several}");
    assert_eq!(verdict(&by_name()), "Plan: 0 to add, 1 to change, 0 to destroy.");
}
