//! Which source was seen to offer which package: a release is filled from the vendor's sources that its train names, and
//! from nothing else.
//!
//! Most of a release need not be asked for: what is installed names the sources that have it, and what stands in a custom
//! source came from those that it is drawn from.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::name::Ocid;
use crate::package::Package;

/// What was seen.
#[derive(Debug, Default)]
pub(super) struct Offers {
    inner: RwLock<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// By source.
    offered: HashMap<Box<str>, HashSet<Package>>,
    /// Custom sources, with those that they are drawn from.
    drawn_from: HashMap<Ocid, BTreeSet<Ocid>>,
    /// Sources that were listed to their end, and names that a source was asked for: what is not known of these is not
    /// offered.
    complete: HashSet<Ocid>,
    asked: HashSet<(Ocid, &'static str)>,
}

impl Offers {
    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Inner> {
        self.inner.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in that sources, by id, offer packages.
    pub(super) fn learn<'s>(&self, seen: impl IntoIterator<Item = (&'s str, Package)>) {
        // Nearly all of a fleet is known already, so that a read lock is all that most pages need.
        let new: Vec<(&str, Package)> = {
            let known = self.read();
            let is_new = |(source, package): &(&str, Package)| {
                !known.offered.get(*source).is_some_and(|known| known.contains(package))
            };
            seen.into_iter().filter(is_new).collect()
        };
        if new.is_empty() {
            return;
        }
        let mut known = self.write();
        for (source, package) in new {
            known.offered.entry(source.into()).or_default().insert(package);
        }
    }

    /// Takes in what a source is drawn from.
    pub(super) fn drawn_from(&self, source: &Ocid, vendors: BTreeSet<Ocid>) {
        if !vendors.is_empty() && self.read().drawn_from.get(source) != Some(&vendors) {
            self.write().drawn_from.insert(source.clone(), vendors);
        }
    }

    /// Takes note that all of a source is known.
    pub(super) fn is_complete(&self, source: &Ocid) {
        self.write().complete.insert(source.clone());
    }

    /// Takes note that all that a source has under a name is known.
    pub(super) fn was_asked(&self, source: &Ocid, name: &'static str) {
        self.write().asked.insert((source.clone(), name));
    }

    /// Returns those that none of the vendor's sources is known to offer.
    pub(super) fn unknown(&self, packages: &[Package], vendors: &[Ocid]) -> Vec<Package> {
        let known = self.read();
        let of_vendors = |vendor: &Ocid| vendors.contains(vendor);
        let drawn = known.drawn_from.iter().filter(|(_, from)| from.iter().all(of_vendors));
        let sources = vendors.iter().chain(drawn.map(|(source, _)| source));
        let sets: Vec<&HashSet<Package>> =
            sources.filter_map(|source| known.offered.get(source.as_str())).collect();
        let is_unknown = |package: &Package| !sets.iter().any(|set| set.contains(package));
        packages.iter().copied().filter(is_unknown).collect()
    }

    /// Returns the names under which a source may have one of these all the same.
    pub(super) fn open_names(&self, packages: &[Package], source: &Ocid) -> BTreeSet<&'static str> {
        let known = self.read();
        if known.complete.contains(source) {
            return BTreeSet::new();
        }
        let names = packages.iter().map(|package| package.name());
        names.filter(|name| !known.asked.contains(&(source.clone(), *name))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_custom_source_speaks_for_the_vendors_that_it_is_drawn_from_and_for_no_others() {
        let offers = Offers::default();
        let [bash, acl, vim] =
            ["bash-1-1.x86_64", "acl-1-1.x86_64", "vim-1-1.x86_64"].map(|text| Package::parse(text).unwrap());
        let all = [bash, acl, vim];
        let [base, addons, ours] = ["base", "addons", "ours"].map(Ocid::new);
        offers.learn([("base", bash), ("ours", acl), ("elsewhere", vim)]);
        assert_eq!(offers.unknown(&all, std::slice::from_ref(&base)), [acl, vim]);
        offers.drawn_from(&ours, [base.clone(), addons.clone()].into());
        assert_eq!(offers.unknown(&all, std::slice::from_ref(&base)), [acl, vim]);
        assert_eq!(offers.unknown(&all, &[base.clone(), addons]), [vim]);
        assert_eq!(offers.open_names(&all, &base), ["acl", "bash", "vim"].into());
        offers.was_asked(&base, "vim");
        assert_eq!(offers.open_names(&all, &base), ["acl", "bash"].into());
        offers.is_complete(&base);
        assert_eq!(offers.open_names(&all, &base), BTreeSet::new());
    }
}
