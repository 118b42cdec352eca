//! Which source was seen to offer which package: a release is filled from the vendor's sources that its train names, and
//! from nothing else.
//!
//! Most of a release need not be asked for: what is installed names the sources that have it, and what stands in a custom
//! source came from those that it is drawn from.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

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
    asked: HashMap<Ocid, HashSet<Arc<str>>>,
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
    pub(super) fn was_asked(&self, source: &Ocid, name: &str) {
        self.write().asked.entry(source.clone()).or_default().insert(name.into());
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

    /// Returns what a source is known to offer under these names.
    pub(super) fn of_names(&self, names: &BTreeSet<Arc<str>>, source: &Ocid) -> Vec<Package> {
        let known = self.read();
        let offered = known.offered.get(source.as_str()).into_iter().flatten();
        offered.filter(|package| names.contains(package.name())).copied().collect()
    }

    /// Returns those of the names that a source may have more of than is known.
    pub(super) fn unasked(&self, names: &BTreeSet<Arc<str>>, source: &Ocid) -> BTreeSet<Arc<str>> {
        let known = self.read();
        if known.complete.contains(source) {
            return BTreeSet::new();
        }
        let asked = |name: &str| known.asked.get(source).is_some_and(|asked| asked.contains(name));
        names.iter().filter(|name| !asked(name)).cloned().collect()
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
        let names =
            |names: &[&str]| -> BTreeSet<Arc<str>> { names.iter().map(|name| Arc::from(*name)).collect() };
        let wanted = names(&["acl", "bash", "vim"]);
        assert_eq!(offers.unasked(&wanted, &base), wanted);
        assert_eq!(offers.of_names(&wanted, &base), [bash]);
        assert_eq!(offers.of_names(&names(&["acl"]), &base), []);
        offers.was_asked(&base, "vim");
        assert_eq!(offers.unasked(&wanted, &base), names(&["acl", "bash"]));
        offers.is_complete(&base);
        assert_eq!(offers.unasked(&wanted, &base), BTreeSet::new());
    }
}
