//! Compute's list of instances and its action on one, and Identity's list of compartments (all API `20160918`), as far as
//! clients need them to select who is patched, and to reboot.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::page::{self, Row};
use super::route::{Route, Serves, paged};
use super::{Answer, Change, Context, Failure, Id, Instance, Reply, Result, Then, World};
use crate::simulator::REGION;
use crate::simulator::world::{COMPARTMENTS, Power, TENANCY, Task};

/// The path that both stand under.
pub(crate) const BASE: &str = "/20160918";

/// What is served of them.
#[rustfmt::skip]
pub(crate) static ROUTES: [Route; 3] = [
    Route { method: "POST", path: "/instances/{}", name: "InstanceAction", query: "action", takes_token: true, streams: false, serves: Some(Serves::Action) },
    core("/instances", "ListInstances", paged!("compartmentId availabilityDomain capacityReservationId computeClusterId displayName lifecycleState"), Serves::Instances),
    core("/compartments", "ListCompartments", paged!("compartmentId accessLevel compartmentIdInSubtree name lifecycleState"), Serves::Compartments),
];

const fn core(path: &'static str, name: &'static str, query: &'static str, serves: Serves) -> Route {
    Route { method: "GET", path, name, query, takes_token: false, streams: false, serves: Some(serves) }
}

/// The words that Compute's filter by state takes, in whatever case.
const STATES: [&str; 9] = [
    "MOVING",
    "PROVISIONING",
    "RUNNING",
    "STARTING",
    "STOPPING",
    "STOPPED",
    "CREATING_IMAGE",
    "TERMINATING",
    "TERMINATED",
];

/// Lists the instances of a compartment, managed or not. Those that are gone are listed like all others.
pub(super) fn instances(context: &Context<'_>) -> Result<Answer> {
    let compartment = context.compartment()?;
    let name = context.query.get("displayName");
    let state = state(context, &STATES)?;
    let domain = context.query.get("availabilityDomain");
    let wanted = |instance: &Instance| {
        *instance.machine.compartment == *compartment
            && name.is_none_or(|name| *instance.name == *name)
            && state.as_deref().is_none_or(|state| instance.machine.power.word() == state)
            && domain.is_none_or(|domain| domain == DOMAIN)
            && ["capacityReservationId", "computeClusterId"]
                .iter()
                .all(|key| context.query.get(key).is_none())
    };
    let rows = context.world.instances.iter().filter(|(_, instance)| wanted(instance));
    let rows = rows.map(|(id, instance)| Row { name: &instance.name, made: instance.made, id }).collect();
    page::sorted(context, rows, |row| instance(row.id, &context.world.instances[row.id]))
}

/// Reboots an instance: the actions that stop or start one are not simulated. The answer comes at once; the instance is up
/// again, with its newest kernel, after as long as an agent takes for work.
pub(super) fn act(context: &Context<'_>) -> Result<Reply> {
    let id = context.variable(0);
    let (id, instance) = context.world.instances.get_key_value(id).ok_or_else(|| Failure::unknown(id))?;
    match context.query.required("action")? {
        "SOFTRESET" | "RESET" => {}
        other => {
            return Err(Failure::invalid(format!("action is {other}; simulated are SOFTRESET and RESET")));
        }
    }
    if instance.machine.power != Power::Running {
        return Err(Failure::conflict(format!("{id} does not run")));
    }
    // What is not told to clients has an id all the same.
    let work = context.world.next_id("simulatedboot", 0);
    let pace = ((Duration::ZERO, Duration::ZERO), None);
    let works = vec![context.schedule((id, instance), work, pace)];
    Ok(Reply::Change(Change::Work { task: Task::Boot, works }, Then::Machine(id.clone())))
}

/// Describes an instance after a change.
pub(super) fn answer(world: &World, id: &Id) -> Answer {
    world.instances.get(id).map_or_else(Answer::done, |machine| Answer::ok(&instance(id, machine)))
}

const DOMAIN: &str = "Simu:EU-FRANKFURT-1-AD-1";

fn instance(id: &str, instance: &Instance) -> Value {
    let machine = &instance.machine;
    let defined = match machine.ops.is_empty() {
        true => json!({}),
        false => json!({ "ops": machine.ops }),
    };
    json!({
        "id": id,
        "displayName": instance.name,
        "compartmentId": machine.compartment,
        "availabilityDomain": DOMAIN,
        "faultDomain": "FAULT-DOMAIN-1",
        "region": REGION,
        "shape": "VM.Standard.E4.Flex",
        "lifecycleState": machine.power.word(),
        "timeCreated": instance.made.to_string(),
        "freeformTags": machine.freeform,
        "definedTags": defined,
        "systemTags": {},
        "metadata": {},
        "extendedMetadata": {},
    })
}

/// Reads the filter by state, which counts in any case.
fn state(context: &Context<'_>, states: &[&str]) -> Result<Option<String>> {
    let Some(text) = context.query.get("lifecycleState") else { return Ok(None) };
    let state = text.to_ascii_uppercase();
    if !states.contains(&state.as_str()) {
        let known = states.join(", ");
        return Err(Failure::invalid(format!("lifecycleState is {text}; known are {known}")));
    }
    Ok(Some(state))
}

/// Lists the compartments right below one; below the tenancy all of them, where that is asked for.
pub(super) fn compartments(context: &Context<'_>) -> Result<Answer> {
    let parent = context.compartment()?;
    let state = state(context, &["CREATING", "ACTIVE", "INACTIVE", "DELETING", "DELETED"])?;
    let name = context.query.get("name");
    context.query.word("accessLevel", &["ANY", "ACCESSIBLE"])?;
    let subtree = context.query.word("compartmentIdInSubtree", &["true", "false"])? == Some("true");
    if subtree && parent != TENANCY {
        return Err(Failure::invalid("compartmentIdInSubtree can be true for the tenancy only"));
    }
    let by_name = context.query.word("sortBy", &["TIMECREATED", "NAME"])? == Some("NAME");
    let descends = match context.query.word("sortOrder", &["ASC", "DESC"])? {
        None => !by_name,
        Some(order) => order == "DESC",
    };
    let wanted = |(_, above, called, found): &&(&str, &str, &str, &str)| {
        (subtree || *above == parent)
            && name.is_none_or(|name| name == *called)
            && state.as_deref().is_none_or(|state| state == *found)
    };
    // They stand in the order in which they were made.
    let mut rows: Vec<_> = COMPARTMENTS.iter().enumerate().collect();
    rows.retain(|(_, row)| wanted(row));
    if by_name {
        rows.sort_by_key(|(_, row)| row.2);
    }
    if descends {
        rows.reverse();
    }
    page::ordered(context, &rows, |(at, (id, above, name, state))| {
        let made = i64::try_from(*at).ok().and_then(|at| Timestamp::from_second(1_757_000_000 + at).ok());
        json!({
            "id": id,
            "compartmentId": above,
            "name": name,
            "description": format!("{name}, as the simulated cloud has it"),
            "timeCreated": made.map(|made| made.to_string()),
            "lifecycleState": state,
            "inactiveStatus": null,
            "isAccessible": null,
            "freeformTags": {},
            "definedTags": {},
        })
    })
}
