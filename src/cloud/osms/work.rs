//! Work requests: how one goes, and which are open.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use super::{OsmsCloud, ROWS, wire};
use crate::cloud::told::{SHOWN, Told};
use crate::cloud::wire::{WorkLine, instant};
use crate::cloud::{CloudError, Progress};
use crate::name::Ocid;
use crate::observed::Instance;
use crate::oci::{Call, Transport};
use crate::op::Ticket;

/// How far behind the newest work request an open one can be. The history of work requests is kept in full, so that a
/// list is not read to its end. What an agent does not pick up fails after 24 hours (documented for the service's
/// successor, inferred for this one); twice that leaves room for work that runs long.
const HORIZON: SignedDuration = SignedDuration::from_hours(48);

impl<T: Transport> OsmsCloud<T> {
    /// Asks how a work request goes; of a failed one, what its errors and last log lines say.
    pub(super) async fn progress(&self, ticket: &Ticket) -> Result<Progress, CloudError> {
        let progress = match self.listed_progress(ticket).await? {
            Some(progress) => progress,
            None => self.own_progress(ticket).await?,
        };
        if matches!(progress, Progress::Succeeded | Progress::Failed { .. }) {
            self.board.ended(ticket);
        }
        Ok(progress)
    }

    async fn own_progress(&self, ticket: &Ticket) -> Result<Progress, CloudError> {
        let call = Call::get("GetWorkRequest", &["workRequests", &ticket.0]);
        let work: wire::WorkRequest = self.calls.one(&call).await?;
        Ok(match work.status.as_str() {
            "ACCEPTED" => accepted(&work),
            "SUCCEEDED" => Progress::Succeeded,
            "FAILED" | "CANCELED" => Progress::Failed { message: self.told(ticket, &work).await },
            // Also while it is being cancelled, and in a state that we do not know: it may still change the instance.
            _ => Progress::Running { percent: percent(&work) },
        })
    }

    /// Puts together why a work request failed. A list that cannot be read is left out: that it failed is known.
    async fn told(&self, ticket: &Ticket, work: &wire::WorkRequest) -> String {
        let mut told = Told::new(match work.status.as_str() {
            "CANCELED" => "the work request was cancelled",
            _ => "the work request failed",
        });
        told.tell(work.message.as_deref().unwrap_or_default());
        let list = |operation, kind| {
            Call::get(operation, &["workRequests", &ticket.0, kind])
                .query("limit", SHOWN)
                .query("sortBy", "TIMECREATED")
                .query("sortOrder", "DESC")
        };
        for call in [list("ListWorkRequestErrors", "errors"), list("ListWorkRequestLogs", "logs")] {
            // One page: the newest lines.
            let newest: Vec<WorkLine> = self.calls.one(&call).await.unwrap_or_default();
            told.tell_lines(&newest);
        }
        told.into_text()
    }

    /// Finds the open work requests of all instances of these compartments, by one list a compartment instead of one
    /// an instance. The list does not say whose a work request is; the few open ones are read.
    pub(super) async fn note_open_work(
        &self,
        compartments: BTreeSet<String>,
        instances: &mut BTreeMap<Ocid, Instance>,
    ) -> Result<(), CloudError> {
        let open = self
            .calls
            .each(compartments, |id| async move { self.open_by_instance(&id).await })
            .await?
            .concat();
        for (whose, ticket) in open {
            if let Some(instance) = instances.get_mut(&whose) {
                instance.open_work.push(ticket);
            }
        }
        for instance in instances.values_mut() {
            instance.open_work.sort_unstable();
        }
        Ok(())
    }

    /// Lists the open work requests of one instance of a compartment.
    pub(super) async fn open_work(
        &self,
        compartment: &str,
        instance: Option<&Ocid>,
    ) -> Result<Vec<Ticket>, CloudError> {
        let works = self.works(compartment, instance).await?;
        Ok(works.into_iter().filter(is_open).map(|work| Ticket(work.id)).collect())
    }

    /// Lists the work requests of a compartment or of one instance in it, newest first. Stops at a page that holds
    /// nothing open and lies wholly behind the [`HORIZON`].
    pub(super) async fn works(
        &self,
        compartment: &str,
        instance: Option<&Ocid>,
    ) -> Result<Vec<wire::WorkRequest>, CloudError> {
        let mut call = Call::get("ListWorkRequests", &["workRequests"])
            .query("compartmentId", compartment)
            .query("limit", ROWS)
            .query("sortBy", "TIMECREATED")
            .query("sortOrder", "DESC");
        if let Some(instance) = instance {
            call = call.query("managedInstanceId", instance.as_str());
        }
        let mut works = Vec::new();
        let mut newest = None;
        let mut pages = self.calls.client.pages(call);
        while let Some(page) = pages.next().await? {
            let mut rows: Vec<wire::WorkRequest> = page.json()?;
            let times: Vec<_> =
                rows.iter().map(|work| work.time_accepted.as_deref().and_then(instant)).collect();
            newest = newest.max(times.iter().copied().flatten().max());
            let behind = |time: &Option<jiff::Timestamp>| {
                // Without its time a request could be of any age.
                time.zip(newest).is_some_and(|(time, newest)| newest.duration_since(time) > HORIZON)
            };
            let done = !rows.is_empty() && !rows.iter().any(is_open) && times.iter().all(behind);
            works.append(&mut rows);
            if done {
                break;
            }
        }
        Ok(works)
    }
}

/// What a work request is that nobody has picked up yet.
pub(super) fn accepted(work: &wire::WorkRequest) -> Progress {
    Progress::Accepted { since: work.time_accepted.as_deref().and_then(instant) }
}

/// Tells whether a work request may still change its instance. Of a state that we do not know, only its being
/// complete says that it cannot.
pub(super) fn is_open(work: &wire::WorkRequest) -> bool {
    match work.status.as_str() {
        "SUCCEEDED" | "FAILED" | "CANCELED" => false,
        "ACCEPTED" | "IN_PROGRESS" | "CANCELLING" => true,
        _ => percent(work) < 100,
    }
}

pub(super) fn percent(work: &wire::WorkRequest) -> u8 {
    crate::cloud::wire::percent(work.percent_complete)
}
