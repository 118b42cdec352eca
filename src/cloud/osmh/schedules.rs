//! Scheduled jobs: how a schedule is said to the service, and read from it.
//!
//! The list does not tell how often a job runs, so that those with a train's tags are read one by one. A job's targets
//! cannot be changed; everything else can.

use std::collections::BTreeMap;

use super::look::is_there;
use super::{OsmhCloud, ROWS, bodies, rule, wire};
use crate::cloud::calls::{DONE, found};
use crate::cloud::wire::instant;
use crate::cloud::words::{Wish, wanted};
use crate::cloud::{CloudError, Submitted, tags};
use crate::name::Ocid;
use crate::observed::{Job, ServiceSchedule};
use crate::oci::{Call, Transport};
use crate::op::{RetryToken, UpdateKind, Wanted};

fn details<'a>(wish: &Wish<'a>) -> bodies::JobDetails<'a> {
    bodies::JobDetails {
        display_name: wish.name,
        description: tags::description("schedule of group", wish.group, wish.owner),
        schedule_type: "RECURRING",
        time_next_execution: wish.next.to_string(),
        recurring_rule: rule::write(wish.schedule),
        operations: [bodies::JobOperation { operation_type: operation_type(wish.schedule.update) }],
        freeform_tags: tags::of_owner_and_group(wish.owner, wish.group),
    }
}

fn operation_type(update: Wanted) -> &'static str {
    match update {
        Wanted::All => "UPDATE_ALL",
        Wanted::Only(UpdateKind::Security) => "UPDATE_SECURITY",
        Wanted::Only(UpdateKind::Bugfix) => "UPDATE_BUGFIX",
        Wanted::Only(UpdateKind::Enhancement) => "UPDATE_ENHANCEMENT",
        Wanted::Only(UpdateKind::Other) => "UPDATE_OTHER",
    }
}

impl<T: Transport> OsmhCloud<T> {
    /// Reads the ACTIVE scheduled jobs of the compartment, in full those that a train has made.
    pub(super) async fn schedules(&self) -> Result<BTreeMap<Ocid, ServiceSchedule>, CloudError> {
        let call = Call::get("ListScheduledJobs", &["scheduledJobs"])
            .query("compartmentId", self.compartment.as_str())
            .query("lifecycleState", "ACTIVE")
            .query("limit", ROWS);
        let rows: Vec<wire::ScheduledJob> = self.items(call).await?;
        let read = |row: wire::ScheduledJob| async move {
            if tags::owner(row.freeform_tags.as_ref()).is_none() {
                return Ok(Some(row));
            }
            let call = Call::get("GetScheduledJob", &["scheduledJobs", &row.id]);
            found(self.calls.one::<wire::ScheduledJob>(&call).await)
        };
        let read = self.calls.each(rows, read).await?;
        let there = read.into_iter().flatten().filter(|row| is_there(row.lifecycle_state.as_deref()));
        Ok(there.map(|row| (Ocid::new(&row.id), schedule(row))).collect())
    }

    pub(super) async fn create_schedule(
        &self,
        wish: &Wish<'_>,
        group: &Ocid,
        token: &RetryToken,
    ) -> Result<Submitted, CloudError> {
        let details = bodies::CreateJob {
            compartment_id: self.compartment.as_str(),
            managed_instance_group_ids: [group.as_str()],
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
        let call = Call::get("GetScheduledJob", &["scheduledJobs", id.as_str()]);
        let seen = schedule(self.calls.one(&call).await?);
        Ok(seen.owner.as_ref() == Some(wish.owner) && seen.job.does(wish.name, wish.schedule, wish.next))
    }

    /// Deletes a job. The call takes no retry token; one that is gone is what was wanted.
    pub(super) async fn delete_schedule(&self, id: &Ocid) -> Result<Submitted, CloudError> {
        let path = ["scheduledJobs", id.as_str()];
        self.calls.delete("DeleteScheduledJob", "GetScheduledJob", &path).await
    }
}

fn schedule(row: wire::ScheduledJob) -> ServiceSchedule {
    let operations: Vec<&str> =
        row.operations.iter().flatten().filter_map(|it| it.operation_type.as_deref()).collect();
    let update = match operations.as_slice() {
        [one] => one.strip_prefix("UPDATE_").and_then(wanted),
        // Several kinds together are nothing that a schedule says.
        _ => None,
    };
    let recurs = row.schedule_type.as_deref() == Some("RECURRING");
    let every = row.recurring_rule.as_deref().filter(|_| recurs).and_then(rule::read);
    let others = [
        &row.managed_instance_ids,
        &row.managed_compartment_ids,
        &row.lifecycle_stage_ids,
        &row.dynamic_set_ids,
    ];
    ServiceSchedule {
        owner: tags::owner(row.freeform_tags.as_ref()),
        group: tags::group(row.freeform_tags.as_ref()),
        job: Job {
            name: row.display_name.into(),
            groups: row.managed_instance_group_ids.iter().flatten().map(|id| Ocid::new(id)).collect(),
            instances: others.into_iter().flatten().any(|targets| !targets.is_empty()),
            update,
            every,
            next: row.time_next_execution.as_deref().and_then(instant),
            last: row.time_last_execution.as_deref().and_then(instant),
        },
    }
}
