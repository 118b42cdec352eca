//! What a plan changes, and the cohorts, moves, imports and drift behind it.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use super::{address, instance};
use crate::advisory::Coverage;
use crate::conformance::{Lag, Tally};
use crate::name::{GroupName, Ocid, ReleaseName};
use crate::observed::{Job, SourceLink};
use crate::op::{Ownership, Schedule};
use crate::package::Package;
use crate::plan::{
    self, ChangeAction, ChangeDetail, DriftKind, Plan, PlannedImport, Reason, ReleaseMove, Takeover,
};
use crate::render::diff::DeltaRow;
use crate::render::plan::{changes, cohorts, drift};

/// Why something changes.
#[derive(Serialize)]
struct Cause<'a> {
    code: &'static str,
    /// Where the train file says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
}

impl<'a> Cause<'a> {
    fn at(plan: &'a Plan, code: &'static str, line: Option<usize>) -> Self {
        Self { code, file: line.map(|_| plan.file.as_str()), line }
    }

    fn of(plan: &'a Plan, reason: &Reason) -> Self {
        match reason {
            Reason::Bound { line } => Self::at(plan, "bound", Some(*line)),
            Reason::Joined { line } => Self::at(plan, "joined", Some(*line)),
            Reason::Behind => Self::at(plan, "behind", None),
            Reason::Inexact => Self::at(plan, "inexact", None),
            Reason::Reboot => Self::at(plan, "reboot", None),
            Reason::Drifted => Self::at(plan, "drifted", None),
            Reason::Unfinished => Self::at(plan, "unfinished", None),
        }
    }
}

#[derive(Serialize)]
pub(super) struct Change<'a> {
    address: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a Ocid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<&'a GroupName>,
    action: ChangeAction,
    kind: &'static str,
    reason: Cause<'a>,
    text: String,
    /// The releases that a group goes from and to; of an instance only that it goes to.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a ReleaseName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a ReleaseName>,
    /// How many packages a source gets.
    #[serde(skip_serializing_if = "Option::is_none")]
    packages: Option<usize>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    add: &'a [Package],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    remove: &'a [Package],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    joins: &'a [Ocid],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    leaves: &'a [Ocid],
    #[serde(skip_serializing_if = "Option::is_none")]
    verifies: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exchange: Option<&'a plan::Exchange>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule: Option<Jobs<'a>>,
    /// Whether it is deleted and made anew.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    replace: bool,
    /// Which of `cohorts` has the details, or of `patches`.
    #[serde(skip_serializing_if = "Option::is_none")]
    cohort: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patch: Option<usize>,
}

#[derive(Serialize)]
struct Jobs<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a Job>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a Schedule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<Timestamp>,
}

impl<'a> Change<'a> {
    pub(super) fn of(plan: &'a Plan, change: &'a plan::Change) -> Self {
        let plan::Change { address: of, action, detail } = change;
        let at = |code, line| Cause::at(plan, code, line);
        let made = Self {
            address: address(plan, of),
            id: instance(of),
            group: None,
            action: *action,
            kind: change_kind(detail),
            reason: at("unknown", None),
            text: changes::words_of(plan, change),
            from: None,
            to: None,
            packages: None,
            add: &[],
            remove: &[],
            joins: &[],
            leaves: &[],
            verifies: None,
            exchange: None,
            schedule: None,
            replace: false,
            cohort: None,
            patch: None,
        };
        match detail {
            ChangeDetail::CreateSource { packages, calls: _, line } => {
                Self { packages: Some(*packages), reason: at("declared", Some(*line)), ..made }
            }
            ChangeDetail::AdoptSource { id, missing } => {
                Self { id: Some(id), packages: Some(*missing), reason: at("unfinished", None), ..made }
            }
            ChangeDetail::RepairSource { add, remove } => {
                Self { add, remove, reason: at("drifted", None), ..made }
            }
            ChangeDetail::DeleteSource { id, gone: _, leaving: _, line } => {
                Self { id: Some(id), reason: at("retired", Some(*line)), ..made }
            }
            ChangeDetail::Group { create: _, adopt: _, from, joins, leaves, verifies, exchange, line } => {
                Self {
                    from: from.as_ref(),
                    to: match of {
                        crate::name::Address::Group(name) => plan.group(name).map(|group| &group.release),
                        _ => None,
                    },
                    joins,
                    leaves,
                    verifies: Some(*verifies).filter(|many| *many > 0),
                    exchange: exchange.as_ref(),
                    reason: at("declared", Some(*line)),
                    ..made
                }
            }
            ChangeDetail::DeleteGroup { leaves } => Self { leaves, reason: at("undeclared", None), ..made },
            ChangeDetail::Schedule { from, to, next, adopt: _, replace, line } => Self {
                schedule: Some(Jobs { from: from.as_ref(), to: to.as_ref(), next: *next }),
                replace: *replace,
                reason: match (to, line) {
                    (Some(_), Some(line)) => at("declared", Some(*line)),
                    _ => at("undeclared", None),
                },
                ..made
            },
            ChangeDetail::Profile { adopt: _, replace, line } => Self {
                replace: *replace,
                reason: at(if line.is_some() { "declared" } else { "undeclared" }, *line),
                ..made
            },
            ChangeDetail::Instance { cohort } => {
                let of = plan.cohorts.get(*cohort);
                Self {
                    group: of.map(|of| &of.group),
                    to: of.map(|of| &of.to),
                    cohort: Some(*cohort),
                    reason: of.map_or(at("unknown", None), |of| Cause::of(plan, &of.reason)),
                    ..made
                }
            }
            ChangeDetail::Patch { patch } => Self {
                group: plan.patches.get(*patch).and_then(|of| of.group.as_ref()),
                patch: Some(*patch),
                reason: at("asked", None),
                ..made
            },
        }
    }
}

/// Returns what a change does in a word that stays.
pub(in crate::render) fn change_kind(detail: &ChangeDetail) -> &'static str {
    match detail {
        ChangeDetail::CreateSource { .. } => "create-source",
        ChangeDetail::AdoptSource { .. } => "adopt-source",
        ChangeDetail::RepairSource { .. } => "repair-source",
        ChangeDetail::DeleteSource { gone: false, .. } => "delete-source",
        ChangeDetail::DeleteSource { gone: true, .. } => "forget-source",
        ChangeDetail::Group { create: true, .. } => "create-group",
        ChangeDetail::Group { adopt: true, .. } => "adopt-group",
        ChangeDetail::Group { .. } => "change-group",
        ChangeDetail::DeleteGroup { .. } => "delete-group",
        ChangeDetail::Instance { .. } => "move",
        ChangeDetail::Patch { .. } => "patch",
        ChangeDetail::Schedule { to: None, .. } => "delete-schedule",
        ChangeDetail::Schedule { adopt: true, .. } => "adopt-schedule",
        ChangeDetail::Schedule { from: None, .. } => "create-schedule",
        ChangeDetail::Schedule { .. } => "change-schedule",
        ChangeDetail::Profile { line: None, .. } => "delete-profile",
        ChangeDetail::Profile { adopt: true, .. } => "adopt-profile",
        ChangeDetail::Profile { replace: true, .. } => "change-profile",
        ChangeDetail::Profile { .. } => "create-profile",
    }
}

#[derive(Serialize)]
pub(super) struct Cohort<'a> {
    group: &'a GroupName,
    /// The source that its instances ride; none for no source.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a SourceLink>,
    to: &'a ReleaseName,
    switch: bool,
    update: bool,
    exact: bool,
    reboot: bool,
    reason: Cause<'a>,
    text: String,
    drops: &'a [SourceLink],
    behind: &'a [Lag],
    ahead: &'a [Lag],
    extra: &'a [Package],
    missing: &'a [Package],
    /// Packages outside the train's care, and those that are as in the release.
    unmanaged: usize,
    as_released: usize,
    /// What of being behind counts, where not all does.
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<&'a Tally>,
    instances: &'a [Ocid],
}

impl<'a> Cohort<'a> {
    pub(super) fn of(plan: &'a Plan, cohort: &'a plan::Cohort) -> Self {
        let plan::Cohort {
            group,
            to,
            from,
            switch,
            drops,
            update,
            exact,
            reboot,
            reason,
            verdict,
            instances,
            tally,
        } = cohort;
        Self {
            group,
            from: from.as_ref(),
            to,
            switch: *switch,
            update: *update,
            exact: *exact,
            reboot: *reboot,
            reason: Cause::of(plan, reason),
            text: cohorts::words(plan, cohort),
            drops,
            behind: &verdict.behind,
            ahead: &verdict.ahead,
            extra: &verdict.extra,
            missing: &verdict.missing,
            unmanaged: verdict.unmanaged,
            as_released: verdict.exact,
            counts: tally.as_ref(),
            instances,
        }
    }
}

#[derive(Serialize)]
pub(super) struct Move<'a> {
    from: &'a ReleaseName,
    to: &'a ReleaseName,
    groups: &'a [GroupName],
    instances: usize,
    packages: Vec<DeltaRow<'a>>,
    /// Nothing where no advisories were asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    advisories: Option<&'a Coverage>,
}

impl<'a> Move<'a> {
    pub(super) fn of(release_move: &'a ReleaseMove) -> Self {
        let ReleaseMove { from, to, delta, groups, instances, coverage } = release_move;
        Self {
            from,
            to,
            groups,
            instances: *instances,
            packages: delta.entries.iter().filter_map(DeltaRow::of).collect(),
            advisories: coverage.as_ref(),
        }
    }
}

#[derive(Serialize)]
pub(super) struct Import<'a> {
    address: String,
    id: &'a Ocid,
    name: &'a Arc<str>,
    /// Whose it says it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<&'a Ownership>,
    with: &'a Takeover,
    reason: Cause<'a>,
}

impl<'a> Import<'a> {
    pub(super) fn of(plan: &'a Plan, import: &'a PlannedImport) -> Self {
        let PlannedImport { address: of, id, name, owner, with, line } = import;
        let code = if line.is_some() { "declared" } else { "asked" };
        let reason = Cause::at(plan, code, *line);
        Self { address: address(plan, of), id, name, owner: owner.as_ref(), with, reason }
    }
}

/// What somebody else changed: the row of `patchtrain drift --format json`.
#[derive(Serialize)]
pub(super) struct Drift<'a> {
    address: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a Ocid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<&'a GroupName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_right: Option<Timestamp>,
    text: String,
    change: &'a DriftKind,
}

impl<'a> Drift<'a> {
    pub(super) fn of(plan: &Plan, one: &'a plan::Drift) -> Self {
        Self {
            address: address(plan, &one.address),
            id: instance(&one.address),
            group: one.group.as_ref(),
            last_right: one.right,
            text: drift::words(plan, one),
            change: &one.kind,
        }
    }
}

/// Returns what drifted in a word that stays.
pub(in crate::render) fn drift_kind(kind: &DriftKind) -> &'static str {
    match kind {
        DriftKind::Parent { .. } => "parent",
        DriftKind::Joined { .. } => "joined",
        DriftKind::Left { .. } => "left",
        DriftKind::Contents { .. } => "contents",
        DriftKind::LeftLevel { .. } => "left-level",
        DriftKind::Beside { .. } => "beside",
        DriftKind::Gone => "gone",
        DriftKind::Children { .. } => "children",
        DriftKind::Sources { .. } => "sources",
        DriftKind::Renamed { .. } => "renamed",
        DriftKind::Schedule { .. } => "schedule",
    }
}
