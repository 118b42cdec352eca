//! Groups of the hub: what they are and who is in them.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::body::{self, CreateGroup, UpdateGroup};
use super::page::{self, Row};
use super::sources::{ARCHITECTURES, OS_FAMILIES, attachable};
use super::{
    Answer, Context, Failure, Id, Reply, Result, Then, World, change, instances, is_compartment, jobs, links,
    members, parse_body, shuffled, stamped, time, trees,
};
use crate::simulator::front::agents;
use crate::simulator::world::Tags;
use crate::simulator::world::hub::{Fact, Group, Label, NewGroup, Own, Step, Subject, System, Text};

pub(super) const VENDORS: [&str; 3] = ["ORACLE", "MICROSOFT", "CANONICAL"];
pub(super) const LOCATIONS: [&str; 5] = ["ON_PREMISE", "OCI_COMPUTE", "AZURE", "EC2", "GCP"];

pub(super) fn list(context: &Context<'_>) -> Result<Reply> {
    let places = context.places(&["managedInstanceGroupId"])?;
    let query = &context.query;
    let source = query.get("softwareSourceId");
    let wanted = |(id, group): &(&Id, &Group)| {
        places(&group.compartment)
            && context.is_called(&group.text.name)
            && context.is_one("managedInstanceGroupId", id)
            && source.is_none_or(|wanted| group.sources.iter().any(|id| **id == *wanted))
            && context.is_one("archType", &group.system.arch)
            && context.is_one("osFamily", &group.system.os_family)
            && context.is_one("lifecycleState", lifecycle_state(group, context.now))
            && context.is_one("location", &group.system.location)
            && context.is_none("locationNotEqualTo", &group.system.location)
            && context.is_so("isManagedByAutonomousLinux", false)
    };
    let rows = context.world.hub.groups.iter().filter(wanted);
    let rows = rows.map(|(id, group)| Row { name: &group.text.name, made: group.made, id }).collect();
    page::sorted(context, rows, |row| summary(row.id, &context.world.hub.groups[row.id], context.now))
        .map(Reply::Answer)
}

pub(super) fn lifecycle_state(group: &Group, now: Timestamp) -> &'static str {
    if now < group.ready { "CREATING" } else { "ACTIVE" }
}

fn summary(id: &str, group: &Group, now: Timestamp) -> Value {
    json!({
        "id": id,
        "compartmentId": group.compartment,
        "displayName": group.text.name,
        "description": group.text.description,
        "managedInstanceCount": group.members.len(),
        "location": group.system.location,
        "timeCreated": time(group.made),
        "timeModified": time(group.changed),
        "lifecycleState": lifecycle_state(group, now),
        "osFamily": group.system.os_family,
        "archType": group.system.arch,
        "vendorName": group.system.vendor,
        "notificationTopicId": group.topic,
        "autonomousSettings": null,
        "isManagedByAutonomousLinux": false,
        "freeformTags": group.text.tags.freeform,
        "definedTags": stamped(&group.text.tags, group.made),
        "systemTags": {},
    })
}

pub(super) fn get(context: &Context<'_>) -> Result<Reply> {
    let (id, group) = context.hub_group(context.variable(0))?;
    Ok(context.tagged(answer(context.world, id, context.turn, context.now), group.revision))
}

pub(super) fn answer(world: &World, id: &Id, turn: u64, now: Timestamp) -> Answer {
    let Some(group) = world.hub.groups.get(id) else { return Answer::done() };
    let mut full = summary(id, group, now);
    full["softwareSourceIds"] = links(world, &group.sources, turn);
    full["softwareSources"] = links(world, &group.sources, turn.wrapping_add(1_000_003));
    full["managedInstanceIds"] = json!(shuffled(group.members.iter().collect(), turn));
    full["pendingJobCount"] = json!(jobs::count_of_group(world, id));
    Answer::ok(&full)
}

pub(super) fn create(context: &Context<'_>) -> Result<Reply> {
    let details: CreateGroup = parse_body(context.body)?;
    if !is_compartment(&details.compartment_id) {
        return Err(Failure::nowhere());
    }
    if details.autonomous_settings.is_some() {
        let message = "autonomousSettings make an Autonomous Linux group, which is not simulated";
        return Err(Failure::invalid(message));
    }
    // As documented, and hardly what anybody wants.
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
    let system = System {
        os_family: details.os_family,
        arch: details.arch_type,
        vendor: details.vendor_name,
        location,
    };
    let wanted = details.software_source_ids.unwrap_or_default();
    let sources = match wanted.is_empty() {
        true => Vec::new(),
        false => attachable(context, &wanted, &system.os_family, &system.arch)?,
    };
    let mut instances: Vec<Id> = Vec::new();
    for id in details.managed_instance_ids.iter().flatten() {
        instances.push(members::joiner(context, id, &system, None)?.0.clone());
    }
    let id = context.world.next_id("osmhmanagedinstancegroup", 0);
    let group = NewGroup {
        text: Text {
            name: body::display_name(details.display_name)?,
            description: details.description,
            tags: body::tags(details.freeform_tags, details.defined_tags, &Tags::default()),
        },
        compartment: details.compartment_id.as_ref().into(),
        system,
        sources,
        topic: details.notification_topic_id,
        ready: agents::later(context.now, context.switches.hub.creating),
    };
    let over = trees::Over {
        subject: Subject::Group(id.clone()),
        name: &group.text.name,
        compartment: &group.compartment,
    };
    let asked = members::joining(context, Label::default());
    let joiners = instances.iter().filter_map(|id| context.world.instances.get_key_value(id));
    let (tree, work) = match instances.is_empty() {
        true => {
            let own = Own { contents: None, starts: context.now, ends: group.ready };
            let called = (asked.operation, asked.label);
            (trees::own_until(context, over, called, own), trees::next_id(context))
        }
        false => trees::over(context, over, asked, joiners),
    };
    let mut facts = vec![Fact::CreateGroup { id: id.clone(), group: Box::new(group) }];
    if !instances.is_empty() {
        facts.push(Fact::Join { group: id.clone(), instances });
    }
    change(Step { facts, tree: Some(tree) }, Then::NewGroup { group: id, work })
}

pub(super) fn update(context: &Context<'_>) -> Result<Reply> {
    let (id, group) = context.hub_group(context.variable(0))?;
    context.hub_matches(group.revision)?;
    let details: UpdateGroup = parse_body(context.body)?;
    let text = Text {
        name: details.display_name.map_or_else(|| Ok(group.text.name.clone()), body::display_name)?,
        description: details.description.or_else(|| group.text.description.clone()),
        tags: body::tags(details.freeform_tags, details.defined_tags, &group.text.tags),
    };
    let topic = details.notification_topic_id.or_else(|| group.topic.clone());
    let facts = vec![Fact::DescribeGroup { id: id.clone(), text, topic }];
    change(Step { facts, tree: None }, Then::Group(id.clone()))
}

pub(super) fn delete(context: &Context<'_>) -> Result<Reply> {
    let (id, group) = context.hub_group(context.variable(0))?;
    context.hub_matches(group.revision)?;
    if !group.members.is_empty() && !context.switches.hub.delete_full_group {
        return Err(Failure::conflict(format!("{id} has {} members", group.members.len())));
    }
    change(Step { facts: vec![Fact::DeleteGroup { id: id.clone() }], tree: None }, Then::Gone)
}

pub(super) fn members(context: &Context<'_>) -> Result<Reply> {
    let (_, group) = context.hub_group(context.variable(0))?;
    let places = context.optional_places()?;
    let rows = instances::rows(context, |id, instance| {
        group.members.contains(id)
            && places(&instance.machine.compartment)
            && context.is_called(&instance.name)
            && context.is_one("managedInstanceId", id)
    });
    let world = context.world;
    page::sorted(context, rows, |row| {
        let (id, instance) =
            world.instances.get_key_value(row.id).expect("rows are of instances of the world");
        instances::summary(world, id, instance, context.now)
    })
    .map(Reply::Answer)
}

pub(super) fn attachable_sources(context: &Context<'_>) -> Result<Reply> {
    let (_, group) = context.hub_group(context.variable(0))?;
    instances::available_sources(context, |id, source| {
        source.os_family == group.system.os_family
            && source.arch == group.system.arch
            && !group.sources.contains(id)
    })
}
