//! One instance with packages and sources of somebody's choice, asked for one thing: for tests that hold what an agent
//! leaves against what other tools leave. Nothing of a world but the instance takes part.

use std::sync::Arc;

use jiff::Timestamp;

use super::hub::{Label, Operation, Order, Wanted, What};
use super::{DEFAULT_FLEET, Filter, Id, Outcome, Source, SourceText, Task, World, golden_id};
use crate::package::{Package, PackageSet};
use crate::simulator::DEFAULT_SEED;

/// An instance to be tried.
#[derive(Clone, Debug, Default)]
pub struct Trial {
    /// What is installed.
    pub installed: PackageSet,
    /// The running kernel, `version-release.arch`.
    pub running: String,
    /// What each attached source holds, and whether it tells of the module streams of its packages.
    pub sources: Vec<(PackageSet, bool)>,
    /// Module streams that somebody enabled: modules, and the stream of each.
    pub enabled: Vec<(String, String)>,
}

/// What the agent is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// All updates.
    UpdateAll,
    /// These packages, exactly.
    Install(Vec<Package>),
}

/// What the agent leaves, and what it says where it fails.
pub type Left = (PackageSet, Option<String>);

impl Trial {
    /// Lets OSMS's agent do it; `goes_back` says whether older versions than are there are installed. That service takes
    /// one package at a time: the next is asked for whatever became of the one before.
    pub fn by_osms(&self, ask: &Ask, goes_back: bool) -> Left {
        let install = if goes_back { Task::Bring } else { Task::Install };
        let tasks = match ask {
            Ask::UpdateAll => vec![Task::UpdateAll(Filter::All)],
            Ask::Install(packages) => packages.iter().copied().map(install).collect(),
        };
        let (mut world, id) = self.world();
        let mut failed = None;
        for task in tasks {
            failed = failed.or(message(world.perform(&id, &task, world.created)));
        }
        (installed(&world, &id), failed)
    }

    /// Lets the hub's agent do it, which takes all packages at once; `goes_back` says whether older versions than are
    /// there are installed. All sources of the hub tell of module streams.
    pub fn by_hub(&self, ask: &Ask, goes_back: bool) -> Left {
        let what = match ask {
            Ask::UpdateAll => What::Update(vec![Filter::All]),
            Ask::Install(packages) => What::Install {
                packages: packages.iter().map(|package| Wanted::Exact(*package, true)).collect(),
                downgrades: goes_back,
            },
        };
        let (mut world, id) = self.world();
        let order = Order {
            what,
            operation: Operation::UpdatePackages,
            label: Label::default(),
            parent: None,
            shown: world.created,
            tells: false,
        };
        let failed = message(world.obey(&id, &Arc::new(order), world.created));
        (installed(&world, &id), failed)
    }

    /// A world in which the golden instance is the one that is tried.
    fn world(&self) -> (World, Id) {
        let mut world = World::generate(DEFAULT_SEED, DEFAULT_FLEET, Timestamp::UNIX_EPOCH);
        let id = golden_id(DEFAULT_SEED);
        let hub_source = world.hub.sources.values().next().cloned();
        let mut attached = Vec::new();
        for (number, (packages, modules)) in self.sources.iter().enumerate() {
            let name: Id = format!("trial-{number}").into();
            let source = Source {
                text: SourceText { name: (&*name).into(), ..SourceText::default() },
                compartment: "".into(),
                arch: "X86_64".into(),
                parent: None,
                packages: packages.clone(),
                vendor: false,
                modules: *modules,
                made: world.created,
                deleted: false,
                revision: 1,
            };
            world.sources.insert(name.clone(), source);
            if let Some(like) = &hub_source {
                let source = super::hub::Source { packages: packages.clone(), ..like.clone() };
                world.hub.sources.insert(name.clone(), source);
            }
            attached.push(name);
        }
        if let Some(instance) = world.instances.get_mut(&id) {
            instance.installed = self.installed.clone();
            instance.running = self.running.as_str().into();
            instance.streams = self
                .enabled
                .iter()
                .map(|(module, stream)| (module.as_str().into(), Some(stream.as_str().into())))
                .collect();
            instance.hub.sources.clone_from(&attached);
            let mut attached = attached.into_iter();
            instance.parent = attached.next();
            instance.children = attached.collect();
        }
        (world, id)
    }
}

fn message(outcome: Outcome) -> Option<String> {
    match outcome {
        Outcome::Succeeded { .. } => None,
        Outcome::Failed { code: _, message } => Some(message.into()),
    }
}

fn installed(world: &World, id: &Id) -> PackageSet {
    world.instances.get(id).map(|instance| instance.installed.clone()).unwrap_or_default()
}
