//! What writes, reads and deletions depend on; and what is there before.

use super::*;

const MATCH: &str = "if-match";
const NONE_MATCH: &str = "if-none-match";

#[tokio::test(start_paused = true)]
async fn writes_depend_on_etags() {
    let store = Store::new();
    let put = |headers: &[(&str, &str)]| store.put_with("/own/o/x", b"x", headers);
    let failed = (412, "IfMatchFailed".to_owned());
    assert_eq!(put(&[(MATCH, "foo")]).refusal(), failed, "there is nothing");
    assert_eq!(put(&[(MATCH, "*")]).refusal(), failed);
    let one = put(&[(NONE_MATCH, "*")]);
    assert_eq!(one.status, 200);
    assert_eq!(put(&[(NONE_MATCH, "*")]).refusal(), (412, "IfNoneMatchFailed".into()));
    assert_eq!(put(&[(MATCH, "foo")]).refusal(), failed);
    let two = put(&[(MATCH, one.header("etag"))]);
    assert_eq!(two.status, 200);
    assert_eq!(put(&[(MATCH, one.header("etag"))]).refusal(), failed);
    assert_eq!(store.get("/own/o/x").header("etag"), two.header("etag"), "nothing of it was written");
    assert_eq!(put(&[(MATCH, &format!("\"{}\"", two.header("etag")))]).status, 200);
    assert_eq!(put(&[]).status, 200);
    let invalid = (400, "InvalidConditionalHeaders".to_owned());
    assert_eq!(put(&[(NONE_MATCH, "foo")]).refusal(), invalid);
    assert_eq!(put(&[(NONE_MATCH, "*"), (MATCH, "foo")]).refusal(), invalid);
}

#[tokio::test(start_paused = true)]
async fn reads_and_deletions_depend_on_etags() {
    let store = Store::new();
    let one = store.put("/own/o/x", b"x").header("etag").to_owned();
    let get = |headers: &[(&str, &str)]| store.get_with("/own/o/x", headers);
    let failed = (412, "IfMatchFailed".to_owned());
    assert_eq!(get(&[(MATCH, &one)]).status, 200);
    assert_eq!(get(&[(MATCH, "foo")]).refusal(), failed);
    assert_eq!(get(&[(NONE_MATCH, "foo")]).status, 200);
    let same = get(&[(NONE_MATCH, &one)]);
    assert_eq!((same.status, same.body.len()), (304, 0));
    assert_eq!(get(&[(NONE_MATCH, "*")]).refusal(), (400, "InvalidConditionalHeaders".into()));
    let delete = |headers: &[(&str, &str)]| store.delete("/own/o/x", headers);
    assert_eq!(delete(&[(MATCH, "foo")]).refusal(), failed);
    assert_eq!(get(&[]).status, 200, "it is still there");
    let gone = delete(&[(MATCH, &one)]);
    assert_eq!((gone.status, gone.body.len()), (204, 0));
    assert!(gone.header("last-modified").ends_with("GMT"));
    for headers in [&[][..], &[(MATCH, one.as_str())]] {
        assert_eq!(delete(headers).refusal(), (404, "ObjectNotFound".into()));
        assert_eq!(store.get_with("/own/o/x", headers).refusal(), (404, "ObjectNotFound".into()));
    }
    let store = Store::switched(ObjectSwitches { absent_fails_if_match: true, ..Default::default() });
    assert_eq!(store.delete("/own/o/x", &[(MATCH, "foo")]).refusal(), failed);
}

#[tokio::test(start_paused = true)]
async fn versions_are_kept_where_the_bucket_keeps_them() {
    let store = Store::new();
    let put = |bytes: &[u8]| store.put("/kept/o/x", bytes).header("version-id").to_owned();
    let (one, two) = (put(b"one"), put(b"two"));
    assert_ne!(one, two);
    let of = |version: &str| store.get(&format!("/kept/o/x?versionId={version}"));
    assert_eq!(&of(&one).body[..], b"one");
    assert_eq!(&store.get("/kept/o/x").body[..], b"two");
    assert_eq!(store.get("/kept/o/x").header("version-id"), two);

    let gone = store.delete("/kept/o/x", &[]);
    assert_eq!((gone.status, gone.header("is-delete-marker")), (204, "true"));
    let marker = gone.header("version-id").to_owned();
    assert_eq!(store.get("/kept/o/x").refusal(), (404, "ObjectNotFound".into()));
    assert_eq!(of(&marker).refusal(), (404, "ObjectNotFound".into()));
    assert_eq!(&of(&two).body[..], b"two");
    assert_eq!(store.put_with("/kept/o/x", b"three", &[(NONE_MATCH, "*")]).status, 200);

    let rows = store.get("/kept/objectversions").json()["items"].clone();
    let rows: Vec<_> = rows.as_array().unwrap().iter().map(|row| row["versionId"].clone()).collect();
    assert_eq!(rows[1..], [json!(marker), json!(two), json!(one)]);

    // A version is deleted for good; without the newest, the one before is there again.
    let last = rows[0].as_str().unwrap();
    let delete = |version: &str| store.delete(&format!("/kept/o/x?versionId={version}"), &[]);
    assert_eq!(delete(last).header("is-delete-marker"), "false");
    assert_eq!(store.get("/kept/o/x").status, 404, "the marker is on top again");
    assert_eq!(delete(&marker).header("is-delete-marker"), "true");
    assert_eq!(&store.get("/kept/o/x").body[..], b"two");
    assert_eq!((delete(&one).status, delete(&two).status), (204, 204));
    assert_eq!(delete(&two).refusal(), (404, "ObjectNotFound".into()));
    assert_eq!(store.delete("/kept", &[]).status, 204, "nothing is left");
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_stays_while_versioning_is_suspended() {
    let store = Store::new();
    store.put("/own/o/x", b"zero");
    let versioning = |word: &str| {
        let body = json!({ "versioning": word }).to_string();
        store.send(Method::POST, "/n/simulated/b/own", &body, &[]).status
    };
    assert_eq!(versioning("Suspended"), 400, "it never was enabled");
    assert_eq!(versioning("Enabled"), 200);
    store.put("/own/o/x", b"one");
    assert_eq!(versioning("Suspended"), 200);
    store.put("/own/o/x", b"two");
    store.put("/own/o/x", b"three");
    let rows = || store.get("/own/objectversions").json()["items"].as_array().unwrap().len();
    assert_eq!(rows(), 3, "zero, one and three");
    assert_eq!(&store.get("/own/o/x").body[..], b"three");
    assert_eq!(store.delete("/own/o/x", &[]).status, 204);
    assert_eq!(rows(), 3, "the marker is in the place of three");
}
