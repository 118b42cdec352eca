//! Members that are made exactly their release: versions that go back, packages that come and go, those with the same
//! changes together. A section of its own, with a warning: nothing else in a plan takes anything from an instance.

use super::super::packages::{self, Row};
use super::super::page::{Mark, Page};
use super::super::words::{count, label, labels};
use crate::plan::{Enforcement, Figures, Plan};

/// Names shown of those with the same changes before the list folds.
const NAMES: usize = 12;
/// Packages shown of each kind before the list folds.
const PACKAGES: usize = 12;
/// Entries shown before the section folds.
const ENTRIES: usize = 8;

/// Writes the section.
pub(super) fn section(page: &mut Page, plan: &Plan) {
    if plan.exact.is_empty() {
        return;
    }
    let instances: usize = plan.exact.iter().map(|entry| entry.instances.len()).sum();
    page.heading(&format!("Exact ({instances})"), "made exactly the release, and read back");
    for warning in warnings(plan) {
        page.text(2, 2, &format!("Warning: {warning}"));
    }
    let shown = page.fold(plan.exact.len(), ENTRIES);
    for entry in &plan.exact[..shown] {
        one(page, plan, entry);
    }
    page.more(4, plan.exact.len() - shown);
}

/// What to know where versions go back, and where packages are removed.
pub(in super::super) fn warnings(plan: &Plan) -> Vec<&'static str> {
    let Figures { back, removed, .. } = plan.figures();
    let mut warnings = Vec::new();
    if back > 0 {
        warnings.push(
            "versions go back. Each is asked for by name; whether the agent installs an older one is not documented, and \
             what it brings along is the tools' choice. Reading back shows it.",
        );
    }
    if removed > 0 {
        warnings.push(
            "packages are removed. Whatever needs one of them goes with it, packages outside the train's care too; \
             `--repodata` has the plan look at that.",
        );
    }
    warnings
}

fn one(page: &mut Page, plan: &Plan, entry: &Enforcement) {
    page.item(2, Mark::CHANGE, &words(plan, entry));
    let Enforcement { back, add, remove, instances, .. } = entry;
    if instances.len() > 1 {
        page.names(6, &labels(plan, instances), NAMES);
    }
    let rows: Vec<Row> = back.iter().map(Row::of_back).collect();
    packages::write(page, 6, &rows, PACKAGES, "->");
    let rows: Vec<Row> = add.iter().map(|package| Row::one(Mark::ADD, *package)).collect();
    packages::write(page, 6, &rows, PACKAGES, "");
    let rows: Vec<Row> = remove.iter().map(|package| Row::one(Mark::REMOVE, *package)).collect();
    packages::write(page, 6, &rows, PACKAGES, "");
}

/// Says who is made exactly what, and by how many packages.
pub(in super::super) fn words(plan: &Plan, entry: &Enforcement) -> String {
    let Enforcement { group, release, back, add, remove, together, instances } = entry;
    let parts = [(back.len(), "back"), (add.len(), "installed"), (remove.len(), "removed")];
    let parts = parts.into_iter().filter(|(number, _)| *number > 0);
    let what: Vec<String> =
        parts.map(|(number, verb)| format!("{} {verb}", count(number, "package"))).collect();
    let who = match instances.as_slice() {
        [one] => format!("instance.{} of group.{group}", label(plan, one)),
        many => format!("{} of group.{group}, each", count(many.len(), "instance")),
    };
    let how = if *together { ", asked of the whole group, whose members have it so or get it" } else { "" };
    format!("{who}: to exactly {release}, {}{how}", what.join(", "))
}
