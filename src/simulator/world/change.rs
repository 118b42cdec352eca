//! The changes that a world can undergo, as they stand in the journal, and what each does. Whether one is allowed was
//! decided before, by [`crate::simulator::rules`]; here it simply happens.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::hub::{Order, Step};
use super::objects::ObjectStep;
use super::{Consent, Group, Id, Job, JobPlan, Power, Source, StreamWork, Work, World};
use crate::package::{Package, PackageSet};
use crate::simulator::catalogue::UpdateType;

/// Tags as people set them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tags {
    /// Free-form: name to value.
    pub(crate) freeform: BTreeMap<Box<str>, Box<str>>,
    /// Defined: namespace to name to value.
    pub(crate) defined: BTreeMap<Box<str>, BTreeMap<Box<str>, serde_json::Value>>,
}

/// What of a source can be written later too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SourceText {
    /// Its name; not unique.
    pub(crate) name: Box<str>,
    /// What it is for.
    pub(crate) description: Option<Box<str>>,
    /// Who looks after it: name, mail, phone.
    pub(crate) maintainer: [Option<Box<str>>; 3],
    /// `SHA256` and so on.
    pub(crate) checksum_type: Option<Box<str>>,
    /// Its tags.
    pub(crate) tags: Tags,
}

/// Which updates are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Filter {
    /// All of them.
    All,
    /// Those in security errata; Ksplice updates are security too.
    Security,
    /// Those in bug errata.
    Bugfix,
    /// Those in enhancement errata.
    Enhancement,
    /// Those in no erratum.
    Other,
    /// Live patches of the running kernel; no packages.
    Ksplice,
    /// Live patches of what runs besides; no packages.
    KspliceUserspace,
}

impl Filter {
    /// Tells whether an update of the kind is wanted.
    pub(crate) fn admits(self, kind: UpdateType) -> bool {
        match self {
            Self::All => true,
            Self::Security => kind == UpdateType::Security,
            Self::Bugfix => kind == UpdateType::Bug,
            Self::Enhancement => kind == UpdateType::Enhancement,
            Self::Other => kind == UpdateType::Other,
            Self::Ksplice | Self::KspliceUserspace => false,
        }
    }
}

/// What an instance's agent is asked to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Task {
    /// Update what the filter admits.
    UpdateAll(Filter),
    /// Install a package, and nothing older than what is there.
    Install(Package),
    /// Install a package, whichever version of it is there.
    Bring(Package),
    /// Bring an installed package to this version.
    Update(Package),
    /// Remove a package.
    Remove(Package),
    /// Boot, as Compute has it do: no work request of any patch service.
    Boot,
    /// Enable, disable, put in and take out module streams.
    Streams(StreamWork),
    /// What OS Management Hub asks for.
    Hub(Arc<Order>),
}

/// A work request to come. Its times are fixed when it is accepted, so that a replay needs no switches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NewWork {
    /// Its id.
    pub(crate) id: Id,
    /// Whom it is for.
    pub(crate) instance: Id,
    /// When the agent picks it up; none when it never will.
    pub(crate) starts: Option<Timestamp>,
    /// When it ends.
    pub(crate) ends: Timestamp,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Change {
    /// A source is made.
    CreateSource {
        id: Id,
        compartment: Id,
        arch: Box<str>,
        parent: Option<Id>,
        text: SourceText,
        /// Whether it is one that has metadata of modules.
        #[serde(default)]
        modules: bool,
    },
    /// A source is described anew.
    UpdateSource { id: Id, text: SourceText },
    /// A source is deleted.
    DeleteSource { id: Id },
    /// Packages are put into a source.
    AddPackages { id: Id, packages: Vec<Package> },
    /// Packages are taken out of a source.
    RemovePackages { id: Id, packages: Vec<Package> },
    /// A group is made.
    CreateGroup {
        id: Id,
        #[serde(default = "super::generate::compartment")]
        compartment: Id,
        name: Box<str>,
        description: Option<Box<str>>,
        tags: Tags,
        os_family: Box<str>,
    },
    /// A group is described anew.
    UpdateGroup { id: Id, name: Box<str>, description: Option<Box<str>>, tags: Tags },
    /// A group is deleted; its members just leave.
    DeleteGroup { id: Id },
    /// A source, a group or a scheduled job is put into another compartment.
    Move { id: Id, compartment: Id },
    /// What people allow of an instance is another thing now.
    Consent { instance: Id, consent: Consent },
    /// An instance becomes a member.
    Join { group: Id, instance: Id },
    /// An instance is no longer a member.
    Leave { group: Id, instance: Id },
    /// An instance gets a parent source.
    AttachParent { instance: Id, source: Id },
    /// An instance loses its parent source and with it all children.
    DetachParent { instance: Id },
    /// An instance gets a child source.
    AttachChild { instance: Id, source: Id },
    /// An instance loses a child source.
    DetachChild { instance: Id, source: Id },
    /// Agents are asked to do something.
    Work { task: Task, works: Vec<NewWork> },
    /// An agent checks in no more. What it was asked to do has failed by these times, unless it comes back.
    Silence { instance: Id, works: Vec<NewWork> },
    /// An agent checks in again, and does by these times what it was asked to do.
    Return { instance: Id, works: Vec<NewWork> },
    /// The clock is moved on.
    Advance { seconds: i64 },
    /// A scheduled job is made.
    CreateJob { id: Id, job: Box<Job> },
    /// A scheduled job is to do something else.
    UpdateJob { id: Id, plan: Box<JobPlan> },
    /// A scheduled job is deleted. Work that it has begun goes on.
    DeleteJob { id: Id },
    /// A scheduled job runs now, besides its schedule.
    RunJob { id: Id },
    /// An instance is stopped, started or terminated, which the patch service is not told.
    Power { instance: Id, power: Power },
    /// The tag of an instance that says who patches it is set to another value, or taken off.
    Tag { instance: Id, value: Option<Box<str>> },
    /// Something will go wrong with the next work of an instance.
    Strike { instance: Id, mishap: Mishap },
    /// An instance is gone, with its memberships; its open work fails.
    Vanish { instance: Id, works: Vec<NewWork> },
    /// What OS Management Hub is asked for.
    Hub(Box<Step>),
    /// What Object Storage is asked for.
    Objects(Box<ObjectStep>),
}

/// What can go wrong with a piece of work. Merely telling what is installed never does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mishap {
    /// The agent does it and fails.
    Fails,
    /// The agent, which goes on checking in, never picks it up.
    Sticks,
    /// Nothing: what is to go wrong is later work.
    Passes,
}

impl World {
    /// Makes a change at a moment that time has already passed to.
    pub(crate) fn apply(&mut self, at: Timestamp, change: &Change) {
        self.serial += 1;
        let revision = self.serial;
        match change {
            Change::CreateSource { id, compartment, arch, parent, text, modules } => {
                let source = Source {
                    text: text.clone(),
                    compartment: compartment.clone(),
                    arch: arch.clone(),
                    parent: parent.clone(),
                    packages: PackageSet::default(),
                    vendor: false,
                    modules: *modules,
                    made: at,
                    deleted: false,
                    revision,
                };
                self.sources.insert(id.clone(), source);
            }
            Change::UpdateSource { id, text } => {
                self.edit_source(id, |source| source.text = text.clone());
            }
            Change::DeleteSource { id } => self.edit_source(id, |source| source.deleted = true),
            Change::AddPackages { id, packages } => {
                self.edit_source(id, |source| source.packages = source.packages.union(packages));
            }
            Change::RemovePackages { id, packages } => {
                let gone = PackageSet::new(packages.clone());
                self.edit_source(id, |source| {
                    source.packages = PackageSet::new(source.packages.difference(&gone));
                });
            }
            Change::CreateGroup { id, compartment, name, description, tags, os_family } => {
                let group = Group {
                    name: name.clone(),
                    compartment: compartment.clone(),
                    description: description.clone(),
                    tags: tags.clone(),
                    os_family: os_family.clone(),
                    members: Default::default(),
                    made: at,
                    deleted: false,
                    revision,
                };
                self.groups.insert(id.clone(), group);
            }
            Change::UpdateGroup { id, name, description, tags } => self.edit_group(id, |group| {
                group.name = name.clone();
                group.description = description.clone();
                group.tags = tags.clone();
            }),
            Change::DeleteGroup { id } => self.edit_group(id, |group| {
                group.deleted = true;
                group.members.clear();
            }),
            Change::Move { id, compartment } => {
                self.edit_source(id, |source| source.compartment = compartment.clone());
                self.edit_group(id, |group| group.compartment = compartment.clone());
                self.edit_job(id, |job| job.compartment = compartment.clone());
            }
            Change::Consent { instance, consent } => {
                self.edit_instance(instance, |instance| instance.consent = consent.clone());
            }
            Change::Join { group, instance } => self.edit_group(group, |group| {
                group.members.insert(instance.clone());
            }),
            Change::Leave { group, instance } => self.edit_group(group, |group| {
                group.members.remove(instance);
            }),
            Change::AttachParent { instance, source } => {
                self.edit_instance(instance, |instance| instance.parent = Some(source.clone()));
            }
            Change::DetachParent { instance } => self.edit_instance(instance, |instance| {
                instance.parent = None;
                instance.children.clear();
            }),
            Change::AttachChild { instance, source } => {
                self.edit_instance(instance, |instance| instance.children.push(source.clone()));
            }
            Change::DetachChild { instance, source } => {
                self.edit_instance(instance, |instance| instance.children.retain(|child| child != source));
            }
            Change::Strike { instance, mishap } => {
                self.mishaps.entry(instance.clone()).or_default().push_back(*mishap);
            }
            Change::Vanish { instance, works } => {
                self.reschedule(works);
                self.instances.remove(instance);
                for group in self.groups.values_mut() {
                    group.members.remove(instance);
                }
                self.forget_member(instance);
            }
            Change::Work { task, works } => {
                for NewWork { id, instance, starts, ends } in works {
                    self.serial += 1;
                    if let Some(Mishap::Fails) = self.mishaps.get_mut(instance).and_then(VecDeque::pop_front)
                    {
                        self.doomed.insert(id.clone());
                    }
                    let work = Work {
                        instance: instance.clone(),
                        task: task.clone(),
                        accepted: at,
                        starts: *starts,
                        ends: *ends,
                        outcome: None,
                    };
                    self.schedule(id, work);
                }
            }
            Change::Silence { instance, works } => {
                self.edit_instance(instance, |instance| instance.silent_since = Some(at));
                self.reschedule(works);
            }
            Change::Return { instance, works } => {
                if let Some(since) = self.instances.get(instance).and_then(|instance| instance.silent_since) {
                    self.resume_scans(instance, since, at);
                }
                self.edit_instance(instance, |instance| instance.silent_since = None);
                self.reschedule(works);
            }
            Change::Hub(step) => self.apply_step(at, step),
            Change::Objects(step) => self.apply_object_step(at, step),
            Change::Advance { seconds } => self.offset += seconds,
            Change::CreateJob { id, job } => {
                self.jobs.insert(id.clone(), Job { made: at, revision, ..(**job).clone() });
            }
            Change::UpdateJob { id, plan } => self.edit_job(id, |job| job.plan = (**plan).clone()),
            Change::DeleteJob { id } => self.edit_job(id, |job| {
                job.deleted = true;
                job.plan.next = None;
            }),
            Change::RunJob { id } => self.run_job(id, at),
            Change::Power { instance, power } => {
                self.edit_instance(instance, |instance| instance.machine.power = *power);
            }
            Change::Tag { instance, value } => self.edit_instance(instance, |instance| match value {
                Some(value) => drop(instance.machine.ops.insert("patch".into(), value.clone())),
                None => drop(instance.machine.ops.remove("patch")),
            }),
        }
    }

    fn reschedule(&mut self, works: &[NewWork]) {
        for NewWork { id, starts, ends, .. } in works {
            if let Some(work) = self.works.get(id).cloned() {
                self.schedule(id, Work { starts: *starts, ends: *ends, ..work });
            }
        }
    }

    fn edit_source(&mut self, id: &Id, edit: impl FnOnce(&mut Source)) {
        if let Some(source) = self.sources.get_mut(id) {
            source.revision = self.serial;
            edit(source);
        }
    }

    fn edit_group(&mut self, id: &Id, edit: impl FnOnce(&mut Group)) {
        if let Some(group) = self.groups.get_mut(id) {
            group.revision = self.serial;
            edit(group);
        }
    }

    fn edit_job(&mut self, id: &Id, edit: impl FnOnce(&mut Job)) {
        if let Some(job) = self.jobs.get_mut(id) {
            job.revision = self.serial;
            edit(job);
        }
    }

    pub(super) fn edit_instance(&mut self, id: &Id, edit: impl FnOnce(&mut super::Instance)) {
        if let Some(instance) = self.instances.get_mut(id) {
            instance.revision = self.serial;
            edit(instance);
        }
    }
}
