//! Lifecycle environments and their stages: each stage has members and takes one versioned source, in the order of ranks.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::body::{self, CreateEnvironment, Promote, Reboot, StageInstances, UpdateEnvironment};
use super::groups::{LOCATIONS, VENDORS};
use super::page::{self, Row};
use super::sources::{ARCHITECTURES, OS_FAMILIES};
use super::trees::{self, Asked, Over};
use super::{
    Answer, BASE, Context, Failure, Id, Reply, Result, Then, World, change, inventory, is_compartment,
    members, optional_body, parse_body, stamped, time,
};
use crate::package::Package;
use crate::simulator::world::Tags;
use crate::simulator::world::hub::{
    Environment, Fact, Home, Joining, Label, NewTree, Operation, Stage, Step, Subject, System, Text, What,
};

/// How many stages an environment has, documented.
const STAGES: std::ops::RangeInclusive<usize> = 2..=5;

pub(super) fn list(context: &Context<'_>) -> Result<Reply> {
    let places = context.places(&["lifecycleEnvironmentId"])?;
    let wanted = |(id, environment): &(&Id, &Environment)| {
        places(&environment.compartment)
            && context.is_called(&environment.text.name)
            && context.is_one("lifecycleEnvironmentId", id)
            && is_system(context, &environment.system)
    };
    let rows = context.world.hub.environments.iter().filter(wanted);
    let rows = rows.map(|(id, it)| Row { name: &it.text.name, made: it.made, id }).collect();
    page::sorted(context, rows, |row| {
        let environment = &context.world.hub.environments[row.id];
        let mut summary = common(row.id, environment);
        // Required in lists, where one environment alone need not have it.
        summary["description"] = json!(environment.text.description.as_deref().unwrap_or_default());
        let stages = environment.stages.iter().filter_map(|id| context.world.hub.stages.get_key_value(id));
        summary["stages"] = stages.map(|(id, stage)| stage_summary(context.world, id, stage)).collect();
        summary
    })
    .map(Reply::Answer)
}

fn is_system(context: &Context<'_>, system: &System) -> bool {
    context.is_one("archType", &system.arch)
        && context.is_one("osFamily", &system.os_family)
        && context.is_one("location", &system.location)
        && context.is_none("locationNotEqualTo", &system.location)
        && context.is_one("lifecycleState", "ACTIVE")
}

fn common(id: &str, environment: &Environment) -> Value {
    json!({
        "id": id,
        "compartmentId": environment.compartment,
        "displayName": environment.text.name,
        "description": environment.text.description,
        "lifecycleState": "ACTIVE",
        "osFamily": environment.system.os_family,
        "archType": environment.system.arch,
        "vendorName": environment.system.vendor,
        "location": environment.system.location,
        "timeCreated": time(environment.made),
        "timeModified": time(environment.changed),
        "freeformTags": environment.text.tags.freeform,
        "definedTags": stamped(&environment.text.tags, environment.made),
        "systemTags": {},
    })
}

/// What stages say of themselves, in full and in lists.
fn stage_common(world: &World, id: &str, stage: &Stage) -> Value {
    let environment = world.hub.environments.get(&stage.environment);
    let system = environment.map(|it| &it.system);
    let source = stage.source.as_ref().and_then(|id| world.hub.sources.get_key_value(id));
    let made = environment.map_or(stage.changed, |it| it.made);
    json!({
        "id": id,
        "compartmentId": environment.map(|it| &it.compartment),
        "displayName": stage.text.name,
        "lifecycleEnvironmentId": stage.environment,
        "rank": stage.rank,
        "osFamily": system.map(|it| &it.os_family),
        "archType": system.map(|it| &it.arch),
        "vendorName": system.map(|it| &it.vendor),
        "location": system.map(|it| &it.location),
        "softwareSourceId": source.map(|(id, source)| json!({
            "id": id,
            "displayName": source.text.name,
            "description": source.text.description,
            "softwareSourceType": source.kind(),
            "isMandatoryForAutonomousLinux": false,
        })),
        "timeCreated": time(made),
        "timeModified": time(stage.changed),
        "lifecycleState": "ACTIVE",
        "freeformTags": stage.text.tags.freeform,
        // Recorded: stages are not stamped.
        "definedTags": stage.text.tags.defined,
        "systemTags": {},
    })
}

fn stage_summary(world: &World, id: &str, stage: &Stage) -> Value {
    let mut summary = stage_common(world, id, stage);
    let name = world.hub.environments.get(&stage.environment).map(|it| &it.text.name);
    summary["lifecycleEnvironmentDisplayName"] = json!(name);
    summary["managedInstances"] = json!(stage.members.len());
    summary
}

fn stage_full(world: &World, id: &str, stage: &Stage) -> Value {
    let mut full = stage_common(world, id, stage);
    full["managedInstanceIds"] = members_of(world, [stage]);
    full
}

fn members_of<'a>(world: &World, stages: impl IntoIterator<Item = &'a Stage>) -> Value {
    let ids = stages.into_iter().flat_map(|stage| &stage.members);
    let member = |id: &Id| json!({ "id": id, "displayName": world.instances.get(id).map(|it| &it.name) });
    ids.map(member).collect()
}

fn found<'a>(context: &'a Context<'_>) -> Result<(&'a Id, &'a Environment)> {
    context.world.hub.environments.get_key_value(context.variable(0)).ok_or_else(Failure::nowhere)
}

pub(super) fn get(context: &Context<'_>) -> Result<Reply> {
    let (id, environment) = found(context)?;
    Ok(context.tagged(answer(context.world, id), environment.revision))
}

pub(super) fn answer(world: &World, id: &Id) -> Answer {
    let Some(environment) = world.hub.environments.get(id) else { return Answer::done() };
    let mut full = common(id, environment);
    let stages = || environment.stages.iter().filter_map(|id| world.hub.stages.get_key_value(id));
    full["stages"] = stages().map(|(id, stage)| stage_full(world, id, stage)).collect();
    // Recorded: null without members, where its stages have empty lists.
    let members = members_of(world, stages().map(|(_, stage)| stage));
    full["managedInstanceIds"] = if members == json!([]) { Value::Null } else { members };
    Answer::ok(&full)
}

/// Answers with an environment that was made.
pub(super) fn made(world: &World, id: &Id) -> Answer {
    answer(world, id).at(BASE, "lifecycleEnvironments", id)
}

pub(super) fn create(context: &Context<'_>) -> Result<Reply> {
    let details: CreateEnvironment = parse_body(context.body)?;
    if !is_compartment(&details.compartment_id) {
        return Err(Failure::nowhere());
    }
    let location = details.location.unwrap_or_else(|| "ON_PREMISE".into());
    for (field, value, words) in [
        ("osFamily", &details.os_family, &OS_FAMILIES[..]),
        ("archType", &details.arch_type, &ARCHITECTURES[..]),
        ("vendorName", &details.vendor_name, &VENDORS[..]),
        ("location", &location, &LOCATIONS[..]),
    ] {
        if !words.contains(&&**value) {
            return Err(Failure::invalid(format!("{field} is {value}")));
        }
    }
    let mut wanted = details.stages;
    wanted.sort_by_key(|stage| stage.rank);
    let ranks: Vec<u32> = wanted.iter().map(|stage| stage.rank).collect();
    if !STAGES.contains(&wanted.len()) || !ranks.iter().copied().eq(1..=ranks.len() as u32) {
        return Err(Failure::invalid("an environment has 2 to 5 stages, of ranks from 1 on"));
    }
    let id = context.world.next_id("osmhlifecycleenvironment", 0);
    let stages: Vec<(Id, Stage)> = wanted
        .into_iter()
        .zip(0..)
        .map(|(stage, ahead)| {
            let text = Text {
                name: body::display_name(stage.display_name)?,
                description: None,
                tags: body::tags(stage.freeform_tags, stage.defined_tags, &Tags::default()),
            };
            let stage = Stage {
                text,
                environment: id.clone(),
                rank: stage.rank,
                source: None,
                members: BTreeSet::new(),
                changed: context.now,
                revision: 1,
            };
            Ok((context.world.next_id("osmhlifecyclestage", ahead), stage))
        })
        .collect::<Result<_>>()?;
    let environment = Environment {
        text: Text {
            name: body::display_name(details.display_name)?,
            description: details.description,
            tags: body::tags(details.freeform_tags, details.defined_tags, &Tags::default()),
        },
        compartment: details.compartment_id.as_ref().into(),
        system: System {
            os_family: details.os_family,
            arch: details.arch_type,
            vendor: details.vendor_name,
            location,
        },
        stages: stages.iter().map(|(id, _)| id.clone()).collect(),
        made: context.now,
        changed: context.now,
        revision: 1,
    };
    let fact = Fact::CreateEnvironment { id: id.clone(), environment: Box::new(environment), stages };
    change(Step { facts: vec![fact], tree: None }, Then::NewEnvironment(id))
}

pub(super) fn update(context: &Context<'_>) -> Result<Reply> {
    let (id, environment) = found(context)?;
    context.hub_matches(environment.revision)?;
    let details: UpdateEnvironment = parse_body(context.body)?;
    let before = &environment.text;
    let text = Text {
        name: details.display_name.map_or_else(|| Ok(before.name.clone()), body::display_name)?,
        description: details.description.or_else(|| before.description.clone()),
        tags: body::tags(details.freeform_tags, details.defined_tags, &before.tags),
    };
    let mut stages = Vec::new();
    for change in details.stages.into_iter().flatten() {
        let stage = environment.stages.iter().find(|id| ***id == *change.id);
        let stage = stage.and_then(|id| context.world.hub.stages.get_key_value(id));
        let (id, stage) = stage.ok_or_else(|| Failure::related(&change.id))?;
        let name = change.display_name.map_or_else(|| Ok(stage.text.name.clone()), body::display_name)?;
        let tags = body::tags(change.freeform_tags, change.defined_tags, &stage.text.tags);
        stages.push((id.clone(), Text { name, description: None, tags }));
    }
    let fact = Fact::DescribeEnvironment { id: id.clone(), text, stages };
    change(Step { facts: vec![fact], tree: None }, Then::Environment(id.clone()))
}

pub(super) fn delete(context: &Context<'_>) -> Result<Reply> {
    let (id, environment) = found(context)?;
    context.hub_matches(environment.revision)?;
    let stages = environment.stages.iter().filter_map(|id| context.world.hub.stages.get(id));
    let count: usize = stages.map(|stage| stage.members.len()).sum();
    if count > 0 && !context.switches.hub.delete_full_group {
        return Err(Failure::conflict(format!("{id} has {count} members")));
    }
    change(Step { facts: vec![Fact::DeleteEnvironment { id: id.clone() }], tree: None }, Then::Gone)
}

pub(super) fn list_stages(context: &Context<'_>) -> Result<Reply> {
    let places = context.places(&["lifecycleStageId", "softwareSourceId"])?;
    let source = context.query.get("softwareSourceId");
    let mut rows = Vec::new();
    for (id, stage) in &context.world.hub.stages {
        let Some(environment) = context.world.hub.environments.get(&stage.environment) else { continue };
        if places(&environment.compartment)
            && context.is_called(&stage.text.name)
            && context.is_one("lifecycleStageId", id)
            && is_system(context, &environment.system)
            && source.is_none_or(|wanted| stage.source.as_ref().is_some_and(|id| **id == *wanted))
        {
            rows.push(Row { name: &stage.text.name, made: environment.made, id });
        }
    }
    page::sorted(context, rows, |row| stage_summary(context.world, row.id, &context.world.hub.stages[row.id]))
        .map(Reply::Answer)
}

fn stage<'a>(context: &'a Context<'_>) -> Result<(&'a Id, &'a Stage, &'a Environment)> {
    let (id, stage) =
        context.world.hub.stages.get_key_value(context.variable(0)).ok_or_else(Failure::nowhere)?;
    let environment = context.world.hub.environments.get(&stage.environment).ok_or_else(Failure::nowhere)?;
    Ok((id, stage, environment))
}

pub(super) fn get_stage(context: &Context<'_>) -> Result<Reply> {
    let (id, stage, _) = stage(context)?;
    Ok(context.tagged(Answer::ok(&stage_full(context.world, id, stage)), stage.revision))
}

/// Lists what is installed on any member of a stage.
pub(super) fn installed(context: &Context<'_>) -> Result<Reply> {
    let (_, stage, _) = stage(context)?;
    let members = stage.members.iter().filter_map(|id| context.world.instances.get(id));
    let all: BTreeSet<Package> = members.flat_map(|instance| instance.inventory().iter()).collect();
    inventory::list_installed(context, all.into_iter().collect(), None, stage.changed)
}

/// Asks members of a stage, in one work request.
fn ask<'a>(
    context: &'a Context<'_>,
    (id, stage, environment): (&Id, &Stage, &Environment),
    asked: Asked,
    members: impl IntoIterator<Item = &'a Id>,
) -> (NewTree, Id) {
    let subject = Subject::Stage(id.clone());
    let over = Over { subject, name: &stage.text.name, compartment: &environment.compartment };
    trees::over(
        context,
        over,
        asked,
        members.into_iter().filter_map(|id| context.world.instances.get_key_value(id)),
    )
}

/// What comes with a stage's source: all that it holds.
fn everything(label: Label) -> Asked {
    Asked { what: What::Join(Joining::Everything), operation: Operation::LifecyclePromotion, label }
}

/// Makes instances members. Where the stage has no source yet there is nothing for agents to do, and no work request.
pub(super) fn attach(context: &Context<'_>) -> Result<Reply> {
    let (id, stage, environment) = stage(context)?;
    context.hub_matches(stage.revision)?;
    let details = parse_body::<StageInstances>(context.body)?.managed_instance_details;
    let mut new: Vec<Id> = Vec::new();
    for wanted in &details.managed_instances {
        let (instance, found) = context.hub_instance(wanted)?;
        match &found.hub.home {
            Some(Home::Stage(other)) if other == id => continue,
            Some(Home::Stage(other) | Home::Group(other)) => {
                return Err(Failure::state(format!(
                    "Managed instance {instance} is a member of {other} already."
                )));
            }
            None => {}
        }
        members::is_of(instance, found, &environment.system)?;
        new.push(instance.clone());
    }
    if details.managed_instances.is_empty() {
        return Err(Failure::missing("managedInstances"));
    }
    let facts = vec![Fact::JoinStage { stage: id.clone(), instances: new.clone() }];
    if stage.source.is_none() {
        return change(Step { facts, tree: None }, Then::Accepted(None));
    }
    let asked = everything(body::label(details.work_request_details, Vec::new()));
    let (tree, work) = ask(context, (id, stage, environment), asked, &new);
    change(Step { facts, tree: Some(tree) }, Then::Accepted(Some(work)))
}

/// Ends memberships, and leaves instances without any source.
pub(super) fn detach(context: &Context<'_>) -> Result<Reply> {
    let (id, stage, _) = stage(context)?;
    context.hub_matches(stage.revision)?;
    let details = parse_body::<StageInstances>(context.body)?.managed_instance_details;
    let member = |wanted: &str| {
        let found = stage.members.iter().find(|id| ***id == *wanted).cloned();
        found.ok_or_else(|| {
            Failure::invalid(format!("Managed instance {wanted} is not a member of the stage."))
        })
    };
    let instances = details.managed_instances.iter().map(|id| member(id)).collect::<Result<_>>()?;
    change(
        Step { facts: vec![Fact::LeaveStage { stage: id.clone(), instances }], tree: None },
        Then::Accepted(None),
    )
}

/// Promotes a versioned source: to the first stage any, to a later one that of the stage before.
pub(super) fn promote(context: &Context<'_>) -> Result<Reply> {
    let (id, stage, environment) = stage(context)?;
    context.hub_matches(stage.revision)?;
    let Promote { work_request_details } = optional_body(context.body)?;
    let named = context.query.get("softwareSourceId");
    let before = environment.stages.iter().filter_map(|id| context.world.hub.stages.get(id));
    let before = before.into_iter().find(|other| other.rank + 1 == stage.rank);
    let wanted: Box<str> = match (before, named) {
        (None, None) => return Err(Failure::missing("softwareSourceId")),
        (None, Some(named)) => named.into(),
        (Some(before), named) => {
            let source = before.source.as_deref();
            let source = source
                .ok_or_else(|| Failure::state("The previous lifecycle stage has no software source."))?;
            if named.is_some_and(|named| named != source) {
                return Err(Failure::invalid("softwareSourceId is not that of the previous lifecycle stage"));
            }
            source.into()
        }
    };
    let (source, found) = context.hub_source(&wanted).map_err(|_| Failure::related(&wanted))?;
    if found.kind() != "VERSIONED" {
        return Err(Failure::invalid(format!("Invalid software source(s). {source} is not versioned.")));
    }
    if context.now < found.ready {
        return Err(Failure::state(format!("Software source {source} is not active.")));
    }
    let asked = everything(body::label(work_request_details, Vec::new()));
    let (tree, work) = ask(context, (id, stage, environment), asked, &stage.members);
    let facts = vec![Fact::Promote { stage: id.clone(), source: source.clone() }];
    change(Step { facts, tree: Some(tree) }, Then::Accepted(Some(work)))
}

pub(super) fn reboot(context: &Context<'_>) -> Result<Reply> {
    let found = stage(context)?;
    context.hub_matches(found.1.revision)?;
    let Reboot { work_request_details, .. } = optional_body(context.body)?;
    let label = body::label(work_request_details, Vec::new());
    let asked = Asked { what: What::Reboot, operation: Operation::Reboot, label };
    let (tree, work) = ask(context, found, asked, &found.1.members);
    change(Step { facts: Vec::new(), tree: Some(tree) }, Then::Accepted(Some(work)))
}
