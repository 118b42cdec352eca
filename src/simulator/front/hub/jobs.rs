//! Scheduled jobs: what is asked again and again by a rule, or once at a time to come.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::body::{self, CreateJob, JobOperation, UpdateJob};
use super::page::{self, Row};
use super::sources::attachable;
use super::{
    Answer, BASE, Context, Failure, Id, Reply, Result, Then, World, change, etag, instances, is_compartment,
    optional_body, orders, parse_body, spelling, stamped, time,
};
use crate::simulator::world::hub::{
    Deed, Fact, Job, Operation, Plan, Rule, Step, Target, Text, Wanted, What,
};
use crate::simulator::world::{Filter, Pace, Tags};

/// Which updates an operation is about, and what a work request for it is called.
const UPDATES: [(&str, Filter, Operation); 7] = [
    ("UPDATE_ALL", Filter::All, Operation::UpdateAllPackages),
    ("UPDATE_SECURITY", Filter::Security, Operation::UpdateSecurity),
    ("UPDATE_BUGFIX", Filter::Bugfix, Operation::UpdateBugfix),
    ("UPDATE_ENHANCEMENT", Filter::Enhancement, Operation::UpdateEnhancement),
    ("UPDATE_OTHER", Filter::Other, Operation::UpdateOther),
    ("UPDATE_KSPLICE_KERNEL", Filter::Ksplice, Operation::UpdateKspliceKernel),
    ("UPDATE_KSPLICE_USERSPACE", Filter::KspliceUserspace, Operation::UpdateKspliceUserspace),
];
/// It did not change after a PUT, as recorded.
const REVISION: u64 = 1;

pub(super) fn list(context: &Context<'_>) -> Result<Reply> {
    let places =
        context.places(&["id", "managedInstanceId", "managedInstanceGroupId", "managedCompartmentId"])?;
    let query = &context.query;
    let moment = |name: &str| -> Result<Option<Timestamp>> {
        let text = query.get(name);
        text.map(|text| text.parse().map_err(|_| Failure::invalid(format!("{name} is {text}")))).transpose()
    };
    let (from, until) = (moment("timeStart")?, moment("timeEnd")?);
    let is_for =
        |name: &str, ids: &[Id]| query.get(name).is_none_or(|wanted| ids.iter().any(|id| **id == *wanted));
    let wanted = |(id, job): &(&Id, &Job)| {
        let (instances, groups, compartments) = targets(&job.target);
        places(&job.compartment)
            && context.is_called(&job.plan.text.name)
            && context.is_one("id", id)
            && context.is_one("lifecycleState", "ACTIVE")
            && context.is_one("scheduleType", schedule_type(job))
            && is_for("managedInstanceId", instances)
            && is_for("managedInstanceGroupId", groups)
            && is_for("managedCompartmentId", compartments)
            && query.get("lifecycleStageId").is_none()
            && query.get("dynamicSetId").is_none()
            && query
                .get("operationType")
                .is_none_or(|wanted| job.plan.deeds.iter().any(|deed| *deed.word == *wanted))
            && from.is_none_or(|from| job.plan.next.is_some_and(|next| from <= next))
            && until.is_none_or(|until| job.plan.next.is_some_and(|next| next <= until))
            && context.is_so("isRestricted", false)
            && context.is_so("isManagedByAutonomousLinux", false)
    };
    let rows = context.world.hub.jobs.iter().filter(wanted);
    let rows = rows.map(|(id, job)| Row { name: &job.plan.text.name, made: job.made, id }).collect();
    page::sorted(context, rows, |row| common(row.id, &context.world.hub.jobs[row.id], true))
        .map(Reply::Answer)
}

fn targets(target: &Target) -> (&[Id], &[Id], &[Id]) {
    match target {
        Target::Instances(ids) => (ids, &[], &[]),
        Target::Groups(ids) => (&[], ids, &[]),
        Target::Compartments(ids, _) => (&[], &[], ids),
    }
}

fn schedule_type(job: &Job) -> &'static str {
    if job.plan.rule.is_some() { "RECURRING" } else { "ONETIME" }
}

/// Describes a job. GET and POST pad what an operation does not have with empty lists, and two details of streams with
/// objects of nothing, whatever the model requires of those; PUT says null. All as recorded.
fn common(id: &str, job: &Job, padded: bool) -> Value {
    let (instances, groups, compartments) = targets(&job.target);
    let list = |empty: bool, value: Value| if empty && !padded { Value::Null } else { value };
    let pad = |value: Value| if padded { value } else { Value::Null };
    let deed = |deed: &Deed| {
        json!({
            "operationType": deed.word,
            "packageNames": list(deed.packages.is_empty(), json!(deed.packages)),
            "windowsUpdateNames": pad(json!([])),
            "manageModuleStreamsDetails": pad(json!({ "enable": [], "disable": [], "install": [], "remove": [] })),
            "switchModuleStreamsDetails":
                pad(json!({ "moduleName": null, "softwareSourceId": null, "streamName": null })),
            "softwareSourceIds": list(deed.sources.is_empty(), json!(deed.sources)),
            "rebootTimeoutInMins": deed.reboot_timeout,
            "installSnapDetails": null,
            "removeSnapDetails": null,
            "switchSnapChannelDetails": null,
        })
    };
    // One that has run has no next time, and the model requires one.
    let next = job.plan.next.or(job.last).unwrap_or(job.made);
    json!({
        "id": id,
        "displayName": job.plan.text.name,
        "compartmentId": job.compartment,
        "scheduleType": schedule_type(job),
        "locations": [],
        "timeCreated": time(job.made),
        "timeUpdated": time(job.changed),
        "timeNextExecution": time(next),
        "timeLastExecution": job.last.map(time),
        "managedInstanceIds": instances,
        "managedInstanceGroupIds": groups,
        "managedCompartmentIds": compartments,
        "lifecycleStageIds": [],
        "dynamicSetIds": [],
        "operations": job.plan.deeds.iter().map(deed).collect::<Vec<_>>(),
        "lifecycleState": "ACTIVE",
        "isManagedByAutonomousLinux": false,
        "freeformTags": job.plan.text.tags.freeform,
        "definedTags": stamped(&job.plan.text.tags, job.made),
        "systemTags": {},
        "isRestricted": false,
        "retryIntervals": job.plan.retry_intervals,
        "workRequestId": null,
    })
}

fn found<'a>(context: &'a Context<'_>) -> Result<(&'a Id, &'a Job)> {
    let id = context.variable(0);
    context.world.hub.jobs.get_key_value(id).ok_or_else(|| Failure::stranger("Scheduled Job", id))
}

pub(super) fn get(context: &Context<'_>) -> Result<Reply> {
    let (id, _) = found(context)?;
    Ok(context.tagged(answer(context.world, id, true), REVISION))
}

pub(super) fn answer(world: &World, id: &Id, padded: bool) -> Answer {
    let Some(job) = world.hub.jobs.get(id) else { return Answer::done() };
    let mut full = common(id, job, padded);
    full["description"] = json!(job.plan.text.description);
    full["recurringRule"] = json!(job.plan.rule.as_ref().map(Rule::as_str));
    full["isSubcompartmentIncluded"] = match padded {
        true => json!(matches!(job.target, Target::Compartments(_, true))),
        false => Value::Null,
    };
    full["workRequestIds"] = json!(job.works);
    Answer::ok(&full)
}

/// Answers with a job that was made.
pub(super) fn made(world: &World, id: &Id) -> Answer {
    answer(world, id, true).at(BASE, "scheduledJobs", id).with("etag", etag(REVISION, true))
}

/// Answers with a job that was changed.
pub(super) fn changed(world: &World, id: &Id) -> Answer {
    answer(world, id, false).with("etag", etag(REVISION, false))
}

pub(super) fn create(context: &Context<'_>) -> Result<Reply> {
    let details: CreateJob = parse_body(context.body)?;
    if !is_compartment(&details.compartment_id) {
        return Err(Failure::nowhere());
    }
    if details.work_request_id.is_some() {
        return Err(Failure::invalid("RERUN_WORK_REQUEST is not simulated"));
    }
    let target = target(context, &details)?;
    let plan = Plan {
        text: Text {
            name: match details.display_name {
                Some(name) => body::display_name(name)?,
                None => format!("scheduled-job-{}", context.world.serial).into(),
            },
            description: details.description,
            tags: body::tags(details.freeform_tags, details.defined_tags, &Tags::default()),
        },
        rule: rule(&details.schedule_type, details.recurring_rule.as_deref())?,
        next: Some(to_come(context, &details.time_next_execution)?),
        deeds: deeds(context, &target, &details.operations)?,
        retry_intervals: details.retry_intervals.unwrap_or_default(),
        pace: pace(context),
    };
    let job = Job {
        plan,
        compartment: details.compartment_id.as_ref().into(),
        target,
        last: None,
        works: Vec::new(),
        made: context.now,
        changed: context.now,
    };
    let id = context.world.next_id("osmhscheduledjob", 0);
    let facts = vec![Fact::CreateJob { id: id.clone(), job: Box::new(job) }];
    change(Step { facts, tree: None }, Then::NewJob(id))
}

/// Reads whom a job is for: one kind of target, and not none.
fn target(context: &Context<'_>, details: &CreateJob) -> Result<Target> {
    let some = |list: &Option<Vec<Box<str>>>| list.clone().filter(|list| !list.is_empty());
    if some(&details.lifecycle_stage_ids).is_some() || some(&details.dynamic_set_ids).is_some() {
        return Err(Failure::invalid("jobs for lifecycle stages and dynamic sets are not simulated"));
    }
    let below = details.is_subcompartment_included.unwrap_or_default();
    match (
        some(&details.managed_instance_ids),
        some(&details.managed_instance_group_ids),
        some(&details.managed_compartment_ids),
    ) {
        (Some(wanted), None, None) => {
            let mut ids = Vec::new();
            for id in &wanted {
                let (id, instance) = context.hub_instance(id).map_err(|_| Failure::related(id))?;
                orders::is_free(id, instance)?;
                ids.push(id.clone());
            }
            Ok(Target::Instances(ids))
        }
        (None, Some(wanted), None) => {
            let group =
                |id: &str| context.hub_group(id).map(|(id, _)| id.clone()).map_err(|_| Failure::related(id));
            Ok(Target::Groups(wanted.iter().map(|id| group(id)).collect::<Result<_>>()?))
        }
        (None, None, Some(wanted)) => match wanted.iter().find(|id| !is_compartment(id)) {
            Some(id) => Err(Failure::related(id)),
            None => Ok(Target::Compartments(wanted.iter().map(|id| id.as_ref().into()).collect(), below)),
        },
        _ => Err(Failure::invalid(
            "a job is for managedInstanceIds, managedInstanceGroupIds or managedCompartmentIds, and for one of them",
        )),
    }
}

fn rule(schedule_type: &str, text: Option<&str>) -> Result<Option<Rule>> {
    match (schedule_type, text) {
        ("RECURRING", Some(text)) => {
            Rule::parse(text).map(Some).map_err(|why| Failure::invalid(format!("recurringRule: {why}")))
        }
        ("RECURRING", None) => Err(Failure::missing("recurringRule")),
        ("ONETIME", None) => Ok(None),
        ("ONETIME", Some(_)) => Err(Failure::invalid("a job that runs once has no recurringRule")),
        (other, _) => Err(Failure::invalid(format!("scheduleType is {other}"))),
    }
}

/// A time of execution lies ahead; a little less is let pass, as clocks differ.
fn to_come(context: &Context<'_>, text: &str) -> Result<Timestamp> {
    let next: Timestamp =
        text.parse().map_err(|_| Failure::invalid(format!("timeNextExecution is {text}")))?;
    match context.now.duration_since(next).as_secs() > 300 {
        true => Err(Failure::invalid(format!("timeNextExecution is {text}, which has passed"))),
        false => Ok(next),
    }
}

/// Reads what a job does: one thing, unless all are updates.
fn deeds(context: &Context<'_>, target: &Target, operations: &[JobOperation]) -> Result<Vec<Deed>> {
    if operations.is_empty() {
        return Err(Failure::missing("operations"));
    }
    let updates = operations.iter().all(|operation| operation.operation_type.starts_with("UPDATE_"));
    if operations.len() > 1 && !updates {
        return Err(Failure::invalid("several operations must all be updates"));
    }
    operations.iter().map(|operation| deed(context, target, operation)).collect()
}

fn deed(context: &Context<'_>, target: &Target, asked: &JobOperation) -> Result<Deed> {
    let packages = asked.package_names.clone().unwrap_or_default();
    let sources = asked.software_source_ids.clone().unwrap_or_default();
    let on_group = matches!(target, Target::Groups(_));
    let wanted = || -> Result<Vec<Wanted>> {
        let read = |name: &str| match on_group {
            true => spelling::on_group(context, name),
            false => spelling::on_instance(context, name),
        };
        orders::some(&packages)?.iter().map(|name| read(name)).collect()
    };
    let system = || match target {
        Target::Instances(ids) => {
            let instance = ids.first().and_then(|id| context.world.instances.get(id));
            instance.map_or("ORACLE_LINUX_8", instances::os_family).to_owned()
        }
        Target::Groups(ids) => {
            let group = ids.first().and_then(|id| context.world.hub.groups.get(id));
            group.map_or("ORACLE_LINUX_8", |group| &group.system.os_family).to_owned()
        }
        Target::Compartments(..) => "ORACLE_LINUX_8".to_owned(),
    };
    let word = &*asked.operation_type;
    let (what, operation) = match word {
        "INSTALL_PACKAGES" => {
            let downgrades = context.switches.hub.install_goes_back.on(&system());
            (What::Install { packages: wanted()?, downgrades }, Operation::InstallPackages)
        }
        "REMOVE_PACKAGES" => (What::Remove(wanted()?), Operation::RemovePackages),
        "UPDATE_PACKAGES" => {
            let names = orders::some(&packages)?.iter().map(|name| spelling::to_update(context, name));
            (What::UpdateNamed(names.collect::<Result<_>>()?), Operation::UpdatePackages)
        }
        "REBOOT" => (What::Reboot, Operation::Reboot),
        "ATTACH_SOFTWARE_SOURCES" => {
            (What::Attach(attachable(context, &sources, &system(), "X86_64")?), Operation::SetSoftwareSources)
        }
        "DETACH_SOFTWARE_SOURCES" => {
            let known =
                |id: &str| context.hub_source(id).map(|(id, _)| id.clone()).map_err(|_| Failure::related(id));
            (
                What::Detach(sources.iter().map(|id| known(id)).collect::<Result<_>>()?),
                Operation::SetSoftwareSources,
            )
        }
        word => match UPDATES.iter().find(|(known, ..)| *known == word) {
            Some((_, filter, operation)) => (What::Update(vec![*filter]), *operation),
            None => return Err(Failure::invalid(format!("operationType is {word}, which is not simulated"))),
        },
    };
    Ok(Deed {
        word: word.into(),
        packages,
        sources: sources.iter().map(|id| id.as_ref().into()).collect(),
        reboot_timeout: asked.reboot_timeout_in_mins,
        what,
        operation,
        tells: context.switches.hub.work_refreshes,
    })
}

/// Midway between the least and the most that agents take.
fn pace(context: &Context<'_>) -> Pace {
    let millis = |(least, most): (Duration, Duration)| {
        u64::try_from(((least + most) / 2).as_millis()).unwrap_or(u64::MAX)
    };
    let give_up = context.switches.pick_up_within;
    Pace {
        pick_up: millis(context.switches.hub.pick_up),
        work: millis(context.switches.work),
        give_up: u64::try_from(give_up.as_millis()).unwrap_or(u64::MAX),
    }
}

pub(super) fn update(context: &Context<'_>) -> Result<Reply> {
    let (id, job) = found(context)?;
    context.hub_matches(REVISION)?;
    let details: UpdateJob = parse_body(context.body)?;
    let before = &job.plan;
    let schedule_type = details.schedule_type.as_deref().unwrap_or_else(|| schedule_type(job));
    let text = details.recurring_rule.as_deref();
    let text =
        text.or_else(|| before.rule.as_ref().map(Rule::as_str).filter(|_| schedule_type == "RECURRING"));
    let plan = Plan {
        text: Text {
            name: details.display_name.map_or_else(|| Ok(before.text.name.clone()), body::display_name)?,
            description: details.description.or_else(|| before.text.description.clone()),
            tags: body::tags(details.freeform_tags, details.defined_tags, &before.text.tags),
        },
        rule: rule(schedule_type, text)?,
        next: match &details.time_next_execution {
            Some(text) => Some(to_come(context, text)?),
            None => before.next,
        },
        deeds: match &details.operations {
            Some(operations) => deeds(context, &job.target, operations)?,
            None => before.deeds.clone(),
        },
        retry_intervals: details.retry_intervals.unwrap_or_else(|| before.retry_intervals.clone()),
        pace: before.pace,
    };
    let facts = vec![Fact::UpdateJob { id: id.clone(), plan: Box::new(plan) }];
    change(Step { facts, tree: None }, Then::Job(id.clone()))
}

pub(super) fn delete(context: &Context<'_>) -> Result<Reply> {
    let (id, _) = found(context)?;
    context.hub_matches(REVISION)?;
    change(Step { facts: vec![Fact::DeleteJob { id: id.clone() }], tree: None }, Then::Gone)
}

/// Runs a recurring job now, besides its schedule. The answer names no work request; the job does.
pub(super) fn run_now(context: &Context<'_>) -> Result<Reply> {
    let (id, job) = found(context)?;
    context.hub_matches(REVISION)?;
    let _: Option<Value> = optional_body(context.body)?;
    if job.plan.rule.is_none() {
        return Err(Failure::state(format!("Scheduled job {id} is not recurring.")));
    }
    change(Step { facts: vec![Fact::RunJob { id: id.clone() }], tree: None }, Then::Done)
}

/// Counts the jobs that are for an instance, by itself or as a member.
pub(super) fn count_of(world: &World, id: &str) -> usize {
    let Some(instance) = world.instances.get(id) else { return 0 };
    world.hub.jobs.values().filter(|job| job.plan.next.is_some() && job.concerns(id, instance)).count()
}

/// Counts the jobs that are for a group.
pub(super) fn count_of_group(world: &World, id: &Id) -> usize {
    let is_for = |job: &&Job| job.plan.next.is_some() && targets(&job.target).1.contains(id);
    world.hub.jobs.values().filter(is_for).count()
}
