//! Module streams of an instance that somebody chose: enabled, disabled, and profiles of them put in or taken out. What
//! nobody chose follows from the packages, as [`Stream::status`] has it.

use serde::{Deserialize, Serialize};

use super::{Instance, World};
use crate::package::{Package, PackageSet};
use crate::simulator::agent::{self, Transaction};
use crate::simulator::catalogue::modules::{Status, Stream, streams};

/// The one profile that a stream has here, where it has packages: all of them.
pub(crate) const PROFILE: &str = "common";

/// A stream, by module and name.
pub(crate) type StreamName = (Box<str>, Box<str>);

/// What is asked of the streams of an instance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StreamWork {
    /// Whether it is only tried.
    pub(crate) dry_run: bool,
    /// Streams to enable, instead of others of their modules.
    pub(crate) enable: Vec<StreamName>,
    /// Streams to disable, and to take the packages of out.
    pub(crate) disable: Vec<StreamName>,
    /// Streams to put in.
    pub(crate) install: Vec<StreamName>,
    /// Streams to take out.
    pub(crate) remove: Vec<StreamName>,
    /// Those of them that no attached source had metadata of when this was accepted.
    pub(crate) unknown: Vec<StreamName>,
}

/// Finds a stream of the catalogue.
pub(crate) fn find(module: &str, name: &str) -> Option<&'static Stream> {
    streams().iter().find(|stream| stream.module == module && stream.name == name)
}

impl Instance {
    /// Returns how it stands to a stream.
    pub(crate) fn stream(&self, stream: &Stream) -> Status {
        match self.streams.get(stream.module) {
            None => stream.status(&self.installed),
            Some(Some(chosen)) if **chosen == *stream.name => Status::Enabled,
            Some(_) => Status::Disabled,
        }
    }

    /// Tells whether a stream's profile is in: all that its sources have of the stream.
    pub(crate) fn has_profile(&self, stream: &Stream, source: &PackageSet) -> bool {
        let mut packages = stream.packages(source).peekable();
        packages.peek().is_some()
            && packages.all(|package| self.installed.iter().any(|have| have.cmp_name_arch(package).is_eq()))
    }
}

impl World {
    /// Tells whether the agent of an instance would take a package from its sources: of a module that one of them has
    /// metadata of, only what is of the stream in use there, as dnf has it, which also hides plain builds of its packages.
    /// Without metadata nothing is left out.
    pub(crate) fn admits(&self, instance: &Instance, package: Package) -> bool {
        let told = || {
            let sources = instance.attached().filter_map(|id| self.sources.get(id));
            sources.filter(|source| source.modules).map(|source| &source.packages)
        };
        (is_in_use(instance, package) || !told().any(|packages| packages.contains(package)))
            && !is_hidden(instance, package, told())
    }

    /// Returns the updates of an instance: what is installed and what its agent would bring instead.
    pub(crate) fn candidates(&self, instance: &Instance) -> Vec<(Package, Package)> {
        agent::candidates(&instance.installed, &self.offer(instance), |new| self.admits(instance, new))
    }

    /// Works out what managing streams comes to on an instance: the streams chosen from then on and the packages that
    /// come and go; or why it fails, in a word and a sentence.
    pub(super) fn manage(
        &self,
        instance: &Instance,
        work: &StreamWork,
    ) -> Result<(Instance, Transaction), (&'static str, String)> {
        let sources = instance.attached().filter_map(|id| self.sources.get(id));
        let sources: Vec<PackageSet> = sources.map(|source| source.packages.clone()).collect();
        manage_streams(instance, &sources, work)
    }
}

/// The same for an instance with sources that hold these packages.
pub(super) fn manage_streams(
    instance: &Instance,
    sources: &[PackageSet],
    work: &StreamWork,
) -> Result<(Instance, Transaction), (&'static str, String)> {
    if let Some((module, name)) = work.unknown.first() {
        return Err((
            "NO_MATCH",
            format!("no software source of the instance has the stream {module}:{name}"),
        ));
    }
    let mut after = instance.clone();
    let mut transaction = Transaction::default();
    let found = |names: &[StreamName]| -> Vec<&'static Stream> {
        names.iter().filter_map(|(module, name)| find(module, name)).collect()
    };
    for stream in found(&work.disable) {
        if after.stream(stream) != Status::Disabled {
            after.streams.insert(stream.module.into(), None);
        }
        transaction.removed.extend(stream.packages(&instance.installed));
    }
    for stream in found(&work.enable) {
        after.streams.insert(stream.module.into(), Some(stream.name.into()));
    }
    for stream in found(&work.install) {
        let rival = streams().iter().find(|other| {
            other.module == stream.module
                && other.name != stream.name
                && after.stream(other) == Status::Enabled
        });
        if let Some(rival) = rival {
            let (module, name, other) = (stream.module, stream.name, rival.name);
            let why = format!("{module}:{name} cannot be installed while {module}:{other} is enabled");
            return Err(("CONFLICT", why));
        }
        after.streams.insert(stream.module.into(), Some(stream.name.into()));
        for package in newest(sources, stream) {
            let older = instance.installed.iter().rev().find(|have| have.cmp_name_arch(package).is_eq());
            if older.is_none_or(|have| package.cmp_evr(have).is_gt()) {
                agent::bring(&mut transaction, &instance.installed, &instance.running, package);
            }
        }
    }
    for stream in found(&work.remove) {
        transaction.removed.extend(stream.packages(&instance.installed));
    }
    transaction.removed.sort_unstable();
    transaction.removed.dedup();
    Ok((after, transaction))
}

/// Tells whether a package is of no stream, or of one that the instance gets packages from.
pub(super) fn is_in_use(instance: &Instance, package: Package) -> bool {
    let mut all = streams().iter().filter(|_| package.is_modular());
    all.find(|stream| stream.has(package)).is_none_or(|stream| instance.stream(stream) != Status::Disabled)
}

/// Tells whether a package is a plain build of one that sources which tell of their modules hold of a stream in use.
pub(super) fn is_hidden<'a>(
    instance: &Instance,
    package: Package,
    mut told: impl Iterator<Item = &'a PackageSet>,
) -> bool {
    let in_use = |stream: &&Stream| instance.stream(stream) != Status::Disabled;
    // Few packages are of any stream.
    if package.is_modular() || !streams().iter().any(|stream| stream.names(package) && in_use(&stream)) {
        return false;
    }
    told.any(|packages| packages.iter().any(|other| other.is_modular() && other.name() == package.name()))
}

/// The newest version of each package that sources have of a stream.
fn newest(sources: &[PackageSet], stream: &Stream) -> Vec<Package> {
    let all: PackageSet = sources.iter().flat_map(|packages| stream.packages(packages)).collect();
    let mut newest: Vec<Package> = Vec::new();
    // A set is in order of names, and of versions under each.
    for package in all.iter() {
        match newest.last_mut().filter(|last| last.cmp_name_arch(package).is_eq()) {
            Some(last) => *last = package,
            None => newest.push(package),
        }
    }
    newest
}
