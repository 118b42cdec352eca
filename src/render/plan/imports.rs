//! Imports: what others made and the plan takes over as it is. Nothing of it changes but whose it is.

use super::super::page::{Mark, Page};
use super::super::words::{address, clean, count, labels, rides};
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
    match &import.with {
        Takeover::Source { packages } => {
            page.text(6, 6, &format!("it holds {}, which are the release's", count(*packages, "package")));
        }
        Takeover::Group { members, sources } => {
            let has = attached(plan, sources);
            page.text(6, 6, &format!("{}{has}", count(members.len(), "member")));
            page.names(6, &labels(plan, members), NAMES);
        }
    }
    if let Some(owner) = &import.owner {
        page.text(
            6,
            6,
            &format!(
                "its tags say that it belongs to train {} of lineage {}: whoever has that state is refused it from then on",
                owner.train, owner.lineage
            ),
        );
    }
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
