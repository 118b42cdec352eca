//! Software sources: the vendor's, which nobody can change, and those that people make.

use serde_json::{Value, json};

use super::body::{self, CreateSource, PackageNames, UpdateSource};
use super::page::{self, Row};
use super::{
    Answer, Change, Context, Failure, Id, Reply, Result, Source, Then, World, etag, known_compartment,
    lifecycle_state, names, parse_body,
};
use crate::package::Package;
use crate::simulator::world::{SourceText, Tags};

const ARCH_TYPES: [&str; 5] = ["IA_32", "X86_64", "AARCH64", "SPARC", "AMD64_DEBIAN"];
const CHECKSUM_TYPES: [&str; 4] = ["SHA1", "SHA256", "SHA384", "SHA512"];

pub(super) fn list(context: &Context<'_>) -> Result<Answer> {
    let compartment = context.compartment()?;
    let lifecycle = context.lifecycle()?;
    let wanted = |source: &Source| {
        *source.compartment == *compartment && lifecycle(source.deleted) && context.names(&source.text.name)
    };
    let rows = context.world.sources.iter().filter(|(_, source)| wanted(source));
    let rows = rows.map(|(id, source)| Row { name: &source.text.name, made: source.made, id }).collect();
    page::sorted(context, rows, |row| common(context.world, row.id, &context.world.sources[row.id]))
}

pub(super) fn get(context: &Context<'_>) -> Result<Answer> {
    let (id, _) = context.any_source(context.variable(0))?;
    Ok(answer(context.world, id))
}

pub(super) fn answer(world: &World, id: &Id) -> Answer {
    let source = &world.sources[id];
    let mut full = common(world, id, source);
    full["archType"] = json!(source.arch);
    // Live tests of Oracle's own provider leave the URL of a custom source unasserted: take it as empty.
    full["url"] = json!(if source.vendor { "https://yum.simulated.invalid/" } else { "" });
    full["checksumType"] = json!(source.text.checksum_type);
    let [name, email, phone] = &source.text.maintainer;
    full["maintainerName"] = json!(name);
    full["maintainerEmail"] = json!(email);
    full["maintainerPhone"] = json!(phone);
    let riders = world.riders(id).map(|(id, instance)| json!({ "id": id, "displayName": instance.name }));
    full["associatedManagedInstances"] = riders.collect();
    Answer::ok(&full).with("etag", etag(source.revision))
}

fn common(world: &World, id: &str, source: &Source) -> Value {
    let parent = source.parent.as_ref().and_then(|id| world.sources.get(id));
    json!({
        "id": id,
        "displayName": source.text.name,
        "description": source.text.description,
        "compartmentId": source.compartment,
        "repoType": "YUM",
        "status": "NORMAL",
        "packages": source.packages.len(),
        "lifecycleState": lifecycle_state(source.deleted),
        "parentId": source.parent,
        "parentName": parent.map(|parent| &parent.text.name),
        "freeformTags": source.text.tags.freeform,
        "definedTags": source.text.tags.defined,
    })
}

pub(super) fn create(context: &Context<'_>) -> Result<Reply> {
    let details: CreateSource = parse_body(context.body)?;
    if !known_compartment(&details.compartment_id) {
        return Err(Failure::related(&details.compartment_id));
    }
    if !ARCH_TYPES.contains(&&*details.arch_type) {
        return Err(Failure::invalid(format!("archType is {}", details.arch_type)));
    }
    let parent = match details.parent_id {
        None => None,
        Some(id) => {
            let parent = context.source(&id).map_err(|_| Failure::related(&id))?;
            if parent.1.parent.is_some() {
                return Err(Failure::invalid(format!("{id} is a child and cannot have children")));
            }
            Some(parent.0.clone())
        }
    };
    let id = context.world.next_id("osmssoftwaresource", 0);
    let change = Change::CreateSource {
        id: id.clone(),
        compartment: details.compartment_id.into(),
        arch: details.arch_type,
        parent,
        text: SourceText {
            name: body::display_name(details.display_name)?,
            description: details.description,
            maintainer: [details.maintainer_name, details.maintainer_email, details.maintainer_phone],
            checksum_type: checksum_type(details.checksum_type.or_else(|| Some("SHA256".into())))?,
            tags: body::tags(details.freeform_tags, details.defined_tags, &Tags::default()),
        },
        modules: context.switches.custom_sources_have_modules,
    };
    Ok(Reply::Change(change, Then::NewSource(id)))
}

fn checksum_type(wanted: Option<Box<str>>) -> Result<Option<Box<str>>> {
    match wanted {
        Some(word) if !CHECKSUM_TYPES.contains(&&*word) => {
            Err(Failure::invalid(format!("checksumType is {word}")))
        }
        wanted => Ok(wanted),
    }
}

pub(super) fn update(context: &Context<'_>) -> Result<Reply> {
    let (id, source) = context.own_source(context.variable(0))?;
    context.matches(source.revision)?;
    let details: UpdateSource = parse_body(context.body)?;
    let before = &source.text;
    let [name, email, phone] = before.maintainer.clone();
    let text = SourceText {
        name: details.display_name.map_or_else(|| Ok(before.name.clone()), body::display_name)?,
        description: details.description.or_else(|| before.description.clone()),
        maintainer: [
            details.maintainer_name.or(name),
            details.maintainer_email.or(email),
            details.maintainer_phone.or(phone),
        ],
        checksum_type: checksum_type(details.checksum_type)?.or_else(|| before.checksum_type.clone()),
        tags: body::tags(details.freeform_tags, details.defined_tags, &before.tags),
    };
    Ok(Reply::Change(Change::UpdateSource { id: id.clone(), text }, Then::Source(id.clone())))
}

/// Moves a source; its children stay where they are.
pub(super) fn change_compartment(context: &Context<'_>) -> Result<Reply> {
    let (id, source) = context.own_source(context.variable(0))?;
    context.matches(source.revision)?;
    context.move_from(&source.compartment, id)
}

pub(super) fn delete(context: &Context<'_>) -> Result<Reply> {
    let (id, source) = context.own_source(context.variable(0))?;
    context.matches(source.revision)?;
    let riders = context.world.riders(id).count();
    if riders > 0 {
        return Err(Failure::conflict(format!("{id} is attached to {riders} managed instances")));
    }
    let child =
        context.world.sources.iter().find(|(_, other)| !other.deleted && other.parent.as_ref() == Some(id));
    if let Some((child, _)) = child {
        return Err(Failure::conflict(format!("{id} is the parent of {child}")));
    }
    Ok(Reply::Change(Change::DeleteSource { id: id.clone() }, Then::Done))
}

/// Adds packages, all of them or, if the vendor ships one of them nowhere, none.
pub(super) fn add_packages(context: &Context<'_>) -> Result<Reply> {
    let (id, source) = context.own_source(context.variable(0))?;
    let PackageNames { package_names } = parse_body(context.body)?;
    let (packages, unknown) = resolve(&package_names);
    if let Some(first) = unknown.first() {
        let message = format!("{} package names are unknown, the first is {first}", unknown.len());
        return Err(Failure::invalid(message));
    }
    let new: Vec<Package> =
        packages.into_iter().filter(|package| !source.packages.contains(*package)).collect();
    if new.is_empty() {
        return Ok(Reply::Answer(Answer::done()));
    }
    Ok(Reply::Change(Change::AddPackages { id: id.clone(), packages: new }, Then::Done))
}

/// Removes packages; names that are not in the source, or are no names at all, make no difference.
pub(super) fn remove_packages(context: &Context<'_>) -> Result<Reply> {
    let (id, source) = context.own_source(context.variable(0))?;
    let PackageNames { package_names } = parse_body(context.body)?;
    let (mut packages, _) = resolve(&package_names);
    packages.retain(|package| source.packages.contains(*package));
    if packages.is_empty() {
        return Ok(Reply::Answer(Answer::done()));
    }
    Ok(Reply::Change(Change::RemovePackages { id: id.clone(), packages }, Then::Done))
}

fn resolve(names: &[Box<str>]) -> (Vec<Package>, Vec<&str>) {
    let (mut packages, mut unknown) = (Vec::with_capacity(names.len()), Vec::new());
    for name in names {
        match names::shipped(name) {
            Some(package) => packages.push(package),
            None => unknown.push(&**name),
        }
    }
    (packages, unknown)
}
