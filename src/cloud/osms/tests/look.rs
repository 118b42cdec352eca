//! Looks: what is read, what becomes of it, and what is passed over.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::service::{Fault, Service};
use super::*;
use crate::cloud::contract::Contract;
use crate::observed::{Instance, InstanceStatus, Inventory, Observed, ServiceGroup, SourceLink};
use crate::oci::testing;

fn ids(ids: &[&str]) -> BTreeSet<Ocid> {
    ids.iter().map(|id| Ocid::new(id)).collect()
}

async fn fleet(service: &Service, instances: &[&str], groups: &[&str], group_ids: &[&str]) -> Observed {
    let groups = groups.iter().map(|name| (*name).into()).collect();
    let scope = Scope::Fleet { instances: ids(instances), groups, group_ids: ids(group_ids) };
    let Sighting::Fleet(fleet) = cloud(service).observe(&scope).await.unwrap() else { panic!() };
    fleet
}

fn work(id: &str, status: &str, accepted: &str, instance: &str) -> serde_json::Value {
    json!({
        "id": id, "status": status, "timeAccepted": accepted, "percentComplete": 25.5,
        "managedInstanceId": {"id": instance, "displayName": "x"}, "operationType": "UPDATEALL",
    })
}

#[tokio::test(start_paused = true)]
async fn a_fleet_is_its_groups_sources_and_the_instances_of_interest() {
    let service = Service::new();
    service.source("s1", "great-linux/GL1", &[]);
    service.source("s2", "ol8", &[]);
    service.source("s3", "gone", &[]);
    service.world().sources.get_mut("s3").unwrap()["lifecycleState"] = json!("DELETED");
    service.world().sources.get_mut("s1").unwrap()["freeformTags"] =
        json!(crate::cloud::tags::of_owner(&owner(Some("GL1"))));
    service.world().sources.get_mut("s1").unwrap()["parentId"] = json!("s2");
    service.instance("a", Some("s1"));
    service.instance("b", None);
    service.instance("c", None);
    service.instance("d", None);
    service.group("g1", "web", &["b", "vanished"]);
    service.group("g2", "db", &["c"]);
    service.group("g3", "other", &["d"]);
    service.world().work = vec![
        work("w1", "IN_PROGRESS", "2026-11-22T14:00:00Z", "a"),
        work("w2", "ACCEPTED", "2026-11-22T13:00:00Z", "a"),
        work("w3", "ACCEPTED", "2026-11-22T12:00:00Z", "d"),
        work("w4", "SUCCEEDED", "2026-11-22T11:00:00Z", "b"),
    ];
    let seen = fleet(&service, &["a", "unknown"], &["web"], &["g2"]).await;
    assert_eq!(seen.instances.keys().map(Ocid::as_str).collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!(
        seen.instances[&Ocid::new("a")],
        Instance {
            name: "name-a".into(),
            status: InstanceStatus::Normal,
            os: Some("Oracle Linux Server 8.10".into()),
            parent: Some(SourceLink { id: Ocid::new("s1"), name: "name-s1".into() }),
            children: Vec::new(),
            groups: BTreeSet::new(),
            inventory: None,
            last_checkin: "2026-11-22T14:00:00Z".parse().ok(),
            last_boot: "2026-11-20T08:00:00Z".parse().ok(),
            running_kernel: Some("5.4.17-1.el8uek.x86_64".into()),
            effective_kernel: Some("5.4.17-9.el8uek.x86_64".into()),
            reboot_required: true,
            listed: None,
            updates_available: Some(7),
            open_work: vec![Ticket("w1".to_owned()), Ticket("w2".to_owned())],
        }
    );
    assert_eq!(seen.instances[&Ocid::new("b")].groups, ids(&["g1"]));
    assert_eq!(seen.instances[&Ocid::new("b")].open_work, []);
    let groups: BTreeMap<&str, (&str, usize)> =
        seen.groups.iter().map(|(id, group)| (id.as_str(), (&*group.name, group.members.len()))).collect();
    assert_eq!(groups, BTreeMap::from([("g1", ("web", 2)), ("g2", ("db", 1)), ("g3", ("other", 0))]));
    let sources: Vec<_> = seen.sources.iter().map(|(id, source)| (id.as_str(), &*source.name)).collect();
    assert_eq!(sources, [("s1", "great-linux/GL1"), ("s2", "ol8")]);
    assert_eq!(seen.sources[&Ocid::new("s1")].owner, Some(owner(Some("GL1"))));
    assert_eq!(seen.sources[&Ocid::new("s1")].parent, Some(Ocid::new("s2")));
    let asked = service.asked();
    assert_eq!(asked.iter().filter(|line| line.contains("managedInstances/")).count(), 5);
    assert_eq!(asked.iter().filter(|line| line.contains("/workRequests?")).count(), 2, "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn an_empty_fleet_asks_for_no_work() {
    let service = Service::new();
    assert_eq!(fleet(&service, &["unknown"], &[], &[]).await, Observed::default());
    assert_eq!(
        service.asked(),
        [
            "GET /managedInstanceGroups?compartmentId=ocid1.compartment.oc1..c&lifecycleState=ACTIVE&limit=1000",
            "GET /softwareSources?compartmentId=ocid1.compartment.oc1..c&lifecycleState=ACTIVE&limit=1000",
            "GET /managedInstances/unknown",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn the_history_of_work_is_not_read_to_its_end() {
    let service = Service::new();
    service.instance("a", None);
    let at = |day: u32, status, id: &str| work(id, status, &format!("2026-11-{day:02}T12:00:00Z"), "a");
    let old = (1..=17).rev().map(|day| at(day, "FAILED", &format!("old-{day}")));
    let mut all = vec![at(22, "SUCCEEDED", "new"), at(21, "CANCELED", "x"), at(20, "NEW_WORD", "word")];
    all.push(at(19, "CANCELLING", "half"));
    all.extend(old);
    service.world().work = all;
    let seen = cloud(&service).observe(&Scope::Instance(Ocid::new("a"))).await.unwrap();
    let Sighting::Instance(_, Some(seen)) = seen else { panic!() };
    assert_eq!(seen.open_work, [Ticket("half".to_owned()), Ticket("word".to_owned())]);
    let asked = service.asked();
    // The instance, three pages, and of whom the two open ones are.
    assert_eq!(asked.len(), 6, "{asked:?}");
    assert_eq!(
        asked[1],
        "GET /workRequests?compartmentId=ocid1.compartment.oc1..i&limit=1000&sortBy=TIMECREATED&sortOrder=DESC"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_is_none_and_what_is_refused_is_an_error() {
    let service = Service::new();
    let cloud = cloud(&service);
    let id = || Ocid::new("x");
    assert_eq!(cloud.observe(&Scope::Instance(id())).await.unwrap(), Sighting::Instance(id(), None));
    assert_eq!(cloud.observe(&Scope::Inventory(id())).await.unwrap(), Sighting::Inventory(id(), None));
    let none = Sighting::SourceContents(id(), None);
    assert_eq!(cloud.observe(&Scope::SourceContents(id())).await.unwrap(), none);
    service.fault("managedInstances", Fault::Refused(403, "NotAuthorized"));
    let error = cloud.observe(&Scope::Instance(id())).await.unwrap_err();
    assert!(error.to_string().starts_with("GetManagedInstance: 403 NotAuthorized"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn names_are_compared_here_since_the_service_may_match_a_part() {
    let service = Service::new();
    service.source("s1", "great-linux/GL1", &[]);
    service.source("s2", "great-linux/GL1.1", &[]);
    service.group("g1", "web", &["a"]);
    service.group("g2", "web", &[]);
    service.group("g3", "web-2", &[]);
    let cloud = cloud(&service);
    let name = "great-linux/GL1".to_owned();
    let Sighting::SourcesNamed(_, sources) = cloud.observe(&Scope::SourcesNamed(name)).await.unwrap() else {
        panic!()
    };
    assert_eq!(sources.into_keys().collect::<Vec<_>>(), [Ocid::new("s1")]);
    let named = cloud.observe(&Scope::GroupsNamed("web".to_owned())).await.unwrap();
    let group = |members: &[&str]| ServiceGroup {
        name: "web".into(),
        members: ids(members),
        owner: None,
        ..Default::default()
    };
    let expected = BTreeMap::from([(Ocid::new("g1"), group(&["a"])), (Ocid::new("g2"), group(&[]))]);
    assert_eq!(named, Sighting::GroupsNamed("web".to_owned(), expected.clone()));
    for (id, seen) in [("g1", expected.get("g1").cloned()), ("g9", None)] {
        let id = Ocid::new(id);
        assert_eq!(cloud.observe(&Scope::Group(id.clone())).await.unwrap(), Sighting::Group(id, seen));
    }
    assert!(service.asked()[0].ends_with("&displayName=great-linux%2FGL1"));
}

async fn answered(scope: Scope, body: &str) -> Result<Sighting, String> {
    let script = Script::answers([testing::json(body), testing::json("[]")]);
    let cloud = OsmsCloud::new(script.client(), Ocid::new("c"), 1);
    cloud.observe(&scope).await.map_err(|error| error.to_string())
}

#[tokio::test(start_paused = true)]
async fn a_sparse_or_strange_instance_is_read_all_the_same() {
    let body = r#"{"id":"a","displayName":"d","compartmentId":"c","status":"ASLEEP","surprise":[1],
        "parentSoftwareSource":null,"childSoftwareSources":[{"id":"k","name":null},{"id":null}],"lastCheckin":"now"}"#;
    let Ok(Sighting::Instance(_, Some(seen))) = answered(Scope::Instance(Ocid::new("a")), body).await else {
        panic!()
    };
    assert_eq!(seen.status, InstanceStatus::Error);
    assert_eq!(
        (seen.os, seen.last_checkin, seen.running_kernel, seen.effective_kernel),
        (None, None, None, None)
    );
    assert_eq!(seen.children, [SourceLink { id: Ocid::new("k"), name: "k".into() }]);
}

#[tokio::test(start_paused = true)]
async fn rows_that_are_no_packages_are_told_unless_no_source_offers_them() {
    let row = |sources: &str| {
        format!(
            r#"[{{"displayName":"x","name":"x-1-1.vax","version":"1-1","architecture":"vax","type":"t"{sources}}}]"#
        )
    };
    let id = || Ocid::new("a");
    let empty = Sighting::Inventory(id(), Some(Inventory::default()));
    assert_eq!(answered(Scope::Inventory(id()), &row("")).await, Ok(empty.clone()));
    assert_eq!(answered(Scope::Inventory(id()), &row(r#","softwareSources":null"#)).await, Ok(empty));
    let error =
        answered(Scope::Inventory(id()), &row(r#","softwareSources":[{"id":"s"}]"#)).await.unwrap_err();
    assert!(
        error.starts_with(
            "ListPackagesInstalledOnManagedInstance: the answer cannot be read: row `x-1-1.vax`: "
        ),
        "{error}"
    );
    assert!(answered(Scope::SourceContents(id()), &row("")).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn an_inventory_tells_what_no_source_provides() {
    let service = Service::new();
    let all = [
        "acl-2.2-1.x86_64",
        "kernel-4-1.x86_64",
        "kernel-4-2.x86_64",
        "agent-1-1.x86_64",
        "gpg-pubkey-a-b.(none)",
    ];
    let installed: Vec<_> =
        packages(&all).into_iter().enumerate().map(|(index, package)| (package, index < 3)).collect();
    service.world().installed.insert("a".to_owned(), installed.clone());
    service.world().installed.insert("b".to_owned(), installed.into_iter().rev().collect());
    let cloud = cloud(&service);
    let mut read = Vec::new();
    for id in ["a", "b"] {
        let seen = cloud.observe(&Scope::Inventory(Ocid::new(id))).await.unwrap();
        let Sighting::Inventory(_, Some(inventory)) = seen else { panic!() };
        assert_eq!(inventory, Inventory { installed: set(&all), unsourced: set(&all[3..]) });
        read.push(inventory);
    }
    assert!(read[0].installed.is_same(&read[1].installed));
    assert_eq!(cloud.distinct_sets(), 2);
}

#[tokio::test(start_paused = true)]
async fn work_is_followed_to_its_end() {
    for (body, expected) in [
        (
            r#"{"id":"w","status":"ACCEPTED","timeAccepted":"2026-11-22T14:00:00.123Z"}"#,
            Progress::Accepted { since: "2026-11-22T14:00:00.123Z".parse().ok() },
        ),
        (r#"{"id":"w","status":"IN_PROGRESS","percentComplete":42.9}"#, Progress::Running { percent: 42 }),
        (r#"{"id":"w","status":"CANCELLING"}"#, Progress::Running { percent: 0 }),
        (r#"{"id":"w","status":"DREAMING","percentComplete":1e9}"#, Progress::Running { percent: 100 }),
        (r#"{"id":"w","status":"SUCCEEDED"}"#, Progress::Succeeded),
    ] {
        let script = Script::answers([testing::json(body)]);
        let cloud = OsmsCloud::new(script.client(), Ocid::new("c"), 1);
        assert_eq!(cloud.poll(&Ticket("w".to_owned())).await.unwrap(), expected);
        assert_eq!(script.lines(), ["GET /workRequests/w"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_told_with_what_the_service_says_of_it() {
    let script = Script::new(|asked| {
        Contract::osms().check(asked);
        match asked.line.split('?').next().unwrap() {
            "GET /workRequests/w" => testing::json(r#"{"id":"w","status":"FAILED","message":"it broke"}"#),
            "GET /workRequests/w/errors" => {
                testing::json(r#"[{"code":"E1","message":"no space","timestamp":"x"}]"#)
            }
            _ => testing::json(r#"[{"message":"yum: second"},{"message":"yum: first"},{"message":" "}]"#),
        }
    });
    let cloud = OsmsCloud::new(script.client(), Ocid::new("c"), 1);
    let message = "the work request failed; it broke; E1: no space; yum: first; yum: second".to_owned();
    assert_eq!(cloud.poll(&Ticket("w".to_owned())).await.unwrap(), Progress::Failed { message });
    let silent = Script::new(|asked| match asked.line.as_str() {
        "GET /workRequests/w" => testing::json(r#"{"id":"w","status":"CANCELED"}"#),
        _ => testing::refuse(404, "NotFound"),
    });
    let cloud = OsmsCloud::new(silent.client(), Ocid::new("c"), 1);
    let message = "the work request was cancelled".to_owned();
    assert_eq!(cloud.poll(&Ticket("w".to_owned())).await.unwrap(), Progress::Failed { message });
}

#[tokio::test(start_paused = true)]
async fn what_a_plan_is_made_from_answers_no_look_of_a_step() {
    let service = Service::new();
    let cloud = cloud(&service);
    let id = Ocid::new("a");
    let parent = async |scope: Scope| {
        let Sighting::Instance(_, Some(seen)) = cloud.observe(&scope).await.unwrap() else { panic!() };
        seen.parent.unwrap().id.to_string()
    };
    let standing = || Scope::Standing(id.clone());
    let with_work = || Scope::Instance(id.clone());
    let fleet = Scope::Fleet {
        instances: [id.clone()].into(),
        groups: Default::default(),
        group_ids: Default::default(),
    };
    // The survey of a fleet, and that of one instance for updates by hand.
    for survey in [fleet, with_work()] {
        service.instance("a", Some("planned"));
        cloud.observe(&survey).await.unwrap();
        service.instance("a", Some("by-hand"));
        assert_eq!(parent(with_work()).await, "by-hand", "{survey:?}");
    }
    assert_eq!(parent(standing()).await, "by-hand");
    // From here on there is the look of a step, which serves the next ones for a while.
    service.instance("a", Some("later"));
    assert_eq!((parent(standing()).await, parent(with_work()).await), ("by-hand".into(), "by-hand".into()));
    tokio::time::advance(std::time::Duration::from_secs(10)).await;
    assert_eq!((parent(with_work()).await, parent(standing()).await), ("later".into(), "later".into()));
}
