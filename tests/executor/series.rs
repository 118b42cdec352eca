//! Steps of several calls: whoever is lost amid them has failed, and the hours of a group bind each call.

use std::time::Duration;

use patchtrain::apply::{Event, Outcome, StepEnd, apply};
use patchtrain::name::ReleaseName;
use patchtrain::observed::{InstanceStatus, Inventory};
use patchtrain::op::{Api, Op, OpKey};
use patchtrain::package::PackageSet;
use patchtrain::plan::{Action, Plan};
use patchtrain::rollout::{Calendar, Day, TimeOfDay, Window, Zone};
use patchtrain::state::State;
use patchtrain::state::store::Session;
use patchtrain::train::{Enforce, Enforcing};

use super::boots::{canary, end_of, failed, fleet, is_at_level, set, state};
use super::convergence::{Pipeline, run};
use crate::support::worlds::{self, World};

/// A world whose one member has two packages to be brought back, one by one.
fn inexact() -> World {
    let mut world = fleet(Api::Osms);
    world.train.groups.truncate(1);
    let group = &mut world.train.groups[0];
    group.enforcing = Enforcing { enforce: Enforce::Exact, ..Enforcing::default() };
    let seen = world.observed.instances.get_mut(&canary()).unwrap();
    let installed = PackageSet::new(set(&["kernel-1-2.x86_64", "bash-3-1.x86_64", "zsh-2-1.x86_64"]));
    seen.inventory = Some(Inventory { installed, unsourced: PackageSet::default() });
    let release = &mut world.train.releases[0];
    *release = worlds::release("GL1", set(&["kernel-1-2.x86_64", "bash-2-1.x86_64", "zsh-1-1.x86_64"]), 1);
    world.observed.sources.values_mut().next().unwrap().contents =
        Some(PackageSet::new(set(&["bash-3-1.x86_64", "zsh-2-1.x86_64"])));
    world
}

fn enforce() -> OpKey {
    OpKey::enforce(&ReleaseName::new("GL1"), &canary())
}

/// Applies, and does something once the first of several calls is waited for.
async fn amid_the_first_call(pipeline: &Pipeline, plan: &Plan, mut happens: impl FnMut() + Send) -> Outcome {
    let mut session = pipeline.store.clone();
    let known = Session::load(&mut session).await.unwrap();
    let known = known.unwrap_or_else(|| State::new(plan.basis.train.clone(), plan.basis.lineage.clone()));
    let (ours, _sender) = run(&pipeline.clock);
    let outcome = apply(plan, pipeline.cloud.clone(), session, known, ours, |event| {
        let Event::Waiting { step, .. } = event else { return };
        if matches!(&plan.steps[step.0 as usize].action, Action::Act { op: Op::Enforce { .. } }) {
            happens();
        }
    });
    outcome.await.unwrap()
}

/// What takes several calls has begun with the first: whoever is lost amid them has failed by it.
#[tokio::test(start_paused = true)]
async fn whoever_is_lost_amid_several_calls_has_failed() {
    for gone in [false, true] {
        let mut pipeline = Pipeline::new(&inexact());
        let plan = pipeline.plan(0).await;
        let cloud = pipeline.cloud.clone();
        let mut first = true;
        let outcome = amid_the_first_call(&pipeline, &plan, || {
            if !std::mem::take(&mut first) {
                return;
            }
            let cloud = cloud.clone();
            // The call itself still succeeds: it is lost between the two.
            tokio::spawn(async move {
                while !cloud.observed().instances[&canary()].open_work.is_empty() {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                match gone {
                    true => cloud.vanish(&canary()),
                    false => cloud.set_status(&canary(), InstanceStatus::Unreachable),
                }
            });
        })
        .await;
        assert_eq!(pipeline.cloud.calls(&enforce()), 1);
        let end = end_of(&plan, &outcome, &enforce());
        assert!(matches!(end, StepEnd::Failed { .. }), "{end:?}");
        assert_eq!(failed(&pipeline, "canary").len(), 1, "gone: {gone}");
        assert!(state(&pipeline).rollouts["canary"].stopped.is_some());
    }
}

/// The window of a group closes amid what takes several calls: the rest is for the next one.
#[tokio::test(start_paused = true)]
async fn the_end_of_a_window_holds_what_is_left_of_several_calls() {
    let mut world = inexact();
    let time = |text: &str| TimeOfDay::parse(text).unwrap();
    let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].map(|day| Day::of_word(day).unwrap());
    let (days, timezone) = (days.into(), Zone::parse("UTC").unwrap());
    let window = Window { days, from: time("10:00"), to: time("12:05"), timezone };
    world.train.groups[0].pace.calendar = Calendar { window: Some(window), ..Calendar::default() };
    let mut pipeline = Pipeline::new(&world);
    pipeline.cloud.set_work_takes(Duration::from_secs(9 * 60));
    let plan = pipeline.plan(0).await;
    let outcome = pipeline.apply(&plan).await;
    let end = end_of(&plan, &outcome, &enforce());
    assert!(
        matches!(&end, StepEnd::Shut { message } if message.contains("may not be touched now")),
        "{end:?}"
    );
    assert_eq!(pipeline.cloud.calls(&enforce()), 1);
    assert!(failed(&pipeline, "canary").is_empty(), "that is nobody's failure");
    // The next day it goes on with what is left.
    tokio::time::sleep(Duration::from_secs(22 * 3_600)).await;
    pipeline.settle(0).await;
    assert_eq!(pipeline.cloud.calls(&enforce()), 2);
    assert!(is_at_level(&pipeline, &canary()));
}
