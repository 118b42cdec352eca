//! Ops: the calls each takes, and what becomes of it when answers are refused or lost.

use super::service::{Fault, Service};
use super::*;
use crate::cloud::contract::Contract;
use crate::name::{GroupName, ReleaseName};
use crate::oci::testing::with;
use crate::op::{Adjust, GroupRef, SourceRef, Wanted};

fn token() -> RetryToken {
    RetryToken("t".repeat(48))
}

fn source(id: &str) -> SourceRef {
    SourceRef { release: ReleaseName::new("GL1"), id: Some(Ocid::new(id)), under: None }
}

fn group(id: &str) -> GroupRef {
    GroupRef { group: GroupName::new("web"), id: Some(Ocid::new(id)) }
}

fn switch() -> Op {
    Op::Switch {
        instance: Ocid::new("i"),
        from: Some(Ocid::new("old")),
        to: source("new"),
        drops: Vec::new(),
    }
}

async fn submit(service: &Service, op: &Op) -> Result<Submitted, String> {
    cloud(service).submit(op, &token()).await.map_err(|error| error.to_string())
}

const DONE: Result<Submitted, String> = Ok(Submitted::Done { created: None });

#[tokio::test(start_paused = true)]
async fn a_source_is_created_with_its_tags_and_awaited() {
    let service = Service::new();
    let op = Op::CreateSource {
        release: ReleaseName::new("GL1"),
        name: "great-linux/GL1".to_owned(),
        arch: "x86_64".to_owned(),
        owner: owner(Some("GL1")),
        under: None,
        origin: None,
    };
    let made = Some(Ocid::new("made-great-linux/GL1"));
    assert_eq!(submit(&service, &op).await, Ok(Submitted::Done { created: made.clone() }));
    let digest = Digest::of(["GL1"]);
    let body = format!(
        "{{\"compartmentId\":\"ocid1.compartment.oc1..c\",\"displayName\":\"great-linux/GL1\",\
         \"description\":\"release GL1 of train great-linux, made by patchtrain\",\"archType\":\"X86_64\",\
         \"checksumType\":\"SHA256\",\"freeformTags\":{{\"patchtrain-digest\":\"{digest}\",\
         \"patchtrain-lineage\":\"abc\",\"patchtrain-release\":\"GL1\",\"patchtrain-train\":\"great-linux\"}}}}"
    );
    assert_eq!(
        service.asked(),
        [
            format!("POST /softwareSources {} {body}", "t".repeat(48)),
            "GET /softwareSources/made-great-linux%2FGL1".to_owned(),
        ]
    );
    let seen = cloud(&service).observe(&Scope::SourcesNamed("great-linux/GL1".to_owned())).await.unwrap();
    let Sighting::SourcesNamed(_, seen) = seen else { panic!() };
    assert_eq!(seen.keys().next(), made.as_ref());
    assert_eq!(seen.values().next().unwrap().owner, Some(owner(Some("GL1"))));
}

#[tokio::test(start_paused = true)]
async fn a_source_that_fails_to_become_active_is_an_error() {
    let service = Service::new();
    service.world().sources.insert("other".to_owned(), serde_json::json!({}));
    let op = |arch: &str| Op::CreateSource {
        release: ReleaseName::new("GL1"),
        name: "x".to_owned(),
        arch: arch.to_owned(),
        owner: owner(Some("GL1")),
        under: None,
        origin: None,
    };
    let refused = submit(&service, &op("s390x")).await.unwrap_err();
    assert!(refused.contains("no architecture `s390x`"), "{refused}");
    assert_eq!(service.asked(), [""; 0]);
    let failing = Script::answers([
        crate::oci::testing::json(r#"{"id":"x","lifecycleState":"CREATING"}"#),
        crate::oci::testing::json(r#"{"id":"x","lifecycleState":"FAILED"}"#),
    ]);
    let cloud = OsmsCloud::new(failing.client(), Ocid::new("c"), 1);
    let error = cloud.submit(&op("x86_64"), &token()).await.unwrap_err();
    assert!(error.to_string().contains("x was created and is FAILED now"), "{error}");
    let stuck = Script::new(|_| crate::oci::testing::json(r#"{"id":"x","lifecycleState":"CREATING"}"#));
    let cloud = OsmsCloud::new(stuck.client(), Ocid::new("c"), 1);
    let error = cloud.submit(&op("x86_64"), &token()).await.unwrap_err();
    assert!(error.to_string().contains("is not ACTIVE yet"), "{error}");
    assert!(stuck.lines().len() < 130, "{}", stuck.lines().len());
}

#[tokio::test(start_paused = true)]
async fn a_group_is_created_joined_left_and_deleted() {
    let service = Service::new();
    service.instance("i", None);
    let create = Op::CreateGroup { group: GroupName::new("web"), owner: owner(None), outfit: None };
    let made = Ok(Submitted::Done { created: Some(Ocid::new("made-web")) });
    assert_eq!(submit(&service, &create).await, made);
    let instance = Ocid::new("i");
    let join = Op::Join { group: group("made-web"), instance: instance.clone() };
    let leave = Op::Leave { group: group("made-web"), instance };
    let delete = Op::DeleteGroup { group: group("made-web") };
    // Each is asked for twice, as after a crash.
    for op in [&join, &join, &leave, &leave, &delete, &delete] {
        assert_eq!(submit(&service, op).await, DONE, "{op:?}");
    }
    let tokened = "t".repeat(48);
    let join = format!(
        "POST /managedInstanceGroups/made-web/actions/attachManagedInstance?managedInstanceId=i {tokened}"
    );
    let leave = format!(
        "POST /managedInstanceGroups/made-web/actions/detachManagedInstance?managedInstanceId=i {tokened}"
    );
    let delete = "DELETE /managedInstanceGroups/made-web".to_owned();
    let written = service.written();
    assert_eq!(written[1..], [join.clone(), join, leave.clone(), leave, delete.clone(), delete]);
    assert_eq!(
        written[0],
        format!(
            "POST /managedInstanceGroups {tokened} {{\"compartmentId\":\"ocid1.compartment.oc1..c\",\
             \"displayName\":\"web\",\"description\":\"group web of train great-linux, made by patchtrain\",\
             \"osFamily\":\"LINUX\",\"freeformTags\":{{\"patchtrain-lineage\":\"abc\",\
             \"patchtrain-train\":\"great-linux\"}}}}"
        )
    );
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_is_one_is_told() {
    let service = Service::new();
    service.group("g", "web", &[]);
    let join = Op::Join { group: group("g"), instance: Ocid::new("i") };
    service.fault("attachManagedInstance", Fault::Refused(404, "NotAuthorizedOrNotFound"));
    let error = submit(&service, &join).await.unwrap_err();
    assert!(
        error.starts_with("AttachManagedInstanceToManagedInstanceGroup: 404 NotAuthorizedOrNotFound"),
        "{error}"
    );
    service.fault("DELETE", Fault::Refused(409, "Conflict"));
    let error = submit(&service, &Op::DeleteGroup { group: group("g") }).await.unwrap_err();
    assert!(error.starts_with("DeleteManagedInstanceGroup: 409 Conflict"), "{error}");
    let unmade = Op::DeleteGroup { group: GroupRef { group: GroupName::new("web"), id: None } };
    let error = submit(&service, &unmade).await.unwrap_err();
    assert_eq!(error, "the op cannot be asked for: group web has no id yet");
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_to_a_delete_is_looked_after() {
    for fault in [Fault::Lost, Fault::Refused(503, "ServiceUnavailable")] {
        let service = Service::new();
        service.group("g", "web", &[]);
        service.fault("DELETE", fault);
        assert_eq!(submit(&service, &Op::DeleteGroup { group: group("g") }).await, DONE);
        assert!(service.world().groups.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_is_deleted_when_nothing_rides_it() {
    let delete = Op::DeleteSource { source: source("s") };
    for fault in [None, Some(Fault::Lost), Some(Fault::Refused(503, "ServiceUnavailable"))] {
        let service = Service::new();
        service.source("s", "t/GL1", &[]);
        fault.into_iter().for_each(|fault| service.fault("DELETE", fault));
        // Asked for twice, as after a crash.
        assert_eq!(submit(&service, &delete).await, DONE);
        assert_eq!(submit(&service, &delete).await, DONE);
        assert!(service.world().sources.is_empty());
        assert_eq!(service.written()[0], "DELETE /softwareSources/s");
    }
    let service = Service::new();
    service.source("s", "t/GL1", &[]);
    service.instance("i", Some("s"));
    let error = submit(&service, &delete).await.unwrap_err();
    assert!(error.starts_with("DeleteSoftwareSource: 409 Conflict"), "{error}");
    let seen = cloud(&service).observe(&Scope::Source(Ocid::new("s"))).await.unwrap();
    let Sighting::Source(_, Some((seen, riders))) = seen else { panic!() };
    assert_eq!((&*seen.name, seen.contents), ("t/GL1", None));
    assert_eq!(riders, [(Ocid::new("i"), "name-i".into())].into());
    let gone = cloud(&service).observe(&Scope::Source(Ocid::new("gone"))).await.unwrap();
    assert_eq!(gone, Sighting::Source(Ocid::new("gone"), None));
}

#[tokio::test(start_paused = true)]
async fn a_switch_detaches_the_old_parent_and_attaches_the_new_one() {
    let service = Service::new();
    service.source("new", "t/GL1", &[]);
    service.instance("i", Some("old"));
    assert_eq!(submit(&service, &switch()).await, DONE);
    let tokened = "t".repeat(48);
    assert_eq!(
        service.asked(),
        [
            "GET /managedInstances/i".to_owned(),
            "GET /softwareSources/new".to_owned(),
            format!(
                "POST /managedInstances/i/actions/detachParentSoftwareSource {tokened}-detach {{\"softwareSourceId\":\"old\"}}"
            ),
            format!(
                "POST /managedInstances/i/actions/attachParentSoftwareSource {tokened}-attach {{\"softwareSourceId\":\"new\"}}"
            ),
            "GET /managedInstances/i".to_owned(),
        ]
    );
    assert_eq!(submit(&service, &switch()).await, DONE);
    assert_eq!(service.asked(), ["GET /managedInstances/i"]);
}

#[tokio::test(start_paused = true)]
async fn a_switch_goes_on_from_wherever_it_got_to() {
    // Killed between detach and attach; and every answer lost, with a service that does not know its tokens.
    let service = Service::new();
    service.instance("i", None);
    assert_eq!(submit(&service, &switch()).await, DONE);
    assert_eq!(service.written().len(), 1);
    for lost in ["detachParent", "attachParent"] {
        let service = Service::new();
        service.source("new", "t/GL1", &[]);
        service.instance("i", Some("old"));
        service.fault(lost, Fault::Lost);
        assert_eq!(submit(&service, &switch()).await, DONE, "{lost}");
        assert_eq!(service.world().parents["i"].as_deref(), Some("new"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_switch_that_the_service_refuses_says_so() {
    let service = Service::new();
    service.source("new", "t/GL1", &[]);
    service.instance("i", Some("old"));
    service.fault("attachParent", Fault::Refused(400, "RelatedResourceNotAuthorizedOrNotFound"));
    let error = submit(&service, &switch()).await.unwrap_err();
    assert!(error.starts_with("AttachParentSoftwareSourceToManagedInstance: 400 RelatedResource"), "{error}");
    let error = submit(&Service::new(), &switch()).await.unwrap_err();
    assert!(error.ends_with("the service no longer knows i"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_detached_for_a_source_that_is_gone() {
    let service = Service::new();
    service.instance("i", Some("old"));
    let error = submit(&service, &switch()).await.unwrap_err();
    assert!(error.ends_with("the software source new is gone; the instance stays on old"), "{error}");
    assert_eq!(service.written(), Vec::<String>::new());
    assert_eq!(service.world().parents["i"].as_deref(), Some("old"));
}

#[tokio::test(start_paused = true)]
async fn a_switch_is_read_back() {
    let service = Service::new();
    service.instance("i", None);
    service.fault("attachParent", Fault::Dropped);
    let error = submit(&service, &switch()).await.unwrap_err();
    assert!(error.contains("new was attached, and the parent source of i is none"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_update_is_answered_with_its_work_request() {
    let service = Service::new();
    service.instance("i", Some("new"));
    let op = Op::Update { instance: Ocid::new("i"), source: source("new"), kind: Wanted::All };
    let pending = Submitted::Pending { ticket: Ticket("work-i".to_owned()) };
    assert_eq!(submit(&service, &op).await, Ok(pending));
    let line = "POST /managedInstances/i/actions/packages/updateAll?updateType=ALL";
    assert_eq!(service.asked(), [format!("{line} {}", "t".repeat(48))]);
    service.fault("updateAll", Fault::Dropped);
    let error = submit(&service, &op).await.unwrap_err();
    assert!(error.contains("names no work request"), "{error}");
}

/// One package a call, by the service's name of it; several at once are not sent.
#[tokio::test(start_paused = true)]
async fn packages_are_installed_and_removed_one_a_call() {
    let service = Script::new(|asked| {
        Contract::osms().check(asked);
        with(202, &[("opc-work-request-id", "w")], "")
    });
    let cloud = OsmsCloud::new(service.client(), Ocid::new("c"), 4);
    let package = |text: &str| Package::parse(text).unwrap();
    let op = |adjusts: &[Adjust]| Op::Enforce {
        instance: Ocid::new("i"),
        source: source("s"),
        adjusts: adjusts.to_vec(),
    };
    let (bash, acl) =
        (Adjust::Install(package("bash-1:4-1.x86_64")), Adjust::Remove(package("acl-2-1.x86_64")));
    for adjust in [bash, acl] {
        let pending = Submitted::Pending { ticket: Ticket("w".to_owned()) };
        assert_eq!(cloud.submit(&op(&[adjust]), &token()).await.unwrap(), pending);
    }
    let path = "POST /managedInstances/i/actions/packages";
    let lines = [
        format!("{path}/install?softwarePackageName=bash-1%3A4-1.x86_64"),
        format!("{path}/remove?softwarePackageName=acl-2-1.x86_64"),
    ];
    assert_eq!(service.lines(), lines);
    for several in [vec![bash, acl], Vec::new()] {
        let error = cloud.submit(&op(&several), &token()).await.unwrap_err();
        assert!(matches!(error, CloudError::Unaskable { .. }), "{error}");
    }
}

const VENDOR: [&str; 3] = ["acl-2.2-1.x86_64", "bash-4.4-1.x86_64", "dbus-1:1.12-8.x86_64"];

fn add(nevras: &[&str]) -> Op {
    Op::AddPackages { source: source("s"), packages: packages(nevras) }
}

/// A service with a vendor's source that has been read, and a source of ours.
async fn filled(ours: &[&str]) -> (Service, OsmsCloud<Script>) {
    let service = Service::new();
    service.source("vendor", "ol8", &VENDOR);
    service.source("s", "great-linux/GL1", ours);
    let cloud = cloud(&service);
    cloud.observe(&Scope::SourceContents(Ocid::new("vendor"))).await.unwrap();
    service.asked();
    (service, cloud)
}

#[tokio::test(start_paused = true)]
async fn packages_are_added_by_the_names_that_were_read() {
    let (service, cloud) = filled(&[]).await;
    let done = Submitted::Done { created: None };
    assert_eq!(cloud.submit(&add(&VENDOR), &token()).await.unwrap(), done);
    assert_eq!(
        service.asked(),
        ["POST /softwareSources/s/actions/addPackages \
          {\"packageNames\":[\"acl-2.2-1.x86_64\",\"bash-4.4-1.x86_64\",\"dbus-1:1.12-8.x86_64\"]}"]
    );
}

#[tokio::test(start_paused = true)]
async fn only_missing_packages_are_sent_again() {
    // The answer is lost; some are there already; the service is down for a while; the add does nothing once.
    let faults: [&[fn() -> Fault]; 3] = [
        &[|| Fault::Lost],
        &[|| Fault::Refused(503, "ServiceUnavailable"), || Fault::Refused(500, "InternalServerError")],
        &[],
    ];
    for fault in faults {
        for ours in [&VENDOR[..0], &VENDOR[..1]] {
            let (service, cloud) = filled(ours).await;
            for fault in fault {
                service.fault("addPackages", fault());
            }
            let result = cloud.submit(&add(&VENDOR), &token()).await;
            assert_eq!(result.unwrap(), Submitted::Done { created: None });
            assert_eq!(service.world().contents["s"], packages(&VENDOR).into_iter().collect());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_add_is_told_and_not_repeated() {
    let (service, cloud) = filled(&[]).await;
    for _ in 0..2 {
        service.fault("addPackages", Fault::Refused(400, "LimitExceeded"));
    }
    let error = cloud.submit(&add(&VENDOR), &token()).await.unwrap_err();
    assert!(error.to_string().starts_with("AddPackagesToSoftwareSource: 400 LimitExceeded"), "{error}");
    assert_eq!(service.written().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn only_packages_that_are_there_are_removed() {
    let (service, cloud) = filled(&VENDOR[..2]).await;
    service.fault("removePackages", Fault::Lost);
    let op = Op::RemovePackages { source: source("s"), packages: packages(&VENDOR[1..]) };
    cloud.submit(&op, &token()).await.unwrap();
    assert_eq!(service.world().contents["s"], packages(&VENDOR[..1]).into_iter().collect());
    assert_eq!(
        service.written(),
        ["POST /softwareSources/s/actions/removePackages {\"packageNames\":[\"bash-4.4-1.x86_64\"]}"]
    );
}
