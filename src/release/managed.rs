//! What of an instance's packages a train cares for: the rest, and trust keys, which the service lists like packages, no
//! release holds. Told apart as `freeze` does, so that an instance that has what its release holds is the same.

use std::collections::{BTreeSet, HashMap};

use crate::observed::Inventory;
use crate::package::{Arch, Package, PackageSet, Pattern};

/// The packages of an instance, or of several together.
#[derive(Clone, Debug, Default)]
pub struct Managed {
    /// Those that the train cares for.
    pub packages: PackageSet,
    /// The same of each instance, each distinct set once: what one has hides nothing that another lacks.
    pub sets: Vec<PackageSet>,
    /// The ids of the trust keys.
    pub keys: BTreeSet<String>,
    /// Those that are unmanaged, or that no software source provides.
    pub left_out: BTreeSet<Package>,
    /// What was added already. Kept, so that no other set gets its place in memory.
    known: HashMap<(usize, usize), Inventory>,
}

impl Managed {
    /// Adds what an instance has. A fleet has few distinct sets, and one that is known adds nothing.
    pub fn add(&mut self, inventory: Inventory, unmanaged: &[Pattern]) {
        let identity = (inventory.installed.identity(), inventory.unsourced.identity());
        if self.known.contains_key(&identity) {
            return;
        }
        let mut managed = Vec::with_capacity(inventory.installed.len());
        for package in inventory.installed.iter() {
            if let Some(key) = package.trust_key() {
                self.keys.insert(key.to_owned());
            } else if package.arch() == Arch::None
                || unmanaged.iter().any(|pattern| pattern.matches(package.name()))
                || inventory.unsourced.contains(package)
            {
                self.left_out.insert(package);
            } else {
                managed.push(package);
            }
        }
        let managed = PackageSet::new(managed);
        self.packages = self.packages.union(managed.as_slice());
        self.sets.push(managed);
        self.known.insert(identity, inventory);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(texts: &[&str]) -> PackageSet {
        texts.iter().map(|text| Package::parse(text).unwrap()).collect()
    }

    #[test]
    fn what_no_release_holds_is_left_out_and_keys_are_keys() {
        let installed = set(&[
            "bash-4.4.20-5.el8.x86_64",
            "gpg-pubkey-82562ea9-5c1c5e1a.(none)",
            "hand-made-1-1.x86_64",
            "oracle-cloud-agent-1-1.x86_64",
        ]);
        let unsourced = set(&["hand-made-1-1.x86_64"]);
        let unmanaged = [Pattern::new("oracle-cloud-agent*").unwrap()];
        let mut managed = Managed::default();
        let inventory = Inventory { installed, unsourced };
        managed.add(inventory.clone(), &unmanaged);
        managed.add(inventory, &unmanaged);
        assert_eq!(managed.packages, set(&["bash-4.4.20-5.el8.x86_64"]));
        assert_eq!(managed.keys, BTreeSet::from(["82562ea9-5c1c5e1a".to_owned()]));
        assert_eq!(managed.left_out.len(), 2);
        // Of another member each version counts.
        let installed = set(&["bash-4.4.19-1.el8.x86_64", "hand-made-1-1.x86_64"]);
        managed.add(Inventory { installed, unsourced: PackageSet::default() }, &unmanaged);
        assert_eq!((managed.packages.len(), managed.sets.len(), managed.left_out.len()), (3, 2, 2));
    }
}
