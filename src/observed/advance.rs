//! What each op means: the world after it, and whether a world already looks like that.

use jiff::Timestamp;

use super::{Instance, Inventory, Job, Observed, Riders, ServiceGroup, ServiceSchedule, Source, SourceLink};
use crate::name::{Ocid, ReleaseName};
use crate::op::{GroupRef, Op, ParentRef, Schedule, SourceRef, Wanted};
use crate::package::{Package, PackageSet};

/// How many versions of an install-only package rpm-based tools keep (`installonly_limit` of dnf and yum).
const INSTALL_ONLY_LIMIT: usize = 3;

impl Observed {
    /// Does to this value what the op does to the world. Ids that only the service could give are made up from the
    /// op's own names, so that later ops find what earlier ones made.
    pub fn advance(&mut self, op: &Op) {
        match op {
            Op::CreateSource { release, name, owner, under, .. } => {
                let id = Ocid::new(&format!("ocid1.osmssoftwaresource.oc1..planned.{release}"));
                let parent = under.as_ref().and_then(|under| self.parent_id(under));
                self.sources.entry(id).or_insert_with(|| Source {
                    name: name.as_str().into(),
                    owner: Some(owner.clone()),
                    contents: Some(PackageSet::default()),
                    parent,
                });
            }
            Op::AddPackages { source, packages } => {
                self.edit_contents(source, |contents| contents.union(packages));
            }
            Op::RemovePackages { source, packages } => self.edit_contents(source, |contents| {
                contents.iter().filter(|package| !packages.contains(package)).collect()
            }),
            Op::CreateGroup { group, owner, outfit } => {
                let id = Ocid::new(&format!("ocid1.osmsmanagedinstancegroup.oc1..planned.{group}"));
                let sources = outfit.iter().filter_map(|outfit| self.link(&outfit.source)).collect();
                self.groups.entry(id).or_insert_with(|| ServiceGroup {
                    name: group.as_str().into(),
                    members: Default::default(),
                    owner: Some(owner.clone()),
                    sources,
                    busy: Default::default(),
                });
            }
            Op::DeleteGroup { group } => {
                if let Some(id) = self.group_id(group) {
                    self.groups.remove(&id);
                    self.instances.values_mut().for_each(|instance| {
                        instance.groups.remove(&id);
                    });
                }
            }
            Op::Join { group, instance } => self.edit_membership(group, instance, true),
            Op::Leave { group, instance } => self.edit_membership(group, instance, false),
            Op::Switch { instance: switched, to, drops, .. } => {
                self.switch(switched, to, drops);
                // What the old sources offered says nothing of the new one.
                self.updates.remove(switched);
            }
            Op::Update { instance, kind, .. } => self.update(instance, *kind, None),
            Op::Patch { instance, wanted, package } => self.update(instance, *wanted, *package),
            Op::Enforce { instance, adjusts, .. } => self.adjust(instance, adjusts),
            Op::Reboot { instance, .. } => self.boot(instance),
            Op::EnableStreams { instance, streams } => self.enable(instance, streams),
            Op::DeleteSource { source } => {
                if let Some(id) = self.source_id(source) {
                    self.sources.remove(&id);
                }
            }
            Op::CreateSchedule { group, name, owner, schedule, next } => {
                let Some(target) = self.group_id(group) else { return };
                let id = Ocid::new(&format!("ocid1.osmsscheduledjob.oc1..planned.{}", group.group));
                let job = job(name, schedule, *next, target, None);
                let made =
                    ServiceSchedule { owner: Some(owner.clone()), group: Some(group.group.clone()), job };
                self.schedules.insert(id, made);
            }
            Op::ChangeSchedule { group, id, name, owner, schedule, next } => {
                if let Some(seen) = self.schedules.get_mut(id)
                    && let Some(target) = seen.job.groups.first().cloned()
                {
                    seen.owner = Some(owner.clone());
                    seen.group = Some(group.clone());
                    seen.job = job(name, schedule, *next, target, seen.job.last);
                }
            }
            Op::DeleteSchedule { id, .. } => {
                self.schedules.remove(id);
            }
            Op::AdoptSource { id, owner, .. } => {
                if let Some(source) = self.sources.get_mut(id) {
                    source.owner = Some(owner.clone());
                }
            }
            Op::AdoptGroup { id, owner, .. } => {
                if let Some(group) = self.groups.get_mut(id) {
                    group.owner = Some(owner.clone());
                }
            }
            on_group => self.advance_crew(on_group),
        }
    }

    /// Tells whether the world already is as the op would make it. `Update` is never satisfied by itself: what it is
    /// for is proven by a `Verify`.
    pub fn satisfies(&self, op: &Op) -> bool {
        match op {
            Op::CreateSource { owner, .. } => {
                self.sources.values().any(|source| source.owner.as_ref() == Some(owner))
            }
            Op::AddPackages { source, packages } => self
                .contents(source)
                .is_some_and(|contents| packages.iter().all(|package| contents.contains(*package))),
            Op::RemovePackages { source, packages } => self
                .contents(source)
                .is_some_and(|contents| !packages.iter().any(|package| contents.contains(*package))),
            Op::CreateGroup { owner, group, .. } => self
                .groups
                .values()
                .any(|seen| seen.owner.as_ref() == Some(owner) && *seen.name == *group.as_str()),
            Op::DeleteGroup { group } => self.group_id(group).is_none_or(|id| !self.groups.contains_key(&id)),
            Op::Join { group, instance } => self.is_member(group, instance),
            Op::Leave { group, instance } => !self.is_member(group, instance),
            Op::Switch { instance, to, drops, .. } => self.instances.get(instance).is_some_and(|seen| {
                let under = to.under.as_ref().map(|under| self.parent_id(under));
                let dropped = !seen.children.iter().any(|child| drops.contains(&child.id));
                dropped
                    && self.source_id(to).is_some_and(|id| seen.has(&id, under.as_ref().map(Option::as_ref)))
            }),
            Op::Update { .. } | Op::Patch { .. } => false,
            Op::Enforce { instance, adjusts, .. } => {
                self.instances.contains_key(instance) && self.unadjusted(instance, adjusts).is_empty()
            }
            Op::Reboot { instance, kernel } => {
                self.instances.get(instance).is_some_and(|seen| seen.is_booted(kernel.as_deref()))
            }
            Op::EnableStreams { instance, streams } => self.has_enabled(instance, streams),
            Op::DeleteSource { source } => {
                self.source_id(source).is_none_or(|id| !self.sources.contains_key(&id))
            }
            Op::CreateSchedule { group, owner, .. } => {
                let target = self.group_id(group);
                self.schedules.values().any(|seen| {
                    seen.owner.as_ref() == Some(owner)
                        && seen.group.as_ref() == Some(&group.group)
                        && target.as_ref().is_some_and(|target| seen.job.is_for(target))
                })
            }
            Op::ChangeSchedule { group, id, name, owner, schedule, next } => {
                self.schedules.get(id).is_some_and(|seen| {
                    seen.owner.as_ref() == Some(owner)
                        && seen.group.as_ref() == Some(group)
                        && seen.job.does(name, schedule, *next)
                })
            }
            Op::DeleteSchedule { id, .. } => !self.schedules.contains_key(id),
            Op::AdoptSource { id, owner, .. } => {
                self.sources.get(id).is_some_and(|source| source.owner.as_ref() == Some(owner))
            }
            Op::AdoptGroup { id, owner, .. } => {
                self.groups.get(id).is_some_and(|group| group.owner.as_ref() == Some(owner))
            }
            on_group => self.satisfies_crew(on_group),
        }
    }

    /// Returns what a source is attached to, instances and groups: who is seen with it, and whom the service names where
    /// it was asked.
    pub fn riders(&self, source: &Ocid) -> Riders {
        let mut riders = self.riders.get(source).cloned().unwrap_or_default();
        for (id, group) in &self.groups {
            if group.has(source) {
                riders.insert(id.clone(), group.name.clone());
            }
        }
        for (id, seen) in &self.instances {
            if seen.parent.iter().chain(&seen.children).any(|link| link.id == *source) {
                riders.insert(id.clone(), seen.name.clone());
            }
        }
        riders
    }

    fn switch(&mut self, instance: &Ocid, to: &SourceRef, drops: &[Ocid]) {
        let Some(id) = self.source_id(to) else { return };
        let link = |id: Ocid, otherwise: &str| {
            let name = self.sources.get(&id).map_or_else(|| otherwise.into(), |source| source.name.clone());
            SourceLink { id, name }
        };
        let source = link(id, to.release.as_str());
        let under = to.under.as_ref().map(|under| self.parent_id(under).map(|id| link(id, "parent")));
        let Some(seen) = self.instances.get_mut(instance) else { return };
        match under {
            None => {
                seen.parent = Some(source);
                seen.children.clear();
            }
            Some(None) => {}
            Some(Some(parent)) => {
                if seen.parent.as_ref().is_none_or(|seen| seen.id != parent.id) {
                    seen.parent = Some(parent);
                    seen.children.clear();
                }
                if !seen.children.iter().any(|child| child.id == source.id) {
                    seen.children.push(source);
                }
                seen.children.retain(|child| !drops.contains(&child.id));
            }
        }
    }

    /// Finds the train's own parent: by id where the reference has one, else by its tags.
    pub fn parent_id(&self, parent: &ParentRef) -> Option<Ocid> {
        parent.id.clone().or_else(|| self.owned_source(&ReleaseName::own_parent()))
    }

    /// Finds the source of a release: by id where the reference has one, else by the tags of the source.
    pub fn source_id(&self, source: &SourceRef) -> Option<Ocid> {
        source.id.clone().or_else(|| self.owned_source(&source.release))
    }

    fn owned_source(&self, wanted: &ReleaseName) -> Option<Ocid> {
        let holds = |source: &Source| {
            source
                .owner
                .as_ref()
                .and_then(|owner| owner.release.as_ref())
                .is_some_and(|(release, _)| release == wanted)
        };
        self.sources.iter().find(|(_, source)| holds(source)).map(|(id, _)| id.clone())
    }

    /// Finds a group: by id where the reference has one, else by name among those with an owner.
    pub fn group_id(&self, group: &GroupRef) -> Option<Ocid> {
        let named = |seen: &ServiceGroup| seen.owner.is_some() && *seen.name == *group.group.as_str();
        let by_name = || self.groups.iter().find(|(_, seen)| named(seen)).map(|(id, _)| id.clone());
        group.id.clone().or_else(by_name)
    }

    fn contents(&self, source: &SourceRef) -> Option<&PackageSet> {
        self.sources.get(&self.source_id(source)?)?.contents.as_ref()
    }

    fn edit_contents(&mut self, source: &SourceRef, edit: impl FnOnce(&PackageSet) -> PackageSet) {
        let Some(source) = self.source_id(source).and_then(|id| self.sources.get_mut(&id)) else { return };
        source.contents = Some(edit(&source.contents.take().unwrap_or_default()));
    }

    fn is_member(&self, group: &GroupRef, instance: &Ocid) -> bool {
        let Some(id) = self.group_id(group) else { return false };
        self.instances.get(instance).is_some_and(|instance| instance.groups.contains(&id))
    }

    pub(super) fn edit_membership(&mut self, group: &GroupRef, instance: &Ocid, member: bool) {
        let Some(id) = self.group_id(group) else { return };
        let (Some(group), Some(seen)) = (self.groups.get_mut(&id), self.instances.get_mut(instance)) else {
            return;
        };
        if member {
            group.members.insert(instance.clone());
            seen.groups.insert(id);
        } else {
            group.members.remove(instance);
            seen.groups.remove(&id);
        }
    }

    pub(super) fn update(&mut self, id: &Ocid, wanted: Wanted, only: Option<Package>) {
        let Some(offered) = self.instances.get(id).and_then(|instance| self.offered(instance)) else {
            return;
        };
        let offered = match only.map_or_else(|| self.take_listed(id, wanted), |_| None) {
            None => match only {
                None => offered,
                Some(only) => {
                    self.forget_listed(id, only);
                    offered.iter().filter(|package| *package == only).collect()
                }
            },
            Some(listed) => {
                let is_listed = |package: &Package| {
                    listed.contains(&(package.name().into(), package.arch().as_str().into()))
                };
                offered.iter().filter(is_listed).collect()
            }
        };
        let Some(instance) = self.instances.get_mut(id) else { return };
        let Some(updated) = updated(instance, &offered) else { return };
        let Inventory { installed: before, unsourced } = instance.inventory.take().unwrap_or_default();
        instance.inventory = Some(Inventory { installed: updated, unsourced });
        self.await_boot(id, &before);
    }
}

fn job(name: &str, schedule: &Schedule, next: Timestamp, target: Ocid, last: Option<Timestamp>) -> Job {
    Job {
        name: name.into(),
        groups: [target].into(),
        instances: false,
        update: Some(schedule.update),
        every: Some(schedule.every),
        next: Some(next),
        last,
    }
}

/// What `yum update` leaves: each installed (name, architecture) at the newest version offered, never older;
/// install-only packages beside their older versions, the oldest going beyond the limit, the running one never.
fn updated(instance: &Instance, offered: &PackageSet) -> Option<PackageSet> {
    let installed = &instance.inventory.as_ref()?.installed;
    let running = instance.running_kernel.as_deref();
    let mut result = Vec::with_capacity(installed.len() + 8);
    crate::package::walk(installed, offered, |have, offer| {
        let (Some(newest), Some(candidate)) = (have.last(), offer.last()) else {
            result.extend_from_slice(have);
            return;
        };
        if candidate.cmp_evr(*newest).is_le() {
            result.extend_from_slice(have);
        } else if candidate.is_install_only() {
            let mut kept: Vec<Package> = have.to_vec();
            kept.push(*candidate);
            keep_within_limit(&mut kept, *candidate, running);
            result.extend(kept);
        } else {
            result.push(*candidate);
        }
    });
    Some(PackageSet::new(result))
}

/// Takes the oldest of an install-only package's versions away that are beyond the limit, but never the new one nor the
/// one that runs.
pub(super) fn keep_within_limit(versions: &mut Vec<Package>, new: Package, running: Option<&str>) {
    while versions.len() > INSTALL_ONLY_LIMIT {
        let runs = |package: &Package| running.is_some_and(|kernel| package.is_of_kernel(kernel));
        let oldest = versions.iter().position(|package| !runs(package) && *package != new);
        let Some(oldest) = oldest else { break };
        versions.remove(oldest);
    }
}
