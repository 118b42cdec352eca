//! The fleet as it is now, as text. The numbers are those of a plan made for the purpose.

use super::Style;
use crate::conformance::Verdict;
use crate::name::Ocid;
use crate::observed::Observed;
use crate::plan::Plan;
use crate::state::State;

/// Lays out the conformance of the fleet, group by group, or of one group.
pub fn status(plan: &Plan, state: &State, observed: &Observed, group: Option<&str>, style: Style) -> String {
    format!("{} {} {} {:?} {}", plan.id, state.serial, observed.instances.len(), group, style.width)
}

/// Lays out one instance, package by package.
pub fn instance_status(
    plan: &Plan,
    state: &State,
    observed: &Observed,
    instance: &Ocid,
    verdict: Option<&Verdict>,
    style: Style,
) -> String {
    format!(
        "{} {} {} {instance} {:?} {}",
        plan.id,
        state.serial,
        observed.instances.len(),
        verdict,
        style.width
    )
}
