//! `plan --rehearse`: has a plan played, on a thread of its own, until that is done or a signal comes.

use std::io;
use std::thread;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::oneshot;

use super::signals::unless_interrupted;
use super::{CliError, exit};
use crate::apply::{Interrupt, Settings};
use crate::observed::Observed;
use crate::plan::Plan;
use crate::rehearsal::{Assumptions, Piece, Rehearsal, rehearse};
use crate::state::State;

/// Plays a plan from a moment on.
pub(super) async fn play(
    interrupt: &Interrupt,
    (plan, state, observed): (Plan, State, Observed),
    (begins, work): (Timestamp, Option<SignedDuration>),
    settings: Settings,
) -> Result<Rehearsal, CliError> {
    let usual = Assumptions::default();
    let assumptions = Assumptions { work: work.unwrap_or(usual.work), ..usual };
    let piece = Piece { plan, state, observed, begins, settings, assumptions };
    let failed = |error: &dyn std::error::Error| {
        CliError::of(exit::ERROR, error).while_doing("the plan could not be rehearsed")
    };
    let (sender, told) = oneshot::channel();
    // A clock that jumps is of a runtime of its own, and those do not nest. Whoever waits may have gone by then.
    let spawned = thread::Builder::new().name("rehearsal".to_owned()).spawn(move || {
        let _ = sender.send(rehearse(&piece));
    });
    spawned.map_err(|error| failed(&error))?;
    match unless_interrupted(interrupt, told).await? {
        Ok(Ok(rehearsal)) => Ok(rehearsal),
        Ok(Err(error)) => Err(failed(&error)),
        Err(_) => Err(failed(&io::Error::other("its thread has ended"))),
    }
}
