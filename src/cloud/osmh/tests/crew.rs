//! Ops on a group and all its members: the call each takes, which work request it is, and what becomes of it when
//! answers are refused or lost.

use super::service::{Fault, Service};
use super::*;
use crate::op::{Again, UpdateKind, Wanted};

fn web() -> (Service, OsmhCloud<Script>) {
    let service = Service::new();
    service.custom("old", "great-linux/GL1", &[]);
    service.custom("new", "great-linux/GL2", &[]);
    for id in ["a", "b", "x", "y"] {
        service.instance(id, "c", &["old"]);
    }
    service.group("g", "web", &["old"], &["a", "b"]);
    let cloud = cloud(&service);
    (service, cloud)
}

fn label(key: &str, token: &str) -> String {
    format!(
        r#""workRequestDetails":{{"displayName":"{key}","description":"asked for by patchtrain, token {token}"}}"#
    )
}

fn attach() -> Op {
    Op::Attach { group: group("g"), source: source("new"), instances: ids(&["a", "b"]) }
}

fn detach() -> Op {
    Op::Detach {
        group: group("g"),
        sources: ids(&["old"]),
        keeps: source("new"),
        instances: ids(&["a", "b"]),
    }
}

fn enroll(instances: &[&str]) -> Op {
    Op::Enroll { group: group("g"), source: source("old"), instances: ids(instances) }
}

#[tokio::test(start_paused = true)]
async fn each_op_is_one_call_with_a_name_that_is_answered_with_work() {
    let kernel: Package = "NetworkManager-1:1.40.0-5.0.3.el8_7.x86_64".parse().unwrap();
    let instances = || ids(&["a", "b"]);
    let patch = |package| Op::PatchGroup {
        group: group("g"),
        wanted: Wanted::Only(UpdateKind::Bugfix),
        package,
        instances: instances(),
    };
    let update =
        |kind| Op::UpdateGroup { group: group("g"), source: source("old"), kind, instances: instances() };
    let refresh = Op::Refresh { group: group("g"), instances: instances() };
    let streams = vec![crate::package::StreamName::parse("perl:5.30").unwrap()];
    let enable = Op::EnableGroupStreams { group: group("g"), streams, instances: instances() };
    let t = "t".repeat(32);
    for (op, action, body) in [
        (
            attach(),
            "attachSoftwareSources",
            format!(r#"{{"softwareSources":["new"],{}}}"#, label("group-attach/web/GL1", &t)),
        ),
        (
            update(Wanted::All),
            "updateAllPackages",
            format!(r#"{{"updateTypes":["ALL"],{}}}"#, label("group-update/web/GL1", &t)),
        ),
        (
            update(Wanted::Only(UpdateKind::Security)),
            "updateAllPackages",
            format!(r#"{{"updateTypes":["SECURITY"],{}}}"#, label("group-update/web/GL1", &t)),
        ),
        (
            patch(None),
            "updateAllPackages",
            format!(r#"{{"updateTypes":["BUGFIX"],{}}}"#, label("group-update/web/@bugfix", &t)),
        ),
        (
            patch(Some(kernel)),
            "installPackages",
            format!(
                r#"{{"packageNames":["NetworkManager-1.40.0-5.0.3.el8_7.x86_64.rpm"],{}}}"#,
                label(&format!("group-update/web/@{kernel}"), &t)
            ),
        ),
        (
            enable,
            "manageModuleStreams",
            format!(
                r#"{{"isDryRun":false,"enable":[{{"moduleName":"perl","streamName":"5.30"}}],{}}}"#,
                label("group-update/web/@perl:5.30", &t)
            ),
        ),
        (refresh, "refreshSoftware", String::new()),
    ] {
        let (service, cloud) = web();
        assert_eq!(cloud.submit(&op, &token()).await.unwrap(), pending("work-1"), "{op:?}");
        let line = format!("POST /managedInstanceGroups/g/actions/{action} {t} {body}");
        assert_eq!(service.asked(), [line.trim_end()]);
        // The answer is lost: the same token has the same work named.
        service.fault("POST", Fault::Lost);
        assert_eq!(cloud.submit(&op, &token()).await.unwrap(), pending("work-1"));
    }
}

#[tokio::test(start_paused = true)]
async fn work_that_failed_is_done_again_on_those_alone() {
    let (service, cloud) = web();
    service.work("w", "FAILED", ("GROUP", "g"), None);
    let of = Ticket("w".to_owned());
    let op = Op::Rerun {
        group: group("g"),
        source: source("old"),
        of,
        again: Again::Update(Wanted::All),
        instances: ids(&["b"]),
    };
    assert_eq!(cloud.submit(&op, &token()).await.unwrap(), pending("work-2"));
    let t = "t".repeat(32);
    let body = format!(r#"{{"managedInstances":["b"],{}}}"#, label("group-rerun/web/w", &t));
    assert_eq!(service.asked(), [format!("POST /workRequests/w/actions/rerun {t} {body}")]);
    let parts: Vec<String> =
        service.world().work[1]["childrenId"].as_array().unwrap().iter().map(|id| id.to_string()).collect();
    assert_eq!(parts, ["\"work-2-b\""]);
}

#[tokio::test(start_paused = true)]
async fn what_is_detached_is_found_by_its_group() {
    for forgets_labels in [false, true] {
        let (service, cloud) = web();
        service.world().forgets_labels = forgets_labels;
        cloud.submit(&attach(), &RetryToken("other".to_owned())).await.unwrap();
        service.asked();
        // The root of the parts that it made, although the answer names none.
        assert_eq!(cloud.submit(&detach(), &token()).await.unwrap(), pending("work-4"));
        let list = "GET /workRequests?compartmentId=c&resourceId=g&sortBy=timeCreated&sortOrder=DESC&limit=50\
                    &operationType=SET_SOFTWARE_SOURCES";
        let t = "t".repeat(32);
        let body = format!(r#"{{"softwareSources":["old"],{}}}"#, label("group-detach/web/GL1", &t));
        let call = format!("POST /managedInstanceGroups/g/actions/detachSoftwareSources {t} {body}");
        assert_eq!(service.asked(), [list.to_owned(), call, list.to_owned()]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_detached_and_whose_answer_was_lost_is_found_by_its_token() {
    let (service, cloud) = web();
    cloud.submit(&attach(), &RetryToken("other".to_owned())).await.unwrap();
    assert_eq!(cloud.submit(&detach(), &token()).await.unwrap(), pending("work-4"));
    service.asked();
    // As after a crash: nothing is asked for again.
    let again = drawing_from(&service, &[]);
    assert_eq!(again.submit(&detach(), &token()).await.unwrap(), pending("work-4"));
    assert_eq!(service.written(), [""; 0]);
    // Also behind the first page: pages are short.
    for later in ["x", "y", "z"] {
        service.work(later, "SUCCEEDED", ("GROUP", "g"), None);
    }
    assert_eq!(again.submit(&detach(), &token()).await.unwrap(), pending("work-4"));
    assert_eq!(service.written(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn detaching_that_makes_no_work_is_done_when_the_sources_are_gone() {
    let (service, cloud) = web();
    service.world().detaching_makes_work = false;
    cloud.submit(&attach(), &RetryToken("other".to_owned())).await.unwrap();
    assert_eq!(cloud.submit(&detach(), &token()).await.unwrap(), DONE);
    let looks = service.asked().iter().filter(|line| line.contains("SET_SOFTWARE")).count();
    assert_eq!(looks, 4, "once before, and three times after");
    // Taken for served, and nothing happens: that is told.
    let (service, cloud) = web();
    service.fault("detachSoftwareSources", Fault::Dropped);
    let error = cloud.submit(&detach(), &token()).await.unwrap_err();
    assert!(error.to_string().contains("g still has sources that were detached"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn the_last_source_of_a_group_stays_and_the_refusal_is_told() {
    let (service, cloud) = web();
    let error = cloud.submit(&detach(), &token()).await.unwrap_err();
    let expected = "DetachSoftwareSourcesFromManagedInstanceGroup: 400 InvalidParameter";
    assert!(error.to_string().starts_with(expected), "{error}");
    assert_eq!(service.written().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn only_those_join_who_are_no_members() {
    let (service, cloud) = web();
    // One of them is a member already, as somebody else made it one.
    assert_eq!(cloud.submit(&enroll(&["b", "x", "y"]), &token()).await.unwrap(), pending("work-1"));
    let written = service.written();
    assert_eq!(written.len(), 1);
    assert!(written[0].contains(r#"{"managedInstances":["x","y"],"#), "{written:?}");
    // All are now, and their work goes on; after a crash it is found by the token.
    let again = drawing_from(&service, &[]);
    assert_eq!(again.submit(&enroll(&["b", "x", "y"]), &token()).await.unwrap(), pending("work-1"));
    assert_eq!(service.written(), [""; 0]);
    // By another op they are members, and nothing is to be done.
    let other = RetryToken("other".to_owned());
    assert_eq!(again.submit(&enroll(&["x"]), &other).await.unwrap(), DONE);
}

#[tokio::test(start_paused = true)]
async fn an_answer_to_joining_that_is_lost_costs_nothing() {
    let (service, cloud) = web();
    service.fault("attachManagedInstances", Fault::Lost);
    assert_eq!(cloud.submit(&enroll(&["x"]), &token()).await.unwrap(), pending("work-1"));
    let (service, cloud) = (Service::new(), ());
    let () = cloud;
    let gone = drawing_from(&service, &[]).submit(&enroll(&["x"]), &token()).await.unwrap_err();
    assert!(gone.to_string().contains("the service no longer knows the group g"), "{gone}");
}

#[tokio::test(start_paused = true)]
async fn memberships_end_where_there_are_some() {
    let (service, cloud) = web();
    let dismiss = Op::Dismiss { group: group("g"), instances: ids(&["a", "x"]) };
    for _ in 0..2 {
        assert_eq!(cloud.submit(&dismiss, &token()).await.unwrap(), DONE);
    }
    let written = service.written();
    assert_eq!(written.len(), 1);
    assert!(written[0].ends_with(r#" {"managedInstances":["a"]}"#), "{written:?}");
    let gone = drawing_from(&Service::new(), &[]).submit(&dismiss, &token()).await.unwrap();
    assert_eq!(gone, DONE, "of a group that is gone");
    service.fault("detachManagedInstances", Fault::Refused(403, "NotAuthorized"));
    let b = Op::Dismiss { group: group("g"), instances: ids(&["b"]) };
    let error = cloud.submit(&b, &token()).await.unwrap_err();
    assert!(error.to_string().contains("403 NotAuthorized"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn members_are_not_asked_one_by_one() {
    let (service, cloud) = web();
    let instance = Ocid::new("a");
    for op in [
        Op::Switch { instance: instance.clone(), from: None, to: source("new"), drops: Vec::new() },
        Op::Join { group: group("g"), instance: instance.clone() },
        Op::Leave { group: group("g"), instance: instance.clone() },
        Op::Update { instance, source: source("new"), kind: Wanted::All },
    ] {
        let error = cloud.submit(&op, &token()).await.unwrap_err();
        assert!(matches!(error, CloudError::Unaskable { .. }) && !error.is_ambiguous(), "{error}");
        assert!(error.to_string().contains("its members are locked"), "{error}");
    }
    assert_eq!(service.asked(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn an_instance_without_a_group_is_patched_by_itself() {
    let (service, cloud) = web();
    let t = "t".repeat(32);
    let patch =
        |instance: &str, package| Op::Patch { instance: Ocid::new(instance), wanted: Wanted::All, package };
    assert_eq!(cloud.submit(&patch("x", None), &token()).await.unwrap(), pending("work-1"));
    let acl: Package = "acl-1:2.2-1.x86_64".parse().unwrap();
    let other = RetryToken("other".to_owned());
    assert_eq!(cloud.submit(&patch("x", Some(acl)), &other).await.unwrap(), pending("work-2"));
    assert_eq!(
        service.asked(),
        [
            format!(
                r#"POST /managedInstances/x/actions/updatePackages {t} {{"updateTypes":["ALL"],{}}}"#,
                label("update/@all/x", &t)
            ),
            format!(
                r#"POST /managedInstances/x/actions/installPackages other {{"packageNames":["acl-1:2.2-1.x86_64"],{}}}"#,
                label("update/@acl-1:2.2-1.x86_64/x", "other")
            ),
        ]
    );
    let refresh = Op::RefreshInstance { instance: Ocid::new("a") };
    let fifth = RetryToken("fifth".to_owned());
    assert_eq!(cloud.submit(&refresh, &fifth).await.unwrap(), pending("work-3"));
    assert_eq!(service.asked(), ["POST /managedInstances/a/actions/refreshSoftware fifth"]);
    let error = cloud.submit(&patch("a", None), &RetryToken("third".to_owned())).await.unwrap_err();
    assert!(error.to_string().contains("409 Conflict"), "a member is locked: {error}");
    // An answer without a work request leaves nobody knowing.
    service.fault("installPackages", Fault::Dropped);
    let error = cloud.submit(&patch("x", Some(acl)), &RetryToken("fourth".to_owned())).await.unwrap_err();
    assert!(error.is_ambiguous() && error.to_string().contains("names no work request"), "{error}");
}

#[test]
fn a_name_is_not_longer_than_names_are() {
    let key = crate::op::OpKey("k".repeat(400));
    let label = serde_json::to_value(super::super::crew::label(&key, &token())).unwrap();
    assert_eq!(label["displayName"].as_str().unwrap().len(), 255);
}
