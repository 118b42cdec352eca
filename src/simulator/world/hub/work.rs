//! The hub's work: orders to agents, and work requests that are no agent's, and how each stands at a moment.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Wanted;
use crate::package::Package;
use crate::simulator::world::{Filter, Id, Outcome, StreamWork, Task, Work, World};

/// What a work request is about, in the API's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Operation {
    InstallPackages,
    RemovePackages,
    UpdatePackages,
    UpdateAllPackages,
    UpdateSecurity,
    UpdateBugfix,
    UpdateEnhancement,
    UpdateOther,
    UpdateKspliceKernel,
    UpdateKspliceUserspace,
    SetSoftwareSources,
    CreateSoftwareSource,
    UpdateSoftwareSource,
    ListPackages,
    ModuleActions,
    Reboot,
    RegisterManagedInstance,
    UnregisterManagedInstance,
    LifecyclePromotion,
}

impl Operation {
    /// Returns the API's word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::InstallPackages => "INSTALL_PACKAGES",
            Self::RemovePackages => "REMOVE_PACKAGES",
            Self::UpdatePackages => "UPDATE_PACKAGES",
            Self::UpdateAllPackages => "UPDATE_ALL_PACKAGES",
            Self::UpdateSecurity => "UPDATE_SECURITY",
            Self::UpdateBugfix => "UPDATE_BUGFIX",
            Self::UpdateEnhancement => "UPDATE_ENHANCEMENT",
            Self::UpdateOther => "UPDATE_OTHER",
            Self::UpdateKspliceKernel => "UPDATE_KSPLICE_KERNEL",
            Self::UpdateKspliceUserspace => "UPDATE_KSPLICE_USERSPACE",
            Self::SetSoftwareSources => "SET_SOFTWARE_SOURCES",
            Self::CreateSoftwareSource => "CREATE_SOFTWARE_SOURCE",
            Self::UpdateSoftwareSource => "UPDATE_SOFTWARE_SOURCE",
            Self::ListPackages => "LIST_PACKAGES",
            Self::ModuleActions => "MODULE_ACTIONS",
            Self::Reboot => "REBOOT",
            Self::RegisterManagedInstance => "REGISTER_MANAGED_INSTANCE",
            Self::UnregisterManagedInstance => "UNREGISTER_MANAGED_INSTANCE",
            Self::LifecyclePromotion => "LIFECYCLE_PROMOTION",
        }
    }
}

/// What people call a work request, and who or what it comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Label {
    /// Its name, where it was given one.
    pub(crate) name: Option<Box<str>>,
    /// Its description, where it was given one.
    pub(crate) description: Option<Box<str>>,
    /// The packages that were named, as they were spelled.
    pub(crate) packages: Vec<Box<str>>,
    /// The scheduled job that made it.
    pub(crate) initiator: Option<Id>,
    /// The work request whose failed parts it does again.
    pub(crate) rerun_of: Option<Id>,
}

/// What comes with becoming a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Joining {
    /// Only the group's sources.
    Sources,
    /// What is installed moves to the newest that the group's sources hold; what was installed on the group comes too.
    Latest,
    /// All that the group's sources hold comes, in its newest version.
    Everything,
}

/// What an agent is asked to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum What {
    /// Take the sources that the group has when it is done.
    Follow,
    /// Become like the other members.
    Join(Joining),
    /// Take more sources.
    Attach(Vec<Id>),
    /// Do without these sources.
    Detach(Vec<Id>),
    /// Update what one of the filters admits.
    Update(Vec<Filter>),
    /// Update the packages of these names.
    UpdateNamed(Vec<Box<str>>),
    /// Install packages, older ones than are there too where `downgrades` says so.
    Install { packages: Vec<Wanted>, downgrades: bool },
    /// Remove packages, where they are there.
    Remove(Vec<Wanted>),
    /// Tell what is installed.
    Refresh,
    /// Boot.
    Reboot,
    /// Enable, disable, put in and take out module streams.
    Streams(StreamWork),
    /// Be forgotten.
    Unregister,
}

/// An order to an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Order {
    /// What is to be done.
    pub(crate) what: What,
    /// What that is called.
    pub(crate) operation: Operation,
    /// What people call it.
    pub(crate) label: Label,
    /// The work request that it is a part of.
    pub(crate) parent: Option<Id>,
    /// From when on the part can be seen.
    pub(crate) shown: Timestamp,
    /// Whether the agent tells what is installed when it is done.
    pub(crate) tells: bool,
}

/// What a work request of the hub's own is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Subject {
    Group(Id),
    Source(Id),
    Compartment(Id),
    Stage(Id),
}

impl Subject {
    /// Returns the id of what it is about.
    pub(crate) fn id(&self) -> &Id {
        match self {
            Self::Group(id) | Self::Source(id) | Self::Compartment(id) | Self::Stage(id) => id,
        }
    }
}

/// What becomes of a source's contents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Contents {
    /// These come.
    Add(Vec<Package>),
    /// These go.
    Remove(Vec<Package>),
    /// These are all.
    Replace(Vec<Package>),
    /// It stays as it is, and the work fails: these are nowhere.
    Missing(Vec<Box<str>>),
}

/// What the hub does by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Own {
    /// What becomes of the subject, where it is a source.
    pub(crate) contents: Option<Contents>,
    /// When it begins.
    pub(crate) starts: Timestamp,
    /// When it ends.
    pub(crate) ends: Timestamp,
}

/// A work request that is no agent's.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Root {
    /// What it is about.
    pub(crate) subject: Subject,
    /// The subject's name, which outlives it.
    pub(crate) subject_name: Box<str>,
    /// What is done.
    pub(crate) operation: Operation,
    /// What people call it.
    pub(crate) label: Label,
    /// The compartment it lies in.
    pub(crate) compartment: Id,
    /// When it was accepted.
    pub(crate) accepted: Timestamp,
    /// From when on its parts can be seen.
    pub(crate) shown: Timestamp,
    /// Its parts, which are agents' work.
    pub(crate) children: Vec<Id>,
    /// What the hub does by itself, if that is what it is.
    pub(crate) own: Option<Own>,
    /// How that went; none before its end.
    pub(crate) outcome: Option<Outcome>,
}

/// How a work request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Accepted,
    InProgress,
    Succeeded,
    Failed,
}

impl Status {
    /// Returns the API's word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Accepted => "ACCEPTED",
            Self::InProgress => "IN_PROGRESS",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
        }
    }

    /// Tells whether it has ended.
    pub(crate) fn has_ended(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed)
    }
}

/// How a work request stands at a moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stand {
    /// In a word.
    pub(crate) status: Status,
    /// How much of it is done.
    pub(crate) percent: u32,
    /// When it began.
    pub(crate) started: Option<Timestamp>,
    /// When it ended.
    pub(crate) finished: Option<Timestamp>,
}

/// Returns the hub's order that work is of; none for OSMS's work.
pub(crate) fn order_of(work: &Work) -> Option<&Arc<Order>> {
    match &work.task {
        Task::Hub(order) => Some(order),
        _ => None,
    }
}

impl Stand {
    fn of(starts: Option<Timestamp>, ends: Timestamp, outcome: Option<&Outcome>, now: Timestamp) -> Self {
        let started = starts.filter(|starts| *starts <= now);
        let status = match (outcome, started) {
            (Some(Outcome::Succeeded { .. }), _) => Status::Succeeded,
            (Some(Outcome::Failed { .. }), _) => Status::Failed,
            (None, Some(_)) => Status::InProgress,
            (None, None) => Status::Accepted,
        };
        let percent = match (status, started) {
            (Status::Succeeded | Status::Failed, _) => 100,
            (_, None) => 0,
            (_, Some(starts)) => {
                let (done, all) =
                    (now.duration_since(starts).as_millis(), ends.duration_since(starts).as_millis());
                u32::try_from(done * 100 / all.max(1)).unwrap_or(99).min(99)
            }
        };
        Self { status, percent, started, finished: outcome.map(|_| ends) }
    }

    /// Returns how an agent's work stands.
    pub(crate) fn of_work(work: &Work, now: Timestamp) -> Self {
        Self::of(work.starts, work.ends, work.outcome.as_ref(), now)
    }
}

impl World {
    /// Returns how a work request that is no agent's stands: a tree is in progress until all its parts have ended, and
    /// fails if one of them has.
    pub(crate) fn stand(&self, root: &Root, now: Timestamp, mixed_fails: bool) -> Stand {
        if let Some(own) = &root.own {
            return Stand::of(Some(own.starts), own.ends, root.outcome.as_ref(), now);
        }
        let parts = root.children.iter().filter_map(|id| self.works.get(id));
        let parts: Vec<Stand> = parts.map(|work| Stand::of_work(work, now)).collect();
        let started = parts.iter().filter_map(|part| part.started).min();
        let count = |status| parts.iter().filter(|part| part.status == status).count();
        if parts.iter().all(|part| part.status.has_ended()) {
            let failed = count(Status::Failed);
            let fails = failed > 0 && (mixed_fails || failed == parts.len());
            let status = if fails { Status::Failed } else { Status::Succeeded };
            let finished = parts.iter().filter_map(|part| part.finished).max().unwrap_or(root.accepted);
            let started = started.unwrap_or(root.accepted);
            return Stand { status, percent: 100, started: Some(started), finished: Some(finished) };
        }
        let begun = parts.iter().any(|part| part.status != Status::Accepted);
        let status = if begun { Status::InProgress } else { Status::Accepted };
        let sum: u64 = parts.iter().map(|part| u64::from(part.percent)).sum();
        let percent = u32::try_from(sum / (parts.len() as u64).max(1)).unwrap_or(99).min(99);
        Stand { status, percent, started, finished: None }
    }
}
