//! What the hub knows of instances, and when it knows it.

use super::*;

#[tokio::test(start_paused = true)]
async fn the_inventory_is_that_of_the_last_refresh_or_scan() {
    let client = Client::new();
    let hub = Hub(&client);
    let web = member("web-02");
    let path = instance(&web);
    let refreshed =
        || -> Timestamp { hub.get(&path).body["timeLastSoftwareRefresh"].as_str().unwrap().parse().unwrap() };
    let before =
        (hub.installed(&web), hub.get(&path).body["updatesAvailable"].as_u64().unwrap(), refreshed());
    assert_eq!(before.0, client.installed(&web));
    assert!(before.1 > 20);
    // By whichever service it is changed.
    client.update(&web).await;
    assert_eq!((hub.installed(&web), refreshed()), (before.0.clone(), before.2));
    assert_eq!(hub.get(&path).body["updatesAvailable"], before.1, "as far as the hub knows");
    assert_eq!(client.get(&format!("/managedInstances/{web}")).body["updatesAvailable"], 0);
    let work = hub.ask(&web, "refreshSoftware", Value::Null).await;
    assert_eq!((&work["status"], &work["operationType"]), (&json!("SUCCEEDED"), &json!("LIST_PACKAGES")));
    let ended: Timestamp = work["timeFinished"].as_str().unwrap().parse().unwrap();
    assert_eq!((hub.installed(&web), refreshed()), (client.installed(&web), ended));
    assert_eq!(hub.get(&path).body["updatesAvailable"], 0);

    let remove = format!("/managedInstances/{web}/actions/packages/remove?softwarePackageName=");
    let curl = client.installed(&web).iter().find(|package| package.name() == "curl").unwrap();
    let accepted = client.post(&format!("{remove}{}", escape(curl.as_str())), Value::Null);
    client.wait(accepted.header("opc-work-request-id")).await;
    assert!(hub.installed(&web).contains(curl));
    client.simulator.advance(24 * 3600).unwrap();
    assert!(!hub.installed(&web).contains(curl), "the agent looks once a day");
    let scanned = refreshed();
    assert!(scanned > ended && scanned <= client.simulator.now());
    // A silent one does not.
    client.simulator.silence(&web).unwrap();
    client.simulator.advance(3 * 24 * 3600).unwrap();
    assert_eq!(refreshed(), scanned);
    client.simulator.bring_back(&web).unwrap();
    assert_eq!(refreshed(), scanned, "it has not looked yet");
    client.simulator.advance(24 * 3600).unwrap();
    assert!(refreshed() > scanned);
}

#[tokio::test(start_paused = true)]
async fn agents_may_tell_what_they_have_changed() {
    let mut switches = Switches::default();
    switches.hub.work_refreshes = true;
    let client = Client::switched(switches);
    let hub = Hub(&client);
    let web = member("web-02");
    let work = hub.ask(&web, "updatePackages", json!({ "updateTypes": ["ALL"] })).await;
    assert_eq!(hub.installed(&web), client.installed(&web));
    let seen = hub.get(&instance(&web)).body;
    assert_eq!(
        (&seen["timeLastSoftwareRefresh"], &seen["updatesAvailable"]),
        (&work["timeFinished"], &json!(0))
    );
}

#[tokio::test(start_paused = true)]
async fn who_is_silent_becomes_doubtful_and_then_unreachable() {
    let client = Client::new();
    let hub = Hub(&client);
    let web = member("web-01");
    let status = || hub.get(&instance(&web)).body["status"].clone();
    assert_eq!(status(), "NORMAL");
    client.simulator.silence(&web).unwrap();
    for (seconds, expected) in [(1799, "NORMAL"), (1, "WARNING"), (84_599, "WARNING"), (1, "UNREACHABLE")] {
        client.simulator.advance(seconds).unwrap();
        assert_eq!(status(), expected);
    }
    let rows = hub.all(&format!("/managedInstances?compartmentId={COMPARTMENT}&status=UNREACHABLE"));
    assert_eq!(rows.len(), 2, "and db-04");
    client.simulator.bring_back(&web).unwrap();
    assert_eq!(status(), "NORMAL");
    let work = hub.post(&format!("{}/actions/reboot", instance(&web)), Value::Null);
    assert_eq!(work.status, 202);
    let mut seen = Vec::new();
    while seen.last() != Some(&json!("NORMAL")) || seen.len() < 3 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        if seen.last() != Some(&status()) {
            seen.push(status());
        }
    }
    assert_eq!(seen, ["NORMAL", "REBOOTING", "NORMAL"].map(|status| json!(status)));
}

#[tokio::test(start_paused = true)]
async fn a_reboot_runs_the_newest_kernel_for_both_services() {
    let client = Client::new();
    let hub = Hub(&client);
    client.update(&golden()).await;
    let seen = hub.get(&instance(&golden())).body;
    assert_eq!(
        (&seen["isRebootRequired"], &seen["osKernelVersion"]),
        (&json!(true), &json!("5.15.0-209.161.7.el8uek.x86_64"))
    );
    assert_eq!(hub.ask(&golden(), "reboot", json!({})).await["status"], "SUCCEEDED");
    let seen = hub.get(&instance(&golden())).body;
    assert_eq!(
        (&seen["isRebootRequired"], &seen["osKernelVersion"]),
        (&json!(false), &json!("5.15.0-301.163.5.2.el8uek.x86_64"))
    );
    let osms = client.get(&format!("/managedInstances/{}", golden())).body;
    assert_eq!(
        (&osms["isRebootRequired"], &osms["osKernelVersion"]),
        (&json!(false), &seen["osKernelVersion"])
    );
}

#[tokio::test(start_paused = true)]
async fn lists_of_instances_take_their_filters() {
    let client = Client::new();
    let hub = Hub(&client);
    let (web, db) = (member("web-01"), member("db-01"));
    let base = hub.vendor("ol8_baseos_latest-x86_64");
    let group = hub.group("canary", &[&base], &[&web, &db]).await;
    let count = |query: &str| hub.all(&format!("/managedInstances?compartmentId={COMPARTMENT}{query}")).len();
    let all = count("");
    assert_eq!(all, 24);
    for (query, expected) in [
        ("&displayName=web-01&displayName=db-02".to_owned(), 2),
        ("&displayName=web".to_owned(), 0),
        ("&displayNameContains=web".to_owned(), 12),
        (format!("&managedInstanceId={web}"), 1),
        (format!("&group={group}"), 2),
        (format!("&groupNotEqualTo={group}"), all - 2),
        ("&isAttachedToGroupOrLifecycleStage=true".to_owned(), 2),
        ("&isAttachedToGroupOrLifecycleStage=false".to_owned(), all - 2),
        ("&status=NORMAL&status=WARNING".to_owned(), all - 1),
        ("&osFamily=ORACLE_LINUX_8".to_owned(), all),
        ("&osFamily=ORACLE_LINUX_9".to_owned(), 0),
        ("&location=OCI_COMPUTE".to_owned(), all),
        ("&locationNotEqualTo=OCI_COMPUTE".to_owned(), 0),
        ("&isProfileAttached=true".to_owned(), 0),
        (format!("&softwareSourceId={base}"), all),
        ("&softwareSourceId=ocid1.x".to_owned(), 0),
    ] {
        assert_eq!(count(&query), expected, "{query}");
    }
    let uek = hub.vendor("ol8_uekr7-x86_64");
    assert_eq!(count(&format!("&softwareSourceId={uek}")), all - 2, "members have the group's");
    assert!(count("&isRebootRequired=true") > 0);
    let rows = hub.all(&format!("/managedInstances?compartmentId={}", super::super::super::world::STORES));
    let os = |row: &Value| row["osFamily"].as_str().unwrap().to_owned();
    assert!(rows.iter().any(|row| os(row) == "ORACLE_LINUX_9"), "a kiosk");
    assert_eq!(hub.get("/managedInstances?compartmentId=ocid1.compartment.oc1..x").status, 404);
    assert_eq!(hub.get("/managedInstances").refusal(), (400, "MissingParameter"));
    let members = hub.all(&format!("/managedInstanceGroups/{group}/managedInstances?displayName=db-01"));
    assert_eq!((members.len(), &members[0]["id"]), (1, &json!(db)));
    let groups =
        |query: &str| hub.all(&format!("/managedInstanceGroups?compartmentId={COMPARTMENT}{query}")).len();
    for (query, expected) in [
        (format!("&softwareSourceId={base}"), 1),
        (format!("&softwareSourceId={uek}"), 0),
        ("&lifecycleState=ACTIVE".to_owned(), 1),
        ("&displayName=canary&displayName=web".to_owned(), 1),
        ("&location=ON_PREMISE".to_owned(), 0),
    ] {
        assert_eq!(groups(&query), expected, "{query}");
    }
}

#[tokio::test(start_paused = true)]
async fn updates_name_their_errata_by_name_with_severity() {
    let client = Client::new();
    let hub = Hub(&client);
    let web = member("web-02");
    let updates = hub.all(&format!("{}/updatablePackages", instance(&web)));
    let row = updates.iter().find(|row| row["displayName"] == "glibc").unwrap();
    assert_eq!(
        (&row["updateType"], &row["packageClassification"]),
        (&json!("SECURITY"), &json!("UPDATABLE"))
    );
    assert_ne!(row["installedVersion"], row["version"]);
    let name = row["errata"][0].as_str().unwrap();
    assert!(name.starts_with("ELSA-2026-"), "{name}");
    assert!(row["relatedCves"][0].as_str().unwrap().starts_with("CVE-2026-"));
    let security = hub.all(&format!("{}/updatablePackages?classificationType=SECURITY", instance(&web)));
    assert!(security.iter().all(|row| row["updateType"] == "SECURITY") && security.len() < updates.len());
    assert!(updates.iter().all(|row| row["updateType"] == "SECURITY" || row["advisorySeverity"].is_null()));
    let critical = hub.all(&format!(
        "{}/updatablePackages?advisorySeverity=CRITICAL&advisorySeverity=IMPORTANT",
        instance(&web)
    ));
    assert!(!critical.is_empty() && critical.len() < security.len());
    let named = hub.all(&format!("{}/updatablePackages?advisoryName={name}", instance(&web)));
    assert!(
        named.iter().all(|row| row["errata"].as_array().unwrap().contains(&json!(name))) && !named.is_empty()
    );

    let erratum = hub.get(&format!("/errata/{name}?compartmentId={COMPARTMENT}")).body;
    assert_eq!((&erratum["name"], &erratum["advisoryType"]), (&json!(name), &json!("SECURITY")));
    assert_eq!(hub.get(&format!("/errata/{name}")).refusal(), (400, "MissingParameter"));
    assert_eq!(hub.get(&format!("/errata/ELSA-1?compartmentId={COMPARTMENT}")).status, 404);
    let all = hub.all(&format!("/errata?compartmentId={COMPARTMENT}"));
    assert!(all.len() > 100);
    let important = hub.all(&format!(
        "/errata?compartmentId={COMPARTMENT}&advisorySeverity=IMPORTANT&advisoryType=SECURITY"
    ));
    assert!(important.iter().all(|row| row["synopsis"].as_str().unwrap().starts_with("Important: ")));
    let lacking = hub.all(&format!("{}/errata", instance(&web)));
    assert!(lacking.iter().any(|row| row["name"] == name && row.get("advisorySeverity").is_none()));
    let path = format!("/managedInstances?compartmentId={COMPARTMENT}&advisoryName={name}");
    let affected = hub.all(&path);
    assert!(affected.iter().any(|row| row["id"] == web) && affected.len() < 24);
    let counts = hub.all(&format!(
        "/managedInstanceAnalytics?metricNames=TOTAL_INSTANCE_COUNT&metricNames=INSTANCE_SECURITY_UPDATES_COUNT&compartmentId={COMPARTMENT}&displayName=web-02"
    ));
    assert_eq!((&counts[0]["count"], &counts[1]["count"]), (&json!(1), &json!(security.len())));
}

#[tokio::test(start_paused = true)]
async fn some_packages_have_null_for_sources() {
    let null = |nulls| {
        let mut switches = Switches::default();
        switches.hub.null_sources = nulls;
        let client = Client::switched(switches);
        let rows = Hub(&client).all(&format!("{}/installedPackages", instance(&golden())));
        let null = rows.iter().filter(|row| row["softwareSources"].is_null()).count();
        (null, rows.iter().filter(|row| row["softwareSources"] == json!([])).count())
    };
    assert_eq!(null(NullSources::Never).0, 0);
    let (unprovided, empty) = null(NullSources::Unprovided);
    assert_eq!((unprovided, empty), (4, 0));
    assert!(null(NullSources::Some).0 > 10);
}
