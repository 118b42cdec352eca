//! Signatures: the right one passes, and each way of getting it wrong does not.

use http::HeaderValue;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_signature_covers_the_request() {
    let client = Client::new();
    let target = format!("/20190801/softwareSources?compartmentId={COMPARTMENT}");
    let get = || client.request(Method::GET, &target, b"", &[]);
    let body = br#"{"softwareSourceId":"x"}"#;
    let path = format!("/20190801/managedInstances/{}/actions/attachParentSoftwareSource", golden());
    let post = || client.request(Method::POST, &path, body, &[]);
    let status = |request| client.send(request).refusal().0;
    assert_eq!(status(get()), 200);
    assert_eq!(status(post()), 400, "the source is unknown, the signature is right");

    let refused = |what: &str, mut request: Request<Bytes>, change: &dyn Fn(&mut Request<Bytes>)| {
        change(&mut request);
        let got = client.send(request);
        assert_eq!(got.refusal(), (401, "NotAuthenticated"), "{what}");
    };
    let set = |name: &'static str, value: String| {
        move |request: &mut Request<Bytes>| {
            request.headers_mut().insert(name, HeaderValue::try_from(&value).unwrap());
        }
    };
    let edit = |from: &'static str, to: &'static str| {
        move |request: &mut Request<Bytes>| {
            let text = request.headers()["authorization"].to_str().unwrap().replace(from, to);
            request.headers_mut().insert("authorization", HeaderValue::try_from(text).unwrap());
        }
    };
    refused("another query", get(), &|request| {
        *request.uri_mut() = format!("{target}&limit=5").parse().unwrap();
    });
    refused("another method", get(), &|request| *request.method_mut() = Method::DELETE);
    refused("another host", get(), &set("host", "127.0.0.1:8081".to_owned()));
    refused("another body", post(), &|request| {
        *request.body_mut() = br#"{"softwareSourceId":"y"}"#[..].into();
    });
    refused("another body and digest", post(), &|request| {
        let body = br#"{"softwareSourceId":"y"}"#;
        *request.body_mut() = body[..].into();
        let digest = STANDARD.encode(ring::digest::digest(&ring::digest::SHA256, body));
        set("x-content-sha256", digest)(request);
    });
    refused("no signature", get(), &|request| {
        request.headers_mut().remove("authorization");
    });
    refused("no date", get(), &|request| {
        request.headers_mut().remove("date");
    });
    refused("another key", get(), &edit("keyId=\"", "keyId=\"x"));
    refused("another version", get(), &edit("version=\"1\"", "version=\"2\""));
    refused("another algorithm", get(), &edit("rsa-sha256", "rsa-sha512"));
    refused("an unsigned host", get(), &edit(" host\"", "\""));
    refused("an unsigned digest", post(), &edit(" x-content-sha256\"", "\""));
    refused("something after it", get(), &edit("version=\"1\"", "version=\"1\";"));
    refused("no headers", get(), &edit("headers=", "header="));
}

#[tokio::test(start_paused = true)]
async fn dates_are_checked_against_real_time() {
    let client = Client::new();
    client.simulator.advance(7 * 24 * 3600).unwrap();
    assert_eq!(client.get(&format!("/softwareSources?compartmentId={COMPARTMENT}")).status, 200);
    let target = "/20190801/errata";
    let request = client.request(Method::GET, target, b"", &[]);
    let now = Timestamp::now();
    let verify = |now| super::super::front::verify(request.method(), target, request.headers(), b"", now);
    for (seconds, passes) in [(-290, true), (290, true), (-310, false), (310, false)] {
        let then = now + jiff::SignedDuration::from_secs(seconds);
        assert_eq!(verify(then).is_ok(), passes, "{seconds}");
    }
}

#[tokio::test(start_paused = true)]
async fn requests_are_named() {
    let client = Client::new();
    let target = "/20190801/errata";
    let named = client.send(client.request(Method::GET, target, b"", &[("opc-request-id", "mine/1")]));
    assert_eq!(named.header("opc-request-id"), "mine/1");
    let nameless = client.get("/errata");
    assert_eq!(nameless.header("opc-request-id").len(), 32);
}

#[tokio::test(start_paused = true)]
async fn the_clock_and_the_facts_are_for_this_machine_only() {
    let client = Client::new();
    let send = |method: Method, path: &str, host: &str, body: &'static str| {
        let request = Request::builder().method(method).uri(path).header("host", host);
        client.send(request.body(Bytes::from(body)).unwrap())
    };
    let info = send(Method::GET, "/simulator/info", "127.0.0.1:8080", "");
    let info: Info = serde_json::from_value(info.body).unwrap();
    assert_eq!((info.facts, info.now), (facts(DEFAULT_SEED), start()));
    let moved = send(Method::POST, "/simulator/advance", "localhost", r#"{"seconds":172800}"#);
    let info: Info = serde_json::from_value(moved.body).unwrap();
    assert_eq!(info.now, start() + jiff::SignedDuration::from_hours(48));
    let status = |method, path, host, body| send(method, path, host, body).status;
    assert_eq!(status(Method::POST, "/simulator/advance", "localhost", r#"{"seconds":-1}"#), 400);
    assert_eq!(status(Method::POST, "/simulator/advance", "evil.example", r#"{"seconds":1}"#), 404);
    assert_eq!(status(Method::GET, "/simulator/advance", "localhost", ""), 405);
}
