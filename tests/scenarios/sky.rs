//! The way between the client and the simulator, with weather: it counts what passes, and loses, refuses or breaks
//! off what a story says. Leaves out what any of it means.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response};
use patchtrain::name::Ocid;
use patchtrain::oci::{Transport, TransportError};
use patchtrain::simulator::{InProcess, Mishap, Simulator};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

/// How long a call takes on the way: long enough for calls to overtake each other.
const LATENCY: Duration = Duration::from_millis(20);

/// What may go wrong with calls.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Weather {
    #[default]
    Calm,
    /// After so many changing calls, all calls are refused with 429, for so long.
    Storm(usize, Duration),
    /// After so many changing calls the service is dead: each call is answered with 503.
    Dead(usize),
    /// Every so many-th call is answered with a 5xx.
    Bursts(usize),
    /// The connection breaks once for each changing call, before it is served.
    ResetBefore,
    /// The connection breaks once for each changing call, after it was served: the answer is lost.
    ResetAfter,
}

/// What ends a run early.
#[derive(Debug, Default)]
enum End {
    #[default]
    None,
    /// After so many more changing calls the process is dead: no answer ever comes again.
    Cut(usize),
    /// After so many more changing calls a signal comes.
    Interrupt(usize, watch::Sender<u8>),
}

/// One call that reached the service.
#[derive(Clone, Debug)]
pub(crate) struct Passed {
    /// Method and path, ids left out.
    pub(crate) what: String,
    /// The ids in path and query, and of the instance that a work request is for.
    pub(crate) whom: Vec<String>,
    /// Whether it is one that changes something.
    pub(crate) changing: bool,
    pub(crate) status: u16,
    /// The source that the body names.
    pub(crate) source: Option<String>,
}

/// What becomes of an instance at its next update.
#[derive(Debug)]
struct Trap {
    instance: String,
    /// Whose update it is a part of, where groups are updated as a whole.
    whom: String,
    fate: Fate,
}

/// What an update does to an instance, or to what the service knows of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fate {
    /// Its part fails, and nothing else that it is asked.
    Fails,
    /// It falls silent as soon as the update is accepted.
    FallsSilent,
    /// The service no longer knows it then.
    Vanishes,
}

#[derive(Debug, Default)]
struct Inner {
    weather: Weather,
    end: End,
    calls: usize,
    refused: usize,
    storm: Option<Instant>,
    broken: HashSet<(String, Bytes)>,
    passed: Vec<Passed>,
    /// Instances by their work requests.
    works: HashMap<String, String>,
    /// What becomes of instances at their next update.
    traps: Vec<Trap>,
    dead: bool,
}

/// The way. Clones share it.
#[derive(Clone)]
pub(crate) struct Sky {
    simulator: Arc<Simulator>,
    inner: Arc<Mutex<Inner>>,
    died: Arc<Notify>,
}

impl Sky {
    pub(crate) fn over(simulator: Arc<Simulator>) -> Self {
        Self { simulator, inner: Arc::default(), died: Arc::default() }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    pub(crate) fn turn(&self, weather: Weather) {
        let mut inner = self.inner();
        (inner.weather, inner.refused, inner.storm) = (weather, 0, None);
        inner.broken.clear();
    }

    pub(crate) fn storm_after(&self, calls: usize, length: Duration) {
        self.turn(Weather::Storm(calls, length));
    }

    pub(crate) fn cut_after(&self, calls: usize) {
        self.inner().end = End::Cut(calls);
    }

    pub(crate) fn interrupt_after(&self, calls: usize, signal: watch::Sender<u8>) {
        self.inner().end = End::Interrupt(calls, signal);
    }

    /// Says what becomes of an instance at its next update, or at that of its group.
    pub(crate) fn doom(&self, instance: &str, group: Option<&Ocid>, fate: Fate) {
        let whom = group.map_or_else(|| instance.to_owned(), Ocid::to_string);
        self.inner().traps.push(Trap { instance: instance.to_owned(), whom, fate });
    }

    /// Takes out the traps that an update springs, before it is served or after.
    fn spring(&self, request: &Request<Bytes>, served: bool) {
        let path = request.uri().path();
        if !(path.ends_with("/updateAll") || path.ends_with("/updateAllPackages")) {
            return;
        }
        let is = |trap: &mut Trap| (trap.fate != Fate::Fails) == served && path.contains(&trap.whom);
        let sprung: Vec<Trap> = self.inner().traps.extract_if(.., is).collect();
        for Trap { instance, fate, .. } in sprung {
            match fate {
                Fate::Fails => self.simulator.strike(&instance, Mishap::Fails),
                Fate::FallsSilent => self.simulator.silence(&instance),
                Fate::Vanishes => self.simulator.vanish(&instance),
            }
            .unwrap();
        }
    }

    /// Waits until the process is dead.
    pub(crate) async fn death(&self) {
        self.died.notified().await;
    }

    /// Brings the next process to life.
    pub(crate) fn revive(&self) {
        let mut inner = self.inner();
        (inner.dead, inner.end) = (false, End::None);
    }

    /// Returns what has reached the service since this was asked last.
    pub(crate) fn passed(&self) -> Vec<Passed> {
        std::mem::take(&mut self.inner().passed)
    }

    /// Returns how many calls the weather has refused or broken off.
    pub(crate) fn refused(&self) -> usize {
        self.inner().refused
    }

    /// Decides what the weather makes of a call before it is served.
    fn before(&self, request: &Request<Bytes>) -> Result<Option<Response<Bytes>>, TransportError> {
        let inner = &mut *self.inner();
        inner.calls += 1;
        let spoilt = match inner.weather {
            Weather::Storm(0, length) => {
                let began = *inner.storm.get_or_insert_with(Instant::now);
                (began.elapsed() < length).then(|| refusal(429, "TooManyRequests", Some("9")))
            }
            Weather::Dead(0) => Some(refusal(503, "ServiceUnavailable", None)),
            Weather::Bursts(nth) if inner.calls.is_multiple_of(nth) => Some(match inner.calls / nth % 3 {
                0 => refusal(500, "InternalServerError", None),
                1 => refusal(502, "", None),
                _ => refusal(503, "ServiceUnavailable", Some("1")),
            }),
            Weather::ResetBefore if is_changing(request) && inner.broken.insert(identity(request)) => {
                inner.refused += 1;
                return Err(TransportError::Broken("reset by peer".into()));
            }
            _ => None,
        };
        inner.refused += usize::from(spoilt.is_some());
        Ok(spoilt)
    }

    /// Takes note of a call that was served, and decides whether its answer comes home.
    fn after(&self, request: &Request<Bytes>, response: &Response<Bytes>) -> Result<(), TransportError> {
        let changing = is_changing(request);
        let mut whom = ids(request.uri().path_and_query().map_or("", |target| target.as_str()));
        let mut guard = self.inner();
        let inner = &mut *guard;
        let works: Vec<String> = whom.iter().filter_map(|id| inner.works.get(id).cloned()).collect();
        whom.extend(works);
        if let (Some(id), Some(instance)) = (response.headers().get("opc-work-request-id"), whom.first()) {
            inner.works.insert(id.to_str().unwrap().to_owned(), instance.clone());
        }
        let what = shape(request);
        let body: serde_json::Value = serde_json::from_slice(request.body()).unwrap_or_default();
        let source = body["softwareSourceId"].as_str().map(str::to_owned);
        inner.passed.push(Passed { what, whom, changing, status: response.status().as_u16(), source });
        if !changing {
            return Ok(());
        }
        if let Weather::Storm(left @ 1.., _) | Weather::Dead(left @ 1..) = &mut inner.weather {
            *left -= 1;
        }
        match &mut inner.end {
            End::None => {}
            End::Cut(0) => {
                inner.dead = true;
                self.died.notify_one();
            }
            End::Interrupt(0, signal) => {
                signal.send_replace(1);
                inner.end = End::None;
            }
            End::Cut(left) | End::Interrupt(left, _) => *left -= 1,
        }
        if inner.weather == Weather::ResetAfter && inner.broken.insert(identity(request)) {
            inner.refused += 1;
            return Err(TransportError::Broken("reset by peer".into()));
        }
        Ok(())
    }

    fn is_dead(&self) -> bool {
        self.inner().dead
    }
}

impl Transport for Sky {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        tokio::time::sleep(LATENCY).await;
        if self.is_dead() {
            std::future::pending::<()>().await;
        }
        if let Some(spoilt) = self.before(&request)? {
            return Ok(spoilt);
        }
        self.spring(&request, false);
        let response = InProcess(self.simulator.clone()).send(request.clone()).await?;
        self.spring(&request, true);
        self.after(&request, &response)?;
        if self.is_dead() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(LATENCY).await;
        Ok(response)
    }
}

fn refusal(status: u16, code: &str, after: Option<&str>) -> Response<Bytes> {
    let body = match code {
        "" => "<html>Bad Gateway</html>".to_owned(),
        code => format!(r#"{{"code":"{code}","message":"the weather is bad"}}"#),
    };
    let mut response = Response::builder().status(status);
    if let Some(after) = after {
        response = response.header("retry-after", after);
    }
    response.body(body.into()).unwrap()
}

fn is_changing(request: &Request<Bytes>) -> bool {
    *request.method() != Method::GET
}

/// What makes a call the same call when it is repeated.
fn identity(request: &Request<Bytes>) -> (String, Bytes) {
    (format!("{} {}", request.method(), request.uri()), request.body().clone())
}

/// Returns method and path with `{}` for ids.
fn shape(request: &Request<Bytes>) -> String {
    let path = request.uri().path().trim_start_matches("/20190801/").trim_start_matches("/20220901/");
    let parts: Vec<&str> =
        path.split('/').map(|part| if part.starts_with("ocid1.") { "{}" } else { part }).collect();
    format!("{} {}", request.method(), parts.join("/"))
}

fn ids(target: &str) -> Vec<String> {
    let words = target.split(['/', '?', '&', '=']);
    words
        .filter(|word| word.starts_with("ocid1.") && !word.contains(".compartment."))
        .map(str::to_owned)
        .collect()
}

/// Counts calls by what they are.
pub(crate) fn table(calls: &[Passed]) -> BTreeMap<(bool, String), usize> {
    let mut table = BTreeMap::new();
    for call in calls {
        *table.entry((call.changing, call.what.clone())).or_default() += 1;
    }
    table
}
