//! A small world to tell stories with, and the words that a plan is told in.

use patchtrain::name::{Address, Ocid};
use patchtrain::observed::{InstanceStatus, Inventory, Observed, Source, SourceLink};
use patchtrain::op::{Lineage, Op};
use patchtrain::package::{Package, PackageSet};
use patchtrain::plan::{Action, Plan, Refusal, Verification, lint};
use patchtrain::state::State;
use patchtrain::train::Train;

use crate::support::model;
use crate::support::worlds::{World, group, instance_id, release, train};

pub(super) fn set(text: &str) -> Vec<Package> {
    text.split_whitespace().map(|nevra| Package::parse(nevra).unwrap()).collect()
}

pub(super) fn old() -> Vec<Package> {
    set("bash-1-1.x86_64 openssl-1:1.1-1.x86_64 kernel-4-1.x86_64")
}

pub(super) fn new() -> Vec<Package> {
    set("bash-2-1.x86_64 openssl-1:1.1-2.x86_64 kernel-5-1.x86_64 zsh-1-1.x86_64")
}

/// A canary of one and a web of two, all on the vendor's source with GL1's packages.
pub(super) fn start() -> World {
    let ids: Vec<Ocid> = (0..3).map(instance_id).collect();
    let mut web = group("web", "GL1", &ids[1..]);
    web.after = vec![patchtrain::name::GroupName::new("canary")];
    let releases = vec![release("GL1", old(), 10), release("GL2", new(), 20)];
    let mut observed = Observed::default();
    let vendor = Ocid::new("vendor");
    let source =
        Source { name: "ol8".into(), owner: None, contents: Some(PackageSet::new(new())), parent: None };
    observed.sources.insert(vendor.clone(), source);
    for (index, id) in ids.iter().enumerate() {
        let seen = patchtrain::observed::Instance {
            name: format!("host-{index}").into(),
            status: InstanceStatus::Normal,
            os: None,
            parent: Some(SourceLink { id: vendor.clone(), name: "ol8".into() }),
            children: Vec::new(),
            groups: Default::default(),
            inventory: Some(Inventory {
                installed: PackageSet::new(old()),
                unsourced: PackageSet::default(),
            }),
            last_checkin: None,
            last_boot: None,
            running_kernel: None,
            effective_kernel: None,
            reboot_required: false,
            listed: None,
            updates_available: None,
            open_work: Vec::new(),
        };
        observed.instances.insert(id.clone(), seen);
    }
    let state = State::new(patchtrain::name::TrainName::new("t"), Lineage("ours".into()));
    let train = train(releases, vec![group("canary", "GL1", &ids[..1]), web]);
    World { train, state, observed, now: "2026-11-22T12:00:00Z".parse().unwrap() }
}

/// The same after a first apply that went well.
pub(super) fn applied() -> World {
    let mut world = start();
    let plan = world.plan().unwrap();
    let ends = model::run_all(&mut world, &plan);
    assert!(ends.iter().all(|end| *end == model::End::Done), "{ends:?}");
    world
}

pub(super) fn rebind(train: &mut Train, name: &str, release: &str) {
    let group = train.groups.iter_mut().find(|group| group.name.as_str() == name).unwrap();
    group.release = patchtrain::name::ReleaseName::new(release);
}

pub(super) fn install(world: &mut World, index: usize, packages: &str) {
    let seen = world.observed.instances.get_mut(&instance_id(index)).unwrap();
    seen.inventory =
        Some(Inventory { installed: PackageSet::new(set(packages)), unsourced: PackageSet::default() });
}

/// A plan in a few words a line: drift, changes, held, steps.
pub(super) fn told(plan: &Plan) -> String {
    let address = |address: &Address| match address {
        Address::Release(name) => format!("release.{name}"),
        Address::Group(name) => format!("group.{name}"),
        Address::Schedule(name) => format!("schedule.{name}"),
        Address::Profile(name) => format!("profile.{name}"),
        Address::Instance(id) => format!("instance.{}", plan.label(id)),
    };
    let word = |value: &dyn std::fmt::Debug| {
        let text = format!("{value:?}");
        text.split([' ', '{', '(']).next().unwrap_or_default().to_owned()
    };
    let mut lines = Vec::new();
    lines.extend(
        plan.drift.iter().map(|drift| format!("drift {} {}", address(&drift.address), word(&drift.kind))),
    );
    lines.extend(
        plan.imports.iter().map(|import| format!("import {} {}", address(&import.address), import.id)),
    );
    for change in &plan.changes {
        lines.push(format!("{:?} {} {}", change.action, address(&change.address), word(&change.detail)));
    }
    lines.extend(
        plan.held.iter().map(|held| format!("held {} {}", address(&held.address), word(&held.reason))),
    );
    for step in &plan.steps {
        let what = match &step.action {
            Action::Act { op: Op::AddPackages { packages, .. } } => {
                format!("AddPackages x{}", packages.len())
            }
            Action::Act { op: Op::RemovePackages { packages, .. } } => {
                format!("RemovePackages x{}", packages.len())
            }
            Action::Act { op: Op::Switch { to, .. } } => format!("Switch to {}", to.release),
            Action::Act { op } => word(op),
            Action::Verify { what: Verification::Contents { .. } } => "Contents".to_owned(),
            Action::Verify { what: Verification::Level { .. } } => "Level".to_owned(),
            Action::Verify { what: Verification::Booted { .. } } => "Booted".to_owned(),
            Action::Verify { what: Verification::Patched { .. } } => "Patched".to_owned(),
            Action::Verify { what: Verification::Streams { .. } } => "Streams".to_owned(),
            Action::Gate { .. } => "Gate".to_owned(),
        };
        let after: String = step.after.iter().map(|before| format!(" {before}")).collect();
        let after = if after.is_empty() { after } else { format!(" <-{after}") };
        lines.push(format!("{} {} {what}{after}", step.id, address(&step.address)));
    }
    lines.join("\n")
}

#[track_caller]
pub(super) fn check(world: &World, expected: &[&str]) -> Plan {
    let plan = world.plan().unwrap();
    assert_eq!(lint::lint(&plan), [], "{}", told(&plan));
    let (told, expected) = (told(&plan), expected.join("\n"));
    assert!(told == expected, "{}", similar::TextDiff::from_lines(&expected, &told).unified_diff());
    plan
}

#[track_caller]
pub(super) fn refused(world: &World) -> Vec<Refusal> {
    world.plan().expect_err("a plan that should be refused")
}
