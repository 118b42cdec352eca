//! What the service offers an instance, and the errata it comes from: for people and reports, and for the level of a
//! group that counts updates by what they are for.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::advisory::{Advisories, Advisory, Fix, Severity, Status};
use crate::op::UpdateKind;
use crate::package::Package;

/// An update that the sources attached to an instance offer it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AvailableUpdate {
    /// The bare RPM name.
    pub name: Arc<str>,
    /// As rpm spells it; empty where the service does not say.
    pub architecture: Arc<str>,
    /// `[epoch:]version-release` of what is installed.
    pub installed: Arc<str>,
    /// The same of what is offered.
    pub available: Arc<str>,
    /// What it is for.
    pub kind: UpdateKind,
    /// The errata it comes from: id and name ("ELSA-2023-12136").
    pub errata: Vec<ErratumLink>,
    /// The CVEs that it mends, by name.
    pub cves: Vec<Arc<str>>,
}

/// An erratum as an update names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErratumLink {
    /// The service's id.
    pub id: Arc<str>,
    /// Its name; the id where the service gives none.
    pub name: Arc<str>,
}

/// The updates of one instance. Instances share them: a fleet has few distinct ones.
pub type Updates = Vec<Arc<AvailableUpdate>>;

/// An erratum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erratum {
    /// The service's id.
    pub id: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// One line about it.
    pub synopsis: Arc<str>,
    /// What it is for.
    pub kind: UpdateKind,
    /// How bad the vendor calls it. OSMS has no field for it: a dialect reads it where an erratum's text says it, and it
    /// is none where that does not.
    pub severity: Option<Severity>,
    /// When it was issued, where that can be read.
    pub issued: Option<Timestamp>,
    /// The CVEs it mends, by name.
    pub cves: Vec<Arc<str>>,
    /// The packages it brings, where the service says them; what cannot be installed or told is passed over.
    pub packages: Vec<Package>,
}

impl Erratum {
    /// Returns what it says as an advisory, known by its name. Of which module stream its packages are is not told.
    pub fn advisory(&self) -> Advisory {
        let Self { id: _, name, synopsis, kind, severity, issued, cves, packages } = self;
        Advisory {
            id: Arc::clone(name),
            kind: *kind,
            severity: *severity,
            title: Arc::clone(synopsis),
            issued: *issued,
            updated: None,
            cves: cves.clone(),
            fixes: packages.iter().map(|package| Fix::new(*package)).collect(),
            status: Status::of_title(synopsis),
        }
    }
}

/// Makes a book of what the service says. Errata whose packages it does not say stand in it, and are never open.
pub fn advisories<'a>(errata: impl IntoIterator<Item = &'a Erratum>) -> Advisories {
    errata.into_iter().map(Erratum::advisory).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::{PackageSet, Streams};

    #[test]
    fn errata_are_advisories_by_their_names() {
        let package = |text: &str| Package::parse(text).unwrap();
        let erratum = Erratum {
            id: "ocid".into(),
            name: "ELSA-1".into(),
            synopsis: "Important: bash security update".into(),
            kind: UpdateKind::Security,
            severity: Some(Severity::Important),
            issued: None,
            cves: vec!["CVE-2099-10001".into()],
            packages: vec![package("bash-2-1.x86_64")],
        };
        let unsaid = Erratum { name: "ELSA-2".into(), packages: Vec::new(), ..erratum.clone() };
        let book = advisories([&erratum, &unsaid]);
        assert_eq!(book.len(), 2);
        let set: PackageSet = [package("bash-1-1.x86_64")].into_iter().collect();
        let open = book.open_in(&set, &Streams::default());
        assert_eq!(open.iter().map(|open| &*open.advisory.id).collect::<Vec<_>>(), ["ELSA-1"]);
        assert_eq!(open[0].advisory.cves, erratum.cves);
    }
}
