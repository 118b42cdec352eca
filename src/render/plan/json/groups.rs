//! The groups of a plan, with all their counts.

use serde::{Serialize, Serializer};

use crate::name::{GroupName, Ocid, ReleaseName};
use crate::patching::Enforce;
use crate::plan::{self, Plan, PlannedGroup, PlannedRollout};
use crate::train::{Ahead, Amount};

#[derive(Serialize)]
pub(in crate::render::plan) struct Group<'a> {
    name: &'a GroupName,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a Ocid>,
    release: &'a ReleaseName,
    after: &'a [GroupName],
    members: usize,
    at_level: usize,
    held: usize,
    ahead: usize,
    gated: bool,
    rides: Vec<Ride<'a>>,
    instances: Work,
    /// The keys of the train file that say what its level is, as they are written there.
    #[serde(serialize_with = "amount")]
    max_failures: Amount,
    ahead_policy: Ahead,
    update: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule: Option<&'static str>,
    enforce: Enforce,
    reboot: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rollout: Option<&'a PlannedRollout>,
}

/// What members ride now, and how many.
#[derive(Serialize)]
struct Ride<'a> {
    /// The display name of the source; none for no source.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a str>,
    instances: usize,
}

/// Instances by what is done to them.
#[derive(Default, Serialize)]
pub(in crate::render::plan) struct Work {
    joins: usize,
    leaves: usize,
    switches: usize,
    updates: usize,
    exact: usize,
    reboots: usize,
    verifies: usize,
}

impl<'a> Group<'a> {
    pub(in crate::render::plan) fn of(group: &'a PlannedGroup) -> Self {
        let ride = |(name, instances): (&'a std::sync::Arc<str>, &usize)| Ride {
            source: Some(&**name).filter(|name| !name.is_empty()),
            instances: *instances,
        };
        let PlannedGroup {
            name,
            id,
            release,
            ahead,
            after,
            max_failures,
            members,
            rides,
            at_level,
            work,
            held,
            ahead_count,
            gated,
            patching,
            rollout,
            reboot,
        } = group;
        Self {
            name,
            id: id.as_ref(),
            release,
            after,
            members: *members,
            at_level: *at_level,
            held: *held,
            ahead: *ahead_count,
            gated: *gated,
            rides: rides.iter().map(ride).collect(),
            instances: Work::default().with(work),
            max_failures: *max_failures,
            ahead_policy: *ahead,
            update: patching.update.map_or("none", |wanted| wanted.word()),
            schedule: patching.schedule.map(|wanted| wanted.word()),
            enforce: patching.enforce,
            reboot: reboot.word(),
            rollout: rollout.as_ref(),
        }
    }
}

impl Work {
    /// Adds up all groups; who leaves a group that is deleted leaves, too.
    pub(super) fn of_all(plan: &Plan) -> Self {
        let all = plan.groups.iter().fold(Self::default(), |sum, group| sum.with(&group.work));
        Self { leaves: all.leaves + plan.dismissed(), ..all }
    }

    fn with(self, work: &plan::Work) -> Self {
        let plan::Work { joins, leaves, switches, updates, exact, reboots, verifies } = work;
        Self {
            joins: self.joins + joins,
            leaves: self.leaves + leaves,
            switches: self.switches + switches,
            updates: self.updates + updates,
            exact: self.exact + exact,
            reboots: self.reboots + reboots,
            verifies: self.verifies + verifies,
        }
    }
}

/// As in the train file: a number, or a share in quotes.
fn amount<S: Serializer>(amount: &Amount, serializer: S) -> Result<S::Ok, S::Error> {
    match amount {
        Amount::Number(number) => serializer.serialize_u64(*number as u64),
        Amount::Percent(percent) => serializer.collect_str(&format_args!("{percent}%")),
    }
}
