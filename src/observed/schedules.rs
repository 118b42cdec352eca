//! Scheduled jobs of the service, as far as a train is concerned: those that install updates on a group again and again.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::name::{GroupName, Ocid};
use crate::op::{Every, Ownership, Schedule, Wanted};

/// A scheduled job. Only ACTIVE ones stand in [`super::Observed`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceSchedule {
    /// Whose it is, by its tags; none for one that no train made.
    pub owner: Option<Ownership>,
    /// The train's group that it was made for, by its tags.
    pub group: Option<GroupName>,
    /// What it does.
    pub job: Job,
}

/// What a scheduled job does, as the service tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Its display name; not unique.
    pub name: Arc<str>,
    /// The groups it is for.
    pub groups: BTreeSet<Ocid>,
    /// Whether it is for instances by themselves too.
    #[serde(default)]
    pub instances: bool,
    /// Which updates it installs; none where it does something else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update: Option<Wanted>,
    /// How often; none where it runs once, or the service says something that it cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<Every>,
    /// When it runs next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Timestamp>,
    /// When it ran last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Timestamp>,
}

impl Job {
    /// Tells whether it is for one group and for nothing else. What it is for cannot be changed.
    pub fn is_for(&self, group: &Ocid) -> bool {
        !self.instances && self.groups.len() == 1 && self.groups.contains(group)
    }

    /// Tells whether it does what a schedule says, `now` or whenever the schedule was due next. That its next run moves
    /// on is what a schedule does.
    pub fn does(&self, name: &str, schedule: &Schedule, now: Timestamp) -> bool {
        *self.name == *name
            && self.update == Some(schedule.update)
            && self.every == Some(schedule.every)
            && self.next.is_some_and(|next| schedule.has_next(next, now))
    }
}
