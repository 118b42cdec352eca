//! The requests and answers of both APIs, against rules that answer as Oracle's documentation says.

use std::collections::BTreeMap;

use super::*;
use crate::oci::testing::{Answer, Asked, Script, json, refuse, with};

fn id(name: &str) -> Ocid {
    Ocid::new(&format!("ocid1.compartment.oc1..{name}"))
}

fn compute(rule: impl FnMut(&Asked) -> Answer + Send + 'static) -> (Compute<Script>, Script) {
    let script = Script::new(rule);
    (Compute::new(script.client(), script.client(), 4), script)
}

#[tokio::test(start_paused = true)]
async fn instances_come_in_pages_with_their_tags_and_states() {
    let first = r#"[{"id": "ocid1.instance.oc1..a", "compartmentId": "ocid1.compartment.oc1..c",
        "lifecycleState": "RUNNING", "displayName": "a", "freeformTags": {"tier": "web"},
        "definedTags": {"Ops": {"Patch": "web", "Weight": 3}}, "shape": "VM.Standard.E4.Flex"}]"#;
    let second = r#"[{"id": "ocid1.instance.oc1..b", "compartmentId": "ocid1.compartment.oc1..c",
        "lifecycleState": "TERMINATED", "displayName": null, "freeformTags": {}},
        {"id": "ocid1.instance.oc1..d", "compartmentId": "ocid1.compartment.oc1..c", "lifecycleState": "DREAMING"}]"#;
    let (compute, script) = compute(move |asked| match asked.line.contains("page=") {
        false => with(200, &[("opc-next-page", "+/2=")], first),
        true => json(second),
    });
    let found = compute.instances(&id("c")).await.unwrap();
    assert_eq!(
        script.lines(),
        [
            "GET /instances?compartmentId=ocid1.compartment.oc1..c&limit=1000",
            "GET /instances?compartmentId=ocid1.compartment.oc1..c&limit=1000&page=%2B%2F2%3D",
        ]
    );
    let states: Vec<(&str, PowerState)> =
        found.values().map(|instance| (&*instance.name, instance.state)).collect();
    let (b, d) = ("ocid1.instance.oc1..b", "ocid1.instance.oc1..d");
    assert_eq!(states, [("a", PowerState::Running), (b, PowerState::Terminated), (d, PowerState::Other)]);
    let a = &found[&Ocid::new("ocid1.instance.oc1..a")];
    assert_eq!(a.freeform_tags, BTreeMap::from([("tier".to_owned(), "web".to_owned())]));
    assert_eq!(a.defined_tag("ops", "patch"), Some("web"));
    assert_eq!(a.defined_tag("ops", "weight"), Some("3"));
    assert_eq!(a.defined_tag("ops", "tier"), None);
    assert_eq!(a.compartment, id("c"));
}

#[tokio::test(start_paused = true)]
async fn compartments_are_walked_level_by_level() {
    let children: BTreeMap<&str, &[(&str, &str)]> = BTreeMap::from([
        ("root", &[("a", "ACTIVE"), ("b", "ACTIVE"), ("gone", "DELETED")] as &[_]),
        ("a", &[("a1", "ACTIVE")]),
        ("a1", &[("a2", "ACTIVE")]),
        // What a service cannot have must not hold us.
        ("a2", &[("a", "ACTIVE")]),
    ]);
    let (compute, script) = compute(move |asked| {
        let parent = asked.line.split_once("oc1..").unwrap().1.split('&').next().unwrap();
        let rows = children.get(parent).copied().unwrap_or_default().iter();
        let row = |(name, state): &(&str, &str)| {
            format!(
                r#"{{"id": "ocid1.compartment.oc1..{name}", "name": "{name}", "lifecycleState": "{state}"}}"#
            )
        };
        json(format!("[{}]", rows.map(row).collect::<Vec<_>>().join(",")))
    });
    let found = compute.compartments(&id("root")).await.unwrap();
    let expected = [("a", "root"), ("a1", "a"), ("a2", "a1"), ("b", "root")];
    assert_eq!(found, expected.into_iter().map(|(child, parent)| (id(child), id(parent))).collect());
    let lines = script.lines();
    assert_eq!(
        lines[0],
        "GET /compartments?compartmentId=ocid1.compartment.oc1..root&lifecycleState=ACTIVE&limit=1000"
    );
    assert_eq!(lines.len(), 5, "each once, and no deleted one: {lines:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_names_the_compartment() {
    let (compute, _) = compute(|_| refuse(404, "NotAuthorizedOrNotFound"));
    for error in [
        compute.instances(&id("secret")).await.unwrap_err(),
        compute.compartments(&id("secret")).await.unwrap_err(),
    ] {
        assert!(error.to_string().contains("(compartment ocid1.compartment.oc1..secret)"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_instance_is_reset_in_order_and_with_a_token() {
    let (compute, script) = compute(|_| json("{}"));
    let token = RetryToken("t".to_owned());
    compute.soft_reset(&Ocid::new("i"), &token).await.unwrap();
    assert_eq!(script.lines(), ["POST /instances/i?action=SOFTRESET"]);
    assert_eq!((script.nth(0).header("opc-retry-token"), script.nth(0).body.as_str()), ("t", ""));
}
