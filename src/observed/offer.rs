//! What the sources of an instance offer it, as a service would list it; and which of that an update by kind installs.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{AvailableUpdate, Instance, Observed, Updates};
use crate::name::Ocid;
use crate::op::{UpdateKind, Wanted};
use crate::package::{self, Package, PackageSet};

impl Observed {
    /// Works out what a service would list as available for an instance: the newest version offered of each installed
    /// (name, architecture), where that is newer. `kind` says what a version is for.
    pub fn outstanding(&self, id: &Ocid, kind: impl Fn(Package) -> UpdateKind) -> Updates {
        let mut updates = Vec::new();
        let Some(instance) = self.instances.get(id) else { return updates };
        let (Some(inventory), Some(offered)) = (&instance.inventory, self.offered(instance)) else {
            return updates;
        };
        package::walk(&inventory.installed, &offered, |have, offer| {
            let (Some(have), Some(offer)) = (have.last(), offer.last()) else { return };
            if have.cmp_evr(*offer).is_lt() {
                updates.push(Arc::new(AvailableUpdate {
                    name: offer.name().into(),
                    architecture: offer.arch().as_str().into(),
                    installed: have.evr().to_string().into(),
                    available: offer.evr().to_string().into(),
                    kind: kind(*offer),
                    errata: Vec::new(),
                    cves: Vec::new(),
                }));
            }
        });
        updates
    }

    /// Returns all that the sources attached to an instance hold; none where there is no source, or its contents are
    /// not known.
    pub(super) fn offered(&self, instance: &Instance) -> Option<PackageSet> {
        let attached = instance.parent.iter().chain(&instance.children);
        let offers: Vec<&PackageSet> =
            attached.filter_map(|link| self.sources.get(&link.id)?.contents.as_ref()).collect();
        match offers.as_slice() {
            [] => None,
            [only] => Some((*only).clone()),
            several => Some(several.iter().flat_map(|set| set.iter()).collect()),
        }
    }

    /// Takes one package out of an instance's list.
    pub(super) fn forget_listed(&mut self, id: &Ocid, package: Package) {
        let is = |update: &AvailableUpdate| {
            *update.name == *package.name() && *update.architecture == *package.arch().as_str()
        };
        if let Some(listed) = self.updates.get_mut(id) {
            listed.retain(|update| !is(update));
        }
    }

    /// Takes out of an instance's list what an update of these installs, and returns the names and architectures of it;
    /// none for all. What no list says to be of a kind is not of it.
    pub(super) fn take_listed(
        &mut self,
        id: &Ocid,
        wanted: Wanted,
    ) -> Option<BTreeSet<(Arc<str>, Arc<str>)>> {
        let Some(listed) = self.updates.get_mut(id) else {
            return (wanted != Wanted::All).then(BTreeSet::new);
        };
        let mut taken = BTreeSet::new();
        listed.retain(|update| {
            if wanted.admits(update.kind) {
                taken.insert((update.name.clone(), update.architecture.clone()));
            }
            !wanted.admits(update.kind)
        });
        (wanted != Wanted::All).then_some(taken)
    }
}
