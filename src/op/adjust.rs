//! What makes an instance exactly its release, package by package.

use serde::{Deserialize, Serialize};

use crate::package::Package;

/// One package that is brought to a version, older ones too, or taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Adjust {
    /// It is installed in this version, instead of any other; beside others where it is install-only.
    Install(Package),
    /// It is not installed in this version any more.
    Remove(Package),
}

impl Adjust {
    /// Returns the package.
    pub fn package(self) -> Package {
        match self {
            Self::Install(package) | Self::Remove(package) => package,
        }
    }

    /// Tells whether something is installed.
    pub fn installs(self) -> bool {
        matches!(self, Self::Install(_))
    }

    /// Returns what tells it from others, for tokens and keys.
    pub fn label(self) -> String {
        let verb = if self.installs() { "install" } else { "remove" };
        format!("{verb} {}", self.package())
    }
}
