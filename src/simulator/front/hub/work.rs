//! Work requests of the hub: reading them, with their parts, and doing the failed parts of one again.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::body::{self, Rerun};
use super::page::{self, Row};
use super::trees::{self, Asked, Over};
use super::{
    Answer, BASE, Context, Failure, Id, Instance, Reply, Result, Then, World, change, optional_body, time,
};
use crate::simulator::world::hub::{Label, Operation, Order, Root, Stand, Status, Step, Subject, order_of};
use crate::simulator::world::{COMPARTMENT, Outcome, Work};

/// A work request.
#[derive(Clone, Copy)]
enum View<'a> {
    /// One that is no agent's.
    Root(&'a Root),
    /// One of an agent, alone or a part of another.
    Agent(&'a Work, &'a Order),
}

impl<'a> View<'a> {
    /// Takes agent's work for what it is, if it is there to be seen.
    fn agent(work: &'a Work, now: Timestamp) -> Option<Self> {
        let order = order_of(work)?;
        (order.shown <= now).then_some(Self::Agent(work, order))
    }

    fn find(world: &'a World, id: &str, now: Timestamp) -> Option<(&'a Id, Self)> {
        if let Some((id, root)) = world.hub.roots.get_key_value(id) {
            return Some((id, Self::Root(root)));
        }
        let (id, work) = world.works.get_key_value(id)?;
        Some((id, Self::agent(work, now)?))
    }

    fn stand(self, context: &Context<'_>) -> Stand {
        match self {
            Self::Root(root) => context.world.stand(root, context.now, context.switches.hub.mixed_fails),
            Self::Agent(work, _) => Stand::of_work(work, context.now),
        }
    }

    fn label(self) -> &'a Label {
        match self {
            Self::Root(root) => &root.label,
            Self::Agent(_, order) => &order.label,
        }
    }

    fn operation(self) -> Operation {
        match self {
            Self::Root(root) => root.operation,
            Self::Agent(_, order) => order.operation,
        }
    }

    fn parent(self) -> Option<&'a Id> {
        match self {
            Self::Root(_) => None,
            Self::Agent(_, order) => order.parent.as_ref(),
        }
    }

    fn accepted(self) -> Timestamp {
        match self {
            Self::Root(root) => root.accepted,
            Self::Agent(work, _) => work.accepted,
        }
    }

    fn outcome(self) -> Option<&'a Outcome> {
        match self {
            Self::Root(root) => root.outcome.as_ref(),
            Self::Agent(work, _) => work.outcome.as_ref(),
        }
    }

    /// A part lies where its instance does, whatever it is a part of.
    fn compartment(self, world: &'a World) -> &'a str {
        match self {
            Self::Root(root) => &root.compartment,
            Self::Agent(work, _) => world
                .instances
                .get(&work.instance)
                .map_or(COMPARTMENT, |instance| &instance.machine.compartment),
        }
    }

    fn resource(self) -> &'a Id {
        match self {
            Self::Root(root) => root.subject.id(),
            Self::Agent(work, _) => &work.instance,
        }
    }

    fn children(self, now: Timestamp) -> &'a [Id] {
        match self {
            Self::Root(root) if root.shown <= now => &root.children,
            _ => &[],
        }
    }

    fn name(self) -> &'a str {
        self.label().name.as_deref().unwrap_or_else(|| title(self.operation()))
    }
}

/// How the console calls it.
fn title(operation: Operation) -> &'static str {
    match operation {
        Operation::InstallPackages => "Install packages",
        Operation::RemovePackages => "Remove packages",
        Operation::UpdatePackages => "Update packages",
        Operation::UpdateAllPackages => "Update all packages",
        Operation::UpdateSecurity => "Security updates",
        Operation::UpdateBugfix => "Bug fix updates",
        Operation::UpdateEnhancement => "Enhancement updates",
        Operation::UpdateOther => "Other updates",
        Operation::UpdateKspliceKernel => "Ksplice kernel updates",
        Operation::UpdateKspliceUserspace => "Ksplice userspace updates",
        Operation::SetSoftwareSources => "Set software sources",
        Operation::CreateSoftwareSource => "Create software source",
        Operation::UpdateSoftwareSource => "Update software source",
        Operation::ListPackages => "Refresh software information",
        Operation::ModuleActions => "Manage module streams",
        Operation::Reboot => "Reboot",
        Operation::RegisterManagedInstance => "Register managed instance",
        Operation::UnregisterManagedInstance => "Unregister managed instance",
        Operation::LifecyclePromotion => "Promote software source",
    }
}

pub(super) fn list(context: &Context<'_>) -> Result<Reply> {
    let (world, query) = (context.world, &context.query);
    let others = ["workRequestId", "resourceId", "initiatorId", "parentId", "retryOfId", "rerunOfId"];
    let places = context.places(&others)?;
    let moment = |name: &str| -> Result<Option<Timestamp>> {
        let text = query.get(name);
        text.map(|text| text.parse().map_err(|_| Failure::invalid(format!("{name} is {text}")))).transpose()
    };
    let (before, from) = (moment("timeCreatedLessThan")?, moment("timeCreatedGreaterThanOrEqualTo")?);
    let is = |name: &str, id: Option<&Id>| {
        query.get(name).is_none_or(|wanted| id.is_some_and(|id| **id == *wanted))
    };
    let wanted = |id: &Id, view: View<'_>| {
        let label = view.label();
        let accepted = view.accepted();
        let parent = view.parent().and_then(|id| world.hub.roots.get(id));
        is("resourceId", Some(view.resource()))
            && is("workRequestId", Some(id))
            && is("parentId", view.parent())
            && is("initiatorId", label.initiator.as_ref())
            && is("rerunOfId", label.rerun_of.as_ref())
            && is("retryOfId", None)
            && places(view.compartment(world))
            && context.is_one("operationType", view.operation().word())
            && query.get("displayNameContains").is_none_or(|part| view.name().contains(part))
            && before.is_none_or(|before| accepted < before)
            && from.is_none_or(|from| from <= accepted)
            && parent.is_none_or(|parent| context.is_none("parentResourcesNotEqualTo", parent.subject.id()))
            && context.is_so("isManagedByAutonomousLinux", false)
            && (query.get("status").is_none() || context.is_one("status", view.stand(context).status.word()))
    };
    let mut views: BTreeMap<&str, View<'_>> = BTreeMap::new();
    let roots = world.hub.roots.iter().map(|(id, root)| (id, View::Root(root)));
    let agents = world.works.iter().filter_map(|(id, work)| Some((id, View::agent(work, context.now)?)));
    for (id, view) in roots.chain(agents).filter(|(id, view)| wanted(id, *view)) {
        views.insert(id, view);
    }
    let rows = views.iter().map(|(id, view)| Row { name: view.name(), made: view.accepted(), id }).collect();
    page::sorted(context, rows, |row| summary(context, row.id, views[row.id])).map(Reply::Answer)
}

fn summary(context: &Context<'_>, id: &str, view: View<'_>) -> Value {
    let stand = view.stand(context);
    json!({
        "id": id,
        "operationType": view.operation().word(),
        "status": stand.status.word(),
        "displayName": view.name(),
        "description": view.label().description,
        "message": message(context, view, stand),
        "parentId": view.parent(),
        "childrenId": view.children(context.now),
        "compartmentId": view.compartment(context.world),
        "percentComplete": stand.percent,
        "timeCreated": time(view.accepted()),
        "timeScheduled": null,
        "timeFinished": stand.finished.map(time),
        "isManagedByAutonomousLinux": false,
        "rebootTimeoutInMins": null,
    })
}

fn message(context: &Context<'_>, view: View<'_>, stand: Stand) -> Option<String> {
    match (view.outcome(), view) {
        (Some(Outcome::Failed { message, .. }), _) => Some(message.to_string()),
        (Some(Outcome::Succeeded { installed, removed }), View::Agent(..)) => {
            Some(format!("{} packages installed, {} removed", installed.len(), removed.len()))
        }
        (None, View::Root(root)) if stand.status.has_ended() && root.own.is_none() => {
            let failed = failed(context.world, root).len();
            Some(format!("{failed} of {} failed", root.children.len()))
        }
        _ => None,
    }
}

/// The parts of a work request that have failed.
fn failed<'a>(world: &'a World, root: &'a Root) -> Vec<(&'a Id, &'a Work)> {
    let parts = root.children.iter().filter_map(|id| world.works.get_key_value(id));
    parts.filter(|(_, work)| matches!(work.outcome, Some(Outcome::Failed { .. }))).collect()
}

fn named<'a>(context: &'a Context<'_>) -> Result<(&'a Id, View<'a>)> {
    View::find(context.world, context.variable(0), context.now).ok_or_else(Failure::nowhere)
}

pub(super) fn get(context: &Context<'_>) -> Result<Reply> {
    let (id, view) = named(context)?;
    let stand = view.stand(context);
    let mut full = summary(context, id, view);
    full["resources"] = json!([resource(context, view, stand)]);
    full["packageNames"] = json!(view.label().packages);
    full["windowsUpdateNames"] = json!([]);
    full["moduleSpecs"] = json!([]);
    full["snapSpecs"] = json!([]);
    full["timeStarted"] = json!(stand.started.map(time));
    full["timeUpdated"] = json!(time(stand.finished.or(stand.started).unwrap_or(view.accepted())));
    full["initiatorId"] = json!(view.label().initiator);
    full["rerunOfId"] = json!(view.label().rerun_of);
    full["retryOfId"] = Value::Null;
    full["retryIntervals"] = json!([]);
    full["managementStation"] = Value::Null;
    let revision = 1 + u64::from(stand.started.is_some()) + u64::from(stand.finished.is_some());
    Ok(context.tagged(Answer::ok(&full), revision))
}

/// What a work request is about, and what has become of it.
fn resource(context: &Context<'_>, view: View<'_>, stand: Stand) -> Value {
    let action = match stand.status {
        Status::Succeeded if view.operation() == Operation::CreateSoftwareSource => "CREATED",
        Status::Succeeded => "UPDATED",
        Status::Failed => "FAILED",
        Status::Accepted | Status::InProgress => "IN_PROGRESS",
    };
    let (kind, path, name) = match view {
        View::Root(root) => {
            let (kind, path) = match &root.subject {
                Subject::Group(_) => ("GROUP", "managedInstanceGroups"),
                Subject::Source(_) => ("SOFTWARE_SOURCE", "softwareSources"),
                Subject::Compartment(_) => ("COMPARTMENT", "compartments"),
                Subject::Stage(_) => ("LIFECYCLE_ENVIRONMENT", "lifecycleStages"),
            };
            (kind, path, Some(&*root.subject_name))
        }
        View::Agent(work, _) => {
            let instance = context.world.instances.get(&work.instance);
            ("INSTANCE", "managedInstances", instance.map(|instance| &*instance.name))
        }
    };
    let id = view.resource();
    json!({
        "entityType": kind,
        "actionType": action,
        "identifier": id,
        "entityUri": format!("{BASE}/{path}/{id}"),
        "name": name,
        "metadata": {},
    })
}

pub(super) fn errors(context: &Context<'_>) -> Result<Reply> {
    let (_, view) = named(context)?;
    let entry = |code: &str, message: &str, at: Timestamp| json!({ "code": code, "message": message, "timestamp": time(at) });
    let stand = view.stand(context);
    let rows: Vec<Value> = match (view.outcome(), view, stand.finished) {
        (Some(Outcome::Failed { code, message }), _, Some(at)) => vec![entry(code, message, at)],
        (None, View::Root(root), Some(_)) => {
            let part = |(_, work): (&Id, &Work)| match &work.outcome {
                Some(Outcome::Failed { code, message }) => {
                    let name =
                        context.world.instances.get(&work.instance).map_or("gone", |instance| &instance.name);
                    Some(entry(code, &format!("{name}: {message}"), work.ends))
                }
                _ => None,
            };
            failed(context.world, root).into_iter().filter_map(part).collect()
        }
        _ => Vec::new(),
    };
    context.query.hub_sorting()?;
    page::ordered(context, &rows, Value::clone).map(Reply::Answer)
}

pub(super) fn logs(context: &Context<'_>) -> Result<Reply> {
    let (_, view) = named(context)?;
    let entry = |at: Timestamp, message: String| json!({ "message": message, "timestamp": time(at) });
    let stand = view.stand(context);
    let mut rows = vec![entry(view.accepted(), format!("{} accepted", view.name()))];
    rows.extend(stand.started.map(|at| entry(at, "started".to_owned())));
    if let (Some(Outcome::Succeeded { installed, removed }), Some(at)) = (view.outcome(), stand.finished) {
        rows.extend(installed.iter().map(|package| entry(at, format!("Installed: {package}"))));
        rows.extend(removed.iter().map(|package| entry(at, format!("Removed: {package}"))));
    }
    if let Some(at) = stand.finished {
        rows.extend(message(context, view, stand).map(|message| entry(at, message)));
    }
    if context.query.hub_sorting()?.1 {
        rows.reverse();
    }
    page::ordered(context, &rows, Value::clone).map(Reply::Answer)
}

/// Does again what has failed of a work request, or of some instances of it, in a new one.
pub(super) fn rerun(context: &Context<'_>) -> Result<Reply> {
    let (id, view) = named(context)?;
    let Rerun { managed_instances, work_request_details } = optional_body(context.body)?;
    let stand = view.stand(context);
    if !stand.status.has_ended() {
        return Err(Failure::state(format!("Work request {id} has not ended.")));
    }
    let mut label = body::label(work_request_details, view.label().packages.clone());
    label.rerun_of = Some(id.clone());
    label.name = label.name.or_else(|| view.label().name.clone());
    let wanted = |work: &Work| {
        managed_instances
            .as_ref()
            .is_none_or(|ids| ids.is_empty() || ids.iter().any(|id| **id == *work.instance))
    };
    let again =
        |order: &Order| Asked { what: order.what.clone(), operation: order.operation, label: label.clone() };
    match view {
        View::Agent(work, order) if order.parent.is_none() => {
            if stand.status != Status::Failed || !wanted(work) {
                return Err(nothing_failed(id));
            }
            let instance = context.hub_instance(&work.instance)?;
            let (tree, work) = trees::alone(context, instance, again(order));
            change(Step { facts: Vec::new(), tree: Some(tree) }, Then::Accepted(Some(work)))
        }
        View::Root(root) if root.own.is_none() => {
            let mut parts: Vec<(Asked, Vec<(&Id, &Instance)>)> = Vec::new();
            for (_, work) in failed(context.world, root).into_iter().filter(|(_, work)| wanted(work)) {
                let (Some(order), Some(instance)) =
                    (order_of(work), context.world.instances.get_key_value(&work.instance))
                else {
                    continue;
                };
                match parts.iter_mut().find(|(asked, _)| asked.what == order.what) {
                    Some((_, instances)) => instances.push(instance),
                    None => parts.push((again(order), vec![instance])),
                }
            }
            if parts.is_empty() {
                return Err(nothing_failed(id));
            }
            let over = Over {
                subject: root.subject.clone(),
                name: &root.subject_name,
                compartment: &root.compartment,
            };
            let (tree, work) = trees::parts(context, over, root.operation, label, parts);
            change(Step { facts: Vec::new(), tree: Some(tree) }, Then::Accepted(Some(work)))
        }
        _ => Err(Failure::invalid(format!("Work request {id} cannot be rerun."))),
    }
}

fn nothing_failed(id: &str) -> Failure {
    Failure::invalid(format!("Work request {id} has no failed targets to rerun on."))
}
