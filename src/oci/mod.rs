//! Any OCI API: transport, request signature, credentials, endpoints, retry, pages. Used by `cloud` and, later, by
//! stores.
//!
//! Knows nothing of software sources or instances: a dialect says which call it wants ([`Call`]), the [`Client`]
//! signs it, sends it, tries again where that is harmless, and gives back an answer or an error that support can use.

mod allowance;
mod authorities;
mod breaker;
mod budget;
mod call;
mod client;
pub mod credentials;
mod download;
mod encode;
mod error;
mod http_transport;
mod limiter;
mod metadata;
pub mod object_storage;
mod page;
mod profile;
pub mod region;
mod regions;
pub mod retry;
pub mod sign;
#[cfg(test)]
pub(crate) mod testing;
pub mod trace;
pub mod transport;

pub use allowance::Allowance;
pub use authorities::Authorities;
pub use call::{Call, Reply};
pub use client::{Client, Endpoint, EndpointFuture, Retry};
pub use credentials::{Credentials, CredentialsError, Method, ResourcePrincipal, Secret, SigningKey};
pub use encode::{encode, query_string};
pub use error::Error;
pub use http_transport::HttpTransport;
pub use metadata::Metadata;
pub use page::Pages;
pub(crate) use profile::at_home;
pub use profile::{Profile, VARIABLES};
pub use region::{Region, RegionError};
pub use regions::{REGION_METADATA, Regions};
pub use trace::Trace;
pub use transport::{Exchange, Patience, Transport, TransportError};
