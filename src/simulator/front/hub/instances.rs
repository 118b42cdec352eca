//! Managed instances as the hub describes them: what it knows of each, which may be a while ago.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::body::UpdateInstance;
use super::page::{self, Row};
use super::{Answer, Context, Id, Instance, Reply, Result, Then, World, change, links, parse_body, time};
use crate::simulator::errata::errata;
use crate::simulator::world::TENANCY;
use crate::simulator::world::hub::{Fact, Source, Stand, Status, Step, What, order_of};

/// Silent for so long, an instance is doubtful, and out of reach; documented.
const DOUBTFUL: SignedDuration = SignedDuration::from_mins(30);
const OUT_OF_REACH: SignedDuration = SignedDuration::from_hours(24);
/// Agents check in so often, in seconds; documented.
const CHECK_IN: i64 = 120;
const AGENT: &str = "1.5.0-1";

pub(super) fn list(context: &Context<'_>) -> Result<Reply> {
    let places = context.places(&["managedInstanceId", "group"])?;
    let rows = rows(context, |id, instance| {
        places(&instance.machine.compartment) && is_wanted(context, id, instance)
    });
    page::sorted(context, rows, |row| {
        summary(context.world, row.id, &context.world.instances[row.id], context.now)
    })
    .map(Reply::Answer)
}

/// Returns the instances that the hub knows and that are wanted.
pub(super) fn rows<'a>(
    context: &'a Context<'_>,
    wanted: impl Fn(&'a Id, &'a Instance) -> bool,
) -> Vec<Row<'a>> {
    let known = context.world.instances.iter().filter(|(_, instance)| instance.is_registered(context.now));
    let rows = known.filter(|(id, instance)| wanted(id, instance));
    rows.map(|(id, instance)| Row { name: &instance.name, made: instance.made, id }).collect()
}

fn is_wanted(context: &Context<'_>, id: &Id, instance: &Instance) -> bool {
    let group = instance.hub.group().map_or("", |id| id);
    let query = &context.query;
    let profile = instance.hub.profile.as_ref().map_or("", |(id, _)| id);
    let source = query.get("softwareSourceId");
    let stage = instance.hub.stage();
    let environment =
        stage.and_then(|id| context.world.hub.stages.get(id)).map_or("", |stage| &stage.environment);
    let stage = stage.map_or("", |id| id);
    context.is_called(&instance.name)
        && context.is_one("managedInstanceId", id)
        && context.is_one("status", status(context.world, id, instance, context.now))
        && context.is_one("archType", "X86_64")
        && context.is_one("osFamily", os_family(instance))
        && context.is_one("group", group)
        && context.is_none("groupNotEqualTo", group)
        && context.is_one("lifecycleStage", stage)
        && context.is_none("lifecycleStageNotEqualTo", stage)
        && context.is_one("lifecycleEnvironment", environment)
        && context.is_none("lifecycleEnvironmentNotEqualTo", environment)
        && query.get("managementStation").is_none()
        && context.is_so("isAttachedToGroupOrLifecycleStage", instance.hub.home.is_some())
        && source.is_none_or(|wanted| instance.hub.sources.iter().any(|id| **id == *wanted))
        && context.is_one("location", "OCI_COMPUTE")
        && context.is_none("locationNotEqualTo", "OCI_COMPUTE")
        && context.is_one("profile", profile)
        && context.is_none("profileNotEqualTo", profile)
        && context.is_so("isProfileAttached", instance.hub.profile.is_some())
        && context.is_so("isManagementStation", false)
        && context.is_so("isManagedByAutonomousLinux", false)
        && context.is_one("agentVersion", AGENT)
        && context.is_so("isRebootRequired", instance.reboot_required)
        && lacks(context, instance)
}

/// Tells whether an instance lacks one of the advisories that are asked for.
fn lacks(context: &Context<'_>, instance: &Instance) -> bool {
    let mut wanted = context.query.all("advisoryName").peekable();
    wanted.peek().is_none() || {
        let wanted: Vec<&str> = wanted.collect();
        let candidates = context.world.hub_candidates(instance);
        let mut lacking = candidates.iter().flat_map(|(have, new)| errata().between(*have, *new));
        lacking.any(|erratum| wanted.contains(&erratum.name.as_str()))
    }
}

/// Returns the family of an instance's system.
pub(super) fn os_family(instance: &Instance) -> &'static str {
    match instance.machine.os_version.split('.').next() {
        Some("9") => "ORACLE_LINUX_9",
        _ => "ORACLE_LINUX_8",
    }
}

/// Returns how an instance is, as far as its agent lets the hub know.
pub(super) fn status(world: &World, id: &str, instance: &Instance, now: Timestamp) -> &'static str {
    match instance.silent_since.map(|since| now.duration_since(since)) {
        Some(silence) if silence >= OUT_OF_REACH => return "UNREACHABLE",
        Some(silence) if silence >= DOUBTFUL => return "WARNING",
        _ => {}
    }
    let boots = world.open_of(id).any(|(_, work)| {
        order_of(work).is_some_and(|order| order.what == What::Reboot)
            && Stand::of_work(work, now).status == Status::InProgress
    });
    if boots { "REBOOTING" } else { "NORMAL" }
}

pub(super) fn summary(world: &World, id: &str, instance: &Instance, now: Timestamp) -> Value {
    let group = instance.hub.group().and_then(|id| world.hub.groups.get_key_value(id));
    let stage = instance.hub.stage().and_then(|id| world.hub.stages.get_key_value(id));
    let environment = stage.and_then(|(_, stage)| world.hub.environments.get_key_value(&stage.environment));
    json!({
        "id": id,
        "displayName": instance.name,
        "description": instance.hub.description,
        "tenancyId": TENANCY,
        "compartmentId": instance.machine.compartment,
        "location": "OCI_COMPUTE",
        "architecture": "X86_64",
        "osFamily": os_family(instance),
        "status": status(world, id, instance, now),
        "managedInstanceGroup": group.map(|(id, group)| json!({ "id": id, "displayName": group.text.name })),
        "lifecycleEnvironment": environment.map(|(id, it)| json!({ "id": id, "displayName": it.text.name })),
        "lifecycleStage": stage.map(|(id, it)| json!({ "id": id, "displayName": it.text.name })),
        "isRebootRequired": instance.reboot_required,
        "updatesAvailable": world.hub_outstanding(id, instance).total(),
        "isManagementStation": false,
        "notificationTopicId": instance.hub.topic,
        "autonomousSettings": null,
        "isManagedByAutonomousLinux": false,
        "agentVersion": AGENT,
        "timeLastBoot": time(instance.booted),
    })
}

pub(super) fn get(context: &Context<'_>) -> Result<Reply> {
    let (id, instance) = context.hub_instance(context.variable(0))?;
    let answer = answer(context.world, id, context.turn, context.now);
    Ok(context.tagged(answer, instance.hub.revision + 1))
}

pub(super) fn answer(world: &World, id: &Id, turn: u64, now: Timestamp) -> Answer {
    let Some(instance) = world.instances.get(id) else { return Answer::done() };
    let counts = world.hub_outstanding(id, instance);
    let works = world.works_of(id).filter(|(_, work)| work.is_the_hubs()).count();
    let mut full = summary(world, id, instance, now);
    let more = json!({
        "timeLastCheckin": time(world.last_checkin(id, instance, CHECK_IN)),
        "osName": "Oracle Linux Server",
        "osVersion": instance.machine.os_version,
        "osKernelVersion": instance.running,
        "kspliceEffectiveKernelVersion": instance.ksplice,
        "profile": instance.hub.profile.as_ref().map(|(id, _)| id),
        "profileVersion": instance.hub.profile.as_ref().map(|(_, version)| version),
        "primaryManagementStationId": null,
        "secondaryManagementStationId": null,
        "softwareSources": links(world, &instance.hub.sources, turn),
        "installedPackages": instance.inventory().len(),
        "installedWindowsUpdates": 0,
        "securityUpdatesAvailable": counts.security,
        "bugUpdatesAvailable": counts.bug,
        "enhancementUpdatesAvailable": counts.enhancement,
        "otherUpdatesAvailable": counts.other,
        "scheduledJobCount": super::jobs::count_of(world, id),
        "workRequestCount": works,
        "timeCreated": time(instance.made),
        "timeUpdated": time(instance.hub.changed.unwrap_or(instance.made)),
        "areSourcesManaged": true,
        "timeLastSoftwareRefresh": time(instance.refreshed(id, now)),
    });
    if let (Value::Object(full), Value::Object(more)) = (&mut full, more) {
        full.extend(more);
    }
    Answer::ok(&full)
}

pub(super) fn update(context: &Context<'_>) -> Result<Reply> {
    let (id, instance) = context.hub_instance(context.variable(0))?;
    context.hub_matches(instance.hub.revision + 1)?;
    let details: UpdateInstance = parse_body(context.body)?;
    let before = &instance.hub;
    let fact = Fact::DescribeInstance {
        id: id.clone(),
        description: details.description.or_else(|| before.description.clone()),
        topic: details.notification_topic_id.or_else(|| before.topic.clone()),
    };
    change(Step { facts: vec![fact], tree: None }, Then::Instance(id.clone()))
}

/// Lists the sources that could be attached to an instance.
pub(super) fn attachable(context: &Context<'_>) -> Result<Reply> {
    let (_, instance) = context.hub_instance(context.variable(0))?;
    let os_family = os_family(instance);
    available_sources(context, |id, source| {
        *source.os_family == *os_family && !instance.hub.sources.contains(id)
    })
}

/// Lists sources that could be attached somewhere.
pub(super) fn available_sources(context: &Context<'_>, fits: impl Fn(&Id, &Source) -> bool) -> Result<Reply> {
    let places = context.optional_places()?;
    let wanted = |(id, source): &(&Id, &Source)| {
        source.is_selected()
            && places(&source.compartment)
            && context.is_called(&source.text.name)
            && fits(id, source)
    };
    let rows = context.world.hub.sources.iter().filter(wanted);
    let rows = rows.map(|(id, source)| Row { name: &source.text.name, made: source.made, id }).collect();
    page::sorted(context, rows, |row| {
        let source = &context.world.hub.sources[row.id];
        json!({
            "id": row.id,
            "compartmentId": source.compartment,
            "displayName": source.text.name,
            "softwareSourceType": source.kind(),
            "description": source.text.description,
        })
    })
    .map(Reply::Answer)
}
