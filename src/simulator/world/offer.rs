//! What the sources attached to an instance offer it, indexed for the agent and for the service's update counts.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Id, Instance, Outstanding, Source, World};
use crate::package::{Arch, Package, PackageSet};
use crate::simulator::catalogue::catalogue;

/// The packages of a combination of sources, by name and architecture.
#[derive(Debug, Default)]
pub(crate) struct Offer {
    by_name_arch: HashMap<(&'static str, Arch), Vec<Package>>,
}

impl Offer {
    /// Indexes packages.
    pub(crate) fn new(packages: impl IntoIterator<Item = Package>) -> Self {
        let mut by_name_arch: HashMap<_, Vec<Package>> = HashMap::new();
        for package in packages {
            by_name_arch.entry((package.name(), package.arch())).or_default().push(package);
        }
        Self { by_name_arch }
    }

    /// Returns the versions offered of what `package` is a version of.
    pub(crate) fn versions(&self, package: Package) -> &[Package] {
        self.by_name_arch.get(&(package.name(), package.arch())).map_or(&[], Vec::as_slice)
    }

    /// Returns all versions and architectures of a name.
    pub(crate) fn named(&self, name: &str) -> Vec<Package> {
        let named = self.by_name_arch.iter().filter(|((known, _), _)| *known == name);
        named.flat_map(|(_, versions)| versions.iter().copied()).collect()
    }

    /// Returns the newest version of everything, in the order of packages.
    pub(crate) fn newest(&self) -> Vec<Package> {
        self.newest_of(|_| true)
    }

    /// Returns the newest version that passes of everything of which one does, in the order of packages.
    pub(crate) fn newest_of(&self, passes: impl Fn(Package) -> bool) -> Vec<Package> {
        let newest = |versions: &Vec<Package>| {
            versions.iter().copied().filter(|package| passes(*package)).max_by(|a, b| a.cmp_evr(*b))
        };
        let mut all: Vec<Package> = self.by_name_arch.values().filter_map(newest).collect();
        all.sort_unstable();
        all
    }

    /// Tells whether exactly this package is offered.
    pub(crate) fn has(&self, package: Package) -> bool {
        self.versions(package).contains(&package)
    }
}

/// Attached sources and their revisions.
pub(super) type Combination = Vec<(Id, u64)>;

/// Offers and counts already worked out. A fleet rides a handful of combinations of sources, but every look at an
/// instance asks for its counts.
#[derive(Clone, Debug, Default)]
pub(super) struct Cache {
    offers: HashMap<Combination, Arc<Offer>>,
    counts: HashMap<Id, (Combination, u64, Outstanding)>,
    /// Who holds a package, as of a revision of the sources.
    holders: Option<(u64, Arc<Holders>)>,
    /// The same of OS Management Hub, by what it believes to be installed.
    pub(super) hub_counts: HashMap<Id, (Combination, PackageSet, Outstanding)>,
    pub(super) hub_holders: Option<(u64, Arc<Holders>)>,
}

/// The sources that hold a package, the vendor's first.
pub(super) type Holders = HashMap<Package, Vec<Id>>;

/// Sources change while a release is being filled; stale combinations go at this many.
const CACHED_OFFERS: usize = 64;

impl World {
    fn combination(&self, instance: &Instance) -> Combination {
        let revision = |id: &Id| self.sources.get(id).map_or(0, |source| source.revision);
        instance.attached().map(|id| (id.clone(), revision(id))).collect()
    }

    /// Returns the ACTIVE sources that hold the package, the vendor's first.
    pub(crate) fn sources_of(&self, package: Package) -> impl Iterator<Item = (&Id, &Source)> {
        let holders = self.holders();
        let count = holders.get(&package).map_or(0, Vec::len);
        (0..count).filter_map(move |index| self.sources.get_key_value(&holders[&package][index]))
    }

    /// Returns the ACTIVE sources of every package. Every row of every package list asks who holds its package; sources
    /// change far less often.
    pub(crate) fn holders(&self) -> Arc<Holders> {
        let revision = self.sources.values().map(|source| source.revision).max().unwrap_or_default();
        if let Some((at, known)) = &self.offers.borrow().holders
            && *at == revision
        {
            return known.clone();
        }
        let mut holders = Holders::new();
        let vendor = self.sources.iter().filter(|(_, source)| source.vendor);
        let custom = self.sources.iter().filter(|(_, source)| !source.vendor);
        for (id, source) in vendor.chain(custom).filter(|(_, source)| !source.deleted) {
            for package in source.packages.iter() {
                holders.entry(package).or_default().push(id.clone());
            }
        }
        let holders = Arc::new(holders);
        self.offers.borrow_mut().holders = Some((revision, holders.clone()));
        holders
    }

    /// Returns what the instance's sources offer.
    pub(crate) fn offer(&self, instance: &Instance) -> Arc<Offer> {
        let sources = instance.attached().filter_map(|id| self.sources.get(id));
        let packages = || Offer::new(sources.flat_map(|source| source.packages.iter()));
        self.kept_offer(self.combination(instance), packages)
    }

    /// Returns what a combination of sources offers, worked out if need be.
    pub(super) fn kept_offer(&self, combination: Combination, offer: impl FnOnce() -> Offer) -> Arc<Offer> {
        if let Some(known) = self.offers.borrow().offers.get(&combination) {
            return known.clone();
        }
        let offer = Arc::new(offer());
        let mut cache = self.offers.borrow_mut();
        if cache.offers.len() >= CACHED_OFFERS {
            cache.offers.clear();
        }
        cache.offers.insert(combination, offer.clone());
        offer
    }

    /// Counts the updates that the instance's sources offer it.
    pub(crate) fn outstanding(&self, id: &str) -> Outstanding {
        let Some(instance) = self.instances.get(id) else { return Outstanding::default() };
        let combination = self.combination(instance);
        if let Some((at, revision, counts)) = self.offers.borrow().counts.get(id)
            && *at == combination
            && *revision == instance.revision
        {
            return *counts;
        }
        let mut counts = Outstanding::default();
        for (_, candidate) in self.candidates(instance) {
            counts.count(catalogue().kind(candidate));
        }
        let known = (combination, instance.revision, counts);
        self.offers.borrow_mut().counts.insert(Id::from(id), known);
        counts
    }
}
