//! The plan for machines: our document and its schema, Terraform's representation, GitLab's counts; and that the stream
//! counts as they do.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::plan::PLAN_SCHEMA;
use super::super::{PlanFormat, plan_as, stream_plan, verdict};
use super::{borders, crews, golden, imports, judge, sample, updates};
use crate::plan::{Approvals, Check, CheckOutcome, Plan, PolicyChange, PolicyReview};

fn parsed(plan: &Plan, format: &PlanFormat) -> Value {
    serde_json::from_str(&plan_as(plan, format)).unwrap()
}

/// A plan with something of all that a policy can say.
pub(super) fn judged() -> Plan {
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
        unrecorded: false,
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
