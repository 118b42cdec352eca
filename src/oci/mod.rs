//! Any OCI API: transport, request signature, credentials, retry, pages. Used by `cloud` and, later, by stores.
//!
//! Knows nothing of software sources or instances.

pub mod transport;

pub use transport::{Transport, TransportError};
