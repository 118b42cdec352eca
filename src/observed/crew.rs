//! What ops on a group and all its members mean, for a service that binds groups to sources: members have what the group
//! has, get it as their agents check in, and install together.

use super::{Observed, Profile, ServiceGroup, SourceLink};
use crate::name::Ocid;
use crate::op::{Again, GroupRef, Op, SourceRef, Wanted};
use crate::package::Package;

impl Observed {
    /// Does what an op on a group does to the world.
    pub(super) fn advance_crew(&mut self, op: &Op) {
        match op {
            Op::Attach { group, source, .. } => {
                let Some(link) = self.link(source) else { return };
                self.bind(group, |sources| {
                    if !sources.iter().any(|known| known.id == link.id) {
                        sources.push(link);
                        sources.sort();
                    }
                });
            }
            Op::Detach { group, sources, .. } => {
                self.bind(group, |known| known.retain(|link| !sources.contains(&link.id)));
            }
            // Whoever joins gets the group's sources and installs the latest of them at once.
            Op::Enroll { group, instances, .. } => {
                instances.iter().for_each(|instance| self.edit_membership(group, instance, true));
                self.equip(group, instances);
                instances.iter().for_each(|instance| self.update(instance, Wanted::All, None));
            }
            Op::Dismiss { group, instances } => {
                instances.iter().for_each(|instance| self.edit_membership(group, instance, false));
            }
            Op::UpdateGroup { group, kind, .. } => self.update_members(group, *kind, None),
            Op::PatchGroup { group, wanted, package, .. } => self.update_members(group, *wanted, *package),
            Op::EnforceGroup { group, adjusts, .. } => {
                for id in self.reached(group) {
                    self.adjust(&id, adjusts);
                }
            }
            Op::EnableGroupStreams { group, streams, .. } => {
                let reached = self.reached(group);
                reached.iter().for_each(|id| self.enable(id, streams));
            }
            Op::Rerun { group, instances, again: Again::Sources, .. } => self.equip(group, instances),
            Op::Rerun { group, instances, again: Again::Join, .. } => {
                self.equip(group, instances);
                instances.iter().for_each(|instance| self.update(instance, Wanted::All, None));
            }
            Op::Rerun { instances, again: Again::Update(kind), .. } => {
                instances.iter().for_each(|instance| self.update(instance, *kind, None));
            }
            Op::CreateProfile { group, name, owner, .. } => {
                let Some(target) = self.group_id(group) else { return };
                let id = Ocid::new(&format!("ocid1.osmhprofile.oc1..planned.{}", group.group));
                let made =
                    Profile { name: name.as_str().into(), owner: Some(owner.clone()), group: Some(target) };
                self.profiles.insert(id, made);
            }
            Op::DeleteProfile { id, .. } => {
                self.profiles.remove(id);
            }
            // What is told anew is what is there.
            _ => {}
        }
    }

    /// Tells whether the world already is as an op on a group would make it. Updates never are by themselves.
    pub(super) fn satisfies_crew(&self, op: &Op) -> bool {
        match op {
            Op::Attach { group, source, .. } => {
                self.group(group).zip(self.source_id(source)).is_some_and(|(seen, id)| seen.has(&id))
            }
            Op::Detach { group, sources, .. } => {
                self.group(group).is_some_and(|seen| !sources.iter().any(|source| seen.has(source)))
            }
            Op::Enroll { group, instances, .. } => {
                self.group(group).is_some_and(|seen| instances.iter().all(|id| seen.members.contains(id)))
            }
            Op::Dismiss { group, instances } => {
                self.group(group).is_none_or(|seen| !instances.iter().any(|id| seen.members.contains(id)))
            }
            Op::CreateProfile { group, owner, .. } => {
                let target = self.group_id(group);
                let same = |seen: &Profile| seen.owner.as_ref() == Some(owner) && seen.group == target;
                target.is_some() && self.profiles.values().any(same)
            }
            Op::DeleteProfile { id, .. } => !self.profiles.contains_key(id),
            _ => false,
        }
    }

    fn group(&self, group: &GroupRef) -> Option<&ServiceGroup> {
        self.groups.get(&self.group_id(group)?)
    }

    pub(super) fn link(&self, source: &SourceRef) -> Option<SourceLink> {
        let id = self.source_id(source)?;
        let name = self.sources.get(&id).map_or_else(|| source.release.as_str().into(), |it| it.name.clone());
        Some(SourceLink { id, name })
    }

    /// Changes what a group has, and so what its members have.
    fn bind(&mut self, group: &GroupRef, change: impl FnOnce(&mut Vec<SourceLink>)) {
        let Some(seen) = self.group_id(group).and_then(|id| self.groups.get_mut(&id)) else { return };
        change(&mut seen.sources);
        let members: Vec<Ocid> = seen.members.iter().cloned().collect();
        self.equip(group, &members);
    }

    /// Gives members what their group has, as far as their agents check in.
    fn equip(&mut self, group: &GroupRef, members: &[Ocid]) {
        let Some(sources) = self.group(group).map(|seen| seen.sources.clone()) else { return };
        for id in members {
            let Some(seen) = self.instances.get_mut(id).filter(|seen| seen.status.takes_work()) else {
                continue;
            };
            (seen.parent, seen.children) = (None, sources.clone());
            // What the old sources offered says nothing of the new ones.
            self.updates.remove(id);
        }
    }

    /// Returns the members that check in.
    fn reached(&self, group: &GroupRef) -> Vec<Ocid> {
        let reached = |id: &&Ocid| self.instances.get(*id).is_some_and(|seen| seen.status.takes_work());
        self.group(group).into_iter().flat_map(|seen| &seen.members).filter(reached).cloned().collect()
    }

    fn update_members(&mut self, group: &GroupRef, wanted: Wanted, only: Option<Package>) {
        for id in self.reached(group) {
            self.update(&id, wanted, only);
        }
    }
}

impl ServiceGroup {
    /// Tells whether it has a source.
    pub fn has(&self, source: &Ocid) -> bool {
        self.sources.iter().any(|link| link.id == *source)
    }

    /// Tells whether it has a source, and no other.
    pub fn has_only(&self, source: &Ocid) -> bool {
        matches!(self.sources.as_slice(), [only] if only.id == *source)
    }
}
