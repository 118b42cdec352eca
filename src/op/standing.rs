//! How an instance stands that is to be booted.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What the service says of an instance that a boot changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standing {
    /// The kernel that it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runs: Option<Arc<str>>,
    /// Whether it waits for a reboot.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waits: bool,
    /// When it last checked in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkin: Option<Timestamp>,
    /// When it was last booted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub booted: Option<Timestamp>,
}
