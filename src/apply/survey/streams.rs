//! Whose module streams a survey reads: members that ride a release with streams and have modular packages at another
//! version than it. Of all others the packages themselves prove the stream, or nothing has been tried yet.

use super::riders::{self, Known};
use crate::conformance::Verdict;
use crate::observed::{Observed, Scope};
use crate::state::State;
use crate::train::Train;

/// Returns what to read.
pub(super) fn wanted(observed: &Observed, train: &Train, state: &State) -> Vec<Scope> {
    let mut known = Known::default();
    let riders = riders::of(observed, (train, state), |_| true);
    let with_streams = riders.iter().filter(|rider| !rider.release.manifest.modules.is_empty());
    let off = with_streams.filter(|rider| known.ask(rider, train, Verdict::has_modular_off));
    off.map(|rider| Scope::Streams(rider.id.clone())).collect()
}
