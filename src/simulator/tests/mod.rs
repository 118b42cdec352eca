//! The service from outside: signed requests against the simulator in process, on a virtual clock.

mod errata;
mod hub;
mod lists;
mod models;
mod modules;
mod objects;
mod persist;
mod places;
mod rules;
mod shared;
mod signed;
mod updates;

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Method, Request};
use jiff::Timestamp;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;
use serde_json::{Value, json};

use super::world::{COMPARTMENT, TENANCY, golden_id, groups};
use super::*;

/// Signs and sends requests, and reads the answers.
struct Client {
    simulator: Simulator,
    key: RsaKeyPair,
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
struct Got {
    status: u16,
    headers: http::HeaderMap,
    body: Value,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The code of a refusal.
    fn refusal(&self) -> (u16, &str) {
        (self.status, self.body["code"].as_str().unwrap_or_default())
    }

    fn id(&self) -> String {
        self.body["id"].as_str().unwrap().to_owned()
    }
}

fn start() -> Timestamp {
    Timestamp::from_second(1_795_000_000).unwrap()
}

fn key() -> RsaKeyPair {
    let PrivateKeyDer::Pkcs1(key) = PrivateKeyDer::from_pem_slice(credentials().key.as_bytes()).unwrap()
    else {
        panic!("not PKCS#1");
    };
    RsaKeyPair::from_der(key.secret_pkcs1_der()).unwrap()
}

impl Client {
    fn new() -> Self {
        Self::switched(Switches::default())
    }

    fn switched(switches: Switches) -> Self {
        Self::of(Simulator::in_memory(DEFAULT_SEED, Clock::starting_at(start()), switches))
    }

    fn of(simulator: Simulator) -> Self {
        Self { simulator, key: key() }
    }

    /// Makes a signed request, as Oracle's description says.
    fn request(&self, method: Method, target: &str, body: &[u8], extra: &[(&str, &str)]) -> Request<Bytes> {
        let signs_body = method == Method::POST || method == Method::PUT;
        self.signed(method, target, body, extra, signs_body)
    }

    /// Makes a request whose signature leaves the body out.
    fn plain_request(
        &self,
        method: Method,
        target: &str,
        body: &[u8],
        extra: &[(&str, &str)],
    ) -> Request<Bytes> {
        self.signed(method, target, body, extra, false)
    }

    fn signed(
        &self,
        method: Method,
        target: &str,
        body: &[u8],
        extra: &[(&str, &str)],
        signs_body: bool,
    ) -> Request<Bytes> {
        let date = jiff::fmt::strtime::format("%a, %d %b %Y %H:%M:%S GMT", Timestamp::now()).unwrap();
        let mut signed = vec![
            ("date", date),
            ("(request-target)", format!("{} {target}", method.as_str().to_lowercase())),
            ("host", "127.0.0.1:8080".to_owned()),
        ];
        if signs_body {
            let digest = ring::digest::digest(&ring::digest::SHA256, body);
            signed.push(("content-length", body.len().to_string()));
            signed.push(("content-type", "application/json".to_owned()));
            signed.push(("x-content-sha256", STANDARD.encode(digest)));
        }
        let lines: Vec<String> = signed.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let names: Vec<&str> = signed.iter().map(|(name, _)| *name).collect();
        let mut signature = vec![0; self.key.public().modulus_len()];
        let random = SystemRandom::new();
        self.key.sign(&RSA_PKCS1_SHA256, &random, lines.join("\n").as_bytes(), &mut signature).unwrap();
        let Credentials { tenancy, user, fingerprint, .. } = credentials();
        let authorization = format!(
            r#"Signature version="1",keyId="{tenancy}/{user}/{fingerprint}",algorithm="rsa-sha256",headers="{}",signature="{}""#,
            names.join(" "),
            STANDARD.encode(signature)
        );
        let mut request =
            Request::builder().method(method).uri(target).header("authorization", authorization);
        for (name, value) in signed.iter().filter(|(name, _)| !name.starts_with('(')) {
            request = request.header(*name, value);
        }
        for (name, value) in extra {
            request = request.header(*name, *value);
        }
        request.body(Bytes::copy_from_slice(body)).unwrap()
    }

    fn send(&self, request: Request<Bytes>) -> Got {
        let (parts, body) = self.simulator.handle(request).into_parts();
        let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
        Got { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    fn get(&self, path: &str) -> Got {
        self.send(self.request(Method::GET, &format!("/20190801{path}"), b"", &[]))
    }

    fn post(&self, path: &str, body: Value) -> Got {
        self.post_with(path, body, &[])
    }

    fn post_with(&self, path: &str, body: Value, extra: &[(&str, &str)]) -> Got {
        let body = if body.is_null() { Vec::new() } else { serde_json::to_vec(&body).unwrap() };
        self.send(self.request(Method::POST, &format!("/20190801{path}"), &body, extra))
    }

    fn put(&self, path: &str, body: Value, extra: &[(&str, &str)]) -> Got {
        let body = serde_json::to_vec(&body).unwrap();
        self.send(self.request(Method::PUT, &format!("/20190801{path}"), &body, extra))
    }

    fn delete(&self, path: &str, extra: &[(&str, &str)]) -> Got {
        self.send(self.request(Method::DELETE, &format!("/20190801{path}"), b"", extra))
    }

    /// Reads all pages of a list.
    fn all(&self, path: &str) -> Vec<Value> {
        let (mut rows, mut page) = (Vec::new(), String::new());
        loop {
            let separator = if path.contains('?') { '&' } else { '?' };
            let got = self.get(&format!("{path}{separator}limit=1000{page}"));
            assert_eq!(got.status, 200, "{got:?}");
            rows.extend(got.body.as_array().unwrap().iter().cloned());
            match got.header("opc-next-page") {
                "" => return rows,
                token => page = format!("&page={}", escape(token)),
            }
        }
    }

    /// Makes a source and fills it.
    fn source(&self, name: &str, packages: &crate::package::PackageSet) -> String {
        let details = json!({ "compartmentId": COMPARTMENT, "displayName": name, "archType": "X86_64" });
        let made = self.post("/softwareSources", details);
        assert_eq!(made.status, 200, "{made:?}");
        let names: Vec<&str> = packages.iter().map(crate::package::Package::as_str).collect();
        let path = format!("/softwareSources/{}/actions/addPackages", made.id());
        let added = self.post(&path, json!({ "packageNames": names }));
        assert_eq!(added.status, 204, "{added:?}");
        made.id()
    }

    /// Attaches or detaches a source.
    fn act(&self, instance: &str, action: &str, source: &str) -> Got {
        let path = format!("/managedInstances/{instance}/actions/{action}SoftwareSource");
        self.post(&path, json!({ "softwareSourceId": source }))
    }

    fn parent(&self, instance: &str) -> Option<String> {
        let got = self.get(&format!("/managedInstances/{instance}"));
        got.body["parentSoftwareSource"]["id"].as_str().map(str::to_owned)
    }

    /// Puts an instance on a source.
    fn switch(&self, instance: &str, source: &str) {
        if let Some(parent) = self.parent(instance) {
            assert_eq!(self.act(instance, "detachParent", &parent).status, 204);
        }
        assert_eq!(self.act(instance, "attachParent", source).status, 204);
    }

    fn installed(&self, instance: &str) -> crate::package::PackageSet {
        let rows = self.all(&format!("/managedInstances/{instance}/packages"));
        rows.iter()
            .map(|row| {
                let text = |name: &str| row[name].as_str().unwrap();
                let (name, version) = (text("displayName"), text("version"));
                crate::package::Package::from_parts(name, version, text("architecture")).unwrap()
            })
            .collect()
    }

    /// Asks for all updates and waits, in virtual time.
    async fn update(&self, instance: &str) -> Value {
        let path = format!("/managedInstances/{instance}/actions/packages/updateAll");
        let accepted = self.post(&path, Value::Null);
        assert_eq!(accepted.status, 202, "{accepted:?}");
        self.wait(accepted.header("opc-work-request-id")).await
    }

    async fn wait(&self, work: &str) -> Value {
        loop {
            let got = self.get(&format!("/workRequests/{work}"));
            assert_eq!(got.status, 200, "{got:?}");
            if got.body["percentComplete"] == 100 {
                return got.body;
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }
}

fn escape(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// The id of a member of the quickstart's groups.
fn member(name: &str) -> String {
    let facts = facts(DEFAULT_SEED);
    let members = facts.groups.iter().flat_map(|(_, members)| members);
    members.into_iter().find(|member| member.name == name).unwrap().id.clone()
}

fn golden() -> String {
    golden_id(DEFAULT_SEED).to_string()
}
