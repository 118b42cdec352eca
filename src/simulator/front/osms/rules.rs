//! Which source can be attached where: one parent at most, children only under their own parent, nothing by halves.

use super::body::SourceId;
use super::{Change, Context, Failure, Id, Instance, Reply, Result, Source, Then, parse_body, react};

/// A thing and its id.
type Named<'a, T> = (&'a Id, &'a T);

/// The instance of the path and the source of the body.
fn named<'a>(context: &'a Context<'_>) -> Result<(Named<'a, Instance>, Named<'a, Source>)> {
    let (id, instance) = context.instance(context.variable(0))?;
    let SourceId { software_source_id: wanted } = parse_body(context.body)?;
    let source = context.world.sources.get_key_value(&*wanted).filter(|(_, source)| !source.deleted);
    let source = source.ok_or_else(|| Failure::related(&wanted))?;
    if !instance.is_reachable() && !context.switches.unreachable_takes_sources {
        return Err(Failure::conflict(format!("the agent of {id} does not check in")));
    }
    Ok(((id, instance), source))
}

pub(super) fn attach_parent(context: &Context<'_>) -> Result<Reply> {
    let ((id, instance), (source_id, source)) = named(context)?;
    match &instance.parent {
        Some(parent) if parent == source_id => {
            return react(context.switches.attach_same_parent, "the software source is attached already");
        }
        Some(parent) => {
            return Err(Failure::conflict(format!(
                "{id} has the parent software source {parent}, which must be detached first"
            )));
        }
        None => {}
    }
    if let Some(parent) = &source.parent {
        return Err(Failure::invalid(format!("{source_id} is a child of {parent} and cannot be a parent")));
    }
    if &*source.arch != "X86_64" && !context.switches.foreign_architectures {
        return Err(Failure::invalid(format!("{source_id} is for {}", source.arch)));
    }
    let change = Change::AttachParent { instance: id.clone(), source: source_id.clone() };
    Ok(Reply::Change(change, Then::Done))
}

pub(super) fn detach_parent(context: &Context<'_>) -> Result<Reply> {
    let ((id, instance), (source_id, _)) = named(context)?;
    match &instance.parent {
        None => react(context.switches.detach_without_parent, "the instance has no parent software source"),
        Some(parent) if parent != source_id => {
            Err(Failure::conflict(format!("the parent software source of {id} is {parent}")))
        }
        Some(_) => Ok(Reply::Change(Change::DetachParent { instance: id.clone() }, Then::Done)),
    }
}

pub(super) fn attach_child(context: &Context<'_>) -> Result<Reply> {
    let ((id, instance), (source_id, source)) = named(context)?;
    if instance.children.contains(source_id) {
        return react(context.switches.attach_same_child, "the software source is attached already");
    }
    match (&source.parent, &instance.parent) {
        (Some(wanted), Some(parent)) if wanted == parent => {
            let change = Change::AttachChild { instance: id.clone(), source: source_id.clone() };
            Ok(Reply::Change(change, Then::Done))
        }
        (None, _) => Err(Failure::conflict(format!("{source_id} is not a child of any software source"))),
        (Some(wanted), _) => {
            Err(Failure::conflict(format!("{source_id} can be attached only where {wanted} is the parent")))
        }
    }
}

pub(super) fn detach_child(context: &Context<'_>) -> Result<Reply> {
    let ((id, instance), (source_id, _)) = named(context)?;
    if !instance.children.contains(source_id) {
        let why = "the software source is not attached as a child";
        return react(context.switches.detach_absent_child, why);
    }
    let change = Change::DetachChild { instance: id.clone(), source: source_id.clone() };
    Ok(Reply::Change(change, Then::Done))
}
