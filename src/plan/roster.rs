//! Who is in which group: who shall be, who is, who joins and who leaves. Guards against a list that shrinks by
//! mistake.

use std::collections::{BTreeMap, BTreeSet};

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

/// The membership of one declared group.
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
    /// By group, the declared ones.
    pub(super) declared: BTreeMap<GroupName, Roster>,
    /// Groups that the state owns and the train no longer declares, with the members that leave.
    pub(super) undeclared: BTreeMap<GroupName, Vec<Ocid>>,
    /// Those of them that say they are another train's or lineage's, which are left alone.
    pub(super) lost: BTreeMap<GroupName, Ocid>,
    /// The group of each member.
    pub(super) group_of: BTreeMap<Ocid, GroupName>,
}

/// Draws up who is where.
pub(super) fn draw_up(input: &Input<'_>, groups: &Groups, refusals: &mut Vec<Refusal>) -> Rosters {
    let mut recorded: BTreeMap<&GroupName, Vec<&Ocid>> = BTreeMap::new();
    for (id, record) in &input.state.instances {
        recorded.entry(&record.group).or_default().push(id);
    }
    let mut rosters = Rosters::default();
    let claims = Claims::of(input.train, input.observed);
    let mut overlaps = Overlaps::default();
    for group in &input.train.groups {
        let Some(found) = groups.get(&group.name) else { continue };
        let nobody = BTreeSet::new();
        let current = found
            .id
            .as_ref()
            .and_then(|id| input.observed.groups.get(id))
            .map_or(&nobody, |group| &group.members);
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
        rosters.declared.insert(group.name.clone(), roster);
    }
    // A declared group that the state knows by another name is still that group.
    let declared: BTreeSet<&Ocid> = groups.values().filter_map(|found| found.id.as_ref()).collect();
    for (name, record) in &input.state.groups {
        if input.train.group(name).is_some() || !record.made || declared.contains(&record.id) {
            continue;
        }
        if holdings::others(input, &record.id).is_some() {
            rosters.lost.insert(name.clone(), record.id.clone());
            continue;
        }
        let current =
            input.observed.groups.get(&record.id).map(|group| group.members.clone()).unwrap_or_default();
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
