//! The module streams that a set of packages was made with, and which of them a package is of.
//!
//! A NEVRA tells only *that* a package is modular. Which stream it is of can be told where a manifest names the
//! stream whole, `NAME:STREAM:VERSION:CONTEXT`: the release of each of its packages ends in the start of the SHA-1 of
//! these four, joined by dots. Where version and context are not known, the names of the streams are all there is.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::{Package, StreamName};

/// Module streams, by module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Streams {
    by_module: BTreeMap<String, BTreeSet<String>>,
    /// `NAME:STREAM` by the label that its packages bear.
    labels: BTreeMap<String, String>,
}

/// A module whose stream differs between two sets.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct StreamMove {
    /// The module.
    pub module: String,
    /// Its streams in the old set; empty where it had none.
    pub old: Vec<String>,
    /// Its streams in the new set.
    pub new: Vec<String>,
}

impl Streams {
    /// Takes the `NAME:STREAM[:VERSION:CONTEXT]` of a manifest's `module` lines. What is not of this form says nothing.
    pub fn of_specs<S: AsRef<str>>(specs: impl IntoIterator<Item = S>) -> Self {
        let mut streams = Self::default();
        for spec in specs {
            let parts: Vec<&str> = spec.as_ref().split(':').collect();
            let [module, stream, rest @ ..] = parts.as_slice() else { continue };
            streams.by_module.entry((*module).to_owned()).or_default().insert((*stream).to_owned());
            if let [version, context] = rest {
                streams
                    .labels
                    .insert(label(&[module, stream, version, context]), format!("{module}:{stream}"));
            }
        }
        streams
    }

    /// Tells whether a stream is among them.
    pub fn has(&self, name: &StreamName) -> bool {
        self.by_module.get(&*name.module).is_some_and(|streams| streams.contains(&*name.stream))
    }

    /// Tells whether any stream of a module is among them.
    pub fn knows(&self, module: &str) -> bool {
        self.by_module.contains_key(module)
    }

    /// Returns the `NAME:STREAM` of a modular package, where it can be told.
    pub fn of(&self, package: Package) -> Option<&str> {
        if !package.is_modular() {
            return None;
        }
        let (_, label) = package.release().rsplit_once('+')?;
        self.labels.get(label).map(String::as_str)
    }

    #[cfg(test)]
    pub(super) fn labels(&self) -> impl Iterator<Item = &str> {
        self.labels.keys().map(String::as_str)
    }

    /// Returns how many modules there are.
    pub fn len(&self) -> usize {
        self.by_module.len()
    }

    /// Tells whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_module.is_empty()
    }

    /// Returns the modules whose streams differ, by name.
    pub fn moves(&self, new: &Self) -> Vec<StreamMove> {
        let modules: BTreeSet<&String> = self.by_module.keys().chain(new.by_module.keys()).collect();
        let of = |streams: &Self, module: &str| -> Vec<String> {
            streams.by_module.get(module).into_iter().flatten().cloned().collect()
        };
        let moves = modules.into_iter().map(|module| StreamMove {
            module: module.clone(),
            old: of(self, module),
            new: of(new, module),
        });
        moves.filter(|one| one.old != one.new).collect()
    }
}

/// Returns what the releases of a module's packages end in.
fn label(parts: &[&str]) -> String {
    let sum = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, parts.join(".").as_bytes());
    sum.as_ref()[..4].iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_that_is_named_whole_knows_its_packages() {
        let streams = Streams::of_specs(["php:7.3:8020020200715124551:ceb1cf90", "perl:5.26", "nonsense"]);
        let package = |text| Package::parse(text).unwrap();
        // The label of php 7.3 as Red Hat's build system made it; a real package's name.
        let php = package("php-cli-7.3.20-1.module+el8.2.0+7373+b272fdef.x86_64");
        assert_eq!(streams.of(php), Some("php:7.3"));
        assert_eq!(streams.of(package("perl-Test-1.31-1.module+el8.6.0+1+00000000.x86_64")), None);
        assert_eq!(streams.of(package("bash-4.4.20-5.el8.x86_64")), None);
        let has = |module: &str, stream: &str| {
            streams.has(&StreamName { module: module.into(), stream: stream.into() })
        };
        assert!(has("perl", "5.26") && !has("perl", "5.30") && !has("nonsense", ""));
        assert_eq!((streams.len(), streams.is_empty()), (2, false));
    }

    #[test]
    fn moves_name_what_comes_goes_and_changes() {
        let old = Streams::of_specs(["perl:5.26", "php:7.3", "ruby:2.5"]);
        let new = Streams::of_specs(["perl:5.30", "nodejs:18", "ruby:2.5"]);
        let of = |module: &str, old: &[&str], new: &[&str]| {
            let owned = |list: &[&str]| list.iter().map(ToString::to_string).collect();
            StreamMove { module: module.to_owned(), old: owned(old), new: owned(new) }
        };
        assert_eq!(
            old.moves(&new),
            [of("nodejs", &[], &["18"]), of("perl", &["5.26"], &["5.30"]), of("php", &["7.3"], &[])]
        );
        assert_eq!(old.moves(&old), []);
    }
}
