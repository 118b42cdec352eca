//! What must hold for the sources that a plan names and deletes, and the groups that it names.

use std::collections::{BTreeMap, BTreeSet};

use super::Lint;
use crate::name::{GroupName, Ocid, ReleaseName};
use crate::observed::Precondition;
use crate::op::{GroupRef, Op, SourceRef, StepId};
use crate::plan::{Action, Step, Verification};

impl Lint<'_> {
    pub(super) fn group_resolves(&mut self, step: &Step, group: &GroupRef, made: &BTreeSet<&GroupName>) {
        if group.id.is_none() && !made.contains(&group.group) {
            self.found(format!("{} refers to group {} that nobody makes", step.id, group.group));
        }
    }

    pub(super) fn source_resolves(&mut self, step: &Step, source: &SourceRef, made: &BTreeSet<&ReleaseName>) {
        if source.id.is_none() && !made.contains(&source.release) {
            self.found(format!("{} refers to the source of {} that nobody makes", step.id, source.release));
        }
        if !self.plan.releases.contains_key(&source.release) {
            self.found(format!("{} refers to release {}, which the plan lacks", step.id, source.release));
        }
    }
}

/// A source goes last: behind every switch off it, ridden by nobody whom this plan moves or reads back, and only
/// where a look just before finds it ours and without riders.
pub(super) fn deleted_last(lint: &mut Lint<'_>) {
    let deleted: BTreeMap<&ReleaseName, (&Step, Option<&Ocid>)> = lint
        .ops()
        .filter_map(|(step, op)| match op {
            Op::DeleteSource { source } => Some((&source.release, (step, source.id.as_ref()))),
            _ => None,
        })
        .collect();
    if deleted.is_empty() {
        return;
    }
    let mut findings = Vec::new();
    let mut leaving: BTreeMap<&Ocid, BTreeSet<StepId>> = BTreeMap::new();
    for step in &lint.plan.steps {
        let used = match &step.action {
            Action::Act { op: Op::Switch { from, to, drops, .. } } => {
                for left in from.iter().chain(drops) {
                    leaving.entry(left).or_default().insert(step.id);
                }
                Some(to)
            }
            Action::Act {
                op:
                    Op::AddPackages { source, .. } | Op::RemovePackages { source, .. } | Op::Update { source, .. },
            }
            | Action::Verify { what: Verification::Contents { source } } => Some(source),
            Action::Act { op: Op::CreateSource { release, .. } } if deleted.contains_key(release) => {
                findings.push(format!("{} makes the source of {release}, which goes", step.id));
                None
            }
            _ => None,
        };
        if let Some(source) = used.filter(|source| deleted.contains_key(&source.release)) {
            findings.push(format!("{} uses the source of {}, which goes", step.id, source.release));
        }
    }
    for (release, (step, source)) in deleted {
        let (id, after) = (step.id, step.after.iter().collect::<BTreeSet<_>>());
        let before = source.and_then(|source| leaving.get(source));
        if before.into_iter().flatten().any(|switch| !after.contains(switch)) {
            findings.push(format!("{id} deletes the source of {release} before all have left it"));
        }
        if !matches!(&step.precondition, Precondition::Unridden { source, .. } if source.release == *release)
        {
            findings.push(format!("{id} deletes the source of {release} without asking who rides it"));
        }
    }
    findings.into_iter().for_each(|finding| lint.found(finding));
}

/// What hangs under the train's own parent: that parent stays, holds nothing and is there first; who goes to a child
/// has its look beforehand, and gives up no child that it goes to.
pub(super) fn children_hang(lint: &mut Lint<'_>) {
    let own = |release: &ReleaseName| release.is_own_parent();
    let mut findings = Vec::new();
    let mut made: BTreeSet<StepId> = BTreeSet::new();
    for step in &lint.plan.steps {
        let about_parent = matches!(&step.address, crate::name::Address::Release(release) if own(release));
        if about_parent {
            made.insert(step.id);
        }
        let Action::Act { op } = &step.action else { continue };
        match op {
            Op::AddPackages { source, .. } | Op::Update { source, .. } | Op::DeleteSource { source }
                if own(&source.release) =>
            {
                findings.push(format!("{} fills, rides or deletes the train's own parent source", step.id));
            }
            Op::CreateSource { under: Some(under), .. }
                if under.id.is_none() && !step.after.iter().any(|before| made.contains(before)) =>
            {
                findings.push(format!("{} makes a child of a parent that is not there yet", step.id));
            }
            Op::Switch { to, drops, .. } => {
                let under = to.under.as_ref();
                let keeps = to.id.iter().chain(under.and_then(|under| under.id.as_ref()));
                if own(&to.release) || keeps.into_iter().any(|kept| drops.contains(kept)) {
                    findings.push(format!("{} leaves its instance without a release", step.id));
                }
                let looks = matches!(&step.precondition, Precondition::Hangs { source, .. } if source == to);
                if under.is_some() != looks || (under.is_none() && !drops.is_empty()) {
                    findings.push(format!("{} does not look at what its instance hangs under", step.id));
                }
            }
            _ => {}
        }
    }
    findings.into_iter().for_each(|finding| lint.found(finding));
}
