//! Module streams: of a source, and how an instance stands to those of its sources.
//!
//! Whether a custom source knows about modules is not documented, and switched; where it does, it has the streams of the
//! packages in it. Of the operations that change streams the one is served that does all that the others do.

use serde_json::{Value, json};

use super::body::{ManageStreams, ProfileOf, StreamOf};
use super::query::Sorting;
use super::{Answer, Context, Failure, Id, Reply, Result, Source, page, parse_body};
use crate::simulator::catalogue::modules::{Stream, streams};
use crate::simulator::world::{PROFILE, StreamName, StreamWork, Task, find_stream};

/// Returns the streams that a source has metadata of.
fn offered(source: &Source) -> impl Iterator<Item = &'static Stream> + use<'_> {
    let any = source.modules && source.packages.iter().any(|package| package.is_modular());
    streams()
        .iter()
        .filter(move |stream| any && (source.vendor || stream.packages(&source.packages).next().is_some()))
}

/// Checks the filters by name, and returns what passes them. A stream's name means nothing without its module's.
fn named(context: &Context<'_>) -> Result<impl Fn(&Stream) -> bool + use<>> {
    let (module, stream) = (context.query.get("moduleName"), context.query.get("streamName"));
    if stream.is_some() && module.is_none() {
        return Err(Failure::invalid("streamName takes a moduleName"));
    }
    let (module, stream) = (module.map(str::to_owned), stream.map(str::to_owned));
    Ok(move |known: &Stream| {
        module.as_deref().is_none_or(|wanted| wanted == known.module)
            && stream.as_deref().is_none_or(|wanted| wanted == known.name)
    })
}

/// Sorts rows that stand in the order of names and were all made at once.
fn arrange<R>(context: &Context<'_>, rows: &mut [R]) -> Result<()> {
    if context.query.sorting()? == (Sorting::Name, true) {
        rows.reverse();
    }
    Ok(())
}

pub(super) fn of_source(context: &Context<'_>) -> Result<Answer> {
    context.optional_compartment()?;
    let named = named(context)?;
    let (id, source) = context.source(context.variable(0))?;
    let mut rows: Vec<&Stream> = offered(source).filter(|stream| named(stream)).collect();
    arrange(context, &mut rows)?;
    page::ordered(
        context,
        &rows,
        |stream| json!({ "moduleName": stream.module, "streamName": stream.name, "softwareSourceId": id }),
    )
}

pub(super) fn get(context: &Context<'_>) -> Result<Answer> {
    let (id, source) = context.source(context.variable(0))?;
    let (module, name) = (context.variable(1), context.variable(2));
    let stream = offered(source).find(|stream| stream.module == module && stream.name == name);
    let stream = stream.ok_or_else(|| Failure::unknown(&format!("{module}:{name}")))?;
    let packages = stream.packages(&source.packages);
    let packages: Vec<_> =
        packages.map(|package| super::packages::service_name(package, context.switches)).collect();
    Ok(Answer::ok(&json!({
        "moduleName": stream.module,
        "streamName": stream.name,
        "isDefault": stream.is_default,
        "softwareSourceId": id,
        "architecture": source.arch,
        "description": format!("{} as the simulated vendor ships it", stream.module),
        "profiles": profiles(stream, source).collect::<Vec<_>>(),
        "packages": packages,
    })))
}

pub(super) fn of_instance(context: &Context<'_>) -> Result<Answer> {
    context.optional_compartment()?;
    let named = named(context)?;
    let wanted = context.query.word("streamStatus", &["ENABLED", "DISABLED", "ACTIVE"])?;
    let (_, instance) = context.instance(context.variable(0))?;
    // Of several sources that have a stream, it comes from the first.
    let mut rows: Vec<(&Stream, &Id)> = Vec::new();
    for id in instance.attached() {
        let Some(source) = context.world.sources.get(id) else { continue };
        for stream in offered(source).filter(|stream| named(stream)) {
            if rows.iter().all(|(known, _)| !std::ptr::eq(*known, stream)) {
                rows.push((stream, id));
            }
        }
    }
    let status = |stream: &Stream| instance.stream(stream).as_str();
    rows.retain(|(stream, _)| wanted.is_none_or(|wanted| wanted == status(stream)));
    rows.sort_by_key(|(stream, _)| (stream.module, stream.name));
    arrange(context, &mut rows)?;
    page::ordered(context, &rows, |(stream, source)| -> Value {
        json!({
            "moduleName": stream.module,
            "streamName": stream.name,
            "status": status(stream),
            "profiles": profiles(stream, &context.world.sources[*source]).map(|name| json!({
                "moduleName": stream.module,
                "streamName": stream.name,
                "profileName": name,
                "status": match instance.has_profile(stream, &context.world.sources[*source].packages) {
                    true => "INSTALLED",
                    false => "AVAILABLE",
                },
                "timeModified": instance.made.to_string(),
            })).collect::<Vec<_>>(),
            "softwareSourceId": source,
            "timeModified": instance.made.to_string(),
        })
    })
}

/// Returns the profiles that a source has of a stream.
fn profiles(stream: &Stream, source: &Source) -> impl Iterator<Item = &'static str> + use<> {
    stream.packages(&source.packages).next().map(|_| PROFILE).into_iter()
}

/// Enables, disables, puts in and takes out in one work request. Names that the vendor does not have are refused at
/// once; what the instance's sources do not have makes the work fail.
pub(super) fn manage(context: &Context<'_>) -> Result<Reply> {
    let (id, instance) = context.instance(context.variable(0))?;
    let ManageStreams { is_dry_run, enable, disable, install, remove } = parse_body(context.body)?;
    let known = |module: &str, stream: &str| match find_stream(module, stream) {
        Some(_) => Ok((module.into(), stream.into())),
        None => Err(Failure::invalid(format!("module stream {module}:{stream} is unknown"))),
    };
    let named = |list: Option<Vec<StreamOf>>| -> Result<Vec<StreamName>> {
        list.iter().flatten().map(|one| known(&one.module_name, &one.stream_name)).collect()
    };
    let profiled = |list: Option<Vec<ProfileOf>>| -> Result<Vec<StreamName>> {
        let name = |one: &ProfileOf| match *one.profile_name == *PROFILE {
            true => known(&one.module_name, &one.stream_name),
            false => Err(Failure::invalid(format!("profile {} is unknown", one.profile_name))),
        };
        list.iter().flatten().map(name).collect()
    };
    let (enable, disable) = (named(enable)?, named(disable)?);
    let (install, remove) = (profiled(install)?, profiled(remove)?);
    for (at, (module, stream)) in enable.iter().enumerate() {
        if disable.contains(&enable[at]) || enable[..at].iter().any(|(other, _)| other == module) {
            return Err(Failure::invalid(format!(
                "{module}:{stream} is not the only thing wanted of its module"
            )));
        }
    }
    let sources = || instance.attached().filter_map(|id| context.world.sources.get(id));
    let has = |(module, name): &&StreamName| {
        sources()
            .any(|source| offered(source).any(|stream| *stream.module == **module && *stream.name == **name))
    };
    let all = enable.iter().chain(&disable).chain(&install).chain(&remove);
    let unknown = all.filter(|name| !has(name)).cloned().collect();
    let dry_run = is_dry_run.unwrap_or_default();
    let work = StreamWork { dry_run, enable, disable, install, remove, unknown };
    super::work::one(context, (id, instance), Task::Streams(work))
}
