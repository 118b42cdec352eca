//! What the hub's sources offer, and what of it an instance lacks as far as the hub knows.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Hub, Source};
use crate::package::Package;
use crate::simulator::agent;
use crate::simulator::catalogue::catalogue;
use crate::simulator::world::offer::Holders;
use crate::simulator::world::streams::{is_hidden, is_in_use};
use crate::simulator::world::{Id, Instance, Offer, Outstanding, World};

impl Hub {
    /// Returns sources with their revisions, as what they offer is kept by.
    fn combination(&self, sources: &[Id]) -> Vec<(Id, u64)> {
        let revision = |id: &Id| self.sources.get(id).map_or(0, |source| source.revision);
        sources.iter().map(|id| (id.clone(), revision(id))).collect()
    }
}

impl World {
    /// Returns what sources of the hub offer together.
    pub(crate) fn hub_offer(&self, sources: &[Id]) -> Arc<Offer> {
        let combination = self.hub.combination(sources);
        let packages = || {
            let sources = sources.iter().filter_map(|id| self.hub.sources.get(id));
            Offer::new(sources.flat_map(|source| source.packages.iter()))
        };
        self.kept_offer(combination, packages)
    }

    /// Returns the updates of an instance, as far as the hub knows: what it believes to be installed and what its
    /// sources offer instead.
    pub(crate) fn hub_candidates(&self, instance: &Instance) -> Vec<(Package, Package)> {
        let offer = self.hub_offer(&instance.hub.sources);
        agent::candidates(instance.inventory(), &offer, |new| self.hub_admits(instance, new))
    }

    /// Tells whether the agent of an instance would take a package from its sources: all sources of the hub tell of the
    /// modules of their packages.
    pub(super) fn hub_admits(&self, instance: &Instance, package: Package) -> bool {
        let sources = instance.hub.sources.iter().filter_map(|id| self.hub.sources.get(id));
        is_in_use(instance, package) && !is_hidden(instance, package, sources.map(|source| &source.packages))
    }

    /// Counts the updates of an instance, as far as the hub knows.
    pub(crate) fn hub_outstanding(&self, id: &str, instance: &Instance) -> Outstanding {
        let combination = self.hub.combination(&instance.hub.sources);
        let inventory = instance.inventory().clone();
        if let Some((at, known, counts)) = self.offers.borrow().hub_counts.get(id)
            && *at == combination
            && known.is_same(&inventory)
        {
            return *counts;
        }
        let mut counts = Outstanding::default();
        for (_, candidate) in self.hub_candidates(instance) {
            counts.count(catalogue().kind(candidate));
        }
        self.offers.borrow_mut().hub_counts.insert(Id::from(id), (combination, inventory, counts));
        counts
    }

    /// Returns the hub's sources that hold a package, the vendor's first.
    pub(crate) fn hub_sources_of(&self, package: Package) -> impl Iterator<Item = (&Id, &Source)> {
        let holders = self.hub_holders();
        let count = holders.get(&package).map_or(0, Vec::len);
        (0..count).filter_map(move |index| self.hub.sources.get_key_value(&holders[&package][index]))
    }

    fn hub_holders(&self) -> Arc<Holders> {
        if let Some((at, known)) = &self.offers.borrow().hub_holders
            && *at == self.hub.contents
        {
            return known.clone();
        }
        let mut holders: Holders = HashMap::new();
        let vendor = self.hub.sources.iter().filter(|(_, source)| source.recipe.is_none());
        let custom = self.hub.sources.iter().filter(|(_, source)| source.recipe.is_some());
        for (id, source) in vendor.chain(custom) {
            for package in source.packages.iter() {
                holders.entry(package).or_default().push(id.clone());
            }
        }
        let holders = Arc::new(holders);
        self.offers.borrow_mut().hub_holders = Some((self.hub.contents, holders.clone()));
        holders
    }
}
