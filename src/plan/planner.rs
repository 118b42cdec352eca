//! The planner: a pure function from what is wanted, what we applied and what is there to a [`Plan`].
//!
//! [`plan`] reads as a numbered list; each phase is a file of its own and hands a value to the next. All choices are
//! made here, so that the executor has none left.

use std::borrow::Cow;
use std::collections::BTreeSet;

use jiff::Timestamp;

use super::aim::Names;
use super::crews::Crews;
use super::{
    Basis, Drift, FORMAT_VERSION, Partial, Plan, PlannedRelease, Refusal, ServiceLabel, assess, bindings,
    changes, drift, exact, gates, holdings, imports, mismatch, partial, profiles, retired, roster, schedules,
    steps, vendors, waves,
};
use crate::name::{Address, Spelled};
use crate::observed::Observed;
use crate::op::{Capabilities, PlanId};
use crate::state::State;
use crate::train::Train;

/// Everything a plan is made of.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// What is wanted.
    pub train: &'a Train,
    /// What we applied last.
    pub state: &'a State,
    /// What is there.
    pub observed: &'a Observed,
    /// What the service can do.
    pub capabilities: Capabilities,
    /// Where it is.
    pub service: &'a ServiceLabel,
    /// The time, by the service's clock where that is the simulator's.
    pub now: Timestamp,
    /// Whether a group may lose more than 30 % of its members.
    pub allow_shrink: bool,
}

/// Makes the plan, or says everything that stands against making one.
pub fn plan(input: &Input<'_>) -> Result<Plan, Vec<Refusal>> {
    make(input, &[])
}

/// Makes a plan of these things only and of what they need, or says what stands against it. Without any it is the plan of
/// everything.
pub fn targeted(input: &Input<'_>, targets: &[Spelled]) -> Result<Plan, Vec<Refusal>> {
    let whole = plan(input)?;
    if targets.is_empty() {
        return Ok(whole);
    }
    let names = Names::of(&whole);
    let refusals = partial::refusals(&whole.steps, input.capabilities.binding, names, targets);
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let mut part = make(input, targets)?;
    let told = part.touched();
    let others: BTreeSet<&Address> = whole.touched().difference(&told).copied().collect();
    let left_out = others.into_iter().cloned().collect();
    let steps = whole.steps.len() - part.steps.len();
    part.partial = part.partial.map(|partial| Partial { left_out, steps, ..partial });
    part.id = part.content_id();
    Ok(part)
}

/// Makes the plan: of everything, or of what is asked for.
fn make(input: &Input<'_>, targets: &[Spelled]) -> Result<Plan, Vec<Refusal>> {
    let mut refusals = Vec::new();
    // 1. Which source of the service holds which release, and which group is which.
    let sources = holdings::sources(input, &mut refusals);
    let riding = holdings::riding(input, &sources);
    let crews = Crews::of(input);
    let mut groups = holdings::groups(input, &crews, &mut refusals);
    let vendors = vendors::resolve(input, &mut refusals);
    // 2. Who is in which group, who joins and who leaves.
    let mut rosters = roster::draw_up(input, &crews, &groups, &mut refusals);
    roster::without_empty(&crews, &mut groups, &mut rosters);
    let schedules = schedules::find(input, (&crews, &groups), &mut refusals);
    let profiles = profiles::find(input, (&crews, &groups), &mut refusals);
    if !refusals.is_empty() {
        return Err(refusals);
    }
    // 3. How each member stands to its release, what it needs, and what holds it.
    let mut members = assess::members(input, &sources, (&riding, &groups, &crews), &rosters);
    let mut bindings = bindings::draw_up(input, &sources, (&crews, &groups), &members);
    // 4. What others changed.
    let mut drift = drift::find(input, &sources, &riding, &groups, &rosters, &members);
    drift.extend(schedules::drift(&schedules));
    drift.extend(profiles::drift(&profiles));
    let drift: Vec<Drift> = drift.into_iter().map(|drift| drift.dated(input.state)).collect();
    // 5. Who moves in which wave, which groups and waves wait for which, and which gates are shut now.
    let waves = waves::draw_up(input, &crews, &members, &riding);
    let mut gates = gates::place(input, &members, (&crews, &bindings), &waves);
    // 6. Which sources of retired releases go.
    let losers = bindings::losers(&bindings, &groups);
    let mut retirement = retired::settle(input, &sources, &members, &losers);
    // 7. What runs, in which order.
    let service = steps::Found {
        sources: &sources,
        riding: &riding,
        groups: &groups,
        crews: &crews,
        schedules: &schedules,
        profiles: &profiles,
        vendors: &vendors,
        bindings: &bindings,
    };
    let mut steps = steps::lay(input, service, &rosters, &members, (&gates, &waves), &retirement);
    let labels = changes::labels(input, (&rosters, &retirement), &members);
    // 8. What is left of all that, where only a part is asked for.
    let names = Names { train: &input.train.name, labels: &labels };
    let mut shown = Cow::Borrowed(&rosters);
    let kept = (!targets.is_empty()).then(|| {
        let whole = partial::Whole {
            steps: &mut steps,
            members: &mut members,
            rosters: &mut shown,
            groups: &mut groups,
            bindings: &mut bindings,
            gates: &mut gates,
            retirement: &mut retirement,
        };
        partial::narrow(input, names, targets, whole)
    });
    // 9. What that changes, for people.
    let mut story = changes::tell(
        input,
        (&sources, &riding),
        (&crews, &groups, &bindings),
        &shown,
        &members,
        (&gates, &waves),
        &retirement,
    );
    story.changes.extend(schedules::changes(input, &schedules));
    story.changes.extend(profiles::changes(&profiles));
    story.notes.extend(vendors.note(input, &sources));
    story.notes.extend(imports::done(input));
    schedules::until(&mut story.held, &schedules, &rosters);
    story.notes.extend(steps::taken_up(input.state, &steps));
    // What is taken over is what has a step left for that.
    let imports = imports::tell(input, (&sources, &groups), &steps);
    let partial = kept.map(|kept| {
        kept.trim(input, names, targets, &mut story);
        kept.partial(names, targets, (&story, &imports))
    });

    let own = Some(input.train.own_parent()).filter(|own| sources.contains_key(&own.name));
    let release = |release: &crate::train::Release| {
        let planned = PlannedRelease { digest: release.digest, packages: release.packages().clone() };
        (release.name.clone(), planned)
    };
    let mut plan = Plan {
        format_version: FORMAT_VERSION,
        id: PlanId("".into()),
        created: input.now,
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        basis: basis(input),
        file: input.train.file.display().to_string(),
        service: input.service.clone(),
        releases: own.iter().chain(&input.train.releases).map(release).collect(),
        groups: story.groups,
        unmanaged: input.train.unmanaged.clone(),
        labels,
        drift,
        imports,
        changes: story.changes,
        moves: story.moves,
        cohorts: story.cohorts,
        ahead: story.ahead,
        mismatches: mismatch::find(&members),
        exact: exact::tell(input, &members),
        held: story.held,
        notes: story.notes,
        cost: steps::cost(&steps),
        patches: Vec::new(),
        golden: None,
        partial,
        seen: None,
        policy: None,
        steps,
    };
    plan.id = plan.content_id();
    Ok(plan)
}

/// Returns what a plan is made on.
pub(super) fn basis(input: &Input<'_>) -> Basis {
    Basis {
        train: input.train.name.clone(),
        lineage: input.state.lineage.clone(),
        serial: input.state.serial,
        digest: input.train.digest,
        state: Some(input.state.digest()),
        allow_shrink: false,
    }
}
