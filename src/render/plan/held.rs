//! What is held and why, what is newer than its release, and notes.

use std::collections::{BTreeMap, BTreeSet};

use super::super::coverage;
use super::super::packages::{self, Row};
use super::super::page::{Mark, Page};
use super::super::words::{self, address, clean, count, kind, label, time};
use super::crew;
use crate::advisory::Flagged;
use crate::name::{GroupName, Ocid, ReleaseName};
use crate::package::StreamName;
use crate::plan::{Held, HeldReason, LeftOut, Note, Plan};
use crate::train::Layout;

/// Names shown of what is held for one reason before the list folds.
const NAMES: usize = 12;
/// Reasons, or instances ahead, shown before a section folds.
const ENTRIES: usize = 12;
/// Packages shown of an instance ahead before the list folds.
const PACKAGES: usize = 4;

/// Writes what is held.
pub(super) fn section(page: &mut Page, plan: &Plan) {
    if plan.held.is_empty() {
        return;
    }
    let title = format!("Held ({})", super::held_count(plan));
    page.heading(&title, "wanted, and not done now");
    let mut reasons: BTreeMap<(u8, &str, String), Vec<&Held>> = BTreeMap::new();
    for held in &plan.held {
        reasons.entry((rank(&held.reason), kind(&held.address), words::held(held))).or_default().push(held);
    }
    for ((_, _, reason), held) in &reasons {
        if let [one] = held.as_slice() {
            let fact = fact(one).map(|fact| format!(" ({fact})")).unwrap_or_default();
            page.item(2, Mark::HELD, &format!("{}: {reason}{fact}", address(plan, &one.address)));
            riders(page, plan, one);
            continue;
        }
        page.item(2, Mark::HELD, &format!("{}, each: {reason}", count(held.len(), kind(&held[0].address))));
        let names: Vec<String> = held
            .iter()
            .map(|held| match fact(held) {
                Some(fact) => format!("{} ({fact})", address(plan, &held.address)),
                None => address(plan, &held.address),
            })
            .collect();
        page.names(6, &names, NAMES);
        held.iter().for_each(|held| riders(page, plan, held));
    }
}

/// Names who keeps the source of a retired release.
fn riders(page: &mut Page, plan: &Plan, held: &Held) {
    if let HeldReason::Ridden { groups, riders } = &held.reason {
        let all: Vec<_> = riders.iter().chain(groups).cloned().collect();
        page.names(6, &words::labels(plan, &all), NAMES);
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
        let blocks = if report.blocks { ", which keeps it below level" } else { "" };
        let text = format!(
            "instance.{} of group.{}: {}{blocks}",
            label(plan, &report.instance),
            report.group,
            count(report.packages.len(), "package"),
        );
        page.item(2, Mark::MORE, &text);
        let rows: Vec<Row> = report.packages.iter().map(Row::of_ahead).collect();
        packages::write(page, 6, &rows, PACKAGES, "newer than");
    }
    page.more(4, plan.ahead.len() - shown);
}

/// Writes what a reviewer should know and nobody has to act on.
pub(super) fn notes(page: &mut Page, plan: &Plan) {
    if plan.notes.is_empty() {
        return;
    }
    page.heading("Notes", "");
    // Ops of an interrupted run can be many; they fold.
    let mut unfinished: Vec<String> = Vec::new();
    let mut golden: BTreeMap<&Ocid, BTreeSet<String>> = BTreeMap::new();
    let mut imported: Vec<String> = Vec::new();
    let mut empty: Vec<String> = Vec::new();
    let mut layouts: Vec<String> = Vec::new();
    let mut left_out: BTreeMap<(&GroupName, &LeftOut), Vec<&Ocid>> = BTreeMap::new();
    let mut absent: Vec<String> = Vec::new();
    let mut modular: Vec<String> = Vec::new();
    let mut crews: Vec<String> = Vec::new();
    for note in &plan.notes {
        match note {
            Note::Unfinished { op } => unfinished.push(clean(op).into_owned()),
            Note::NotOutstanding { package } => absent.push(clean(package).into_owned()),
            Note::Imported { addresses } => {
                imported.extend(addresses.iter().map(|of| words::address(plan, of)));
            }
            Note::NoMembers { group } => empty.push(format!("group.{group}")),
            Note::GoldenLeftOut { group, instance } => {
                golden.entry(instance).or_default().insert(format!("group.{group}"));
            }
            Note::OtherLayout { releases, layout, line } => {
                layouts.push(layout_words(plan, releases, *layout, *line));
            }
            Note::Modular { release, packages, streams } => {
                modular.push(modular_words(release, *packages, streams));
            }
            Note::NotListed { stream, instances } => modular.push(unlisted_words(stream, *instances)),
            Note::LeftOut { group, instance, why } => {
                left_out.entry((group, why)).or_default().push(instance);
            }
            Note::Flagged { release, flagged } => {
                modular.extend(flagged.iter().map(|one| {
                    let packages: Vec<String> = one.packages.iter().map(ToString::to_string).collect();
                    format!("{release}: {}", coverage::flag(one, &page.list(&packages, ENTRIES)))
                }));
            }
            Note::JoinInstalls { .. } | Note::WholeGroup { .. } | Note::MadeOf { .. } => {
                crews.extend(crew::note(note));
            }
        }
    }
    if !unfinished.is_empty() {
        let list = page.list(&unfinished, ENTRIES);
        let text = format!(
            "an earlier run left {} open; this plan goes on from there: {list}",
            count(unfinished.len(), "call")
        );
        page.item(2, Mark::NONE, &text);
    }
    if !imported.is_empty() {
        let list = page.list(&imported, ENTRIES);
        let text =
            format!("imported, so that the `[[import]]` of each can be deleted from {}: {list}", plan.file);
        page.item(2, Mark::NONE, &text);
    }
    for text in layouts.into_iter().chain(crews) {
        page.item(2, Mark::NONE, &text);
    }
    if !absent.is_empty() {
        let list = page.list(&absent, ENTRIES);
        page.item(2, Mark::NONE, &format!("of which no such update is outstanding anywhere here: {list}"));
    }
    if !empty.is_empty() {
        let list = page.list(&empty, ENTRIES);
        page.item(2, Mark::NONE, &format!("without members: {list}"));
    }
    for (instance, groups) in golden {
        let groups: Vec<String> = groups.into_iter().collect();
        let text = golden_words(plan, instance, &groups.join(", "));
        page.item(2, Mark::NONE, &text);
    }
    for text in &modular {
        page.item(2, Mark::NONE, text);
    }
    for ((group, why), instances) in left_out {
        let why = left_out_words(why);
        let names = words::labels(plan, instances);
        let list = page.list(&names, ENTRIES);
        page.item(2, Mark::NONE, &format!("the selector of group.{group} leaves out {list}: {why}"));
    }
}

/// Says what one note is about, by itself; of several advisories it is several.
pub(super) fn note(plan: &Plan, note: &Note) -> Vec<String> {
    let text = match note {
        Note::Unfinished { op } => {
            format!("an earlier run left {} open; this plan goes on from there", clean(op))
        }
        Note::NotOutstanding { package } => {
            format!("no update of {} is outstanding anywhere here", clean(package))
        }
        Note::Imported { addresses } => {
            let names: Vec<String> = addresses.iter().map(|of| words::address(plan, of)).collect();
            format!(
                "imported, so that the `[[import]]` of each can be deleted from {}: {}",
                plan.file,
                names.join(", ")
            )
        }
        Note::NoMembers { group } => format!("group.{group} has no members"),
        Note::GoldenLeftOut { group, instance } => golden_words(plan, instance, &format!("group.{group}")),
        Note::OtherLayout { releases, layout, line } => layout_words(plan, releases, *layout, *line),
        Note::Modular { release, packages, streams } => modular_words(release, *packages, streams),
        Note::NotListed { stream, instances } => unlisted_words(stream, *instances),
        Note::LeftOut { group, instance, why } => {
            format!(
                "the selector of group.{group} leaves out {}: {}",
                label(plan, instance),
                left_out_words(why)
            )
        }
        Note::Flagged { release, flagged } => {
            let of = |one: &Flagged| {
                let packages: Vec<String> = one.packages.iter().map(ToString::to_string).collect();
                format!("{release}: {}", coverage::flag(one, &packages.join(", ")))
            };
            return flagged.iter().map(of).collect();
        }
        Note::JoinInstalls { .. } | Note::WholeGroup { .. } | Note::MadeOf { .. } => {
            return crew::note(note).into_iter().collect();
        }
    };
    vec![text]
}

fn golden_words(plan: &Plan, instance: &Ocid, groups: &str) -> String {
    format!(
        "the golden instance {} is left out of {groups}, where the service lists it",
        label(plan, instance)
    )
}

fn layout_words(plan: &Plan, releases: &[ReleaseName], layout: Layout, line: usize) -> String {
    let names: Vec<String> = releases.iter().map(|release| format!("release.{release}")).collect();
    let (now, then) = match layout {
        Layout::Parent => ("parent", "children"),
        Layout::Child => ("child", "parents"),
    };
    format!(
        "layout = \"{now}\" ({}:{line}) is for releases that are made from now on; the sources of {} are \
         {then} and stay so, and who rides one goes over with its next release",
        plan.file,
        names.join(", "),
    )
}

fn unlisted_words(stream: &StreamName, instances: usize) -> String {
    format!(
        "the service does not list {} for {}: where no source tells of its module there is nothing to enable, \
         and it fails",
        clean(&stream.to_string()),
        count(instances, "instance"),
    )
}

fn left_out_words(why: &LeftOut) -> String {
    match why {
        LeftOut::Golden => "it is the golden instance".to_owned(),
        LeftOut::Listed { by } => format!("listed by {}", clean(&by.to_string())),
        LeftOut::Selected { by } => format!("of another system, and selected by {}", clean(&by.to_string())),
    }
}

/// What to know of a release with packages of module streams.
fn modular_words(release: &ReleaseName, packages: usize, streams: &[String]) -> String {
    let streams: Vec<_> = streams.iter().map(|stream| clean(stream)).collect();
    let of = match streams.as_slice() {
        [] => String::new(),
        some => format!(" ({})", some.join(", ")),
    };
    format!(
        "release.{release} holds {} of module streams{of}: it is not documented whether a source of your own tells an \
         instance about modules. Where it does not, streams stay as they are on each instance, and an update may leave \
         out packages of one that is not enabled there; reading back shows it",
        count(packages, "package")
    )
}
