//! One call of an API as a value, before it is signed, and the answer to it.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};
use serde::Serialize;
use serde::de::Deserialize;

use super::encode::{encode, query_string};
use super::error::Error;

/// One call. Built by a dialect, sent by [`super::Client`].
#[derive(Clone, Debug)]
pub struct Call {
    pub(crate) operation: &'static str,
    pub(crate) method: Method,
    path: String,
    query: Vec<(&'static str, String)>,
    pub(crate) body: Bytes,
    pub(crate) token: Option<String>,
    pub(crate) patience: Option<Duration>,
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The body is any bytes, of which nothing is signed.
    pub(crate) plain: bool,
    /// Serving it twice does no harm, although it changes something.
    repeatable: bool,
}

/// How long a slow call may take to be answered: Oracle's own sample waits so long, and attaching an instance to a
/// group has been seen to exceed the usual minute (oci-cli issue 313).
const SLOW: Duration = Duration::from_secs(600);

impl Call {
    /// Starts a call. `operation` is Oracle's name for it; `path` holds literal segments and escaped ids.
    pub fn new(operation: &'static str, method: Method, path: &[&str]) -> Self {
        let path = path.iter().fold(String::new(), |mut path, segment| {
            path.push('/');
            path.push_str(&encode(segment));
            path
        });
        Self {
            operation,
            method,
            path,
            query: Vec::new(),
            body: Bytes::new(),
            token: None,
            patience: None,
            headers: Vec::new(),
            plain: false,
            repeatable: false,
        }
    }

    /// Starts a GET.
    pub fn get(operation: &'static str, path: &[&str]) -> Self {
        Self::new(operation, Method::GET, path)
    }

    /// Starts a POST, without a body until [`Call::json`] gives one.
    pub fn post(operation: &'static str, path: &[&str]) -> Self {
        Self::new(operation, Method::POST, path)
    }

    /// Adds a query parameter.
    pub fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// Sets a query parameter, replacing the one of that name.
    pub(crate) fn set_query(&mut self, name: &'static str, value: String) {
        self.query.retain(|(known, _)| *known != name);
        self.query.push((name, value));
    }

    /// Gives it a body.
    pub fn json(mut self, body: &impl Serialize) -> Self {
        let body = serde_json::to_vec(body).expect("our bodies are structs and maps with string keys");
        self.body = body.into();
        self
    }

    /// Gives it bytes that are no JSON, and of which nothing is signed: only Object Storage takes such.
    pub(crate) fn bytes(mut self, body: Bytes) -> Self {
        self.body = body;
        self.plain = true;
        self
    }

    /// Adds a header.
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Says that serving it twice does no harm, as where the first time makes the second one fail.
    pub(crate) fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }

    /// Gives it a retry token, the same on each attempt: the service serves one token once.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Allows ten minutes for an answer.
    pub fn slow(mut self) -> Self {
        self.patience = Some(SLOW);
        self
    }

    /// Tells whether serving it twice does no harm: it reads, it has a retry token, or whoever made it says so.
    pub(crate) fn is_repeatable(&self) -> bool {
        !self.changes() || self.token.is_some() || self.repeatable
    }

    /// Tells whether it changes something.
    pub(crate) fn changes(&self) -> bool {
        self.method != Method::GET && self.method != Method::HEAD
    }

    /// Returns the path, behind the API version.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Returns path and query as they are sent, behind the API version.
    pub(crate) fn target(&self) -> String {
        match self.query.as_slice() {
            [] => self.path.clone(),
            query => format!("{}?{}", self.path, query_string(query)),
        }
    }
}

/// The answer to a call that the service has served.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The operation it answers.
    pub operation: &'static str,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// The service's request id, ours where it sent none.
    pub request_id: String,
}

impl Reply {
    /// Reads the body; what it borrows lives as long as the reply.
    pub fn json<'de, T: Deserialize<'de>>(&'de self) -> Result<T, Error> {
        // The reason is serde's, with line and column; it may quote a value, but the API holds no secrets.
        serde_json::from_slice(&self.body).map_err(|error| self.unreadable(error.to_string()))
    }

    /// Returns a header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok().filter(|value| !value.is_empty())
    }

    /// Makes the error of an answer that is not what the API says.
    pub fn unreadable(&self, reason: impl Into<String>) -> Error {
        Error::Answer {
            operation: self.operation,
            reason: reason.into(),
            request_id: self.request_id.clone(),
        }
    }
}
