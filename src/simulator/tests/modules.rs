//! Module streams, as the service shows them.

use super::*;

#[tokio::test(start_paused = true)]
async fn an_instance_has_enabled_what_it_has_of_no_default() {
    let client = Client::new();
    let path = format!("/managedInstances/{}/moduleStreams", golden());
    let rows = client.all(&format!("{path}?sortBy=DISPLAYNAME"));
    let of = |module: &str| -> Vec<(&str, &str)> {
        let rows = rows.iter().filter(|row| row["moduleName"] == module);
        rows.map(|row| (row["streamName"].as_str().unwrap(), row["status"].as_str().unwrap())).collect()
    };
    assert_eq!(of("postgresql"), [("10", "DISABLED"), ("15", "ENABLED")]);
    assert_eq!(of("nodejs"), [("10", "ACTIVE"), ("20", "DISABLED")]);
    assert_eq!(of("httpd"), [("2.4", "ACTIVE")]);
    assert!(rows.is_sorted_by_key(|row| (row["moduleName"].to_string(), row["streamName"].to_string())));
    let enabled = client.all(&format!("{path}?streamStatus=ENABLED"));
    assert!(enabled.len() >= 2 && enabled.iter().all(|row| row["status"] == "ENABLED"));
    assert_eq!(client.all(&format!("{path}?moduleName=postgresql&streamName=15")).len(), 1);
    for bad in ["streamName=15", "streamStatus=ON"] {
        assert_eq!(client.get(&format!("{path}?{bad}")).refusal(), (400, "InvalidParameter"));
    }

    // What a row points to says which packages are meant, by the names that all other lists use.
    let row = rows.iter().find(|row| row["streamName"] == "15").unwrap();
    let source = row["softwareSourceId"].as_str().unwrap();
    let stream = client.get(&format!("/softwareSources/{source}/modules/postgresql/streams/15")).body;
    assert_eq!(
        (stream["isDefault"].as_bool(), &stream["softwareSourceId"]),
        (Some(false), &row["softwareSourceId"])
    );
    let installed = client.all(&format!("/managedInstances/{}/packages?displayName=postgresql", golden()));
    assert_eq!(installed.len(), 3);
    for package in installed {
        assert!(stream["packages"].as_array().unwrap().contains(&package["name"]), "{package}");
    }
    assert_eq!(client.get(&format!("/softwareSources/{source}/modules/postgresql/streams/9")).status, 404);
    let of_source = client.all(&format!("/softwareSources/{source}/moduleStreams?moduleName=postgresql"));
    assert_eq!(of_source.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn whether_custom_sources_know_about_modules_is_switched() {
    for (custom_sources_have_modules, count) in [(false, 0), (true, 1)] {
        let client = Client::switched(Switches { custom_sources_have_modules, ..Switches::default() });
        let httpd: crate::package::PackageSet =
            golden_set(Level::Gl1).iter().filter(|package| package.name() == "httpd").collect();
        let source = client.source("great-linux/GL1", &httpd);
        assert_eq!(client.all(&format!("/softwareSources/{source}/moduleStreams")).len(), count);
        client.switch(&golden(), &source);
        assert_eq!(client.all(&format!("/managedInstances/{}/moduleStreams", golden())).len(), count);
    }
}

#[tokio::test(start_paused = true)]
async fn streams_are_managed_by_work() {
    let client = Client::new();
    let instance = member("db-06");
    let manage = |body: Value| {
        client.post(&format!("/managedInstances/{instance}/actions/moduleStreams/manage"), body)
    };
    let status = || {
        let path = format!("/managedInstances/{instance}/moduleStreams?moduleName=postgresql&streamName=15");
        let rows = client.all(&path);
        rows[0]["status"].as_str().unwrap().to_owned()
    };
    let has = || client.installed(&instance).iter().any(|package| package.name() == "postgresql");
    let profile =
        |stream: &str| json!([{ "moduleName": "postgresql", "streamName": stream, "profileName": "common" }]);
    let stream = |stream: &str| json!([{ "moduleName": "postgresql", "streamName": stream }]);
    let done = async |body: Value| {
        let work = manage(body).header("opc-work-request-id").to_owned();
        client.wait(&work).await["status"].as_str().unwrap().to_owned()
    };
    assert_eq!(done(json!({ "remove": profile("15"), "disable": stream("15") })).await, "SUCCEEDED");
    assert_eq!((status(), has()), ("DISABLED".to_owned(), false));
    assert_eq!(done(json!({ "install": profile("15"), "isDryRun": true })).await, "SUCCEEDED");
    assert_eq!((status(), has()), ("DISABLED".to_owned(), false), "only tried");
    // Of a rival, nothing is put in unless it is enabled in the same breath.
    assert_eq!(done(json!({ "enable": stream("10") })).await, "SUCCEEDED");
    assert_eq!(done(json!({ "install": profile("15") })).await, "FAILED");
    assert_eq!(done(json!({ "install": profile("15"), "enable": stream("15") })).await, "SUCCEEDED");
    assert_eq!((status(), has()), ("ENABLED".to_owned(), true));

    for bad in [
        json!({ "enable": stream("9") }),
        json!({ "enable": stream("15"), "disable": stream("15") }),
        json!({ "install": [{ "moduleName": "postgresql", "streamName": "15", "profileName": "server" }] }),
        json!({ "enabled": [] }),
    ] {
        assert_eq!(manage(bad.clone()).refusal(), (400, "InvalidParameter"), "{bad}");
    }
    // A custom source that carries no module metadata knows no stream.
    let source = client.source("great-linux/GL1", &super::persist::golden_sourced());
    client.switch(&instance, &source);
    assert_eq!(done(json!({ "enable": stream("15") })).await, "FAILED");
}
