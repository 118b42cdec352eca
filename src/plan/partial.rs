//! Plans of a part: what `--target` leaves of a whole plan. Only what is asked for, and what that needs.
//!
//! The whole plan's steps are laid first and then picked from, so that nothing runs that the whole plan would not run, and
//! what a step follows comes with it, through gates too. What moves an instance, or where groups are bound, a group, comes
//! whole: nobody is switched and then not updated, or updated and not proven. What is told for people is then told of what
//! is left, by the phases that tell it of a whole plan.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::aim::Names;
use super::assess::Assessed;
use super::bindings::Bindings;
use super::changes::Story;
use super::gates::Gates;
use super::holdings::Groups;
use super::retired::Retirement;
use super::roster::Rosters;
use super::{
    Action, Change, ChangeAction, ChangeDetail, Condition, Held, HeldReason, Input, Note, PlannedImport,
    Refusal, Step,
};
use crate::name::{Address, GroupName, Ocid, ReleaseName, Spelled};
use crate::op::{Binding, Op, StepId};

/// What a plan of a part is a part of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Partial {
    /// What was asked for, as it was spelled.
    pub targets: Vec<String>,
    /// What changes besides, because that needs it.
    pub along: Vec<Address>,
    /// What the whole plan would change, and this one does not.
    pub left_out: Vec<Address>,
    /// How many steps more the whole plan has.
    pub steps: usize,
}

/// Everything of a plan that is narrowed to what is asked for.
pub(super) struct Whole<'p, 'a> {
    pub(super) steps: &'p mut Vec<Step>,
    pub(super) members: &'p mut Assessed<'a>,
    pub(super) rosters: &'p mut Cow<'a, Rosters>,
    pub(super) groups: &'p mut Groups,
    pub(super) bindings: &'p mut Bindings,
    pub(super) gates: &'p mut Gates,
    pub(super) retirement: &'p mut Retirement<'a>,
}

/// What is kept of a plan.
pub(super) struct Kept {
    /// The addresses that a kept step may change.
    made: BTreeSet<Address>,
    /// The groups that are asked for, or of which every step is kept.
    whole: BTreeSet<GroupName>,
    /// The groups of which something moves.
    moving: BTreeSet<GroupName>,
    /// Who leaves groups that the train no longer declares, and that stay.
    left: BTreeMap<GroupName, Vec<Ocid>>,
    /// The group that instances are told of in.
    group_of: BTreeMap<Ocid, GroupName>,
}

/// Steps that come together or not at all.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Unit<'s> {
    /// The making, filling and proving of a source, or its deletion; a scheduled job; a registration profile.
    Thing(&'s Address),
    /// What is done to an instance in a group.
    Member(&'s GroupName, &'s Ocid),
    /// The moves of a group that moves as a whole.
    Crew(&'s GroupName),
    /// A step for itself.
    Own(StepId),
}

impl<'s> Unit<'s> {
    fn of(step: &'s Step, binding: Binding) -> Self {
        match (&step.address, &step.group, &step.action) {
            (_, _, Action::Gate { .. }) => Self::Own(step.id),
            (Address::Release(_) | Address::Schedule(_) | Address::Profile(_), _, _) => {
                Self::Thing(&step.address)
            }
            (_, Some(group), Action::Act { op }) if op.crew().is_some() => Self::Crew(group),
            (_, Some(group), Action::Verify { .. }) if binding == Binding::Group => Self::Crew(group),
            (Address::Instance(instance), Some(group), _) => Self::Member(group, instance),
            _ => Self::Own(step.id),
        }
    }

    /// Tells whether its steps move instances.
    fn moves(&self) -> Option<&'s GroupName> {
        match self {
            Self::Member(group, _) | Self::Crew(group) => Some(group),
            Self::Thing(_) | Self::Own(_) => None,
        }
    }
}

/// Says which targets the service cannot do by themselves.
pub(super) fn refusals(
    steps: &[Step],
    binding: Binding,
    names: Names<'_>,
    targets: &[Spelled],
) -> Vec<Refusal> {
    let instances = targets.iter().filter_map(|target| match target {
        Spelled::Instance(name) if binding == Binding::Group => Some((target, name)),
        _ => None,
    });
    let of = |(target, name): (&Spelled, &String)| {
        let concerns = |step: &&Step| {
            let crew = match &step.action {
                Action::Act { op: Op::Dismiss { instances, .. } } => instances.as_slice(),
                Action::Act { op } => op.crew().map_or(&[][..], |(_, instances)| instances),
                Action::Verify { .. } | Action::Gate { .. } => &[],
            };
            let called = |id: &Ocid| names.covers(target, &Address::Instance(id.clone()), None);
            names.covers(target, &step.address, None) || crew.iter().any(called)
        };
        let group = steps.iter().find(concerns)?.group.clone()?;
        Some(Refusal::Together { instance: name.clone(), group })
    };
    instances.filter_map(of).collect()
}

/// Narrows a plan to what is asked for, and says what is kept.
pub(super) fn narrow(input: &Input<'_>, names: Names<'_>, targets: &[Spelled], whole: Whole<'_, '_>) -> Kept {
    let Whole { steps, members, rosters, groups, bindings, gates, retirement } = whole;
    let binding = input.capabilities.binding;
    let picked = pick(steps, binding, names, targets);
    spare(steps, &picked, names, targets);
    let mut kept = Kept::of(steps, &picked, binding, (names, targets, &rosters.group_of));

    // What has steps that are not kept does nothing.
    let mut idle: BTreeSet<(GroupName, Ocid)> = BTreeSet::new();
    let mut resting: BTreeSet<GroupName> = BTreeSet::new();
    let mut gone: BTreeSet<(GroupName, Ocid)> = BTreeSet::new();
    let mut unmade: BTreeSet<GroupName> = BTreeSet::new();
    let mut deleted: BTreeSet<GroupName> = BTreeSet::new();
    let mut gated: BTreeSet<(GroupName, GroupName)> = BTreeSet::new();
    for (step, picked) in steps.iter().zip(&picked) {
        if *picked {
            match (&step.group, &step.action) {
                (_, Action::Gate { condition: Condition::GroupAtLevel { waiting, group, .. } }) => {
                    gated.insert((waiting.clone(), group.clone()));
                }
                (Some(group), Action::Act { op: Op::Leave { instance, .. } }) => {
                    gone.insert((group.clone(), instance.clone()));
                }
                (Some(group), Action::Act { op: Op::Dismiss { instances, .. } }) => {
                    gone.extend(instances.iter().map(|instance| (group.clone(), instance.clone())));
                }
                (_, Action::Act { op: Op::DeleteGroup { group } }) => {
                    deleted.insert(group.group.clone());
                }
                _ => {}
            }
            continue;
        }
        match Unit::of(step, binding) {
            Unit::Member(group, instance) => {
                idle.insert((group.clone(), instance.clone()));
            }
            Unit::Crew(group) => {
                resting.insert(group.clone());
            }
            Unit::Thing(_) | Unit::Own(_) => {}
        }
        if let Action::Act { op: Op::CreateGroup { group, .. } } = &step.action {
            unmade.insert(group.clone());
        }
    }
    let rests =
        |group: &GroupName, id: &Ocid| resting.contains(group) || idle.contains(&(group.clone(), id.clone()));
    for member in members.list.iter_mut().filter(|member| rests(&member.group.name, member.id)) {
        (member.joins, member.verify) = (false, false);
        member.rest();
    }
    bindings.retain(|crew, _| !resting.contains(&crew.whole()));
    for group in &unmade {
        if let Some(found) = groups.get_mut(group) {
            found.adopt = false;
        }
    }
    let rosters = rosters.to_mut();
    for (group, roster) in &mut rosters.declared {
        roster.leaves.retain(|id| gone.contains(&(group.whole(), id.clone())));
    }
    rosters.undeclared.retain(|group, _| deleted.contains(group));
    for (group, instance) in gone.iter().filter(|(group, _)| input.train.group(group).is_none()) {
        if !deleted.iter().any(|deleted| deleted.is_of(group)) {
            kept.left.entry(group.clone()).or_default().push(instance.clone());
        }
    }
    gates.held.retain(|held| match (&held.address, &held.reason) {
        (Address::Group(group), HeldReason::Gate { after, .. } | HeldReason::Soak { after, .. }) => {
            gated.contains(&(group.clone(), after.clone()))
        }
        (
            Address::Group(group),
            HeldReason::Closed { .. } | HeldReason::Paused { .. } | HeldReason::Stopped { .. },
        ) => kept.moving.contains(group),
        _ => true,
    });
    let goes = |release: &ReleaseName| kept.made.contains(&Address::Release(release.clone()));
    retirement.going.retain(|going| goes(&going.release.name));
    renumber(steps, &picked);
    kept
}

/// Picks the steps that are asked for, and whatever those need.
fn pick(steps: &[Step], binding: Binding, names: Names<'_>, targets: &[Spelled]) -> Vec<bool> {
    let mut units: HashMap<Unit<'_>, Vec<usize>> = HashMap::new();
    for (index, step) in steps.iter().enumerate() {
        units.entry(Unit::of(step, binding)).or_default().push(index);
    }
    let mut picked = vec![false; steps.len()];
    let mut open: Vec<usize> =
        (0..steps.len()).filter(|index| is_asked(&steps[*index], names, targets)).collect();
    while let Some(index) = open.pop() {
        if std::mem::replace(&mut picked[index], true) {
            continue;
        }
        let step = &steps[index];
        open.extend(step.after.iter().map(|before| before.0 as usize));
        // Each unit is opened once: whoever comes again finds it gone.
        open.extend(units.remove(&Unit::of(step, binding)).into_iter().flatten());
    }
    picked
}

/// Tells whether a step is one of those that are asked for.
fn is_asked(step: &Step, names: Names<'_>, targets: &[Spelled]) -> bool {
    targets.iter().any(|target| {
        let whole = matches!(target, Spelled::Group(group) if step.group.as_ref() == Some(group));
        whole || names.covers(target, &step.address, step.group.as_ref())
    })
}

/// Has nobody leave for another's sake. One step lets many go; where it is picked because one of them joins another group,
/// the others stay. All go where that is asked for, and where their group moves or is deleted after it: whoever still were a
/// member would be moved too.
fn spare(steps: &mut [Step], picked: &[bool], names: Names<'_>, targets: &[Spelled]) {
    let mut followed: BTreeSet<StepId> = BTreeSet::new();
    let mut taken: BTreeSet<Ocid> = BTreeSet::new();
    for step in steps.iter().zip(picked).filter_map(|(step, picked)| picked.then_some(step)) {
        let own = step.after.iter().filter(|before| steps[before.0 as usize].group == step.group);
        followed.extend(own);
        if let Action::Act { op } = &step.action {
            taken.extend(op.crew().map_or(&[][..], |(_, instances)| instances).iter().cloned());
        }
    }
    for step in steps.iter_mut().zip(picked).filter_map(|(step, picked)| picked.then_some(step)) {
        if followed.contains(&step.id) || is_asked(step, names, targets) {
            continue;
        }
        if let Action::Act { op: Op::Dismiss { instances, .. } } = &mut step.action {
            instances.retain(|instance| taken.contains(instance));
        }
    }
}

/// Drops the steps that are not picked, and has the others stand at their index again.
fn renumber(steps: &mut Vec<Step>, picked: &[bool]) {
    let mut next = 0;
    let ids: Vec<StepId> = picked
        .iter()
        .map(|picked| {
            let id = StepId(next);
            next += u32::from(*picked);
            id
        })
        .collect();
    let mut at = 0;
    steps.retain_mut(|step| {
        let here = at;
        at += 1;
        step.id = ids[here];
        for before in &mut step.after {
            *before = ids[before.0 as usize];
        }
        picked[here]
    });
}

impl Kept {
    fn of(
        steps: &[Step],
        picked: &[bool],
        binding: Binding,
        (names, targets, group_of): (Names<'_>, &[Spelled], &BTreeMap<Ocid, GroupName>),
    ) -> Self {
        let mut kept = Self {
            made: BTreeSet::new(),
            whole: BTreeSet::new(),
            moving: BTreeSet::new(),
            left: BTreeMap::new(),
            group_of: group_of.clone(),
        };
        let mut cut: BTreeSet<&GroupName> = BTreeSet::new();
        for (step, picked) in steps.iter().zip(picked) {
            let moves = Unit::of(step, binding).moves();
            if !picked {
                cut.extend(moves);
                continue;
            }
            kept.moving.extend(moves.filter(|_| !leaves(step)).cloned());
            if matches!(step.action, Action::Gate { .. }) {
                continue;
            }
            kept.made.insert(step.address.clone());
            // Where each wave is a group of the service, a step tells which of them it is about.
            if !matches!(step.address, Address::Group(_)) {
                kept.made.extend(step.groups());
            }
            if let Action::Act { op } = &step.action {
                let crew = op.crew().map_or(&[][..], |(_, instances)| instances);
                kept.made.extend(crew.iter().cloned().map(Address::Instance));
            }
            if let (Address::Instance(id), Some(group)) = (&step.address, &step.group) {
                kept.group_of.entry(id.clone()).or_insert_with(|| group.clone());
            }
        }
        // Whoever asks for an instance does not ask for its group, even if nothing else happens there.
        let alone = steps.iter().filter(|step| names.asks_for_instance(targets, &step.address));
        cut.extend(alone.filter_map(|step| step.group.as_ref()));
        kept.whole = kept.moving.iter().filter(|group| !cut.contains(group)).cloned().collect();
        kept.whole.extend(targets.iter().filter_map(|target| match target {
            Spelled::Group(group) => Some(group.clone()),
            _ => None,
        }));
        kept
    }

    /// Drops of what is told for people what is not of this part.
    pub(super) fn trim(&self, input: &Input<'_>, names: Names<'_>, targets: &[Spelled], story: &mut Story) {
        let asked = |address: &Address| self.asked(names, targets, address);
        story.changes.retain_mut(|change| {
            if let (Address::Group(group), ChangeDetail::Group { from, .. }) =
                (&change.address, &mut change.detail)
            {
                let told = self.whole.contains(group) || self.moving.contains(group);
                *from = from.take().filter(|_| told);
                return from.is_some() || self.made.contains(&change.address);
            }
            self.made.contains(&change.address)
        });
        let of_whole = |group: &GroupName| self.whole.contains(group);
        story.held.retain(|held| match &held.address {
            address if asked(address) => true,
            _ if held.reason.is_gate() => true,
            // Who goes first is not asked for, and moves all the same.
            Address::Instance(id) => {
                self.made.contains(&held.address) || self.group_of.get(id).is_some_and(of_whole)
            }
            Address::Group(group) | Address::Schedule(group) | Address::Profile(group) => of_whole(group),
            address @ Address::Release(_) => self.made.contains(address),
        });
        let mut held: BTreeMap<&GroupName, usize> = BTreeMap::new();
        for Held { address, .. } in &story.held {
            if let Address::Instance(id) = address
                && let Some(group) = self.group_of.get(id)
            {
                *held.entry(group).or_default() += 1;
            }
        }
        for group in &mut story.groups {
            group.held = held.get(&group.name).copied().unwrap_or_default();
        }
        let is_made = |release: &ReleaseName| self.made.contains(&Address::Release(release.clone()));
        story.notes.retain_mut(|note| match note {
            Note::Modular { release, .. } => is_made(release),
            Note::MadeOf { releases, .. } => {
                releases.retain(is_made);
                !releases.is_empty()
            }
            _ => true,
        });
        story.changes.extend(self.departures(input));
        story.changes.sort_by(|a, b| a.address.cmp(&b.address));
    }

    /// Tells of members that leave a group which the train no longer declares, where that alone is kept of it: another
    /// group takes them.
    fn departures<'k>(&'k self, input: &'k Input<'_>) -> impl Iterator<Item = Change> + 'k {
        self.left.iter().map(|(group, leaves)| {
            let goes_to = leaves.first().and_then(|id| self.group_of.get(id));
            let line = goes_to.and_then(|group| input.train.group(group)).map_or(1, |group| group.line);
            let detail = ChangeDetail::departure(leaves.clone(), line);
            Change { address: Address::Group(group.clone()), action: ChangeAction::Change, detail }
        })
    }

    fn asked(&self, names: Names<'_>, targets: &[Spelled], address: &Address) -> bool {
        let group = match address {
            Address::Instance(id) => self.group_of.get(id),
            _ => None,
        };
        targets.iter().any(|target| names.covers(target, address, group))
    }

    /// Says what is asked for, and what comes with it. What is left out shows beside the whole plan.
    pub(super) fn partial(
        &self,
        names: Names<'_>,
        targets: &[Spelled],
        (story, imports): (&Story, &[PlannedImport]),
    ) -> Partial {
        let changed = story.changes.iter().map(|change| &change.address);
        let touched: BTreeSet<&Address> =
            changed.chain(imports.iter().map(|import| &import.address)).collect();
        let touched = touched.into_iter();
        Partial {
            targets: targets.iter().map(ToString::to_string).collect(),
            along: touched.filter(|address| !self.asked(names, targets, address)).cloned().collect(),
            left_out: Vec::new(),
            steps: 0,
        }
    }
}

fn leaves(step: &Step) -> bool {
    matches!(&step.action, Action::Act { op: Op::Leave { .. } | Op::Dismiss { .. } })
}
