//! What the hub is asked to change, as it stands in the journal: facts that hold at once, and work to come.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Availability, Environment, Group, Home, Job, Label, Operation, Order, Own, Plan, Profile, Recipe, Root,
    Side, Source, Stage, Subject, System, Text, What,
};
use crate::package::{Package, PackageSet};
use crate::simulator::world::{Id, Mishap, NewWork, Task, Work, World};

/// One change: facts, then work.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Step {
    /// What holds at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) facts: Vec<Fact>,
    /// What is yet to be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tree: Option<NewTree>,
}

/// Work to come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NewTree {
    /// The work request that is no agent's; none for what one agent is asked alone.
    pub(crate) root: Option<NewRoot>,
    /// The orders to agents, and when each of them does what it is told.
    pub(crate) parts: Vec<(Order, Vec<NewWork>)>,
}

/// A work request to come that is no agent's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NewRoot {
    pub(crate) id: Id,
    pub(crate) subject: Subject,
    pub(crate) subject_name: Box<str>,
    pub(crate) operation: Operation,
    pub(crate) label: Label,
    pub(crate) compartment: Id,
    pub(crate) shown: Timestamp,
    pub(crate) own: Option<Own>,
}

/// A source to come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NewSource {
    pub(crate) text: Text,
    pub(crate) compartment: Id,
    pub(crate) recipe: Recipe,
    pub(crate) repo_id: Box<str>,
    pub(crate) os_family: Box<str>,
    pub(crate) arch: Box<str>,
    pub(crate) availability: [Availability; 2],
    pub(crate) packages: Vec<Package>,
    pub(crate) ready: Timestamp,
}

/// A group to come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NewGroup {
    pub(crate) text: Text,
    pub(crate) compartment: Id,
    pub(crate) system: System,
    pub(crate) sources: Vec<Id>,
    pub(crate) topic: Option<Box<str>>,
    pub(crate) ready: Timestamp,
}

/// What holds at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Fact {
    /// A source is made.
    CreateSource { id: Id, source: Box<NewSource> },
    /// A source is described anew, with what it holds from now on where that changes.
    DescribeSource { id: Id, text: Text, recipe: Option<Recipe>, packages: Option<Vec<Package>> },
    /// A source is gone.
    DeleteSource { id: Id },
    /// A source can be used or not.
    SetAvailability { id: Id, availability: [Availability; 2] },
    /// A source's metadata is written anew.
    WriteMetadata { id: Id },
    /// A group is made.
    CreateGroup { id: Id, group: Box<NewGroup> },
    /// A group is described anew.
    DescribeGroup { id: Id, text: Text, topic: Option<Box<str>> },
    /// A group is gone; its members keep their sources.
    DeleteGroup { id: Id },
    /// A group's sources are these.
    SetSources { group: Id, sources: Vec<Id> },
    /// Members have their group's sources.
    Follow { group: Id },
    /// Instances become members.
    Join { group: Id, instances: Vec<Id> },
    /// Instances are members no more; whether they keep their sources is said.
    Leave { group: Id, instances: Vec<Id>, keep: bool },
    /// What a group is to have as a group.
    Manifest { group: Id, added: Vec<(Box<str>, Box<str>)>, removed: Vec<(Box<str>, Box<str>)> },
    /// A scheduled job is made.
    CreateJob { id: Id, job: Box<Job> },
    /// A scheduled job is to do something else.
    UpdateJob { id: Id, plan: Box<Plan> },
    /// A scheduled job is gone. Work that it has begun goes on.
    DeleteJob { id: Id },
    /// A scheduled job runs now, besides its schedule.
    RunJob { id: Id },
    /// A registration profile is made, or is another from now on.
    SetProfile { id: Id, profile: Box<Profile> },
    /// A registration profile is gone.
    DeleteProfile { id: Id },
    /// A machine is registered with a profile, and its agent asked for what that says.
    Register { instance: Id, profile: Id, work: NewWork },
    /// An instance is no longer one of a profile.
    DetachProfile { instance: Id },
    /// A lifecycle environment is made.
    CreateEnvironment { id: Id, environment: Box<Environment>, stages: Vec<(Id, Stage)> },
    /// A lifecycle environment is described anew, with the names of its stages.
    DescribeEnvironment { id: Id, text: Text, stages: Vec<(Id, Text)> },
    /// A lifecycle environment is gone.
    DeleteEnvironment { id: Id },
    /// Instances become members of a stage.
    JoinStage { stage: Id, instances: Vec<Id> },
    /// Instances are members of a stage no more, and have no sources.
    LeaveStage { stage: Id, instances: Vec<Id> },
    /// A source is promoted to a stage.
    Promote { stage: Id, source: Id },
    /// An instance is described anew.
    DescribeInstance { id: Id, description: Option<Box<str>>, topic: Option<Box<str>> },
}

impl World {
    /// Makes a change of the hub.
    pub(in crate::simulator::world) fn apply_step(&mut self, at: Timestamp, step: &Step) {
        self.hub.changes += 1;
        for fact in &step.facts {
            self.state(at, fact);
        }
        if let Some(tree) = &step.tree {
            self.plant(at, tree);
        }
    }

    pub(super) fn state(&mut self, at: Timestamp, fact: &Fact) {
        match fact {
            Fact::CreateSource { id, source } => {
                self.serial += 1;
                self.hub.contents += 1;
                self.hub.sources.insert(id.clone(), source.at(at));
            }
            Fact::DescribeSource { id, text, recipe, packages } => {
                self.hub.contents += 1;
                self.edit_hub_source(id, at, |source| {
                    source.text = text.clone();
                    if recipe.is_some() {
                        source.recipe = recipe.clone();
                    }
                    if let Some(packages) = packages {
                        source.packages = PackageSet::new(packages.clone());
                        source.written = Some(at);
                    }
                });
            }
            Fact::DeleteSource { id } => {
                self.hub.contents += 1;
                self.hub.sources.remove(id);
            }
            Fact::SetAvailability { id, availability } => {
                self.edit_hub_source(id, at, |source| source.availability = *availability);
            }
            Fact::WriteMetadata { id } => {
                if let Some(source) = self.hub.sources.get_mut(id) {
                    source.written = Some(at);
                }
            }
            Fact::CreateGroup { id, group } => {
                self.serial += 1;
                self.hub.groups.insert(id.clone(), group.at(at));
            }
            Fact::DescribeGroup { id, text, topic } => self.edit_hub_group(id, at, |group| {
                group.text = text.clone();
                group.topic = topic.clone();
            }),
            Fact::DeleteGroup { id } => {
                let members = self.hub.groups.remove(id).map(|group| group.members).unwrap_or_default();
                for member in members {
                    self.edit_side(&member, at, |side| side.home = None);
                }
            }
            Fact::SetSources { group, sources } => {
                self.edit_hub_group(group, at, |group| group.sources = sources.clone());
            }
            Fact::Follow { group } => {
                let members =
                    self.hub.groups.get(group).map(|group| group.members.clone()).unwrap_or_default();
                members.iter().for_each(|member| self.follow(member, at));
            }
            Fact::Join { group, instances } => self.join(at, group, instances),
            Fact::Leave { group, instances, keep } => {
                self.edit_hub_group(group, at, |group| {
                    group.members.retain(|member| !instances.contains(member));
                });
                for instance in instances {
                    self.edit_side(instance, at, |side| {
                        side.home = None;
                        if !keep {
                            side.sources.clear();
                        }
                    });
                }
            }
            Fact::Manifest { group, added, removed } => self.edit_hub_group(group, at, |group| {
                group.manifest.extend(added.iter().cloned());
                group.manifest.retain(|item| !removed.contains(item));
            }),
            Fact::DescribeInstance { id, description, topic } => self.edit_side(id, at, |side| {
                side.description = description.clone();
                side.topic = topic.clone();
            }),
            other => self.state_more(at, other),
        }
    }

    /// The same of what is not about sources and groups.
    fn state_more(&mut self, at: Timestamp, fact: &Fact) {
        match fact {
            Fact::CreateJob { id, job } => {
                self.serial += 1;
                self.hub.jobs.insert(id.clone(), Job { made: at, changed: at, ..(**job).clone() });
            }
            Fact::UpdateJob { id, plan } => {
                if let Some(job) = self.hub.jobs.get_mut(id) {
                    job.plan = (**plan).clone();
                    job.changed = at;
                }
            }
            Fact::DeleteJob { id } => drop(self.hub.jobs.remove(id)),
            Fact::RunJob { id } => self.run_hub_job(id, at),
            Fact::SetProfile { id, profile } => {
                self.serial += 1;
                let made = self.hub.profiles.get(id).map_or(at, |before| before.made);
                self.hub.profiles.insert(id.clone(), Profile { made, changed: at, ..(**profile).clone() });
                self.be_only_default(id);
            }
            Fact::DeleteProfile { id } => drop(self.hub.profiles.remove(id)),
            Fact::Register { instance, profile, work } => self.register(at, instance, profile, work),
            Fact::DetachProfile { instance } => self.edit_side(instance, at, |side| side.profile = None),
            Fact::CreateEnvironment { id, environment, stages } => {
                self.serial += 1 + stages.len() as u64;
                let environment = Environment { made: at, changed: at, ..(**environment).clone() };
                self.hub.environments.insert(id.clone(), environment);
                let stages =
                    stages.iter().map(|(id, stage)| (id.clone(), Stage { changed: at, ..stage.clone() }));
                self.hub.stages.extend(stages);
            }
            Fact::DescribeEnvironment { id, text, stages } => {
                if let Some(environment) = self.hub.environments.get_mut(id) {
                    environment.text = text.clone();
                    environment.changed = at;
                    environment.revision += 1;
                }
                for (id, text) in stages {
                    self.edit_stage(id, at, |stage| stage.text = text.clone());
                }
            }
            Fact::DeleteEnvironment { id } => {
                let stages = self.hub.environments.remove(id).map(|gone| gone.stages).unwrap_or_default();
                for stage in stages {
                    let members = self.hub.stages.remove(&stage).map(|gone| gone.members).unwrap_or_default();
                    members.iter().for_each(|member| self.edit_side(member, at, |side| side.home = None));
                }
            }
            Fact::JoinStage { stage, instances } => {
                self.edit_stage(stage, at, |stage| stage.members.extend(instances.iter().cloned()));
                for instance in instances {
                    self.edit_side(instance, at, |side| side.home = Some(Home::Stage(stage.clone())));
                }
            }
            Fact::LeaveStage { stage, instances } => {
                self.edit_stage(stage, at, |stage| {
                    stage.members.retain(|member| !instances.contains(member));
                });
                for instance in instances {
                    self.edit_side(instance, at, |side| {
                        side.home = None;
                        side.sources.clear();
                    });
                }
            }
            Fact::Promote { stage, source } => {
                self.edit_stage(stage, at, |stage| stage.source = Some(source.clone()));
            }
            // What is about sources and groups is told before.
            _ => {}
        }
    }

    /// Makes instances members of a group.
    pub(super) fn join(&mut self, at: Timestamp, group: &Id, instances: &[Id]) {
        self.edit_hub_group(group, at, |group| group.members.extend(instances.iter().cloned()));
        for instance in instances {
            self.edit_side(instance, at, |side| side.home = Some(Home::Group(group.clone())));
        }
    }

    fn edit_stage(&mut self, id: &Id, at: Timestamp, edit: impl FnOnce(&mut Stage)) {
        if let Some(stage) = self.hub.stages.get_mut(id) {
            edit(stage);
            stage.changed = at;
            stage.revision += 1;
        }
    }

    /// Sets down work to come.
    pub(super) fn plant(&mut self, at: Timestamp, tree: &NewTree) {
        self.serial += 1;
        let mut children = Vec::new();
        for (order, works) in &tree.parts {
            let order = Arc::new(order.clone());
            for NewWork { id, instance, starts, ends } in works {
                self.serial += 1;
                if self.mishap_of(instance, &order.what) == Some(Mishap::Fails) {
                    self.doomed.insert(id.clone());
                }
                if let Some(mishaps) = self.mishaps.get_mut(instance).filter(|_| order.what != What::Refresh)
                {
                    mishaps.pop_front();
                }
                let work = Work {
                    instance: instance.clone(),
                    task: Task::Hub(order.clone()),
                    accepted: at,
                    starts: *starts,
                    ends: *ends,
                    outcome: None,
                };
                self.schedule(id, work);
                children.push(id.clone());
            }
        }
        let Some(root) = &tree.root else { return };
        let NewRoot { id, subject, subject_name, operation, label, compartment, shown, own } = root.clone();
        if let Some(own) = &own {
            self.open.insert((own.ends, id.clone()));
        }
        let root = Root {
            subject,
            subject_name,
            operation,
            label,
            compartment,
            accepted: at,
            shown,
            children,
            own,
            outcome: None,
        };
        self.hub.roots.insert(id, root);
    }

    fn edit_hub_source(&mut self, id: &Id, at: Timestamp, edit: impl FnOnce(&mut Source)) {
        if let Some(source) = self.hub.sources.get_mut(id) {
            edit(source);
            source.changed = at;
            source.revision += 1;
        }
    }

    pub(super) fn edit_hub_group(&mut self, id: &Id, at: Timestamp, edit: impl FnOnce(&mut Group)) {
        if let Some(group) = self.hub.groups.get_mut(id) {
            edit(group);
            group.changed = at;
            group.revision += 1;
        }
    }

    pub(super) fn edit_side(&mut self, id: &Id, at: Timestamp, edit: impl FnOnce(&mut Side)) {
        if let Some(instance) = self.instances.get_mut(id) {
            edit(&mut instance.hub);
            instance.hub.changed = Some(at);
            instance.hub.revision += 1;
        }
    }

    /// Changes what a source of the hub holds.
    pub(super) fn edit_contents(
        &mut self,
        id: &Id,
        at: Timestamp,
        edit: impl FnOnce(&PackageSet) -> PackageSet,
    ) {
        self.hub.contents += 1;
        self.edit_hub_source(id, at, |source| {
            source.packages = edit(&source.packages);
            source.written = Some(at);
        });
    }

    /// Returns what will go wrong with an instance's doing this next.
    pub(crate) fn mishap_of(&self, instance: &str, what: &What) -> Option<Mishap> {
        self.mishap(instance).filter(|_| *what != What::Refresh)
    }

    /// Takes an instance that is gone out of the hub's groups.
    pub(in crate::simulator::world) fn forget_member(&mut self, instance: &Id) {
        for group in self.hub.groups.values_mut() {
            group.members.remove(instance);
        }
        for stage in self.hub.stages.values_mut() {
            stage.members.remove(instance);
        }
    }
}

impl NewSource {
    fn at(&self, at: Timestamp) -> Source {
        Source {
            text: self.text.clone(),
            compartment: self.compartment.clone(),
            recipe: Some(self.recipe.clone()),
            repo_id: self.repo_id.clone(),
            os_family: self.os_family.clone(),
            arch: self.arch.clone(),
            availability: self.availability,
            packages: PackageSet::new(self.packages.clone()),
            made: at,
            ready: self.ready,
            changed: at,
            written: None,
            revision: 1,
        }
    }
}

impl NewGroup {
    fn at(&self, at: Timestamp) -> Group {
        Group {
            text: self.text.clone(),
            compartment: self.compartment.clone(),
            system: self.system.clone(),
            sources: self.sources.clone(),
            members: BTreeSet::new(),
            manifest: BTreeSet::new(),
            topic: self.topic.clone(),
            made: at,
            ready: self.ready,
            changed: at,
            revision: 1,
        }
    }
}
