//! Groups that own sources and members.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_fleet_is_moved_to_a_release_by_its_group() {
    let client = Client::new();
    let hub = Hub(&client);
    let (web, db) = (member("web-01"), member("db-01"));
    let shipped = super::sourced(Level::Gl1_1);
    let first = hub.release("GL1.1", &shipped).await;
    let base = hub.vendor("ol8_baseos_latest-x86_64");
    let group = hub.group("canary", &[&base], &[&web, &db]).await;
    let path = format!("/managedInstanceGroups/{group}");
    assert_eq!(hub.sources(&path), [base.clone()]);
    assert_eq!(hub.sources(&format!("/managedInstances/{web}")), [base.clone()]);

    let accepted = hub.act(&group, "attachSoftwareSources", json!({ "softwareSources": [first] }));
    assert_eq!(accepted.status, 202);
    let mut both = hub.sources(&path);
    both.sort_unstable();
    let mut expected = [base.clone(), first.clone()];
    expected.sort_unstable();
    assert_eq!(both, expected, "at once");
    assert_eq!(hub.sources(&format!("/managedInstances/{web}")), [base.clone()], "not yet");
    let work = hub.wait(accepted.header("opc-work-request-id")).await;
    assert_eq!(
        (&work["status"], &work["operationType"]),
        (&json!("SUCCEEDED"), &json!("SET_SOFTWARE_SOURCES"))
    );
    assert_eq!(hub.sources(&format!("/managedInstances/{web}")).len(), 2);

    let detach =
        |source: &str| hub.act(&group, "detachSoftwareSources", json!({ "softwareSources": [source] }));
    let detached = detach(&base);
    assert_eq!((detached.status, detached.header("opc-work-request-id")), (200, ""));
    let last = detach(&first);
    assert_eq!(
        last.body["message"],
        "Invalid software source(s). Removing all software sources from a group is disallowed."
    );
    let works = hub.all(&format!("/workRequests?compartmentId={COMPARTMENT}&resourceId={group}"));
    let open = works.iter().find(|work| work["status"] != "SUCCEEDED").unwrap();
    hub.wait(open["id"].as_str().unwrap()).await;
    assert_eq!(hub.sources(&format!("/managedInstances/{db}")), [first.clone()]);

    let before = hub.installed(&web);
    let work = hub.done(&group, "updateAllPackages", json!({ "updateTypes": ["ALL"] })).await;
    assert_eq!(work["status"], "SUCCEEDED");
    let children = work["childrenId"].as_array().unwrap();
    assert_eq!(children.len(), 2);
    for child in children {
        let child = hub.get(&format!("/workRequests/{}", child.as_str().unwrap())).body;
        assert_eq!((&child["parentId"], &child["status"]), (&work["id"], &json!("SUCCEEDED")));
        assert_eq!(child["resources"][0]["entityType"], "INSTANCE");
    }
    assert_eq!(
        work["resources"][0],
        json!({
            "entityType": "GROUP",
            "actionType": "UPDATED",
            "identifier": group,
            "entityUri": format!("/20220901/managedInstanceGroups/{group}"),
            "name": "canary",
            "metadata": {},
        })
    );
    assert_eq!(hub.installed(&web), before, "the hub has not been told");
    assert_eq!(hub.done(&group, "refreshSoftware", Value::Null).await["status"], "SUCCEEDED");
    let after = hub.installed(&web);
    assert_eq!(after, client.installed(&web), "both services see one machine");
    crate::package::walk(&after, &shipped, |have, want| {
        if let (Some(have), Some(want)) = (have.last(), want.last()) {
            assert_eq!(have, want);
        }
    });
}
