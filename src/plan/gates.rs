//! What each group, and each wave of it, waits for, and which of those gates are shut now. Each is a barrier whose
//! condition is fixed data.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::assess::{Assessed, Member};
use super::bindings::{Binding, Bindings};
use super::crews::Crews;
use super::waves::{self, Waves};
use super::{Condition, Held, HeldReason, Input};
use crate::name::{Address, GroupName, Ocid, ReleaseName};
use crate::rollout::Access;
use crate::train::Group;

/// The gates of a plan.
#[derive(Clone, Debug, Default)]
pub(super) struct Gates {
    /// By waiting group, in the order of waves.
    pub(super) barriers: BTreeMap<GroupName, Vec<Barrier>>,
    /// The groups that something shut stands before, and before which wave of them, from 1.
    pub(super) shut: BTreeMap<GroupName, u32>,
    /// Why, for people.
    pub(super) held: Vec<Held>,
    /// The groups in an order in which each follows those it waits for.
    pub(super) order: Vec<GroupName>,
}

/// One gate.
#[derive(Clone, Debug)]
pub(super) struct Barrier {
    /// The first wave that stands behind it, from 1.
    pub(super) wave: u32,
    pub(super) condition: Condition,
}

/// A group or one wave of it that goes first.
struct First<'m, 'a> {
    group: &'a Group,
    wave: Option<u32>,
    members: Vec<&'m Member<'a>>,
    /// Who of it was moved by this rollout and is no member any more.
    gone: usize,
    allowed: usize,
    soak: Option<SignedDuration>,
}

/// Who waits: a group, and from which wave on where not all of it.
struct Waiting<'a> {
    group: &'a Group,
    behind: Option<u32>,
}

/// Places a gate before each group, and each wave of it, that has something to wait for.
pub(super) fn place(
    input: &Input<'_>,
    members: &Assessed<'_>,
    (crews, bindings): (&Crews<'_>, &Bindings),
    waves: &Waves,
) -> Gates {
    let mut gates = Gates::default();
    for group in in_order(&input.train.groups) {
        gates.order.push(group.name.clone());
        let own = members.of(&group.name);
        let crew_moves = |crew: &GroupName| bindings.get(crew).is_some_and(Binding::moves);
        let bound = crews.of_group(&group.name).any(|crew| crew_moves(&crew.name));
        if !bound && !own.iter().any(Member::moves) {
            continue;
        }
        gates.own(input, group);
        for name in &group.after {
            let Some(first) = input.train.group(name) else { continue };
            let ahead = members.of(name);
            let first = First {
                group: first,
                wave: None,
                allowed: first.max_failures.of(ahead.len()),
                members: ahead.iter().collect(),
                gone: gone(input, first, None, ahead),
                soak: group.pace.soak,
            };
            gates.between(input, &Waiting { group, behind: None }, &first, waves);
        }
        let moving = own.iter().filter(|member| member.moves()).map(|member| waves.wave(member));
        let crews = crews.of_group(&group.name).filter(|crew| crew_moves(&crew.name));
        let moving: BTreeSet<u32> = moving.chain(crews.filter_map(|crew| crew.name.wave())).collect();
        let count = waves.of(&group.name).map_or(1, |lineup| lineup.waves.len());
        for wave in 2..=u32::try_from(count).unwrap_or(u32::MAX) {
            if !moving.contains(&wave) {
                continue;
            }
            // Waves before it that nobody moves in are behind no gate of their own: each is looked at.
            let before = (1..wave).filter(|before| *before + 1 == wave || !moving.contains(&(before + 1)));
            for before in before {
                let ahead: Vec<&Member<'_>> =
                    own.iter().filter(|member| waves.wave(member) == before).collect();
                let first = First {
                    group,
                    wave: Some(before),
                    allowed: waves::allowed(group.max_failures, ahead.len()),
                    gone: gone(input, group, Some(before), own),
                    members: ahead,
                    soak: group.pace.wave_soak,
                };
                gates.between(input, &Waiting { group, behind: Some(wave) }, &first, waves);
            }
        }
    }
    gates
}

impl Gates {
    /// Places what keeps a group by itself: its hours, and that it was paused or has stopped.
    fn own(&mut self, input: &Input<'_>, group: &Group) {
        let calendar = &group.pace.calendar;
        if !calendar.is_always() {
            let condition = Condition::Open { waiting: group.name.clone(), calendar: calendar.clone() };
            self.barriers.entry(group.name.clone()).or_default().push(Barrier { wave: 1, condition });
            if let Access::Closed { until, by } = calendar.at(input.now) {
                self.shut(group, 1, HeldReason::Closed { by }, until);
            }
        }
        let Some(rollout) = input.state.rollouts.get(&group.name) else { return };
        let stopped = rollout.stopped.clone().filter(|_| rollout.is_to(&group.release));
        if stopped.is_none() && rollout.paused.is_none() {
            return;
        }
        let condition = Condition::Going { waiting: group.name.clone(), release: group.release.clone() };
        self.barriers.entry(group.name.clone()).or_default().push(Barrier { wave: 1, condition });
        if let Some(stopped) = stopped {
            self.shut(group, 1, HeldReason::Stopped { stopped, of: None }, None);
        }
        if let Some(paused) = rollout.paused.clone() {
            self.shut(group, 1, HeldReason::Paused { paused }, None);
        }
    }

    /// Places a gate between what goes first and who waits, unless it has been passed for good.
    fn between(&mut self, input: &Input<'_>, waiting: &Waiting<'_>, first: &First<'_, '_>, waves: &Waves) {
        let First { group, wave, members: ahead, gone, allowed, soak } = first;
        let has_work = ahead.iter().any(|member| member.moves() || member.verify);
        let settled: Vec<&&Member<'_>> = ahead.iter().filter(|member| member.is_settled()).collect();
        let all = ahead.len() + gone;
        let need = all - (*allowed).min(all);
        let since = since(input, &group.release, settled.iter().map(|member| member.id), need);
        let soaked = since.is_some_and(|since| match (soak, since) {
            (Some(soak), Some(since)) => input.now >= since.saturating_add(*soak).unwrap_or(Timestamp::MAX),
            _ => true,
        });
        let rollout = input.state.rollouts.get(&group.name).filter(|rollout| rollout.is_to(&group.release));
        let stopped = rollout.and_then(|rollout| rollout.stopped.clone()).filter(|_| wave.is_none());
        // Who soaked, or is asked how he is, is looked at as long as somebody waits for him.
        let looks = group.pace.health.is_some() || wave.is_some() || soak.is_some();
        if !has_work && soaked && !looks && stopped.is_none() {
            return;
        }
        let behind = waiting.behind.unwrap_or(1);
        // Behind a shut gate of its own, a member only counts where nothing has to be done to it.
        let shut = self.shut.get(&group.name).copied().unwrap_or(u32::MAX);
        let reaches =
            |member: &&&Member<'_>| member.is_candidate() && !(member.moves() && waves.wave(member) >= shut);
        let reachable = ahead.iter().filter(reaches).count();
        let after = group.name.clone();
        if let Some(stopped) = stopped {
            let reason = HeldReason::Stopped { stopped, of: Some(after) };
            self.shut(waiting.group, 1, reason, None);
        } else if reachable < need {
            let (wave, behind) = (*wave, waiting.behind);
            let (members, allowed) = (all, *allowed);
            let reason = HeldReason::Gate { after, reachable, members, allowed, wave, behind };
            self.shut(waiting.group, behind.unwrap_or(1), reason, None);
        } else if let (Some(soak), false) = (soak, soaked) {
            let since = since.flatten();
            let until = since.map(|since| since.saturating_add(*soak).unwrap_or(Timestamp::MAX));
            let reason = HeldReason::Soak { after, wave: *wave, behind: waiting.behind, soak: *soak, since };
            self.shut(waiting.group, behind, reason, until);
        }
        let candidates = ahead.iter().filter(|member| member.is_candidate()).map(|member| member.id.clone());
        let condition = Condition::GroupAtLevel {
            waiting: waiting.group.name.clone(),
            behind: waiting.behind,
            group: group.name.clone(),
            wave: *wave,
            release: group.release.clone(),
            candidates: candidates.collect(),
            members: all,
            allowed: *allowed,
            soak: *soak,
            health: group.pace.health.clone(),
        };
        let barrier = Barrier { wave: behind, condition };
        self.barriers.entry(waiting.group.name.clone()).or_default().push(barrier);
    }

    /// Takes note of a shut gate. Of several between waves only the first is told: what stands behind it does anyway.
    fn shut(&mut self, group: &Group, wave: u32, reason: HeldReason, until: Option<Timestamp>) {
        let first = self.shut.entry(group.name.clone()).or_insert(wave);
        if wave > 1 && *first < wave {
            return;
        }
        self.held.push(Held { address: Address::Group(group.name.clone()), reason, until });
    }
}

/// Returns how many of a group, or of one wave of it, were moved by the rollout that goes on and are members no more. They
/// count as failed until somebody has looked into it.
fn gone(input: &Input<'_>, group: &Group, wave: Option<u32>, members: &[Member<'_>]) -> usize {
    let goes_on = input.state.rollouts.get(&group.name).is_some_and(|rollout| rollout.is_to(&group.release));
    if !goes_on {
        return 0;
    }
    let here: BTreeSet<&Ocid> = members.iter().map(|member| member.id).collect();
    let moved = input.state.instances.iter().filter(|(id, record)| {
        record.group == group.name
            && record.release.as_ref() == Some(&group.release)
            && wave.is_none_or(|wave| record.wave == wave)
            && !here.contains(id)
    });
    moved.count()
}

/// Returns since when so many of these have been at a release's level; nothing where they are not, and no time where
/// nobody has to be.
fn since<'a>(
    input: &Input<'_>,
    release: &ReleaseName,
    settled: impl Iterator<Item = &'a Ocid>,
    need: usize,
) -> Option<Option<Timestamp>> {
    input.state.level_since(release, settled, need).ok()
}

/// Returns the groups so that each follows those it waits for, in file order otherwise. The train's checks have
/// excluded cycles.
fn in_order(groups: &[Group]) -> Vec<&Group> {
    fn visit<'a>(
        group: &'a Group,
        groups: &'a [Group],
        seen: &mut BTreeSet<&'a GroupName>,
        order: &mut Vec<&'a Group>,
    ) {
        if !seen.insert(&group.name) {
            return;
        }
        for first in groups.iter().filter(|other| group.after.contains(&other.name)) {
            visit(first, groups, seen, order);
        }
        order.push(group);
    }
    let (mut seen, mut order) = (BTreeSet::new(), Vec::with_capacity(groups.len()));
    for group in groups {
        visit(group, groups, &mut seen, &mut order);
    }
    order
}
