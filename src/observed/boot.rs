//! What it means that an instance is booted: it runs the newest kernel of the kind that it ran, and waits for nothing.

use super::{Instance, Observed};
use crate::name::Ocid;
use crate::op::Standing;
use crate::package::{Package, PackageSet};

impl Instance {
    /// Tells whether it waits for no reboot, and runs a kernel where one is named.
    pub fn is_booted(&self, kernel: Option<&str>) -> bool {
        !self.reboot_required && kernel.is_none_or(|kernel| self.running_kernel.as_deref() == Some(kernel))
    }

    /// Returns what the service says of it that a boot changes.
    pub fn standing(&self) -> Standing {
        Standing {
            runs: self.running_kernel.clone(),
            waits: self.reboot_required,
            checkin: self.last_checkin,
            booted: self.last_boot,
        }
    }

    /// Returns the package of the kernel that it runs.
    pub fn kernel_package(&self) -> Option<Package> {
        let running = self.running_kernel.as_deref()?;
        let mut installed = self.packages()?.installed.iter();
        installed.find(|package| package.is_kernel_of().is_some() && package.is_of_kernel(running))
    }

    /// Tells whether a package is of the kernel that it runs; nobody knows where nothing that is installed is of what the
    /// service says that it runs.
    pub fn runs(&self, package: Package) -> Option<bool> {
        self.kernel_package()?;
        Some(package.is_of_kernel(self.running_kernel.as_deref()?))
    }

    /// Returns the kernel of a release that it is to run: the newest of the kind that it runs. None where something newer is
    /// installed and does not go: that is booted instead.
    pub fn kernel_of(&self, release: &PackageSet, goes: impl Fn(&Package) -> bool) -> Option<Package> {
        let runs = self.kernel_package()?;
        let is_kernel = |package: &Package| package.same_name_arch(runs);
        let wanted = release.iter().filter(is_kernel).max_by(|a, b| a.cmp_evr(*b))?;
        let mut installed = self.packages()?.installed.iter().filter(is_kernel);
        let stays = installed.any(|have| have.cmp_evr(wanted).is_gt() && !goes(&have));
        (!stays).then_some(wanted)
    }

    /// Tells whether it has a kernel and runs another one.
    pub fn runs_beside(&self, kernel: Package) -> bool {
        let is_there = self.packages().is_some_and(|packages| packages.installed.contains(kernel));
        is_there && self.runs(kernel) == Some(false)
    }

    /// Returns what it boots: the newest installed kernel of the kind that it runs.
    pub fn newest_kernel(&self) -> Option<Package> {
        let runs = self.kernel_package()?;
        let installed = self.packages()?.installed.iter();
        installed.filter(|package| package.same_name_arch(runs)).max_by(|a, b| a.cmp_evr(*b))
    }
}

impl Observed {
    /// Takes note that an instance waits for a reboot, where a kernel came that was not there.
    pub(super) fn await_boot(&mut self, id: &Ocid, before: &PackageSet) {
        let Some(seen) = self.instances.get_mut(id) else { return };
        let Some(inventory) = &seen.inventory else { return };
        let came = inventory.installed.difference(before);
        seen.reboot_required |= came.iter().any(|package| package.is_kernel_of().is_some());
    }

    pub(super) fn boot(&mut self, id: &Ocid) {
        let Some(seen) = self.instances.get_mut(id) else { return };
        if let (Some(kernel), Some(same), Some(running)) =
            (seen.newest_kernel(), seen.kernel_package(), seen.running_kernel.as_deref())
        {
            seen.running_kernel = Some(kernel.uname_like(same, running).into());
        }
        seen.reboot_required = false;
    }
}
