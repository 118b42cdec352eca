//! The services that there are to patch through.

use serde::{Deserialize, Serialize};

/// Which service a train's instances are patched through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Api {
    /// OS Management, API `20190801`; retired by Oracle on 2025-04-23.
    #[default]
    Osms,
    /// OS Management Hub, API `20220901`.
    Osmh,
}

impl Api {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Osms, Self::Osmh];

    /// Finds the one that a train file calls so.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|api| api.word() == word)
    }

    /// Returns its word in train files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Osms => "osms",
            Self::Osmh => "osmh",
        }
    }

    /// Tells whether it is the one that is meant where files say nothing: they look as they did before there was another.
    pub fn is_first(&self) -> bool {
        *self == Self::default()
    }

    /// Returns what Oracle calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Osms => "OS Management",
            Self::Osmh => "OS Management Hub",
        }
    }
}
