//! What a plan destroys, removes, takes off, sets back or puts out of a group, entry by entry: what no document may fold away.

use std::collections::{BTreeMap, BTreeSet};

use super::super::packages::name;
use super::super::page::Mark;
use super::super::words::{address, count, labels, source_name};
use super::{changes, exact};
use crate::name::{Address, GroupName, Ocid};
use crate::observed::SourceLink;
use crate::plan::{ChangeAction, ChangeDetail, Exchange, Plan};

/// One loss: what it is, and who or what it is of.
pub(super) struct Loss {
    pub(super) mark: Mark,
    /// In words.
    pub(super) what: String,
    /// Instances, or packages; names of others.
    pub(super) of: Vec<String>,
    /// Whether those may be counted where there is little room: what is lost is the same for all.
    pub(super) folds: bool,
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
                    folds: false,
                });
            }
            (ChangeDetail::Group { leaves, .. }, _) if !leaves.is_empty() => all.push(Loss {
                mark: Mark::REMOVE,
                what: format!("{named}: {} to leave", leaves.len()),
                of: labels(plan, leaves),
                folds: false,
            }),
            (ChangeDetail::RepairSource { remove, .. }, _) if !remove.is_empty() => all.push(Loss {
                mark: Mark::REMOVE,
                what: format!("{named}: {} to be taken out of its source", count(remove.len(), "package")),
                of: remove.iter().map(ToString::to_string).collect(),
                folds: false,
            }),
            (
                ChangeDetail::Schedule { replace: true, .. } | ChangeDetail::Profile { replace: true, .. },
                _,
            ) => {
                let words = changes::words(plan, change).unwrap_or_default();
                let what = format!("{named}: {words}");
                all.push(Loss { mark: Mark::REMOVE, what, of: Vec::new(), folds: false });
            }
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
        all.push(Loss { mark: Mark::REMOVE, what, of: back.chain(gone).collect(), folds: false });
    }
    all.extend(sources(plan));
    all
}

/// Returns the sources that instances and groups lose, a line each: a fleet loses the same ones. That a group goes from one
/// release of the train to another is no loss.
fn sources(plan: &Plan) -> Vec<Loss> {
    let mut lost: BTreeMap<&SourceLink, (Vec<&Ocid>, Vec<&GroupName>)> = BTreeMap::new();
    for cohort in &plan.cohorts {
        for link in &cohort.drops {
            lost.entry(link).or_default().0.extend(&cohort.instances);
        }
    }
    // A source that was taken over is called as its makers called it: whoever rides it tells that it is of a release.
    let left: BTreeSet<(GroupName, &SourceLink)> = plan
        .cohorts
        .iter()
        .filter(|cohort| cohort.switch)
        .filter_map(|cohort| Some((cohort.group.clone(), cohort.from.as_ref()?)))
        .collect();
    let own: BTreeSet<String> =
        plan.releases.keys().map(|release| format!("{}/{release}", plan.basis.train)).collect();
    for change in &plan.changes {
        if let (Address::Group(group), ChangeDetail::Group { exchange: Some(exchange), .. }) =
            (&change.address, &change.detail)
        {
            let Exchange { attach, detach, .. } = exchange;
            let moves = |link: &SourceLink| {
                *attach && (own.contains(&*link.name) || left.contains(&(group.whole(), link)))
            };
            for link in detach.iter().filter(|link| !moves(link)) {
                lost.entry(link).or_default().1.push(group);
            }
        }
    }
    let told = |(link, (instances, groups)): (&SourceLink, (Vec<&Ocid>, Vec<&GroupName>))| {
        let mut what = Vec::new();
        if !instances.is_empty() {
            what.push(format!("drops off {}", count(instances.len(), "instance")));
        }
        if !groups.is_empty() {
            what.push(format!("is detached from {}", count(groups.len(), "group")));
        }
        let mut of = labels(plan, instances);
        of.extend(groups.into_iter().map(|group| format!("group.{group}")));
        let what = format!("source {} {}", source_name(plan, &link.name), what.join(" and "));
        Loss { mark: Mark::REMOVE, what, of, folds: true }
    };
    let mut told: Vec<Loss> = lost.into_iter().map(told).collect();
    told.sort_by(|a, b| a.what.cmp(&b.what));
    told
}
