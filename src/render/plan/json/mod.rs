//! The plan as JSON, for whoever reads it by machine: a versioned document that is a rendering like the others, not the
//! saved file. `docs/plan-formats.md` says what is promised of it, and the schema that `patchtrain schema plan` prints
//! says what stands in it.
//!
//! What there is none of is left out; lists are there even when they are empty. Names of instances stand as the service
//! sent them: they are data here.

mod changes;
mod groups;
mod held;
mod steps;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use self::changes::{Change, Cohort, Drift, Import, Move};
use self::groups::Work;
use self::steps::Step;
use super::super::{encoded, words};
use super::verdict;
use crate::name::{self, Ocid, ReleaseName, TrainName};
use crate::op::{Lineage, PlanId};
use crate::package::Digest;
use crate::plan::{Cost, Enforcement, Mismatch, Patch, Phase, Plan, PolicyReview, ServiceLabel};

pub(in crate::render) use self::changes::{change_kind, drift_kind};
pub(super) use self::groups::Group;
pub(super) use self::held::{Ahead, Held, Note};
pub(in crate::render) use self::held::{held_code, note_code};
pub(in crate::render) use self::steps::step_kind;

/// The version of the document: its first number changes when something that was there means something else or is gone,
/// its second when something new has come.
pub(in crate::render) const FORMAT_VERSION: &str = "1.0";

#[derive(Serialize)]
struct Document<'a> {
    format_version: &'static str,
    id: &'a PlanId,
    created: Timestamp,
    /// When what it was made from was seen, where that was not just then.
    #[serde(skip_serializing_if = "Option::is_none")]
    seen: Option<Timestamp>,
    tool: &'a str,
    train: &'a TrainName,
    /// The train file, which lines are of.
    file: &'a str,
    basis: Basis<'a>,
    service: &'a ServiceLabel,
    summary: Summary,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<&'a PolicyReview>,
    #[serde(skip_serializing_if = "Option::is_none")]
    partial: Option<Partial<'a>>,
    releases: Vec<Release<'a>>,
    groups: Vec<Group<'a>>,
    drift: Vec<Drift<'a>>,
    imports: Vec<Import<'a>>,
    changes: Vec<Change<'a>>,
    moves: Vec<Move<'a>>,
    cohorts: Vec<Cohort<'a>>,
    patches: &'a [Patch],
    exact: &'a [Enforcement],
    ahead: Vec<Ahead<'a>>,
    mismatches: &'a [Mismatch],
    held: Vec<Held<'a>>,
    notes: Vec<Note>,
    steps: Vec<Step<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    golden: Option<&'a Ocid>,
    /// What people call instances.
    labels: &'a BTreeMap<Ocid, Arc<str>>,
}

/// What the plan was made on.
#[derive(Serialize)]
pub(super) struct Basis<'a> {
    lineage: &'a Lineage,
    serial: u64,
    train_digest: &'a Digest,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_digest: Option<&'a Digest>,
    allow_shrink: bool,
}

/// The counts that every rendering shows.
#[derive(Serialize)]
pub(super) struct Summary {
    verdict: String,
    changes_anything: bool,
    /// Whether a run started now would come to a step other than a gate.
    can_start: bool,
    /// Whether it breaks a rule of the train's policy.
    denied: bool,
    add: usize,
    change: usize,
    destroy: usize,
    import: usize,
    held: usize,
    drifted: usize,
    /// How many instances of all groups join, leave and so on.
    instances: Work,
    steps: Steps,
    cost: Cost,
}

#[derive(Serialize)]
struct Steps {
    total: usize,
    by_phase: BTreeMap<Phase, usize>,
}

#[derive(Serialize)]
struct Release<'a> {
    name: &'a ReleaseName,
    digest: &'a Digest,
    packages: usize,
}

/// What a plan of part of the train leaves out.
#[derive(Serialize)]
pub(super) struct Partial<'a> {
    targets: &'a [String],
    along: Vec<String>,
    left_out: Vec<String>,
    /// How many steps more the whole plan has.
    steps: usize,
}

/// Writes the document.
pub(super) fn json(plan: &Plan) -> String {
    let releases = plan.releases.iter().map(|(name, release)| Release {
        name,
        digest: &release.digest,
        packages: release.packages.len(),
    });
    encoded::document(&Document {
        format_version: FORMAT_VERSION,
        id: &plan.id,
        created: plan.created,
        seen: plan.seen,
        tool: &plan.tool,
        train: &plan.basis.train,
        file: &plan.file,
        basis: basis(plan),
        service: &plan.service,
        summary: summary(plan),
        policy: plan.policy.as_ref(),
        partial: partial(plan),
        releases: releases.collect(),
        groups: plan.groups.iter().map(Group::of).collect(),
        drift: plan.drift.iter().map(|drift| Drift::of(plan, drift)).collect(),
        imports: plan.imports.iter().map(|import| Import::of(plan, import)).collect(),
        changes: plan.changes.iter().map(|change| Change::of(plan, change)).collect(),
        moves: plan.moves.iter().map(Move::of).collect(),
        cohorts: plan.cohorts.iter().map(|cohort| Cohort::of(plan, cohort)).collect(),
        patches: &plan.patches,
        exact: &plan.exact,
        ahead: ahead(plan),
        mismatches: &plan.mismatches,
        held: plan.held.iter().map(|held| Held::of(plan, held)).collect(),
        notes: notes(plan),
        steps: plan.steps.iter().map(|step| Step::of(plan, step)).collect(),
        golden: plan.golden.as_ref(),
        labels: &plan.labels,
    })
}

pub(super) fn partial(plan: &Plan) -> Option<Partial<'_>> {
    let addresses = |list: &[name::Address]| list.iter().map(|one| address(plan, one)).collect();
    plan.partial.as_ref().map(|part| Partial {
        targets: &part.targets,
        along: addresses(&part.along),
        left_out: addresses(&part.left_out),
        steps: part.steps,
    })
}

pub(super) fn ahead(plan: &Plan) -> Vec<Ahead<'_>> {
    plan.ahead.iter().map(|ahead| Ahead::of(plan, ahead)).collect()
}

pub(super) fn notes(plan: &Plan) -> Vec<Note> {
    plan.notes.iter().flat_map(|note| Note::of(plan, note)).collect()
}

pub(super) fn basis(plan: &Plan) -> Basis<'_> {
    let crate::plan::Basis { train: _, lineage, serial, digest, state, allow_shrink } = &plan.basis;
    Basis {
        lineage,
        serial: *serial,
        train_digest: digest,
        state_digest: state.as_ref(),
        allow_shrink: *allow_shrink,
    }
}

pub(super) fn summary(plan: &Plan) -> Summary {
    let figures = plan.figures();
    let mut by_phase = BTreeMap::new();
    for step in &plan.steps {
        *by_phase.entry(step.phase()).or_default() += 1;
    }
    Summary {
        verdict: verdict(plan),
        changes_anything: plan.changes_anything(),
        can_start: plan.can_start(),
        denied: plan.is_denied(),
        add: figures.add,
        change: figures.change,
        destroy: figures.destroy,
        import: figures.import,
        held: figures.held,
        drifted: figures.drifted,
        instances: Work::of_all(plan),
        steps: Steps { total: plan.steps.len(), by_phase },
        cost: plan.cost,
    }
}

/// Returns an address as people write it, with the instance's name as it is.
pub(in crate::render) fn address(plan: &Plan, address: &name::Address) -> String {
    match address {
        name::Address::Instance(instance) => format!("instance.{}", plan.label(instance)),
        other => words::address(plan, other),
    }
}

/// Returns the instance that an address names.
pub(in crate::render) fn instance(address: &name::Address) -> Option<&Ocid> {
    match address {
        name::Address::Instance(id) => Some(id),
        _ => None,
    }
}
