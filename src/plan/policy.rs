//! What the train's policy says of a plan: each rule with its outcome and the numbers behind it, and the signatures that
//! it takes. Plain data, for renderers and for `apply`.

use serde::{Deserialize, Serialize};

use super::Plan;
use crate::policy::{Policy, PublicKey};

/// What the train's policy says of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyReview {
    /// The policy; none where the train has none any more, and the one on record goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
    /// The rules, each with how the plan stands to it: those of the train file in their fixed order, then the train's own
    /// in Rego.
    pub checks: Vec<Check>,
    /// The signatures that it takes to apply the plan; none where it takes none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approvals: Option<Approvals>,
    /// What of the policy differs from that on record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<PolicyChange>,
    /// Whether `--override` is refused.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub binding: bool,
    /// Whether it is not the policy on record, where an apply puts it, also if nothing else is to be done.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unrecorded: bool,
}

/// A rule, and how a plan stands to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// The key in the train file, as in `max_instances`; of Rego the package and rule, as in `patchtrain.deny`.
    pub rule: String,
    /// How it went.
    pub outcome: CheckOutcome,
    /// What is asked for, as in "at most 200 instances"; empty for Rego.
    pub limit: String,
    /// What was found, as in "214 instances"; of Rego its message.
    pub found: String,
    /// What fails, one by one, where there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
}

/// How a plan stands to a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckOutcome {
    /// It keeps it.
    Pass,
    /// It keeps it, and somebody should look at it.
    Warn,
    /// It breaks it.
    Fail,
}

/// The signatures that a plan takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approvals {
    /// How many, each of another approver.
    pub needed: usize,
    /// The names of those who can give one.
    pub approvers: Vec<String>,
    /// Their keys, in the same order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<PublicKey>,
    /// Whether the policy on record says so, since the train file's differs from it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recorded: bool,
}

/// A rule that the train file states otherwise than the policy on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyChange {
    /// The key in the train file.
    pub rule: String,
    /// What is on record; none where it is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// What the train file says; none where it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

impl PolicyReview {
    /// Returns the rules that the plan breaks.
    pub fn failures(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| check.outcome == CheckOutcome::Fail)
    }
}

impl Plan {
    /// Tells whether an apply puts another policy on record.
    pub fn records_policy(&self) -> bool {
        self.policy.as_ref().is_some_and(|review| review.unrecorded)
    }

    /// Tells whether it breaks a rule of the train's policy.
    pub fn is_denied(&self) -> bool {
        self.policy.as_ref().is_some_and(|review| review.failures().next().is_some())
    }
}
