//! The kernels of a release, one by one: what a machine has that was updated to one of them alone.

use std::collections::BTreeMap;

use crate::package::{Package, PackageSet};

/// One of several versions of a kernel.
pub(super) struct Kernel {
    /// A package of it, to name it by.
    pub(super) package: Package,
    family: &'static str,
}

/// Returns each version of each kernel of which there are several. Oracle has two kernels and more, and a machine may
/// have them all. Headers and modules alone are no kernel: they may be left of a version that is gone.
pub(super) fn each(set: &PackageSet) -> Vec<Kernel> {
    let mut kernels: Vec<Kernel> = Vec::new();
    for package in set.iter() {
        let Some(family) = package.is_kernel_of() else { continue };
        if !kernels.iter().any(|known| known.family == family && known.package.evr() == package.evr()) {
            kernels.push(Kernel { package, family });
        }
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    kernels.iter().for_each(|kernel| *counts.entry(kernel.family).or_default() += 1);
    kernels.retain(|kernel| counts[kernel.family] > 1);
    kernels
}

impl Kernel {
    /// Tells whether a machine with this version of the kernel alone has the package.
    pub(super) fn keeps(&self, package: Package) -> bool {
        package.kernel() != Some(self.family) || package.evr() == self.package.evr()
    }
}
