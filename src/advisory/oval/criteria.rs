//! The criteria of a definition: a tree of conditions, of which those that we ask are kept.

use std::io::BufRead;
use std::sync::Arc;

use super::tables::{Key, Tables, Text};
use crate::advisory::gather::Gather;
use crate::document::{Element, Fault, Xml, shown};

/// A condition.
pub(super) enum Node {
    /// What the branch is about.
    Limit(Limit),
    /// A test, which is still to be looked up.
    Test(Test),
    /// All of them.
    All(Box<[Self]>),
    /// One of them is enough.
    Any(Box<[Self]>),
}

/// What a branch is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    /// A system, by its major version.
    Major(u16),
    /// An architecture, or several behind each other.
    Arch(Text),
    /// A module and its stream.
    Module(Text, Text),
}

/// A test that a criterion refers to.
pub(super) struct Test {
    /// Its id; none where the criterion names none.
    pub(super) key: Option<Key>,
    /// The package and the version that the comment says it is to be older than.
    pub(super) told: Option<(Text, Text)>,
    pub(super) line: u32,
}

/// Reads a `<criteria>`, which has just been opened. None where nothing in it is asked by us.
pub(super) fn read<R: BufRead>(
    xml: &mut Xml<R>,
    element: &Element,
    id: Option<&Arc<str>>,
    tables: &mut Tables,
    gather: &mut Gather,
) -> Result<Option<Node>, Fault> {
    if is_negated(element, id, gather)? {
        return Ok(None);
    }
    let mut nodes = Vec::new();
    xml.each(|xml, child| {
        match child.name() {
            "criteria" => nodes.extend(read(xml, child, id, tables, gather)?),
            "criterion" | "extend_definition" => nodes.extend(criterion(child, id, tables, gather)?),
            _ => {}
        }
        Ok(())
    })?;
    let all = matches!(&*element.attribute("operator")?, "" | "AND");
    Ok(match nodes.len() {
        0 => None,
        // The package beside its signature: most of a file.
        1 => nodes.pop(),
        _ if all => Some(Node::All(nodes.into())),
        _ => Some(Node::Any(nodes.into())),
    })
}

fn is_negated(element: &Element, id: Option<&Arc<str>>, gather: &mut Gather) -> Result<bool, Fault> {
    let negated = matches!(&*element.attribute("negate")?, "true" | "1");
    if negated {
        let message = "a condition that must not be met is not understood, and taken as met";
        gather.warnings.push(element.line(), id, message);
    }
    Ok(negated)
}

fn criterion(
    element: &Element,
    id: Option<&Arc<str>>,
    tables: &mut Tables,
    gather: &mut Gather,
) -> Result<Option<Node>, Fault> {
    if is_negated(element, id, gather)? {
        return Ok(None);
    }
    let comment = element.attribute("comment")?;
    if comment.contains(" is signed with ") {
        return Ok(None);
    }
    if let Some(limit) = limit(&comment, tables) {
        return Ok(Some(Node::Limit(limit)));
    }
    let told = comment.split_once(" is earlier than ");
    let told = told.map(|(name, evr)| (tables.text(name.trim()), tables.text(evr.trim())));
    let key = Some(element.attribute("test_ref")?).filter(|key| !key.is_empty());
    let key = key.map(|key| tables.key(&key));
    if key.is_none() && told.is_none() {
        let message = format!("the condition `{}` is not understood, and taken as met", shown(&comment));
        gather.warnings.push(element.line(), id, message);
        return Ok(None);
    }
    let line = u32::try_from(element.line()).unwrap_or(u32::MAX);
    Ok(Some(Node::Test(Test { key, told, line })))
}

/// Reads what a branch is about off a comment of the vendor's form.
fn limit(comment: &str, tables: &mut Tables) -> Option<Limit> {
    if let Some(subject) = comment.strip_suffix(" is installed") {
        return major(subject).map(Limit::Major);
    }
    if let Some((_, arch)) = comment.split_once("Linux arch is ") {
        return Some(Limit::Arch(tables.text(arch.trim())));
    }
    let module = comment.strip_prefix("Module ")?.strip_suffix(" is enabled")?;
    let (module, stream) = module.trim().split_once(':')?;
    Some(Limit::Module(tables.text(module), tables.text(stream)))
}

/// Reads the major version off the name of a system, as `Oracle Linux 8`.
pub(super) fn major(system: &str) -> Option<u16> {
    let (_, rest) = system.split_once("Linux ")?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).map_or(rest, |end| &rest[..end]);
    digits.parse().ok()
}

impl Node {
    /// Takes out the branches that are about other systems. None where nothing is left.
    pub(super) fn within(self, wanted: u16) -> Option<Self> {
        match self {
            Self::Limit(Limit::Major(major)) if major != wanted => None,
            Self::Limit(_) | Self::Test(_) => Some(self),
            Self::All(nodes) => {
                let nodes: Option<Box<[Self]>> = nodes.into_iter().map(|node| node.within(wanted)).collect();
                nodes.map(Self::All)
            }
            Self::Any(nodes) => {
                let nodes: Box<[Self]> = nodes.into_iter().filter_map(|node| node.within(wanted)).collect();
                (!nodes.is_empty()).then_some(Self::Any(nodes))
            }
        }
    }

    /// Tells the tables which tests are referred to.
    pub(super) fn refer(&self, tables: &mut Tables) {
        match self {
            Self::Limit(_) => {}
            Self::Test(test) => tables.want(test.key),
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().for_each(|node| node.refer(tables)),
        }
    }
}
