//! Tokens that stand for a user's key, with the real program: of a resource, an instance and a session. Every request is
//! signed with the key that the token was given for, and the served simulator, which checks that, takes no other. The
//! simulator's published key gives the tokens here, as OCI's auth service would.

use std::fs;
use std::path::Path;
use std::process::Output;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::StatusCode;
use jiff::Timestamp;
use patchtrain::op::Api;
use patchtrain::simulator::credentials;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use rsa::pkcs8::DecodePublicKey;
use rsa::traits::PublicKeyParts;
use rustls_pki_types::PrivatePkcs1KeyDer;
use rustls_pki_types::pem::PemObject;
use tokio::runtime::Runtime;

use super::credentials::Site;

/// The key of a resource, a session, or of an instance's certificate: not the one that the simulator knows users by.
const KEY: &str = include_str!("../../src/oci/testdata/key.pem");
const LEAF: &str = include_str!("../../src/oci/testdata/leaf.pem");
const INTERMEDIATE: &str = include_str!("../../src/oci/testdata/intermediate.pem");

fn pair(pem: &str) -> RsaKeyPair {
    let der = PrivatePkcs1KeyDer::from_pem_slice(pem.as_bytes()).unwrap();
    RsaKeyPair::from_der(der.secret_pkcs1_der()).unwrap()
}

/// Gives a token for a public key that lasts so many seconds, signed by a key.
fn signed(giver: &str, (n, e): (&[u8], &[u8]), seconds: i64) -> String {
    let part = |text: String| URL_SAFE_NO_PAD.encode(text);
    let [n, e] = [n, e].map(|number| URL_SAFE_NO_PAD.encode(number));
    let jwk = format!(r#"{{\"kid\":\"asw\",\"kty\":\"RSA\",\"n\":\"{n}\",\"e\":\"{e}\"}}"#);
    let end = Timestamp::now().as_second() + seconds;
    let tenancy = credentials().tenancy;
    let claims =
        format!(r#"{{"sub":"ocid1.fnfunc.oc1..f","res_tenant":"{tenancy}","exp":{end},"jwk":"{jwk}"}}"#);
    let text = format!("{}.{}", part(r#"{"alg":"RS256"}"#.to_owned()), part(claims));
    let giver = pair(giver);
    let mut signature = vec![0; giver.public().modulus_len()];
    giver.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// Gives a token for [`KEY`].
fn token_of(giver: &str, seconds: i64) -> String {
    let own: PublicKeyComponents<Vec<u8>> = pair(KEY).public_key().into();
    signed(giver, (&own.n, &own.e), seconds)
}

fn token(seconds: i64) -> String {
    token_of(credentials().key, seconds)
}

/// Looks for a token's signature, without which it is worth nothing, in whatever the program has said and written. Keys
/// and pass phrases the workspace looks for itself.
#[track_caller]
fn is_kept(site: &Site, token: &str, said: &Output) {
    let (_, signature) = token.rsplit_once('.').unwrap();
    let shows = |content: &[u8]| String::from_utf8_lossy(content).contains(&signature[..40]);
    assert!(!shows(&said.stdout) && !shows(&said.stderr), "what was said shows a token");
    for (path, content) in site.workspace.files() {
        assert!(path.ends_with("token") || !shows(&content), "{} shows a token", path.display());
    }
}

const VERSION: (&str, &str) = ("OCI_RESOURCE_PRINCIPAL_VERSION", "2.2");
const TOKEN: &str = "OCI_RESOURCE_PRINCIPAL_RPST";
const PRIVATE_KEY: &str = "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM";

/// Signs as a resource, by the train or by the environment, on the site's service.
fn as_resource(site: &Site, api: Api) {
    let endpoint = site.served.fact("endpoint");
    site.train(&format!("endpoints = {{ {} = \"{endpoint}\" }}\nauth = \"resource_principal\"", api.word()));
}

/// Returns what a resource is given, as texts.
fn variables(token: &str) -> [(&str, &str); 3] {
    [VERSION, (TOKEN, token), (PRIVATE_KEY, KEY)]
}

#[test]
fn a_resource_principal_signs_with_texts_in_its_variables() {
    for api in Api::ALL {
        let site = Site::on(api);
        as_resource(&site, api);
        let traced = ["--trace-http", "trace"];
        let good = token(600);
        is_kept(&site, &good, &site.signs(&traced, &variables(&good)));
        // Somebody else's token, one that another key is for, one that has come to its end, and one that is damaged.
        let denied = "the service does not accept the signature";
        let other: PublicKeyComponents<Vec<u8>> = pair(credentials().key).public_key().into();
        let other = signed(credentials().key, (&other.n, &other.e), 600);
        let (_, signature) = good.rsplit_once('.').unwrap();
        for (bad, expected) in [
            (token_of(KEY, 600), denied),
            (other, denied),
            (token(-1), "the token in OCI_RESOURCE_PRINCIPAL_RPST expired at "),
            (format!("x.y.{signature}"), "the token in OCI_RESOURCE_PRINCIPAL_RPST is not a JSON web token"),
        ] {
            is_kept(&site, &bad, &site.refuses(&traced, &variables(&bad), expected));
        }
    }
}

#[test]
fn a_resource_principal_signs_with_the_files_that_its_variables_name() {
    let site = Site::on(Api::Osmh);
    // The way to sign is the environment's here, and nothing else of it.
    let folder = site.workspace.path().join("oci");
    let path = |name: &str| folder.join(name).display().to_string();
    let (token_file, key_file, phrase) = (path("token"), path("rp.pem"), path("phrase.pem"));
    let auth = ("OCI_CLI_AUTH", "resource_principal");
    let variables = [auth, VERSION, (TOKEN, &*token_file), (PRIVATE_KEY, &*key_file)];
    site.refuses(&[], &variables, "/oci/token (OCI_RESOURCE_PRINCIPAL_RPST) cannot be read: No such file");
    let good = token(600);
    fs::write(&token_file, format!("{good}\n")).unwrap();
    fs::write(&key_file, KEY).unwrap();
    is_kept(&site, &good, &site.signs(&[], &variables));
    // An encrypted key opens with a pass phrase that is a file too.
    fs::write(&key_file, include_str!("../../src/oci/testdata/key-pbes2.pem")).unwrap();
    fs::write(&phrase, "correct horse\n").unwrap();
    let unopened = "no pass phrase for it: set OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE";
    is_kept(&site, &good, &site.refuses(&[], &variables, unopened));
    let pass_phrase = ("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE", &*phrase);
    site.signs(&[], &[&variables[..], &[pass_phrase]].concat());
}

#[test]
fn a_session_token_signs_until_it_ends() {
    let site = Site::new();
    let folder = site.workspace.path().join("oci");
    let text = |name: &str| folder.join(name).display().to_string();
    let config = text("config");
    let profile =
        format!("[work]\nsecurity_token_file={}\nkey_file={}\n", text("token"), text("session.pem"));
    fs::write(&config, format!("[DEFAULT]\nregion=fra\n{profile}")).unwrap();
    fs::write(folder.join("session.pem"), KEY).unwrap();
    let file = [("OCI_CLI_CONFIG_FILE", config.as_str())];
    let (good, ended) = (token(600), token(-1));
    fs::write(folder.join("token"), &good).unwrap();
    is_kept(&site, &good, &site.signs(&["--profile", "work"], &file));
    fs::write(folder.join("token"), &ended).unwrap();
    let way_out = "run `oci session refresh --profile work`";
    is_kept(&site, &ended, &site.refuses(&["--profile", "work"], &file, way_out));
}

/// What is asked of whom, in the order of the asking, and the tokens that are given.
#[derive(Default)]
struct Heard {
    asked: Mutex<Vec<String>>,
    given: Mutex<Vec<String>>,
}

/// Answers as the metadata service of an instance and as the auth service of its region.
async fn stand_in(heard: &Heard, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    heard.asked.lock().unwrap().push(path.clone());
    match path.as_str() {
        "/opc/v2/identity/cert.pem" => LEAF.into_response(),
        "/opc/v2/identity/intermediate.pem" => INTERMEDIATE.into_response(),
        "/opc/v2/identity/key.pem" => KEY.into_response(),
        "/opc/v2/instance/region" => "xyz".into_response(),
        "/auth/v1/x509" => {
            let body: Bytes = axum::body::to_bytes(request.into_body(), 100_000).await.unwrap();
            let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
            let der = STANDARD.decode(body["publicKey"].as_str().unwrap()).unwrap();
            let fresh = rsa::RsaPublicKey::from_public_key_der(&der).unwrap();
            let (n, e) = (fresh.n().to_bytes_be(), fresh.e().to_bytes_be());
            // The second one is of no use, since another key than the simulator's has signed it.
            let mut given = heard.given.lock().unwrap();
            let giver = if given.is_empty() { credentials().key } else { KEY };
            let token = signed(giver, (&n, &e), 1_200);
            given.push(token.clone());
            format!(r#"{{"token":"{token}"}}"#).into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Serves the stand-in for as long as the runtime lives; returns where.
fn serve(heard: &Arc<Heard>) -> (Runtime, String) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let ear = Arc::clone(heard);
    let here = runtime.block_on(async move {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let here = format!("http://{}", listener.local_addr().unwrap());
        let answer = move |request: Request| {
            let ear = Arc::clone(&ear);
            async move { stand_in(&ear, request).await }
        };
        let router = Router::new().fallback(answer);
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        here
    });
    (runtime, here)
}

#[test]
fn a_region_that_an_instance_names_is_looked_for_where_regions_are_described() {
    let (_runtime, here) = serve(&Arc::default());
    let site = Site::on(Api::Osmh);
    site.train("auth = \"instance_principal\"");
    let metadata = format!("{here}/opc/v2");
    let metadata = ("OCI_METADATA_BASE_URL", metadata.as_str());
    let unknown = "/opc/v2/instance/region): `xyz` is not a region: expected a name such as `eu-frankfurt-1`";
    site.refuses(&[], &[metadata], unknown);
    let broken = "OCI_REGION_METADATA, where `xyz` is looked for, is no JSON (";
    site.refuses(&[], &[metadata, ("OCI_REGION_METADATA", "{")], broken);
}

#[test]
fn an_instance_principal_signs_with_a_key_of_its_own_making() {
    let heard = Arc::new(Heard::default());
    let (_runtime, here) = serve(&heard);
    let site = Site::on(Api::Osmh);
    let endpoint = site.served.fact("endpoint");
    site.train(&format!(
        "endpoints = {{ osmh = \"{endpoint}\", auth = \"{here}/auth\" }}\nauth = \"instance_principal\""
    ));
    let metadata = format!("{here}/opc/v2");
    let (flags, variables) = (["--trace-http", "trace"], [("OCI_METADATA_BASE_URL", metadata.as_str())]);
    let said = site.signs(&flags, &variables);
    let count = |path: &str| heard.asked.lock().unwrap().iter().filter(|asked| *asked == path).count();
    assert_eq!((count("/auth/v1/x509"), count("/opc/v2/identity/key.pem")), (1, 1));
    let trace = fs::read_to_string(site.workspace.path().join(Path::new("trace"))).unwrap();
    assert!(trace.contains("/auth/v1/x509") && !trace.contains("ST$"), "{trace}");
    let given = || heard.given.lock().unwrap().clone();
    is_kept(&site, &given()[0], &said);
    // A call that is refused with each of two tokens gives up.
    let said = site.refuses(&flags, &variables, "the service does not accept the signature");
    assert!(given().len() >= 3);
    given().iter().for_each(|token| is_kept(&site, token, &said));
}
