//! Whose available updates a survey reads: members of groups whose level counts some kinds and not others, that ride
//! their release and are behind it. Of all others nothing depends on what an update is for.

use super::riders::{self, Known};
use crate::observed::{Observed, Scope};
use crate::state::State;
use crate::train::Train;

/// Returns what to read.
pub(super) fn wanted(observed: &Observed, train: &Train, state: &State) -> Vec<Scope> {
    let mut known = Known::default();
    let riders = riders::of(observed, (train, state), |group| group.patching().is_by_kind());
    let behind = riders.iter().filter(|rider| known.ask(rider, train, |verdict| !verdict.behind.is_empty()));
    behind.map(|rider| Scope::Updates(rider.id.clone())).collect()
}
