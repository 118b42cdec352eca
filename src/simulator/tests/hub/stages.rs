//! Lifecycle environments, and module streams.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_versioned_source_goes_from_stage_to_stage() {
    let client = Client::new();
    let hub = Hub(&client);
    let (web, db) = (member("web-02"), member("db-02"));
    let shipped = sourced(Level::Gl1);
    let vendors = ["ol8_baseos_latest", "ol8_appstream", "ol8_uekr7", "ol8_ksplice"];
    let vendors = vendors.map(|name| json!({ "id": hub.vendor(&format!("{name}-x86_64")) }));
    let made = hub.post(
        "/softwareSources",
        json!({
            "softwareSourceType": "VERSIONED",
            "compartmentId": COMPARTMENT,
            "displayName": "GL1",
            "softwareSourceVersion": "1.0",
            "vendorSoftwareSources": vendors,
            "isCreatedFromPackageList": true,
        }),
    );
    let source = made.id();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let packages: Vec<&str> = shipped.iter().map(crate::package::Package::as_str).collect();
    let add = || {
        hub.post(&format!("/softwareSources/{source}/actions/addPackages"), json!({ "packages": packages }))
    };
    let added = add();
    assert_eq!(hub.wait(added.header("opc-work-request-id")).await["status"], "SUCCEEDED");
    assert_eq!(add().refusal(), (409, "IncorrectState"), "it is immutable");
    let group = hub.post("/managedInstanceGroups", group_details("g", &[&source], &[]));
    assert_eq!(group.refusal(), (400, "InvalidParameter"), "for stages only");

    let stages = json!([{ "displayName": "prod", "rank": 2 }, { "displayName": "test", "rank": 1 }]);
    let details = json!({
        "compartmentId": COMPARTMENT,
        "displayName": "env",
        "stages": stages,
        "osFamily": "ORACLE_LINUX_8",
        "archType": "X86_64",
        "vendorName": "ORACLE",
        "location": "OCI_COMPUTE",
    });
    let environment = hub.post("/lifecycleEnvironments", details);
    assert_eq!((environment.status, &environment.body["stages"][0]["displayName"]), (200, &json!("test")));
    assert_eq!(environment.body["stages"][0]["softwareSourceId"], Value::Null);
    assert_eq!(environment.body["stages"][0]["definedTags"], json!({}), "stages are not stamped");
    assert_eq!(environment.body["managedInstanceIds"], Value::Null);
    assert_eq!(environment.body["description"], Value::Null);
    let listed = hub.all(&format!("/lifecycleEnvironments?compartmentId={COMPARTMENT}"));
    assert_eq!(listed[0]["description"], "", "required in lists");
    assert_eq!(environment.body["stages"][0]["managedInstanceIds"], json!([]));
    let stage = |index: usize| environment.body["stages"][index]["id"].as_str().unwrap().to_owned();
    let act = |stage: &str, action: &str, body: Value| {
        hub.post(&format!("/lifecycleStages/{stage}/actions/{action}"), body)
    };
    let members = |ids: Value| json!({ "managedInstanceDetails": { "managedInstances": ids } });
    let joined = act(&stage(0), "attachManagedInstances", members(json!([web])));
    assert_eq!(
        (joined.status, joined.header("opc-work-request-id")),
        (202, ""),
        "there is nothing to do yet"
    );
    let refused = act(&stage(1), "attachManagedInstances", members(json!([web])));
    assert_eq!(refused.refusal(), (409, "IncorrectState"));
    let install =
        hub.post(&format!("{}/actions/installPackages", instance(&web)), json!({ "packageNames": ["aide"] }));
    assert_eq!(install.refusal(), (409, "IncorrectState"), "locked");
    let promote =
        |stage: &str, query: &str| act(stage, &format!("promoteSoftwareSource{query}"), Value::Null);
    assert_eq!(promote(&stage(0), "").refusal(), (400, "MissingParameter"));
    assert_eq!(promote(&stage(1), "").refusal(), (409, "IncorrectState"), "the first has none");
    let work = promote(&stage(0), &format!("?softwareSourceId={source}"));
    let done = hub.wait(work.header("opc-work-request-id")).await;
    assert_eq!(
        (&done["status"], &done["operationType"]),
        (&json!("SUCCEEDED"), &json!("LIFECYCLE_PROMOTION"))
    );
    assert_eq!(done["resources"][0]["entityType"], "LIFECYCLE_ENVIRONMENT");
    assert_eq!(hub.sources(&instance(&web)), [source.as_str()]);
    let lacking = shipped.difference(&client.installed(&web));
    let newer = |package: &crate::package::Package| {
        client.installed(&web).iter().any(|have| have.same_name_arch(*package))
    };
    assert!(lacking.iter().all(newer), "all of it was installed, where nothing newer was there");
    assert_eq!(promote(&stage(1), "").status, 202);
    let attached = act(&stage(1), "attachManagedInstances", members(json!([db])));
    assert_eq!(hub.wait(attached.header("opc-work-request-id")).await["status"], "SUCCEEDED");
    let listed = hub.all(&format!("/lifecycleStages?softwareSourceId={source}"));
    assert_eq!(listed.len(), 2);
    assert_eq!(hub.delete(&format!("/softwareSources/{source}")).refusal(), (409, "Conflict"));
    assert_eq!(act(&stage(0), "detachManagedInstances", members(json!([web]))).status, 202);
    assert_eq!(hub.sources(&instance(&web)), Vec::<String>::new(), "none at all");
    let seen = hub.get(&format!("/lifecycleEnvironments/{}", environment.id())).body;
    assert_eq!(seen["managedInstanceIds"], json!([{ "id": db, "displayName": "db-02" }]));
    assert_eq!(hub.delete(&format!("/lifecycleEnvironments/{}", environment.id())).status, 204);
    assert_eq!(hub.get(&format!("/lifecycleStages/{}", stage(0))).status, 404);
}

#[tokio::test(start_paused = true)]
async fn module_streams_are_read_and_managed() {
    let client = Client::new();
    let hub = Hub(&client);
    let modules = hub.all(&format!("{}/modules", instance(&golden())));
    let httpd = modules.iter().find(|module| module["name"] == "httpd").unwrap();
    assert_eq!(httpd["activeStreams"], json!(["2.4"]));
    let osms = client.all(&format!("/managedInstances/{}/moduleStreams", golden()));
    let enabled: Vec<&str> = osms
        .iter()
        .filter(|stream| stream["status"] == "ENABLED")
        .map(|stream| stream["moduleName"].as_str().unwrap())
        .collect();
    let here: Vec<&str> = modules
        .iter()
        .filter(|module| !module["enabledStream"].is_null())
        .map(|module| module["name"].as_str().unwrap())
        .collect();
    assert_eq!(enabled, here, "both services say the same");
    let appstream = hub.vendor("ol8_appstream-x86_64");
    let streams = hub.all(&format!("/softwareSources/{appstream}/moduleStreams?moduleName=postgresql"));
    let names: Vec<&str> = streams.iter().map(|stream| stream["name"].as_str().unwrap()).collect();
    assert!(names.len() >= 2, "{names:?}");
    let full =
        hub.get(&format!("/softwareSources/{appstream}/moduleStreams/postgresql?streamName={}", names[0]));
    assert_eq!((full.status, &full.body["moduleName"]), (200, &json!("postgresql")));
    let missing = hub.get(&format!("/softwareSources/{appstream}/moduleStreams/postgresql"));
    assert_eq!(missing.refusal(), (400, "MissingParameter"));
    let search = json!({ "softwareSourceIds": [appstream], "nameContains": "post" });
    let found = hub.post("/softwareSourceModules/actions/search", search).body;
    assert_eq!(found["items"][0]["streams"], json!(names));

    let one = |stream: &str| json!({ "moduleName": "postgresql", "streamName": stream });
    let status =
        || hub.all(&format!("{}/modules?name=postgresql", instance(&golden())))[0]["enabledStream"].clone();
    let other = names.iter().find(|name| status() != **name).unwrap();
    assert_eq!(hub.ask(&golden(), "switchModuleStreams", one(other)).await["status"], "SUCCEEDED");
    assert_eq!(status(), **other);
    assert_eq!(hub.ask(&golden(), "disableModuleStreams", one(other)).await["status"], "SUCCEEDED");
    assert_eq!(status(), Value::Null);
    let unknown = hub.post(&format!("{}/actions/enableModuleStreams", instance(&golden())), one("0"));
    assert_eq!(unknown.refusal(), (400, "InvalidParameter"));
    let body =
        json!({ "isDryRun": true, "enable": [one(other)], "workRequestDetails": { "displayName": "try" } });
    let tried = hub.ask(&golden(), "manageModuleStreams", body).await;
    assert_eq!((&tried["status"], &tried["operationType"]), (&json!("SUCCEEDED"), &json!("MODULE_ACTIONS")));
    assert_eq!(status(), Value::Null, "only tried");
}
