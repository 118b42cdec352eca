//! What members that stay have besides their release, and what they lack: told, since no update changes either. Each
//! group has a line, and what it has besides stands under it by package; who lacks what is shown in full detail.

use std::collections::BTreeMap;

use super::super::Detail;
use super::super::packages::{self, Row};
use super::super::page::{Mark, Page};
use super::super::words::{count, counts, label, labels, natural};
use crate::package::Package;
use crate::plan::{Mismatch, Plan};

/// Names shown of an entry before the list folds.
const NAMES: usize = 12;
/// Packages shown of a group before the list folds.
const PACKAGES: usize = 6;

/// Writes the section.
pub(super) fn section(page: &mut Page, plan: &Plan) {
    if plan.mismatches.is_empty() {
        return;
    }
    let instances: usize = plan.mismatches.iter().map(|entry| entry.instances.len()).sum();
    page.heading(&format!("Extra, missing ({instances})"), "not as the release, and no update changes that");
    for group in plan.mismatches.chunk_by(|one, next| one.group == next.group) {
        if page.shows(Detail::Full) {
            entries(page, plan, group);
        } else {
            summary(page, group);
        }
    }
}

fn summary(page: &mut Page, group: &[Mismatch]) {
    page.item(2, Mark::NONE, &format!("{} (--full)", told(group)));
    let mut extra: BTreeMap<Package, usize> = BTreeMap::new();
    for entry in group {
        for package in &entry.extra {
            *extra.entry(*package).or_default() += entry.instances.len();
        }
    }
    let rows: Vec<Row> = extra.keys().map(|package| Row::one(Mark::MORE, *package)).collect();
    packages::write(page, 6, &rows, PACKAGES, "");
}

/// From the least to the most that an instance of the group has; none where no instance has any.
fn range(numbers: impl Iterator<Item = usize>, what: &str) -> Option<String> {
    let (least, most) =
        numbers.fold((usize::MAX, 0), |(least, most), number| (least.min(number), most.max(number)));
    match (least, most) {
        (_, 0) => None,
        (0, most) => Some(format!("up to {most} {what}")),
        (least, most) if least == most => Some(format!("{most} {what}")),
        (least, most) => Some(format!("{least} to {most} {what}")),
    }
}

fn entries(page: &mut Page, plan: &Plan, group: &[Mismatch]) {
    // The most alike first; those alone by what people call them.
    let mut entries: Vec<&Mismatch> = group.iter().collect();
    entries.sort_by_cached_key(|entry| {
        let first = labels(plan, &entry.instances).into_iter().next();
        (std::cmp::Reverse(entry.instances.len()), first.map(|label| natural(&label)))
    });
    for entry in entries {
        let differ = counts(&[(entry.extra.len(), "extra"), (entry.missing.len(), "missing")]);
        let text = match entry.instances.as_slice() {
            [one] => format!("instance.{} of group.{}: {differ}", label(plan, one), entry.group),
            many => format!("{} of group.{}, each: {differ}", count(many.len(), "instance"), entry.group),
        };
        page.item(2, Mark::NONE, &text);
        if entry.instances.len() > 1 {
            page.names(6, &labels(plan, &entry.instances), NAMES);
        }
        let extra = entry.extra.iter().map(|package| Row::one(Mark::MORE, *package));
        let missing = entry.missing.iter().map(|package| Row::one(Mark::LESS, *package));
        packages::write(page, 6, &extra.chain(missing).collect::<Vec<_>>(), PACKAGES, "");
    }
}

/// Says of how many instances of a group it is, and how much. The entries are of one group.
pub(in super::super) fn told(group: &[Mismatch]) -> String {
    let instances = group.iter().map(|entry| entry.instances.len()).sum();
    format!(
        "group.{}: {}, {}",
        group[0].group,
        count(instances, "instance"),
        [
            range(group.iter().map(|entry| entry.extra.len()), "extra"),
            range(group.iter().map(|entry| entry.missing.len()), "missing")
        ]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(", "),
    )
}
