//! How groups of generated worlds move, and what is done to their members beyond updates.

use patchtrain::op::Wanted;
use patchtrain::rollout::{Amount, Pace};
use patchtrain::train::{Enforce, Enforcing, Group, Reboot};

use super::rng::Rng;

/// Waves of all sizes, and few of one at a time.
pub(super) fn pace(rng: &mut Rng) -> Pace {
    let waves = [Amount::Number(1), Amount::Percent(30), Amount::Percent(60)];
    let from = rng.below(3);
    Pace {
        waves: waves[from..from + rng.below(4 - from)].to_vec(),
        concurrency: rng.chance(50).then(|| Amount::Number(1 + rng.below(2))),
        stops: true,
        ..Pace::default()
    }
}

/// Some groups that install everything are made exactly their release, and some of those have extras removed. Drawn aside,
/// so that the worlds are those that they were before.
pub(super) fn enforcing(rng: &Rng, group: &Group) -> Enforcing {
    let mut aside = rng.clone();
    aside.below(7);
    let exact = group.update == Some(Wanted::All) && aside.chance(30);
    let reboot = if aside.chance(25) { Reboot::Window } else { Reboot::Report };
    match exact {
        true => Enforcing { enforce: Enforce::Exact, remove_extras: aside.chance(60), reboot },
        false => Enforcing { reboot, ..Enforcing::default() },
    }
}
