//! The private seam under every OCI call: one request, one response. `reqwest` in the product; in tests the
//! simulator's handler, called in process, so that stories of days run in seconds on a paused clock.

use std::future::Future;

use bytes::Bytes;
use thiserror::Error;

/// Carries one request, already signed, to its end.
pub trait Transport: Send + Sync + 'static {
    /// Sends a request with an absolute URI and returns the whole response.
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> impl Future<Output = Result<http::Response<Bytes>, TransportError>> + Send;
}

/// No response.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TransportError {
    /// No connection: the request was not sent.
    #[error("cannot connect: {0}")]
    Connect(String),
    /// The connection broke or timed out after the request may have been sent.
    #[error("the connection broke: {0}")]
    Broken(String),
}
