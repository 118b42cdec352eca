//! Scheduled jobs: at their time the service makes work requests of them, by its own clock and whether or not anybody
//! asks.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Id, Tags, Task, Work, World};

/// A scheduled job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Job {
    /// What of it can be changed.
    pub(crate) plan: JobPlan,
    /// The compartment it lives in; journals that know of one only leave it out.
    #[serde(default = "super::generate::compartment")]
    pub(crate) compartment: Id,
    /// The groups it is for.
    pub(crate) groups: Vec<Id>,
    /// The instances it is for.
    pub(crate) instances: Vec<Id>,
    /// `LINUX` unless asked otherwise.
    pub(crate) os_family: Box<str>,
    /// When it was made.
    pub(crate) made: Timestamp,
    /// When it ran last.
    pub(crate) last: Option<Timestamp>,
    /// The work requests that it made.
    pub(crate) works: Vec<Id>,
    /// Deleted jobs stay gettable.
    pub(crate) deleted: bool,
    /// The etag.
    pub(crate) revision: u64,
}

/// What a scheduled job does, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct JobPlan {
    /// Its name; not unique.
    pub(crate) name: Box<str>,
    /// What people wrote about it.
    pub(crate) description: Option<Box<str>>,
    /// Its tags.
    pub(crate) tags: Tags,
    /// How often it runs; none for one that runs once.
    pub(crate) interval: Option<Interval>,
    /// When it runs next; none for one that has run.
    pub(crate) next: Option<Timestamp>,
    /// What the agents are asked to do, one thing after the other.
    pub(crate) tasks: Vec<Task>,
    /// How long its work takes; fixed when it is written, so that a replay needs no switches.
    pub(crate) pace: Pace,
}

/// How often a job runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Interval {
    /// How many.
    pub(crate) count: u32,
    /// Of what.
    pub(crate) unit: Unit,
}

/// A unit of intervals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Unit {
    Hour,
    Day,
    Week,
    Month,
}

/// How fast agents are with the work of a job, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pace {
    /// Until it is picked up.
    pub(crate) pick_up: u64,
    /// From then on.
    pub(crate) work: u64,
    /// Until work that nobody picks up has failed.
    pub(crate) give_up: u64,
}

impl Interval {
    /// Returns the moment one interval after another.
    pub(crate) fn after(self, moment: Timestamp) -> Option<Timestamp> {
        let many = i64::from(self.count);
        let span = match self.unit {
            Unit::Hour => Span::new().try_hours(many),
            Unit::Day => Span::new().try_days(many),
            Unit::Week => Span::new().try_weeks(many),
            Unit::Month => Span::new().try_months(many),
        };
        Some(moment.to_zoned(TimeZone::UTC).checked_add(span.ok()?).ok()?.timestamp())
    }
}

impl World {
    /// Returns the job that is due first, and when.
    pub(super) fn due_job(&self) -> Option<(Timestamp, Id)> {
        let jobs = self.jobs.iter().filter(|(_, job)| !job.deleted);
        jobs.filter_map(|(id, job)| Some((job.plan.next?, id.clone()))).min()
    }

    /// Runs a job that is due.
    pub(super) fn run_due(&mut self, id: &Id, due: Timestamp) {
        if let Some(job) = self.jobs.get_mut(id) {
            job.plan.next = job.plan.interval.and_then(|interval| interval.after(due));
        }
        self.run_job(id, due);
    }

    /// Makes the work requests of a job for whoever it is for at that moment.
    pub(super) fn run_job(&mut self, id: &Id, at: Timestamp) {
        let Some(job) = self.jobs.get(id).cloned() else { return };
        let groups = job.groups.iter().filter_map(|id| self.groups.get(id)).filter(|group| !group.deleted);
        let mut targets: Vec<Id> = groups.flat_map(|group| group.members.iter().cloned()).collect();
        targets.extend(job.instances.iter().cloned());
        targets.sort_unstable();
        targets.dedup();
        let mut made = Vec::new();
        for target in targets {
            for task in &job.plan.tasks {
                let Some(instance) = self.instances.get(&target).filter(|instance| instance.is_known(at))
                else {
                    continue;
                };
                let reachable = instance.is_reachable();
                let pace = job.plan.pace;
                let after = |from: Timestamp, millis: u64| {
                    let by = SignedDuration::from_millis(i64::try_from(millis).unwrap_or(i64::MAX));
                    from.checked_add(by).unwrap_or(Timestamp::MAX)
                };
                let starts =
                    reachable.then(|| after(self.busy_until(&target).unwrap_or(at).max(at), pace.pick_up));
                let ends = starts.map_or_else(|| after(at, pace.give_up), |starts| after(starts, pace.work));
                let work = self.next_id("osmsworkrequest", 0);
                self.serial += 1;
                let (instance, task) = (target.clone(), task.clone());
                self.schedule(&work, Work { instance, task, accepted: at, starts, ends, outcome: None });
                made.push(work);
            }
        }
        self.serial += 1;
        let revision = self.serial;
        if let Some(job) = self.jobs.get_mut(id) {
            job.last = Some(at);
            job.works.extend(made);
            job.revision = revision;
        }
    }
}
