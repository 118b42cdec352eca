//! Reads OVAL definitions, as Oracle gives them out for all its systems in one file of hundreds of megabytes.
//!
//! A definition's criteria refer to tests, tests to objects (the name of a package) and states (the version it is to be
//! older than), and each of these stands after those that refer to it. So the file is read once: definitions are kept in
//! a compact form ([`criteria`]), those of other systems not at all; then of tests, objects and states what is referred
//! to ([`tables`]); and advisories are made at the end ([`resolve`]). Which system, architecture or module a branch is
//! about is taken from the comments of its criteria, where they have the vendor's form. Names and versions are taken
//! from the tables, and from the comment only where the tables do not say.
//!
//! The architecture of a fix is that of the machine: OVAL leaves that of the package open. Whether packages are signed,
//! which OVAL asks too, is not our question.

mod criteria;
mod resolve;
mod tables;

use std::io::BufRead;
use std::sync::Arc;

use super::gather::Gather;
use super::{Severity, Status, words};
use crate::document::{Element, Fault, Xml};
use criteria::Node;
use tables::Tables;

/// A definition, with criteria that are still to be looked up.
struct Definition {
    id: Arc<str>,
    title: Box<str>,
    severity: Option<Severity>,
    issued: Option<jiff::Timestamp>,
    updated: Option<jiff::Timestamp>,
    cves: Vec<Arc<str>>,
    status: Status,
    criteria: Node,
    line: u64,
}

/// Reads what stands in `<oval_definitions>`, which has just been opened.
pub(super) fn read<R: BufRead>(xml: &mut Xml<R>, major: u16, gather: &mut Gather) -> Result<(), Fault> {
    let mut tables = Tables::default();
    let mut definitions = Vec::new();
    xml.each(|xml, section| match section.name() {
        "definitions" => xml.each(|xml, element| {
            if element.name() == "definition" {
                definitions.extend(definition(xml, element, major, &mut tables, gather)?);
            }
            Ok(())
        }),
        "tests" => xml.each(|xml, element| tables.test(xml, element)),
        "objects" => xml.each(|xml, element| tables.object(xml, element)),
        "states" => xml.each(|xml, element| tables.state(xml, element)),
        _ => Ok(()),
    })?;
    for definition in definitions {
        resolve::resolve(definition, major, &tables, gather);
    }
    Ok(())
}

/// What the metadata of a definition say.
#[derive(Default)]
struct Metadata {
    id: Option<Arc<str>>,
    title: String,
    /// The major versions of the systems that it says it is about; none where it says none.
    majors: Vec<u16>,
    severity: Option<Severity>,
    issued: Option<jiff::Timestamp>,
    updated: Option<jiff::Timestamp>,
    cves: Vec<Arc<str>>,
}

impl Metadata {
    fn is_elsewhere(&self, major: u16) -> bool {
        !self.majors.is_empty() && !self.majors.contains(&major)
    }
}

fn definition<R: BufRead>(
    xml: &mut Xml<R>,
    element: &Element,
    major: u16,
    tables: &mut Tables,
    gather: &mut Gather,
) -> Result<Option<Definition>, Fault> {
    let mut metadata = Metadata::default();
    let mut criteria = None;
    xml.each(|xml, child| {
        match child.name() {
            "metadata" => metadata = read_metadata(xml, gather)?,
            "criteria" if !metadata.is_elsewhere(major) => {
                criteria = criteria::read(xml, child, metadata.id.as_ref(), tables, gather)?;
            }
            _ => {}
        }
        Ok(())
    })?;
    if metadata.is_elsewhere(major) {
        gather.elsewhere += 1;
        return Ok(None);
    }
    let Metadata { id, title, majors: _, severity, issued, updated, cves } = metadata;
    let id = match id {
        Some(id) => id,
        None => match element.attribute("id")? {
            id if id.is_empty() => {
                gather.warnings.push(element.line(), None, "a definition has no id: it is left out");
                return Ok(None);
            }
            id => id.into(),
        },
    };
    let Some(criteria) = criteria else {
        gather.warnings.push(element.line(), Some(&id), "the definition has no criteria: it is left out");
        return Ok(None);
    };
    let Some(criteria) = criteria.within(major) else {
        gather.elsewhere += 1;
        return Ok(None);
    };
    criteria.refer(tables);
    let status = match &*element.attribute("deprecated")? {
        "true" | "1" => Status::Withdrawn,
        _ => words::status("", &title),
    };
    let title = short(&title, &id, severity).into();
    let line = element.line();
    Ok(Some(Definition { id, title, severity, issued, updated, cves, status, criteria, line }))
}

fn read_metadata<R: BufRead>(xml: &mut Xml<R>, gather: &mut Gather) -> Result<Metadata, Fault> {
    let mut metadata = Metadata::default();
    xml.each(|xml, child| match child.name() {
        "title" => {
            metadata.title = xml.text()?;
            Ok(())
        }
        "affected" => xml.each(|xml, child| {
            if child.name() == "platform" {
                metadata.majors.extend(criteria::major(&xml.text()?));
            }
            Ok(())
        }),
        "reference" => {
            let name = child.attribute("ref_id")?;
            if child.attribute("source")?.eq_ignore_ascii_case("cve") {
                gather.cve(&mut metadata.cves, &name, child.line(), metadata.id.as_ref());
            } else if !name.is_empty() && metadata.id.is_none() {
                metadata.id = Some(name.into());
            }
            Ok(())
        }
        "advisory" => xml.each(|xml, child| {
            let (line, id) = (child.line(), metadata.id.as_ref());
            match child.name() {
                "severity" => metadata.severity = Severity::of_word(&xml.text()?),
                "issued" => metadata.issued = gather.moment(&child.attribute("date")?, line, id),
                "updated" => metadata.updated = gather.moment(&child.attribute("date")?, line, id),
                "cve" => gather.cve(&mut metadata.cves, &xml.text()?, line, id),
                _ => {}
            }
            Ok(())
        }),
        _ => Ok(()),
    })?;
    Ok(metadata)
}

/// Takes off a title what stands elsewhere: `ELSA-2024-1: bash security update (IMPORTANT)` is about `bash`.
fn short<'t>(title: &'t str, id: &str, severity: Option<Severity>) -> &'t str {
    let title = title.strip_prefix(id).map_or(title, |rest| rest.trim_start_matches([':', ' ']));
    let Some((rest, word)) = title.strip_suffix(')').and_then(|title| title.rsplit_once('(')) else {
        return title;
    };
    if severity.is_some() && Severity::of_word(word) == severity { rest.trim_end() } else { title }
}
