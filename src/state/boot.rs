//! Boots that were asked for: they are remembered until the instance has been seen to run what it was to run, so that
//! neither a run that was cut nor one that failed is taken for a boot that went well.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::State;
use crate::name::{GroupName, Ocid};
use crate::op::{OpKey, Standing};

/// A boot that was asked for and has not been seen to have gone well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BootRecord {
    /// When it was asked for.
    pub asked: Timestamp,
    /// How the instance stood just before.
    pub before: Standing,
    /// How it ended, where that is known and was not as expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<FailedBoot>,
}

/// A boot after which an instance does not run what it was to run, or still waits for a reboot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FailedBoot {
    /// When that was found.
    pub at: Timestamp,
    /// The kernel that it was to run; none where none was foreseen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel: Option<String>,
    /// How it stood then.
    pub after: Standing,
}

impl FailedBoot {
    /// Tells whether nothing has changed since that another boot could end otherwise by: it is to run the same kernel,
    /// runs the same one, and waits for a reboot as it did.
    pub fn stands(&self, kernel: Option<&str>, now: &Standing) -> bool {
        let same = self.after.runs == now.runs && self.after.waits == now.waits;
        self.kernel.as_deref() == kernel && same
    }
}

impl State {
    /// Ends what is on record of a boot of an instance, which something else is asked of since.
    pub(super) fn end_boot(&mut self, instance: &Ocid) {
        self.boots.remove(instance);
        self.unfinished.remove(&OpKey::reboot(instance));
    }

    /// Forgets an instance, with what is its own.
    pub(super) fn forget_instance(&mut self, instance: &Ocid) {
        self.instances.remove(instance);
        self.boots.remove(instance);
    }

    /// Has whoever of a group did not boot as expected be booted once more. Tells whether anybody did.
    pub(super) fn forgive_boots(&mut self, group: &GroupName) -> bool {
        let rollout = self.rollouts.get(group);
        let of_group = |id: &Ocid| {
            self.instances.get(id).is_some_and(|record| record.group == *group)
                || rollout.is_some_and(|rollout| rollout.failed.contains_key(id))
        };
        let before = self.boots.len();
        let kept = self.boots.iter().filter(|(id, boot)| boot.failed.is_none() || !of_group(id));
        self.boots = kept.map(|(id, boot)| (id.clone(), boot.clone())).collect();
        self.boots.len() < before
    }
}

#[cfg(test)]
mod tests;
