//! What repositories tell of the packages of a set: what they provide, require, conflict with and obsolete, and which
//! module streams list them. Reads the `repodata/` of a repository as `createrepo_c` and Oracle make it.
//!
//! Of a repository of 25,000 packages only those of the set are kept. What they need of each other is
//! [`crate::release`]'s to say; how a file gets here from an address is the command line's ([`Fetch`]).

mod capability;
mod checksum;
mod fault;
mod index;
mod modules;
mod primary;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use crate::package::{Package, PackageSet, StreamName};

pub use capability::{Capability, Relation, Version};
pub use fault::{RepodataError, RepodataFault};

/// What is known of packages of a set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repodata {
    /// What each tells of itself.
    pub entries: BTreeMap<Package, Entry>,
    /// The module streams that list each modular one.
    pub streams: BTreeMap<Package, BTreeSet<StreamName>>,
    /// How many packages were looked at.
    pub seen: usize,
    /// How many of the repositories have module metadata.
    pub modular: usize,
}

/// What a package tells of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// What it provides.
    pub provides: Vec<Capability>,
    /// What it requires; rich dependencies whole, in their name.
    pub requires: Vec<Capability>,
    /// What it cannot stand beside.
    pub conflicts: Vec<Capability>,
    /// What it replaces, by name.
    pub obsoletes: Vec<Capability>,
    /// The files that the primary metadata tells: those in `bin` folders and in `/etc`.
    pub files: Vec<Box<str>>,
}

/// Where the files of a repository come from.
pub trait Fetch {
    /// Opens a file by its name below the repository, as `repodata/repomd.xml`. It can be read twice.
    fn fetch(&self, name: &str) -> io::Result<File>;

    /// Returns what people call the repository.
    fn place(&self) -> String;
}

/// A repository in a folder.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Takes the folder that holds `repodata/`, or that one itself.
    pub fn new(path: &Path) -> Self {
        let inside = path.ends_with("repodata") && !path.join("repodata").is_dir();
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Self(if inside { parent.to_owned() } else { path.to_owned() })
    }
}

impl Fetch for Folder {
    fn fetch(&self, name: &str) -> io::Result<File> {
        File::open(self.0.join(name))
    }

    fn place(&self) -> String {
        self.0.display().to_string()
    }
}

/// The index of a repository; far more than any has.
const LONGEST_INDEX: u64 = 16 << 20;

/// How much is read at once.
const BUFFER: usize = 64 << 10;

impl Repodata {
    /// Reads a repository, and keeps what it tells of the packages of the set. Of a package in several repositories the
    /// first one counts, as they are the same.
    pub fn read(&mut self, repository: &impl Fetch, set: &PackageSet) -> Result<(), RepodataError> {
        let error =
            |name: &str, fault| RepodataError { place: repository.place(), name: name.to_owned(), fault };
        let open =
            |name: &str| repository.fetch(name).map_err(|source| error(name, RepodataFault::Open(source)));
        let file = open(index::NAME)?.take(LONGEST_INDEX);
        let index =
            index::read(BufReader::with_capacity(BUFFER, file)).map_err(|fault| error(index::NAME, fault))?;
        let primary = index.primary.ok_or_else(|| error(index::NAME, RepodataFault::NoPrimary))?;
        let checked = |part: &index::Part| {
            let mut file = open(&part.name)?;
            part.checksum.check(&mut file).map_err(|fault| error(&part.name, fault))?;
            file.rewind().map_err(|source| error(&part.name, RepodataFault::Open(source)))?;
            Ok(BufReader::with_capacity(BUFFER, file))
        };
        primary::read(checked(&primary)?, set, self).map_err(|fault| error(&primary.name, fault))?;
        if let Some(modules) = index.modules {
            modules::read(checked(&modules)?, set, &mut self.streams)
                .map_err(|fault| error(&modules.name, fault))?;
            self.modular += 1;
        }
        Ok(())
    }

    /// Returns, by the names of packages that only the new set has, the names of those of the old set that they replace:
    /// renames, as far as they are told.
    pub fn replaced(&self, old: &PackageSet, new: &PackageSet) -> BTreeMap<String, BTreeSet<String>> {
        let mut by_name: BTreeMap<&str, Vec<Package>> = BTreeMap::new();
        for package in old.iter() {
            by_name.entry(package.name()).or_default().push(package);
        }
        let mut replaced: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for package in new.iter().filter(|package| !by_name.contains_key(package.name())) {
            for capability in self.entries.get(&package).into_iter().flat_map(|entry| &entry.obsoletes) {
                let gone = by_name.get(&*capability.name).into_iter().flatten();
                // By version too: a package obsoletes those of its forerunner up to the last one.
                if gone.into_iter().any(|gone| Capability::of(*gone).overlaps(capability)) {
                    replaced
                        .entry(package.name().to_owned())
                        .or_default()
                        .insert(capability.name.to_string());
                }
            }
        }
        replaced
    }

    /// Returns the packages of the set that no repository has told of.
    pub fn absent(&self, set: &PackageSet) -> Vec<Package> {
        set.iter().filter(|package| !self.entries.contains_key(package)).collect()
    }
}
