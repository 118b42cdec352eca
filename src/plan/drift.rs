//! Drift: what somebody else changed since our last apply. Movement towards the bound release is progress, and what
//! an unfinished run of ours left behind is unfinished; neither is drift.

use std::collections::BTreeSet;

use super::assess::{Assessed, Member};
use super::crews;
use super::holdings::{GroupFound, Groups, Sources};
use super::roster::Rosters;
use super::{Drift, DriftKind, Input};
use crate::conformance::Sorter;
use crate::name::{Address, GroupName, Ocid};
use crate::observed::{Instance, Riding, SourceLink};
use crate::op::{Binding, OpKey};
use crate::state::InstanceRecord;
use crate::train::{Ahead, Members};

/// Finds all drift, sorted by address.
pub(super) fn find(
    input: &Input<'_>,
    sources: &Sources,
    riding: &Riding,
    groups: &Groups,
    rosters: &Rosters,
    members: &Assessed<'_>,
) -> Vec<Drift> {
    let mut drift = Vec::new();
    for (release, found) in sources {
        let address = || Address::Release(release.clone());
        if found.gone {
            drift.push(Drift::of(address(), DriftKind::Gone));
        } else if found.proven && !(found.missing.is_empty() && found.foreign.is_empty()) {
            let kind = DriftKind::Contents { missing: found.missing.clone(), foreign: found.foreign.clone() };
            drift.push(Drift::of(address(), kind));
        }
    }
    for (group, found) in groups {
        let kinds = match found.gone {
            true => vec![DriftKind::Gone],
            false => {
                let exchanged = exchanged(input, (sources, riding), group, found);
                exchanged.into_iter().chain(renamed(input, group)).collect()
            }
        };
        drift.extend(kinds.into_iter().map(|kind| Drift::of(Address::Group(group.clone()), kind)));
    }
    for member in &members.list {
        of_member(input, member, (sources, riding), rosters, &mut drift);
    }
    of_strangers(input, rosters, &mut drift);
    drift.sort_by(|a, b| a.address.cmp(&b.address));
    drift
}

/// Returns what somebody else made of the sources of a group that we put on a release. Moving to the release that it is
/// bound to is progress.
fn exchanged(
    input: &Input<'_>,
    (sources, riding): (&Sources, &Riding),
    group: &GroupName,
    found: &GroupFound,
) -> Option<DriftKind> {
    if input.capabilities.binding == Binding::Instance {
        return None;
    }
    let seen = input.observed.groups.get(found.id.as_ref()?)?;
    let expected = input.state.groups.get(group)?.release.clone()?;
    let bound = crews::group(input.train, group).map(|group| &group.release);
    let moving = [Some(&expected), bound].into_iter().flatten().any(|release| {
        begun(input, &OpKey::attach(group, release)) || begun(input, &OpKey::detach(group, release))
    });
    let at = |link: &SourceLink| riding.releases.get(&link.id);
    let accepted = &input.state.groups.get(group)?.accepted;
    let known = |link: &SourceLink| {
        accepted.contains(&link.id) || at(link).is_some_and(|at| *at == expected || Some(at) == bound)
    };
    // A release whose source is gone has drifted by itself.
    let there = sources.get(&expected).is_none_or(|found| found.id.is_some());
    let as_left = !seen.sources.is_empty() && seen.sources.iter().all(known);
    (there && !moving && !as_left).then(|| DriftKind::Sources { expected, found: seen.sources.clone() })
}

/// Returns what the service calls a group that we know by its id, if that is another name. One that the train file names
/// by its id may be called anything.
fn renamed(input: &Input<'_>, group: &GroupName) -> Option<DriftKind> {
    crews::group(input.train, group).filter(|declared| declared.id.is_none())?;
    let record = input.state.groups.get(group)?;
    let seen = input.observed.groups.get(&record.id)?;
    let called = record.called.as_deref().unwrap_or(group.as_str());
    (*seen.name != *called && *seen.name != *group.as_str())
        .then(|| DriftKind::Renamed { found: seen.name.clone() })
}

fn of_member(
    input: &Input<'_>,
    member: &Member<'_>,
    (sources, riding): (&Sources, &Riding),
    rosters: &Rosters,
    drift: &mut Vec<Drift>,
) {
    let Some(record) = input.state.instances.get(member.id) else { return };
    let of = |kind| Drift::within(Address::Instance(member.id.clone()), &member.group.name, kind);
    let Some(seen) = member.seen else {
        drift.push(of(DriftKind::Gone));
        return;
    };
    if has_left(input, member, (record, rosters)) {
        drift.push(of(DriftKind::Left { group: member.crew.clone() }));
    }
    let bound = sources.get(&member.release.name).and_then(|found| found.id.as_ref());
    let places = Places { expected: expected(input, record), bound, accepted: &record.accepted, riding };
    let moving = record.release.iter().chain([&member.release.name]);
    let group = member.crew;
    let mut moving = moving.into_iter();
    let moving = moving.any(|release| {
        begun(input, &OpKey::switch(release, member.id))
            || begun(input, &OpKey::attach(group, release))
            || begun(input, &OpKey::detach(group, release))
    });
    if let Some(expected) = record.release.clone().filter(|_| !moving) {
        if !places.has(seen) {
            drift.push(of(DriftKind::Parent { expected, found: riding.link(seen, bound).cloned() }));
        } else if let Some(children) = places.beside(seen) {
            drift.push(of(DriftKind::Children { children }));
        }
    }
    let (Some(level), Some(verdict)) = (&record.at_level, &member.verdict) else { return };
    if level.release != member.release.name || !seen.status.takes_work() {
        return;
    }
    // A group whose level counts something else now has left nothing: the train did that.
    if level.patching != member.group.patching() {
        return;
    }
    let is_level = member.tally.is_level() && verdict.may_be_ahead(member.group.ahead);
    if !is_level {
        let ahead = if member.group.ahead == Ahead::Block { verdict.ahead.clone() } else { Vec::new() };
        let offered = input.observed.updates.get(member.id).filter(|_| !member.switch);
        let offered = offered.map(|offered| offered.iter().map(|update| &**update));
        let behind = Sorter::new(member.group.patching(), offered).counting(verdict).copied().collect();
        drift.push(of(DriftKind::LeftLevel { release: level.release.clone(), behind, ahead }));
    }
    if verdict.extra.len() > level.extra {
        drift.push(of(DriftKind::Beside { before: level.extra, now: verdict.extra.clone() }));
    }
}

/// Tells whether somebody took a member out of the group of the service that it is recorded in. Who is only parted from the
/// one group that there was before waves, or comes back to that, has not left.
fn has_left(input: &Input<'_>, member: &Member<'_>, (record, rosters): (&InstanceRecord, &Rosters)) -> bool {
    let recorded_here = match member.crew.wave() {
        None => true,
        Some(wave) => record.wave == wave && input.state.groups.contains_key(member.crew),
    };
    let between_waves = |from: &GroupName| from.wave().is_some() && member.crew.wave().is_some();
    member.outside
        && record.group == member.group.name
        && recorded_here
        && rosters.shifts.get(member.id).is_none_or(between_waves)
        && !begun(input, &OpKey::join(&member.group.name, member.id))
}

/// Returns the source of the release that we put the instance on.
fn expected<'a>(input: &Input<'a>, record: &InstanceRecord) -> Option<&'a Ocid> {
    input.state.sources.get(record.release.as_ref()?).map(|source| &source.id)
}

/// Where an instance that we put on a release may be: there, or where it is bound, since moving there is progress.
struct Places<'a> {
    expected: Option<&'a Ocid>,
    bound: Option<&'a Ocid>,
    /// What is meant to stand beside it.
    accepted: &'a BTreeSet<Ocid>,
    riding: &'a Riding,
}

impl Places<'_> {
    fn has(&self, seen: &Instance) -> bool {
        self.expected.iter().chain(&self.bound).any(|source| self.riding.has(seen, source))
    }

    /// Returns what is attached beside it under the train's own parent, if anything is.
    fn beside(&self, seen: &Instance) -> Option<Vec<SourceLink>> {
        let here = |child: &&SourceLink| Some(&child.id) == self.expected || Some(&child.id) == self.bound;
        let others = self.riding.children(seen).filter(|child| !here(child)).chain(self.riding.foreign(seen));
        let others: Vec<SourceLink> =
            others.filter(|child| !self.accepted.contains(&child.id)).cloned().collect();
        (!others.is_empty()).then_some(others)
    }
}

fn begun(input: &Input<'_>, key: &OpKey) -> bool {
    input.state.unfinished.contains_key(key)
}

/// Members of our groups that neither the train nor the state knows: somebody added them.
fn of_strangers(input: &Input<'_>, rosters: &Rosters, drift: &mut Vec<Drift>) {
    for (name, roster) in &rosters.declared {
        let Some(group) = crews::group(input.train, name) else { continue };
        // Whoever the service says belongs to such a group.
        if group.members == Members::Service {
            continue;
        }
        // A group without a record was never applied by us, nor was one that was only taken over: nothing in it can have
        // drifted.
        let record = input.state.groups.get(name);
        let applied = record.is_some_and(|record| {
            record.release.is_some() || input.state.instances.values().any(|known| known.group == group.name)
        });
        if !applied {
            continue;
        }
        for stranger in &roster.leaves {
            let known = input.state.instances.get(stranger).is_some_and(|record| record.group == group.name);
            let ours = [OpKey::leave(name, stranger), OpKey::join(name, stranger)];
            if !known && !ours.iter().any(|key| begun(input, key)) {
                let kind = DriftKind::Joined { group: name.clone() };
                drift.push(Drift::within(Address::Instance(stranger.clone()), &group.name, kind));
            }
        }
    }
}
