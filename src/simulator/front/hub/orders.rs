//! What is asked of one instance, or of all in a compartment. Members of a group are locked: only the group can change what
//! is on them.

use super::body::{self, Packages, Reboot, Sources, UpdateCompartment, UpdatePackages};
use super::sources::attachable;
use super::trees::{self, Asked, Over};
use super::{
    Context, Failure, Id, Instance, Reply, Result, Then, change, instances, is_compartment, optional_body,
    parse_body, spelling,
};
use crate::simulator::world::Filter;
use crate::simulator::world::hub::{Home, Label, Operation, Step, Subject, What};

/// Finds the instance of the path, whether it is a member or not.
fn any<'a>(context: &'a Context<'_>) -> Result<(&'a Id, &'a Instance)> {
    let (id, instance) = context.hub_instance(context.variable(0))?;
    context.hub_matches(instance.hub.revision + 1)?;
    if !instance.is_reachable() && !context.switches.unreachable_takes_work {
        return Err(Failure::state(format!("the agent of {id} does not check in")));
    }
    Ok((id, instance))
}

/// Finds the instance of the path, which must not be a member. Neither code nor text were recorded.
pub(super) fn free<'a>(context: &'a Context<'_>) -> Result<(&'a Id, &'a Instance)> {
    let (id, instance) = any(context)?;
    is_free(id, instance)?;
    Ok((id, instance))
}

/// Checks that an instance is a member of nothing.
pub(super) fn is_free(id: &str, instance: &Instance) -> Result<()> {
    let home = match &instance.hub.home {
        Some(Home::Group(group)) => format!("managed instance group {group}"),
        Some(Home::Stage(stage)) => format!("lifecycle stage {stage}"),
        None => return Ok(()),
    };
    Err(Failure::state(format!(
        "Managed instance {id} is a member of the {home}. Its contents can only be changed there."
    )))
}

pub(super) fn ask(
    context: &Context<'_>,
    instance: (&Id, &Instance),
    what: What,
    operation: Operation,
    label: Label,
) -> Result<Reply> {
    let (tree, id) = trees::alone(context, instance, Asked { what, operation, label });
    change(Step { facts: Vec::new(), tree: Some(tree) }, Then::Accepted(Some(id)))
}

pub(super) fn attach(context: &Context<'_>) -> Result<Reply> {
    let (id, instance) = free(context)?;
    let Sources { software_sources, work_request_details } = parse_body(context.body)?;
    let sources = attachable(context, &software_sources, instances::os_family(instance), "X86_64")?;
    let label = body::label(work_request_details, Vec::new());
    ask(context, (id, instance), What::Attach(sources), Operation::SetSoftwareSources, label)
}

pub(super) fn detach(context: &Context<'_>) -> Result<Reply> {
    let (id, instance) = free(context)?;
    let Sources { software_sources, work_request_details } = parse_body(context.body)?;
    let attached: Vec<Id> = named(&software_sources, &instance.hub.sources)?;
    let label = body::label(work_request_details, Vec::new());
    ask(context, (id, instance), What::Detach(attached), Operation::SetSoftwareSources, label)
}

/// Finds sources among those that are attached.
pub(super) fn named(wanted: &[Box<str>], attached: &[Id]) -> Result<Vec<Id>> {
    if wanted.is_empty() {
        return Err(Failure::missing("softwareSources"));
    }
    let known = |wanted: &str| {
        let found = attached.iter().find(|id| ***id == *wanted).cloned();
        found
            .ok_or_else(|| Failure::invalid(format!("Invalid software source(s). {wanted} is not attached.")))
    };
    wanted.iter().map(|id| known(id)).collect()
}

pub(super) fn install(context: &Context<'_>) -> Result<Reply> {
    let instance = free(context)?;
    let Packages { package_names, work_request_details } = parse_body(context.body)?;
    let packages = some(&package_names)?.iter().map(|name| spelling::on_instance(context, name));
    let packages = packages.collect::<Result<_>>()?;
    let downgrades = context.switches.hub.install_goes_back.on(&instance.1.machine.os_version);
    let what = What::Install { packages, downgrades };
    ask(context, instance, what, Operation::InstallPackages, body::label(work_request_details, package_names))
}

pub(super) fn remove(context: &Context<'_>) -> Result<Reply> {
    let instance = free(context)?;
    let Packages { package_names, work_request_details } = parse_body(context.body)?;
    let packages = some(&package_names)?.iter().map(|name| spelling::on_instance(context, name));
    let what = What::Remove(packages.collect::<Result<_>>()?);
    ask(context, instance, what, Operation::RemovePackages, body::label(work_request_details, package_names))
}

/// A list of packages that is not empty.
pub(super) fn some(names: &[Box<str>]) -> Result<&[Box<str>]> {
    if names.is_empty() { Err(Failure::missing("packageNames")) } else { Ok(names) }
}

pub(super) fn update(context: &Context<'_>) -> Result<Reply> {
    let instance = free(context)?;
    let UpdatePackages { package_names, update_types, work_request_details } = parse_body(context.body)?;
    let names = package_names.unwrap_or_default();
    if !names.is_empty() {
        if update_types.is_some_and(|types| !types.is_empty()) {
            return Err(Failure::invalid("packageNames and updateTypes cannot both be given"));
        }
        let bare = names.iter().map(|name| spelling::to_update(context, name)).collect::<Result<_>>()?;
        let label = body::label(work_request_details, names);
        return ask(context, instance, What::UpdateNamed(bare), Operation::UpdatePackages, label);
    }
    let (filters, operation) = filters(update_types)?;
    ask(context, instance, What::Update(filters), operation, body::label(work_request_details, Vec::new()))
}

/// Reads types of updates, and what a work request for them is called.
pub(super) fn filters(types: Option<Vec<Box<str>>>) -> Result<(Vec<Filter>, Operation)> {
    let words = types.filter(|types| !types.is_empty()).unwrap_or_else(|| vec!["ALL".into()]);
    let read = |word: &str| match word {
        "SECURITY" => Ok((Filter::Security, Operation::UpdateSecurity)),
        "BUGFIX" => Ok((Filter::Bugfix, Operation::UpdateBugfix)),
        "ENHANCEMENT" => Ok((Filter::Enhancement, Operation::UpdateEnhancement)),
        "OTHER" => Ok((Filter::Other, Operation::UpdateOther)),
        "KSPLICE_KERNEL" => Ok((Filter::Ksplice, Operation::UpdateKspliceKernel)),
        "KSPLICE_USERSPACE" => Ok((Filter::KspliceUserspace, Operation::UpdateKspliceUserspace)),
        "ALL" => Ok((Filter::All, Operation::UpdateAllPackages)),
        word => Err(Failure::invalid(format!("updateTypes has {word}"))),
    };
    let read: Vec<(Filter, Operation)> = words.iter().map(|word| read(word)).collect::<Result<_>>()?;
    let operation = match &read[..] {
        [(_, operation)] => *operation,
        _ => Operation::UpdateAllPackages,
    };
    Ok((read.into_iter().map(|(filter, _)| filter).collect(), operation))
}

/// Updates all in a compartment that are members of nothing.
pub(super) fn update_compartment(context: &Context<'_>) -> Result<Reply> {
    let UpdateCompartment { compartment_id, update_types, work_request_details } = parse_body(context.body)?;
    if !is_compartment(&compartment_id) {
        return Err(Failure::nowhere());
    }
    let (filters, operation) = filters(update_types)?;
    let asked = Asked {
        what: What::Update(filters),
        operation,
        label: body::label(work_request_details, Vec::new()),
    };
    let compartment: Id = compartment_id.as_ref().into();
    let instances = context.world.instances.iter().filter(|(_, instance)| {
        instance.machine.compartment == compartment
            && instance.is_registered(context.now)
            && instance.hub.home.is_none()
    });
    let over =
        Over { subject: Subject::Compartment(compartment.clone()), name: "", compartment: &compartment };
    let (tree, id) = trees::over(context, over, asked, instances);
    change(Step { facts: Vec::new(), tree: Some(tree) }, Then::Accepted(Some(id)))
}

pub(super) fn refresh(context: &Context<'_>) -> Result<Reply> {
    ask(context, any(context)?, What::Refresh, Operation::ListPackages, Label::default())
}

pub(super) fn reboot(context: &Context<'_>) -> Result<Reply> {
    let Reboot { work_request_details, .. } = optional_body(context.body)?;
    let label = body::label(work_request_details, Vec::new());
    ask(context, any(context)?, What::Reboot, Operation::Reboot, label)
}

pub(super) fn unregister(context: &Context<'_>) -> Result<Reply> {
    ask(context, any(context)?, What::Unregister, Operation::UnregisterManagedInstance, Label::default())
}
