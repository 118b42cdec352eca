//! Reads a file of advisories, whatever its form: packed or not, `updateinfo.xml` or OVAL. Told by its content.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use super::gather::Gather;
use super::{Advisories, Error, Warnings, oval, updateinfo};
use crate::document::{Fault, FaultKind, Xml, shown, unpack};

/// The forms of files of advisories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `updateinfo.xml` of a repository.
    Updateinfo,
    /// OVAL definitions.
    Oval,
}

/// What a file held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// Its form.
    pub format: Format,
    /// The advisories about the wanted system.
    pub advisories: Advisories,
    /// How many it holds that are about other systems only.
    pub elsewhere: usize,
    /// What was left out of it, and why.
    pub warnings: Warnings,
}

/// Reads a file of advisories. Of OVAL, which is about several systems, those of the major version alone are kept, as
/// 8 for Oracle Linux 8; an `updateinfo.xml` is about the system of its repository, whatever that is.
pub fn load(path: &Path, os_major: u16) -> Result<Loaded, Error> {
    let file = File::open(path).map_err(|source| Error::Open { path: path.to_owned(), source })?;
    read(BufReader::with_capacity(64 << 10, file), os_major)
        .map_err(|fault| Error::Content { path: path.to_owned(), fault })
}

/// Reads advisories as [`load`] does, from wherever they come.
pub fn read(input: impl BufRead, os_major: u16) -> Result<Loaded, Fault> {
    let (input, packing) = unpack(input)
        .map_err(|source| Fault { line: 1, kind: FaultKind::Read { packing: "file", source } })?;
    let mut xml = Xml::new(input, packing);
    let mut gather = Gather::default();
    let root = xml.root()?;
    let format = match root.name() {
        "updates" => {
            updateinfo::read(&mut xml, &mut gather)?;
            Format::Updateinfo
        }
        "oval_definitions" => {
            oval::read(&mut xml, os_major, &mut gather)?;
            Format::Oval
        }
        other => {
            let wanted = "`<updates>` or `<oval_definitions>`";
            return Err(xml.fault(FaultKind::Root { wanted, found: shown(other) }));
        }
    };
    xml.finish()?;
    let Gather { advisories, mut warnings, elsewhere, .. } = gather;
    // What is told late is told in its place.
    warnings.list.sort_by_key(|warning| warning.line);
    Ok(Loaded { format, advisories: Advisories::new(advisories), elsewhere, warnings })
}
