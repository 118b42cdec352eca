//! The dialect of Oracle's OS Management Hub (API `20220901`): how looks, ops and work requests are said there.
//!
//! [`OsmhCloud`] is the [`Cloud`] of it, on any [`Transport`]. A release is a custom source drawn from the vendor's; a
//! group has sources, and its members have what it has, can only be changed through it, and answer in parts of one work
//! request. Facts are from osmh.md. When something is done, and why, is the planner's.

mod ask;
mod bodies;
mod crew;
mod errata;
mod fill;
mod imports;
mod inventory;
mod look;
mod modules;
mod offers;
mod profiles;
mod rule;
mod schedules;
mod spelling;
mod trees;
mod vendors;
mod wire;
mod work;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::calls::Calls;
use super::compute::Compute;
use super::lists::Lists;
use super::shared::Shared;
use super::{Cloud, CloudError, Progress, Submitted};
use crate::name::Ocid;
use crate::observed::{Scope, Sighting};
use crate::oci::{Client, Transport};
use crate::op::{Binding, Capabilities, Op, RetryToken, Ticket};
use crate::package::{PackageSet, SetPool};

/// The path that the API's operations stand under.
pub const API_VERSION: &str = "/20220901";

/// What the service can do. No limits are published (osmh.md, section 3), so that the numbers are careful ones.
pub const CAPABILITIES: Capabilities = Capabilities {
    packages_per_call: 200,
    binding: Binding::Group,
    instances_per_call: 100,
    joining_installs: true,
    refreshes: true,
    reruns: true,
    updates_members: false,
    vendor_sources: true,
    child_sources: false,
    profiles: true,
};

/// How many rows of a list are asked for at once. The greatest value is not published; OCI's other lists take 1000.
const ROWS: &str = "1000";

/// The system of a train's instances, as the train has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct System {
    /// The operating system: `oracle-linux-8`.
    pub os: String,
    /// The architecture, as rpm spells it.
    pub arch: String,
}

/// The service, for one train.
pub struct OsmhCloud<T> {
    calls: Calls<T>,
    compartment: Ocid,
    system: System,
    /// The vendor's sources that the train draws its own from: names or ids.
    vendor_sources: Vec<String>,
    compute: Option<Compute<T>>,
    pool: Mutex<SetPool>,
    shared: Mutex<Shared>,
    /// The compartments that instances were seen in.
    homes: Mutex<BTreeMap<Ocid, String>>,
    offers: offers::Offers,
    catalogues: Lists<(), vendors::Catalogue>,
    asking: vendors::Latest,
    severities: errata::Severities,
    turns: fill::Turns,
    board: trees::Board,
}

impl<T: Transport> OsmhCloud<T> {
    /// Makes the dialect of sources and groups in `compartment`, with at most `parallelism` API calls in flight.
    /// `vendor_sources` are the vendor's sources that the train names, by name or id.
    pub fn new(
        client: Client<T>,
        compartment: Ocid,
        parallelism: usize,
        system: System,
        vendor_sources: Vec<String>,
    ) -> Self {
        Self {
            calls: Calls::new(client, parallelism),
            compartment,
            system,
            vendor_sources,
            compute: None,
            pool: Mutex::default(),
            shared: Mutex::default(),
            homes: Mutex::default(),
            offers: offers::Offers::default(),
            catalogues: Lists::default(),
            asking: vendors::Latest::default(),
            severities: errata::Severities::default(),
            turns: fill::Turns::default(),
            board: trees::Board::default(),
        }
    }

    /// Adds where instances are selected from. Without it, no selection can be looked at.
    pub fn with_compute(mut self, compute: Compute<T>) -> Self {
        self.compute = Some(compute);
        self
    }

    /// Returns how many distinct package sets have been read.
    pub fn distinct_sets(&self) -> usize {
        self.pool().len()
    }

    fn compute(&self, operation: &'static str) -> Result<&Compute<T>, CloudError> {
        let reason = "nobody has said where Compute is".to_owned();
        self.compute.as_ref().ok_or(CloudError::Unaskable { operation, reason })
    }

    fn pool(&self) -> MutexGuard<'_, SetPool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn homes(&self) -> MutexGuard<'_, BTreeMap<Ocid, String>> {
        self.homes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Transport> Cloud for OsmhCloud<T> {
    async fn observe(&self, scope: &Scope) -> Result<Sighting, CloudError> {
        Ok(match scope {
            Scope::Fleet { instances, groups, group_ids } => {
                Sighting::Fleet(self.fleet(instances, groups, group_ids).await?)
            }
            Scope::Instance(id) => Sighting::Instance(id.clone(), self.instance_with_work(id).await?),
            Scope::Standing(id) => {
                let known = self.instance(id).await?;
                Sighting::Instance(id.clone(), known.map(|(instance, _)| instance))
            }
            Scope::Inventory(id) => Sighting::Inventory(id.clone(), self.inventory(id).await?),
            Scope::ModuleStreams(id) => Sighting::ModuleStreams(id.clone(), self.module_streams(id).await?),
            Scope::Streams(id) => Sighting::Streams(id.clone(), self.streams(id).await?),
            Scope::InstancesNamed(name) => {
                Sighting::InstancesNamed(name.clone(), self.instances_named(name).await?)
            }
            Scope::SourceContents(id) => Sighting::SourceContents(id.clone(), self.contents(id).await?),
            Scope::SourcesNamed(name) => {
                Sighting::SourcesNamed(name.clone(), self.sources(Some(name)).await?)
            }
            Scope::GroupsNamed(name) => Sighting::GroupsNamed(name.clone(), self.groups_named(name).await?),
            Scope::Updates(id) => Sighting::Updates(id.clone(), self.updates(id).await?),
            Scope::Errata(id) => Sighting::Errata(id.clone(), self.errata_of(id).await?),
            Scope::Erratum(name) => Sighting::Erratum(name.clone(), self.erratum(name).await?),
            Scope::ErrataSince(since) => Sighting::ErrataSince(*since, self.errata_since(*since).await?),
            Scope::Catalogue(packages) => {
                let unoffered = self.unoffered(packages.as_slice()).await?;
                Sighting::Catalogue(PackageSet::new(unoffered))
            }
            Scope::Offers(_, names) => {
                let (offered, unread) = self.offers_of(names).await?;
                Sighting::Offers(PackageSet::new(offered), unread)
            }
            Scope::Group(id) => Sighting::Group(id.clone(), self.group(id).await?),
            Scope::Source(id) => Sighting::Source(id.clone(), self.source(id).await?),
            Scope::SourceRow(id) => {
                let source = self.source_row(id).await?;
                Sighting::Source(id.clone(), source.map(|source| (source, Default::default())))
            }
            Scope::Schedules => Sighting::Schedules(self.schedules().await?),
            Scope::Compute(id) => {
                Sighting::Compute(id.clone(), self.compute("ListInstances")?.instances(id).await?)
            }
            Scope::Compartments(id) => {
                Sighting::Compartments(id.clone(), self.compute("ListCompartments")?.compartments(id).await?)
            }
            Scope::Vendors => Sighting::Vendors(self.catalogue().await?.vendors.clone()),
            Scope::Profiles => Sighting::Profiles(self.profiles().await?),
            Scope::Candidate(kind, id) => Sighting::Candidate(id.clone(), self.candidate(*kind, id).await?),
        })
    }

    async fn submit(&self, op: &Op, token: &RetryToken) -> Result<Submitted, CloudError> {
        self.ask(op, token).await
    }

    async fn poll(&self, ticket: &Ticket) -> Result<Progress, CloudError> {
        self.progress(ticket).await
    }
}

#[cfg(test)]
mod tests;
