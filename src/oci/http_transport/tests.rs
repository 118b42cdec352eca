//! Over a real socket on loopback: what arrives is what was signed.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request;
use axum::response::IntoResponse;
use http::StatusCode;

use super::*;
use crate::oci::{Call, Client, Credentials, Endpoint, Error};

type Heard = Arc<Mutex<Vec<(http::request::Parts, Bytes)>>>;

async fn serve() -> (String, Heard) {
    let heard = Heard::default();
    let ear = Arc::clone(&heard);
    let handler = move |request: Request| async move {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        let moved = parts.uri.path().ends_with("/moved");
        let silent = parts.uri.path().ends_with("/silent");
        ear.lock().unwrap().push((parts, body));
        if silent {
            std::future::pending::<()>().await;
        }
        match moved {
            true => (StatusCode::FOUND, [("location", "/20190801/x")], "elsewhere").into_response(),
            false => (StatusCode::OK, [("opc-request-id", "R")], "[1]").into_response(),
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(handler)).await.unwrap() });
    (format!("http://{address}"), heard)
}

fn client(url: &str) -> Client<HttpTransport> {
    let key = include_str!("../testdata/key.pem").as_bytes();
    let credentials = Credentials::from_parts("t", "u", "f", key).unwrap();
    let once = crate::oci::retry::Policy { attempts: 1, ..Default::default() };
    Client::new(HttpTransport::new(), Endpoint::fixed(url), "/20190801", credentials).with_policy(once)
}

#[tokio::test]
async fn what_arrives_is_what_was_signed() {
    let (url, heard) = serve().await;
    let client = client(&url);
    let target = "a+b:c~d";
    client.send(&Call::get("Get", &["x", target]).query("page", "A+/=")).await.unwrap();
    client.send(&Call::post("Post", &["x", "actions"]).query("t", "a:b")).await.unwrap();
    client.send(&Call::post("Post", &["y"]).json(&["é"])).await.unwrap();
    client.send(&Call::new("Delete", http::Method::DELETE, &["y"])).await.unwrap();
    let key = Credentials::from_parts("t", "u", "f", include_bytes!("../testdata/key.pem"))
        .unwrap()
        .current(jiff::Timestamp::now())
        .await
        .unwrap();
    let heard = heard.lock().unwrap();
    let lines: Vec<String> =
        heard.iter().map(|(parts, _)| format!("{} {}", parts.method, parts.uri)).collect();
    assert_eq!(
        lines,
        [
            "GET /20190801/x/a%2Bb%3Ac~d?page=A%2B%2F%3D",
            "POST /20190801/x/actions?t=a%3Ab",
            "POST /20190801/y",
            "DELETE /20190801/y",
        ]
    );
    let public = ring::signature::UnparsedPublicKey::new(
        &ring::signature::RSA_PKCS1_2048_8192_SHA256,
        key.public_key().to_vec(),
    );
    for (parts, body) in heard.iter() {
        let header = |name: &str| -> Vec<String> {
            parts.headers.get_all(name).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
        };
        let authorization = header("authorization").concat();
        let part = |name: &str| {
            let (_, rest) = authorization.split_once(&format!("{name}=\"")).unwrap();
            rest.split_once('"').unwrap().0.to_owned()
        };
        let names = part("headers");
        let names: Vec<&str> = names.split(' ').collect();
        let text =
            crate::oci::sign::signing_string(&parts.method, &parts.uri.to_string(), &parts.headers, &names);
        let signature = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, part("signature"));
        assert_eq!(public.verify(text.as_bytes(), &signature.unwrap()), Ok(()), "{text}");
        assert_eq!(header("host"), [url.strip_prefix("http://").unwrap()]);
        if parts.method == http::Method::POST {
            assert_eq!(header("content-length"), [body.len().to_string()]);
            assert_eq!(names.len(), 6);
        }
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (url, heard) = serve().await;
    let error = client(&url).send(&Call::get("Get", &["moved"])).await.unwrap_err();
    assert_eq!(error.status(), Some(302));
    assert_eq!(heard.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_closed_port_is_no_connection() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let request = http::Request::get(format!("{url}/x")).body(Bytes::new()).unwrap();
    let error = HttpTransport::new().send(request).await.unwrap_err();
    assert!(matches!(&error, TransportError::Connect(text) if text.contains("refused")), "{error:?}");
    let error = client(&url).send(&Call::get("Get", &["x"])).await.unwrap_err();
    let Error::NoAnswer { endpoint, reason, .. } = &error else { panic!("{error:?}") };
    assert_eq!(*endpoint, url);
    assert!(reason.starts_with("cannot connect: "), "{reason}");
}

#[tokio::test]
async fn silence_is_an_answer_that_may_have_been_lost() {
    let (url, _) = serve().await;
    let request = |path: &str| http::Request::get(format!("{url}/{path}")).body(Bytes::new()).unwrap();
    let transport = HttpTransport::new();
    transport.send(request("x")).await.unwrap();
    // There is a connection now, so that only the silence is left to be waited out.
    tokio::time::pause();
    let start = tokio::time::Instant::now();
    let error = transport.send(request("silent")).await.unwrap_err();
    assert_eq!(error, TransportError::Broken("no answer within 60 s".to_owned()));
    assert_eq!(start.elapsed().as_secs(), 70);
    let mut slow = request("silent");
    slow.extensions_mut().insert(Patience(Duration::from_secs(600)));
    let error = transport.send(slow).await.unwrap_err();
    assert_eq!(error, TransportError::Broken("no answer within 600 s".to_owned()));
}

#[test]
fn only_this_machine_is_spoken_to_without_certificates() {
    let local = |uri: &str| is_local(&uri.parse().unwrap());
    for uri in ["http://127.0.0.1:80/x", "http://localhost/x", "http://[::1]:8080/x", "http://127.9.9.9/"] {
        assert!(local(uri), "{uri}");
    }
    for uri in ["https://127.0.0.1/x", "http://10.0.0.1/x", "http://localhost.example.com/", "https://h/"] {
        assert!(!local(uri), "{uri}");
    }
}

#[test]
fn a_certificate_that_is_not_trusted_is_found_in_its_wrappings() {
    fn io(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> std::io::Error {
        std::io::Error::other(error)
    }
    let untrusted = || rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
    assert!(about_certificate(&io(io(untrusted()))).is_some());
    assert!(about_certificate(&untrusted()).is_some());
    assert!(about_certificate(&io(rustls::Error::HandshakeNotComplete)).is_none());
    assert!(about_certificate(&io("refused")).is_none());
}

#[tokio::test]
async fn requests_are_written_down_without_what_is_secret() {
    use std::os::unix::fs::PermissionsExt;
    let (url, _heard) = serve().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trace.ndjson");
    let trace = Trace::open(&file).unwrap();
    let key = include_str!("../testdata/key.pem").as_bytes();
    let client = |url: &str, attempts| {
        let credentials = Credentials::from_parts("t/secret", "u", "f", key).unwrap();
        let policy = crate::oci::retry::Policy { attempts, ..Default::default() };
        let transport = HttpTransport::new().with_trace(Some(trace.clone()));
        Client::new(transport, Endpoint::fixed(url), "/20190801", credentials)
            .with_policy(policy)
            .with_random(|bytes| bytes.fill(0))
    };
    let call = Call::post("CreateSoftwareSource", &["x"]).query("a", "b+c").json(&["secret"]).token("secret");
    client(&url, 1).send(&call).await.unwrap();
    // Nobody listens on port 1.
    client("http://127.0.0.1:1", 2).send(&Call::get("GetWorkRequest", &["y"])).await.unwrap_err();

    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains("secret") && !text.contains("ignature"), "{text}");
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3);
    let field = |line: usize, name: &str| lines[line][name].to_string();
    assert_eq!(field(0, "operation"), "\"CreateSoftwareSource\"");
    assert_eq!(field(0, "method"), "\"POST\"");
    assert_eq!(field(0, "path"), "\"/20190801/x\"");
    assert_eq!(field(0, "query"), "\"a=b%2Bc\"");
    assert_eq!(
        (field(0, "status"), field(0, "attempt"), field(0, "retry")),
        ("200".into(), "1".into(), "null".into())
    );
    assert_eq!(field(0, "request_id"), "\"R\"");
    assert!(lines[0]["milliseconds"].is_u64() && lines[0]["time"].is_string());
    assert!(field(1, "error").contains("cannot connect") && field(1, "status") == "null", "{text}");
    assert_eq!((field(2, "attempt"), field(2, "operation")), ("2".into(), "\"GetWorkRequest\"".into()));
    assert!(field(2, "retry").contains("cannot connect"), "{text}");
    // It is appended to.
    drop(trace);
    Trace::open(&file).unwrap();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
}
