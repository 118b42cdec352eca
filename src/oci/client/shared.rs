//! What several clients of one run have together: the calls in flight and the retry budget, but no circuit and no bound
//! that one service's refusals have lowered. On a paused clock.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;

use super::*;
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
    // Each call's first attempt, and 200 more for all; a budget each would have been 600.
    assert_eq!(*count.lock().unwrap(), 150 + 200);
    let spent = |end: &Result<Reply, Error>| {
        end.as_ref().is_err_and(|e| e.to_string().contains("tried again too often"))
    };
    assert!(ends.iter().all(|ends| ends.iter().any(spent)), "each of them is told");
}
