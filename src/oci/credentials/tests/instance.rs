//! Instance principals against a stand-in of the three services that it takes: metadata, auth, and one that is
//! called. Over loopback HTTP where all goes well, in process where time or failure matters.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

use super::tokens::token;
use super::*;
use crate::oci::testing::{Answer, Asked, Script, broken, json, refuse, with};
use crate::oci::{Call, Client, Endpoint, HttpTransport, Metadata, Regions};

const LEAF: &str = include_str!("../../testdata/leaf.pem");
pub(super) const INTERMEDIATE: &str = include_str!("../../testdata/intermediate.pem");

/// As `openssl x509 -fingerprint -sha1` says.
const KEY_ID: &str =
    "ocid1.tenancy.oc1..acme/fed-x509/E7:F2:B9:FE:32:B0:F6:BB:71:42:FB:6F:0B:6D:25:6C:23:CB:F3:5A";

/// A PEM text as it goes into JSON.
fn bare(pem: &str) -> String {
    let lines = pem.lines().skip_while(|line| !line.starts_with("-----BEGIN"));
    lines.filter(|line| !line.starts_with("-----")).collect()
}

/// What the stand-in has been asked, and what it goes by.
#[derive(Default)]
struct Cloud {
    /// Whether the metadata service knows version 2.
    version_2: bool,
    lines: Mutex<Vec<String>>,
    tokens: AtomicUsize,
    /// How many of the first tokens the called service does not accept.
    refused: usize,
    /// The public half of each token's key, as PKCS#1.
    keys: Mutex<Vec<Vec<u8>>>,
}

/// Takes a signature apart and checks it; returns the key id and the names of the headers.
fn verified(parts: &http::request::Parts, public: &[u8]) -> (String, String) {
    let header = |name: &str| parts.headers.get(name).map_or("", |value| value.to_str().unwrap());
    let authorization = header("authorization");
    let part = |name: &str| {
        let (_, rest) = authorization.split_once(&format!("{name}=\"")).unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    };
    let lines = part("headers").split(' ').map(str::to_owned).collect::<Vec<_>>();
    let text = lines.iter().map(|name| match name.as_str() {
        "(request-target)" => {
            format!("{name}: {} {}", parts.method.as_str().to_lowercase(), parts.uri)
        }
        name => format!("{name}: {}", header(name)),
    });
    let text = text.collect::<Vec<_>>().join("\n");
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public);
    key.verify(text.as_bytes(), &STANDARD.decode(part("signature")).unwrap()).unwrap();
    (part("keyId"), part("headers"))
}

impl Cloud {
    async fn answer(&self, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, 100_000).await.unwrap();
        let path = parts.uri.path().to_owned();
        self.lines.lock().unwrap().push(format!("{} {path}", parts.method));
        let metadata = match path.strip_prefix("/opc/v2/") {
            Some(path) => Some(path).filter(|_| self.version_2),
            None => path.strip_prefix("/opc/v1/"),
        };
        if path.starts_with("/opc/") && parts.headers["authorization"] != "Bearer Oracle" {
            return StatusCode::FORBIDDEN.into_response();
        }
        match (metadata, path.as_str()) {
            (Some("identity/cert.pem"), _) => LEAF.into_response(),
            (Some("identity/key.pem"), _) => PKCS1.into_response(),
            (Some("identity/intermediate.pem"), _) => INTERMEDIATE.into_response(),
            (Some("instance/region"), _) => "fra".into_response(),
            (_, "/auth/v1/x509") => self.federate(&parts, &body),
            (_, "/20190801/things") => self.called(&parts),
            _ => StatusCode::NOT_FOUND.into_response(),
        }
    }

    fn federate(&self, parts: &http::request::Parts, body: &[u8]) -> Response {
        let certified = SigningKey::from_pem("", PKCS1.as_bytes(), None).unwrap();
        let (key_id, headers) = verified(parts, certified.public_key());
        assert_eq!(key_id, KEY_ID);
        assert_eq!(headers, "date (request-target) content-length content-type x-content-sha256");
        let asked: serde_json::Value = serde_json::from_slice(body).unwrap();
        assert_eq!(asked["certificate"], bare(LEAF));
        assert_eq!(asked["intermediateCertificates"], serde_json::json!([bare(INTERMEDIATE)]));
        let public = STANDARD.decode(asked["publicKey"].as_str().unwrap()).unwrap();
        // Before the key stands what kind it is, in 24 bytes.
        assert_eq!(public.len(), 294);
        self.keys.lock().unwrap().push(public[24..].to_vec());
        let number = self.tokens.fetch_add(1, Ordering::Relaxed);
        let expires = Timestamp::now().as_second() + 1200;
        let token = token(&format!("n{number}"), expires);
        axum::response::Response::new(serde_json::json!({ "token": token }).to_string().into())
    }

    fn called(&self, parts: &http::request::Parts) -> Response {
        let keys = self.keys.lock().unwrap();
        let (key_id, _) = verified(parts, keys.last().unwrap());
        assert!(key_id.starts_with("ST$"));
        match keys.len() > self.refused {
            true => "[]".into_response(),
            false => {
                (StatusCode::UNAUTHORIZED, r#"{"code":"NotAuthenticated","message":"no"}"#).into_response()
            }
        }
    }

    fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }
}

/// Serves a stand-in, and returns a client that signs as the instance. The things it is asked for do not change.
async fn served(cloud: &Arc<Cloud>) -> Client<HttpTransport> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let state = Arc::clone(cloud);
    let router = Router::new().fallback(move |request: Request| {
        let state = Arc::clone(&state);
        async move { state.answer(request).await }
    });
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let transport = Arc::new(HttpTransport::new());
    let metadata = Metadata::new(Arc::clone(&transport) as _, Some(&format!("{base}/opc/v2/")));
    let credentials = Credentials::instance_principal(transport, metadata, Some(&format!("{base}/auth/")));
    Client::new(HttpTransport::new(), Endpoint::fixed(&base), "/20190801", credentials)
}

fn things() -> Call {
    Call::post("MakeThings", &["things"])
}

#[tokio::test]
async fn an_instance_signs_with_a_token_for_a_key_of_its_own() {
    let cloud = Arc::new(Cloud { version_2: true, ..Cloud::default() });
    let client = served(&cloud).await;
    // However many calls begin together, one token is fetched.
    let calls = (0..5).map(|_| async { client.send(&things()).await.unwrap() });
    futures_util::future::join_all(calls).await;
    let mut lines = cloud.lines();
    lines.dedup();
    assert_eq!(
        lines,
        [
            "GET /opc/v2/identity/cert.pem",
            "GET /opc/v2/identity/intermediate.pem",
            "GET /opc/v2/identity/key.pem",
            "POST /auth/v1/x509",
            "POST /20190801/things",
        ]
    );
    assert!(!format!("{client:?}").contains("eyJ"));
}

#[tokio::test]
async fn version_1_of_the_metadata_will_do_and_a_401_is_answered_with_another_token() {
    let cloud = Arc::new(Cloud { refused: 1, ..Cloud::default() });
    let client = served(&cloud).await;
    client.send(&things()).await.unwrap();
    let lines = cloud.lines();
    assert_eq!(lines[..2], ["GET /opc/v2/identity/cert.pem", "GET /opc/v1/identity/cert.pem"]);
    let count = |line: &str| lines.iter().filter(|known| *known == line).count();
    assert_eq!((count("POST /auth/v1/x509"), count("POST /20190801/things")), (2, 2));
}

#[tokio::test]
async fn a_second_401_is_an_error() {
    let cloud = Arc::new(Cloud { version_2: true, refused: 9, ..Cloud::default() });
    let error = served(&cloud).await.send(&things()).await.unwrap_err();
    assert_eq!(error.status(), Some(401));
    assert_eq!(cloud.tokens.load(Ordering::Relaxed), 2);
}

/// A stand-in in process, answering by path; none for what it answers when all goes well.
pub(super) fn scripted(
    auth: Option<&str>,
    rule: impl FnMut(&Asked) -> Option<Answer> + Send + 'static,
) -> (Credentials, Script) {
    scripted_among(Regions::default(), auth, rule)
}

/// The same, with regions that somebody describes.
fn scripted_among(
    regions: Regions,
    auth: Option<&str>,
    mut rule: impl FnMut(&Asked) -> Option<Answer> + Send + 'static,
) -> (Credentials, Script) {
    let script = Script::new(move |asked| {
        rule(asked).unwrap_or_else(|| match asked.line.rsplit('/').next() {
            Some("cert.pem") => json(LEAF),
            Some("key.pem") => json(PKCS1),
            Some("intermediate.pem") => json(INTERMEDIATE),
            Some("regionInfo") => json(
                r#"{"realmKey":"oc9","realmDomainComponent":"oraclecloud9.com","regionKey":"MCT","regionIdentifier":"me-dcc-muscat-1"}"#,
            ),
            _ => refuse(404, "NotFound"),
        })
    });
    let metadata = Metadata::new(Arc::new(script.clone()), None).with_regions(regions);
    (Credentials::instance_principal(Arc::new(script.clone()), metadata, auth), script)
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_five_minutes_before_its_end() {
    let ends = Arc::new(Mutex::new(vec![Some(1200), None, Some(9000)].into_iter()));
    let answers = Arc::clone(&ends);
    let (credentials, script) = scripted(None, move |asked| {
        if !asked.line.ends_with("/v1/x509") {
            return None;
        }
        Some(match answers.lock().unwrap().next().flatten() {
            Some(end) => json(format!(r#"{{"token":"{}"}}"#, token("t", end))),
            None => refuse(400, "InvalidParameter"),
        })
    });
    let first = credentials.current(at(0)).await.unwrap();
    let fetches = || script.lines().iter().filter(|line| line.starts_with("POST")).count();
    assert!(Arc::ptr_eq(&first, &credentials.current(at(899)).await.unwrap()));
    assert_eq!(fetches(), 1);
    // Asking fails: the one there is goes on being used, and half a minute later it is asked again.
    assert!(Arc::ptr_eq(&first, &credentials.current(at(900)).await.unwrap()));
    assert!(Arc::ptr_eq(&first, &credentials.current(at(929)).await.unwrap()));
    assert_eq!(fetches(), 2);
    let second = credentials.current(at(930)).await.unwrap();
    assert_eq!(second.key_id(), format!("ST${}", token("t", 9000)));
    assert_ne!(second.public_key(), first.public_key());
    assert_eq!(fetches(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_region_tells_where_tokens_are_given() {
    let one = r#"{"realmKey":"oc99","realmDomainComponent":"cloud.example.com","regionKey":"xyz","regionIdentifier":"eu-example-1"}"#;
    let sea = r#"{"realmKey":"oc98","realmDomainComponent":"Sea.example.com","regionKey":"SEA","regionIdentifier":"sea"}"#;
    let of = |info: Option<&'static str>, region: &'static str, described: Option<&str>| {
        let regions = Regions::new(None, described);
        let (credentials, _) =
            scripted_among(regions, None, move |asked| match asked.line.rsplit('/').next() {
                Some("regionInfo") => info.map_or(Some(refuse(404, "NotFound")), |info| Some(json(info))),
                Some("region") => Some(json(region)),
                Some("x509") => Some(json(r#"{"token":"mine"}"#)),
                _ => None,
            });
        async move { credentials.current(at(0)).await.unwrap_err().to_string() }
    };
    let muscat =
        one.replace("cloud.example.com", "oraclecloud9.com").replace("eu-example-1", "me-dcc-muscat-1");
    let muscat: &'static str = muscat.leak();
    for (info, region, described, expected) in [
        (Some(muscat), "", None, "https://auth.me-dcc-muscat-1.oraclecloud9.com/v1/x509"),
        (None, "fra\n", None, "https://auth.eu-frankfurt-1.oraclecloud.com/v1/x509"),
        // With its realm it needs no description, whatever its name; without, it is where somebody says.
        (Some(sea), "", None, "https://auth.sea.sea.example.com/v1/x509"),
        (None, "xyz", Some(one), "https://auth.eu-example-1.cloud.example.com/v1/x509"),
    ] {
        let told = of(info, region, described).await;
        assert!(told.starts_with(&format!("the token that {expected} gives")), "{told}");
    }

    let way_out = "; or name in [service] of the train file what follows from it: `region`, and where tokens are given, \
                   `endpoints.auth`";
    let place = "the region of this instance is of no use (http://169.254.169.254/opc/v2/instance";
    let told = of(None, "xyz", None).await;
    assert!(told.starts_with(&format!("{place}/region): `xyz` is not a region: expected a name")), "{told}");
    assert!(told.ends_with(&format!("OCI_REGION_METADATA{way_out}")), "{told}");
    let told = of(Some(r#"{"realmDomainComponent":"c.example","regionIdentifier":"a.b"}"#), "", None).await;
    assert_eq!(
        told,
        format!("{place}/regionInfo): \"a.b\" and its realm's \"c.example\" make no host's name{way_out}")
    );
}

#[tokio::test(start_paused = true)]
async fn each_failure_says_where_it_was_and_what_to_do() {
    let base = "the instance metadata service: http://169.254.169.254/opc/v2/identity/cert.pem";
    let auth = "no token for this instance from https://auth.test/v1/x509";
    let elsewhere = ": instance principals are for compute instances of OCI, where it answers (OCI_METADATA_BASE_URL names another \
                     one): elsewhere use `auth = \"api_key\"`";
    let check = ": check this machine's clock, and that it reaches that address (`endpoints.auth` in [service] names another one)";
    let start = tokio::time::Instant::now();
    type Rule = fn(&Asked) -> Option<Answer>;
    let cases: [(Rule, String); 8] = [
        (
            |_| Some(broken()),
            format!("{base} cannot be reached (the connection broke: reset){elsewhere}"),
        ),
        (|_| Some(with(500, &[], "x")), format!("{base} answers 500 Internal Server Error{elsewhere}")),
        (|_| Some(refuse(404, "")), format!("{base} answers 404, in version 2 and in version 1{elsewhere}")),
        (|_| Some(json("<html>")), format!("{base} gives no certificate in PEM form{elsewhere}")),
        (
            |asked| asked.line.ends_with("cert.pem").then(|| json(INTERMEDIATE)),
            format!("{base} gives a certificate that names no tenancy{elsewhere}"),
        ),
        (
            |asked| asked.line.ends_with("/key.pem").then(|| json("no key")),
            "the private key of this instance's certificate (identity/key.pem) is not in PEM form: expected a line \
             `-----BEGIN PRIVATE KEY-----` or `-----BEGIN RSA PRIVATE KEY-----`; OCI replaces it within hours: run the \
             command again then"
                .to_owned(),
        ),
        (
            |asked| asked.line.ends_with("x509").then(|| refuse(401, "NotAuthenticated")),
            format!("{auth}: GetSecurityToken: 401 NotAuthenticated: said so (opc-request-id none){check}"),
        ),
        (
            |asked| asked.line.ends_with("x509").then(|| json(r#"{"tok":"secret"}"#)),
            format!("{auth}: the answer holds no token{check}"),
        ),
    ];
    for (rule, expected) in cases {
        let (credentials, _) = scripted(Some("https://auth.test"), rule);
        assert_eq!(credentials.current(at(0)).await.unwrap_err().to_string(), expected);
    }
    assert!(start.elapsed() < Duration::from_secs(30));
}

/// Returns what is said of an instance that is of another tenancy than it was.
pub(super) async fn moved() -> CredentialsError {
    let own = certificate::all(LEAF).unwrap();
    let mut other = own[0].to_vec();
    let place = other.windows(9).rposition(|part| part == b"oc1..acme").unwrap();
    other[place + 5..place + 9].copy_from_slice(b"evil");
    let other =
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(&other));
    let times = AtomicUsize::new(0);
    let (credentials, _) = scripted(Some("https://auth.test"), move |asked| {
        let token = || json(format!(r#"{{"token":"{}"}}"#, token("t", 1000)));
        match asked.line.rsplit('/').next() {
            Some("cert.pem") if times.fetch_add(1, Ordering::Relaxed) > 0 => Some(json(other.clone())),
            Some("x509") => Some(token()),
            _ => None,
        }
    });
    let key = credentials.current(at(0)).await.unwrap();
    credentials.refresh_after_401(&key, at(1)).await.unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn an_instance_stays_in_its_tenancy() {
    let error = moved().await.to_string();
    assert!(
        error.contains("names the tenancy ocid1.tenancy.oc1..evil, and named ocid1.tenancy.oc1..acme before")
    );
}

#[test]
fn no_bytes_are_more_than_no_certificate() {
    let own = certificate::all(LEAF).unwrap();
    assert_eq!(certificate::tenancy(&own[0]).as_deref(), Some("ocid1.tenancy.oc1..acme"));
    for end in 0..own[0].len() {
        drop(certificate::tenancy(&own[0][..end]));
        let mut damaged = own[0].to_vec();
        damaged[end] ^= 0xff;
        drop(certificate::tenancy(&damaged));
    }
    assert!(certificate::all("-----BEGIN CERTIFICATE-----\nMII\n").is_none_or(|found| found.is_empty()));
}
