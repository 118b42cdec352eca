//! Module streams: what sources have of them, how instances stand to them, and what agents are to do about them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::body::{self, ManageStreams, OneProfile, OneStream, SearchModules, SearchStreams};
use super::{Answer, Context, Failure, Id, Reply, Result, members, orders, page, parse_body, spelling};
use crate::simulator::catalogue::modules::{Profile, Status, Stream, streams};
use crate::simulator::front::query::Sorting;
use crate::simulator::front::streams::{profile, stream};
use crate::simulator::world::hub::{Label, Operation, Source, What};
use crate::simulator::world::{ProfileName, StreamName, StreamWork};

/// Returns the streams that a source has: the vendor's all where it has any, a custom one those of its packages.
fn offered(source: &Source) -> impl Iterator<Item = &'static Stream> + use<'_> {
    let vendor = source.recipe.is_none() && source.packages.iter().any(|package| package.is_modular());
    streams().iter().filter(move |stream| vendor || stream.packages(&source.packages).next().is_some())
}

/// The profiles of a stream of which the source has anything.
fn profiles(stream: &Stream, source: &Source) -> Vec<&'static str> {
    stream.profiles(&source.packages).map(|profile| profile.name).collect()
}

fn descends<R>(context: &Context<'_>, rows: &mut [R]) -> Result<()> {
    if context.query.hub_sorting()? == (Sorting::Name, true) {
        rows.reverse();
    }
    Ok(())
}

/// The newest stream of a module is the last of its streams.
fn is_latest(stream: &Stream) -> bool {
    streams().iter().rfind(|other| other.module == stream.module).is_some_and(|last| last.name == stream.name)
}

fn summary((id, source, stream): &(&Id, &Source, &Stream)) -> Value {
    json!({
        "name": stream.name,
        "moduleName": stream.module,
        "profiles": profiles(stream, source),
        "isLatest": is_latest(stream),
        "softwareSourceId": id,
    })
}

pub(super) fn list_streams(context: &Context<'_>) -> Result<Reply> {
    let (id, source) = context.hub_source(context.variable(0))?;
    let contains = context.query.get("moduleNameContains");
    let wanted = |stream: &&Stream| {
        context.is_one("moduleName", stream.module)
            && context.is_one("name", stream.name)
            && contains.is_none_or(|part| stream.module.contains(part))
            && context.is_so("isLatest", is_latest(stream))
    };
    let mut rows: Vec<_> = offered(source).filter(wanted).map(|stream| (id, source, stream)).collect();
    descends(context, &mut rows)?;
    page::ordered(context, &rows, summary).map(Reply::Answer)
}

fn named<'a>(
    context: &'a Context<'_>,
    module: &str,
    name: &str,
) -> Result<(&'a Id, &'a Source, &'static Stream)> {
    let (id, source) = context.hub_source(context.variable(0))?;
    let stream = offered(source).find(|stream| stream.module == module && stream.name == name);
    stream.map(|stream| (id, source, stream)).ok_or_else(Failure::nowhere)
}

pub(super) fn get_stream(context: &Context<'_>) -> Result<Reply> {
    let (id, source, stream) = named(context, context.variable(1), context.query.required("streamName")?)?;
    Ok(Reply::Answer(Answer::ok(&json!({
        "moduleName": stream.module,
        "name": stream.name,
        "isDefault": stream.is_default,
        "softwareSourceId": id,
        "archType": source.arch,
        "description": format!("{} as the simulated vendor ships it", stream.module),
        "profiles": profiles(stream, source),
        "packages": stream.packages(&source.packages).map(spelling::of_source).collect::<Vec<_>>(),
        "isLatest": is_latest(stream),
    }))))
}

pub(super) fn list_profiles(context: &Context<'_>) -> Result<Reply> {
    let (_, source) = context.hub_source(context.variable(0))?;
    let wanted = |stream: &&Stream| {
        context.is_one("moduleName", stream.module) && context.is_one("streamName", stream.name)
    };
    let mut rows: Vec<(&Stream, &Profile)> = Vec::new();
    for stream in offered(source).filter(wanted) {
        let profiles = stream.profiles(&source.packages);
        rows.extend(
            profiles.filter(|profile| context.is_one("name", profile.name)).map(|profile| (stream, profile)),
        );
    }
    descends(context, &mut rows)?;
    page::ordered(context, &rows, |(stream, profile)| {
        json!({
            "moduleName": stream.module,
            "streamName": stream.name,
            "name": profile.name,
            "isDefault": profile.is_default(),
        })
    })
    .map(Reply::Answer)
}

pub(super) fn get_profile(context: &Context<'_>) -> Result<Reply> {
    let (module, name) = (context.query.required("moduleName")?, context.query.required("streamName")?);
    let (_, source, stream) = named(context, module, name)?;
    let profile = stream.profiles(&source.packages).find(|profile| profile.name == context.variable(1));
    let profile = profile.ok_or_else(Failure::nowhere)?;
    let names: Vec<&str> =
        stream.packages_in(profile, &source.packages).map(|package| package.name()).collect();
    Ok(Reply::Answer(Answer::ok(&json!({
        "moduleName": stream.module,
        "streamName": stream.name,
        "name": profile.name,
        "isDefault": profile.is_default(),
        "description": format!("{} as the simulated vendor ships it", stream.module),
        "packages": names,
    }))))
}

/// Finds sources that a body names.
fn searched<'a>(context: &'a Context<'_>, ids: &[Box<str>]) -> Result<Vec<(&'a Id, &'a Source)>> {
    ids.iter().map(|id| context.hub_source(id).map_err(|_| Failure::related(id))).collect()
}

pub(super) fn search_streams(context: &Context<'_>) -> Result<Reply> {
    let SearchStreams { software_source_ids, sort_order, module_name, .. } = parse_body(context.body)?;
    let mut rows = Vec::new();
    for (id, source) in searched(context, &software_source_ids)? {
        let wanted = |stream: &&Stream| module_name.as_deref().is_none_or(|name| name == stream.module);
        rows.extend(offered(source).filter(wanted).map(|stream| (id, source, stream)));
    }
    rows.sort_by_key(|(_, _, stream)| (stream.module, stream.name));
    if sort_order.as_deref() == Some("DESC") {
        rows.reverse();
    }
    page::ordered(context, &rows, summary).map(Reply::Answer)
}

pub(super) fn search_modules(context: &Context<'_>) -> Result<Reply> {
    let SearchModules { software_source_ids, sort_order, name, name_contains, .. } =
        parse_body(context.body)?;
    let mut rows: Vec<(&str, Vec<&str>, &Id)> = Vec::new();
    for (id, source) in searched(context, &software_source_ids)? {
        let mut modules: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for stream in offered(source) {
            modules.entry(stream.module).or_default().push(stream.name);
        }
        modules.retain(|module, _| {
            name.as_deref().is_none_or(|name| name == *module)
                && name_contains.as_deref().is_none_or(|part| module.contains(part))
        });
        rows.extend(modules.into_iter().map(|(module, streams)| (module, streams, id)));
    }
    rows.sort_by_key(|(module, ..)| *module);
    if sort_order.as_deref() == Some("DESC") {
        rows.reverse();
    }
    page::ordered(
        context,
        &rows,
        |(module, streams, id)| json!({ "name": module, "streams": streams, "softwareSourceId": id }),
    )
    .map(Reply::Answer)
}

/// The streams that sources have together, each with the first source that has it.
fn of_sources<'a>(context: &'a Context<'_>, sources: &'a [Id]) -> Vec<(&'a Id, &'a Source, &'static Stream)> {
    let mut rows: Vec<(&Id, &Source, &Stream)> = Vec::new();
    for id in sources {
        let Some(source) = context.world.hub.sources.get(id) else { continue };
        for stream in offered(source) {
            if rows.iter().all(|(_, _, known)| !std::ptr::eq(*known, stream)) {
                rows.push((id, source, stream));
            }
        }
    }
    rows.sort_by_key(|(_, _, stream)| (stream.module, stream.name));
    rows
}

fn is_named(context: &Context<'_>, module: &str) -> bool {
    context.is_one("name", module)
        && context.query.get("nameContains").is_none_or(|part| module.contains(part))
}

/// Lists the modules of an instance's sources, each with how the instance stands to its streams.
pub(super) fn of_instance(context: &Context<'_>) -> Result<Reply> {
    context.check_place()?;
    let (_, instance) = context.hub_instance(context.variable(0))?;
    let all = of_sources(context, &instance.hub.sources);
    let mut rows: Vec<_> = all.chunk_by(|a, b| a.2.module == b.2.module).collect();
    rows.retain(|streams| is_named(context, streams[0].2.module));
    descends(context, &mut rows)?;
    page::ordered(context, &rows, |streams| {
        let with = |status: Status| -> Vec<&str> {
            let streams = streams.iter().filter(|(_, _, stream)| instance.stream(stream) == status);
            streams.map(|(_, _, stream)| stream.name).collect()
        };
        let mut profiles: Vec<String> = Vec::new();
        for (_, source, stream) in
            streams.iter().filter(|(_, _, stream)| instance.stream(stream) != Status::Disabled)
        {
            let known = stream.profiles(&source.packages);
            let installed = known.filter(|profile| instance.has_profile(stream, profile, &source.packages));
            profiles.extend(installed.map(|profile| format!("{}/{}", stream.name, profile.name)));
        }
        json!({
            "name": streams[0].2.module,
            "enabledStream": with(Status::Enabled).first(),
            "installedProfiles": profiles,
            "activeStreams": with(Status::Active),
            "disabledStreams": with(Status::Disabled),
            "softwareSourceId": streams[0].0,
        })
    })
    .map(Reply::Answer)
}

/// Lists the modules of a group's sources.
pub(super) fn available_to_group(context: &Context<'_>) -> Result<Reply> {
    context.check_place()?;
    let (_, group) = context.hub_group(context.variable(0))?;
    let all = of_sources(context, &group.sources);
    let mut rows: Vec<_> = all.chunk_by(|a, b| a.2.module == b.2.module).collect();
    rows.retain(|streams| is_named(context, streams[0].2.module));
    descends(context, &mut rows)?;
    page::ordered(
        context,
        &rows,
        |streams| json!({ "name": streams[0].2.module, "softwareSourceId": streams[0].0 }),
    )
    .map(Reply::Answer)
}

/// Checks what is asked of streams. Names that the vendor does not have are refused at once; what the sources do not have
/// makes the work fail.
fn checked(context: &Context<'_>, sources: &[Id], details: ManageStreams) -> Result<(What, Label)> {
    let ManageStreams { is_dry_run, enable, disable, install, remove, work_request_details } = details;
    let named = |list: Option<Vec<body::StreamOf>>| -> Result<Vec<StreamName>> {
        list.iter().flatten().map(|one| stream(&one.module_name, &one.stream_name)).collect()
    };
    let profiled = |list: Option<Vec<body::ProfileOf>>| -> Result<Vec<ProfileName>> {
        let name = |one: &body::ProfileOf| profile(&one.module_name, &one.stream_name, &one.profile_name);
        list.iter().flatten().map(name).collect()
    };
    let (enable, disable) = (named(enable)?, named(disable)?);
    let (install, remove) = (profiled(install)?, profiled(remove)?);
    let all = of_sources(context, sources);
    let has = |module: &str, name: &str| {
        all.iter().any(|(_, _, stream)| stream.module == module && stream.name == name)
    };
    let dry_run = is_dry_run.unwrap_or_default();
    let work = StreamWork { dry_run, enable, disable, install, remove, ..StreamWork::default() };
    Ok((What::Streams(work.among(has)), body::label(work_request_details, Vec::new())))
}

pub(super) fn manage(context: &Context<'_>) -> Result<Reply> {
    on_instance(context, parse_body(context.body)?)
}

pub(super) fn manage_group(context: &Context<'_>) -> Result<Reply> {
    on_group(context, parse_body(context.body)?)
}

fn on_instance(context: &Context<'_>, details: ManageStreams) -> Result<Reply> {
    let (id, instance) = orders::free(context)?;
    let (what, label) = checked(context, &instance.hub.sources, details)?;
    orders::ask(context, (id, instance), what, Operation::ModuleActions, label)
}

fn on_group(context: &Context<'_>, details: ManageStreams) -> Result<Reply> {
    let (_, group) = members::group(context)?;
    let (what, label) = checked(context, &group.sources, details)?;
    members::all(context, Vec::new(), what, Operation::ModuleActions, label)
}

/// One thing asked of one stream or of its profile, of an instance or of a group.
fn one(context: &Context<'_>) -> Result<(ManageStreams, bool)> {
    let group = context.path.contains("/managedInstanceGroups/");
    let mut details = ManageStreams::default();
    let verb = context.path.rsplit('/').next().unwrap_or_default();
    if verb.contains("Profile") {
        let OneProfile { module_name, stream_name, profile_name, work_request_details, .. } =
            parse_body(context.body)?;
        let profile = Some(vec![body::ProfileOf::new(module_name, stream_name, profile_name)]);
        match verb.starts_with("install") {
            true => details.install = profile,
            false => details.remove = profile,
        }
        details.work_request_details = work_request_details;
    } else {
        let OneStream { module_name, stream_name, work_request_details, .. } = parse_body(context.body)?;
        let stream = Some(vec![body::StreamOf::new(module_name, stream_name)]);
        match verb.starts_with("disable") {
            true => details.disable = stream,
            // To enable a stream is to switch to it, where another of its module was enabled.
            false => details.enable = stream,
        }
        details.work_request_details = work_request_details;
    }
    Ok((details, group))
}

/// Enables, disables or switches to a stream, or puts a profile in or takes it out.
pub(super) fn act(context: &Context<'_>) -> Result<Reply> {
    match one(context)? {
        (details, true) => on_group(context, details),
        (details, false) => on_instance(context, details),
    }
}
