//! What stands open in sets, what closes between them, and how sources are merged.

mod bytes;
mod open;
mod oval;
mod updateinfo;

use super::*;
use crate::package::{PackageSet, Streams};

fn package(nevra: &str) -> Package {
    Package::parse(nevra).unwrap()
}

fn set_of(nevras: &str) -> PackageSet {
    nevras.split_whitespace().map(package).collect()
}

/// Reads a text for Oracle Linux 8.
fn read_text(text: &str) -> Loaded {
    read(text.as_bytes(), 8).unwrap()
}

fn warnings(loaded: &Loaded) -> Vec<(u64, &str, &str)> {
    let Warnings { list, more } = &loaded.warnings;
    assert_eq!(*more, 0);
    list.iter()
        .map(|warning| (warning.line, warning.advisory.as_deref().unwrap_or("-"), warning.message.as_str()))
        .collect()
}

fn module(module: &str, stream: &str) -> StreamName {
    StreamName { module: module.into(), stream: stream.into() }
}

/// An advisory about security that says nothing but its fixes.
fn advisory(id: &str, fixes: &[&str]) -> Advisory {
    Advisory {
        id: id.into(),
        kind: UpdateKind::Security,
        severity: None,
        title: "".into(),
        issued: None,
        updated: None,
        cves: Vec::new(),
        fixes: fixes.iter().map(|nevra| Fix::new(package(nevra))).collect(),
        status: Status::Final,
    }
}

fn book(advisories: &[(&str, &[&str])]) -> Advisories {
    advisories.iter().map(|(id, fixes)| advisory(id, fixes)).collect()
}
