//! What a call carries so that it can be repeated, and what the service answers where it takes its time.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What makes a repeated call harmless to a service that has already served it: random, at most 48 characters, valid
/// for 24 hours (both services document the lifetime; the header allows 64).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RetryToken(pub String);

impl RetryToken {
    /// Returns the token for one of several calls that make up one op.
    pub fn part(&self, call: &str) -> Self {
        Self(format!("{}-{call}", self.0))
    }
}

/// The service's name for work it has accepted and not finished (an OCID of a work request).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ticket(pub String);

impl fmt::Display for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
