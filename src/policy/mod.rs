//! What a train's `[policy]` asks of every plan: limits, what is forbidden, days on which nothing is applied, rules in
//! Rego, and whose signatures it takes. Data, and what each rule says in words. How a plan stands to it is worked out by
//! [`crate::plan`]; where it is read, by [`crate::train`].

pub mod approval;
pub mod rego;

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::package::{Digest, Pattern};
use crate::rollout::{Blackout, span_words};

pub use approval::{Approval, ApprovalError, PublicKey};

/// What a train asks of every plan. Kept in the state as it was when it was last applied under.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// `max_instances`: how many instances a plan may touch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_instances: Option<usize>,
    /// `max_change`: the same, in percent of the members of all groups.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_change: Option<u8>,
    /// `max_security_lag`: for how long a security update may have been out that a release lacks which a plan moves
    /// instances to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_security_lag: Option<SignedDuration>,
    /// `forbid`: what no plan may do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub forbid: Vec<Forbidden>,
    /// `require_soak`: how long groups have to soak behind those before them, and between their waves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_soak: Option<SignedDuration>,
    /// `freeze_periods`: days on which nothing is applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freeze_periods: Option<Blackout>,
    /// `min_conformance_before_next`: how many percent of the instances have to be at the level of what they ride before
    /// anybody moves to another release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_conformance_before_next: Option<u8>,
    /// `max_age`: how old a saved plan may be when it is first applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age: Option<SignedDuration>,
    /// `approvals`: how many approvers have to sign a plan.
    #[serde(skip_serializing_if = "is_zero")]
    pub approvals: usize,
    /// `approvers`: who they can be.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub approvers: Vec<Approver>,
    /// `rego`: rules of the train's own, by file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rego: Vec<Module>,
    /// `override = false`: what it denies cannot be applied all the same.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub binding: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// Somebody who can approve a plan.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approver {
    /// What people call them.
    pub name: String,
    /// Whom it is proven by.
    pub key: PublicKey,
}

/// A file of rules in Rego. Two are the same whose text has the same digest: the state keeps no more of them.
#[derive(Clone, Debug, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Module {
    /// Its path, relative to the train file.
    pub path: String,
    /// The digest of its text.
    pub digest: Digest,
    /// The text; not kept in the state.
    #[serde(skip)]
    pub text: String,
}

impl PartialEq for Module {
    fn eq(&self, other: &Self) -> bool {
        (&self.path, self.digest) == (&other.path, other.digest)
    }
}

/// Something that no plan may do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Forbidden {
    /// What it is.
    pub deed: Deed,
    /// To which packages; all of them without it.
    pub packages: Option<Pattern>,
}

/// A kind of thing that a plan does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deed {
    /// Takes a package to an older version.
    Downgrade,
    /// Takes a package away, or moves to a release that has it no more.
    Removal,
    /// Brings a package that was not there.
    Addition,
    /// Moves a package to another module stream.
    StreamChange,
    /// Boots an instance.
    Reboot,
    /// Deletes something in the service.
    Destroy,
}

impl Deed {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Downgrade, Self::Removal, Self::Addition, Self::StreamChange, Self::Reboot, Self::Destroy];

    /// Returns the word of the train file for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Downgrade => "downgrade",
            Self::Removal => "removal",
            Self::Addition => "addition",
            Self::StreamChange => "stream-change",
            Self::Reboot => "reboot",
            Self::Destroy => "destroy",
        }
    }

    /// Tells whether it is done to packages, which can be named.
    pub fn has_packages(self) -> bool {
        !matches!(self, Self::Reboot | Self::Destroy)
    }
}

impl Forbidden {
    /// Reads `downgrade`, or `removal:glibc*`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (word, packages) = match text.split_once(':') {
            Some((word, packages)) => (word, Some(packages)),
            None => (text, None),
        };
        let Some(deed) = Deed::ALL.into_iter().find(|deed| deed.word() == word) else {
            let words: Vec<String> = Deed::ALL.iter().map(|deed| format!("`{}`", deed.word())).collect();
            return Err(format!(
                "`{text}` cannot be forbidden: expected {}, or one of them with packages, as in `removal:glibc*`",
                words.join(", ")
            ));
        };
        let packages = packages.map(Pattern::new).transpose().map_err(|error| error.to_string())?;
        if packages.is_some() && !deed.has_packages() {
            return Err(format!("`{word}` is not of packages: write `{word}` alone"));
        }
        Ok(Self { deed, packages })
    }

    /// Tells whether it is about packages of the name.
    pub fn is_about(&self, name: &str) -> bool {
        self.packages.as_ref().is_none_or(|pattern| pattern.matches(name))
    }
}

impl fmt::Display for Forbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.deed.word())?;
        self.packages.as_ref().map_or(Ok(()), |pattern| write!(f, ":{}", pattern.as_str()))
    }
}

impl TryFrom<String> for Forbidden {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<Forbidden> for String {
    fn from(forbidden: Forbidden) -> Self {
        forbidden.to_string()
    }
}

impl Policy {
    /// Returns what it says, rule by rule, in the order in which rules are told: the key of the train file and its value in
    /// words. Two policies that say the same are the same.
    pub fn rules(&self) -> Vec<(&'static str, String)> {
        let Self {
            max_instances,
            max_change,
            max_security_lag,
            forbid,
            require_soak,
            freeze_periods,
            min_conformance_before_next,
            max_age,
            approvals,
            approvers,
            rego,
            binding,
        } = self;
        let list = |words: Vec<String>| (!words.is_empty()).then(|| words.join(", "));
        let span = |length: &Option<SignedDuration>| length.map(span_words);
        let all = [
            ("max_instances", max_instances.map(|limit| limit.to_string())),
            ("max_change", max_change.map(|limit| format!("{limit}%"))),
            ("max_security_lag", span(max_security_lag)),
            ("forbid", list(forbid.iter().map(ToString::to_string).collect())),
            ("require_soak", span(require_soak)),
            ("freeze_periods", freeze_periods.as_ref().map(ToString::to_string)),
            ("min_conformance_before_next", min_conformance_before_next.map(|limit| format!("{limit}%"))),
            ("max_age", span(max_age)),
            ("approvals", (*approvals > 0).then(|| approvals.to_string())),
            ("approvers", list(approvers.iter().map(|who| format!("{} {}", who.name, who.key)).collect())),
            ("rego", list(rego.iter().map(|module| format!("{} {}", module.path, module.digest)).collect())),
            ("override", binding.then(|| "false".to_owned())),
        ];
        all.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
    }

    /// Returns until when nothing is applied, where it is a day of a freeze: without an end where that is beyond the
    /// calendar.
    pub fn frozen(&self, now: Timestamp) -> Option<Option<Timestamp>> {
        let periods = self.freeze_periods.as_ref()?;
        periods.is_on(now).then(|| periods.ends(now))
    }

    /// Returns the approver whose key it is.
    pub fn approver(&self, key: &PublicKey) -> Option<&Approver> {
        self.approvers.iter().find(|approver| approver.key == *key)
    }
}

#[cfg(test)]
mod tests;
