//! The client against the simulator in this process, on a way where requests and answers get lost; and against answers
//! that no service should give.

use std::sync::Arc;

use super::*;
use crate::oci::testing::{Fault, Script, Way, json, refuse, with};
use crate::oci::{Credentials, Endpoint};
use crate::simulator::{Clock, DEFAULT_SEED, InProcess, ObjectSwitches, Simulator, Switches, credentials};

type Store = ObjectStorage<Way<InProcess>>;

/// A service with a bucket `own` that keeps no versions and a bucket `kept` that does.
async fn store() -> Store {
    store_of(ObjectSwitches::default()).await
}

async fn store_of(objects: ObjectSwitches) -> Store {
    let clock = Clock::starting_at("2026-11-27T17:00:00Z".parse().unwrap());
    let switches = Switches { objects, ..Switches::default() };
    let simulator = Arc::new(Simulator::in_memory(DEFAULT_SEED, clock, switches));
    let compartment = simulator.info().facts.compartment;
    let own = credentials();
    let key = Credentials::from_parts(own.tenancy, own.user, own.fingerprint, own.key.as_bytes()).unwrap();
    let endpoint = Endpoint::fixed("http://objectstorage.test");
    let client = Client::new(Way::to(InProcess(simulator)), endpoint, API_VERSION, key);
    let store = ObjectStorage::new(client, None);
    for (name, versioning) in [("own", "Disabled"), ("kept", "Enabled")] {
        let details =
            serde_json::json!({ "name": name, "compartmentId": compartment, "versioning": versioning });
        let call = Call::post("CreateBucket", &["n", "simulated", "b"]).json(&details);
        store.client.send(&call).await.unwrap();
    }
    store
}

fn way(store: &Store) -> &Way<InProcess> {
    store.client.transport()
}

fn refused(result: Result<String, WriteError>) -> Refused {
    match result {
        Err(WriteError::Refused(refused)) => refused,
        other => panic!("{other:?}"),
    }
}

async fn bytes(store: &Store, name: &str) -> Option<Bytes> {
    store.get("own", name).await.unwrap().map(|object| object.bytes)
}

#[tokio::test(start_paused = true)]
async fn a_write_depends_on_what_is_there() {
    let store = store().await;
    assert_eq!(store.get("own", "état/lock").await.unwrap(), None);
    let put = async |text: &'static str, condition: Condition<'_>| {
        store.put("own", "état/lock", Bytes::from(text), condition).await
    };
    let one = put("one", Condition::Absent).await.unwrap();
    let second = refused(put("two", Condition::Absent).await);
    assert_eq!((second.error.code(), second.asked), (Some("IfNoneMatchFailed"), false));
    let two = put("two", Condition::Match(&one)).await.unwrap();
    assert_ne!(one, two);
    let stale = refused(put("three", Condition::Match(&one)).await);
    assert_eq!((stale.error.code(), stale.asked), (Some("IfMatchFailed"), false));
    let read = store.get("own", "état/lock").await.unwrap().unwrap();
    assert_eq!((&read.bytes[..], read.etag), (&b"two"[..], two));
    let absent = store.put("own", "other", Bytes::new(), Condition::Match(&one)).await;
    assert_eq!(refused(absent).error.code(), Some("IfMatchFailed"));
    // The same bytes again: another write, and so another etag.
    let empty = store.put("own", "empty", Bytes::new(), Condition::Absent).await.unwrap();
    let again = store.put("own", "empty", Bytes::new(), Condition::Match(&empty)).await.unwrap();
    assert_ne!(empty, again);
    assert_eq!(bytes(&store, "empty").await, Some(Bytes::new()));
}

#[tokio::test(start_paused = true)]
async fn a_write_whose_answer_was_lost_is_refused_by_itself_and_says_so() {
    let store = store().await;
    way(&store).spoil("PUT", Fault::Lost);
    let own = refused(store.put("own", "lock", Bytes::from("mine"), Condition::Absent).await);
    assert_eq!((own.error.code(), own.asked), (Some("IfNoneMatchFailed"), true));
    let read = store.get("own", "lock").await.unwrap().unwrap();
    assert_eq!(read.bytes, "mine", "whoever wrote can tell that it is theirs");
    way(&store).spoil("PUT", Fault::Lost);
    let own = refused(store.put("own", "lock", Bytes::from("more"), Condition::Match(&read.etag)).await);
    assert_eq!((own.error.code(), own.asked), (Some("IfMatchFailed"), true));
    assert_eq!(bytes(&store, "lock").await.unwrap(), "more");

    // One that did not arrive is simply made by the next attempt.
    way(&store).spoil("PUT", Fault::Dropped);
    way(&store).spoil("PUT", Fault::Refused(503, "ServiceUnavailable"));
    way(&store).spoil("PUT", Fault::Refused(429, "TooManyRequests"));
    way(&store).spoil("PUT", Fault::Refused(409, "ConcurrentObjectUpdate"));
    store.put("own", "second", Bytes::from("x"), Condition::Absent).await.unwrap();
    assert_eq!(way(&store).lines.lock().unwrap().iter().filter(|line| line.ends_with("/second")).count(), 5);

    // Refused on the way by somebody who has done nothing: then a refusal is one.
    way(&store).spoil("PUT", Fault::Refused(429, "TooManyRequests"));
    let other = refused(store.put("own", "second", Bytes::from("x"), Condition::Absent).await);
    assert!(!other.asked);
}

#[tokio::test(start_paused = true)]
async fn a_write_of_which_nothing_is_known_says_that() {
    let store = store().await;
    for _ in 0..4 {
        way(&store).spoil("PUT", Fault::Dropped);
    }
    for _ in 0..4 {
        way(&store).spoil("PUT", Fault::Refused(500, "InternalServerError"));
    }
    let failed = store.put("own", "x", Bytes::from("x"), Condition::Absent).await.unwrap_err();
    assert!(matches!(failed, WriteError::Failed { .. }) && failed.may_be_served(), "{failed:?}");
}

#[tokio::test(start_paused = true)]
async fn a_write_that_cannot_be_says_that_it_was_not_served() {
    let store = store().await;
    let nowhere = store.put("nowhere", "x", Bytes::from("x"), Condition::Absent).await.unwrap_err();
    let WriteError::Failed { error, asked: false } = &nowhere else { panic!("{nowhere:?}") };
    assert_eq!((error.status(), error.code()), (Some(404), Some("BucketNotFound")));
    assert!(!nowhere.may_be_served());
    assert_eq!(nowhere.to_string(), error.to_string());
    // An etag that no header can hold is nobody's.
    let broken = store.put("own", "x", Bytes::from("x"), Condition::Match("a\nb")).await.unwrap_err();
    assert!(broken.to_string().contains("cannot be sent"), "{broken}");
}

#[tokio::test(start_paused = true)]
async fn a_deletion_depends_on_what_is_there() {
    let store = store().await;
    let one = store.put("own", "a/b", Bytes::from("one"), Condition::Absent).await.unwrap();
    let two = store.put("own", "a/b", Bytes::from("two"), Condition::Match(&one)).await.unwrap();
    let delete = async |removal: Removal<'_>| store.delete("own", "a/b", removal).await;
    let stale = delete(Removal::Match(&one)).await.unwrap_err();
    assert!(
        matches!(&stale, WriteError::Refused(Refused { asked: false, .. })) && !stale.may_be_served(),
        "{stale:?}"
    );
    assert_eq!(bytes(&store, "a/b").await.unwrap(), "two", "it is still there");
    assert_eq!(delete(Removal::Match(&two)).await, Ok(Removed::Now));
    assert_eq!(delete(Removal::Match(&two)).await, Ok(Removed::Absent { asked: false }));
    assert_eq!(delete(Removal::Any).await, Ok(Removed::Absent { asked: false }));
    store.put("own", "a/b", Bytes::from("three"), Condition::Absent).await.unwrap();
    way(&store).spoil("DELETE", Fault::Lost);
    assert_eq!(delete(Removal::Any).await, Ok(Removed::Absent { asked: true }));
    let nowhere = store.delete("nowhere", "a/b", Removal::Any).await.unwrap_err();
    assert!(nowhere.to_string().contains("BucketNotFound"), "{nowhere}");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_says_412_of_a_deletion_of_nothing_is_understood() {
    let store = store_of(ObjectSwitches { absent_fails_if_match: true, ..Default::default() }).await;
    let etag = store.put("own", "x", Bytes::from("x"), Condition::Absent).await.unwrap();
    way(&store).spoil("DELETE", Fault::Lost);
    let own = store.delete("own", "x", Removal::Match(&etag)).await.unwrap_err();
    assert!(matches!(&own, WriteError::Refused(Refused { asked: true, .. })), "{own:?}");
}

#[tokio::test(start_paused = true)]
async fn lists_are_read_to_their_end_whatever_the_pages_are() {
    let pages = ObjectSwitches { largest_page: 7, large_limits_fail: false, ..Default::default() };
    let store = store_of(pages).await;
    let mut names: Vec<String> = (0..40).map(|number| format!("état/journal/{number:05}")).collect();
    names.extend(["état/lock", "état/x+y & z%2F", "état/日本/..", "etat", "zuletzt"].map(str::to_owned));
    for name in &names {
        let bytes = Bytes::from(name.clone());
        store.put("own", name, bytes, Condition::Absent).await.unwrap();
    }
    names.sort();
    let all = store.list("own", "").await.unwrap();
    assert_eq!(all.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>(), names);
    let below = store.list("own", "état/").await.unwrap();
    assert_eq!(below.len(), 43);
    for entry in &below {
        let object = store.get("own", &entry.name).await.unwrap().unwrap();
        assert_eq!((object.bytes.len() as u64, object.etag), (entry.size, entry.etag.clone()));
        assert_eq!(object.bytes, entry.name);
    }
    assert_eq!(store.list("own", "nothing").await.unwrap(), []);
    assert!(store.list("nowhere", "").await.is_err());
}

#[tokio::test(start_paused = true)]
async fn large_objects_come_back_whole() {
    let store = store().await;
    let large: Bytes = (0..5 << 20).map(|at: u32| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let etag = store.put("own", "state", large.clone(), Condition::Absent).await.unwrap();
    assert_eq!(store.get("own", "state").await.unwrap(), Some(Object { bytes: large, etag }));
}

#[tokio::test(start_paused = true)]
async fn the_namespace_is_asked_for_once_and_buckets_tell_what_they_keep() {
    let store = store().await;
    assert_eq!(store.namespace().await.unwrap(), "simulated");
    let versioning = async |name| store.bucket(name).await.unwrap().map(|bucket| bucket.versioning);
    assert_eq!(versioning("own").await, Some(Versioning::Disabled));
    assert_eq!(versioning("kept").await, Some(Versioning::Enabled));
    assert_eq!(versioning("nowhere").await, None);
    assert_eq!(way(&store).lines.lock().unwrap().iter().filter(|line| *line == "GET /n").count(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_was_before_is_there_where_the_bucket_keeps_it() {
    let store = store().await;
    let one = store.put("kept", "s", Bytes::from("one"), Condition::Absent).await.unwrap();
    store.put("kept", "s2", Bytes::from("another"), Condition::Absent).await.unwrap();
    let two = store.put("kept", "s", Bytes::from("two"), Condition::Match(&one)).await.unwrap();
    assert_eq!(store.delete("kept", "s", Removal::Match(&two)).await, Ok(Removed::Now));
    assert_eq!(store.get("kept", "s").await.unwrap(), None);
    let mut versions = store.versions("kept", "s").await.unwrap();
    assert_eq!(
        versions.pop().map(|version| version.name).as_deref(),
        Some("s2"),
        "longer names begin so too"
    );
    let etags: Vec<_> = versions.iter().map(|version| (&*version.name, version.etag.clone())).collect();
    assert_eq!(etags, [("s", None), ("s", Some(two)), ("s", Some(one.clone()))]);
    let oldest = store.get_version("kept", "s", &versions[2].id).await.unwrap();
    assert_eq!(oldest, Some(Object { bytes: Bytes::from("one"), etag: one }));
    assert_eq!(store.get_version("kept", "s", &versions[0].id).await.unwrap(), None);
    assert_eq!(store.get_version("kept", "s", "no-such").await.unwrap(), None);
    assert!(store.versions("nowhere", "s").await.is_err());
}

#[tokio::test(start_paused = true)]
async fn lists_of_versions_are_read_to_their_end() {
    let pages = ObjectSwitches { largest_page: 4, large_limits_fail: false, ..Default::default() };
    let store = store_of(pages).await;
    for round in 0..3 {
        for name in ["a/1", "a/2", "a/3", "b"] {
            let there = store.get("kept", name).await.unwrap();
            let condition = there.as_ref().map_or(Condition::Absent, |there| Condition::Match(&there.etag));
            store.put("kept", name, Bytes::from(format!("{round}")), condition).await.unwrap();
        }
    }
    let versions = store.versions("kept", "a/").await.unwrap();
    let names: Vec<&str> = versions.iter().map(|version| version.name.as_str()).collect();
    assert_eq!(names, ["a/1", "a/1", "a/1", "a/2", "a/2", "a/2", "a/3", "a/3", "a/3"]);
    for (index, version) in versions.iter().enumerate() {
        let read = store.get_version("kept", &version.name, &version.id).await.unwrap().unwrap();
        assert_eq!(read.bytes, format!("{}", 2 - index % 3), "the newest first");
    }
    // Where no versions are kept there is what is there now.
    store.put("own", "a/1", Bytes::from("x"), Condition::Absent).await.unwrap();
    assert_eq!(store.versions("own", "a/").await.unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_bucket_that_is_not_there_is_no_object_that_is_not_there() {
    let store = store_of(ObjectSwitches { hidden_every: Some(5), ..Default::default() }).await;
    store.put("own", "x", Bytes::from("x"), Condition::Absent).await.unwrap();
    let mut hidden = 0;
    for _ in 0..20 {
        match store.get("own", "x").await {
            Ok(found) => assert_eq!(found.unwrap().bytes, "x"),
            Err(error) => {
                assert_eq!(error.code(), Some("BucketNotFound"));
                hidden += 1;
            }
        }
    }
    assert_eq!(hidden, 4);
}

/// A client on a script, with its namespace known.
fn scripted(script: &Script) -> ObjectStorage<Script> {
    ObjectStorage::new(script.client_of(API_VERSION), Some("ns".to_owned()))
}

#[tokio::test(start_paused = true)]
async fn requests_are_as_oracles_clients_send_them() {
    let script =
        Script::answers([with(200, &[("etag", "e-1")], ""), with(204, &[], ""), json(r#"{"objects":[]}"#)]);
    let store = scripted(&script);
    let etag = store.put("own", "a/ü", Bytes::from("abc"), Condition::Match("e-0")).await;
    assert_eq!(etag.as_deref(), Ok("e-1"));
    store.delete("own", "a/ü", Removal::Match("e-1")).await.unwrap();
    store.list("own", "a/").await.unwrap();
    let put = script.nth(0);
    assert_eq!(put.line, "PUT /n/ns/b/own/o/a%2F%C3%BC");
    assert_eq!((put.header("if-match"), put.header("content-md5")), ("e-0", "kAFQmDzST7DWlj99KOF/cg=="));
    assert_eq!(put.header("content-type"), "application/octet-stream");
    assert!(put.header("authorization").contains(r#"headers="date (request-target) host""#));
    assert_eq!(put.header("x-content-sha256"), "");
    assert_eq!(put.body, "abc");
    let delete = script.nth(1);
    assert_eq!(delete.line, "DELETE /n/ns/b/own/o/a%2F%C3%BC");
    assert_eq!(delete.header("if-match"), "e-1");
    assert_eq!(script.nth(2).line, "GET /n/ns/b/own/o?fields=name%2Csize%2Cetag&limit=1000&prefix=a%2F");
}

#[tokio::test(start_paused = true)]
async fn answers_that_cannot_be_are_errors() {
    let damaged = with(200, &[("etag", "e"), ("opc-content-md5", "kAFQmDzST7DWlj99KOF/cg==")], "abd");
    let error = scripted(&Script::answers([damaged])).get("own", "x").await.unwrap_err();
    assert!(error.to_string().contains("damaged on its way"), "{error}");
    let whole = with(200, &[("etag", "e"), ("content-md5", "kAFQmDzST7DWlj99KOF/cg==")], "abc");
    assert!(scripted(&Script::answers([whole])).get("own", "x").await.unwrap().is_some());
    let nameless = scripted(&Script::answers([with(200, &[], "abc")])).get("own", "x").await.unwrap_err();
    assert!(nameless.to_string().contains("it has no etag"), "{nameless}");
    let silent = scripted(&Script::answers([with(200, &[], "")]));
    let silent = silent.put("own", "x", Bytes::new(), Condition::Absent).await.unwrap_err();
    assert!(silent.may_be_served(), "{silent}");
    let page = || json(r#"{"objects":[],"nextStartWith":"b"}"#);
    let endless = scripted(&Script::answers([page(), page()])).list("own", "").await.unwrap_err();
    assert!(endless.to_string().contains("does not end"), "{endless}");
    // Another 412 is no condition's.
    let other = scripted(&Script::answers([refuse(412, "NamespaceDeleted")]));
    let other = other.put("own", "x", Bytes::new(), Condition::Absent).await.unwrap_err();
    assert!(matches!(other, WriteError::Failed { .. }), "{other:?}");
}
