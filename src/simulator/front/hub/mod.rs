//! OS Management Hub (API 20220901): flat sets of software sources on instances, groups that own sources and members, work
//! requests as trees. The quirks are those that were recorded of the real service; what nobody recorded is a switch.

mod analytics;
mod body;
mod contents;
mod errata;
mod groups;
mod instances;
mod inventory;
mod jobs;
mod members;
mod modules;
mod orders;
mod profiles;
mod route;
mod sources;
mod spelling;
mod stages;
mod trees;
mod work;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Answer, Change, Context, Failure, Id, Instance, Reply, Result, World, agents, names, page, parse_body,
};
use crate::package::Digest;
use crate::simulator::world::hub::{Group, Source, Step};
use crate::simulator::world::{COMPARTMENTS, TENANCY, Tags, is_within};

pub(crate) use profiles::register;
pub(crate) use route::routes;

/// The path that all operations stand under.
pub(crate) const BASE: &str = "/20220901";

/// What to answer after a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Then {
    /// That it is done, 204.
    Gone,
    /// That it is done, 200, and no more.
    Done,
    /// That work is accepted, with its id where it is told.
    Accepted(Option<Id>),
    /// The source that was made.
    NewSource(Id),
    /// The source as it is now.
    Source(Id),
    /// The source as it is now, and the work request that changes it.
    SourceWork { source: Id, work: Id },
    /// The group that was made, and the work request for it.
    NewGroup { group: Id, work: Id },
    /// The group as it is now.
    Group(Id),
    /// The instance as it is now.
    Instance(Id),
    /// The scheduled job that was made.
    NewJob(Id),
    /// The scheduled job as it is now.
    Job(Id),
    /// The profile that was made.
    NewProfile(Id),
    /// The profile as it is now.
    Profile(Id),
    /// The lifecycle environment that was made.
    NewEnvironment(Id),
    /// The lifecycle environment as it is now.
    Environment(Id),
}

/// Renders what was promised for after a change.
pub(super) fn conclude(world: &World, then: &Then) -> Answer {
    match then {
        Then::Gone => Answer::done(),
        Then::Done => Answer::done().status(200),
        Then::Accepted(None) => Answer::accepted(),
        Then::Accepted(Some(id)) => Answer::accepted().with("opc-work-request-id", &**id),
        Then::NewSource(id) => {
            let made = sources::answer(world, id, world.settled()).status(201);
            Answer::at(made, BASE, "softwareSources", id).with("etag", etag(1, true))
        }
        Then::Source(id) => {
            let revision = world.hub.sources.get(id).map_or(1, |source| source.revision);
            sources::answer(world, id, world.settled()).with("etag", etag(revision, false))
        }
        Then::SourceWork { source, work } => {
            sources::answer(world, source, world.settled()).with("opc-work-request-id", &**work)
        }
        // Recorded: with a work request, which is not declared, and without the etag that is.
        Then::NewGroup { group, work } => groups::answer(world, group, world.serial, world.settled())
            .status(202)
            .at(BASE, "managedInstanceGroups", group)
            .with("opc-work-request-id", &**work),
        Then::Group(id) => {
            let revision = world.hub.groups.get(id).map_or(1, |group| group.revision);
            groups::answer(world, id, world.serial, world.settled()).with("etag", etag(revision, false))
        }
        Then::Instance(id) => {
            let revision = world.instances.get(id).map_or(1, |instance| instance.hub.revision + 1);
            instances::answer(world, id, world.serial, world.settled()).with("etag", etag(revision, false))
        }
        Then::NewJob(id) => jobs::made(world, id),
        Then::Job(id) => jobs::changed(world, id),
        Then::NewProfile(id) => profiles::made(world, id).with("etag", etag(1, true)),
        Then::Profile(id) => {
            let revision = world.hub.profiles.get(id).map_or(1, |profile| u64::from(profile.version));
            profiles::answer(world, id, world.serial).with("etag", etag(revision, false))
        }
        Then::NewEnvironment(id) => stages::made(world, id).with("etag", etag(1, true)),
        Then::Environment(id) => {
            let revision = world.hub.environments.get(id).map_or(1, |it| it.revision);
            stages::answer(world, id).with("etag", etag(revision, false))
        }
    }
}

/// An etag says how often a thing was changed, and nothing of which thing it is. GET and POST spell it in one way, PUT in
/// another.
fn etag(revision: u64, gzip: bool) -> String {
    let digest = Digest::of([format!("revision {revision}")]).hex();
    if gzip { format!("{digest}--gzip") } else { digest }
}

/// Spells a time.
fn time(time: Timestamp) -> String {
    format!("{time:.3}")
}

/// Returns tags as they come back: the service notes who made a thing, and when.
fn stamped(tags: &Tags, made: Timestamp) -> Value {
    let mut defined = json!(tags.defined);
    defined["Oracle-Tags"] = json!({ "CreatedBy": "default/simulated.user", "CreatedOn": time(made) });
    defined
}

/// Shuffles what the service gives back in another order each time.
fn shuffled<T>(mut items: Vec<T>, turn: u64) -> Vec<T> {
    let digest = Digest::of([turn.to_string()]);
    let bytes = digest.as_bytes();
    for at in (1..items.len()).rev() {
        items.swap(at, usize::from(bytes[at % 32]) % (at + 1));
    }
    items
}

/// Reads a body that may be left out.
fn optional_body<T: serde::de::DeserializeOwned + Default>(body: &[u8]) -> Result<T> {
    if body.is_empty() { Ok(T::default()) } else { parse_body(body) }
}

fn change(step: Step, then: Then) -> Result<Reply> {
    Ok(Reply::Change(Change::Hub(Box::new(step)), super::Then::Hub(then)))
}

/// Tells whether there is a compartment.
fn is_compartment(id: &str) -> bool {
    id == TENANCY || COMPARTMENTS.iter().any(|(known, ..)| *known == id)
}

impl Context<'_> {
    /// Answers with a thing and its etag.
    fn tagged(&self, answer: Answer, revision: u64) -> Reply {
        Reply::Answer(answer.with("etag", etag(revision, self.switches.hub.etags_say_gzip)))
    }

    /// Finds an instance that the hub knows by now.
    fn hub_instance(&self, id: &str) -> Result<(&Id, &Instance)> {
        let found = self.world.instances.get_key_value(id);
        found
            .filter(|(_, instance)| instance.is_registered(self.now))
            .ok_or_else(|| Failure::stranger("Managed Instance", id))
    }

    /// Finds a group of the hub.
    fn hub_group(&self, id: &str) -> Result<(&Id, &Group)> {
        self.world.hub.groups.get_key_value(id).ok_or_else(Failure::nowhere)
    }

    /// Finds a source of the hub.
    fn hub_source(&self, id: &str) -> Result<(&Id, &Source)> {
        self.world.hub.sources.get_key_value(id).ok_or_else(Failure::nowhere)
    }

    /// Checks `if-match` where it was sent.
    fn hub_matches(&self, revision: u64) -> Result<()> {
        let Some(tag) = self.if_match else { return Ok(()) };
        let tag = tag.trim_matches('"');
        let plain = match self.switches.hub.if_match_takes_gzip {
            true => tag.strip_suffix("--gzip").unwrap_or(tag),
            false => tag,
        };
        if plain == etag(revision, false) || tag == "*" { Ok(()) } else { Err(Failure::etag()) }
    }

    /// Reads in which compartments a list is to look. Without one it must be said in another way what to look for.
    fn places(&self, otherwise: &[&str]) -> Result<impl Fn(&str) -> bool + use<>> {
        let said = |name: &&str| self.query.get(name).is_some();
        match self.query.get("compartmentId").is_some() || otherwise.iter().any(said) {
            true => self.optional_places(),
            false => Err(Failure::missing("compartmentId")),
        }
    }

    /// Reads in which compartments a list is to look that need not be told.
    fn optional_places(&self) -> Result<impl Fn(&str) -> bool + use<>> {
        let subtree = self.query.flag("compartmentIdInSubtree")? == Some(true);
        let wanted = match self.query.get("compartmentId") {
            Some(id) if !is_compartment(id) => return Err(Failure::nowhere()),
            wanted => wanted.map(str::to_owned),
        };
        Ok(move |compartment: &str| match &wanted {
            None => true,
            Some(wanted) if subtree => is_within(compartment, wanted),
            Some(wanted) => compartment == wanted,
        })
    }

    /// Checks the compartment of a list that lies in one anyway.
    fn check_place(&self) -> Result<()> {
        self.optional_places().map(drop)
    }

    /// Tells whether a value is one of those that a parameter names, or is not asked for.
    fn is_one(&self, parameter: &str, value: &str) -> bool {
        let mut wanted = self.query.all(parameter).peekable();
        wanted.peek().is_none() || wanted.any(|wanted| wanted == value)
    }

    /// Tells whether a value is none of those that a parameter names.
    fn is_none(&self, parameter: &str, value: &str) -> bool {
        !self.query.all(parameter).any(|unwanted| unwanted == value)
    }

    /// Tells whether a name passes `displayName` and `displayNameContains`, or the like of other lists.
    fn is_called(&self, name: &str) -> bool {
        let contains = |parameter| self.query.get(parameter).is_none_or(|part| name.contains(part));
        self.is_one("displayName", name) && contains("displayNameContains")
    }

    /// Tells whether a flag, where it is asked for, is as it is.
    fn is_so(&self, parameter: &str, so: bool) -> bool {
        self.query.get(parameter).is_none_or(|wanted| (wanted == "true") == so)
    }
}

/// Links to sources, in another order each time.
fn links(world: &World, sources: &[Id], turn: u64) -> Value {
    let link = |id: &Id| {
        let source = world.hub.sources.get(id);
        json!({
            "id": id,
            "displayName": source.map(|source| &source.text.name),
            "description": source.and_then(|source| source.text.description.as_ref()),
            "softwareSourceType": source.map(Source::kind),
            "isMandatoryForAutonomousLinux": false,
        })
    };
    shuffled(sources.iter().map(link).collect(), turn).into()
}
