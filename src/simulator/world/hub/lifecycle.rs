//! Lifecycle environments: stages in a row, each with members and with one versioned source at most.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{System, Text};
use crate::simulator::world::Id;

/// An environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Environment {
    /// What people call it.
    pub(crate) text: Text,
    /// The compartment it lies in.
    pub(crate) compartment: Id,
    /// What its members are.
    pub(crate) system: System,
    /// Its stages, the first first.
    pub(crate) stages: Vec<Id>,
    /// When it was made.
    pub(crate) made: Timestamp,
    /// When it was last changed.
    pub(crate) changed: Timestamp,
    /// How often it was changed, from 1.
    pub(crate) revision: u64,
}

/// A stage of an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stage {
    /// What people call it.
    pub(crate) text: Text,
    /// The environment.
    pub(crate) environment: Id,
    /// Which one of it, from 1.
    pub(crate) rank: u32,
    /// Its source; none before one is promoted to it.
    pub(crate) source: Option<Id>,
    /// Its members.
    pub(crate) members: BTreeSet<Id>,
    /// When it was last changed.
    pub(crate) changed: Timestamp,
    /// How often it was changed, from 1.
    pub(crate) revision: u64,
}
