//! Updates by hand: which instances get which, those that get the same together.

use super::super::packages::{self, Row};
use super::super::page::{Mark, Page};
use super::super::words::{clean, count, label, labels};
use crate::op::{UpdateKind, Wanted};
use crate::plan::{OutstandingUpdate, Patch, Plan, StreamMove};

/// Updates shown of a list before it folds.
const UPDATES: usize = 12;
/// Names shown of those that get the same before the list folds.
const NAMES: usize = 12;

/// Writes all of them, the most instances first.
pub(super) fn write(page: &mut Page, plan: &Plan) {
    let mut patches: Vec<&Patch> = plan.patches.iter().collect();
    patches.sort_by_key(|patch| std::cmp::Reverse(patch.instances.len()));
    for patch in patches {
        page.blank();
        page.item(2, Mark::CHANGE, &format!("{}: {}", who(plan, patch), what(patch)));
        if patch.instances.len() > 1 {
            page.names(6, &labels(plan, &patch.instances), NAMES);
        }
        let rows: Vec<Row> = patch.updates.iter().map(row).collect();
        packages::write(page, 6, &rows, UPDATES, "->");
        for StreamMove { to, from } in &patch.streams {
            let text = match from {
                Some(from) => format!("{}:{} -> {}", clean(&to.module), clean(from), clean(&to.to_string())),
                None => clean(&to.to_string()).into_owned(),
            };
            page.item(6, Mark::CHANGE, &text);
        }
    }
}

/// Names whom the same is asked of.
pub(in super::super) fn who(plan: &Plan, patch: &Patch) -> String {
    match (patch.instances.as_slice(), &patch.group) {
        ([one], None) => format!("the golden instance {}", label(plan, one)),
        ([one], Some(group)) => format!("{} of group.{group}", label(plan, one)),
        (several, group) => {
            let of = group.as_ref().map(|group| format!(" of group.{group}")).unwrap_or_default();
            format!("{}{of}, all alike", count(several.len(), "instance"))
        }
    }
}

/// Says what is asked of them.
pub(in super::super) fn what(patch: &Patch) -> String {
    if !patch.streams.is_empty() {
        return format!("enable {}", count(patch.streams.len(), "module stream"));
    }
    let many = count(patch.updates.len(), "update");
    match (patch.named, patch.wanted) {
        (true, _) => format!("install {many} by name, one after the other"),
        (false, Wanted::All) => format!("install all updates, {} outstanding", patch.updates.len()),
        (false, wanted) => format!("install {wanted} updates, {} outstanding", patch.updates.len()),
    }
}

fn row(update: &OutstandingUpdate) -> Row {
    let kind = match update.kind {
        UpdateKind::Other => String::new(),
        kind => Wanted::Only(kind).word().to_owned(),
    };
    let name = match update.architecture.is_empty() {
        true => update.name.to_string(),
        false => format!("{}.{}", update.name, update.architecture),
    };
    Row::of_texts(&name, &update.installed, &update.available, kind)
}
