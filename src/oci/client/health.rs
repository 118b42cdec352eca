//! What the client makes of a service that is dead, overrun or fails half of what it is asked. On a paused clock.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;

use super::*;
use crate::oci::testing::{Script, broken, json, refuse, with};

fn get(id: usize) -> Call {
    Call::get("GetManagedInstance", &["managedInstances", &id.to_string()])
}

fn post(id: usize) -> Call {
    Call::post("AddPackages", &["softwareSources", &id.to_string(), "actions", "addPackages"])
}

/// Makes so many reading calls at once, and returns what became of them.
async fn many<T: Transport>(client: &Client<T>, calls: usize) -> Vec<Result<Reply, Error>> {
    join_all((0..calls).map(|id| async move { client.send(&get(id)).await })).await
}

#[tokio::test(start_paused = true)]
async fn a_dead_service_fails_everything_within_seconds() {
    let script = Script::new(|_| with(503, &[("opc-request-id", "THEIRS")], "{}"));
    let told = Arc::new(Mutex::new(0));
    let ear = Arc::clone(&told);
    let client = script.client().with_observer(move |_| *ear.lock().unwrap() += 1);
    let begun = Instant::now();
    let ends = many(&client, 40).await;
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(28), "{took:?}");
    let asked = script.lines().len();
    assert!(asked < 40 * 6, "{asked} attempts, which would be 320 without a breaker");
    for end in &ends {
        let Err(Error::Down { endpoint, reason, asked: true, .. }) = end else { panic!("{end:?}") };
        assert_eq!(endpoint, "http://osms.test");
        assert!(reason.contains("the last one with 503 Service Unavailable: "), "{reason}");
        assert!(reason.ends_with("(opc-request-id THEIRS)"), "{reason}");
    }
    // From now on nobody waits, and nothing is sent but a call every few seconds.
    let begun = Instant::now();
    let end = client.send(&get(0)).await.unwrap_err();
    assert!(begun.elapsed() < Duration::from_millis(10));
    assert!(matches!(end, Error::Down { asked: false, .. }), "{end:?}");
    assert!(end.to_string().starts_with("GetManagedInstance: http://osms.test is down: its last "), "{end}");
    assert_eq!(script.lines().len(), asked);
}

#[tokio::test(start_paused = true)]
async fn a_single_caller_is_told_that_nobody_answers_within_half_a_minute() {
    let script = Script::new(|_| Err(TransportError::Connect("refused".to_owned())));
    let begun = Instant::now();
    let error = script.client().send(&get(0)).await.unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    assert!(
        error.to_string().contains("is down: its last 7 calls failed, for 25 s now; the last one with"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_service_that_comes_back_is_asked_again() {
    let dead = Arc::new(Mutex::new(true));
    let switch = Arc::clone(&dead);
    let script = Script::new(move |_| if *switch.lock().unwrap() { broken() } else { json("{}") });
    let client = script.client();
    assert!(many(&client, 30).await.iter().all(Result::is_err));
    *dead.lock().unwrap() = false;
    // The next call may still be held back; after a few seconds one goes through, and then all do.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(many(&client, 30).await.iter().filter(|end| end.is_ok()).count() >= 1);
    assert!(many(&client, 30).await.iter().all(Result::is_ok));
}

#[tokio::test(start_paused = true)]
async fn a_service_that_lives_through_bad_weather_loses_no_call() {
    // Nothing but server errors for twenty seconds, then it serves again: the circuit has opened, and nobody failed.
    let begun = Instant::now();
    let script = Script::new(move |_| match begun.elapsed().as_secs() {
        0..20 => broken(),
        _ => json("{}"),
    });
    let ends = many(&script.client(), 40).await;
    let failed: Vec<String> = ends.iter().filter_map(|end| Some(end.as_ref().err()?.to_string())).collect();
    assert!(failed.is_empty(), "{} of 40: {}", failed.len(), failed[0]);
    assert!(begun.elapsed() < Duration::from_secs(24), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn who_is_told_that_there_are_too_many_is_answered() {
    // One call in two is refused as too many, the others fail: somebody is there.
    let seen = Arc::new(AtomicUsize::new(0));
    let script = Script::new(move |_| match seen.fetch_add(1, Ordering::Relaxed) % 2 {
        0 => refuse(429, "TooManyRequests"),
        _ => refuse(503, "ServiceUnavailable"),
    });
    let ends = many(&script.client(), 4).await;
    for end in ends {
        assert!(matches!(end, Err(Error::Service { .. })), "{end:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_can_write_no_more_still_answers_reads() {
    let script = Script::new(|asked| match asked.line.starts_with("GET") {
        true => json("{}"),
        false => refuse(503, "ServiceUnavailable"),
    });
    let client = script.client();
    let (calls, client) = (0..20, &client);
    let changes = calls.map(|id| async move { client.send(&post(id).token(id.to_string())).await });
    let begun = Instant::now();
    let ends = join_all(changes).await;
    assert!(begun.elapsed() < Duration::from_secs(30));
    assert!(ends.iter().all(|end| matches!(end, Err(Error::Down { asked: true, .. }))));
    assert!(many(client, 20).await.iter().all(Result::is_ok));
    assert!(matches!(client.send(&post(1)).await, Err(Error::Down { asked: false, .. })));
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_overrun_is_not_dead() {
    let script = Script::new(|_| refuse(429, "TooManyRequests"));
    let ends = many(&script.client(), 4).await;
    for end in ends {
        assert_eq!(end.unwrap_err().status(), Some(429));
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_serves_a_third_of_its_calls_ends_the_runs_patience() {
    // A server error for each call's first two attempts: two retries for each call that is served.
    let seen = Arc::new(Mutex::new(std::collections::BTreeMap::new()));
    let script = Script::new(move |asked| {
        let mut seen = seen.lock().unwrap();
        let times: &mut u32 = seen.entry(asked.line.clone()).or_default();
        *times += 1;
        if *times <= 2 { refuse(500, "InternalServerError") } else { json("{}") }
    });
    let client = script.client();
    // Of the 200 that the run has, and of the 20 that the client has.
    for id in 0..219 {
        client.send(&get(id)).await.unwrap();
    }
    let error = client.send(&get(220)).await.unwrap_err();
    let told = "; this run has tried again too often to go on doing so, most often at http://osms.test: run the command again \
                once that serves)";
    assert!(error.to_string().contains(told), "{error}");
}

/// Serves so many calls at once and refuses the others as too many.
struct Narrow {
    width: usize,
    now: AtomicUsize,
    most: AtomicUsize,
    refused: AtomicUsize,
}

impl Transport for &'static Narrow {
    async fn send(&self, _: Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(50)).await;
        self.now.fetch_sub(1, Ordering::Relaxed);
        if now <= self.width {
            return json("{}");
        }
        self.refused.fetch_add(1, Ordering::Relaxed);
        refuse(429, "TooManyRequests")
    }
}

#[tokio::test(start_paused = true)]
async fn fewer_calls_are_made_at_once_while_there_are_too_many() {
    let narrow = Narrow { width: 6, now: 0.into(), most: 0.into(), refused: 0.into() };
    let narrow: &'static Narrow = Box::leak(Box::new(narrow));
    let key = include_str!("../testdata/key.pem").as_bytes();
    let credentials = Credentials::from_parts("t", "u", "f", key).unwrap();
    let client = Client::new(narrow, Endpoint::fixed("http://h"), "/1", credentials)
        .with_parallelism(32)
        .with_random(|bytes| bytes.fill(0));
    let begun = Instant::now();
    assert!(many(&client, 1_000).await.iter().all(Result::is_ok));
    // 1,000 calls through a width of 6 take 8.3 s at best; without a bound of its own two thirds would be refused.
    let refused = narrow.refused.load(Ordering::Relaxed);
    assert!(refused < 150, "{refused} refused");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert_eq!(narrow.most.load(Ordering::Relaxed), 32, "it begins with what was asked for");
}
