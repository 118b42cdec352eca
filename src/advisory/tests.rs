//! What stands open in sets, what closes between them, and how sources are merged.

mod open;

use super::*;
use crate::package::PackageSet;

fn package(nevra: &str) -> Package {
    Package::parse(nevra).unwrap()
}

fn set_of(nevras: &str) -> PackageSet {
    nevras.split_whitespace().map(package).collect()
}

fn module(module: &str, stream: &str) -> ModuleName {
    ModuleName { module: module.into(), stream: stream.into() }
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
