//! The words of patching: what an update is for, which updates are wanted, what a group lets be installed and when its
//! schedule does, and which service does it. Said by trains, asked of services, and counted by levels; what is done about it is the planner's.

use std::fmt;

use serde::{Deserialize, Serialize};

mod api;
mod enforce;
mod schedule;

pub use api::Api;
pub use enforce::Enforce;
pub use schedule::{Every, Schedule, Unit};

/// What an update is for, as the service tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UpdateKind {
    /// A security erratum holds it.
    Security,
    /// A bug erratum holds it.
    Bugfix,
    /// An enhancement erratum holds it.
    Enhancement,
    /// No erratum holds it, or the service does not say.
    Other,
}

/// Which updates are wanted: of a group by its train, and of a service by an op.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wanted {
    /// Everything the attached sources offer.
    All,
    /// Those of one kind.
    #[serde(untagged)]
    Only(UpdateKind),
}

impl Wanted {
    /// Tells whether an update of the kind is wanted.
    pub fn admits(self, kind: UpdateKind) -> bool {
        match self {
            Self::All => true,
            Self::Only(only) => only == kind,
        }
    }

    /// Returns the word that people write for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Only(UpdateKind::Security) => "security",
            Self::Only(UpdateKind::Bugfix) => "bugfix",
            Self::Only(UpdateKind::Enhancement) => "enhancement",
            Self::Only(UpdateKind::Other) => "other",
        }
    }

    /// Reads the word that people write for it.
    pub fn of_word(word: &str) -> Option<Self> {
        let kinds = [UpdateKind::Security, UpdateKind::Bugfix, UpdateKind::Enhancement, UpdateKind::Other];
        let all = [Self::All].into_iter().chain(kinds.map(Self::Only));
        all.into_iter().find(|wanted| wanted.word() == word)
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// What is installed on the members of a group, and so what its level counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Patching {
    /// What a run updates; none where updates are left to the schedule, or to nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update: Option<Wanted>,
    /// What the schedule installs; none without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Wanted>,
    /// Whether the level is that nothing is older, or that the packages are exactly the release's.
    #[serde(default, skip_serializing_if = "Enforce::is_default")]
    pub enforce: Enforce,
}

impl Patching {
    /// `update = "all"`, and no schedule: what a group that says nothing asks for.
    pub const EVERYTHING: Self = Self { update: Some(Wanted::All), schedule: None, enforce: Enforce::Update };

    /// Tells whether the level counts some kinds of updates and not others, or leaves some to the schedule, so that
    /// the kind of each must be known.
    pub fn is_by_kind(self) -> bool {
        match (self.update, self.schedule) {
            (Some(Wanted::All), _) | (None, None | Some(Wanted::All)) => false,
            (Some(Wanted::Only(_)), _) | (None, Some(Wanted::Only(_))) => true,
        }
    }

    /// Tells whether the level is that the packages are exactly the release's.
    pub fn is_exact(self) -> bool {
        self.enforce == Enforce::Exact
    }

    /// Tells whether anything installs updates at all: without, there is no level.
    pub fn has_level(self) -> bool {
        self.update.is_some() || self.schedule.is_some()
    }

    /// Tells whether it is what a group that says nothing asks for, which files leave out.
    pub fn is_default(&self) -> bool {
        *self == Self::EVERYTHING
    }
}

impl Default for Patching {
    fn default() -> Self {
        Self::EVERYTHING
    }
}
