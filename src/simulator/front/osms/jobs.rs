//! Scheduled jobs: what is asked of agents again and again, or once at a time to come.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::body::{self, CreateJob, PackageName, UpdateJob};
use super::page::{self, Row};
use super::{
    Answer, Change, Context, Failure, Id, OS_FAMILIES, Reply, Result, Then, World, etag, known_compartment,
    lifecycle_state, names, parse_body,
};
use crate::simulator::world::{Filter, Interval, Job, JobPlan, Pace, Tags, Task, Unit};

/// The operation types that scheduled jobs take here. The others are about module streams and profiles: agents know those
/// from single calls, and nobody has asked for them in jobs.
const OPERATIONS: [&str; 4] = ["INSTALL", "UPDATE", "REMOVE", "UPDATEALL"];
const UPDATES: [(&str, Filter); 6] = [
    ("SECURITY", Filter::Security),
    ("BUGFIX", Filter::Bugfix),
    ("ENHANCEMENT", Filter::Enhancement),
    ("OTHER", Filter::Other),
    ("KSPLICE", Filter::Ksplice),
    ("ALL", Filter::All),
];
const UNITS: [(&str, Unit); 4] =
    [("HOUR", Unit::Hour), ("DAY", Unit::Day), ("WEEK", Unit::Week), ("MONTH", Unit::Month)];
/// An upcoming list names no job more often than this.
const MOST_RUNS: usize = 1_000;

pub(super) fn list(context: &Context<'_>) -> Result<Answer> {
    let rows = wanted(context)?;
    let rows = rows.into_iter().map(row).collect();
    page::sorted(context, rows, |row| summary(row.id, &context.world.jobs[row.id]))
}

/// Lists a job once for each of its runs up to a time: the rows differ in their next run.
pub(super) fn upcoming(context: &Context<'_>) -> Result<Answer> {
    let end = time("timeEnd", context.query.required("timeEnd")?)?;
    let mut runs: Vec<(Timestamp, Value)> = Vec::new();
    for (id, job) in wanted(context)? {
        let tag = context.query.get("tagName").is_none_or(|name| {
            let value = job.plan.tags.freeform.get(name);
            value.is_some_and(|value| context.query.get("tagValue").is_none_or(|wanted| **value == *wanted))
        });
        let next = job.plan.next.filter(|_| tag && !job.deleted);
        let runs_of = std::iter::successors(next, |run| job.plan.interval?.after(*run));
        for run in runs_of.take_while(|run| *run <= end).take(MOST_RUNS) {
            let mut line = summary(id, job);
            line["timeNextExecution"] = json!(run.to_string());
            runs.push((run, line));
        }
    }
    runs.sort_by_key(|(run, _)| *run);
    context.query.sorting()?;
    page::ordered(context, &runs, |(_, line)| line.clone())
}

fn wanted<'a>(context: &'a Context<'_>) -> Result<Vec<(&'a Id, &'a Job)>> {
    let compartment = context.compartment()?;
    let lifecycle = context.lifecycle()?;
    let linux = context.is_linux_wanted()?;
    let operations = [
        "INSTALL",
        "UPDATE",
        "REMOVE",
        "UPDATEALL",
        "ENABLEMODULESTREAM",
        "DISABLEMODULESTREAM",
        "SWITCHMODULESTREAM",
        "INSTALLMODULESTREAMPROFILE",
        "REMOVEMODULESTREAMPROFILE",
        "COMPOUND",
    ];
    let operation = match context.query.get("operationType") {
        Some(_) => context.query.word("operationType", &operations)?,
        None => None,
    };
    let is_for = |name: &str, targets: &[Id]| {
        context.query.get(name).is_none_or(|wanted| targets.iter().any(|id| **id == *wanted))
    };
    let fits = |job: &Job| {
        *job.compartment == *compartment
            && linux
            && lifecycle(job.deleted)
            && context.names(&job.plan.name)
            && operation.is_none_or(|wanted| wanted == operation_type(&job.plan.tasks))
            && is_for("managedInstanceId", &job.instances)
            && is_for("managedInstanceGroupId", &job.groups)
            && context.query.get("isRestricted") != Some("true")
    };
    Ok(context.world.jobs.iter().filter(|(_, job)| fits(job)).collect())
}

fn row<'a>((id, job): (&'a Id, &'a Job)) -> Row<'a> {
    Row { name: &job.plan.name, made: job.made, id }
}

pub(super) fn get(context: &Context<'_>) -> Result<Answer> {
    let (id, _) = any(context)?;
    Ok(answer(context.world, id))
}

pub(super) fn answer(world: &World, id: &Id) -> Answer {
    let job = &world.jobs[id];
    let mut full = summary(id, job);
    full["description"] = json!(job.plan.description);
    full["intervalType"] = json!(job.plan.interval.map(|interval| word(&UNITS, interval.unit)));
    full["intervalValue"] = json!(job.plan.interval.map(|interval| interval.count.to_string()));
    let named = |id: &Id, name: Option<&str>| json!({ "id": id, "displayName": name.unwrap_or(id) });
    let instances = job.instances.iter();
    full["managedInstances"] =
        instances.map(|id| named(id, world.instances.get(id).map(|it| &*it.name))).collect();
    let groups = job.groups.iter();
    full["managedInstanceGroups"] =
        groups.map(|id| named(id, world.groups.get(id).map(|it| &*it.name))).collect();
    let filter = job.plan.tasks.iter().find_map(|task| match task {
        Task::UpdateAll(filter) => Some(word(&UPDATES, *filter)),
        _ => None,
    });
    full["updateType"] = json!(filter);
    let packages = job.plan.tasks.iter().filter_map(|task| match task {
        Task::Install(package) | Task::Bring(package) | Task::Update(package) | Task::Remove(package) => {
            Some(json!({ "name": package.as_str() }))
        }
        Task::UpdateAll(_) | Task::Streams(_) | Task::Hub(_) | Task::Boot => None,
    });
    full["packageNames"] = packages.collect();
    full["updateNames"] = json!([]);
    full["workRequests"] = job.works.iter().map(|id| named(id, None)).collect();
    Answer::ok(&full).with("etag", etag(job.revision))
}

/// Answers an action on a job: with its etag and nothing else.
pub(super) fn done(world: &World, id: &Id) -> Answer {
    let revision = world.jobs.get(id).map_or(0, |job| job.revision);
    Answer::done().with("etag", etag(revision))
}

/// Counts the jobs that are for an instance, by itself or as a member.
pub(super) fn count_of(world: &World, instance: &str) -> usize {
    let is_for = |job: &&Job| {
        let in_group = |id: &Id| world.groups.get(id).is_some_and(|group| group.members.contains(instance));
        !job.deleted && (job.instances.iter().any(|id| **id == *instance) || job.groups.iter().any(in_group))
    };
    world.jobs.values().filter(is_for).count()
}

fn summary(id: &str, job: &Job) -> Value {
    let targets =
        |ids: &[Id]| -> Value { ids.iter().map(|id| json!({ "id": id, "displayName": id })).collect() };
    json!({
        "id": id,
        "displayName": job.plan.name,
        "compartmentId": job.compartment,
        "scheduleType": if job.plan.interval.is_some() { "RECURRING" } else { "ONETIME" },
        "timeNextExecution": job.plan.next.map(|time| time.to_string()),
        "timeLastExecution": job.last.map(|time| time.to_string()),
        "managedInstances": targets(&job.instances),
        "managedInstanceGroups": targets(&job.groups),
        "operationType": operation_type(&job.plan.tasks),
        "lifecycleState": lifecycle_state(job.deleted),
        "osFamily": job.os_family,
        "isRestricted": false,
        "freeformTags": job.plan.tags.freeform,
        "definedTags": job.plan.tags.defined,
    })
}

fn operation_type(tasks: &[Task]) -> &'static str {
    match tasks.first() {
        Some(Task::Install(_) | Task::Bring(_)) => "INSTALL",
        Some(Task::Update(_)) => "UPDATE",
        Some(Task::Remove(_)) => "REMOVE",
        // Jobs for streams are refused when they are created.
        Some(Task::Streams(_) | Task::Hub(_) | Task::Boot) => "COMPOUND",
        Some(Task::UpdateAll(_)) | None => "UPDATEALL",
    }
}

fn word<T: PartialEq>(words: &[(&'static str, T)], value: T) -> &'static str {
    words.iter().find(|(_, known)| *known == value).map_or("", |(word, _)| *word)
}

fn any<'a>(context: &'a Context<'_>) -> Result<(&'a Id, &'a Job)> {
    let id = context.variable(0);
    context.world.jobs.get_key_value(id).ok_or_else(|| Failure::unknown(id))
}

fn active<'a>(context: &'a Context<'_>) -> Result<(&'a Id, &'a Job)> {
    let (id, job) = any(context)?;
    if job.deleted {
        return Err(Failure::unknown(id));
    }
    context.matches(job.revision)?;
    Ok((id, job))
}

pub(super) fn create(context: &Context<'_>) -> Result<Reply> {
    let details: CreateJob = parse_body(context.body)?;
    if !known_compartment(&details.compartment_id) {
        return Err(Failure::related(&details.compartment_id));
    }
    let os_family = details.os_family.unwrap_or_else(|| "LINUX".into());
    if !OS_FAMILIES.contains(&&*os_family) {
        return Err(Failure::invalid(format!("osFamily is {os_family}")));
    }
    let mut groups = Vec::new();
    for target in details.managed_instance_groups.into_iter().flatten() {
        // A thing that a body names is not there: 400, not 404.
        let (id, _) = context.group(&target.id).map_err(|_| Failure::related(&target.id))?;
        groups.push(id.clone());
    }
    let mut instances = Vec::new();
    for target in details.managed_instances.into_iter().flatten() {
        let (id, _) = context.instance(&target.id).map_err(|_| Failure::related(&target.id))?;
        instances.push(id.clone());
    }
    if groups.is_empty() == instances.is_empty() {
        return Err(Failure::invalid("a job is for managedInstances or for managedInstanceGroups"));
    }
    let recurs = recurs(&details.schedule_type)?;
    let job = Job {
        plan: JobPlan {
            name: body::display_name(details.display_name)?,
            description: details.description,
            tags: body::tags(details.freeform_tags, details.defined_tags, &Tags::default()),
            interval: interval(recurs, details.interval_type.as_deref(), details.interval_value.as_deref())?,
            next: Some(to_come(context, &details.time_next_execution)?),
            tasks: tasks(
                &details.operation_type,
                details.update_type.as_deref(),
                details.package_names,
                details.update_names.is_some(),
            )?,
            pace: pace(context),
        },
        compartment: details.compartment_id.into(),
        groups,
        instances,
        os_family,
        made: context.now,
        last: None,
        works: Vec::new(),
        deleted: false,
        revision: 0,
    };
    let id = context.world.next_id("osmsscheduledjob", 0);
    Ok(Reply::Change(Change::CreateJob { id: id.clone(), job: Box::new(job) }, Then::NewJob(id)))
}

pub(super) fn update(context: &Context<'_>) -> Result<Reply> {
    let (id, job) = active(context)?;
    let details: UpdateJob = parse_body(context.body)?;
    let before = &job.plan;
    let recurs = details.schedule_type.as_deref().map_or(Ok(before.interval.is_some()), recurs)?;
    let kept = before.interval.filter(|_| recurs);
    let interval = match (&details.interval_type, &details.interval_value) {
        (None, None) if kept.is_some() || !recurs => kept,
        (unit, value) => {
            let unit = unit.as_deref().or_else(|| kept.map(|kept| word(&UNITS, kept.unit)));
            let kept = kept.map(|kept| kept.count.to_string());
            interval(recurs, unit, value.as_deref().or(kept.as_deref()))?
        }
    };
    let names = details.package_names;
    let tasks = match (&details.operation_type, &details.update_type, &names) {
        (None, None, None) => before.tasks.clone(),
        (operation, update, _) => {
            let operation = operation.as_deref().unwrap_or_else(|| operation_type(&before.tasks));
            tasks(operation, update.as_deref(), names, details.update_names.is_some())?
        }
    };
    let next = match &details.time_next_execution {
        Some(text) => Some(to_come(context, text)?),
        None => before.next,
    };
    let plan = JobPlan {
        name: details.display_name.map_or_else(|| Ok(before.name.clone()), body::display_name)?,
        description: details.description.or_else(|| before.description.clone()),
        tags: body::tags(details.freeform_tags, details.defined_tags, &before.tags),
        interval,
        next,
        tasks,
        pace: before.pace,
    };
    Ok(Reply::Change(Change::UpdateJob { id: id.clone(), plan: Box::new(plan) }, Then::Job(id.clone())))
}

pub(super) fn delete(context: &Context<'_>) -> Result<Reply> {
    let (id, _) = active(context)?;
    Ok(Reply::Change(Change::DeleteJob { id: id.clone() }, Then::Done))
}

pub(super) fn change_compartment(context: &Context<'_>) -> Result<Reply> {
    let (id, job) = active(context)?;
    context.move_from(&job.compartment, id)
}

pub(super) fn run_now(context: &Context<'_>) -> Result<Reply> {
    let (id, job) = active(context)?;
    if job.plan.next.is_none() {
        return Err(Failure::conflict(format!("{id} has run, and runs no more")));
    }
    Ok(Reply::Change(Change::RunJob { id: id.clone() }, Then::JobDone(id.clone())))
}

pub(super) fn skip_next(context: &Context<'_>) -> Result<Reply> {
    let (id, job) = active(context)?;
    let Some(next) = job.plan.next else {
        return Err(Failure::conflict(format!("{id} has no next run")));
    };
    let next = job.plan.interval.and_then(|interval| interval.after(next));
    let plan = JobPlan { next, ..job.plan.clone() };
    Ok(Reply::Change(Change::UpdateJob { id: id.clone(), plan: Box::new(plan) }, Then::JobDone(id.clone())))
}

fn recurs(word: &str) -> Result<bool> {
    match word {
        "RECURRING" => Ok(true),
        "ONETIME" => Ok(false),
        other => Err(Failure::invalid(format!("scheduleType is {other}"))),
    }
}

fn interval(recurs: bool, unit: Option<&str>, value: Option<&str>) -> Result<Option<Interval>> {
    if !recurs {
        return match (unit, value) {
            (None, None) => Ok(None),
            _ => Err(Failure::invalid("a job that runs once has no interval")),
        };
    }
    let unit = unit.ok_or_else(|| Failure::missing("intervalType"))?;
    let found = UNITS.iter().find(|(word, _)| *word == unit).map(|(_, unit)| *unit);
    let unit = found.ok_or_else(|| Failure::invalid(format!("intervalType is {unit}")))?;
    let value = value.ok_or_else(|| Failure::missing("intervalValue"))?;
    let count = value.parse().ok().filter(|count| (1..=9_999).contains(count));
    let count = count.ok_or_else(|| Failure::invalid(format!("intervalValue is {value}")))?;
    Ok(Some(Interval { count, unit }))
}

fn time(name: &str, text: &str) -> Result<Timestamp> {
    text.parse().map_err(|_| Failure::invalid(format!("{name} is {text}")))
}

/// A time of execution lies ahead; a little less is let pass, as clocks differ.
fn to_come(context: &Context<'_>, text: &str) -> Result<Timestamp> {
    let next = time("timeNextExecution", text)?;
    match context.now.duration_since(next).as_secs() > 300 {
        true => Err(Failure::invalid(format!("timeNextExecution is {text}, which has passed"))),
        false => Ok(next),
    }
}

fn tasks(
    operation: &str,
    update: Option<&str>,
    names: Option<Vec<PackageName>>,
    windows: bool,
) -> Result<Vec<Task>> {
    if !OPERATIONS.contains(&operation) {
        return Err(Failure::invalid(format!("operationType is {operation}, which is not simulated")));
    }
    if windows {
        return Err(Failure::invalid("updateNames are for Windows, which is not simulated"));
    }
    if operation == "UPDATEALL" {
        if names.is_some_and(|names| !names.is_empty()) {
            return Err(Failure::invalid("packageNames are not for UPDATEALL"));
        }
        let wanted = update.unwrap_or("ALL");
        let filter = UPDATES.iter().find(|(word, _)| *word == wanted).map(|(_, filter)| *filter);
        let filter = filter.ok_or_else(|| Failure::invalid(format!("updateType is {wanted}")))?;
        return Ok(vec![Task::UpdateAll(filter)]);
    }
    if update.is_some() {
        return Err(Failure::invalid("updateType is for UPDATEALL only"));
    }
    let names = names.filter(|names| !names.is_empty()).ok_or_else(|| Failure::missing("packageNames"))?;
    let task = |PackageName { name }: &PackageName| {
        let package = names::shipped(name)
            .ok_or_else(|| Failure::invalid(format!("package name {name} is unknown")))?;
        Ok(match operation {
            "INSTALL" => Task::Install(package),
            "UPDATE" => Task::Update(package),
            _ => Task::Remove(package),
        })
    };
    names.iter().map(task).collect()
}

/// Midway between the least and the most that agents take.
fn pace(context: &Context<'_>) -> Pace {
    let millis = |(least, most): (Duration, Duration)| {
        u64::try_from(((least + most) / 2).as_millis()).unwrap_or(u64::MAX)
    };
    let give_up = context.switches.pick_up_within;
    Pace {
        pick_up: millis(context.switches.pick_up),
        work: millis(context.switches.work),
        give_up: u64::try_from(give_up.as_millis()).unwrap_or(u64::MAX),
    }
}
