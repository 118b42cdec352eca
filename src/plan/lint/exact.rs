//! What must hold of members that are made exactly their release: what is told of them is what the steps do, only groups
//! that ask for it have it done, and nothing protected is removed.

use std::collections::{BTreeMap, BTreeSet};

use super::Lint;
use crate::name::Ocid;
use crate::op::{Adjust, Op};
use crate::package::Package;
use crate::plan::protected;

/// Checks all of it.
pub(super) fn is_told(lint: &mut Lint<'_>) {
    let plan = lint.plan;
    let mut told: BTreeMap<&Ocid, BTreeSet<Adjust>> = BTreeMap::new();
    for entry in &plan.exact {
        let install = |package: &Package| Adjust::Install(*package);
        let back = entry.back.iter().map(|lag| install(&lag.release));
        let adjusts = back.chain(entry.add.iter().map(install));
        let adjusts: BTreeSet<Adjust> =
            adjusts.chain(entry.remove.iter().map(|package| Adjust::Remove(*package))).collect();
        for instance in &entry.instances {
            if told.insert(instance, adjusts.clone()).is_some() {
                lint.found(format!("{instance} is made exactly its release twice"));
            }
        }
    }
    let mut done: BTreeSet<&Ocid> = BTreeSet::new();
    for (step, op) in lint.ops() {
        let (adjusts, instances) = match op {
            Op::Enforce { instance, adjusts, .. } => (adjusts, std::slice::from_ref(instance)),
            Op::EnforceGroup { adjusts, instances, .. } => (adjusts, instances.as_slice()),
            _ => continue,
        };
        let group = step.group.as_ref().and_then(|group| plan.group(group));
        if !group.is_some_and(|group| group.patching.is_exact()) {
            lint.found(format!("{} makes something exact that is not asked to be", step.id));
        }
        for adjust in adjusts {
            if !adjust.installs() && protected(adjust.package().name()).is_some() {
                lint.found(format!("{} removes {}, which is protected", step.id, adjust.package()));
            }
        }
        let mixed = adjusts.iter().any(|one| one.installs() != adjusts[0].installs());
        if mixed && matches!(op, Op::EnforceGroup { .. }) {
            lint.found(format!("{} installs and removes by one call", step.id));
        }
        for instance in instances {
            let known = told.get(instance);
            let alone = matches!(op, Op::Enforce { .. });
            let fits = known.is_some_and(|known| match alone {
                true => known.len() == adjusts.len() && adjusts.iter().all(|adjust| known.contains(adjust)),
                false => adjusts.iter().any(|adjust| known.contains(adjust)),
            });
            if !fits {
                lint.found(format!("{} does to {instance} what nobody is told of", step.id));
            }
            done.insert(instance);
        }
    }
    for instance in told.keys().filter(|instance| !done.contains(*instance)) {
        lint.found(format!("{instance} is told to be made exactly its release, and no step does it"));
    }
}
