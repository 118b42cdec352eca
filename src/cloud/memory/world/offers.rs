//! Which versions of packages the in-memory cloud's sources offer, and which errata it has.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::World;
use crate::name::Ocid;
use crate::observed::{Erratum, Instance, Updates};
use crate::op::UpdateKind;
use crate::package::PackageSet;

impl World {
    /// Returns the updates that an instance is offered.
    pub(super) fn offered(&self, id: &Ocid) -> Option<Updates> {
        if !self.observed.instances.contains_key(id) {
            return None;
        }
        Some(match &self.kinds {
            None => self.updates.get(id).cloned().unwrap_or_default(),
            Some(kinds) => self
                .observed
                .outstanding(id, |package| kinds.get(package.name()).copied().unwrap_or(UpdateKind::Other)),
        })
    }

    /// Returns all versions of these names that the instance's sources have, or all sources.
    pub(super) fn offers(&self, instance: Option<&Ocid>, names: &BTreeSet<Arc<str>>) -> PackageSet {
        let instance = instance.and_then(|id| self.observed.instances.get(id));
        let has = |id: &Ocid| {
            let of = |known: &Instance| known.parent.iter().chain(&known.children).any(|link| link.id == *id);
            instance.is_none_or(of)
        };
        let sources = self.observed.sources.iter().filter(|(id, _)| has(id));
        let contents = sources.filter_map(|(_, source)| source.contents.as_ref());
        let offered = contents.flat_map(PackageSet::iter);
        let offered = offered.filter(|package| names.contains(package.name()));
        offered.filter(|package| !self.withheld.contains(package)).collect()
    }
    /// Returns the errata of what an instance is offered.
    pub(super) fn errata_of(&mut self, id: &Ocid) -> Vec<Erratum> {
        let offered = self.offered(id).unwrap_or_default();
        let named: BTreeSet<&str> =
            offered.iter().flat_map(|update| &update.errata).map(|link| &*link.id).collect();
        self.errata.iter().filter(|erratum| named.contains(&*erratum.id)).cloned().collect()
    }

    /// Returns the errata that were issued since then, as the services list them.
    pub(super) fn errata_since(&self, since: Option<Timestamp>) -> Vec<Erratum> {
        let listed = self.errata.iter().filter(|erratum| erratum.issued >= since);
        listed.map(|erratum| Erratum { packages: Vec::new(), ..erratum.clone() }).collect()
    }
}
