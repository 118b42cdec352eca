//! The executor against the in-memory cloud and a store that can crash. Plans are made by hand; with the planner's own
//! plans the same is asked by the convergence properties.

mod crash;
mod faults;
mod governed;
mod imports;
mod interrupt;
mod plans;
mod running;
mod schedule;
mod store;
mod streams;
mod survey;
mod tokens;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::watch;

use super::{ApplyError, Event, Outcome, Run, Settings, StepEnd, apply_with};
use crate::cloud::memory::MemoryCloud;
use crate::cloud::{Cloud, CloudError, Progress, Submitted};
use crate::name::TrainName;
use crate::observed::{Observed, Scope, Sighting};
use crate::op::{Lineage, Op, OpKey, RetryToken, Ticket};
use crate::plan::{Action, Plan};
use crate::state::State;
use crate::state::store::Session;
use store::MemoryStore;

fn train() -> TrainName {
    TrainName::new("gl")
}

fn lineage() -> Lineage {
    Lineage("line".into())
}

/// The cloud of a rig, which looks into the journal at every call: *started* is durable before a call, and a ticket
/// before anybody asks after it.
struct Audited {
    cloud: Arc<MemoryCloud>,
    store: MemoryStore,
}

impl Cloud for Audited {
    async fn observe(&self, scope: &Scope) -> Result<Sighting, CloudError> {
        self.cloud.observe(scope).await
    }

    async fn submit(&self, op: &Op, token: &RetryToken) -> Result<Submitted, CloudError> {
        let known = self.store.with(|inner| {
            let unfinished = &inner.durable.as_ref().unwrap().unfinished;
            unfinished.get(&op.key()).map(|op| op.token.clone())
        });
        assert_eq!(known.as_ref(), Some(token), "{} was not journaled before its call", op.key());
        self.cloud.submit(op, token).await
    }

    async fn poll(&self, ticket: &Ticket) -> Result<Progress, CloudError> {
        let known = self.store.with(|inner| {
            let mut unfinished = inner.durable.as_ref().unwrap().unfinished.values();
            unfinished.any(|op| op.ticket.as_ref() == Some(ticket))
        });
        assert!(known, "{ticket} was not journaled before it was asked after");
        self.cloud.poll(ticket).await
    }
}

/// A plan, a world and a state that outlive runs.
struct Rig {
    plan: Plan,
    cloud: Arc<MemoryCloud>,
    store: MemoryStore,
    settings: Settings,
    now: Arc<AtomicI64>,
    tokens: Arc<AtomicUsize>,
    interrupt: watch::Sender<u8>,
    consent: crate::state::Consent,
}

impl Rig {
    fn new(plan: Plan, world: Observed) -> Self {
        let second = Duration::from_secs(1);
        Self {
            plan,
            cloud: Arc::new(MemoryCloud::new(world)),
            store: MemoryStore::default(),
            settings: Settings {
                parallelism: 4,
                first_wait: second,
                longest_wait: 30 * second,
                verify_patience: 300 * second,
                work_patience: 3600 * second,
            },
            now: Arc::new(AtomicI64::new(1_000_000)),
            tokens: Arc::new(AtomicUsize::new(0)),
            interrupt: watch::Sender::new(0),
            consent: Default::default(),
        }
    }

    /// Makes the service's clock, and the executor's, later.
    async fn hours_pass(&self, hours: i64) {
        self.now.fetch_add(hours * 3600, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_secs(3600 * hours.unsigned_abs())).await;
    }

    /// Runs the plan to its end, with what happened.
    async fn apply(&self) -> Result<(Outcome, Vec<Event>), ApplyError> {
        let mut session = self.store.clone();
        let loaded = session.load().await.unwrap();
        let state = loaded.unwrap_or_else(|| State::new(train(), lineage()));
        let now = self.now.clone();
        let counter = self.tokens.clone();
        let run = Run {
            settings: self.settings,
            clock: Arc::new(move || jiff::Timestamp::from_second(now.load(Ordering::Relaxed)).unwrap()),
            interrupt: self.interrupt.subscribe(),
            who: "somebody".to_owned(),
            host: "somewhere".to_owned(),
            wait: false,
            checker: None,
            consent: self.consent.clone(),
        };
        let tokens = Arc::new(move || RetryToken(format!("t{}", counter.fetch_add(1, Ordering::Relaxed))));
        let mut events = Vec::new();
        let cloud = Arc::new(Audited { cloud: self.cloud.clone(), store: self.store.clone() });
        let outcome =
            apply_with(&self.plan, cloud, (session, state), (run, tokens), |event| events.push(event))
                .await?;
        Ok((outcome, events))
    }

    /// Runs the plan and checks that all of it is done.
    async fn converge(&self) -> Outcome {
        let (outcome, events) = self.apply().await.unwrap();
        let bad: Vec<_> = outcome.ends.iter().filter(|(_, end)| !end.lets_on()).collect();
        assert!(bad.is_empty(), "{bad:#?}\n{events:#?}");
        assert_eq!(self.cloud.violations(), Vec::<String>::new());
        outcome
    }

    fn state(&self) -> State {
        self.store.current().unwrap()
    }

    fn ops(&self) -> impl Iterator<Item = &Op> {
        self.plan.steps.iter().filter_map(|step| match &step.action {
            Action::Act { op } => Some(op),
            _ => None,
        })
    }

    /// Checks that the world saw each op of the plan exactly once.
    fn assert_each_op_done_once(&self) {
        let expected: std::collections::BTreeMap<OpKey, usize> = self.ops().map(|op| (op.key(), 1)).collect();
        assert_eq!(self.cloud.done(), expected);
        assert_eq!(self.cloud.violations(), Vec::<String>::new());
    }

    /// Returns how the step of an op ended.
    fn end_of(&self, outcome: &Outcome, op: &Op) -> StepEnd {
        let key = op.key();
        let same = |action: &Action| matches!(action, Action::Act { op } if op.key() == key);
        let step = self.plan.steps.iter().find(|step| same(&step.action)).unwrap();
        outcome.ends[step.id.0 as usize].1.clone()
    }
}

/// Leaves out what may differ between one run and several: the count of runs.
fn settled(mut state: State) -> State {
    state.serial = 0;
    state
}
