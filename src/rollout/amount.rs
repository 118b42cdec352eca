//! A number of instances, or a share of some.

use serde::{Deserialize, Serialize};

/// A number of instances, or a share of a group or wave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Amount {
    /// So many.
    Number(usize),
    /// So many in a hundred.
    Percent(u8),
}

impl Amount {
    /// Returns the number for so many members, rounded down: of failures that are put up with.
    pub fn of(self, members: usize) -> usize {
        match self {
            Self::Number(number) => number,
            Self::Percent(percent) => members.saturating_mul(usize::from(percent)) / 100,
        }
    }

    /// Returns the number for so many members, rounded up and no more than there are: of instances that are moved.
    pub fn up_to(self, members: usize) -> usize {
        match self {
            Self::Number(number) => number.min(members),
            Self::Percent(percent) => members.saturating_mul(usize::from(percent)).div_ceil(100).min(members),
        }
    }
}
