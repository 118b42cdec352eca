//! Either of Oracle's services, for whoever learns from a train which it is.

use super::osmh::OsmhCloud;
use super::osms::OsmsCloud;
use super::{Cloud, CloudError, Progress, Submitted};
use crate::observed::{Scope, Sighting};
use crate::oci::Transport;
use crate::op::{Op, RetryToken, Ticket};

/// The service that a train's instances are patched through.
pub enum Service<T> {
    /// OS Management.
    Osms(Box<OsmsCloud<T>>),
    /// OS Management Hub.
    Osmh(Box<OsmhCloud<T>>),
}

impl<T> From<OsmsCloud<T>> for Service<T> {
    fn from(cloud: OsmsCloud<T>) -> Self {
        Self::Osms(Box::new(cloud))
    }
}

impl<T> From<OsmhCloud<T>> for Service<T> {
    fn from(cloud: OsmhCloud<T>) -> Self {
        Self::Osmh(Box::new(cloud))
    }
}

impl<T: Transport> Cloud for Service<T> {
    async fn observe(&self, scope: &Scope) -> Result<Sighting, CloudError> {
        match self {
            Self::Osms(cloud) => cloud.observe(scope).await,
            Self::Osmh(cloud) => cloud.observe(scope).await,
        }
    }

    async fn submit(&self, op: &Op, token: &RetryToken) -> Result<Submitted, CloudError> {
        match self {
            Self::Osms(cloud) => cloud.submit(op, token).await,
            Self::Osmh(cloud) => cloud.submit(op, token).await,
        }
    }

    async fn poll(&self, ticket: &Ticket) -> Result<Progress, CloudError> {
        match self {
            Self::Osms(cloud) => cloud.poll(ticket).await,
            Self::Osmh(cloud) => cloud.poll(ticket).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::osmh::{self, System};
    use crate::cloud::osms;
    use crate::name::Ocid;
    use crate::oci::testing::{Script, refuse};

    #[tokio::test(start_paused = true)]
    async fn each_is_asked_in_its_own_words() {
        let script = Script::new(|_| refuse(404, "NotAuthorizedOrNotFound"));
        let compartment = || Ocid::new("c");
        let system = System { os: "oracle-linux-8".to_owned(), arch: "x86_64".to_owned() };
        let osms = OsmsCloud::new(script.client_of(osms::API_VERSION), compartment(), 1);
        let osmh = OsmhCloud::new(script.client_of(osmh::API_VERSION), compartment(), 1, system, Vec::new());
        let id = Ocid::new("i");
        for service in [Service::from(osms), Service::from(osmh)] {
            let none = service.observe(&Scope::Inventory(id.clone())).await.unwrap();
            assert_eq!(none, Sighting::Inventory(id.clone(), None));
            assert!(service.poll(&Ticket("w".to_owned())).await.is_err());
            let op = Op::DeleteSchedule { group: crate::name::GroupName::new("web"), id: id.clone() };
            let done = service.submit(&op, &RetryToken("t".to_owned())).await.unwrap();
            assert_eq!(done, Submitted::Done { created: None });
        }
        let lists =
            ["/managedInstances/i/packages?limit=1000", "/managedInstances/i/installedPackages?limit=1000"];
        let others = ["GET /workRequests/w", "DELETE /scheduledJobs/i"].map(str::to_owned);
        let expected: Vec<String> =
            lists.iter().flat_map(|list| [vec![format!("GET {list}")], others.to_vec()].concat()).collect();
        assert_eq!(script.lines(), expected);
    }
}
