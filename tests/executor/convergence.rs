//! Convergence of the whole pipeline: survey, plan and apply again and again on a cloud that loses answers, drops
//! packages, idles, refuses and dies with the process, until nothing can start; the end is the one without faults.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use patchtrain::apply::{Clock, Outcome, Run, Settings, StepEnd, apply, survey};
use patchtrain::cloud::memory::MemoryCloud;
use patchtrain::op::Api;
use patchtrain::plan::{HeldReason, Plan, lint};
use patchtrain::state::State;
use patchtrain::state::store::{Session, Store};

use crate::support::hub;
use crate::support::model;
use crate::support::rng::Rng;
use crate::support::store::MemoryStore;
use crate::support::worlds::{self, World};

/// So many worlds take seconds, unoptimized; `.ci/long` asks for more.
const WORLDS: u64 = 150;
/// Faults hit first tries, so that a few rounds are enough; each kill takes one more.
const ROUNDS: usize = 12;

fn clock(start: Timestamp) -> Clock {
    let begun = tokio::time::Instant::now();
    Arc::new(move || start + SignedDuration::try_from(begun.elapsed()).unwrap())
}

pub(super) fn run(clock: &Clock) -> (Run, tokio::sync::watch::Sender<u8>) {
    let (sender, interrupt) = tokio::sync::watch::channel(0);
    let settings = Settings {
        parallelism: 4,
        first_wait: Duration::from_secs(1),
        longest_wait: Duration::from_secs(10),
        verify_patience: Duration::from_secs(60),
        work_patience: Duration::from_secs(600),
    };
    (
        Run {
            settings,
            clock: clock.clone(),
            interrupt,
            who: "test".into(),
            host: "test".into(),
            wait: false,
            checker: None,
            consent: Default::default(),
        },
        sender,
    )
}

/// One pipeline over one world: a cloud that outlives processes, a store that outlives processes.
pub(super) struct Pipeline {
    pub(super) world: World,
    pub(super) cloud: Arc<MemoryCloud>,
    pub(super) store: MemoryStore,
    pub(super) clock: Clock,
}

impl Pipeline {
    pub(super) fn new(world: &World) -> Self {
        let cloud = Arc::new(MemoryCloud::new(world.observed.clone()));
        cloud.set_kinds(worlds::kinds());
        if world.train.service.api == Api::Osmh {
            cloud.set_boots_are_work();
        }
        let store = if world.state.serial == 0 && world.state.sources.is_empty() {
            MemoryStore::default()
        } else {
            MemoryStore::holding(world.state.clone())
        };
        Self { world: world.clone(), cloud, store, clock: clock(world.now) }
    }

    pub(super) async fn plan(&mut self, seed: u64) -> Plan {
        self.world.state = match self.store.load().await.unwrap() {
            Some(state) => state,
            None => State::new(self.world.train.name.clone(), self.world.state.lineage.clone()),
        };
        let World { train, state, .. } = &self.world;
        self.world.observed = survey(&*self.cloud, train, state, 4, |_| {}).await.unwrap();
        self.world.now = (self.clock)();
        let plan = self.world.plan().unwrap_or_else(|refusals| panic!("seed {seed}: {refusals:?}"));
        assert_eq!(lint::lint(&plan), [], "seed {seed}");
        plan
    }

    pub(super) async fn apply(&self, plan: &Plan) -> Outcome {
        let mut session = self.store.clone();
        let state = Session::load(&mut session).await.unwrap();
        let state = state.unwrap_or_else(|| State::new(plan.basis.train.clone(), plan.basis.lineage.clone()));
        let (run, _sender) = run(&self.clock);
        apply(plan, self.cloud.clone(), session, state, run, |_| {}).await.unwrap()
    }

    /// Plans and applies until nothing can start.
    pub(super) async fn settle(&mut self, seed: u64) {
        let mut waited = false;
        for _ in 0..ROUNDS {
            let plan = self.plan(seed).await;
            // An update by kind whose instance turns out to be at level already is not asked for again.
            let open = |id| !self.world.observed.instances[id].open_work.is_empty();
            let waits = plan.held.iter().any(|held| matches!(held.reason, HeldReason::OpenWork { .. }))
                || self.world.observed.instances.keys().any(open);
            let stopped = plan.held.iter().any(|held| matches!(held.reason, HeldReason::Stopped { .. }));
            if stopped && !plan.can_start() {
                // Somebody has looked into it, and says that it may go on.
                let mut state = self.store.state().unwrap();
                let groups: Vec<_> = state.rollouts.keys().cloned().collect();
                for group in &groups {
                    state.resume(group);
                }
                self.store = MemoryStore::holding(state.paused_after(0));
            } else if waits && !waited && !plan.can_start() {
                // Work that a killed process left behind ends by itself.
                waited = true;
                tokio::time::sleep(Duration::from_secs(60)).await;
            } else if !plan.can_start() {
                // As the command does: levels that were left are recorded although nothing can be done.
                self.apply(&Plan { steps: Vec::new(), ..plan }).await;
                assert_eq!(self.cloud.violations(), Vec::<String>::new(), "seed {seed}");
                return;
            } else {
                self.apply(&plan).await;
            }
        }
        let plan = self.plan(seed).await;
        panic!("seed {seed} goes on: {:#?}", plan.steps);
    }

    fn end(&self) -> String {
        let mut end = self.world.clone();
        end.observed = self.cloud.observed();
        end.state = self.store.state().unwrap_or_else(|| end.state.clone());
        let mut essence = worlds::essence(&end);
        if self.world.train.service.api == Api::Osmh {
            // One that was taken in with others by a call whose end nobody recorded is on record once its level is proven;
            // one that is ahead, where that blocks, never is.
            essence.1.retain(|_, level| level.is_some());
        }
        format!("{essence:#?}")
    }
}

/// Every third world is one of a service that binds groups. Where the end is to be the same whatever fails, its groups
/// install everything: whoever joins does that anyhow, and what failed is made good another way.
fn worlds_with_past(seed: u64, by_kinds: bool) -> Option<(World, Rng)> {
    let mut rng = Rng::new(seed ^ 0xe8ec);
    let binds_groups = seed % 3 == 2;
    let mut world = if binds_groups { hub::fresh(&mut rng) } else { worlds::fresh(&mut rng) };
    if binds_groups && !by_kinds {
        hub::update_all(&mut world);
    }
    for _ in 0..rng.below(3) {
        if let Ok(plan) = world.plan() {
            let limit = if rng.chance(50) { usize::MAX } else { rng.below(plan.steps.len() + 1) };
            model::run(&mut world, &plan, limit, |_| 0);
        }
        if binds_groups {
            hub::disturb(&mut world, &mut rng);
            if !by_kinds {
                hub::update_all(&mut world);
            }
        } else {
            worlds::disturb(&mut world, &mut rng);
        }
    }
    world.plan().is_ok().then_some((world, rng))
}

#[track_caller]
fn same(ours: &str, theirs: &str, seed: u64) {
    let diff = similar::TextDiff::from_lines(theirs, ours);
    assert!(ours == theirs, "seed {seed}:\n{}", diff.unified_diff().context_radius(12));
}

#[tokio::test(start_paused = true)]
async fn the_executor_does_what_the_model_does() {
    for seed in worlds::seeds(WORLDS) {
        let Some((world, _)) = worlds_with_past(seed, true) else { continue };
        let mut modelled = world.clone();
        let plan = modelled.plan().unwrap();
        let ends = model::run_all(&mut modelled, &plan);
        let mut pipeline = Pipeline::new(&world);
        let plan = pipeline.plan(seed).await;
        let outcome = pipeline.apply(&plan).await;
        for (step, end) in &outcome.ends {
            let expected = &ends[step.0 as usize];
            let agree = matches!(
                (end, expected),
                (StepEnd::Done | StepEnd::AlreadyDone | StepEnd::Updated, model::End::Done)
                    | (StepEnd::Shut { .. }, model::End::Shut)
                    | (StepEnd::NotStarted, model::End::NotStarted)
            );
            assert!(agree, "seed {seed}, {step}: {end:?}, the model says {expected:?}");
        }
        let mut expected = worlds::essence(&modelled);
        if modelled.train.service.api == Api::Osmh {
            expected.1.retain(|_, level| level.is_some());
        }
        same(&pipeline.end(), &format!("{expected:#?}"), seed);
    }
}

#[tokio::test(start_paused = true)]
async fn faults_end_where_no_faults_end() {
    let (mut faulty, seeds) = (0, worlds::seeds(WORLDS));
    for seed in seeds.clone() {
        let Some((world, _)) = worlds_with_past(seed, false) else { continue };
        let mut smooth = Pipeline::new(&world);
        smooth.settle(seed).await;
        let mut rough = Pipeline::new(&world);
        rough.cloud.chaos(seed, 300);
        for id in rough.world.observed.instances.keys().step_by(3) {
            rough.cloud.stale_inventory(id, 2);
        }
        rough.settle(seed).await;
        faulty += usize::from(rough.cloud.served() != smooth.cloud.served());
        same(&rough.end(), &smooth.end(), seed);
    }
    assert!(faulty >= seeds.count() / 3, "only {faulty} worlds met a fault");
}

#[tokio::test(start_paused = true)]
async fn killed_at_any_call_it_goes_on_and_does_nothing_twice() {
    for seed in worlds::seeds(WORLDS) {
        let Some((world, mut rng)) = worlds_with_past(seed, false) else { continue };
        let mut smooth = Pipeline::new(&world);
        smooth.settle(seed).await;
        let mut killed = Pipeline::new(&world);
        for _ in 0..3 {
            let plan = killed.plan(seed).await;
            killed.cloud.cut_after(rng.below(60), rng.chance(50));
            tokio::select! {
                _ = killed.apply(&plan) => {}
                () = killed.cloud.cut_reached() => {}
            }
            killed.cloud.mend();
        }
        killed.settle(seed).await;
        same(&killed.end(), &smooth.end(), seed);
        let twice: Vec<_> =
            killed.cloud.done().into_iter().filter(|(key, _)| key.0.starts_with("create-")).collect();
        for (key, times) in twice {
            // A source that somebody deleted in the world's past may be made anew, once.
            assert!(times <= 1, "seed {seed}: {key} was done {times} times");
        }
    }
}
