//! Managed instance groups.

use serde_json::{Value, json};

use super::body::{self, CreateGroup, UpdateGroup};
use super::page::{self, Row};
use super::{
    Answer, Change, Context, Failure, Group, Id, OS_FAMILIES, Reply, Result, Then, World, etag,
    known_compartment, lifecycle_state, parse_body, react,
};
use crate::simulator::world::Tags;

pub(super) fn list(context: &Context<'_>) -> Result<Answer> {
    let compartment = context.compartment()?;
    let lifecycle = context.lifecycle()?;
    let linux = context.is_linux_wanted()?;
    let wanted = |group: &Group| {
        *group.compartment == *compartment && linux && lifecycle(group.deleted) && context.names(&group.name)
    };
    let rows = context.world.groups.iter().filter(|(_, group)| wanted(group));
    let rows = rows.map(|(id, group)| Row { name: &group.name, made: group.made, id }).collect();
    page::sorted(context, rows, |row| {
        let group = &context.world.groups[row.id];
        let mut summary = common(row.id, group);
        summary["managedInstanceCount"] = json!(group.members.len());
        summary
    })
}

pub(super) fn get(context: &Context<'_>) -> Result<Answer> {
    let (id, _) = context.any_group(context.variable(0))?;
    Ok(answer(context.world, id))
}

pub(super) fn answer(world: &World, id: &Id) -> Answer {
    let group = &world.groups[id];
    let mut full = common(id, group);
    let member =
        |id: &Id| json!({ "id": id, "displayName": world.instances.get(id).map(|instance| &instance.name) });
    full["managedInstances"] = group.members.iter().map(member).collect();
    Answer::ok(&full).with("etag", etag(group.revision))
}

fn common(id: &str, group: &Group) -> Value {
    json!({
        "id": id,
        "displayName": group.name,
        "description": group.description,
        "compartmentId": group.compartment,
        "lifecycleState": lifecycle_state(group.deleted),
        "osFamily": group.os_family,
        "freeformTags": group.tags.freeform,
        "definedTags": group.tags.defined,
    })
}

pub(super) fn create(context: &Context<'_>) -> Result<Reply> {
    let details: CreateGroup = parse_body(context.body)?;
    if !known_compartment(&details.compartment_id) {
        return Err(Failure::related(&details.compartment_id));
    }
    let os_family = details.os_family.unwrap_or_else(|| "LINUX".into());
    if !OS_FAMILIES.contains(&&*os_family) {
        return Err(Failure::invalid(format!("osFamily is {os_family}")));
    }
    let id = context.world.next_id("osmsmanagedinstancegroup", 0);
    let change = Change::CreateGroup {
        id: id.clone(),
        compartment: details.compartment_id.into(),
        name: body::display_name(details.display_name)?,
        description: details.description,
        tags: body::tags(details.freeform_tags, details.defined_tags, &Tags::default()),
        os_family,
    };
    Ok(Reply::Change(change, Then::NewGroup(id)))
}

pub(super) fn update(context: &Context<'_>) -> Result<Reply> {
    let (id, group) = context.group(context.variable(0))?;
    context.matches(group.revision)?;
    let details: UpdateGroup = parse_body(context.body)?;
    let change = Change::UpdateGroup {
        id: id.clone(),
        name: details.display_name.map_or_else(|| Ok(group.name.clone()), body::display_name)?,
        description: details.description.or_else(|| group.description.clone()),
        tags: body::tags(details.freeform_tags, details.defined_tags, &group.tags),
    };
    Ok(Reply::Change(change, Then::Group(id.clone())))
}

pub(super) fn change_compartment(context: &Context<'_>) -> Result<Reply> {
    let (id, group) = context.group(context.variable(0))?;
    context.matches(group.revision)?;
    context.move_from(&group.compartment, id)
}

pub(super) fn delete(context: &Context<'_>) -> Result<Reply> {
    let (id, group) = context.group(context.variable(0))?;
    context.matches(group.revision)?;
    if !group.members.is_empty() && !context.switches.delete_full_group {
        return Err(Failure::conflict(format!("{id} has {} members", group.members.len())));
    }
    Ok(Reply::Change(Change::DeleteGroup { id: id.clone() }, Then::Done))
}

fn named<'a>(context: &'a Context<'_>) -> Result<((&'a Id, &'a Group), &'a Id)> {
    let group = context.group(context.variable(0))?;
    let (instance, _) = context.instance(context.query.required("managedInstanceId")?)?;
    Ok((group, instance))
}

pub(super) fn join(context: &Context<'_>) -> Result<Reply> {
    let ((id, group), instance) = named(context)?;
    if group.members.contains(instance) {
        return react(context.switches.join_again, "the instance is a member already");
    }
    let change = Change::Join { group: id.clone(), instance: instance.clone() };
    Ok(Reply::Change(change, Then::Done))
}

pub(super) fn leave(context: &Context<'_>) -> Result<Reply> {
    let ((id, group), instance) = named(context)?;
    if !group.members.contains(instance) {
        return react(context.switches.leave_absent, "the instance is not a member");
    }
    let change = Change::Leave { group: id.clone(), instance: instance.clone() };
    Ok(Reply::Change(change, Then::Done))
}
