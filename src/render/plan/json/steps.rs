//! The steps of a plan, in an order in which each follows what it depends on.

use serde::Serialize;

use super::{address, instance};
use crate::name::{GroupName, Ocid};
use crate::op::{Again, Op, StepId};
use crate::plan::{self, Action, Condition, Phase, Plan, Verification};
use crate::render::words;

#[derive(Serialize)]
pub(super) struct Step<'a> {
    id: StepId,
    address: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<&'a Ocid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<&'a GroupName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wave: Option<u32>,
    kind: &'static str,
    phase: Phase,
    after: &'a [StepId],
    /// Of what is asked of a whole group: of how many it is waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    instances: Option<usize>,
    /// And which those are.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    members: &'a [Ocid],
    /// What a gate waits for: how long what goes first has to soak, what says that it is well, the hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<&'a Condition>,
    text: String,
}

impl<'a> Step<'a> {
    pub(super) fn of(plan: &Plan, step: &'a plan::Step) -> Self {
        let words = words::step(plan, step);
        let crew = match &step.action {
            Action::Act { op } => op.crew(),
            Action::Verify { .. } | Action::Gate { .. } => None,
        };
        Self {
            id: step.id,
            address: address(plan, &step.address),
            instance: instance(&step.address),
            group: step.group.as_ref(),
            wave: step.wave,
            kind: step_kind(step),
            phase: step.phase(),
            after: &step.after,
            instances: crew.map(|(_, instances)| instances.len()),
            members: crew.map(|(_, instances)| instances).unwrap_or_default(),
            condition: match &step.action {
                Action::Gate { condition } => Some(condition),
                Action::Act { .. } | Action::Verify { .. } => None,
            },
            text: format!("{}: {}", words.object, words.doing),
        }
    }
}

/// Returns what a step does in a word that stays.
pub(in crate::render) fn step_kind(step: &plan::Step) -> &'static str {
    match &step.action {
        Action::Act { op } => match op {
            Op::CreateSource { .. } => "create-source",
            Op::AddPackages { .. } => "add-packages",
            Op::RemovePackages { .. } => "remove-packages",
            Op::AdoptSource { .. } => "adopt-source",
            Op::DeleteSource { .. } => "delete-source",
            Op::CreateGroup { .. } => "create-group",
            Op::AdoptGroup { .. } => "adopt-group",
            Op::DeleteGroup { .. } => "delete-group",
            Op::Join { .. } | Op::Enroll { .. } => "join",
            Op::Leave { .. } | Op::Dismiss { .. } => "leave",
            Op::Switch { .. } => "switch",
            Op::Attach { .. } => "attach",
            Op::Detach { .. } => "detach",
            Op::Update { .. } | Op::UpdateGroup { .. } => "update",
            Op::Patch { .. } | Op::PatchGroup { .. } => "patch",
            Op::Enforce { .. } | Op::EnforceGroup { .. } => "enforce",
            Op::EnableStreams { .. } | Op::EnableGroupStreams { .. } => "enable-streams",
            Op::Rerun { again: Again::Sources | Again::Join | Again::Update(_), .. } => "rerun",
            Op::Refresh { .. } | Op::RefreshInstance { .. } => "refresh",
            Op::Reboot { .. } => "reboot",
            Op::CreateSchedule { .. } => "create-schedule",
            Op::ChangeSchedule { .. } => "change-schedule",
            Op::DeleteSchedule { .. } => "delete-schedule",
            Op::CreateProfile { .. } => "create-profile",
            Op::DeleteProfile { .. } => "delete-profile",
        },
        Action::Verify { what } => match what {
            Verification::Contents { .. } => "verify-contents",
            Verification::Level { .. } => "verify-level",
            Verification::Patched { .. } => "verify-updates",
            Verification::Booted { .. } => "verify-boot",
            Verification::Streams { .. } => "verify-streams",
        },
        Action::Gate { condition } => match condition {
            Condition::GroupAtLevel { .. } => "gate-level",
            Condition::Open { .. } => "gate-window",
            Condition::Going { .. } => "gate-rollout",
            Condition::Arrived { .. } => "gate-arrived",
        },
    }
}
