//! Who is in which group: who shall be, who is, who joins and who leaves. Guards against a list that shrinks by
//! mistake.

use std::collections::{BTreeMap, BTreeSet};

use super::assess::Assessed;
use super::crews::{self, Crew, Crews};
use super::holdings::{self, Groups};
use super::select::{self, Chosen, Claimant, Claims, LeftOut};
use super::{HeldReason, Input, Refusal};
use crate::name::{GroupName, Ocid};
use crate::op::OpKey;
use crate::train::{Group, Members};

/// A group may lose so many of its members, in a hundred, without being asked about.
const SHRINK_PERCENT: usize = 30;
/// Below so many leaving members nobody is asked: small groups change by large shares.
const SHRINK_FLOOR: usize = 10;

/// The membership of one declared group, or of one wave of it that is a group of the service.
#[derive(Clone, Debug, Default)]
pub(super) struct Roster {
    /// Who shall be in it, known to the service or not.
    pub(super) members: BTreeSet<Ocid>,
    /// Those of them that the service does not have in it and does know.
    pub(super) joins: Vec<Ocid>,
    /// Who shall no longer be in it.
    pub(super) leaves: Vec<Ocid>,
    /// Whether the golden instance stands in the service's group, from which we leave it out.
    pub(super) golden: bool,
    /// Members that stay and can do nothing; only of a group that selects them.
    pub(super) resting: BTreeMap<Ocid, HeldReason>,
    /// Who is selected and cannot become a member yet.
    pub(super) waiting: BTreeMap<Ocid, HeldReason>,
    /// Whom the selector fits and who is none of the group's.
    pub(super) left_out: BTreeMap<Ocid, LeftOut>,
}

/// The membership of all groups.
#[derive(Clone, Debug, Default)]
pub(super) struct Rosters {
    /// By group of the service, those of the declared groups.
    pub(super) declared: BTreeMap<GroupName, Roster>,
    /// Groups that the state owns and the train no longer declares, with the members that leave.
    pub(super) undeclared: BTreeMap<GroupName, Vec<Ocid>>,
    /// Those of them that say they are another train's or lineage's, which are left alone.
    pub(super) lost: BTreeMap<GroupName, Ocid>,
    /// The group of each member.
    pub(super) group_of: BTreeMap<Ocid, GroupName>,
    /// Whoever leaves one group of the service for another of the same group of the train, and which he leaves.
    pub(super) shifts: BTreeMap<Ocid, GroupName>,
}

/// Draws up who is where.
pub(super) fn draw_up(
    input: &Input<'_>,
    crews: &Crews<'_>,
    groups: &Groups,
    refusals: &mut Vec<Refusal>,
) -> Rosters {
    let mut recorded: BTreeMap<&GroupName, Vec<&Ocid>> = BTreeMap::new();
    for (id, record) in &input.state.instances {
        recorded.entry(&record.group).or_default().push(id);
    }
    let mut rosters = Rosters::default();
    let claims = Claims::of(input.train, input.observed);
    let mut overlaps = Overlaps::default();
    for group in &input.train.groups {
        let own: Vec<&Crew<'_>> = crews.of_group(&group.name).collect();
        if own.iter().any(|crew| !groups.contains_key(&crew.name)) {
            continue;
        }
        let stands = stands(input, group, &own, groups);
        let current = &stands.keys().map(|id| (*id).clone()).collect::<BTreeSet<Ocid>>();
        let known = recorded.get(&group.name).map(Vec::as_slice).unwrap_or_default();
        let (roster, contested) = draw(input, &claims, group, current, known);
        for (id, by) in contested {
            overlaps.add(claimant(&group.name), by, id);
        }
        check_shrink(input, group, current, known, &roster, refusals);
        let selects = |name: &GroupName| {
            let group = input.train.group(name);
            group.is_some_and(|group| matches!(group.members, Members::Selected(_)))
        };
        for member in roster.members.iter().chain(roster.waiting.keys()) {
            if let Some(first) = rosters.group_of.insert(member.clone(), group.name.clone()) {
                if selects(&first) || selects(&group.name) {
                    overlaps.add(claimant(&first), claimant(&group.name), member.clone());
                    continue;
                }
                refusals.push(Refusal::TwoGroups {
                    instance: member.clone(),
                    first,
                    second: group.name.clone(),
                });
            }
        }
        match own.as_slice() {
            [crew] if crew.name == group.name && !stands.values().any(|at| **at != group.name) => {
                drop(rosters.declared.insert(group.name.clone(), roster));
            }
            _ => rosters.split(input, (group, &own), roster, &stands),
        }
    }
    // A declared group that the state knows by another name is still that group.
    let declared: BTreeSet<&Ocid> = groups.values().filter_map(|found| found.id.as_ref()).collect();
    for (name, record) in &input.state.groups {
        if crews.has(name) || !record.made || declared.contains(&record.id) {
            continue;
        }
        if holdings::others(input, &record.id).is_some() {
            rosters.lost.insert(name.clone(), record.id.clone());
            continue;
        }
        let mut current =
            input.observed.groups.get(&record.id).map(|group| group.members.clone()).unwrap_or_default();
        current.retain(|id| !rosters.shifts.contains_key(id));
        if !input.allow_shrink && current.len() >= SHRINK_FLOOR {
            refusals.push(Refusal::Shrink {
                group: name.clone(),
                leaving: current.len(),
                members: current.len(),
            });
        }
        rosters.undeclared.insert(name.clone(), current.into_iter().collect());
    }
    refusals.extend(overlaps.refusals(input));
    rosters
}

impl Rosters {
    /// Tells whether a group of the service that no declared group has any more must stay: somebody still stands in it who
    /// cannot be taken into another one now.
    pub(super) fn stays(&self, name: &GroupName, members: &Assessed<'_>) -> bool {
        let of_group = members.of(&name.whole()).iter().filter(|member| member.shifts && !member.joins);
        let held: BTreeSet<&Ocid> = of_group.map(|member| member.id).collect();
        self.shifts.iter().any(|(id, from)| from == name && held.contains(id))
    }

    /// Parts the membership of a group among the groups of the service that its members stand in.
    fn split(
        &mut self,
        input: &Input<'_>,
        (group, own): (&Group, &[&Crew<'_>]),
        whole: Roster,
        stands: &BTreeMap<&Ocid, &GroupName>,
    ) {
        let count = u32::try_from(own.len()).unwrap_or(u32::MAX);
        let waves = match own {
            [crew] if crew.name.wave().is_none() => BTreeMap::new(),
            _ => crews::draw(input, group, count, &whole.members, stands),
        };
        let mut parts: Vec<Roster> = vec![Roster::default(); own.len()];
        let at = |wave: u32| (wave.clamp(1, count.max(1)) - 1) as usize;
        let part = |id: &Ocid| at(waves.get(id).copied().unwrap_or(1));
        let joins: BTreeSet<&Ocid> = whole.joins.iter().collect();
        for id in &whole.members {
            let part = part(id);
            let from = stands.get(id).filter(|from| ***from != own[part].name);
            if let Some(from) = from {
                self.shifts.insert(id.clone(), (*from).clone());
            }
            let known = input.observed.instances.contains_key(id);
            if joins.contains(id) || (from.is_some() && known) {
                parts[part].joins.push(id.clone());
            }
            parts[part].members.insert(id.clone());
        }
        for (id, reason) in whole.resting {
            parts[part(&id)].resting.insert(id, reason);
        }
        for id in whole.leaves {
            // Whoever stands in none of them any more is only forgotten.
            let named = stands.get(&id).and_then(|from| own.iter().position(|crew| crew.name == **from));
            let recorded = || at(input.state.instances.get(&id).map_or(1, |record| record.wave));
            let gone = stands.contains_key(&id) && named.is_none();
            if !gone {
                parts[named.unwrap_or_else(recorded)].leaves.push(id);
            }
        }
        if let Some(last) = parts.last_mut() {
            (last.waiting, last.left_out, last.golden) = (whole.waiting, whole.left_out, whole.golden);
        }
        self.declared.extend(own.iter().map(|crew| crew.name.clone()).zip(parts));
    }
}

/// Returns who stands in which group of the service that is a group's, or was one's.
fn stands<'a>(
    input: &Input<'a>,
    group: &Group,
    own: &[&'a Crew<'_>],
    groups: &Groups,
) -> BTreeMap<&'a Ocid, &'a GroupName> {
    let mut stands = BTreeMap::new();
    for (name, record) in &input.state.groups {
        if record.made && name.is_of(&group.name) && !own.iter().any(|crew| crew.name == *name) {
            let seen = input
                .observed
                .groups
                .get(&record.id)
                .filter(|_| holdings::others(input, &record.id).is_none());
            stands.extend(seen.iter().flat_map(|seen| &seen.members).map(|id| (id, name)));
        }
    }
    for crew in own {
        let id = groups.get(&crew.name).and_then(|found| found.id.as_ref());
        let seen = id.and_then(|id| input.observed.groups.get(id));
        stands.extend(seen.iter().flat_map(|seen| &seen.members).map(|id| (id, &crew.name)));
    }
    stands
}

/// Leaves out the waves that nobody stands in and the service has no group of: none is made for nobody, but the last, which
/// takes in whoever comes.
pub(super) fn without_empty(crews: &Crews<'_>, groups: &mut Groups, rosters: &mut Rosters) {
    rosters.declared.retain(|name, roster| {
        let found = groups.get(name);
        let is_last = crews.of_group(&name.whole()).last().is_some_and(|last| last.name == *name);
        let is_empty = !is_last
            && name.wave().is_some()
            && roster.members.is_empty()
            && roster.leaves.is_empty()
            && found.is_some_and(|found| found.id.is_none() && !found.gone);
        !is_empty
    });
    groups.retain(|name, _| rosters.declared.contains_key(name));
}

fn claimant(group: &GroupName) -> Claimant {
    Claimant { group: group.clone(), file: None }
}

/// Instances that two groups claim, at least one of which selects them: told once for each two groups, since it may be
/// a whole fleet.
#[derive(Default)]
struct Overlaps(BTreeMap<(Claimant, Claimant), BTreeSet<Ocid>>);

impl Overlaps {
    fn add(&mut self, first: Claimant, second: Claimant, instance: Ocid) {
        self.0.entry((first, second)).or_default().insert(instance);
    }

    fn refusals(self, input: &Input<'_>) -> impl Iterator<Item = Refusal> {
        let name = |id: &Ocid| {
            let compute = input.observed.compute.instances.get(id).map(|instance| &instance.name);
            let seen = input.observed.instances.get(id).map(|instance| &instance.name);
            compute.or(seen).map_or_else(|| id.to_string(), |name| format!("{name} ({id})"))
        };
        self.0.into_iter().map(move |((first, second), instances)| Refusal::Overlap {
            first,
            second,
            instances: instances.iter().map(name).collect(),
        })
    }
}

fn draw(
    input: &Input<'_>,
    claims: &Claims<'_>,
    group: &Group,
    current: &BTreeSet<Ocid>,
    recorded: &[&Ocid],
) -> (Roster, BTreeMap<Ocid, Claimant>) {
    let golden = input.train.golden.as_ref();
    let chosen = match &group.members {
        Members::Listed(listed) => Chosen { members: listed.clone(), ..Chosen::default() },
        Members::Service => Chosen { members: current.clone(), ..Chosen::default() },
        Members::Selected(selector) => {
            select::choose((input.train, input.observed), claims, selector, current, recorded)
        }
    };
    let Chosen { mut members, resting, waiting, left_out, contested } = chosen;
    let golden = golden.is_some_and(|golden| members.remove(golden));
    let knows = |id: &&Ocid| input.observed.instances.contains_key(*id);
    // A join that a crash cut off before it was recorded is taken up again, to record it.
    let begun = |id: &Ocid| input.state.unfinished.contains_key(&OpKey::join(&group.name, id));
    let joins =
        members.iter().filter(|id| !current.contains(*id) || begun(id)).filter(knows).cloned().collect();
    // The golden instance is left where it is; it is simply none of ours.
    let stays = |id: &&Ocid| Some(*id) == input.train.golden.as_ref();
    // What the service no longer knows cannot be asked to leave; a record of it is still cleared below.
    let mut leaves: BTreeSet<&Ocid> =
        current.difference(&members).filter(|id| knows(id) && !stays(id)).collect();
    leaves.extend(recorded.iter().copied().filter(|id| !members.contains(*id)));
    let leaves = leaves.into_iter().cloned().collect();
    (Roster { joins, leaves, members, golden, resting, waiting, left_out }, contested)
}

fn check_shrink(
    input: &Input<'_>,
    group: &Group,
    current: &BTreeSet<Ocid>,
    recorded: &[&Ocid],
    roster: &Roster,
    refusals: &mut Vec<Refusal>,
) {
    if input.allow_shrink {
        return;
    }
    // The golden instance never was one of them.
    let golden = input.train.golden.as_ref().is_some_and(|golden| current.contains(golden));
    let before = (current.len() - usize::from(golden)).max(recorded.len());
    let leaving = roster.leaves.len();
    let emptied = roster.members.is_empty() && before > 0;
    if emptied || (leaving >= SHRINK_FLOOR && leaving * 100 > before * SHRINK_PERCENT) {
        refusals.push(Refusal::Shrink { group: group.name.clone(), leaving, members: before });
    }
}
