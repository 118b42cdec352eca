//! What changes module streams on an instance: one operation that takes whatever it needs, and five that each do one thing
//! and are stricter. All of them are work of the agent. Names that the vendor does not have are refused at once; what the
//! instance's sources do not have, and what its streams do not allow when the agent comes to it, makes the work fail.

use super::body::{ManageStreams, ProfileOf, StreamOf};
use super::modules::of_sources;
use super::{Context, Failure, Id, Instance, Reply, Result, Source, parse_body, work};
use crate::simulator::catalogue::modules::{Profile, Status, Stream, streams};
use crate::simulator::front::streams::{profile, stream};
use crate::simulator::world::{ProfileName, StreamName, StreamWork, Task, Verb, find_stream};

/// Enables, disables, puts in and takes out in one work request.
pub(super) fn manage(context: &Context<'_>) -> Result<Reply> {
    let target = target(context)?;
    let ManageStreams { is_dry_run, enable, disable, install, remove } = parse_body(context.body)?;
    let named = |list: Option<Vec<StreamOf>>| -> Result<Vec<StreamName>> {
        list.iter().flatten().map(|one| stream(&one.module_name, &one.stream_name)).collect()
    };
    let profiled = |list: Option<Vec<ProfileOf>>| -> Result<Vec<ProfileName>> {
        let name = |one: &ProfileOf| profile(&one.module_name, &one.stream_name, &one.profile_name);
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
    let dry_run = is_dry_run.unwrap_or_default();
    ask(context, target, StreamWork { dry_run, enable, disable, install, remove, ..StreamWork::default() })
}

/// Does one thing to one stream or profile.
pub(super) fn one(context: &Context<'_>, verb: Verb) -> Result<Reply> {
    let target = target(context)?;
    let module = context.query.required("moduleName")?;
    let name = match context.query.get("streamName") {
        Some(name) => name,
        None if context.query.get("profileName").is_some() => {
            return Err(Failure::invalid("profileName takes a streamName"));
        }
        None => meant(target.1, module, verb)?,
    };
    let stream = stream(module, name)?;
    let mut asked = StreamWork { verb, ..StreamWork::default() };
    match verb {
        Verb::Disable => asked.disable.push(stream),
        Verb::Manage | Verb::Enable | Verb::Switch => asked.enable.push(stream),
        Verb::Install => asked.install = profiles(context, &stream, |_, profile| profile.is_default())?,
        Verb::Remove => {
            let sources = of_sources(context, target.1);
            asked.remove = profiles(context, &stream, |stream, profile| {
                let is_in = |source: &Source| target.1.has_profile(stream, profile, &source.packages);
                sources.iter().any(|(_, _, source)| is_in(source))
            })?;
        }
    }
    ask(context, target, asked)
}

fn target<'a>(context: &'a Context<'_>) -> Result<(&'a Id, &'a Instance)> {
    let (id, instance) = context.instance(context.variable(0))?;
    context.matches(instance.revision)?;
    Ok((id, instance))
}

/// Returns the stream of a module that is meant where none is named: the one in use, or the module's default. Whoever
/// switches does not mean the one in use.
fn meant(instance: &Instance, module: &str, verb: Verb) -> Result<&'static str> {
    let of: Vec<&Stream> = streams().iter().filter(|stream| stream.module == module).collect();
    if of.is_empty() {
        return Err(Failure::invalid(format!("module {module} is unknown")));
    }
    let is_in_use = |stream: &&&Stream| verb != Verb::Switch && instance.stream(stream) != Status::Disabled;
    let stream = of.iter().find(is_in_use).or_else(|| of.iter().find(|stream| stream.is_default));
    stream.map(|stream| stream.name).ok_or_else(|| Failure::missing("streamName"))
}

/// Returns the profile that is named, or of its stream those that are meant otherwise.
fn profiles(
    context: &Context<'_>,
    (module, name): &StreamName,
    meant: impl Fn(&Stream, &Profile) -> bool,
) -> Result<Vec<ProfileName>> {
    if let Some(wanted) = context.query.get("profileName") {
        return profile(module, name, wanted).map(|profile| vec![profile]);
    }
    let stream = find_stream(module, name).into_iter();
    let profiles = stream.flat_map(|stream| stream.every_profile().filter(|profile| meant(stream, profile)));
    let named = |profile: &Profile| ProfileName(module.clone(), name.clone(), Some(profile.name.into()));
    Ok(profiles.map(named).collect())
}

fn ask(context: &Context<'_>, target: (&Id, &Instance), asked: StreamWork) -> Result<Reply> {
    let known = of_sources(context, target.1);
    let has = |module: &str, name: &str| {
        known.iter().any(|(stream, ..)| stream.module == module && stream.name == name)
    };
    work::one(context, target, Task::Streams(asked.among(has)))
}
