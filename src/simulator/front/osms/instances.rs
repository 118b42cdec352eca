//! Managed instances as the service describes them.

use serde_json::{Value, json};

use super::body::UpdateInstance;
use super::page::{self, Row};
use super::{Answer, Change, Context, Id, Instance, Reply, Result, Source, Then, World, etag, parse_body};
use crate::simulator::world::Consent;

/// The agent checks in on the full minute.
const CHECK_IN: i64 = 60;

pub(super) fn list(context: &Context<'_>) -> Result<Answer> {
    let compartment = context.compartment()?;
    let linux = context.is_linux_wanted()?;
    let wanted = |instance: &Instance| {
        *instance.machine.compartment == *compartment
            && linux
            && instance.is_known(context.now)
            && context.names(&instance.name)
    };
    let rows = context.world.instances.iter().filter(|(_, instance)| wanted(instance));
    let rows = rows.map(|(id, instance)| Row { name: &instance.name, made: instance.made, id }).collect();
    page::sorted(context, rows, |row| summary(context.world, row.id, &context.world.instances[row.id]))
}

fn summary(world: &World, id: &str, instance: &Instance) -> Value {
    json!({
        "id": id,
        "displayName": instance.name,
        "description": null,
        "compartmentId": instance.machine.compartment,
        "lastCheckin": world.last_checkin(id, instance, CHECK_IN).to_string(),
        "lastBoot": instance.booted.to_string(),
        "updatesAvailable": world.outstanding(id).total(),
        "status": if instance.is_reachable() { "NORMAL" } else { "UNREACHABLE" },
        "osFamily": "LINUX",
        "isRebootRequired": instance.reboot_required,
    })
}

pub(super) fn get(context: &Context<'_>) -> Result<Answer> {
    let (id, _) = context.instance(context.variable(0))?;
    Ok(answer(context.world, id))
}

/// Changes what people allow of an instance. That there is such a topic is not looked into.
pub(super) fn update(context: &Context<'_>) -> Result<Reply> {
    let (id, instance) = context.instance(context.variable(0))?;
    context.matches(instance.revision)?;
    let UpdateInstance { notification_topic_id, is_data_collection_authorized } = parse_body(context.body)?;
    let consent = Consent {
        topic: notification_topic_id.or_else(|| instance.consent.topic.clone()),
        collects: is_data_collection_authorized.unwrap_or(instance.consent.collects),
    };
    Ok(Reply::Change(Change::Consent { instance: id.clone(), consent }, Then::Instance(id.clone())))
}

/// Describes an instance as of the moment until which time has passed.
pub(super) fn answer(world: &World, id: &Id) -> Answer {
    let instance = &world.instances[id];
    let link = |id: &Id| json!({ "id": id, "name": world.sources.get(id).map(|source| &source.text.name) });
    let counts = world.outstanding(id);
    let mut full = summary(world, id, instance);
    let more = json!({
        "osName": "Oracle Linux Server",
        "osVersion": instance.machine.os_version,
        "osKernelVersion": instance.running,
        "kspliceEffectiveKernelVersion": instance.ksplice,
        "parentSoftwareSource": instance.parent.as_ref().map(link),
        "childSoftwareSources": instance.children.iter().map(link).collect::<Vec<_>>(),
        "managedInstanceGroups": world
            .groups_of(id)
            .map(|(id, group)| json!({ "id": id, "displayName": group.name }))
            .collect::<Vec<_>>(),
        "notificationTopicId": instance.consent.topic,
        "isDataCollectionAuthorized": instance.consent.collects,
        "autonomous": { "isAutoUpdateEnabled": false },
        "securityUpdatesAvailable": counts.security,
        "bugUpdatesAvailable": counts.bug,
        "enhancementUpdatesAvailable": counts.enhancement,
        "otherUpdatesAvailable": counts.other,
        "scheduledJobCount": super::jobs::count_of(world, id),
        "workRequestCount": world.work_count(id),
    });
    if let (Value::Object(full), Value::Object(more)) = (&mut full, more) {
        full.extend(more);
    }
    Answer::ok(&full).with("etag", etag(instance.revision))
}

/// Lists the sources that could be attached to the instance as it is now: parents where it has none, and the children
/// of its parent that are not attached yet.
pub(super) fn attachable(context: &Context<'_>) -> Result<Answer> {
    context.optional_compartment()?;
    let (_, instance) = context.instance(context.variable(0))?;
    let fits = |id: &Id, source: &Source| match (&instance.parent, &source.parent) {
        _ if source.deleted || !context.names(&source.text.name) => false,
        (None, None) => true,
        (Some(parent), Some(wanted)) => parent == wanted && !instance.children.contains(id),
        _ => false,
    };
    let rows = context.world.sources.iter().filter(|(id, source)| fits(id, source));
    let rows = rows.map(|(id, source)| Row { name: &source.text.name, made: source.made, id }).collect();
    page::sorted(context, rows, |row| {
        let source = &context.world.sources[row.id];
        let parent = source.parent.as_ref().and_then(|id| context.world.sources.get(id));
        json!({
            "id": row.id,
            "compartmentId": source.compartment,
            "displayName": source.text.name,
            "parentId": source.parent,
            "parentName": parent.map(|parent| &parent.text.name),
        })
    })
}
