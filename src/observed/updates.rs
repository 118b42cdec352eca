//! What the service offers an instance, and the errata it comes from: for people and reports, and for the level of a
//! group that counts updates by what they are for.

use std::sync::Arc;

use jiff::Timestamp;

use crate::advisory::Severity;
use crate::op::UpdateKind;

/// An update that the sources attached to an instance offer it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
}
