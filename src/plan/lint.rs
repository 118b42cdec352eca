//! Invariants that every plan keeps, whatever it was made from. Tests lint every plan they meet, and so does
//! whoever loads one from a file.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

mod crew;
mod exact;
mod gates;
mod imports;
mod lists;
mod sources;

use super::{Action, Change, ChangeDetail, HeldReason, Order, Plan, Step, Verification, Work};
use crate::name::{Address, GroupName, Ocid, ReleaseName};
use crate::op::{Op, OpKey, StepId};
use crate::train::Reboot;

/// An invariant that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding(String);

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Checks every invariant; a good plan gives none.
pub fn lint(plan: &Plan) -> Vec<Finding> {
    let mut lint = Lint { plan, findings: Vec::new() };
    lint.order();
    lint.ops_are_asked_once();
    lint.references_resolve();
    lint.instances_run_in_order();
    gates::stand_before(&mut lint);
    lint.held_things_rest();
    lint.changes_and_steps_agree();
    lint.cohorts_are_whole();
    lint.patches_are_whole();
    lint.schedules_stand_in_order();
    lint.steps_are_about_what_they_name();
    lint.updates_are_what_groups_ask_for();
    gates::say_what_the_groups_say(&mut lint);
    gates::waves_are_whole(&mut lint);
    lint.counts_are_right();
    sources::deleted_last(&mut lint);
    sources::children_hang(&mut lint);
    crew::move_as_a_whole(&mut lint);
    exact::is_told(&mut lint);
    imports::are_taken_over(&mut lint);
    lint.findings
}

mod schedules;

/// Returns the group that a step is about: of those that it may be told of the one that is told of.
fn stand(step: &Step, told: &BTreeSet<&Address>) -> Option<Address> {
    let mut groups = step.groups();
    let found = groups.iter().position(|address| told.contains(address));
    match found {
        Some(at) => Some(groups.swap_remove(at)),
        None => groups.pop(),
    }
}

struct Lint<'a> {
    plan: &'a Plan,
    findings: Vec<Finding>,
}

impl<'a> Lint<'a> {
    fn found(&mut self, text: impl Into<String>) {
        self.findings.push(Finding(text.into()));
    }

    fn ops(&self) -> impl Iterator<Item = (&'a Step, &'a Op)> + use<'a> {
        let plan = self.plan;
        plan.steps.iter().filter_map(|step| match &step.action {
            Action::Act { op } => Some((step, op)),
            Action::Verify { .. } | Action::Gate { .. } => None,
        })
    }

    /// Steps stand at their ids, behind what they follow, and name nothing twice.
    fn order(&mut self) {
        if let Err(error) = Order::of(&self.plan.steps) {
            self.found(error.to_string());
        }
        for step in &self.plan.steps {
            if step.after.iter().any(|before| *before >= step.id) {
                self.found(format!("{} stands before something it follows", step.id));
            }
            if step.after.iter().collect::<BTreeSet<_>>().len() != step.after.len() {
                self.found(format!("{} follows one step twice", step.id));
            }
        }
    }

    fn ops_are_asked_once(&mut self) {
        let mut seen: BTreeMap<OpKey, StepId> = BTreeMap::new();
        for (step, op) in self.ops() {
            if let Some(first) = seen.insert(op.key(), step.id) {
                self.found(format!("{} and {first} ask for the same: {}", step.id, op.key()));
            }
        }
    }

    /// A source or group without an id is made by an earlier step; what is made has no id yet.
    fn references_resolve(&mut self) {
        let mut sources: BTreeSet<&ReleaseName> = BTreeSet::new();
        let mut groups: BTreeSet<&GroupName> = BTreeSet::new();
        for step in &self.plan.steps {
            match &step.action {
                Action::Act { op: Op::CreateSource { release, .. } } => {
                    sources.insert(release);
                }
                Action::Act { op: Op::CreateGroup { group, .. } } => {
                    groups.insert(group);
                }
                Action::Act {
                    op:
                        Op::AddPackages { source, .. }
                        | Op::RemovePackages { source, .. }
                        | Op::Switch { to: source, .. }
                        | Op::Update { source, .. }
                        | Op::Enforce { source, .. },
                }
                | Action::Verify { what: Verification::Contents { source } } => {
                    self.source_resolves(step, source, &sources);
                }
                Action::Act {
                    op:
                        Op::Attach { group, source, .. }
                        | Op::Detach { group, keeps: source, .. }
                        | Op::Enroll { group, source, .. }
                        | Op::UpdateGroup { group, source, .. }
                        | Op::EnforceGroup { group, source, .. }
                        | Op::Rerun { group, source, .. },
                } => {
                    self.source_resolves(step, source, &sources);
                    self.group_resolves(step, group, &groups);
                }
                Action::Act {
                    op:
                        Op::Join { group, .. }
                        | Op::Leave { group, .. }
                        | Op::DeleteGroup { group }
                        | Op::CreateSchedule { group, .. }
                        | Op::Dismiss { group, .. }
                        | Op::PatchGroup { group, .. }
                        | Op::EnableGroupStreams { group, .. }
                        | Op::Refresh { group, .. }
                        | Op::CreateProfile { group, .. },
                } => self.group_resolves(step, group, &groups),
                Action::Act { op: Op::DeleteSource { source } } => {
                    if source.id.is_none() {
                        self.found(format!("{} deletes a source that it cannot name", step.id));
                    }
                }
                Action::Verify { what: Verification::Level { group, .. } } => {
                    if self.plan.group(group).is_none() {
                        self.found(format!(
                            "{} proves a level of group {group}, which the plan lacks",
                            step.id
                        ));
                    }
                }
                Action::Act {
                    op:
                        Op::Patch { .. }
                        | Op::EnableStreams { .. }
                        | Op::ChangeSchedule { .. }
                        | Op::DeleteSchedule { .. }
                        | Op::DeleteProfile { .. }
                        | Op::AdoptSource { .. }
                        | Op::AdoptGroup { .. }
                        | Op::Reboot { .. }
                        | Op::RefreshInstance { .. },
                }
                | Action::Verify {
                    what:
                        Verification::Patched { .. } | Verification::Streams { .. } | Verification::Booted { .. },
                }
                | Action::Gate { .. } => {}
            }
        }
    }

    /// Of one instance: leave, join, switch, update, read back follow one another, each at most once.
    fn instances_run_in_order(&mut self) {
        let rank = |step: &Step| match &step.action {
            Action::Act { op: Op::Leave { .. } } => 0,
            Action::Act { op: Op::Join { .. } } => 1,
            Action::Act { op: Op::Switch { .. } } => 2,
            Action::Act { op } if op.updates().is_some() => 3,
            Action::Verify { what: Verification::Patched { .. } | Verification::Streams { .. } } => 4,
            Action::Act { op: Op::Reboot { .. } } => 5,
            Action::Verify { what: Verification::Booted { .. } } => 6,
            _ => 7,
        };
        // Several members may leave one instance behind them, and several packages be brought one by one.
        let repeats = |rank: i32| rank == 0 || rank == 3;
        let mut last: BTreeMap<&Ocid, &Step> = BTreeMap::new();
        for step in &self.plan.steps {
            let (Address::Instance(instance), false) =
                (&step.address, matches!(step.action, Action::Gate { .. }))
            else {
                continue;
            };
            let Some(before) = last.insert(instance, step) else { continue };
            if rank(before) >= rank(step) && !(rank(before) == rank(step) && repeats(rank(step))) {
                self.found(format!("{} comes too late for {instance}", step.id));
            }
            if rank(before) > 0 && !step.after.contains(&before.id) {
                self.found(format!("{} does not follow {} of the same instance", step.id, before.id));
            }
        }
        // What is newer than its release, or waits for a schedule, has no level to prove.
        let level_less = self.plan.held.iter().filter_map(|held| match (&held.address, &held.reason) {
            (
                Address::Instance(id),
                HeldReason::Ahead { .. } | HeldReason::Schedule { .. } | HeldReason::Inexact { .. },
            ) => Some(id),
            _ => None,
        });
        let level_less: BTreeSet<&Ocid> = level_less.collect();
        for (instance, step) in last {
            let proven = matches!(step.action, Action::Verify { .. });
            let moves = |op: &Op| op.updates().is_some() || matches!(op, Op::Switch { .. });
            let moved = matches!(&step.action, Action::Act { op } if moves(op));
            let group = step.group.as_ref().and_then(|group| self.plan.group(group));
            let has_level = group.is_none_or(|group| group.patching.has_level());
            if moved && !proven && has_level && !level_less.contains(instance) {
                self.found(format!("{} changes {instance} and nothing proves it", step.id));
            }
        }
    }

    /// What cannot take work gets none.
    fn held_things_rest(&mut self) {
        let resting = self.plan.held.iter().filter_map(|held| match (&held.address, &held.reason) {
            (
                Address::Instance(id),
                HeldReason::Unreachable { .. }
                | HeldReason::Unknown
                | HeldReason::Unread
                | HeldReason::OpenWork { .. }
                | HeldReason::Elsewhere { .. }
                | HeldReason::NotRunning { .. }
                | HeldReason::OtherSystem { .. }
                | HeldReason::Apart { .. }
                | HeldReason::Stray { .. }
                | HeldReason::Taken { .. }
                | HeldReason::Beside { .. }
                | HeldReason::Overdue { .. }
                | HeldReason::Unbooted { .. }
                | HeldReason::Streams { .. },
            ) => Some(id),
            _ => None,
        });
        let resting: BTreeSet<&Ocid> = resting.collect();
        for (step, op) in self.ops() {
            let one = match op {
                Op::Switch { instance, .. } | Op::Reboot { instance, .. } => Some(instance),
                other => other.updates(),
            };
            let crew = op.crew().map_or(&[][..], |(_, instances)| instances);
            for instance in one.into_iter().chain(crew).filter(|instance| resting.contains(instance)) {
                self.found(format!("{} moves {instance}, which is held", step.id));
            }
        }
    }

    /// Every change has a step that makes it, and every step a change that tells of it.
    fn changes_and_steps_agree(&mut self) {
        let mut told: BTreeSet<&Address> = BTreeSet::new();
        for Change { address, .. } in &self.plan.changes {
            if !told.insert(address) {
                self.found(format!("{address:?} is told of twice"));
            }
        }
        let mut made: BTreeSet<Address> = BTreeSet::new();
        for step in self.plan.steps.iter().filter(|step| !matches!(step.action, Action::Gate { .. })) {
            let group = stand(step, &told);
            let own = match &step.action {
                // What is taken over is told apart.
                Action::Act { op: Op::AdoptSource { .. } | Op::AdoptGroup { .. } }
                | Action::Verify { what: Verification::Contents { .. } }
                    if self.plan.imports.iter().any(|import| import.address == step.address) =>
                {
                    continue;
                }
                // A level is proven, and members join and leave, as a change of the group.
                Action::Verify { what: Verification::Level { .. } | Verification::Booted { .. } }
                    if told.contains(&step.address) =>
                {
                    Some(step.address.clone())
                }
                Action::Verify { what: Verification::Level { .. } | Verification::Booted { .. } } => {
                    group.clone()
                }
                Action::Act { op: Op::Join { .. } | Op::Leave { .. } | Op::Dismiss { .. } } => group.clone(),
                // A group moves its members; that is told of them, of it, or of both.
                Action::Act { op } if op.crew().is_some() => {
                    let instances = op.crew().map_or(&[][..], |(_, instances)| instances);
                    let of = instances.iter().map(|id| Address::Instance(id.clone()));
                    let of: Vec<Address> = of.filter(|address| told.contains(address)).collect();
                    let first = of.first().cloned();
                    made.extend(of);
                    group.clone().filter(|group| told.contains(group)).or(first)
                }
                Action::Act { .. } | Action::Verify { .. } | Action::Gate { .. } => {
                    Some(step.address.clone())
                }
            };
            match own {
                Some(address) if told.contains(&address) => {
                    made.insert(address);
                }
                _ => self.found(format!("{} does something that no change tells of", step.id)),
            }
        }
        for change in &self.plan.changes {
            // A binding changes with its instances, which may all be held.
            let bound_only = matches!(&change.detail, ChangeDetail::Group { from: Some(_), .. });
            if !made.contains(&change.address) && !bound_only {
                self.found(format!("{:?} is told of and no step makes it", change.address));
            }
        }
    }

    /// A step touches the instance of its address, and takes it to the release that its group is bound to.
    fn steps_are_about_what_they_name(&mut self) {
        for step in &self.plan.steps {
            let (instance, release) = match &step.action {
                Action::Act { op } => match op {
                    Op::Switch { instance, to, .. } => (Some(instance), Some(&to.release)),
                    Op::Update { instance, source, .. } | Op::Enforce { instance, source, .. } => {
                        (Some(instance), Some(&source.release))
                    }
                    _ => (op.instance(), None),
                },
                Action::Verify {
                    what:
                        Verification::Level { instance, .. }
                        | Verification::Patched { instance, .. }
                        | Verification::Streams { instance, .. }
                        | Verification::Booted { instance, .. },
                } => (Some(instance), None),
                Action::Verify { .. } | Action::Gate { .. } => (None, None),
            };
            if let Some(instance) = instance
                && step.address != Address::Instance(instance.clone())
            {
                self.found(format!("{} is not about {instance}, which it touches", step.id));
            }
            let bound = step.group.as_ref().and_then(|group| self.plan.group(group));
            if matches!(&step.action, Action::Act { op: Op::Reboot { .. } })
                && bound.is_none_or(|bound| bound.reboot != Reboot::Window)
            {
                self.found(format!("{} boots who is in no group that asks for it", step.id));
            }
            if let Some(release) = release
                && bound.is_none_or(|bound| bound.release != *release)
            {
                self.found(format!("{} goes to {release}, to which its group is not bound", step.id));
            }
        }
    }

    /// An update is of the kind that its group asks for; what is left to a schedule is no step.
    fn updates_are_what_groups_ask_for(&mut self) {
        for (step, op) in self.ops() {
            let (Op::Update { kind, .. } | Op::UpdateGroup { kind, .. }) = op else { continue };
            let group = step.group.as_ref().and_then(|group| self.plan.group(group));
            if group.is_some_and(|group| group.patching.update != Some(*kind)) {
                self.found(format!("{} updates what its group does not ask for: {kind}", step.id));
            }
        }
        for held in &self.plan.held {
            let without = match &held.address {
                Address::Group(group) => {
                    self.plan.group(group).is_none_or(|group| group.patching.has_level())
                }
                _ => true,
            };
            if held.reason == HeldReason::NoUpdates && without {
                self.found(format!("{:?} is held for want of updates that it has", held.address));
            }
        }
    }

    /// What is counted for people is what the steps do.
    fn counts_are_right(&mut self) {
        let mut work: BTreeMap<&GroupName, Work> = BTreeMap::new();
        for step in &self.plan.steps {
            let Some(group) = &step.group else { continue };
            let work = work.entry(group).or_default();
            *match &step.action {
                Action::Act { op: Op::Join { .. } } => &mut work.joins,
                Action::Act { op: Op::Leave { .. } } => &mut work.leaves,
                Action::Act { op: Op::Switch { .. } } => &mut work.switches,
                Action::Act { op: Op::Enforce { .. } } => &mut work.exact,
                Action::Act { op: Op::Reboot { .. } } => &mut work.reboots,
                Action::Verify { what: Verification::Booted { .. } } => continue,
                Action::Act { op } if op.updates().is_some() => &mut work.updates,
                Action::Verify { .. } => &mut work.verifies,
                Action::Act { .. } | Action::Gate { .. } => continue,
            } += 1;
        }
        crew::count(self.plan, &mut work);
        for group in &self.plan.groups {
            let done = work.get(&group.name).copied().unwrap_or_default();
            if done != group.work {
                self.found(format!("group {} counts {:?}, its steps are {done:?}", group.name, group.work));
            }
        }
        let golden = self.plan.golden.as_ref();
        let instances = self
            .plan
            .held
            .iter()
            .filter(|held| matches!(&held.address, Address::Instance(id) if Some(id) != golden));
        let held = instances.count();
        // A plan from a file may say any number.
        let counted = self.plan.groups.iter().fold(0_usize, |sum, group| sum.saturating_add(group.held));
        if held != counted {
            self.found(format!("{held} instances are held, the groups count {counted}"));
        }
        if self.plan.cost != super::steps::cost(&self.plan.steps) {
            self.found("the steps do not take what the plan says they will take");
        }
    }
}
