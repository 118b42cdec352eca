//! How bad the vendor calls what an advisory mends.

use serde::{Deserialize, Serialize};

/// How bad the vendor calls what an advisory mends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The least.
    Low,
    /// More.
    Moderate,
    /// To be mended soon.
    Important,
    /// To be mended now.
    Critical,
}

impl Severity {
    /// Reads one of the vendor's four words, in whatever case, or what others say for them.
    pub fn of_word(word: &str) -> Option<Self> {
        let known = [
            ("low", Self::Low),
            ("moderate", Self::Moderate),
            ("medium", Self::Moderate),
            ("important", Self::Important),
            ("high", Self::Important),
            ("critical", Self::Critical),
        ];
        known.into_iter().find(|(name, _)| word.eq_ignore_ascii_case(name)).map(|(_, severity)| severity)
    }

    /// Returns the vendor's word, as it stands in a line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Moderate => "moderate",
            Self::Important => "important",
            Self::Critical => "critical",
        }
    }
}
