//! The service's API in front of the world: requests in, answers out, strict about whatever a client could get wrong.
//!
//! An operation reads the world and either answers at once or names a [`Change`] with what to answer once that is
//! durable; it never changes anything itself.

mod body;
mod compute;
mod errata;
mod fail;
mod groups;
mod instances;
mod jobs;
mod modules;
mod packages;
mod page;
mod query;
mod route;
mod rules;
mod signature;
mod sources;
mod work;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::switches::{Reaction, Switches};
use super::world::{Change, Group, Id, Instance, Source, World};

pub(crate) use body::parse as parse_body;
pub(crate) use fail::{Answer, Failure};
#[cfg(test)]
pub(crate) use packages::shipped;
pub(crate) use query::Query;
use route::BASE;
#[cfg(test)]
pub(crate) use route::ROUTES;
pub(crate) use route::{Operation, find};
pub(crate) use signature::verify;
pub(crate) use work::{bring_back, silence, strike, vanish};

/// A request that has found its operation.
pub(crate) struct Context<'a> {
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
    /// The body.
    pub(crate) body: &'a [u8],
    /// `if-match`.
    pub(crate) if_match: Option<&'a str>,
}

/// What an operation comes to.
pub(crate) enum Reply {
    /// An answer; nothing changes.
    Answer(Answer),
    /// A change, and what to answer when it has been made.
    Change(Change, Then),
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
    /// The scheduled job that was made.
    NewJob(Id),
    /// The scheduled job, as it is now.
    Job(Id),
    /// That it is done to a scheduled job.
    JobDone(Id),
    /// That work is accepted, with the id of its request where it is told.
    Accepted(Option<Id>),
}

type Result<T> = std::result::Result<T, Failure>;

/// Works out what a request comes to.
pub(crate) fn respond(operation: Operation, context: &Context<'_>) -> Result<Reply> {
    use Operation as O;
    match operation {
        O::ListInstances => instances::list(context).map(Reply::Answer),
        O::GetInstance => instances::get(context).map(Reply::Answer),
        O::ListInstalled => packages::installed(context).map(Reply::Answer),
        O::ListUpdates => packages::updates(context).map(Reply::Answer),
        O::ListErrata => errata::list(context).map(Reply::Answer),
        O::ListInstanceErrata => errata::of_instance(context).map(Reply::Answer),
        O::GetErratum => errata::get(context).map(Reply::Answer),
        O::ListAttachable => instances::attachable(context).map(Reply::Answer),
        O::AttachParent => rules::attach_parent(context),
        O::DetachParent => rules::detach_parent(context),
        O::AttachChild => rules::attach_child(context),
        O::DetachChild => rules::detach_child(context),
        O::ListGroups => groups::list(context).map(Reply::Answer),
        O::CreateGroup => groups::create(context),
        O::GetGroup => groups::get(context).map(Reply::Answer),
        O::UpdateGroup => groups::update(context),
        O::DeleteGroup => groups::delete(context),
        O::Join => groups::join(context),
        O::Leave => groups::leave(context),
        O::ListSources => sources::list(context).map(Reply::Answer),
        O::CreateSource => sources::create(context),
        O::GetSource => sources::get(context).map(Reply::Answer),
        O::UpdateSource => sources::update(context),
        O::DeleteSource => sources::delete(context),
        O::AddPackages => sources::add_packages(context),
        O::RemovePackages => sources::remove_packages(context),
        O::ListSourcePackages => packages::of_source(context).map(Reply::Answer),
        O::GetSourcePackage => packages::one_of_source(context).map(Reply::Answer),
        O::SearchPackages => packages::search(context).map(Reply::Answer),
        O::ListSourceStreams => modules::of_source(context).map(Reply::Answer),
        O::GetSourceStream => modules::get(context).map(Reply::Answer),
        O::ListInstanceStreams => modules::of_instance(context).map(Reply::Answer),
        O::UpdateInstance => work::update_instance(context),
        O::UpdateGroupMembers => work::update_group(context),
        O::InstallPackage => work::install(context),
        O::UpdatePackage => work::update(context),
        O::RemovePackage => work::remove(context),
        O::ListWorks => work::list(context).map(Reply::Answer),
        O::GetWork => work::get(context).map(Reply::Answer),
        O::ListWorkErrors => work::errors(context).map(Reply::Answer),
        O::ListWorkLogs => work::logs(context).map(Reply::Answer),
        O::ListJobs => jobs::list(context).map(Reply::Answer),
        O::ListUpcomingJobs => jobs::upcoming(context).map(Reply::Answer),
        O::CreateJob => jobs::create(context),
        O::GetJob => jobs::get(context).map(Reply::Answer),
        O::UpdateJob => jobs::update(context),
        O::DeleteJob => jobs::delete(context),
        O::RunJob => jobs::run_now(context),
        O::SkipJob => jobs::skip_next(context),
        O::ListComputeInstances => compute::instances(context).map(Reply::Answer),
        O::ListCompartments => compute::compartments(context).map(Reply::Answer),
        O::ManageStreams => modules::manage(context),
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
        Then::Done => Answer::done(),
        Then::NewSource(id) => sources::answer(world, id).at(BASE, "softwareSources", id),
        Then::NewGroup(id) => groups::answer(world, id).at(BASE, "managedInstanceGroups", id),
        Then::Source(id) => sources::answer(world, id),
        Then::Group(id) => groups::answer(world, id),
        Then::NewJob(id) => jobs::answer(world, id).at(BASE, "scheduledJobs", id),
        Then::Job(id) => jobs::answer(world, id),
        Then::JobDone(id) => jobs::done(world, id),
        Then::Accepted(None) => Answer::accepted(),
        Then::Accepted(Some(id)) => Answer::accepted().with("opc-work-request-id", &**id),
    }
}

impl Context<'_> {
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

    /// Finds a group, a deleted one too.
    fn any_group(&self, id: &str) -> Result<(&Id, &Group)> {
        self.world.groups.get_key_value(id).ok_or_else(|| Failure::unknown(id))
    }

    /// Finds a group that is not deleted.
    fn group(&self, id: &str) -> Result<(&Id, &Group)> {
        self.any_group(id).and_then(|found| match found.1.deleted {
            true => Err(Failure::unknown(id)),
            false => Ok(found),
        })
    }

    /// Finds a source, a deleted one too.
    fn any_source(&self, id: &str) -> Result<(&Id, &Source)> {
        self.world.sources.get_key_value(id).ok_or_else(|| Failure::unknown(id))
    }

    /// Finds a source that is not deleted.
    fn source(&self, id: &str) -> Result<(&Id, &Source)> {
        self.any_source(id).and_then(|found| match found.1.deleted {
            true => Err(Failure::unknown(id)),
            false => Ok(found),
        })
    }

    /// Finds a source that a caller may change: the vendor's are nobody's to change.
    fn own_source(&self, id: &str) -> Result<(&Id, &Source)> {
        self.source(id).and_then(|found| match found.1.vendor {
            true => Err(Failure::unknown(id)),
            false => Ok(found),
        })
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
        listed_compartment(id).then_some(id).ok_or_else(|| Failure::unknown(id))
    }

    /// Checks the compartment of a list that does not need one.
    fn optional_compartment(&self) -> Result<()> {
        match self.query.get("compartmentId") {
            Some(id) if !listed_compartment(id) => Err(Failure::unknown(id)),
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

    /// Tells whether everything here, which is all Linux, passes the filter of a list.
    fn is_linux_wanted(&self) -> Result<bool> {
        Ok(self.query.word("osFamily", &OS_FAMILIES)? != Some("WINDOWS"))
    }

    /// Reads the `lifecycleState` filter: which of ACTIVE and DELETED pass.
    fn lifecycle(&self) -> Result<impl Fn(bool) -> bool + use<>> {
        let states = ["CREATING", "UPDATING", "ACTIVE", "DELETING", "DELETED", "FAILED"];
        let wanted = self.query.word("lifecycleState", &states)?.map(str::to_owned);
        Ok(move |deleted| wanted.as_deref().is_none_or(|wanted| wanted == lifecycle_state(deleted)))
    }
}

const OS_FAMILIES: [&str; 3] = ["LINUX", "WINDOWS", "ALL"];

/// Tells whether sources and groups can be made in a compartment.
fn known_compartment(id: &str) -> bool {
    id == super::world::COMPARTMENT || id == super::world::TENANCY
}

/// Tells whether there is a compartment to list things of.
fn listed_compartment(id: &str) -> bool {
    known_compartment(id) || [super::world::STORES, super::world::PILOT].contains(&id)
}

fn lifecycle_state(deleted: bool) -> &'static str {
    if deleted { "DELETED" } else { "ACTIVE" }
}

fn etag(revision: u64) -> String {
    format!("{revision:016x}")
}

/// Answers a request for what already is so.
fn react(reaction: Reaction, why: &str) -> Result<Reply> {
    match reaction {
        Reaction::NoOp => Ok(Reply::Answer(Answer::done())),
        Reaction::Conflict => Err(Failure::conflict(why)),
    }
}
