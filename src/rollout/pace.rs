//! What a group says of how it moves.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::{Amount, Calendar, HealthCheck};

/// How a group moves. By default all at once, whenever it is asked to, behind nothing but proven levels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pace {
    /// How many have been reached after each wave; none for one wave of all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waves: Vec<Amount>,
    /// How many instances of a wave are at work at a time; all without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<Amount>,
    /// How long the groups that go first have to be at level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub soak: Option<SignedDuration>,
    /// How long a wave has to be at level before the next one moves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wave_soak: Option<SignedDuration>,
    /// When it may be touched.
    #[serde(skip_serializing_if = "Calendar::is_always")]
    pub calendar: Calendar,
    /// What says that an instance does its work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<HealthCheck>,
    /// Whether more failures than are put up with stop its rollout: it says how many, or has waves.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub stops: bool,
}

impl Pace {
    /// Tells whether the group says nothing of all that.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_says_something_with_any_of_its_settings() {
        let pace = Pace { waves: vec![Amount::Number(1)], ..Pace::default() };
        assert!(Pace::default().is_default() && !pace.is_default());
        assert!(!Pace { stops: true, ..Pace::default() }.is_default());
    }
}
