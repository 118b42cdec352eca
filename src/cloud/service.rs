//! Either of Oracle's services, for whoever learns from a train which it is.

use super::osmh::OsmhCloud;
use super::osms::OsmsCloud;
use super::{Cloud, CloudError, Progress, Submitted};
use crate::observed::{Scope, Sighting};
use crate::oci::Transport;
use crate::op::{Op, RetryToken, Ticket};

/// The service that a train's instances are patched through.
pub enum Service<T> {
    /// OS Management.
    Osms(Box<OsmsCloud<T>>),
    /// OS Management Hub.
    Osmh(Box<OsmhCloud<T>>),
}

impl<T> From<OsmsCloud<T>> for Service<T> {
    fn from(cloud: OsmsCloud<T>) -> Self {
        Self::Osms(Box::new(cloud))
    }
}

impl<T> From<OsmhCloud<T>> for Service<T> {
    fn from(cloud: OsmhCloud<T>) -> Self {
        Self::Osmh(Box::new(cloud))
    }
}

impl<T: Transport> Cloud for Service<T> {
    async fn observe(&self, scope: &Scope) -> Result<Sighting, CloudError> {
        match self {
            Self::Osms(cloud) => cloud.observe(scope).await,
            Self::Osmh(cloud) => cloud.observe(scope).await,
        }
    }

    async fn submit(&self, op: &Op, token: &RetryToken) -> Result<Submitted, CloudError> {
        match self {
            Self::Osms(cloud) => cloud.submit(op, token).await,
            Self::Osmh(cloud) => cloud.submit(op, token).await,
        }
    }

    async fn poll(&self, ticket: &Ticket) -> Result<Progress, CloudError> {
        match self {
            Self::Osms(cloud) => cloud.poll(ticket).await,
            Self::Osmh(cloud) => cloud.poll(ticket).await,
        }
    }
}
