//! What others made: what is read of it, which sources can hold no release, and that its other tags survive ours.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::*;
use crate::cloud::contract::Contract;
use crate::observed::{Candidate, CandidateKind};
use crate::oci::testing::{refuse, with};

/// A service with one source and one group, which keeps what is put.
fn service(source: Value, group: Value) -> (OsmhCloud<Script>, Script, Arc<Mutex<[Value; 2]>>) {
    let mut whole = [
        json!({
            "id": "s", "displayName": "golden", "compartmentId": "c", "lifecycleState": "ACTIVE",
            "softwareSourceType": "CUSTOM", "isCreatedFromPackageList": true, "isAutomaticallyUpdated": false,
            "osFamily": "ORACLE_LINUX_8", "archType": "X86_64", "freeformTags": {"cost-center": "42"},
        }),
        json!({
            "id": "g", "displayName": "web", "compartmentId": "c", "lifecycleState": "ACTIVE",
            "osFamily": "ORACLE_LINUX_8", "archType": "X86_64", "isManagedByAutonomousLinux": false,
        }),
    ];
    for (whole, changed) in whole.iter_mut().zip([source, group]) {
        for (key, value) in changed.as_object().unwrap() {
            whole[key] = value.clone();
        }
    }
    let kept = Arc::new(Mutex::new(whole));
    let world = Arc::clone(&kept);
    let script = Script::new(move |asked| {
        Contract::osmh().check(asked);
        let mut world = world.lock().unwrap();
        let (method, path) = asked.line.split_once(' ').unwrap();
        let one = match path {
            "/softwareSources/s" => &mut world[0],
            "/managedInstanceGroups/g" => &mut world[1],
            _ => return refuse(404, "NotAuthorizedOrNotFound"),
        };
        let etag = format!("rev-{}", one["freeformTags"]);
        if method == "PUT" {
            // One of a compressed answer is not sent back.
            assert_eq!(asked.header("if-match"), if path.ends_with('s') { etag.as_str() } else { "" });
            let body: Value = serde_json::from_str(&asked.body).unwrap();
            one["freeformTags"] = body["freeformTags"].clone();
        }
        let etag = if path.ends_with('s') { etag } else { format!("{etag}--gzip") };
        with(200, &[("etag", &etag)], &one.to_string())
    });
    (of_script(&script, &[]), script, kept)
}

async fn candidate(cloud: &OsmhCloud<Script>, kind: CandidateKind, id: &str) -> Option<Candidate> {
    match cloud.observe(&Scope::Candidate(kind, Ocid::new(id))).await.unwrap() {
        Sighting::Candidate(_, candidate) => candidate,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn what_can_hold_no_release_is_told_why() {
    let rows = [
        (json!({}), None),
        (json!({"softwareSourceType": "VENDOR"}), Some("is the vendor's own")),
        (json!({"softwareSourceType": "VERSIONED"}), Some("is a versioned source")),
        (json!({"softwareSourceType": "THIRD_PARTY"}), Some("is of type THIRD_PARTY")),
        (json!({"isCreatedFromPackageList": false}), Some("is made by filters")),
        (json!({"isAutomaticallyUpdated": true}), Some("is updated automatically")),
    ];
    for (source, bar) in rows {
        let (cloud, ..) = service(source.clone(), json!({}));
        let seen = candidate(&cloud, CandidateKind::Source, "s").await.unwrap();
        let told = seen.bar.as_deref();
        assert!(bar.is_none_or(|bar| told.is_some_and(|told| told.starts_with(bar))), "{source}: {told:?}");
        assert_eq!(told.is_some(), bar.is_some(), "{source}: {told:?}");
        assert_eq!((seen.os.as_deref(), seen.arch.as_deref()), (Some("oracle-linux-8"), Some("x86_64")));
    }
    let (cloud, ..) = service(json!({}), json!({"isManagedByAutonomousLinux": true, "osFamily": "ALL"}));
    let group = candidate(&cloud, CandidateKind::Group, "g").await.unwrap();
    assert!(group.bar.is_some_and(|bar| bar.contains("Autonomous Linux")) && group.os.is_none());
    assert_eq!(candidate(&cloud, CandidateKind::Source, "gone").await, None);
}

#[tokio::test(start_paused = true)]
async fn tags_are_put_beside_the_others_and_nothing_else_is_said() {
    let (cloud, script, kept) = service(json!({}), json!({}));
    let adopt =
        Op::AdoptSource { release: ReleaseName::new("GL1"), id: Ocid::new("s"), owner: owner(Some("GL1")) };
    for _ in 0..2 {
        assert_eq!(cloud.submit(&adopt, &token()).await.unwrap(), DONE);
    }
    let group = Op::AdoptGroup {
        group: GroupName::new("web"),
        id: Ocid::new("g"),
        called: "web".to_owned(),
        owner: owner(None),
    };
    assert_eq!(cloud.submit(&group, &token()).await.unwrap(), DONE);
    let puts: Vec<usize> = script
        .lines()
        .iter()
        .enumerate()
        .filter(|(_, line)| line.starts_with("PUT"))
        .map(|(at, _)| at)
        .collect();
    assert_eq!(puts.len(), 2);
    let keys = |at: usize| {
        let body: Value = serde_json::from_str(&script.nth(at).body).unwrap();
        body.as_object().unwrap().keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(
        (keys(puts[0]), keys(puts[1])),
        (vec!["freeformTags".to_owned(), "softwareSourceType".to_owned()], vec!["freeformTags".to_owned()])
    );
    let kept = kept.lock().unwrap();
    assert_eq!(kept[0]["freeformTags"]["cost-center"], "42");
    for (kept, mine) in kept.iter().zip([owner(Some("GL1")), owner(None)]) {
        let tags = serde_json::from_value(kept["freeformTags"].clone()).unwrap();
        assert_eq!(crate::cloud::tags::owner(Some(&tags)), Some(mine));
    }
}
