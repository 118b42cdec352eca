//! `modules.yaml`: which packages a module stream lists. dnf takes no modular package from a repository that does not
//! say so of it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, Read};

use saphyr_parser::{Event, Parser};

use super::RepodataFault;
use crate::document::unpack;
use crate::package::{Package, PackageSet, StreamName};

/// Oracle's are some 10 MB.
const LONGEST: u64 = 256 << 20;

/// Where the list of packages stands in a document.
const ARTIFACTS: [&str; 3] = ["data", "artifacts", "rpms"];

/// Reads the module streams of a repository, and keeps which packages of the set they list.
pub(super) fn read(
    input: impl BufRead,
    set: &PackageSet,
    into: &mut BTreeMap<Package, BTreeSet<StreamName>>,
) -> Result<(), RepodataFault> {
    let (input, _) = unpack(input).map_err(RepodataFault::Open)?;
    let mut text = String::new();
    input.take(LONGEST + 1).read_to_string(&mut text).map_err(RepodataFault::Open)?;
    if text.len() as u64 > LONGEST {
        return Err(RepodataFault::Long(LONGEST));
    }
    let mut walk = Walk { set, into, path: Vec::new(), document: Document::default() };
    for step in Parser::new_from_str(&text) {
        let (event, _) = step.map_err(|error| RepodataFault::Yaml {
            line: error.marker().line(),
            message: error.info().to_owned(),
        })?;
        walk.take(&event);
    }
    Ok(())
}

/// What a document says of one stream.
#[derive(Default)]
struct Document {
    kind: String,
    module: String,
    stream: String,
    packages: Vec<Package>,
}

/// A mapping that is open, with the key whose value comes next, or a sequence.
enum Level {
    Mapping(Option<String>),
    Sequence,
}

struct Walk<'a> {
    set: &'a PackageSet,
    into: &'a mut BTreeMap<Package, BTreeSet<StreamName>>,
    path: Vec<Level>,
    document: Document,
}

impl Walk<'_> {
    fn take(&mut self, event: &Event<'_>) {
        match event {
            Event::DocumentStart(_) => {
                self.path.clear();
                self.document = Document::default();
            }
            Event::DocumentEnd => self.end(),
            Event::MappingStart(..) => self.path.push(Level::Mapping(None)),
            Event::SequenceStart(..) => self.path.push(Level::Sequence),
            Event::MappingEnd | Event::SequenceEnd => {
                self.path.pop();
                self.valued();
            }
            Event::Scalar(value, ..) => match self.path.last_mut() {
                Some(Level::Mapping(key @ None)) => *key = Some(value.to_string()),
                _ => {
                    self.scalar(value);
                    self.valued();
                }
            },
            // An alias stands for a value. None of what is read here is ever one.
            Event::Alias(_) => match self.path.last_mut() {
                Some(Level::Mapping(key @ None)) => *key = Some(String::new()),
                _ => self.valued(),
            },
            Event::Nothing | Event::StreamStart | Event::StreamEnd => {}
        }
    }

    /// The value of a key has ended: another key comes next.
    fn valued(&mut self) {
        if let Some(Level::Mapping(key)) = self.path.last_mut() {
            *key = None;
        }
    }

    fn scalar(&mut self, value: &str) {
        let mut keys: [&str; 4] = [""; 4];
        let mut depth = 0;
        for level in &self.path {
            let key = match level {
                Level::Mapping(key) => key.as_deref().unwrap_or_default(),
                Level::Sequence => continue,
            };
            if depth == keys.len() {
                return;
            }
            keys[depth] = key;
            depth += 1;
        }
        match &keys[..depth] {
            ["document"] => value.clone_into(&mut self.document.kind),
            ["data", "name"] => value.clone_into(&mut self.document.module),
            ["data", "stream"] => value.clone_into(&mut self.document.stream),
            path if *path == ARTIFACTS => {
                // They are written `name-0:version-release.arch`, source packages too.
                let package = value.replacen("-0:", "-", 1);
                let known = Package::parse(&package).ok().filter(|package| self.set.contains(*package));
                self.document.packages.extend(known);
            }
            _ => {}
        }
    }

    fn end(&mut self) {
        let Document { kind, module, stream, packages } = std::mem::take(&mut self.document);
        if kind != "modulemd" {
            return;
        }
        let name = StreamName { module: module.into(), stream: stream.into() };
        for package in packages {
            self.into.entry(package).or_default().insert(name.clone());
        }
    }
}
