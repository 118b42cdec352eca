//! The stream of a plan: what it tells besides its changes, what names a train, what a rehearsal comes to, and that every
//! code is documented.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::super::{
    stream_end, stream_error, stream_note, stream_outcome, stream_plan, stream_rehearsal, stream_version,
};
use super::sample::{self, at, group_name, instance, instances, release};
use super::{formats, imports};
use crate::apply::Outcome;
use crate::name::{Address, TrainName};
use crate::op::StepId;
use crate::plan::{Partial, Plan};
use crate::rehearsal::{Assumptions, Course, Failure, Hold, Holding, Left, Leg, Rehearsal};
use crate::state::store::StepCounts;

fn parsed(lines: &str) -> Vec<Value> {
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn told(plan: &Plan) -> Vec<Value> {
    parsed(&stream_plan(plan, plan.created))
}

fn of<'m>(messages: &'m [Value], kind: &str) -> Vec<&'m Value> {
    messages.iter().filter(|message| message["type"] == kind).collect()
}

#[test]
fn what_a_plan_is_of_comes_first_and_the_total_last() {
    let mut plan = formats::judged();
    plan.seen = Some(at("2026-11-29T04:10:00Z"));
    plan.partial = Some(Partial {
        targets: vec!["group.canary".to_owned()],
        along: vec![Address::Release(release("GL1.1"))],
        left_out: vec![Address::Instance(instance("db-01"))],
        steps: 7,
    });
    let messages = told(&plan);
    let kinds: Vec<&str> = messages.iter().take(2).map(|message| message["code"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["plan.seen", "plan.partial"]);
    assert_eq!(messages[0]["seen"], "2026-11-29T04:10:00Z");
    assert_eq!(
        messages[1]["partial"],
        json!({
            "targets": ["group.canary"],
            "along": ["release.GL1.1"],
            "left_out": ["instance.db-01"],
            "steps": 7,
        })
    );
    assert!(messages[1]["@message"].as_str().unwrap().starts_with("PARTIAL: only group.canary"));
    assert_eq!(messages.last().unwrap()["code"], "summary.plan");
    assert!(of(&told(&sample::full()), "plan_seen").is_empty());
}

#[test]
fn what_a_reviewer_should_know_is_told_too() {
    let messages = told(&formats::judged());
    let ahead = of(&messages, "ahead");
    assert_eq!(ahead.len(), 1);
    assert_eq!((&ahead[0]["code"], &ahead[0]["group"]), (&json!("ahead.reported"), &json!("web")));
    assert_eq!(ahead[0]["resource"]["resource_key"], "web-05");
    assert_eq!(ahead[0]["@message"], "instance.web-05: ahead of its release in 1 package");
    let notes: Vec<&Value> = of(&messages, "plan_note").iter().map(|note| &note["code"]).collect();
    assert_eq!(notes, ["plan-note.unfinished", "plan-note.golden-left-out"]);
    let approvals = of(&messages, "approvals");
    assert_eq!(approvals[0]["code"], "policy.approvals");
    assert_eq!(approvals[0]["approvals"]["needed"], 2);
    assert_eq!(approvals[0]["approvals"]["approvers"], json!(["kim"]));
    // Whose something is that is taken over.
    let messages = told(&imports::imports());
    let owners: Vec<&Value> =
        of(&messages, "planned_change").iter().map(|import| &import["change"]["owner"]["train"]).collect();
    assert_eq!(owners, [&Value::Null, &json!("older"), &Value::Null]);
}

#[test]
fn what_is_about_a_train_names_it() {
    let plan = formats::judged();
    let outcome = stream_outcome(&plan, &Outcome::default(), plan.created);
    let all = stream_plan(&plan, plan.created) + &outcome;
    for message in parsed(&all) {
        assert_eq!(message["train"], "great-linux", "{message}");
    }
    let now = plan.created;
    for line in [stream_version(now), stream_end(now, "done", 0, "done")] {
        assert_eq!(parsed(&line)[0]["train"], Value::Null);
    }
    // What ends the command has its code; what ends the work on one train of several has none.
    let train = TrainName::new("great-linux");
    let of = |train, code| parsed(&stream_error(now, train, ("refused", code), ("no", "because"))).remove(0);
    let [last, one] = [of(None, Some(5)), of(Some(&train), None)];
    assert_eq!((&last["train"], &last["exit_code"]), (&Value::Null, &json!(5)));
    assert_eq!((&one["train"], one.get("exit_code")), (&json!("great-linux"), None));
    assert_eq!((&one["code"], &last["code"]), (&json!("error.refused"), &json!("error.refused")));
    let note = parsed(&stream_note(now, Some(&train), "refused", ("no", "because"))).remove(0);
    assert_eq!(note["train"], "great-linux");
}

#[test]
fn a_rehearsal_is_a_message_with_its_times() {
    let plan = sample::full();
    let (begins, soaked) = (at("2026-11-23T09:00:00Z"), at("2026-11-24T09:00:00Z"));
    let soak =
        |wave| Hold { by: Holding::Soak { group: group_name("canary"), wave }, from: begins, until: soaked };
    let leg = |wave, holds| Leg { wave, moving: 2, begun: Some(soaked), ended: Some(soaked), holds };
    let hours = Hold { by: Holding::Hours, from: begins, until: soaked };
    let told = Rehearsal {
        assumptions: Assumptions {
            work: SignedDuration::from_mins(5),
            call: SignedDuration::from_millis(200),
        },
        begins,
        ends: Some(soaked),
        counts: StepCounts { done: 3, not_started: 1, ..StepCounts::default() },
        rest: Some(Leg { wave: 0, moving: 0, begun: Some(begins), ended: Some(soaked), holds: Vec::new() }),
        groups: vec![Course {
            group: group_name("web"),
            release: release("GL1.1"),
            waves: vec![
                leg(1, vec![soak(Some(2)), soak(None), hours]),
                Leg { wave: 2, moving: 1, ..Leg::default() },
            ],
        }],
        left: vec![Left { step: StepId(5), steps: 2, why: "it waits".to_owned() }],
        failures: vec![Failure {
            group: group_name("web"),
            wave: 2,
            failing: instances("web", 1..=1),
            stops: Some(soaked),
            ends: None,
            at_level: instances("web", 2..=3),
            below: Vec::new(),
            untouched: 4,
            waiting: vec![group_name("db")],
        }],
        unplayed: 1,
    };
    let message = parsed(&stream_rehearsal(&plan, &told, plan.created)).remove(0);
    assert_eq!((&message["type"], &message["code"]), (&json!("rehearsal"), &json!("rehearsal.over")));
    assert_eq!(
        message["@message"],
        "SIMULATED: rehearsal from 2026-11-23 09:00Z on: over 2026-11-24 09:00Z, after 1d"
    );
    let (from, until) = ("2026-11-23T09:00:00Z", "2026-11-24T09:00:00Z");
    assert_eq!(
        message["rehearsal"],
        json!({
            "simulated": true,
            "begins": from,
            "ends": until,
            "seconds": 86_400.0,
            "assumed": { "work_seconds": 300.0, "call_seconds": 0.2 },
            "steps": { "done": 3, "already": 0, "failed": 0, "not_started": 1 },
            "rest": { "moving": 0, "begins": from, "ends": until, "seconds": 86_400.0, "holds": [] },
            "groups": [{
                "group": "web",
                "release": "GL1.1",
                "waves": [
                    {
                        "wave": 1,
                        "moving": 2,
                        "begins": until,
                        "ends": until,
                        "seconds": 0.0,
                        "holds": [
                            { "by": "soak", "after": "canary", "wave": 2, "from": from, "until": until, "seconds": 86_400.0 },
                            { "by": "soak", "after": "canary", "from": from, "until": until, "seconds": 86_400.0 },
                            { "by": "hours", "from": from, "until": until, "seconds": 86_400.0 },
                        ],
                    },
                    { "wave": 2, "moving": 1, "holds": [] },
                ],
            }],
            "left": [{ "address": "instance.canary-01", "step": 5, "steps": 2, "why": "it waits" }],
            "failures": [{
                "group": "web",
                "wave": 2,
                "failing": ["instance.web-01"],
                "stops": until,
                "at_level": ["instance.web-02", "instance.web-03"],
                "below": [],
                "untouched": 4,
                "waiting": ["db"],
            }],
            "failures_not_played": 1,
        })
    );
    let endless = Rehearsal { ends: None, ..told };
    let message = parsed(&stream_rehearsal(&plan, &endless, plan.created)).remove(0);
    assert_eq!(message["code"], "rehearsal.not-over");
    assert_eq!(message["rehearsal"]["ends"], Value::Null);
}

#[test]
fn every_code_of_the_stream_is_documented() {
    let documented = include_str!("../../../docs/plan-formats.md");
    let of = |pattern: &str| {
        let pattern = regex::Regex::new(pattern).unwrap();
        let sources = [
            include_str!("../stream/mod.rs"),
            include_str!("../stream/planned.rs"),
            include_str!("../stream/rehearsed.rs"),
            include_str!("../stream/run.rs"),
        ];
        let found = sources.iter().flat_map(|source| pattern.captures_iter(source));
        found.map(|found| found[1].to_owned()).collect::<BTreeSet<String>>()
    };
    let codes =
        of(r#""((?:ahead|apply|change|gate|outcome|plan|policy|rehearsal|run|step|summary)[.][a-z-]+)""#);
    assert!(codes.len() > 33, "{codes:?}");
    for code in codes {
        assert!(documented.contains(&format!("`{code}`")), "docs/plan-formats.md does not tell of {code}");
    }
    // Those of which the rest is a word from elsewhere.
    let begun = of(r#"format!\("([a-z-]+)[.]\{"#);
    assert_eq!(begun.len(), 7, "{begun:?}");
    for begin in begun {
        let told = ["KIND", "REASON", "NAME", "NOTE"]
            .iter()
            .any(|word| documented.contains(&format!("`{begin}.{word}`")));
        assert!(told, "docs/plan-formats.md does not tell of {begin}");
    }
    let kinds = of(r#"\("([a-z_]+)", (?:code|&|"[a-z-]+[.])"#);
    assert!(kinds.len() > 9, "{kinds:?}");
    for kind in kinds {
        assert!(
            documented.contains(&format!("\n| `{kind}` |")),
            "docs/plan-formats.md does not tell of {kind}"
        );
    }
}
