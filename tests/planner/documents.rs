//! Plans of generated worlds for machines: every document keeps to its schema, and all of one plan count alike.

use patchtrain::render::{PLAN_SCHEMA, PlanFormat, plan_as, stream_plan};
use serde_json::{Value, json};

use super::convergence::world;
use crate::support::schema;
use crate::support::worlds;

const WORLDS: u64 = 200;

#[test]
fn plans_of_generated_worlds_keep_to_the_schema() {
    let judge: Value = serde_json::from_str(PLAN_SCHEMA).unwrap();
    let mut judged = 0;
    for seed in worlds::seeds(WORLDS) {
        let (world, _) = world(seed);
        let Ok(plan) = world.plan() else { continue };
        let read = |format| -> Value { serde_json::from_str(&plan_as(&plan, &format)).unwrap() };
        let document = read(PlanFormat::Json);
        let found = schema::faults(&judge, &document, true);
        assert_eq!(found, Vec::<String>::new(), "seed {seed}");
        let (add, change, destroy) = plan.counts();
        let summary = &document["summary"];
        assert_eq!(
            read(PlanFormat::Gitlab),
            json!({ "create": summary["add"], "update": summary["change"], "delete": summary["destroy"] })
        );
        let terraform = read(PlanFormat::TerraformJson);
        let changes = terraform["resource_changes"].as_array().unwrap();
        for (action, number) in [("create", add), ("update", change), ("delete", destroy)] {
            let of = changes.iter().filter(|one| one["change"]["actions"] == json!([action]));
            assert_eq!(of.count(), number, "seed {seed}: {action}");
        }
        for one in changes {
            let change = &one["change"];
            assert_eq!(change["before"].is_null(), change["actions"][0] == "create", "seed {seed}: {one}");
            assert_eq!(change["after"].is_null(), change["actions"][0] == "delete", "seed {seed}: {one}");
        }
        let last: Value =
            serde_json::from_str(stream_plan(&plan, plan.created).lines().last().unwrap()).unwrap();
        assert_eq!(last["changes"]["add"], json!(add), "seed {seed}");
        judged += usize::from(plan.changes_anything());
    }
    assert!(judged as u64 * 3 > WORLDS, "{judged} plans that change something");
}
