//! How far rollouts are, from the state and the train alone: waves with their levels and failures, what holds them, and
//! when they may be through, from the pace so far.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::name::{GroupName, Ocid, ReleaseName, TrainName};
use crate::rollout::{Access, Calendar};
use crate::state::{Ending, Paused, RolloutRecord, State, Stopped};
use crate::train::{Group, Train};

/// The rollouts of a train.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rollouts {
    /// The train.
    pub train: TrainName,
    /// As of when.
    pub at: Timestamp,
    /// Those on record, by group.
    pub rollouts: Vec<RolloutStanding>,
}

/// How far a rollout is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RolloutStanding {
    /// The group.
    pub group: GroupName,
    /// The release that it moves to, or moved to; none where it was only paused.
    pub release: Option<ReleaseName>,
    /// Since when.
    pub started: Timestamp,
    /// Its waves, in order.
    pub waves: Vec<WaveStanding>,
    /// Who has failed.
    pub failed: Vec<FailureStanding>,
    /// What holds it.
    pub hold: Option<Hold>,
    /// How it ended.
    pub ended: Option<Ended>,
    /// When it may be through, if it goes on as fast as it did; not known before somebody has arrived.
    pub eta: Option<Timestamp>,
}

/// How far a wave is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WaveStanding {
    /// Its number, from 1.
    pub wave: u32,
    /// How many are known to be in it.
    pub members: usize,
    /// How many are at the release's level.
    pub at_level: usize,
    /// How many have failed.
    pub failed: usize,
    /// Since when all of it is at level, but for those that may be below.
    pub since: Option<Timestamp>,
    /// Until when it soaks, where the next wave waits for that.
    pub soaks_until: Option<Timestamp>,
}

/// Somebody who has failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FailureStanding {
    /// The instance.
    pub instance: Ocid,
    /// Its display name, where it is known.
    pub name: String,
    /// Its wave.
    pub wave: u32,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub why: String,
}

/// What holds a rollout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "hold", rename_all = "kebab-case")]
pub enum Hold {
    /// Somebody paused it.
    Paused(Paused),
    /// More have failed than are put up with.
    Stopped(Stopped),
    /// It may not be touched now.
    Closed {
        /// Until then.
        until: Option<Timestamp>,
    },
    /// A wave soaks.
    Soaks {
        /// Which.
        wave: u32,
        /// Until then.
        until: Timestamp,
    },
}

/// The end of a rollout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ended {
    /// When.
    pub at: Timestamp,
    /// Where it went instead, where it was aborted.
    pub aborted_to: Option<ReleaseName>,
}

/// Tells how far the rollouts of a train are, or that of one group.
pub fn standing(train: &Train, state: &State, only: Option<&GroupName>, now: Timestamp) -> Rollouts {
    let wanted = state.rollouts.iter().filter(|(group, _)| only.is_none_or(|only| *group == only));
    let of =
        |(name, record): (&GroupName, &RolloutRecord)| one(train.group(name), state, (name, record), now);
    Rollouts { train: train.name.clone(), at: now, rollouts: wanted.map(of).collect() }
}

pub(super) fn one(
    group: Option<&Group>,
    state: &State,
    (name, record): (&GroupName, &RolloutRecord),
    now: Timestamp,
) -> RolloutStanding {
    // A file may say any number.
    let most = state.instances.len() + record.awaited.len();
    let mut members: Vec<Vec<&Ocid>> = vec![Vec::new(); (record.waves as usize).min(most)];
    let fixed = state.instances.iter().filter(|(_, known)| known.group == *name && known.wave > 0);
    let fixed = fixed.map(|(id, known)| (id, known.wave));
    for (id, wave) in fixed.chain(record.awaited.iter().map(|(id, wave)| (id, *wave))) {
        if let Some(wave) = (wave as usize).checked_sub(1).and_then(|wave| members.get_mut(wave)) {
            wave.push(id);
        }
    }
    let waves: Vec<WaveStanding> =
        (1..).zip(&members).map(|(n, ids)| wave(group, state, record, (n, ids), now)).collect();
    let ended = record.ended.as_ref().map(|end| Ended {
        at: end.at,
        aborted_to: match &end.how {
            Ending::Done => None,
            Ending::Aborted { to } => Some(to.clone()),
        },
    });
    let name_of =
        |id: &Ocid| state.instances.get(id).map_or_else(|| id.to_string(), |known| known.name.to_string());
    RolloutStanding {
        group: name.clone(),
        release: record.release.clone(),
        started: record.started,
        failed: record
            .failed
            .iter()
            .map(|(id, failure)| FailureStanding {
                instance: id.clone(),
                name: name_of(id),
                wave: failure.wave,
                at: failure.at,
                why: failure.why.clone(),
            })
            .collect(),
        // A pause is of the group, and holds what comes next, too.
        hold: hold(group, record, &waves, now)
            .filter(|hold| ended.is_none() || matches!(hold, Hold::Paused(_))),
        eta: eta(group, state, (name, record), &waves, now).filter(|_| ended.is_none()),
        ended,
        waves,
    }
}

fn wave(
    group: Option<&Group>,
    state: &State,
    record: &RolloutRecord,
    (wave, ids): (u32, &Vec<&Ocid>),
    now: Timestamp,
) -> WaveStanding {
    let at = |id: &&&Ocid| {
        let level = state.instances.get(**id).and_then(|known| known.at_level.as_ref());
        level.is_some_and(|level| Some(&level.release) == record.release.as_ref())
    };
    let allowed = group.map_or(0, |group| group.max_failures.of(ids.len()).min(ids.len().saturating_sub(1)));
    let level = record
        .release
        .as_ref()
        .map(|release| state.level_since(release, ids.iter().copied(), ids.len().saturating_sub(allowed)));
    let since = level.and_then(Result::ok).flatten();
    let soak = group.and_then(|group| group.pace.wave_soak).filter(|_| wave < record.waves);
    let soaks = since.zip(soak).map(|(since, soak)| since.saturating_add(soak).unwrap_or(Timestamp::MAX));
    WaveStanding {
        wave,
        members: ids.len(),
        at_level: ids.iter().filter(at).count(),
        failed: record.failed_in(wave),
        since,
        soaks_until: soaks.filter(|until| *until > now),
    }
}

fn hold(
    group: Option<&Group>,
    record: &RolloutRecord,
    waves: &[WaveStanding],
    now: Timestamp,
) -> Option<Hold> {
    if let Some(stopped) = &record.stopped {
        return Some(Hold::Stopped(stopped.clone()));
    }
    if let Some(paused) = &record.paused {
        return Some(Hold::Paused(paused.clone()));
    }
    if let Access::Closed { until, .. } = group?.pace.calendar.at(now) {
        return Some(Hold::Closed { until });
    }
    // The first wave that is not there waits for the one before.
    let next = waves.iter().position(|wave| wave.since.is_none())?;
    let before = waves.get(next.checked_sub(1)?)?;
    Some(Hold::Soaks { wave: before.wave, until: before.soaks_until? })
}

/// Tells when a rollout may be through: the instances that are left, at the pace of those that have arrived, and the soaks
/// between. That pace is of waves that could move: what they soaked before is no work.
fn eta(
    group: Option<&Group>,
    state: &State,
    (name, record): (&GroupName, &RolloutRecord),
    waves: &[WaveStanding],
    now: Timestamp,
) -> Option<Timestamp> {
    if record.paused.is_some() || record.stopped.is_some() {
        return None;
    }
    let done: usize = waves.iter().map(|wave| wave.at_level).sum();
    let left = waves.iter().map(|wave| wave.members).sum::<usize>() - done;
    if left == 0 {
        return None;
    }
    let own = state.instances.values().filter(|known| known.group == *name);
    let levels = own.filter_map(|known| Some((known.wave, known.at_level.as_ref()?)));
    let here: Vec<(u32, Timestamp)> = levels
        .filter(|(_, level)| Some(&level.release) == record.release.as_ref())
        .map(|(wave, level)| (wave, level.since))
        .collect();
    let wave_soak = group.and_then(|group| group.pace.wave_soak).unwrap_or_default();
    let (mut took, mut arrived, mut soaks) = (SignedDuration::ZERO, 0_i32, SignedDuration::ZERO);
    let mut could = Some(record.started);
    for wave in waves.iter().filter(|wave| wave.members > 0) {
        if let Some(from) = could {
            let since = here.iter().filter(|(of, since)| *of == wave.wave && *since >= from);
            let (count, last) =
                since.fold((0, from), |(count, last), (_, since)| (count + 1, last.max(*since)));
            took = took.checked_add(last.duration_since(from))?;
            arrived += count;
        }
        could = wave.since.and_then(|since| since.checked_add(wave_soak).ok());
        if wave.wave < record.waves {
            let soak = match (wave.since, wave.soaks_until) {
                (_, Some(until)) => until.duration_since(now),
                (None, None) => wave_soak,
                (Some(_), None) => SignedDuration::ZERO,
            };
            soaks = soaks.checked_add(soak)?;
        }
    }
    let each = took.checked_div(arrived)?;
    let work = each.checked_mul(i32::try_from(left).ok()?)?;
    // A soak goes on in closed hours, work does not.
    let from = now.checked_add(soaks).ok()?;
    group.map_or_else(|| from.checked_add(work).ok(), |group| through(&group.pace.calendar, from, work))
}

/// Returns when so much work is done that begins then and rests in closed hours; nothing where they never end.
fn through(calendar: &Calendar, from: Timestamp, work: SignedDuration) -> Option<Timestamp> {
    /// Some years of nights.
    const CLOSINGS: usize = 2_000;
    let (mut at, mut left) = (from, work);
    for _ in 0..CLOSINGS {
        match calendar.at(at) {
            Access::Closed { until, .. } => at = until?,
            Access::Open { until: Some(until) } if until.duration_since(at) < left => {
                left = left.checked_sub(until.duration_since(at))?;
                at = until;
            }
            Access::Open { .. } => return at.checked_add(left).ok(),
        }
    }
    None
}

#[cfg(test)]
mod tests;
