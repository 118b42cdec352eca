//! OS Management (API 20190801): parent and child software sources on instances, groups of instances, one thing asked of
//! one agent at a time.

mod body;
mod errata;
mod groups;
mod instances;
mod jobs;
mod modules;
mod packages;
mod profiles;
mod route;
mod rules;
mod sources;
mod streams;
mod work;

use super::{
    Answer, Change, Context, Failure, Group, Id, Instance, Reply, Result, Source, Then, World, etag,
    known_compartment, names, page, parse_body, query,
};
use crate::simulator::switches::Reaction;
use crate::simulator::world::Verb;

use body::ChangeCompartment;
pub(crate) use route::{BASE, EVENTS, Operation, ROUTES};

/// Works out what a request comes to.
pub(super) fn respond(operation: Operation, context: &Context<'_>) -> Result<Reply> {
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
        O::ManageStreams => streams::manage(context),
        O::EnableStream => streams::one(context, Verb::Enable),
        O::DisableStream => streams::one(context, Verb::Disable),
        O::SwitchStream => streams::one(context, Verb::Switch),
        O::InstallProfile => streams::one(context, Verb::Install),
        O::RemoveProfile => streams::one(context, Verb::Remove),
        O::ListSourceProfiles => profiles::of_source(context).map(Reply::Answer),
        O::ListInstanceProfiles => profiles::of_instance(context).map(Reply::Answer),
        O::GetSourceProfile => profiles::get(context).map(Reply::Answer),
        O::ListInstallable => packages::installable(context).map(Reply::Answer),
        O::ChangeInstance => instances::update(context),
        O::MoveGroup => groups::change_compartment(context),
        O::MoveSource => sources::change_compartment(context),
        O::MoveJob => jobs::change_compartment(context),
    }
}

/// Renders what was promised for after a change.
pub(super) fn conclude(world: &World, then: &Then) -> Answer {
    match then {
        Then::Done => Answer::done(),
        Then::NewSource(id) => sources::answer(world, id).at(BASE, "softwareSources", id),
        Then::NewGroup(id) => groups::answer(world, id).at(BASE, "managedInstanceGroups", id),
        Then::Source(id) => sources::answer(world, id),
        Then::Group(id) => groups::answer(world, id),
        Then::Instance(id) => instances::answer(world, id),
        Then::NewJob(id) => jobs::answer(world, id).at(BASE, "scheduledJobs", id),
        Then::Job(id) => jobs::answer(world, id),
        Then::JobDone(id) => jobs::done(world, id),
        Then::Accepted(None) => Answer::accepted(),
        // Answered elsewhere.
        Then::Hub(_) | Then::Objects(_) | Then::Machine(_) => Answer::done(),
        Then::Accepted(Some(id)) => Answer::accepted().with("opc-work-request-id", &**id),
    }
}

impl Context<'_> {
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

    /// Puts what lies in one compartment into that of the body; nothing happens where it lies there already.
    fn move_from(&self, from: &str, id: &Id) -> Result<Reply> {
        let ChangeCompartment { compartment_id: to } = parse_body(self.body)?;
        if !known_compartment(&to) {
            return Err(Failure::related(&to));
        }
        Ok(match *to == *from {
            true => Reply::Answer(Answer::done()),
            false => Reply::Change(Change::Move { id: id.clone(), compartment: to.into() }, Then::Done),
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

fn lifecycle_state(deleted: bool) -> &'static str {
    if deleted { "DELETED" } else { "ACTIVE" }
}

/// Answers a request for what already is so.
fn react(reaction: Reaction, why: &str) -> Result<Reply> {
    match reaction {
        Reaction::NoOp => Ok(Reply::Answer(Answer::done())),
        Reaction::Conflict => Err(Failure::conflict(why)),
    }
}
