//! The hub against the published API: every operation with its query and headers, every field of every answer with its type
//! and its words, every field of every body. Without the API's description, which is not ours and lies beside the project,
//! these tests say so and pass.

use super::super::super::front::hub_routes;
use super::super::models::{described, fits, operation, snake, words};
use super::*;

/// What models must carry, which the description leaves out (docstrings of Oracle's SDK 2.189.0).
const REQUIRED: [(&str, &str); 48] = [
    ("AvailablePackageSummary", "displayName name type version packageClassification"),
    ("AvailableSoftwareSourceSummary", "id compartmentId displayName softwareSourceType"),
    (
        "CustomSoftwareSource",
        "id compartmentId displayName timeCreated softwareSourceType availability availabilityAtOci repoId osFamily \
         archType url vendorSoftwareSources",
    ),
    (
        "CustomSoftwareSourceSummary",
        "id compartmentId displayName repoId url timeCreated timeUpdated softwareSourceType availability \
         availabilityAtOci osFamily archType vendorSoftwareSources",
    ),
    ("Erratum", "name"),
    ("ErratumSummary", "name"),
    ("GroupProfile", "id compartmentId displayName vendorName osFamily archType managedInstanceGroup"),
    ("Id", "id displayName"),
    ("InstalledPackageSummary", "displayName name type version packageClassification timeInstalled"),
    (
        "LifecycleEnvironment",
        "id compartmentId displayName stages lifecycleState osFamily archType vendorName timeCreated",
    ),
    ("LifecycleEnvironmentSummary", "id compartmentId displayName stages archType osFamily vendorName"),
    ("LifecycleStage", "compartmentId displayName rank"),
    ("LifecycleStageSummary", "compartmentId displayName rank"),
    ("ManagedInstance", "id displayName tenancyId compartmentId status"),
    ("ManagedInstanceAnalyticSummary", "name dimensions count"),
    ("ManagedInstanceDetails", "id"),
    ("ManagedInstanceErratumSummary", "name advisoryType packages"),
    ("ManagedInstanceGroup", "id compartmentId lifecycleState"),
    ("ManagedInstanceGroupAvailablePackageSummary", "displayName name type version"),
    ("ManagedInstanceGroupDetails", "id"),
    ("ManagedInstanceGroupInstalledPackageSummary", "name architecture"),
    ("ManagedInstanceGroupSummary", "id compartmentId lifecycleState"),
    ("ManagedInstanceModuleSummary", "name"),
    ("ManagedInstanceSummary", "id displayName tenancyId compartmentId status"),
    ("ModuleStream", "moduleName name"),
    ("ModuleStreamProfile", "moduleName streamName name packages"),
    ("ModuleStreamProfileSummary", "moduleName streamName name"),
    ("ModuleStreamSummary", "name moduleName profiles"),
    ("ModuleSummary", "name softwareSourceId"),
    ("PackageNameSummary", "displayName name"),
    ("ProfileSummary", "id compartmentId"),
    (
        "ScheduledJob",
        "id displayName compartmentId scheduleType timeNextExecution operations timeCreated timeUpdated \
         lifecycleState freeformTags definedTags",
    ),
    ("ScheduledJobOperation", "operationType"),
    (
        "ScheduledJobSummary",
        "id displayName compartmentId scheduleType timeCreated timeUpdated timeNextExecution operations \
         lifecycleState freeformTags definedTags",
    ),
    ("SoftwarePackage", "displayName name type version"),
    ("SoftwarePackageSummary", "displayName name type version"),
    ("SoftwareSourceDetails", "id"),
    ("SoftwareSourceProfile", "id compartmentId displayName vendorName osFamily archType softwareSources"),
    ("SoftwareSourceVendorSummary", "name osFamilies archTypes"),
    ("UpdatablePackageSummary", "displayName name type version packageClassification updateType"),
    (
        "VendorSoftwareSource",
        "id compartmentId displayName timeCreated softwareSourceType availability availabilityAtOci repoId osFamily \
         archType url vendorName",
    ),
    (
        "VendorSoftwareSourceSummary",
        "id compartmentId displayName repoId url timeCreated timeUpdated softwareSourceType availability \
         availabilityAtOci osFamily archType vendorName",
    ),
    (
        "VersionedCustomSoftwareSource",
        "id compartmentId displayName timeCreated softwareSourceType availability availabilityAtOci repoId osFamily \
         archType url vendorSoftwareSources softwareSourceVersion",
    ),
    ("WorkRequest", "operationType status id compartmentId resources percentComplete timeCreated"),
    ("WorkRequestError", "code message timestamp"),
    ("WorkRequestLogEntry", "message timestamp"),
    ("WorkRequestResource", "entityType actionType identifier"),
    ("WorkRequestSummary", "operationType status id compartmentId timeCreated"),
];

fn api() -> Option<Value> {
    described("osmh-api.json", &REQUIRED)
}

#[test]
fn operations_are_those_of_the_api() {
    assert_eq!(hub_routes().len(), 171);
    let Some(api) = api() else { return };
    assert_eq!(api["operations"].as_array().unwrap().len(), hub_routes().len());
    for route in hub_routes() {
        let described = operation(&api, &snake(route.name));
        assert_eq!(described["method"], route.method, "{}", route.name);
        let parts = described["path"].as_str().unwrap().split('/');
        let path: Vec<&str> = parts.map(|part| if part.starts_with('{') { "{}" } else { part }).collect();
        assert_eq!(path.join("/"), route.path, "{}", route.name);
        let query = route.query.split_whitespace().map(|name| name.split(['*', '!', '=']).next().unwrap());
        let mut query: Vec<&str> = query.collect();
        query.sort_unstable();
        assert_eq!(words(&described["query"]), query, "{}", route.name);
        let takes_token = words(&described["request_headers"]).contains(&"opc-retry-token");
        assert_eq!(takes_token, route.takes_token, "{}", route.name);
        assert_eq!(described["body"] == "stream", route.streams, "{}", route.name);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_served_says_so_by_name() {
    let client = Client::new();
    let mut served = 0;
    for route in hub_routes() {
        if route.serves.is_some() {
            served += 1;
            continue;
        }
        let method = Method::from_bytes(route.method.as_bytes()).unwrap();
        let path = route.path.replace("{}", "x");
        let got = Hub(&client).send(method, &path, Value::Null, &[]);
        assert_eq!(got.refusal(), (501, "MethodNotImplemented"), "{}", route.name);
        let message = got.body["message"].as_str().unwrap();
        assert!(message.contains(&format!(" {} ", route.name)), "{message}");
    }
    println!("{served} of {} operations are served", hub_routes().len());
}

#[tokio::test(start_paused = true)]
async fn answers_are_those_of_the_models() {
    let Some(api) = api() else { return };
    let client = Client::new();
    let hub = Hub(&client);
    let release = sourced(Level::Gl1);
    let source = hub.release("GL1", &release).await;
    let base = hub.vendor("ol8_baseos_latest-x86_64");
    let (web, db) = (member("web-01"), member("db-01"));
    let group = hub.post("/managedInstanceGroups", group_details("canary", &[&base], &[]));
    fits(&api, "create_managed_instance_group", &group);
    let group = group.id();
    for (action, name, body) in [
        ("attachSoftwareSources", "attach_software_sources_to", json!({ "softwareSources": [source] })),
        ("attachManagedInstances", "attach_managed_instances_to", json!({ "managedInstances": [web, db] })),
        ("detachSoftwareSources", "detach_software_sources_from", json!({ "softwareSources": [base] })),
        ("updateAllPackages", "update_all_packages_on", json!({})),
        ("installPackages", "install_packages_on", json!({ "packageNames": ["aide"] })),
        ("detachManagedInstances", "detach_managed_instances_from", json!({ "managedInstances": [db] })),
    ] {
        let done = hub.act(&group, action, body);
        fits(&api, &format!("{name}_managed_instance_group"), &done);
        if let work @ ("attachManagedInstances" | "updateAllPackages") = action {
            let id = done.header("opc-work-request-id").to_owned();
            assert_ne!(id, "", "{work}");
            fits(&api, "get_work_request", &hub.get(&format!("/workRequests/{id}")));
            hub.wait(&id).await;
        }
    }
    let works = hub.all(&format!("/workRequests?resourceId={group}"));
    let failing =
        works.iter().find(|work| work["operationType"] == "INSTALL_PACKAGES").unwrap()["id"].as_str();
    let failing = failing.unwrap();
    assert_eq!(hub.wait(failing).await["status"], "FAILED", "the release has no aide");
    let tree = hub.get(&format!("/workRequests/{failing}")).body;
    let child = tree["childrenId"][0].as_str().unwrap();
    let job = json!({
        "compartmentId": COMPARTMENT, "scheduleType": "RECURRING", "recurringRule": "FREQ=DAILY",
        "timeNextExecution": "2027-01-01T00:00:00Z", "managedInstanceGroupIds": [group],
        "operations": [{ "operationType": "UPDATE_ALL" }],
    });
    let job = hub.post("/scheduledJobs", job);
    fits(&api, "create_scheduled_job", &job);
    let job = format!("/scheduledJobs/{}", job.id());
    fits(&api, "update_scheduled_job", &hub.put(&job, json!({ "description": "x" })));
    fits(&api, "run_scheduled_job_now", &hub.post(&format!("{job}/actions/runNow"), Value::Null));
    let profile = |kind: &str, details: Value| {
        let mut details = details;
        details["profileType"] = json!(kind);
        details["compartmentId"] = json!(COMPARTMENT);
        details["displayName"] = json!(kind);
        let made = hub.post("/profiles", details);
        fits(&api, "create_profile", &made);
        made.id()
    };
    let of_group = profile("GROUP", json!({ "managedInstanceGroupId": group }));
    let details = json!({
        "osFamily": "ORACLE_LINUX_8", "archType": "X86_64", "vendorName": "ORACLE", "softwareSourceIds": [base],
    });
    let of_sources = profile("SOFTWARESOURCE", details);
    fits(&api, "update_profile", &hub.put(&format!("/profiles/{of_group}"), json!({ "description": "x" })));
    client.simulator.register(&member("web-13"), &of_sources).unwrap();
    let environment = json!({
        "compartmentId": COMPARTMENT, "displayName": "e", "osFamily": "ORACLE_LINUX_8", "archType": "X86_64",
        "vendorName": "ORACLE", "location": "OCI_COMPUTE",
        "stages": [{ "displayName": "a", "rank": 1 }, { "displayName": "b", "rank": 2 }],
    });
    let environment = hub.post("/lifecycleEnvironments", environment);
    fits(&api, "create_lifecycle_environment", &environment);
    let stage = environment.body["stages"][0]["id"].as_str().unwrap().to_owned();
    let environment = format!("/lifecycleEnvironments/{}", environment.id());
    let members = json!({ "managedInstanceDetails": { "managedInstances": [db] } });
    let attached = hub.post(&format!("/lifecycleStages/{stage}/actions/attachManagedInstances"), members);
    fits(&api, "attach_managed_instances_to_lifecycle_stage", &attached);
    let describe = || json!({ "description": "x" });
    fits(&api, "update_lifecycle_environment", &hub.put(&environment, describe()));
    fits(&api, "update_managed_instance", &hub.put(&instance(&web), describe()));
    fits(
        &api,
        "update_managed_instance_group",
        &hub.put(&format!("/managedInstanceGroups/{group}"), describe()),
    );
    let custom = json!({ "softwareSourceType": "CUSTOM", "description": "x" });
    fits(&api, "update_software_source", &hub.put(&format!("/softwareSources/{source}"), custom));
    let appstream = hub.vendor("ol8_appstream-x86_64");
    let other = hub.group("other", &[&appstream, &base], &[]).await;
    hub.done(&other, "installPackages", json!({ "packageNames": ["bash"] })).await;
    let erratum =
        hub.all(&format!("/errata?compartmentId={COMPARTMENT}"))[0]["name"].as_str().unwrap().to_owned();
    let bash = release.iter().find(|package| package.name() == "bash").unwrap();
    let bash = escape(&format!("{bash}.rpm"));
    let here = format!("compartmentId={COMPARTMENT}&limit=700");
    let tenancy = format!("compartmentId={}&limit=700", credentials().tenancy);
    for (name, path) in [
        ("list_managed_instances", format!("/managedInstances?{here}")),
        ("get_managed_instance", format!("/managedInstances/{web}")),
        ("get_managed_instance", format!("/managedInstances/{}", golden())),
        (
            "list_managed_instance_installed_packages",
            format!("/managedInstances/{web}/installedPackages?limit=700"),
        ),
        (
            "list_managed_instance_available_packages",
            format!("/managedInstances/{web}/availablePackages?limit=700"),
        ),
        (
            "list_managed_instance_updatable_packages",
            format!("/managedInstances/{}/updatablePackages?limit=700", member("web-02")),
        ),
        (
            "list_managed_instance_available_software_sources",
            format!("/managedInstances/{web}/availableSoftwareSources"),
        ),
        ("list_managed_instance_groups", format!("/managedInstanceGroups?{here}")),
        ("get_managed_instance_group", format!("/managedInstanceGroups/{group}")),
        (
            "list_managed_instance_group_managed_instances",
            format!("/managedInstanceGroups/{group}/managedInstances"),
        ),
        (
            "list_managed_instance_group_available_software_sources",
            format!("/managedInstanceGroups/{group}/availableSoftwareSources"),
        ),
        (
            "list_managed_instance_group_available_packages",
            format!("/managedInstanceGroups/{group}/availablePackages?limit=700"),
        ),
        ("list_software_sources", format!("/softwareSources?{here}")),
        ("list_software_sources", format!("/softwareSources?{tenancy}")),
        ("get_software_source", format!("/softwareSources/{source}")),
        ("get_software_source", format!("/softwareSources/{base}")),
        ("list_software_packages", format!("/softwareSources/{source}/softwarePackages?limit=700")),
        ("get_software_package", format!("/softwareSources/{source}/softwarePackages/{bash}")),
        ("get_software_package_by_name", format!("/softwarePackages/{bash}")),
        ("list_all_software_packages", "/softwarePackages?limit=700".to_owned()),
        (
            "list_available_software_packages",
            format!("/softwareSources/{source}/availableSoftwarePackages?limit=700"),
        ),
        (
            "list_software_package_software_sources",
            format!("/softwarePackages/{bash}/softwareSources?{here}"),
        ),
        ("list_errata", format!("/errata?{here}")),
        ("get_erratum", format!("/errata/{erratum}?compartmentId={COMPARTMENT}")),
        ("list_managed_instance_errata", format!("/managedInstances/{}/errata?limit=700", member("web-02"))),
        ("list_managed_instance_modules", format!("/managedInstances/{}/modules", golden())),
        (
            "list_managed_instance_group_installed_packages",
            format!("/managedInstanceGroups/{other}/installedPackages"),
        ),
        (
            "list_managed_instance_group_available_modules",
            format!("/managedInstanceGroups/{other}/availableModules"),
        ),
        ("list_module_streams", format!("/softwareSources/{appstream}/moduleStreams")),
        ("get_module_stream", format!("/softwareSources/{appstream}/moduleStreams/httpd?streamName=2.4")),
        ("list_module_stream_profiles", format!("/softwareSources/{appstream}/moduleStreamProfiles")),
        (
            "get_module_stream_profile",
            format!(
                "/softwareSources/{appstream}/moduleStreamProfiles/common?moduleName=httpd&streamName=2.4"
            ),
        ),
        ("list_scheduled_jobs", format!("/scheduledJobs?{here}")),
        ("get_scheduled_job", job),
        ("list_profiles", format!("/profiles?{here}")),
        ("get_profile", format!("/profiles/{of_group}")),
        ("get_profile", format!("/profiles/{of_sources}")),
        ("get_profile_version", format!("/profiles/{of_group}/version/2")),
        (
            "list_profile_available_software_sources",
            format!("/profiles/{of_sources}/availableSoftwareSources"),
        ),
        ("get_managed_instance", instance(&member("web-13"))),
        ("get_managed_instance", instance(&db)),
        ("list_lifecycle_environments", format!("/lifecycleEnvironments?{here}")),
        ("get_lifecycle_environment", environment),
        ("list_lifecycle_stages", format!("/lifecycleStages?{here}")),
        ("get_lifecycle_stage", format!("/lifecycleStages/{stage}")),
        (
            "list_lifecycle_stage_installed_packages",
            format!("/lifecycleStages/{stage}/installedPackages?limit=700"),
        ),
        (
            "summarize_managed_instance_analytics",
            format!(
                "/managedInstanceAnalytics?metricNames=NEEDS_REBOOTING_INSTANCE_COUNT&compartmentId={COMPARTMENT}"
            ),
        ),
        ("list_software_source_vendors", format!("/softwareSourceVendors?compartmentId={COMPARTMENT}")),
        ("list_work_requests", format!("/workRequests?{here}")),
        ("get_work_request", format!("/workRequests/{failing}")),
        ("get_work_request", format!("/workRequests/{child}")),
        ("list_work_request_errors", format!("/workRequests/{failing}/errors")),
        ("list_work_request_errors", format!("/workRequests/{child}/errors")),
        ("list_work_request_logs", format!("/workRequests/{child}/logs")),
    ] {
        fits(&api, name, &hub.get(&path));
    }
}

/// Makes a value of a type of the description, with all that it can have.
fn full(api: &Value, kind: &str, field: &str, model: &str) -> Value {
    if let Some(item) = kind.strip_prefix("list[").and_then(|rest| rest.strip_suffix(']')) {
        return json!([full(api, item, field, model)]);
    }
    let prefix = format!("{}_", snake(field).to_uppercase());
    let words = api["models"][model]["enums"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut words =
        words.filter_map(|word| word.strip_prefix(&prefix)?.split_once('=')).map(|(_, word)| word);
    match kind {
        "str" => json!(words.next().unwrap_or("x")),
        "OsFamily" => json!("ORACLE_LINUX_8"),
        "ManagedInstanceLocation" => json!("OCI_COMPUTE"),
        "int" => json!(1),
        "bool" => json!(true),
        "datetime" => json!("2027-01-01T00:00:00Z"),
        kind if kind.starts_with("dict(") => json!({}),
        model => {
            let fields =
                api["models"][model]["fields"].as_object().unwrap_or_else(|| panic!("no model {model}"));
            let value = |(name, kind): (&String, &Value)| {
                (name.clone(), full(api, kind.as_str().unwrap(), name, model))
            };
            fields.iter().map(value).collect()
        }
    }
}

/// Bodies are strict, so a field of the model that is not known here would be refused by name.
#[tokio::test(start_paused = true)]
async fn bodies_take_every_field_of_the_models() {
    let Some(api) = api() else { return };
    let client = Client::new();
    let hub = Hub(&client);
    let source = hub.release("GL1", &Default::default()).await;
    let base = hub.vendor("ol8_baseos_latest-x86_64");
    let group = hub.group("g", &[&base], &[]).await;
    let profile = json!({
        "profileType": "GROUP", "compartmentId": COMPARTMENT, "displayName": "p", "managedInstanceGroupId": group,
    });
    let profile = hub.post("/profiles", profile).id();
    let job = json!({
        "compartmentId": COMPARTMENT, "scheduleType": "RECURRING", "recurringRule": "FREQ=DAILY",
        "timeNextExecution": "2027-01-01T00:00:00Z", "managedInstanceGroupIds": [group],
        "operations": [{ "operationType": "UPDATE_ALL" }],
    });
    let job = hub.post("/scheduledJobs", job).id();
    let environment = json!({
        "compartmentId": COMPARTMENT, "displayName": "e", "osFamily": "ORACLE_LINUX_8", "archType": "X86_64",
        "vendorName": "ORACLE", "stages": [{ "displayName": "a", "rank": 1 }, { "displayName": "b", "rank": 2 }],
    });
    let environment = hub.post("/lifecycleEnvironments", environment);
    let stage = environment.body["stages"][0]["id"].as_str().unwrap().to_owned();
    let work = hub.act(&group, "refreshSoftware", Value::Null).header("opc-work-request-id").to_owned();
    let id = |path: &str| match path.split('/').nth(1).unwrap() {
        "managedInstances" => golden(),
        "managedInstanceGroups" => group.clone(),
        "softwareSources" => source.clone(),
        "profiles" => profile.clone(),
        "scheduledJobs" => job.clone(),
        "lifecycleEnvironments" => environment.id(),
        "lifecycleStages" => stage.clone(),
        "workRequests" => work.clone(),
        other => panic!("nothing of {other}"),
    };
    let mut checked = 0;
    for route in hub_routes().iter().filter(|route| route.serves.is_some() && !route.streams) {
        let described = operation(&api, &snake(route.name));
        let Some(model) = described["body"].as_str() else { continue };
        let mut models = vec![model];
        match model {
            "CreateSoftwareSourceDetails" => {
                models =
                    vec!["CreateCustomSoftwareSourceDetails", "CreateVersionedCustomSoftwareSourceDetails"];
            }
            "UpdateSoftwareSourceDetails" => models = vec!["UpdateCustomSoftwareSourceDetails"],
            "CreateProfileDetails" => {
                models = vec!["CreateGroupProfileDetails", "CreateSoftwareSourceProfileDetails"];
            }
            _ => {}
        }
        for model in models {
            let mut body = full(&api, model, "", "");
            for (field, word) in [("softwareSourceType", "CUSTOM"), ("profileType", "GROUP")] {
                if model.contains(if field == "profileType" { "Profile" } else { "SoftwareSource" })
                    && body.get(field).is_some()
                {
                    body[field] = json!(word);
                }
            }
            let path = match route.path.contains("{}") {
                true => route.path.replace("{}", &id(route.path)),
                false => route.path.to_owned(),
            };
            let method = Method::from_bytes(route.method.as_bytes()).unwrap();
            let got = hub.send(method, &path, body.clone(), &[]);
            let message = got.body["message"].as_str().unwrap_or_default();
            assert!(!message.starts_with("body: "), "{}: {message}", route.name);
            body["surplus"] = json!(1);
            let method = Method::from_bytes(route.method.as_bytes()).unwrap();
            let got = hub.send(method, &path, body, &[]);
            let message = got.body["message"].as_str().unwrap_or_default();
            assert!(message.contains("unknown field `surplus`"), "{}: {got:?}", route.name);
            checked += 1;
        }
    }
    assert!(checked > 50, "{checked}");
}
