//! The scheduled jobs of groups: which job of the service is whose, what of it must be made, changed or deleted, and what
//! somebody else has changed. Found by the id in the state, else by the tags that a crash cannot separate from the job.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::crews::{self, Crew, Crews};
use super::holdings::{self, Groups};
use super::roster::Rosters;
use super::{Change, ChangeAction, ChangeDetail, Drift, DriftKind, Held, HeldReason, Input, Refusal};
use crate::name::{Address, GroupName, Ocid};
use crate::observed::{Job, Observed, ServiceSchedule};
use crate::op::{Ownership, Schedule};

/// The scheduled job of one group.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    /// What the train says; none where it says nothing any more.
    pub(super) schedule: Option<Schedule>,
    /// The job that stays.
    pub(super) id: Option<Ocid>,
    /// Whether the state has lost it, so that it is adopted.
    pub(super) adopt: bool,
    /// Whether it must do something else.
    pub(super) change: bool,
    /// Jobs that go: the train says nothing of them any more, or what they are for cannot be changed.
    pub(super) delete: Vec<Ocid>,
    /// When it runs next, now or when it is made or changed.
    pub(super) next: Option<Timestamp>,
    /// What it does now.
    seen: Option<Job>,
    drift: Option<DriftKind>,
}

impl Found {
    fn has_work(&self) -> bool {
        self.makes() || self.change || !self.delete.is_empty()
    }

    /// Tells whether it is made, or recorded where an earlier run has made it.
    pub(super) fn makes(&self) -> bool {
        self.schedule.is_some() && (self.id.is_none() || self.adopt)
    }
}

pub(super) type Schedules = BTreeMap<GroupName, Found>;

/// Returns the display name of a group's scheduled job.
pub(super) fn name(input: &Input<'_>, group: &GroupName) -> String {
    format!("{}/{group}", input.train.name)
}

/// Tells when a scheduled job last ran on a group, whosever job it is.
pub(super) fn last_run(observed: &Observed, group: &Ocid) -> Option<Timestamp> {
    let jobs = observed.schedules.values().map(|seen| &seen.job);
    jobs.filter(|job| job.groups.contains(group)).filter_map(|job| job.last).max()
}

/// Finds the scheduled job of every group that has one or had one.
pub(super) fn find(
    input: &Input<'_>,
    (crews, groups): (&Crews<'_>, &Groups),
    refusals: &mut Vec<Refusal>,
) -> Schedules {
    let mut tagged: BTreeMap<&GroupName, Vec<&Ocid>> = BTreeMap::new();
    // One that is on record is that group's, whatever its tags say: a group that was renamed here has the old name there.
    let recorded: BTreeMap<&Ocid, &GroupName> =
        input.state.schedules.iter().map(|(group, record)| (&record.id, group)).collect();
    for (id, seen) in &input.observed.schedules {
        let of = seen.group.as_ref().filter(|_| is_ours(input, seen));
        if let Some(group) = of.filter(|of| recorded.get(id).is_none_or(|known| known == of)) {
            tagged.entry(group).or_default().push(id);
        }
    }
    let mut found = Schedules::new();
    let declared = crews.iter().filter(|crew| groups.contains_key(&crew.name));
    let declared = declared.filter(|crew| crew.group.schedule.is_some());
    let declared: BTreeMap<&GroupName, &Crew<'_>> = declared.map(|crew| (&crew.name, crew)).collect();
    for (name, crew) in &declared {
        let Some(schedule) = crew.group.schedule else { continue };
        let target = groups.get(*name).and_then(|found| found.id.as_ref());
        let tagged = tagged.get(*name).map(Vec::as_slice).unwrap_or_default();
        match of_group(input, name, schedule, target, tagged) {
            Ok(one) => {
                found.insert((*name).clone(), one);
            }
            Err(refusal) => refusals.push(refusal),
        }
    }
    // What the train no longer declares: by record, and by tags where a crash left it unrecorded.
    let declared = |group: &GroupName| declared.contains_key(group);
    let mut gone: BTreeMap<&GroupName, BTreeSet<&Ocid>> = BTreeMap::new();
    for (group, record) in input.state.schedules.iter().filter(|(group, _)| !declared(group)) {
        gone.entry(group).or_default().insert(&record.id);
    }
    for (group, ids) in tagged.iter().filter(|(group, _)| !declared(group)) {
        gone.entry(group).or_default().extend(ids);
    }
    // What a declared group keeps, or deletes itself, is not the old one's to delete.
    let kept: BTreeSet<Ocid> =
        found.values().flat_map(|one| one.id.iter().chain(&one.delete)).cloned().collect();
    for (group, mut ids) in gone {
        ids.retain(|id| !kept.contains(*id));
        if ids.is_empty() {
            continue;
        }
        let seen = ids.iter().find_map(|id| input.observed.schedules.get(*id));
        // One that somebody has made his own is not ours to delete; the record of it stays until that is settled.
        let foreign =
            ids.iter().find_map(|id| input.observed.schedules.get(*id).filter(|seen| !is_ours(input, seen)));
        if let Some(foreign) = foreign {
            refusals.push(refused(group, &name(input, group), ids.first().copied(), foreign));
            continue;
        }
        let delete = ids.into_iter().cloned().collect();
        let seen = seen.map(|seen| seen.job.clone());
        found.insert(group.clone(), Found { delete, seen, ..Found::default() });
    }
    found
}

fn of_group(
    input: &Input<'_>,
    group: &GroupName,
    schedule: Schedule,
    target: Option<&Ocid>,
    tagged: &[&Ocid],
) -> Result<Found, Refusal> {
    let name = name(input, group);
    let records = &input.state.schedules;
    let former = || records.get(holdings::known_as(input, group, target)?);
    let record = records.get(group).or_else(former);
    let known = record.and_then(|record| input.observed.schedules.get_key_value(&record.id));
    if let Some((id, seen)) = known.filter(|(_, seen)| !is_ours(input, seen)) {
        return Err(refused(group, &name, Some(id), seen));
    }
    let lost = || tagged.first().and_then(|id| input.observed.schedules.get_key_value(*id));
    let Some((id, seen)) = known.or_else(lost) else {
        let other = input.observed.schedules.iter().find(|(_, seen)| *seen.job.name == *name);
        if let Some((id, seen)) = other.filter(|(_, seen)| !is_ours(input, seen)) {
            return Err(refused(group, &name, Some(id), seen));
        }
        let drift = record.map(|_| DriftKind::Gone);
        let next = Some(schedule.next_from(input.now));
        return Ok(Found { schedule: Some(schedule), next, drift, ..Found::default() });
    };
    let job = &seen.job;
    let is_for = target.is_some_and(|target| job.is_for(target));
    let does = job.does(&name, &schedule, input.now) && seen.group.as_ref() == Some(group);
    // Compared with what we had it do: what the train says now is another matter.
    // One whose group goes by another name here now is still called and tagged as before.
    let called = seen.group.as_ref().map_or_else(|| name.clone(), |of| self::name(input, of));
    let drifted = known.and(record).filter(|record| !job.does(&called, &record.schedule, input.now));
    let drift = drifted.map(|record| DriftKind::Schedule { expected: record.schedule, found: job.clone() });
    let mut one = Found {
        schedule: Some(schedule),
        adopt: known.is_none() && is_for,
        change: is_for && !does,
        seen: Some(job.clone()),
        drift,
        ..Found::default()
    };
    if is_for {
        one.id = Some(id.clone());
        one.next = if does { job.next } else { Some(schedule.next_from(input.now)) };
    } else {
        one.delete.push(id.clone());
        one.next = Some(schedule.next_from(input.now));
    }
    Ok(one)
}

fn is_ours(input: &Input<'_>, seen: &ServiceSchedule) -> bool {
    let ours = holdings::ownership(input, None);
    seen.owner.as_ref() == Some(&ours)
}

fn refused(group: &GroupName, name: &str, id: Option<&Ocid>, seen: &ServiceSchedule) -> Refusal {
    let owner = Ownership::told(seen.owner.as_ref());
    Refusal::ForeignSchedule {
        group: group.clone(),
        name: name.to_owned(),
        id: id.map_or_else(|| Ocid::new(""), Ocid::clone),
        owner,
    }
}

/// Returns what changes, for people.
pub(super) fn changes(input: &Input<'_>, schedules: &Schedules) -> Vec<Change> {
    let work = schedules.iter().filter(|(_, found)| found.has_work());
    let change = work.map(|(group, found)| {
        let action = match (found.schedule, &found.seen) {
            (None, _) => ChangeAction::Destroy,
            (Some(_), None) => ChangeAction::Add,
            (Some(_), Some(_)) => ChangeAction::Change,
        };
        let detail = ChangeDetail::Schedule {
            from: found.seen.clone(),
            to: found.schedule,
            next: found.next,
            adopt: found.adopt,
            replace: found.schedule.is_some() && !found.delete.is_empty(),
            line: crews::group(input.train, group).map(|group| group.line),
        };
        Change { address: Address::Schedule(group.clone()), action, detail }
    });
    change.collect()
}

/// Returns what somebody else has changed.
pub(super) fn drift(schedules: &Schedules) -> impl Iterator<Item = Drift> {
    let drifted = schedules.iter().filter_map(|(group, found)| Some((group, found.drift.clone()?)));
    drifted.map(|(group, kind)| Drift::of(Address::Schedule(group.clone()), kind))
}

/// Says until when members wait for their schedule: its next run.
pub(super) fn until(held: &mut [Held], schedules: &Schedules, rosters: &Rosters) {
    for held in held.iter_mut().filter(|held| matches!(held.reason, HeldReason::Schedule { .. })) {
        let Address::Instance(id) = &held.address else { continue };
        // All waves of a group have the same schedule.
        let Some(group) = rosters.group_of.get(id) else { continue };
        let found = schedules.iter().find(|(of, found)| of.is_of(group) && found.schedule.is_some());
        held.until = found.and_then(|(_, found)| found.next);
    }
}
