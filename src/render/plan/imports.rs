//! Imports: what others made and the plan takes over as it is. Nothing of it changes but whose it is.

use std::collections::BTreeMap;

use super::super::page::{Mark, Page};
use super::super::words::{address, clean, count, labels, rides};
use crate::name::Ocid;
use crate::op::Ownership;
use crate::plan::{Attached, Plan, PlannedImport, Takeover};

/// Names shown of a group's members before the list folds.
const NAMES: usize = 12;

/// Writes the section.
pub(super) fn section(page: &mut Page, plan: &Plan) {
    if plan.imports.is_empty() {
        return;
    }
    let title = format!("Imports ({})", plan.imports.len());
    page.heading(&title, "taken over as they are; only their tags and the state change");
    for import in &plan.imports {
        entry(page, plan, import);
    }
}

fn entry(page: &mut Page, plan: &Plan, import: &PlannedImport) {
    page.item(2, Mark::IMPORT, &words(plan, import));
    page.text(6, 6, &holds(plan, import));
    if let Takeover::Group { members, .. } = &import.with {
        page.names(6, &labels(plan, members), NAMES);
    }
    if let Some(owned) = owned(import) {
        page.text(6, 6, &owned);
    }
}

/// Says what something is taken over with.
pub(in super::super) fn holds(plan: &Plan, import: &PlannedImport) -> String {
    match &import.with {
        Takeover::Source { packages } => {
            format!("it holds {}, which are the release's", count(*packages, "package"))
        }
        Takeover::Group { members, sources } => {
            format!("{}{}", count(members.len(), "member"), attached(plan, sources))
        }
    }
}

/// Returns who is taken over with a group.
pub(in super::super) fn members(import: &PlannedImport) -> &[Ocid] {
    match &import.with {
        Takeover::Source { .. } => &[],
        Takeover::Group { members, .. } => members,
    }
}

/// Says whose something says it is, and what that means for those; none where it says that it is nobody's.
pub(in super::super) fn owned(import: &PlannedImport) -> Option<String> {
    let Ownership { train, lineage, .. } = import.owner.as_ref()?;
    Some(format!(
        "its tags say that it belongs to train {} of lineage {}: whoever has that state is refused it from then on",
        clean(train.as_str()),
        clean(&lineage.0)
    ))
}

/// Says of each other owner what is taken from it.
pub(in super::super) fn taken(plan: &Plan) -> Vec<String> {
    let mut of: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for import in &plan.imports {
        if let Some(Ownership { train, lineage, .. }) = &import.owner {
            let owner = (train.as_str(), &*lineage.0);
            of.entry(owner).or_default().push(address(plan, &import.address));
        }
    }
    let told = |((train, lineage), names): ((&str, &str), Vec<String>)| {
        let (by, belong, them) =
            if names.len() == 1 { ("its", "belongs", "it") } else { ("their", "belong", "them") };
        format!(
            "By {by} tags {} {belong} to train {} of lineage {}: whoever has that state is refused {them} from then on.",
            names.join(", "),
            clean(train),
            clean(lineage)
        )
    };
    of.into_iter().map(told).collect()
}

/// Says what a group is taken over with.
fn attached(plan: &Plan, sources: &[Attached]) -> String {
    let part = |attached: &Attached| {
        let name = rides(plan, attached.source.as_ref());
        attached.members.map_or_else(|| name.to_string(), |members| format!("{name} ({members})"))
    };
    let parts: Vec<String> = sources.iter().map(part).collect();
    match sources.first() {
        None => String::new(),
        Some(Attached { members: None, .. }) => format!("; it has {}", parts.join(", ")),
        Some(_) => format!(", riding {}", parts.join(", ")),
    }
}

/// Says what is taken over, and because of what.
pub(in super::super) fn words(plan: &Plan, import: &PlannedImport) -> String {
    let because = import.line.map_or_else(String::new, |line| format!(", because of {}:{line}", plan.file));
    format!(
        "{}: take over `{}` ({}), which keeps that name{because}",
        address(plan, &import.address),
        clean(&import.name),
        clean(import.id.as_str()),
    )
}
