//! Updates from asking to reading back.

use super::*;

#[tokio::test(start_paused = true)]
async fn the_golden_instance_becomes_gl1_1_as_its_administrator_would_make_it() {
    let client = Client::new();
    assert_eq!(client.installed(&golden()), golden_set(Level::Gl1));
    assert_eq!(client.update(&golden()).await["status"], "SUCCEEDED");
    for (action, names) in [
        (
            "install",
            &[
                "aide-0.16-14.0.1.el8.x86_64",
                "dnf-automatic-1.1-3.el8.noarch",
                "pcp-conf-5.3.7-20.el8.x86_64",
            ][..],
        ),
        ("remove", &["rsh-0.17-94.el8.x86_64", "talk-0.17-54.el8.x86_64"]),
    ] {
        for name in names {
            let path = format!("/managedInstances/{}/actions/packages/{action}", golden());
            let accepted = client.post(&format!("{path}?softwarePackageName={}", escape(name)), Value::Null);
            assert_eq!(accepted.status, 202, "{accepted:?}");
            let work = client.wait(accepted.header("opc-work-request-id")).await;
            assert_eq!(work["status"], "SUCCEEDED", "{work}");
        }
    }
    assert_eq!(client.installed(&golden()), golden_set(Level::Gl1_1));
    let seen = client.get(&format!("/managedInstances/{}", golden())).body;
    assert_eq!(seen["updatesAvailable"], 0);
    assert_eq!(seen["isRebootRequired"], true);
    let runs = seen["osKernelVersion"].as_str().unwrap();
    assert_eq!(runs, "5.15.0-209.161.7.el8uek.x86_64", "the old kernel runs until a reboot");
}

#[tokio::test(start_paused = true)]
async fn an_instance_on_a_release_comes_to_its_level_and_no_further() {
    let client = Client::new();
    let web = member("web-02");
    let before = client.installed(&web);
    let provided = golden_set(Level::Gl1);
    let shipped: crate::package::PackageSet =
        provided.iter().filter(|package| super::super::front::shipped(package.as_str()).is_some()).collect();
    let source = client.source("great-linux/GL1", &shipped);
    client.switch(&web, &source);
    let seen = client.get(&format!("/managedInstances/{web}")).body;
    assert_eq!(seen["parentSoftwareSource"], json!({ "id": source, "name": "great-linux/GL1" }));
    assert_eq!(seen["childSoftwareSources"], json!([]));
    let updates = client.all(&format!("/managedInstances/{web}/packages/updates"));
    assert_eq!(seen["updatesAvailable"], updates.len());
    assert!(updates.len() > 20);
    let kinds = [
        "securityUpdatesAvailable",
        "bugUpdatesAvailable",
        "enhancementUpdatesAvailable",
        "otherUpdatesAvailable",
    ];
    let sum: u64 = kinds.iter().map(|kind| seen[kind].as_u64().unwrap()).sum();
    assert_eq!(sum, updates.len() as u64);

    assert_eq!(client.update(&web).await["status"], "SUCCEEDED");
    let after = client.installed(&web);
    assert_ne!(before, after);
    assert_eq!(client.all(&format!("/managedInstances/{web}/packages/updates")), Vec::<Value>::new());
    crate::package::walk(&after, &shipped, |have, want| {
        if let (Some(have), Some(want)) = (have.last(), want.last()) {
            assert_eq!(have, want);
        }
    });
    let again = client.update(&web).await;
    assert_eq!(again["message"], "0 packages installed, 0 removed");
    assert_eq!(client.installed(&web), after);
}

#[tokio::test(start_paused = true)]
async fn work_is_accepted_then_runs_then_is_done_and_one_after_the_other() {
    let client = Client::new();
    let path = format!("/managedInstances/{}/actions/packages/updateAll?updateType=SECURITY", golden());
    let first = client.post(&path, Value::Null).header("opc-work-request-id").to_owned();
    let second = client.post(&path, Value::Null).header("opc-work-request-id").to_owned();
    let status = |id: &str| client.get(&format!("/workRequests/{id}")).body["status"].clone();
    let mut seen = vec![(status(&first), status(&second))];
    while seen.last() != Some(&(json!("SUCCEEDED"), json!("SUCCEEDED"))) {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let now = (status(&first), status(&second));
        if seen.last() != Some(&now) {
            seen.push(now);
        }
    }
    let expected = [
        ("ACCEPTED", "ACCEPTED"),
        ("IN_PROGRESS", "ACCEPTED"),
        ("SUCCEEDED", "ACCEPTED"),
        ("SUCCEEDED", "IN_PROGRESS"),
        ("SUCCEEDED", "SUCCEEDED"),
    ];
    assert_eq!(seen, expected.map(|(first, second)| (json!(first), json!(second))));
    let listed =
        client.get(&format!("/workRequests?compartmentId={COMPARTMENT}&managedInstanceId={}", golden()));
    assert_eq!(listed.body.as_array().unwrap().len(), 2);
    let logs = client.all(&format!("/workRequests/{first}/logs"));
    assert!(logs.iter().any(|log| log["message"].as_str().unwrap().starts_with("Installed: curl-")));
    assert!(!logs.iter().any(|log| log["message"].as_str().unwrap().starts_with("Installed: bash-")));
    assert_eq!(client.all(&format!("/workRequests/{first}/errors")), Vec::<Value>::new());
}

#[tokio::test(start_paused = true)]
async fn a_silent_agent_never_picks_its_work_up() {
    let client = Client::new();
    let silent = member("db-04");
    assert_eq!(client.get(&format!("/managedInstances/{silent}")).body["status"], "UNREACHABLE");
    let path = format!("/managedInstances/{silent}/actions/packages/updateAll");
    let work = client.post(&path, Value::Null).header("opc-work-request-id").to_owned();
    let status = || client.get(&format!("/workRequests/{work}")).body["status"].clone();
    client.simulator.advance(24 * 3600 - 1).unwrap();
    assert_eq!(status(), "ACCEPTED");
    client.simulator.advance(1).unwrap();
    assert_eq!(status(), "FAILED");
    assert_eq!(client.all(&format!("/workRequests/{work}/errors"))[0]["code"], "TIMEOUT");

    let refusing = Client::switched(Switches { unreachable_takes_work: false, ..Switches::default() });
    assert_eq!(refusing.post(&path, Value::Null).refusal(), (409, "Conflict"));
}

#[tokio::test(start_paused = true)]
async fn without_a_parent_there_is_nothing_to_update_from() {
    let client = Client::new();
    let web = member("web-05");
    let parent = client.parent(&web).unwrap();
    assert_eq!(client.act(&web, "detachParent", &parent).status, 204);
    let work = client.update(&web).await;
    assert_eq!((&work["status"], &work["message"]), (&json!("FAILED"), &json!("no repositories available")));
}

#[tokio::test(start_paused = true)]
async fn a_latecomer_is_unknown_at_first() {
    let client = Client::new();
    let path = format!("/managedInstances/{}", member("web-13"));
    assert_eq!(client.get(&path).refusal(), (404, "NotAuthorizedOrNotFound"));
    assert_eq!(client.all(&format!("/managedInstances?compartmentId={COMPARTMENT}")).len(), 24);
    client.simulator.advance(6 * 3600).unwrap();
    assert_eq!(client.get(&path).body["displayName"], "web-13");
    assert_eq!(client.all(&format!("/managedInstances?compartmentId={COMPARTMENT}")).len(), 25);
}

#[tokio::test(start_paused = true)]
async fn a_group_is_updated_as_one() {
    let client = Client::new();
    let details = json!({ "compartmentId": COMPARTMENT, "displayName": "canary" });
    let group = client.post("/managedInstanceGroups", details).id();
    for (_, id) in &groups(DEFAULT_SEED, 24)[0].1 {
        let path =
            format!("/managedInstanceGroups/{group}/actions/attachManagedInstance?managedInstanceId={id}");
        assert_eq!(client.post(&path, Value::Null).status, 204);
    }
    let path = format!("/managedInstanceGroups/{group}/actions/updates/installAll?updateType=ALL");
    let accepted = client.post(&path, Value::Null);
    assert_eq!((accepted.status, accepted.header("opc-work-request-id")), (202, ""));
    tokio::time::sleep(Duration::from_secs(4)).await;
    for (_, id) in &groups(DEFAULT_SEED, 24)[0].1 {
        assert_eq!(client.get(&format!("/managedInstances/{id}")).body["updatesAvailable"], 0);
    }
}
