//! The instance metadata service: what a compute instance is told about itself, over HTTP at an address of its own
//! link. Version 2, and version 1 where there is no other.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use serde::Deserialize;
use tokio::time::{Instant, timeout};

use super::credentials::CredentialsError;
use super::region::Region;
use super::regions::Regions;
use super::retry::{Next, Policy, Trouble};
use super::transport::{Exchange, TransportError};

/// Asks the metadata service.
#[derive(Clone)]
pub struct Metadata {
    exchange: Arc<dyn Exchange>,
    base: Arc<str>,
    regions: Arc<Regions>,
}

/// Where it is on every instance.
const BASE: &str = "http://169.254.169.254/opc/v2";

/// It is on the same machine's link: an answer takes milliseconds. Elsewhere the address often swallows packets, and
/// nobody wants to wait long to be told.
const PATIENCE: Duration = Duration::from_secs(5);

const POLICY: Policy =
    Policy { attempts: 3, total: Duration::from_secs(12), longest: Duration::from_secs(2) };

/// Where a region lies, in the service's words.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RegionInfo {
    region_identifier: String,
    realm_domain_component: String,
}

impl Metadata {
    /// Asks at another place than the usual one, if one is given: a URL with the version, as in
    /// `http://169.254.169.254/opc/v2`.
    pub fn new(exchange: Arc<dyn Exchange>, base: Option<&str>) -> Self {
        let base = base.unwrap_or(BASE).trim_end_matches('/').into();
        Self { exchange, base, regions: Arc::default() }
    }

    /// Looks among these regions where the instance names one without its realm.
    pub fn with_regions(mut self, regions: Regions) -> Self {
        self.regions = Arc::new(regions);
        self
    }

    /// Returns the region that the instance is in, with its realm.
    pub async fn region(&self) -> Result<Region, CredentialsError> {
        let path = "instance/regionInfo";
        if let Some(text) = self.find(path).await? {
            let info: RegionInfo = serde_json::from_str(&text).map_err(|error| self.wrong(path, &error))?;
            let (name, domain) = (&info.region_identifier, &info.realm_domain_component);
            let unusable = || format!("{name:?} and its realm's {domain:?} make no host's name");
            return Region::in_realm(name, domain).ok_or_else(|| self.no_region(path, unusable()));
        }
        // What there was before.
        let path = "instance/region";
        let found = self.regions.find(self.get(path).await?.trim());
        found.map_err(|error| self.no_region(path, error.to_string()))
    }

    fn no_region(&self, path: &str, reason: String) -> CredentialsError {
        CredentialsError::Region { url: self.url(path), reason }
    }

    /// Returns what lies at a path.
    pub(super) async fn get(&self, path: &str) -> Result<String, CredentialsError> {
        let found = self.find(path).await?;
        found.ok_or_else(|| self.wrong(path, &"answers 404, in version 2 and in version 1"))
    }

    /// Returns what lies at a path; none for 404 in both versions.
    async fn find(&self, path: &str) -> Result<Option<String>, CredentialsError> {
        let url = self.url(path);
        match (self.ask(&url).await?, self.base.strip_suffix("/v2")) {
            (None, Some(base)) => self.ask(&format!("{base}/v1/{path}")).await,
            (found, _) => Ok(found),
        }
    }

    async fn ask(&self, url: &str) -> Result<Option<String>, CredentialsError> {
        let started = Instant::now();
        let mut attempt = 0;
        loop {
            attempt += 1;
            let request = Request::get(url)
                // What version 2 asks for, against pages that make a browser ask.
                .header(http::header::AUTHORIZATION, "Bearer Oracle")
                .body(Bytes::new())
                .map_err(|error| failed(url, &error))?;
            let sent = timeout(PATIENCE, self.exchange.exchange(request)).await;
            let silent = || TransportError::Connect(format!("no answer within {} s", PATIENCE.as_secs()));
            let (trouble, reason) = match sent.unwrap_or_else(|_| Err(silent())) {
                Ok(answer) if answer.status().is_success() => {
                    return Ok(Some(String::from_utf8_lossy(answer.body()).into_owned()));
                }
                Ok(answer) if answer.status() == StatusCode::NOT_FOUND => return Ok(None),
                Ok(answer) => {
                    let status = answer.status();
                    let trouble = Trouble::Status { status: status.as_u16(), code: "", after: None };
                    (trouble, format!("answers {status}"))
                }
                Err(TransportError::Unsendable(reason)) => (Trouble::Hopeless, reason),
                Err(error) => (Trouble::Broken, format!("cannot be reached ({error})")),
            };
            match POLICY.next(trouble, true, attempt, started.elapsed(), 0.0) {
                Next::Wait(wait) => tokio::time::sleep(wait).await,
                Next::Stop => return Err(CredentialsError::Metadata { url: url.to_owned(), reason }),
            }
        }
    }

    /// Says that what lies at a path cannot be used.
    pub(super) fn wrong(&self, path: &str, reason: &dyn fmt::Display) -> CredentialsError {
        failed(&self.url(path), reason)
    }

    /// Returns where a path is.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.base)
    }
}

fn failed(url: &str, reason: &dyn fmt::Display) -> CredentialsError {
    CredentialsError::Metadata { url: url.to_owned(), reason: reason.to_string() }
}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Metadata").field(&self.base).finish()
    }
}
