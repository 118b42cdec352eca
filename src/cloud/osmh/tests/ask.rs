//! What is made and deleted: sources, groups, profiles.

use super::service::{Fault, Service};
use super::*;
use crate::oci::testing;
use crate::op::{Origin, Outfit, ParentRef};

fn create_source(vendors: &[&str], under: Option<ParentRef>) -> Op {
    Op::CreateSource {
        release: ReleaseName::new("GL1"),
        name: "great-linux/GL1".to_owned(),
        arch: "x86_64".to_owned(),
        owner: owner(Some("GL1")),
        under,
        origin: Some(Origin { os: "oracle-linux-8".to_owned(), vendors: ids(vendors) }),
    }
}

fn create_group(arch: &str) -> Op {
    let outfit = Outfit { os: "oracle-linux-8".to_owned(), arch: arch.to_owned(), source: source("s") };
    Op::CreateGroup { group: GroupName::new("web"), owner: owner(None), outfit: Some(outfit) }
}

fn tags_of(release: bool) -> String {
    let digest = Digest::of(["GL1"]);
    let of_release = format!(r#""patchtrain-digest":"{digest}","#);
    let (digest, name) =
        if release { (of_release.as_str(), r#""patchtrain-release":"GL1","#) } else { ("", "") };
    format!(r#""freeformTags":{{{digest}"patchtrain-lineage":"abc",{name}"patchtrain-train":"great-linux"}}"#)
}

#[tokio::test(start_paused = true)]
async fn a_source_is_made_as_an_empty_list_drawn_from_the_vendors_and_awaited() {
    let service = Service::new();
    service.vendor("elsewhere", "of another system", "SELECTED", &[]);
    service.world().sources.get_mut("elsewhere").unwrap()["osFamily"] = serde_json::json!("ORACLE_LINUX_9");
    let cloud = cloud(&service);
    let made = Submitted::Done { created: Some(Ocid::new("made-great-linux/GL1")) };
    let op = create_source(&["base", "elsewhere"], None);
    assert_eq!(cloud.submit(&op, &token()).await.unwrap(), made);
    let body = format!(
        r#"{{"compartmentId":"c","displayName":"great-linux/GL1","description":"release GL1 of train great-linux, made by patchtrain","softwareSourceType":"CUSTOM","vendorSoftwareSources":[{{"id":"base","displayName":"ol8_baseos_latest-x86_64"}},{{"id":"elsewhere","displayName":"of another system"}}],"isCreatedFromPackageList":true,"isAutomaticallyUpdated":false,"isAutoResolveDependencies":false,"isLatestContentOnly":false,{}}}"#,
        tags_of(true)
    );
    let t = "t".repeat(32);
    assert_eq!(service.written(), [format!("POST /softwareSources {t} {body}")]);
    let seen = cloud.observe(&Scope::SourcesNamed("great-linux/GL1".to_owned())).await.unwrap();
    let Sighting::SourcesNamed(_, seen) = seen else { panic!() };
    assert_eq!(seen.values().next().unwrap().owner, Some(owner(Some("GL1"))));
    // Asked again, as after a crash.
    assert_eq!(cloud.submit(&op, &token()).await.unwrap(), made);
    assert_eq!(
        service.world().sources.values().filter(|row| row["softwareSourceType"] == "CUSTOM").count(),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn a_source_that_cannot_be_said_or_does_not_become_active_is_an_error() {
    let service = Service::new();
    for (op, reason) in [
        (create_source(&[], None), "vendor_sources"),
        (create_source(&["base"], Some(ParentRef::default())), "no child sources"),
    ] {
        let error = cloud(&service).submit(&op, &token()).await.unwrap_err();
        assert!(error.to_string().contains(reason) && !error.is_ambiguous(), "{error}");
    }
    assert_eq!(service.asked(), [""; 0]);
    for state in ["FAILED", "NEEDS_ATTENTION"] {
        let script = Script::new(move |asked| match asked.line.starts_with("GET /softwareSources?") {
            true => testing::json(r#"{"items":[{"id":"base","displayName":"b"}]}"#),
            false => testing::json(format!(r#"{{"id":"x","lifecycleState":"{state}"}}"#)),
        });
        let cloud = of_script(&script, &[]);
        let error = cloud.submit(&create_source(&["base"], None), &token()).await.unwrap_err();
        assert!(error.to_string().contains(&format!("x was created and is {state} now")), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_group_is_made_with_its_source_whatever_success_is_called() {
    let service = Service::new();
    let cloud = cloud(&service);
    let made = Submitted::Done { created: Some(Ocid::new("made-web")) };
    assert_eq!(cloud.submit(&create_group("x86_64"), &token()).await.unwrap(), made);
    let body = format!(
        r#"{{"compartmentId":"c","displayName":"web","description":"group web of train great-linux, made by patchtrain","osFamily":"ORACLE_LINUX_8","archType":"X86_64","vendorName":"ORACLE","location":"OCI_COMPUTE","softwareSourceIds":["s"],{}}}"#,
        tags_of(false)
    );
    let look = "GET /managedInstanceGroups/made-web".to_owned();
    let post = format!("POST /managedInstanceGroups {} {body}", "t".repeat(32));
    assert_eq!(service.asked(), [post, look.clone(), look]);
    let error = cloud.submit(&create_group("s390x"), &token()).await.unwrap_err();
    assert!(error.to_string().contains("no architecture `s390x`"), "{error}");
    let bare = Op::CreateGroup { group: GroupName::new("web"), owner: owner(None), outfit: None };
    let error = cloud.submit(&bare, &token()).await.unwrap_err();
    assert!(matches!(error, CloudError::Unaskable { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_group_that_does_not_get_its_source_is_an_error() {
    let script = Script::new(|_| testing::json(r#"{"id":"g","displayName":"web","softwareSources":[]}"#));
    let error = of_script(&script, &[]).submit(&create_group("x86_64"), &token()).await.unwrap_err();
    assert!(error.to_string().contains("g was created and does not have s yet"), "{error}");
    assert!(script.lines().len() < 130, "{}", script.lines().len());
}

#[tokio::test(start_paused = true)]
async fn what_is_deleted_is_gone_however_often_it_is_asked_for() {
    let service = Service::new();
    service.custom("s", "great-linux/GL1", &[]);
    service.group("g", "web", &["s"], &[]);
    let cloud = cloud(&service);
    let (source, group) = (Op::DeleteSource { source: source("s") }, Op::DeleteGroup { group: group("g") });
    let error = cloud.submit(&source, &token()).await.unwrap_err();
    assert!(error.to_string().contains("409"), "a group has it: {error}");
    for op in [&group, &group, &source, &source] {
        assert_eq!(cloud.submit(op, &token()).await.unwrap(), DONE, "{op:?}");
    }
    service.custom("s", "great-linux/GL1", &[]);
    service.fault("DELETE", Fault::Lost);
    assert_eq!(cloud.submit(&source, &token()).await.unwrap(), DONE);
}

#[tokio::test(start_paused = true)]
async fn a_profile_is_made_for_a_group_read_back_and_deleted() {
    let service = Service::new();
    service.world().profiles.insert(
        "default".to_owned(),
        serde_json::json!({"id": "default", "displayName": "ours", "compartmentId": "c", "lifecycleState": "ACTIVE"}),
    );
    let cloud = cloud(&service);
    let create = Op::CreateProfile {
        group: group("g"),
        name: "great-linux/web".to_owned(),
        owner: owner(None),
        os: "oracle-linux-8".to_owned(),
        arch: "x86_64".to_owned(),
    };
    let id = Ocid::new("made-great-linux/web");
    let made = Submitted::Done { created: Some(id.clone()) };
    for _ in 0..2 {
        assert_eq!(cloud.submit(&create, &token()).await.unwrap(), made);
    }
    let written = service.written();
    assert!(
        written[0].contains(
            r#""profileType":"GROUP","registrationType":"OCI_LINUX","managedInstanceGroupId":"g","isDefaultProfile":false,"freeformTags":{"patchtrain-group":"web","#
        ),
        "{written:?}"
    );
    let Sighting::Profiles(seen) = cloud.observe(&Scope::Profiles).await.unwrap() else { panic!() };
    let ours = &seen[&id];
    assert_eq!(
        (&*ours.name, &ours.owner, &ours.group),
        ("great-linux/web", &Some(owner(None)), &Some(Ocid::new("g")))
    );
    let other = &seen[&Ocid::new("default")];
    assert_eq!((&*other.name, &other.owner, &other.group), ("ours", &None, &None));
    let delete = Op::DeleteProfile { group: GroupName::new("web"), id };
    for _ in 0..2 {
        assert_eq!(cloud.submit(&delete, &token()).await.unwrap(), DONE);
    }
}

/// What makes a group exactly its release is asked of all its members; a reboot of one, whoever's member he is.
#[tokio::test(start_paused = true)]
async fn packages_come_and_go_on_the_whole_group_and_one_instance_is_rebooted() {
    let script = Script::new(|asked| {
        crate::cloud::contract::Contract::osmh().check(asked);
        testing::with(202, &[("opc-work-request-id", "w")], "")
    });
    let cloud = of_script(&script, &[]);
    let group = || crate::op::GroupRef { group: GroupName::new("web"), id: Some(Ocid::new("g")) };
    let source = || crate::op::SourceRef {
        release: crate::name::ReleaseName::new("GL1"),
        id: Some(Ocid::new("s")),
        under: None,
    };
    let enforce = |adjusts: &[crate::op::Adjust]| Op::EnforceGroup {
        group: group(),
        source: source(),
        adjusts: adjusts.to_vec(),
        instances: vec![Ocid::new("i")],
    };
    let [fw, acl] = [packages(&["fw-999:1-1.noarch"])[0], packages(&["acl-2-1.x86_64"])[0]];
    let (install, remove) = (crate::op::Adjust::Install(fw), crate::op::Adjust::Remove(acl));
    let reboot = Op::Reboot { instance: Ocid::new("i"), kernel: None };
    for op in [enforce(&[install]), enforce(&[remove]), reboot] {
        let pending = Submitted::Pending { ticket: crate::op::Ticket("w".to_owned()) };
        assert_eq!(cloud.submit(&op, &token()).await.unwrap(), pending, "{op:?}");
    }
    assert_eq!(
        script.lines(),
        [
            "POST /managedInstanceGroups/g/actions/installPackages",
            "POST /managedInstanceGroups/g/actions/removePackages",
            "POST /managedInstances/i/actions/reboot",
        ]
    );
    let body = |at: usize| serde_json::from_str::<serde_json::Value>(&script.nth(at).body).unwrap();
    assert_eq!(body(0)["packageNames"], serde_json::json!(["fw-1-1.noarch.rpm"]));
    assert_eq!(body(1)["packageNames"], serde_json::json!(["acl-2-1.x86_64.rpm"]));
    assert_eq!(body(2)["rebootTimeoutInMins"], 15);
    let error = cloud.submit(&enforce(&[install, remove]), &token()).await.unwrap_err();
    assert!(matches!(error, CloudError::Unaskable { .. }), "{error}");
}
