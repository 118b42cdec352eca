//! Scheduled jobs and registration profiles.

use super::*;

fn job(group: &str, rule: &str, next: &str) -> Value {
    json!({
        "compartmentId": COMPARTMENT,
        "displayName": "nightly",
        "scheduleType": "RECURRING",
        "recurringRule": rule,
        "timeNextExecution": next,
        "managedInstanceGroupIds": [group],
        "operations": [{ "operationType": "UPDATE_SECURITY" }],
    })
}

#[tokio::test(start_paused = true)]
async fn a_job_makes_trees_by_its_rule() {
    let client = Client::new();
    let hub = Hub(&client);
    let (web, db) = (member("web-01"), member("db-01"));
    let base = hub.vendor("ol8_baseos_latest-x86_64");
    let group = hub.group("canary", &[&base], &[&web, &db]).await;
    let next = client.simulator.now() + jiff::SignedDuration::from_hours(2);
    let details = job(&group, "FREQ=DAILY;INTERVAL=2", &next.to_string());
    let made = hub.post("/scheduledJobs", details.clone());
    assert_eq!(
        (made.status, made.body["operations"][0]["packageNames"].clone()),
        (200, json!([])),
        "{made:?}"
    );
    let operation = &made.body["operations"][0];
    let nothing = json!({ "moduleName": null, "softwareSourceId": null, "streamName": null });
    assert_eq!(operation["switchModuleStreamsDetails"], nothing, "padded, whatever the model requires");
    assert_eq!(operation["installSnapDetails"], Value::Null);
    assert_eq!(made.body["isSubcompartmentIncluded"], false);
    let path = format!("/scheduledJobs/{}", made.id());
    assert_eq!(hub.get(&format!("/managedInstanceGroups/{group}")).body["pendingJobCount"], 1);
    assert_eq!(hub.get(&instance(&web)).body["scheduledJobCount"], 1);
    client.simulator.advance(2 * 3600 + 1).unwrap();
    let seen = hub.get(&path).body;
    let works = seen["workRequestIds"].as_array().unwrap();
    assert_eq!(works.len(), 1);
    let work = hub.wait(works[0].as_str().unwrap()).await;
    assert_eq!(
        (&work["operationType"], &work["initiatorId"]),
        (&json!("UPDATE_SECURITY"), &json!(made.id()))
    );
    assert_eq!(work["childrenId"].as_array().unwrap().len(), 2);
    assert_eq!(hub.all(&format!("/workRequests?initiatorId={}", made.id())).len(), 3);
    let later: Timestamp = seen["timeNextExecution"].as_str().unwrap().parse().unwrap();
    assert_eq!(later.duration_since(next).as_hours(), 48);
    client.simulator.advance(6 * 24 * 3600).unwrap();
    assert_eq!(hub.get(&path).body["workRequestIds"].as_array().unwrap().len(), 4);

    let run = hub.post(&format!("{path}/actions/runNow"), Value::Null);
    assert_eq!((run.status, run.header("opc-work-request-id")), (200, ""));
    assert_eq!(hub.get(&path).body["workRequestIds"].as_array().unwrap().len(), 5);

    let tag = hub.get(&path).header("etag").to_owned();
    let put = hub.put(&path, json!({ "recurringRule": "FREQ=WEEKLY;BYDAY=SU", "displayName": "weekly" }));
    assert_eq!(
        (put.status, &put.body["operations"][0]["packageNames"]),
        (200, &Value::Null),
        "null where POST pads"
    );
    assert_eq!(put.body["isSubcompartmentIncluded"], Value::Null);
    assert_eq!(put.header("etag"), tag.trim_end_matches("--gzip"), "it does not change");
    assert_eq!(hub.get(&path).body["displayName"], "weekly");
    let listed = |query: &str| hub.all(&format!("/scheduledJobs?compartmentId={COMPARTMENT}{query}")).len();
    for (query, count) in [
        (format!("&managedInstanceGroupId={group}"), 1),
        (format!("&managedInstanceId={web}"), 0),
        ("&operationType=UPDATE_SECURITY".to_owned(), 1),
        ("&operationType=REBOOT".to_owned(), 0),
        ("&scheduleType=ONETIME".to_owned(), 0),
        ("&displayNameContains=week".to_owned(), 1),
    ] {
        assert_eq!(listed(&query), count, "{query}");
    }
    assert_eq!(hub.delete(&path).status, 204);
    let gone = hub.get(&path);
    assert_eq!(
        (gone.status, gone.body["message"].clone()),
        (404, json!(format!("Unknown Scheduled Job {}", made.id())))
    );

    for (field, value) in [
        ("recurringRule", json!("FREQ=MINUTELY")),
        ("recurringRule", Value::Null),
        ("timeNextExecution", json!("2020-01-01T00:00:00Z")),
        ("managedInstanceIds", json!([golden()])),
        ("managedInstanceGroupIds", json!([])),
        ("operations", json!([])),
        ("operations", json!([{ "operationType": "REBOOT" }, { "operationType": "UPDATE_ALL" }])),
        ("operations", json!([{ "operationType": "PROMOTE_LIFECYCLE" }])),
    ] {
        let mut details = job(&group, "FREQ=DAILY", &client.simulator.now().to_string());
        details[field] = value;
        assert_eq!(hub.post("/scheduledJobs", details).status, 400, "{field}");
    }
    let mut details = job(&group, "FREQ=DAILY", &client.simulator.now().to_string());
    details["managedInstanceGroupIds"] = Value::Null;
    details["managedInstanceIds"] = json!([web]);
    assert_eq!(hub.post("/scheduledJobs", details).refusal(), (409, "IncorrectState"), "a member is locked");
}

#[tokio::test(start_paused = true)]
async fn a_job_can_be_for_instances_or_compartments_and_once() {
    let client = Client::new();
    let hub = Hub(&client);
    let base = hub.vendor("ol8_baseos_latest-x86_64");
    let group = hub.group("canary", &[&base], &[&member("web-01")]).await;
    let now = client.simulator.now().to_string();
    let mut details = job(&group, "", &now);
    details["scheduleType"] = json!("ONETIME");
    for field in ["recurringRule", "managedInstanceGroupIds"] {
        details.as_object_mut().unwrap().remove(field);
    }
    details["managedInstanceIds"] = json!([golden(), member("db-02")]);
    details["operations"] = json!([{ "operationType": "INSTALL_PACKAGES", "packageNames": ["aide"] }]);
    let once = hub.post("/scheduledJobs", details.clone());
    assert_eq!(once.status, 200, "{once:?}");
    assert_eq!(hub.post(&format!("/scheduledJobs/{}/actions/runNow", once.id()), Value::Null).status, 409);
    details.as_object_mut().unwrap().remove("managedInstanceIds");
    details["managedCompartmentIds"] = json!([COMPARTMENT]);
    details["isSubcompartmentIncluded"] = json!(true);
    details["operations"] = json!([{ "operationType": "REBOOT", "rebootTimeoutInMins": 5 }]);
    let all = hub.post("/scheduledJobs", details);
    tokio::time::sleep(Duration::from_secs(30)).await;
    let works = hub.get(&format!("/scheduledJobs/{}", once.id())).body["workRequestIds"].clone();
    assert_eq!(works.as_array().unwrap().len(), 2, "each alone");
    assert!(client.installed(&golden()).iter().any(|package| package.name() == "aide"));
    let works = hub.get(&format!("/scheduledJobs/{}", all.id())).body["workRequestIds"].clone();
    let tree = hub.get(&format!("/workRequests/{}", works[0].as_str().unwrap())).body;
    assert_eq!(tree["childrenId"].as_array().unwrap().len(), 23 + 6, "and the kiosks that are known");
    client.simulator.advance(48 * 3600).unwrap();
    assert_eq!(
        hub.get(&format!("/scheduledJobs/{}", once.id())).body["workRequestIds"].as_array().unwrap().len(),
        2
    );
}

#[tokio::test(start_paused = true)]
async fn a_new_machine_becomes_what_its_profile_says() {
    let client = Client::new();
    let hub = Hub(&client);
    let release = hub.release("GL1.1", &sourced(Level::Gl1_1)).await;
    let group = hub.group("web", &[&release], &[&member("web-02")]).await;
    let details = json!({
        "profileType": "GROUP",
        "compartmentId": COMPARTMENT,
        "displayName": "web",
        "managedInstanceGroupId": group,
        "registrationType": "OCI_LINUX",
        "isDefaultProfile": true,
    });
    let made = hub.post("/profiles", details.clone());
    assert_eq!(
        (made.status, &made.body["profileVersion"], &made.body["osFamily"]),
        (200, &json!("1"), &json!("ORACLE_LINUX_8"))
    );
    assert_eq!(made.body["managedInstanceGroup"], json!({ "id": group, "displayName": "web" }));
    assert_eq!(hub.post("/profiles", details.clone()).refusal(), (409, "Conflict"), "names are unique");
    let path = format!("/profiles/{}", made.id());
    let put = hub.put(&path, json!({ "description": "x" }));
    assert_eq!((put.status, &put.body["profileVersion"]), (200, &json!("2")));
    assert_eq!((&made.body["timeModified"], put.body["timeModified"].is_string()), (&Value::Null, true));
    let mut second = details;
    second["displayName"] = json!("other");
    hub.post("/profiles", second);
    assert_eq!(hub.get(&path).body["isDefaultProfile"], false, "there is one default");

    let late = member("web-13");
    assert_eq!(hub.get(&instance(&late)).status, 404);
    client.simulator.register(&late, &made.id()).unwrap();
    let seen = hub.get(&instance(&late)).body;
    assert_eq!((&seen["profile"], &seen["profileVersion"]), (&json!(made.id()), &json!("2")));
    assert_eq!(seen["managedInstanceGroup"]["id"], group);
    hub.settle(&late).await;
    assert_eq!(hub.sources(&instance(&late)), [release]);
    assert_eq!(hub.get(&instance(&late)).body["updatesAvailable"], 0);
    assert!(client.simulator.register(&late, &made.id()).is_err(), "it is a member");
    let rows = hub.all(&format!("/managedInstances?compartmentId={COMPARTMENT}&profile={}", made.id()));
    assert_eq!(rows.len(), 1);
    assert_eq!(hub.delete(&path).status, 204);
    for kind in ["LIFECYCLE", "STATION", "WINDOWS_STANDALONE"] {
        let details = json!({ "profileType": kind, "compartmentId": COMPARTMENT, "displayName": "x" });
        assert_eq!(hub.post("/profiles", details).status, 501, "{kind}");
    }
}
