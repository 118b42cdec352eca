//! What a plan destroys, removes, sets back or puts out of a group, entry by entry: what no document may fold away.

use super::super::packages::name;
use super::super::page::Mark;
use super::super::words::{address, count, labels};
use super::{changes, exact};
use crate::plan::{ChangeAction, ChangeDetail, Plan};

/// One loss: what it is, and who or what it is of.
pub(super) struct Loss {
    pub(super) mark: Mark,
    /// In words.
    pub(super) what: String,
    /// Instances, or packages; names of others.
    pub(super) of: Vec<String>,
}

/// Returns all losses of a plan.
pub(super) fn losses(plan: &Plan) -> Vec<Loss> {
    let mut all = Vec::new();
    for change in changes::ordered(plan) {
        let named = address(plan, &change.address);
        match (&change.detail, change.action) {
            (_, ChangeAction::Destroy) => {
                let words = changes::words(plan, change).unwrap_or_else(|| "destroyed".to_owned());
                let gone = changes::people(change).into_iter().flat_map(|(_, _, instances)| instances);
                all.push(Loss {
                    mark: Mark::REMOVE,
                    what: format!("{named}: {words}"),
                    of: labels(plan, gone),
                });
            }
            (ChangeDetail::Group { leaves, .. }, _) if !leaves.is_empty() => all.push(Loss {
                mark: Mark::REMOVE,
                what: format!("{named}: {} to leave", leaves.len()),
                of: labels(plan, leaves),
            }),
            (ChangeDetail::RepairSource { remove, .. }, _) if !remove.is_empty() => all.push(Loss {
                mark: Mark::REMOVE,
                what: format!("{named}: {} to be taken out of its source", count(remove.len(), "package")),
                of: remove.iter().map(ToString::to_string).collect(),
            }),
            _ => {}
        }
    }
    for entry in plan.exact.iter().filter(|entry| !entry.back.is_empty() || !entry.remove.is_empty()) {
        let back = entry
            .back
            .iter()
            .map(|lag| format!("{} {} -> {}", name(lag.release), lag.installed.evr(), lag.release.evr()));
        let gone = entry.remove.iter().map(|package| format!("-{package}"));
        let what = exact::words(plan, entry);
        all.push(Loss { mark: Mark::REMOVE, what, of: back.chain(gone).collect() });
    }
    all
}
