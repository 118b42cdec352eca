//! What the service says of something that is to be imported, beyond what is seen of all: whether it can be a train's.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::name::Ocid;

/// What kind of thing is to be imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CandidateKind {
    /// A software source.
    Source,
    /// A managed instance group.
    Group,
}

/// Something that is to be imported. What the service does not say of it is nothing against it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// Its display name.
    pub name: Arc<str>,
    /// Its state, in the service's word.
    pub lifecycle: Option<Arc<str>>,
    /// The compartment that it lies in.
    pub compartment: Ocid,
    /// The operating system it is for, as a train has it: `oracle-linux-8`.
    pub os: Option<Arc<str>>,
    /// The architecture it is for, as rpm spells it.
    pub arch: Option<Arc<str>>,
    /// Why the service lets it be no train's, in words that go on from "it"; none where nothing is against it.
    pub bar: Option<Arc<str>>,
}

impl Candidate {
    /// Tells whether it can be used.
    pub fn is_active(&self) -> bool {
        self.lifecycle.as_ref().is_none_or(|state| **state == *"ACTIVE")
    }
}
