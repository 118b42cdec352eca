//! What the agent on an instance does when it is told to: `yum update`, `yum install`, `yum remove`.
//!
//! Written from what rpm-based tools do, and apart from [`crate::observed`]'s idea of it; tests compare the two.
//! Dependencies and obsoletes are left out: a catalogue entry stands for itself.

use crate::package::{Package, PackageSet};

use super::world::Offer;

/// How many versions of an install-only package stay (`installonly_limit` of dnf on Oracle Linux 8).
const KEPT_KERNELS: usize = 3;

/// A change to an installed set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Transaction {
    /// What comes.
    pub(crate) installed: Vec<Package>,
    /// What goes.
    pub(crate) removed: Vec<Package>,
}

impl Transaction {
    /// Returns the set after the transaction.
    pub(crate) fn apply(&self, set: &PackageSet) -> PackageSet {
        let mut packages: Vec<Package> =
            set.iter().filter(|package| !self.removed.contains(package)).collect();
        packages.extend(&self.installed);
        PackageSet::new(packages)
    }

    /// Tells whether the instance must be booted anew for the transaction to have effect: what every process uses, or
    /// what runs before all of them.
    pub(crate) fn wants_reboot(&self) -> bool {
        let names = ["glibc", "systemd", "dbus", "linux-firmware", "microcode_ctl", "openssl-libs"];
        self.installed.iter().any(|package| package.is_install_only() || names.contains(&package.name()))
    }
}

/// Pairs what is installed with what an update would bring: for each name and architecture the newest installed
/// version and the newest of those offered that `admits` lets pass, where that is newer. Never a downgrade.
pub(crate) fn candidates(
    installed: &PackageSet,
    offer: &Offer,
    admits: impl Fn(Package) -> bool,
) -> Vec<(Package, Package)> {
    let mut pairs = Vec::new();
    for versions in installed.by_name_arch() {
        let Some(have) = versions.iter().copied().reduce(newer) else { continue };
        let newest = offer.versions(have).iter().copied();
        let newest = newest.filter(|new| new.cmp_evr(have).is_gt() && admits(*new)).reduce(newer);
        pairs.extend(newest.map(|new| (have, new)));
    }
    pairs
}

/// The newer of two versions; spellings that rpm calls equal are told apart by their bytes.
fn newer(a: Package, b: Package) -> Package {
    let order = a.cmp_evr(b).then_with(|| a.as_str().cmp(b.as_str()));
    if order.is_ge() { a } else { b }
}

/// Works out `yum update`, of all candidates or of those that `wanted` lets pass. What `admits` keeps out is not there
/// for it.
pub(crate) fn update(
    installed: &PackageSet,
    running: &str,
    offer: &Offer,
    admits: impl Fn(Package) -> bool,
    wanted: impl Fn(Package) -> bool,
) -> Transaction {
    let mut transaction = Transaction::default();
    for (_, candidate) in candidates(installed, offer, admits) {
        if wanted(candidate) {
            bring(&mut transaction, installed, running, candidate);
        }
    }
    transaction
}

/// Adds one package to a transaction: beside its older versions when it is install-only, instead of them otherwise.
pub(crate) fn bring(transaction: &mut Transaction, installed: &PackageSet, running: &str, new: Package) {
    let same = |package: &Package| package.cmp_name_arch(new).is_eq() && *package != new;
    let mut old: Vec<Package> = installed.iter().filter(same).collect();
    if new.is_install_only() {
        // The oldest go first, but never the one that the instance runs.
        let surplus = (old.len() + 1).saturating_sub(KEPT_KERNELS);
        old.retain(|package| !is_running(*package, running));
        old.truncate(surplus);
    }
    transaction.installed.push(new);
    transaction.removed.extend(old);
}

/// What `dnf` takes from nobody: the files of `/etc/dnf/protected.d` on Oracle Linux 8 name them, or something of
/// theirs needs them.
const PROTECTED: [&str; 10] =
    ["dnf", "yum", "systemd", "systemd-udev", "setup", "sudo", "grub2-common", "glibc", "bash", "rpm"];

/// Says why a package is not removed, if so: it is protected, or of the kernel that runs.
pub(crate) fn refuses_to_remove(package: Package, running: &str) -> Option<String> {
    let protected = PROTECTED.contains(&package.name());
    let runs = package.is_install_only() && is_running(package, running);
    (protected || runs).then(|| {
        format!("The operation would result in removing the following protected packages: {}", package.name())
    })
}

fn is_running(package: Package, running: &str) -> bool {
    let rest = running.strip_prefix(package.version()).and_then(|rest| rest.strip_prefix('-'));
    let rest = rest.and_then(|rest| rest.strip_prefix(package.release()));
    rest.and_then(|rest| rest.strip_prefix('.')) == Some(package.arch().as_str())
}

/// Returns what `yum update` leaves of `installed` when the attached sources hold `offered`: the agent's rule alone,
/// for tests that compare it with others'. `running` is `version-release.arch` of the running kernel.
pub fn updated(installed: &PackageSet, running: &str, offered: &[PackageSet]) -> PackageSet {
    let offer = Offer::new(offered.iter().flat_map(|set| set.iter()));
    update(installed, running, &offer, |_| true, |_| true).apply(installed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(packages: &[&str]) -> PackageSet {
        packages.iter().map(|text| Package::parse(text).unwrap()).collect()
    }

    #[test]
    fn packages_move_to_the_newest_offered_and_never_back() {
        let installed = set(&["a-1-1.x86_64", "a-1-1.i686", "b-2-1.noarch", "c-9-1.x86_64", "d-1-1.x86_64"]);
        let base = set(&["a-2-1.x86_64", "a-3-1.x86_64", "b-1-1.noarch", "e-1-1.x86_64", "c-1:1-1.x86_64"]);
        let child = set(&["a-2.5-1.x86_64", "a-2-1.i686"]);
        let after = set(&["a-3-1.x86_64", "a-2-1.i686", "b-2-1.noarch", "c-1:1-1.x86_64", "d-1-1.x86_64"]);
        assert_eq!(updated(&installed, "", &[base, child]), after);
        assert_eq!(updated(&installed, "", &[]), installed);
    }

    #[test]
    fn kernels_stand_beside_three_at_most_and_the_running_one_stays() {
        let kernel = |number: u8| format!("kernel-5.{number}-1.el8.x86_64");
        let kernels = |numbers: &[u8]| -> PackageSet {
            numbers.iter().map(|number| Package::parse(&kernel(*number)).unwrap()).collect()
        };
        for (have, running, offer, after) in [
            (&[1][..], "5.1-1.el8.x86_64", &[2][..], &[1, 2][..]),
            (&[1, 2], "5.2-1.el8.x86_64", &[3], &[1, 2, 3]),
            (&[1, 2, 3], "5.3-1.el8.x86_64", &[4], &[2, 3, 4]),
            (&[1, 2, 3], "5.1-1.el8.x86_64", &[4], &[1, 3, 4]),
            (&[1, 2, 3, 4], "5.1-1.el8.x86_64", &[5], &[1, 4, 5]),
            (&[2, 3], "5.3-1.el8.x86_64", &[1, 3], &[2, 3]),
        ] {
            assert_eq!(updated(&kernels(have), running, &[kernels(offer)]), kernels(after), "{have:?}");
        }
    }

    #[test]
    fn what_is_protected_and_the_running_kernel_stay() {
        let refused =
            |text: &str| refuses_to_remove(Package::parse(text).unwrap(), "5.1-1.el8.x86_64").is_some();
        for (package, stays) in [
            ("dnf-4.7.0-1.noarch", true),
            ("dnf-data-4.7.0-1.noarch", false),
            ("kernel-uek-core-5.1-1.el8.x86_64", true),
            ("kernel-uek-core-5.2-1.el8.x86_64", false),
            ("kernel-tools-5.1-1.el8.x86_64", false),
        ] {
            assert_eq!(refused(package), stays, "{package}");
        }
    }

    #[test]
    fn a_reboot_is_wanted_for_what_runs_under_everything() {
        let of = |texts: &[&str]| Transaction { installed: set(texts).as_slice().to_vec(), removed: vec![] };
        assert!(of(&["kernel-uek-5.15.0-1.el8uek.x86_64"]).wants_reboot());
        assert!(of(&["bash-5-1.x86_64", "glibc-2.28-3.x86_64"]).wants_reboot());
        assert!(!of(&["bash-5-1.x86_64", "kernel-tools-4-1.x86_64"]).wants_reboot());
    }
}
