//! Property: whatever fails and whenever, once a rollout has stopped nobody else of its group is touched; no more than so
//! many have failed by then as are put up with and were at work; never is anybody touched of a wave or group behind a gate
//! that has not opened; and no more of a wave are at work at a time than may be.

use std::collections::{BTreeMap, BTreeSet};

use patchtrain::apply::{Event, StepEnd, apply};
use patchtrain::cloud::memory::Fault;
use patchtrain::name::{Address, GroupName, Ocid};
use patchtrain::op::{Op, StepId};
use patchtrain::plan::{Action, Condition, Plan, Step};
use patchtrain::state::State;
use patchtrain::state::store::Session;
use patchtrain::train::Train;

use super::convergence::{Pipeline, run};
use crate::support::hub;
use crate::support::rng::Rng;
use crate::support::worlds::{self, World};

const WORLDS: u64 = 400;

/// What a run has done to the groups of a plan, event by event.
#[derive(Default)]
struct Watch {
    stopped: BTreeSet<GroupName>,
    opened: BTreeSet<StepId>,
    touched: BTreeMap<(GroupName, u32), BTreeSet<Ocid>>,
    at_work: BTreeMap<(GroupName, u32), BTreeSet<Ocid>>,
    failed: BTreeMap<GroupName, BTreeSet<Ocid>>,
    at_stop: BTreeMap<GroupName, usize>,
}

/// Returns whom a step touches: by himself, or with all of his wave.
fn moves(step: &Step) -> &[Ocid] {
    let Action::Act { op } = &step.action else { return &[] };
    match op {
        Op::Switch { instance, .. } => std::slice::from_ref(instance),
        Op::Attach { instances, .. } => instances,
        op => op.installs(),
    }
}

fn wave(step: &Step) -> u32 {
    let of_its_own = match &step.address {
        Address::Group(group) => group.wave(),
        _ => None,
    };
    step.wave.or(of_its_own).unwrap_or(1)
}

impl Watch {
    fn see(&mut self, plan: &Plan, event: &Event, last: &BTreeMap<&Ocid, StepId>, context: &str) {
        match event {
            Event::Started { step } => self.started(plan, &plan.steps[step.0 as usize], context),
            Event::Stopped { group, stopped } => {
                assert!(stopped.failed > stopped.allowed, "{context}: {stopped:?}");
                self.at_stop.insert(group.clone(), self.at_work.values().map(BTreeSet::len).sum());
                self.stopped.insert(group.clone());
            }
            Event::Ended { step, end } => {
                let (id, step) = (*step, &plan.steps[step.0 as usize]);
                if matches!(step.action, Action::Gate { .. }) && end.lets_on() {
                    self.opened.insert(id);
                }
                // A wave that is updated as a whole is at work until each of its levels is read back.
                let (Address::Instance(instance), Some(group)) = (&step.address, &step.group) else { return };
                if matches!(end, StepEnd::Failed { .. }) {
                    self.failed.entry(group.clone()).or_default().insert(instance.clone());
                }
                if last.get(instance) == Some(&id) || !end.lets_on() {
                    let lane = (group.clone(), wave(step));
                    self.at_work.entry(lane).or_default().remove(instance);
                }
            }
            _ => {}
        }
    }

    fn started(&mut self, plan: &Plan, step: &Step, context: &str) {
        let (Some(group), [one, ..]) = (&step.group, moves(step)) else { return };
        assert!(!self.stopped.contains(group), "{context}: {one} is touched after {group} has stopped");
        let wave = wave(step);
        let touched = self.touched.entry((group.clone(), wave)).or_default();
        let first = moves(step).iter().filter(|instance| touched.insert((*instance).clone())).count() > 0;
        // Every gate before it has opened.
        let own =
            |gate: &&Step| gate.group.as_ref() == Some(group) && matches!(gate.action, Action::Gate { .. });
        for gate in plan.steps.iter().filter(own) {
            let behind = match &gate.action {
                Action::Gate { condition: Condition::Arrived { .. } } => continue,
                Action::Gate { condition: Condition::GroupAtLevel { behind, .. } } => behind.unwrap_or(1),
                _ => 1,
            };
            let open = wave < behind || self.opened.contains(&gate.id);
            assert!(!first || open, "{context}: {one} does not wait for {}", gate.id);
        }
        let lane = self.at_work.entry((group.clone(), wave)).or_default();
        lane.extend(moves(step).iter().cloned());
        let rollout = plan.group(group).and_then(|group| group.rollout.as_ref());
        let places = rollout.and_then(|rollout| rollout.waves[wave as usize - 1].concurrency);
        assert!(
            places.is_none_or(|places| lane.len() <= places),
            "{context}: {} at work in {group}",
            lane.len()
        );
    }
}

/// Has a part of what a plan asks for fail, drawn anew for each instance.
fn go_wrong(pipeline: &Pipeline, plan: &Plan, rng: &mut Rng) {
    let message = "it broke".to_owned();
    for step in &plan.steps {
        let Action::Act { op } = &step.action else { continue };
        let struck: BTreeSet<Ocid> =
            op.installs().iter().filter(|_| rng.chance(25)).map(Ocid::clone).collect();
        if struck.is_empty() {
            continue;
        }
        let message = message.clone();
        let fault = match op.crew() {
            Some(_) => Fault::FailedParts { instances: struck, message },
            None => Fault::FailedWork { message },
        };
        let nth = pipeline.cloud.calls(&op.key()) + 1;
        pipeline.cloud.on_submit(op.key(), nth, fault);
    }
}

/// Binds groups to other releases.
fn next_release(train: &mut Train, rng: &mut Rng) {
    for group in &mut train.groups {
        group.release = rng.pick(&train.releases).name.clone();
    }
}

async fn stop(world: impl Fn(&mut Rng) -> World) {
    let (mut stops, mut rollouts) = (0, 0);
    for seed in worlds::seeds(WORLDS) {
        let mut rng = Rng::new(seed ^ 0x57_0b);
        let world = world(&mut rng);
        if world.plan().is_err() {
            continue;
        }
        let mut pipeline = Pipeline::new(&world);
        // Several applies, each after a while; what fails is drawn anew for each.
        for round in 0..4 {
            let context = format!("seed {seed}, round {round}");
            if round == 2 {
                next_release(&mut pipeline.world.train, &mut rng);
            }
            let plan = pipeline.plan(seed).await;
            go_wrong(&pipeline, &plan, &mut rng);
            let mut last: BTreeMap<&Ocid, StepId> = BTreeMap::new();
            for step in &plan.steps {
                if let Address::Instance(instance) = &step.address {
                    last.insert(instance, step.id);
                }
            }
            let mut session = pipeline.store.clone();
            let state = Session::load(&mut session).await.unwrap();
            let state =
                state.unwrap_or_else(|| State::new(plan.basis.train.clone(), plan.basis.lineage.clone()));
            let (run, _sender) = run(&pipeline.clock);
            let mut watch = Watch::default();
            let outcome = apply(&plan, pipeline.cloud.clone(), session, state, run, |event| {
                watch.see(&plan, &event, &last, &context);
            });
            outcome.await.unwrap();
            stops += watch.stopped.len();
            for group in plan.groups.iter().filter(|group| watch.stopped.contains(&group.name)) {
                let rollout = group.rollout.as_ref().unwrap();
                let allowed = rollout.allowed.unwrap();
                let failed = watch.failed.get(&group.name).map_or(0, BTreeSet::len);
                let at_work = watch.at_stop[&group.name];
                assert!(
                    failed <= allowed + 1 + at_work,
                    "{context}: {failed} failed, {allowed} may, {at_work} were at work"
                );
            }
            rollouts += plan.groups.iter().filter(|group| group.rollout.is_some()).count();
        }
        assert_eq!(pipeline.cloud.violations(), Vec::<String>::new(), "seed {seed}");
    }
    assert!(rollouts > 100 && stops > 20, "{stops} of {rollouts} rollouts stopped");
}

#[tokio::test(start_paused = true)]
async fn a_stopped_rollout_touches_nobody_else() {
    stop(worlds::fresh).await;
}

/// There a wave is at work as a whole.
#[tokio::test(start_paused = true)]
async fn on_the_hub_a_stopped_rollout_touches_no_other_wave() {
    let without_places = |rng: &mut Rng| {
        let mut world = hub::fresh(rng);
        world.train.groups.iter_mut().for_each(|group| group.pace.concurrency = None);
        world
    };
    stop(without_places).await;
}
