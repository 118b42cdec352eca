//! Stories of a service that binds groups: what a plan does to a group as a whole, and what holds one.

use patchtrain::name::{Address, GroupName, Ocid, ReleaseName};
use patchtrain::observed::{InstanceStatus, ServiceGroup, SourceLink};
use patchtrain::op::{Again, Every, Op, OpKey, RetryToken, Schedule, Ticket, Wanted};
use patchtrain::plan::{Action, ChangeDetail, HeldReason, Plan, Refusal, lint};
use patchtrain::state::{Entry, FailedWork, UnfinishedOp};
use patchtrain::train::{Amount, Enforce, Enforcing, Members, VendorSource};

use crate::support::worlds::{World, instance_id};
use crate::support::{hub, model};

use super::small::{self, check, install, rebind, refused};

/// The small world on a service that binds groups.
fn start() -> World {
    hub::over(small::start())
}

fn applied() -> World {
    let mut world = start();
    let plan = world.plan().unwrap();
    let ends = model::run_all(&mut world, &plan);
    assert!(ends.iter().all(|end| *end == model::End::Done), "{ends:?}");
    check(&world, &[]);
    world
}

fn ops(plan: &Plan) -> Vec<&Op> {
    let acts = plan.steps.iter().filter_map(|step| match &step.action {
        Action::Act { op } => Some(op),
        _ => None,
    });
    acts.collect()
}

fn held(plan: &Plan) -> Vec<&HeldReason> {
    plan.held.iter().map(|held| &held.reason).collect()
}

#[test]
fn groups_are_made_with_their_release_and_instances_join_behind_gates() {
    check(
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
            "s8 group.canary CreateGroup <- s3",
            "s9 group.web CreateGroup <- s3",
            "s10 group.canary Enroll <- s3 s8",
            "s11 group.canary Refresh <- s10",
            "s12 instance.host-0 Level <- s11",
            "s13 group.web Gate <- s12",
            "s14 group.web Enroll <- s3 s9 s13",
            "s15 group.web Refresh <- s14",
            "s16 instance.host-1 Level <- s15",
            "s17 instance.host-2 Level <- s15",
        ],
    );
}

#[test]
fn a_group_gets_the_new_source_before_it_loses_the_old() {
    let mut world = applied();
    rebind(&mut world.train, "web", "GL2");
    let plan = check(
        &world,
        &[
            "Change group.web Group",
            "Change instance.host-1 Instance",
            "Change instance.host-2 Instance",
            "s0 group.web Attach",
            "s1 group.web Detach <- s0",
            "s2 group.web UpdateGroup <- s1",
            "s3 group.web Refresh <- s2",
            "s4 instance.host-1 Level <- s3",
            "s5 instance.host-2 Level <- s3",
        ],
    );
    assert_eq!((plan.cost.changing_calls, plan.cost.work_requests), (4, 8));
}

#[test]
fn what_somebody_made_of_a_groups_sources_is_drift_and_put_right() {
    let mut world = applied();
    let web = world.state.groups[&GroupName::new("web")].id.clone();
    let vendor = hub::vendor_link();
    world.observed.groups.get_mut(&web).unwrap().sources = vec![vendor];
    let plan = world.plan().unwrap();
    assert_eq!(lint::lint(&plan), []);
    let told = small::told(&plan);
    assert!(told.starts_with("drift group.web Sources\nChange group.web Group"), "{told}");
    assert!(matches!(ops(&plan)[..], [Op::Attach { .. }, Op::Detach { .. }, Op::Refresh { .. }]), "{told}");

    // One beside the release's own goes, and the members keep that: nothing moves from a release to another.
    let mut world = applied();
    let (own, other) = ("GL1", "GL2");
    let link = |release: &str| {
        let (id, source) =
            world.observed.sources.iter().find(|(_, source)| source.name.ends_with(release)).unwrap();
        SourceLink { id: id.clone(), name: source.name.clone() }
    };
    let both = vec![link(other), link(own)];
    world.observed.groups.get_mut(&web).unwrap().sources = both.clone();
    for index in [1, 2] {
        world.observed.instances.get_mut(&instance_id(index)).unwrap().children = both.clone();
    }
    let plan = world.plan().unwrap();
    assert_eq!(lint::lint(&plan), []);
    assert!(plan.moves.is_empty(), "{:?}", plan.moves);
    let [cohort] = &plan.cohorts[..] else { panic!("{:?}", plan.cohorts) };
    assert_eq!((cohort.from.as_ref(), &cohort.drops[..]), (Some(&both[1]), &both[..1]));
}

#[test]
fn a_member_with_other_sources_than_its_group_joins_it_again() {
    let mut world = applied();
    let apart = |world: &mut World| {
        world.observed.instances.get_mut(&instance_id(1)).unwrap().children = vec![hub::vendor_link()];
    };
    apart(&mut world);
    let plan = world.plan().unwrap();
    assert_eq!(lint::lint(&plan), []);
    assert!(
        matches!(ops(&plan)[..], [Op::Dismiss { .. }, Op::Enroll { .. }, Op::Refresh { .. }]),
        "{}",
        small::told(&plan)
    );

    // Who is in a group that we leave to the service is not ours to say, not even for a moment.
    world.train.groups[1].members = Members::Service;
    install(&mut world, 2, "bash-0.9-1.x86_64 openssl-1:1.1-1.x86_64 kernel-4-1.x86_64");
    let plan = world.plan().unwrap();
    assert_eq!(lint::lint(&plan), []);
    assert!(
        matches!(held(&plan)[..], [HeldReason::Apart { .. }, HeldReason::Stray { .. }])
            || matches!(held(&plan)[..], [HeldReason::Stray { .. }, HeldReason::Apart { .. }]),
        "{:?}",
        held(&plan)
    );
    assert!(ops(&plan).is_empty(), "an update of the group would take the one apart beyond its release");
}

#[test]
fn what_failed_on_some_members_is_done_again_on_those_alone() {
    let mut world = applied();
    install(&mut world, 2, "bash-0.9-1.x86_64 openssl-1:1.1-1.x86_64 kernel-4-1.x86_64");
    let plan = world.plan().unwrap();
    assert!(matches!(ops(&plan)[..], [Op::UpdateGroup { .. }, Op::Refresh { .. }]), "{}", small::told(&plan));

    let failed = FailedWork {
        ticket: Ticket("ocid1.osmhworkrequest.oc1..failed".into()),
        again: Again::Update(patchtrain::op::Wanted::All),
        release: patchtrain::name::ReleaseName::new("GL1"),
        instances: [instance_id(2)].into(),
    };
    world.state.groups.get_mut(&GroupName::new("web")).unwrap().failed = Some(failed);
    let plan = world.plan().unwrap();
    assert_eq!(lint::lint(&plan), []);
    let [Op::Rerun { of, instances, .. }, Op::Refresh { .. }] = ops(&plan)[..] else {
        panic!("{}", small::told(&plan))
    };
    assert_eq!((of.0.as_str(), instances), ("ocid1.osmhworkrequest.oc1..failed", &vec![instance_id(2)]));

    // Not while it goes on for one whom the service does not reach: it is refused until then.
    let silent = world.observed.instances.get_mut(&instance_id(1)).unwrap();
    silent.status = patchtrain::observed::InstanceStatus::Unreachable;
    silent.open_work = vec![Ticket("ocid1.osmhworkrequest.oc1..failed".into())];
    let plan = world.plan().unwrap();
    assert!(matches!(ops(&plan)[..], [Op::UpdateGroup { .. }, Op::Refresh { .. }]), "{}", small::told(&plan));
    let back = world.observed.instances.get_mut(&instance_id(1)).unwrap();
    (back.status, back.open_work) = (patchtrain::observed::InstanceStatus::Normal, Vec::new());

    // Not where another one needs it too.
    install(&mut world, 1, "bash-0.9-1.x86_64 openssl-1:1.1-1.x86_64 kernel-4-1.x86_64");
    let plan = world.plan().unwrap();
    assert!(matches!(ops(&plan)[..], [Op::UpdateGroup { .. }, Op::Refresh { .. }]), "{}", small::told(&plan));
}

#[test]
fn what_is_left_to_a_schedule_is_listed_anew_once_it_has_run() {
    let mut world = start();
    let week = Schedule {
        update: Wanted::All,
        every: Every::parse("1 week").unwrap(),
        start: "2026-12-05T02:00:00Z".parse().unwrap(),
    };
    (world.train.groups[0].update, world.train.groups[0].schedule) = (None, Some(week));
    let plan = world.plan().unwrap();
    model::run_all(&mut world, &plan);
    install(&mut world, 0, "bash-0.9-1.x86_64 openssl-1:1.1-1.x86_64 kernel-4-1.x86_64");
    world.state.instances.get_mut(&instance_id(0)).unwrap().at_level = None;
    let ran = world.now;
    world.observed.schedules.values_mut().for_each(|seen| seen.job.last = Some(ran));
    let hour = jiff::SignedDuration::from_hours(1);

    // The list is that of after the run, or nobody knows: what is not there is still to come.
    for listed in [None, Some(ran), Some(ran + hour)] {
        world.observed.instances.get_mut(&instance_id(0)).unwrap().listed = listed;
        let plan = world.plan().unwrap();
        assert!(matches!(held(&plan)[..], [HeldReason::Schedule { packages: 1, .. }]), "{:?}", held(&plan));
        assert!(ops(&plan).is_empty(), "{}", small::told(&plan));
    }
    world.observed.instances.get_mut(&instance_id(0)).unwrap().listed = Some(ran - hour);
    let plan = check(
        &world,
        &["Change group.canary Group", "s0 group.canary Refresh", "s1 instance.host-0 Level <- s0"],
    );
    assert_eq!(lint::lint(&plan), []);
    assert!(held(&plan).is_empty(), "{:?}", held(&plan));

    // Not while it is still at it.
    let busy = world.observed.instances.get_mut(&instance_id(0)).unwrap();
    busy.open_work = vec![Ticket("ocid1.osmhworkrequest.oc1..job".into())];
    assert!(matches!(held(&world.plan().unwrap())[..], [HeldReason::Schedule { .. }]));
}

#[test]
fn open_work_on_one_member_holds_them_all() {
    let mut world = applied();
    rebind(&mut world.train, "web", "GL2");
    let seen = world.observed.instances.get_mut(&instance_id(1)).unwrap();
    seen.open_work.push(Ticket("ocid1.osmhworkrequest.oc1..theirs".into()));
    let plan = world.plan().unwrap();
    assert_eq!(lint::lint(&plan), []);
    assert!(ops(&plan).is_empty(), "{}", small::told(&plan));
    assert!(matches!(held(&plan)[..], [HeldReason::OpenWork { .. }, HeldReason::Beside { .. }]));
}

#[test]
fn who_is_in_somebody_elses_group_or_stage_does_not_join() {
    let mut world = start();
    let stage = Ocid::new("ocid1.osmhlifecyclestage.oc1..stage");
    let theirs = Ocid::new("ocid1.osmhmanagedinstancegroup.oc1..theirs");
    let group =
        ServiceGroup { name: "theirs".into(), members: [instance_id(2)].into(), ..Default::default() };
    world.observed.groups.insert(theirs.clone(), group);
    for (index, home) in [(1, &stage), (2, &theirs)] {
        world.observed.instances.get_mut(&instance_id(index)).unwrap().groups = [home.clone()].into();
    }
    let plan = world.plan().unwrap();
    assert_eq!(lint::lint(&plan), []);
    let taken =
        |by: &Ocid, name: Option<&str>| HeldReason::Taken { by: by.clone(), name: name.map(Into::into) };
    let (one, other) = (taken(&stage, None), taken(&theirs, Some("theirs")));
    assert_eq!(held(&plan), [&one, &other]);
    let joining = ops(&plan).into_iter().filter_map(|op| match op {
        Op::Enroll { instances, .. } => Some(instances.clone()),
        _ => None,
    });
    assert_eq!(joining.collect::<Vec<_>>(), [[instance_id(0)]], "{}", small::told(&plan));

    // Whoever was taken out of it joins.
    for index in [1, 2] {
        world.observed.instances.get_mut(&instance_id(index)).unwrap().groups.clear();
    }
    world.observed.groups.clear();
    let plan = world.plan().unwrap();
    assert!(held(&plan).is_empty(), "{}", small::told(&plan));

    // From one group of the train to the other he is led by the plan itself, and from one that it no longer declares.
    let mut world = applied();
    let members = |ids: &[usize]| Members::Listed(ids.iter().map(|id| instance_id(*id)).collect());
    world.train.groups[0].members = members(&[0, 2]);
    world.train.groups[1].members = members(&[1]);
    assert!(held(&world.plan().unwrap()).is_empty());
    world.train.groups.remove(1);
    let plan = world.plan().unwrap();
    assert!(held(&plan).is_empty() && ops(&plan).iter().any(|op| matches!(op, Op::Enroll { .. })));

    // A member that somebody has moved elsewhere is missed, and stays there.
    let mut world = applied();
    let web = world.state.groups[&GroupName::new("web")].id.clone();
    world.observed.groups.get_mut(&web).unwrap().members.remove(&instance_id(1));
    world.observed.instances.get_mut(&instance_id(1)).unwrap().groups = [stage.clone()].into();
    let plan = world.plan().unwrap();
    assert_eq!(lint::lint(&plan), []);
    assert_eq!(held(&plan), [&taken(&stage, None)]);
    assert!(ops(&plan).is_empty(), "{}", small::told(&plan));
}

#[test]
fn a_vendor_source_that_cannot_be_used_stops_the_plan() {
    let mut world = start();
    world.train.vendor_sources.push(VendorSource::Name("ol8_nothing".into()));
    world.observed.vendors.values_mut().for_each(|vendor| vendor.selected = false);
    let refusals = refused(&world);
    let texts: Vec<String> = refusals.iter().map(ToString::to_string).collect();
    assert!(
        matches!(
            refusals[..],
            [Refusal::VendorSource { id: Some(_), .. }, Refusal::VendorSource { id: None, .. }]
        ),
        "{texts:?}"
    );
    assert!(texts[0].contains("availabilityAtOci SELECTED"), "{}", texts[0]);
}

#[test]
fn a_profile_comes_and_goes_with_its_line() {
    let mut world = applied();
    world.train.groups[1].profile = true;
    check(&world, &["Add profile.web Profile", "s0 profile.web CreateProfile"]);
    let plan = world.plan().unwrap();
    model::run_all(&mut world, &plan);
    check(&world, &[]);
    world.train.groups[1].profile = false;
    check(&world, &["Destroy profile.web Profile", "s0 profile.web DeleteProfile"]);
}

#[test]
fn a_profile_stays_when_its_group_takes_its_old_name_back() {
    let mut world = applied();
    world.train.groups[1].profile = true;
    let plan = world.plan().unwrap();
    model::run_all(&mut world, &plan);
    let (web, front) = (GroupName::new("web"), GroupName::new("front"));
    let id = world.state.profiles[&web].id.clone();
    world.state.rename(&web, &front).unwrap();
    let plan = world.plan().unwrap();
    let touched = |op: &&Op| matches!(op, Op::CreateProfile { .. } | Op::DeleteProfile { .. });
    assert_eq!(ops(&plan).into_iter().filter(|op| touched(op)).count(), 0, "{}", small::told(&plan));
    world
        .state
        .record(&Entry::Bound { group: web.clone(), id: world.state.groups[&front].id.clone() })
        .unwrap();
    assert_eq!(world.state.profiles[&web].id, id);
    assert_eq!(world.state.profiles.len(), 1);
    check(&world, &[]);
}

/// The bar: 2,000 instances in 4 groups are switched and updated by no more than 60 changing calls.
#[test]
fn who_leaves_with_a_wave_that_is_given_up_is_counted_once() {
    let mut world = start();
    world.train.groups[1].pace.waves = vec![Amount::Number(1)];
    let plan = world.plan().unwrap();
    let ends = model::run_all(&mut world, &plan);
    assert!(ends.iter().all(|end| *end == model::End::Done), "{ends:?}");
    // One of the two waves is enough for whoever stays.
    let second = &world.state.groups[&GroupName::new("web/2")].id;
    let mut members: std::collections::BTreeSet<Ocid> = (1..3).map(instance_id).collect();
    members.retain(|id| !world.observed.groups[second].members.contains(id));
    assert_eq!(members.len(), 1);
    world.train.groups[1].members = Members::Listed(members);
    world.train.groups[1].pace.waves.clear();
    let plan = world.plan().unwrap();
    let leaving = plan.changes.iter().find_map(|change| match &change.detail {
        ChangeDetail::DeleteGroup { leaves } if !leaves.is_empty() => Some((&change.address, leaves.len())),
        _ => None,
    });
    assert_eq!(leaving, Some((&Address::Group(GroupName::new("web/2")), 1)));
    let web = plan.group(&GroupName::new("web")).unwrap();
    assert_eq!((web.work.leaves, plan.figures().leaves), (1, 1));
}

#[test]
fn a_large_fleet_takes_few_calls() {
    let mut world = hub::fleet(2_000, 4);
    let capabilities = patchtrain::cloud::osmh::CAPABILITIES;
    let first = hub::plan(&world, capabilities);
    assert!(first.cost.changing_calls <= 60, "a first apply takes {} calls", first.cost.changing_calls);
    let ends = model::run_all(&mut world, &first);
    assert!(ends.iter().all(|end| *end == model::End::Done));
    for group in &mut world.train.groups {
        group.release = patchtrain::name::ReleaseName::new("GL2");
    }
    let next = hub::plan(&world, capabilities);
    assert_eq!(next.groups.iter().map(|group| group.work.updates).sum::<usize>(), 2_000);
    assert_eq!(next.cost.changing_calls, 16, "attach, detach, update and list anew, for each of four groups");
}

/// Has the member of `web` that lacks something, or another one, have work of an earlier run open.
fn in_flight(world: &mut World, key: OpKey, ticket: Option<&str>) {
    let begun = UnfinishedOp {
        token: RetryToken("token".into()),
        started: world.now,
        ticket: ticket.map(|ticket| Ticket(ticket.into())),
        instances: Vec::new(),
    };
    world.state.unfinished.insert(key, begun);
}

/// A plan takes up what it asks for itself. What it does not ask for is waited for, since the service is asked nothing more
/// meanwhile; but not by those who would wait a day for one that it does not reach.
#[test]
fn an_update_that_no_step_takes_up_is_waited_for() {
    let mut lacking = applied();
    let web = lacking.train.groups.iter_mut().find(|group| group.name.as_str() == "web").unwrap();
    web.enforcing = Enforcing { enforce: Enforce::Exact, ..Enforcing::default() };
    install(&mut lacking, 1, "openssl-1:1.1-1.x86_64 kernel-4-1.x86_64");
    let enforces = |world: &World| {
        let plan = world.plan().unwrap();
        let op = ops(&plan).into_iter().find(|op| matches!(op, Op::EnforceGroup { .. })).map(Op::key);
        let waits = held(&plan)
            .iter()
            .filter(|why| matches!(why, HeldReason::OpenWork { .. } | HeldReason::Beside { .. }))
            .count();
        (op, waits)
    };
    let (asked, _) = enforces(&lacking);
    let (web, gl1) = (GroupName::new("web"), ReleaseName::new("GL1"));
    let other = OpKey::enforce_group(&web, &gl1, &[]);
    let update = OpKey::update_group(&web, &gl1);
    let asked = asked.unwrap();
    let open = |world: &mut World, index| {
        let seen = world.observed.instances.get_mut(&instance_id(index)).unwrap();
        seen.open_work = vec![Ticket("work".into())];
    };
    // What is in flight, on whom it is open, and whether the correction is asked for.
    type Begun<'a> = (&'a OpKey, Option<&'a str>);
    let table: [(&[Begun<'_>], usize, bool); 7] = [
        (&[(&asked, Some("work"))], 1, true),
        (&[(&other, Some("work"))], 1, false),
        (&[(&update, Some("work"))], 1, false),
        (&[(&update, Some("work"))], 2, false),
        (&[(&update, None)], 1, false),
        (&[(&update, Some("another"))], 1, false),
        // Somebody else of ours is known to have it open.
        (&[(&update, None), (&OpKey::refresh(&web), Some("work"))], 1, true),
    ];
    for (begun, index, expected) in table {
        let mut world = lacking.clone();
        begun.iter().for_each(|(key, ticket)| in_flight(&mut world, (*key).clone(), *ticket));
        open(&mut world, index);
        let (key, waits) = enforces(&world);
        assert_eq!((key.is_some(), waits == 0), (expected, expected), "{begun:?} on {index}");
        // It is over.
        world.observed.instances.get_mut(&instance_id(index)).unwrap().open_work.clear();
        assert_eq!(enforces(&world).0, Some(asked.clone()), "{begun:?}");
    }
    let mut world = lacking;
    in_flight(&mut world, update, Some("work"));
    open(&mut world, 2);
    world.observed.instances.get_mut(&instance_id(2)).unwrap().status = InstanceStatus::Unreachable;
    assert_eq!(enforces(&world).0, Some(asked));
}
