//! A rehearsal as a message: who moves when in it, what holds whom and until when, what is left, and what a failure would
//! leave. Nothing of it has happened, which stands in it too.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::super::plan::json_address;
use super::super::rehearsal::course_words;
use super::super::words;
use super::{Level, Teller};
use crate::name::{Address, Ocid};
use crate::plan::Plan;
use crate::rehearsal::{Assumptions, Course, Failure, Hold, Holding, Left, Leg, Rehearsal};
use crate::state::store::StepCounts;

/// Says what came of playing a plan.
pub fn stream_rehearsal(plan: &Plan, told: &Rehearsal, now: Timestamp) -> String {
    let Rehearsal { assumptions, begins, ends, counts, rest, groups, left, failures, unplayed } = told;
    let Assumptions { work, call } = assumptions;
    let StepCounts { done, already, failed, not_started } = counts;
    let mut rehearsal = json!({
        "simulated": true,
        "begins": begins,
        "assumed": { "work_seconds": work.as_secs_f64(), "call_seconds": call.as_secs_f64() },
        "steps": { "done": done, "already": already, "failed": failed, "not_started": not_started },
        "groups": groups.iter().map(course).collect::<Vec<Value>>(),
        "left": left.iter().map(|left| undone(plan, left)).collect::<Vec<Value>>(),
        "failures": failures.iter().map(|failure| failure_of(plan, failure)).collect::<Vec<Value>>(),
        "failures_not_played": unplayed,
    });
    if let Some(ends) = ends {
        rehearsal["ends"] = json!(ends);
        rehearsal["seconds"] = json!(seconds(*begins, *ends));
    }
    if let Some(rest) = rest {
        rehearsal["rest"] = leg(rest);
    }
    let code = if ends.is_some() { "rehearsal.over" } else { "rehearsal.not-over" };
    let text = format!("SIMULATED: rehearsal from {} on: {}", words::time(*begins), course_words(told));
    let rest = json!({ "rehearsal": rehearsal });
    Teller::of(plan, now).message(Level::Info, ("rehearsal", code), &text, rest)
}

fn course(Course { group, release, waves }: &Course) -> Value {
    json!({ "group": group, "release": release, "waves": waves.iter().map(leg).collect::<Vec<Value>>() })
}

fn leg(Leg { wave, moving, begun, ended, holds }: &Leg) -> Value {
    let mut told = json!({ "moving": moving, "holds": holds.iter().map(hold).collect::<Vec<Value>>() });
    // What belongs to no wave has no number.
    if *wave > 0 {
        told["wave"] = json!(wave);
    }
    for (key, at) in [("begins", begun), ("ends", ended)] {
        if let Some(at) = at {
            told[key] = json!(at);
        }
    }
    if let (Some(begun), Some(ended)) = (begun, ended) {
        told["seconds"] = json!(seconds(*begun, *ended));
    }
    told
}

fn hold(Hold { by, from, until }: &Hold) -> Value {
    let mut told = json!({ "from": from, "until": until, "seconds": seconds(*from, *until) });
    match by {
        Holding::Hours => told["by"] = json!("hours"),
        Holding::Soak { group, wave } => {
            told["by"] = json!("soak");
            told["after"] = json!(group);
            if let Some(wave) = wave {
                told["wave"] = json!(wave);
            }
        }
    }
    told
}

fn undone(plan: &Plan, Left { step, steps, why }: &Left) -> Value {
    let mut told = json!({ "step": step, "steps": steps, "why": why });
    if let Some(step) = plan.steps.get(step.0 as usize) {
        told["address"] = json!(json_address(plan, &step.address));
    }
    told
}

fn failure_of(plan: &Plan, failure: &Failure) -> Value {
    let Failure { group, wave, failing, stops, ends, at_level, below, untouched, waiting } = failure;
    let names = |ids: &[Ocid]| -> Value {
        ids.iter().map(|id| json!(json_address(plan, &Address::Instance(id.clone())))).collect()
    };
    let mut told = json!({
        "group": group,
        "wave": wave,
        "failing": names(failing),
        "at_level": names(at_level),
        "below": names(below),
        "untouched": untouched,
        "waiting": waiting,
    });
    for (key, at) in [("stops", stops), ("ends", ends)] {
        if let Some(at) = at {
            told[key] = json!(at);
        }
    }
    told
}

fn seconds(from: Timestamp, until: Timestamp) -> f64 {
    let length: SignedDuration = until.duration_since(from);
    length.as_secs_f64()
}
