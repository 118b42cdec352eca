//! What others made: what is read of it, and that its other tags survive ours.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::*;
use crate::cloud::contract::Contract;
use crate::name::{GroupName, ReleaseName};
use crate::observed::{Candidate, CandidateKind};
use crate::oci::testing::{broken, refuse, with};
use crate::op::RetryToken;

/// A service with one source and one group, which keeps what is put; the first so many answers to a PUT are lost.
fn service(lost: usize, meddles: bool) -> (OsmsCloud<Script>, Script, Arc<Mutex<[Value; 2]>>) {
    let source = json!({
        "id": "s", "displayName": "golden", "compartmentId": "c", "lifecycleState": "ACTIVE", "repoType": "YUM",
        "archType": "X86_64", "freeformTags": {"cost-center": "42", "patchtrain-train": "x", "patchtrain-lineage": "y"},
    });
    let group = json!({
        "id": "g", "displayName": "web", "compartmentId": "other", "lifecycleState": "ACTIVE", "osFamily": "WINDOWS",
    });
    let kept = Arc::new(Mutex::new([source, group]));
    let (world, mut lost, mut meddles) = (Arc::clone(&kept), lost, meddles);
    let script = Script::new(move |asked| {
        Contract::osms().check(asked);
        let mut world = world.lock().unwrap();
        let (method, path) = asked.line.split_once(' ').unwrap();
        let one = match path {
            "/softwareSources/s" => &mut world[0],
            "/managedInstanceGroups/g" => &mut world[1],
            _ => return refuse(404, "NotAuthorizedOrNotFound"),
        };
        let etag = format!("rev-{}", one["freeformTags"]);
        if method == "PUT" {
            if asked.header("if-match") != etag {
                return refuse(412, "NoEtagMatch");
            }
            let body: Value = serde_json::from_str(&asked.body).unwrap();
            one["freeformTags"] = body["freeformTags"].clone();
            if lost > 0 {
                lost -= 1;
                return broken();
            }
        }
        let answer = one.to_string();
        // Somebody else is at it, after it was read.
        if std::mem::take(&mut meddles) {
            one["freeformTags"]["team"] = json!("storage");
        }
        with(200, &[("etag", &etag)], &answer)
    });
    (OsmsCloud::new(script.client(), Ocid::new("c"), 4), script, kept)
}

async fn candidate(cloud: &OsmsCloud<Script>, kind: CandidateKind, id: &str) -> Option<Candidate> {
    match cloud.observe(&Scope::Candidate(kind, Ocid::new(id))).await.unwrap() {
        Sighting::Candidate(_, candidate) => candidate,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_to_be_imported_is_told_as_a_train_has_it() {
    let (cloud, ..) = service(0, false);
    let source = candidate(&cloud, CandidateKind::Source, "s").await.unwrap();
    assert_eq!((&*source.name, &source.compartment), ("golden", &Ocid::new("c")));
    assert_eq!((source.arch.as_deref(), source.os, source.bar.as_deref()), (Some("x86_64"), None, None));
    assert!(source.lifecycle.as_deref() == Some("ACTIVE"));
    let group = candidate(&cloud, CandidateKind::Group, "g").await.unwrap();
    assert_eq!((&group.compartment, group.bar.as_deref()), (&Ocid::new("other"), Some("is for Windows")));
    assert_eq!(candidate(&cloud, CandidateKind::Group, "gone").await, None);
}

#[tokio::test(start_paused = true)]
async fn tags_are_put_beside_the_others_once_and_survive_a_lost_answer() {
    let token = RetryToken("t".repeat(32));
    for lost in [0, 1, 20] {
        let (cloud, script, kept) = service(lost, false);
        let owner = owner(Some("GL1"));
        let adopt =
            Op::AdoptSource { release: ReleaseName::new("GL1"), id: Ocid::new("s"), owner: owner.clone() };
        for _ in 0..2 {
            let done = cloud.submit(&adopt, &token).await.unwrap();
            assert_eq!(done, Submitted::Done { created: None });
        }
        let tags = kept.lock().unwrap()[0]["freeformTags"].clone();
        assert_eq!(tags["cost-center"], "42");
        let tags = serde_json::from_value(tags).unwrap();
        assert_eq!(crate::cloud::tags::owner(Some(&tags)), Some(owner));
        // Nothing else of it is said, and once it holds it is not said again.
        let puts: Vec<String> = script.lines().into_iter().filter(|line| line.starts_with("PUT")).collect();
        assert!(puts.iter().all(|line| line == "PUT /softwareSources/s"), "{puts:?}");
        assert_eq!(kept.lock().unwrap()[0]["displayName"], "golden");
        if lost == 0 {
            assert_eq!(puts.len(), 1);
        }
    }
    let (cloud, _, kept) = service(0, false);
    let (group, id) = (GroupName::new("web"), Ocid::new("g"));
    let adopt = Op::AdoptGroup { group, id, called: "web".to_owned(), owner: owner(None) };
    cloud.submit(&adopt, &token).await.unwrap();
    let tags = serde_json::from_value(kept.lock().unwrap()[1]["freeformTags"].clone()).unwrap();
    assert_eq!(crate::cloud::tags::owner(Some(&tags)), Some(owner(None)));
    let gone =
        Op::AdoptSource { release: ReleaseName::new("GL1"), id: Ocid::new("x"), owner: owner(Some("GL1")) };
    assert!(cloud.submit(&gone, &token).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn tags_that_somebody_puts_on_meanwhile_are_not_lost() {
    let (cloud, script, kept) = service(0, true);
    let adopt =
        Op::AdoptSource { release: ReleaseName::new("GL1"), id: Ocid::new("s"), owner: owner(Some("GL1")) };
    let token = RetryToken("t".repeat(32));
    let refused = cloud.submit(&adopt, &token).await.unwrap_err().to_string();
    assert!(refused.contains("412") && refused.contains("NoEtagMatch"), "{refused}");
    let before = kept.lock().unwrap()[0]["freeformTags"].clone();
    assert_eq!((&before["team"], &before["patchtrain-train"]), (&json!("storage"), &json!("x")));
    // Whoever looks again has theirs, too.
    cloud.submit(&adopt, &token).await.unwrap();
    let tags = kept.lock().unwrap()[0]["freeformTags"].clone();
    assert_eq!((&tags["team"], &tags["patchtrain-train"]), (&json!("storage"), &json!("great-linux")));
    assert_eq!(script.lines().iter().filter(|line| line.starts_with("PUT")).count(), 2);
}
