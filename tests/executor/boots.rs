//! Boots that do not go well, on both services: they are remembered, count, are not asked for over and over, and answer for no
//! other one.

use std::time::Duration;

use patchtrain::apply::{Event, Outcome, StepEnd, apply};
use patchtrain::cloud::memory::Fault;
use patchtrain::name::{GroupName, Ocid, ReleaseName};
use patchtrain::observed::{InstanceStatus, Inventory, Observed};
use patchtrain::op::{Api, Lineage, Op, OpKey};
use patchtrain::package::{Package, PackageSet};
use patchtrain::plan::{Action, HeldReason, Plan};
use patchtrain::rollout::Amount;
use patchtrain::state::State;
use patchtrain::state::store::Session;
use patchtrain::train::{Enforcing, Reboot};

use super::convergence::{Pipeline, run};
use crate::support::hub;
use crate::support::store::MemoryStore;
use crate::support::worlds::{self, World, instance_id, plain_instance};

const BOTH: [Api; 2] = [Api::Osms, Api::Osmh];

pub(super) fn set(texts: &[&str]) -> Vec<Package> {
    texts.iter().map(|text| Package::parse(text).unwrap()).collect()
}

/// Two groups of one member each, `web` behind `canary`, whose members wait for the kernel of GL1 and are booted into it.
pub(super) fn fleet(api: Api) -> World {
    let releases = [("GL1", "2"), ("GL2", "3")].map(|(name, version)| {
        let kernel = format!("kernel-1-{version}.x86_64");
        worlds::release(name, set(&[&kernel, "bash-2-1.x86_64"]), 1)
    });
    let mut groups = ["canary", "web"].map(|name| worlds::group(name, "GL1", &[]));
    let mut observed = Observed::default();
    for (n, group) in groups.iter_mut().enumerate() {
        let id = instance_id(n);
        group.members = patchtrain::train::Members::Listed([id.clone()].into());
        group.max_failures = Amount::Number(0);
        group.pace.stops = true;
        group.enforcing = Enforcing { reboot: Reboot::Window, ..Enforcing::default() };
        let mut seen = plain_instance(n);
        let installed = PackageSet::new(set(&["bash-1-1.x86_64", "kernel-1-1.x86_64"]));
        seen.inventory = Some(Inventory { installed, unsourced: PackageSet::default() });
        seen.running_kernel = Some("1-1.x86_64".into());
        match api {
            Api::Osms => seen.parent = Some(hub::vendor_link()),
            Api::Osmh => seen.children = vec![hub::vendor_link()],
        }
        observed.instances.insert(id, seen);
    }
    groups[1].after = vec![groups[0].name.clone()];
    let source = patchtrain::observed::Source {
        name: "ol8_baseos".into(),
        owner: None,
        contents: Some(PackageSet::default()),
        parent: None,
    };
    observed.sources.insert(hub::vendor_link().id, source);
    let train = worlds::train(releases.into(), groups.into());
    let state = State::new(train.name.clone(), Lineage("lineage".into()));
    let world = World { train, state, observed, now: "2026-11-22T12:00:00Z".parse().unwrap() };
    if api == Api::Osmh { hub::over(world) } else { world }
}

pub(super) fn canary() -> Ocid {
    instance_id(0)
}

fn reboot() -> OpKey {
    OpKey::reboot(&canary())
}

fn runs(pipeline: &Pipeline, id: &Ocid) -> String {
    pipeline.cloud.observed().instances[id].running_kernel.as_deref().unwrap().to_owned()
}

pub(super) fn state(pipeline: &Pipeline) -> State {
    pipeline.store.state().unwrap()
}

pub(super) fn is_at_level(pipeline: &Pipeline, id: &Ocid) -> bool {
    state(pipeline).instances.get(id).is_some_and(|record| record.at_level.is_some())
}

pub(super) fn failed(pipeline: &Pipeline, group: &str) -> Vec<String> {
    let rollout = &state(pipeline).rollouts[group];
    rollout.failed.values().map(|failure| failure.why.clone()).collect()
}

pub(super) fn end_of(plan: &Plan, outcome: &Outcome, key: &OpKey) -> StepEnd {
    let is = |action: &Action| matches!(action, Action::Act { op } if op.key() == *key);
    let step = plan.steps.iter().find(|step| is(&step.action)).unwrap();
    outcome.ends[step.id.0 as usize].1.clone()
}

fn reboots(plan: &Plan) -> usize {
    plan.steps.iter().filter(|step| matches!(step.action, Action::Act { op: Op::Reboot { .. } })).count()
}

/// Somebody has looked into it, and says that it may go on.
fn resume(pipeline: &mut Pipeline, group: &str) {
    let mut state = state(pipeline);
    assert!(state.resume(&GroupName::new(group)));
    pipeline.store = MemoryStore::holding(state.paused_after(0));
}

#[tokio::test(start_paused = true)]
async fn a_boot_into_another_kernel_is_remembered_until_the_right_one_runs() {
    for api in BOTH {
        let mut pipeline = Pipeline::new(&fleet(api));
        pipeline.cloud.on_submit(reboot(), 1, Fault::IdleUpdate);
        let plan = pipeline.plan(0).await;
        pipeline.apply(&plan).await;
        assert!(state(&pipeline).boots[&canary()].failed.is_some());
        assert_eq!(failed(&pipeline, "canary").len(), 1);
        assert!(state(&pipeline).rollouts["canary"].stopped.is_some(), "it counts as any failure");

        // Neither the same plan nor another one proves a level, opens the gate, or boots it over and over.
        pipeline.apply(&plan).await;
        let again = pipeline.plan(0).await;
        let unbooted = |plan: &Plan| {
            plan.held.iter().any(|held| match &held.reason {
                HeldReason::Unbooted { kernel, runs, .. } => {
                    (kernel.as_deref(), runs.as_deref()) == (Some("1-2.x86_64"), Some("1-1.x86_64"))
                }
                _ => false,
            })
        };
        assert!(unbooted(&again), "{:?}", again.held);
        pipeline.apply(&again).await;
        assert_eq!(pipeline.cloud.calls(&reboot()), 1);
        assert!(!is_at_level(&pipeline, &canary()));
        assert_eq!(runs(&pipeline, &instance_id(1)), "1-1.x86_64", "nobody else is touched");

        // Somebody has made the kernel its default, and rebooted it.
        pipeline.cloud.edit(|observed| {
            observed.instances.get_mut(&canary()).unwrap().running_kernel = Some("1-2.x86_64".into());
        });
        resume(&mut pipeline, "canary");
        pipeline.settle(0).await;
        assert_eq!(pipeline.cloud.calls(&reboot()), 1);
        assert!(is_at_level(&pipeline, &canary()) && is_at_level(&pipeline, &instance_id(1)));
        assert!(state(&pipeline).boots.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_did_not_boot_as_expected_is_booted_once_more_after_a_resume() {
    for api in BOTH {
        let mut pipeline = Pipeline::new(&fleet(api));
        pipeline.cloud.on_submit(reboot(), 1, Fault::IdleUpdate);
        let plan = pipeline.plan(0).await;
        pipeline.apply(&plan).await;
        resume(&mut pipeline, "canary");
        pipeline.settle(0).await;
        assert_eq!(pipeline.cloud.calls(&reboot()), 2);
        assert_eq!(runs(&pipeline, &canary()), "1-2.x86_64");
        assert!(is_at_level(&pipeline, &canary()));
        assert!(state(&pipeline).boots.is_empty());
    }
}

/// Without a rollout that stops, the saved plan is all that is applied, again and again.
#[tokio::test(start_paused = true)]
async fn a_plan_that_is_applied_again_does_not_boot_again_what_did_not_boot_as_expected() {
    let mut world = fleet(Api::Osms);
    world.train.groups.iter_mut().for_each(|group| group.pace.stops = false);
    let mut pipeline = Pipeline::new(&world);
    pipeline.cloud.on_submit(reboot(), 1, Fault::IdleUpdate);
    let plan = pipeline.plan(0).await;
    for round in 0..3 {
        let outcome = pipeline.apply(&plan).await;
        let end = end_of(&plan, &outcome, &reboot());
        match round {
            0 => assert_eq!(end, StepEnd::Done),
            _ => assert!(
                matches!(&end, StepEnd::Refused { message } if message.contains("not 1-2.x86_64")),
                "{end:?}"
            ),
        }
        assert!(!is_at_level(&pipeline, &canary()));
    }
    assert_eq!(pipeline.cloud.calls(&reboot()), 1);
}

/// Whoever never comes up has failed; once somebody has brought him up he is looked at, and booted if he has to be.
#[tokio::test(start_paused = true)]
async fn whoever_did_not_come_up_is_tried_again_once_he_is_there() {
    for (api, comes_up_well) in BOTH.into_iter().flat_map(|api| [(api, true), (api, false)]) {
        let mut pipeline = Pipeline::new(&fleet(api));
        pipeline.cloud.on_submit(reboot(), 1, Fault::StuckWork);
        let plan = pipeline.plan(0).await;
        let outcome = pipeline.apply(&plan).await;
        assert!(matches!(end_of(&plan, &outcome, &reboot()), StepEnd::Failed { .. }));
        assert_eq!(failed(&pipeline, "canary").len(), 1);
        // Where the service carries it out, it says that it has failed.
        assert_eq!(state(&pipeline).unfinished.contains_key(&reboot()), api == Api::Osms);

        pipeline.cloud.edit(|observed| {
            let seen = observed.instances.get_mut(&canary()).unwrap();
            seen.status = InstanceStatus::Normal;
            seen.reboot_required = false;
            if comes_up_well {
                seen.running_kernel = Some("1-2.x86_64".into());
            }
        });
        resume(&mut pipeline, "canary");
        let plan = pipeline.plan(0).await;
        assert_eq!(reboots(&plan), 2 - usize::from(comes_up_well), "{:?}", plan.steps);
        pipeline.settle(0).await;
        assert_eq!(pipeline.cloud.calls(&reboot()), 2 - usize::from(comes_up_well));
        assert_eq!(runs(&pipeline, &canary()), "1-2.x86_64");
        assert!(is_at_level(&pipeline, &canary()));
        let state = state(&pipeline);
        assert!(state.boots.is_empty() && state.unfinished.is_empty(), "{state:?}");
    }
}

/// A boot that an earlier run did not see the end of is not that for which a kernel came since.
#[tokio::test(start_paused = true)]
async fn a_boot_of_an_earlier_run_answers_for_no_later_one() {
    for api in BOTH {
        let mut pipeline = Pipeline::new(&fleet(api));
        pipeline.cloud.on_submit(reboot(), 1, Fault::StuckWork);
        let plan = pipeline.plan(0).await;
        pipeline.apply(&plan).await;
        pipeline.cloud.edit(|observed| {
            let seen = observed.instances.get_mut(&canary()).unwrap();
            seen.status = InstanceStatus::Normal;
            seen.reboot_required = false;
            seen.running_kernel = Some("1-2.x86_64".into());
        });
        pipeline.world.train.groups.iter_mut().for_each(|group| group.release = ReleaseName::new("GL2"));
        resume(&mut pipeline, "canary");
        pipeline.settle(0).await;
        assert_eq!(pipeline.cloud.calls(&reboot()), 2, "{api:?}");
        assert_eq!(runs(&pipeline, &canary()), "1-3.x86_64");
        assert!(is_at_level(&pipeline, &canary()));
    }
}

/// Applies a plan and ends the process at the first event that is so.
async fn cut(pipeline: &Pipeline, plan: &Plan, is: impl Fn(&Plan, &Event) -> bool + Send + Sync) {
    let mut session = pipeline.store.clone();
    let state = Session::load(&mut session).await.unwrap();
    let state = state.unwrap_or_else(|| State::new(plan.basis.train.clone(), plan.basis.lineage.clone()));
    let (ours, sender) = run(&pipeline.clock);
    let outcome = apply(plan, pipeline.cloud.clone(), session, state, ours, |event| {
        if is(plan, &event) {
            sender.send_replace(2);
        }
    });
    assert!(outcome.await.unwrap().interrupted);
}

/// A run that ends between the boot and the look at what runs leaves that look to the next one.
#[tokio::test(start_paused = true)]
async fn a_boot_that_nobody_has_looked_at_is_looked_at_by_the_next_run() {
    for (api, well) in BOTH.into_iter().flat_map(|api| [(api, true), (api, false)]) {
        let mut pipeline = Pipeline::new(&fleet(api));
        if !well {
            pipeline.cloud.on_submit(reboot(), 1, Fault::IdleUpdate);
        }
        let plan = pipeline.plan(0).await;
        cut(&pipeline, &plan, |plan, event| {
            let Event::Ended { step, .. } = event else { return false };
            matches!(plan.steps[step.0 as usize].action, Action::Act { op: Op::Reboot { .. } })
        })
        .await;
        let boots = state(&pipeline).boots;
        assert!(boots[&canary()].failed.is_none(), "{boots:?}");
        let plan = pipeline.plan(0).await;
        pipeline.apply(&plan).await;
        assert_eq!(pipeline.cloud.calls(&reboot()), 1, "what is known to have been done is not done again");
        assert_eq!(is_at_level(&pipeline, &canary()), well);
        assert_eq!(
            state(&pipeline).rollouts["canary"].stopped.is_some(),
            !well,
            "{:?}",
            state(&pipeline).rollouts
        );
    }
}

/// A run that ends while the service boots an instance leaves the wait for that to the next one; and whoever has not booted
/// as he was to is booted once more then, for nobody had looked at that.
#[tokio::test(start_paused = true)]
async fn a_boot_that_goes_on_is_waited_for_by_the_next_run() {
    for well in [true, false] {
        let mut pipeline = Pipeline::new(&fleet(Api::Osmh));
        if !well {
            pipeline.cloud.on_submit(reboot(), 1, Fault::IdleUpdate);
        }
        let plan = pipeline.plan(0).await;
        cut(&pipeline, &plan, |plan, event| {
            let Event::Waiting { step, .. } = event else { return false };
            matches!(plan.steps[step.0 as usize].action, Action::Act { op: Op::Reboot { .. } })
        })
        .await;
        assert!(state(&pipeline).unfinished[&reboot()].ticket.is_some());
        let plan = pipeline.plan(0).await;
        pipeline.apply(&plan).await;
        assert_eq!(pipeline.cloud.calls(&reboot()), 2 - usize::from(well));
        assert!(is_at_level(&pipeline, &canary()));
        assert!(state(&pipeline).unfinished.is_empty() && state(&pipeline).boots.is_empty());
    }
}

/// What the service shows right after a boot may be of before: that is no failed boot.
#[tokio::test(start_paused = true)]
async fn what_is_shown_late_is_waited_for() {
    let mut pipeline = Pipeline::new(&fleet(Api::Osms));
    pipeline.cloud.on_submit(reboot(), 1, Fault::IdleUpdate);
    let plan = pipeline.plan(0).await;
    let cloud = pipeline.cloud.clone();
    let late = tokio::spawn(async move {
        while cloud.calls(&reboot()) == 0 {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        tokio::time::sleep(Duration::from_secs(30)).await;
        cloud.edit(|observed| {
            observed.instances.get_mut(&canary()).unwrap().running_kernel = Some("1-2.x86_64".into());
        });
    });
    pipeline.apply(&plan).await;
    late.await.unwrap();
    assert!(is_at_level(&pipeline, &canary()));
    assert!(state(&pipeline).boots.is_empty());
}

/// A reboot right behind an update: the list of packages may be of before it for a while.
#[tokio::test(start_paused = true)]
async fn a_list_of_packages_that_lags_behind_is_waited_for_before_a_boot() {
    for api in BOTH {
        let mut pipeline = Pipeline::new(&fleet(api));
        pipeline.cloud.stale_inventory(&canary(), 3);
        let plan = pipeline.plan(0).await;
        let outcome = pipeline.apply(&plan).await;
        assert_eq!(end_of(&plan, &outcome, &reboot()), StepEnd::Done);
        assert!(is_at_level(&pipeline, &canary()));
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_never_gets_his_kernel_is_not_booted_and_has_failed() {
    let mut pipeline = Pipeline::new(&fleet(Api::Osms));
    // Its update ends well and brings nothing.
    let update = OpKey::update(&ReleaseName::new("GL1"), &canary());
    pipeline.cloud.on_submit(update, 1, Fault::IdleUpdate);
    let plan = pipeline.plan(0).await;
    let outcome = pipeline.apply(&plan).await;
    let end = end_of(&plan, &outcome, &reboot());
    assert!(
        matches!(&end, StepEnd::Failed { message } if message.contains("is not installed on it")),
        "{end:?}"
    );
    assert_eq!(pipeline.cloud.calls(&reboot()), 0);
    assert_eq!(failed(&pipeline, "canary").len(), 1, "it counts");
    assert!(state(&pipeline).boots.is_empty() && state(&pipeline).unfinished.is_empty());
}

/// Somebody takes a member off its source after the plan was made: it is neither booted nor at its level.
#[tokio::test(start_paused = true)]
async fn whoever_rides_something_else_by_now_is_not_booted() {
    for (api, amid) in BOTH.into_iter().flat_map(|api| [(api, false), (api, true)]) {
        let mut pipeline = Pipeline::new(&fleet(api));
        if !amid {
            // All is installed, and only the boot is left.
            pipeline.world.train.groups.iter_mut().for_each(|group| group.enforcing = Enforcing::default());
            pipeline.settle(0).await;
            let enforcing = Enforcing { reboot: Reboot::Window, ..Enforcing::default() };
            pipeline.world.train.groups.iter_mut().for_each(|group| group.enforcing = enforcing);
        }
        let plan = pipeline.plan(0).await;
        assert_eq!(reboots(&plan), 2);
        let cloud = pipeline.cloud.clone();
        let astray = move || {
            cloud.edit(|observed| {
                let seen = observed.instances.get_mut(&canary()).unwrap();
                (seen.parent, seen.children) = match api {
                    Api::Osms => (Some(hub::vendor_link()), Vec::new()),
                    Api::Osmh => (None, vec![hub::vendor_link()]),
                };
            });
        };
        let mut session = pipeline.store.clone();
        let known = Session::load(&mut session).await.unwrap();
        let known = known.unwrap_or_else(|| State::new(plan.basis.train.clone(), plan.basis.lineage.clone()));
        let (ours, _sender) = run(&pipeline.clock);
        if !amid {
            astray();
        }
        let outcome = apply(&plan, pipeline.cloud.clone(), session, known, ours, |event| {
            // Once it has been booted, before its level is proven.
            let Event::Ended { step, .. } = event else { return };
            let step = &plan.steps[step.0 as usize];
            let is_boot =
                matches!(&step.action, Action::Act { op: op @ Op::Reboot { .. } } if op.key() == reboot());
            if amid && is_boot {
                astray();
            }
        });
        let outcome = outcome.await.unwrap();
        assert_eq!(pipeline.cloud.calls(&reboot()), usize::from(amid), "{api:?} {:#?}", outcome.ends);
        assert!(matches!(end_of(&plan, &outcome, &reboot()), StepEnd::Refused { .. }) || amid);
        assert!(!is_at_level(&pipeline, &canary()) || !amid, "a level is one of the release's source");
        assert_eq!(runs(&pipeline, &instance_id(1)), if amid { "1-1.x86_64" } else { "1-2.x86_64" });
    }
}
