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
