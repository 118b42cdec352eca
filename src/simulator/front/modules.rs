//! Module streams: of a source, and how an instance stands to those of its sources.
//!
//! Whether a custom source knows about modules is not documented, and switched; where it does, it has the streams of the
//! packages in it. The operations that change streams are not served.

use serde_json::{Value, json};

use super::query::Sorting;
use super::{Answer, Context, Failure, Id, Result, Source, page};
use crate::simulator::catalogue::modules::{Stream, streams};

/// Returns the streams that a source has metadata of.
fn offered<'a>(context: &Context<'_>, source: &'a Source) -> impl Iterator<Item = &'static Stream> + use<'a> {
    let carries = source.vendor || context.switches.custom_sources_have_modules;
    let any = carries && source.packages.iter().any(|package| package.is_modular());
    let vendor = source.vendor;
    streams()
        .iter()
        .filter(move |stream| any && (vendor || stream.packages(&source.packages).next().is_some()))
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
    let mut rows: Vec<&Stream> = offered(context, source).filter(|stream| named(stream)).collect();
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
    let stream = offered(context, source).find(|stream| stream.module == module && stream.name == name);
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
        "profiles": [],
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
        for stream in offered(context, source).filter(|stream| named(stream)) {
            if rows.iter().all(|(known, _)| !std::ptr::eq(*known, stream)) {
                rows.push((stream, id));
            }
        }
    }
    let status = |stream: &Stream| stream.status(&instance.installed).as_str();
    rows.retain(|(stream, _)| wanted.is_none_or(|wanted| wanted == status(stream)));
    rows.sort_by_key(|(stream, _)| (stream.module, stream.name));
    arrange(context, &mut rows)?;
    page::ordered(context, &rows, |(stream, source)| -> Value {
        json!({
            "moduleName": stream.module,
            "streamName": stream.name,
            "status": status(stream),
            "profiles": [],
            "softwareSourceId": source,
            "timeModified": instance.made.to_string(),
        })
    })
}
