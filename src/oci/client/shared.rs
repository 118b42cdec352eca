//! What several clients of one run have together: the calls in flight and the retry budget, but no circuit, no bound
//! that one service's refusals have lowered, and no key that is being asked for. On a paused clock.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;

use super::*;
use crate::oci::Metadata;
use crate::oci::testing::{Script, json, refuse};

const KEY: &[u8] = include_bytes!("../testdata/key.pem");

/// One line to three services, and how much of it is taken.
#[derive(Default)]
struct Line {
    now: AtomicUsize,
    most: AtomicUsize,
    /// A service that refuses whatever it is asked as too much.
    overrun: Option<&'static str>,
}

impl Transport for Arc<Line> {
    async fn send(&self, request: Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(100)).await;
        self.now.fetch_sub(1, Ordering::Relaxed);
        match request.uri().host() == self.overrun {
            true => refuse(429, "TooManyRequests"),
            false => json("{}"),
        }
    }
}

fn clients<T: Transport + Clone>(transport: &T, allowance: &Allowance) -> [Client<T>; 3] {
    ["osms", "iaas", "identity"].map(|host| {
        let credentials = Credentials::from_parts("t", "u", "f", KEY).unwrap();
        let endpoint = Endpoint::fixed(&format!("http://{host}"));
        Client::new(transport.clone(), endpoint, "/1", credentials)
            .with_random(|bytes| bytes.fill(0))
            .with_parallelism(4)
            .within(allowance)
    })
}

/// Makes so many calls of a client at once, and returns what became of them.
async fn many<T: Transport>(client: &Client<T>, calls: usize) -> Vec<Result<Reply, Error>> {
    let call = Call::get("ListInstances", &["instances"]);
    join_all((0..calls).map(|_| client.send(&call))).await
}

#[tokio::test(start_paused = true)]
async fn calls_in_flight_are_those_of_all_clients_together() {
    let line = Arc::new(Line::default());
    let clients = clients(&line, &Allowance::new(4));
    let begun = Instant::now();
    let ends = join_all(clients.iter().map(|client| many(client, 20))).await;
    assert!(ends.iter().flatten().all(Result::is_ok));
    assert_eq!(line.most.load(Ordering::Relaxed), 4);
    assert_eq!(begun.elapsed().as_millis(), 1_500, "all four were taken all the time");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_overrun_slows_no_other() {
    let line = Arc::new(Line { overrun: Some("iaas"), ..Line::default() });
    let [osms, iaas, _] = clients(&line, &Allowance::new(4));
    let begun = Instant::now();
    let served = async {
        let ends = many(&osms, 400).await;
        (begun.elapsed(), ends)
    };
    let (refused, (took, ends)) = tokio::join!(many(&iaas, 20), served);
    assert!(refused.iter().all(|end| end.as_ref().is_err_and(|error| error.status() == Some(429))));
    assert!(ends.iter().all(Result::is_ok));
    // 10 s by itself. The other's attempts, some 160 in 93 s, take a place each, and never more than one at once soon.
    assert!(took < Duration::from_secs(14), "{took:?}");
    assert_eq!(line.most.load(Ordering::Relaxed), 4);
}

#[tokio::test(start_paused = true)]
async fn the_budget_of_a_run_is_spent_once() {
    // Somebody is there, and refuses.
    let count = Arc::new(Mutex::new(0));
    let seen = Arc::clone(&count);
    let script = Script::new(move |_| {
        *seen.lock().unwrap() += 1;
        refuse(429, "TooManyRequests")
    });
    let clients = clients(&script, &Allowance::new(4));
    let ends = join_all(clients.iter().map(|client| many(client, 50))).await;
    assert!(ends.iter().flatten().all(Result::is_err));
    // Each call's first attempt, 200 more for all, and 20 for each; a budget each would have been 600.
    assert_eq!(*count.lock().unwrap(), 150 + 200 + 3 * 20);
    let spent = |end: &Result<Reply, Error>| {
        end.as_ref().is_err_and(|e| e.to_string().contains("tried again too often"))
    };
    assert!(ends.iter().all(|ends| ends.iter().any(spent)), "each of them is told");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_uses_up_the_budget_leaves_the_others_what_they_need() {
    // One that refuses whatever it is asked, and others that fail each call once.
    let mut failed = std::collections::BTreeSet::new();
    let script = Script::new(move |asked| match asked.header("host") {
        "iaas" => refuse(429, "TooManyRequests"),
        _ if failed.insert(asked.line.clone()) => refuse(503, "ServiceUnavailable"),
        _ => json("{}"),
    });
    let allowance = Allowance::new(4);
    let [osms, iaas, _] = clients(&script, &allowance);
    assert!(many(&iaas, 60).await.iter().all(Result::is_err));
    // The next train is another client, of the same service or not.
    let [_, _, identity] = clients(&script, &allowance);
    for client in [&osms, &identity] {
        for id in 0..100 {
            let call = Call::get("GetThing", &[&client.endpoint.to_string(), &id.to_string()]);
            client.send(&call).await.unwrap();
        }
    }
    // Whoever ends all the same is told where the run's patience went.
    let calls: Vec<_> = (0..60).map(|id| Call::get("GetOther", &[&id.to_string()])).collect();
    let ends = join_all(calls.iter().map(|call| osms.send(call))).await;
    let told: Vec<_> = ends.into_iter().filter_map(|end| Some(end.err()?.to_string())).collect();
    let most = "most often at http://iaas: run the command again once that serves";
    assert!(!told.is_empty() && told.iter().all(|told| told.contains(most)), "{told:?}");
}

/// Refuses whatever it is asked as too much, and counts what came in each tenth of a second.
struct Waves {
    begun: Instant,
    seen: Mutex<Vec<usize>>,
}

impl Transport for Arc<Waves> {
    async fn send(&self, _: Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        let wave = usize::try_from(self.begun.elapsed().as_millis() / 100).unwrap();
        {
            let mut seen = self.seen.lock().unwrap();
            let waves = seen.len().max(wave + 1);
            seen.resize(waves, 0);
            seen[wave] += 1;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        refuse(429, "TooManyRequests")
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_the_line_is_bound_by_what_the_service_said_meanwhile() {
    let waves = Arc::new(Waves { begun: Instant::now(), seen: Mutex::default() });
    // As many calls of its own as the service was thought to bear, and fewer for the run.
    let [client, ..] = clients(&waves, &Allowance::new(4));
    let once = Policy { attempts: 1, ..Policy::default() };
    let client = client.with_parallelism(8).with_policy(once);
    assert!(many(&client, 12).await.iter().all(Result::is_err));
    // The first four halve its own eight, and each wave after them halves what is left.
    assert_eq!(*waves.seen.lock().unwrap(), [4, 4, 2, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn who_asks_for_a_key_keeps_nobody_from_the_line() {
    // A metadata service that says nothing, and that the first client needs.
    let silent = Arc::new(Line::default());
    let metadata = Metadata::new(Arc::new(Silent), None);
    let instance = Credentials::instance_principal(Arc::new(Silent), metadata, Some("http://auth"));
    let allowance = Allowance::new(1);
    let [_, _, other] = clients(&silent, &allowance);
    let waiting = Client::new(silent, Endpoint::fixed("http://osms"), "/1", instance).within(&allowance);
    let begun = Instant::now();
    let served = async {
        let ends = many(&other, 3).await;
        (begun.elapsed(), ends)
    };
    let (unsigned, (took, ends)) = tokio::join!(many(&waiting, 1), served);
    assert!(matches!(unsigned[0], Err(Error::Credentials { .. })), "{unsigned:?}");
    assert!(ends.iter().all(Result::is_ok));
    assert_eq!(took.as_millis(), 300);
    assert!(begun.elapsed() > Duration::from_secs(9), "{:?}", begun.elapsed());
}

/// Never answers.
struct Silent;

impl Transport for Silent {
    async fn send(&self, _: Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        std::future::pending().await
    }
}
