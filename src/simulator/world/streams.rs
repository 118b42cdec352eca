//! Module streams of an instance that somebody chose: enabled, disabled, switched to, and profiles of them put in or taken
//! out. What nobody chose follows from the packages, as [`Stream::status`] has it, and so does which profiles are in.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::{Instance, World};
use crate::package::{Package, PackageSet};
use crate::simulator::agent::{self, Transaction};
use crate::simulator::catalogue::modules::{Profile, Status, Stream, streams};

/// A stream, by module and name.
pub(crate) type StreamName = (Box<str>, Box<str>);

/// A profile, by module, stream and name. Journals that know of no other than the default leave the name out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ProfileName(
    pub(crate) Box<str>,
    pub(crate) Box<str>,
    #[serde(default)] pub(crate) Option<Box<str>>,
);

/// By which operation streams are asked for, which differ in what they take for an error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Verb {
    /// All at once, and whatever that takes is done.
    #[default]
    Manage,
    /// Enable a stream where no other of its module is enabled.
    Enable,
    /// Disable a stream of which no profile is in.
    Disable,
    /// Enable a stream instead of another, whose packages are exchanged.
    Switch,
    /// Put in a profile of a stream in use.
    Install,
    /// Take out a profile.
    Remove,
}

/// What is asked of the streams of an instance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StreamWork {
    /// By which operation.
    #[serde(default)]
    pub(crate) verb: Verb,
    /// Whether it is only tried.
    pub(crate) dry_run: bool,
    /// Streams to enable, instead of others of their modules.
    pub(crate) enable: Vec<StreamName>,
    /// Streams to disable, and to take the packages of out.
    pub(crate) disable: Vec<StreamName>,
    /// Profiles to put in.
    pub(crate) install: Vec<ProfileName>,
    /// Profiles to take out.
    pub(crate) remove: Vec<ProfileName>,
    /// Streams among them that no attached source had metadata of when this was accepted.
    pub(crate) unknown: Vec<StreamName>,
}

impl StreamWork {
    /// Notes which of the streams that it names the sources of the instance do not have.
    pub(crate) fn among(mut self, has: impl Fn(&str, &str) -> bool) -> Self {
        let profiles = self.install.iter().chain(&self.remove);
        let profiles = profiles.map(|ProfileName(module, stream, _)| (module.clone(), stream.clone()));
        let all = self.enable.iter().chain(&self.disable).cloned().chain(profiles);
        self.unknown = all.filter(|(module, stream)| !has(module, stream)).collect();
        self
    }
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

    /// Tells whether a profile of a stream is in: all that a source has of it, in whatever version.
    pub(crate) fn has_profile(&self, stream: &Stream, profile: &Profile, source: &PackageSet) -> bool {
        let mut packages = stream.packages_in(profile, source).peekable();
        let is_in = |package: Package| {
            self.installed.iter().any(|have| have.same_name_arch(package) && stream.has(have))
        };
        packages.peek().is_some() && packages.all(is_in)
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

    /// Returns what an instance could install: of everything of which it has no version, the newest that its agent would
    /// take. What it has an older version of is among its updates.
    pub(crate) fn installable(&self, instance: &Instance) -> Vec<Package> {
        let has: HashSet<_> = instance.installed.iter().map(|have| (have.name(), have.arch())).collect();
        self.offer(instance).newest_of(|package| {
            !has.contains(&(package.name(), package.arch())) && self.admits(instance, package)
        })
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
    let conflict = |why: String| Err(("CONFLICT", why));
    let mut after = instance.clone();
    let mut transaction = Transaction::default();
    for stream in found(&work.disable) {
        let (module, name) = (stream.module, stream.name);
        match work.verb {
            Verb::Disable => {
                if let Some(profile) = profile_in(instance, stream, sources) {
                    return conflict(format!(
                        "{module}:{name} cannot be disabled while its profile {profile} is installed"
                    ));
                }
            }
            _ => transaction.removed.extend(stream.packages(&instance.installed)),
        }
        if after.stream(stream) != Status::Disabled {
            after.streams.insert(module.into(), None);
        }
    }
    for stream in found(&work.enable) {
        let (module, name) = (stream.module, stream.name);
        if let Some(rival) = rival(&after, stream)
            && work.verb == Verb::Enable
        {
            return conflict(format!("{module}:{name} cannot be enabled while {module}:{rival} is"));
        }
        after.streams.insert(module.into(), Some(name.into()));
        if work.verb == Verb::Switch {
            exchange(&mut transaction, instance, sources, stream);
        }
    }
    for (stream, profile) in found_profiles(&work.install) {
        let (module, name, kind) = (stream.module, stream.name, profile.name);
        if work.verb == Verb::Install && after.stream(stream) == Status::Disabled {
            return conflict(format!(
                "{module}:{name}/{kind} cannot be installed: the stream is not enabled"
            ));
        }
        if let Some(rival) = rival(&after, stream) {
            return conflict(format!(
                "{module}:{name} cannot be installed while {module}:{rival} is enabled"
            ));
        }
        after.streams.insert(module.into(), Some(name.into()));
        let packages = newest(sources.iter().flat_map(|source| stream.packages_in(profile, source)));
        if packages.is_empty() {
            let why = format!("no software source of the instance has the profile {module}:{name}/{kind}");
            return Err(("NO_MATCH", why));
        }
        for package in packages {
            let older = instance.installed.iter().rev().find(|have| have.cmp_name_arch(package).is_eq());
            if older.is_none_or(|have| package.cmp_evr(have).is_gt()) {
                agent::bring(&mut transaction, &instance.installed, &instance.running, package);
            }
        }
    }
    // A profile is nothing but its packages here: they go, though another profile may have them too.
    for (stream, profile) in found_profiles(&work.remove) {
        transaction.removed.extend(stream.packages_in(profile, &instance.installed));
        if after.stream(stream) == Status::Enabled {
            // It stays so without them.
            after.streams.insert(stream.module.into(), Some(stream.name.into()));
        }
    }
    for list in [&mut transaction.installed, &mut transaction.removed] {
        list.sort_unstable();
        list.dedup();
    }
    Ok((after, transaction))
}

fn found(names: &[StreamName]) -> impl Iterator<Item = &'static Stream> + use<'_> {
    names.iter().filter_map(|(module, name)| find(module, name))
}

fn found_profiles(names: &[ProfileName]) -> impl Iterator<Item = (&'static Stream, &'static Profile)> {
    names.iter().filter_map(|ProfileName(module, stream, name)| {
        let stream = find(module, stream)?;
        Some((stream, stream.profile(name.as_deref())?))
    })
}

/// The other stream of the module that is enabled.
fn rival(instance: &Instance, stream: &Stream) -> Option<&'static str> {
    let mut others =
        streams().iter().filter(|other| other.module == stream.module && other.name != stream.name);
    others.find(|other| instance.stream(other) == Status::Enabled).map(|other| other.name)
}

/// A profile of a stream that is in.
fn profile_in(instance: &Instance, stream: &Stream, sources: &[PackageSet]) -> Option<&'static str> {
    let stream = find(stream.module, stream.name)?;
    let is_in =
        |profile: &&Profile| sources.iter().any(|source| instance.has_profile(stream, profile, source));
    let mut profiles = sources.iter().flat_map(|source| stream.profiles(source));
    profiles.find(is_in).map(|profile| profile.name)
}

/// Exchanges what is there of other streams of the module for its counterparts in this one, newer or older; what has
/// none goes.
fn exchange(transaction: &mut Transaction, instance: &Instance, sources: &[PackageSet], to: &Stream) {
    let new = newest(sources.iter().flat_map(|source| to.packages(source)));
    let others = streams().iter().filter(|other| other.module == to.module && other.name != to.name);
    for old in others.flat_map(|other| other.packages(&instance.installed)) {
        match new.iter().find(|new| new.cmp_name_arch(old).is_eq()) {
            Some(new) => agent::bring(transaction, &instance.installed, &instance.running, *new),
            None => transaction.removed.push(old),
        }
    }
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
    // Few packages are of any stream.
    if package.is_modular() || !streams().iter().any(|stream| stream.names(package)) {
        return false;
    }
    let in_use = |stream: &&Stream| stream.names(package) && instance.stream(stream) != Status::Disabled;
    let in_use: Vec<&Stream> = streams().iter().filter(in_use).collect();
    let hides =
        |other: Package| other.name() == package.name() && in_use.iter().any(|stream| stream.has(other));
    told.any(|packages| !in_use.is_empty() && packages.iter().any(hides))
}

/// The newest version of each of these packages.
fn newest(packages: impl Iterator<Item = Package>) -> Vec<Package> {
    let all: PackageSet = packages.collect();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::DEFAULT_SEED;
    use crate::simulator::world::{DEFAULT_FLEET, golden_id};

    fn set(texts: &[&str]) -> PackageSet {
        texts.iter().map(|text| Package::parse(text).unwrap()).collect()
    }

    fn instance(installed: &[&str]) -> Instance {
        let world = World::generate(DEFAULT_SEED, DEFAULT_FLEET, jiff::Timestamp::UNIX_EPOCH);
        Instance { installed: set(installed), ..world.instances[&golden_id(DEFAULT_SEED)].clone() }
    }

    const OLD: [&str; 2] = [
        "postgresql-15.2-1.module+el8.9.0+1+a.x86_64",
        "postgresql-contrib-15.2-1.module+el8.9.0+1+a.x86_64",
    ];
    const NEW: &str = "postgresql-10.23-1.module+el8.7.0+1+a.x86_64";

    #[test]
    fn a_switch_exchanges_packages_for_their_counterparts_and_managing_does_not() {
        let sources = [set(&OLD), set(&[NEW, "postgresql-10.6-1.module+el8.4.0+1+a.x86_64"])];
        let ten = vec![("postgresql".into(), "10".into())];
        for (verb, left) in [(Verb::Switch, &["bash-4.4.20-4.el8.x86_64", NEW][..]), (Verb::Manage, &[])] {
            let before = instance(&["bash-4.4.20-4.el8.x86_64", OLD[0], OLD[1]]);
            let work = StreamWork { verb, enable: ten.clone(), ..StreamWork::default() };
            let (after, transaction) = manage_streams(&before, &sources, &work).unwrap();
            let stream = |name: &str| after.stream(find("postgresql", name).unwrap());
            assert_eq!((stream("10"), stream("15")), (Status::Enabled, Status::Disabled));
            let left = if left.is_empty() { before.installed.clone() } else { set(left) };
            assert_eq!(transaction.apply(&before.installed), left, "{verb:?}");
        }
    }

    #[test]
    fn a_plain_build_is_hidden_by_builds_of_the_stream_in_use_alone() {
        let plain = Package::parse("postgresql-16.1-1.el8.x86_64").unwrap();
        let sources = [set(&[OLD[0]])];
        let mut host = instance(&[]);
        for (chosen, hidden) in [(None, false), (Some("15"), true), (Some("10"), false)] {
            host.streams.insert("postgresql".into(), chosen.map(Into::into));
            assert_eq!(is_hidden(&host, plain, sources.iter()), hidden, "{chosen:?}");
        }
        host.streams.clear();
        assert!(!is_hidden(&host, plain, sources.iter()), "10 is active, and no source has builds of it");
    }

    #[test]
    fn journals_from_before_there_were_several_profiles_mean_the_default() {
        let line = r#"{"dry_run":false,"enable":[],"disable":[],"install":[["postgresql","15"]],"remove":[],"unknown":[]}"#;
        let work: StreamWork = serde_json::from_str(line).unwrap();
        assert_eq!(work.verb, Verb::Manage);
        assert_eq!(work.install, [ProfileName("postgresql".into(), "15".into(), None)]);
        assert_eq!(
            found_profiles(&work.install).map(|(_, profile)| profile.name).collect::<Vec<_>>(),
            ["common"]
        );
        let work = StreamWork {
            install: vec![ProfileName("postgresql".into(), "15".into(), Some("client".into()))],
            ..work
        };
        let text = serde_json::to_string(&work).unwrap();
        assert_eq!(serde_json::from_str::<StreamWork>(&text).unwrap(), work);
    }
}
