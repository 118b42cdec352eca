//! Packages, module streams, updates and errata of instances.

use std::sync::Arc;

use serde_json::{Value, json};

use super::service::{Service, row};
use super::*;
use crate::advisory::Severity;
use crate::observed::Inventory;
use crate::op::UpdateKind;
use crate::package::StreamStatus;

/// A row of what is installed; `sources` are those that offer it, `None` says nothing.
fn installed(nevra: &str, sources: Option<&[&str]>) -> Value {
    let package: Package = nevra.parse().unwrap();
    let links =
        sources.map(|ids| ids.iter().map(|id| json!({"id": id, "displayName": id})).collect::<Vec<_>>());
    let mut row = row(package);
    row["name"] = json!(nevra);
    row["architecture"] = json!(package.arch().as_str());
    row["softwareSources"] = json!(links);
    row["timeInstalled"] = json!("2026-10-01T00:00:00.000Z");
    row
}

async fn inventory(cloud: &OsmhCloud<Script>, id: &str) -> Inventory {
    let seen = cloud.observe(&Scope::Inventory(Ocid::new(id))).await.unwrap();
    let Sighting::Inventory(_, Some(inventory)) = seen else { panic!() };
    inventory
}

#[tokio::test(start_paused = true)]
async fn an_inventory_tells_what_no_source_provides() {
    let service = Service::new();
    let rows = vec![
        installed("acl-2.2-1.x86_64", Some(&["base"])),
        installed("kernel-4-1.x86_64", Some(&["base"])),
        installed("kernel-4-2.x86_64", Some(&["base"])),
        installed("NetworkManager-1:1.4-1.x86_64", Some(&["base"])),
        installed("agent-1-1.x86_64", Some(&[])),
    ];
    let mut backwards = rows.clone();
    backwards.reverse();
    service.world().installed.insert("a".to_owned(), rows);
    service.world().installed.insert("b".to_owned(), backwards);
    let cloud = cloud(&service);
    let all = [
        "NetworkManager-1:1.4-1.x86_64",
        "acl-2.2-1.x86_64",
        "agent-1-1.x86_64",
        "kernel-4-1.x86_64",
        "kernel-4-2.x86_64",
    ];
    let expected = Inventory { installed: set(&all), unsourced: set(&["agent-1-1.x86_64"]) };
    let read = [inventory(&cloud, "a").await, inventory(&cloud, "b").await];
    assert_eq!(read[0], expected);
    assert!(read[0].installed.is_same(&read[1].installed));
    assert_eq!(cloud.distinct_sets(), 2);
    let asked = service.asked();
    assert_eq!(asked[0], "GET /managedInstances/a/installedPackages?limit=1000");
    assert!(!asked.iter().any(|line| line.contains("softwareSources")), "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn a_version_may_lack_its_epoch_where_the_name_has_it() {
    let service = Service::new();
    let mut one = installed("NetworkManager-1:1.4-1.x86_64", Some(&["base"]));
    one["version"] = json!("1.4-1");
    service.world().installed.insert("a".to_owned(), vec![one]);
    assert_eq!(inventory(&cloud(&service), "a").await.installed, set(&["NetworkManager-1:1.4-1.x86_64"]));
}

#[tokio::test(start_paused = true)]
async fn sources_that_are_null_say_nothing_and_the_vendors_are_asked() {
    let service = Service::new();
    service.vendor(
        "base",
        "ol8_baseos_latest-x86_64",
        "SELECTED",
        &["bash-4.4-1.x86_64", "acl-2.2-1.x86_64"],
    );
    let rows = vec![
        installed("acl-2.2-1.x86_64", Some(&["base"])),
        installed("bash-4.4-1.x86_64", None),
        installed("agent-1-1.x86_64", None),
        installed("gpg-pubkey-a-b.(none)", None),
    ];
    for id in ["a", "b"] {
        service.world().installed.insert(id.to_owned(), rows.clone());
    }
    let all = ["acl-2.2-1.x86_64", "bash-4.4-1.x86_64", "agent-1-1.x86_64", "gpg-pubkey-a-b.(none)"];
    let found = cloud(&service);
    let expected = Inventory { installed: set(&all), unsourced: set(&all[2..]) };
    assert_eq!(inventory(&found, "a").await, expected);
    service.asked();
    assert_eq!(inventory(&found, "b").await, expected);
    let asked = service.asked();
    assert!(!asked.iter().any(|line| line.contains("/softwarePackages")), "once for a fleet: {asked:?}");
    // Nobody to ask: they count as provided.
    let expected = Inventory { installed: set(&all), unsourced: PackageSet::default() };
    assert_eq!(inventory(&drawing_from(&service, &[]), "a").await, expected);
    // Also where the service says it of none, for no more calls than the sources have pages.
    let bare = cloud(&service);
    service.world().page = Some(1000);
    let many = (0..50).map(|number| installed(&format!("p{number}-1-1.noarch"), None));
    let many = many.chain([installed("acl-2.2-1.x86_64", None)]).collect();
    service.world().installed.insert("a".to_owned(), many);
    service.asked();
    assert_eq!(inventory(&bare, "a").await.unsourced.len(), 50);
    assert_eq!(service.asked().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn rows_that_are_no_packages_are_told_unless_no_source_offers_them() {
    let service = Service::new();
    let strange = |sources: Value| {
        let row = json!({"displayName": "x", "name": "x-1-1.vax", "version": "1-1", "type": "t", "architecture": "vax", "softwareSources": sources});
        service.world().installed.insert("a".to_owned(), vec![row]);
    };
    let cloud = cloud(&service);
    strange(json!([]));
    assert_eq!(inventory(&cloud, "a").await, Inventory::default());
    for sources in [json!([{"id": "s"}]), Value::Null] {
        strange(sources);
        let error = cloud.observe(&Scope::Inventory(Ocid::new("a"))).await.unwrap_err().to_string();
        let expected = "ListManagedInstanceInstalledPackages: the answer cannot be read: row `x-1-1.vax`: ";
        assert!(error.starts_with(expected), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_contents_of_a_source_are_read_whatever_their_names_look_like() {
    let service = Service::new();
    let all = ["NetworkManager-1:1.4-1.x86_64", "acl-2.2-1.noarch", "glibc-2-1.i686"];
    service.custom("s", "great-linux/GL1", &all);
    let seen = cloud(&service).observe(&Scope::SourceContents(Ocid::new("s"))).await.unwrap();
    assert_eq!(seen, Sighting::SourceContents(Ocid::new("s"), Some(set(&all))));
}

#[tokio::test(start_paused = true)]
async fn module_streams_are_those_enabled_and_those_active_by_default() {
    let service = Service::new();
    service.custom("s", "x", &["perl-4:5.26-1.module+el8+1+a.x86_64"]);
    let rows = vec![
        json!({"name": "perl", "enabledStream": "5.26", "activeStreams": ["5.26"], "softwareSourceId": "s"}),
        json!({"name": "python", "enabledStream": null, "activeStreams": ["3.6"], "softwareSourceId": "gone"}),
        json!({"name": "ruby", "disabledStreams": ["2.5"], "softwareSourceId": "s"}),
        json!({"name": "httpd", "enabledStream": "2.4"}),
    ];
    service.world().modules.insert("a".to_owned(), rows);
    let seen = cloud(&service).observe(&Scope::ModuleStreams(Ocid::new("a"))).await.unwrap();
    let Sighting::ModuleStreams(_, Some(streams)) = seen else { panic!() };
    let seen: Vec<_> = streams
        .iter()
        .map(|stream| (stream.stream.spec(), stream.stream.status, stream.packages.len()))
        .collect();
    assert_eq!(
        seen,
        [
            ("httpd:2.4".to_owned(), StreamStatus::Enabled, 0),
            ("perl:5.26".to_owned(), StreamStatus::Enabled, 1),
            ("python:3.6".to_owned(), StreamStatus::Active, 0),
        ]
    );
    assert_eq!(streams[1].packages, set(&["perl-4:5.26-1.module+el8+1+a.x86_64"]));
    assert!(
        service.asked().contains(&"GET /softwareSources/s/moduleStreams/perl?streamName=5.26".to_owned())
    );
    // Without the packages it is the list alone, with what nothing comes from.
    let seen = cloud(&service).observe(&Scope::Streams(Ocid::new("a"))).await.unwrap();
    let Sighting::Streams(_, Some(streams)) = seen else { panic!() };
    let seen: Vec<_> = streams.iter().map(|stream| (stream.spec(), stream.status)).collect();
    let disabled = ("ruby:2.5".to_owned(), StreamStatus::Disabled);
    assert_eq!((seen.len(), &seen[3]), (4, &disabled));
    assert!(service.asked().iter().all(|call| call.starts_with("GET /managedInstances/a/modules?")));
}

#[tokio::test(start_paused = true)]
async fn updates_say_what_they_are_for_and_where_they_come_from() {
    let service = Service::new();
    let update = json!({
        "displayName": "curl", "name": "curl-7.61-2.x86_64", "version": "7.61-2", "installedVersion": "7.61-1",
        "architecture": "X86_64", "updateType": "SECURITY", "errata": ["ELSA-2023-1", "ELSA-2023-2"],
        "relatedCves": ["CVE-2023-1"], "advisorySeverity": "IMPORTANT", "type": "RPM",
    });
    let bare = json!({"displayName": "bash", "name": "bash", "version": "2-1", "updateType": "BUGFIX", "errata": null});
    for id in ["a", "b"] {
        service.world().updates.insert(id.to_owned(), vec![update.clone(), bare.clone()]);
    }
    let cloud = cloud(&service);
    let mut seen = Vec::new();
    for id in ["a", "b"] {
        let Sighting::Updates(_, Some(updates)) =
            cloud.observe(&Scope::Updates(Ocid::new(id))).await.unwrap()
        else {
            panic!()
        };
        seen.push(updates);
    }
    let curl = &seen[0][0];
    assert_eq!(
        (&*curl.name, &*curl.architecture, &*curl.installed, &*curl.available),
        ("curl", "x86_64", "7.61-1", "7.61-2")
    );
    assert_eq!(curl.kind, UpdateKind::Security);
    let names: Vec<(&str, &str)> = curl.errata.iter().map(|link| (&*link.id, &*link.name)).collect();
    assert_eq!(names, [("ELSA-2023-1", "ELSA-2023-1"), ("ELSA-2023-2", "ELSA-2023-2")]);
    assert_eq!(curl.cves.iter().map(|cve| &**cve).collect::<Vec<_>>(), ["CVE-2023-1"]);
    assert_eq!((seen[0][1].kind, &*seen[0][1].installed), (UpdateKind::Bugfix, ""));
    assert!(Arc::ptr_eq(&seen[0][0], &seen[1][0]), "one copy for a fleet");
}

fn erratum(name: &str, kind: &str, severity: Option<&str>) -> Value {
    json!({
        "name": name, "synopsis": "curl security update", "advisoryType": kind, "advisorySeverity": severity,
        "timeIssued": "2023-03-01T00:00:00.000Z", "relatedCves": ["CVE-2023-1"],
        "packages": [
            {"displayName": "curl", "name": "curl-7-2.el8.x86_64", "type": "RPM", "version": "7-2.el8", "architecture": "X86_64"},
            {"displayName": "curl", "name": "curl-7-2.el8.src", "type": "RPM", "version": "7-2.el8", "architecture": "SRC"},
        ],
    })
}

#[tokio::test(start_paused = true)]
async fn the_severity_of_an_instances_errata_is_asked_for_once_for_a_fleet() {
    let service = Service::new();
    for number in 0..60 {
        let name = format!("ELSA-2023-{number:02}");
        let kind = if number < 55 { "SECURITY" } else { "BUGFIX" };
        let severity = if number == 3 { Some("CRITICAL") } else { None };
        service.world().errata.insert(name.clone(), erratum(&name, kind, severity));
    }
    for id in ["a", "b"] {
        service.world().updates.insert(id.to_owned(), Vec::new());
    }
    let cloud = cloud(&service);
    let errata = async |id: &str| {
        let Sighting::Errata(_, errata) = cloud.observe(&Scope::Errata(Ocid::new(id))).await.unwrap() else {
            panic!()
        };
        errata
    };
    let (one, other) = futures_util::future::join(errata("a"), errata("b")).await;
    assert_eq!(one, other);
    assert_eq!((one[3].severity, one[4].severity), (Some(Severity::Critical), None));
    assert_eq!(one[3].issued, "2023-03-01T00:00:00Z".parse().ok());
    let asked = service.asked();
    let lists: Vec<&String> =
        asked.iter().filter(|line| line.starts_with("GET /errata?") && !line.contains("page=")).collect();
    assert_eq!(lists.len(), 2, "55 of them about security, 50 a call: {lists:?}");
    assert!(lists.iter().any(|line| {
        line.starts_with("GET /errata?compartmentId=c&limit=1000&name=ELSA-2023-00&name=ELSA-2023-01&")
    }));
}

#[tokio::test(start_paused = true)]
async fn all_errata_of_the_system_are_listed() {
    let service = Service::new();
    for name in ["ELSA-2023-1", "ELSA-2023-2"] {
        service.world().errata.insert(name.to_owned(), erratum(name, "SECURITY", Some("LOW")));
    }
    let cloud = cloud(&service);
    let since = "2023-01-01T00:00:00Z".parse().ok();
    let Sighting::ErrataSince(_, listed) = cloud.observe(&Scope::ErrataSince(since)).await.unwrap() else {
        panic!()
    };
    assert_eq!(
        listed.iter().map(|erratum| &*erratum.name).collect::<Vec<_>>(),
        ["ELSA-2023-1", "ELSA-2023-2"]
    );
    let asked = service.asked();
    let list = "GET /errata?compartmentId=c&osFamily=ORACLE_LINUX_8&limit=1000&timeIssueDateStart=2023-01-01T00%3A00%3A00Z";
    assert!(asked.iter().any(|line| line == list), "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn one_erratum_is_found_by_its_name() {
    let service = Service::new();
    service.world().errata.insert("ELSA-2023-1".to_owned(), erratum("ELSA-2023-1", "SECURITY", Some("LOW")));
    let cloud = cloud(&service);
    let Sighting::Erratum(_, Some(seen)) =
        cloud.observe(&Scope::Erratum("ELSA-2023-1".into())).await.unwrap()
    else {
        panic!()
    };
    assert_eq!(
        (&*seen.id, seen.severity, seen.kind),
        ("ELSA-2023-1", Some(Severity::Low), UpdateKind::Security)
    );
    assert_eq!(
        seen.packages.iter().map(|package| package.as_str()).collect::<Vec<_>>(),
        ["curl-7-2.el8.x86_64"]
    );
    assert_eq!(service.asked(), ["GET /errata/ELSA-2023-1?compartmentId=c"]);
    let none = cloud.observe(&Scope::Erratum("x".into())).await.unwrap();
    assert_eq!(none, Sighting::Erratum("x".into(), None));
}
