//! What is held and why, and what is newer than its release.

use std::collections::BTreeMap;

use super::super::Detail;
use super::super::packages::{self, Row};
use super::super::page::{Mark, Page};
use super::super::words::{self, address, clean, count, kind, label, time};
use crate::plan::{AheadReport, Held, HeldReason, Plan};

/// Names shown of what is held for one reason before the list folds.
const NAMES: usize = 12;
/// Reasons shown before the section folds.
const REASONS: usize = 40;
/// Instances ahead shown before the section folds.
const ENTRIES: usize = 12;
/// Packages shown of an instance ahead before the list folds.
const PACKAGES: usize = 4;

/// Writes what is held.
pub(super) fn section(page: &mut Page, plan: &Plan) {
    if plan.held.is_empty() {
        return;
    }
    let title = format!("Held ({})", plan.figures().held);
    page.heading(&title, "wanted, and not done now");
    let reasons = alike(plan);
    let shown = page.fold(reasons.len(), REASONS);
    for (reason, held) in &reasons[..shown] {
        let reason = match (page.shows(Detail::Full), held.first()) {
            (true, Some(first)) => &words::held_whole(first),
            _ => reason,
        };
        if let [one] = held.as_slice() {
            let fact = fact(one).map(|fact| format!(" ({fact})")).unwrap_or_default();
            page.item(2, Mark::HELD, &format!("{}: {reason}{fact}", address(plan, &one.address)));
            riders(page, plan, one);
            continue;
        }
        page.item(2, Mark::HELD, &format!("{}, each: {reason}", count(held.len(), kind(&held[0].address))));
        let names: Vec<String> = held.iter().map(|held| named(plan, held)).collect();
        page.names(6, &names, NAMES);
        held.iter().for_each(|held| riders(page, plan, held));
    }
    page.more(2, reasons.len() - shown);
}

/// Puts together what is held for one reason, gates first.
pub(in super::super) fn alike(plan: &Plan) -> Vec<(String, Vec<&Held>)> {
    type Key<'p> = (u8, &'static str, String, Option<&'p HeldReason>);
    let mut reasons: BTreeMap<Key<'_>, Vec<&Held>> = BTreeMap::new();
    for held in &plan.held {
        // The words leave some of the names out: by those they are not alike.
        let names = matches!(held.reason, HeldReason::Inexact { .. } | HeldReason::Ridden { .. });
        let named = Some(&held.reason).filter(|_| names);
        let key = (rank(&held.reason), kind(&held.address), words::held(held), named);
        reasons.entry(key).or_default().push(held);
    }
    reasons.into_iter().map(|((_, _, reason, _), held)| (reason, held)).collect()
}

/// Names what is held, with what differs from the next that is held for the same reason.
pub(in super::super) fn named(plan: &Plan, held: &Held) -> String {
    match fact(held) {
        Some(fact) => format!("{} ({fact})", address(plan, &held.address)),
        None => address(plan, &held.address),
    }
}

/// Writes who keeps the source of a retired release.
fn riders(page: &mut Page, plan: &Plan, held: &Held) {
    let all = keepers(plan, held);
    if !all.is_empty() {
        page.names(6, &all, NAMES);
    }
}

/// Names who keeps the source of a retired release; of whatever else is held nobody.
pub(in super::super) fn keepers(plan: &Plan, held: &Held) -> Vec<String> {
    match &held.reason {
        HeldReason::Ridden { groups, riders } => words::labels(plan, riders.iter().chain(groups)),
        _ => Vec::new(),
    }
}

/// Gates first: they hold most.
fn rank(reason: &HeldReason) -> u8 {
    match reason {
        HeldReason::Stopped { .. }
        | HeldReason::Paused { .. }
        | HeldReason::Closed { .. }
        | HeldReason::Gate { .. }
        | HeldReason::Soak { .. } => 0,
        HeldReason::Unreachable { .. } => 1,
        HeldReason::Unknown => 2,
        HeldReason::Unread => 3,
        HeldReason::OpenWork { .. } => 4,
        HeldReason::Ahead { .. } => 5,
        HeldReason::Undeclared => 6,
        HeldReason::NotRunning { .. } => 7,
        HeldReason::OtherSystem { .. } => 8,
        HeldReason::Schedule { .. } => 9,
        HeldReason::NoUpdates => 10,
        HeldReason::Elsewhere { .. } => 11,
        HeldReason::Overdue { .. } => 12,
        HeldReason::Ridden { .. } => 13,
        HeldReason::NotOurs { .. } => 14,
        HeldReason::Beside { .. } => 15,
        HeldReason::NotEverywhere { .. } => 16,
        HeldReason::Locked { .. } => 17,
        HeldReason::Apart { .. } => 18,
        HeldReason::Stray { .. } => 19,
        HeldReason::Taken { .. } => 20,
        HeldReason::Streams { .. } => 21,
        HeldReason::OthersGroup { .. } => 22,
        HeldReason::Inexact { .. } => 23,
        HeldReason::Unbooted { .. } => 24,
    }
}

/// What differs between instances held for one reason.
fn fact(held: &Held) -> Option<String> {
    match &held.reason {
        HeldReason::Unreachable { last_checkin: Some(at), .. } => Some(format!("last seen {}", time(*at))),
        HeldReason::Unreachable { last_checkin: None, .. } => Some("never seen".to_owned()),
        HeldReason::OpenWork { ticket } => Some(clean(&ticket.0).into_owned()),
        HeldReason::Beside { ticket, .. } => Some(clean(&ticket.0).into_owned()),
        HeldReason::Overdue { ticket, since } => {
            Some(format!("{}, since {}", clean(&ticket.0), time(*since)))
        }
        HeldReason::Unbooted { since, .. } => Some(format!("since {}", time(*since))),
        HeldReason::Unknown
        | HeldReason::Unread
        | HeldReason::Ahead { .. }
        | HeldReason::Gate { .. }
        | HeldReason::Soak { .. }
        | HeldReason::Closed { .. }
        | HeldReason::Paused { .. }
        | HeldReason::Stopped { .. }
        | HeldReason::Undeclared
        | HeldReason::Ridden { .. }
        | HeldReason::NotOurs { .. }
        | HeldReason::OthersGroup { .. }
        | HeldReason::Schedule { .. }
        | HeldReason::NoUpdates
        | HeldReason::Elsewhere { .. }
        | HeldReason::NotRunning { .. }
        | HeldReason::NotEverywhere { .. }
        | HeldReason::Locked { .. }
        | HeldReason::Apart { .. }
        | HeldReason::Stray { .. }
        | HeldReason::Taken { .. }
        | HeldReason::Streams { .. }
        | HeldReason::Inexact { .. }
        | HeldReason::OtherSystem { .. } => None,
    }
}

/// Writes which instances are newer than their release.
pub(super) fn ahead(page: &mut Page, plan: &Plan) {
    if plan.ahead.is_empty() {
        return;
    }
    page.heading(
        &format!("Ahead ({})", plan.ahead.len()),
        "newer than the release; no update brings that back",
    );
    let shown = page.fold(plan.ahead.len(), ENTRIES);
    for report in &plan.ahead[..shown] {
        page.item(2, Mark::MORE, &ahead_words(plan, report));
        let rows: Vec<Row> = report.packages.iter().map(Row::of_ahead).collect();
        packages::write(page, 6, &rows, PACKAGES, "newer than");
    }
    page.more(4, plan.ahead.len() - shown);
}

/// Says who is newer than its release, by how much, and whether that counts.
pub(in super::super) fn ahead_words(plan: &Plan, report: &AheadReport) -> String {
    let blocks = if report.blocks { ", which keeps it below level" } else { "" };
    format!(
        "instance.{} of group.{}: {}{blocks}",
        label(plan, &report.instance),
        report.group,
        count(report.packages.len(), "package"),
    )
}
