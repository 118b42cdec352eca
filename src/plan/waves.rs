//! Who of a group moves in which wave, and whether a rollout begins: waves are drawn once, fixed in the state, and drawn
//! anew only when all of the group ride one release and it begins to move to another.

use std::collections::{BTreeMap, BTreeSet};

use super::Input;
use super::assess::{Assessed, Member};
use super::crews::Crews;
use crate::name::{GroupName, Ocid};
use crate::observed::Riding;
use crate::op::Binding;
use crate::rollout::{Amount, spread};
use crate::train::Group;

/// The waves of all groups.
#[derive(Clone, Debug, Default)]
pub(super) struct Waves(BTreeMap<GroupName, Lineup>);

/// The waves of one group.
#[derive(Clone, Debug, Default)]
pub(super) struct Lineup {
    /// The members of each wave.
    pub(super) waves: Vec<Vec<Ocid>>,
    /// The wave of each member, from 1.
    of: BTreeMap<Ocid, u32>,
    /// Whether a rollout begins with this plan, and fixes them.
    pub(super) begins: bool,
}

impl Waves {
    /// Returns the waves of a group; none of one whose rollouts nobody keeps book of.
    pub(super) fn of(&self, group: &GroupName) -> Option<&Lineup> {
        self.0.get(group)
    }

    /// Returns the wave that a member moves in, from 1.
    pub(super) fn wave(&self, member: &Member<'_>) -> u32 {
        self.0.get(&member.group.name).and_then(|lineup| lineup.of.get(member.id)).copied().unwrap_or(1)
    }
}

/// Draws up the waves of the groups that have any, or stop at failures.
pub(super) fn draw_up(
    input: &Input<'_>,
    crews: &Crews<'_>,
    members: &Assessed<'_>,
    riding: &Riding,
) -> Waves {
    let has_any = |group: &&Group| group.pace.stops || crews.are_waves(&group.name);
    let of = |group: &Group| {
        let of_group = members.of(&group.name);
        let waves = match crews.are_waves(&group.name) {
            true => as_crews(crews, &group.name, members),
            false => alone(input, group, of_group, riding),
        };
        (group.name.clone(), lineup(input, group, of_group, waves))
    };
    Waves(input.train.groups.iter().filter(has_any).map(of).collect())
}

/// Waves that are groups of the service hold whoever stands in those.
fn as_crews(crews: &Crews<'_>, group: &GroupName, members: &Assessed<'_>) -> Vec<Vec<Ocid>> {
    let of_crew = |name| members.of(name).iter().map(|member| member.id.clone()).collect();
    crews.of_group(group).map(|crew| of_crew(&crew.name)).collect()
}

/// Returns how many failures of a wave are put up with: its share, and never all of it.
pub(super) fn allowed(max_failures: Amount, members: usize) -> usize {
    max_failures.of(members).min(members.saturating_sub(1))
}

fn lineup(input: &Input<'_>, group: &Group, members: &[Member<'_>], waves: Vec<Vec<Ocid>>) -> Lineup {
    let record = input.state.rollouts.get(&group.name);
    let goes_on = record.is_some_and(|record| record.is_to(&group.release));
    let of = (1..).zip(&waves).flat_map(|(wave, ids)| ids.iter().map(move |id| (id.clone(), wave))).collect();
    let begins = !goes_on && members.iter().any(Member::moves);
    Lineup { waves, of, begins }
}

/// Draws up the waves of a group whose members move one by one.
fn alone(input: &Input<'_>, group: &Group, members: &[Member<'_>], riding: &Riding) -> Vec<Vec<Ocid>> {
    let record = input.state.rollouts.get(&group.name);
    let goes_on = record.is_some_and(|record| record.is_to(&group.release));
    let fixed = |member: &Member<'_>| input.state.wave_of(&group.name, member.id);
    let kept = goes_on || (members.iter().any(|member| fixed(member).is_some()) && is_mixed(members, riding));
    match record.filter(|_| kept) {
        Some(record) => {
            // Whoever has come since goes last: that nobody is touched before a gate has been passed.
            // A file may say any number of waves.
            let most = u32::try_from(members.len()).unwrap_or(u32::MAX);
            let last = record.waves.min(most).max(1);
            let mut waves = vec![Vec::new(); last as usize];
            for member in members {
                let wave = fixed(member).unwrap_or(last).clamp(1, last);
                waves[wave as usize - 1].push(member.id.clone());
            }
            // A rollout that goes on has its waves whoever is left of them; a new one has none that nobody is in.
            waves.retain(|wave| goes_on || !wave.is_empty());
            waves
        }
        None => {
            // Whoever can do nothing now goes last, and holds up nobody before.
            let (resting, ready): (Vec<&Member<'_>>, Vec<&Member<'_>>) =
                members.iter().partition(|member| member.held.is_some() && !member.moves());
            let domains = ready.iter().map(|member| (member.id, domain(input, member.id)));
            // A service that moves groups as a whole has each of them in one wave.
            let as_a_whole = input.capabilities.binding == Binding::Group;
            let declared = if as_a_whole { &[][..] } else { &group.pace.waves };
            let drawn = spread(domains, declared);
            let mut waves: Vec<Vec<Ocid>> =
                drawn.into_iter().map(|wave| wave.into_iter().cloned().collect()).collect();
            if waves.is_empty() && !resting.is_empty() {
                waves.push(Vec::new());
            }
            if let Some(last) = waves.last_mut() {
                last.extend(resting.iter().map(|member| member.id.clone()));
            }
            waves
        }
    }
}

/// Tells whether a group's members ride more than one source: a rollout has not been finished, nor taken back.
fn is_mixed(members: &[Member<'_>], riding: &Riding) -> bool {
    let rides = members.iter().filter_map(|member| member.seen);
    let rides: BTreeSet<Option<&Ocid>> =
        rides.map(|seen| riding.link(seen, None).map(|link| &link.id)).collect();
    rides.len() > 1
}

/// Returns what an instance fails together with, where Compute says so.
fn domain<'a>(input: &Input<'a>, id: &Ocid) -> Option<&'a str> {
    input.observed.compute.instances.get(id)?.domain.as_deref()
}
