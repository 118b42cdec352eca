//! One run of a plan in virtual time: the real executor, a cloud in memory, a paused clock.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Builder;
use tokio::time::Instant;

use super::session::InMemory;
use super::watch::Watch;
use super::{HORIZON, Left, Piece, RehearsalError, world};
use crate::apply::{Clock, Outcome, Run, StepEnd, apply};
use crate::cloud::memory::{Fault, MemoryCloud};
use crate::observed::Observed;
use crate::op::OpKey;
use crate::plan::Plan;
use crate::state::State;

/// What each run begins with.
pub(super) struct Stage<'a> {
    piece: &'a Piece,
    plan: Plan,
    state: State,
    observed: Observed,
}

/// What came of a run.
pub(super) struct Played<'a> {
    pub(super) outcome: Outcome,
    pub(super) watch: Watch<'a>,
    /// The state that it left.
    pub(super) state: State,
    /// When it was over; none where it was cut at the horizon.
    pub(super) ends: Option<Timestamp>,
}

impl<'a> Stage<'a> {
    pub(super) fn of(piece: &'a Piece) -> Self {
        let mut plan = piece.plan.clone();
        let mut state = piece.state.clone();
        let observed = world::of(&piece.plan, &piece.state, &piece.observed);
        // Work of earlier runs is nobody's here, so that the state is another one than was planned on. Who is being booted is
        // booted anew.
        for booted in piece.state.unfinished.keys().filter_map(OpKey::rebooted) {
            state.boots.remove(&booted);
        }
        state.unfinished.clear();
        plan.basis.state = None;
        Self { piece, plan, state, observed }
    }

    /// Plays the plan once, with what goes wrong in it.
    pub(super) fn play(&self, faults: &[(OpKey, Fault)]) -> Result<Played<'a>, RehearsalError> {
        // Each on a clock of its own.
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build()?;
        runtime.block_on(self.run(faults))
    }

    async fn run(&self, faults: &[(OpKey, Fault)]) -> Result<Played<'a>, RehearsalError> {
        let Piece { begins, settings, assumptions, .. } = *self.piece;
        let length = |length: SignedDuration| Duration::try_from(length).unwrap_or_default();
        let cloud = MemoryCloud::new(self.observed.clone());
        cloud.set_latency(length(assumptions.call));
        cloud.set_work_takes(length(assumptions.work));
        cloud.set_boots_are_work();
        cloud.set_checkins(begins);
        cloud.set_kinds(world::kinds(&self.plan, &self.observed));
        for (key, fault) in faults {
            cloud.on_submit(key.clone(), 1, fault.clone());
        }

        let zero = Instant::now();
        let clock: Clock = Arc::new(move || {
            let elapsed = SignedDuration::try_from(zero.elapsed()).unwrap_or(SignedDuration::MAX);
            begins.saturating_add(elapsed).unwrap_or(Timestamp::MAX)
        });
        // As somebody would end a run that waits for too long.
        let (signal, interrupt) = tokio::sync::watch::channel(0);
        tokio::spawn(async move {
            tokio::time::sleep(length(HORIZON)).await;
            signal.send_replace(1);
        });
        let (who, host) = ("rehearsal".to_owned(), "nowhere".to_owned());
        let run = Run {
            settings,
            clock: Arc::clone(&clock),
            interrupt,
            who,
            host,
            wait: true,
            checker: None,
            consent: Default::default(),
        };
        let mut watch = Watch::of(&self.piece.plan);
        let session = InMemory::holding(self.state.clone());
        let events = |event| watch.see(&event, clock());
        let outcome =
            apply(&self.plan, Arc::new(cloud), session.clone(), self.state.clone(), run, events).await?;
        let ends = (!outcome.interrupted).then(|| clock());
        Ok(Played { outcome, watch, state: session.state(), ends })
    }
}

impl Played<'_> {
    /// Returns what was not done, and why: what is said of several once, in the order of the plan.
    pub(super) fn left(&self) -> Vec<Left> {
        let mut left: Vec<Left> = Vec::new();
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        for (step, end) in &self.outcome.ends {
            let why = match end {
                StepEnd::Failed { message } | StepEnd::Refused { message } | StepEnd::Shut { message } => {
                    message.clone()
                }
                _ => continue,
            };
            match known.get(&why) {
                Some(at) => left[*at].steps += 1,
                None => {
                    known.insert(why.clone(), left.len());
                    left.push(Left { step: *step, steps: 1, why });
                }
            }
        }
        if self.outcome.interrupted {
            left.extend(self.watch.waiting());
        }
        left
    }
}
