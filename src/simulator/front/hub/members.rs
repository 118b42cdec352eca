//! What is asked of a group: other sources, other members, and what all its members are to do. The group's own set changes
//! at once; each member has it when its part of the work request has ended.

use super::body::{self, GroupPackages, Instances, Leavers, Packages, Reboot, Sources, UpdateGroupPackages};
use super::orders::{filters, named, some};
use super::sources::attachable;
use super::trees::{self, Asked, Over};
use super::{
    Context, Failure, Id, Instance, Reply, Result, Then, change, instances, optional_body, parse_body,
    spelling,
};
use crate::simulator::world::Filter;
use crate::simulator::world::hub::{
    Fact, Group, Home, Joining, Label, NewTree, Operation, Step, Subject, System, Wanted, What, find,
};

/// As it was reported.
const LAST_SOURCE: &str =
    "Invalid software source(s). Removing all software sources from a group is disallowed.";

/// What updating all may be split into.
const SPLIT: [(Filter, Operation); 4] = [
    (Filter::Security, Operation::UpdateSecurity),
    (Filter::Bugfix, Operation::UpdateBugfix),
    (Filter::Enhancement, Operation::UpdateEnhancement),
    (Filter::Other, Operation::UpdateOther),
];

pub(super) fn group<'a>(context: &'a Context<'_>) -> Result<(&'a Id, &'a Group)> {
    let (id, group) = context.hub_group(context.variable(0))?;
    context.hub_matches(group.revision)?;
    Ok((id, group))
}

/// Asks members of a group, in one work request.
pub(super) fn ask<'a>(
    context: &'a Context<'_>,
    (id, group): (&Id, &Group),
    asked: Asked,
    members: impl IntoIterator<Item = &'a Id>,
) -> (NewTree, Id) {
    let over =
        Over { subject: Subject::Group(id.clone()), name: &group.text.name, compartment: &group.compartment };
    let members = members.into_iter().filter_map(|id| context.world.instances.get_key_value(id));
    trees::over(context, over, asked, members)
}

pub(super) fn all(
    context: &Context<'_>,
    facts: Vec<Fact>,
    what: What,
    operation: Operation,
    label: Label,
) -> Result<Reply> {
    let (id, group) = group(context)?;
    let (tree, work) = ask(context, (id, group), Asked { what, operation, label }, &group.members);
    change(Step { facts, tree: Some(tree) }, Then::Accepted(Some(work)))
}

pub(super) fn attach_sources(context: &Context<'_>) -> Result<Reply> {
    let (id, group) = group(context)?;
    let Sources { software_sources, work_request_details } = parse_body(context.body)?;
    let new = attachable(context, &software_sources, &group.system.os_family, &group.system.arch)?;
    let mut sources = group.sources.clone();
    for source in new {
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    let facts = vec![Fact::SetSources { group: id.clone(), sources }];
    let label = body::label(work_request_details, Vec::new());
    all(context, facts, What::Follow, Operation::SetSoftwareSources, label)
}

/// Detaches sources. The answer names no work request.
pub(super) fn detach_sources(context: &Context<'_>) -> Result<Reply> {
    let (id, group) = group(context)?;
    let Sources { software_sources, work_request_details } = parse_body(context.body)?;
    let gone = named(&software_sources, &group.sources)?;
    let sources: Vec<Id> = group.sources.iter().filter(|id| !gone.contains(id)).cloned().collect();
    if sources.is_empty() {
        return Err(Failure::invalid(LAST_SOURCE));
    }
    let mut facts = vec![Fact::SetSources { group: id.clone(), sources }];
    if !context.switches.hub.detaching_makes_work {
        facts.push(Fact::Follow { group: id.clone() });
        return change(Step { facts, tree: None }, Then::Done);
    }
    let label = body::label(work_request_details, Vec::new());
    let asked = Asked { what: What::Follow, operation: Operation::SetSoftwareSources, label };
    let (tree, _) = ask(context, (id, group), asked, &group.members);
    change(Step { facts, tree: Some(tree) }, Then::Done)
}

/// Checks that an instance can become a member of a group, and returns it.
pub(super) fn joiner<'a>(
    context: &'a Context<'_>,
    id: &str,
    system: &System,
    group: Option<&Id>,
) -> Result<(&'a Id, &'a Instance)> {
    let (id, instance) = context.hub_instance(id)?;
    let other = match &instance.hub.home {
        Some(Home::Group(other)) if Some(other) != group => Some(format!("managed instance group {other}")),
        Some(Home::Stage(stage)) => Some(format!("lifecycle stage {stage}")),
        Some(Home::Group(_)) | None => None,
    };
    if let Some(other) = other {
        return Err(Failure::state(format!("Managed instance {id} is a member of the {other} already.")));
    }
    is_of(id, instance, system)?;
    Ok((id, instance))
}

/// Checks that an instance is of a system.
pub(super) fn is_of(id: &str, instance: &Instance, system: &System) -> Result<()> {
    let of_instance = ["OCI_COMPUTE", instances::os_family(instance), "X86_64", "ORACLE"];
    let of_group = [&*system.location, &*system.os_family, &*system.arch, &*system.vendor];
    match of_instance.iter().zip(of_group).find(|(of_instance, of_group)| *of_instance != of_group) {
        Some((found, wanted)) => {
            let message = format!("Managed instance {id} is of {found}, and the group of {wanted}.");
            Err(Failure::invalid(message))
        }
        None => Ok(()),
    }
}

/// Returns what whoever joins a group is asked for.
pub(super) fn joining(context: &Context<'_>, label: Label) -> Asked {
    let joining =
        match (context.switches.hub.joining_installs, context.switches.hub.joining_installs_everything) {
            (_, true) => Joining::Everything,
            (true, false) => Joining::Latest,
            (false, false) => Joining::Sources,
        };
    Asked { what: What::Join(joining), operation: Operation::SetSoftwareSources, label }
}

pub(super) fn join(context: &Context<'_>) -> Result<Reply> {
    let (id, group) = group(context)?;
    let Instances { managed_instances, work_request_details } = parse_body(context.body)?;
    let mut new: Vec<Id> = Vec::new();
    for wanted in &managed_instances {
        let (instance, _) = joiner(context, wanted, &group.system, Some(id))?;
        // Whoever is a member already is left alone.
        if !group.members.contains(instance) && !new.contains(instance) {
            new.push(instance.clone());
        }
    }
    if managed_instances.is_empty() {
        return Err(Failure::missing("managedInstances"));
    }
    let asked = joining(context, body::label(work_request_details, Vec::new()));
    let (tree, work) = ask(context, (id, group), asked, &new);
    let facts = vec![Fact::Join { group: id.clone(), instances: new.clone() }];
    change(Step { facts, tree: Some(tree) }, Then::Accepted(Some(work)))
}

/// Ends memberships, at once. The answer names no work request, and there is none.
pub(super) fn leave(context: &Context<'_>) -> Result<Reply> {
    let (id, group) = group(context)?;
    let Leavers { managed_instances } = parse_body(context.body)?;
    if managed_instances.is_empty() {
        return Err(Failure::missing("managedInstances"));
    }
    let member = |wanted: &str| {
        let found = group.members.iter().find(|id| ***id == *wanted).cloned();
        found.ok_or_else(|| {
            Failure::invalid(format!("Managed instance {wanted} is not a member of the group."))
        })
    };
    let instances = managed_instances.iter().map(|id| member(id)).collect::<Result<_>>()?;
    let keep = context.switches.hub.leaving_keeps_sources;
    let facts = vec![Fact::Leave { group: id.clone(), instances, keep }];
    change(Step { facts, tree: None }, Then::Done)
}

pub(super) fn install(context: &Context<'_>) -> Result<Reply> {
    let (id, group) = group(context)?;
    let GroupPackages { package_names, work_request_details, is_latest } = parse_body(context.body)?;
    let latest = is_latest.unwrap_or_default();
    let read = |name: &str| match spelling::on_group(context, name)? {
        Wanted::Exact(package, _) if latest => Ok(Wanted::Newest(package.name().into())),
        wanted => Ok(wanted),
    };
    let packages: Vec<Wanted> = some(&package_names)?.iter().map(|name| read(name)).collect::<Result<_>>()?;
    let facts = vec![Fact::Manifest {
        group: id.clone(),
        added: items(context, group, &packages),
        removed: Vec::new(),
    }];
    let downgrades = context.switches.hub.install_goes_back.on(&group.system.os_family);
    let what = What::Install { packages, downgrades };
    all(context, facts, what, Operation::InstallPackages, body::label(work_request_details, package_names))
}

/// Returns the names and architectures of packages, as a group keeps them.
fn items(context: &Context<'_>, group: &Group, packages: &[Wanted]) -> Vec<(Box<str>, Box<str>)> {
    let offer = context.world.hub_offer(&group.sources);
    let of = |wanted: &Wanted| match wanted {
        Wanted::Exact(package, _) => vec![*package],
        Wanted::Newest(name) => find(offer.named(name), wanted),
    };
    let all = packages.iter().flat_map(of);
    let mut items: Vec<(Box<str>, Box<str>)> =
        all.map(|package| (package.name().into(), package.arch().as_str().into())).collect();
    items.sort_unstable();
    items.dedup();
    items
}

pub(super) fn remove(context: &Context<'_>) -> Result<Reply> {
    let (id, group) = group(context)?;
    let Packages { package_names, work_request_details } = parse_body(context.body)?;
    let packages = some(&package_names)?.iter().map(|name| spelling::on_group(context, name));
    let packages: Vec<Wanted> = packages.collect::<Result<_>>()?;
    let facts = vec![Fact::Manifest {
        group: id.clone(),
        added: Vec::new(),
        removed: items(context, group, &packages),
    }];
    let label = body::label(work_request_details, package_names);
    all(context, facts, What::Remove(packages), Operation::RemovePackages, label)
}

pub(super) fn update(context: &Context<'_>) -> Result<Reply> {
    let UpdateGroupPackages { update_types, work_request_details } = parse_body(context.body)?;
    let (filters, operation) = filters(update_types)?;
    let label = body::label(work_request_details, Vec::new());
    if filters != [Filter::All] || !context.switches.hub.updates_split {
        return all(context, Vec::new(), What::Update(filters), operation, label);
    }
    let (id, group) = group(context)?;
    let members = || group.members.iter().filter_map(|id| context.world.instances.get_key_value(id));
    let part = |(filter, operation): (Filter, Operation)| {
        (Asked { what: What::Update(vec![filter]), operation, label: label.clone() }, members().collect())
    };
    let over =
        Over { subject: Subject::Group(id.clone()), name: &group.text.name, compartment: &group.compartment };
    let parts = SPLIT.into_iter().map(part).collect();
    let (tree, work) = trees::parts(context, over, operation, label.clone(), parts);
    change(Step { facts: Vec::new(), tree: Some(tree) }, Then::Accepted(Some(work)))
}

pub(super) fn refresh(context: &Context<'_>) -> Result<Reply> {
    all(context, Vec::new(), What::Refresh, Operation::ListPackages, Label::default())
}

pub(super) fn reboot(context: &Context<'_>) -> Result<Reply> {
    let Reboot { work_request_details, .. } = optional_body(context.body)?;
    all(context, Vec::new(), What::Reboot, Operation::Reboot, body::label(work_request_details, Vec::new()))
}
