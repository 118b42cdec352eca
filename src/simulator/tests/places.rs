//! Where things lie, what people allow of an instance, and what it could install.

use std::collections::BTreeSet;

use super::super::world::{STORES, TENANCY};
use super::*;

/// The ids of a list, in a compartment.
fn listed(client: &Client, kind: &str, compartment: &str) -> Vec<String> {
    let rows = client.all(&format!("/{kind}?compartmentId={compartment}"));
    rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn sources_groups_and_jobs_move_to_other_compartments() {
    let client = Client::new();
    let named = |more: Value| -> Value {
        let mut details = json!({ "compartmentId": COMPARTMENT, "displayName": "x" });
        details.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        details
    };
    let job = json!({
        "scheduleType": "ONETIME",
        "timeNextExecution": "2031-01-05T02:00:00Z",
        "operationType": "UPDATEALL",
        "managedInstances": [{ "id": member("web-02") }],
    });
    for (kind, more) in [
        ("softwareSources", json!({ "archType": "X86_64" })),
        ("managedInstanceGroups", json!({})),
        ("scheduledJobs", job),
    ] {
        let made = client.post(&format!("/{kind}"), named(more.clone()));
        let id = made.id();
        let path = format!("/{kind}/{id}");
        let to = |compartment: &str, extra: &[(&str, &str)]| {
            let body = json!({ "compartmentId": compartment });
            client.post_with(&format!("{path}/actions/changeCompartment"), body, extra)
        };
        let tag = made.header("etag").to_owned();
        let moved = || to(STORES, &[("if-match", &tag), ("opc-retry-token", kind)]);
        assert_eq!(moved().status, 204, "{kind}");
        assert_eq!(listed(&client, kind, COMPARTMENT), Vec::<String>::new(), "{kind}");
        assert_eq!(listed(&client, kind, STORES), [id.as_str()], "{kind}");
        let seen = client.get(&path);
        assert_eq!(seen.body["compartmentId"], STORES);
        assert_ne!(seen.header("etag"), tag);
        // Done once, as the token says; with another it is out of date.
        assert_eq!(moved().status, 204);
        assert_eq!(to(TENANCY, &[("if-match", &tag)]).refusal(), (412, "NoEtagMatch"));
        // Where it is already, nothing happens.
        assert_eq!(to(STORES, &[]).status, 204);
        assert_eq!(client.get(&path).header("etag"), seen.header("etag"));
        let nowhere = to("ocid1.compartment.oc1..x", &[]);
        assert_eq!(nowhere.refusal(), (400, "RelatedResourceNotAuthorizedOrNotFound"));
        let without = client.post(&format!("{path}/actions/changeCompartment"), json!({}));
        assert_eq!(without.refusal(), (400, "InvalidParameter"));
        assert_eq!(client.delete(&path, &[]).status, 204);
        assert_eq!(to(COMPARTMENT, &[]).refusal(), (404, "NotAuthorizedOrNotFound"), "it is deleted");

        // It is made where it is wanted, too.
        let mut details = named(more);
        details["compartmentId"] = json!(STORES);
        assert_eq!(client.post(&format!("/{kind}"), details).body["compartmentId"], STORES);
    }
    let vendor = listed(&client, "softwareSources", TENANCY)[0].clone();
    let body = json!({ "compartmentId": COMPARTMENT });
    let nobodys = client.post(&format!("/softwareSources/{vendor}/actions/changeCompartment"), body);
    assert_eq!(nobodys.refusal(), (404, "NotAuthorizedOrNotFound"));
}

#[tokio::test(start_paused = true)]
async fn what_people_allow_of_an_instance_can_be_changed() {
    let client = Client::new();
    let path = format!("/managedInstances/{}", member("web-02"));
    let before = client.get(&path);
    assert_eq!(
        (&before.body["notificationTopicId"], &before.body["isDataCollectionAuthorized"]),
        (&Value::Null, &json!(false))
    );
    let topic = "ocid1.onstopic.oc1.eu-frankfurt-1.aaaa";
    let tag = before.header("etag").to_owned();
    let change = |body: Value| client.put(&path, body, &[("if-match", &tag)]);
    let changed = change(json!({ "notificationTopicId": topic }));
    assert_eq!((changed.status, &changed.body["notificationTopicId"]), (200, &json!(topic)));
    assert_eq!(changed.body["isDataCollectionAuthorized"], false);
    assert_eq!(change(json!({})).refusal(), (412, "NoEtagMatch"));
    let changed = client.put(&path, json!({ "isDataCollectionAuthorized": true }), &[]);
    assert_eq!(changed.body["notificationTopicId"], topic, "what is left out stays");
    let seen = client.get(&path);
    assert_eq!((&seen.body, seen.header("etag")), (&changed.body, changed.header("etag")));
    assert_eq!(seen.body["isDataCollectionAuthorized"], true);
    for bad in [json!({ "displayName": "x" }), json!({ "isDataCollectionAuthorized": "yes" })] {
        assert_eq!(client.put(&path, bad, &[]).refusal(), (400, "InvalidParameter"));
    }
    let nobody = client.put("/managedInstances/ocid1.instance.oc1..x", json!({}), &[]);
    assert_eq!(nobody.refusal(), (404, "NotAuthorizedOrNotFound"));
}

#[tokio::test(start_paused = true)]
async fn what_is_available_is_what_could_be_installed() {
    let client = Client::new();
    let web = member("web-02");
    let path = format!("/managedInstances/{web}/packages/available");
    let rows = || client.all(&format!("{path}?sortBy=DISPLAYNAME"));
    let key = |row: &Value| (row["displayName"].clone().to_string(), row["architecture"].to_string());
    let keys: BTreeSet<_> = rows().iter().map(key).collect();
    assert_eq!(keys.len(), rows().len(), "the newest of each only");
    let installed = client.all(&format!("/managedInstances/{web}/packages"));
    assert!(installed.iter().all(|row| !keys.contains(&key(row))));
    let sources = client.get(&format!("/managedInstances/{web}")).body;
    let attached =
        [&[sources["parentSoftwareSource"].clone()][..], sources["childSoftwareSources"].as_array().unwrap()];
    let attached = attached.concat();
    for row in rows() {
        let links = row["softwareSources"].as_array().unwrap();
        assert!(!links.is_empty() && links.iter().all(|link| attached.contains(link)), "{row}");
    }

    let one = rows().into_iter().find(|row| row["architecture"] == "x86_64").unwrap();
    let prefix = one["displayName"].as_str().unwrap();
    let alike = client.all(&format!("{path}?displayName={}", escape(prefix)));
    assert!(alike.contains(&one) && alike.len() < rows().len());
    assert!(alike.iter().all(|row| row["displayName"].as_str().unwrap().starts_with(prefix)));

    let name = one["name"].as_str().unwrap();
    let install =
        format!("/managedInstances/{web}/actions/packages/install?softwarePackageName={}", escape(name));
    let work = client.post(&install, Value::Null).header("opc-work-request-id").to_owned();
    assert_eq!(client.wait(&work).await["status"], "SUCCEEDED");
    assert!(!rows().contains(&one));

    // Without sources there is nothing.
    assert_eq!(client.act(&web, "detachParent", attached[0]["id"].as_str().unwrap()).status, 204);
    assert_eq!(rows(), Vec::<Value>::new());
}
