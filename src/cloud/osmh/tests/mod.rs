//! The dialect against a service of a few rules in memory; each request is held against the published API.

mod acts;
mod ask;
mod crew;
mod fill;
mod imports;
mod look;
mod reads;
mod schedules;
mod service;
mod trees;
mod vendors;

use service::Service;

use super::*;
use crate::name::{GroupName, ReleaseName};
use crate::oci::testing::Script;
use crate::op::{GroupRef, SourceRef};
use crate::package::{Digest, Package, PackageSet};

/// Puts the dialect in front of a service, for a train that draws from the base alone.
fn cloud(service: &Service) -> OsmhCloud<Script> {
    drawing_from(service, &["ol8_baseos_latest-x86_64"])
}

fn drawing_from(service: &Service, vendors: &[&str]) -> OsmhCloud<Script> {
    of_script(&service.script(), vendors)
}

fn of_script(script: &Script, vendors: &[&str]) -> OsmhCloud<Script> {
    let system = System { os: "oracle-linux-8".to_owned(), arch: "x86_64".to_owned() };
    let vendors = vendors.iter().map(|name| (*name).to_owned()).collect();
    OsmhCloud::new(script.client_of(API_VERSION), Ocid::new("c"), 4, system, vendors)
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
        release: release.map(|name| (ReleaseName::new(name), Digest::of([name]))),
    }
}

fn ids(ids: &[&str]) -> Vec<Ocid> {
    ids.iter().map(|id| Ocid::new(id)).collect()
}

fn token() -> RetryToken {
    RetryToken("t".repeat(32))
}

fn source(id: &str) -> SourceRef {
    SourceRef { release: ReleaseName::new("GL1"), id: Some(Ocid::new(id)), under: None }
}

fn group(id: &str) -> GroupRef {
    GroupRef { group: GroupName::new("web"), id: Some(Ocid::new(id)) }
}

const DONE: Submitted = Submitted::Done { created: None };

fn pending(ticket: &str) -> Submitted {
    Submitted::Pending { ticket: Ticket(ticket.to_owned()) }
}
