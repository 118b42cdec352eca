//! Makes an advisory of a definition: its conditions are looked up in the tables, and each branch says which package,
//! older than which, on which architecture and of which module stream.

use std::sync::Arc;

use super::Definition;
use super::criteria::{Limit, Node, Test};
use super::tables::{Key, Tables, Text};
use crate::advisory::gather::Gather;
use crate::advisory::{Advisory, Fix, Reach, words};
use crate::document::shown;
use crate::package::{Arch, Package, StreamName};

/// What the vendor builds for, where a definition does not say.
const ARCHITECTURES: [Arch; 2] = [Arch::Aarch64, Arch::X86_64];

/// Adds the advisory that a definition makes; none where it is about other systems, as the tables tell.
pub(super) fn resolve(definition: Definition, major: u16, tables: &Tables, gather: &mut Gather) {
    let Definition { id, title, severity, issued, updated, cves, status, criteria, line } = definition;
    let mut branches = Branches { major, tables, gather, id: &id, fixes: Vec::new(), elsewhere: false };
    branches.walk(&criteria, &About::default());
    let Branches { fixes, elsewhere, .. } = branches;
    if fixes.is_empty() && elsewhere {
        gather.elsewhere += 1;
        return;
    }
    if fixes.is_empty() {
        gather.warnings.push(line, Some(&id), "the definition names no package that can be told");
    }
    let kind = words::kind_of_id(&id);
    let title = title.into();
    gather.advisories.push(Advisory { id, kind, severity, title, issued, updated, cves, fixes, status });
}

/// What a branch is about: of each the alternatives, and all where there are none.
#[derive(Clone, Default)]
struct About {
    archs: Vec<Arch>,
    modules: Vec<(Text, Text)>,
}

struct Branches<'a> {
    major: u16,
    tables: &'a Tables,
    gather: &'a mut Gather,
    id: &'a Arc<str>,
    fixes: Vec<Fix>,
    /// Whether a branch was left out for its system.
    elsewhere: bool,
}

/// What a test turns out to be.
enum Found<'a> {
    Limit(Limit),
    /// A package, the version it is to be older than, and the architecture that the state asks.
    Package(&'a str, &'a str, Option<Text>),
    /// A question that is not ours.
    Nothing,
    Unknown,
}

impl<'a> Branches<'a> {
    fn walk(&mut self, node: &Node, about: &About) {
        match node {
            Node::Limit(_) => {}
            Node::Test(test) => self.test(test, about),
            Node::Any(nodes) => nodes.iter().for_each(|node| self.walk(node, about)),
            Node::All(nodes) => {
                let mut about = about.clone();
                for node in nodes {
                    let limits = self.limits(node);
                    if limits.is_empty() {
                        continue;
                    }
                    let majors = |limit: &Limit| matches!(limit, Limit::Major(_));
                    if limits.iter().any(majors) && !limits.contains(&Limit::Major(self.major)) {
                        self.elsewhere = true;
                        return;
                    }
                    if !self.narrow(&mut about, &limits) {
                        return;
                    }
                }
                nodes.iter().for_each(|node| self.walk(node, &about));
            }
        }
    }

    /// Returns the limits that a condition sets, where it sets nothing else: one, or one of several.
    fn limits(&self, node: &Node) -> Vec<Limit> {
        match node {
            Node::Limit(limit) => vec![*limit],
            Node::Test(test) => match self.found(test) {
                Found::Limit(limit) => vec![limit],
                _ => Vec::new(),
            },
            Node::Any(nodes) => {
                let limits: Vec<Vec<Limit>> = nodes.iter().map(|node| self.limits(node)).collect();
                if limits.iter().any(Vec::is_empty) { Vec::new() } else { limits.concat() }
            }
            // Its limits hold for its own branches only.
            Node::All(_) => Vec::new(),
        }
    }

    /// Narrows down what a branch is about. False where that is an architecture that is none of ours.
    fn narrow(&self, about: &mut About, limits: &[Limit]) -> bool {
        let (mut archs, mut modules) = (Vec::new(), Vec::new());
        for limit in limits {
            match limit {
                Limit::Major(_) => {}
                Limit::Arch(text) => archs.extend(architectures(self.tables.get(*text))),
                Limit::Module(module, stream) => modules.push((*module, *stream)),
            }
        }
        let elsewhere = archs.is_empty() && limits.iter().any(|limit| matches!(limit, Limit::Arch(_)));
        if !archs.is_empty() {
            about.archs = archs;
        }
        if !modules.is_empty() {
            about.modules = modules;
        }
        !elsewhere
    }

    fn found(&self, test: &Test) -> Found<'a> {
        let looked_up = test.key.and_then(|key: Key| self.tables.test_of(key));
        let told = test.told.map(|(name, evr)| (self.tables.get(name), self.tables.get(evr)));
        match (looked_up, told) {
            (Some((name, state)), told) => match (state.older_than, told) {
                (Some(evr), _) => Found::Package(name, self.tables.get(evr), state.arch),
                (None, Some((name, evr))) => Found::Package(name, evr, state.arch),
                (None, None) if state.signed => Found::Nothing,
                (None, None) => {
                    let version = state.version.and_then(|text| first_number(self.tables.get(text)));
                    // Which system it is, is told by the package that holds its name.
                    match (version.filter(|_| name.ends_with("-release")), state.arch) {
                        (Some(major), _) => Found::Limit(Limit::Major(major)),
                        (None, Some(arch)) => Found::Limit(Limit::Arch(arch)),
                        (None, None) => Found::Unknown,
                    }
                }
            },
            (None, Some((name, evr))) => Found::Package(name, evr, None),
            (None, None) => Found::Unknown,
        }
    }

    fn test(&mut self, test: &Test, about: &About) {
        let line = u64::from(test.line);
        let (name, evr, arch) = match self.found(test) {
            Found::Package(name, evr, arch) => (name, evr, arch),
            Found::Limit(_) | Found::Nothing => return,
            Found::Unknown => {
                let message = "a condition is not understood, and taken as met";
                return self.gather.warnings.push(line, Some(self.id), message);
            }
        };
        let archs = match arch {
            Some(arch) => architectures(self.tables.get(arch)),
            None if about.archs.is_empty() => ARCHITECTURES.into(),
            None => about.archs.clone(),
        };
        for arch in archs {
            match Package::from_parts(name, evr, arch.as_str()) {
                Ok(package) => self.fix(package, about),
                Err(error) => {
                    let message = format!("a package is left out: {}", shown(&error.to_string()));
                    return self.gather.warnings.push(line, Some(self.id), message);
                }
            }
        }
    }

    fn fix(&mut self, package: Package, about: &About) {
        let reach = Reach::Machine;
        if about.modules.is_empty() {
            return self.fixes.push(Fix { package, reach, module: None });
        }
        for (module, stream) in &about.modules {
            let module = self.gather.text(self.tables.get(*module));
            let stream = self.gather.text(self.tables.get(*stream));
            self.fixes.push(Fix { package, reach, module: Some(StreamName { module, stream }) });
        }
    }
}

/// Reads an architecture, or a pattern of several: `x86_64`, `^aarch64$`, `(aarch64|x86_64)`.
fn architectures(pattern: &str) -> Vec<Arch> {
    let words = pattern.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    // The vendor's patterns name noarch and 32-bit ones too; those follow from the machine.
    let machines = words.filter_map(Arch::parse).filter(|arch| ARCHITECTURES.contains(arch));
    let mut machines: Vec<Arch> = machines.collect();
    machines.sort_unstable();
    machines.dedup();
    machines
}

/// Reads the number that a pattern of a version starts with, as `^8` or `^8\.`.
fn first_number(pattern: &str) -> Option<u16> {
    let digits = pattern.trim_start_matches(|c: char| !c.is_ascii_digit());
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().ok()
}
