//! Which groups wait for which, and which of those gates are shut now: `after` becomes a barrier whose condition is
//! fixed data.

use std::collections::{BTreeMap, BTreeSet};

use super::assess::{Assessed, Member};
use super::bindings::{Binding, Bindings};
use super::{Condition, Held, HeldReason, Input};
use crate::name::{Address, GroupName};
use crate::train::Group;

/// The gates of a plan.
#[derive(Clone, Debug, Default)]
pub(super) struct Gates {
    /// By waiting group: the conditions, one for each group that goes first and is not settled.
    pub(super) conditions: BTreeMap<GroupName, Vec<Condition>>,
    /// The groups that something shut stands before.
    pub(super) shut: BTreeSet<GroupName>,
    /// Why, for people.
    pub(super) held: Vec<Held>,
    /// The groups in an order in which each follows those it waits for.
    pub(super) order: Vec<GroupName>,
}

/// Places a gate before each group that has something to wait for.
pub(super) fn place(input: &Input<'_>, members: &Assessed<'_>, bindings: &Bindings) -> Gates {
    let mut gates = Gates::default();
    for group in in_order(&input.train.groups) {
        gates.order.push(group.name.clone());
        let bound = bindings.get(&group.name).is_some_and(Binding::moves);
        if !bound && !members.of(&group.name).iter().any(Member::moves) {
            continue;
        }
        for name in &group.after {
            let Some(first) = input.train.group(name) else { continue };
            let ahead = members.of(name);
            let allowed = first.max_failures.of(ahead.len());
            let count =
                |test: &dyn Fn(&Member<'_>) -> bool| ahead.iter().filter(|member| test(member)).count();
            let has_work = ahead.iter().any(|member| member.moves() || member.verify);
            if !has_work && ahead.len() - count(&|member| member.is_settled()) <= allowed {
                continue;
            }
            // Behind a shut gate of its own, a member only counts where nothing has to be done to it.
            let own_gate_shut = gates.shut.contains(name);
            let reachable = count(&|member| member.is_candidate() && !(own_gate_shut && member.moves()));
            if ahead.len() - reachable > allowed {
                gates.shut.insert(group.name.clone());
                let after = name.clone();
                let reason = HeldReason::Gate { after, reachable, members: ahead.len(), allowed };
                gates.held.push(Held { address: Address::Group(group.name.clone()), reason, until: None });
            }
            let candidates =
                ahead.iter().filter(|member| member.is_candidate()).map(|member| member.id.clone());
            gates.conditions.entry(group.name.clone()).or_default().push(Condition::GroupAtLevel {
                waiting: group.name.clone(),
                group: name.clone(),
                release: first.release.clone(),
                candidates: candidates.collect(),
                members: ahead.len(),
                allowed,
            });
        }
    }
    gates
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
