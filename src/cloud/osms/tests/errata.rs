//! Available updates and errata: what rows become, page by page, and what is passed over.

use serde_json::json;

use super::service::Service;
use super::*;
use crate::advisory::Severity;
use crate::observed::{AvailableUpdate, Erratum, ErratumLink, Updates};
use crate::op::UpdateKind;
use crate::package::Package;

fn update(name: &str, kind: &str) -> serde_json::Value {
    json!({
        "displayName": name, "name": format!("{name}-1:2-1.el8.x86_64"), "type": "RPM", "architecture": "x86_64",
        "installedVersion": "1:1-1.el8", "availableVersion": "1:2-1.el8", "updateType": kind,
        "errata": [{"id": "e1", "displayName": "ELSA-1"}, {"id": "e2"}],
        "relatedCves": ["CVE-a", "CVE-\u{e9}"], "softwareSources": [{"id": "s", "name": "s"}],
    })
}

fn erratum(id: &str, synopsis: Option<&str>) -> serde_json::Value {
    json!({
        "id": id, "name": format!("EL-{id}"), "compartmentId": "c", "synopsis": synopsis,
        "issued": "2026-01-02T03:04:05Z", "advisoryType": "SECURITY", "relatedCves": ["CVE-a"],
        "packages": [package("i686"), package("x86_64"), package("x86_64"), package("src"), package("vax")],
    })
}

fn package(architecture: &str) -> serde_json::Value {
    json!({
        "displayName": "bash", "name": "opaque", "type": "RPM", "version": "1:4-1", "architecture": architecture,
    })
}

async fn updates(cloud: &OsmsCloud<Script>, id: &str) -> Option<Updates> {
    let Sighting::Updates(of, updates) = cloud.observe(&Scope::Updates(Ocid::new(id))).await.unwrap() else {
        panic!("another sighting")
    };
    assert_eq!(of.as_str(), id);
    updates
}

#[tokio::test(start_paused = true)]
async fn updates_are_read_page_by_page_and_shared_between_instances() {
    let service = Service::new();
    let mut bare = update("bare", "SECURITY");
    for optional in ["architecture", "updateType", "errata", "relatedCves", "softwareSources"] {
        bare.as_object_mut().unwrap().remove(optional);
    }
    let rows = vec![
        update("a", "SECURITY"),
        update("b", "BUG"),
        update("c", "ENHANCEMENT"),
        update("d", "LATER"),
        bare,
    ];
    service.world().updates.insert("i".to_owned(), rows.clone());
    service.world().updates.insert("j".to_owned(), rows);
    let cloud = cloud(&service);
    let (mine, others) = (updates(&cloud, "i").await.unwrap(), updates(&cloud, "j").await.unwrap());
    assert_eq!(
        *mine[0],
        AvailableUpdate {
            name: "a".into(),
            architecture: "x86_64".into(),
            installed: "1:1-1.el8".into(),
            available: "1:2-1.el8".into(),
            kind: UpdateKind::Security,
            // The second has no name of its own.
            errata: vec![
                ErratumLink { id: "e1".into(), name: "ELSA-1".into() },
                ErratumLink { id: "e2".into(), name: "e2".into() },
            ],
            cves: vec!["CVE-a".into(), "CVE-\u{e9}".into()],
        }
    );
    let kinds: Vec<UpdateKind> = mine.iter().map(|update| update.kind).collect();
    use UpdateKind::{Bugfix, Enhancement, Other, Security};
    assert_eq!(kinds, [Security, Bugfix, Enhancement, Other, Other]);
    assert!(mine[4].errata.is_empty() && mine[4].cves.is_empty() && mine[4].architecture.is_empty());
    assert!(mine.iter().zip(&others).all(|(one, other)| std::sync::Arc::ptr_eq(one, other)));
    let asked = service.asked();
    assert_eq!(asked.len(), 6, "three pages each: {asked:?}");
    assert_eq!(asked[0], "GET /managedInstances/i/packages/updates?limit=1000");
    assert_eq!(updates(&cloud, "nobody").await, None);
}

#[tokio::test(start_paused = true)]
async fn errata_are_read_of_an_instance_or_by_their_id() {
    let service = Service::new();
    let all =
        [("e1", Some("Important: kernel security update")), ("e2", Some("kernel update")), ("e/3", None)];
    for (id, synopsis) in all {
        service.world().errata.insert(id.to_owned(), erratum(id, synopsis));
    }
    let cloud = cloud(&service);
    let look = async |scope: Scope| cloud.observe(&scope).await.unwrap();
    let one = Erratum {
        id: "e1".into(),
        name: "EL-e1".into(),
        synopsis: "Important: kernel security update".into(),
        kind: UpdateKind::Security,
        severity: Some(Severity::Important),
        issued: "2026-01-02T03:04:05Z".parse().ok(),
        cves: vec!["CVE-a".into()],
        packages: ["bash-1:4-1.i686", "bash-1:4-1.x86_64"].map(|text| Package::parse(text).unwrap()).into(),
    };
    assert_eq!(look(Scope::Erratum("e1".into())).await, Sighting::Erratum("e1".into(), Some(one)));
    assert_eq!(look(Scope::Erratum("none".into())).await, Sighting::Erratum("none".into(), None));
    service.world().updates.insert("i".to_owned(), Vec::new());
    let Sighting::Errata(_, errata) = look(Scope::Errata(Ocid::new("i"))).await else { panic!() };
    let told: Vec<(&str, Option<Severity>)> =
        errata.iter().map(|erratum| (&*erratum.id, erratum.severity)).collect();
    assert_eq!(told, [("e/3", None), ("e1", Some(Severity::Important)), ("e2", None)]);
    assert_eq!(
        look(Scope::Errata(Ocid::new("nobody"))).await,
        Sighting::Errata(Ocid::new("nobody"), Vec::new())
    );
    let Sighting::Erratum(_, found) = look(Scope::Erratum("e/3".into())).await else { panic!() };
    assert!(found.is_some(), "an id is escaped in the path");
    let Sighting::ErrataSince(_, listed) = look(Scope::ErrataSince(None)).await else { panic!() };
    assert_eq!(listed.len(), 3);
    look(Scope::ErrataSince("2026-01-02T03:04:05Z".parse().ok())).await;
    let asked = service.asked();
    let last = asked.last().unwrap();
    assert!(last.contains("timeIssueDateStart=2026-01-02T03%3A04%3A05Z"), "{last}");
}
