//! How the vendor's packages are spelled and found again.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use crate::package::Package;
use crate::simulator::catalogue::{Channel, catalogue};

/// Spells a package without its epoch.
pub(crate) fn without_epoch(package: Package) -> String {
    format!("{}-{}-{}.{}", package.name(), package.version(), package.release(), package.arch())
}

/// Finds a package that the vendor ships by its name, with or without the epoch; where two differ by nothing
/// else, the higher one.
pub(crate) fn shipped(name: &str) -> Option<Package> {
    static NAMES: LazyLock<HashMap<String, Package>> = LazyLock::new(|| {
        let channels =
            [Channel::BaseOs, Channel::AppStream, Channel::Uek, Channel::Ksplice, Channel::Preview];
        let all: BTreeSet<Package> =
            channels.into_iter().flat_map(|channel| catalogue().shipped(channel)).collect();
        // The set is sorted by version, so that of two without their epochs the newer one stays.
        let short = all.iter().map(|package| (without_epoch(*package), *package));
        let full = all.iter().map(|package| (package.as_str().to_owned(), *package));
        short.chain(full).collect()
    });
    NAMES.get(name).copied()
}
