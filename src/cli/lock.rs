//! Taking the lock of a state: at once, or waiting for whoever has it.

use std::time::Duration;

use tokio::time::Instant;

use super::CliError;
use super::args::Locking;
use super::context::Context;
use super::signals::unless_interrupted;
use crate::apply::Interrupt;
use crate::state::State;
use crate::state::store::{Session, Store, StoreError, TrainSession, TrainStore};
use crate::train::Train;

/// The time between two tries. Nobody is told when a lock is freed.
const BETWEEN: Duration = Duration::from_millis(200);

/// Takes the lock of a train's state, within the time that the command line gives it, and reads the state.
pub(super) async fn take(
    context: &Context,
    interrupt: &Interrupt,
    train: &Train,
    locking: &Locking,
) -> Result<(TrainSession, Option<State>), CliError> {
    let store = context.store(train, interrupt).await?;
    let mut session = on(context, interrupt, train, &store, locking).await?;
    let state = unless_interrupted(interrupt, session.load()).await??;
    context.left_behind(train, state.as_ref()).await?;
    Ok((session, state))
}

/// Takes the lock of a store, within the time that the command line gives it.
pub(super) async fn on(
    context: &Context,
    interrupt: &Interrupt,
    train: &Train,
    store: &TrainStore,
    locking: &Locking,
) -> Result<TrainSession, CliError> {
    let until = Instant::now() + locking.patience();
    let mut told = false;
    loop {
        // Each try has an id of its own: what one leaves behind is not another's.
        let holder = context.holder(&train.name)?;
        match unless_interrupted(interrupt, store.lock(&holder)).await? {
            Err(error @ StoreError::Locked { .. }) if Instant::now() < until => {
                if !std::mem::replace(&mut told, true) {
                    context.terminal.say(&format!("Waiting: {error}"));
                }
                let wait = BETWEEN.min(until.saturating_duration_since(Instant::now()));
                unless_interrupted(interrupt, tokio::time::sleep(wait)).await?;
            }
            ended => return Ok(ended?),
        }
    }
}
