//! Module streams of the simulated vendor: which packages come from which, and how an instance stands to each.
//!
//! What dnf keeps in files of its own is not part of the world: an instance has enabled what is not a default and what
//! it has packages of, and all other defaults are active.

use std::sync::LazyLock;

use crate::package::{Package, PackageSet};

const TABLE: &str = include_str!("modules.table");

/// The profile that every stream has and that is its default: all of its packages.
const COMMON: &str = "common";

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
    profiles: Vec<Profile>,
}

/// A profile of a stream: what somebody who wants it for one thing installs of it.
#[derive(Debug)]
pub(crate) struct Profile {
    /// The profile.
    pub(crate) name: &'static str,
    packages: Vec<&'static str>,
}

impl Profile {
    /// Tells whether it is its stream's default.
    pub(crate) fn is_default(&self) -> bool {
        self.name == COMMON
    }
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
    let (head, rest) = line.split_once(" :")?;
    let (module, name) = head.split_once(' ')?;
    let name = name.trim();
    let default = name.strip_suffix('*');
    let mut parts = rest.split('|');
    let packages: Vec<&str> = parts.next()?.split_whitespace().collect();
    let mut profiles = vec![Profile { name: COMMON, packages: packages.clone() }];
    for part in parts {
        let (name, packages) = part.split_once(':')?;
        profiles.push(Profile { name: name.trim(), packages: packages.split_whitespace().collect() });
    }
    profiles.sort_by_key(|profile| profile.name);
    Some(Stream { module, name: default.unwrap_or(name), is_default: default.is_some(), packages, profiles })
}

impl Stream {
    /// Tells whether a package comes from the stream.
    pub(crate) fn has(&self, package: Package) -> bool {
        package.is_modular() && self.names(package) && (self.begins(package) || !self.shares(package))
    }

    /// Tells whether the version of a package begins with the stream's name.
    fn begins(&self, package: Package) -> bool {
        let rest = package.version().strip_prefix(self.name);
        rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_digit()))
    }

    /// Tells whether another stream of the module has packages of this one's name too.
    fn shares(&self, package: Package) -> bool {
        streams()
            .iter()
            .any(|other| other.module == self.module && other.name != self.name && other.names(package))
    }

    /// Tells whether the stream has packages of this one's name.
    pub(crate) fn names(&self, package: Package) -> bool {
        self.packages.contains(&package.name())
    }

    /// Returns what a source lists under the stream.
    pub(crate) fn packages<'a>(&'a self, source: &'a PackageSet) -> impl Iterator<Item = Package> + 'a {
        source.iter().filter(|package| self.has(*package))
    }

    /// Returns the profiles of which a source has anything, by name.
    pub(crate) fn profiles<'a>(&'a self, source: &'a PackageSet) -> impl Iterator<Item = &'a Profile> + 'a {
        self.profiles.iter().filter(|profile| self.packages_in(profile, source).next().is_some())
    }

    /// Returns all profiles, by name.
    pub(crate) fn every_profile(&self) -> impl Iterator<Item = &Profile> {
        self.profiles.iter()
    }

    /// Finds a profile; that of no name is the default.
    pub(crate) fn profile(&self, name: Option<&str>) -> Option<&Profile> {
        self.profiles.iter().find(|profile| profile.name == name.unwrap_or(COMMON))
    }

    /// Returns what a source has of a profile of the stream.
    pub(crate) fn packages_in<'a>(
        &'a self,
        profile: &'a Profile,
        source: &'a PackageSet,
    ) -> impl Iterator<Item = Package> + 'a {
        self.packages(source).filter(|package| profile.packages.contains(&package.name()))
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
        for stream in streams() {
            let known =
                |profile: &Profile| profile.packages.iter().all(|name| stream.packages.contains(name));
            assert!(stream.profiles.iter().all(known), "{}:{}", stream.module, stream.name);
            assert!(stream.profile(None).is_some_and(Profile::is_default));
        }
    }

    #[test]
    fn of_streams_that_share_names_a_package_is_of_the_one_that_its_version_names() {
        let of = |text: &str| -> Vec<&str> {
            let package = Package::parse(text).unwrap();
            streams().iter().filter(|stream| stream.has(package)).map(|stream| stream.name).collect()
        };
        assert_eq!(of("postgresql-10.23-1.module+el8.7.0+1+a.x86_64"), ["10"]);
        assert_eq!(of("postgresql-15.2-1.module+el8.9.0+1+a.x86_64"), ["15"]);
        assert!(of("postgresql-100.1-1.module+el8.9.0+1+a.x86_64").is_empty());
        assert!(of("postgresql-10.1-1.el8.x86_64").is_empty(), "a plain build");
        assert_eq!(of("httpd-2.4.37-65.module+el8.10.0+1+a.x86_64"), ["2.4"]);
    }
}
