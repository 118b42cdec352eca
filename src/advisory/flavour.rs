//! Flavours of builds, lines of kernels and versions of the system, which advisories do not cross.

use std::collections::BTreeMap;

use crate::package::{Package, PackageSet};

/// How a package was built. An advisory counts only within the flavour of its fix: Ksplice's builds of `openssl` and
/// `glibc` have epoch 2 and those that are certified by FIPS have epoch 10, so that either is newer than every plain
/// build, and no plain host would ever be cured.
///
/// The release tells, as in `1.1.1k-6.ksplice1.el8_5` and `3.6.16-4.0.1.el8_4_fips`. The epoch alone does not: `vim`
/// has epoch 2 in its plain build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flavour {
    /// Plain.
    Normal,
    /// Certified by FIPS.
    Fips,
    /// Can be patched while it runs.
    Ksplice,
}

impl Flavour {
    /// Reads the flavour off a package's release.
    pub fn of(package: Package) -> Self {
        let release = package.release();
        let has = |word: &str| {
            release.split(['.', '_', '+']).skip(1).any(|part| {
                part.strip_prefix(word).is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()))
            })
        };
        if has("ksplice") {
            Self::Ksplice
        } else if has("fips") {
            Self::Fips
        } else {
            Self::Normal
        }
    }
}

/// The line of a kernel that is built from sources of its own, as 5.4 of `kernel-uek`: Oracle Linux 8 has three of
/// them in parallel. Each gets advisories of its own, and the next line's are no cure for it.
pub(super) fn line(package: Package) -> Option<(&'static str, &'static str)> {
    package.name().strip_prefix("kernel-uek")?;
    let mut parts = package.version().split('.');
    Some((parts.next()?, parts.next()?))
}

/// The major version of the system that a package was built for, where its release tells it.
pub(super) fn system(package: Package) -> Option<u16> {
    package.systems().next()
}

/// Returns the major version of the system that most of a set was built for, where packages tell it.
pub fn system_of(set: &PackageSet) -> Option<u16> {
    let mut counts: BTreeMap<u16, usize> = BTreeMap::new();
    for system in set.iter().filter_map(system) {
        *counts.entry(system).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(system, _)| system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_is_told_by_the_release() {
        for (nevra, expected) in [
            ("bash-4.4.20-5.el8.x86_64", Some(8)),
            ("zlib-1.2.11-25.el8_10.x86_64", Some(8)),
            ("kernel-uek-5.15.0-0.30.20.el9uek.x86_64", Some(9)),
            ("perl-libs-5.26.3-1.module+el8.10.0+1.x86_64", Some(8)),
            ("systemd-252-51.0.1.el10_1.x86_64", Some(10)),
            ("x-1-1.elfin.noarch", None),
            ("x-1-1.noarch", None),
        ] {
            assert_eq!(system(Package::parse(nevra).unwrap()), expected, "{nevra}");
        }
        let set: PackageSet = ["a-1-1.el8.noarch", "b-1-1.el8_4.noarch", "c-1-1.el7.noarch", "d-1-1.noarch"]
            .into_iter()
            .map(|text| Package::parse(text).unwrap())
            .collect();
        assert_eq!((system_of(&set), system_of(&PackageSet::default())), (Some(8), None));
    }

    #[test]
    fn flavours_are_told_by_the_release_alone() {
        for (nevra, expected) in [
            ("openssl-2:1.1.1k-6.ksplice1.el8_5.x86_64", Flavour::Ksplice),
            ("glibc-2:2.28-164.0.1.ksplice1.el8.i686", Flavour::Ksplice),
            ("gnutls-10:3.6.16-4.0.1.el8_4_fips.x86_64", Flavour::Fips),
            ("nettle-3.4.1-4.fips.el8.x86_64", Flavour::Fips),
            ("vim-minimal-2:8.0.1763-19.el8.x86_64", Flavour::Normal),
            ("openssl-1:1.1.1k-6.el8_5.x86_64", Flavour::Normal),
            ("ksplice-uptrack-1.2.75-0.el8.noarch", Flavour::Normal),
            ("x-1-1.fipsy.el8.noarch", Flavour::Normal),
        ] {
            assert_eq!(Flavour::of(Package::parse(nevra).unwrap()), expected, "{nevra}");
        }
    }

    #[test]
    fn lines_are_those_of_uek_kernels() {
        let line = |nevra: &str| line(Package::parse(nevra).unwrap());
        assert_eq!(line("kernel-uek-core-5.15.0-200.131.27.el8uek.x86_64"), Some(("5", "15")));
        assert_ne!(line("kernel-uek-5.4.17-2136.325.5.el8uek.x86_64"), Some(("5", "15")));
        assert_eq!(line("kernel-4.18.0-553.el8_10.x86_64"), None);
    }
}
