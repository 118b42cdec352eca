//! What must hold for the lists of instances with the same change: each instance stands in the one that its change names.

use std::collections::BTreeMap;

use super::Lint;
use crate::name::{Address, Ocid};
use crate::op::Op;
use crate::plan::ChangeDetail;

impl Lint<'_> {
    /// Cohorts hold each changed instance once.
    pub(super) fn cohorts_are_whole(&mut self) {
        let mut placed: BTreeMap<&Ocid, usize> = BTreeMap::new();
        for (index, cohort) in self.plan.cohorts.iter().enumerate() {
            for instance in &cohort.instances {
                if placed.insert(instance, index).is_some() {
                    self.found(format!("{instance} is in two cohorts"));
                }
            }
        }
        for change in &self.plan.changes {
            if let (Address::Instance(instance), ChangeDetail::Instance { cohort }) =
                (&change.address, &change.detail)
                && placed.remove(instance) != Some(*cohort)
            {
                self.found(format!("{instance} is not in the cohort that its change names"));
            }
        }
        if let Some((instance, _)) = placed.first_key_value() {
            self.found(format!("{instance} is in a cohort and does not change"));
        }
    }

    /// Updates by hand stand in plans of their own, and each changed instance in one of their lists.
    pub(super) fn patches_are_whole(&mut self) {
        let mut placed: BTreeMap<&Ocid, usize> = BTreeMap::new();
        for (index, patch) in self.plan.patches.iter().enumerate() {
            for instance in &patch.instances {
                if placed.insert(instance, index).is_some() {
                    self.found(format!("{instance} is in two lists of updates"));
                }
            }
        }
        for change in &self.plan.changes {
            let patch = match (&change.address, &change.detail) {
                (Address::Instance(instance), ChangeDetail::Patch { patch }) => {
                    placed.remove(instance) == Some(*patch)
                }
                (_, ChangeDetail::Patch { .. }) => false,
                _ => continue,
            };
            if !patch {
                self.found(format!(
                    "{:?} is not in the list of updates that its change names",
                    change.address
                ));
            }
        }
        if let Some((instance, _)) = placed.first_key_value() {
            self.found(format!("{instance} is in a list of updates and does not change"));
        }
        let is_by_hand = |op: &Op| {
            matches!(
                op,
                Op::Patch { .. }
                    | Op::PatchGroup { .. }
                    | Op::EnableStreams { .. }
                    | Op::EnableGroupStreams { .. }
            )
        };
        let changes = |op: &Op| !matches!(op, Op::Refresh { .. } | Op::RefreshInstance { .. });
        let by_hand = self.ops().filter(|(_, op)| is_by_hand(op)).count();
        if by_hand > 0 && self.ops().filter(|(_, op)| changes(op)).count() != by_hand {
            self.found("updates by hand stand beside steps that make the train so");
        }
    }
}
