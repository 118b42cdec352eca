//! The executor: runs the steps of a plan in their order, makes no choice of its own, and leaves a state that says
//! what is done.
//!
//! One coordinator owns the state and the journal; workers drive one step each and only send it messages. The rules
//! it keeps are the safety rules of the design, numbered where the code keeps them.

mod boot;
mod coordinator;
mod crew;
mod desk;
mod event;
mod gate;
mod health;
mod job;
mod ledger;
mod look;
mod schedule;
mod selection;
mod series;
mod signal;
mod survey;
#[cfg(test)]
mod tests;
mod token;
mod verify;
mod work;
mod worker;

use std::sync::Arc;

use jiff::Timestamp;
use thiserror::Error;

use crate::cloud::Cloud;
use crate::plan::Plan;
use crate::state::store::{Session, StoreError};
use crate::state::{Consent, State};

pub use event::{Event, Outcome, StepEnd};
pub use health::{Facts, HealthChecker};
pub use survey::{
    Asked, Survey, Uncovered, survey, survey_again, survey_imports, survey_updates, surveyed, uncovered,
};

/// Tells the time: the system's, or the simulator's. Given to the executor, since soaks and windows pass while it
/// runs.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How a run behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// API calls in flight. Waiting for a work request takes none of them.
    pub parallelism: usize,
    /// The first wait between two looks at a work request or a stale inventory; each next one is longer by half.
    pub first_wait: std::time::Duration,
    /// The longest such wait.
    pub longest_wait: std::time::Duration,
    /// How long a read-back may go on showing an old inventory before the step fails.
    pub verify_patience: std::time::Duration,
    /// How long accepted work may wait for its agent, or run, before the step fails: from when it was asked for.
    pub work_patience: std::time::Duration,
}

/// Why a run could not go on. What was done by then is in the state, or handed out where that could not be written.
#[derive(Debug, Error)]
pub enum ApplyError {
    /// The plan was made on another state.
    #[error("the plan is stale: {0}; make a new one with `patchtrain plan`")]
    Stale(String),
    /// The plan's steps are all done.
    #[error("the plan is used up: all its steps are done; make a new one with `patchtrain plan`")]
    UsedUp,
    /// The plan contradicts itself.
    #[error("the plan is not one that can run")]
    Order(#[from] crate::plan::OrderError),
    /// The state could not be written.
    #[error("the state could not be kept")]
    Store(#[from] StoreError),
    /// The state could not be written, and is here.
    #[error("the state could not be kept")]
    Unsaved {
        /// What the run knew at its end.
        state: Box<State>,
        /// Why.
        source: StoreError,
    },
    /// The journal says what cannot be.
    #[error("the state cannot be continued")]
    State(#[from] crate::state::IllegalEntry),
}

/// How a run is told to stop: a first signal lets answers in flight come in, a second ends at once.
pub type Interrupt = tokio::sync::watch::Receiver<u8>;

/// Runs a plan against a locked state. `state` is what the session loaded, or the new state of the plan's lineage.
/// That the train is still the one that was planned is the caller's to check.
///
/// Returns when every step has ended, or after a signal. A plan without steps writes nothing, unless it knows of
/// levels that were left. Dropping the future is as good as killing the process: the journal says what was done.
pub async fn apply<C: Cloud, S: Session>(
    plan: &Plan,
    cloud: Arc<C>,
    session: S,
    state: State,
    run: Run,
    on_event: impl FnMut(Event) + Send,
) -> Result<Outcome, ApplyError> {
    apply_with(plan, cloud, (session, state), (run, token::random()), on_event).await
}

async fn apply_with<C: Cloud, S: Session>(
    plan: &Plan,
    cloud: Arc<C>,
    (session, state): (S, State),
    run: (Run, token::Tokens),
    on_event: impl FnMut(Event) + Send,
) -> Result<Outcome, ApplyError> {
    let ledger = ledger::Ledger::open(plan, session, state, run.0.consent.clone())?;
    coordinator::Coordinator::new(plan, cloud, ledger, run, on_event)?.run().await
}

/// What a run is given besides plan, cloud and state.
#[derive(Clone)]
pub struct Run {
    /// How it behaves.
    pub settings: Settings,
    /// What time it is.
    pub clock: Clock,
    /// Whether it shall stop.
    pub interrupt: Interrupt,
    /// Who runs it, for the history.
    pub who: String,
    /// Where, for the history.
    pub host: String,
    /// Whether it waits for what only time can bring: a soak, a window.
    pub wait: bool,
    /// Who asks whether instances are well; nobody does without it, and gates that need it count them as well.
    pub checker: Option<Arc<dyn HealthChecker>>,
    /// By whose word it goes on, for the history.
    pub consent: Consent,
}
