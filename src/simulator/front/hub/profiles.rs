//! Registration profiles: what a new machine becomes. Later changes touch nobody who is registered.

use serde_json::{Value, json};

use super::body::{self, AttachGroup, AttachProfile, CreateProfile, ProfileKind, SourceIds, UpdateProfile};
use super::groups::VENDORS;
use super::page::{self, Row};
use super::sources::{ARCHITECTURES, OS_FAMILIES, attachable};
use super::{
    Answer, BASE, Change, Context, Failure, Id, Reply, Result, Then, World, change, instances,
    is_compartment, links, members, orders, parse_body, stamped, time, trees,
};
use crate::simulator::front::agents;
use crate::simulator::switches::Switches;
use crate::simulator::world::Tags;
use crate::simulator::world::hub::{Fact, Makes, Profile, Step, System, Text};

const REGISTRATIONS: [&str; 4] = ["OCI_LINUX", "NON_OCI_LINUX", "OCI_WINDOWS", "AUTONOMOUS_LINUX"];

pub(super) fn list(context: &Context<'_>) -> Result<Reply> {
    let places = context.places(&["profileId"])?;
    let wanted = |(id, profile): &(&Id, &Profile)| {
        places(&profile.compartment)
            && context.is_called(&profile.text.name)
            && context.is_one("profileId", id)
            && context.is_one("profileType", kind(profile))
            && context.is_one("osFamily", &profile.system.os_family)
            && context.is_one("archType", &profile.system.arch)
            && context.is_one("vendorName", &profile.system.vendor)
            && context.is_one("registrationType", &profile.registration)
            && context.is_one("profileVersion", &profile.version.to_string())
            && context.is_one("lifecycleState", "ACTIVE")
            && context.is_so("isDefaultProfile", profile.is_default)
            && context.is_so("isServiceProvidedProfile", false)
            && context.query.get("managementStation").is_none()
    };
    let rows = context.world.hub.profiles.iter().filter(wanted);
    let rows = rows.map(|(id, profile)| Row { name: &profile.text.name, made: profile.made, id }).collect();
    page::sorted(context, rows, |row| summary(row.id, &context.world.hub.profiles[row.id])).map(Reply::Answer)
}

fn kind(profile: &Profile) -> &'static str {
    match profile.makes {
        Makes::Member(_) => "GROUP",
        Makes::With(_) => "SOFTWARESOURCE",
    }
}

fn summary(id: &str, profile: &Profile) -> Value {
    json!({
        "id": id,
        "compartmentId": profile.compartment,
        "displayName": profile.text.name,
        "description": profile.text.description,
        "managementStationId": null,
        "profileType": kind(profile),
        "registrationType": profile.registration,
        "vendorName": profile.system.vendor,
        "osFamily": profile.system.os_family,
        "archType": profile.system.arch,
        "timeCreated": time(profile.made),
        "lifecycleState": "ACTIVE",
        "isDefaultProfile": profile.is_default,
        "isServiceProvidedProfile": false,
        "freeformTags": profile.text.tags.freeform,
        "definedTags": stamped(&profile.text.tags, profile.made),
        "systemTags": {},
    })
}

fn found<'a>(context: &'a Context<'_>) -> Result<(&'a Id, &'a Profile)> {
    let found = context.world.hub.profiles.get_key_value(context.variable(0));
    found.ok_or_else(Failure::nowhere)
}

pub(super) fn get(context: &Context<'_>) -> Result<Reply> {
    let (id, profile) = found(context)?;
    Ok(context.tagged(answer(context.world, id, context.turn), u64::from(profile.version)))
}

/// Returns a version of a profile: only the last one is kept.
pub(super) fn get_version(context: &Context<'_>) -> Result<Reply> {
    let (id, profile) = found(context)?;
    if profile.version.to_string() != context.variable(1) {
        return Err(Failure::nowhere());
    }
    let mut full = full(context.world, id, context.turn).ok_or_else(Failure::nowhere)?;
    if let Value::Object(fields) = &mut full {
        fields.retain(|name, _| !name.ends_with("Tags"));
    }
    Ok(Reply::Answer(Answer::ok(&full)))
}

pub(super) fn answer(world: &World, id: &Id, turn: u64) -> Answer {
    full(world, id, turn).map_or_else(Answer::done, |full| Answer::ok(&full))
}

fn full(world: &World, id: &Id, turn: u64) -> Option<Value> {
    let profile = world.hub.profiles.get(id)?;
    let mut full = summary(id, profile);
    // Recorded: null until somebody changes it.
    full["timeModified"] = json!((profile.version > 1).then(|| time(profile.changed)));
    full["profileVersion"] = json!(profile.version.to_string());
    match &profile.makes {
        Makes::Member(group) => {
            let name = world.hub.groups.get(group).map(|group| &group.text.name);
            full["managedInstanceGroup"] = json!({ "id": group, "displayName": name });
        }
        Makes::With(sources) => full["softwareSources"] = links(world, sources, turn),
    }
    Some(full)
}

pub(super) fn create(context: &Context<'_>) -> Result<Reply> {
    let ProfileKind { profile_type } = parse_body(context.body)?;
    match &*profile_type {
        "GROUP" | "SOFTWARESOURCE" => {}
        "LIFECYCLE" | "STATION" | "WINDOWS_STANDALONE" | "UBUNTU_STANDALONE" => {
            return Err(Failure::unserved(&format!("CreateProfile of type {profile_type}")));
        }
        other => return Err(Failure::invalid(format!("profileType is {other}"))),
    }
    let details: CreateProfile = parse_body(context.body)?;
    if !is_compartment(&details.compartment_id) {
        return Err(Failure::nowhere());
    }
    let compartment: Id = details.compartment_id.as_ref().into();
    let name = body::display_name(details.display_name)?;
    let mut others = context.world.hub.profiles.values();
    if others.any(|other| other.compartment == compartment && other.text.name == name) {
        return Err(Failure::conflict(format!("a profile has the name {name} already")));
    }
    let registration = details.registration_type.unwrap_or_else(|| "OCI_LINUX".into());
    if !REGISTRATIONS.contains(&&*registration) {
        return Err(Failure::invalid(format!("registrationType is {registration}")));
    }
    let (makes, system) = match &*profile_type {
        "GROUP" => {
            let id = details
                .managed_instance_group_id
                .ok_or_else(|| Failure::missing("managedInstanceGroupId"))?;
            let (id, group) = context.hub_group(&id).map_err(|_| Failure::related(&id))?;
            (Makes::Member(id.clone()), group.system.clone())
        }
        _ => {
            let field = |name: &str, value: Option<Box<str>>, words: &[&str]| -> Result<Box<str>> {
                let value = value.ok_or_else(|| Failure::missing(name))?;
                if words.contains(&&*value) {
                    Ok(value)
                } else {
                    Err(Failure::invalid(format!("{name} is {value}")))
                }
            };
            let system = System {
                os_family: field("osFamily", details.os_family, &OS_FAMILIES)?,
                arch: field("archType", details.arch_type, &ARCHITECTURES)?,
                vendor: field("vendorName", details.vendor_name, &VENDORS)?,
                location: if registration.starts_with("OCI") { "OCI_COMPUTE" } else { "ON_PREMISE" }.into(),
            };
            let wanted = details.software_source_ids.unwrap_or_default();
            (Makes::With(attachable(context, &wanted, &system.os_family, &system.arch)?), system)
        }
    };
    let profile = Profile {
        text: Text {
            name,
            description: details.description,
            tags: body::tags(details.freeform_tags, details.defined_tags, &Tags::default()),
        },
        compartment,
        makes,
        system,
        registration,
        is_default: details.is_default_profile.unwrap_or_default(),
        version: 1,
        made: context.now,
        changed: context.now,
    };
    let id = context.world.next_id("osmhprofile", 0);
    set(id.clone(), profile, Then::NewProfile(id))
}

fn set(id: Id, profile: Profile, then: Then) -> Result<Reply> {
    change(Step { facts: vec![Fact::SetProfile { id, profile: Box::new(profile) }], tree: None }, then)
}

/// Has a profile be another from now on, one version up.
fn revise(context: &Context<'_>, then: Then, edit: impl FnOnce(&mut Profile) -> Result<()>) -> Result<Reply> {
    let (id, profile) = found(context)?;
    context.hub_matches(u64::from(profile.version))?;
    let mut profile = Profile { version: profile.version + 1, ..profile.clone() };
    edit(&mut profile)?;
    set(id.clone(), profile, then)
}

pub(super) fn update(context: &Context<'_>) -> Result<Reply> {
    let details: UpdateProfile = parse_body(context.body)?;
    let (id, _) = found(context)?;
    revise(context, Then::Profile(id.clone()), |profile| {
        let before = profile.text.clone();
        profile.text = Text {
            name: details.display_name.map_or(Ok(before.name), body::display_name)?,
            description: details.description.or(before.description),
            tags: body::tags(details.freeform_tags, details.defined_tags, &before.tags),
        };
        profile.is_default = details.is_default_profile.unwrap_or(profile.is_default);
        Ok(())
    })
}

pub(super) fn attach_group(context: &Context<'_>) -> Result<Reply> {
    let AttachGroup { managed_instance_group_id: wanted } = parse_body(context.body)?;
    let (group, found) = context.hub_group(&wanted).map_err(|_| Failure::related(&wanted))?;
    revise(context, Then::Done, |profile| {
        profile.makes = Makes::Member(group.clone());
        profile.system = found.system.clone();
        Ok(())
    })
}

pub(super) fn attach_sources(context: &Context<'_>) -> Result<Reply> {
    let SourceIds { software_sources } = parse_body(context.body)?;
    revise(context, Then::Done, |profile| {
        let new = attachable(context, &software_sources, &profile.system.os_family, &profile.system.arch)?;
        let Makes::With(sources) = &mut profile.makes else { return Err(not_of_sources()) };
        sources.extend(new.into_iter().filter(|id| !sources.contains(id)).collect::<Vec<_>>());
        Ok(())
    })
}

pub(super) fn detach_sources(context: &Context<'_>) -> Result<Reply> {
    let SourceIds { software_sources } = parse_body(context.body)?;
    revise(context, Then::Done, |profile| {
        let Makes::With(sources) = &mut profile.makes else { return Err(not_of_sources()) };
        let gone = orders::named(&software_sources, sources)?;
        sources.retain(|id| !gone.contains(id));
        Ok(())
    })
}

fn not_of_sources() -> Failure {
    Failure::invalid("the profile is not of type SOFTWARESOURCE")
}

pub(super) fn attachable_sources(context: &Context<'_>) -> Result<Reply> {
    let (_, profile) = found(context)?;
    let attached = match &profile.makes {
        Makes::With(sources) => sources.as_slice(),
        Makes::Member(_) => &[],
    };
    instances::available_sources(context, |id, source| {
        source.os_family == profile.system.os_family
            && source.arch == profile.system.arch
            && !attached.contains(id)
    })
}

pub(super) fn delete(context: &Context<'_>) -> Result<Reply> {
    let (id, profile) = found(context)?;
    context.hub_matches(u64::from(profile.version))?;
    change(Step { facts: vec![Fact::DeleteProfile { id: id.clone() }], tree: None }, Then::Gone)
}

/// Registers an instance that has no profile with one. The answer names no work request.
pub(super) fn attach_to_instance(context: &Context<'_>) -> Result<Reply> {
    let AttachProfile { profile_id } = parse_body(context.body)?;
    let (id, instance) = orders::free(context)?;
    if instance.hub.profile.is_some() {
        return Err(Failure::state(format!("Managed instance {id} has a profile already.")));
    }
    let fact = register_fact(context.world, context.switches, id, &profile_id)?;
    change(Step { facts: vec![fact], tree: None }, Then::Done)
}

/// Returns what registers a machine with a profile.
fn register_fact(world: &World, switches: &Switches, id: &str, profile: &str) -> Result<Fact> {
    let found = world.hub.profiles.get_key_value(profile).ok_or_else(|| Failure::related(profile))?;
    let instance = world.instances.get_key_value(id).ok_or_else(Failure::nowhere)?;
    members::is_of(instance.0, instance.1, &found.1.system)?;
    let work = world.next_id(trees::KIND, 0);
    let pace = (switches.hub.pick_up, world.mishap(instance.0));
    let work = agents::schedule((world, switches), world.settled(), instance, work, pace);
    Ok(Fact::Register { instance: instance.0.clone(), profile: found.0.clone(), work })
}

/// Registers a machine with a profile, as its agent does when it comes up for the first time.
pub(crate) fn register(world: &World, switches: &Switches, id: &str, profile: &str) -> Result<Change> {
    let fact = register_fact(world, switches, id, profile)?;
    let member = world.instances.get(id).is_some_and(|instance| instance.hub.home.is_some());
    if member {
        return Err(Failure::state(format!("{id} is a member already")));
    }
    Ok(Change::Hub(Box::new(Step { facts: vec![fact], tree: None })))
}

pub(super) fn detach_from_instance(context: &Context<'_>) -> Result<Reply> {
    let (id, instance) = context.hub_instance(context.variable(0))?;
    context.hub_matches(instance.hub.revision + 1)?;
    if instance.hub.profile.is_none() {
        return Err(Failure::state(format!("Managed instance {id} has no profile.")));
    }
    change(Step { facts: vec![Fact::DetachProfile { instance: id.clone() }], tree: None }, Then::Done)
}

/// Answers with a profile that was made.
pub(super) fn made(world: &World, id: &Id) -> Answer {
    answer(world, id, world.serial).at(BASE, "profiles", id)
}
