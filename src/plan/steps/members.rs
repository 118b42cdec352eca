//! The steps of groups, one after another and wave by wave, each behind its gates: switch, update and read back.

use std::collections::BTreeMap;

use super::{Found, Membership, Steps, switch};
use crate::name::{Address, GroupName, ReleaseName};
use crate::observed::Precondition;
use crate::op::{Op, StepId};
use crate::plan::assess::{Assessed, Member};
use crate::plan::gates::{Barrier, Gates};
use crate::plan::roster::Rosters;
use crate::plan::waves::Waves;
use crate::plan::{Action, Condition, Input, Verification, holdings};
use crate::train::Group;

/// The last steps of the members of each wave of each group: what a gate behind that follows.
type Ends<'a> = BTreeMap<(&'a GroupName, u32), Vec<StepId>>;

/// What a member's steps follow.
struct Before<'a> {
    /// The gates of its wave and of all before.
    barriers: &'a [StepId],
    filled: &'a BTreeMap<ReleaseName, StepId>,
    membership: &'a Membership,
}

impl Steps {
    /// Group by group, each behind its gates: switch, update and read back its members.
    pub(super) fn groups(
        &mut self,
        input: &Input<'_>,
        (service, rosters): (Found<'_>, &Rosters),
        members: &Assessed<'_>,
        (gates, waves): (&Gates, &Waves),
        filled: &BTreeMap<ReleaseName, StepId>,
        membership: &mut Membership,
    ) {
        let mut ends: Ends<'_> = BTreeMap::new();
        for name in &gates.order {
            let placed = gates.barriers.get(name).map(Vec::as_slice).unwrap_or_default();
            let count = waves.of(name).map_or(1, |lineup| lineup.waves.len().max(1));
            let mut barriers: Vec<StepId> = Vec::new();
            for wave in 1..=u32::try_from(count).unwrap_or(u32::MAX) {
                self.wave = (count > 1).then_some(wave);
                for Barrier { condition, .. } in placed.iter().filter(|barrier| barrier.wave == wave) {
                    barriers.push(self.gate(name, condition, &ends));
                }
                if let Some(crew) = service.crews.of_wave(name, wave)
                    && let Some(binding) = service.bindings.get(&crew.name)
                {
                    let filled = filled.get(&crew.group.release).copied();
                    let before = barriers.iter().copied().chain(filled).collect();
                    let found = (service, rosters);
                    let end = self.crew(input, found, (crew, binding), before, (membership, members));
                    ends.insert((name, wave), end);
                    continue;
                }
                let before = Before { barriers: &barriers, filled, membership };
                for member in members.of(name).iter().filter(|member| waves.wave(member) == wave) {
                    if let Some(end) = self.member(service, member, &before) {
                        ends.entry((name, wave)).or_default().push(end);
                    }
                }
            }
            self.wave = None;
            if let Some(group) = input.train.group(name) {
                self.arrival(input, group, members.of(name), (waves, &ends));
            }
        }
    }

    fn gate(&mut self, waiting: &GroupName, condition: &Condition, ends: &Ends<'_>) -> StepId {
        let after = match condition {
            Condition::GroupAtLevel { group, wave, .. } => {
                let waves =
                    ends.iter().filter(|((of, at), _)| *of == group && wave.is_none_or(|wave| wave == *at));
                waves.flat_map(|(_, ends)| ends.iter().copied()).collect()
            }
            _ => Vec::new(),
        };
        let action = Action::Gate { condition: condition.clone() };
        self.push(Address::Group(waiting.clone()), Some(waiting), action, after, Precondition::Nothing)
    }

    /// Lays out the steps of one member. Returns the last of them.
    fn member(&mut self, service: Found<'_>, member: &Member<'_>, before: &Before<'_>) -> Option<StepId> {
        let Found { sources, riding, groups, .. } = service;
        let name = &member.group.name;
        let address = || Address::Instance(member.id.clone());
        let source = holdings::source_ref(sources, &member.release.name);
        let join = before.membership.joined.get(member.id).copied();
        let mut first: Vec<StepId> = join.into_iter().collect();
        if member.moves() {
            first.extend(before.filled.get(&member.release.name));
            // What stands in the parent is offered too: it must be empty again.
            let parent = source.under.as_ref().and_then(|_| before.filled.get(&ReleaseName::own_parent()));
            first.extend(parent);
            first.extend(before.barriers);
        }
        // A group that is taken over is the train's before anybody in it is moved.
        let adopted = before.membership.made.get(name).filter(|_| join.is_none());
        first.extend(adopted.filter(|_| groups.get(name).is_some_and(|found| found.imported)));
        let mut last = None;
        if member.switch {
            let (op, expects) = switch(member, &source, riding);
            let step =
                self.push(address(), Some(name), Action::Act { op }, std::mem::take(&mut first), expects);
            self.switched.insert(member.id.clone(), step);
            last = Some(step);
        }
        if let (true, Some(kind)) = (member.update, member.group.update) {
            let after = last.map_or_else(|| std::mem::take(&mut first), |step| vec![step]);
            let expects = Precondition::Rides { instance: member.id.clone(), source: source.clone() };
            let (instance, source) = (member.id.clone(), source.clone());
            let op = Op::Update { instance, source, kind };
            last = Some(self.push(address(), Some(name), Action::Act { op }, after, expects));
        }
        if member.correction.is_due() {
            let after = last.map_or_else(|| std::mem::take(&mut first), |step| vec![step]);
            let expects = Precondition::Rides { instance: member.id.clone(), source: source.clone() };
            let (instance, source) = (member.id.clone(), source.clone());
            let op = Op::Enforce { instance, source, adjusts: member.correction.adjusts() };
            last = Some(self.push(address(), Some(name), Action::Act { op }, after, expects));
        }
        if member.boots {
            let after = last.map_or_else(|| std::mem::take(&mut first), |step| vec![step]);
            last = Some(self.reboot(name, (member, &source), after));
        }
        if member.verify {
            // What this plan has just put there needs no second look; what was seen when it was made does, and so does
            // whoever has been booted meanwhile.
            let expects = match last {
                Some(_) if !member.boots => Precondition::Nothing,
                _ => Precondition::Attached { instance: member.id.clone(), source },
            };
            let after = last.map_or(first, |step| vec![step]);
            let stays = member.correction.stays();
            let what = Verification::Level { instance: member.id.clone(), group: name.clone(), stays };
            last = Some(self.push(address(), Some(name), Action::Verify { what }, after, expects));
        }
        last.or(join)
    }

    /// Ends a group's rollout once it has arrived: behind all that is done to its members.
    fn arrival(
        &mut self,
        input: &Input<'_>,
        group: &Group,
        members: &[Member<'_>],
        (waves, ends): (&Waves, &Ends<'_>),
    ) {
        let begins = waves.of(&group.name).is_some_and(|lineup| lineup.begins);
        let open = input.state.rollouts.get(&group.name).is_some_and(|rollout| rollout.is_to(&group.release));
        if !begins && !open {
            return;
        }
        let candidates =
            members.iter().filter(|member| member.is_candidate()).map(|member| member.id.clone());
        let condition = Condition::Arrived {
            group: group.name.clone(),
            release: group.release.clone(),
            candidates: candidates.collect(),
            members: members.len(),
            allowed: group.max_failures.of(members.len()),
            health: group.pace.health.clone(),
        };
        let after =
            ends.iter().filter(|((of, _), _)| *of == &group.name).flat_map(|(_, ends)| ends.iter().copied());
        let (address, after) = (Address::Group(group.name.clone()), after.collect());
        let action = Action::Gate { condition };
        self.push(address, Some(&group.name), action, after, Precondition::Nothing);
    }
}
