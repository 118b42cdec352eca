//! Groups that own sources and members.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_fleet_is_moved_to_a_release_by_its_group() {
    let client = Client::new();
    let hub = Hub(&client);
    let (web, db) = (member("web-01"), member("db-01"));
    let shipped = sourced(Level::Gl1_1);
    let release = hub.release("GL1.1", &shipped).await;
    let base = hub.vendor("ol8_baseos_latest-x86_64");
    let group = hub.group("canary", &[&base], &[&web, &db]).await;
    let path = format!("/managedInstanceGroups/{group}");
    assert_eq!(hub.sources(&path), [base.as_str()]);
    assert_eq!(hub.sources(&instance(&web)), [base.as_str()]);

    let accepted = hub.act(&group, "attachSoftwareSources", json!({ "softwareSources": [release] }));
    assert_eq!(accepted.status, 202);
    let mut both = hub.sources(&path);
    both.sort_unstable();
    let mut expected = [base.clone(), release.clone()];
    expected.sort_unstable();
    assert_eq!(both, expected, "at once");
    assert_eq!(hub.sources(&instance(&web)), [base.as_str()], "not yet");
    let work = hub.wait(accepted.header("opc-work-request-id")).await;
    assert_eq!(
        (&work["status"], &work["operationType"]),
        (&json!("SUCCEEDED"), &json!("SET_SOFTWARE_SOURCES"))
    );
    assert_eq!(hub.sources(&instance(&web)).len(), 2);

    let detach =
        |source: &str| hub.act(&group, "detachSoftwareSources", json!({ "softwareSources": [source] }));
    let detached = detach(&base);
    assert_eq!((detached.status, detached.header("opc-work-request-id")), (200, ""));
    let last = detach(&release);
    assert_eq!(last.refusal(), (400, "InvalidParameter"));
    assert_eq!(
        last.body["message"],
        "Invalid software source(s). Removing all software sources from a group is disallowed."
    );
    hub.settle(&group).await;
    assert_eq!(hub.sources(&instance(&db)), [release.as_str()]);

    let before = hub.installed(&web);
    let work = hub.done(&group, "updateAllPackages", json!({ "updateTypes": ["ALL"] })).await;
    assert_eq!(
        (&work["status"], &work["operationType"]),
        (&json!("SUCCEEDED"), &json!("UPDATE_ALL_PACKAGES"))
    );
    assert_eq!(hub.installed(&web), before, "the hub has not been told");
    assert_eq!(hub.done(&group, "refreshSoftware", Value::Null).await["status"], "SUCCEEDED");
    let after = hub.installed(&web);
    assert_ne!(after, before);
    assert_eq!(after, client.installed(&web), "both services see one machine");
    crate::package::walk(&after, &shipped, |have, want| {
        if let (Some(have), Some(want)) = (have.last(), want.last()) {
            assert_eq!(have, want);
        }
    });
    assert_eq!(hub.get(&instance(&web)).body["updatesAvailable"], 0);
}

#[tokio::test(start_paused = true)]
async fn members_are_locked_and_in_one_group() {
    let client = Client::new();
    let hub = Hub(&client);
    let (web, db) = (member("web-01"), member("db-01"));
    let base = hub.vendor("ol8_baseos_latest-x86_64");
    let uek = hub.vendor("ol8_uekr7-x86_64");
    let group = hub.group("canary", &[&base], &[&web]).await;
    let act =
        |id: &str, action: &str, body: Value| hub.post(&format!("{}/actions/{action}", instance(id)), body);
    let incorrect = (409, "IncorrectState");
    for (action, body) in [
        ("installPackages", json!({ "packageNames": ["bash"] })),
        ("removePackages", json!({ "packageNames": ["bash"] })),
        ("updatePackages", json!({ "updateTypes": ["ALL"] })),
        ("attachSoftwareSources", json!({ "softwareSources": [uek] })),
        ("detachSoftwareSources", json!({ "softwareSources": [base] })),
        ("enableModuleStreams", json!({ "moduleName": "httpd", "streamName": "2.4" })),
    ] {
        let refused = act(&web, action, body.clone());
        assert_eq!(refused.refusal(), incorrect, "{action}");
        assert!(refused.body["message"].as_str().unwrap().contains(&group), "{refused:?}");
    }
    for (action, body) in [("refreshSoftware", Value::Null), ("reboot", json!({ "rebootTimeoutInMins": 5 }))]
    {
        assert_eq!(act(&web, action, body).status, 202, "{action}");
    }
    let other = hub.group("other", &[&base], &[&db]).await;
    let join =
        |group: &str, id: &str| hub.act(group, "attachManagedInstances", json!({ "managedInstances": [id] }));
    assert_eq!(join(&other, &web).refusal(), incorrect);
    assert_eq!(join(&group, &web).status, 202, "it is a member already, and nothing happens");
    let unknown = join(&group, "ocid1.instance.oc1..x");
    assert_eq!(unknown.body["message"], "Unknown Managed Instance ocid1.instance.oc1..x");

    let left = hub.act(&group, "detachManagedInstances", json!({ "managedInstances": [web] }));
    assert_eq!((left.status, left.header("opc-work-request-id")), (200, ""));
    let seen = hub.get(&instance(&web)).body;
    assert_eq!(
        (&seen["managedInstanceGroup"], hub.sources(&instance(&web))),
        (&Value::Null, vec![base.clone()])
    );
    assert_eq!(act(&web, "attachSoftwareSources", json!({ "softwareSources": [uek] })).status, 202);
    let again = hub.act(&group, "detachManagedInstances", json!({ "managedInstances": [web] }));
    assert_eq!(again.refusal(), (400, "InvalidParameter"));

    assert_eq!(hub.delete(&format!("/managedInstanceGroups/{other}")).status, 204);
    assert_eq!(
        hub.get(&format!("/managedInstanceGroups/{other}")).refusal(),
        (404, "NotAuthorizedOrNotFound")
    );
    assert_eq!(hub.get(&instance(&db)).body["managedInstanceGroup"], Value::Null);
}

#[tokio::test(start_paused = true)]
async fn who_leaves_may_lose_its_sources_and_nobody_names_the_work() {
    let mut switches = Switches::default();
    (switches.hub.leaving_keeps_sources, switches.hub.detaching_makes_work) = (false, false);
    let client = Client::switched(switches);
    let hub = Hub(&client);
    let web = member("web-01");
    let (base, uek) = (hub.vendor("ol8_baseos_latest-x86_64"), hub.vendor("ol8_uekr7-x86_64"));
    let group = hub.group("canary", &[&base, &uek], &[&web]).await;
    let detached = hub.act(&group, "detachSoftwareSources", json!({ "softwareSources": [uek] }));
    assert_eq!(detached.status, 200);
    assert_eq!(hub.sources(&instance(&web)), [base.as_str()], "at once");
    assert_eq!(hub.all(&format!("/workRequests?resourceId={group}")).len(), 1, "that of creation");
    assert_eq!(hub.act(&group, "detachManagedInstances", json!({ "managedInstances": [web] })).status, 200);
    assert_eq!(hub.sources(&instance(&web)), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn groups_take_who_and_what_fits() {
    let client = Client::new();
    let hub = Hub(&client);
    let web = member("web-01");
    let base = hub.vendor("ol8_baseos_latest-x86_64");
    let mut details = group_details("premise", &[&base], &[]);
    details.as_object_mut().unwrap().remove("location");
    let premise = hub.post("/managedInstanceGroups", details);
    assert_eq!((premise.status, premise.header("etag")), (202, ""), "{premise:?}");
    assert_eq!(premise.body["location"], "ON_PREMISE", "as documented");
    let join = hub.act(&premise.id(), "attachManagedInstances", json!({ "managedInstances": [web] }));
    assert_eq!(join.refusal(), (400, "InvalidParameter"));
    let message = join.body["message"].as_str().unwrap();
    assert!(message.ends_with("is of OCI_COMPUTE, and the group of ON_PREMISE."), "{message}");

    for (field, value) in [
        ("osFamily", json!("ORACLE")),
        ("archType", json!("x86_64")),
        ("vendorName", json!("Oracle")),
        ("location", json!("OCI")),
        ("autonomousSettings", json!({ "isDataCollectionAuthorized": true })),
        ("members", json!([])),
    ] {
        let mut details = group_details("wrong", &[&base], &[]);
        details[field] = value;
        let refused = hub.post("/managedInstanceGroups", details);
        assert_eq!(refused.refusal(), (400, "InvalidParameter"), "{field}");
    }
    let next = hub.vendor("ol9_baseos_latest-x86_64");
    let refused = hub.post("/managedInstanceGroups", group_details("next", &[&next], &[]));
    assert!(refused.body["message"].as_str().unwrap().ends_with("is not selected."), "{refused:?}");
    let select = json!({ "softwareSourceAvailabilities": [
        { "softwareSourceId": next, "availabilityAtOci": "SELECTED" }
    ] });
    assert_eq!(hub.post("/softwareSources/actions/changeAvailability", select).status, 200);
    let refused = hub.post("/managedInstanceGroups", group_details("next", &[&next], &[]));
    assert!(refused.body["message"].as_str().unwrap().contains("is for ORACLE_LINUX_9"), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn joining_replaces_sources_and_brings_the_latest_of_them() {
    for (installs, everything) in [(true, false), (false, false), (true, true)] {
        let mut switches = Switches::default();
        (switches.hub.joining_installs, switches.hub.joining_installs_everything) = (installs, everything);
        let client = Client::switched(switches);
        let hub = Hub(&client);
        let web = member("web-02");
        let shipped = sourced(Level::Gl1_1);
        let release = hub.release("GL1.1", &shipped).await;
        let group = hub.group("web", &[&release], &[]).await;
        // What the group is given as a group comes with membership.
        let work = hub.done(&group, "installPackages", json!({ "packageNames": ["aide"] })).await;
        assert_eq!(work["status"], "SUCCEEDED", "nobody had to do anything");
        let rows = hub.all(&format!("/managedInstanceGroups/{group}/installedPackages"));
        assert_eq!(rows, [json!({ "name": "aide", "architecture": "x86_64" })]);

        let before = client.installed(&web);
        let work = hub.done(&group, "attachManagedInstances", json!({ "managedInstances": [web] })).await;
        assert_eq!(work["status"], "SUCCEEDED");
        assert_eq!(hub.sources(&instance(&web)), [release]);
        let after = client.installed(&web);
        let behind = {
            let mut behind = 0;
            crate::package::walk(&after, &shipped, |have, want| match (have.last(), want.last()) {
                (Some(have), Some(want)) if have.cmp_evr(*want).is_lt() => behind += 1,
                _ => {}
            });
            behind
        };
        let aide = after.iter().any(|package| package.name() == "aide");
        match (installs, everything) {
            (false, _) => assert_eq!(after, before),
            (true, false) => {
                assert_eq!((behind, aide), (0, true));
                assert!(shipped.difference(&after).len() > 20, "it has not got all of the release");
            }
            (true, true) => {
                let lacking = shipped.difference(&after);
                assert!(lacking.iter().all(|package| package.is_install_only()), "{lacking:?}");
            }
        }
    }
}
