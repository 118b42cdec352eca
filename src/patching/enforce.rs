//! What a group wants its members to be: brought up to the release, or made exactly that.

use serde::{Deserialize, Serialize};

/// `enforce` of a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Enforce {
    /// What is older than the release is brought up; what is newer, missing or extra is told.
    #[default]
    Update,
    /// The packages are those of the release, but for what is unmanaged and older versions of kernels.
    Exact,
}

impl Enforce {
    /// Tells whether it is what a group that says nothing asks for, which files leave out.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
