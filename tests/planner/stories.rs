//! Small worlds with one thing to see each, and the whole plan that comes of them.

use patchtrain::name::Ocid;
use patchtrain::observed::{InstanceStatus, ServiceGroup, Source, SourceLink};
use patchtrain::op::{OpKey, Ownership, RetryToken, Ticket};
use patchtrain::package::{Package, PackageSet};
use patchtrain::plan::{Mismatch, Plan, lint};
use patchtrain::state::UnfinishedOp;
use patchtrain::train::{Ahead, Amount, Members};

use crate::support::model;
use crate::support::worlds::instance_id;

use super::small::*;

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
    let op = UnfinishedOp {
        token: RetryToken("t".into()),
        started: world.now,
        ticket: None,
        instances: Vec::new(),
    };
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
fn extra_and_missing_packages_are_told_of_members_that_stay() {
    let mut world = applied();
    let more = "bash-1-1.x86_64 kernel-4-1.x86_64 nmap-1-1.x86_64";
    for index in [1, 2] {
        install(&mut world, index, more);
        let at_level = world.state.instances.get_mut(&instance_id(index)).unwrap().at_level.as_mut().unwrap();
        at_level.extra = 1;
    }
    let plan = check(&world, &[]);
    let told = |plan: &Plan| -> Vec<String> {
        let entry = |entry: &Mismatch| {
            let list =
                |packages: &[Package]| packages.iter().map(|package| package.name()).collect::<Vec<_>>();
            format!(
                "{} {:?} {:?} {}",
                entry.group,
                list(&entry.extra),
                list(&entry.missing),
                entry.instances.len()
            )
        };
        plan.mismatches.iter().map(entry).collect()
    };
    assert_eq!(told(&plan), [r#"web ["nmap"] ["openssl"] 2"#]);
    // What moves is told by its cohort, and what has exactly the release not at all.
    install(&mut world, 2, "bash-0-1.x86_64 kernel-4-1.x86_64 nmap-1-1.x86_64 zsh-1-1.x86_64");
    let plan = world.plan().unwrap();
    assert_eq!(told(&plan), [r#"web ["nmap"] ["openssl"] 1"#]);
    assert_eq!(plan.cohorts[0].verdict.extra.len(), 2);
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
        ..ServiceGroup::default()
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
fn an_instance_without_known_packages_is_held_and_never_at_level() {
    let unread = [None, Some(patchtrain::observed::Inventory::default())];
    for inventory in unread {
        let mut world = applied();
        rebind(&mut world.train, "web", "GL2");
        let id = instance_id(1);
        let seen = world.observed.instances.get_mut(&id).unwrap();
        seen.inventory = inventory;
        // Somebody took it out of its group, too.
        let group = seen.groups.pop_first().unwrap();
        world.observed.groups.get_mut(&group).unwrap().members.remove(&id);
        let plan = check(
            &world,
            &[
                "drift instance.host-1 Left",
                "Change group.web Group",
                "Change instance.host-2 Instance",
                "held instance.host-1 Unread",
                "s0 instance.host-2 Switch to GL2",
                "s1 instance.host-2 Update <- s0",
                "s2 instance.host-2 Level <- s1",
            ],
        );
        assert_eq!((plan.groups[1].at_level, plan.groups[1].held), (0, 1));
    }
}

#[test]
fn who_left_its_group_is_told_even_while_it_is_not_reached() {
    let mut world = applied();
    let id = instance_id(1);
    let seen = world.observed.instances.get_mut(&id).unwrap();
    seen.status = InstanceStatus::Unreachable;
    let group = seen.groups.pop_first().unwrap();
    world.observed.groups.get_mut(&group).unwrap().members.remove(&id);
    check(&world, &["drift instance.host-1 Left", "held instance.host-1 Unreachable"]);
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
    let op =
        UnfinishedOp { token: RetryToken("t".into()), started: world.now, ticket, instances: Vec::new() };
    world.state.unfinished.insert(OpKey(format!("update/GL1/{}", instance_id(0))), op);
    let plan = world.plan().unwrap();
    assert!(
        told(&plan).contains("s0 instance.host-0 Update\ns1 instance.host-0 Level <- s0"),
        "{}",
        told(&plan)
    );
    let key = format!("update/GL1/{}", instance_id(0));
    assert_eq!(plan.notes, [patchtrain::plan::Note::Unfinished { op: key }]);
}
