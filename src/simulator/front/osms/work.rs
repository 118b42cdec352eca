//! Work: what agents are asked to do, and the work requests that tell how it goes.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::page::{self, Row};
use super::{Answer, Change, Context, Failure, Id, Instance, Reply, Result, Then, names, packages};
use crate::package::Package;
use crate::simulator::world::{COMPARTMENT, Filter, NewWork, Outcome, Task, Verb, Work, World};

fn filter(context: &Context<'_>) -> Result<Filter> {
    let words = ["SECURITY", "BUGFIX", "ENHANCEMENT", "OTHER", "KSPLICE", "ALL"];
    Ok(match context.query.word("updateType", &words)? {
        Some("SECURITY") => Filter::Security,
        Some("BUGFIX") => Filter::Bugfix,
        Some("ENHANCEMENT") => Filter::Enhancement,
        Some("OTHER") => Filter::Other,
        Some("KSPLICE") => Filter::Ksplice,
        _ => Filter::All,
    })
}

pub(super) fn update_instance(context: &Context<'_>) -> Result<Reply> {
    let task = Task::UpdateAll(filter(context)?);
    one(context, context.instance(context.variable(0))?, task)
}

pub(super) fn update_group(context: &Context<'_>) -> Result<Reply> {
    let task = Task::UpdateAll(filter(context)?);
    let (_, group) = context.group(context.variable(0))?;
    let members = group.members.iter().filter_map(|id| context.instance(id).ok());
    let works: Vec<NewWork> =
        members.enumerate().map(|(index, member)| schedule(context, member, index)).collect();
    if works.is_empty() {
        return Ok(Reply::Answer(Answer::accepted()));
    }
    let told = context.switches.group_update_names_work.then(|| works[0].id.clone());
    Ok(Reply::Change(Change::Work { task, works }, Then::Accepted(told)))
}

fn package(context: &Context<'_>) -> Result<Package> {
    let name = context.query.required("softwarePackageName")?;
    names::shipped(name).ok_or_else(|| Failure::invalid(format!("package name {name} is unknown")))
}

pub(super) fn install(context: &Context<'_>) -> Result<Reply> {
    let instance = context.instance(context.variable(0))?;
    let package = package(context)?;
    let task = match context.switches.install_goes_back.on(&instance.1.machine.os_version) {
        true => Task::Bring(package),
        false => Task::Install(package),
    };
    one(context, instance, task)
}

pub(super) fn update(context: &Context<'_>) -> Result<Reply> {
    let instance = context.instance(context.variable(0))?;
    one(context, instance, Task::Update(package(context)?))
}

pub(super) fn remove(context: &Context<'_>) -> Result<Reply> {
    let (id, instance) = context.instance(context.variable(0))?;
    let name = context.query.required("softwarePackageName")?;
    let is_it = |package: &Package| {
        package.as_str() == name || packages::service_name(*package, context.switches) == name
    };
    // Not only what the vendor ships can be removed, and only what is there: the service refuses the rest.
    let package = instance.installed.iter().find(is_it);
    let package = package.or_else(|| names::shipped(name).filter(|it| instance.installed.contains(*it)));
    let package = package.ok_or_else(|| Failure::invalid(format!("package {name} is not installed")))?;
    one(context, (id, instance), Task::Remove(package))
}

pub(super) fn one(context: &Context<'_>, instance: (&Id, &Instance), task: Task) -> Result<Reply> {
    if !instance.1.is_reachable() && !context.switches.unreachable_takes_work {
        return Err(Failure::conflict(format!("the agent of {} does not check in", instance.0)));
    }
    let work = schedule(context, instance, 0);
    let id = work.id.clone();
    Ok(Reply::Change(Change::Work { task, works: vec![work] }, Then::Accepted(Some(id))))
}

fn schedule(context: &Context<'_>, instance: (&Id, &Instance), index: usize) -> NewWork {
    let work = context.world.next_id("osmsworkrequest", index as u64);
    context.schedule(instance, work, (context.switches.pick_up, context.world.mishap(instance.0)))
}

pub(super) fn list(context: &Context<'_>) -> Result<Answer> {
    let compartment = context.compartment()?;
    let linux = context.is_linux_wanted()?;
    let wanted = |work: &Work| {
        work.is_of_osms()
            && compartment_of(context.world, work) == compartment
            && linux
            && context.names(label(&work.task))
    };
    let rows: Vec<Row<'_>> = match context.query.get("managedInstanceId") {
        Some(id) => {
            context.instance(id)?;
            context.world.works_of(id).filter(|(_, work)| wanted(work)).map(row).collect()
        }
        None => context.world.works.iter().filter(|(_, work)| wanted(work)).map(row).collect(),
    };
    page::sorted(context, rows, |row| summary(context, row.id, &context.world.works[row.id]))
}

/// Work lies where its instance does.
fn compartment_of<'w>(world: &'w World, work: &Work) -> &'w str {
    world.instances.get(&work.instance).map_or(COMPARTMENT, |instance| &instance.machine.compartment)
}

fn row<'w>((id, work): (&'w Id, &'w Work)) -> Row<'w> {
    Row { name: label(&work.task), made: work.accepted, id }
}

/// How the console calls it.
fn label(task: &Task) -> &'static str {
    match task {
        Task::UpdateAll(Filter::Ksplice) => "KSplice Update",
        Task::UpdateAll(_) => "Update All Packages",
        Task::Install(_) | Task::Bring(_) => "Package Install",
        Task::Update(_) => "Package Update",
        Task::Remove(_) => "Package Remove",
        Task::Streams(work) => match work.verb {
            Verb::Manage => "Module Streams",
            Verb::Enable => "Module Stream Enable",
            Verb::Disable => "Module Stream Disable",
            Verb::Switch => "Module Stream Switch",
            Verb::Install => "Module Stream Profile Install",
            Verb::Remove => "Module Stream Profile Remove",
        },
        // Not told here.
        Task::Hub(_) | Task::Boot => "Module Streams",
    }
}

fn summary(context: &Context<'_>, id: &str, work: &Work) -> Value {
    let now = context.now;
    let operation = match &work.task {
        Task::UpdateAll(_) => "UPDATEALL",
        Task::Install(_) | Task::Bring(_) => "INSTALL",
        Task::Update(_) => "UPDATE",
        Task::Remove(_) => "REMOVE",
        Task::Streams(work) => match work.verb {
            Verb::Manage => "COMPOUND",
            Verb::Enable => "ENABLEMODULESTREAM",
            Verb::Disable => "DISABLEMODULESTREAM",
            Verb::Switch => "SWITCHMODULESTREAM",
            Verb::Install => "INSTALLMODULESTREAMPROFILE",
            Verb::Remove => "REMOVEMODULESTREAMPROFILE",
        },
        Task::Hub(_) | Task::Boot => "COMPOUND",
    };
    let (status, percent) = match (&work.outcome, work.starts) {
        (Some(Outcome::Succeeded { .. }), _) => ("SUCCEEDED", 100),
        (Some(Outcome::Failed { .. }), _) => ("FAILED", 100),
        (None, Some(starts)) if starts <= now => ("IN_PROGRESS", progress(starts, work.ends, now)),
        (None, _) => ("ACCEPTED", 0),
    };
    json!({
        "id": id,
        "operationType": operation,
        "status": status,
        "compartmentId": compartment_of(context.world, work),
        "description": label(&work.task),
        "message": message(work),
        "percentComplete": percent,
        "timeAccepted": work.accepted.to_string(),
        "osFamily": "LINUX",
    })
}

fn progress(starts: Timestamp, ends: Timestamp, now: Timestamp) -> i64 {
    let (done, all) = (now.duration_since(starts).as_millis(), ends.duration_since(starts).as_millis());
    i64::try_from(done * 100 / all.max(1)).unwrap_or(99).clamp(0, 99)
}

fn message(work: &Work) -> Option<String> {
    match &work.outcome {
        None => None,
        Some(Outcome::Succeeded { installed, removed }) => {
            Some(format!("{} packages installed, {} removed", installed.len(), removed.len()))
        }
        Some(Outcome::Failed { message, .. }) => Some(message.to_string()),
    }
}

fn named<'a>(context: &'a Context<'_>) -> Result<(&'a Id, &'a Work)> {
    let id = context.variable(0);
    let found = context.world.works.get_key_value(id).filter(|(_, work)| work.is_of_osms());
    found.ok_or_else(|| Failure::unknown(id))
}

pub(super) fn get(context: &Context<'_>) -> Result<Answer> {
    let (id, work) = named(context)?;
    let mut full = summary(context, id, work);
    let name = context.world.instances.get(&work.instance).map(|instance| &instance.name);
    let started = work.starts.filter(|starts| *starts <= context.now);
    let finished = work.outcome.as_ref().map(|_| work.ends.to_string());
    let action = match &work.outcome {
        None => "IN_PROGRESS",
        Some(Outcome::Succeeded { .. }) => "UPDATED",
        Some(Outcome::Failed { .. }) => "FAILED",
    };
    full["managedInstanceId"] = json!({ "id": work.instance, "displayName": name });
    full["resources"] = json!([{
        "entityType": "managedInstance",
        "actionType": action,
        "identifier": work.instance,
        "entityUri": format!("{}/managedInstances/{}", super::BASE, work.instance),
        "name": name,
    }]);
    full["timeStarted"] = json!(started.map(|time| time.to_string()));
    full["timeFinished"] = json!(finished);
    full["parentId"] = Value::Null;
    full["childrenIds"] = json!([]);
    let revision = u64::from(started.is_some()) + 2 * u64::from(work.outcome.is_some());
    Ok(Answer::ok(&full).with("etag", super::etag(revision)))
}

pub(super) fn errors(context: &Context<'_>) -> Result<Answer> {
    let (_, work) = named(context)?;
    let rows: Vec<Value> = match &work.outcome {
        Some(Outcome::Failed { code, message }) => {
            vec![json!({ "code": code, "message": message, "timestamp": work.ends.to_string() })]
        }
        _ => Vec::new(),
    };
    context.query.sorting()?;
    page::ordered(context, &rows, Value::clone)
}

pub(super) fn logs(context: &Context<'_>) -> Result<Answer> {
    let (_, work) = named(context)?;
    let entry = |at: Timestamp, message: String| json!({ "message": message, "timestamp": at.to_string() });
    let mut rows = vec![entry(work.accepted, format!("{} accepted", label(&work.task)))];
    if let Some(starts) = work.starts.filter(|starts| *starts <= context.now) {
        rows.push(entry(starts, "the agent has picked up the work request".to_owned()));
    }
    if let Some(Outcome::Succeeded { installed, removed }) = &work.outcome {
        rows.extend(installed.iter().map(|package| entry(work.ends, format!("Installed: {package}"))));
        rows.extend(removed.iter().map(|package| entry(work.ends, format!("Removed: {package}"))));
    }
    rows.extend(message(work).map(|message| entry(work.ends, message)));
    if context.query.sorting()?.1 {
        rows.reverse();
    }
    page::ordered(context, &rows, Value::clone)
}
