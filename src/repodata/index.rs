//! `repomd.xml`: which files a repository has, and by which checksums they are known.

use std::io::BufRead;

use super::RepodataFault;
use super::checksum::Checksum;
use crate::document::{FaultKind, Xml, shown};

/// Where it lies.
pub(super) const NAME: &str = "repodata/repomd.xml";

/// A file of the repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) checksum: Checksum,
}

/// What of it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Index {
    pub(super) primary: Option<Part>,
    pub(super) modules: Option<Part>,
}

/// Reads an index.
pub(super) fn read(input: impl BufRead) -> Result<Index, RepodataFault> {
    let mut xml = Xml::new(input, "index");
    let mut index = Index::default();
    let walked = (|| {
        let root = xml.root()?;
        if root.name() != "repomd" {
            let found = shown(root.name());
            return Err(xml.fault(FaultKind::Root { wanted: "`<repomd>`", found }));
        }
        xml.each(|xml, data| {
            let kind = data.attribute("type")?.into_owned();
            if data.name() != "data" || !matches!(kind.as_str(), "primary" | "modules") {
                return Ok(());
            }
            let mut part = Part::default();
            xml.each(|xml, child| {
                match child.name() {
                    "location" => part.name = child.attribute("href")?.into_owned(),
                    "checksum" => {
                        part.checksum.kind = child.attribute("type")?.into_owned();
                        part.checksum.hex = xml.text()?;
                    }
                    _ => {}
                }
                Ok(())
            })?;
            match kind.as_str() {
                "primary" => index.primary = Some(part),
                _ => index.modules = Some(part),
            }
            Ok(())
        })?;
        xml.finish()
    })();
    walked.map_err(RepodataFault::Content)?;
    for part in index.primary.iter().chain(&index.modules) {
        // It is read below a folder of somebody's: nothing leads out of it.
        let inside = !part.name.is_empty()
            && !part.name.contains([':', '\\', '?', '#'])
            && part.name.split('/').all(|piece| !matches!(piece, "" | "." | ".."));
        if !inside {
            return Err(RepodataFault::Place(shown(&part.name)));
        }
    }
    Ok(index)
}
