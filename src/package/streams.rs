//! The module streams that a set of packages was made with, and which of them a package is of.
//!
//! A NEVRA tells only *that* a package is modular, and bears a label. Which stream that is of can be told where a manifest
//! names the stream whole, `NAME:STREAM:VERSION:CONTEXT`: the label is the start of the SHA-1 of these four, joined by
//! dots. Services tell name and stream only, but list a stream's packages: their labels are what a freeze writes down. Of
//! a label that nobody has told, the names of the streams are all there is. Vendors give one label to packages of several
//! modules too, so that one may speak for several streams.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::{Manifest, Package, StreamContents, StreamName, manifest};

/// Module streams, by module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Streams {
    by_module: BTreeMap<String, BTreeSet<String>>,
    /// Each `NAME:STREAM` whose packages bear a label.
    labels: BTreeMap<String, BTreeSet<String>>,
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
                streams.learn(label(&[module, stream, version, context]), format!("{module}:{stream}"));
            }
        }
        streams
    }

    /// Takes what a manifest tells: its `module` lines, and the labels in its header.
    pub fn of_manifest(manifest: &Manifest) -> Self {
        Self::of_specs(&manifest.modules).labelled(manifest.headers("stream"))
    }

    /// Adds what lines `NAME:STREAM LABEL...` tell of streams that are among them. What is not of this form, or of
    /// another stream, says nothing.
    #[must_use]
    pub fn labelled<S: AsRef<str>>(mut self, lines: impl IntoIterator<Item = S>) -> Self {
        for line in lines {
            let mut words = line.as_ref().split(' ');
            let spec = words.next().unwrap_or_default();
            let Ok(name) = StreamName::parse(spec) else { continue };
            if self.has(&name) {
                words.for_each(|label| self.learn(label.to_owned(), spec.to_owned()));
            }
        }
        self
    }

    /// Adds the labels that the packages of streams bear, of those that are among them.
    #[must_use]
    pub fn listing(mut self, contents: &[StreamContents]) -> Self {
        for StreamContents { stream, packages } in contents {
            let name = StreamName { module: stream.module.clone(), stream: stream.stream.clone() };
            if self.has(&name) {
                let labels: BTreeSet<&str> = packages.iter().filter_map(Package::module_label).collect();
                labels.into_iter().for_each(|label| self.learn(label.to_owned(), stream.spec()));
            }
        }
        self
    }

    fn learn(&mut self, label: String, spec: String) {
        self.labels.entry(label).or_default().insert(spec);
    }

    /// Returns the labels that are known, as [`Self::labelled`] reads them: a line for each stream, in order.
    pub fn label_lines(&self) -> Vec<String> {
        let mut by_stream: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (label, specs) in &self.labels {
            for spec in specs {
                by_stream.entry(spec).or_default().push(label);
            }
        }
        let lines = by_stream.into_iter().map(|(spec, labels)| format!("{spec} {}", labels.join(" ")));
        lines.filter(|line| manifest::stream_error(line).is_none()).collect()
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
        let mut specs = self.may_be_of(package);
        specs.next().filter(|_| specs.next().is_none())
    }

    /// Returns each `NAME:STREAM` that a modular package can be of by its label; none where nobody has told that.
    pub fn may_be_of(&self, package: Package) -> impl Iterator<Item = &str> {
        let label = package.module_label();
        label.and_then(|label| self.labels.get(label)).into_iter().flatten().map(String::as_str)
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
    fn labels_are_told_by_header_lines_and_by_what_a_stream_lists() {
        let package = |text| Package::parse(text).unwrap();
        let [test, socket, ours] = [
            "perl-Test-1.31-1.module+el8.6.0+1+f0897f98.x86_64",
            "perl-IO-2.066-4.module+el8.6.0+20623+3cefc087.1.noarch",
            "perl-libs-5.26-4.module+el8.6.0+20623+our.own.noarch",
        ]
        .map(package);
        let specs = ["perl:5.26", "perl-IO:2.066"];
        let lines =
            ["perl:5.26 3cefc087 f0897f98", "perl-IO:2.066 3cefc087", "perl:5.30 00000000", "nonsense"];
        let streams = Streams::of_specs(specs).labelled(lines);
        assert_eq!(streams.of(test), Some("perl:5.26"));
        // One label of two modules: it is of one of these, and nobody knows which.
        assert_eq!(streams.of(socket), None);
        assert_eq!(streams.may_be_of(socket).collect::<Vec<_>>(), ["perl-IO:2.066", "perl:5.26"]);
        assert_eq!(streams.of(ours), None);
        let other = package("perl-libs-5.30-4.module+el8.6.0+1+00000000.x86_64");
        assert_eq!(streams.of(other), None, "no `module` line names that stream");
        assert_eq!(streams.label_lines(), ["perl-IO:2.066 3cefc087", "perl:5.26 3cefc087 f0897f98"]);

        let contents = |stream: &str, packages: &[Package]| StreamContents {
            stream: crate::package::ModuleStream {
                module: "perl".into(),
                stream: stream.into(),
                status: crate::package::StreamStatus::Enabled,
            },
            packages: packages.iter().copied().collect(),
        };
        let listed = [contents("5.26", &[test, ours]), contents("5.30", &[socket])];
        let streams = Streams::of_specs(specs).listing(&listed);
        assert_eq!(streams.label_lines(), ["perl:5.26 f0897f98"]);

        let text = "# stream: perl:5.26 3cefc087 f0897f98\nmodule perl:5.26\n";
        let manifest = Manifest::parse(text).unwrap();
        assert_eq!(Streams::of_manifest(&manifest).of(test), Some("perl:5.26"));
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
