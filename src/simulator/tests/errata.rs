//! Errata: what updates name, what lists of them say, and how they hang together.

use std::collections::BTreeSet;

use super::*;

fn strings(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn updates_errata_and_counts_of_an_instance_agree() {
    let client = Client::new();
    let instance = format!("/managedInstances/{}", member("db-01"));
    let updates = client.all(&format!("{instance}/packages/updates"));
    let of_kind = |kind: &str| updates.iter().filter(|update| update["updateType"] == kind).count();
    let seen = client.get(&instance).body;
    for (kind, field) in [
        ("SECURITY", "securityUpdatesAvailable"),
        ("BUG", "bugUpdatesAvailable"),
        ("ENHANCEMENT", "enhancementUpdatesAvailable"),
        ("OTHER", "otherUpdatesAvailable"),
    ] {
        assert!(of_kind(kind) > 0, "{kind}");
        assert_eq!(seen[field], of_kind(kind), "{kind}");
    }
    for update in &updates {
        let (kind, errata) = (&update["updateType"], update["errata"].as_array().unwrap());
        assert_eq!(errata.is_empty(), kind == "OTHER", "{update}");
        assert_eq!(strings(&update["relatedCves"]).is_empty(), kind != "SECURITY", "{update}");
    }
    let named: BTreeSet<String> = updates
        .iter()
        .flat_map(|update| update["errata"].as_array().unwrap())
        .map(|erratum| erratum["id"].as_str().unwrap().to_owned())
        .collect();
    let errata = client.all(&format!("{instance}/errata"));
    let listed: BTreeSet<String> =
        errata.iter().map(|erratum| erratum["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(listed, named);

    client.update(&member("db-01")).await;
    assert_eq!(client.all(&format!("{instance}/errata")), Vec::<Value>::new());
}

#[tokio::test(start_paused = true)]
async fn an_erratum_says_whom_it_is_about_and_what_it_brings() {
    let client = Client::new();
    let all = client.all("/errata");
    assert!(all.len() > 100, "{}", all.len());
    let issued: Vec<&str> = all.iter().map(|erratum| erratum["issued"].as_str().unwrap()).collect();
    assert!(issued.is_sorted_by(|a, b| a >= b), "{issued:?}");
    let security = all.iter().find(|erratum| erratum["advisoryType"] == "SECURITY").unwrap();
    let (id, name) = (security["id"].as_str().unwrap(), security["name"].as_str().unwrap());
    let full = client.get(&format!("/errata/{id}")).body;
    for field in ["name", "synopsis", "issued", "advisoryType", "relatedCves"] {
        assert_eq!(full[field], security[field]);
    }
    assert_eq!(client.all(&format!("/errata?advisoryName={name}")), std::slice::from_ref(security));
    assert_eq!(client.all(&format!("/errata?erratumId={id}")), std::slice::from_ref(security));
    assert_eq!(client.get("/errata/ocid1.osmserratum.oc1..x").refusal(), (404, "NotAuthorizedOrNotFound"));
    let names = client.all("/errata?sortBy=ADVISORYNAME");
    assert_eq!(names.len(), all.len());
    assert!(names.is_sorted_by(|a, b| a["name"].as_str() <= b["name"].as_str()));
    let date = issued[issued.len() / 2];
    let late = client.all(&format!("/errata?timeIssueDateStart={}", escape(date))).len();
    let early = client.all(&format!("/errata?timeIssueDateEnd={}", escape(date))).len();
    assert!(late > 0 && early > 0 && late + early > all.len(), "{late} {early}");
    for wrong in ["timeIssueDateEnd=yesterday", "sortBy=DISPLAYNAME", "sortOrder=UP", "limit=0"] {
        assert_eq!(client.get(&format!("/errata?{wrong}")).refusal(), (400, "InvalidParameter"), "{wrong}");
    }

    let package = full["packages"][0]["name"].as_str().unwrap();
    let cve = strings(&full["relatedCves"]).remove(0);
    let found = client.all(&format!("/softwareSources/softwarePackages?cveName={cve}"));
    assert!(found.iter().any(|row| row["name"] == package), "{cve}: {found:?}");
    assert!(found.iter().all(|row| row["errata"][0]["displayName"] == name), "{found:?}");
    let affected = full["affectedInstances"].as_array().unwrap();
    if let Some(instance) = affected.first() {
        let path = format!("/managedInstances/{}/errata", instance["id"].as_str().unwrap());
        assert!(client.all(&path).iter().any(|erratum| erratum["id"] == id));
    }
}

#[tokio::test(start_paused = true)]
async fn an_update_may_name_the_last_erratum_alone() {
    let count = |switches: Switches| {
        let client = Client::switched(switches);
        let updates = client.all(&format!("/managedInstances/{}/packages/updates", member("db-01")));
        updates.iter().map(|update| update["errata"].as_array().unwrap().len()).max().unwrap()
    };
    assert!(count(Switches::default()) > 1);
    assert_eq!(count(Switches { errata_between: false, ..Switches::default() }), 1);
}
