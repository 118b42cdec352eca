//! The kernels of a release, one by one: what a machine has that was updated to one of them alone.

use crate::package::{Package, PackageSet};

/// One of several versions of a kernel.
pub(super) struct Kernel {
    /// A package of it, to name it by.
    pub(super) package: Package,
    family: &'static str,
}

/// Returns each version of each kernel of which there are several. Oracle has two kernels, and a machine may have both.
pub(super) fn each(set: &PackageSet) -> Vec<Kernel> {
    let mut kernels: Vec<Kernel> = Vec::new();
    for package in set.iter().filter(|package| package.is_install_only()) {
        let family = family(package);
        if !kernels.iter().any(|known| known.family == family && known.package.evr() == package.evr()) {
            kernels.push(Kernel { package, family });
        }
    }
    let counts: Vec<usize> =
        kernels.iter().map(|one| kernels.iter().filter(|other| other.family == one.family).count()).collect();
    let mut counts = counts.into_iter();
    kernels.retain(|_| counts.next().is_some_and(|count| count > 1));
    kernels
}

impl Kernel {
    /// Tells whether a machine with this version of the kernel alone has the package.
    pub(super) fn keeps(&self, package: Package) -> bool {
        !package.is_install_only() || family(package) != self.family || package.evr() == self.package.evr()
    }
}

fn family(package: Package) -> &'static str {
    if package.name().starts_with("kernel-uek") { "kernel-uek" } else { "kernel" }
}
