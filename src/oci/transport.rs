//! The private seam under every OCI call: one request, one response. `reqwest` in the product; in tests the
//! simulator's handler, called in process, so that stories of days run in seconds on a paused clock.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

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

/// A transport behind a pointer, for those who send so little that they are not worth a type parameter.
pub trait Exchange: Send + Sync {
    /// Sends a request, as [`Transport::send`] does.
    fn exchange(&self, request: http::Request<Bytes>) -> Exchanged<'_>;
}

/// What becomes of an exchange.
pub type Exchanged<'a> =
    Pin<Box<dyn Future<Output = Result<http::Response<Bytes>, TransportError>> + Send + 'a>>;

impl<T: Transport> Exchange for T {
    fn exchange(&self, request: http::Request<Bytes>) -> Exchanged<'_> {
        Box::pin(self.send(request))
    }
}

/// How long to wait for the service to say the next thing, as an extension of a request; left out, a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience(pub Duration);

/// No response.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TransportError {
    /// No connection: the request was not sent.
    #[error("cannot connect: {0}")]
    Connect(String),
    /// The connection broke or timed out after the request may have been sent.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// The request was not sent, and trying again cannot help: a certificate that is not trusted, a broken URL.
    #[error("cannot be sent: {0}")]
    Unsendable(String),
}
