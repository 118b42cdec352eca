//! Placeholder until `cloud::osms` and the simulator are merged.
use super::{CliError, exit};
use crate::cloud::*;
use crate::observed::*;
use crate::oci::*;
use crate::op::{Capabilities, Op, RetryToken, Ticket};
use crate::train::Train;
pub(super) const VERSION: &str = "/20190801";
pub(super) const CAPABILITIES: Capabilities = Capabilities { packages_per_call: 500 };
pub(super) struct Dialect;
impl Cloud for Dialect {
    async fn observe(&self, _: &Scope) -> Result<Sighting, CloudError> {
        Err(CloudError::Credentials { reason: "not merged".into() })
    }
    async fn submit(&self, _: &Op, _: &RetryToken) -> Result<Submitted, CloudError> {
        Err(CloudError::Credentials { reason: "not merged".into() })
    }
    async fn poll(&self, _: &Ticket) -> Result<Progress, CloudError> {
        Err(CloudError::Credentials { reason: "not merged".into() })
    }
}
pub(super) fn dialect(_: Client<HttpTransport>, _: &Train) -> Dialect {
    Dialect
}
pub(super) fn simulator_credentials() -> Result<Credentials, CliError> {
    Err(CliError::new(exit::ERROR, "not merged"))
}
