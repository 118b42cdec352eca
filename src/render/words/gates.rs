//! Words for gates: what one waits for, and why it holds.

use super::{clean, count, time};
use crate::name::GroupName;
use crate::plan::{Condition, HeldReason, PlannedRollout, PlannedWave};
use crate::rollout::{Closure, span_words};
use crate::state::Stopped;

/// Names what goes first: a group, or one wave of it.
pub(in crate::render) fn first(group: &GroupName, wave: Option<u32>) -> String {
    match wave {
        Some(wave) => format!("wave {wave} of {group}"),
        None => group.to_string(),
    }
}

/// Says in which waves a group moves, and how many of one at a time; nothing where that is all at once.
pub(in crate::render) fn waves(rollout: &PlannedRollout) -> Option<String> {
    let all = |number: &dyn Fn(&PlannedWave) -> String| -> Vec<String> {
        let mut told: Vec<String> = rollout.waves.iter().map(number).collect();
        let same = told.iter().all(|one| *one == told[0]);
        told.truncate(if same { 1 } else { told.len() });
        told
    };
    // One that is a group of the service keeps its number where nobody stands in it.
    let sizes = rollout.waves.iter().filter(|wave| wave.members > 0);
    let sizes: Vec<String> = sizes.map(|wave| wave.members.to_string()).collect();
    let mut parts = Vec::new();
    if sizes.len() > 1 {
        parts.push(format!("in waves of {}", sizes.join(", ")));
    }
    if rollout.waves.iter().any(|wave| wave.concurrency.is_some()) {
        let places =
            all(&|wave| wave.concurrency.map_or_else(|| "all".to_owned(), |places| places.to_string()));
        parts.push(format!("{} at a time", places.join(", ")));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// Says of a gate step what it is about, what it does and what it has done.
pub(super) fn step(condition: &Condition) -> (String, String, String) {
    match condition {
        Condition::GroupAtLevel { waiting, behind, group, wave, release, soak, .. } => {
            let (who, what) = (first(waiting, *behind), first(group, *wave));
            let soak = soak.map(|soak| format!(" for {}", span_words(soak))).unwrap_or_default();
            (
                match behind {
                    Some(_) => who,
                    None => format!("group {who}"),
                },
                format!("waiting for {what} at {release}{soak}"),
                format!("may go: {what} is at {release}{soak}"),
            )
        }
        Condition::Open { waiting, .. } => (
            format!("group {waiting}"),
            "looking whether it may be touched now".to_owned(),
            "may be touched now".to_owned(),
        ),
        Condition::Going { waiting, .. } => (
            format!("group {waiting}"),
            "looking whether its rollout goes on".to_owned(),
            "its rollout goes on".to_owned(),
        ),
        Condition::Arrived { group, release, .. } => (
            format!("group {group}"),
            format!("looking whether it has arrived at {release}"),
            format!("has arrived at {release}"),
        ),
    }
}

/// Says why a gate holds.
pub(super) fn held(reason: &HeldReason) -> String {
    match reason {
        HeldReason::Gate { after, reachable, members, allowed, wave, behind } => {
            let first = match wave {
                Some(_) => first(after, *wave),
                None => format!("group.{after}"),
            };
            format!(
                "{}waits for {first}, of which {reachable} of {members} members are at level or can get there by this plan, and at least {} must be",
                from(*behind),
                members.saturating_sub(*allowed)
            )
        }
        HeldReason::Soak { after, wave, behind, soak, since } => {
            let first = match wave {
                Some(_) => first(after, *wave),
                None => format!("group.{after}"),
            };
            let since = match since {
                Some(since) => format!("it is since {}", time(*since)),
                None => "it is not yet".to_owned(),
            };
            format!(
                "{}waits until {first} has been at level for {}; {since}",
                from(*behind),
                span_words(*soak)
            )
        }
        HeldReason::Closed { by: Closure::Window } => "outside its window".to_owned(),
        HeldReason::Closed { by: Closure::Blackout } => "it is a day of its blackout".to_owned(),
        HeldReason::Paused { paused } => {
            let why = paused.why.as_ref().map(|why| format!(" ({})", clean(why))).unwrap_or_default();
            format!(
                "{} paused it on {}{why}; `patchtrain rollout resume GROUP` has it go on",
                clean(&paused.by),
                time(paused.at)
            )
        }
        HeldReason::Stopped { stopped, of: None } => format!(
            "its rollout has stopped: {}; `patchtrain rollout resume GROUP` has it go on, and `patchtrain rollout abort \
             GROUP --to RELEASE` go back",
            stop(stopped)
        ),
        HeldReason::Stopped { stopped, of: Some(first) } => {
            format!("waits for group.{first}, whose rollout has stopped: {}", stop(stopped))
        }
        _ => String::new(),
    }
}

/// Says what stopped a rollout.
pub(in crate::render) fn stop(stopped: &Stopped) -> String {
    let Stopped { wave, failed, allowed, whole, at } = stopped;
    let of = if *whole { "in all".to_owned() } else { format!("in wave {wave}") };
    format!("{} failed {of}, {allowed} may, {}", count(*failed, "instance"), time(*at))
}

/// Says so when it happens.
pub(in crate::render) fn stopped(group: &GroupName, stopped: &Stopped) -> String {
    format!("STOPPED group {group}: {}; nobody else of it is touched", stop(stopped))
}

fn from(behind: Option<u32>) -> String {
    behind.map(|wave| format!("from wave {wave} on it ")).unwrap_or_default()
}
