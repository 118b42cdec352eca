//! An import that is asked for by hand: a plan that takes over one thing and changes nothing else. It is a plan like any
//! other to whoever shows or runs it.

use super::holdings::{Groups, Sources};
use super::retired::Retirement;
use super::roster::Rosters;
use super::{
    FORMAT_VERSION, Input, Note, Plan, PlannedRelease, Refusal, assess, changes, imports, planner, steps,
};
use crate::op::PlanId;
use crate::train::Imported;

/// Plans what the train imports, as far as that is not done, and nothing else. States of the world in which the train
/// could not be applied do not stand against it.
pub fn import(input: &Input<'_>) -> Result<Plan, Vec<Refusal>> {
    let mut refusals = Vec::new();
    let mut sources = Sources::new();
    let mut groups = Groups::new();
    for import in imports::pending(input.train, input.state) {
        match &import.of {
            Imported::Source { release, id } => {
                let Some(release) = input.train.release(release) else { continue };
                match imports::source(input, release, id) {
                    Ok(found) => drop(sources.insert(release.name.clone(), found)),
                    Err(refusal) => refusals.push(refusal),
                }
            }
            Imported::Group { group, id } => match imports::group(input, group, id) {
                Ok(found) => drop(groups.insert(group.clone(), found)),
                Err(refusal) => refusals.push(refusal),
            },
        }
    }
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let steps = steps::take_over(input, &sources, &groups);
    let notes: Vec<Note> =
        imports::done(input).into_iter().chain(steps::taken_up(input.state, &steps)).collect();
    let releases = sources.keys().filter_map(|name| input.train.release(name)).map(|release| {
        let planned = PlannedRelease { digest: release.digest, packages: release.packages().clone() };
        (release.name.clone(), planned)
    });
    let nobody = (&Rosters::default(), &Retirement::default());
    let mut plan = Plan {
        format_version: FORMAT_VERSION,
        id: PlanId("".into()),
        created: input.now,
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        basis: planner::basis(input),
        file: input.train.file.display().to_string(),
        service: input.service.clone(),
        releases: releases.collect(),
        groups: Vec::new(),
        unmanaged: input.train.unmanaged.clone(),
        labels: changes::labels(input, nobody, &assess::Assessed::default()),
        drift: Vec::new(),
        imports: imports::tell(input, (&sources, &groups), &steps),
        changes: Vec::new(),
        moves: Vec::new(),
        cohorts: Vec::new(),
        ahead: Vec::new(),
        mismatches: Vec::new(),
        exact: Vec::new(),
        held: Vec::new(),
        notes,
        cost: steps::cost(&steps),
        patches: Vec::new(),
        golden: None,
        partial: None,
        seen: None,
        policy: None,
        steps,
    };
    plan.id = plan.content_id();
    Ok(plan)
}
