//! Whose module streams a survey reads: members that ride a release with streams and have modular packages at another
//! version than it, or that are made exactly it and lack some. Of all others the packages themselves prove the stream, or nothing has been tried yet.

use super::riders::{self, Known};
use crate::conformance::Verdict;
use crate::observed::{Observed, Scope};
use crate::state::State;
use crate::train::Train;

/// Returns what to read.
pub(super) fn wanted(observed: &Observed, train: &Train, state: &State) -> Vec<Scope> {
    let mut scopes = Vec::new();
    // What makes a group exact may have to be installed from a stream that nobody has anything of yet.
    let lacks = |verdict: &Verdict| verdict.missing.iter().any(|package| package.is_modular());
    for exact in [false, true] {
        let mut known = Known::default();
        let riders = riders::of(observed, (train, state), |group| group.patching().is_exact() == exact);
        let with_streams = riders.iter().filter(|rider| !rider.release.manifest.modules.is_empty());
        let off = with_streams.filter(|rider| {
            known.ask(rider, train, |verdict| verdict.has_modular_off() || (exact && lacks(verdict)))
        });
        scopes.extend(off.map(|rider| Scope::Streams(rider.id.clone())));
    }
    scopes
}
