//! Small worlds with one thing to see each, and the whole plan that comes of them.

use patchtrain::name::{Address, Ocid};
use patchtrain::observed::{InstanceStatus, Inventory, Observed, ServiceGroup, Source, SourceLink};
use patchtrain::op::{Lineage, Op, OpKey, Ownership, RetryToken, Ticket};
use patchtrain::package::{Package, PackageSet};
use patchtrain::plan::{Action, Plan, Refusal, Verification, lint};
use patchtrain::state::{State, UnfinishedOp};
use patchtrain::train::{Ahead, Amount, Members, Train};

use crate::support::model;
use crate::support::worlds::{World, group, instance_id, release, train};

fn set(text: &str) -> Vec<Package> {
    text.split_whitespace().map(|nevra| Package::parse(nevra).unwrap()).collect()
}

fn old() -> Vec<Package> {
    set("bash-1-1.x86_64 openssl-1:1.1-1.x86_64 kernel-4-1.x86_64")
}

fn new() -> Vec<Package> {
    set("bash-2-1.x86_64 openssl-1:1.1-2.x86_64 kernel-5-1.x86_64 zsh-1-1.x86_64")
}

/// A canary of one and a web of two, all on the vendor's source with GL1's packages.
fn start() -> World {
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
            running_kernel: None,
            reboot_required: false,
            open_work: Vec::new(),
        };
        observed.instances.insert(id.clone(), seen);
    }
    let state = State::new(patchtrain::name::TrainName::new("t"), Lineage("ours".into()));
    let train = train(releases, vec![group("canary", "GL1", &ids[..1]), web]);
    World { train, state, observed, now: "2026-11-22T12:00:00Z".parse().unwrap() }
}

/// The same after a first apply that went well.
fn applied() -> World {
    let mut world = start();
    let plan = world.plan().unwrap();
    let ends = model::run_all(&mut world, &plan);
    assert!(ends.iter().all(|end| *end == model::End::Done), "{ends:?}");
    world
}

fn rebind(train: &mut Train, name: &str, release: &str) {
    let group = train.groups.iter_mut().find(|group| group.name.as_str() == name).unwrap();
    group.release = patchtrain::name::ReleaseName::new(release);
}

fn install(world: &mut World, index: usize, packages: &str) {
    let seen = world.observed.instances.get_mut(&instance_id(index)).unwrap();
    seen.inventory =
        Some(Inventory { installed: PackageSet::new(set(packages)), unsourced: PackageSet::default() });
}

/// A plan in a few words a line: drift, changes, held, steps.
fn told(plan: &Plan) -> String {
    let address = |address: &Address| match address {
        Address::Release(name) => format!("release.{name}"),
        Address::Group(name) => format!("group.{name}"),
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
            Action::Gate { .. } => "Gate".to_owned(),
        };
        let after: String = step.after.iter().map(|before| format!(" {before}")).collect();
        let after = if after.is_empty() { after } else { format!(" <-{after}") };
        lines.push(format!("{} {} {what}{after}", step.id, address(&step.address)));
    }
    lines.join("\n")
}

#[track_caller]
fn check(world: &World, expected: &[&str]) -> Plan {
    let plan = world.plan().unwrap();
    assert_eq!(lint::lint(&plan), [], "{}", told(&plan));
    let (told, expected) = (told(&plan), expected.join("\n"));
    assert!(told == expected, "{}", similar::TextDiff::from_lines(&expected, &told).unified_diff());
    plan
}

#[track_caller]
fn refused(world: &World) -> Vec<Refusal> {
    world.plan().expect_err("a plan that should be refused")
}

#[test]
fn the_first_plan_makes_everything() {
    let plan = check(
        &start(),
        &[
            "Add release.GL1 CreateSource",
            "Add release.GL2 CreateSource",
            "Add group.canary Group",
            "Add group.web Group",
            "Change instance.host-0 Instance",
            "Change instance.host-1 Instance",
            "Change instance.host-2 Instance",
            "s0 release.GL1 CreateSource",
            "s1 release.GL1 AddPackages x2 <- s0",
            "s2 release.GL1 AddPackages x1 <- s0",
            "s3 release.GL1 Contents <- s1 s2",
            "s4 release.GL2 CreateSource",
            "s5 release.GL2 AddPackages x2 <- s4",
            "s6 release.GL2 AddPackages x2 <- s4",
            "s7 release.GL2 Contents <- s5 s6",
            "s8 group.canary CreateGroup",
            "s9 instance.host-0 Join <- s8",
            "s10 group.web CreateGroup",
            "s11 instance.host-1 Join <- s10",
            "s12 instance.host-2 Join <- s10",
            "s13 instance.host-0 Switch to GL1 <- s9 s3",
            "s14 instance.host-0 Level <- s13",
            "s15 group.web Gate <- s14",
            "s16 instance.host-1 Switch to GL1 <- s11 s3 s15",
            "s17 instance.host-1 Level <- s16",
            "s18 instance.host-2 Switch to GL1 <- s12 s3 s15",
            "s19 instance.host-2 Level <- s18",
        ],
    );
    assert_eq!(plan.counts(), (4, 3, 0));
    assert!(plan.can_start());
}

#[test]
fn what_is_applied_needs_nothing() {
    let plan = check(&applied(), &[]);
    assert!(!plan.can_start());
    assert_eq!((plan.groups[1].at_level, plan.groups[1].members), (2, 2));
}

#[test]
fn the_canary_moves_alone() {
    let mut world = applied();
    rebind(&mut world.train, "canary", "GL2");
    let plan = check(
        &world,
        &[
            "Change group.canary Group",
            "Change instance.host-0 Instance",
            "s0 instance.host-0 Switch to GL2",
            "s1 instance.host-0 Update <- s0",
            "s2 instance.host-0 Level <- s1",
        ],
    );
    assert_eq!(plan.moves.len(), 1);
    assert_eq!((plan.moves[0].from.as_str(), plan.moves[0].to.as_str()), ("GL1", "GL2"));
    assert_eq!(plan.moves[0].delta.entries.len(), 4);
    assert_eq!(plan.cohorts[0].verdict.behind.len(), 3);
    assert_eq!(plan.cohorts[0].verdict.missing, set("zsh-1-1.x86_64"));
    assert_eq!((plan.cost.changing_calls, plan.cost.work_requests), (3, 1));
}

#[test]
fn who_comes_after_waits_behind_a_gate() {
    let mut world = applied();
    rebind(&mut world.train, "canary", "GL2");
    rebind(&mut world.train, "web", "GL2");
    let plan = check(
        &world,
        &[
            "Change group.canary Group",
            "Change group.web Group",
            "Change instance.host-0 Instance",
            "Change instance.host-1 Instance",
            "Change instance.host-2 Instance",
            "s0 instance.host-0 Switch to GL2",
            "s1 instance.host-0 Update <- s0",
            "s2 instance.host-0 Level <- s1",
            "s3 group.web Gate <- s2",
            "s4 instance.host-1 Switch to GL2 <- s3",
            "s5 instance.host-1 Update <- s4",
            "s6 instance.host-1 Level <- s5",
            "s7 instance.host-2 Switch to GL2 <- s3",
            "s8 instance.host-2 Update <- s7",
            "s9 instance.host-2 Level <- s8",
        ],
    );
    assert_eq!(plan.cohorts.len(), 2, "both web hosts change in the same way");
}

#[test]
fn an_unreachable_canary_shuts_the_gate_and_cannot_start() {
    let mut world = applied();
    rebind(&mut world.train, "canary", "GL2");
    rebind(&mut world.train, "web", "GL2");
    world.observed.instances.get_mut(&instance_id(0)).unwrap().status = InstanceStatus::Unreachable;
    let expected = [
        "Change group.canary Group",
        "Change group.web Group",
        "Change instance.host-1 Instance",
        "Change instance.host-2 Instance",
        "held group.web Gate",
        "held instance.host-0 Unreachable",
        "s0 group.web Gate",
        "s1 instance.host-1 Switch to GL2 <- s0",
        "s2 instance.host-1 Update <- s1",
        "s3 instance.host-1 Level <- s2",
        "s4 instance.host-2 Switch to GL2 <- s0",
        "s5 instance.host-2 Update <- s4",
        "s6 instance.host-2 Level <- s5",
    ];
    assert!(!check(&world, &expected).can_start());
    // One failure allowed, and the gate is open.
    world.train.groups[0].max_failures = Amount::Number(1);
    assert!(world.plan().unwrap().can_start());
}

#[test]
fn who_was_moved_away_is_drift_and_comes_back() {
    let mut world = applied();
    let vendor = SourceLink { id: Ocid::new("vendor"), name: "ol8".into() };
    world.observed.instances.get_mut(&instance_id(1)).unwrap().parent = Some(vendor);
    check(
        &world,
        &[
            "drift instance.host-1 Parent",
            "Change instance.host-1 Instance",
            "s0 instance.host-1 Switch to GL1",
            "s1 instance.host-1 Level <- s0",
        ],
    );
    // A switch of ours that a crash cut in two is no drift.
    world.observed.instances.get_mut(&instance_id(1)).unwrap().parent = None;
    let key = OpKey(format!("switch/GL1/{}", instance_id(1)));
    let op = UnfinishedOp { token: RetryToken("t".into()), started: world.now, ticket: None };
    world.state.unfinished.insert(key, op);
    check(
        &world,
        &[
            "Change instance.host-1 Instance",
            "s0 instance.host-1 Switch to GL1",
            "s1 instance.host-1 Level <- s0",
        ],
    );
}

#[test]
fn leaving_a_level_is_drift_and_ahead_is_only_told() {
    let mut world = applied();
    install(&mut world, 1, "bash-1-0.x86_64 openssl-1:1.1-1.x86_64 kernel-4-1.x86_64");
    install(&mut world, 2, "bash-3-1.x86_64 openssl-1:1.1-1.x86_64 kernel-4-1.x86_64");
    let plan = check(
        &world,
        &[
            "drift instance.host-1 LeftLevel",
            "Change instance.host-1 Instance",
            "s0 instance.host-1 Update",
            "s1 instance.host-1 Level <- s0",
        ],
    );
    assert_eq!(plan.ahead.len(), 1);
    assert!(!plan.ahead[0].blocks);
    world.train.groups[1].ahead = Ahead::Block;
    check(
        &world,
        &[
            "drift instance.host-1 LeftLevel",
            "drift instance.host-2 LeftLevel",
            "Change instance.host-1 Instance",
            "held instance.host-2 Ahead",
            "s0 instance.host-1 Update",
            "s1 instance.host-1 Level <- s0",
        ],
    );
}

#[test]
fn packages_beside_the_release_are_drift_without_a_step() {
    let mut world = applied();
    install(&mut world, 1, "bash-1-1.x86_64 openssl-1:1.1-1.x86_64 kernel-4-1.x86_64 nmap-1-1.x86_64");
    let plan = check(&world, &["drift instance.host-1 Beside"]);
    assert!(!plan.can_start());
}

#[test]
fn a_source_edited_by_hand_is_drift_and_is_repaired() {
    let mut world = applied();
    let id = world.state.sources[&world.train.releases[0].name].id.clone();
    let edited = set("bash-1-1.x86_64 kernel-4-1.x86_64 nmap-1-1.x86_64");
    world.observed.sources.get_mut(&id).unwrap().contents = Some(PackageSet::new(edited));
    check(
        &world,
        &[
            "drift release.GL1 Contents",
            "Change release.GL1 RepairSource",
            "s0 release.GL1 AddPackages x1",
            "s1 release.GL1 RemovePackages x1",
            "s2 release.GL1 Contents <- s0 s1",
        ],
    );
}

#[test]
fn what_a_crash_left_unrecorded_is_adopted_by_its_tags() {
    let mut world = start();
    let owner = Ownership {
        train: world.train.name.clone(),
        lineage: world.state.lineage.clone(),
        release: Some((world.train.releases[0].name.clone(), world.train.releases[0].digest)),
    };
    let half = Some(PackageSet::new(set("bash-1-1.x86_64 openssl-1:1.1-1.x86_64")));
    let source = Source { name: "t/GL1".into(), owner: Some(owner.clone()), contents: half, parent: None };
    world.observed.sources.insert(Ocid::new("lost"), source);
    let group = ServiceGroup {
        name: "canary".into(),
        members: Default::default(),
        owner: Some(Ownership { release: None, ..owner }),
    };
    world.observed.groups.insert(Ocid::new("lostgroup"), group);
    let plan = world.plan().unwrap();
    assert_eq!(lint::lint(&plan), []);
    let told = told(&plan);
    assert!(told.contains("Change release.GL1 AdoptSource"), "{told}");
    assert!(told.contains("Change group.canary Group"), "{told}");
    assert!(told.contains("s1 release.GL1 AddPackages x1 <- s0\ns2 release.GL1 Contents <- s1"), "{told}");
}

#[test]
fn members_join_leave_and_move() {
    let mut world = applied();
    let Members::Listed(web) = &mut world.train.groups[1].members else { unreachable!() };
    web.remove(&instance_id(1));
    web.insert(instance_id(9));
    let Members::Listed(canary) = &mut world.train.groups[0].members else { unreachable!() };
    canary.insert(instance_id(1));
    check(
        &world,
        &[
            "Change group.canary Group",
            "Change group.web Group",
            "held instance.ocid1.instance.oc1.test.00009 Unknown",
            "s0 instance.host-1 Leave",
            "s1 instance.host-1 Join <- s0",
            "s2 instance.host-1 Level <- s1",
        ],
    );
}

#[test]
fn a_group_that_is_no_longer_declared_is_deleted() {
    let mut world = applied();
    world.train.groups.remove(1);
    let plan = check(
        &world,
        &[
            "Destroy group.web DeleteGroup",
            "s0 instance.host-1 Leave",
            "s1 instance.host-2 Leave",
            "s2 group.web DeleteGroup <- s0 s1",
        ],
    );
    assert_eq!(plan.counts(), (0, 0, 1));
    model::run_all(&mut world, &plan);
    check(&world, &[]);
}

#[test]
fn a_release_that_is_no_longer_declared_is_kept_and_told() {
    let mut world = applied();
    world.train.releases.pop();
    check(&world, &["held release.GL2 Undeclared"]);
}

#[test]
fn open_work_that_is_not_ours_holds_the_instance() {
    let mut world = applied();
    rebind(&mut world.train, "canary", "GL2");
    let open = vec![Ticket("work".into())];
    world.observed.instances.get_mut(&instance_id(0)).unwrap().open_work = open;
    check(&world, &["Change group.canary Group", "held instance.host-0 OpenWork"]);
}

#[test]
fn our_own_open_work_is_waited_for() {
    let mut world = applied();
    install(&mut world, 0, "bash-1-0.x86_64 openssl-1:1.1-1.x86_64 kernel-4-1.x86_64");
    world.observed.instances.get_mut(&instance_id(0)).unwrap().open_work = vec![Ticket("work".into())];
    let ticket = Some(Ticket("work".into()));
    let op = UnfinishedOp { token: RetryToken("t".into()), started: world.now, ticket };
    world.state.unfinished.insert(OpKey(format!("update/GL1/{}", instance_id(0))), op);
    let plan = world.plan().unwrap();
    assert!(
        told(&plan).contains("s0 instance.host-0 Update\ns1 instance.host-0 Level <- s0"),
        "{}",
        told(&plan)
    );
}

#[test]
fn a_changed_manifest_is_refused() {
    let mut world = applied();
    world.train.releases[0] = release("GL1", new(), 10);
    assert!(
        matches!(refused(&world).as_slice(), [Refusal::ChangedRelease { release, .. }] if release.as_str() == "GL1")
    );
}

#[test]
fn a_source_of_another_lineage_is_refused() {
    let mut world = start();
    let name = "t/GL1".into();
    world.observed.sources.insert(Ocid::new("x"), Source { name, owner: None, contents: None, parent: None });
    assert!(matches!(refused(&world).as_slice(), [Refusal::ForeignSource { .. }]));
}

#[test]
fn groups_that_are_not_ours_or_not_one_are_refused() {
    let mut world = start();
    let by_hand = ServiceGroup { name: "web".into(), members: Default::default(), owner: None };
    world.observed.groups.insert(Ocid::new("a"), by_hand.clone());
    assert!(matches!(refused(&world).as_slice(), [Refusal::ForeignGroup { .. }]));
    world.train.groups[1].members = Members::Service;
    assert!(world.plan().is_ok());
    world.observed.groups.insert(Ocid::new("b"), by_hand);
    assert!(matches!(refused(&world).as_slice(), [Refusal::AmbiguousGroup { ids, .. }] if ids.len() == 2));
    world.train.groups[1].id = Some(Ocid::new("b"));
    assert!(world.plan().is_ok());
    world.observed.groups.clear();
    assert!(matches!(refused(&world).as_slice(), [Refusal::NoSuchGroup { .. }]));
}

#[test]
fn a_list_that_shrinks_by_mistake_is_refused() {
    let mut world = start();
    let ids: Vec<Ocid> = (10..40).map(instance_id).collect();
    for id in &ids {
        let twin = world.observed.instances[&instance_id(0)].clone();
        world.observed.instances.insert(id.clone(), twin);
    }
    world.train.groups.push(group("many", "GL1", &ids));
    let plan = world.plan().unwrap();
    model::run_all(&mut world, &plan);
    for (left, refused) in [(21, false), (20, true), (0, true)] {
        world.train.groups[2].members = Members::Listed(ids[..left].iter().cloned().collect());
        let refusals = world.plan_with(false).err().unwrap_or_default();
        let shrink = matches!(refusals.as_slice(), [refusal @ Refusal::Shrink { .. }] if refusal.is_policy());
        assert_eq!(shrink, refused, "{left} of 30 left: {refusals:?}");
        assert!(world.plan_with(true).is_ok());
    }
    world.train.groups.pop();
    assert!(matches!(
        world.plan_with(false).unwrap_err().as_slice(),
        [Refusal::Shrink { leaving: 30, members: 30, .. }]
    ));
}

#[test]
fn the_golden_instance_is_never_a_member() {
    let mut world = start();
    let members: std::collections::BTreeSet<Ocid> = (0..3).map(instance_id).collect();
    let by_hand = ServiceGroup { name: "all".into(), members, owner: None };
    world.observed.groups.insert(Ocid::new("a"), by_hand);
    world.train.groups = vec![group("all", "GL1", &[])];
    world.train.groups[0].members = Members::Service;
    world.train.golden = Some(instance_id(1));
    let plan = world.plan().unwrap();
    assert!(matches!(plan.notes.as_slice(), [patchtrain::plan::Note::GoldenLeftOut { .. }]));
    assert!(!told(&plan).contains("host-1"), "{}", told(&plan));
}

#[test]
fn lint_sees_what_is_wrong_with_a_plan() {
    let good = start().plan().unwrap();
    let broken: [(&str, fn(&mut Plan)); 7] = [
        ("asked twice", |plan| {
            plan.steps[1] = patchtrain::plan::Step { id: plan.steps[1].id, ..plan.steps[2].clone() }
        }),
        ("a gate left out", |plan| plan.steps[16].after.retain(|step| step.0 != 15)),
        ("no proof", |plan| {
            plan.steps.pop();
        }),
        ("a cycle", |plan| plan.steps[0].after.push(patchtrain::op::StepId(3))),
        ("a change without step", |plan| plan.steps.truncate(10)),
        ("a step without change", |plan| {
            plan.changes.remove(0);
        }),
        ("a cohort with a stranger", |plan| plan.cohorts[0].instances.push(instance_id(77))),
    ];
    for (what, harm) in broken {
        let mut plan = good.clone();
        harm(&mut plan);
        assert_ne!(lint::lint(&plan), [], "{what} passes");
    }
}
