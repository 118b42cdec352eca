//! What the messages of a run are told of: the addresses that a plan changes or takes over, and which of them each step is
//! for.

use std::collections::HashMap;

use super::super::plan::action;
use crate::apply::{Outcome, StepEnd};
use crate::name::{Address, Ocid};
use crate::op::{Op, StepId};
use crate::plan::{Action, ChangeAction, Plan, Step, Verification};

/// An address that a plan changes, and Terraform's word for how.
pub(super) type Target<'p> = (&'p Address, &'static str);

/// What a step is for, as places in [`Targets::all`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct For {
    /// All of it.
    pub(super) all: Vec<usize>,
    /// The one whose progress that of the step is; none where it would be that of several.
    pub(super) own: Option<usize>,
}

/// What a plan changes or takes over, and what each of its steps is for.
pub(super) struct Targets<'p> {
    /// The changes, then the imports: what is taken over and changed besides is both, as the plan counts it.
    pub(super) all: Vec<Target<'p>>,
    /// By step.
    pub(super) of: Vec<For>,
}

impl<'p> Targets<'p> {
    /// Looks through a plan.
    pub(super) fn of(plan: &'p Plan) -> Self {
        let changes = plan.changes.iter().map(|change| (&change.address, action(change.action)));
        let imports = plan.imports.iter().map(|import| (&import.address, "import"));
        let first = plan.changes.len();
        let places = Places {
            plan,
            changed: plan
                .changes
                .iter()
                .enumerate()
                .map(|(place, change)| (&change.address, place))
                .collect(),
            imported: plan
                .imports
                .iter()
                .enumerate()
                .map(|(place, import)| (&import.address, first + place))
                .collect(),
        };
        let of = plan.steps.iter().map(|step| places.of(step)).collect();
        Self { all: changes.chain(imports).collect(), of }
    }
}

/// Where in the list an address stands.
struct Places<'p> {
    plan: &'p Plan,
    changed: HashMap<&'p Address, usize>,
    imported: HashMap<&'p Address, usize>,
}

impl Places<'_> {
    /// Returns what a step is for: its own address; of what is asked of a whole group each instance that it is for; and its
    /// group, which is where it is to be when all its members are. Gates are for nothing.
    fn of(&self, step: &Step) -> For {
        let crew = match &step.action {
            Action::Gate { .. } => return For::default(),
            Action::Act { op: Op::AdoptSource { .. } | Op::AdoptGroup { .. } }
            | Action::Verify { what: Verification::Contents { .. } }
                if self.imported.contains_key(&step.address) =>
            {
                let own = self.imported.get(&step.address).copied();
                return For { all: own.into_iter().collect(), own };
            }
            Action::Act { op } => op.crew().map_or(&[][..], |(_, instances)| instances),
            Action::Verify { .. } => &[],
        };
        let own = self.changed.get(&step.address).copied();
        let member = |id: &Ocid| self.changed.get(&Address::Instance(id.clone())).copied();
        let mut all: Vec<usize> =
            own.into_iter().chain(self.group(step)).chain(crew.iter().filter_map(member)).collect();
        all.sort_unstable();
        all.dedup();
        let own = own.or(if let [one] = all.as_slice() { Some(*one) } else { None });
        For { all, own }
    }

    /// Returns the change of the group that a step is about: where each wave is a group of the service, of that of its wave.
    fn group(&self, step: &Step) -> Option<usize> {
        // Its jobs and its profile are changes of their own.
        if !matches!(step.address, Address::Group(_) | Address::Instance(_)) {
            return None;
        }
        let place = step.groups().iter().find_map(|address| self.changed.get(address).copied())?;
        // A group goes once its members have left it, whatever else is done to them.
        let goes = self.plan.changes[place].action == ChangeAction::Destroy;
        let parts = matches!(
            &step.action,
            Action::Act { op: Op::Leave { .. } | Op::Dismiss { .. } | Op::DeleteGroup { .. } }
        );
        (parts || !goes).then_some(place)
    }
}

/// Returns what a run has done all of.
pub(super) fn completed<'p>(plan: &'p Plan, outcome: &Outcome) -> Vec<Target<'p>> {
    let targets = Targets::of(plan);
    let ends: HashMap<StepId, &StepEnd> = outcome.ends.iter().map(|(step, end)| (*step, end)).collect();
    let (mut steps, mut open) = (vec![0_usize; targets.all.len()], vec![0_usize; targets.all.len()]);
    for (step, of) in plan.steps.iter().zip(&targets.of) {
        let done = ends.get(&step.id).is_some_and(|end| end.lets_on());
        for target in &of.all {
            steps[*target] += 1;
            open[*target] += usize::from(!done);
        }
    }
    let all = targets.all.into_iter().zip(steps.into_iter().zip(open));
    all.filter(|(_, (steps, open))| *steps > 0 && *open == 0).map(|(target, _)| target).collect()
}
