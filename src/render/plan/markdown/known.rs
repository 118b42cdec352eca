//! What every rung of a comment is written from. Worked out once: there are eight rungs, and fleets of ten thousand.

use super::super::cohorts::{self, Moved};
use super::super::losses::{Loss, losses};
use super::super::{drift, held};
use crate::name::GroupName;
use crate::plan::{Cohort, Drift, Figures, Plan};
use crate::render::words::{self, address, count, kind, natural};

/// What is told of a plan, however much of it.
pub(super) struct Known<'p> {
    pub(super) figures: Figures,
    pub(super) moved: Moved<'p>,
    pub(super) cohorts: Vec<(&'p GroupName, Vec<&'p Cohort>)>,
    pub(super) losses: Vec<Loss>,
    pub(super) drifted: Vec<Drifted<'p>>,
    pub(super) held: Vec<Holding>,
}

/// What drifted alike.
pub(super) struct Drifted<'p> {
    pub(super) alike: Vec<&'p Drift>,
    pub(super) who: Vec<String>,
}

/// What is held for one reason.
pub(super) struct Holding {
    pub(super) reason: String,
    /// The same, with every package.
    pub(super) whole: String,
    /// How many of what.
    pub(super) number: String,
    pub(super) who: Vec<String>,
    /// Who keeps it there, where somebody does.
    pub(super) keepers: Vec<String>,
}

impl<'p> Known<'p> {
    pub(super) fn of(plan: &'p Plan) -> Self {
        let drifts: Vec<&Drift> = plan.drift.iter().collect();
        let drifted = |alike: Vec<&'p Drift>| Drifted {
            who: alike.iter().map(|drift| address(plan, &drift.address)).collect(),
            alike,
        };
        let holding = |(reason, alike): (String, Vec<&crate::plan::Held>)| {
            let mut who: Vec<String> = alike.iter().map(|held| held::named(plan, held)).collect();
            who.sort_by_cached_key(|name| natural(name));
            let first = alike[0];
            Holding {
                reason,
                whole: words::held_whole(first),
                number: count(who.len(), kind(&first.address)),
                who,
                keepers: held::keepers(plan, first),
            }
        };
        Self {
            figures: plan.figures(),
            moved: Moved::of(plan),
            cohorts: cohorts::by_group(plan),
            losses: losses(plan),
            drifted: drift::alike(&drifts).into_iter().map(drifted).collect(),
            held: held::alike(plan).into_iter().map(holding).collect(),
        }
    }
}
