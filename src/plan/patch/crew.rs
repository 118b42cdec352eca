//! Updates by hand where groups are updated as a whole: all members or none, and no package on a member that lacks it.

use std::collections::BTreeSet;

use super::{Draft, Outstanding, OutstandingUpdate};
use crate::name::{Address, GroupName, Ocid};
use crate::observed::Precondition;
use crate::op::{GroupRef, Op, StepId};
use crate::package::Package;
use crate::plan::assess::{Assessed, Member};
use crate::plan::bindings;
use crate::plan::holdings::Groups;
use crate::plan::{Action, HeldReason, Input, Step, Verification};

impl Draft<'_> {
    /// Lays out what is asked of groups, or holds all of their members.
    pub(super) fn crews(&mut self, input: &Input<'_>, groups: &Groups, members: &Assessed<'_>) {
        for (group, outstanding) in std::mem::take(&mut self.crews) {
            let known = members.of(&group);
            if let Some(reason) = in_the_way(input, known) {
                outstanding.into_iter().for_each(|one| self.hold(&one.id, reason.clone()));
                continue;
            }
            let id = groups.get(&group).and_then(|found| found.id.clone());
            self.crew(input, &GroupRef { group, id }, outstanding, known);
        }
    }

    fn crew(
        &mut self,
        input: &Input<'_>,
        group: &GroupRef,
        mut outstanding: Vec<Outstanding>,
        members: &[Member<'_>],
    ) {
        let named = !self.request.packages.is_empty();
        if named {
            // The service installs a package on all members, also on those that never had it.
            let lacking = |update: &OutstandingUpdate| members.iter().filter(|it| lacks(it, update)).count();
            for one in &mut outstanding {
                one.updates.retain(|update| match lacking(update) {
                    0 => true,
                    lacking => {
                        let package = update.name.to_string();
                        self.hold(&one.id, HeldReason::NotEverywhere { package, lacking });
                        false
                    }
                });
            }
            outstanding.retain(|one| !one.updates.is_empty());
        }
        let all: Vec<Ocid> = outstanding.iter().map(|one| one.id.clone()).collect();
        if all.is_empty() {
            return;
        }
        let wanted = self.request.wanted;
        let ops: Vec<Op> = if named {
            let packages = outstanding.iter().flat_map(|one| packages(&one.updates));
            let packages: BTreeSet<Package> = packages.collect();
            let op = |package: Package| {
                let on = outstanding.iter().filter(|one| packages_has(&one.updates, package));
                let instances = on.map(|one| one.id.clone()).collect();
                Op::PatchGroup { group: group.clone(), wanted, package: Some(package), instances }
            };
            packages.into_iter().map(op).collect()
        } else {
            vec![Op::PatchGroup { group: group.clone(), wanted, package: None, instances: all.clone() }]
        };
        // One after the other: never a second update beside an open one.
        let mut last = None;
        for op in ops {
            last = Some(self.on_group(&group.group, op, last));
        }
        if input.capabilities.refreshes {
            let op = Op::Refresh { group: group.clone(), instances: all };
            last = Some(self.on_group(&group.group, op, last));
        }
        for Outstanding { id, updates, proves } in outstanding {
            let packages = if named { packages(&updates).collect() } else { Vec::new() };
            let what = Verification::Patched { instance: id.clone(), wanted, packages };
            let whole = group.group.whole();
            let name = Some(&whole);
            let read = self.push(&id, name, Action::Verify { what }, last, Precondition::Nothing);
            if proves {
                let what =
                    Verification::Level { instance: id.clone(), group: whole.clone(), stays: Vec::new() };
                self.push(&id, name, Action::Verify { what }, Some(read), Precondition::Nothing);
            }
            self.change(&id, Some(whole), (updates, Vec::new()));
        }
    }

    pub(super) fn on_group(&mut self, group: &GroupName, op: Op, after: Option<StepId>) -> StepId {
        let id = StepId(u32::try_from(self.steps.len()).unwrap_or(u32::MAX));
        let after = after.into_iter().collect();
        let (address, precondition) = (Address::Group(group.clone()), Precondition::Nothing);
        let action = Action::Act { op };
        self.steps.push(Step {
            id,
            address,
            group: Some(group.whole()),
            wave: None,
            action,
            after,
            precondition,
        });
        id
    }
}

fn packages(updates: &[OutstandingUpdate]) -> impl Iterator<Item = Package> + '_ {
    updates.iter().filter_map(OutstandingUpdate::package)
}

fn packages_has(updates: &[OutstandingUpdate], package: Package) -> bool {
    packages(updates).any(|known| known == package)
}

/// Tells whether a member has no package of the name and architecture; one whose packages are not known may.
fn lacks(member: &Member<'_>, update: &OutstandingUpdate) -> bool {
    let Some(inventory) = member.seen.and_then(|seen| seen.packages()) else { return true };
    let same = |package: Package| {
        *package.name() == *update.name
            && (update.architecture.is_empty() || *package.arch().as_str() == *update.architecture)
    };
    !inventory.installed.iter().any(same)
}

/// Returns what keeps a whole group from being updated by hand: work that is open on a member, or a member that rides
/// something else, which it would get ahead of.
pub(super) fn in_the_way(input: &Input<'_>, members: &[Member<'_>]) -> Option<HeldReason> {
    let reached = || {
        members
            .iter()
            .filter_map(|member| Some((member, member.seen.filter(|seen| seen.status.takes_work())?)))
    };
    let busy =
        reached().find_map(|(member, seen)| Some((member, bindings::in_the_way(input, member.crew, seen)?)));
    if let Some((member, (ticket, _))) = busy {
        return Some(HeldReason::Beside { instance: member.id.clone(), ticket });
    }
    let (_, seen) = reached().find(|(member, _)| !member.rides && !member.outside)?;
    let rides = seen.children.first().map(|link| link.name.clone());
    Some(HeldReason::Elsewhere { rides })
}
