//! What it means that an instance is made exactly its release: packages brought to a version, older ones too, and packages
//! taken away.

use super::advance::keep_within_limit;
use super::{Inventory, Observed};
use crate::name::Ocid;
use crate::op::Adjust;
use crate::package::{Package, PackageSet};

impl Inventory {
    /// Tells whether it is so already.
    pub fn is_adjusted(&self, adjust: Adjust) -> bool {
        let installed = &self.installed;
        match adjust {
            Adjust::Install(package) if package.is_install_only() => installed.contains(package),
            // Beside the wanted one there may be no other version of it.
            Adjust::Install(package) => {
                let mut versions = installed.iter().filter(|have| have.same_name_arch(package));
                versions.next() == Some(package) && versions.next().is_none()
            }
            Adjust::Remove(package) => !installed.contains(package),
        }
    }
}

impl Observed {
    /// Returns those that do not hold on an instance yet, in their order; all where its packages are not known.
    pub fn unadjusted(&self, id: &Ocid, adjusts: &[Adjust]) -> Vec<Adjust> {
        let inventory = self.instances.get(id).and_then(|seen| seen.packages());
        let holds = |adjust: &Adjust| inventory.is_some_and(|inventory| inventory.is_adjusted(*adjust));
        adjusts.iter().copied().filter(|adjust| !holds(adjust)).collect()
    }

    /// Does them to an instance, one after the other. What its sources do not offer is not installed.
    pub(super) fn adjust(&mut self, id: &Ocid, adjusts: &[Adjust]) {
        let offered = self.instances.get(id).and_then(|instance| self.offered(instance)).unwrap_or_default();
        let Some(instance) = self.instances.get_mut(id) else { return };
        let running = instance.running_kernel.clone();
        let Some(Inventory { installed, unsourced }) = instance.inventory.take() else { return };
        let before = installed.clone();
        let mut packages: Vec<Package> = installed.iter().collect();
        for adjust in adjusts {
            match *adjust {
                Adjust::Remove(package) => packages.retain(|have| *have != package),
                Adjust::Install(package) if !offered.contains(package) || packages.contains(&package) => {}
                Adjust::Install(package) if package.is_install_only() => {
                    let (mut same, mut others): (Vec<_>, Vec<_>) =
                        packages.iter().partition(|have| have.same_name_arch(package));
                    same.push(package);
                    same.sort_by(|a, b| a.cmp_evr(*b));
                    keep_within_limit(&mut same, package, running.as_deref());
                    others.extend(same);
                    packages = others;
                }
                Adjust::Install(package) => {
                    packages.retain(|have| !have.same_name_arch(package));
                    packages.push(package);
                }
            }
        }
        let kept = unsourced.iter().filter(|package| packages.contains(package)).collect();
        instance.inventory = Some(Inventory { installed: PackageSet::new(packages), unsourced: kept });
        self.await_boot(id, &before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(packages: &[&str]) -> PackageSet {
        packages.iter().map(|text| Package::parse(text).unwrap()).collect()
    }

    #[test]
    fn only_the_wanted_version_is_what_was_asked_for() {
        let inventory = |packages: &[&str]| Inventory { installed: set(packages), ..Inventory::default() };
        let package = |text: &str| Package::parse(text).unwrap();
        for (have, adjust, holds) in [
            (&["a-1-1.noarch"][..], Adjust::Install(package("a-1-1.noarch")), true),
            (&["a-2-1.noarch"], Adjust::Install(package("a-1-1.noarch")), false),
            (&["a-1-1.noarch", "a-2-1.noarch"], Adjust::Install(package("a-1-1.noarch")), false),
            (&["a-1-1.i686", "a-2-1.x86_64"], Adjust::Install(package("a-1-1.i686")), true),
            (
                &["kernel-1-1.x86_64", "kernel-2-1.x86_64"],
                Adjust::Install(package("kernel-1-1.x86_64")),
                true,
            ),
            (&["kernel-2-1.x86_64"], Adjust::Install(package("kernel-1-1.x86_64")), false),
            (&["a-1-1.noarch"], Adjust::Remove(package("a-2-1.noarch")), true),
            (&["a-2-1.noarch"], Adjust::Remove(package("a-2-1.noarch")), false),
        ] {
            assert_eq!(inventory(have).is_adjusted(adjust), holds, "{have:?} {adjust:?}");
        }
    }
}
