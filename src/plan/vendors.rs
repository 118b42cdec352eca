//! The vendor's sources that releases are made of, for a service that fills a source from those: each that the train
//! names is there, once, and selected.

use std::sync::Arc;

use super::{Input, Note, Refusal};
use crate::name::{Ocid, ReleaseName};
use crate::op::Origin;
use crate::plan::holdings::Sources;

/// The sources of the vendor, as found.
#[derive(Clone, Debug, Default)]
pub(super) struct Vendors {
    found: Vec<(Ocid, Arc<str>)>,
}

/// Resolves the names; nothing for a service that asks for none.
pub(super) fn resolve(input: &Input<'_>, refusals: &mut Vec<Refusal>) -> Vendors {
    let mut vendors = Vendors::default();
    if !input.capabilities.vendor_sources {
        return vendors;
    }
    for wanted in &input.train.vendor_sources {
        let named: Vec<_> =
            input.observed.vendors.iter().filter(|(id, seen)| wanted.is(id, &seen.name)).collect();
        match named.as_slice() {
            [(id, seen)] if seen.selected => vendors.found.push(((*id).clone(), seen.name.clone())),
            [(id, _)] => {
                refusals.push(Refusal::VendorSource { name: wanted.to_string(), id: Some((*id).clone()) });
            }
            [] => refusals.push(Refusal::VendorSource { name: wanted.to_string(), id: None }),
            several => refusals.push(Refusal::AmbiguousVendorSource {
                name: wanted.to_string(),
                ids: several.iter().map(|(id, _)| (*id).clone()).collect(),
            }),
        }
    }
    vendors
}

impl Vendors {
    /// Returns what the source of a release is made from; none where the service does not ask.
    pub(super) fn origin(&self, input: &Input<'_>) -> Option<Origin> {
        let vendors = self.found.iter().map(|(id, _)| id.clone()).collect();
        input.capabilities.vendor_sources.then(|| Origin { os: input.train.os.clone(), vendors })
    }

    /// Tells which sources the releases that are made anew are made of.
    pub(super) fn note(&self, input: &Input<'_>, sources: &Sources) -> Option<Note> {
        let made = input.train.releases.iter().filter(|release| {
            sources.get(&release.name).is_some_and(|found| !found.retired && found.id.is_none())
        });
        let releases: Vec<ReleaseName> = made.map(|release| release.name.clone()).collect();
        let vendors = self.found.iter().map(|(_, name)| name.clone()).collect();
        (input.capabilities.vendor_sources && !releases.is_empty())
            .then_some(Note::MadeOf { releases, vendors })
    }
}
