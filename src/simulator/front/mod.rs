//! The service's API in front of the world: requests in, answers out, strict about whatever a client could get wrong.
//!
//! An operation reads the world and either answers at once or names a [`Change`] with what to answer once that is
//! durable; it never changes anything itself.

mod agents;
mod body;
mod compute;
mod fail;
mod hub;
mod names;
mod objects;
mod osms;
mod page;
mod query;
mod route;
mod signature;
mod streams;
mod token;

use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::shelf::Shelf;
use super::switches::Switches;
use super::world::{Change, Group, Id, Instance, Mishap, NewWork, Source, World};

pub(crate) use agents::{bring_back, silence, strike, vanish};
pub(crate) use body::parse as parse_body;
pub(crate) use fail::{Answer, Failure};
pub(crate) use hub::register;
#[cfg(test)]
pub(crate) use names::shipped;
pub(crate) use objects::is_path as is_object_storage;
pub(crate) use query::Query;
pub(crate) use route::{Api, Serves, find};
pub(crate) use signature::verify;
#[cfg(test)]
pub(crate) use {hub::routes as hub_routes, osms::ROUTES};

/// What works out what a request comes to.
pub(crate) type Handler = fn(&Context<'_>) -> Result<Reply>;

/// A request that has found its operation.
pub(crate) struct Context<'a> {
    /// Whose request it is.
    pub(crate) api: Api,
    /// How many requests were served before; what is shuffled is shuffled by it.
    pub(crate) turn: u64,
    /// The world at `now`.
    pub(crate) world: &'a World,
    /// The simulator's time.
    pub(crate) now: Timestamp,
    /// What nobody documented.
    pub(crate) switches: &'a Switches,
    /// The path as it was sent.
    pub(crate) path: &'a str,
    /// The variable parts of the path, decoded.
    pub(crate) variables: Vec<String>,
    /// The query.
    pub(crate) query: Query,
    /// All headers.
    pub(crate) headers: &'a HeaderMap,
    /// The body.
    pub(crate) body: &'a [u8],
    /// `if-match`.
    pub(crate) if_match: Option<&'a str>,
    /// The bytes of objects.
    pub(crate) shelf: &'a Shelf,
}

/// What an operation comes to.
pub(crate) enum Reply {
    /// An answer; nothing changes.
    Answer(Answer),
    /// A change, and what to answer when it has been made.
    Change(Change, Then),
    /// The same, after the request's body has been put on the shelf under a name.
    Keep(Id, Change, Then),
}

/// What to answer after a change; stands in the journal, so that a retry token is answered alike after a restart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Then {
    /// That it is done.
    Done,
    /// The source that was made.
    NewSource(Id),
    /// The group that was made.
    NewGroup(Id),
    /// The source, as it is now.
    Source(Id),
    /// The group, as it is now.
    Group(Id),
    /// The instance, as it is now.
    Instance(Id),
    /// The instance, as Compute has it.
    Machine(Id),
    /// The scheduled job that was made.
    NewJob(Id),
    /// The scheduled job, as it is now.
    Job(Id),
    /// That it is done to a scheduled job.
    JobDone(Id),
    /// That work is accepted, with the id of its request where it is told.
    Accepted(Option<Id>),
    /// What OS Management Hub answers.
    Hub(hub::Then),
    /// What Object Storage answers.
    Objects(objects::Then),
}

type Result<T> = std::result::Result<T, Failure>;

/// Works out what a request comes to.
pub(crate) fn respond(serves: Serves, context: &Context<'_>) -> Result<Reply> {
    match serves {
        Serves::Osms(operation) => osms::respond(operation, context),
        Serves::Hub(handler) | Serves::Objects(handler) => handler(context),
        Serves::Instances => compute::instances(context).map(Reply::Answer),
        Serves::Action => compute::act(context),
        Serves::Compartments => compute::compartments(context).map(Reply::Answer),
    }
}

/// Returns the id of an instance of the world, as the world keeps it.
pub(crate) fn instance_id(world: &World, id: &str) -> Result<Id> {
    let found = world.instances.get_key_value(id);
    found.map(|(id, _)| id.clone()).ok_or_else(|| Failure::unknown(id))
}

/// Renders what was promised for after a change.
pub(crate) fn conclude(world: &World, then: &Then) -> Answer {
    match then {
        Then::Hub(then) => hub::conclude(world, then),
        Then::Objects(then) => objects::conclude(world, then),
        Then::Machine(id) => compute::answer(world, id),
        then => osms::conclude(world, then),
    }
}

impl Context<'_> {
    /// Says when an agent will do what it is asked for.
    fn schedule(
        &self,
        instance: (&Id, &Instance),
        work: Id,
        pace: ((Duration, Duration), Option<Mishap>),
    ) -> NewWork {
        agents::schedule((self.world, self.switches), self.now, instance, work, pace)
    }

    fn variable(&self, index: usize) -> &str {
        self.variables.get(index).map_or("", String::as_str)
    }

    /// Finds an instance that the service knows by now.
    fn instance(&self, id: &str) -> Result<(&Id, &Instance)> {
        let found = self.world.instances.get_key_value(id);
        found
            .filter(|(_, instance)| instance.is_known(self.now))
            .ok_or_else(|| Failure::unknown(&format!("Unknown Managed Instance {id}")))
    }

    /// Checks `if-match` where it was sent.
    fn matches(&self, revision: u64) -> Result<()> {
        match self.if_match {
            Some(tag) if tag.trim_matches('"') != etag(revision) && tag != "*" => Err(Failure::etag()),
            _ => Ok(()),
        }
    }

    /// Checks the compartment of a list, and returns it.
    fn compartment(&self) -> Result<&str> {
        let id = self.query.required("compartmentId")?;
        known_compartment(id).then_some(id).ok_or_else(|| Failure::unknown(id))
    }

    /// Checks the compartment of a list that does not need one.
    fn optional_compartment(&self) -> Result<()> {
        match self.query.get("compartmentId") {
            Some(id) if !known_compartment(id) => Err(Failure::unknown(id)),
            _ => Ok(()),
        }
    }

    /// Tells whether a display name passes the filter of a list.
    fn names(&self, name: &str) -> bool {
        self.query.get("displayName").is_none_or(|wanted| match self.switches.partial_display_names {
            true => name.contains(wanted),
            false => name == wanted,
        })
    }
}

/// Tells whether there is a compartment, to list things of and to put things into.
fn known_compartment(id: &str) -> bool {
    use super::world::{COMPARTMENT, PILOT, STORES, TENANCY};
    [COMPARTMENT, TENANCY, STORES, PILOT].contains(&id)
}

fn etag(revision: u64) -> String {
    format!("{revision:016x}")
}

/// The paths that the APIs stand under: OSMS and OS Management Hub.
#[cfg(test)]
pub(crate) const BASES: [&str; 2] = [osms::BASE, hub::BASE];
