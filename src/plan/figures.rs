//! What a plan comes to in numbers. Counted here, once, so that whatever it is written as agrees with all else.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{ChangeDetail, CheckOutcome, Plan};
use crate::advisory::Severity;
use crate::name::Address;

/// What a plan comes to. Addresses are counted where addresses are named, and instances where these are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Figures {
    /// Addresses that are taken over as they are.
    pub import: usize,
    /// Addresses that are added.
    pub add: usize,
    /// Addresses that are changed.
    pub change: usize,
    /// Addresses that are destroyed.
    pub destroy: usize,
    /// Addresses that are held, for whatever reason.
    pub held: usize,
    /// Addresses that others changed.
    pub drifted: usize,
    /// Instances to which something is done.
    pub instances: usize,
    /// Instances that join a group.
    pub joins: usize,
    /// Instances that leave a group.
    pub leaves: usize,
    /// Instances that are put on another source.
    pub switches: usize,
    /// Instances that are updated.
    pub updates: usize,
    /// Instances that are made exactly their release.
    pub exact: usize,
    /// Instances that are booted anew.
    pub reboots: usize,
    /// Instances whose packages are read back.
    pub verifies: usize,
    /// Instances that are newer than their release.
    pub ahead: usize,
    /// Packages by which the releases of all moves differ.
    pub packages: usize,
    /// Packages that go back to an older version, each counted once an instance.
    pub back: usize,
    /// Packages that are removed, each counted once an instance.
    pub removed: usize,
    /// Distinct CVEs that some move closes.
    pub closed: usize,
    /// Distinct CVEs that some move opens.
    pub opened: usize,
    /// Critical advisories that some move closes.
    pub critical: usize,
    /// Steps.
    pub steps: usize,
    /// Calls that change something.
    pub calls: usize,
    /// Work requests for agents.
    pub work_requests: usize,
    /// Rules of the policy.
    pub rules: usize,
    /// Rules that it breaks.
    pub failures: usize,
    /// Rules that somebody should look at.
    pub warnings: usize,
}

impl Figures {
    /// Counts a plan.
    pub(super) fn of(plan: &Plan) -> Self {
        let (add, change, destroy) = plan.counts();
        let sum = |of: fn(&super::Work) -> usize| plan.groups.iter().map(|group| of(&group.work)).sum();
        let coverages = || plan.moves.iter().filter_map(|one| one.coverage.as_ref());
        let closed = coverages().flat_map(|coverage| &coverage.cves.closed);
        let opened = coverages().flat_map(|coverage| &coverage.cves.opened);
        let critical = coverages().flat_map(|coverage| &coverage.closed);
        let critical = critical.filter(|one| one.severity == Some(Severity::Critical)).map(|one| &one.id);
        let checks = || plan.policy.iter().flat_map(|review| &review.checks);
        let ended = |outcome| checks().filter(|check| check.outcome == outcome).count();
        let exact = |of: fn(&super::Enforcement) -> usize| {
            plan.exact.iter().map(|entry| of(entry) * entry.instances.len()).sum()
        };
        Self {
            import: plan.imports.len(),
            add,
            change,
            destroy,
            held: distinct(plan.held.iter().map(|held| &held.address)),
            drifted: distinct(plan.drift.iter().map(|drift| &drift.address)),
            instances: plan
                .changes
                .iter()
                .filter(|change| matches!(change.address, Address::Instance(_)))
                .count(),
            joins: sum(|work| work.joins),
            leaves: sum(|work| work.leaves) + plan.dismissed(),
            switches: sum(|work| work.switches),
            updates: sum(|work| work.updates),
            exact: sum(|work| work.exact),
            reboots: sum(|work| work.reboots),
            verifies: sum(|work| work.verifies),
            ahead: plan.ahead.len(),
            packages: plan.moves.iter().map(|one| one.delta.entries.len()).sum(),
            back: exact(|entry| entry.back.len()),
            removed: exact(|entry| entry.remove.len()),
            closed: distinct(closed),
            opened: distinct(opened),
            critical: distinct(critical),
            steps: plan.steps.len(),
            calls: plan.cost.changing_calls,
            work_requests: plan.cost.work_requests,
            rules: checks().count(),
            failures: ended(CheckOutcome::Fail),
            warnings: ended(CheckOutcome::Warn),
        }
    }

    /// Returns the figures that can change from one plan to the next, each with what it counts.
    pub fn named(&self) -> [(usize, &'static str); 26] {
        let Self {
            import,
            add,
            change,
            destroy,
            held,
            drifted,
            instances,
            joins,
            leaves,
            switches,
            updates,
            exact,
            reboots,
            verifies,
            ahead,
            packages,
            back,
            removed,
            closed,
            opened,
            critical,
            steps,
            calls: _,
            work_requests,
            rules,
            failures,
            warnings,
        } = *self;
        [
            (failures, "policy failures"),
            (destroy, "to destroy"),
            (add, "to add"),
            (change, "to change"),
            (import, "to import"),
            (instances, "instances"),
            (held, "held"),
            (drifted, "drifted"),
            (joins, "joins"),
            (leaves, "leaves"),
            (switches, "switches"),
            (updates, "updates"),
            (exact, "made exact"),
            (reboots, "reboots"),
            (verifies, "read back"),
            (ahead, "ahead"),
            (packages, "packages"),
            (back, "packages back"),
            (removed, "packages removed"),
            (critical, "critical advisories closed"),
            (closed, "CVEs closed"),
            (opened, "CVEs opened"),
            (steps, "steps"),
            (work_requests, "work requests"),
            (rules, "policy rules"),
            (warnings, "policy warnings"),
        ]
    }
}

fn distinct<T: Ord>(things: impl Iterator<Item = T>) -> usize {
    things.collect::<BTreeSet<_>>().len()
}

impl Plan {
    /// Returns what it comes to in numbers.
    pub fn figures(&self) -> Figures {
        Figures::of(self)
    }

    /// Returns how many instances leave with groups that go and are none of the plan's. Those of a wave that is given up are
    /// counted by their group already.
    pub fn dismissed(&self) -> usize {
        let dismissed = self.changes.iter().map(|change| match (&change.address, &change.detail) {
            (Address::Group(name), ChangeDetail::DeleteGroup { leaves })
                if self.group(&name.whole()).is_none() =>
            {
                leaves.len()
            }
            _ => 0,
        });
        dismissed.sum()
    }
}
