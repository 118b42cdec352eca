//! The plan in Terraform's representation of a plan (`terraform show -json`), so that what reads those reads ours: policies
//! in Rego, summarisers, guards against deletions. Written after HashiCorp's description of the format; what we know
//! besides stands under a key of our own, which readers of Terraform's ignore.
//!
//! Each address of our plan is one resource change, and its one action is that by which the text counts it: what is made
//! anew because it cannot be changed is an update here too. What is held, the steps and the gates have no place in
//! Terraform's format.

mod resource;
mod values;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

use self::resource::Resource;
use super::super::encoded;
use super::super::words::natural;
use super::json::{
    Ahead, FORMAT_VERSION, Group, Held, Note, Partial, Summary, ahead, basis, notes, partial, summary,
};
use crate::name::{Address, TrainName};
use crate::op::PlanId;
use crate::plan::{
    Change, ChangeAction, ChangeDetail, Drift, DriftKind, Plan, PlannedImport, PolicyReview, ServiceLabel,
};

pub(in crate::render) use self::resource::{PROVIDER, Resource as TerraformResource};

/// The version of Terraform's format that this is.
const TERRAFORM_FORMAT: &str = "1.2";
/// A version of Terraform that writes this format: readers ask for one, and some take only those that they know.
pub(in crate::render) const TERRAFORM_VERSION: &str = "1.11.4";

#[derive(Serialize)]
struct Document<'a> {
    format_version: &'static str,
    terraform_version: &'static str,
    planned_values: Planned,
    resource_drift: Vec<Entry>,
    resource_changes: Vec<Entry>,
    output_changes: Map<String, Value>,
    configuration: Value,
    timestamp: Timestamp,
    applyable: bool,
    complete: bool,
    errored: bool,
    patchtrain: Own<'a>,
}

/// What Terraform has no place for.
#[derive(Serialize)]
struct Own<'a> {
    format_version: &'static str,
    tool: &'a str,
    id: &'a PlanId,
    train: &'a TrainName,
    file: &'a str,
    /// When what it was made from was seen, where that was not just then.
    #[serde(skip_serializing_if = "Option::is_none")]
    seen: Option<Timestamp>,
    /// Whether it breaks a rule of the train's policy.
    denied: bool,
    basis: super::json::Basis<'a>,
    service: &'a ServiceLabel,
    summary: Summary,
    groups: Vec<Group<'a>>,
    held: Vec<Held<'a>>,
    ahead: Vec<Ahead<'a>>,
    notes: Vec<Note>,
    #[serde(skip_serializing_if = "Option::is_none")]
    partial: Option<Partial<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<&'a PolicyReview>,
}

#[derive(Serialize)]
struct Planned {
    root_module: Module,
}

#[derive(Serialize)]
struct Module {
    resources: Vec<PlannedResource>,
}

#[derive(Serialize)]
struct PlannedResource {
    #[serde(flatten)]
    resource: Resource,
    schema_version: u8,
    values: Value,
    sensitive_values: Map<String, Value>,
}

/// What changes, or has changed, in one resource.
#[derive(Serialize)]
struct Entry {
    #[serde(flatten)]
    resource: Resource,
    #[serde(skip_serializing_if = "Option::is_none")]
    action_reason: Option<&'static str>,
    change: Before,
}

#[derive(Serialize)]
struct Before {
    actions: [&'static str; 1],
    before: Value,
    after: Value,
    after_unknown: Value,
    /// Nothing is: a plan holds no secrets.
    before_sensitive: Value,
    after_sensitive: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    importing: Option<Importing>,
}

#[derive(Serialize)]
struct Importing {
    id: String,
}

/// Writes the document, on one line as Terraform does: there are readers that take no other.
pub(super) fn terraform(plan: &Plan) -> String {
    let changes = changes(plan);
    let planned = changes.iter().filter(|entry| !entry.change.after.is_null()).map(|entry| PlannedResource {
        resource: entry.resource.clone(),
        schema_version: 0,
        values: entry.change.after.clone(),
        sensitive_values: Map::new(),
    });
    encoded::line(&Document {
        format_version: TERRAFORM_FORMAT,
        terraform_version: TERRAFORM_VERSION,
        planned_values: Planned { root_module: Module { resources: planned.collect() } },
        resource_drift: drift(plan),
        output_changes: Map::new(),
        configuration: json!({
            "provider_config": { "patchtrain": { "name": "patchtrain", "full_name": PROVIDER } },
            "root_module": {},
        }),
        timestamp: plan.created,
        applyable: plan.can_start() && !plan.is_denied(),
        complete: plan.held.is_empty() && plan.partial.is_none(),
        errored: false,
        patchtrain: Own {
            format_version: FORMAT_VERSION,
            tool: &plan.tool,
            id: &plan.id,
            train: &plan.basis.train,
            file: &plan.file,
            seen: plan.seen,
            denied: plan.is_denied(),
            basis: basis(plan),
            service: &plan.service,
            summary: summary(plan),
            groups: plan.groups.iter().map(Group::of).collect(),
            held: plan.held.iter().map(|held| Held::of(plan, held)).collect(),
            ahead: ahead(plan),
            notes: notes(plan),
            partial: partial(plan),
            policy: plan.policy.as_ref(),
        },
        resource_changes: changes,
    })
}

/// Returns Terraform's word for what is done to an address.
pub(in crate::render) fn action(action: ChangeAction) -> &'static str {
    match action {
        ChangeAction::Add => "create",
        ChangeAction::Change => "update",
        ChangeAction::Destroy => "delete",
    }
}

/// Returns Terraform's word for why something goes that the train no longer has; what is retired is still there.
pub(in crate::render) fn action_reason(change: &Change) -> Option<&'static str> {
    let undeclared = match &change.detail {
        ChangeDetail::DeleteGroup { .. } => true,
        ChangeDetail::Schedule { .. } | ChangeDetail::Profile { .. } => {
            change.action == ChangeAction::Destroy
        }
        _ => false,
    };
    undeclared.then_some("delete_because_no_resource_config")
}

/// Lists what changes, by kind and name, with what is taken over as it is.
fn changes(plan: &Plan) -> Vec<Entry> {
    let mut imports: BTreeMap<&Address, &PlannedImport> =
        plan.imports.iter().map(|import| (&import.address, import)).collect();
    let mut entries: Vec<(&Address, Entry)> = Vec::with_capacity(plan.changes.len() + imports.len());
    for change in &plan.changes {
        entries.push((&change.address, changed(plan, change, imports.remove(&change.address))));
    }
    entries.extend(imports.into_iter().map(|(address, import)| (address, taken_over(plan, import))));
    // As people look for them: OCIDs have an order that tells nobody anything.
    let rank = |address: &Address| match address {
        Address::Release(_) => 0,
        Address::Group(_) => 1,
        Address::Schedule(_) | Address::Profile(_) => 2,
        Address::Instance(_) => 3,
    };
    entries.sort_by_cached_key(|(address, entry)| (rank(address), natural(&entry.resource.index)));
    entries.into_iter().map(|(_, entry)| entry).collect()
}

fn changed(plan: &Plan, change: &Change, import: Option<&PlannedImport>) -> Entry {
    let values::Change { mut before, mut after, after_unknown } = values::change(plan, change);
    match change.action {
        ChangeAction::Add => before = Value::Null,
        // What is recorded only was there and is: readers ask an update for both sides.
        ChangeAction::Change => {
            for side in [&mut before, &mut after] {
                if side.is_null() {
                    *side = json!({});
                }
            }
        }
        ChangeAction::Destroy => after = Value::Null,
    }
    if let Some(import) = import {
        values::owned(&mut before, import);
    }
    let gone = change.action == ChangeAction::Destroy;
    Entry {
        resource: Resource::of(plan, &change.address),
        action_reason: action_reason(change),
        change: Before {
            actions: [action(change.action)],
            after_unknown: if gone { json!(false) } else { after_unknown },
            before_sensitive: none(&before),
            after_sensitive: none(&after),
            before,
            after,
            importing: import.map(importing),
        },
    }
}

fn taken_over(plan: &Plan, import: &PlannedImport) -> Entry {
    let value = values::import(plan, import);
    Entry {
        resource: Resource::of(plan, &import.address),
        action_reason: None,
        change: Before {
            actions: ["no-op"],
            before: value.clone(),
            after: value,
            after_unknown: json!({}),
            before_sensitive: json!({}),
            after_sensitive: json!({}),
            importing: Some(importing(import)),
        },
    }
}

fn importing(import: &PlannedImport) -> Importing {
    Importing { id: import.id.to_string() }
}

/// Lists what others changed, one entry an address.
fn drift(plan: &Plan) -> Vec<Entry> {
    let mut drifts: BTreeMap<&Address, Vec<&Drift>> = BTreeMap::new();
    for drift in &plan.drift {
        drifts.entry(&drift.address).or_default().push(drift);
    }
    drifts.into_iter().map(|(address, drifts)| drifted(plan, address, &drifts)).collect()
}

fn drifted(plan: &Plan, address: &Address, drifts: &[&Drift]) -> Entry {
    let gone = drifts.iter().any(|drift| drift.kind == DriftKind::Gone);
    let (before, after) = values::drift(plan, address, drifts);
    let after = if gone { Value::Null } else { after };
    Entry {
        resource: Resource::of(plan, address),
        action_reason: None,
        change: Before {
            actions: [if gone { "delete" } else { "update" }],
            after_unknown: if gone { json!(false) } else { json!({}) },
            before_sensitive: none(&before),
            after_sensitive: none(&after),
            before,
            after,
            importing: None,
        },
    }
}

/// What of a value is sensitive: nothing.
fn none(value: &Value) -> Value {
    if value.is_null() { json!(false) } else { json!({}) }
}
