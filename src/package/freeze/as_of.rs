//! The set that an instance would have had on an earlier day: without what errata have brought since.

use std::fmt;

use super::hotfix::{is_of_one_line, newest_fitting};
use crate::package::{Package, PackageSet, StreamContents};

/// What is known of a day and of what came after it.
#[derive(Clone, Copy)]
pub struct Since<'a> {
    /// What errata have brought since then.
    pub brought: &'a PackageSet,
    /// What is on offer of these packages' names.
    pub offered: &'a PackageSet,
    /// The enabled and active module streams.
    pub streams: &'a [StreamContents],
    /// Whether two versions are builds of one flavour.
    pub is_alike: &'a dyn Fn(Package, Package) -> bool,
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
    let is_late = |package: &Package| since.brought.contains(*package) && concerns(*package);
    let (mut taken, mut decided) = (Vec::new(), Vec::new());
    for run in installed.by_name_arch() {
        let (late, timely): (Vec<Package>, Vec<Package>) = run.iter().partition(|package| is_late(package));
        for package in late {
            let earlier = match timely.is_empty() {
                false => Earlier::Dropped(package),
                true => earlier(package, since)
                    .map_or(Earlier::Kept(package), |by| Earlier::Replaced { late: package, by }),
            };
            match earlier {
                Earlier::Replaced { by, .. } => taken.push(by),
                Earlier::Kept(late) => taken.push(late),
                Earlier::Dropped(_) => {}
            }
            decided.push(earlier);
        }
        taken.extend(timely);
    }
    (PackageSet::new(taken), decided)
}

/// Returns the newest version on offer that is older than a package and that was there then.
fn earlier(late: Package, since: &Since<'_>) -> Option<Package> {
    // A package of a module stays in its stream.
    let streams = || since.streams.iter().filter(|known| known.packages.contains(late));
    let in_stream = |package: Package| streams().any(|known| known.packages.contains(package));
    newest_fitting(since.offered, |package| {
        package.same_name_arch(late)
            && package.cmp_evr(late).is_lt()
            && !since.brought.contains(package)
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
        let since = Since { brought: &brought, offered: &offered, streams: &streams, is_alike: &is_alike };
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
}
