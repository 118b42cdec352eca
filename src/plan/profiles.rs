//! Registration profiles: which profile of the service is which group's, and what of it must be made or deleted. A new
//! system that registers with one comes up as a member of the group. Found by the id in the state, else by tags.

use std::collections::{BTreeMap, BTreeSet};

use super::crews::Crews;
use super::holdings::{self, Groups};
use super::{Change, ChangeAction, ChangeDetail, Drift, DriftKind, Input, Refusal};
use crate::name::{Address, GroupName, Ocid};
use crate::observed::Profile;
use crate::op::Ownership;

/// The registration profile of one group.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    /// The line of the train that asks for it; none where nothing does any more.
    pub(super) line: Option<usize>,
    /// The group of the service that new systems come up in: of several waves the last, as whoever joins later.
    pub(super) target: Option<GroupName>,
    /// The profile that stays.
    pub(super) id: Option<Ocid>,
    /// Whether the state has lost it, so that it is adopted.
    pub(super) adopt: bool,
    /// Profiles that go: the train asks for none any more, or they are for another group.
    pub(super) delete: Vec<Ocid>,
    gone: bool,
}

impl Found {
    /// Tells whether it is made, or recorded where an earlier run has made it.
    pub(super) fn makes(&self) -> bool {
        self.line.is_some() && (self.id.is_none() || self.adopt)
    }
}

pub(super) type Profiles = BTreeMap<GroupName, Found>;

/// Returns the display name of a group's profile.
pub(super) fn name(input: &Input<'_>, group: &GroupName) -> String {
    format!("{}/{group}", input.train.name)
}

/// Finds the profile of every group that has one or had one.
pub(super) fn find(
    input: &Input<'_>,
    (crews, groups): (&Crews<'_>, &Groups),
    refusals: &mut Vec<Refusal>,
) -> Profiles {
    let mut found = Profiles::new();
    for group in input.train.groups.iter().filter(|group| group.profile) {
        let last = crews.of_group(&group.name).rev().find(|crew| groups.contains_key(&crew.name));
        let last = last.map(|crew| crew.name.clone());
        let target = last.as_ref().and_then(|last| groups.get(last)).and_then(|found| found.id.as_ref());
        let name = name(input, &group.name);
        let records = &input.state.profiles;
        let former = || records.get(holdings::known_as(input, &group.name, target)?);
        let recorded = records.get(&group.name).or_else(former);
        let known = recorded.and_then(|record| input.observed.profiles.get_key_value(&record.id));
        // One of a group that was renamed here goes by that one's old name there.
        let others = |id: &Ocid| {
            input.state.profiles.iter().any(|(other, record)| *other != group.name && record.id == *id)
        };
        let named = || input.observed.profiles.iter().find(|(id, seen)| *seen.name == *name && !others(id));
        let mut one = Found { line: Some(group.line), target: last.clone(), ..Found::default() };
        match known.or_else(named) {
            Some((id, seen)) if !is_ours(input, seen) => {
                refusals.push(foreign(group.name.clone(), name, id, seen));
                continue;
            }
            // What a profile is for cannot be changed; one for a group that is gone is made anew.
            Some((id, seen)) if seen.group.as_ref() != target || target.is_none() => {
                one.delete.push(id.clone());
            }
            Some((id, _)) => {
                one.id = Some(id.clone());
                one.adopt = known.is_none();
            }
            None => one.gone = recorded.is_some(),
        }
        found.insert(group.name.clone(), one);
    }
    // What a declared group keeps, or deletes itself, is not the old one's to delete.
    let kept: BTreeSet<Ocid> =
        found.values().flat_map(|one| one.id.iter().chain(&one.delete)).cloned().collect();
    for (group, record) in &input.state.profiles {
        if kept.contains(&record.id) {
            continue;
        }
        if input.train.group(group).is_some_and(|group| group.profile) {
            continue;
        }
        match input.observed.profiles.get(&record.id) {
            Some(seen) if !is_ours(input, seen) => {
                refusals.push(foreign(group.clone(), name(input, group), &record.id, seen));
            }
            // One that is gone already is still to be forgotten.
            _ => {
                found.insert(group.clone(), Found { delete: vec![record.id.clone()], ..Found::default() });
            }
        }
    }
    found
}

fn is_ours(input: &Input<'_>, seen: &Profile) -> bool {
    seen.owner.as_ref() == Some(&holdings::ownership(input, None))
}

fn foreign(group: GroupName, name: String, id: &Ocid, seen: &Profile) -> Refusal {
    let owner = Ownership::told(seen.owner.as_ref());
    Refusal::ForeignProfile { group, name, id: id.clone(), owner }
}

/// Tells what becomes of profiles.
pub(super) fn changes(profiles: &Profiles) -> impl Iterator<Item = Change> + '_ {
    let has_work = |(_, found): &(&GroupName, &Found)| found.makes() || !found.delete.is_empty();
    profiles.iter().filter(has_work).map(|(group, found)| {
        let action = match (found.line, found.id.is_some() || !found.delete.is_empty()) {
            (None, _) => ChangeAction::Destroy,
            (Some(_), true) => ChangeAction::Change,
            (Some(_), false) => ChangeAction::Add,
        };
        let detail = ChangeDetail::Profile {
            adopt: found.adopt,
            replace: found.line.is_some() && !found.delete.is_empty(),
            line: found.line,
        };
        Change { address: Address::Profile(group.clone()), action, detail }
    })
}

/// Tells which of ours somebody has deleted.
pub(super) fn drift(profiles: &Profiles) -> impl Iterator<Item = Drift> + '_ {
    let gone = profiles.iter().filter(|(_, found)| found.gone);
    gone.map(|(group, _)| Drift::of(Address::Profile(group.clone()), DriftKind::Gone))
}
