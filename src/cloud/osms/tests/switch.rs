//! Switches to a release that is a child: which calls, in which order, and going on from wherever one got to.

use super::service::{Fault, Service};
use super::*;
use crate::name::ReleaseName;
use crate::op::{ParentRef, SourceRef};

fn child(id: &str) -> SourceRef {
    let under = Some(ParentRef { id: Some(Ocid::new("own")) });
    SourceRef { release: ReleaseName::new("GL1"), id: Some(Ocid::new(id)), under }
}

fn switch(drops: &[&str]) -> Op {
    let drops = drops.iter().map(|id| Ocid::new(id)).collect();
    Op::Switch { instance: Ocid::new("i"), from: Some(Ocid::new("vendor")), to: child("new"), drops }
}

/// A service with the train's own parent, and two releases and somebody's source under it.
fn service() -> Service {
    let service = Service::new();
    service.source("vendor", "ol8", &[]);
    service.source("own", "t/_parent", &[]);
    for id in ["old", "new", "foreign"] {
        service.source(id, id, &[]);
        service.world().sources.get_mut(id).unwrap()["parentId"] = "own".into();
    }
    service
}

fn hanging(children: &[&str]) -> Service {
    let service = service();
    service.instance("i", Some("own"));
    service.world().children.insert("i".to_owned(), children.iter().map(|id| (*id).to_owned()).collect());
    service
}

async fn submit(service: &Service, op: &Op) -> Result<Submitted, String> {
    let token = RetryToken("t".repeat(48));
    cloud(service).submit(op, &token).await.map_err(|error| error.to_string())
}

const DONE: Result<Submitted, String> = Ok(Submitted::Done { created: None });

fn line(action: &str, part: &str, source: &str) -> String {
    let token = "t".repeat(48);
    format!(
        "POST /managedInstances/i/actions/{action}SoftwareSource {token}-{part} {{\"softwareSourceId\":\"{source}\"}}"
    )
}

fn children(service: &Service) -> Vec<String> {
    service.world().children.get("i").cloned().unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn the_first_switch_sees_to_the_parent_before_the_child() {
    let service = service();
    service.instance("i", Some("vendor"));
    assert_eq!(submit(&service, &switch(&[])).await, DONE);
    let expected = [
        line("detachParent", "detach", "vendor"),
        line("attachParent", "attach", "own"),
        line("attachChild", "child", "new"),
    ];
    assert_eq!(service.written(), expected);
    assert_eq!(children(&service), ["new"]);
    // Asked for again, as after a crash.
    assert_eq!(submit(&service, &switch(&[])).await, DONE);
    assert_eq!(service.asked(), ["GET /managedInstances/i"]);
}

#[tokio::test(start_paused = true)]
async fn a_later_switch_attaches_the_new_child_and_then_detaches_the_old() {
    let service = hanging(&["old", "foreign"]);
    assert_eq!(submit(&service, &switch(&["old"])).await, DONE);
    let read = || "GET /managedInstances/i".to_owned();
    let expected =
        [read(), line("attachChild", "child", "new"), read(), line("detachChild", "leave0", "old"), read()];
    assert_eq!(service.asked(), expected);
    assert_eq!(children(&service), ["foreign", "new"], "what is not to be dropped stays");
}

#[tokio::test(start_paused = true)]
async fn it_goes_on_from_wherever_it_got_to() {
    let begun: [(Option<&str>, &[&str]); 4] =
        [(None, &[]), (Some("own"), &[]), (Some("own"), &["old", "new"]), (Some("own"), &["new"])];
    for (parent, there) in begun {
        let service = hanging(there);
        service.instance("i", parent);
        assert_eq!(submit(&service, &switch(&["old"])).await, DONE);
        assert_eq!(
            (children(&service), service.world().parents["i"].as_deref()),
            (vec!["new".to_owned()], Some("own"))
        );
    }
    // Every answer is lost once, by a service that does not know its tokens.
    for lost in ["detachParent", "attachParent", "attachChild"] {
        let service = service();
        service.instance("i", Some("vendor"));
        service.fault(lost, Fault::Lost);
        assert_eq!(submit(&service, &switch(&[])).await, DONE, "{lost}");
        assert_eq!(children(&service), ["new"]);
    }
    let service = hanging(&["old"]);
    service.fault("detachChild", Fault::Lost);
    assert_eq!(submit(&service, &switch(&["old"])).await, DONE);
    assert_eq!(children(&service), ["new"]);
}

#[tokio::test(start_paused = true)]
async fn the_old_child_stays_until_the_new_one_is_seen() {
    let service = hanging(&["old"]);
    service.fault("attachChild", Fault::Dropped);
    let error = submit(&service, &switch(&["old"])).await.unwrap_err();
    assert!(
        error.contains("new was attached, and the parent source of i is own, with the children old"),
        "{error}"
    );
    assert_eq!(children(&service), ["old"]);
    service.fault("attachChild", Fault::Refused(400, "InvalidParameter"));
    let error = submit(&service, &switch(&["old"])).await.unwrap_err();
    assert!(error.starts_with("AttachChildSoftwareSourceToManagedInstance: 400"), "{error}");
    assert_eq!(children(&service), ["old"]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_detached_for_a_parent_or_a_child_that_is_gone() {
    for gone in ["own", "new"] {
        let service = service();
        service.instance("i", Some("vendor"));
        service.world().sources.remove(gone);
        let error = submit(&service, &switch(&[])).await.unwrap_err();
        assert!(
            error.ends_with(&format!("the software source {gone} is gone; the instance stays on vendor")),
            "{error}"
        );
        assert_eq!(service.written(), [""; 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_child_is_created_under_its_parent() {
    let service = service();
    let mut op = Op::CreateSource {
        release: ReleaseName::new("GL1"),
        name: "t/GL1".to_owned(),
        arch: "x86_64".to_owned(),
        owner: owner(Some("GL1")),
        under: Some(ParentRef { id: Some(Ocid::new("own")) }),
        origin: None,
    };
    submit(&service, &op).await.unwrap();
    assert!(service.written()[0].contains("\"parentId\":\"own\""));
    *op.parent_mut().unwrap() = ParentRef::default();
    let error = submit(&service, &op).await.unwrap_err();
    assert_eq!(error, "the op cannot be asked for: the train's own parent source has no id yet");
}
