//! Package names: what the service calls a package. Names are opaque, so that they are only ever copied from what the
//! service has said.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use crate::package::Package;

/// What the service calls each package it was seen to offer.
#[derive(Debug, Default)]
pub struct Names {
    // Borrowed where the name is the NEVRA, which it mostly is: then an entry costs no text of its own.
    known: RwLock<HashMap<Package, Cow<'static, str>>>,
}

impl Names {
    /// Returns the service's name of a package.
    pub fn get(&self, package: Package) -> Option<Cow<'static, str>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).get(&package).cloned()
    }

    /// Returns the packages of modules by the service's names.
    pub(super) fn modular(&self) -> HashMap<Cow<'static, str>, Package> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let modular = known.iter().filter(|(package, _)| package.is_modular());
        modular.map(|(package, name)| (name.clone(), *package)).collect()
    }

    /// Takes in names; the first one of a package stays.
    pub(super) fn learn<'n>(&self, seen: impl IntoIterator<Item = (Package, &'n str)>) {
        // Nearly all rows of a fleet are known already, so that a read lock is all that most pages need.
        let new: Vec<(Package, &str)> = {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            seen.into_iter().filter(|(package, _)| !known.contains_key(package)).collect()
        };
        if new.is_empty() {
            return;
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        for (package, name) in new {
            known.entry(package).or_insert_with(|| match name == package.as_str() {
                true => Cow::Borrowed(package.as_str()),
                false => Cow::Owned(name.to_owned()),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_name_of_a_package_stays() {
        let names = Names::default();
        let bash = Package::parse("bash-4.4-1.x86_64").unwrap();
        names.learn([(bash, "bash-0:4.4-1.x86_64"), (bash, "other")]);
        names.learn([(bash, "another")]);
        assert_eq!(names.get(bash).as_deref(), Some("bash-0:4.4-1.x86_64"));
        let acl = Package::parse("acl-1-1.x86_64").unwrap();
        assert_eq!(names.get(acl), None);
        names.learn([(acl, "acl-1-1.x86_64")]);
        assert!(matches!(names.get(acl), Some(Cow::Borrowed("acl-1-1.x86_64"))));
    }
}
