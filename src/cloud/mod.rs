//! The seam to a cloud: three calls that every service dialect offers, and what it can do at all.
//!
//! Knows nothing of plans or of the state. [`memory`] is the one for tests; [`osms`] and [`osmh`] speak to
//! Oracle's services, and [`Service`] is either of them.

mod adopt;
mod calls;
pub mod compute;
#[cfg(test)]
mod contract;
mod lists;
pub mod memory;
pub mod osmh;
pub mod osms;
mod rows;
mod service;
mod shared;
mod tags;
mod told;
mod watched;
mod wire;
mod words;

use std::collections::BTreeMap;
use std::future::Future;

use jiff::Timestamp;
use thiserror::Error;

use crate::name::Ocid;
use crate::observed::{Scope, Sighting};
use crate::op::{Op, RetryToken, Ticket};

pub use service::Service;
pub use watched::{Seen, Watched};

/// A service that instances are patched through.
pub trait Cloud: Send + Sync + 'static {
    /// Looks at a part of the world.
    fn observe(&self, scope: &Scope) -> impl Future<Output = Result<Sighting, CloudError>> + Send;

    /// Asks for one thing. All references in the op have their ids by then.
    fn submit(
        &self,
        op: &Op,
        token: &RetryToken,
    ) -> impl Future<Output = Result<Submitted, CloudError>> + Send;

    /// Asks how accepted work goes.
    fn poll(&self, ticket: &Ticket) -> impl Future<Output = Result<Progress, CloudError>> + Send;
}

/// The answer to a submitted op.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Submitted {
    /// It is done; with the id of what was made, if something was.
    Done {
        /// The new id.
        created: Option<Ocid>,
    },
    /// It is accepted and runs on in the service.
    Pending {
        /// Its name there.
        ticket: Ticket,
    },
}

/// How accepted work goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Accepted, and not picked up by the instance's agent yet.
    Accepted {
        /// Since when.
        since: Option<Timestamp>,
    },
    /// Running.
    Running {
        /// How far, of 100.
        percent: u8,
    },
    /// Work for several instances, one part each.
    Parts {
        /// How each part goes. An instance that the service has made no part for yet, or never will, is not here.
        parts: BTreeMap<Ocid, Part>,
        /// Whether the whole is over, so that no part changes any more.
        over: bool,
    },
    /// Succeeded, says the service. Proof is reading back.
    Succeeded,
    /// Failed or cancelled, with what the service's errors and last log lines say.
    Failed {
        /// In one paragraph.
        message: String,
    },
}

/// How one instance's part of accepted work goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Not picked up by the instance's agent yet.
    Accepted,
    /// Running.
    Running,
    /// Succeeded, says the service.
    Succeeded,
    /// Failed or cancelled, with what the service says.
    Failed {
        /// In one paragraph.
        message: String,
    },
}

/// A call that did not give an answer we can use.
#[derive(Debug, Error)]
pub enum CloudError {
    /// The service refused, or went on failing through all retries.
    #[error("{operation}: {status} {code}: {message} (opc-request-id {request_id})")]
    Service {
        /// The API operation, as Oracle names it.
        operation: &'static str,
        /// The HTTP status.
        status: u16,
        /// The service's code.
        code: String,
        /// The service's message.
        message: String,
        /// What support asks for.
        request_id: String,
    },
    /// No answer: the connection failed or broke, or the time ran out. The call may have been served.
    #[error("{operation}: no answer from {endpoint}: {reason}")]
    NoAnswer {
        /// The API operation.
        operation: &'static str,
        /// Where it was sent.
        endpoint: String,
        /// What happened.
        reason: String,
    },
    /// The service fails all calls, so that this one was given up before its time.
    #[error("{operation}: {endpoint} is down: {reason}")]
    Down {
        /// The API operation.
        operation: &'static str,
        /// Where it would have been sent.
        endpoint: String,
        /// How many calls failed, for how long, and what the last one failed with.
        reason: String,
        /// Whether an attempt of this call may have been served before.
        asked: bool,
    },
    /// An answer that is not what the API says.
    #[error("{operation}: the answer cannot be read: {reason} (opc-request-id {request_id})")]
    Answer {
        /// The API operation.
        operation: &'static str,
        /// What is wrong, without the answer's content.
        reason: String,
        /// What support asks for.
        request_id: String,
    },
    /// A package that the service does not know under any name.
    #[error("no software source that can be read offers {}", packages.join(", "))]
    UnknownPackages {
        /// The NEVRAs.
        packages: Vec<String>,
    },
    /// Packages that the service did not put into a source, and did not say why.
    #[error("{operation}: the service left out {}: none of the vendor's sources that this one is drawn from has them", packages.join(", "))]
    LeftOut {
        /// The API operation.
        operation: &'static str,
        /// The NEVRAs.
        packages: Vec<String>,
    },
    /// The service accepted a call and then failed to do it.
    #[error("{operation}: {reason} (work request {ticket})")]
    Failed {
        /// The API operation.
        operation: &'static str,
        /// The work request.
        ticket: String,
        /// What its errors and last log lines say.
        reason: String,
    },
    /// An op that cannot be said to this service. Nothing was sent.
    #[error("{operation} cannot be asked for: {reason}")]
    Unaskable {
        /// The API operation.
        operation: &'static str,
        /// Why not.
        reason: String,
    },
    /// Credentials are missing or wrong.
    #[error("credentials: {reason}")]
    Credentials {
        /// Which file, key or variable, and what to do.
        reason: String,
    },
}

impl CloudError {
    /// Tells whether the call may have been served although no answer says so: read back before repeating it.
    pub fn is_ambiguous(&self) -> bool {
        match self {
            Self::NoAnswer { .. } | Self::Answer { .. } => true,
            // What the service does not offer or has no room for is not done.
            Self::Service { status: 501 | 507, .. } => false,
            Self::Service { status, .. } => *status >= 500,
            Self::Down { asked, .. } => *asked,
            Self::UnknownPackages { .. }
            | Self::LeftOut { .. }
            | Self::Failed { .. }
            | Self::Unaskable { .. }
            | Self::Credentials { .. } => false,
        }
    }
}
