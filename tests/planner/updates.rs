//! Updates by hand: plans that install what is outstanding and nothing else, over the same generated worlds.

use patchtrain::name::GroupName;
use patchtrain::op::{Capabilities, Op, UpdateKind, Wanted};
use patchtrain::plan::{
    Action, HeldReason, Input, Note, Plan, Request, Stranger, Target, Verification, lint,
};

use crate::support::hub;
use crate::support::model::{self, End};
use crate::support::rng::Rng;
use crate::support::worlds::{self, World, instance_id};

fn asked(world: &World, target: Target, wanted: Wanted, packages: &[&str]) -> Result<Plan, Stranger> {
    let osms = Capabilities { packages_per_call: 2, ..patchtrain::cloud::osms::CAPABILITIES };
    asked_of(osms, world, target, wanted, packages)
}

fn asked_of(
    capabilities: Capabilities,
    world: &World,
    target: Target,
    wanted: Wanted,
    packages: &[&str],
) -> Result<Plan, Stranger> {
    let (service, observed) = (worlds::label(), world.surveyed());
    let input = Input {
        train: &world.train,
        state: &world.state,
        observed: &observed,
        capabilities,
        service: &service,
        now: world.now,
        allow_shrink: true,
    };
    let packages = packages.iter().map(|name| (*name).to_owned()).collect();
    patchtrain::plan::update(&input, &Request { target, wanted, packages, streams: Vec::new() })
}

fn ops(plan: &Plan) -> Vec<String> {
    let key = |action: &Action| match action {
        Action::Act { op } => op.key().0,
        Action::Verify { what: Verification::Patched { instance, .. } } => format!("patched {instance}"),
        Action::Verify { what: Verification::Level { instance, .. } } => format!("level {instance}"),
        other => format!("{other:?}"),
    };
    plan.steps.iter().map(|step| key(&step.action)).collect()
}

#[test]
fn whoever_is_updated_by_hand_has_nothing_outstanding_and_a_level_that_was_left_is_proven_again() {
    let mut worked = 0;
    for seed in worlds::seeds(300) {
        let mut rng = Rng::new(seed);
        let mut world = worlds::fresh(&mut rng);
        for _ in 0..rng.below(3) {
            if let Ok(plan) = world.plan() {
                model::run_all(&mut world, &plan);
            }
            worlds::disturb(&mut world, &mut rng);
        }
        let group = rng.pick(&world.train.groups).name.clone();
        let wanted =
            *rng.pick(&[Wanted::All, Wanted::Only(UpdateKind::Security), Wanted::Only(UpdateKind::Bugfix)]);
        let names: &[&str] = if rng.chance(30) { &["bash", "zlib.x86_64"] } else { &[] };
        let plan = asked(&world, Target::Group(group.clone()), wanted, names).unwrap();
        let findings = lint::lint(&plan);
        assert!(findings.is_empty(), "seed {seed}: {findings:#?}\n{:#?}", plan.steps);
        let by_hand =
            |action: &Action| !matches!(action, Action::Act { op } if !matches!(op, Op::Patch { .. }));
        assert!(plan.steps.iter().all(|step| by_hand(&step.action)), "seed {seed}");
        worked += usize::from(plan.can_start());
        let ends = model::run_all(&mut world, &plan);
        assert!(ends.iter().all(|end| *end == End::Done), "seed {seed}: {ends:?}\n{:#?}", plan.steps);
        let next = asked(&world, Target::Group(group), wanted, names).unwrap();
        assert!(next.steps.is_empty(), "seed {seed} goes on: {:#?}", ops(&next));
    }
    assert!(worked > 10, "only {worked} worlds had something to update");
}

/// A world whose only group rides its release and is behind it by one security and one bug fix.
fn behind() -> World {
    let package = |text: &str| patchtrain::package::Package::parse(text).unwrap();
    let set = |texts: &[&str]| texts.iter().map(|text| package(text)).collect::<Vec<_>>();
    let release = worlds::release("R1", set(&["bash-2-1.x86_64", "zlib-2-1.x86_64"]), 1);
    let mut group = worlds::group("web", "R1", &[instance_id(1), instance_id(2)]);
    group.update = Some(Wanted::Only(UpdateKind::Security));
    let has_both = |world: &World| (1..=2).all(|n| world.observed.instances.contains_key(&instance_id(n)));
    let mut world = (1..).map(|seed| worlds::fresh(&mut Rng::new(seed))).find(has_both).unwrap();
    world.observed.groups.clear();
    world.observed.instances.retain(|id, _| *id == instance_id(1) || *id == instance_id(2));
    world.train = worlds::train(vec![release], vec![group]);
    for seen in world.observed.instances.values_mut() {
        seen.status = patchtrain::observed::InstanceStatus::Normal;
        seen.groups.clear();
        seen.open_work.clear();
        let installed = patchtrain::package::PackageSet::new(set(&["bash-1-1.x86_64", "zlib-1-1.x86_64"]));
        seen.inventory = Some(patchtrain::observed::Inventory { installed, ..Default::default() });
    }
    assert_eq!(world.observed.instances.len(), 2);
    let plan = world.plan().unwrap();
    model::run_all(&mut world, &plan);
    world
}

#[test]
fn only_what_is_asked_for_is_installed_by_kind_or_by_name() {
    let world = behind();
    let group = || Target::Group(GroupName::new("web"));
    let bugfix = Wanted::Only(UpdateKind::Bugfix);
    let (one, two) = (instance_id(1), instance_id(2));
    let of = |what: &str, id: &patchtrain::name::Ocid| {
        vec![format!("update/@{what}/{id}"), format!("patched {id}"), format!("level {id}")]
    };
    let security = asked(&world, group(), Wanted::Only(UpdateKind::Security), &[]).unwrap();
    assert_eq!(ops(&security), Vec::<String>::new());
    assert_eq!(
        ops(&asked(&world, group(), bugfix, &[]).unwrap()),
        [of("bugfix", &one), of("bugfix", &two)].concat()
    );
    let named = asked(&world, Target::Instance(two.clone()), Wanted::All, &["zlib.x86_64", "vim"]).unwrap();
    assert_eq!(ops(&named), of("zlib-2-1.x86_64", &two));
    assert_eq!(named.notes, [Note::NotOutstanding { package: "vim".into() }]);
    // Of another architecture there is none.
    assert!(asked(&world, group(), Wanted::All, &["zlib.i686"]).unwrap().steps.is_empty());
    let stranger = instance_id(99);
    assert_eq!(
        asked(&world, Target::Instance(stranger.clone()), Wanted::All, &[]).unwrap_err(),
        Stranger::Instance(stranger)
    );
}

/// A service that updates groups as a whole installs a package on all members, also on those that never had it.
#[test]
fn a_package_that_not_every_member_has_is_held() {
    let capabilities = patchtrain::cloud::osmh::CAPABILITIES;
    let mut world = hub::fleet(3, 1);
    let first = hub::plan(&world, capabilities);
    assert!(model::run_all(&mut world, &first).iter().all(|end| *end == End::Done));
    let package = |text: &str| patchtrain::package::Package::parse(text).unwrap();
    let old = [package("package-1-0-1.el8.x86_64"), package("package-2-0-1.el8.x86_64")];
    for (at, seen) in world.observed.instances.values_mut().enumerate() {
        let inventory = seen.inventory.as_mut().unwrap();
        let of_these = |one: &patchtrain::package::Package| ["package-1", "package-2"].contains(&one.name());
        let others = inventory.installed.iter().filter(|one| !of_these(one));
        let older = old.iter().copied().filter(|one| at < 2 || one.name() == "package-1");
        inventory.installed = others.chain(older).collect();
    }
    let group = world.train.groups[0].name.clone();
    let ask = |names: &[&str]| {
        asked_of(capabilities, &world, Target::Group(group.clone()), Wanted::All, names).unwrap()
    };
    let everywhere = ask(&["package-1"]);
    let key = format!("group-update/{group}/@package-1-1-1.el8.x86_64");
    assert_eq!((ops(&everywhere)[0].as_str(), everywhere.held.len()), (key.as_str(), 0));
    let not = ask(&["package-2"]);
    assert_eq!(ops(&not), Vec::<String>::new());
    let lacks = HeldReason::NotEverywhere { package: "package-2".into(), lacking: 1 };
    assert_eq!(not.held.iter().map(|held| &held.reason).collect::<Vec<_>>(), [&lacks, &lacks]);
    let both = ask(&["package-1", "package-2"]);
    let updates = ops(&both).into_iter().filter(|op| op.starts_with("group-update/")).count();
    assert_eq!((updates, both.held.len()), (1, 2), "the one is installed, the other held");
}

#[test]
fn whoever_rides_something_else_or_is_at_work_is_held() {
    let mut world = behind();
    let vendor = patchtrain::name::Ocid::new("ocid1.osmssoftwaresource.oc1..vendor");
    let newest = ["bash-9-1.x86_64"].map(|text| patchtrain::package::Package::parse(text).unwrap());
    world.observed.sources.get_mut(&vendor).unwrap().contents =
        Some(patchtrain::package::PackageSet::new(newest.to_vec()));
    let link = patchtrain::observed::SourceLink { id: vendor, name: "vendor".into() };
    world.observed.instances.get_mut(&instance_id(1)).unwrap().parent = Some(link);
    let ticket = patchtrain::op::Ticket("ocid1.osmsworkrequest.oc1..alien".into());
    world.observed.instances.get_mut(&instance_id(2)).unwrap().open_work = vec![ticket.clone()];
    let plan = asked(&world, Target::Group(GroupName::new("web")), Wanted::All, &[]).unwrap();
    assert!(lint::lint(&plan).is_empty(), "{:?}", lint::lint(&plan));
    let reasons: Vec<&HeldReason> = plan.held.iter().map(|held| &held.reason).collect();
    let elsewhere = HeldReason::Elsewhere { rides: Some("vendor".into()) };
    assert_eq!(reasons, [&elsewhere, &HeldReason::OpenWork { ticket }]);
    // The golden instance rides what it rides, and may be updated.
    world.train.golden = Some(instance_id(1));
    let patchtrain::train::Members::Listed(listed) = &mut world.train.groups[0].members else {
        unreachable!()
    };
    listed.remove(&instance_id(1));
    let plan = asked(&world, Target::Instance(instance_id(1)), Wanted::All, &[]).unwrap();
    assert_eq!(
        ops(&plan),
        [format!("update/@all/{}", instance_id(1)), format!("patched {}", instance_id(1))]
    );
    assert_eq!(plan.golden, Some(instance_id(1)));
}
