//! That all clients which a run makes share one allowance, over sockets of this machine.

use std::ffi::OsString;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::Request;
use clap::Parser;
use futures_util::future::join_all;
use tokio::sync::Semaphore;

use super::super::args::{Arguments, Command};
use super::super::credentials::CredentialSources;
use super::*;
use crate::cloud::Cloud;
use crate::name::Ocid;
use crate::observed::Scope;
use crate::oci::Transport;

/// How many calls the run may have in flight.
const CALLS: usize = 3;

/// Three services in one, whose calls wait until they are let go.
struct Gauge {
    now: AtomicUsize,
    served: AtomicUsize,
    gate: Semaphore,
}

impl Gauge {
    async fn answer(&self, path: &str) -> &'static str {
        if path != PING {
            self.now.fetch_add(1, Ordering::Relaxed);
            self.gate.acquire().await.unwrap().forget();
            self.now.fetch_sub(1, Ordering::Relaxed);
            self.served.fetch_add(1, Ordering::Relaxed);
        }
        "[]"
    }
}

const PING: &str = "/ping";

/// Goes there and back a few times. Whatever was sent before has arrived then.
async fn ping(transport: &HttpTransport, url: &str) {
    for _ in 0..5 {
        let request = http::Request::get(format!("{url}{PING}")).body(bytes::Bytes::new()).unwrap();
        transport.send(request).await.unwrap();
    }
}

/// Goes there and back until a number is so large, for some seconds at most.
async fn reaches(number: &AtomicUsize, wanted: usize, transport: &HttpTransport, url: &str) {
    for _ in 0..10_000 {
        if number.load(Ordering::Relaxed) >= wanted {
            return;
        }
        ping(transport, url).await;
    }
    panic!("{} of {wanted}, and no more come", number.load(Ordering::Relaxed));
}

async fn serve() -> (String, Arc<Gauge>) {
    let gauge = Arc::new(Gauge { now: 0.into(), served: 0.into(), gate: Semaphore::new(0) });
    let own = Arc::clone(&gauge);
    let answer = move |request: Request| {
        let gauge = Arc::clone(&own);
        async move { gauge.answer(request.uri().path()).await }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await.unwrap() });
    (url, gauge)
}

/// A train that selects members, all of whose services are at one address.
fn train(folder: &Path, name: &str, url: &str) -> Train {
    let text = format!(
        "[train]\nname = \"{name}\"\nos = \"oracle-linux-8\"\narchitecture = \"x86_64\"\n\
         compartment = \"ocid1.compartment.oc1..c\"\n\
         [service]\napi = \"osms\"\n\
         endpoints = {{ osms = \"{url}\", compute = \"{url}\", identity = \"{url}\" }}\n\
         [[release]]\nname = \"GL1\"\nmanifest = \"GL1.packages\"\n\
         [[group]]\nname = \"{name}\"\nrelease = \"GL1\"\nmembers = {{ compartments = [\"ocid1.compartment.oc1..c\"] }}\n"
    );
    let file = folder.join(format!("{name}.toml"));
    std::fs::write(&file, text).unwrap();
    std::fs::write(folder.join("GL1.packages"), "bash-4.4.20-1.el8.x86_64\n").unwrap();
    train::load(&file).unwrap_or_else(|problems| panic!("{}", problems.render(false)))
}

#[tokio::test]
async fn a_run_has_no_more_calls_in_flight_than_it_may_whatever_it_asks() {
    let folder = tempfile::tempdir().unwrap();
    let (url, gauge) = serve().await;
    let words = ["patchtrain", "status", "--parallelism", "3"].map(OsString::from);
    let arguments = Arguments::try_parse_from(&words).unwrap();
    let mut context = Context::new(&arguments, None, &words).unwrap_or_else(|_| panic!("no context"));
    let own = simulator::credentials();
    context.credentials = CredentialSources::read(|name| {
        let value = match name {
            "OCI_CLI_USER" => own.user,
            "OCI_CLI_TENANCY" => own.tenancy,
            "OCI_CLI_FINGERPRINT" => own.fingerprint,
            "OCI_CLI_KEY_CONTENT" => own.key,
            "HOME" => "/nowhere",
            _ => return None,
        };
        Some(value.to_owned())
    });
    let Command::Status(status) = &arguments.command else { panic!("{arguments:?}") };
    let (_sender, interrupt) = tokio::sync::watch::channel(0);

    // Two trains, and a connector for each, as some commands have.
    let mut clouds = Vec::new();
    for name in ["a", "b"] {
        let mut connector = Connector::new(&context, &status.parallelism).unwrap();
        let connected = connector.connect(&train(folder.path(), name, &url), &interrupt).await;
        clouds.push(connected.unwrap_or_else(|error| panic!("{error:?}")).cloud);
    }
    let compartment = || Ocid::new("ocid1.compartment.oc1..c");
    let scopes =
        [Scope::Compute(compartment()), Scope::Compartments(compartment()), Scope::GroupsNamed("x".into())];
    // Nine calls to each of the six clients.
    let asked = clouds.iter().flat_map(|cloud| scopes.iter().map(move |scope| (cloud, scope)));
    let asked: Vec<_> = asked
        .flat_map(|(cloud, scope)| std::iter::repeat_n((Arc::clone(cloud), scope.clone()), 9))
        .map(|(cloud, scope)| tokio::spawn(async move { cloud.observe(&scope).await.map(drop) }))
        .collect();
    let transport = HttpTransport::new();
    for round in 1..=asked.len() / CALLS {
        reaches(&gauge.now, CALLS, &transport, &url).await;
        ping(&transport, &url).await;
        assert_eq!(gauge.now.load(Ordering::Relaxed), CALLS);
        gauge.gate.add_permits(CALLS);
        reaches(&gauge.served, round * CALLS, &transport, &url).await;
    }
    for seen in join_all(asked).await {
        seen.unwrap().unwrap();
    }
}
