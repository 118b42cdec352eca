//! Software sources of the hub: the vendor's, which are only selected, and custom ones, which draw on them.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::body::{self, ChangeAvailability, CreateSource, IdOf, SourceKind, UpdateSource};
use super::page::{self, Row};
use super::trees::{self, Over};
use super::{
    Answer, Context, Failure, Id, Reply, Result, Then, World, change, contents, is_compartment, parse_body,
    stamped, time,
};
use crate::simulator::front::agents;
use crate::simulator::world::Tags;
use crate::simulator::world::hub::{
    Availability, Fact, Label, Makes, NewSource, Operation, Own, Recipe, Source, Step, Subject, Text,
};

pub(super) const OS_FAMILIES: [&str; 14] = [
    "ORACLE_LINUX_10",
    "ORACLE_LINUX_9",
    "ORACLE_LINUX_8",
    "ORACLE_LINUX_7",
    "ORACLE_LINUX_6",
    "WINDOWS_SERVER_2016",
    "WINDOWS_SERVER_2019",
    "WINDOWS_SERVER_2022",
    "WINDOWS_SERVER_2025",
    "WINDOWS_11",
    "ALL",
    "UBUNTU_20_04",
    "UBUNTU_22_04",
    "UBUNTU_24_04",
];
pub(super) const ARCHITECTURES: [&str; 9] =
    ["X86_64", "AARCH64", "I686", "NOARCH", "SRC", "I386", "AMD64", "ARM64", "ALL"];

pub(super) fn list(context: &Context<'_>) -> Result<Reply> {
    let places = context.places(&["softwareSourceId"])?;
    collection(context, |_, source| places(&source.compartment))
}

/// Lists sources that fit, and that the filters of lists of sources let pass.
pub(super) fn collection(context: &Context<'_>, fits: impl Fn(&Id, &Source) -> bool) -> Result<Reply> {
    let word = |availability: Availability| availability.word();
    let wanted = |(id, source): &(&Id, &Source)| {
        let [elsewhere, at_oci] = source.availability;
        let anywhere = context.query.all("availabilityAnywhere").next().is_none()
            || context.is_one("availabilityAnywhere", word(elsewhere))
            || context.is_one("availabilityAnywhere", word(at_oci));
        fits(id, source)
            && anywhere
            && context.is_called(&source.text.name)
            && context.is_none("displayNameNotEqualTo", &source.text.name)
            && context.is_one("softwareSourceId", id)
            && context.is_one("softwareSourceType", source.kind())
            && context.is_one("vendorName", if source.recipe.is_none() { "ORACLE" } else { "" })
            && context.is_one("osFamily", &source.os_family)
            && context.is_one("archType", &source.arch)
            && context.is_one("availability", word(elsewhere))
            && context.is_one("availabilityAtOci", word(at_oci))
            && context.is_one("lifecycleState", lifecycle_state(context.world, id, source, context.now))
            && context.is_so("isMandatoryForAutonomousLinux", false)
            && context.is_so("isMirrorSyncAllowed", false)
    };
    let rows = context.world.hub.sources.iter().filter(wanted);
    let rows = rows.map(|(id, source)| Row { name: &source.text.name, made: source.made, id }).collect();
    page::sorted(context, rows, |row| {
        let source = &context.world.hub.sources[row.id];
        let mut summary = common(context.world, row.id, source, context.now);
        summary["timeUpdated"] = json!(time(source.changed));
        summary
    })
    .map(Reply::Answer)
}

/// A source is CREATING for a while, and UPDATING while its packages are changed.
pub(super) fn lifecycle_state(world: &World, id: &str, source: &Source, now: Timestamp) -> &'static str {
    let is_it = |subject: &Subject| matches!(subject, Subject::Source(source) if **source == *id);
    match now < source.ready {
        true => "CREATING",
        false if world.hub.open().any(|root| is_it(&root.subject)) => "UPDATING",
        false => "ACTIVE",
    }
}

fn common(world: &World, id: &str, source: &Source, now: Timestamp) -> Value {
    let state = lifecycle_state(world, id, source, now);
    // Just after it was made, nobody has counted yet.
    let count = (state != "CREATING").then(|| source.packages.len());
    let mut value = json!({
        "id": id,
        "compartmentId": source.compartment,
        "displayName": source.text.name,
        "timeCreated": time(source.made),
        "description": source.text.description,
        "softwareSourceType": source.kind(),
        "availability": source.availability[0],
        "availabilityAtOci": source.availability[1],
        "repoId": source.repo_id,
        "osFamily": source.os_family,
        "archType": source.arch,
        "lifecycleState": state,
        "packageCount": count,
        "url": format!("https://osmh.simulated.invalid/repo/{}", source.repo_id),
        "size": count.map(|count| count as f64 / 2048.0),
        "freeformTags": source.text.tags.freeform,
        "definedTags": stamped(&source.text.tags, source.made),
        "systemTags": {},
    });
    match &source.recipe {
        None => {
            value["vendorName"] = json!("ORACLE");
            value["isMandatoryForAutonomousLinux"] = json!(false);
        }
        Some(recipe) => {
            let vendor = |id: &Id| {
                let name = world.hub.sources.get(id).map(|source| &source.text.name);
                json!({ "id": id, "displayName": name })
            };
            value["vendorSoftwareSources"] = recipe.vendors.iter().map(vendor).collect();
            value["softwareSourceSubType"] = json!(recipe.sub_type);
            if let Some(version) = &recipe.version {
                value["softwareSourceVersion"] = json!(version);
            }
        }
    }
    value
}

pub(super) fn get(context: &Context<'_>) -> Result<Reply> {
    let (id, source) = context.hub_source(context.variable(0))?;
    Ok(context.tagged(answer(context.world, id, context.now), source.revision))
}

pub(super) fn answer(world: &World, id: &Id, now: Timestamp) -> Answer {
    let Some(source) = world.hub.sources.get(id) else { return Answer::done() };
    let mut full = common(world, id, source, now);
    full["checksumType"] = json!("SHA256");
    let vendor = source.recipe.is_none();
    full["gpgKeyUrl"] = json!(vendor.then_some("https://yum.simulated.invalid/RPM-GPG-KEY-oracle-ol8"));
    full["gpgKeyId"] = Value::Null;
    full["gpgKeyFingerprint"] = Value::Null;
    if let Some(recipe) = &source.recipe {
        full["customSoftwareSourceFilter"] = json!(recipe.filter);
        full["isAutoResolveDependencies"] = json!(recipe.is_auto_resolve_dependencies);
        full["isCreatedFromPackageList"] = json!(recipe.is_created_from_package_list);
        full["isLatestContentOnly"] = json!(recipe.is_latest_content_only);
        full["packages"] = json!([]);
        full["timeMetadataUpdated"] = json!(source.written.map(time));
        if recipe.version.is_none() {
            full["isAutomaticallyUpdated"] = json!(recipe.is_automatically_updated);
        }
    } else {
        full["originSoftwareSourceId"] = Value::Null;
    }
    Answer::ok(&full)
}

/// Finds the vendor's sources that a custom one is to draw on: selected ones, all for the same system.
fn vendors(context: &Context<'_>, wanted: &[IdOf]) -> Result<Vec<(Id, Source)>> {
    let mut found: Vec<(Id, Source)> = Vec::new();
    for IdOf { id, .. } in wanted {
        let (id, source) = context.hub_source(id).map_err(|_| Failure::related(id))?;
        if source.recipe.is_some() {
            return Err(Failure::invalid(format!(
                "Invalid software source(s). {id} is not a vendor software source."
            )));
        }
        if !source.is_selected() {
            return Err(unselected(id));
        }
        if let Some((_, first)) = found.first()
            && (&first.os_family, &first.arch) != (&source.os_family, &source.arch)
        {
            return Err(Failure::invalid(
                "Invalid software source(s). All must be for one system and architecture.",
            ));
        }
        found.push((id.clone(), source.clone()));
    }
    if found.is_empty() { Err(Failure::missing("vendorSoftwareSources")) } else { Ok(found) }
}

/// Neither code nor text were recorded.
fn unselected(id: &str) -> Failure {
    Failure::invalid(format!("Invalid software source(s). {id} is not selected."))
}

/// Finds sources that can be attached to something of a system.
pub(super) fn attachable(
    context: &Context<'_>,
    wanted: &[Box<str>],
    os_family: &str,
    arch: &str,
) -> Result<Vec<Id>> {
    let mut found: Vec<Id> = Vec::new();
    for id in wanted {
        let (id, source) = context.hub_source(id).map_err(|_| Failure::related(id))?;
        if !source.is_selected() {
            return Err(unselected(id));
        }
        if (&*source.os_family, &*source.arch) != (os_family, arch) {
            let message =
                format!("Invalid software source(s). {id} is for {} on {}.", source.os_family, source.arch);
            return Err(Failure::invalid(message));
        }
        if source.kind() == "VERSIONED" {
            let message =
                format!("Invalid software source(s). {id} is versioned, for lifecycle stages only.");
            return Err(Failure::invalid(message));
        }
        if context.now < source.ready {
            return Err(Failure::state(format!("Software source {id} is not active.")));
        }
        if !found.contains(id) {
            found.push(id.clone());
        }
    }
    if found.is_empty() { Err(Failure::missing("softwareSources")) } else { Ok(found) }
}

pub(super) fn create(context: &Context<'_>) -> Result<Reply> {
    let SourceKind { software_source_type } = parse_body(context.body)?;
    match &*software_source_type {
        "CUSTOM" | "VERSIONED" => {}
        "VENDOR" | "PRIVATE" | "THIRD_PARTY" => {
            return Err(Failure::unserved(&format!("CreateSoftwareSource of type {software_source_type}")));
        }
        other => return Err(Failure::invalid(format!("softwareSourceType is {other}"))),
    }
    let details: CreateSource = parse_body(context.body)?;
    if !is_compartment(&details.compartment_id) {
        return Err(Failure::nowhere());
    }
    let version = match (&*software_source_type, details.software_source_version) {
        ("VERSIONED", None) => return Err(Failure::missing("softwareSourceVersion")),
        ("CUSTOM", Some(_)) => {
            return Err(Failure::invalid("softwareSourceVersion is for VERSIONED sources"));
        }
        (_, version) => version,
    };
    if version.is_some() && details.is_automatically_updated.is_some() {
        return Err(Failure::invalid("isAutomaticallyUpdated is for CUSTOM sources"));
    }
    let vendors = vendors(context, &details.vendor_software_sources)?;
    let listed = details.is_created_from_package_list.unwrap_or_default();
    let sub_type =
        details.software_source_sub_type.unwrap_or_else(|| if listed { "MANIFEST" } else { "FILTER" }.into());
    if !["FILTER", "MANIFEST", "SNAPSHOT"].contains(&&*sub_type) {
        return Err(Failure::invalid(format!("softwareSourceSubType is {sub_type}")));
    }
    let recipe = Recipe {
        vendors: vendors.iter().map(|(id, _)| id.clone()).collect(),
        filter: details.custom_software_source_filter,
        is_automatically_updated: details.is_automatically_updated.unwrap_or_default(),
        is_auto_resolve_dependencies: details.is_auto_resolve_dependencies.unwrap_or_default(),
        is_created_from_package_list: listed,
        is_latest_content_only: details.is_latest_content_only.unwrap_or_default(),
        sub_type,
        version,
    };
    let packages = contents::drawn(&recipe, &vendors)?;
    let id = context.world.next_id("osmhsoftwaresource", 0);
    let first = &vendors[0].1;
    let name = match details.display_name {
        Some(name) => body::display_name(name)?,
        None => format!("custom-source-{}", context.world.serial).into(),
    };
    let source = NewSource {
        text: Text {
            name,
            description: details.description,
            tags: body::tags(details.freeform_tags, details.defined_tags, &Tags::default()),
        },
        compartment: details.compartment_id.as_ref().into(),
        recipe,
        repo_id: format!("custom-{}-x86_64", context.world.serial).into(),
        os_family: first.os_family.clone(),
        arch: first.arch.clone(),
        availability: first.availability,
        packages,
        ready: agents::later(context.now, context.switches.hub.creating),
    };
    let over = Over {
        subject: Subject::Source(id.clone()),
        name: &source.text.name,
        compartment: &source.compartment,
    };
    let own = Own { contents: None, starts: context.now, ends: source.ready };
    let called = (Operation::CreateSoftwareSource, Label::default());
    let tree = context.switches.hub.making_makes_work.then(|| trees::own_until(context, over, called, own));
    let facts = vec![Fact::CreateSource { id: id.clone(), source: Box::new(source) }];
    change(Step { facts, tree }, Then::NewSource(id))
}

/// Describes a source anew, and has a filtered one made anew where that changes what it holds.
pub(super) fn update(context: &Context<'_>) -> Result<Reply> {
    let (id, source) = context.hub_source(context.variable(0))?;
    context.hub_matches(source.revision)?;
    let details: UpdateSource = parse_body(context.body)?;
    if details.software_source_type.is_some_and(|kind| *kind != *source.kind()) {
        return Err(Failure::invalid(format!("softwareSourceType of {id} is {}", source.kind())));
    }
    let text = Text {
        name: details.display_name.map_or_else(|| Ok(source.text.name.clone()), body::display_name)?,
        description: details.description.or_else(|| source.text.description.clone()),
        tags: body::tags(details.freeform_tags, details.defined_tags, &source.text.tags),
    };
    let more = details.vendor_software_sources.is_some()
        || details.custom_software_source_filter.is_some()
        || details.is_automatically_updated.is_some()
        || details.is_auto_resolve_dependencies.is_some()
        || details.is_latest_content_only.is_some();
    let (recipe, packages) = match &source.recipe {
        Some(before) if more && before.version.is_none() => {
            let wanted = details.vendor_software_sources;
            let wanted = wanted.unwrap_or_else(|| before.vendors.iter().map(|id| IdOf::new(id)).collect());
            let vendors = vendors(context, &wanted)?;
            let recipe = Recipe {
                vendors: vendors.iter().map(|(id, _)| id.clone()).collect(),
                filter: details.custom_software_source_filter.or_else(|| before.filter.clone()),
                is_automatically_updated: details
                    .is_automatically_updated
                    .unwrap_or(before.is_automatically_updated),
                is_auto_resolve_dependencies: details
                    .is_auto_resolve_dependencies
                    .unwrap_or(before.is_auto_resolve_dependencies),
                is_latest_content_only: details
                    .is_latest_content_only
                    .unwrap_or(before.is_latest_content_only),
                ..before.clone()
            };
            let packages = match &*recipe.sub_type {
                "MANIFEST" => None,
                _ => Some(contents::drawn(&recipe, &vendors)?),
            };
            (Some(recipe), packages)
        }
        _ if more => return Err(Failure::invalid(format!("a {} source has no such fields", source.kind()))),
        _ => (None, None),
    };
    let facts = vec![Fact::DescribeSource { id: id.clone(), text, recipe, packages }];
    change(Step { facts, tree: None }, Then::Source(id.clone()))
}

pub(super) fn delete(context: &Context<'_>) -> Result<Reply> {
    let (id, source) = context.hub_source(context.variable(0))?;
    context.hub_matches(source.revision)?;
    if source.recipe.is_none() {
        return Err(Failure::invalid(format!("{id} is a vendor software source")));
    }
    let groups = context.world.hub.groups.iter().filter(|(_, group)| group.sources.contains(id));
    let instances = context.world.instances.iter().filter(|(_, instance)| instance.hub.sources.contains(id));
    let profiles = context.world.hub.profiles.iter().filter(|(_, profile)| match &profile.makes {
        Makes::With(sources) => sources.contains(id),
        Makes::Member(_) => false,
    });
    let stages = context.world.hub.stages.iter().filter(|(_, stage)| stage.source.as_ref() == Some(id));
    let mut holders = groups.map(|(id, _)| id).chain(instances.map(|(id, _)| id));
    let mut holders = holders.by_ref().chain(profiles.map(|(id, _)| id)).chain(stages.map(|(id, _)| id));
    if let Some(holder) = holders.next()
        && !context.switches.hub.delete_attached_source
    {
        return Err(Failure::conflict(format!("Software source {id} is attached to {holder}.")));
    }
    change(Step { facts: vec![Fact::DeleteSource { id: id.clone() }], tree: None }, Then::Gone)
}

pub(super) fn change_availability(context: &Context<'_>) -> Result<Reply> {
    let ChangeAvailability { software_source_availabilities: wanted } = parse_body(context.body)?;
    let mut facts = Vec::new();
    for one in &wanted {
        let (id, source) = context
            .hub_source(&one.software_source_id)
            .map_err(|_| Failure::related(&one.software_source_id))?;
        if source.recipe.is_some() {
            return Err(Failure::invalid(format!("{id} is not a vendor software source")));
        }
        let [elsewhere, at_oci] = source.availability;
        let availability = [one.availability.unwrap_or(elsewhere), one.availability_at_oci.unwrap_or(at_oci)];
        let allowed = |word: &Availability| matches!(word, Availability::Available | Availability::Selected);
        if !availability.iter().all(allowed) {
            return Err(Failure::invalid(format!("{id} can be AVAILABLE or SELECTED")));
        }
        facts.push(Fact::SetAvailability { id: id.clone(), availability });
    }
    if facts.is_empty() {
        return Err(Failure::missing("softwareSourceAvailabilities"));
    }
    change(Step { facts, tree: None }, Then::Done)
}
