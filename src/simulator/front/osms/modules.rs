//! Module streams: of a source, and how an instance stands to those of its sources. What changes them is beside this.
//!
//! Whether a custom source knows about modules is not documented, and switched; where it does, it has the streams of the
//! packages in it.

use serde_json::{Value, json};

use super::query::Sorting;
use super::{Answer, Context, Failure, Id, Instance, Result, Source, page, profiles};
use crate::simulator::catalogue::modules::{Stream, streams};

/// Returns the streams that a source has metadata of.
pub(super) fn offered(source: &Source) -> impl Iterator<Item = &'static Stream> + use<'_> {
    let any = source.modules && source.packages.iter().any(|package| package.is_modular());
    streams()
        .iter()
        .filter(move |stream| any && (source.vendor || stream.packages(&source.packages).next().is_some()))
}

/// Checks the filters by name, and returns what passes them. A stream's name means nothing without its module's.
pub(super) fn named(context: &Context<'_>) -> Result<impl Fn(&Stream) -> bool + use<>> {
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
pub(super) fn arrange<R>(context: &Context<'_>, rows: &mut [R]) -> Result<()> {
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

/// Finds a stream of a source.
pub(super) fn one(source: &Source, module: &str, name: &str) -> Result<&'static Stream> {
    let stream = offered(source).find(|stream| stream.module == module && stream.name == name);
    stream.ok_or_else(|| Failure::unknown(&format!("{module}:{name}")))
}

pub(super) fn get(context: &Context<'_>) -> Result<Answer> {
    let (id, source) = context.source(context.variable(0))?;
    let (module, name) = (context.variable(1), context.variable(2));
    let stream = one(source, module, name)?;
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
        "profiles": stream.profiles(&source.packages).map(|profile| profile.name).collect::<Vec<_>>(),
        "packages": packages,
    })))
}

pub(super) fn of_instance(context: &Context<'_>) -> Result<Answer> {
    context.optional_compartment()?;
    let named = named(context)?;
    let wanted = context.query.word("streamStatus", &["ENABLED", "DISABLED", "ACTIVE"])?;
    let (_, instance) = context.instance(context.variable(0))?;
    let mut rows: Vec<(&Stream, &Id, &Source)> = of_sources(context, instance);
    rows.retain(|(stream, ..)| named(stream));
    let status = |stream: &Stream| instance.stream(stream).as_str();
    rows.retain(|(stream, ..)| wanted.is_none_or(|wanted| wanted == status(stream)));
    arrange(context, &mut rows)?;
    page::ordered(context, &rows, |(stream, id, source)| -> Value {
        let profiles = stream.profiles(&source.packages);
        json!({
            "moduleName": stream.module,
            "streamName": stream.name,
            "status": status(stream),
            "profiles": profiles
                .map(|profile| profiles::on_instance(instance, stream, profile, source))
                .collect::<Vec<_>>(),
            "softwareSourceId": id,
            "timeModified": instance.made.to_string(),
        })
    })
}

/// Returns the streams that the sources of an instance have, by module and name. Of several sources that have a stream, it
/// comes from the first.
pub(super) fn of_sources<'a>(
    context: &'a Context<'_>,
    instance: &'a Instance,
) -> Vec<(&'static Stream, &'a Id, &'a Source)> {
    let mut rows: Vec<(&Stream, &Id, &Source)> = Vec::new();
    for id in instance.attached() {
        let Some(source) = context.world.sources.get(id) else { continue };
        for stream in offered(source) {
            if rows.iter().all(|(known, ..)| !std::ptr::eq(*known, stream)) {
                rows.push((stream, id, source));
            }
        }
    }
    rows.sort_by_key(|(stream, ..)| (stream.module, stream.name));
    rows
}
