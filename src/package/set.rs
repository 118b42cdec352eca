//! Sets of packages: sorted, shared, with a digest that coreutils reproduces.

use std::collections::HashSet;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

use serde::ser::SerializeSeq;
use serde::{Deserialize, Serialize};

use super::{Digest, Package};

/// A set of packages, sorted by [`Package`]'s order. Several versions and several architectures of one name may
/// stand in it. Cloning shares; comparing two clones of one set costs one pointer comparison.
#[derive(Clone)]
pub struct PackageSet(Arc<Inner>);

struct Inner {
    packages: Box<[Package]>,
    digest: OnceLock<Digest>,
}

impl PackageSet {
    /// Makes a set; doubles are dropped.
    pub fn new(mut packages: Vec<Package>) -> Self {
        packages.sort_unstable();
        packages.dedup();
        Self(Arc::new(Inner { packages: packages.into_boxed_slice(), digest: OnceLock::new() }))
    }

    /// Returns the packages in order.
    pub fn as_slice(&self) -> &[Package] {
        &self.0.packages
    }

    /// Iterates over the packages in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Package> + DoubleEndedIterator + '_ {
        self.0.packages.iter().copied()
    }

    /// Iterates over runs of packages with one name and architecture, oldest version first.
    pub fn by_name_arch(&self) -> impl Iterator<Item = &[Package]> {
        self.0.packages.chunk_by(|a, b| a.same_name_arch(*b))
    }

    /// Returns how many packages there are.
    pub fn len(&self) -> usize {
        self.0.packages.len()
    }

    /// Tells whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.0.packages.is_empty()
    }

    /// Tells whether the package is in the set.
    pub fn contains(&self, package: Package) -> bool {
        self.0.packages.binary_search(&package).is_ok()
    }

    /// Returns the packages that are here and not in `other`, in order. Linear in the sum of both.
    pub fn difference(&self, other: &Self) -> Vec<Package> {
        if self.is_same(other) {
            return Vec::new();
        }
        let mut others = other.iter().peekable();
        let missing = |package: &Package| {
            while others.next_if(|other| other < package).is_some() {}
            others.peek() != Some(package)
        };
        self.iter().filter(missing).collect()
    }

    /// Returns the set of packages that are in either.
    pub fn union(&self, more: &[Package]) -> Self {
        Self::new(self.iter().chain(more.iter().copied()).collect())
    }

    /// Returns the SHA-256 of the NEVRAs, one a line, sorted bytewise as by `LC_ALL=C sort`. Computed once a set.
    pub fn digest(&self) -> Digest {
        *self.0.digest.get_or_init(|| {
            let mut lines: Vec<&str> = self.iter().map(Package::as_str).collect();
            lines.sort_unstable();
            Digest::of_lines(lines)
        })
    }

    /// Tells whether both are the same shared value: equal without looking at the packages.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Returns a number that is the same for clones of one shared value and different for any other living one.
    pub fn identity(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }
}

impl Default for PackageSet {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl PartialEq for PackageSet {
    fn eq(&self, other: &Self) -> bool {
        self.is_same(other) || self.0.packages == other.0.packages
    }
}

impl Eq for PackageSet {}

impl Hash for PackageSet {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.packages.hash(state);
    }
}

impl fmt::Debug for PackageSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl FromIterator<Package> for PackageSet {
    fn from_iter<I: IntoIterator<Item = Package>>(packages: I) -> Self {
        Self::new(packages.into_iter().collect())
    }
}

impl Serialize for PackageSet {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(Some(self.len()))?;
        for package in self.iter() {
            seq.serialize_element(&package)?;
        }
        seq.end()
    }
}

impl<'de> Deserialize<'de> for PackageSet {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self::new)
    }
}

/// Keeps one copy of each distinct set, so that 10,000 instances on one level hold one list between them.
#[derive(Default)]
pub struct SetPool {
    sets: HashSet<PackageSet>,
}

impl SetPool {
    /// Returns the pool's copy of the set, which becomes it when it is the first.
    pub fn intern(&mut self, packages: Vec<Package>) -> PackageSet {
        let set = PackageSet::new(packages);
        if let Some(known) = self.sets.get(&set) {
            return known.clone();
        }
        self.sets.insert(set.clone());
        set
    }

    /// Returns how many distinct sets the pool holds.
    pub fn len(&self) -> usize {
        self.sets.len()
    }

    /// Tells whether the pool is empty.
    pub fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }
}

#[cfg(test)]
mod tests;
