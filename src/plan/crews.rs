//! Which groups of the service the members of a group stand in. One, as a rule. Where the service moves groups as a whole,
//! each wave is a group of its own: who stands in which is fixed while a rollout goes on, and evened out to what the train
//! declares only when all of them ride the group's release and nothing moves, by as few moves as that takes.

use std::collections::{BTreeMap, BTreeSet};

use super::Input;
use crate::name::{GroupName, Ocid};
use crate::observed::Instance;
use crate::op::{Binding, Ownership};
use crate::rollout::{sizes, spread};
use crate::train::{Group, Members, Train};

/// No group has more waves than that. A state or the service may say any number; what is beyond is nobody's wave.
const MOST_WAVES: u32 = 1_000;

/// A group of the service that members of a group stand in.
#[derive(Clone, Debug)]
pub(super) struct Crew<'a> {
    /// The group.
    pub(super) group: &'a Group,
    /// What the service calls it: as the group, or as the wave.
    pub(super) name: GroupName,
}

/// The groups of the service of all groups of a train.
#[derive(Clone, Debug, Default)]
pub(super) struct Crews<'a> {
    /// In file order of the groups, and order of waves within one.
    list: Vec<Crew<'a>>,
}

impl<'a> Crews<'a> {
    /// Finds out which groups stand in which.
    pub(super) fn of(input: &Input<'a>) -> Self {
        let mut list = Vec::with_capacity(input.train.groups.len());
        for group in &input.train.groups {
            match waves(input, group) {
                0 => list.push(Crew { group, name: group.name.clone() }),
                count => {
                    list.extend((1..=count).map(|wave| Crew { group, name: group.name.of_wave(wave) }));
                }
            }
        }
        Self { list }
    }

    /// Returns all of them.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Crew<'a>> {
        self.list.iter()
    }

    /// Returns those of one group.
    pub(super) fn of_group<'s>(
        &'s self,
        group: &'s GroupName,
    ) -> impl DoubleEndedIterator<Item = &'s Crew<'a>> {
        self.list.iter().filter(move |crew| crew.group.name == *group)
    }

    /// Tells whether one is the train's.
    pub(super) fn has(&self, name: &GroupName) -> bool {
        self.list.iter().any(|crew| crew.name == *name)
    }

    /// Tells whether each wave of a group is a group of the service.
    pub(super) fn are_waves(&self, group: &GroupName) -> bool {
        self.of_group(group).any(|crew| crew.name.wave().is_some())
    }

    /// Returns the group of the service that members of a wave stand in.
    pub(super) fn of_wave<'s>(&'s self, group: &'s GroupName, wave: u32) -> Option<&'s Crew<'a>> {
        self.of_group(group).find(|crew| crew.name.wave().is_none_or(|own| own == wave))
    }
}

/// Returns how many waves of a group are groups of the service of their own; 0 where none is.
fn waves(input: &Input<'_>, group: &Group) -> u32 {
    if input.capabilities.binding == Binding::Instance
        || group.members == Members::Service
        || group.id.is_some()
    {
        return 0;
    }
    let declared = sizes(&group.pace.waves, 1).len();
    let declared = if group.pace.waves.is_empty() { 0 } else { u32::try_from(declared).unwrap_or(u32::MAX) };
    let numbers = known(input, &group.name).filter_map(|(name, _)| name.wave());
    let known = numbers.filter(|wave| *wave <= MOST_WAVES).max().unwrap_or(0);
    if is_open(input, group) {
        // What a rollout began with it ends with.
        let began = input.state.rollouts.get(&group.name).map_or(0, |record| record.waves);
        let is_plain =
            known == 0 && began <= 1 && input.state.groups.get(&group.name).is_some_and(|record| record.made);
        return if is_plain { 0 } else { declared.max(known) };
    }
    if declared == 0 || is_idle(input, group) { declared } else { declared.max(known) }
}

fn is_open(input: &Input<'_>, group: &Group) -> bool {
    input.state.rollouts.get(&group.name).is_some_and(|record| record.is_to(&group.release))
}

/// Tells whether nothing of a group moves: all its groups of the service are bound to its release, and to nothing else.
fn is_idle(input: &Input<'_>, group: &Group) -> bool {
    let source = input.state.sources.get(&group.release).map(|record| &record.id);
    let bound = |id: &Ocid| {
        let seen = input.observed.groups.get(id);
        source.zip(seen).is_some_and(|(source, seen)| seen.has_only(source))
    };
    !is_open(input, group) && known(input, &group.name).all(|(_, id)| bound(id))
}

/// Returns the groups of the service that are a group's: by the state, or by the tags that a crash cannot separate from them.
pub(super) fn known<'a>(
    input: &Input<'a>,
    group: &GroupName,
) -> impl Iterator<Item = (GroupName, &'a Ocid)> + use<'a> {
    let mut known: BTreeMap<&Ocid, GroupName> = BTreeMap::new();
    let ours = |owner: &Ownership| owner.train == input.train.name && owner.lineage == input.state.lineage;
    for (id, seen) in &input.observed.groups {
        let name = GroupName::new(&seen.name);
        if name.is_of(group) && seen.owner.as_ref().is_some_and(ours) {
            known.insert(id, name);
        }
    }
    for (name, record) in input.state.groups.iter().filter(|(name, _)| name.is_of(group)) {
        if let Some((id, _)) = input.observed.groups.get_key_value(&record.id) {
            known.insert(id, name.clone());
        }
    }
    known.into_iter().map(|(id, name)| (name, id))
}

/// Returns the declared group that a group of the service is of.
pub(super) fn group<'a>(train: &'a Train, name: &GroupName) -> Option<&'a Group> {
    train.group(name).or_else(|| train.group(&name.whole()))
}

/// Draws up who stands in which wave, from 1, of a group whose waves are groups of the service. `stands` says in which of
/// them somebody stands now.
pub(super) fn draw(
    input: &Input<'_>,
    group: &Group,
    count: u32,
    members: &BTreeSet<Ocid>,
    stands: &BTreeMap<&Ocid, &GroupName>,
) -> BTreeMap<Ocid, u32> {
    // A rollout fixes everybody's wave, also that of whom the service does not know yet. Without one it is the one on record,
    // which he may have been taken out of. But that of who stands in the one group that there was before says nothing: all
    // of that were one wave.
    let recorded = |id: &Ocid| {
        let record = input.state.instances.get(id).filter(|record| record.group == group.name)?;
        let is_made = |wave: &u32| input.state.groups.contains_key(&group.name.of_wave(*wave));
        Some(record.wave).filter(|wave| *wave > 0 && is_made(wave))
    };
    let fixed = |id: &Ocid| {
        let at = stands.get(id).map(|at| at.wave());
        let wave = match at {
            _ if is_open(input, group) => input.state.wave_of(&group.name, id).or_else(|| at.flatten()),
            Some(None) => None,
            _ => recorded(id).or_else(|| at.flatten()),
        };
        wave.filter(|wave| (1..=count).contains(wave))
    };
    let domain = |id: &Ocid| input.observed.compute.instances.get(id)?.domain.as_deref();
    let ready = |id: &Ocid| input.observed.instances.get(id).is_some_and(takes_work);
    let before: BTreeMap<&Ocid, u32> = members.iter().filter_map(|id| Some((id, fixed(id)?))).collect();
    if is_open(input, group) && !before.is_empty() {
        // Whoever has come since goes last.
        let last = before.values().copied().max().unwrap_or(count);
        return members.iter().map(|id| (id.clone(), before.get(id).copied().unwrap_or(last))).collect();
    }
    // Where something moves nobody else does for that: who is in a wave stays in it, whatever sizes are declared.
    let idle = is_idle(input, group);
    // Whoever can do nothing now stays where he is, or goes last.
    let (ready, resting): (Vec<&Ocid>, Vec<&Ocid>) = members.iter().partition(|id| ready(id));
    let order = spread(ready.iter().map(|id| (*id, domain(id))), &[]).concat();
    let rank: BTreeMap<&Ocid, usize> = order.iter().enumerate().map(|(rank, id)| (*id, rank)).collect();
    let mut waves: Vec<BTreeSet<(usize, &Ocid)>> = vec![BTreeSet::new(); count as usize];
    let mut stays: Vec<usize> = vec![0; count as usize];
    let mut drawn: BTreeMap<Ocid, u32> = BTreeMap::new();
    for id in resting {
        let wave = before.get(id).copied().unwrap_or(count);
        stays[wave as usize - 1] += 1;
        drawn.insert(id.clone(), wave);
    }
    let mut free: BTreeSet<(usize, &Ocid)> = BTreeSet::new();
    for id in ready {
        let place = (rank.get(id).copied().unwrap_or_default(), id);
        match before.get(id) {
            Some(wave) => waves[*wave as usize - 1].insert(place),
            None => free.insert(place),
        };
    }
    let wanted = sizes(&group.pace.waves, members.len());
    let wanted = |wave: usize| wanted.get(wave).copied().unwrap_or_default();
    for (wave, held) in waves.iter_mut().enumerate().filter(|_| idle) {
        while stays[wave] + held.len() > wanted(wave) {
            let Some(last) = held.pop_last() else { break };
            free.insert(last);
        }
    }
    for wave in 0..waves.len() {
        while stays[wave] + waves[wave].len() < wanted(wave) {
            let next = free.pop_first().or_else(|| {
                let mut later = waves[wave + 1..].iter_mut().rev().filter(|_| idle);
                later.find_map(BTreeSet::pop_first)
            });
            let Some(next) = next else { break };
            waves[wave].insert(next);
        }
    }
    if let Some(last) = waves.last_mut() {
        last.extend(free);
    }
    for (wave, held) in (1..).zip(waves) {
        drawn.extend(held.into_iter().map(|(_, id)| (id.clone(), wave)));
    }
    drawn
}

fn takes_work(seen: &Instance) -> bool {
    seen.status.takes_work() && seen.open_work.is_empty()
}
