//! Software sources of the hub.

use super::*;

/// What is made by default: from a list of packages, of the base alone.
fn custom(base: &str) -> Value {
    json!({
        "softwareSourceType": "CUSTOM",
        "compartmentId": COMPARTMENT,
        "displayName": "own",
        "vendorSoftwareSources": [{ "id": base, "displayName": "base" }],
        "isCreatedFromPackageList": true,
    })
}

async fn make(hub: &Hub<'_>, details: Value) -> String {
    let made = hub.post("/softwareSources", details);
    assert_eq!(made.status, 201, "{made:?}");
    tokio::time::sleep(Duration::from_secs(2)).await;
    format!("/softwareSources/{}", made.id())
}

fn names(hub: &Hub<'_>, path: &str) -> Vec<String> {
    let rows = hub.all(&format!("{path}/softwarePackages"));
    rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

/// Changes packages and waits.
async fn change(hub: &Hub<'_>, path: &str, verb: &str, body: Value) -> Value {
    let accepted = hub.post(&format!("{path}/actions/{verb}Packages"), body);
    assert_eq!(accepted.status, 202, "{accepted:?}");
    assert_eq!(hub.get(path).body["lifecycleState"], "UPDATING");
    hub.wait(accepted.header("opc-work-request-id")).await
}

#[tokio::test(start_paused = true)]
async fn packages_are_added_by_any_of_three_spellings() {
    let client = Client::new();
    let hub = Hub(&client);
    let base = hub.vendor("ol8_baseos_latest-x86_64");
    let path = make(&hub, custom(&base)).await;
    let add = async |packages: Value| change(&hub, &path, "add", json!({ "packages": packages })).await;
    let work =
        add(json!(["bash-4.4.20-5.el8.x86_64", "linux-firmware-999:20240715-999.34.git4c8fb21e.el8.noarch"]))
            .await;
    assert_eq!(
        (&work["status"], &work["operationType"]),
        (&json!("SUCCEEDED"), &json!("UPDATE_SOFTWARE_SOURCE"))
    );
    assert_eq!(work["resources"][0]["entityType"], "SOFTWARE_SOURCE");
    let firmware = "linux-firmware-20240715-999.34.git4c8fb21e.el8.noarch.rpm";
    assert_eq!(names(&hub, &path), ["bash-4.4.20-5.el8.x86_64.rpm", firmware]);
    let rows = hub.all(&format!("{path}/softwarePackages?displayName=linux-firmware"));
    assert_eq!(
        (&rows[0]["version"], &rows[0]["architecture"], &rows[0]["isLatest"]),
        (&json!("999:20240715-999.34.git4c8fb21e.el8"), &json!("NOARCH"), &json!(true))
    );
    assert_eq!(add(json!(["bash-9:4.4.20-5.el8.x86_64", "bash"])).await["status"], "FAILED", "no such epoch");
    assert_eq!(add(json!(["bash", "bash-0:4.4.20-5.el8.x86_64"])).await["status"], "SUCCEEDED");
    let all = names(&hub, &path);
    assert!(all.iter().filter(|name| name.starts_with("bash-")).count() >= 2, "all versions: {all:?}");
    let latest = hub.all(&format!("{path}/softwarePackages?isLatest=true&displayNameContains=bash"));
    assert_eq!(latest.len(), 1);
    let mut newest = custom(&base);
    newest["isLatestContentOnly"] = json!(true);
    let only = make(&hub, newest).await;
    assert_eq!(change(&hub, &only, "add", json!({ "packages": ["bash"] })).await["status"], "SUCCEEDED");
    assert_eq!(names(&hub, &only), [latest[0]["name"].as_str().unwrap()]);
}

#[tokio::test(start_paused = true)]
async fn what_is_missing_fails_the_work_or_is_left_out_without_a_word() {
    let client = Client::new();
    let hub = Hub(&client);
    let base = hub.vendor("ol8_baseos_latest-x86_64");
    let path = make(&hub, custom(&base)).await;
    // Application Stream has it, and the source does not draw on that.
    let modular = sourced(Level::Gl1).iter().find(|package| package.is_modular()).unwrap();
    let bad =
        ["bash-4.4.20-5.el8.x86_64", "nonesuch-1-1.x86_64", modular.as_str(), "bash-4.4.20-5.el8.x86_64.rpm"];
    let work = change(&hub, &path, "add", json!({ "packages": bad })).await;
    assert_eq!(work["status"], "FAILED");
    let errors = hub.all(&format!("/workRequests/{}/errors", work["id"].as_str().unwrap()));
    assert!(
        errors[0]["message"].as_str().unwrap().starts_with("3 packages are in no vendor software source")
    );
    assert_eq!(names(&hub, &path), Vec::<String>::new());
    let goes_on = json!({ "packages": bad, "isContinueOnMissingPackages": true });
    let work = change(&hub, &path, "add", goes_on).await;
    let id = work["id"].as_str().unwrap();
    assert_eq!(
        (&work["status"], hub.all(&format!("/workRequests/{id}/errors")).len()),
        (&json!("SUCCEEDED"), 0)
    );
    assert!(!work.to_string().contains("nonesuch"), "nobody says what was left out");
    assert!(!json!(hub.all(&format!("/workRequests/{id}/logs"))).to_string().contains("nonesuch"));
    assert_eq!(names(&hub, &path), ["bash-4.4.20-5.el8.x86_64.rpm"]);
    let flag = json!({ "packages": ["bash"], "isContinueOnMissingPackages": true });
    let unknown = hub.post(&format!("{path}/actions/replacePackages"), flag);
    assert_eq!(unknown.refusal(), (400, "InvalidParameter"), "only adding has that flag");
    assert_eq!(change(&hub, &path, "replace", json!({ "packages": bad })).await["status"], "FAILED");
    let curl = json!({ "packages": ["curl", "nonesuch"] });
    assert_eq!(change(&hub, &path, "remove", curl).await["status"], "SUCCEEDED");
    assert_eq!(change(&hub, &path, "replace", json!({ "packages": ["curl"] })).await["status"], "SUCCEEDED");
    assert!(names(&hub, &path).iter().all(|name| name.starts_with("curl-")));
    assert_eq!(change(&hub, &path, "remove", json!({ "packages": ["curl"] })).await["status"], "SUCCEEDED");
    assert_eq!(names(&hub, &path), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_manifest_is_a_list_of_lines_both_ways() {
    let client = Client::new();
    let hub = Hub(&client);
    let base = hub.vendor("ol8_baseos_latest-x86_64");
    let path = make(&hub, custom(&base)).await;
    let put = |text: &str| {
        let target = format!("/20220901{path}/manifest");
        client.send(client.request(Method::PUT, &target, text.as_bytes(), &[]))
    };
    let lines = "bash-4.4.20-5.el8.x86_64\n\nlinux-firmware-999:20240715-999.34.git4c8fb21e.el8.noarch\n";
    let accepted = put(lines);
    assert_eq!((accepted.status, accepted.body["lifecycleState"].as_str()), (200, Some("UPDATING")));
    assert_eq!(hub.wait(accepted.header("opc-work-request-id")).await["status"], "SUCCEEDED");
    let target = format!("/20220901{path}/manifest");
    let response = client.simulator.handle(client.request(Method::GET, &target, b"", &[]));
    assert_eq!(response.headers()["content-type"], "text/plain");
    assert_eq!(*response.body(), lines.replace("\n\n", "\n"));
    assert_eq!(
        hub.wait(put("nonesuch-1-1.x86_64\n").header("opc-work-request-id")).await["status"],
        "FAILED"
    );
}

#[tokio::test(start_paused = true)]
async fn only_selected_vendor_sources_can_be_drawn_on() {
    let client = Client::new();
    let hub = Hub(&client);
    let (base, addons) = (hub.vendor("ol8_baseos_latest-x86_64"), hub.vendor("ol8_addons-x86_64"));
    let tenancy = credentials().tenancy;
    let available = hub.all(&format!("/softwareSources?compartmentId={tenancy}&availabilityAtOci=AVAILABLE"));
    let ids: Vec<&str> = available.iter().map(|source| source["repoId"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 2, "{ids:?}");
    let mut details = custom(&base);
    details["vendorSoftwareSources"] = json!([{ "id": base }, { "id": addons }]);
    let refused = hub.post("/softwareSources", details.clone());
    assert_eq!(refused.refusal(), (400, "InvalidParameter"));
    assert!(refused.body["message"].as_str().unwrap().ends_with(&format!("{addons} is not selected.")));
    let set = |word: &str| {
        let one = json!({ "softwareSourceId": addons, "availabilityAtOci": word });
        hub.post(
            "/softwareSources/actions/changeAvailability",
            json!({ "softwareSourceAvailabilities": [one] }),
        )
    };
    assert_eq!(set("RESTRICTED").refusal(), (400, "InvalidParameter"));
    let selected = set("SELECTED");
    assert_eq!((selected.status, selected.header("opc-work-request-id")), (200, ""));
    let path = make(&hub, details).await;
    assert_eq!(change(&hub, &path, "add", json!({ "packages": ["cri-tools"] })).await["status"], "SUCCEEDED");
    let name = escape(&names(&hub, &path)[0]);
    let holders = hub.all(&format!("/softwarePackages/{name}/softwareSources?compartmentId={COMPARTMENT}"));
    assert_eq!(holders.len(), 2, "the addons and ours");
    let bare = hub.get(&format!("/softwarePackages/cri-tools/softwareSources?compartmentId={COMPARTMENT}"));
    assert_eq!(bare.status, 404, "only whole names of files");
    let of_vendors = hub.all(&format!(
        "/softwarePackages/{name}/softwareSources?compartmentId={COMPARTMENT}&softwareSourceType=VENDOR"
    ));
    assert_eq!(of_vendors.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_attached_stays() {
    let client = Client::new();
    let hub = Hub(&client);
    let base = hub.vendor("ol8_baseos_latest-x86_64");
    let path = make(&hub, custom(&base)).await;
    let own = path.rsplit('/').next().unwrap();
    let group = hub.group("g", &[&base, own], &[]).await;
    assert_eq!(hub.delete(&path).refusal(), (409, "Conflict"));
    assert_eq!(hub.act(&group, "detachSoftwareSources", json!({ "softwareSources": [own] })).status, 200);
    let profile = json!({
        "profileType": "SOFTWARESOURCE",
        "compartmentId": COMPARTMENT,
        "displayName": "p",
        "osFamily": "ORACLE_LINUX_8",
        "archType": "X86_64",
        "vendorName": "ORACLE",
        "softwareSourceIds": [own],
    });
    let profile = hub.post("/profiles", profile).id();
    assert_eq!(hub.delete(&path).refusal(), (409, "Conflict"));
    assert_eq!(hub.delete(&format!("/profiles/{profile}")).status, 204);
    assert_eq!(hub.delete(&path).status, 204);
    assert_eq!(hub.get(&path).status, 404);
    assert_eq!(hub.delete(&format!("/softwareSources/{base}")).refusal(), (400, "InvalidParameter"));
}

#[tokio::test(start_paused = true)]
async fn filters_and_snapshots_draw_at_once_and_take_no_list() {
    let client = Client::new();
    let hub = Hub(&client);
    let base = hub.vendor("ol8_baseos_latest-x86_64");
    let mut details = custom(&base);
    details["isCreatedFromPackageList"] = json!(false);
    details["isLatestContentOnly"] = json!(true);
    details["customSoftwareSourceFilter"] = json!({ "packageFilters": [
        { "filterType": "INCLUDE", "packageNamePattern": "glibc*" },
        { "filterType": "EXCLUDE", "packageName": "glibc-devel" },
    ] });
    let path = make(&hub, details.clone()).await;
    let all = names(&hub, &path);
    assert!(all.iter().any(|name| name.starts_with("glibc-2.28")), "{all:?}");
    assert!(all.iter().all(|name| name.starts_with("glibc") && !name.starts_with("glibc-devel")), "{all:?}");
    let add = hub.post(&format!("{path}/actions/addPackages"), json!({ "packages": ["bash"] }));
    assert_eq!(add.refusal(), (400, "InvalidParameter"));
    let more = json!({ "softwareSourceType": "CUSTOM", "isLatestContentOnly": false });
    assert_eq!(hub.put(&path, more).status, 200);
    assert!(names(&hub, &path).len() > all.len());
    details["customSoftwareSourceFilter"] = json!({ "packageFilters": [{ "filterType": "SOME" }] });
    assert_eq!(hub.post("/softwareSources", details.clone()).refusal(), (400, "InvalidParameter"));
    details.as_object_mut().unwrap().remove("customSoftwareSourceFilter");
    details["softwareSourceSubType"] = json!("SNAPSHOT");
    details["isLatestContentOnly"] = json!(false);
    let snapshot = make(&hub, details).await;
    let count = hub.get(&format!("/softwareSources/{base}")).body["packageCount"].clone();
    assert_eq!(hub.get(&snapshot).body["packageCount"], count);
    for kind in ["PRIVATE", "THIRD_PARTY", "VENDOR"] {
        let details = json!({ "softwareSourceType": kind, "compartmentId": COMPARTMENT, "displayName": "x" });
        assert_eq!(hub.post("/softwareSources", details).status, 501);
    }
}
