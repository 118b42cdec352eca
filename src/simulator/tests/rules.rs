//! What the service refuses, and how.

use super::*;

#[tokio::test(start_paused = true)]
async fn one_parent_and_only_its_own_children() {
    let client = Client::new();
    let web = member("web-02");
    let seen = client.get(&format!("/managedInstances/{web}")).body;
    let parent = seen["parentSoftwareSource"]["id"].as_str().unwrap();
    let child = seen["childSoftwareSources"][0]["id"].as_str().unwrap();
    let own = client.source("own", &Default::default());
    let details =
        json!({ "compartmentId": COMPARTMENT, "displayName": "kid", "archType": "X86_64", "parentId": own });
    let kid = client.post("/softwareSources", details).id();
    let conflict = (409, "Conflict");
    assert_eq!(client.act(&web, "attachParent", &own).refusal(), conflict, "another is attached");
    assert_eq!(client.act(&web, "attachParent", parent).refusal(), conflict, "it is attached");
    assert_eq!(client.act(&web, "detachParent", &own).refusal(), conflict, "it is not the parent");
    assert_eq!(client.act(&web, "attachChild", &kid).refusal(), conflict, "its parent is not attached");
    assert_eq!(client.act(&web, "attachChild", child).status, 204, "attached already");
    assert_eq!(client.act(&web, "detachChild", &kid).refusal(), conflict, "not attached");
    assert_eq!(client.act(&web, "detachChild", child).status, 204);
    let attachable = client.all(&format!("/managedInstances/{web}/availableSoftwareSources"));
    assert!(attachable.iter().any(|source| source["id"] == child));

    assert_eq!(client.act(&web, "detachParent", parent).status, 204);
    let seen = client.get(&format!("/managedInstances/{web}")).body;
    assert_eq!((&seen["parentSoftwareSource"], &seen["childSoftwareSources"]), (&Value::Null, &json!([])));
    assert_eq!(client.act(&web, "detachParent", parent).refusal(), conflict, "there is none");
    assert_eq!(client.act(&web, "attachParent", &kid).refusal(), (400, "InvalidParameter"), "a child");
    assert_eq!(client.act(&web, "attachParent", &own).status, 204);
    assert_eq!(client.act(&web, "attachChild", child).refusal(), conflict, "the vendor's, under our parent");
    assert_eq!(client.act(&web, "attachChild", &kid).status, 204);
    assert_eq!(client.delete(&format!("/softwareSources/{own}"), &[]).refusal(), conflict, "attached");
    let related = (400, "RelatedResourceNotAuthorizedOrNotFound");
    assert_eq!(client.act(&web, "attachParent", "ocid1.osmssoftwaresource.oc1..x").refusal(), related);

    let lenient = Client::switched(Switches { attach_same_parent: Reaction::NoOp, ..Switches::default() });
    assert_eq!(lenient.act(&web, "attachParent", parent).status, 204);
}

#[tokio::test(start_paused = true)]
async fn packages_are_added_all_or_none_and_adding_again_is_nothing() {
    let client = Client::new();
    let source = client.source("own", &Default::default());
    let path = format!("/softwareSources/{source}/actions");
    let count = || client.get(&format!("/softwareSources/{source}")).body["packages"].clone();
    let good = ["bash-4.4.20-5.el8.x86_64", "bind-libs-9.11.36-16.el8_10.x86_64"];
    let bad = json!({ "packageNames": [good[0], "nonesuch-1-1.x86_64"] });
    assert_eq!(client.post(&format!("{path}/addPackages"), bad).refusal(), (400, "InvalidParameter"));
    assert_eq!(count(), 0);
    for _ in 0..2 {
        assert_eq!(client.post(&format!("{path}/addPackages"), json!({ "packageNames": good })).status, 204);
        assert_eq!(count(), 2);
    }
    let names = client.all(&format!("/softwareSources/{source}/softwarePackages"));
    assert_eq!(names[1]["name"], "bind-libs-32:9.11.36-16.el8_10.x86_64");
    for _ in 0..2 {
        let body = json!({ "packageNames": [good[0], "nonesuch-1-1.x86_64"] });
        assert_eq!(client.post(&format!("{path}/removePackages"), body).status, 204);
        assert_eq!(count(), 1);
    }
    let tenancy = credentials().tenancy;
    let vendor = client.all(&format!("/softwareSources?compartmentId={tenancy}"))[0]["id"].clone();
    let path = format!("/softwareSources/{}/actions/addPackages", vendor.as_str().unwrap());
    assert_eq!(client.post(&path, json!({ "packageNames": [] })).status, 404);
}

#[tokio::test(start_paused = true)]
async fn a_retry_token_is_served_once_for_24_hours() {
    let client = Client::new();
    let details =
        |name: &str| json!({ "compartmentId": COMPARTMENT, "displayName": name, "archType": "X86_64" });
    let create = |name: &str, token: &str| {
        client.post_with("/softwareSources", details(name), &[("opc-retry-token", token)])
    };
    let first = create("own", "t1");
    let again = create("own", "t1");
    assert_eq!((again.status, &again.body, again.header("etag")), (200, &first.body, first.header("etag")));
    assert_eq!(create("other", "t1").refusal(), (409, "InvalidatedRetryToken"));
    assert_ne!(create("own", "t2").id(), first.id());
    client.simulator.advance(24 * 3600).unwrap();
    assert_ne!(create("own", "t1").id(), first.id());
    assert_eq!(create("own", &"x".repeat(65)).status, 400);
    let sources = client.all(&format!("/softwareSources?compartmentId={COMPARTMENT}"));
    assert_eq!(sources.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn what_is_made_says_where_it_is() {
    let client = Client::new();
    for kind in ["softwareSources", "managedInstanceGroups"] {
        let mut details = json!({ "compartmentId": COMPARTMENT, "displayName": "new" });
        if kind == "softwareSources" {
            details["archType"] = json!("X86_64");
        }
        let made = client.post(&format!("/{kind}"), details);
        let path = format!("/{kind}/{}", made.id());
        assert_eq!(made.header("location"), format!("/20190801{path}"));
        assert_eq!(client.get(&path).header("location"), "");
    }
}

#[tokio::test(start_paused = true)]
async fn etags_guard_changes() {
    let client = Client::new();
    let source = client.source("own", &Default::default());
    let path = format!("/softwareSources/{source}");
    let tag = client.get(&path).header("etag").to_owned();
    let changed = client.put(&path, json!({ "description": "x" }), &[("if-match", &tag)]);
    assert_eq!((changed.status, &changed.body["description"]), (200, &json!("x")));
    assert_eq!(changed.body["displayName"], "own");
    let stale = client.put(&path, json!({ "description": "y" }), &[("if-match", &tag)]);
    assert_eq!(stale.refusal(), (412, "NoEtagMatch"));
    assert_eq!(client.delete(&path, &[("if-match", &tag)]).refusal(), (412, "NoEtagMatch"));
    assert_eq!(client.delete(&path, &[("if-match", changed.header("etag"))]).status, 204);
}

#[tokio::test(start_paused = true)]
async fn groups_take_members_and_give_them_back() {
    let client = Client::new();
    let tags = json!({ "patchtrain-train": "great-linux" });
    let details = json!({ "compartmentId": COMPARTMENT, "displayName": "web", "freeformTags": tags });
    let made = client.post("/managedInstanceGroups", details);
    assert_eq!(
        (made.status, &made.body["freeformTags"], &made.body["osFamily"]),
        (200, &tags, &json!("LINUX"))
    );
    let path = format!("/managedInstanceGroups/{}", made.id());
    let act = |action: &str, id: &str| {
        client.post(&format!("{path}/actions/{action}ManagedInstance?managedInstanceId={id}"), Value::Null)
    };
    let web = member("web-01");
    assert_eq!(act("detach", &web).refusal(), (409, "Conflict"));
    assert_eq!((act("attach", &web).status, act("attach", &web).status), (204, 204));
    assert_eq!(act("attach", "ocid1.instance.oc1..x").refusal(), (404, "NotAuthorizedOrNotFound"));
    let full = client.get(&path).body;
    assert_eq!(full["managedInstances"], json!([{ "id": web, "displayName": "web-01" }]));
    let seen = client.get(&format!("/managedInstances/{web}")).body;
    assert_eq!(seen["managedInstanceGroups"], json!([{ "id": made.id(), "displayName": "web" }]));
    let listed = client.all(&format!("/managedInstanceGroups?compartmentId={COMPARTMENT}"));
    assert_eq!(listed[0]["managedInstanceCount"], 1);
    assert_eq!(act("detach", &web).status, 204);
    assert_eq!(client.delete(&path, &[]).status, 204);
    assert_eq!(client.get(&path).body["lifecycleState"], "DELETED");
}

#[tokio::test(start_paused = true)]
async fn careless_requests_are_refused() {
    let client = Client::new();
    let sources = "/softwareSources";
    let details = |extra: &str, value: Value| {
        let mut details = json!({ "compartmentId": COMPARTMENT, "displayName": "x", "archType": "X86_64" });
        details[extra] = value;
        details
    };
    assert_eq!(client.post(sources, details("displayname", json!("x"))).refusal(), (400, "InvalidParameter"));
    assert_eq!(client.post(sources, details("displayName", json!(1))).refusal(), (400, "InvalidParameter"));
    assert_eq!(
        client.post(sources, details("archType", json!("x86_64"))).refusal(),
        (400, "InvalidParameter")
    );
    assert_eq!(client.post(sources, json!({ "displayName": "x" })).refusal(), (400, "InvalidParameter"));
    assert_eq!(client.post(sources, Value::Null).refusal(), (400, "CannotParseRequest"));
    assert_eq!(client.get(sources).refusal(), (400, "MissingParameter"));
    assert_eq!(client.get("/softwareSources?compartmentId=ocid1.compartment.oc1..x").status, 404);
    let unknown = client.get(&format!("/softwareSources?compartmentId={COMPARTMENT}&osFamily=LINUX"));
    assert_eq!(unknown.refusal(), (400, "InvalidParameter"));
    assert_eq!(client.get("/nothing").refusal(), (404, "NotFound"));
    assert_eq!(client.delete(sources, &[]).refusal(), (405, "MethodNotAllowed"));
    assert_eq!(client.get("/updates").refusal(), (501, "MethodNotImplemented"));
    let events = client.get(&format!("/managedInstances/{}/events?compartmentId={COMPARTMENT}", golden()));
    assert_eq!(events.refusal(), (501, "MethodNotImplemented"));
    assert_eq!(
        events.body["message"],
        "the simulator does not serve ListEvents since its instances have no events"
    );
    assert_eq!(
        client.get("/managedInstances/ocid1.instance.oc1..x").refusal(),
        (404, "NotAuthorizedOrNotFound")
    );
}
