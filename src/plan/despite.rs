//! Drift where no plan can be made: what stands against a plan stands against few of the things that can drift. What can be
//! told is told by the phases that tell it in a plan, and nothing of what they would only guess at.

use super::crews::{self, Crews};
use super::{
    Drift, FORMAT_VERSION, Input, Plan, Refusal, assess, changes, drift, holdings, planner, profiles,
    retired, roster, schedules,
};
use crate::name::{Address, GroupName, ReleaseName};
use crate::op::PlanId;

/// Returns the plan; or one without a step, which tells of drift alone, and what stands against a whole one. Then something
/// may have drifted that it does not tell of.
pub fn drifting(input: &Input<'_>) -> (Plan, Vec<Refusal>) {
    match planner::plan(input) {
        Ok(plan) => (plan, Vec::new()),
        Err(refusals) => (despite(input), refusals),
    }
}

fn despite(input: &Input<'_>) -> Plan {
    // What stands against the plan is known.
    let mut known = Vec::new();
    let sources = holdings::sources(input, &mut known);
    let riding = holdings::riding(input, &sources);
    let crews = Crews::of(input);
    let mut groups = holdings::groups(input, &crews, &mut known);
    let mut rosters = roster::draw_up(input, &crews, &groups, &mut known);
    roster::without_empty(&crews, &mut groups, &mut rosters);
    let schedules = schedules::find(input, (&crews, &groups), &mut known);
    let profiles = profiles::find(input, (&crews, &groups), &mut known);
    let members = assess::members(input, &sources, (&riding, &groups, &crews), &rosters);
    let mut drift = drift::find(input, &sources, &riding, &groups, &rosters, &members);
    drift.extend(schedules::drift(&schedules));
    drift.extend(profiles::drift(&profiles));
    // Whoever is in a group that is not known has not left it; and where a release is, nobody moves to another.
    let is_known = |group: &GroupName| {
        let release = |name: &ReleaseName| sources.contains_key(name);
        groups.keys().any(|known| known.is_of(group))
            && crews::group(input.train, group).is_none_or(|group| release(&group.release))
    };
    let can_be_told = |drift: &Drift| match &drift.address {
        Address::Release(_) => true,
        Address::Group(group) | Address::Schedule(group) | Address::Profile(group) => is_known(group),
        Address::Instance(_) => drift.group.as_ref().is_none_or(is_known),
    };
    drift.retain(can_be_told);
    let drift = drift.into_iter().map(|drift| drift.dated(input.state)).collect();
    let mut plan = Plan {
        format_version: FORMAT_VERSION,
        id: PlanId("".into()),
        created: input.now,
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        basis: planner::basis(input),
        file: input.train.file.display().to_string(),
        service: input.service.clone(),
        releases: std::collections::BTreeMap::new(),
        groups: Vec::new(),
        unmanaged: input.train.unmanaged.clone(),
        labels: changes::labels(input, (&rosters, &retired::Retirement::default()), &members),
        drift,
        imports: Vec::new(),
        changes: Vec::new(),
        moves: Vec::new(),
        cohorts: Vec::new(),
        ahead: Vec::new(),
        mismatches: Vec::new(),
        exact: Vec::new(),
        held: Vec::new(),
        notes: Vec::new(),
        cost: super::Cost::default(),
        patches: Vec::new(),
        golden: None,
        partial: None,
        seen: None,
        policy: None,
        steps: Vec::new(),
    };
    plan.id = plan.content_id();
    plan
}
