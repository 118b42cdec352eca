//! What a service can do and how it wants to be asked.

use serde::{Deserialize, Serialize};

/// What a service can do and how it wants to be asked: planner knowledge, so that the executor needs none. Each dialect
/// declares one; `docs/services.md` shows how they differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// How many packages one call adds to a source. Nobody documents a limit; a full list of several hundred has been
    /// seen to pass on OSMS.
    pub packages_per_call: usize,
    /// What is bound to a release: each instance, or a group with all its members.
    pub binding: Binding,
    /// How many instances one call takes into a group or out of it.
    pub instances_per_call: usize,
    /// Whether an instance that joins a group gets the group's sources and installs the latest of them at once.
    pub joining_installs: bool,
    /// Whether an instance's packages are only listed anew when that is asked for.
    pub refreshes: bool,
    /// Whether work that failed on some instances of a group can be done again on those alone.
    pub reruns: bool,
    /// Whether updates can be asked for on one member of a group.
    pub updates_members: bool,
    /// Whether a source is filled from sources of the vendor, which the train has to name.
    pub vendor_sources: bool,
    /// Whether a source can hang under another one: `layout = "child"`.
    pub child_sources: bool,
    /// Whether a new system can come up as a member of a group: `profile = true`.
    pub profiles: bool,
}

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

/// What a service binds to a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// Each instance by itself; a group is a list of members.
    Instance,
    /// A group: its members get what it has.
    Group,
}
