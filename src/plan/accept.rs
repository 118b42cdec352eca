//! Drift that is meant: what others changed is recorded as what we know, so that it is no drift any more. The train file
//! stays what it is, and a plan goes on comparing with that; so does nothing in the service change.

use super::aim::Names;
use super::{Drift, DriftKind, Input, Plan, Refusal, holdings, planner, schedules};
use crate::name::{Address, GroupName, Ocid, ReleaseName, Spelled};
use crate::observed::{Instance, Job, Riding, SourceLink};
use crate::op::Schedule;
use crate::state::{InstanceRecord, State};

/// Why drift is not recorded as meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unacceptable {
    /// What would be on record then no plan could be made from.
    Refused(Vec<Refusal>),
    /// It would be told as drift all the same: the state has no words for it.
    Stays(Vec<Drift>),
}

/// Returns what others changed at some addresses, of what a plan tells. A group covers all that is the group's.
pub fn drift_at<'p>(plan: &'p Plan, addresses: &[Spelled]) -> Vec<&'p Drift> {
    let names = Names::of(plan);
    let covers =
        |drift: &&Drift| addresses.iter().any(|aim| names.covers(aim, &drift.address, drift.group.as_ref()));
    plan.drift.iter().filter(covers).collect()
}

/// Returns the state with what others changed at some addresses as what is meant. `plan` is made of the input, whole.
pub fn accept(input: &Input<'_>, plan: &Plan, addresses: &[Spelled]) -> Result<State, Unacceptable> {
    let sources = holdings::sources(input, &mut Vec::new());
    let riding = holdings::riding(input, &sources);
    let mut state = input.state.clone();
    // Whoever has moved has left before it has joined.
    let joined = |drift: &&Drift| matches!(drift.kind, DriftKind::Joined { .. });
    let (joins, others): (Vec<&Drift>, Vec<&Drift>) = drift_at(plan, addresses).into_iter().partition(joined);
    for drift in others.into_iter().chain(joins) {
        record(input, &riding, &mut state, drift);
    }
    let again = Input { state: &state, allow_shrink: true, ..*input };
    let checked = planner::plan(&again).map_err(Unacceptable::Refused)?;
    let stays: Vec<Drift> = drift_at(&checked, addresses).into_iter().cloned().collect();
    if stays.is_empty() { Ok(state) } else { Err(Unacceptable::Stays(stays)) }
}

fn record(input: &Input<'_>, riding: &Riding, state: &mut State, drift: &Drift) {
    match (&drift.address, &drift.kind) {
        (address, DriftKind::Gone) => state.forget(address),
        // What it holds is not said to be proven any more. A release is its manifest, and a plan goes on saying so.
        (Address::Release(release), DriftKind::Contents { .. }) => {
            if let Some(source) = state.sources.get_mut(release) {
                source.proven = None;
            }
        }
        (Address::Group(group), DriftKind::Renamed { found }) => {
            if let Some(record) = state.groups.get_mut(group) {
                record.called = Some(found.clone());
            }
        }
        (Address::Group(group), DriftKind::Sources { expected, found }) => {
            exchanged(input, riding, state, (group, expected, found));
        }
        (Address::Instance(id), DriftKind::Left { .. }) => drop(state.instances.remove(id)),
        (Address::Instance(id), DriftKind::Joined { group }) => {
            let Some(seen) = input.observed.instances.get(id) else { return };
            // A member of another group of the train is in two: the state has room for one, and that one stays.
            let elsewhere = state.instances.get(id).filter(|record| record.group != *group);
            if elsewhere.is_some_and(|record| input.train.group(&record.group).is_some()) {
                return;
            }
            let release = riding.link(seen, None).and_then(|link| riding.releases.get(&link.id)).cloned();
            let (name, group) = (seen.name.clone(), group.clone());
            let accepted = beside(riding, seen, release.as_ref());
            let record = InstanceRecord { name, group, release, at_level: None, accepted, wave: 0 };
            state.instances.insert(id.clone(), record);
        }
        (Address::Instance(id), kind) => {
            if let Some(record) = state.instances.get_mut(id) {
                of_instance(riding, record, (input.observed.instances.get(id), kind));
            }
        }
        (Address::Schedule(group), DriftKind::Schedule { found, .. }) => {
            let seen = state.schedules.get(group).and_then(|record| input.observed.schedules.get(&record.id));
            let called = seen.and_then(|seen| seen.group.as_ref()).unwrap_or(group);
            let name = schedules::name(input, called);
            let schedule = as_schedule(found).filter(|schedule| found.does(&name, schedule, input.now));
            match (schedule, state.schedules.get_mut(group)) {
                (Some(schedule), Some(record)) => record.schedule = schedule,
                // What a train cannot say is not the train's: it is met by its tags, as what an earlier run has left.
                _ => drop(state.schedules.remove(group)),
            }
        }
        _ => {}
    }
}

/// A group that has other sources: where one of them is a release's, it is put on that; the others are meant to be there.
fn exchanged(
    input: &Input<'_>,
    riding: &Riding,
    state: &mut State,
    (group, expected, found): (&GroupName, &ReleaseName, &[SourceLink]),
) {
    let Some(record) = state.groups.get_mut(group) else { return };
    let mut held = found.iter().filter_map(|link| riding.releases.get(&link.id));
    let release = held.clone().find(|release| *release == expected).or_else(|| held.next()).cloned();
    if release.as_ref() != Some(expected) {
        record.since = release.is_some().then_some(input.now);
    }
    let others = found.iter().filter(|link| riding.releases.get(&link.id) != release.as_ref());
    record.accepted = others.map(|link| link.id.clone()).collect();
    record.release = release;
}

fn of_instance(riding: &Riding, record: &mut InstanceRecord, (seen, kind): (Option<&Instance>, &DriftKind)) {
    match kind {
        DriftKind::Parent { found, .. } => {
            record.release = found.as_ref().and_then(|link| riding.releases.get(&link.id)).cloned();
            record.accepted =
                seen.map(|seen| beside(riding, seen, record.release.as_ref())).unwrap_or_default();
            record.at_level = None;
        }
        DriftKind::Children { children } => {
            record.accepted.extend(children.iter().map(|link| link.id.clone()));
        }
        DriftKind::LeftLevel { .. } => record.at_level = None,
        DriftKind::Beside { now, .. } => {
            if let Some(level) = &mut record.at_level {
                level.extra = now.len();
            }
        }
        _ => {}
    }
}

/// Returns what an instance has beside a release's source, where several stand side by side.
fn beside(
    riding: &Riding,
    seen: &Instance,
    release: Option<&ReleaseName>,
) -> std::collections::BTreeSet<Ocid> {
    let others =
        seen.children.iter().filter(|link| riding.releases.get(&link.id) != release || release.is_none());
    if riding.hangs(seen) { others.map(|link| link.id.clone()).collect() } else { Default::default() }
}

/// Says what a job does as a train would.
fn as_schedule(job: &Job) -> Option<Schedule> {
    Some(Schedule { update: job.update?, every: job.every?, start: job.next? })
}
