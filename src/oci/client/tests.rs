//! What the client sends, when it tries again, and what it makes of the answers. On a paused clock.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::oci::testing::{Asked, Script, broken, json, refuse, with};

fn get() -> Call {
    Call::get("ListSoftwareSources", &["softwareSources"]).query("compartmentId", "a+b")
}

fn post() -> Call {
    Call::post("AddPackages", &["softwareSources", "x/y", "actions", "addPackages"]).json(&["a"])
}

fn seconds(from: Instant) -> f64 {
    from.elapsed().as_secs_f64()
}

#[tokio::test(start_paused = true)]
async fn a_call_is_sent_as_the_api_wants_it() {
    let script = Script::new(|_| json("[]"));
    let client = script.client();
    client.send(&get()).await.unwrap();
    client.send(&post().token("tok")).await.unwrap();
    let asked = script.nth(0);
    assert_eq!(asked.line, "GET /softwareSources?compartmentId=a%2Bb");
    assert_eq!(asked.header("opc-request-id"), "80".repeat(16));
    assert_eq!(asked.header("host"), "osms.test");
    assert_eq!(asked.header("accept"), "application/json");
    assert!(asked.header("user-agent").starts_with("patchtrain/"));
    assert!(asked.header("authorization").contains("keyId=\"t/u/f\""));
    assert_eq!(asked.header("opc-retry-token"), "");
    assert!(!asked.slow);
    let asked = script.nth(1);
    assert_eq!(asked.line, "POST /softwareSources/x%2Fy/actions/addPackages");
    assert_eq!(asked.header("content-type"), "application/json");
    assert_eq!(asked.header("content-length"), "5");
    assert_eq!(asked.body, r#"["a"]"#);
    assert_eq!(asked.header("opc-retry-token"), "tok");
}

#[tokio::test(start_paused = true)]
async fn the_version_is_appended_unless_it_is_there() {
    for base in ["http://h", "http://h/", "http://h/20190801", "http://h/20190801/"] {
        let script = Script::new(|_| json("[]"));
        let mut client = script.client();
        client.endpoint = Endpoint::fixed(base);
        client.send(&get()).await.unwrap();
        assert_eq!(script.nth(0).line, "GET /softwareSources?compartmentId=a%2Bb", "{base}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_retry_is_signed_anew_and_keeps_its_token() {
    let script = Script::answers([
        with(429, &[("retry-after", "3")], "{}"),
        refuse(503, "ServiceUnavailable"),
        broken(),
        json("{}"),
    ]);
    let told = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&told);
    let client = script.client().with_observer(move |retry| {
        ear.lock().unwrap().push((retry.reason.clone(), retry.attempt, retry.wait.as_secs_f64()));
    });
    let start = Instant::now();
    client.send(&post().token("tok")).await.unwrap();
    // Jitter is a half: 3.5, then 2.5, then 4.5.
    assert!((seconds(start) - 10.5).abs() < 0.01, "{}", seconds(start));
    let told: Vec<String> = told
        .lock()
        .unwrap()
        .iter()
        .map(|(reason, attempt, wait)| format!("{attempt} {reason} {wait:.1}"))
        .collect();
    assert_eq!(
        told,
        [
            "1 429 Too Many Requests 3.5",
            "2 503 ServiceUnavailable 2.5",
            "3 http://osms.test: the connection broke: reset 4.5"
        ]
    );
    let asked = script.asked.lock().unwrap();
    assert!(asked.iter().all(|asked| asked.header("opc-retry-token") == "tok"));
    assert!(asked.iter().all(|asked| asked.header("authorization").contains("version=\"1\"")));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_cannot_be_recognized_is_not_repeated_when_it_may_have_been_served() {
    for answer in [broken(), refuse(500, "InternalServerError")] {
        let script = Script::answers([answer]);
        script.client().send(&post()).await.unwrap_err();
        assert_eq!(script.lines().len(), 1);
    }
    let refused = || Err(TransportError::Connect("refused".to_owned()));
    let script = Script::answers([refused(), refuse(429, "TooManyRequests"), json("")]);
    script.client().send(&post()).await.unwrap();
    assert_eq!(script.lines().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn it_gives_up_after_eight_attempts_and_says_so() {
    let script = Script::new(|_| with(429, &[("opc-request-id", "THEIRS")], "boom"));
    let error = script.client().send(&get()).await.unwrap_err();
    assert_eq!(script.lines().len(), 8);
    assert_eq!(
        error.to_string(),
        "ListSoftwareSources: 429 Too Many Requests: boom (attempt 8, after 93 s) (opc-request-id THEIRS)"
    );
}

#[tokio::test(start_paused = true)]
async fn it_gives_up_at_once_where_trying_again_cannot_help() {
    let script = Script::answers([refuse(404, "NotAuthorizedOrNotFound")]);
    let error = script.client().send(&get()).await.unwrap_err();
    assert!(error.is_not_found());
    assert_eq!(
        error.to_string(),
        format!(
            "ListSoftwareSources: 404 NotAuthorizedOrNotFound: said so (opc-request-id {})",
            "80".repeat(16)
        )
    );
    let mut client = Script::answers([]).client();
    client.endpoint = Endpoint::fixed("not a url");
    let error = client.send(&get()).await.unwrap_err();
    assert!(error.to_string().starts_with("ListSoftwareSources: no answer from not a url: cannot be sent: "));
}

#[tokio::test(start_paused = true)]
async fn the_endpoint_is_asked_before_each_attempt() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let endpoint = Endpoint::asked(move || {
        let turn = count.fetch_add(1, Ordering::Relaxed);
        async move {
            match turn {
                0 => Err(std::io::Error::other("nobody serves")),
                turn => Ok(format!("http://127.0.0.1:{turn}")),
            }
        }
    });
    let script = Script::answers([broken(), json("[]")]);
    let mut client = script.client();
    client.endpoint = endpoint;
    client.send(&get()).await.unwrap();
    assert_eq!(asked.load(Ordering::Relaxed), 3);
    assert_eq!(script.nth(0).header("host"), "127.0.0.1:1");
    assert_eq!(script.nth(1).header("host"), "127.0.0.1:2");
}

#[tokio::test(start_paused = true)]
async fn a_list_is_read_to_its_end() {
    let script = Script::new(|asked: &Asked| match asked.line.split_once("page=").map(|(_, page)| page) {
        None => with(200, &[("opc-next-page", "AAA+/=B")], "[1]"),
        Some("AAA%2B%2F%3DB") => with(200, &[("opc-next-page", "C")], "[]"),
        Some("C") => with(200, &[("opc-next-page", "")], "[2,3]"),
        Some(page) => panic!("{page}"),
    });
    let client = script.client();
    let mut pages = client.pages(get().query("limit", "1000"));
    let mut read: Vec<u8> = Vec::new();
    while let Some(page) = pages.next().await.unwrap() {
        read.extend(page.json::<Vec<u8>>().unwrap());
    }
    assert_eq!(read, [1, 2, 3]);
    assert_eq!(
        script.lines(),
        [
            "GET /softwareSources?compartmentId=a%2Bb&limit=1000",
            "GET /softwareSources?compartmentId=a%2Bb&limit=1000&page=AAA%2B%2F%3DB",
            "GET /softwareSources?compartmentId=a%2Bb&limit=1000&page=C",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_list_without_end_is_an_error() {
    let script = Script::new(|_| with(200, &[("opc-next-page", "A")], "[]"));
    let client = script.client();
    let mut pages = client.pages(get());
    assert!(pages.next().await.unwrap().is_some());
    let error = pages.next().await.unwrap_err();
    assert!(error.to_string().contains("the list does not end: page `A` follows itself"), "{error}");
    assert!(pages.next().await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_not_what_was_promised_is_an_error() {
    let script = Script::answers([json("<html>")]);
    let reply = script.client().send(&get()).await.unwrap();
    let error = reply.json::<Vec<u8>>().unwrap_err().to_string();
    assert!(
        error.starts_with("ListSoftwareSources: the answer cannot be read: expected value at line 1"),
        "{error}"
    );
}

/// Counts how many requests are under way at once, and refuses the first one.
struct Gauge {
    now: AtomicUsize,
    most: AtomicUsize,
    first: AtomicUsize,
}

impl Transport for Gauge {
    async fn send(&self, _: Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(100)).await;
        self.now.fetch_sub(1, Ordering::Relaxed);
        match self.first.fetch_add(1, Ordering::Relaxed) {
            0..4 => with(429, &[("retry-after", "100")], "{}"),
            _ => json("{}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn calls_in_flight_are_bounded_and_waiting_holds_no_place() {
    let gauge = Gauge { now: 0.into(), most: 0.into(), first: 0.into() };
    let key = include_str!("../testdata/key.pem").as_bytes();
    let credentials = Credentials::from_parts("t", "u", "f", key).unwrap();
    let client = Client::new(gauge, Endpoint::fixed("http://h"), "/1", credentials)
        .with_parallelism(4)
        .with_random(|bytes| bytes.fill(0));
    let start = Instant::now();
    let call = get();
    // Four are told to come back in 100 s; the other twenty pass meanwhile.
    let calls = (0..24).map(|_| async {
        client.send(&call).await.unwrap();
        seconds(start)
    });
    let ends = futures_util::future::join_all(calls).await;
    assert_eq!(client.transport().most.load(Ordering::Relaxed), 4);
    assert_eq!(ends.iter().filter(|end| **end < 1.0).count(), 20);
}
