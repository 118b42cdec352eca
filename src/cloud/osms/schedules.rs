//! Scheduled jobs: how a schedule is said to the service, and read from it.
//!
//! The list tells neither what a job updates nor how often, so that those with a train's tags are read one by one. A
//! job's targets cannot be changed; everything else can.

use std::collections::{BTreeMap, BTreeSet};

use super::ask::{DONE, may_hold, update_type};
use super::look::{instant, is_active};
use super::{OsmsCloud, ROWS, found, is_not_found, tags, wire};
use crate::cloud::{CloudError, Submitted};
use crate::name::{GroupName, Ocid};
use crate::observed::{Job, ServiceSchedule};
use crate::oci::{Call, Transport};
use crate::op::{Every, Ownership, RetryToken, Schedule, Unit, UpdateKind, Wanted};

/// What a scheduled job is to be.
pub(super) struct Wish<'a> {
    pub(super) group: &'a GroupName,
    pub(super) name: &'a str,
    pub(super) owner: &'a Ownership,
    pub(super) schedule: &'a Schedule,
    pub(super) next: jiff::Timestamp,
}

impl<'a> Wish<'a> {
    fn details(&self) -> wire::JobDetails<'a> {
        let Schedule { update, every, .. } = self.schedule;
        let mut freeform = tags::of_owner(self.owner);
        freeform.insert(tags::GROUP, self.group.to_string());
        wire::JobDetails {
            display_name: self.name,
            description: format!(
                "schedule of group {} of train {}, made by patchtrain",
                self.group, self.owner.train
            ),
            schedule_type: "RECURRING",
            time_next_execution: self.next.to_string(),
            interval_type: match every.unit {
                Unit::Hour => "HOUR",
                Unit::Day => "DAY",
                Unit::Week => "WEEK",
                Unit::Month => "MONTH",
            },
            interval_value: every.count.to_string(),
            operation_type: "UPDATEALL",
            update_type: update_type(*update),
            freeform_tags: freeform,
        }
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
            .each(rows, |row| async move {
                if tags::owner(row.freeform_tags.as_ref()).is_none() {
                    return Ok(Some(row));
                }
                let call = Call::get("GetScheduledJob", &["scheduledJobs", &row.id]);
                let full: Option<wire::ScheduledJob> = found(self.one(&call).await)?;
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
            details: wish.details(),
        };
        let call = Call::post("CreateScheduledJob", &["scheduledJobs"]).json(&details);
        self.create(call.token(&token.0), "GetScheduledJob", "scheduledJobs").await
    }

    /// Changes a job. The call takes no retry token, and asking for the same again changes nothing.
    pub(super) async fn change_schedule(&self, id: &Ocid, wish: &Wish<'_>) -> Result<Submitted, CloudError> {
        let path = ["scheduledJobs", id.as_str()];
        let call = Call::new("UpdateScheduledJob", http::Method::PUT, &path).json(&wish.details());
        match self.client.send(&call).await.map_err(CloudError::from) {
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
            self.one(&Call::get("GetScheduledJob", &["scheduledJobs", id.as_str()])).await?;
        let seen = schedule(row);
        Ok(seen.owner.as_ref() == Some(wish.owner) && seen.job.does(wish.name, wish.schedule, wish.next))
    }

    /// Deletes a job. The call takes no retry token; one that is gone is what was wanted.
    pub(super) async fn delete_schedule(&self, id: &Ocid) -> Result<Submitted, CloudError> {
        let path = ["scheduledJobs", id.as_str()];
        let delete = Call::new("DeleteScheduledJob", http::Method::DELETE, &path);
        let Err(error) = self.client.send(&delete).await.map_err(CloudError::from) else { return Ok(DONE) };
        if is_not_found(&error) {
            return Ok(DONE);
        }
        if may_hold(&error) {
            let seen: Option<wire::Made> = found(self.one(&Call::get("GetScheduledJob", &path)).await)?;
            if matches!(
                seen.and_then(|seen| seen.lifecycle_state).as_deref(),
                None | Some("DELETED" | "DELETING")
            ) {
                return Ok(DONE);
            }
        }
        Err(error)
    }
}

fn schedule(row: wire::ScheduledJob) -> ServiceSchedule {
    let is = |word: &Option<String>, wanted: &str| word.as_deref() == Some(wanted);
    let installs = is(&row.operation_type, "UPDATEALL");
    // Default when it is left out: all of them, as observed of updates by hand.
    let update = match row.update_type.as_deref() {
        None | Some("ALL") => Some(Wanted::All),
        Some("SECURITY") => Some(Wanted::Only(UpdateKind::Security)),
        Some("BUGFIX" | "BUG") => Some(Wanted::Only(UpdateKind::Bugfix)),
        Some("ENHANCEMENT") => Some(Wanted::Only(UpdateKind::Enhancement)),
        Some("OTHER") => Some(Wanted::Only(UpdateKind::Other)),
        Some(_) => None,
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
