//! The plan for machines: our document and its schema, Terraform's representation, GitLab's counts, and the stream.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::plan::PLAN_SCHEMA;
use super::super::{PlanFormat, Repeat, RunStream, plan_as, stream_outcome, stream_plan, verdict};
use super::{borders, crews, golden, imports, judge, sample, updates};
use crate::apply::{Event, Outcome, StepEnd};
use crate::name::Address;
use crate::op::{Op, StepId, Ticket};
use crate::plan::{Action, Approvals, Check, CheckOutcome, Plan, PolicyChange, PolicyReview};
use crate::state::Stopped;
use crate::state::store::StepCounts;

fn parsed(plan: &Plan, format: &PlanFormat) -> Value {
    serde_json::from_str(&plan_as(plan, format)).unwrap()
}

/// A plan with something of all that a policy can say.
fn judged() -> Plan {
    let mut plan = sample::full();
    let check = |rule: &str, outcome, limit: &str, found: &str| Check {
        rule: rule.to_owned(),
        outcome,
        limit: limit.to_owned(),
        found: found.to_owned(),
        details: Vec::new(),
    };
    plan.policy = Some(PolicyReview {
        policy: None,
        checks: vec![
            check("max_instances", CheckOutcome::Pass, "at most 200 instances", "8 instances"),
            Check {
                details: vec!["web-01".to_owned()],
                ..check("forbid", CheckOutcome::Fail, "no downgrade", "1 downgrade")
            },
            check("patchtrain.warn", CheckOutcome::Warn, "", "somebody should look"),
        ],
        approvals: Some(Approvals {
            needed: 2,
            approvers: vec!["kim".to_owned()],
            keys: Vec::new(),
            recorded: true,
        }),
        changed: vec![PolicyChange { rule: "approvals".to_owned(), from: Some("2".to_owned()), to: None }],
        binding: true,
    });
    plan
}

fn samples() -> Vec<(&'static str, Plan)> {
    let mut all: Vec<(&str, Plan)> = vec![
        ("empty", sample::empty()),
        ("full", sample::full()),
        ("judged", judged()),
        ("first run", borders::first_run()),
        ("all held", borders::all_held()),
        ("large", borders::large()),
    ];
    all.extend([
        ("crews", crews::moving()),
        ("imports", imports::imports()),
        ("of a group", updates::of_a_group()),
        ("golden", updates::of_the_golden_instance()),
        ("by name", updates::by_name()),
        ("streams", updates::of_streams()),
    ]);
    all
}

#[test]
fn the_document_keeps_to_its_schema() {
    let schema: Value = serde_json::from_str(PLAN_SCHEMA).unwrap();
    for (name, plan) in samples() {
        let found = judge::faults(&schema, &parsed(&plan, &PlanFormat::Json), true);
        assert_eq!(found, Vec::<String>::new(), "{name}");
    }
    let mut document = parsed(&sample::full(), &PlanFormat::Json);
    document["summary"]["added"] = json!(1);
    document["held"][0]["reason"] = json!("tired");
    let found = judge::faults(&schema, &document, true);
    assert_eq!(found.len(), 2, "{found:?}");
    // What a later minor version adds is no fault to whoever has this schema.
    assert_eq!(judge::faults(&schema, &document, false).len(), 1);
}

#[test]
fn the_document_tells_all_of_a_plan() {
    let plan = judged();
    let document = parsed(&plan, &PlanFormat::Json);
    assert_eq!(document["format_version"], "1.0");
    assert_eq!(
        document["summary"],
        json!({
            "verdict": verdict(&plan),
            "changes_anything": true,
            "can_start": true,
            "denied": true,
            "add": 1,
            "change": 10,
            "destroy": 1,
            "import": 0,
            "held": 5,
            "drifted": 6,
            "instances": {
                "joins": 1, "leaves": 2, "switches": 6, "updates": 8, "exact": 0, "reboots": 0, "verifies": 0
            },
            "steps": {
                "total": 47,
                "by_phase": { "sources": 3, "membership": 1, "switch": 14, "update": 14, "verify": 14, "gate": 1 }
            },
            "cost": { "changing_calls": 61, "work_requests": 14 },
        })
    );
    let changes: Vec<(&str, &str, &str, Option<u64>)> = document["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| {
            (
                change["address"].as_str().unwrap(),
                change["action"].as_str().unwrap(),
                change["kind"].as_str().unwrap(),
                change["reason"]["line"].as_u64(),
            )
        })
        .take(6)
        .collect();
    assert_eq!(
        changes,
        [
            ("release.GL1", "change", "repair-source", None),
            ("release.GL1.1", "add", "create-source", Some(24)),
            ("group.canary", "change", "change-group", Some(41)),
            ("group.old", "destroy", "delete-group", None),
            ("instance.canary-04", "change", "move", Some(41)),
            ("instance.canary-01", "change", "move", Some(41)),
        ]
    );
    assert_eq!(
        document["held"][0],
        json!({
            "address": "group.db",
            "reason": "gate",
            "text": "waits for group.web, of which 11 of 14 members are at level or can get there by this plan, and at least 13 must be",
            "gate": true, "after": "web",
            "details": { "held": "gate", "after": "web", "reachable": 11, "members": 14, "allowed": 1 },
        })
    );
    assert_eq!(document["held"][4]["work_request"], "ocid1.osmsworkrequest.oc1..w7");
    assert_eq!(
        document["steps"][5],
        json!({
            "id": 5,
            "address": "instance.canary-01",
            "instance": "ocid1.instance.oc1.eu-frankfurt-1.canary-01",
            "group": "canary",
            "kind": "update",
            "phase": "update",
            "after": [4],
            "text": "canary-01: updating to GL1.1",
        })
    );
    assert_eq!(document["policy"]["checks"][1]["details"], json!(["web-01"]));
}

#[test]
fn terraform_has_the_plan_as_its_own() {
    let plan = sample::full();
    let document = parsed(&plan, &PlanFormat::TerraformJson);
    // One of each kind: whoever looks through it should be able to.
    let mut few = document.clone();
    for (list, places) in [("resource_changes", [0, 1, 2, 3, 8]), ("resource_drift", [0, 1, 2, 3, 4])] {
        few[list] = places.iter().map(|place| document[list][*place].clone()).collect();
    }
    few["planned_values"]["root_module"]["resources"].as_array_mut().unwrap().truncate(1);
    let own = few["patchtrain"].as_object_mut().unwrap();
    own.retain(|key, _| !matches!(key.as_str(), "summary" | "groups" | "held"));
    golden::check("plan-terraform-json", &(serde_json::to_string_pretty(&few).unwrap() + "\n"));
    let rows: Vec<(&str, &str)> = document["resource_changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| (change["address"].as_str().unwrap(), change["change"]["actions"][0].as_str().unwrap()))
        .take(6)
        .collect();
    assert_eq!(
        rows,
        [
            ("patchtrain_release.great-linux[\"GL1\"]", "update"),
            ("patchtrain_release.great-linux[\"GL1.1\"]", "create"),
            ("patchtrain_group.great-linux[\"canary\"]", "update"),
            ("patchtrain_group.great-linux[\"old\"]", "delete"),
            ("patchtrain_instance.great-linux[\"canary-01\"]", "update"),
            ("patchtrain_instance.great-linux[\"canary-02\"]", "update"),
        ]
    );
}

#[test]
fn gitlab_has_three_counts() {
    assert_eq!(plan_as(&sample::full(), &PlanFormat::Gitlab), "{\"create\":1,\"update\":10,\"delete\":1}\n");
    assert_eq!(plan_as(&sample::empty(), &PlanFormat::Gitlab), "{\"create\":0,\"update\":0,\"delete\":0}\n");
}

#[test]
fn names_are_data_and_command_no_terminal() {
    let mut plan = sample::full();
    let name = "web\u{1b}[2J\u{202e}\u{9b}m\"]\n${x}";
    let id = sample::instance("canary-01");
    plan.labels.insert(id.clone(), name.into());
    for format in [PlanFormat::Json, PlanFormat::TerraformJson] {
        let text = plan_as(&plan, &format);
        let bad: Vec<char> =
            text.chars().filter(|c| *c != '\n' && super::super::words::hostile(*c)).collect();
        assert_eq!(bad, Vec::<char>::new());
    }
    assert_eq!(parsed(&plan, &PlanFormat::Json)["labels"][id.as_str()], name);
    let terraform = parsed(&plan, &PlanFormat::TerraformJson);
    let named = |change: &&Value| change["index"] == name;
    let change = terraform["resource_changes"].as_array().unwrap().iter().find(named).unwrap();
    assert_eq!(
        change["address"],
        "patchtrain_instance.great-linux[\"web\\u001b[2J\u{202e}\\u009bm\\\"]\\n$${x}\"]"
    );
    for line in stream_plan(&plan, plan.created).lines() {
        let _: Value = serde_json::from_str(line).unwrap();
    }
}

proptest! {
    #[test]
    fn all_formats_count_alike(keep in proptest::collection::vec(any::<bool>(), 12), which in 0_usize..4) {
        let samples = [sample::full, judged, borders::first_run, imports::imports];
        let mut plan = samples[which]();
        let mut keep = keep.into_iter().cycle();
        plan.changes.retain(|_| keep.next().unwrap_or(true));
        let (add, change, destroy) = plan.counts();
        let own = parsed(&plan, &PlanFormat::Json);
        let of = |key: &str| own["summary"][key].as_u64().unwrap() as usize;
        prop_assert_eq!((of("add"), of("change"), of("destroy")), (add, change, destroy));
        let gitlab = parsed(&plan, &PlanFormat::Gitlab);
        prop_assert_eq!(gitlab, json!({ "create": add, "update": change, "delete": destroy }));
        let mut actions: BTreeMap<String, usize> = BTreeMap::new();
        for change in parsed(&plan, &PlanFormat::TerraformJson)["resource_changes"].as_array().unwrap() {
            *actions.entry(change["change"]["actions"][0].as_str().unwrap().to_owned()).or_default() += 1;
        }
        let counted = |action: &str| actions.get(action).copied().unwrap_or_default();
        prop_assert_eq!((counted("create"), counted("update"), counted("delete")), (add, change, destroy));
        let mut planned = 0;
        let mut total = Value::Null;
        for line in stream_plan(&plan, plan.created).lines() {
            let message: Value = serde_json::from_str(line).unwrap();
            planned += usize::from(message["type"] == "planned_change");
            total = message;
        }
        prop_assert_eq!(planned, add + change + destroy + plan.imports.len());
        prop_assert_eq!(&total["type"], "change_summary");
        prop_assert_eq!(&total["changes"]["change"], &json!(change));
    }
}

#[test]
fn every_code_of_the_stream_is_documented() {
    let documented = include_str!("../../../docs/plan-formats.md");
    let code = regex::Regex::new(r#""((apply|step|gate|run|outcome|summary|policy)[.][a-z-]+)""#).unwrap();
    let sources = [include_str!("../stream/mod.rs"), include_str!("../stream/run.rs")];
    let codes: BTreeSet<&str> = sources
        .iter()
        .flat_map(|source| code.captures_iter(source))
        .filter_map(|found| found.get(1))
        .map(|found| found.as_str())
        .collect();
    assert!(codes.len() > 24, "{codes:?}");
    for code in codes {
        assert!(documented.contains(&format!("`{code}`")), "docs/plan-formats.md does not tell of {code}");
    }
}

/// What can be written to from two places.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Shared {
    /// Takes what was written: type, code and level of each message, and the messages.
    fn take(&self) -> (Vec<(String, String)>, Vec<Value>) {
        let bytes = std::mem::take(&mut *self.0.lock().unwrap());
        let messages: Vec<Value> = String::from_utf8(bytes)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let text = |message: &Value, key: &str| message[key].as_str().unwrap().to_owned();
        let rows = messages.iter().map(|message| (text(message, "type"), text(message, "code")));
        (rows.collect(), messages)
    }
}

fn rows(rows: &[(&str, &str)]) -> Vec<(String, String)> {
    rows.iter().map(|(kind, code)| ((*kind).to_owned(), (*code).to_owned())).collect()
}

#[test]
fn an_address_is_complete_when_all_its_steps_are() {
    let plan = sample::full();
    let out = Shared::default();
    let clock = Arc::new(Mutex::new(plan.created));
    let told = Arc::clone(&clock);
    let mut stream = RunStream::new(&plan, out.clone(), move || *told.lock().unwrap());
    let pass = |seconds| {
        let mut now = clock.lock().unwrap();
        *now = now.checked_add(Duration::from_secs(seconds)).unwrap();
    };
    // canary-01: switched by step 4, updated by 5, read back by 6.
    let id = StepId;
    stream.event(&Event::Started { step: id(4) });
    pass(2);
    stream.event(&Event::Ended { step: id(4), end: StepEnd::Done });
    stream.event(&Event::Started { step: id(5) });
    let waiting = |percent| Event::Waiting { step: id(5), ticket: Ticket("ocid1.work".to_owned()), percent };
    stream.event(&waiting(0));
    pass(3);
    stream.event(&waiting(10));
    pass(10);
    stream.event(&waiting(60));
    stream.event(&Event::Ended { step: id(5), end: StepEnd::AlreadyDone });
    stream.event(&Event::Started { step: id(6) });
    stream.event(&Event::Ended { step: id(6), end: StepEnd::Done });
    let (told, messages) = out.take();
    assert_eq!(
        told,
        rows(&[
            ("apply_start", "apply.start"),
            ("step_start", "step.start"),
            ("step_complete", "step.done"),
            ("step_start", "step.start"),
            ("apply_progress", "apply.progress"),
            ("step_progress", "step.progress"),
            ("apply_progress", "apply.progress"),
            ("step_progress", "step.progress"),
            ("step_complete", "step.already-done"),
            ("step_start", "step.start"),
            ("step_complete", "step.done"),
            ("apply_complete", "apply.complete"),
        ])
    );
    assert_eq!(
        messages[11],
        json!({
            "@level": "info",
            "@message": "instance.canary-01: complete after 15 s",
            "@module": "patchtrain.ui",
            "@timestamp": "2026-11-30T04:10:15.000000Z",
            "type": "apply_complete",
            "code": "apply.complete",
            "hook": {
                "resource": {
                    "addr": "patchtrain_instance.great-linux[\"canary-01\"]",
                    "module": "",
                    "resource": "patchtrain_instance.great-linux[\"canary-01\"]",
                    "implied_provider": "patchtrain",
                    "resource_type": "patchtrain_instance",
                    "resource_name": "great-linux",
                    "resource_key": "canary-01",
                },
                "action": "update",
                "id_key": "id",
                "id_value": "ocid1.instance.oc1.eu-frankfurt-1.canary-01",
                "elapsed_seconds": 15,
            },
        })
    );
    assert_eq!((&messages[7]["percent"], &messages[7]["work_request"]), (&json!(60), &json!("ocid1.work")));
}

#[test]
fn what_goes_wrong_is_told_with_its_reason() {
    let plan = sample::full();
    let out = Shared::default();
    let now = plan.created;
    let mut stream = RunStream::new(&plan, out.clone(), move || now);
    let gate = plan.steps.iter().find(|step| matches!(step.action, Action::Gate { .. })).unwrap().id;
    let message = |text: &str| text.to_owned();
    stream.event(&Event::Started { step: StepId(4) });
    let reason = message("no\nanswer");
    stream.event(&Event::Retrying { step: StepId(4), reason, after: Duration::from_millis(1500) });
    stream.event(&Event::Ended { step: StepId(4), end: StepEnd::Failed { message: message("404") } });
    stream.event(&Event::Ended { step: StepId(5), end: StepEnd::NotStarted });
    stream.event(&Event::Started { step: gate });
    stream.event(&Event::Held { step: gate, message: message("it soaks"), until: now });
    stream.event(&Event::Ended { step: gate, end: StepEnd::Shut { message: message("2 of 4") } });
    let stopped = Stopped { wave: 1, failed: 1, allowed: 0, whole: true, at: now };
    stream.event(&Event::Stopped { group: sample::group_name("canary"), stopped });
    stream.event(&Event::Interrupted);
    stream.event(&Event::Ended { step: StepId(8), end: StepEnd::Left { message: message("it goes on") } });
    let repeat = Repeat { operation: "ListX", reason: "503", attempts: 1, wait: Duration::from_secs(1) };
    stream.repeat(&repeat);
    stream.repeat(&repeat);
    // Whatever does not fit the plan is no panic.
    stream.event(&Event::Started { step: StepId(9_999) });
    let (told, messages) = out.take();
    assert_eq!(
        told,
        rows(&[
            ("apply_start", "apply.start"),
            ("step_start", "step.start"),
            ("retry", "run.retry"),
            ("step_errored", "step.failed"),
            ("diagnostic", "step.failed"),
            ("apply_errored", "apply.errored"),
            ("step_skipped", "step.not-started"),
            ("gate_wait", "gate.wait"),
            ("gate_shut", "gate.shut"),
            ("rollout_stopped", "run.stopped"),
            ("interrupted", "run.interrupted"),
            ("step_left", "step.left"),
            ("retry", "run.retry"),
        ])
    );
    assert_eq!(
        messages[4]["diagnostic"],
        json!({ "severity": "error", "summary": "canary-01: switching to GL1.1", "detail": "404" })
    );
    assert_eq!(messages[8]["reason"], "2 of 4");
}

#[test]
fn the_end_counts_addresses_whose_steps_are_all_done() {
    let plan = sample::full();
    let ends = plan.steps.iter().map(|step| {
        let end = if step.id.0 < 8 { StepEnd::Done } else { StepEnd::NotStarted };
        (step.id, end)
    });
    let outcome = Outcome {
        ends: ends.collect(),
        counts: StepCounts { done: 8, not_started: 39, ..StepCounts::default() },
        serial: 42,
        ..Outcome::default()
    };
    let messages: Vec<Value> = stream_outcome(&plan, &outcome, plan.created)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    // The release, the group, and canary-01; of canary-02 there is only its switch.
    assert_eq!(
        messages[0]["changes"],
        json!({ "add": 1, "change": 2, "import": 0, "remove": 0, "operation": "apply" })
    );
    assert_eq!(messages[1]["code"], "outcome.waiting");
    assert_eq!(messages[1]["steps"], json!({ "done": 8, "already": 0, "failed": 0, "not_started": 39 }));
    assert_eq!(messages[1]["serial"], 42);
    let failed = Outcome { counts: StepCounts { failed: 1, ..outcome.counts }, ..outcome };
    let told = stream_outcome(&plan, &failed, plan.created);
    assert!(
        told.contains("Apply ended early. Resources: 1 added") && told.contains("outcome.partial"),
        "{told}"
    );
}

#[test]
fn what_is_asked_of_a_group_is_work_on_each_that_it_is_for() {
    let plan = crews::moving();
    let out = Shared::default();
    let now = plan.created;
    let mut stream = RunStream::new(&plan, out.clone(), move || now);
    for step in &plan.steps {
        stream.event(&Event::Started { step: step.id });
        stream.event(&Event::Ended { step: step.id, end: StepEnd::Done });
    }
    let (told, messages) = out.take();
    let of = |kind: &str| {
        let named = messages.iter().filter(|message| message["type"] == kind);
        named.map(|message| message["hook"]["resource"]["resource_key"].to_string()).collect::<BTreeSet<_>>()
    };
    assert_eq!(of("apply_start"), of("apply_complete"));
    let members = |op: &Op| op.crew().map_or(0, |(_, instances)| instances.len());
    let crew = plan.steps.iter().map(|step| match &step.action {
        Action::Act { op } => members(op),
        _ => 0,
    });
    let instances = plan.changes.iter().filter(|change| matches!(change.address, Address::Instance(_)));
    let (crew, instances) = (crew.max().unwrap(), instances.count());
    assert!(crew > 1 && of("apply_complete").len() >= crew.min(instances), "{told:?}");
}
