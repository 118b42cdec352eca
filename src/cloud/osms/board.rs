//! How all the work goes that is under way, from one list instead of a question for each: the list of a compartment's
//! work requests, read again when it is older than half a second and somebody asks.
//!
//! The list does not say whose a work request is. Of those that we asked for we know it; the few others are read once.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::work::{is_open, percent};
use super::{OsmsCloud, wire};
use crate::cloud::calls::found;
use crate::cloud::lists::Lists;
use crate::cloud::{CloudError, Progress};
use crate::name::Ocid;
use crate::oci::{Call, Transport};
use crate::op::Ticket;

/// Up to so many open work requests of unknown instances are read; with more, each instance is asked for its own list.
const STRANGERS: usize = 8;

/// What is known of work requests.
#[derive(Debug, Default)]
pub(super) struct Board {
    inner: Mutex<Inner>,
    listings: Lists<String, Listing>,
}

#[derive(Debug, Default)]
struct Inner {
    /// What we asked for and have not seen end: where, and since when it must be in a list.
    under_way: HashMap<Ticket, (String, Instant)>,
    /// Whose work requests are; none for one that the service no longer knows.
    whose: HashMap<Ticket, Option<Ocid>>,
    /// What was seen to end: a list that is a little older may still have it as open.
    ended: HashSet<Ticket>,
    /// When an instance was asked for work last.
    asked: HashMap<Ocid, Instant>,
}

/// The work requests of a compartment.
type Listing = HashMap<Ticket, wire::WorkRequest>;

impl Board {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note that an instance is about to be asked for work, or has been: no list from before says what it has.
    pub(super) fn asked(&self, instance: &Ocid) {
        self.inner().asked.insert(instance.clone(), Instant::now());
    }

    /// Takes note of work that was accepted.
    pub(super) fn accepted(&self, ticket: &Ticket, instance: &Ocid, compartment: Option<String>) {
        let mut inner = self.inner();
        inner.whose.insert(ticket.clone(), Some(instance.clone()));
        if let Some(compartment) = compartment {
            inner.under_way.insert(ticket.clone(), (compartment, Instant::now()));
        }
    }

    /// Takes note of work that is over.
    pub(super) fn ended(&self, ticket: &Ticket) {
        let mut inner = self.inner();
        inner.under_way.remove(ticket);
        inner.ended.insert(ticket.clone());
    }

    /// Returns the compartment whose list tells of a work request, and from when on; none where asking for it alone costs
    /// no more.
    fn listed(&self, ticket: &Ticket) -> Option<(String, Instant)> {
        let inner = self.inner();
        let (compartment, since) = inner.under_way.get(ticket)?;
        let others = inner.under_way.values().filter(|(other, _)| other == compartment).nth(1).is_some();
        others.then(|| (compartment.clone(), *since))
    }
}

impl<T: Transport> OsmsCloud<T> {
    /// Tells how a work request goes by the list of its compartment, where that tells it.
    pub(super) async fn listed_progress(&self, ticket: &Ticket) -> Result<Option<Progress>, CloudError> {
        let Some((compartment, since)) = self.board.listed(ticket) else { return Ok(None) };
        let listing = self.listing(&compartment, Some(since)).await?;
        Ok(listing.get(ticket).and_then(|work| match work.status.as_str() {
            "ACCEPTED" => Some(super::work::accepted(work)),
            "SUCCEEDED" => Some(Progress::Succeeded),
            // Why it failed is not in the list.
            "FAILED" | "CANCELED" => None,
            _ => Some(Progress::Running { percent: percent(work) }),
        }))
    }

    /// Returns the open work requests of an instance.
    pub(super) async fn open_work_of(
        &self,
        instance: &Ocid,
        compartment: &str,
    ) -> Result<Vec<Ticket>, CloudError> {
        let since = self.board.inner().asked.get(instance).copied();
        let listing = self.listing(compartment, since).await?;
        let open = self.open_in(&listing);
        let unknown = |ticket: &&Ticket| !self.board.inner().whose.contains_key(*ticket);
        let strangers: Vec<Ticket> = open.iter().filter(unknown).cloned().collect();
        if strangers.len() > STRANGERS {
            return self.open_work(compartment, Some(instance)).await;
        }
        self.meet(strangers).await?;
        let inner = self.board.inner();
        let mut own: Vec<Ticket> = open
            .into_iter()
            .filter(|ticket| inner.whose.get(ticket).is_some_and(|whose| whose.as_ref() == Some(instance)))
            .collect();
        own.sort_unstable();
        Ok(own)
    }

    fn open_in(&self, listing: &Listing) -> Vec<Ticket> {
        let inner = self.board.inner();
        let open = listing.iter().filter(|(ticket, work)| is_open(work) && !inner.ended.contains(*ticket));
        open.map(|(ticket, _)| ticket.clone()).collect()
    }

    /// Finds out whose work requests are.
    async fn meet(&self, tickets: Vec<Ticket>) -> Result<(), CloudError> {
        let read = self
            .calls
            .each(tickets, |ticket| async move {
                let call = Call::get("GetWorkRequest", &["workRequests", &ticket.0]);
                Ok((ticket, found(self.calls.one::<wire::WorkRequest>(&call).await)?))
            })
            .await?;
        for (ticket, work) in read {
            if work.as_ref().is_none_or(|work| !is_open(work)) {
                self.board.ended(&ticket);
            }
            let whose = work.and_then(|work| work.managed_instance_id).map(|whose| Ocid::new(&whose.id));
            self.board.inner().whose.insert(ticket, whose);
        }
        Ok(())
    }

    /// Returns the list of a compartment's work requests, as of a moment or later where one is given.
    async fn listing(&self, compartment: &str, since: Option<Instant>) -> Result<Arc<Listing>, CloudError> {
        let read = async || {
            let works = self.works(compartment, None).await?;
            Ok(works.into_iter().map(|work| (Ticket(work.id.clone()), work)).collect())
        };
        self.board.listings.get(compartment.to_owned(), since, read).await
    }

    /// Finds the open work requests of all instances of a compartment, by instance.
    pub(super) async fn open_by_instance(
        &self,
        compartment: &str,
    ) -> Result<Vec<(Ocid, Ticket)>, CloudError> {
        let listing = self.listing(compartment, Some(Instant::now())).await?;
        let open = self.open_in(&listing);
        let unknown = |ticket: &&Ticket| !self.board.inner().whose.contains_key(*ticket);
        self.meet(open.iter().filter(unknown).cloned().collect()).await?;
        let inner = self.board.inner();
        let still = open.into_iter().filter(|ticket| !inner.ended.contains(ticket));
        Ok(still.filter_map(|ticket| Some((inner.whose.get(&ticket)?.clone()?, ticket))).collect())
    }
}
