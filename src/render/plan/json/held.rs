//! What is held and why, who is ahead, and what a reviewer should know.

use jiff::Timestamp;
use serde::Serialize;

use super::{address, instance};
use crate::conformance::Lag;
use crate::name::{GroupName, Ocid};
use crate::op::Ticket;
use crate::plan::{self, AheadReport, HeldReason, Plan};
use crate::render::plan::notes;
use crate::render::words;
use crate::rollout::Closure;

#[derive(Serialize)]
pub(in crate::render::plan) struct Held<'a> {
    address: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a Ocid>,
    reason: &'static str,
    text: String,
    /// Whether it is a gate that holds: an order, a soak, hours, a pause, a stop.
    gate: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
    /// The group that goes first, and which wave of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<&'a GroupName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wave: Option<u32>,
    /// The wave that waits, where not all of the group do.
    #[serde(skip_serializing_if = "Option::is_none")]
    behind: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    work_request: Option<&'a Ticket>,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Timestamp>,
    /// All that there is to the reason: who rides what is retired, what stays of what is not exact, and so on.
    details: &'a HeldReason,
}

impl<'a> Held<'a> {
    pub(in crate::render::plan) fn of(plan: &Plan, held: &'a plan::Held) -> Self {
        let made = Self {
            address: address(plan, &held.address),
            id: instance(&held.address),
            reason: held_code(&held.reason),
            text: words::held_whole(held),
            gate: held.reason.is_gate(),
            until: held.until,
            after: None,
            wave: None,
            behind: None,
            work_request: None,
            since: None,
            details: &held.reason,
        };
        match &held.reason {
            HeldReason::Gate { after, wave, behind, .. } => {
                Self { after: Some(after), wave: *wave, behind: *behind, ..made }
            }
            HeldReason::Soak { after, wave, behind, since, .. } => {
                Self { after: Some(after), wave: *wave, behind: *behind, since: *since, ..made }
            }
            HeldReason::Stopped { stopped, of } => {
                Self { after: of.as_ref(), since: Some(stopped.at), ..made }
            }
            HeldReason::Paused { paused } => Self { since: Some(paused.at), ..made },
            HeldReason::OpenWork { ticket } | HeldReason::Beside { ticket, .. } => {
                Self { work_request: Some(ticket), ..made }
            }
            HeldReason::Overdue { ticket, since } => {
                Self { work_request: Some(ticket), since: Some(*since), ..made }
            }
            HeldReason::Unbooted { since, .. } => Self { since: Some(*since), ..made },
            HeldReason::Unreachable { last_checkin, .. } => Self { since: *last_checkin, ..made },
            _ => made,
        }
    }
}

/// Returns why something is held in a word that stays.
pub(in crate::render) fn held_code(reason: &HeldReason) -> &'static str {
    match reason {
        HeldReason::Unreachable { .. } => "unreachable",
        HeldReason::Unknown => "unknown",
        HeldReason::Unread => "unread",
        HeldReason::Ahead { .. } => "ahead",
        HeldReason::OpenWork { .. } => "open-work",
        HeldReason::Gate { .. } => "gate",
        HeldReason::Soak { .. } => "soak",
        HeldReason::Closed { by: Closure::Window } => "window",
        HeldReason::Closed { by: Closure::Blackout } => "blackout",
        HeldReason::Paused { .. } => "paused",
        HeldReason::Stopped { .. } => "stopped",
        HeldReason::Undeclared => "undeclared",
        HeldReason::Ridden { .. } => "ridden",
        HeldReason::NotOurs { .. } => "not-ours",
        HeldReason::OthersGroup { .. } => "others-group",
        HeldReason::Schedule { .. } => "schedule",
        HeldReason::NoUpdates => "no-updates",
        HeldReason::Elsewhere { .. } => "elsewhere",
        HeldReason::NotRunning { .. } => "not-running",
        HeldReason::OtherSystem { .. } => "other-system",
        HeldReason::Beside { .. } => "beside",
        HeldReason::NotEverywhere { .. } => "not-everywhere",
        HeldReason::Stray { .. } => "stray",
        HeldReason::Apart { .. } => "apart",
        HeldReason::Taken { .. } => "taken",
        HeldReason::Locked { .. } => "locked",
        HeldReason::Unbooted { .. } => "unbooted",
        HeldReason::Overdue { .. } => "overdue",
        HeldReason::Inexact { .. } => "inexact",
        HeldReason::Streams { .. } => "streams",
    }
}

#[derive(Serialize)]
pub(in crate::render::plan) struct Ahead<'a> {
    address: String,
    id: &'a Ocid,
    group: &'a GroupName,
    /// Whether the group says that this keeps it below level.
    blocks: bool,
    packages: &'a [Lag],
}

impl<'a> Ahead<'a> {
    pub(super) fn of(plan: &Plan, report: &'a AheadReport) -> Self {
        let AheadReport { instance, group, packages, blocks } = report;
        let address = format!("instance.{}", plan.label(instance));
        Self { address, id: instance, group, blocks: *blocks, packages }
    }
}

#[derive(Serialize)]
pub(in crate::render::plan) struct Note {
    note: &'static str,
    text: String,
}

impl Note {
    /// A note of several advisories is as many.
    pub(super) fn of(plan: &Plan, note: &plan::Note) -> Vec<Self> {
        let code = note_code(note);
        notes::some(plan, std::slice::from_ref(note), &|names| names.join(", "))
            .into_iter()
            .map(|text| Self { note: code, text })
            .collect()
    }
}

/// Returns what a note is about in a word that stays.
pub(in crate::render) fn note_code(note: &plan::Note) -> &'static str {
    match note {
        plan::Note::Unfinished { .. } => "unfinished",
        plan::Note::Imported { .. } => "imported",
        plan::Note::NoMembers { .. } => "no-members",
        plan::Note::GoldenLeftOut { .. } => "golden-left-out",
        plan::Note::OtherLayout { .. } => "other-layout",
        plan::Note::Flagged { .. } => "flagged",
        plan::Note::JoinInstalls { .. } => "join-installs",
        plan::Note::WholeGroup { .. } => "whole-group",
        plan::Note::MadeOf { .. } => "made-of",
        plan::Note::NotOutstanding { .. } => "not-outstanding",
        plan::Note::NotListed { .. } => "not-listed",
        plan::Note::LeftOut { .. } => "left-out",
        plan::Note::Modular { .. } => "modular",
    }
}
