//! Boots that go wrong in the in-memory cloud.

use super::World;
use crate::name::Ocid;
use crate::observed::InstanceStatus;

impl World {
    /// Has an instance boot what it ran before, or not come up at all.
    pub(super) fn boot_ill(&mut self, instance: &Ocid, up: bool) {
        let Some(seen) = self.observed.instances.get_mut(instance) else { return };
        match up {
            true => seen.reboot_required = false,
            false => seen.status = InstanceStatus::Unreachable,
        }
    }
}
