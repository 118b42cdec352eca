//! How a plan moves a group: its waves, how many of one are at work at a time, how many failures stop it, and its hours.

use serde::{Deserialize, Serialize};

use super::assess::Member;
use super::waves::{self, Waves};
use crate::name::Ocid;
use crate::rollout::{Amount, Calendar};
use crate::train::Group;

/// How a group moves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedRollout {
    /// Its waves, in order; one for a group without waves.
    pub waves: Vec<PlannedWave>,
    /// How many failures in all of it are put up with; any number without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed: Option<usize>,
    /// Its hours.
    #[serde(default, skip_serializing_if = "Calendar::is_always")]
    pub calendar: Calendar,
    /// Who is in each wave, where a rollout begins with this plan: fixed before the first of them is touched.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub begins: Vec<Vec<Ocid>>,
}

/// A wave of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedWave {
    /// How many members it has.
    pub members: usize,
    /// How many of them are on the release and at level.
    pub at_level: usize,
    /// How many of them move by this plan.
    pub moving: usize,
    /// How many may be at work at a time; all without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<usize>,
    /// How many failures of it are put up with; any number without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed: Option<usize>,
    /// Whether something shut stands before it now.
    pub gated: bool,
}

/// Tells how a group moves, where there is something to tell. `shut` is the first wave that something shut stands before.
pub(super) fn tell(
    group: &Group,
    members: &[Member<'_>],
    waves: &Waves,
    shut: Option<u32>,
) -> Option<PlannedRollout> {
    let pace = &group.pace;
    let lineup = waves.of(&group.name);
    let count = lineup.map_or(1, |lineup| lineup.waves.len().max(1));
    if !pace.stops && pace.calendar.is_always() && pace.concurrency.is_none() && count == 1 {
        return None;
    }
    let mut planned: Vec<PlannedWave> = (1..=count)
        .map(|wave| PlannedWave {
            members: 0,
            at_level: 0,
            moving: 0,
            concurrency: None,
            allowed: None,
            gated: shut.is_some_and(|shut| wave >= shut as usize),
        })
        .collect();
    for member in members {
        let Some(wave) = planned.get_mut(waves.wave(member) as usize - 1) else { continue };
        wave.members += 1;
        wave.at_level += usize::from(member.at_level);
        wave.moving += usize::from(member.moves());
    }
    for wave in &mut planned {
        wave.concurrency = pace.concurrency.map(|amount: Amount| amount.up_to(wave.members).max(1));
        let allowed = match count {
            1 => group.max_failures.of(wave.members),
            _ => waves::allowed(group.max_failures, wave.members),
        };
        wave.allowed = (pace.stops || count > 1).then_some(allowed);
    }
    Some(PlannedRollout {
        waves: planned,
        allowed: pace.stops.then(|| group.max_failures.of(members.len())),
        calendar: pace.calendar.clone(),
        begins: lineup.filter(|lineup| lineup.begins).map(|lineup| lineup.waves.clone()).unwrap_or_default(),
    })
}
