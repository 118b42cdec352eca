//! The transport of the product: `reqwest` on rustls with the ring provider.
//!
//! Redirects are not followed (a signature is for one address), and nothing is tried again here. Addresses on this
//! machine and its link are spoken to without certificates and without a proxy: the embedded simulator works on an
//! image that has no CA certificates at all, and what an instance's metadata service says is for that instance alone.

use std::error::Error;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use tokio::time::timeout;

use super::authorities::Authorities;
use super::trace::{Attempt, Line, Trace};
use super::transport::{Patience, Transport, TransportError};

/// Sends requests over the network. Its connections are kept and used again.
#[derive(Debug, Default)]
pub struct HttpTransport {
    // Made at the first use: loading the system's certificates takes some 20 ms, which many commands need not spend.
    local: OnceLock<Made>,
    remote: OnceLock<Made>,
    trace: Option<Trace>,
    authorities: Option<Authorities>,
}

type Made = Result<reqwest::Client, String>;

const CONNECT: Duration = Duration::from_secs(10);

/// What a connection is for, which says whom it may be told to trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// Calls of OCI's services.
    Calls,
    /// Files from anywhere, which the authorities of somebody's services need not have signed.
    Files,
}

/// How long the service may say nothing, where a request does not ask for more.
const READ: Duration = Duration::from_secs(60);

impl HttpTransport {
    /// Makes a transport. Never fails: what is wrong with this machine is said where it is needed.
    pub fn new() -> Self {
        // reqwest panics without a provider. An error means that there is one already.
        drop(rustls::crypto::ring::default_provider().install_default());
        Self::default()
    }

    /// Has each request written down, those for tokens and metadata too.
    pub fn with_trace(mut self, trace: Option<Trace>) -> Self {
        self.trace = trace;
        self
    }

    /// Trusts these authorities in calls, and not the system's. Not to be set on one that fetches files.
    pub fn with_authorities(mut self, authorities: Option<Authorities>) -> Self {
        self.authorities = authorities;
        self
    }

    /// Returns what speaks to an address.
    pub(super) fn client(&self, uri: &http::Uri, what_for: Use) -> Result<&reqwest::Client, TransportError> {
        let made = if is_local(uri) {
            self.local.get_or_init(|| make(settings().tls_certs_only([]).no_proxy()))
        } else {
            self.remote.get_or_init(|| match &self.authorities {
                Some(authorities) => {
                    let own = authorities.certificates().map_err(|error| told(&error))?;
                    make(settings().tls_certs_only(own))
                }
                None => make(settings()).map_err(|error| {
                    let name = what_for.name_a_file();
                    format!("{error}; install this system's CA certificates (package `ca-certificates`), or {name}")
                }),
            })
        };
        made.as_ref().map_err(|reason| TransportError::Unsendable(reason.clone()))
    }
}

impl Transport for HttpTransport {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        match &self.trace {
            None => self.exchange(request).await,
            Some(trace) => self.traced(trace, request).await,
        }
    }
}

impl HttpTransport {
    async fn traced(
        &self,
        trace: &Trace,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let (time, begun) = (jiff::Timestamp::now(), Instant::now());
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let attempt = request.extensions().get::<Attempt>().cloned();
        let id = |headers: &http::HeaderMap| {
            headers.get("opc-request-id").and_then(|id| id.to_str().ok()).map(str::to_owned)
        };
        let ours = id(request.headers());
        let answer = self.exchange(request).await;
        let theirs = answer.as_ref().ok().and_then(|response| id(response.headers()));
        trace.write(&Line {
            time,
            operation: attempt.as_ref().map(|attempt| attempt.operation),
            method: method.as_str(),
            host: uri.authority().map_or("", |authority| authority.as_str()),
            path: uri.path(),
            query: uri.query(),
            attempt: attempt.as_ref().map_or(1, |attempt| attempt.number),
            retry: attempt.as_ref().and_then(|attempt| attempt.retry.as_deref()),
            status: answer.as_ref().ok().map(|response| response.status().as_u16()),
            error: answer.as_ref().err().map(TransportError::to_string),
            milliseconds: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            request_id: theirs.or(ours).as_deref(),
        });
        answer
    }

    async fn exchange(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        let client = self.client(request.uri(), Use::Calls)?;
        let Patience(patience) = request.extensions().get().copied().unwrap_or(Patience(READ));
        let request =
            reqwest::Request::try_from(request).map_err(|error| TransportError::Unsendable(told(&error)))?;
        let silent = || TransportError::Broken(format!("no answer within {} s", patience.as_secs()));
        // Connecting has its own, shorter limit, and then the service may think.
        let sent = timeout(CONNECT + patience, client.execute(request)).await.map_err(|_| silent())?;
        let classify = |error| self.classify(error, Use::Calls);
        let mut response = sent.map_err(classify)?;
        let mut head = http::Response::new(());
        *head.status_mut() = response.status();
        *head.version_mut() = response.version();
        *head.headers_mut() = std::mem::take(response.headers_mut());
        let mut body = BytesMut::new();
        while let Some(chunk) =
            timeout(patience, response.chunk()).await.map_err(|_| silent())?.map_err(classify)?
        {
            body.extend_from_slice(&chunk);
        }
        Ok(head.map(|()| body.freeze()))
    }

    /// Tells what an error means, and what to do about a certificate that is not trusted.
    pub(super) fn classify(&self, error: reqwest::Error, what_for: Use) -> TransportError {
        let text = told(&error);
        if error.is_builder() {
            return TransportError::Unsendable(text);
        }
        if !error.is_connect() {
            return TransportError::Broken(text);
        }
        // A certificate that is not trusted now will not be trusted in 30 s either.
        match (about_certificate(&error), &self.authorities) {
            (Some(rustls::CertificateError::UnknownIssuer), Some(own)) => {
                TransportError::Unsendable(format!(
                    "{text}: only authorities in {} are trusted; where the certificate is right, add to that file the \
                     authority that signed it",
                    own.place()
                ))
            }
            (Some(rustls::CertificateError::UnknownIssuer), None) => {
                let name = what_for.name_a_file();
                TransportError::Unsendable(format!("{text}; where that is right, {name}"))
            }
            (Some(_), _) => TransportError::Unsendable(text),
            (None, _) => TransportError::Connect(text),
        }
    }
}

impl Use {
    /// Says how to trust others than the system's authorities.
    fn name_a_file(self) -> &'static str {
        match self {
            Self::Calls => {
                "name a file of the authorities to trust with OCI_CLI_CERT_BUNDLE, or for all programs with SSL_CERT_FILE"
            }
            Self::Files => "name a file of the authorities to trust with SSL_CERT_FILE",
        }
    }
}

fn settings() -> reqwest::ClientBuilder {
    reqwest::Client::builder().connect_timeout(CONNECT).redirect(reqwest::redirect::Policy::none())
}

fn make(builder: reqwest::ClientBuilder) -> Made {
    builder.build().map_err(|error| told(&error))
}

/// Tells whether the address is this machine or its link, without TLS.
fn is_local(uri: &http::Uri) -> bool {
    let host = uri.host().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    let near = |ip: std::net::IpAddr| match ip {
        std::net::IpAddr::V4(ip) => ip.is_loopback() || ip.is_link_local(),
        std::net::IpAddr::V6(ip) => ip.is_loopback() || ip.is_unicast_link_local(),
    };
    uri.scheme_str() == Some("http") && (host == "localhost" || address.is_ok_and(near))
}

fn about_certificate<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e rustls::CertificateError> {
    if let Some(rustls::Error::InvalidCertificate(why)) = error.downcast_ref() {
        return Some(why);
    }
    // An I/O error gives the source of what it wraps, and not that itself.
    let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    wrapped
        .and_then(|wrapped| about_certificate(wrapped))
        .or_else(|| error.source().and_then(about_certificate))
}

/// Writes an error with its causes, each once; the address stands elsewhere.
fn told(error: &reqwest::Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut source = error.source();
    while let Some(inner) = source {
        let text = inner.to_string();
        // What layer met it says nothing that its cause does not say better.
        let layer = text.starts_with("client error (") || text == "tcp connect error";
        if layer && inner.source().is_some() {
            source = inner.source();
            continue;
        }
        if parts.last().is_none_or(|last| !last.contains(&text)) {
            parts.push(text);
        }
        source = inner.source();
    }
    match parts.is_empty() {
        true => error.to_string(),
        false => parts.join(": "),
    }
}

#[cfg(test)]
mod tests;
