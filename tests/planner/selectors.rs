//! Members by selector: who joins, who stays, who waits, who is left out and who leaves; and whom two groups claim.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use patchtrain::name::{Address, GroupName, Ocid, TrainName};
use patchtrain::observed::{ComputeInstance, PowerState, ServiceGroup};
use patchtrain::op::Api;
use patchtrain::plan::{Claimant, HeldReason, LeftOut, Note, Plan, Refusal};
use patchtrain::train::{Endpoint, Members, Neighbour, Selector, Service, TagKey};

use super::small::{applied, check, refused, start};
use crate::support::model;
use crate::support::worlds::{World, group, instance_id};

fn compartment(name: &str) -> Ocid {
    Ocid::new(&format!("ocid1.compartment.oc1..{name}"))
}

fn selector(compartments: &[&str], tags: &[(&str, &str)]) -> Selector {
    let tags = tags.iter().map(|(key, value)| (TagKey::parse(key).unwrap(), (*value).to_owned()));
    Selector {
        compartments: compartments.iter().map(|name| compartment(name)).collect(),
        subcompartments: false,
        tags: tags.collect(),
    }
}

fn machine(index: usize, tag: &str) -> ComputeInstance {
    ComputeInstance {
        name: format!("host-{index}").into(),
        state: PowerState::Running,
        compartment: compartment("prod"),
        freeform_tags: BTreeMap::from([("role".to_owned(), "server".to_owned())]),
        defined_tags: BTreeMap::from([(
            "Ops".to_owned(),
            BTreeMap::from([("Patch".to_owned(), tag.to_owned())]),
        )]),
        domain: None,
    }
}

/// The small world, whose web selects what is tagged for it: hosts 1 and 2.
fn selecting(mut world: World) -> World {
    for (index, tag) in ["canary", "web", "web"].into_iter().enumerate() {
        world.observed.compute.instances.insert(instance_id(index), machine(index, tag));
    }
    let web = world.train.groups.iter_mut().find(|group| group.name.as_str() == "web").unwrap();
    web.members = Members::Selected(selector(&["prod"], &[("ops.patch", "web"), ("role", "server")]));
    world
}

fn edit(world: &mut World, index: usize, change: impl FnOnce(&mut ComputeInstance)) {
    change(world.observed.compute.instances.get_mut(&instance_id(index)).unwrap());
}

/// Adds a host that is like host 2 and that the service knows.
fn add(world: &mut World, index: usize) {
    let mut seen = world.observed.instances[&instance_id(2)].clone();
    seen.name = format!("host-{index}").into();
    seen.groups.clear();
    world.observed.instances.insert(instance_id(index), seen);
    world.observed.compute.instances.insert(instance_id(index), machine(index, "web"));
}

fn held(plan: &Plan) -> Vec<(&str, &HeldReason)> {
    let of_instances = plan.held.iter().filter_map(|held| match &held.address {
        Address::Instance(id) => Some((plan.label(id), &held.reason)),
        _ => None,
    });
    of_instances.collect()
}

fn members(plan: &Plan) -> usize {
    plan.group(&GroupName::new("web")).unwrap().members
}

fn settled(world: &mut World) {
    let plan = world.plan().unwrap();
    model::run_all(world, &plan);
    assert!(!world.plan().unwrap().can_start());
}

#[test]
fn selected_instances_become_members_as_listed_ones_do() {
    let listed = start().plan().unwrap();
    let selected = selecting(start()).plan().unwrap();
    assert_eq!(selected.steps, listed.steps);
    assert_eq!(
        (&selected.changes, &selected.held, &selected.notes),
        (&listed.changes, &listed.held, &listed.notes)
    );
    check(&selecting(applied()), &[]);
}

#[test]
fn an_instance_that_is_new_joins_is_switched_updated_and_proven() {
    let mut world = selecting(applied());
    add(&mut world, 3);
    world.observed.instances.get_mut(&instance_id(3)).unwrap().parent = None;
    check(
        &world,
        &[
            "Change group.web Group",
            "Change instance.host-3 Instance",
            "s0 instance.host-3 Join",
            "s1 instance.host-3 Switch to GL1 <- s0",
            "s2 instance.host-3 Level <- s1",
        ],
    );
    settled(&mut world);
    assert!(world.state.instances[&instance_id(3)].at_level.is_some());
}

#[test]
fn who_cannot_join_yet_is_held_by_name_and_is_no_member() {
    let mut world = selecting(applied());
    for index in 3..7 {
        add(&mut world, index);
    }
    edit(&mut world, 3, |it| it.state = PowerState::Stopped);
    world.observed.instances.remove(&instance_id(4));
    world.observed.instances.get_mut(&instance_id(5)).unwrap().os = Some("Oracle Linux Server 9.4".into());
    world.observed.instances.get_mut(&instance_id(6)).unwrap().running_kernel =
        Some("5.15.0-1.el8uek.aarch64".into());
    let plan = check(
        &world,
        &[
            "held instance.host-3 NotRunning",
            "held instance.host-4 Unknown",
            "held instance.host-5 OtherSystem",
            "held instance.host-6 OtherSystem",
        ],
    );
    assert_eq!((members(&plan), plan.groups[1].held), (2, 4), "the level is that of the two who are in");
    assert_eq!(
        held(&plan)[2..],
        [
            ("host-5", &HeldReason::OtherSystem { os: "Oracle Linux Server 9.4".to_owned() }),
            ("host-6", &HeldReason::OtherSystem { os: "aarch64".to_owned() }),
        ]
    );

    // Started, and known by now: they join.
    edit(&mut world, 3, |it| it.state = PowerState::Running);
    let plan = world.plan().unwrap();
    assert_eq!(plan.group(&GroupName::new("web")).unwrap().work.joins, 1);
}

#[test]
fn a_member_that_is_stopped_stays_and_is_held() {
    for state in [PowerState::Stopped, PowerState::Stopping, PowerState::Starting, PowerState::Other] {
        let mut world = selecting(applied());
        edit(&mut world, 2, |it| it.state = state);
        let plan = check(&world, &["held instance.host-2 NotRunning"]);
        assert_eq!(members(&plan), 2, "{state}");
        // It is not moved either.
        super::small::rebind(&mut world.train, "canary", "GL2");
        super::small::rebind(&mut world.train, "web", "GL2");
        let plan = world.plan().unwrap();
        let moved = plan.cohorts.iter().any(|cohort| cohort.instances.contains(&instance_id(2)));
        assert!(!moved, "{state}");
    }
    // Nor is one that the service has lost sight of, or whose system it tells anew.
    let mut world = selecting(applied());
    world.observed.instances.get_mut(&instance_id(2)).unwrap().os = Some("Oracle Linux Server 9.4".into());
    let plan = check(&world, &["held instance.host-2 OtherSystem"]);
    assert_eq!(members(&plan), 2);
}

#[test]
fn who_is_gone_or_fits_no_longer_leaves() {
    let changes: [fn(&mut ComputeInstance); 5] = [
        |it| it.state = PowerState::Terminated,
        |it| it.state = PowerState::Terminating,
        |it| it.defined_tags.clear(),
        |it| drop(it.freeform_tags.insert("role".to_owned(), "Server".to_owned())),
        |it| it.compartment = compartment("elsewhere"),
    ];
    for change in changes {
        let mut world = selecting(applied());
        edit(&mut world, 2, change);
        check(&world, &["Change group.web Group", "s0 instance.host-2 Leave"]);
        settled(&mut world);
        assert!(!world.state.instances.contains_key(&instance_id(2)));
    }
    // Compute forgets it some time after.
    let mut world = selecting(applied());
    world.observed.compute.instances.remove(&instance_id(2));
    check(&world, &["Change group.web Group", "s0 instance.host-2 Leave"]);
}

#[test]
fn a_stranger_in_the_group_leaves_as_one_of_a_listed_group_does() {
    let mut world = selecting(applied());
    add(&mut world, 3);
    edit(&mut world, 3, |it| it.defined_tags.clear());
    let id = world.state.groups[&GroupName::new("web")].id.clone();
    world.observed.groups.get_mut(&id).unwrap().members.insert(instance_id(3));
    world.observed.instances.get_mut(&instance_id(3)).unwrap().groups.insert(id);
    check(&world, &["drift instance.host-3 Joined", "Change group.web Group", "s0 instance.host-3 Leave"]);
    // One that the selector fits is simply a member.
    edit(&mut world, 3, |it| *it = machine(3, "web"));
    let plan = world.plan().unwrap();
    assert_eq!((plan.drift.len(), members(&plan)), (0, 3));
    // And one that somebody took out is put back.
    let mut world = selecting(applied());
    let id = world.state.groups[&GroupName::new("web")].id.clone();
    world.observed.groups.get_mut(&id).unwrap().members.remove(&instance_id(2));
    world.observed.instances.get_mut(&instance_id(2)).unwrap().groups.clear();
    let plan = world.plan().unwrap();
    assert!(matches!(plan.drift[0].kind, patchtrain::plan::DriftKind::Left { .. }), "{:?}", plan.drift);
    assert_eq!(plan.group(&GroupName::new("web")).unwrap().work.joins, 1);
}

#[test]
fn the_golden_instance_and_those_listed_elsewhere_are_left_out_and_named() {
    let mut world = selecting(start());
    world.train.golden = Some(instance_id(2));
    edit(&mut world, 0, |it| *it = machine(0, "web"));
    let plan = world.plan().unwrap();
    let web = GroupName::new("web");
    let left_out = |index, why| Note::LeftOut { group: web.clone(), instance: instance_id(index), why };
    let canary = Claimant { group: GroupName::new("canary"), file: None };
    assert_eq!(plan.notes, [left_out(0, LeftOut::Listed { by: canary }), left_out(2, LeftOut::Golden)]);
    assert_eq!(members(&plan), 1);
}

#[test]
fn compartments_below_count_where_that_is_said() {
    let mut world = selecting(start());
    add(&mut world, 3);
    edit(&mut world, 3, |it| it.compartment = compartment("deep"));
    let parents = [("deep", "sub"), ("sub", "prod")];
    world.observed.compute.parents =
        parents.into_iter().map(|(child, parent)| (compartment(child), compartment(parent))).collect();
    assert_eq!(members(&world.plan().unwrap()), 2);
    let Members::Selected(selector) = &mut world.train.groups[1].members else { unreachable!() };
    selector.subcompartments = true;
    assert_eq!(members(&world.plan().unwrap()), 3);
}

#[test]
fn a_fleet_that_is_gone_at_once_is_not_dropped() {
    let mut world = selecting(applied());
    for index in 3..40 {
        add(&mut world, index);
    }
    settled(&mut world);
    let whole = world.clone();
    let shrink = |leaving| Refusal::Shrink { group: GroupName::new("web"), leaving, members: 39 };
    // An answer without a row.
    world.observed.compute.instances.clear();
    assert_eq!(world.plan_with(false).unwrap_err(), [shrink(39)]);
    assert!(world.plan_with(true).is_ok());
    for (gone, refused) in [(11, false), (12, true)] {
        let mut world = whole.clone();
        for index in 3..3 + gone {
            edit(&mut world, index, |it| it.defined_tags.clear());
        }
        assert_eq!(world.plan_with(false).is_err(), refused, "{gone}");
    }
    // A whole data centre that is stopped shrinks nothing.
    let mut world = whole;
    for index in 3..40 {
        edit(&mut world, index, |it| it.state = PowerState::Stopped);
    }
    assert_eq!(world.plan_with(false).unwrap().held.len(), 37);
}

fn overlap(first: Claimant, second: Claimant, hosts: &[usize]) -> Refusal {
    let name = |index: &usize| format!("host-{index} ({})", instance_id(*index));
    Refusal::Overlap { first, second, instances: hosts.iter().map(name).collect() }
}

fn own(group: &str) -> Claimant {
    Claimant { group: GroupName::new(group), file: None }
}

fn theirs(group: &str) -> Claimant {
    Claimant { group: GroupName::new(group), file: Some("trains/other.toml".to_owned()) }
}

#[test]
fn two_groups_of_a_train_cannot_claim_one_instance() {
    // Two selectors; one who cannot join yet counts, too.
    let mut world = selecting(start());
    edit(&mut world, 2, |it| it.state = PowerState::Stopped);
    let mut both = group("all", "GL1", &[]);
    both.members = Members::Selected(selector(&["prod"], &[]));
    world.train.groups.push(both.clone());
    assert_eq!(refused(&world), [overlap(own("web"), own("all"), &[1, 2])]);
    let message = refused(&world)[0].to_string();
    assert!(message.starts_with("group.web and group.all both claim 2 instances: host-1 ("), "{message}");

    // A selector and whoever the service says.
    let mut world = selecting(start());
    both.members = Members::Service;
    world.train.groups.push(both);
    let id = Ocid::new("ocid1.osmsmanagedinstancegroup.oc1..byhand");
    let members = BTreeSet::from([instance_id(1)]);
    world
        .observed
        .groups
        .insert(id.clone(), ServiceGroup { name: "all".into(), members, owner: None, ..Default::default() });
    world.observed.instances.get_mut(&instance_id(1)).unwrap().groups.insert(id);
    assert_eq!(refused(&world), [overlap(own("web"), own("all"), &[1])]);
}

pub(super) fn neighbour(world: &World, members: Members) -> Neighbour {
    let mut theirs = group("theirs", "GL1", &[]);
    theirs.members = members;
    Neighbour {
        file: "trains/other.toml".into(),
        name: TrainName::new("other"),
        os: world.train.os.clone(),
        architecture: world.train.architecture.clone(),
        compartment: world.train.compartment.clone(),
        golden: None,
        service: world.train.service.clone(),
        groups: vec![theirs],
        imports: Vec::new(),
    }
}

#[test]
fn nor_can_two_trains() {
    let all = || Members::Selected(selector(&["prod"], &[]));
    let of = |change: &dyn Fn(&World, &mut Neighbour)| {
        let mut world = selecting(start());
        let mut other = neighbour(&world, all());
        change(&world, &mut other);
        world.train.neighbours = vec![Arc::new(other)];
        world.plan()
    };
    assert_eq!(of(&|_, _| ()).unwrap_err(), [overlap(own("web"), theirs("theirs"), &[1, 2])]);
    // One that is theirs to freeze from is none that they claim.
    assert_eq!(
        of(&|_, other| other.golden = Some(instance_id(2))).unwrap_err(),
        [overlap(own("web"), theirs("theirs"), &[1])]
    );
    // Another region, another system: nothing is claimed twice.
    assert!(of(&|_, other| other.service.compute = patchtrain::train::Endpoint::Region).is_ok());
    assert!(of(&|_, other| other.os = "oracle-linux-9".to_owned()).is_ok());
    assert!(of(&|_, other| other.architecture = "aarch64".to_owned()).is_ok());

    // What they list is left out.
    let plan = of(&|_, other| other.groups[0].members = Members::Listed(BTreeSet::from([instance_id(2)])));
    let plan = plan.unwrap();
    let why = LeftOut::Listed { by: theirs("theirs") };
    assert_eq!(plan.notes, [Note::LeftOut { group: GroupName::new("web"), instance: instance_id(2), why }]);
}

#[test]
fn what_another_train_leaves_to_the_service_is_claimed() {
    for elsewhere in [false, true] {
        let mut world = selecting(start());
        let id = Ocid::new("ocid1.osmsmanagedinstancegroup.oc1..byhand");
        let members = BTreeSet::from([instance_id(1)]);
        let there = ServiceGroup { name: "theirs".into(), members, owner: None, ..Default::default() };
        let mut other = neighbour(&world, Members::Service);
        if elsewhere {
            other.compartment = compartment("elsewhere");
            world.observed.compute.elsewhere.insert(id.clone(), there);
        } else {
            world.observed.groups.insert(id.clone(), there);
        }
        world.observed.instances.get_mut(&instance_id(1)).unwrap().groups.insert(id);
        world.train.neighbours = vec![Arc::new(other.clone())];
        assert_eq!(refused(&world), [overlap(own("web"), theirs("theirs"), &[1])], "{elsewhere}");

        // A group of that name on the other service, off the simulator, or in another region, is not the one that is
        // seen here. One that may be, by another URL say, is taken to be.
        let place = |train: &mut Service, endpoint: Endpoint, region: &str| {
            (train.endpoint, train.region) = (endpoint, Some(region.to_owned()));
        };
        let url = |host: &str| Endpoint::Url(format!("https://{host}"));
        let (here, london) = ("eu-frankfurt-1", "uk-london-1");
        for (ours, theirs_at, api, apart) in [
            (Endpoint::Region, (Endpoint::Region, here), Api::Osms, false),
            (Endpoint::Region, (Endpoint::Region, london), Api::Osms, true),
            (Endpoint::Region, (Endpoint::Region, here), Api::Osmh, true),
            (Endpoint::Region, (Endpoint::Simulator, here), Api::Osms, true),
            (Endpoint::Simulator, (Endpoint::Region, here), Api::Osms, true),
            (Endpoint::Simulator, (Endpoint::Simulator, london), Api::Osms, false),
            (Endpoint::Region, (url("one"), london), Api::Osms, false),
            (url("one"), (url("two"), london), Api::Osms, false),
            (url("one"), (url("one"), here), Api::Osmh, true),
        ] {
            place(&mut world.train.service, ours, here);
            let mut neighbour = other.clone();
            place(&mut neighbour.service, theirs_at.0, theirs_at.1);
            neighbour.service.api = api;
            let context = format!("{elsewhere} {:?}", neighbour.service);
            world.train.neighbours = vec![Arc::new(neighbour)];
            match apart {
                true => assert!(world.plan().is_ok(), "{context}"),
                false => {
                    assert_eq!(refused(&world), [overlap(own("web"), theirs("theirs"), &[1])], "{context}");
                }
            }
        }
    }
}

#[test]
fn an_instance_of_another_system_is_the_train_s_that_selects_it_for_that_one() {
    let mut world = selecting(applied());
    add(&mut world, 3);
    world.observed.instances.get_mut(&instance_id(3)).unwrap().os = Some("Oracle Linux Server 9.4".into());
    let mut other = neighbour(&world, Members::Selected(selector(&["prod"], &[])));
    other.os = "oracle-linux-9".to_owned();
    world.train.neighbours = vec![Arc::new(other)];
    let plan = check(&world, &[]);
    let why = LeftOut::Selected { by: theirs("theirs") };
    assert_eq!(plan.notes, [Note::LeftOut { group: GroupName::new("web"), instance: instance_id(3), why }]);
}
