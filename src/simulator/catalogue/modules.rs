//! Module streams of the simulated vendor: which packages come from which, and how an instance stands to each.
//!
//! What dnf keeps in files of its own is not part of the world: an instance has enabled what is not a default and what
//! it has packages of, and all other defaults are active.

use std::sync::LazyLock;

use crate::package::{Package, PackageSet};

const TABLE: &str = include_str!("modules.table");

/// A stream of a module.
#[derive(Debug)]
pub(crate) struct Stream {
    /// The module.
    pub(crate) module: &'static str,
    /// The stream.
    pub(crate) name: &'static str,
    /// Whether it is its module's default.
    pub(crate) is_default: bool,
    packages: Vec<&'static str>,
}

/// How an instance stands to a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// `ENABLED`
    Enabled,
    /// `ACTIVE`: a default that no other stream stands in for.
    Active,
    /// `DISABLED`: not enabled.
    Disabled,
}

impl Status {
    /// Returns the service's spelling.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "ENABLED",
            Self::Active => "ACTIVE",
            Self::Disabled => "DISABLED",
        }
    }
}

/// Returns all streams, by module and name.
pub(crate) fn streams() -> &'static [Stream] {
    static STREAMS: LazyLock<Vec<Stream>> = LazyLock::new(|| {
        let lines = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        lines
            .map(|line| stream(line).expect("the built-in table is well-formed, as its test sees to"))
            .collect()
    });
    &STREAMS
}

fn stream(line: &'static str) -> Option<Stream> {
    let (head, packages) = line.split_once(" :")?;
    let (module, name) = head.split_once(' ')?;
    let name = name.trim();
    let default = name.strip_suffix('*');
    Some(Stream {
        module,
        name: default.unwrap_or(name),
        is_default: default.is_some(),
        packages: packages.split_whitespace().collect(),
    })
}

impl Stream {
    /// Tells whether a package comes from the stream.
    pub(crate) fn has(&self, package: Package) -> bool {
        package.is_modular() && self.names(package)
    }

    /// Tells whether the stream has packages of this one's name.
    pub(crate) fn names(&self, package: Package) -> bool {
        self.packages.contains(&package.name())
    }

    /// Returns what a source lists under the stream.
    pub(crate) fn packages<'a>(&'a self, source: &'a PackageSet) -> impl Iterator<Item = Package> + 'a {
        source.iter().filter(|package| self.has(*package))
    }

    /// Returns how an instance with these packages stands to the stream.
    pub(crate) fn status(&self, installed: &PackageSet) -> Status {
        let chosen = |stream: &Self| !stream.is_default && stream.packages(installed).next().is_some();
        match self.is_default {
            false if chosen(self) => Status::Enabled,
            true if !streams().iter().any(|other| other.module == self.module && chosen(other)) => {
                Status::Active
            }
            _ => Status::Disabled,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::simulator::catalogue::{Channel, catalogue};

    #[test]
    fn every_modular_package_is_of_one_stream_and_every_module_has_one_default_at_most() {
        for channel in [Channel::AppStream, Channel::Preview] {
            for package in catalogue().shipped(channel).into_iter().filter(|package| package.is_modular()) {
                assert_eq!(streams().iter().filter(|stream| stream.has(package)).count(), 1, "{package}");
            }
        }
        let mut defaults = BTreeSet::new();
        for stream in streams() {
            assert!(!stream.is_default || defaults.insert(stream.module), "{}", stream.module);
        }
        assert!(streams().is_sorted_by_key(|stream| (stream.module, stream.name)));
    }
}
