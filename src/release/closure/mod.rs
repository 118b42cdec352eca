//! Whether a release can be installed by itself: each requirement of its packages met within it, nothing in it in conflict
//! or replaced by something else in it, and module metadata for what is modular. Judged by what repositories tell of
//! its packages, before any instance meets it.
//!
//! Of a release with several kernels each is looked at by itself too, since a machine is updated to the newest alone.
//! What is found is found by names in an index; no pair of packages is compared.

mod kernels;
mod rich;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::package::{Manifest, Package, PackageSet, StreamName, Streams};
use crate::repodata::{Capability, Entry, Repodata};
use rich::{Providers, Rich};

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dependencies {
    /// How many packages there are.
    pub packages: usize,
    /// How many requirements were looked at.
    pub requirements: usize,
    /// Packages of the release that no repository has told of: what they need is not known.
    pub absent: Vec<Package>,
    /// Requirements that nothing in the release meets.
    pub unmet: Vec<Unmet>,
    /// Files that are required and that no package is known to hold: the primary metadata does not tell all files.
    pub unknown_files: Vec<Unmet>,
    /// Packages that cannot stand beside each other.
    pub conflicts: Vec<Clash>,
    /// Packages that another one of the release replaces.
    pub obsoleted: Vec<Clash>,
    /// Modular packages that no module metadata lists: dnf takes none of them.
    pub unlisted: Vec<Package>,
    /// Streams that modular packages are listed under and that the manifest does not name.
    pub undeclared: Vec<(StreamName, usize)>,
}

/// A requirement that is not met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// What has to be provided.
    pub requirement: String,
    /// The packages that require it.
    pub by: Vec<Package>,
    /// The kernel with which alone it is not met; none where it never is.
    pub kernel: Option<Package>,
}

/// A package that another one does not stand beside, or replaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    /// The package that says so.
    pub by: Package,
    /// What it says, as `curl-minimal < 8`.
    pub what: String,
    /// Whom it meets.
    pub other: Package,
}

impl Dependencies {
    /// Tells whether nothing stands in the way of installing the release. What is not known does not.
    pub fn is_good(&self) -> bool {
        let Self { unmet, conflicts, obsoleted, unlisted, absent, .. } = self;
        unmet.is_empty()
            && conflicts.is_empty()
            && obsoleted.is_empty()
            && unlisted.is_empty()
            && absent.is_empty()
    }
}

/// Looks whether a manifest's packages can be installed by themselves.
pub fn dependencies(manifest: &Manifest, repodata: &Repodata) -> Dependencies {
    let set = &manifest.packages;
    let index = Index::of(set, repodata);
    let all = vec![true; index.packages.len()];
    let mut found =
        Dependencies { packages: set.len(), absent: repodata.absent(set), ..Dependencies::default() };
    let requirements = index.requirements();
    found.requirements = requirements.len();
    let mut met: Vec<&Requirement<'_>> = Vec::new();
    for requirement in &requirements {
        if requirement.holds(&index.alive(&all)) {
            met.push(requirement);
        } else if requirement.is_file_of_filelists() {
            found.unknown_files.push(requirement.unmet(&index, &all, None));
        } else {
            found.unmet.push(requirement.unmet(&index, &all, None));
        }
    }
    // With fewer kernels less is provided: only what was met can come to be unmet, and only if a kernel has part in it.
    let provided = index.provided_by(|package| package.kernel().is_some());
    met.retain(|requirement| requirement.names_one_of(&provided));
    for kernel in kernels::each(set) {
        let alive: Vec<bool> = index.packages.iter().map(|package| kernel.keeps(*package)).collect();
        for requirement in &met {
            let concerned = requirement.by.iter().any(|at| alive[*at]);
            if concerned && !requirement.holds(&index.alive(&alive)) {
                found.unmet.push(requirement.unmet(&index, &alive, Some(kernel.package)));
            }
        }
    }
    index.clashes(&all, &mut found);
    modules(manifest, repodata, &mut found);
    found
}

fn modules(manifest: &Manifest, repodata: &Repodata, found: &mut Dependencies) {
    let declared = Streams::of_manifest(manifest);
    let mut undeclared: BTreeMap<&StreamName, usize> = BTreeMap::new();
    for package in manifest.packages.iter().filter(|package| package.is_modular()) {
        match repodata.streams.get(&package) {
            None => found.unlisted.push(package),
            Some(streams) if streams.iter().any(|stream| declared.has(stream)) => {}
            Some(streams) => streams.iter().for_each(|stream| *undeclared.entry(stream).or_default() += 1),
        }
    }
    found.undeclared = undeclared.into_iter().map(|(stream, count)| (stream.clone(), count)).collect();
}

/// Something that packages require, and which of them.
struct Requirement<'a> {
    text: String,
    need: Need<'a>,
    by: Vec<usize>,
}

enum Need<'a> {
    Plain(&'a Capability),
    Rich(Rich),
    /// A rich dependency that is written as none is: never met, so that somebody looks at it.
    Strange,
}

impl Requirement<'_> {
    fn holds(&self, alive: &Alive<'_>) -> bool {
        match &self.need {
            Need::Plain(capability) => alive.is_provided(capability),
            Need::Rich(rich @ Rich::Unless(_, condition, None)) => {
                rich.holds(alive) || condition.holds(alive)
            }
            Need::Rich(rich) => rich.holds(alive),
            Need::Strange => false,
        }
    }

    /// Tells whether it may hang on whoever provides these names.
    fn names_one_of(&self, provided: &HashSet<&str>) -> bool {
        match &self.need {
            Need::Plain(capability) => provided.contains(&*capability.name),
            // There are few of them.
            Need::Rich(_) => true,
            Need::Strange => false,
        }
    }

    /// Tells whether a file is required that primary metadata would not name.
    fn is_file_of_filelists(&self) -> bool {
        let Need::Plain(Capability { name, .. }) = &self.need else { return false };
        name.starts_with('/') && !in_primary(name)
    }

    fn unmet(&self, index: &Index<'_>, alive: &[bool], kernel: Option<Package>) -> Unmet {
        let by = self.by.iter().filter(|at| alive[**at]).map(|at| index.packages[*at]);
        Unmet { requirement: self.text.clone(), by: by.collect(), kernel }
    }
}

/// Tells whether createrepo puts a file of this name into the primary metadata.
fn in_primary(path: &str) -> bool {
    path.starts_with("/etc/") || path.contains("bin/") || path == "/usr/lib/sendmail"
}

/// Who provides what.
struct Index<'a> {
    packages: Vec<Package>,
    entries: Vec<Option<&'a Entry>>,
    provides: HashMap<&'a str, Vec<(usize, &'a Capability)>>,
    files: HashMap<&'a str, Vec<usize>>,
    names: HashMap<&'static str, Vec<usize>>,
}

impl<'a> Index<'a> {
    fn of(set: &PackageSet, repodata: &'a Repodata) -> Self {
        let packages: Vec<Package> = set.iter().collect();
        let entries: Vec<_> = packages.iter().map(|package| repodata.entries.get(package)).collect();
        let mut index = Self {
            packages,
            entries,
            provides: HashMap::new(),
            files: HashMap::new(),
            names: HashMap::new(),
        };
        for (at, entry) in index.entries.iter().enumerate() {
            index.names.entry(index.packages[at].name()).or_default().push(at);
            let Some(entry) = entry else { continue };
            for capability in &entry.provides {
                index.provides.entry(&capability.name).or_default().push((at, capability));
            }
            for file in &entry.files {
                index.files.entry(file).or_default().push(at);
            }
        }
        index
    }

    /// Gathers what is required, each once: a set of 650 packages has some 15,000 requirements, and 3,000 distinct ones.
    fn requirements(&self) -> Vec<Requirement<'a>> {
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut list: Vec<Requirement<'a>> = Vec::new();
        for (at, entry) in self.entries.iter().enumerate() {
            for capability in entry.iter().flat_map(|entry| &entry.requires) {
                // What the installer itself must be able to do.
                if capability.name.starts_with("rpmlib(") {
                    continue;
                }
                let text = capability.to_string();
                let place = *places.entry(text.clone()).or_insert(list.len());
                if place == list.len() {
                    let need = match capability.name.starts_with('(') {
                        false => Need::Plain(capability),
                        true => Rich::parse(&capability.name).map_or(Need::Strange, Need::Rich),
                    };
                    list.push(Requirement { text, need, by: Vec::new() });
                }
                if list[place].by.last() != Some(&at) {
                    list[place].by.push(at);
                }
            }
        }
        list
    }

    /// Returns all names that some of the packages provide: capabilities, files and their own.
    fn provided_by(&self, of: impl Fn(Package) -> bool) -> HashSet<&'a str> {
        let mut names = HashSet::new();
        for (package, entry) in self.packages.iter().zip(&self.entries).filter(|(package, _)| of(**package)) {
            names.insert(package.name());
            for entry in entry.iter() {
                names.extend(entry.provides.iter().map(|capability| &*capability.name));
                names.extend(entry.files.iter().map(|file| &**file));
            }
        }
        names
    }

    fn alive<'i>(&'i self, alive: &'i [bool]) -> Alive<'i> {
        Alive { index: self, alive }
    }

    /// Finds conflicts and what is replaced within the set.
    fn clashes(&self, all: &[bool], found: &mut Dependencies) {
        let alive = self.alive(all);
        for (at, entry) in self.entries.iter().enumerate() {
            let Some(entry) = entry else { continue };
            let by = self.packages[at];
            for capability in &entry.conflicts {
                let others = match capability.name.starts_with('(') {
                    false => alive.of(capability),
                    true => match Rich::parse(&capability.name) {
                        Some(rich) if rich.holds(&alive) => rich.anyone(&alive),
                        _ => Vec::new(),
                    },
                };
                // Nobody is in conflict with itself.
                let others = others.into_iter().filter(|other| *other != at);
                found.conflicts.extend(others.map(|other| Clash {
                    by,
                    what: capability.to_string(),
                    other: self.packages[other],
                }));
            }
            for capability in &entry.obsoletes {
                // By name and version of packages, and not by what they provide.
                let named = self.names.get(&*capability.name).into_iter().flatten();
                let replaced = named.filter(|other| {
                    let package = self.packages[**other];
                    package.name() != by.name() && Capability::of(package).overlaps(capability)
                });
                found.obsoleted.extend(replaced.map(|other| Clash {
                    by,
                    what: capability.to_string(),
                    other: self.packages[*other],
                }));
            }
        }
    }
}

/// The packages that are looked at, of those in the index.
struct Alive<'i> {
    index: &'i Index<'i>,
    alive: &'i [bool],
}

impl Alive<'_> {
    fn is_provided(&self, required: &Capability) -> bool {
        let name = &*required.name;
        let provided = self.index.provides.get(name).into_iter().flatten();
        let is_alive = |at: &usize| self.alive[*at];
        provided.clone().any(|(at, has)| is_alive(at) && has.overlaps(required))
            || self.index.files.get(name).into_iter().flatten().any(is_alive)
            || self.untold(required).next().is_some()
    }

    /// Returns the packages of that name that no repository told of: they provide themselves, as each does.
    fn untold<'c>(&'c self, required: &'c Capability) -> impl Iterator<Item = usize> + 'c {
        let named = self.index.names.get(&*required.name).into_iter().flatten().copied();
        named.filter(move |at| {
            self.alive[*at]
                && self.index.entries[*at].is_none()
                && Capability::of(self.index.packages[*at]).overlaps(required)
        })
    }
}

impl Providers for Alive<'_> {
    fn of(&self, required: &Capability) -> Vec<usize> {
        let name = &*required.name;
        let provided = self.index.provides.get(name).into_iter().flatten();
        let fitting = provided.filter(|(_, has)| has.overlaps(required)).map(|(at, _)| *at);
        let files = self.index.files.get(name).into_iter().flatten().copied();
        let mut all: Vec<usize> =
            fitting.chain(files).filter(|at| self.alive[*at]).chain(self.untold(required)).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

impl Rich {
    /// Returns the packages that a conflict which holds is with.
    fn anyone(&self, providers: &impl Providers) -> Vec<usize> {
        match self {
            Self::One(capability) => providers.of(capability),
            Self::And(all) | Self::Or(all) | Self::With(all) => {
                all.iter().flat_map(|one| one.anyone(providers)).collect()
            }
            Self::Without(one, _) | Self::If(one, ..) | Self::Unless(one, ..) => one.anyone(providers),
        }
    }
}
