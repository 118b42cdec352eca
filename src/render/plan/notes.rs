//! Notes: what a reviewer should know and nobody has to act on.

use std::collections::{BTreeMap, BTreeSet};

use super::super::coverage;
use super::super::page::{Mark, Page};
use super::super::words::{self, clean, count, label};
use super::crew;
use crate::name::{GroupName, Ocid, ReleaseName};
use crate::plan::{LeftOut, Note, Plan};
use crate::train::Layout;

/// Entries shown of a list before it folds.
const ENTRIES: usize = 12;

/// Writes what a reviewer should know and nobody has to act on.
pub(super) fn section(page: &mut Page, plan: &Plan) {
    if plan.notes.is_empty() {
        return;
    }
    page.heading("Notes", "");
    let list = |names: &[String]| page.list(names, ENTRIES);
    for text in lines(plan, &list) {
        page.item(2, Mark::NONE, &text);
    }
}

/// Returns the notes, a line each; `list` joins names, and folds them if it likes.
pub(in super::super) fn lines(plan: &Plan, list: &dyn Fn(&[String]) -> String) -> Vec<String> {
    some(plan, &plan.notes, list)
}

/// The same of some notes of a plan.
pub(in super::super) fn some(plan: &Plan, notes: &[Note], list: &dyn Fn(&[String]) -> String) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
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
    for note in notes {
        match note {
            Note::Unfinished { op } => unfinished.push(clean(op).into_owned()),
            Note::NotOutstanding { package } => absent.push(clean(package).into_owned()),
            Note::Imported { addresses } => imported.extend(addresses.iter().map(|of| words::address(plan, of))),
            Note::NoMembers { group } => empty.push(format!("group.{group}")),
            Note::GoldenLeftOut { group, instance } => {
                golden.entry(instance).or_default().insert(format!("group.{group}"));
            }
            Note::OtherLayout { releases, layout, line } => {
                let names: Vec<String> =
                    releases.iter().map(|release| format!("release.{release}")).collect();
                let (now, then) = match layout {
                    Layout::Parent => ("parent", "children"),
                    Layout::Child => ("child", "parents"),
                };
                layouts.push(format!(
                    "layout = \"{now}\" ({}:{line}) is for releases that are made from now on; the sources of {} are \
                     {then} and stay so, and who rides one goes over with its next release",
                    plan.file,
                    names.join(", "),
                ));
            }
            Note::Modular { release, packages, streams } => {
                modular.push(modular_words(release, *packages, streams));
            }
            Note::NotListed { stream, instances } => modular.push(format!(
                "the service does not list {} for {}: where no source tells of its module there is nothing to enable, \
                 and it fails",
                clean(&stream.to_string()),
                count(*instances, "instance"),
            )),
            Note::LeftOut { group, instance, why } => {
                left_out.entry((group, why)).or_default().push(instance);
            }
            Note::Flagged { release, flagged } => {
                modular.extend(flagged.iter().map(|one| {
                    let packages: Vec<String> = one.packages.iter().map(ToString::to_string).collect();
                    format!("{release}: {}", coverage::flag(one, &list(&packages)))
                }));
            }
            Note::JoinInstalls { .. } | Note::WholeGroup { .. } | Note::MadeOf { .. } => {
                crews.extend(crew::note(note));
            }
        }
    }
    if !unfinished.is_empty() {
        let list = list(&unfinished);
        let text = format!(
            "an earlier run left {} open; this plan goes on from there: {list}",
            count(unfinished.len(), "call")
        );
        all.push(text);
    }
    if !imported.is_empty() {
        let list = list(&imported);
        let text =
            format!("imported, so that the `[[import]]` of each can be deleted from {}: {list}", plan.file);
        all.push(text);
    }
    all.extend(layouts.into_iter().chain(crews));
    if !absent.is_empty() {
        let list = list(&absent);
        all.push(format!("of which no such update is outstanding anywhere here: {list}"));
    }
    if !empty.is_empty() {
        let list = list(&empty);
        all.push(format!("without members: {list}"));
    }
    for (instance, groups) in golden {
        let groups: Vec<String> = groups.into_iter().collect();
        let text = format!(
            "the golden instance {} is left out of {}, where the service lists it",
            label(plan, instance),
            groups.join(", ")
        );
        all.push(text);
    }
    all.extend(modular);
    for ((group, why), instances) in left_out {
        let why = match why {
            LeftOut::Golden => "it is the golden instance".to_owned(),
            LeftOut::Listed { by } => format!("listed by {}", clean(&by.to_string())),
            LeftOut::Selected { by } => {
                format!("of another system, and selected by {}", clean(&by.to_string()))
            }
        };
        let names = words::labels(plan, instances);
        let list = list(&names);
        all.push(format!("the selector of group.{group} leaves out {list}: {why}"));
    }
    all
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
