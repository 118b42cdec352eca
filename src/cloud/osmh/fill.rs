//! What a release's source holds: putting packages in and taking them out, waiting for the service to have done it, and
//! reading back what became of it. An entry that the service does not know it leaves out without a word.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::trees::is_open;
use super::{OsmhCloud, bodies, spelling};
use crate::cloud::calls::{DONE, Waits, may_hold};
use crate::cloud::wire::Made;
use crate::cloud::{CloudError, Submitted};
use crate::name::Ocid;
use crate::oci::{Call, Reply, Transport};
use crate::op::{RetryToken, Ticket};
use crate::package::{Package, PackageSet};

/// How long a list of contents may go on lacking what the service says that it has put in: nobody says that it is up to
/// date when the work request has ended. What is missing then was left out.
const LISTING: Duration = Duration::from_secs(15);

/// Which sources are being changed: one change after the other, since a source that is UPDATING takes none.
#[derive(Debug, Default)]
pub(super) struct Turns(Mutex<HashMap<Ocid, Arc<tokio::sync::Mutex<()>>>>);

impl Turns {
    fn of(&self, source: &Ocid) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.entry(source.clone()).or_default())
    }
}

impl<T: Transport> OsmhCloud<T> {
    /// Adds packages. One that none of the source's vendor sources has does not keep the others out; it is what the error
    /// lists.
    pub(super) async fn add(
        &self,
        source: &Ocid,
        packages: &[Package],
        token: &RetryToken,
    ) -> Result<Submitted, CloudError> {
        let turn = self.turns.of(source);
        let _turn = turn.lock().await;
        let body = bodies::AddPackages {
            packages: packages.iter().map(|package| spelling::for_source(*package)).collect(),
            is_continue_on_missing_packages: true,
        };
        let operation = "AddPackagesToSoftwareSource";
        let call = Call::post(operation, &["softwareSources", source.as_str(), "actions", "addPackages"])
            .json(&body)
            .token(&token.0);
        let all_in = |contents: &PackageSet| packages.iter().all(|package| contents.contains(*package));
        let contents = self.change_contents(source, &call, all_in).await?;
        let left_out: Vec<String> =
            packages.iter().filter(|package| !contents.contains(**package)).map(Package::to_string).collect();
        if left_out.is_empty() {
            return Ok(DONE);
        }
        Err(CloudError::LeftOut { operation, packages: left_out })
    }

    /// Removes packages: those that are there, since nobody says what the service answers to others.
    pub(super) async fn remove(
        &self,
        source: &Ocid,
        packages: &[Package],
        token: &RetryToken,
    ) -> Result<Submitted, CloudError> {
        let turn = self.turns.of(source);
        let _turn = turn.lock().await;
        let contents = self.contents(source).await?.unwrap_or_default();
        let there: Vec<&'static str> = packages
            .iter()
            .filter(|package| contents.contains(**package))
            .map(|package| spelling::for_source(*package))
            .collect();
        if there.is_empty() {
            return Ok(DONE);
        }
        // The same token for other entries would be refused.
        let part = token.part(&crate::package::Digest::of_lines(&there).short());
        let operation = "RemovePackagesFromSoftwareSource";
        let call = Call::post(operation, &["softwareSources", source.as_str(), "actions", "removePackages"])
            .json(&bodies::RemovePackages { packages: there })
            .token(part.0);
        let all_out = |contents: &PackageSet| !packages.iter().any(|package| contents.contains(*package));
        let contents = self.change_contents(source, &call, all_out).await?;
        if all_out(&contents) {
            return Ok(DONE);
        }
        let reason =
            "the work request has ended, and the source still has packages that were to go".to_owned();
        Err(CloudError::Answer { operation, reason, request_id: String::new() })
    }

    /// Makes a call that changes what a source holds, waits for the work that it makes, and reads the contents until
    /// they are as wanted, or there has been enough of it.
    async fn change_contents(
        &self,
        source: &Ocid,
        call: &Call,
        wanted: impl Fn(&PackageSet) -> bool,
    ) -> Result<PackageSet, CloudError> {
        match self.calls.client.send(&call.clone().slow()).await {
            Ok(reply) => match reply.header("opc-work-request-id") {
                Some(id) => self.await_work(call, &Ticket(id.to_owned())).await?,
                None => self.await_source(source, &reply).await?,
            },
            Err(error) => {
                let error = CloudError::from(error);
                if may_hold(&error)
                    && let Ok(Some(contents)) = self.contents(source).await
                    && wanted(&contents)
                {
                    return Ok(contents);
                }
                return Err(error);
            }
        }
        let mut waits = Waits::up_to(LISTING);
        loop {
            let contents = self.contents(source).await?.unwrap_or_default();
            if wanted(&contents) || !waits.wait().await {
                return Ok(contents);
            }
        }
    }

    /// Waits for work of the service's own: no agent is asked for anything, so that it takes moments.
    async fn await_work(&self, call: &Call, ticket: &Ticket) -> Result<(), CloudError> {
        let mut waits = Waits::new();
        loop {
            let work = self.work(ticket).await?;
            match work.status.as_str() {
                _ if is_open(&work) => {}
                "SUCCEEDED" => return Ok(()),
                _ => {
                    let reason = self.told(&work, true).await;
                    return Err(CloudError::Failed {
                        operation: call.operation,
                        ticket: ticket.0.clone(),
                        reason,
                    });
                }
            }
            if !waits.wait().await {
                let reason = format!("work request {ticket} has not ended yet");
                return Err(CloudError::Answer {
                    operation: call.operation,
                    reason,
                    request_id: String::new(),
                });
            }
        }
    }

    /// Waits until a source can be used again, where the service has named no work.
    async fn await_source(&self, source: &Ocid, reply: &Reply) -> Result<(), CloudError> {
        let look = Call::get("GetSoftwareSource", &["softwareSources", source.as_str()]);
        let mut waits = Waits::new();
        loop {
            let seen: Made = self.calls.one(&look).await?;
            match seen.lifecycle_state.as_deref() {
                Some("UPDATING") => {}
                None | Some("ACTIVE") => return Ok(()),
                Some(state) => {
                    return Err(reply.unreadable(format!("{source} was changed and is {state} now")).into());
                }
            }
            if !waits.wait().await {
                return Err(reply.unreadable(format!("{source} was changed and is not ACTIVE yet")).into());
            }
        }
    }
}
