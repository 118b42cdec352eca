//! Taking the lock of a state: at once, or waiting for whoever has it.

use std::time::Duration;

use tokio::time::Instant;

use super::CliError;
use super::args::Locking;
use super::context::Context;
use super::signals::unless_interrupted;
use crate::apply::Interrupt;
use crate::name::TrainName;
use crate::state::store::{LocalSession, Store, StoreError};

/// The time between two tries. Nobody is told when a lock is freed.
const BETWEEN: Duration = Duration::from_millis(200);

/// Takes the lock of a train's state, within the time that the command line gives it.
pub(super) async fn take(
    context: &Context,
    interrupt: &Interrupt,
    train: &TrainName,
    locking: &Locking,
) -> Result<LocalSession, CliError> {
    let store = context.workspace.store(train);
    let holder = context.holder(train)?;
    let until = Instant::now() + locking.patience();
    let mut told = false;
    loop {
        match store.lock(&holder).await {
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
