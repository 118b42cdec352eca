//! The set that an instance would have had on an earlier day: without what errata have brought since.

use std::collections::HashMap;
use std::fmt;

use super::hotfix::{is_of_one_line, newest_fitting};
use crate::package::{Arch, Package, PackageSet, StreamContents};

/// What is known of a day and of what came after it.
#[derive(Clone, Copy)]
pub struct Since<'a> {
    /// What errata have named since then.
    pub brought: &'a PackageSet,
    /// What of that errata up to then have named too: an erratum about a module names again what has not changed.
    pub before: &'a PackageSet,
    /// What is on offer of these packages' names.
    pub offered: &'a PackageSet,
    /// The enabled and active module streams.
    pub streams: &'a [StreamContents],
    /// Whether two versions are builds of one flavour.
    pub is_alike: &'a dyn Fn(Package, Package) -> bool,
}

impl Since<'_> {
    fn is_late(&self, package: Package) -> bool {
        self.brought.contains(package) && !self.before.contains(package)
    }
}

/// What becomes of a package that was brought later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Earlier {
    /// The newest version on offer that was there then is taken.
    Replaced {
        /// What is installed.
        late: Package,
        /// What is taken.
        by: Package,
    },
    /// An earlier version of the same kernel is installed, and taken.
    Dropped(Package),
    /// No earlier version is on offer: it is taken all the same.
    Kept(Package),
}

impl fmt::Display for Earlier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Replaced { late, by } => write!(f, "{late} came later: {} is taken", by.evr()),
            Self::Dropped(late) => write!(f, "{late} came later: left out, an earlier one is installed"),
            Self::Kept(late) => write!(f, "{late} came later, and no earlier version is on offer: kept"),
        }
    }
}

/// Returns the set, and what was decided, in the order of packages. What `concerns` says no to is left as it is.
pub fn as_of(
    installed: &PackageSet,
    since: &Since<'_>,
    concerns: impl Fn(Package) -> bool,
) -> (PackageSet, Vec<Earlier>) {
    let is_late = |package: &Package| since.is_late(*package) && concerns(*package);
    let (mut taken, mut decided) = (Vec::new(), Vec::new());
    // The kernels that are kept come first, and what is built for one follows it.
    let runs: Vec<&[Package]> = installed.by_name_arch().collect();
    let (first, rest): (Vec<&[Package]>, Vec<&[Package]>) =
        runs.into_iter().partition(|run| Some(run[0].name()) == run[0].kernel());
    let mut kernels: HashMap<(&str, Arch), Package> = HashMap::new();
    for run in first.into_iter().chain(rest) {
        let (late, timely): (Vec<Package>, Vec<Package>) = run.iter().partition(|package| is_late(package));
        let kernel = followed(run[0]).and_then(|name| kernels.get(&(name, run[0].arch()))).copied();
        let mut kept = timely;
        let has_earlier = !kept.is_empty();
        for package in late {
            let earlier = match has_earlier {
                true => Earlier::Dropped(package),
                false => earlier(package, since, kernel)
                    .map_or(Earlier::Kept(package), |by| Earlier::Replaced { late: package, by }),
            };
            match earlier {
                Earlier::Replaced { by, .. } => kept.push(by),
                Earlier::Kept(late) => kept.push(late),
                Earlier::Dropped(_) => {}
            }
            decided.push(earlier);
        }
        kept.sort_unstable();
        if let Some(newest) = kept.last().filter(|newest| Some(newest.name()) == newest.kernel()) {
            kernels.insert((newest.name(), newest.arch()), *newest);
        }
        taken.extend(kept);
    }
    decided.sort_by_key(|one| match one {
        Earlier::Replaced { late, .. } | Earlier::Dropped(late) | Earlier::Kept(late) => *late,
    });
    (PackageSet::new(taken), decided)
}

/// Returns the kernel that a package is built with and needs in its own version.
fn followed(package: Package) -> Option<&'static str> {
    match package.name().strip_suffix("-headers") {
        Some(kernel) => kernel.starts_with("kernel").then_some(kernel),
        None => package.kernel().filter(|kernel| *kernel != package.name()),
    }
}

/// Returns the newest version on offer that is older than a package and that was there then.
fn earlier(late: Package, since: &Since<'_>, kernel: Option<Package>) -> Option<Package> {
    if let Some(kernel) = kernel {
        let of_it = |package: &Package| package.same_name_arch(late) && package.cmp_evr(kernel).is_eq();
        let found = since.offered.iter().find(of_it);
        if found.is_some() || late.cmp_evr(kernel).is_eq() {
            return found.filter(|package| package.cmp_evr(late).is_lt());
        }
    }
    // A package of a module stays in its stream.
    let streams = || since.streams.iter().filter(|known| known.packages.contains(late));
    let in_stream = |package: Package| streams().any(|known| known.packages.contains(package));
    newest_fitting(since.offered, |package| {
        package.same_name_arch(late)
            && package.cmp_evr(late).is_lt()
            && !since.is_late(package)
            && package.is_modular() == late.is_modular()
            && (!late.is_modular() || in_stream(package))
            && is_of_one_line(late, package)
            && (since.is_alike)(late, package)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::{ModuleStream, StreamStatus};

    fn set(nevras: &[&str]) -> PackageSet {
        nevras.iter().map(|nevra| Package::parse(nevra).unwrap()).collect()
    }

    #[test]
    fn what_came_later_is_replaced_dropped_or_kept() {
        let installed = set(&[
            "agent-2-1.noarch",
            "bash-4.4.20-5.el8.x86_64",
            "curl-7.61-3.el8.x86_64",
            "kernel-uek-5.15.0-1.el8uek.x86_64",
            "kernel-uek-5.15.0-2.el8uek.x86_64",
            "new-1-2.el8.x86_64",
            "perl-libs-4:5.26-2.module+el8.6.0+1+a.x86_64",
        ]);
        let brought = set(&[
            "agent-2-1.noarch",
            "curl-7.61-2.el8.x86_64",
            "curl-7.61-3.el8.x86_64",
            "kernel-uek-5.15.0-2.el8uek.x86_64",
            "new-1-2.el8.x86_64",
            "perl-libs-4:5.26-2.module+el8.6.0+1+a.x86_64",
        ]);
        let offered = set(&[
            "agent-1-1.noarch",
            "curl-7.60-9.el8.x86_64",
            "curl-7.61-1.el8.x86_64",
            "curl-7.61-1.ksplice1.el8.x86_64",
            "curl-7.61-2.el8.x86_64",
            "curl-7.61-4.el8.x86_64",
            "perl-libs-4:5.26-1.el8.x86_64",
            "perl-libs-4:5.24-9.module+el8.6.0+1+b.x86_64",
            "perl-libs-4:5.20-1.module+el8.1.0+1+a.x86_64",
        ]);
        let stream =
            ModuleStream { module: "perl".into(), stream: "5.26".into(), status: StreamStatus::Enabled };
        let packages = set(&[
            "perl-libs-4:5.26-2.module+el8.6.0+1+a.x86_64",
            "perl-libs-4:5.20-1.module+el8.1.0+1+a.x86_64",
        ]);
        let streams = [StreamContents { stream, packages }];
        let is_alike = |one: Package, other: Package| {
            one.release().contains("ksplice") == other.release().contains("ksplice")
        };
        let before = PackageSet::default();
        let since = Since {
            brought: &brought,
            before: &before,
            offered: &offered,
            streams: &streams,
            is_alike: &is_alike,
        };
        let (taken, decided) = as_of(&installed, &since, |package| package.name() != "agent");
        let decided: Vec<String> = decided.iter().map(Earlier::to_string).collect();
        assert_eq!(
            decided,
            [
                "curl-7.61-3.el8.x86_64 came later: 7.61-1.el8 is taken",
                "kernel-uek-5.15.0-2.el8uek.x86_64 came later: left out, an earlier one is installed",
                "new-1-2.el8.x86_64 came later, and no earlier version is on offer: kept",
                "perl-libs-4:5.26-2.module+el8.6.0+1+a.x86_64 came later: 4:5.20-1.module+el8.1.0+1+a is taken",
            ]
        );
        assert_eq!(
            taken,
            set(&[
                "agent-2-1.noarch",
                "bash-4.4.20-5.el8.x86_64",
                "curl-7.61-1.el8.x86_64",
                "kernel-uek-5.15.0-1.el8uek.x86_64",
                "new-1-2.el8.x86_64",
                "perl-libs-4:5.20-1.module+el8.1.0+1+a.x86_64",
            ])
        );
    }

    fn moved(installed: &[&str], brought: &[&str], before: &[&str], offered: &[&str]) -> Vec<String> {
        let (installed, brought) = (set(installed), set(brought));
        let (before, offered) = (set(before), set(offered));
        let since = Since {
            brought: &brought,
            before: &before,
            offered: &offered,
            streams: &[],
            is_alike: &|_, _| true,
        };
        as_of(&installed, &since, |_| true).1.iter().map(Earlier::to_string).collect()
    }

    #[test]
    fn what_an_earlier_erratum_named_too_was_there_then() {
        let installed = ["acl-2-1.x86_64", "bash-2-1.x86_64"];
        let offered = ["acl-1-1.x86_64", "bash-1-1.x86_64", "bash-1-2.x86_64"];
        // bash-1-2 is named again too, and so may be taken.
        let brought = ["acl-2-1.x86_64", "bash-2-1.x86_64", "bash-1-2.x86_64"];
        let before = ["acl-2-1.x86_64", "bash-1-2.x86_64"];
        assert_eq!(
            moved(&installed, &brought, &before, &offered),
            ["bash-2-1.x86_64 came later: 1-2 is taken"]
        );
    }

    #[test]
    fn what_is_built_with_a_kernel_follows_the_one_that_is_kept() {
        let installed = [
            "kernel-5-2.x86_64",
            "kernel-5-4.x86_64",
            "kernel-devel-5-4.x86_64",
            "kernel-headers-5-4.x86_64",
            "kernel-uek-9-4.x86_64",
            "kernel-uek-devel-9-4.x86_64",
        ];
        let brought = ["kernel-5-4.x86_64", "kernel-devel-5-4.x86_64", "kernel-headers-5-4.x86_64"];
        // Newer than the kernel that is kept, and from before the day all the same.
        let offered = [
            "kernel-devel-5-2.x86_64",
            "kernel-devel-5-3.x86_64",
            "kernel-headers-5-2.x86_64",
            "kernel-headers-5-3.x86_64",
            "kernel-uek-devel-9-3.x86_64",
        ];
        let told = [
            "kernel-5-4.x86_64 came later: left out, an earlier one is installed",
            "kernel-devel-5-4.x86_64 came later: 5-2 is taken",
            "kernel-headers-5-4.x86_64 came later: 5-2 is taken",
        ];
        assert_eq!(moved(&installed, &brought, &[], &offered), told);
        // Of a kernel that is kept because nothing earlier is on offer, its files are kept.
        let brought = ["kernel-uek-9-4.x86_64", "kernel-uek-devel-9-4.x86_64"];
        let kept = brought.map(|late| format!("{late} came later, and no earlier version is on offer: kept"));
        assert_eq!(moved(&installed, &brought, &[], &offered), kept);
    }
}
