//! Object Storage from outside, as its own clients speak to it: with bytes that are not signed.

mod conditions;
mod kept;
mod lists;

use super::*;

/// Signs and sends requests to Object Storage, and reads answers that are bytes.
struct Store(Client);

/// An answer.
#[derive(Clone, Debug, PartialEq)]
struct Raw {
    status: u16,
    headers: http::HeaderMap,
    body: Bytes,
}

impl Raw {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The code of a refusal.
    fn refusal(&self) -> (u16, String) {
        (self.status, self.json()["code"].as_str().unwrap_or_default().to_owned())
    }
}

impl Store {
    /// A store with a bucket `own` that keeps no versions, and `kept` that does.
    fn new() -> Self {
        Self::of(Client::new())
    }

    fn switched(objects: ObjectSwitches) -> Self {
        Self::of(Client::switched(Switches { objects, ..Switches::default() }))
    }

    fn of(client: Client) -> Self {
        let store = Self(client);
        for (name, versioning) in [("own", "Disabled"), ("kept", "Enabled")] {
            assert_eq!(store.create(name, &json!({ "versioning": versioning })).status, 200);
        }
        store
    }

    fn create(&self, name: &str, more: &Value) -> Raw {
        let mut details = json!({ "name": name, "compartmentId": COMPARTMENT });
        let more = more.as_object().unwrap().clone();
        details.as_object_mut().unwrap().extend(more);
        self.send(Method::POST, "/n/simulated/b", &details.to_string(), &[])
    }

    /// Sends what is signed as any request.
    fn send(&self, method: Method, target: &str, body: &str, extra: &[(&str, &str)]) -> Raw {
        self.handle(self.0.request(method, target, body.as_bytes(), extra))
    }

    fn handle(&self, request: Request<Bytes>) -> Raw {
        let (parts, body) = self.0.simulator.handle(request).into_parts();
        Raw { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    fn get(&self, path: &str) -> Raw {
        self.get_with(path, &[])
    }

    fn get_with(&self, path: &str, extra: &[(&str, &str)]) -> Raw {
        self.send(Method::GET, &format!("/n/simulated/b{path}"), "", extra)
    }

    fn head(&self, path: &str) -> Raw {
        self.send(Method::HEAD, &format!("/n/simulated/b{path}"), "", &[])
    }

    fn delete(&self, path: &str, extra: &[(&str, &str)]) -> Raw {
        self.send(Method::DELETE, &format!("/n/simulated/b{path}"), "", extra)
    }

    fn put(&self, path: &str, bytes: &[u8]) -> Raw {
        self.put_with(path, bytes, &[])
    }

    /// Brings bytes, which Oracle's clients do not sign.
    fn put_with(&self, path: &str, bytes: &[u8], extra: &[(&str, &str)]) -> Raw {
        self.handle(self.plain(path, bytes, extra))
    }

    fn plain(&self, path: &str, bytes: &[u8], extra: &[(&str, &str)]) -> Request<Bytes> {
        let target = format!("/n/simulated/b{path}");
        let length = bytes.len().to_string();
        let extra: Vec<_> = extra.iter().copied().chain([("content-length", length.as_str())]).collect();
        self.0.plain_request(Method::PUT, &target, bytes, &extra)
    }
}

#[tokio::test(start_paused = true)]
async fn buckets_are_made_changed_and_deleted() {
    let store = Store::new();
    for path in ["/n", "/n/", &format!("/n?compartmentId={TENANCY}")] {
        assert_eq!(store.send(Method::GET, path, "", &[]).json(), "simulated", "{path}");
    }
    let tags = json!({ "freeformTags": { "a": "b" }, "metadata": { "x": "1", "y": "2" } });
    let made = store.create("third_one.2", &tags);
    assert_eq!(made.status, 200, "{made:?}");
    let bucket = made.json();
    for (key, value) in [("namespace", "simulated"), ("versioning", "Disabled"), ("name", "third_one.2")] {
        assert_eq!(bucket[key], value);
    }
    assert_eq!(made.header("etag"), bucket["etag"]);
    assert_eq!(store.get("/third_one.2").json(), bucket);
    assert_eq!(store.create("third_one.2", &json!({})).refusal(), (409, "BucketAlreadyExists".into()));

    let change = json!({ "metadata": { "x": null, "z": "3" }, "versioning": "Enabled" });
    let update = |body: &Value, extra: &[(&str, &str)]| {
        store.send(Method::POST, "/n/simulated/b/third_one.2", &body.to_string(), extra)
    };
    assert_eq!(update(&change, &[("if-match", "other")]).refusal(), (412, "IfMatchFailed".into()));
    let changed = update(&change, &[("if-match", made.header("etag"))]);
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(changed.json()["metadata"], json!({ "y": "2", "z": "3" }));
    assert_eq!(changed.json()["versioning"], "Enabled");
    assert_eq!(changed.json()["freeformTags"], json!({ "a": "b" }));
    assert_ne!(changed.header("etag"), made.header("etag"));
    let head = store.head("/third_one.2");
    assert_eq!((head.status, head.header("etag"), head.body.len()), (200, changed.header("etag"), 0));
    let same = store.get_with("/third_one.2", &[("if-none-match", changed.header("etag"))]);
    assert_eq!((same.status, same.body.len()), (304, 0));
    for body in [json!({ "versioning": "Disabled" }), json!({ "name": "x" }), json!({ "kmsKeyId": "k" })] {
        assert_eq!(update(&body, &[]).refusal(), (400, "InvalidBucketProperty".into()), "{body}");
    }
    assert_eq!(update(&json!({ "colour": "red" }), &[]).status, 400);

    let listed = store.get(&format!("?compartmentId={COMPARTMENT}")).json();
    let names: Vec<_> = listed.as_array().unwrap().iter().map(|bucket| bucket["name"].clone()).collect();
    assert_eq!(names, ["kept", "own", "third_one.2"]);
    let page = store.get(&format!("?compartmentId={COMPARTMENT}&limit=2&fields=tags"));
    assert_eq!(page.json().as_array().unwrap().len(), 2);
    let token = escape(page.header("opc-next-page"));
    let rest = store.get(&format!("?compartmentId={COMPARTMENT}&limit=2&fields=tags&page={token}"));
    assert_eq!(rest.json()[0]["freeformTags"], json!({ "a": "b" }));

    store.put("/third_one.2/o/x", b"12345");
    let counted = store.get("/third_one.2?fields=approximateCount,approximateSize").json();
    assert_eq!((&counted["approximateCount"], &counted["approximateSize"]), (&json!(1), &json!(5)));
    assert_eq!(store.delete("/third_one.2", &[]).refusal(), (409, "BucketNotEmpty".into()));
    // What it keeps counts too.
    assert_eq!(store.delete("/third_one.2/o/x", &[]).status, 204);
    assert_eq!(store.delete("/third_one.2", &[]).refusal(), (409, "BucketNotEmpty".into()));
    assert_eq!(store.delete("/own", &[]).status, 204);
    assert_eq!(store.get("/own").refusal(), (404, "BucketNotFound".into()));
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_is_refused_as_the_service_names_it() {
    let store = Store::new();
    for (name, code) in [("", "InvalidBucketName"), ("a b", "InvalidBucketName"), ("ü", "InvalidBucketName")]
    {
        assert_eq!(store.create(name, &json!({})).refusal(), (400, code.into()), "{name}");
    }
    let elsewhere = store.create("x", &json!({ "compartmentId": "ocid1.compartment.oc1..nothing" }));
    assert_eq!(elsewhere.refusal(), (400, "RelatedResourceNotAuthorizedOrNotFound".into()));
    let foreign = store.send(Method::GET, "/n/foreign/b/own/o", "", &[]);
    assert_eq!(foreign.refusal(), (404, "NamespaceNotFound".into()));
    let long = "x".repeat(1025);
    for (path, status, code) in [
        ("/nowhere/o/x", 404, "BucketNotFound"),
        ("/nowhere/o", 404, "BucketNotFound"),
        ("/own/o/nothing", 404, "ObjectNotFound"),
        ("/own/o/nothing?versionId=x", 404, "ObjectNotFound"),
        (&format!("/own/o/{long}"), 400, "InvalidObjectName"),
        ("/own/o/a%0Ab", 400, "InvalidObjectName"),
        ("/own/o?limit=0", 400, "InvalidLimit"),
        ("/own/o?limit=1001", 412, "LimitTooHigh"),
        ("/own/o?fields=name,colour", 400, "InvalidAttributeName"),
        ("/own/o?delimiter=x", 400, "InvalidParameter"),
        ("/own/o?colour=red", 400, "InvalidParameter"),
        ("/own/u", 501, "MethodNotImplemented"),
        ("/own/u/x?uploadId=y&uploadPartNum=1", 501, "MethodNotImplemented"),
    ] {
        assert_eq!(store.get(path).refusal(), (status, code.to_owned()), "{path}");
    }
    for (header, value, status, code) in [
        ("content-md5", "foo", 400, "InvalidContentMD5"),
        ("content-md5", "kAFQmDzST7DWlj99KOF/cA==", 400, "UnmatchedContentMD5"),
        ("opc-sse-kms-key-id", "x", 501, "MethodNotImplemented"),
    ] {
        let refused = store.put_with("/own/o/x", b"abc", &[(header, value)]);
        assert_eq!(refused.refusal(), (status, code.to_owned()), "{header}");
    }
    assert_eq!(store.get("/own/o/x").status, 404, "nothing of it was kept");
    let endless = store.0.plain_request(Method::PUT, "/n/simulated/b/own/o/x", b"abc", &[]);
    assert_eq!(store.handle(endless).refusal(), (411, "ContentLengthRequired".into()));
    let head = store.head("/own/o/nothing");
    assert_eq!((head.status, head.body.len()), (404, 0));
}

#[tokio::test(start_paused = true)]
async fn signatures_leave_the_bytes_out_or_hold() {
    let store = Store::new();
    assert_eq!(store.put("/own/o/x", b"abc").status, 200);
    let signed = store.send(Method::PUT, "/n/simulated/b/own/o/x", "abc", &[]);
    assert_eq!(signed.status, 200, "with the body signed, as anywhere else: {signed:?}");
    let mut other = store.0.request(Method::PUT, "/n/simulated/b/own/o/x", b"abc", &[]);
    *other.body_mut() = Bytes::from("abd");
    assert_eq!(store.handle(other).refusal(), (401, "NotAuthenticated".into()));
    let mut elsewhere = store.plain("/own/o/x", b"abc", &[]);
    *elsewhere.uri_mut() = "/n/simulated/b/own/o/y".parse().unwrap();
    assert_eq!(store.handle(elsewhere).refusal(), (401, "NotAuthenticated".into()));
    // Everything else is signed with its body, a bucket's properties too.
    let bucket = store.0.plain_request(Method::POST, "/n/simulated/b", b"{}", &[("content-length", "2")]);
    assert_eq!(store.handle(bucket).refusal(), (401, "NotAuthenticated".into()));
    let source = store.0.plain_request(Method::PUT, "/20190801/softwareSources/x", b"{}", &[]);
    assert_eq!(store.handle(source).refusal(), (401, "NotAuthenticated".into()));
}

#[tokio::test(start_paused = true)]
async fn objects_come_back_as_they_were_brought() {
    let store = Store::new();
    let bytes: Vec<u8> = (0..=255).collect();
    let more = [("content-type", "text/x"), ("opc-meta-Who", "me"), ("content-language", "de")];
    let put = store.put_with("/own/o/a/b%20%C3%BC", &bytes, &more);
    assert_eq!((put.status, put.body.len()), (200, 0));
    assert_eq!(put.header("opc-content-md5"), "4shl20Fivtljv6qe9qwY8A==");
    assert_eq!(put.header("version-id"), "", "the bucket keeps none");
    for path in ["/own/o/a/b%20%C3%BC", "/own/o/a%2Fb%20%C3%BC"] {
        let got = store.get_with(path, &[("opc-client-request-id", "mine")]);
        assert_eq!((got.status, &got.body[..]), (200, &bytes[..]));
        for (name, value) in [
            ("etag", put.header("etag")),
            ("content-type", "text/x"),
            ("opc-meta-who", "me"),
            ("content-language", "de"),
            ("content-md5", put.header("opc-content-md5")),
            ("last-modified", put.header("last-modified")),
            ("opc-client-request-id", "mine"),
        ] {
            assert_eq!(got.header(name), value, "{name}");
        }
    }
    let etag = put.header("etag");
    assert!(etag.len() == 36 && etag.split('-').map(str::len).eq([8, 4, 4, 4, 12]), "{etag}");
    let head = store.head("/own/o/a/b%20%C3%BC");
    assert_eq!((head.header("content-length"), head.header("etag")), ("256", etag));
    let part = store.get_with("/own/o/a/b%20%C3%BC", &[("range", "bytes=2-4")]);
    assert_eq!((part.status, &part.body[..]), (206, &[2, 3, 4][..]));
    assert_eq!(part.header("content-range"), "bytes 2-4/256");
    let none = store.get_with("/own/o/a/b%20%C3%BC", &[("range", "bytes=256-")]);
    assert_eq!(none.refusal(), (416, "InvalidRange".into()));
    let named = store.get("/own/o/a/b%20%C3%BC?httpResponseContentType=text%2Fplain");
    assert_eq!(named.header("content-type"), "text/plain");
    // The same bytes: another etag, and without the headers that were not sent again.
    let again = store.put("/own/o/a/b%20%C3%BC", &bytes);
    assert_ne!(again.header("etag"), etag);
    let got = store.get("/own/o/a/b%20%C3%BC");
    assert_eq!((got.header("content-type"), got.header("opc-meta-who")), ("application/octet-stream", ""));
    assert_eq!(store.put("/own/o/empty", b"").status, 200);
    assert_eq!(store.get("/own/o/empty").body.len(), 0);
}
