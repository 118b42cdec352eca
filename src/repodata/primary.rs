//! `primary.xml`: one `<package>` after the other, of which those of a set are kept.

use std::io::BufRead;

use super::{Capability, Entry, Relation, Repodata, RepodataFault, Version};
use crate::document::{Element, Fault, FaultKind, Xml, shown, unpack};
use crate::package::{Package, PackageSet};

/// Reads the packages of a repository.
pub(super) fn read(input: impl BufRead, set: &PackageSet, into: &mut Repodata) -> Result<(), RepodataFault> {
    let (input, packing) = unpack(input).map_err(RepodataFault::Open)?;
    let mut xml = Xml::new(input, packing);
    walk(&mut xml, set, into).map_err(RepodataFault::Content)
}

fn walk<R: BufRead>(xml: &mut Xml<R>, set: &PackageSet, into: &mut Repodata) -> Result<(), Fault> {
    let root = xml.root()?;
    if root.name() != "metadata" {
        let found = shown(root.name());
        return Err(xml.fault(FaultKind::Root { wanted: "`<metadata>`", found }));
    }
    xml.each(|xml, child| {
        if child.name() == "package" && child.attribute("type")? == "rpm" {
            into.seen += 1;
            if let Some((package, entry)) = package(xml, set)? {
                into.entries.entry(package).or_insert(entry);
            }
        }
        Ok(())
    })?;
    xml.finish()
}

/// Reads a package, if it is one of the set. Name, architecture and version stand first, so that the rest of others is
/// only walked over.
fn package<R: BufRead>(xml: &mut Xml<R>, set: &PackageSet) -> Result<Option<(Package, Entry)>, Fault> {
    let (mut name, mut arch, mut evr) = (String::new(), String::new(), String::new());
    let mut found = None;
    xml.each(|xml, child| {
        match child.name() {
            "name" => name = xml.text()?,
            "arch" => arch = xml.text()?,
            "version" => {
                let (epoch, version, release) =
                    (child.attribute("epoch")?, child.attribute("ver")?, child.attribute("rel")?);
                evr = if epoch.is_empty() {
                    format!("{version}-{release}")
                } else {
                    format!("{epoch}:{version}-{release}")
                };
            }
            "format" => {
                // What is no package of ours cannot be in the set; source packages are among those.
                let known =
                    Package::from_parts(&name, &evr, &arch).ok().filter(|package| set.contains(*package));
                if let Some(package) = known {
                    found = Some((package, format(xml)?));
                }
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(found)
}

fn format<R: BufRead>(xml: &mut Xml<R>) -> Result<Entry, Fault> {
    let mut entry = Entry::default();
    xml.each(|xml, child| {
        match child.name() {
            "provides" => entry.provides = capabilities(xml)?,
            "requires" => entry.requires = capabilities(xml)?,
            "conflicts" => entry.conflicts = capabilities(xml)?,
            "obsoletes" => entry.obsoletes = capabilities(xml)?,
            "file" => entry.files.push(xml.text()?.into()),
            _ => {}
        }
        Ok(())
    })?;
    Ok(entry)
}

fn capabilities<R: BufRead>(xml: &mut Xml<R>) -> Result<Vec<Capability>, Fault> {
    let mut list = Vec::new();
    xml.each(|_, child| {
        if child.name() == "entry" {
            list.push(capability(child)?);
        }
        Ok(())
    })?;
    Ok(list)
}

fn capability(element: &Element) -> Result<Capability, Fault> {
    let name = element.attribute("name")?;
    let bound = match Relation::of_flag(&element.attribute("flags")?) {
        None => None,
        Some(relation) => {
            let (epoch, version, release) =
                (element.attribute("epoch")?, element.attribute("ver")?, element.attribute("rel")?);
            Some((relation, Version::new(&epoch, &version, &release)))
        }
    };
    Ok(Capability { name: (&*name).into(), bound })
}
