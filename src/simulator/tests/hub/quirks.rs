//! What was recorded of the real service and surprises clients.

use super::*;

#[tokio::test(start_paused = true)]
async fn etags_are_opaque_and_alike_and_say_gzip() {
    let client = Client::new();
    let hub = Hub(&client);
    let base = hub.vendor("ol8_baseos_latest-x86_64");
    let source = hub.release("one", &Default::default()).await;
    let path = format!("/softwareSources/{source}");
    let tag = hub.get(&path).header("etag").to_owned();
    assert_eq!((tag.len(), tag.strip_suffix("--gzip").map(str::len)), (70, Some(64)));
    assert_eq!(hub.get(&format!("/softwareSources/{base}")).header("etag"), tag, "never changed either");
    let second = hub.release("two", &Default::default()).await;
    assert_eq!(
        hub.get(&format!("/softwareSources/{second}")).header("etag"),
        tag,
        "another, changed as often"
    );
    let stale = hub.send(Method::PUT, &path, json!({ "softwareSourceType": "CUSTOM" }), &[("if-match", "x")]);
    assert_eq!(stale.refusal(), (412, "NoEtagMatch"));
    let describe = json!({ "softwareSourceType": "CUSTOM", "description": "x" });
    let put = hub.send(Method::PUT, &path, describe.clone(), &[("if-match", &tag)]);
    assert_eq!((put.status, put.header("etag").len()), (200, 64), "{put:?}");
    assert_ne!(put.header("etag"), tag.trim_end_matches("--gzip"));
    let gone = hub.send(Method::DELETE, &path, Value::Null, &[("if-match", &tag)]);
    assert_eq!(gone.refusal(), (412, "NoEtagMatch"));
    assert_eq!(hub.send(Method::DELETE, &path, Value::Null, &[("if-match", put.header("etag"))]).status, 204);
    assert_eq!(hub.get(&path).refusal(), (404, "NotAuthorizedOrNotFound"));
    assert_eq!(hub.get(&path).body["message"], "Authorization failed or requested resource not found.");

    let mut switches = Switches::default();
    switches.hub.if_match_takes_gzip = false;
    let strict = Client::switched(switches);
    let hub = Hub(&strict);
    let path = format!("/softwareSources/{}", hub.release("one", &Default::default()).await);
    let tag = hub.get(&path).header("etag").to_owned();
    assert_eq!(hub.send(Method::PUT, &path, describe.clone(), &[("if-match", &tag)]).status, 412);
    let plain = tag.trim_end_matches("--gzip");
    assert_eq!(hub.send(Method::PUT, &path, describe, &[("if-match", plain)]).status, 200);
}

#[tokio::test(start_paused = true)]
async fn codes_are_mixed_and_work_requests_are_not_always_named() {
    let client = Client::new();
    let hub = Hub(&client);
    let base = hub.vendor("ol8_baseos_latest-x86_64");
    let source = json!({
        "softwareSourceType": "CUSTOM",
        "compartmentId": COMPARTMENT,
        "displayName": "own",
        "vendorSoftwareSources": [{ "id": base }],
        "isCreatedFromPackageList": true,
        "packages": ["bash"],
    });
    let made = hub.post("/softwareSources", source);
    assert_eq!((made.status, made.header("opc-work-request-id")), (201, ""));
    assert_eq!(made.header("location"), format!("/20220901/softwareSources/{}", made.id()));
    assert_eq!(
        (&made.body["lifecycleState"], &made.body["packageCount"]),
        (&json!("CREATING"), &Value::Null)
    );
    let path = format!("/softwareSources/{}", made.id());
    let early = hub.post(&format!("{path}/actions/addPackages"), json!({ "packages": ["bash"] }));
    assert_eq!(early.refusal(), (409, "IncorrectState"));
    tokio::time::sleep(Duration::from_secs(2)).await;
    let now = hub.get(&path).body;
    assert_eq!(
        (&now["lifecycleState"], &now["packageCount"]),
        (&json!("ACTIVE"), &json!(0)),
        "packages are ignored"
    );
    let generated = hub.post(&format!("{path}/actions/generateMetadata"), Value::Null);
    assert_eq!((generated.status, generated.header("opc-work-request-id")), (200, ""));
    let works = hub.all(&format!("/workRequests?resourceId={}&sortBy=timeCreated&sortOrder=ASC", made.id()));
    let kinds: Vec<&str> = works.iter().map(|work| work["operationType"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["CREATE_SOFTWARE_SOURCE", "UPDATE_SOFTWARE_SOURCE"], "found by what they are about");
    hub.settle(&made.id()).await;
    assert!(hub.get(&path).body["timeMetadataUpdated"].is_string());

    let group = hub.post("/managedInstanceGroups", group_details("g", &[&base], &[]));
    assert_eq!((group.status, group.header("etag")), (202, ""));
    assert_ne!(group.header("opc-work-request-id"), "", "which is not declared");
    assert_eq!(group.body["lifecycleState"], "CREATING");
    let put = hub.put(&format!("/managedInstanceGroups/{}", group.id()), json!({ "description": "x" }));
    assert_eq!((put.status, put.header("opc-work-request-id"), put.header("etag").len()), (200, "", 64));
    assert_eq!(hub.delete(&format!("/managedInstanceGroups/{}", group.id())).status, 204);
    let away = hub.delete(&instance(&member("web-01")));
    assert_eq!(away.status, 202);
    hub.wait(away.header("opc-work-request-id")).await;
    assert_eq!(hub.get(&instance(&member("web-01"))).status, 404);
    assert_eq!(client.get(&instance(&member("web-01"))).status, 200, "OSMS knows it");
}

#[tokio::test(start_paused = true)]
async fn sets_come_shuffled_tags_stamped_and_times_in_milliseconds() {
    let client = Client::new();
    let hub = Hub(&client);
    let names = ["ol8_baseos_latest", "ol8_appstream", "ol8_uekr7", "ol8_ksplice"];
    let sources = names.map(|name| hub.vendor(&format!("{name}-x86_64")));
    let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
    let mut details = group_details("g", &sources, &[]);
    details["freeformTags"] = json!({ "train": "great-linux" });
    let group = hub.post("/managedInstanceGroups", details).body;
    let path = format!("/managedInstanceGroups/{}", group["id"].as_str().unwrap());
    let orders: std::collections::BTreeSet<Vec<String>> = (0..12).map(|_| hub.sources(&path)).collect();
    assert!(orders.len() > 3, "{}", orders.len());
    let mut sets: Vec<Vec<String>> = orders.into_iter().collect();
    sets.iter_mut().for_each(|set| set.sort_unstable());
    sets.dedup();
    assert_eq!(sets.len(), 1);
    let own: std::collections::BTreeSet<Vec<String>> =
        (0..12).map(|_| hub.sources(&instance(&golden()))).collect();
    assert!(own.len() > 3);
    assert_eq!(group["freeformTags"], json!({ "train": "great-linux" }));
    let stamp = &group["definedTags"]["Oracle-Tags"];
    assert_eq!(stamp["CreatedOn"], group["timeCreated"]);
    assert!(stamp["CreatedBy"].is_string());
    assert_eq!(
        group["timeCreated"],
        "2026-11-18T10:26:40.000Z".replace("2026-11-18T10:26:40", &start().to_string()[..19])
    );
}

#[tokio::test(start_paused = true)]
async fn a_retry_token_is_served_once() {
    let client = Client::new();
    let hub = Hub(&client);
    let base = hub.vendor("ol8_baseos_latest-x86_64");
    let token = [("opc-retry-token", "t1")];
    let create = |name: &str| {
        hub.send(Method::POST, "/managedInstanceGroups", group_details(name, &[&base], &[]), &token)
    };
    let first = create("g");
    let again = create("g");
    assert_eq!(
        (again.id(), again.header("opc-work-request-id")),
        (first.id(), first.header("opc-work-request-id"))
    );
    assert_eq!(create("other").refusal(), (409, "InvalidatedRetryToken"));
    let uek = hub.vendor("ol8_uekr7-x86_64");
    let attach = || {
        let path = format!("/managedInstanceGroups/{}/actions/attachSoftwareSources", first.id());
        let body = json!({ "softwareSources": [uek] });
        hub.send(Method::POST, &path, body, &[("opc-retry-token", "t2")])
            .header("opc-work-request-id")
            .to_owned()
    };
    assert_eq!(attach(), attach());
    client.simulator.advance(24 * 3600).unwrap();
    assert_ne!(create("g").id(), first.id());
}

#[tokio::test(start_paused = true)]
async fn one_service_can_be_had_without_the_other() {
    let simulator = || Simulator::in_memory(DEFAULT_SEED, Clock::starting_at(start()), Switches::default());
    let osmh = Client::of(simulator().only(Some(Service::Osmh)));
    let path = format!("/managedInstances?compartmentId={COMPARTMENT}");
    assert_eq!((Hub(&osmh).get(&path).status, osmh.get(&path).refusal()), (200, (404, "NotFound")));
    let osms = Client::of(simulator().only(Some(Service::Osms)));
    assert_eq!((osms.get(&path).status, Hub(&osms).get(&path).refusal()), (200, (404, "NotFound")));
}
