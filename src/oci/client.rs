//! The client of an OCI API: addresses a call, signs it, sends it, and tries again where that is harmless.
//!
//! Every exchange holds a place among the calls in flight; waiting between attempts, or for a key that has to be asked
//! for, holds none. How many places there are is the [`Limiter`]'s, whether a dead service is asked at all the
//! [`Breaker`]'s, and how many calls a whole run may have in flight and try again the [`Allowance`]'s. Time is tokio's,
//! so that tests run on a paused clock; the date that is signed is the system's. Randomness can be given.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, RETRY_AFTER, USER_AGENT};
use http::{Request, StatusCode};
use jiff::Timestamp;
use ring::rand::SecureRandom;
use tokio::time::Instant;

use super::allowance::{Allowance, Purse, Share};
use super::breaker::{Breaker, Failed, Shut};
use super::call::{Call, Reply};
use super::credentials::{Credentials, CredentialsError, SigningKey};
use super::error::{Error, refusal};
use super::limiter::{Limiter, Place};
use super::page::Pages;
use super::retry::{Next, Policy, Trouble, retry_after};
use super::sign::{sign, sign_plain};
use super::trace::Attempt;
use super::transport::{Patience, Transport, TransportError};

/// What an endpoint that is asked for answers with.
pub type EndpointFuture = Pin<Box<dyn Future<Output = std::io::Result<String>> + Send>>;

/// Where the service is: a base URL, without the API version or with it.
#[derive(Clone)]
pub enum Endpoint {
    /// Always there.
    Fixed(Arc<str>),
    /// Asked before each attempt, since the embedded simulator may have moved to another port.
    Asked(Arc<dyn Fn() -> EndpointFuture + Send + Sync>),
}

impl Endpoint {
    /// Takes a base URL.
    pub fn fixed(url: &str) -> Self {
        Self::Fixed(url.into())
    }

    /// Takes a way to find the base URL.
    pub fn asked<F, A>(ask: F) -> Self
    where
        F: Fn() -> A + Send + Sync + 'static,
        A: Future<Output = std::io::Result<String>> + Send + 'static,
    {
        Self::Asked(Arc::new(move || Box::pin(ask())))
    }

    async fn url(&self) -> std::io::Result<String> {
        match self {
            Self::Fixed(url) => Ok(url.to_string()),
            Self::Asked(ask) => ask().await,
        }
    }
}

/// Names the service, for people.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fixed(url) => url,
            Self::Asked(_) => "the simulator",
        })
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(url) => f.write_str(url),
            Self::Asked(_) => f.write_str("asked before each call"),
        }
    }
}

/// An attempt failed, and another one follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry {
    /// The API operation.
    pub operation: &'static str,
    /// What went wrong, for people.
    pub reason: String,
    /// How many attempts have been made.
    pub attempt: u32,
    /// When the next one starts.
    pub wait: Duration,
}

type Observer = Arc<dyn Fn(&Retry) + Send + Sync>;
type Random = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

/// A client of one API at one endpoint.
pub struct Client<T> {
    transport: T,
    endpoint: Endpoint,
    version: &'static str,
    credentials: Credentials,
    policy: Policy,
    limiter: Limiter,
    /// Of calls that read, and of calls that change something.
    breakers: [Breaker; 2],
    allowance: Allowance,
    retries: Purse,
    observer: Option<Observer>,
    random: Random,
}

/// Calls in flight where nothing else is asked for; also `--parallelism`'s default.
const PARALLELISM: usize = 10;

/// Says who calls, in `user-agent` and `opc-client-info`.
const AGENT: &str = concat!("patchtrain/", env!("CARGO_PKG_VERSION"));

impl<T: Transport> Client<T> {
    /// Makes a client. `version` is the path that the API's operations stand under, such as `/20190801`.
    pub fn new(transport: T, endpoint: Endpoint, version: &'static str, credentials: Credentials) -> Self {
        let system = ring::rand::SystemRandom::new();
        // Ids and jitter need no secrecy: without an entropy source they are merely not random.
        let random = move |bytes: &mut [u8]| {
            let _ = system.fill(bytes);
        };
        Self {
            transport,
            endpoint,
            version,
            credentials,
            policy: Policy::default(),
            limiter: Limiter::new(PARALLELISM),
            breakers: Default::default(),
            allowance: Allowance::of_one(),
            retries: Purse::new(),
            observer: None,
            random: Arc::new(random),
        }
    }

    /// Bounds its own calls in flight; at least one. There are fewer while the service has too many callers.
    pub fn with_parallelism(mut self, calls: usize) -> Self {
        self.limiter = Limiter::new(calls);
        self
    }

    /// Has it share with the other clients of a run how many calls are in flight, and how often calls are tried again.
    pub fn within(mut self, allowance: &Allowance) -> Self {
        self.allowance = allowance.clone();
        self
    }

    /// Sets how patient it is.
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Has somebody told of each retry, before its wait.
    pub fn with_observer(mut self, observer: impl Fn(&Retry) + Send + Sync + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Sets where random bytes (request ids, jitter) come from.
    pub fn with_random(mut self, random: impl Fn(&mut [u8]) + Send + Sync + 'static) -> Self {
        self.random = Arc::new(random);
        self
    }

    /// Returns the transport.
    pub fn transport(&self) -> &T {
        &self.transport
    }

    /// Returns the tenancy that calls are signed for, which is also the root compartment; none where the key does not
    /// say.
    pub async fn tenancy(&self) -> Result<Option<String>, Error> {
        let key = self.credentials.current(Timestamp::now()).await;
        Ok(key.map_err(|error| unsigned("the signature", &error))?.tenancy())
    }

    /// Makes a call, with its retries.
    pub async fn send(&self, call: &Call) -> Result<Reply, Error> {
        self.send_told(call).await.map_err(|(error, _)| error)
    }

    /// Makes a call, with its retries; an error comes with whether an attempt before the last may have been served.
    pub(super) async fn send_told(&self, call: &Call) -> Result<Reply, (Error, bool)> {
        let started = Instant::now();
        let request_id = self.request_id();
        let breaker = &self.breakers[usize::from(call.changes())];
        let mut attempt = Attempt { operation: call.operation, number: 0, retry: None };
        let (mut renewed, mut asked) = (false, false);
        loop {
            attempt.number += 1;
            let failure = match self.attempt(call, &request_id, breaker, attempt.clone()).await {
                Ok(reply) => {
                    self.retries.earn(&self.allowance);
                    return Ok(reply);
                }
                Err(failure) => failure,
            };
            // Nothing was done, so that any call may be repeated; once, since a second refusal has another cause.
            if let Some(key) = failure.refused.as_ref().filter(|_| !renewed) {
                renewed = true;
                let another = self.credentials.refresh_after_401(key, Timestamp::now()).await;
                if another.map_err(|error| (unsigned(call.operation, &error), asked))? {
                    attempt.retry = Some(failure.reason().into());
                    continue;
                }
            }
            let (elapsed, jitter) = (started.elapsed(), self.jitter());
            let trouble = failure.trouble();
            match self.policy.next(trouble, call.is_repeatable(), attempt.number, elapsed, jitter) {
                Next::Stop => return Err((failure.after(attempt.number, elapsed, asked, ""), asked)),
                Next::Wait(wait) => {
                    if let Err(most) = self.retries.spend(&self.allowance, &self.endpoint.to_string()) {
                        let why = format!(
                            "; this run has tried again too often to go on doing so, most often at {most}: run the \
                             command again once that serves"
                        );
                        return Err((failure.after(attempt.number, elapsed, asked, &why), asked));
                    }
                    asked |= trouble.may_be_served();
                    let reason = failure.reason();
                    attempt.retry = Some(reason.as_str().into());
                    if let Some(observer) = self.observer.as_ref().filter(|_| !breaker.is_open()) {
                        let attempt = attempt.number;
                        observer(&Retry { operation: call.operation, reason, attempt, wait });
                    }
                    breaker.pause(wait).await;
                }
            }
        }
    }

    /// Starts reading a list that comes in pages.
    pub fn pages(&self, call: Call) -> Pages<'_, T> {
        Pages::new(self, call)
    }

    async fn attempt(
        &self,
        call: &Call,
        request_id: &str,
        breaker: &Breaker,
        attempt: Attempt,
    ) -> Result<Reply, Failure> {
        let operation = call.operation;
        let begun = Instant::now();
        let base = match self.endpoint.url().await {
            Ok(base) => base,
            Err(error) => {
                let error = TransportError::Connect(format!("its address is not known: {error}"));
                let failure = Failure::of_transport(operation, "the service", error);
                breaker.failed(failure.failed(call, begun));
                return Err(failure);
            }
        };
        let base = base.trim_end_matches('/');
        let mut request = self.address(base, call, request_id).map_err(|error| {
            Failure::of_transport(operation, base, TransportError::Unsendable(error.to_string()))
        })?;
        request.extensions_mut().insert(attempt);
        // Asking for a key may take a minute, and is done while nobody waits for the place.
        self.key(operation).await?;
        let (place, _share) = self.admitted(call, base, breaker).await?;
        // Signed now: a date that has waited in line could be too old, and so could a key.
        let key = self.key(operation).await?;
        let sign = if call.plain { sign_plain } else { sign };
        sign(&mut request, &key, Timestamp::now()).map_err(|error| {
            let error = Error::Credentials { operation, reason: error.to_string() };
            Failure { error, kind: Kind::Hopeless, refused: None }
        })?;
        let begun = Instant::now();
        let response = self.transport.send(request).await.map_err(|error| {
            let failure = Failure::of_transport(operation, base, error);
            if !matches!(failure.kind, Kind::Hopeless) {
                breaker.failed(failure.failed(call, begun));
            }
            failure
        })?;
        let answered = response.headers().get("opc-request-id").and_then(|value| value.to_str().ok());
        let request_id = answered.unwrap_or(request_id).to_owned();
        if response.status().is_success() {
            place.served();
            breaker.succeeded();
            let (parts, body) = response.into_parts();
            return Ok(Reply { operation, headers: parts.headers, body, request_id });
        }
        let now = Timestamp::now();
        let asked = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let after = asked.and_then(|value| retry_after(value, now));
        let status = response.status();
        let refused = (status == StatusCode::UNAUTHORIZED).then_some(key);
        let error = refusal(operation, &response, request_id, now);
        let failure = Failure { error, kind: Kind::Refused { after }, refused };
        match status {
            StatusCode::TOO_MANY_REQUESTS => {
                place.refused();
                breaker.succeeded();
            }
            StatusCode::NOT_IMPLEMENTED | StatusCode::INSUFFICIENT_STORAGE => {}
            status if status.is_server_error() => breaker.failed(failure.failed(call, begun)),
            _ => {
                place.served();
                breaker.succeeded();
            }
        }
        Err(failure)
    }

    async fn key(&self, operation: &'static str) -> Result<Arc<SigningKey>, Failure> {
        self.credentials.current(Timestamp::now()).await.map_err(|error| {
            let error = unsigned(operation, &error);
            Failure { error, kind: Kind::Hopeless, refused: None }
        })
    }

    /// Waits for a place among the calls in flight, and while the service seems to be down.
    async fn admitted(
        &self,
        call: &Call,
        base: &str,
        breaker: &Breaker,
    ) -> Result<(Place<'_>, Share<'_>), Failure> {
        loop {
            // Its own first: who waits because this service has too many callers keeps nobody from another one.
            let mut place = self.limiter.place().await;
            let share = self.allowance.place().await;
            // That may have taken long, and the service may have refused others meanwhile.
            if !place.still_is_one() {
                continue;
            }
            // Asked once there is a place: the circuit may have opened while this one waited in line.
            match breaker.admit(call.path()) {
                Ok(()) => return Ok((place, share)),
                Err(Shut::Until(time)) => {
                    drop((place, share));
                    breaker.hold(time).await;
                }
                Err(Shut::Down(reason)) => {
                    let (operation, endpoint) = (call.operation, base.to_owned());
                    let error = Error::Down { operation, endpoint, reason, asked: false };
                    return Err(Failure { error, kind: Kind::Hopeless, refused: None });
                }
            }
        }
    }

    fn address(&self, base: &str, call: &Call, request_id: &str) -> http::Result<Request<Bytes>> {
        let version = if base.ends_with(self.version) { "" } else { self.version };
        let mut request = Request::builder()
            .method(call.method.clone())
            .uri(format!("{base}{version}{}", call.target()))
            .header(ACCEPT, "application/json")
            .header(USER_AGENT, AGENT)
            .header("opc-client-info", AGENT)
            .header("opc-request-id", request_id);
        if let Some(token) = &call.token {
            request = request.header("opc-retry-token", token);
        }
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        if let Some(patience) = call.patience {
            request = request.extension(Patience(patience));
        }
        request.body(call.body.clone())
    }

    /// Makes a request id: 32 upper-case hex digits.
    fn request_id(&self) -> String {
        let mut bytes = [0; 16];
        (self.random)(&mut bytes);
        format!("{:032X}", u128::from_be_bytes(bytes))
    }

    /// Returns a number from 0 to 1, without 1.
    fn jitter(&self) -> f64 {
        let mut bytes = [0; 4];
        (self.random)(&mut bytes);
        f64::from(u32::from_be_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
    }
}

fn unsigned(operation: &'static str, error: &CredentialsError) -> Error {
    Error::Credentials { operation, reason: error.to_string() }
}

/// An attempt that failed, and in which way.
struct Failure {
    error: Error,
    kind: Kind,
    /// The key that the service did not accept.
    refused: Option<Arc<SigningKey>>,
}

enum Kind {
    Refused { after: Option<Duration> },
    NotSent,
    Broken,
    Hopeless,
}

impl Failure {
    fn of_transport(operation: &'static str, endpoint: &str, error: TransportError) -> Self {
        let kind = match error {
            TransportError::Connect(_) => Kind::NotSent,
            TransportError::Broken(_) => Kind::Broken,
            TransportError::Unsendable(_) => Kind::Hopeless,
        };
        let error = Error::NoAnswer { operation, endpoint: endpoint.to_owned(), reason: error.to_string() };
        Self { error, kind, refused: None }
    }

    fn trouble(&self) -> Trouble<'_> {
        match (&self.kind, &self.error) {
            (Kind::Refused { after }, Error::Service { status, code, .. }) => {
                Trouble::Status { status: *status, code, after: *after }
            }
            (Kind::NotSent, _) => Trouble::NotSent,
            (Kind::Broken, _) => Trouble::Broken,
            (Kind::Hopeless | Kind::Refused { .. }, _) => Trouble::Hopeless,
        }
    }

    /// Says it to the circuit breaker.
    fn failed<'c>(&self, call: &'c Call, since: Instant) -> Failed<'c> {
        let last = match &self.error {
            Error::Service { status, code, message, request_id, .. } => {
                format!("{status} {code}: {message} (opc-request-id {request_id})")
            }
            _ => self.reason(),
        };
        let answered = matches!(self.kind, Kind::Refused { .. });
        Failed { call: call.path(), since, answered, last }
    }

    /// Says in a few words what went wrong, for somebody who watches.
    fn reason(&self) -> String {
        match &self.error {
            Error::Service { status, code, .. } => format!("{status} {code}"),
            Error::NoAnswer { endpoint, reason, .. } => format!("{endpoint}: {reason}"),
            Error::Answer { reason, .. } | Error::Credentials { reason, .. } | Error::Down { reason, .. } => {
                reason.clone()
            }
        }
    }

    /// Returns the error that the last of several attempts ended with. `asked`: an earlier one may have been served.
    fn after(self, attempts: u32, elapsed: Duration, asked: bool, why: &str) -> Error {
        let mut error = self.error;
        match &mut error {
            Error::NoAnswer { reason, .. } | Error::Service { message: reason, .. } if attempts > 1 => {
                *reason = format!("{reason} (attempt {attempts}, after {} s{why})", elapsed.as_secs());
            }
            Error::NoAnswer { reason, .. } | Error::Service { message: reason, .. } => reason.push_str(why),
            Error::Down { asked: flag, .. } => *flag = asked,
            Error::Answer { .. } | Error::Credentials { .. } => {}
        }
        error
    }
}

impl<T> fmt::Debug for Client<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("endpoint", &self.endpoint)
            .field("version", &self.version)
            .field("credentials", &self.credentials)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod health;
#[cfg(test)]
mod shared;
#[cfg(test)]
mod tests;
