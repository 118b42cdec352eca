//! Profiles of module streams: of a source, and which of them are in on an instance. A profile is in where all of its
//! packages are that its source has.

use serde_json::{Value, json};

use super::modules::{arrange, named, of_sources, offered, one};
use super::packages::service_name;
use super::{Answer, Context, Failure, Instance, Result, Source, page};
use crate::simulator::catalogue::modules::{Profile, Stream};

/// Checks the filter by name, and returns what passes it. A profile's name means nothing without its stream's.
fn profiled(context: &Context<'_>) -> Result<impl Fn(&Profile) -> bool + use<>> {
    let wanted = context.query.get("profileName").map(str::to_owned);
    if wanted.is_some() && context.query.get("streamName").is_none() {
        return Err(Failure::invalid("profileName takes a streamName"));
    }
    Ok(move |profile: &Profile| wanted.as_deref().is_none_or(|wanted| wanted == profile.name))
}

pub(super) fn of_source(context: &Context<'_>) -> Result<Answer> {
    context.optional_compartment()?;
    let (named, profiled) = (named(context)?, profiled(context)?);
    let (_, source) = context.source(context.variable(0))?;
    let mut rows: Vec<(&Stream, &Profile)> = Vec::new();
    for stream in offered(source).filter(|stream| named(stream)) {
        let profiles = stream.profiles(&source.packages).filter(|profile| profiled(profile));
        rows.extend(profiles.map(|profile| (stream, profile)));
    }
    arrange(context, &mut rows)?;
    page::ordered(context, &rows, |(stream, profile)| -> Value {
        json!({ "moduleName": stream.module, "streamName": stream.name, "profileName": profile.name })
    })
}

pub(super) fn get(context: &Context<'_>) -> Result<Answer> {
    let (_, source) = context.source(context.variable(0))?;
    let stream = one(source, context.variable(1), context.variable(2))?;
    let name = context.variable(3);
    let profile = stream.profiles(&source.packages).find(|profile| profile.name == name);
    let profile =
        profile.ok_or_else(|| Failure::unknown(&format!("{}:{}/{name}", stream.module, stream.name)))?;
    let packages = stream.packages_in(profile, &source.packages);
    let packages: Vec<_> = packages.map(|package| service_name(package, context.switches)).collect();
    Ok(Answer::ok(&json!({
        "moduleName": stream.module,
        "streamName": stream.name,
        "profileName": profile.name,
        "isDefault": profile.is_default(),
        "description": format!("{} of {} as the simulated vendor ships it", profile.name, stream.module),
        "packages": packages,
    })))
}

pub(super) fn of_instance(context: &Context<'_>) -> Result<Answer> {
    context.optional_compartment()?;
    let (named, profiled) = (named(context)?, profiled(context)?);
    let wanted = context.query.word("profileStatus", &["INSTALLED", "AVAILABLE"])?;
    let (_, instance) = context.instance(context.variable(0))?;
    let mut rows: Vec<Value> = Vec::new();
    for (stream, _, source) in of_sources(context, instance) {
        let profiles = stream.profiles(&source.packages).filter(|profile| named(stream) && profiled(profile));
        rows.extend(profiles.map(|profile| on_instance(instance, stream, profile, source)));
    }
    rows.retain(|row| wanted.is_none_or(|wanted| row["status"] == wanted));
    arrange(context, &mut rows)?;
    page::ordered(context, &rows, Value::clone)
}

/// Says how an instance stands to a profile.
pub(super) fn on_instance(instance: &Instance, stream: &Stream, profile: &Profile, source: &Source) -> Value {
    json!({
        "moduleName": stream.module,
        "streamName": stream.name,
        "profileName": profile.name,
        "status": match instance.has_profile(stream, profile, &source.packages) {
            true => "INSTALLED",
            false => "AVAILABLE",
        },
        "timeModified": instance.made.to_string(),
    })
}
