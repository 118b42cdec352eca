//! A side that is in the service: a source, an instance, or all members of a group.

use futures_util::stream::{self, StreamExt};

use super::Named;
use crate::advisory::Advisories;
use crate::apply::Interrupt;
use crate::cli::advisories;
use crate::cli::args::{Advisories as Wanted, Diff as Arguments};
use crate::cli::connect::{Connection, Connector, Service};
use crate::cli::context::Context;
use crate::cli::look::Reading;
use crate::cli::signals::unless_interrupted;
use crate::cli::{CliError, exit};
use crate::cloud::{Cloud, CloudError};
use crate::name::{GroupName, Ocid, ReleaseName};
use crate::observed::{Scope, ServiceGroup, Sighting};
use crate::package::{ModuleStream, PackageSet, StreamStatus};
use crate::release::{Content, Managed, Origin};
use crate::train::Train;

/// A train's service, to be asked.
pub(super) struct Live<'a> {
    context: &'a Context,
    interrupt: &'a Interrupt,
    train: &'a Train,
    connection: Connection<Service>,
    calls: usize,
    /// Whether advisories are asked for.
    judged: bool,
}

impl<'a> Live<'a> {
    /// Connects; nothing is asked yet.
    pub(super) async fn connect(
        context: &'a Context,
        arguments: &Arguments,
        train: &'a Train,
        interrupt: &'a Interrupt,
    ) -> Result<Self, CliError> {
        let mut connector = Connector::new(context, &arguments.parallelism)?;
        let connection = connector.connect(train, interrupt).await?;
        Ok(Self {
            context,
            interrupt,
            train,
            connection,
            calls: arguments.parallelism.calls(),
            judged: arguments.advisories.are_wanted(),
        })
    }

    /// Reads a side, and shows that it goes on.
    pub(super) async fn read(&self, side: &Named) -> Result<Content, CliError> {
        let what = match side {
            Named::Group(group) => format!("the packages of group {group}"),
            Named::Instance(name) => format!("the packages of {name}"),
            Named::Source(name) => format!("the packages of source {name}"),
            _ => String::new(),
        };
        let mut progress = Reading::start(self.context, &format!("reading {what}"), what.clone());
        self.connection.retries.watch(progress.retries(self.context));
        let read = unless_interrupted(self.interrupt, self.content(side, &what, &mut progress)).await;
        self.connection.retries.unwatch();
        progress.finish(self.context, matches!(read, Ok(Ok(_))));
        read?
    }

    /// Adds the service's errata to what files have told, where they are asked for.
    pub(super) async fn and_errata(
        &self,
        wanted: &Wanted,
        book: Option<Advisories>,
    ) -> Result<Option<Advisories>, CliError> {
        let Self { context, interrupt, connection, calls, .. } = self;
        advisories::and_errata(context, interrupt, connection, wanted, *calls, book).await
    }

    async fn content(&self, side: &Named, what: &str, progress: &mut Reading) -> Result<Content, CliError> {
        match side {
            Named::Group(group) => self.group(group, what, progress).await,
            Named::Instance(name) => self.instance(name).await,
            Named::Source(name) => self.source(name).await,
            Named::File(_) | Named::Release(_) | Named::Word(_) => {
                Err(CliError::new(exit::ERROR, "this is not in the service"))
            }
        }
    }

    async fn look(&self, scope: Scope) -> Result<Sighting, CliError> {
        let failed = |error: CloudError| CliError::from(error).while_doing("the service could not be read");
        self.connection.cloud.observe(&scope).await.map_err(failed)
    }

    async fn source(&self, name: &str) -> Result<Content, CliError> {
        let own = format!("{}/{name}", self.train.name);
        let mut ids: Vec<Ocid> = Ocid::parse(name).into_iter().collect();
        for wanted in [name.to_owned(), own] {
            if ids.is_empty()
                && let Sighting::SourcesNamed(_, found) = self.look(Scope::SourcesNamed(wanted)).await?
            {
                ids = found.into_keys().collect();
            }
        }
        // The vendor's lie elsewhere, in a service that tells them apart.
        if ids.is_empty()
            && self.connection.capabilities.vendor_sources
            && let Sighting::Vendors(vendors) = self.look(Scope::Vendors).await?
        {
            ids = vendors.into_iter().filter(|(_, vendor)| *vendor.name == *name).map(|(id, _)| id).collect();
        }
        let id = only(&ids, || format!("no ACTIVE software source `{name}`"), "software sources", name)?;
        match self.look(Scope::SourceContents(id.clone())).await? {
            Sighting::SourceContents(_, Some(packages)) => {
                let own = name.strip_prefix(self.train.name.as_str()).and_then(|rest| rest.strip_prefix('/'));
                let modules = self.streams_of(Some(&ReleaseName::new(own.unwrap_or(name))));
                Ok(Content { modules, ..content(format!("service:{name}"), Origin::Source, packages) })
            }
            _ => Err(CliError::new(exit::ERROR, format!("software source `{name}` is gone"))),
        }
    }

    async fn instance(&self, name: &str) -> Result<Content, CliError> {
        let id = match Ocid::parse(name) {
            Ok(id) => id,
            Err(_) => {
                let found = match self.look(Scope::InstancesNamed(name.to_owned())).await? {
                    Sighting::InstancesNamed(_, found) => found.into_keys().collect(),
                    _ => Vec::new(),
                };
                let nobody = || format!("no release, no group and no managed instance `{name}`");
                only(&found, nobody, "instances", name)?.clone()
            }
        };
        match self.look(Scope::Inventory(id.clone())).await? {
            Sighting::Inventory(_, Some(inventory)) => {
                let modules = self.streams(id).await?;
                let mut managed = Managed::default();
                managed.add(inventory, &self.train.unmanaged);
                Ok(Content { modules, ..of_instances(name.to_owned(), Origin::Instance, managed) })
            }
            _ => Err(CliError::new(exit::ERROR, format!("the service knows no managed instance `{name}`"))),
        }
    }

    /// Reads the streams that an instance has its modular packages from. Only advisories ask for them: each is about one
    /// stream.
    async fn streams(&self, id: Ocid) -> Result<Option<Vec<String>>, CliError> {
        if !self.judged {
            return Ok(None);
        }
        let Sighting::Streams(_, Some(streams)) = self.look(Scope::Streams(id)).await? else {
            return Ok(None);
        };
        let used = streams.iter().filter(|stream| stream.status != StreamStatus::Disabled);
        Ok(Some(used.map(ModuleStream::spec).collect()))
    }

    /// Returns the streams of a release. They stand for those of its source and of whoever rides it.
    fn streams_of(&self, release: Option<&ReleaseName>) -> Option<Vec<String>> {
        let release = release.and_then(|name| self.train.release(name));
        release.map(|release| release.manifest.modules.clone())
    }

    async fn group(&self, name: &GroupName, what: &str, progress: &mut Reading) -> Result<Content, CliError> {
        let declared = self.train.group(name).and_then(|group| group.id.clone());
        let group: Option<ServiceGroup> = match declared {
            Some(id) => match self.look(Scope::Group(id)).await? {
                Sighting::Group(_, group) => group,
                _ => None,
            },
            None => match self.look(Scope::GroupsNamed(name.to_string())).await? {
                Sighting::GroupsNamed(_, found) => {
                    let ids: Vec<Ocid> = found.keys().cloned().collect();
                    let nobody = || format!("no ACTIVE group `{name}`");
                    let id = only(&ids, nobody, "groups", name.as_str())?;
                    found.get(id).cloned()
                }
                _ => None,
            },
        };
        let Some(group) = group else {
            return Err(CliError::new(exit::ERROR, format!("the service has no ACTIVE group `{name}`")));
        };
        let scopes: Vec<Scope> = group.members.iter().cloned().map(Scope::Inventory).collect();
        let cloud = &*self.connection.cloud;
        let mut reads =
            stream::iter(scopes.iter().map(|scope| cloud.observe(scope))).buffer_unordered(self.calls.max(1));
        let (mut managed, mut instances, mut done) = (Managed::default(), 0, 0);
        while let Some(sighting) = reads.next().await {
            done += 1;
            progress.count(&format!("reading {what}"), done, scopes.len());
            // One that the service dropped meanwhile has nothing.
            if let Sighting::Inventory(_, Some(inventory)) = sighting? {
                instances += 1;
                managed.add(inventory, &self.train.unmanaged);
            }
        }
        if instances == 0 {
            return Err(CliError::new(exit::ERROR, format!("group `{name}` has no members in the service")));
        }
        let label = format!("group.{name}");
        let modules = self.streams_of(self.train.group(name).map(|group| &group.release));
        let sets = managed.sets.clone();
        Ok(Content {
            modules,
            sets,
            instances: Some(instances),
            ..of_instances(label, Origin::Group, managed)
        })
    }
}

fn content(label: String, origin: Origin, packages: PackageSet) -> Content {
    let (labels, sets) = (Vec::new(), Vec::new());
    Content { label, origin, packages, modules: None, labels, keys: None, left_out: 0, instances: None, sets }
}

/// Takes what the train cares for of instances. One that has no trust key at all is one whose service lists none.
fn of_instances(label: String, origin: Origin, managed: Managed) -> Content {
    let Managed { packages, keys, left_out, .. } = managed;
    let keys = (!keys.is_empty()).then(|| keys.into_iter().collect());
    Content { keys, left_out: left_out.len(), ..content(label, origin, packages) }
}

fn only<'a>(
    ids: &'a [Ocid],
    nobody: impl FnOnce() -> String,
    things: &str,
    name: &str,
) -> Result<&'a Ocid, CliError> {
    match ids {
        [only] => Ok(only),
        [] => Err(CliError::usage(format!("there is {}", nobody()))
            .hint("a file's name holds a slash or ends in .packages; a source is service:NAME")),
        several => {
            let ids: Vec<&str> = several.iter().map(Ocid::as_str).collect();
            Err(CliError::usage(format!("{} {things} are called `{name}`", several.len()))
                .hint(format!("say which by its OCID: {}", ids.join(", "))))
        }
    }
}
