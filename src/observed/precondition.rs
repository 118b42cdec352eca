//! What must hold just before a step runs, as data, and the check of it against a fresh look.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Instance, Observed, ServiceGroup, SourceLink};
use crate::name::Ocid;
use crate::op::{GroupRef, Ownership, SourceRef};
use crate::package::{Digest, PackageSet};

/// What must hold just before a step runs. Checked after "is it already done?", so it describes only the start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "expects", rename_all = "kebab-case")]
pub enum Precondition {
    /// Nothing beyond what the op itself names.
    Nothing,
    /// The instance is there and its parent source is this one, or it has none (a switch that a crash cut in two).
    ParentOrNone {
        /// The instance.
        instance: Ocid,
        /// The parent the plan saw.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent: Option<Ocid>,
    },
    /// The instance is there, takes work, has none open, and rides the source.
    Rides {
        /// The instance.
        instance: Ocid,
        /// The source.
        source: SourceRef,
    },
    /// The instance is there, is reached, and rides the source.
    Attached {
        /// The instance.
        instance: Ocid,
        /// The source.
        source: SourceRef,
    },
    /// The instance is there, takes work, and has none open.
    Idle {
        /// The instance.
        instance: Ocid,
    },
    /// The source is there and its tags say that it is ours.
    Owned {
        /// The source.
        source: SourceRef,
        /// Whose it is to be.
        owner: Ownership,
    },
    /// The instance is there, and its parent source is this one, or it has none, or it has the parent that the source
    /// hangs under with no other children than these and the source (a switch that a crash cut).
    Hangs {
        /// The instance.
        instance: Ocid,
        /// The parent the plan saw.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent: Option<Ocid>,
        /// The children under the train's own parent that the plan saw.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        children: Vec<Ocid>,
        /// The source it is to ride.
        source: SourceRef,
    },
    /// The source is ours by its tags and attached to no instance, be it one of the train or not.
    Unridden {
        /// The source.
        source: SourceRef,
        /// Whose it is to be.
        owner: Ownership,
    },
    /// The group is there and has no other sources than these and the one it is to have.
    Carries {
        /// The group.
        group: GroupRef,
        /// The sources that the plan saw.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        sources: Vec<Ocid>,
        /// The source it is to have.
        source: SourceRef,
    },
    /// The group is there and has this source, and no other.
    Bound {
        /// The group.
        group: GroupRef,
        /// The source.
        source: SourceRef,
    },
    /// The group is there, and its tags say that it is ours or name nobody.
    UntakenGroup {
        /// The group.
        group: GroupRef,
        /// Whose it is to be.
        owner: Ownership,
    },
    /// The registration profile is there and its tags say that it is ours.
    OwnedProfile {
        /// The profile.
        id: Ocid,
        /// Whose it is to be.
        owner: Ownership,
    },
    /// The scheduled job is there and its tags say that it is ours.
    OwnedSchedule {
        /// The job.
        id: Ocid,
        /// Whose it is to be.
        owner: Ownership,
    },
    /// The source or group is there, is whose the plan saw it be, and, of a source, holds what the plan saw.
    AsSeen {
        /// The source or group.
        id: Ocid,
        /// Whose it was by its tags.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<Ownership>,
        /// The digest of a source's packages.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        contents: Option<Digest>,
        /// What a group had; none in the plans of older builds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<Box<SeenGroup>>,
    },
}

/// What a group had that is to be taken over: what is done with it was planned for that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenGroup {
    /// The digest of its members.
    pub members: Digest,
    /// Its sources.
    pub sources: BTreeSet<Ocid>,
}

impl SeenGroup {
    /// Takes it from a group.
    pub fn of(group: &ServiceGroup) -> Self {
        Self {
            members: Digest::of_lines(group.members.iter().map(Ocid::as_str)),
            sources: group.sources.iter().map(|link| link.id.clone()).collect(),
        }
    }
}

/// A precondition that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(tag = "breach", rename_all = "kebab-case")]
pub enum Breach {
    /// The instance is no longer known to the service.
    #[error("the service no longer knows the instance")]
    InstanceGone,
    /// The parent is another one than the plan saw.
    #[error("its source is now `{found}`; the plan saw `{expected}`")]
    Parent {
        /// What the plan saw.
        expected: String,
        /// What is there.
        found: String,
    },
    /// The instance cannot take work now.
    #[error("the service does not reach the instance")]
    Unreachable,
    /// A work request of the instance is open, and a second update must not be sent.
    #[error("work request {ticket} of the instance is still open")]
    OpenWork {
        /// Its id.
        ticket: String,
    },
    /// The source is gone or is not ours.
    #[error("the software source of {release} is gone, or its tags no longer say that it is ours")]
    Source {
        /// The release.
        release: String,
    },
    /// A child is attached that the plan did not see.
    #[error("the child source `{found}` is attached to it now, which the plan did not see")]
    Child {
        /// The child.
        found: String,
    },
    /// Instances still have the source.
    #[error("the software source of {release} is attached to {riders}")]
    Ridden {
        /// The release.
        release: String,
        /// Who, by name.
        riders: String,
    },
    /// The group is no longer known to the service.
    #[error("the service no longer knows group {group}")]
    GroupGone {
        /// Its name.
        group: String,
    },
    /// The group has other sources than the plan saw.
    #[error("group {group} now has {found}; the plan saw {expected}")]
    GroupSources {
        /// Its name.
        group: String,
        /// What the plan saw, or would have there by now.
        expected: String,
        /// What is there.
        found: String,
    },
    /// The group is another's.
    #[error("group {group} belongs to {owner} by its tags")]
    OthersGroup {
        /// Its name.
        group: String,
        /// Whose it is.
        owner: String,
    },
    /// The registration profile is gone or is not ours.
    #[error("the registration profile {id} is gone, or its tags no longer say that it is ours")]
    Profile {
        /// Its id.
        id: String,
    },
    /// What is to be imported is gone.
    #[error("{id}, which is to be imported, is gone")]
    ImportGone {
        /// Its id.
        id: String,
    },
    /// What is to be imported is no longer as the plan saw it.
    #[error("{id} is not as the plan saw it: {what}")]
    NotAsSeen {
        /// Its id.
        id: String,
        /// What is another.
        what: String,
    },
    /// The scheduled job is gone or is not ours.
    #[error("the scheduled job {id} is gone, or its tags no longer say that it is ours")]
    Schedule {
        /// Its id.
        id: String,
    },
}

fn moved(expected: Option<&Ocid>, found: &SourceLink) -> Breach {
    let expected = expected.map_or_else(|| "none".to_owned(), Ocid::to_string);
    Breach::Parent { expected, found: format!("{} ({})", found.name, found.id) }
}

fn elsewhere(group: &GroupRef, seen: &ServiceGroup, expected: String) -> Breach {
    let found: Vec<String> = seen.sources.iter().map(|link| format!("{} ({})", link.name, link.id)).collect();
    let found = if found.is_empty() { "none".to_owned() } else { found.join(", ") };
    Breach::GroupSources { group: group.group.to_string(), expected, found }
}

/// How many instances a breach names before it counts.
const NAMED: usize = 3;

impl Observed {
    /// Checks a precondition against what was just seen.
    pub fn check(&self, precondition: &Precondition) -> Result<(), Breach> {
        match precondition {
            Precondition::Nothing => Ok(()),
            Precondition::ParentOrNone { instance, parent } => {
                let seen = self.instances.get(instance).ok_or(Breach::InstanceGone)?;
                match &seen.parent {
                    None => Ok(()),
                    Some(found) if Some(&found.id) == parent.as_ref() => Ok(()),
                    Some(found) => Err(moved(parent.as_ref(), found)),
                }
            }
            Precondition::Hangs { instance, parent, children, source } => {
                let seen = self.instances.get(instance).ok_or(Breach::InstanceGone)?;
                let Some(found) = &seen.parent else { return Ok(()) };
                if source.under.as_ref().and_then(|under| under.id.as_ref()) == Some(&found.id) {
                    let expected = |id: &Ocid| children.contains(id) || source.id.as_ref() == Some(id);
                    let stray = seen.children.iter().find(|child| !expected(&child.id));
                    return stray.map_or(Ok(()), |stray| {
                        let (name, id) = (&stray.name, &stray.id);
                        Err(Breach::Child { found: format!("{name} ({id})") })
                    });
                }
                if Some(&found.id) == parent.as_ref() { Ok(()) } else { Err(moved(parent.as_ref(), found)) }
            }
            Precondition::Attached { instance, source } => self.check_attached(instance, source).map(drop),
            Precondition::Rides { instance, source } => {
                let seen = self.check_attached(instance, source)?;
                match seen.open_work.first() {
                    Some(ticket) => Err(Breach::OpenWork { ticket: ticket.to_string() }),
                    None => Ok(()),
                }
            }
            Precondition::OwnedSchedule { id, owner } => {
                match self.schedules.get(id).and_then(|seen| seen.owner.as_ref()) {
                    Some(seen) if seen == owner => Ok(()),
                    _ => Err(Breach::Schedule { id: id.to_string() }),
                }
            }
            Precondition::Carries { group, sources, source } => {
                let seen = self.check_group(group)?;
                let expected = |id: &Ocid| sources.contains(id) || source.id.as_ref() == Some(id);
                if seen.sources.iter().all(|link| expected(&link.id)) {
                    return Ok(());
                }
                let expected = sources.iter().map(Ocid::to_string).collect::<Vec<_>>().join(", ");
                Err(elsewhere(group, seen, if expected.is_empty() { "none".to_owned() } else { expected }))
            }
            Precondition::Bound { group, source } => {
                let seen = self.check_group(group)?;
                if source.id.as_ref().is_some_and(|id| seen.has_only(id)) {
                    return Ok(());
                }
                Err(elsewhere(group, seen, format!("the source of {} alone", source.release)))
            }
            Precondition::UntakenGroup { group, owner } => match &self.check_group(group)?.owner {
                Some(seen) if seen != owner => Err(Breach::OthersGroup {
                    group: group.group.to_string(),
                    owner: Ownership::told(Some(seen)),
                }),
                _ => Ok(()),
            },
            Precondition::OwnedProfile { id, owner } => {
                match self.profiles.get(id).and_then(|seen| seen.owner.as_ref()) {
                    Some(seen) if seen == owner => Ok(()),
                    _ => Err(Breach::Profile { id: id.to_string() }),
                }
            }
            Precondition::Idle { instance } => {
                let seen = self.instances.get(instance).ok_or(Breach::InstanceGone)?;
                match (seen.status.takes_work(), seen.open_work.first()) {
                    (false, _) => Err(Breach::Unreachable),
                    (true, Some(ticket)) => Err(Breach::OpenWork { ticket: ticket.to_string() }),
                    (true, None) => Ok(()),
                }
            }
            Precondition::Owned { source, owner } => self.check_owned(source, owner).map(drop),
            Precondition::AsSeen { id, owner, contents, group } => {
                self.check_as_seen(id, owner.as_ref(), *contents, group.as_deref())
            }
            Precondition::Unridden { source, owner } => {
                let id = self.check_owned(source, owner)?;
                let riders = self.riders(id);
                let release = source.release.to_string();
                if riders.is_empty() {
                    return Ok(());
                }
                let mut names: Vec<&str> = riders.values().take(NAMED).map(|name| &**name).collect();
                if riders.len() > NAMED {
                    names.push("...");
                }
                let many = if riders.len() == 1 { "instance" } else { "instances" };
                let riders = format!("{} {many} ({})", riders.len(), names.join(", "));
                Err(Breach::Ridden { release, riders })
            }
        }
    }

    fn check_group(&self, group: &GroupRef) -> Result<&ServiceGroup, Breach> {
        let seen = group.id.as_ref().and_then(|id| self.groups.get(id));
        seen.ok_or_else(|| Breach::GroupGone { group: group.group.to_string() })
    }

    /// Whose something is, and what it holds, was shown before it was to be taken over.
    fn check_as_seen(
        &self,
        id: &Ocid,
        owner: Option<&Ownership>,
        contents: Option<Digest>,
        group: Option<&SeenGroup>,
    ) -> Result<(), Breach> {
        let source = self.sources.get(id);
        let now = self.groups.get(id);
        let seen = source.map(|source| &source.owner).or(now.map(|group| &group.owner));
        let id = id.to_string();
        let Some(seen) = seen else { return Err(Breach::ImportGone { id }) };
        if seen.as_ref() != owner {
            return Err(Breach::NotAsSeen {
                id,
                what: format!("its tags name {}", Ownership::told(seen.as_ref())),
            });
        }
        let holds = source.and_then(|source| source.contents.as_ref()).map(PackageSet::digest);
        if contents.is_some() && holds != contents {
            return Err(Breach::NotAsSeen { id, what: "it holds other packages".to_owned() });
        }
        if let Some((expected, now)) = group.zip(now.map(SeenGroup::of)) {
            let what = match (expected.members == now.members, expected.sources == now.sources) {
                (true, true) => return Ok(()),
                (false, _) => "it has other members",
                (true, false) => "it has other software sources",
            };
            return Err(Breach::NotAsSeen { id, what: what.to_owned() });
        }
        Ok(())
    }

    fn check_owned<'a>(&self, source: &'a SourceRef, owner: &Ownership) -> Result<&'a Ocid, Breach> {
        let known = source.id.as_ref().and_then(|id| Some((id, self.sources.get(id)?)));
        match known {
            Some((id, known)) if known.owner.as_ref() == Some(owner) => Ok(id),
            _ => Err(Breach::Source { release: source.release.to_string() }),
        }
    }

    fn check_attached(&self, instance: &Ocid, source: &SourceRef) -> Result<&Instance, Breach> {
        let seen = self.instances.get(instance).ok_or(Breach::InstanceGone)?;
        let under = source.under.as_ref().map(|under| under.id.as_ref());
        if !source.id.as_ref().is_some_and(|id| seen.has(id, under)) {
            let attached: Vec<String> = seen
                .parent
                .iter()
                .chain(&seen.children)
                .map(|link| format!("{} ({})", link.name, link.id))
                .collect();
            let expected = format!("the source of {}", source.release);
            return Err(match attached.as_slice() {
                [] => Breach::Parent { expected, found: "none".to_owned() },
                [parent] => Breach::Parent { expected, found: parent.clone() },
                [parent, children @ ..] => {
                    Breach::Parent { expected, found: format!("{parent} with {}", children.join(", ")) }
                }
            });
        }
        if !seen.status.takes_work() {
            return Err(Breach::Unreachable);
        }
        Ok(seen)
    }
}
