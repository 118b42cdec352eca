//! By whose word a run went on: who approved its plan, and who set the policy's word aside. For the history; nothing is
//! decided by it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::policy::PublicKey;

/// By whose word a run went on.
// A part of records that have fields of their own, so that unknown ones cannot be refused here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// Who approved its plan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<Approved>,
    /// What of the policy was set aside.
    #[serde(default, rename = "override", skip_serializing_if = "Option::is_none")]
    pub overridden: Option<Overridden>,
}

/// Somebody who approved a plan, whose signature was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approved {
    /// Who, as the policy calls them.
    pub name: String,
    /// When, as they say.
    pub at: Timestamp,
    /// By which key.
    pub key: PublicKey,
}

/// Rules of the policy that a plan broke and that somebody set aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overridden {
    /// Why, in their words.
    pub reason: String,
    /// The rules, as in `max_instances`.
    pub broken: Vec<String>,
}

impl Consent {
    /// Tells whether nobody had to say anything.
    pub fn is_none(&self) -> bool {
        self.approvals.is_empty() && self.overridden.is_none()
    }
}
