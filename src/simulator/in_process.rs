//! The way to a simulator in this process, without sockets.

use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, header};

use super::Simulator;
use crate::oci::{Transport, TransportError};

/// Carries requests to a simulator in this process, without sockets: for tests on virtual time.
#[derive(Clone, Debug)]
pub struct InProcess(pub Arc<Simulator>);

impl Transport for InProcess {
    fn send(
        &self,
        mut request: Request<Bytes>,
    ) -> impl Future<Output = Result<Response<Bytes>, TransportError>> + Send {
        // What an HTTP client adds by itself.
        let host = request.uri().authority().and_then(|host| HeaderValue::try_from(host.as_str()).ok());
        if let Some(host) = host {
            request.headers_mut().entry(header::HOST).or_insert(host);
        }
        if matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH) {
            let length = HeaderValue::from(request.body().len());
            request.headers_mut().entry(header::CONTENT_LENGTH).or_insert(length);
        }
        let response = self.0.handle(request);
        std::future::ready(Ok(response))
    }
}
