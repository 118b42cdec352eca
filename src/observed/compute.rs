//! What Compute says of instances and Identity of compartments, where a train selects its members by them: not what is
//! managed, but what there is.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::ServiceGroup;
use crate::name::Ocid;

/// What there is to select from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compute {
    /// The instances of the compartments that were asked about.
    pub instances: BTreeMap<Ocid, ComputeInstance>,
    /// The parent of each ACTIVE compartment that was found below one asked about.
    pub parents: BTreeMap<Ocid, Ocid>,
    /// Groups of other compartments that selected instances are members of. Whose they are is for the planner.
    pub elsewhere: BTreeMap<Ocid, ServiceGroup>,
}

impl Compute {
    /// Tells whether a compartment is another one or lies below it, at any depth.
    pub fn is_within(&self, compartment: &Ocid, root: &Ocid) -> bool {
        let mut at = compartment;
        // The service has six levels; a circle, which it cannot have, must not hold us.
        for _ in 0..=self.parents.len() {
            if at == root {
                return true;
            }
            match self.parents.get(at) {
                Some(parent) => at = parent,
                None => return false,
            }
        }
        false
    }
}

/// An instance as Compute has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComputeInstance {
    /// Its display name; not always unique.
    pub name: Arc<str>,
    /// What it is doing.
    pub state: PowerState,
    /// The compartment it lies in.
    pub compartment: Ocid,
    /// What it fails together with: its availability domain and the fault domain in that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<Arc<str>>,
    /// Its free-form tags.
    pub freeform_tags: BTreeMap<String, String>,
    /// Its defined tags, by namespace and key, as written. Values that are no strings are in the words of JSON.
    pub defined_tags: BTreeMap<String, BTreeMap<String, String>>,
}

impl ComputeInstance {
    /// Returns the value of a defined tag. In namespace and key, cases are not told apart.
    pub fn defined_tag(&self, namespace: &str, key: &str) -> Option<&str> {
        let same = |one: &String, other: &str| one.eq_ignore_ascii_case(other);
        let spaces = self.defined_tags.iter().filter(|(name, _)| same(name, namespace));
        let mut tags = spaces.flat_map(|(_, tags)| tags);
        tags.find(|(name, _)| same(name, key)).map(|(_, value)| value.as_str())
    }
}

/// The lifecycle state of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PowerState {
    /// It is on its way to another compartment.
    Moving,
    /// It is being made.
    Provisioning,
    /// It runs.
    Running,
    /// It is on its way up.
    Starting,
    /// It is on its way down.
    Stopping,
    /// It is down.
    Stopped,
    /// It is down while an image is made of it.
    CreatingImage,
    /// It is on its way out of existence.
    Terminating,
    /// It is gone. Compute goes on listing it for a while.
    Terminated,
    /// A word that we do not know.
    Other,
}

impl PowerState {
    /// Reads the API's word.
    pub fn of(word: &str) -> Self {
        match word {
            "MOVING" => Self::Moving,
            "PROVISIONING" => Self::Provisioning,
            "RUNNING" => Self::Running,
            "STARTING" => Self::Starting,
            "STOPPING" => Self::Stopping,
            "STOPPED" => Self::Stopped,
            "CREATING_IMAGE" => Self::CreatingImage,
            "TERMINATING" => Self::Terminating,
            "TERMINATED" => Self::Terminated,
            _ => Self::Other,
        }
    }

    /// Tells whether it is gone for good, or will be.
    pub fn is_gone(self) -> bool {
        matches!(self, Self::Terminating | Self::Terminated)
    }
}

impl fmt::Display for PowerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Moving => "moving",
            Self::Provisioning => "provisioning",
            Self::Running => "running",
            Self::Starting => "starting",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::CreatingImage => "down for an image",
            Self::Terminating => "terminating",
            Self::Terminated => "terminated",
            Self::Other => "in an unknown state",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_below_is_within_at_any_depth() {
        let id = |name: &str| Ocid::new(&format!("ocid1.compartment.oc1..{name}"));
        let parents = [("b", "a"), ("c", "b"), ("x", "y"), ("y", "x")];
        let parents = parents.into_iter().map(|(child, parent)| (id(child), id(parent))).collect();
        let compute = Compute { parents, ..Compute::default() };
        for (compartment, root, expected) in [
            ("a", "a", true),
            ("c", "a", true),
            ("c", "b", true),
            ("a", "c", false),
            ("unknown", "a", false),
            ("x", "a", false),
        ] {
            assert_eq!(compute.is_within(&id(compartment), &id(root)), expected, "{compartment} in {root}");
        }
    }
}
