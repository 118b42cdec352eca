//! The dialect against a service of a few rules in memory; each request is held against the published API.

mod ask;
mod errata;
mod imports;
mod look;
mod lookup;
mod modules;
mod service;
mod switch;

use service::Service;

use super::*;
use crate::oci::testing::Script;
use crate::package::{Digest, Package, PackageSet};

/// Puts the dialect in front of a service.
fn cloud(service: &Service) -> OsmsCloud<Script> {
    OsmsCloud::new(service.script().client(), Ocid::new("ocid1.compartment.oc1..c"), 4)
}

fn packages(nevras: &[&str]) -> Vec<Package> {
    nevras.iter().map(|nevra| nevra.parse().unwrap()).collect()
}

fn set(nevras: &[&str]) -> PackageSet {
    PackageSet::new(packages(nevras))
}

fn owner(release: Option<&str>) -> crate::op::Ownership {
    crate::op::Ownership {
        train: crate::name::TrainName::new("great-linux"),
        lineage: crate::op::Lineage("abc".into()),
        release: release.map(|name| (crate::name::ReleaseName::new(name), Digest::of([name]))),
    }
}
