//! What must hold for what a plan takes over: each is told of and taken over by one step, which looks at it before, and
//! nothing is done to it first.

use std::collections::BTreeMap;

use super::Lint;
use crate::name::{Address, Ocid};
use crate::observed::Precondition;
use crate::op::{Op, StepId};
use crate::plan::{Action, Takeover, Verification};

/// Checks all of it.
pub(super) fn are_taken_over(lint: &mut Lint<'_>) {
    let mut findings = Vec::new();
    let mut taken: BTreeMap<&Address, (StepId, &Ocid)> = BTreeMap::new();
    for (step, op) in lint.ops() {
        let (Op::AdoptSource { id, .. } | Op::AdoptGroup { id, .. }) = op else { continue };
        taken.insert(&step.address, (step.id, id));
        if !matches!(&step.precondition, Precondition::AsSeen { id: seen, .. } if seen == id) {
            findings.push(format!("{} takes {id} over without looking at it", step.id));
        }
        let about = match op {
            Op::AdoptSource { release, .. } => step.address == Address::Release(release.clone()),
            Op::AdoptGroup { group, .. } => step.address == Address::Group(group.clone()),
            _ => false,
        };
        if !about {
            findings.push(format!("{} is not about what it takes over", step.id));
        }
    }
    let mut told: BTreeMap<&Address, &Ocid> = BTreeMap::new();
    for import in &lint.plan.imports {
        let fits = match &import.with {
            Takeover::Source { .. } => matches!(import.address, Address::Release(_)),
            Takeover::Group { .. } => matches!(import.address, Address::Group(_)),
        };
        if told.insert(&import.address, &import.id).is_some() || !fits {
            findings.push(format!("{:?} is imported twice, or as something else", import.address));
        }
        if taken.get(&import.address).map(|(_, id)| *id) != Some(&import.id) {
            findings.push(format!("{:?} is told to be imported and no step does it", import.address));
        }
    }
    for step in &lint.plan.steps {
        let of = step.group.clone().map(Address::Group).filter(|of| told.contains_key(of));
        let Some((adopted, _)) = of.and_then(|of| taken.get(&of).copied()) else { continue };
        let acts = matches!(
            &step.action,
            Action::Act {
                op: Op::Leave { .. }
                    | Op::Dismiss { .. }
                    | Op::Join { .. }
                    | Op::Enroll { .. }
                    | Op::Switch { .. }
            }
        );
        if acts && step.id < adopted {
            findings.push(format!("{} acts on a group before that is taken over", step.id));
        }
    }
    let proven = |release: &Address| {
        lint.plan.steps.iter().any(|step| {
            step.address == *release
                && matches!(step.action, Action::Verify { what: Verification::Contents { .. } })
                && taken.get(release).is_some_and(|(adopted, _)| step.after.contains(adopted))
        })
    };
    for import in lint.plan.imports.iter().filter(|import| matches!(import.with, Takeover::Source { .. })) {
        if !proven(&import.address) {
            findings.push(format!("{:?} is imported and not read back", import.address));
        }
    }
    findings.into_iter().for_each(|finding| lint.found(finding));
}
