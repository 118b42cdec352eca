//! `enforce = "exact"`: what is done to whom, what is left and why; by table, on one instance or a few.

use patchtrain::name::Ocid;
use patchtrain::observed::{InstanceStatus, Inventory};
use patchtrain::op::{Adjust, Api, Op};
use patchtrain::package::{Package, PackageSet};
use patchtrain::plan::{Action, HeldReason, Left, Plan, Stay, Verification, lint};
use patchtrain::train::{Enforce, Enforcing};

use crate::support::hub;
use crate::support::model::{self, End};
use crate::support::worlds::{self, World, instance_id};

fn package(text: &str) -> Package {
    Package::parse(text).unwrap()
}

fn set(texts: &[&str]) -> Vec<Package> {
    texts.iter().map(|text| package(text)).collect()
}

const EXACT: Enforcing =
    Enforcing { enforce: Enforce::Exact, remove_extras: false, reboot: patchtrain::train::Reboot::Report };
const REMOVING: Enforcing = Enforcing { remove_extras: true, ..EXACT };

/// One instance that has these, runs this kernel, and is to be this release, on this system.
fn one(
    os: &str,
    enforcing: Enforcing,
    (has, unsourced): (&[&str], &[&str]),
    running: &str,
    release: &[&str],
) -> World {
    let release = worlds::release("R1", set(release), 1);
    let mut group = worlds::group("web", "R1", &[instance_id(1)]);
    group.enforcing = enforcing;
    let mut world = worlds::fresh(&mut crate::support::rng::Rng::new(1));
    world.observed.groups.clear();
    world.observed.instances.clear();
    world.train = worlds::train(vec![release], vec![group]);
    world.train.os = os.to_owned();
    let mut seen = worlds::plain_instance(1);
    seen.status = InstanceStatus::Normal;
    seen.running_kernel = Some(running).filter(|kernel| !kernel.is_empty()).map(Into::into);
    let inventory =
        Inventory { installed: PackageSet::new(set(has)), unsourced: PackageSet::new(set(unsourced)) };
    seen.inventory = Some(inventory);
    world.observed.instances.insert(instance_id(1), seen);
    world
}

/// What the plan does to the instance beyond its update, and why what is left is left.
fn told(plan: &Plan) -> (Vec<String>, Vec<String>) {
    let adjusts = plan.steps.iter().filter_map(|step| match &step.action {
        Action::Act { op: Op::Enforce { adjusts, .. } } => Some(adjusts),
        _ => None,
    });
    let adjusts = adjusts.flatten().map(|adjust| adjust.label()).collect();
    let left = plan.held.iter().filter_map(|held| match &held.reason {
        HeldReason::Inexact { left } => Some(left),
        _ => None,
    });
    let why = |Left { why, package }: &Left| {
        let why = match why {
            Stay::Extra => "extra",
            Stay::Running => "runs",
            Stay::RunsUnknown => "may run",
            Stay::Protected { .. } => "protected",
            Stay::Older => "older",
            Stay::Stream => "stream",
            Stay::Together => "together",
            Stay::Barred => "barred",
            Stay::Needed { .. } => "needed",
        };
        format!("{why} {package}")
    };
    (adjusts, left.flatten().map(why).collect())
}

#[test]
fn each_package_is_dealt_with_or_said_to_stay() {
    let k = |number: u8| format!("kernel-{number}-1.x86_64");
    let (k1, k2, k3) = (k(1), k(2), k(3));
    type Case<'a> = (&'a str, Enforcing, &'a [&'a str], &'a str, &'a [&'a str], &'a [&'a str], &'a [&'a str]);
    let cases: [Case<'_>; 13] = [
        ("8", EXACT, &["a-1-1.noarch"], "", &["a-1-1.noarch"], &[], &[]),
        // Behind is the update's, the rest is not.
        (
            "8",
            EXACT,
            &["a-1-1.noarch", "b-2-1.noarch"],
            "",
            &["a-2-1.noarch", "b-1-1.noarch"],
            &["install b-1-1.noarch"],
            &[],
        ),
        (
            "8",
            EXACT,
            &["a-1-1.noarch"],
            "",
            &["a-1-1.noarch", "b-1-1.noarch"],
            &["install b-1-1.noarch"],
            &[],
        ),
        ("8", EXACT, &["a-1-1.noarch", "x-1-1.noarch"], "", &["a-1-1.noarch"], &[], &["extra x-1-1.noarch"]),
        (
            "8",
            REMOVING,
            &["a-1-1.noarch", "x-1-1.noarch"],
            "",
            &["a-1-1.noarch"],
            &["remove x-1-1.noarch"],
            &[],
        ),
        (
            "8",
            REMOVING,
            &["a-1-1.noarch", "sudo-1-1.noarch"],
            "",
            &["a-1-1.noarch"],
            &[],
            &["protected sudo-1-1.noarch"],
        ),
        // On the older system nobody knows whether a version goes back; what is missing is installed.
        (
            "7",
            EXACT,
            &["a-2-1.noarch"],
            "",
            &["a-1-1.noarch", "b-1-1.noarch"],
            &["install b-1-1.noarch"],
            &["older a-2-1.noarch"],
        ),
        (
            "7",
            EXACT,
            &[&k2],
            "2-1.x86_64",
            &[&k1],
            &[],
            &["extra kernel-2-1.x86_64", "older kernel-1-1.x86_64"],
        ),
        // A newer kernel is extra; the release's comes beside it.
        (
            "8",
            EXACT,
            &[&k2],
            "2-1.x86_64",
            &[&k1],
            &["install kernel-1-1.x86_64"],
            &["extra kernel-2-1.x86_64"],
        ),
        ("8", REMOVING, &[&k1, &k2], "2-1.x86_64", &[&k1], &[], &["runs kernel-2-1.x86_64"]),
        (
            "8",
            REMOVING,
            &[&k1, &k2, &k3],
            "2-1.x86_64",
            &[&k1],
            &["remove kernel-3-1.x86_64"],
            &["runs kernel-2-1.x86_64"],
        ),
        ("8", REMOVING, &[&k1, &k2], "1-1.x86_64", &[&k1], &["remove kernel-2-1.x86_64"], &[]),
        ("8", REMOVING, &[&k1, &k2], "", &[&k1], &[], &["may run kernel-2-1.x86_64"]),
    ];
    for (major, enforcing, has, running, release, adjusts, left) in cases {
        let mut world = one(&format!("oracle-linux-{major}"), enforcing, (has, &[]), running, release);
        let plan = world.plan().unwrap();
        assert_eq!(lint::lint(&plan), [], "{has:?}");
        let found = told(&plan);
        assert_eq!(found.0, adjusts, "{has:?} {running}");
        assert_eq!(found.1, left, "{has:?} {running}");
        let ends = model::run_all(&mut world, &plan);
        assert!(ends.iter().all(|end| *end == End::Done), "{has:?}: {ends:?}");
        let next = world.plan().unwrap();
        assert!(!next.can_start(), "{has:?} goes on: {:#?}", next.steps);
        assert_eq!(next.groups[0].at_level, usize::from(left.is_empty()), "{has:?}");
        assert_eq!(told(&next).1, found.1, "{has:?}: what stays is told again");
    }
}

#[test]
fn what_no_source_provides_is_nobodys_to_remove() {
    let world = one(
        "oracle-linux-8",
        REMOVING,
        (&["a-1-1.noarch", "own-1-1.noarch"], &["own-1-1.noarch"]),
        "",
        &["a-1-1.noarch"],
    );
    assert_eq!(told(&world.plan().unwrap()), (Vec::new(), Vec::new()));
}

#[test]
fn a_level_of_updates_is_not_taken_for_an_exact_one() {
    let mut world =
        one("oracle-linux-8", Enforcing::default(), (&["a-2-1.noarch"], &[]), "", &["a-1-1.noarch"]);
    let plan = world.plan().unwrap();
    model::run_all(&mut world, &plan);
    let plan = world.plan().unwrap();
    assert_eq!((plan.groups[0].at_level, plan.steps.len(), plan.ahead.len()), (1, 0, 1));
    world.train.groups[0].enforcing = EXACT;
    let plan = world.plan().unwrap();
    assert_eq!((plan.groups[0].at_level, plan.groups[0].work.exact, plan.ahead.len()), (0, 1, 0));
    assert_eq!(told(&plan).0, ["install a-1-1.noarch"]);
    model::run_all(&mut world, &plan);
    let level = world.state.instances[&instance_id(1)].at_level.as_ref().unwrap();
    assert!(level.patching.is_exact());
}

/// On a service that binds groups one call is for all members: nobody loses what another one needs.
#[test]
fn a_group_that_is_bound_is_made_exact_together() {
    let mut world = hub::fleet(3, 1);
    let first = hub::plan(&world, patchtrain::cloud::osmh::CAPABILITIES);
    assert!(model::run_all(&mut world, &first).iter().all(|end| *end == End::Done));
    assert_eq!(world.train.service.api, Api::Osmh);
    world.train.groups[0].enforcing = REMOVING;
    let ids: Vec<Ocid> = world.observed.instances.keys().cloned().collect();
    let mut add = |at: usize, text: &str, own: bool| {
        let seen = world.observed.instances.get_mut(&ids[at]).unwrap();
        let Inventory { installed, unsourced } = seen.inventory.take().unwrap();
        let installed = installed.union(&[package(text)]);
        let unsourced = if own { unsourced.union(&[package(text)]) } else { unsourced };
        seen.inventory = Some(Inventory { installed, unsourced });
    };
    add(0, "extra-1-1.noarch", false);
    add(0, "shared-1-1.noarch", false);
    add(1, "shared-1-1.noarch", true);
    let plan = hub::plan(&world, patchtrain::cloud::osmh::CAPABILITIES);
    assert_eq!(lint::lint(&plan), []);
    let removes: Vec<(&Vec<Adjust>, &Vec<Ocid>)> = plan
        .steps
        .iter()
        .filter_map(|step| match &step.action {
            Action::Act { op: Op::EnforceGroup { adjusts, instances, .. } } if !adjusts[0].installs() => {
                Some((adjusts, instances))
            }
            _ => None,
        })
        .collect();
    assert_eq!(removes, [(&vec![Adjust::Remove(package("extra-1-1.noarch"))], &vec![ids[0].clone()])]);
    assert_eq!(told(&plan).1, ["together shared-1-1.noarch"]);
    let stays = plan.steps.iter().find_map(|step| match &step.action {
        Action::Verify { what: Verification::Level { instance, stays, .. } } if *instance == ids[0] => {
            Some(stays)
        }
        _ => None,
    });
    assert_eq!(stays, Some(&set(&["shared-1-1.noarch"])));
}
