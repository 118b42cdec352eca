//! The way to the simulator in bad weather, drawn from a seed: calls are refused, fail, break before and after they are
//! served, take long, and lists come in short and in empty pages.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response};
use patchtrain::oci::{Transport, TransportError};
use patchtrain::simulator::{InProcess, Simulator};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::script::Script;
use crate::support::rng::Rng;

/// Of a hundred calls.
const TOO_MANY: usize = 20;
const ERRORS: usize = 10;
const RESETS: usize = 6;
const SLOW: usize = 5;
const SPLIT_PAGES: usize = 30;
/// So many calls fail in a row at most: from the next one on the client rightly takes the service for dead, and that is
/// not bad weather (`oci::breaker` has tests of its own).
const ROW: usize = 4;

/// What went wrong, counted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Spoilt {
    pub(crate) calls: usize,
    pub(crate) refused: usize,
    pub(crate) errors: usize,
    pub(crate) resets: usize,
    pub(crate) slow: usize,
    pub(crate) pages: usize,
}

/// The way. Clones share it.
pub(crate) struct Weather<S> {
    simulator: Arc<Simulator>,
    script: Arc<S>,
    inner: Arc<Mutex<Inner>>,
}

impl<S> Clone for Weather<S> {
    fn clone(&self) -> Self {
        let Self { simulator, script, inner } = self;
        Self { simulator: simulator.clone(), script: script.clone(), inner: inner.clone() }
    }
}

struct Inner {
    rng: Rng,
    spoilt: Spoilt,
    /// How many calls have failed in a row.
    row: usize,
    /// Rest of a page that was cut, by the token it is asked for with: its rows, and the token that followed it.
    rests: HashMap<String, (Rows, Option<HeaderValue>)>,
}

/// The rows of a list: a bare array, or in OS Management Hub `items`.
#[derive(Clone, Serialize)]
#[serde(untagged)]
enum Rows {
    Bare(Vec<Box<RawValue>>),
    Items(Items),
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Items {
    items: Vec<Box<RawValue>>,
}

/// Puts rows into a list.
type Wrap = fn(Vec<Box<RawValue>>) -> Rows;

/// Reads the rows of a list, and how they are wrapped there; none of what is no list.
fn rows_of(body: &[u8]) -> Option<(Vec<Box<RawValue>>, Wrap)> {
    if let Ok(rows) = serde_json::from_slice(body) {
        return Some((rows, Rows::Bare));
    }
    let Items { items } = serde_json::from_slice(body).ok()?;
    Some((items, |items| Rows::Items(Items { items })))
}

/// What becomes of a call.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Passes,
    TooMany,
    Error { served: bool },
    Reset { served: bool },
}

impl<S> Weather<S> {
    pub(crate) fn over(simulator: Arc<Simulator>, script: Arc<S>, seed: u64) -> Self {
        let inner = Inner {
            rng: Rng::new(seed ^ 0x7765_6174_6865_7221),
            spoilt: Spoilt::default(),
            row: 0,
            rests: HashMap::new(),
        };
        Self { simulator, script, inner: Arc::new(Mutex::new(inner)) }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    pub(crate) fn spoilt(&self) -> Spoilt {
        self.inner().spoilt
    }

    fn draw(&self) -> (Fate, Duration) {
        let inner = &mut *self.inner();
        inner.spoilt.calls += 1;
        let fate = match inner.rng.below(100) {
            draw if draw < TOO_MANY => Fate::TooMany,
            draw if draw < TOO_MANY + ERRORS => Fate::Error { served: inner.rng.chance(30) },
            draw if draw < TOO_MANY + ERRORS + RESETS => Fate::Reset { served: inner.rng.chance(50) },
            _ => Fate::Passes,
        };
        let fails = matches!(fate, Fate::Error { .. } | Fate::Reset { .. });
        let fate = if fails && inner.row >= ROW { Fate::Passes } else { fate };
        match fate {
            Fate::Passes => inner.row = 0,
            // Neither an answer of use nor a sign of death.
            Fate::TooMany => inner.spoilt.refused += 1,
            Fate::Error { .. } => inner.spoilt.errors += 1,
            Fate::Reset { .. } => inner.spoilt.resets += 1,
        }
        inner.row += usize::from(matches!(fate, Fate::Error { .. } | Fate::Reset { .. }));
        let slow = inner.rng.chance(SLOW);
        inner.spoilt.slow += usize::from(slow);
        let latency = if slow { 2_000 + inner.rng.below(28_000) } else { 20 + inner.rng.below(60) };
        (fate, Duration::from_millis(latency as u64))
    }

    /// Serves what the simulator would not: the rest of a page that was cut.
    fn rest(&self, request: &Request<Bytes>) -> Option<Response<Bytes>> {
        let query = request.uri().query()?;
        let token = query.split('&').find_map(|pair| pair.strip_prefix("page=weather-"))?;
        // Not taken out: the answer may be lost, and the page asked for again.
        let (rows, next) = self.inner().rests.get(token)?.clone();
        Some(page(&rows, next))
    }

    /// Cuts a page in two, or puts an empty one before it.
    fn cut(&self, response: Response<Bytes>) -> Response<Bytes> {
        let inner = &mut *self.inner();
        if !response.status().is_success() || !inner.rng.chance(SPLIT_PAGES) {
            return response;
        }
        let Some((mut rows, wrap)) = rows_of(response.body()) else { return response };
        let next = response.headers().get("opc-next-page").cloned();
        let rest = wrap(rows.split_off(if inner.rng.chance(40) { 0 } else { rows.len() / 2 }));
        let rows = wrap(rows);
        inner.spoilt.pages += 1;
        let token = inner.spoilt.pages.to_string();
        let link = HeaderValue::try_from(format!("weather-{token}")).unwrap();
        inner.rests.insert(token, (rest, next));
        page(&rows, Some(link))
    }
}

fn page(rows: &Rows, next: Option<HeaderValue>) -> Response<Bytes> {
    let mut response = Response::new(serde_json::to_vec(rows).unwrap().into());
    response.headers_mut().insert("opc-request-id", HeaderValue::from_static("WEATHER"));
    if let Some(next) = next {
        response.headers_mut().insert("opc-next-page", next);
    }
    response
}

fn refusal(status: u16, code: &str) -> Response<Bytes> {
    let body = format!(r#"{{"code":"{code}","message":"the weather is bad"}}"#);
    Response::builder().status(status).body(body.into()).unwrap()
}

impl<S: Script> Transport for Weather<S> {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let (fate, latency) = self.draw();
        tokio::time::sleep(latency).await;
        let broken = || TransportError::Broken("reset by peer".into());
        match fate {
            Fate::TooMany => return Ok(refusal(429, "TooManyRequests")),
            Fate::Error { served: false } => return Ok(refusal(503, "ServiceUnavailable")),
            Fate::Reset { served: false } => return Err(broken()),
            _ => {}
        }
        let reading = *request.method() == Method::GET;
        let response = match self.rest(&request) {
            Some(rest) => rest,
            None => InProcess(self.simulator.clone()).send(request.clone()).await?,
        };
        if !reading && response.status().is_success() {
            self.script.served(&self.simulator, &request);
        }
        match fate {
            Fate::Error { .. } => return Ok(refusal(500, "InternalServerError")),
            Fate::Reset { .. } => return Err(broken()),
            _ => {}
        }
        Ok(if reading { self.cut(response) } else { response })
    }
}
