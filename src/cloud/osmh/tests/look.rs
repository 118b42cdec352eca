//! Looks: what is read of groups, sources and instances, what becomes of it, and which work is open.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::service::{Fault, Service};
use super::*;
use crate::cloud::tags;
use crate::observed::{Instance, InstanceStatus, Observed, ServiceGroup, SourceLink};
use crate::oci::testing;

fn id_set(list: &[&str]) -> BTreeSet<Ocid> {
    ids(list).into_iter().collect()
}

fn link(id: &str) -> SourceLink {
    SourceLink { id: Ocid::new(id), name: format!("name-{id}").as_str().into() }
}

fn tickets(ids: &[&str]) -> Vec<Ticket> {
    ids.iter().map(|id| Ticket((*id).to_owned())).collect()
}

async fn fleet(service: &Service, instances: &[&str], groups: &[&str], group_ids: &[&str]) -> Observed {
    let groups = groups.iter().map(|name| (*name).into()).collect();
    let scope = Scope::Fleet { instances: id_set(instances), groups, group_ids: id_set(group_ids) };
    let Sighting::Fleet(fleet) = cloud(service).observe(&scope).await.unwrap() else { panic!() };
    fleet
}

async fn instance(cloud: &OsmhCloud<Script>, id: &str) -> Instance {
    let seen = cloud.observe(&Scope::Instance(Ocid::new(id))).await.unwrap();
    let Sighting::Instance(_, Some(seen)) = seen else { panic!() };
    seen
}

async fn the_group(cloud: &OsmhCloud<Script>, id: &str) -> ServiceGroup {
    tokio::time::sleep(std::time::Duration::from_secs(30)).await;
    let Sighting::Group(_, Some(seen)) = cloud.observe(&Scope::Group(Ocid::new(id))).await.unwrap() else {
        panic!()
    };
    seen
}

#[tokio::test(start_paused = true)]
async fn a_fleet_is_its_groups_sources_and_the_instances_of_interest() {
    let service = Service::new();
    service.custom("s1", "great-linux/GL1", &[]);
    service.custom("s2", "great-linux/GL2", &[]);
    service.custom("s3", "gone", &[]);
    service.world().sources.get_mut("s1").unwrap()["freeformTags"] =
        json!(tags::of_owner(&owner(Some("GL1"))));
    // Being filled, it is there; deleted, it is not.
    service.world().sources.get_mut("s2").unwrap()["lifecycleState"] = json!("UPDATING");
    service.world().sources.get_mut("s3").unwrap()["lifecycleState"] = json!("DELETED");
    for (id, compartment, sources) in
        [("a", "c1", &["s2", "s1"][..]), ("b", "c", &["s1"]), ("d", "elsewhere", &[]), ("e", "c", &[])]
    {
        service.instance(id, compartment, sources);
    }
    service.group("g1", "web", &["s2", "s1"], &["a", "vanished"]);
    service.group("g2", "db", &["s1"], &["b"]);
    service.group("g3", "other", &["s1"], &["e"]);
    service.work("w1", "IN_PROGRESS", ("GROUP", "g1"), None);
    service.work("w1-a", "ACCEPTED", ("INSTANCE", "a"), Some("w1"));
    service.work("w2", "ACCEPTED", ("INSTANCE", "d"), None);
    service.work("w3", "SUCCEEDED", ("INSTANCE", "b"), None);
    let seen = fleet(&service, &["d", "unknown"], &["web"], &["g2"]).await;
    assert_eq!(seen.instances.keys().map(Ocid::as_str).collect::<Vec<_>>(), ["a", "b", "d"]);
    assert_eq!(
        seen.instances[&Ocid::new("a")],
        Instance {
            name: "name-a".into(),
            status: InstanceStatus::Normal,
            os: Some("Oracle Linux Server 8.10".into()),
            parent: None,
            children: vec![link("s1"), link("s2")],
            groups: id_set(&["g1"]),
            inventory: None,
            last_checkin: "2026-11-22T14:00:00Z".parse().ok(),
            last_boot: "2026-11-20T08:00:00Z".parse().ok(),
            running_kernel: Some("5.4.17-1.el8uek.x86_64".into()),
            effective_kernel: Some("5.4.17-9.el8uek.x86_64".into()),
            reboot_required: true,
            // By the root: that is what can be waited for.
            listed: Some("2026-11-22T13:00:00Z".parse().unwrap()),
            updates_available: Some(7),
            open_work: tickets(&["w1"]),
        }
    );
    assert_eq!(seen.instances[&Ocid::new("b")].open_work, []);
    assert_eq!(seen.instances[&Ocid::new("d")].open_work, tickets(&["w2"]));
    let web = &seen.groups[&Ocid::new("g1")];
    assert_eq!(
        (web.sources.clone(), web.members.clone()),
        (vec![link("s1"), link("s2")], id_set(&["a", "vanished"]))
    );
    assert_eq!(seen.groups[&Ocid::new("g3")].members, BTreeSet::new(), "nobody asked for that one");
    assert_eq!(seen.sources.keys().map(Ocid::as_str).collect::<Vec<_>>(), ["s1", "s2"]);
    assert_eq!(seen.sources[&Ocid::new("s1")].owner, Some(owner(Some("GL1"))));
    let asked = service.asked();
    let open: Vec<&String> = asked.iter().filter(|line| line.contains("status=")).collect();
    let statuses = "&status=WAITING&status=ACCEPTED&status=IN_PROGRESS&status=CANCELING&limit=1000";
    let list = |place: &str| format!("GET /workRequests?compartmentId={place}{statuses}");
    for place in ["c&compartmentIdInSubtree=true", "c1", "elsewhere"] {
        assert!(open.iter().any(|line| **line == list(place)), "{place}: {open:?}");
    }
    assert_eq!(asked.iter().filter(|line| line.starts_with("GET /managedInstanceGroups/")).count(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_empty_fleet_asks_for_no_work() {
    let service = Service::default();
    assert_eq!(fleet(&service, &["unknown"], &[], &[]).await, Observed::default());
    assert_eq!(
        service.asked(),
        [
            "GET /managedInstanceGroups?compartmentId=c&limit=1000",
            "GET /softwareSources?compartmentId=c&limit=1000",
            "GET /managedInstances/unknown",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_is_none_and_what_is_refused_is_an_error() {
    let service = Service::new();
    let cloud = cloud(&service);
    let id = || Ocid::new("x");
    for (scope, none) in [
        (Scope::Instance(id()), Sighting::Instance(id(), None)),
        (Scope::Standing(id()), Sighting::Instance(id(), None)),
        (Scope::Inventory(id()), Sighting::Inventory(id(), None)),
        (Scope::ModuleStreams(id()), Sighting::ModuleStreams(id(), None)),
        (Scope::Updates(id()), Sighting::Updates(id(), None)),
        (Scope::Errata(id()), Sighting::Errata(id(), Vec::new())),
        (Scope::SourceContents(id()), Sighting::SourceContents(id(), None)),
        (Scope::Group(id()), Sighting::Group(id(), None)),
        (Scope::Source(id()), Sighting::Source(id(), None)),
    ] {
        assert_eq!(cloud.observe(&scope).await.unwrap(), none, "{scope:?}");
        service.fault("GET", Fault::Refused(403, "NotAuthorized"));
        let error = cloud.observe(&scope).await.unwrap_err();
        assert!(error.to_string().contains(": 403 NotAuthorized"), "{scope:?}: {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn names_are_compared_here_too() {
    let answers = |rows: &str| testing::json(format!(r#"{{"items":[{rows}]}}"#));
    let script = Script::answers([
        answers(
            r#"{"id":"s1","displayName":"great-linux/GL1"},{"id":"s2","displayName":"great-linux/GL1.1"}"#,
        ),
        answers(r#"{"id":"g1","displayName":"web"},{"id":"g2","displayName":"web-2"}"#),
        testing::json(
            r#"{"id":"g1","displayName":"web","managedInstanceIds":["a"],"softwareSourceIds":[{"id":"s"}]}"#,
        ),
    ]);
    let cloud = of_script(&script, &[]);
    let name = "great-linux/GL1".to_owned();
    let Sighting::SourcesNamed(_, sources) = cloud.observe(&Scope::SourcesNamed(name)).await.unwrap() else {
        panic!()
    };
    assert_eq!(sources.into_keys().collect::<Vec<_>>(), ids(&["s1"]));
    let named = cloud.observe(&Scope::GroupsNamed("web".to_owned())).await.unwrap();
    let group = ServiceGroup {
        name: "web".into(),
        members: id_set(&["a"]),
        sources: vec![SourceLink { id: Ocid::new("s"), name: "s".into() }],
        ..Default::default()
    };
    assert_eq!(named, Sighting::GroupsNamed("web".to_owned(), BTreeMap::from([(Ocid::new("g1"), group)])));
    assert!(script.lines()[0].ends_with("&displayName=great-linux%2FGL1"), "{:?}", script.lines());
}

#[tokio::test(start_paused = true)]
async fn a_member_is_busy_with_its_own_part_and_with_work_that_has_no_parts_yet() {
    let service = Service::new();
    for id in ["a", "b", "d"] {
        service.instance(id, "c1", &["s"]);
    }
    service.group("g", "web", &["s"], &["a", "b"]);
    let cloud = cloud(&service);
    let busy = async |cloud: &OsmhCloud<Script>| {
        let group = the_group(cloud, "g").await;
        group.busy.into_iter().map(|(id, ticket)| format!("{id} {ticket}")).collect::<Vec<_>>()
    };
    assert_eq!(busy(&cloud).await, [""; 0]);
    service.asked();
    service.work("w", "ACCEPTED", ("GROUP", "g"), None);
    assert_eq!(busy(&cloud).await, ["a w", "b w"]);
    // Where members lie is known from before.
    let asked = service.asked();
    assert!(!asked.iter().any(|line| line.contains("/managedInstances")), "{asked:?}");
    service.work("w-a", "SUCCEEDED", ("INSTANCE", "a"), Some("w"));
    service.work("w-b", "IN_PROGRESS", ("INSTANCE", "b"), Some("w"));
    assert_eq!(busy(&cloud).await, ["b w"]);
    // Somebody else's group is not looked into.
    service.work("other", "ACCEPTED", ("GROUP", "g9"), None);
    service.work("other-d", "ACCEPTED", ("INSTANCE", "d"), Some("other"));
    service.asked();
    assert_eq!(busy(&cloud).await, ["b w"]);
    assert!(!service.asked().iter().any(|line| line.contains("other-d")));
    // What is asked of a member alone counts too.
    service.set("w-b", "SUCCEEDED");
    service.work("alone", "ACCEPTED", ("INSTANCE", "a"), None);
    assert_eq!(busy(&cloud).await, ["a alone"]);
    assert_eq!(instance(&cloud, "a").await.open_work, tickets(&["alone"]));
    assert_eq!(instance(&cloud, "b").await.open_work, []);
    // Who was asked to join is busy with that, whether or not the service calls it a member yet.
    service.work("joining", "ACCEPTED", ("GROUP", "g"), None);
    service.work("joining-d", "ACCEPTED", ("INSTANCE", "d"), Some("joining"));
    cloud.board.asked(&Ocid::new("g"));
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(instance(&cloud, "d").await.open_work, tickets(&["joining"]));
    let standing = cloud.observe(&Scope::Standing(Ocid::new("a"))).await.unwrap();
    let Sighting::Instance(_, Some(standing)) = standing else { panic!() };
    assert_eq!(standing.open_work, []);
}

#[tokio::test(start_paused = true)]
async fn joiners_are_looked_at_by_one_list_of_open_work() {
    let service = Service::new();
    for number in 0..20 {
        service.instance(&format!("i{number}"), "c", &[]);
    }
    let cloud = cloud(&service);
    let looks = (0..20).map(|number| {
        let cloud = &cloud;
        async move { instance(cloud, &format!("i{number}")).await }
    });
    futures_util::future::join_all(looks).await;
    let asked = service.asked();
    assert_eq!(asked.iter().filter(|line| line.starts_with("GET /workRequests")).count(), 1, "{asked:?}");
    // After one of them was asked for work, the list from before says nothing of it.
    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    cloud.board.asked(&Ocid::new("i3"));
    instance(&cloud, "i4").await;
    assert_eq!(service.asked().len(), 1);
    instance(&cloud, "i3").await;
    assert_eq!(service.asked().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn whoever_has_a_source_is_told_wherever_they_are() {
    for wants_compartment in [false, true] {
        let service = Service::new();
        service.world().wants_compartment = wants_compartment;
        service.custom("s", "great-linux/GL1", &[]);
        service.instance("a", "c", &["s"]);
        service.instance("x", "elsewhere", &["s"]);
        service.instance("z", "c", &[]);
        service.group("g", "empty", &["s"], &[]);
        let cloud = cloud(&service);
        // So that it is known where instances are.
        instance(&cloud, "x").await;
        let seen = cloud.observe(&Scope::Source(Ocid::new("s"))).await.unwrap();
        let Sighting::Source(_, Some((source, riders))) = seen else { panic!() };
        assert_eq!(&*source.name, "great-linux/GL1");
        let riders: Vec<(&str, &str)> = riders.iter().map(|(id, name)| (id.as_str(), &**name)).collect();
        assert_eq!(riders, [("a", "name-a"), ("g", "empty"), ("x", "name-x")], "{wants_compartment}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_sparse_or_strange_instance_is_read_all_the_same() {
    for (status, expected) in [
        ("NORMAL", InstanceStatus::Normal),
        ("WARNING", InstanceStatus::Warning),
        ("UNREACHABLE", InstanceStatus::Unreachable),
        ("REBOOTING", InstanceStatus::Unreachable),
        ("ONBOARDING", InstanceStatus::Error),
        ("ASLEEP", InstanceStatus::Error),
    ] {
        let body = format!(
            r#"{{"id":"a","displayName":"d","compartmentId":"c","status":"{status}","surprise":[1],
            "softwareSources":[{{"id":"k","displayName":null}}],"timeLastCheckin":"now","osName":null,
            "lifecycleStage":{{"id":"stage","displayName":"x"}},"managedInstanceGroup":null}}"#
        );
        let script = Script::answers([testing::json(body)]);
        let seen = of_script(&script, &[]).observe(&Scope::Standing(Ocid::new("a"))).await.unwrap();
        let Sighting::Instance(_, Some(seen)) = seen else { panic!() };
        assert_eq!(seen.status, expected, "{status}");
        assert_eq!(
            (seen.os, seen.last_checkin, seen.running_kernel, seen.effective_kernel),
            (None, None, None, None)
        );
        assert_eq!(seen.children, [SourceLink { id: Ocid::new("k"), name: "k".into() }]);
        // A stage holds its members as a group does.
        assert_eq!(seen.groups, id_set(&["stage"]));
    }
}

#[tokio::test(start_paused = true)]
async fn instances_are_found_by_name() {
    let service = Service::new();
    service.instance("a", "c", &[]);
    service.instance("b", "elsewhere", &[]);
    let scope = Scope::InstancesNamed("name-a".to_owned());
    let Sighting::InstancesNamed(_, found) = cloud(&service).observe(&scope).await.unwrap() else { panic!() };
    assert_eq!(found.into_keys().collect::<Vec<_>>(), ids(&["a"]));
    assert_eq!(service.asked()[0], "GET /managedInstances?compartmentId=c&displayName=name-a&limit=1000");
}
