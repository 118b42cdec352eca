//! Which of several installed kernels a release takes, and how the one that runs stands to them.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::{LeftOut, Why};
use crate::package::manifest::KernelPolicy;
use crate::package::{Arch, Package, PackageSet};

/// What a release takes of several kernels.
pub(super) struct Choice {
    pub(super) taken: PackageSet,
    pub(super) left_out: Vec<LeftOut>,
    /// Packages of another version than the kernel that is taken, because there is none of its own; with that kernel.
    pub(super) unmatched: Vec<(Package, Package)>,
}

/// How the running kernel stands to what is installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kernel {
    /// Nobody says what runs, or nothing is installed that could.
    Unknown,
    /// It is the newest of its kind.
    Newest,
    /// A newer one of its kind is installed: nobody has booted what is frozen.
    Older {
        /// What runs.
        running: String,
        /// The newest of its kind.
        newest: Package,
    },
    /// No package of it is installed any more.
    Gone {
        /// What runs.
        running: String,
    },
}

/// Says how the kernel that runs, `version-release.arch`, stands to what is installed.
pub(super) fn standing(installed: &PackageSet, running: Option<&str>) -> Kernel {
    let mut kernels = kernels(installed).peekable();
    let Some(running) = running.filter(|_| kernels.peek().is_some()) else { return Kernel::Unknown };
    let Some(run) = kernels.find(|run| run.iter().any(|package| is_of(*package, running))) else {
        return Kernel::Gone { running: running.to_owned() };
    };
    match run.last() {
        Some(newest) if !is_of(*newest, running) => {
            Kernel::Older { running: running.to_owned(), newest: *newest }
        }
        _ => Kernel::Newest,
    }
}

/// Parts what a release takes from the kernels that it leaves out. What is not install-only is taken whole.
///
/// With [`KernelPolicy::Running`], of the kernel that runs every package of its version is taken and none of another
/// one: modules of a kernel that is not there could not be installed. Of the other kernels (the plain one beside the
/// UEK) none runs, and the newest is taken: what is of the version of its newest `kernel` or `-core` package. Where one of
/// its packages is not there in that version, its newest is taken, and told.
pub(super) fn choose(packages: &PackageSet, running: Option<&str>, policy: KernelPolicy) -> Choice {
    if policy == KernelPolicy::All {
        return Choice { taken: packages.clone(), left_out: Vec::new(), unmatched: Vec::new() };
    }
    let heads = heads(packages);
    let mut unmatched = Vec::new();
    let running = running.filter(|_| policy == KernelPolicy::Running);
    let runs = |package: Package| running.is_some_and(|running| is_of(package, running));
    let booted: BTreeSet<&str> =
        packages.iter().filter(|package| runs(*package)).filter_map(Package::kernel).collect();
    let (mut taken, mut left_out) = (Vec::new(), Vec::new());
    for run in packages.by_name_arch() {
        let Some(newest) = run.last().filter(|package| package.is_install_only()) else {
            taken.extend_from_slice(run);
            continue;
        };
        let is_booted = newest.kernel().is_some_and(|kernel| booted.contains(kernel));
        let head = newest.kernel().and_then(|kernel| heads.get(&(kernel, newest.arch()))).copied();
        let of_head = head.and_then(|head| run.iter().find(|package| package.cmp_evr(head).is_eq()));
        let best = of_head.unwrap_or(newest);
        if let (None, Some(head), false) = (of_head, head, is_booted) {
            unmatched.push((*best, head));
        }
        for package in run {
            let (takes, why) = match (is_booted, package.cmp_evr(*best)) {
                (true, _) => (runs(*package), Why::NotRunning),
                (false, Ordering::Greater) => (false, Why::NotOfKernel(head.unwrap_or(*best))),
                (false, order) => (order.is_eq(), Why::NotNewest(*best)),
            };
            match takes {
                true => taken.push(*package),
                false => left_out.push(LeftOut { package: *package, why }),
            }
        }
    }
    Choice { taken: PackageSet::new(taken), left_out, unmatched }
}

/// Returns the newest `kernel` or `-core` package of each kernel: what its other packages are of.
fn heads(packages: &PackageSet) -> BTreeMap<(&'static str, Arch), Package> {
    let mut heads: BTreeMap<_, Package> = BTreeMap::new();
    for package in packages.iter() {
        let Some(kernel) = package.kernel() else { continue };
        if !matches!(package.name().strip_prefix(kernel), Some("" | "-core")) {
            continue;
        }
        let head = heads.entry((kernel, package.arch())).or_insert(package);
        if package.cmp_evr(*head).is_gt() {
            *head = package;
        }
    }
    heads
}

fn kernels(packages: &PackageSet) -> impl Iterator<Item = &[Package]> {
    packages.by_name_arch().filter(|run| run.iter().any(|package| package.is_install_only()))
}

/// Tells whether an install-only package is of the kernel that runs.
fn is_of(package: Package, running: &str) -> bool {
    let rest = running.strip_prefix(package.version()).and_then(|rest| rest.strip_prefix('-'));
    let rest =
        rest.and_then(|rest| rest.strip_prefix(package.release())).and_then(|rest| rest.strip_prefix('.'));
    // A debug or real-time kernel adds a word of its own behind the architecture.
    let is_it = rest.is_some_and(|rest| rest.split(['+', '.']).next() == Some(package.arch().as_str()));
    is_it && package.is_install_only()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(nevras: &[&str]) -> PackageSet {
        nevras.iter().map(|nevra| Package::parse(nevra).unwrap()).collect()
    }

    const INSTALLED: [&str; 12] = [
        "bash-4.4.20-5.el8.x86_64",
        "kernel-4.18.0-1.el8.x86_64",
        "kernel-4.18.0-2.el8.x86_64",
        "kernel-tools-4.18.0-2.el8.x86_64",
        "kernel-uek-5.15.0-1.el8uek.x86_64",
        "kernel-uek-5.15.0-10.el8uek.x86_64",
        "kernel-uek-5.15.0-2.el8uek.x86_64",
        "kernel-uek-core-5.15.0-10.el8uek.x86_64",
        "kernel-uek-core-5.15.0-2.el8uek.x86_64",
        "kernel-uek-devel-5.15.0-10.el8uek.x86_64",
        "kernel-uek-modules-5.15.0-10.el8uek.x86_64",
        "kernel-uek-modules-5.15.0-2.el8uek.x86_64",
    ];

    #[test]
    fn each_policy_takes_its_kernels_and_names_the_others() {
        let installed = set(&INSTALLED);
        let left = |policy, running| {
            let Choice { taken, left_out, unmatched } = choose(&installed, running, policy);
            assert_eq!(taken.len() + left_out.len(), installed.len());
            assert_eq!(unmatched, [], "each kernel is there whole");
            left_out.iter().map(LeftOut::to_string).collect::<Vec<_>>()
        };
        let newest =
            |package: &str, newest: &str| format!("{package} (kernel policy newest: {newest} is newer)");
        assert_eq!(left(KernelPolicy::All, None), [""; 0]);
        assert_eq!(
            left(KernelPolicy::Newest, Some("5.15.0-2.el8uek.x86_64")),
            [
                newest(INSTALLED[1], INSTALLED[2]),
                newest(INSTALLED[4], INSTALLED[5]),
                newest(INSTALLED[6], INSTALLED[5]),
                newest(INSTALLED[8], INSTALLED[7]),
                newest(INSTALLED[11], INSTALLED[10]),
            ]
        );
        // The development files of a kernel that is left out would have nothing to develop for.
        let not =
            |package: &str| format!("{package} (kernel policy running: it is not of the kernel that runs)");
        assert_eq!(
            left(KernelPolicy::Running, Some("5.15.0-2.el8uek.x86_64")),
            [
                newest(INSTALLED[1], INSTALLED[2]),
                not(INSTALLED[4]),
                not(INSTALLED[5]),
                not(INSTALLED[7]),
                not(INSTALLED[9]),
                not(INSTALLED[10]),
            ]
        );
    }

    #[test]
    fn the_newest_kernel_is_taken_with_what_is_of_its_version() {
        let installed = set(&[
            "kernel-4.18.0-2.el8.x86_64",
            "kernel-4.18.0-3.el8.x86_64",
            "kernel-devel-4.18.0-2.el8.x86_64",
            "kernel-devel-4.18.0-3.el8.x86_64",
            "kernel-devel-4.18.0-4.el8.x86_64",
            "kernel-uek-5.15.0-10.el8uek.x86_64",
            "kernel-uek-core-5.15.0-9.el8uek.x86_64",
            "kernel-uek-core-5.15.0-10.el8uek.x86_64",
            "kernel-uek-devel-5.15.0-8.el8uek.x86_64",
            "kernel-uek-devel-5.15.0-9.el8uek.x86_64",
            "kernel-uek-modules-5.15.0-10.el8uek.x86_64",
            "kernel-uek-modules-5.15.0-11.el8uek.x86_64",
            "kernel-rt-devel-4.18.0-1.el8.x86_64",
            "kernel-rt-devel-4.18.0-2.el8.x86_64",
        ]);
        let Choice { taken, left_out, unmatched } = choose(&installed, None, KernelPolicy::Newest);
        assert_eq!(
            taken,
            set(&[
                "kernel-4.18.0-3.el8.x86_64",
                "kernel-devel-4.18.0-3.el8.x86_64",
                "kernel-uek-5.15.0-10.el8uek.x86_64",
                "kernel-uek-core-5.15.0-10.el8uek.x86_64",
                "kernel-uek-devel-5.15.0-9.el8uek.x86_64",
                "kernel-uek-modules-5.15.0-10.el8uek.x86_64",
                "kernel-rt-devel-4.18.0-2.el8.x86_64",
            ])
        );
        let told: Vec<String> = unmatched.iter().map(|(one, kernel)| format!("{one} {kernel}")).collect();
        assert_eq!(
            told,
            ["kernel-uek-devel-5.15.0-9.el8uek.x86_64 kernel-uek-5.15.0-10.el8uek.x86_64"],
            "a kernel that has no package of its own is judged by what there is"
        );
        let newer: Vec<String> = left_out
            .iter()
            .filter(|one| matches!(one.why, Why::NotOfKernel(_)))
            .map(LeftOut::to_string)
            .collect();
        assert_eq!(
            newer,
            [
                "kernel-devel-4.18.0-4.el8.x86_64 (kernel policy newest: it is not of kernel-4.18.0-3.el8.x86_64)",
                "kernel-uek-modules-5.15.0-11.el8uek.x86_64 (kernel policy newest: it is not of \
                 kernel-uek-5.15.0-10.el8uek.x86_64)",
            ]
        );
    }

    #[test]
    fn the_running_kernel_is_found_among_the_packages() {
        let installed = set(&INSTALLED);
        let standing = |running| standing(&installed, running);
        assert_eq!(standing(None), Kernel::Unknown);
        assert_eq!(standing(Some("5.15.0-10.el8uek.x86_64")), Kernel::Newest);
        assert_eq!(standing(Some("4.18.0-2.el8.x86_64")), Kernel::Newest);
        assert_eq!(standing(Some("4.18.0-2.el8.x86_64+debug")), Kernel::Newest);
        let (running, newest) = ("5.15.0-2.el8uek.x86_64".to_owned(), Package::parse(INSTALLED[5]).unwrap());
        assert_eq!(standing(Some("5.15.0-2.el8uek.x86_64")), Kernel::Older { running, newest });
        let gone = "5.15.0-0.el8uek.x86_64";
        assert_eq!(standing(Some(gone)), Kernel::Gone { running: gone.to_owned() });
        // A container has none, whatever its host runs.
        assert_eq!(super::standing(&set(&INSTALLED[..1]), Some(gone)), Kernel::Unknown);
    }
}
