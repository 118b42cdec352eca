//! What a reviewer must have read before anything else, gravest first. One wording for every document.

use super::super::words::{are, count};
use super::{exact, imports, partial, policy, standing};
use crate::plan::{Figures, Plan};

/// How grave a warning is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gravity {
    /// Something is lost, or not allowed.
    Caution,
    /// Something is other than one would think.
    Warning,
}

/// Returns the warnings.
pub(super) fn warnings(plan: &Plan) -> Vec<(Gravity, String)> {
    let Figures { destroy, removed, back, opened, ahead, leaves, .. } = plan.figures();
    let mut all = Vec::new();
    let mut caution = |text: String| all.push((Gravity::Caution, text));
    if let Some(denied) = policy::denied(plan) {
        caution(format!("{denied}."));
        if plan.policy.as_ref().is_some_and(|review| review.binding) {
            caution(policy::BINDING.to_owned());
        }
    }
    if destroy > 0 {
        caution(format!("{} destroyed.", addresses(destroy)));
    }
    imports::taken(plan).into_iter().for_each(&mut caution);
    if leaves > 0 {
        caution(format!(
            "{} its group.",
            if leaves == 1 {
                "1 instance leaves".to_owned()
            } else {
                format!("{leaves} instances leave, each")
            }
        ));
    }
    if back + removed > 0 {
        let parts = [(back, "set back to an older version"), (removed, "removed")];
        let parts = parts.into_iter().filter(|(number, _)| *number > 0);
        let told: Vec<String> = parts.map(|(number, what)| format!("{number} {what}")).collect();
        caution(format!("Packages of instances that are made exact: {}.", told.join(", ")));
        for text in exact::warnings(plan) {
            let mut text = text.to_owned();
            if let Some(first) = text.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            caution(text);
        }
    }
    let mut warn = |text: String| all.push((Gravity::Warning, text));
    if opened > 0 {
        warn(format!(
            "{} open in a release that groups move to, and not in the one before.",
            are(opened, "CVE")
        ));
    }
    if let Some(part) = partial::told(plan) {
        warn(part);
    }
    if let Some(seen) = plan.seen {
        warn(format!("Planned {}; nobody has looked since.", super::age(plan.created, seen)));
    }
    if ahead > 0 {
        warn(format!("{} newer than the release; no update brings that back.", are(ahead, "instance")));
    }
    if plan.basis.allow_shrink {
        warn("Planned with `--allow-shrink`: groups may lose more members than is usual.".to_owned());
    }
    let changed = plan.policy.as_ref().map_or(0, |review| review.changed.len());
    if changed > 0 {
        warn(format!("The policy differs from that on record: {}.", count(changed, "change")));
    }
    if let Some(standing) = standing(plan) {
        warn(standing);
    }
    all
}

fn addresses(number: usize) -> String {
    if number == 1 { "1 address is".to_owned() } else { format!("{number} addresses are") }
}
