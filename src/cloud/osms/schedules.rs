//! Scheduled jobs: how a schedule is said to the service, and read from it.
//!
//! The list tells neither what a job updates nor how often, so that those with a train's tags are read one by one. A
//! job's targets cannot be changed; everything else can.

use std::collections::{BTreeMap, BTreeSet};

use super::look::is_active;
use super::{OsmsCloud, ROWS, wire};
use crate::cloud::calls::{DONE, found};
use crate::cloud::wire::instant;
use crate::cloud::words::{Wish, update_type, wanted};
use crate::cloud::{CloudError, Submitted, tags};
use crate::name::Ocid;
use crate::observed::{Job, ServiceSchedule};
use crate::oci::{Call, Transport};
use crate::op::{Every, RetryToken, Schedule, Unit, Wanted};

fn details<'a>(wish: &Wish<'a>) -> wire::JobDetails<'a> {
    let Schedule { update, every, .. } = wish.schedule;
    wire::JobDetails {
        display_name: wish.name,
        description: tags::description("schedule of group", wish.group, wish.owner),
        schedule_type: "RECURRING",
        time_next_execution: wish.next.to_string(),
        interval_type: match every.unit {
            Unit::Hour => "HOUR",
            Unit::Day => "DAY",
            Unit::Week => "WEEK",
            Unit::Month => "MONTH",
        },
        interval_value: every.count.to_string(),
        operation_type: "UPDATEALL",
        update_type: update_type(*update),
        freeform_tags: tags::of_owner_and_group(wish.owner, wish.group),
    }
}

impl<T: Transport> OsmsCloud<T> {
    /// Reads the ACTIVE scheduled jobs of the compartment, in full those that a train has made.
    pub(super) async fn schedules(&self) -> Result<BTreeMap<Ocid, ServiceSchedule>, CloudError> {
        let call = Call::get("ListScheduledJobs", &["scheduledJobs"])
            .query("compartmentId", self.compartment.as_str())
            .query("lifecycleState", "ACTIVE")
            .query("limit", ROWS);
        let rows: Vec<wire::ScheduledJob> = self.rows(call).await?;
        let rows = rows.into_iter().filter(|row| is_active(row.lifecycle_state.as_deref()));
        let read = self
            .calls
            .each(rows, |row| async move {
                if tags::owner(row.freeform_tags.as_ref()).is_none() {
                    return Ok(Some(row));
                }
                let call = Call::get("GetScheduledJob", &["scheduledJobs", &row.id]);
                let full: Option<wire::ScheduledJob> = found(self.calls.one(&call).await)?;
                Ok(full.filter(|full| is_active(full.lifecycle_state.as_deref())))
            })
            .await?;
        Ok(read.into_iter().flatten().map(|row| (Ocid::new(&row.id), schedule(row))).collect())
    }

    pub(super) async fn create_schedule(
        &self,
        wish: &Wish<'_>,
        group: &Ocid,
        token: &RetryToken,
    ) -> Result<Submitted, CloudError> {
        let details = wire::CreateJob {
            compartment_id: self.compartment.as_str(),
            os_family: "LINUX",
            // The model of a target asks for its name too.
            managed_instance_groups: [wire::Target { id: group.as_str(), display_name: wish.group.as_str() }],
            details: details(wish),
        };
        let call = Call::post("CreateScheduledJob", &["scheduledJobs"]).json(&details);
        self.calls.create(call.token(&token.0), "GetScheduledJob", "scheduledJobs").await
    }

    /// Changes a job. The call takes no retry token, and asking for the same again changes nothing.
    pub(super) async fn change_schedule(&self, id: &Ocid, wish: &Wish<'_>) -> Result<Submitted, CloudError> {
        let path = ["scheduledJobs", id.as_str()];
        let call = Call::new("UpdateScheduledJob", http::Method::PUT, &path).json(&details(wish));
        match self.calls.client.send(&call).await.map_err(CloudError::from) {
            Ok(_) => Ok(DONE),
            Err(error) if error.is_ambiguous() => match self.does(id, wish).await {
                Ok(true) => Ok(DONE),
                _ => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    async fn does(&self, id: &Ocid, wish: &Wish<'_>) -> Result<bool, CloudError> {
        let row: wire::ScheduledJob =
            self.calls.one(&Call::get("GetScheduledJob", &["scheduledJobs", id.as_str()])).await?;
        let seen = schedule(row);
        Ok(seen.owner.as_ref() == Some(wish.owner) && seen.job.does(wish.name, wish.schedule, wish.next))
    }

    /// Deletes a job. The call takes no retry token; one that is gone is what was wanted.
    pub(super) async fn delete_schedule(&self, id: &Ocid) -> Result<Submitted, CloudError> {
        let path = ["scheduledJobs", id.as_str()];
        self.calls.delete("DeleteScheduledJob", "GetScheduledJob", &path).await
    }
}

fn schedule(row: wire::ScheduledJob) -> ServiceSchedule {
    let is = |word: &Option<String>, wanted: &str| word.as_deref() == Some(wanted);
    let installs = is(&row.operation_type, "UPDATEALL");
    // Default when it is left out: all of them, as observed of updates by hand.
    let update = match row.update_type.as_deref() {
        None => Some(Wanted::All),
        Some(word) => wanted(word),
    };
    let unit = match row.interval_type.as_deref() {
        Some("HOUR") => Some(Unit::Hour),
        Some("DAY") => Some(Unit::Day),
        Some("WEEK") => Some(Unit::Week),
        Some("MONTH") => Some(Unit::Month),
        _ => None,
    };
    let count = row.interval_value.as_deref().and_then(|value| value.parse().ok()).filter(|count| *count > 0);
    let every = unit.zip(count).map(|(unit, count)| Every { count, unit });
    let targets: BTreeSet<Ocid> =
        row.managed_instance_groups.iter().flatten().map(|group| Ocid::new(&group.id)).collect();
    ServiceSchedule {
        owner: tags::owner(row.freeform_tags.as_ref()),
        group: tags::group(row.freeform_tags.as_ref()),
        job: Job {
            name: row.display_name.into(),
            groups: targets,
            instances: row.managed_instances.is_some_and(|instances| !instances.is_empty()),
            update: update.filter(|_| installs),
            every: every.filter(|_| is(&row.schedule_type, "RECURRING")),
            next: row.time_next_execution.as_deref().and_then(instant),
            last: row.time_last_execution.as_deref().and_then(instant),
        },
    }
}
