//! The dialect of Oracle's OS Management Service (API `20190801`): how looks, ops and work requests are said there.
//!
//! [`OsmsCloud`] is the [`Cloud`] of it, on any [`Transport`]. Only what installs, updates and removes packages is
//! asynchronous in this service; attaching, detaching and filling is done when it is answered, but for the agents,
//! which see it at their next poll. Where the service takes no retry token, what was asked for is read back before it
//! is asked for again. When something is done, and why, is the planner's.

mod ask;
mod board;
mod errata;
mod imports;
mod look;
mod lookup;
mod modules;
mod names;
mod packages;
mod recent;
mod schedules;
mod switch;
mod wire;
mod work;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub use names::Names;
pub use packages::Reading;

use super::calls::Calls;
use super::compute::Compute;
use super::shared::Shared;
use super::{Cloud, CloudError, Progress, Submitted};
use crate::name::Ocid;
use crate::observed::{Scope, Sighting};
use crate::oci::{Client, Transport};
use crate::op::{Binding, Capabilities, Op, RetryToken, Ticket};
use crate::package::{PackageSet, SetPool};

/// The path that the API's operations stand under.
pub const API_VERSION: &str = "/20190801";

/// What the service can do. No limit of packages per call is documented; the published scripts put a whole instance's
/// list, some 600 names, into one call, and it passed (osms.md, section 2). Most releases are filled by one.
pub const CAPABILITIES: Capabilities = Capabilities {
    packages_per_call: 800,
    binding: Binding::Instance,
    instances_per_call: 1,
    joining_installs: false,
    refreshes: false,
    reruns: false,
    updates_members: true,
    vendor_sources: false,
    child_sources: true,
    profiles: false,
};

/// How many rows of a list are asked for at once. Nobody documents the greatest value; OCI's other lists take 1000.
const ROWS: &str = "1000";

/// The service, for the trains of one compartment.
pub struct OsmsCloud<T> {
    calls: Calls<T>,
    compartment: Ocid,
    names: Names,
    pool: Mutex<SetPool>,
    shared: Mutex<Shared>,
    compute: Option<Compute<T>>,
    // Sources that instances were seen on. The vendor's are in the root compartment, which we need not be able to list.
    met: Mutex<BTreeSet<Ocid>>,
    recent: recent::Recent,
    board: board::Board,
}

impl<T: Transport> OsmsCloud<T> {
    /// Makes the dialect of sources and groups in `compartment`, with at most `parallelism` API calls in flight.
    pub fn new(client: Client<T>, compartment: Ocid, parallelism: usize) -> Self {
        Self {
            calls: Calls::new(client, parallelism),
            compartment,
            names: Names::default(),
            pool: Mutex::default(),
            shared: Mutex::default(),
            compute: None,
            met: Mutex::default(),
            recent: recent::Recent::default(),
            board: board::Board::default(),
        }
    }

    /// Adds where instances are selected from. Without it, no selection can be looked at.
    pub fn with_compute(mut self, compute: Compute<T>) -> Self {
        self.compute = Some(compute);
        self
    }

    fn compute(&self, operation: &'static str) -> Result<&Compute<T>, CloudError> {
        let reason = "nobody has said where Compute is".to_owned();
        self.compute.as_ref().ok_or(CloudError::Unaskable { operation, reason })
    }

    /// Returns how many distinct package sets have been read.
    pub fn distinct_sets(&self) -> usize {
        self.pool().len()
    }

    fn pool(&self) -> MutexGuard<'_, SetPool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn met(&self) -> MutexGuard<'_, BTreeSet<Ocid>> {
        self.met.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Transport> Cloud for OsmsCloud<T> {
    async fn observe(&self, scope: &Scope) -> Result<Sighting, CloudError> {
        Ok(match scope {
            Scope::Fleet { instances, groups, group_ids } => {
                Sighting::Fleet(self.fleet(instances, groups, group_ids).await?)
            }
            Scope::Instance(id) => Sighting::Instance(id.clone(), self.instance_with_work(id).await?),
            Scope::Standing(id) => {
                let known = self.known(id).await?;
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
            Scope::Catalogue(packages) => {
                let unoffered = self.unoffered(packages.as_slice()).await?;
                Sighting::Catalogue(PackageSet::new(unoffered))
            }
            Scope::Offers(instance, names) => {
                let (offered, unread) = self.offers(instance.as_ref(), names).await?;
                Sighting::Offers(PackageSet::new(offered), unread)
            }
            Scope::Group(id) => Sighting::Group(id.clone(), self.group(id).await?),
            Scope::Source(id) | Scope::SourceRow(id) => Sighting::Source(id.clone(), self.source(id).await?),
            Scope::GroupsNamed(name) => Sighting::GroupsNamed(name.clone(), self.groups_named(name).await?),
            Scope::Schedules => Sighting::Schedules(self.schedules().await?),
            Scope::Updates(id) => Sighting::Updates(id.clone(), self.updates(id).await?),
            Scope::Errata(id) => Sighting::Errata(id.clone(), self.errata_of(id).await?),
            Scope::Erratum(id) => Sighting::Erratum(id.clone(), self.erratum(id).await?),
            Scope::ErrataSince(since) => Sighting::ErrataSince(*since, self.errata_since(*since).await?),
            Scope::Compute(id) => {
                Sighting::Compute(id.clone(), self.compute("ListInstances")?.instances(id).await?)
            }
            Scope::Compartments(id) => {
                Sighting::Compartments(id.clone(), self.compute("ListCompartments")?.compartments(id).await?)
            }
            // Sources here are filled from whatever the service has, and systems come up in no group.
            Scope::Vendors => Sighting::Vendors(BTreeMap::new()),
            Scope::Profiles => Sighting::Profiles(BTreeMap::new()),
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
