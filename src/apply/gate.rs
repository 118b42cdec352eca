//! Gates: fixed conditions, evaluated against what the state has recorded, the clock, and how those who went first are
//! now. What has to be asked for that, a worker asks.

use std::sync::Arc;

use futures_util::StreamExt;
use jiff::Timestamp;

use super::desk::{Desk, Halt};
use super::health::{Facts, HealthChecker};
use crate::cloud::Cloud;
use crate::name::{GroupName, Ocid, ReleaseName};
use crate::observed::{Observed, Scope};
use crate::plan::Condition;
use crate::rollout::{Access, Calendar, HealthCheck, span_words};
use crate::state::State;

/// What becomes of a gate that everything before has ended of.
pub(super) enum Passing {
    /// It is open.
    Open,
    /// It is shut: until then, where that is known.
    Shut {
        /// What is missing, for people.
        message: String,
        /// When it may open.
        until: Option<Timestamp>,
    },
    /// Those who went first have to be asked first.
    Ask(Rounds),
}

/// Whom to ask before a gate opens.
#[derive(Debug)]
pub(super) struct Rounds {
    /// Those at level, and since when.
    instances: Vec<(Ocid, Timestamp)>,
    /// How many of them have to be well.
    need: usize,
    pub(super) group: GroupName,
    release: ReleaseName,
    health: Option<HealthCheck>,
    /// Whether they have to have checked in since.
    soaked: bool,
    /// Whether it is told how many of them wait for a reboot.
    pub(super) tells_reboots: bool,
}

/// What came of asking.
#[derive(Debug)]
pub(super) struct Asked {
    /// How many are well.
    well: usize,
    /// The first that are not, and why.
    ill: Vec<String>,
    /// How many wait for a reboot.
    reboots: usize,
}

/// How many are named before a message counts.
const NAMED: usize = 3;

/// Tells whether a gate opens. Only recorded proof counts (safety rule 8): members that were at level when the plan was
/// made, or that this run brings there, are the candidates; everybody else is below level. `asked` is what came of asking,
/// where that has been done.
pub(super) fn pass(condition: &Condition, state: &State, now: Timestamp, asked: Option<&Asked>) -> Passing {
    let shut = |message: String| Passing::Shut { message, until: None };
    match condition {
        Condition::Open { waiting, calendar } => match closed(waiting, calendar, now) {
            None => Passing::Open,
            Some((message, until)) => Passing::Shut { message, until },
        },
        Condition::Going { waiting, release } => kept(state, waiting, release).map_or(Passing::Open, shut),
        Condition::GroupAtLevel {
            waiting,
            behind,
            group,
            wave,
            release,
            candidates,
            members,
            allowed,
            soak,
            health,
        } => {
            let level =
                Level { group, wave: *wave, release, candidates, members: *members, allowed: *allowed };
            let who = match behind {
                Some(behind) => format!("wave {behind} of group.{waiting}"),
                None => format!("group.{waiting}"),
            };
            let stopped = state.rollouts.get(group).filter(|rollout| rollout.is_to(release));
            if stopped.is_some_and(|rollout| rollout.stopped.is_some()) {
                return shut(format!("{who} waits for group.{group}, whose rollout has stopped"));
            }
            let since = match level.since(state) {
                Ok(since) => since,
                Err(passed) => return shut(format!("{who} waits for {}", level.missing(passed))),
            };
            let opens =
                soak.zip(since).map(|(soak, since)| since.saturating_add(soak).unwrap_or(Timestamp::MAX));
            let soaked = opens.is_none_or(|opens| now >= opens);
            match asked {
                None if wave.is_some() || soak.is_some() || health.is_some() => {
                    return Passing::Ask(level.rounds(state, health.clone(), soak.is_some() && soaked));
                }
                Some(asked) if asked.well < level.need() => {
                    return shut(format!("{who} waits for {}", asked.missing(&level)));
                }
                _ => {}
            }
            match (soak, opens) {
                (Some(soak), Some(opens)) if !soaked => Passing::Shut {
                    message: format!(
                        "{who} waits until {} has been at level for {}, until {opens:.0}{}",
                        level.name(),
                        span_words(*soak),
                        asked.map(Asked::reboots).unwrap_or_default(),
                    ),
                    until: Some(opens),
                },
                _ => Passing::Open,
            }
        }
        Condition::Arrived { group, release, candidates, members, allowed, health } => {
            let level =
                Level { group, wave: None, release, candidates, members: *members, allowed: *allowed };
            if let Some(why) = kept(state, group, release) {
                return shut(why);
            }
            match (level.since(state), asked) {
                (Err(passed), _) => shut(format!("group.{group} has not arrived: {}", level.missing(passed))),
                (Ok(_), None) if health.is_some() => Passing::Ask(level.rounds(state, health.clone(), false)),
                (Ok(_), Some(asked)) if asked.well < level.need() => {
                    shut(format!("group.{group} has not arrived: {}", asked.missing(&level)))
                }
                (Ok(_), _) => Passing::Open,
            }
        }
    }
}

/// Tells that a group may not be touched at this time, and until when, where that is so.
pub(super) fn closed(
    group: &GroupName,
    calendar: &Calendar,
    now: Timestamp,
) -> Option<(String, Option<Timestamp>)> {
    let Access::Closed { until, .. } = calendar.at(now) else { return None };
    let opens = until.map(|until| format!(", until {until:.0}")).unwrap_or_default();
    Some((format!("group.{group} may not be touched now{opens}"), until))
}

/// Tells what keeps a group's rollout from going on, by what is on record.
pub(super) fn kept(state: &State, group: &GroupName, release: &ReleaseName) -> Option<String> {
    let rollout = state.rollouts.get(group)?;
    if let Some(paused) = &rollout.paused {
        return Some(format!(
            "group.{group} was paused by {} at {:.0}; `patchtrain rollout resume {group}` has it go on",
            paused.by, paused.at
        ));
    }
    let stopped = rollout.stopped.as_ref().filter(|_| rollout.is_to(release))?;
    let of = if stopped.whole { "in all".to_owned() } else { format!("in wave {}", stopped.wave) };
    Some(format!(
        "the rollout of group.{group} has stopped: {} failed {of}, {} may; `patchtrain rollout resume {group}` has it go on",
        stopped.failed, stopped.allowed
    ))
}

/// Who has to be at which level.
struct Level<'a> {
    group: &'a GroupName,
    wave: Option<u32>,
    release: &'a ReleaseName,
    candidates: &'a [Ocid],
    members: usize,
    allowed: usize,
}

impl Level<'_> {
    fn need(&self) -> usize {
        self.members.saturating_sub(self.allowed)
    }

    /// Returns since when they are, or how many are.
    fn since(&self, state: &State) -> Result<Option<Timestamp>, usize> {
        state.level_since(self.release, self.candidates, self.need())
    }

    fn name(&self) -> String {
        match self.wave {
            Some(wave) => format!("wave {wave} of group.{}", self.group),
            None => format!("group.{}", self.group),
        }
    }

    fn missing(&self, passed: usize) -> String {
        format!(
            "{}: {passed} of {} members are at the level of {}, {} may be below it",
            self.name(),
            self.members,
            self.release,
            self.allowed
        )
    }

    fn rounds(&self, state: &State, health: Option<HealthCheck>, soaked: bool) -> Rounds {
        let level = |id: &Ocid| {
            let level = state.instances.get(id)?.at_level.as_ref();
            let since = level.filter(|level| level.release == *self.release)?.since;
            Some((id.clone(), since))
        };
        Rounds {
            instances: self.candidates.iter().filter_map(level).collect(),
            need: self.need(),
            group: self.group.clone(),
            release: self.release.clone(),
            health,
            soaked,
            tells_reboots: true,
        }
    }
}

impl Asked {
    fn missing(&self, level: &Level<'_>) -> String {
        let names = self.ill.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join("; ");
        let more = if self.ill.len() > NAMED { "; ..." } else { "" };
        format!(
            "{}: at least {} of {} members are not at the level of {} and well, {} may be so ({names}{more}){}",
            level.name(),
            self.ill.len(),
            level.members,
            level.release,
            level.allowed,
            self.reboots(),
        )
    }

    fn reboots(&self) -> String {
        match self.reboots {
            0 => String::new(),
            1 => "; 1 waits for a reboot".to_owned(),
            many => format!("; {many} wait for a reboot"),
        }
    }
}

/// Asks how instances are: whether the service still hears from each, and what their health check says.
pub(super) async fn ask<C: Cloud>(
    desk: &mut Desk<C>,
    rounds: &Rounds,
    checker: Option<&Arc<dyn HealthChecker>>,
) -> Result<Asked, Halt> {
    desk.free_slot();
    let each = futures_util::stream::iter(&rounds.instances);
    let one = |(id, since): &(Ocid, Timestamp)| {
        let (id, since, desk) = (id.clone(), *since, &*desk);
        async move { how_is(desk, rounds, (&id, since), checker).await }
    };
    let bound = desk.settings().parallelism.max(1);
    let mut answers = each.map(one).buffered(bound);
    let mut asked = Asked { well: 0, ill: Vec::new(), reboots: 0 };
    while let Some(answer) = answers.next().await {
        let (ill, reboot) = answer?;
        asked.reboots += usize::from(reboot);
        match ill {
            Some(why) => asked.ill.push(why),
            None => asked.well += 1,
        }
        // Nobody else's answer opens it any more.
        if rounds.instances.len() - asked.ill.len() < rounds.need {
            break;
        }
    }
    Ok(asked)
}

/// Tells what is wrong with an instance, if anything, and whether it waits for a reboot.
async fn how_is<C: Cloud>(
    desk: &Desk<C>,
    rounds: &Rounds,
    (id, since): (&Ocid, Timestamp),
    checker: Option<&Arc<dyn HealthChecker>>,
) -> Result<(Option<String>, bool), Halt> {
    let mut seen = Observed::default();
    seen.learn(desk.read(&Scope::Standing(id.clone())).await?);
    let Some(instance) = seen.instances.get(id) else {
        return Ok((Some(format!("the service no longer knows {id}")), false));
    };
    let name = &instance.name;
    let reboot = instance.reboot_required && rounds.tells_reboots;
    if !instance.status.takes_work() {
        return Ok((Some(format!("the service does not reach {name}")), reboot));
    }
    // Whoever was seen at level when it began to soak has to have been heard of since.
    if rounds.soaked && instance.last_checkin.is_none_or(|last| last <= since) {
        return Ok((Some(format!("{name} has not checked in since it was updated")), reboot));
    }
    let (Some(health), Some(checker)) = (&rounds.health, checker) else { return Ok((None, reboot)) };
    desk.go_on()?;
    let facts = Facts {
        name: instance.name.to_string(),
        id: id.to_string(),
        group: rounds.group.to_string(),
        release: rounds.release.to_string(),
    };
    let ill = checker.check(health.clone(), facts).await.err();
    Ok((ill.map(|why| format!("{name} is not well: {why}")), reboot))
}

#[cfg(test)]
mod tests;
