//! What a way from one set to another closes, as plain data for plans and documents: names and packages, without the
//! advisories' texts and whatever else they bring. The most grave comes first.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Advisory, Became, Closed, Closure, Flag, Lack, Mended, Open, Severity, Status};
use crate::package::Package;
use crate::patching::UpdateKind;

/// What becomes of the advisories that stand open in an old set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// Open in the old set and no longer in the new one.
    pub closed: Vec<Covered>,
    /// Open in both: the vendor has the cure, and the new set does not.
    pub remaining: Vec<Covered>,
    /// Open in the new set only.
    pub opened: Vec<Covered>,
    /// Those of which nobody can tell, since the module stream of a package or of a fix is not told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unsure: Vec<Covered>,
    /// The same by CVEs.
    pub cves: CoveredCves,
}

/// An advisory and what it is about in the two sets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Covered {
    /// Its name, as `ELSA-2024-2961`.
    pub id: Arc<str>,
    /// What the update is for.
    pub kind: UpdateKind,
    /// How bad the vendor calls what it mends; none where it does not say.
    pub severity: Option<Severity>,
    /// One line about it.
    pub title: Arc<str>,
    /// When it was issued, where that is told.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub issued: Option<Timestamp>,
    /// The CVEs that it mends, sorted.
    pub cves: Vec<Arc<str>>,
    /// What is older than its cure, in order.
    pub packages: Vec<Uncured>,
}

/// A package that is older than its cure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uncured {
    /// The package.
    pub package: Package,
    /// `[epoch:]version-release` of the oldest that holds the cure.
    pub fixed: String,
    /// What the new set has instead, where the advisory is closed; none where it has none of the name, and where the
    /// advisory stays open.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub becomes: Option<Package>,
}

/// Distinct CVEs by what becomes of them, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoveredCves {
    /// Open in the old set and no longer in the new one.
    pub closed: BTreeSet<Arc<str>>,
    /// Those of `closed` that no update closes, but only that the packages went away.
    #[serde(skip_serializing_if = "BTreeSet::is_empty", default)]
    pub removed: BTreeSet<Arc<str>>,
    /// Those of `closed` that no update closes, but only that packages of another stream, line or flavour are in their
    /// place.
    #[serde(skip_serializing_if = "BTreeSet::is_empty", default)]
    pub replaced: BTreeSet<Arc<str>>,
    /// Open in both.
    pub remaining: BTreeSet<Arc<str>>,
    /// Open in the new set only.
    pub opened: BTreeSet<Arc<str>>,
    /// Those of which nobody can tell.
    #[serde(skip_serializing_if = "BTreeSet::is_empty", default)]
    pub unsure: BTreeSet<Arc<str>>,
}

/// An advisory that no longer stands as it was given out, and what of a release came with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flagged {
    /// The advisory's name.
    pub id: Arc<str>,
    /// Whether the vendor took it back; else a later one stands in its place.
    pub withdrawn: bool,
    /// The later one, where that is told.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub by: Option<Arc<str>>,
    /// The very packages that it brought, in order.
    pub packages: Vec<Package>,
}

impl Coverage {
    /// Tells whether nothing was open on either side, nor may have been.
    pub fn is_empty(&self) -> bool {
        self.closed.is_empty()
            && self.remaining.is_empty()
            && self.opened.is_empty()
            && self.unsure.is_empty()
    }
}

impl CoveredCves {
    /// Returns how many stand open in the old set.
    pub fn open_before(&self) -> usize {
        self.closed.len() + self.remaining.len()
    }
}

impl From<Closure> for Coverage {
    fn from(closure: Closure) -> Self {
        let Closure { closed, remaining, opened, unsure, cves } = closure;
        let cves = CoveredCves {
            closed: cves.closed,
            removed: cves.removed,
            replaced: cves.replaced,
            remaining: cves.remaining,
            opened: cves.opened,
            unsure: cves.unsure,
        };
        Self {
            closed: sorted(closed.iter().map(of_closed)),
            remaining: sorted(remaining.iter().map(of_open)),
            opened: sorted(opened.iter().map(of_open)),
            unsure: sorted(unsure.iter().map(of_open)),
            cves,
        }
    }
}

impl From<&Flag> for Flagged {
    fn from(flag: &Flag) -> Self {
        let (withdrawn, by) = match &flag.advisory.status {
            Status::Withdrawn => (true, None),
            Status::Superseded { by } => (false, by.clone()),
            Status::Testing | Status::Final => (false, None),
        };
        Self { id: Arc::clone(&flag.advisory.id), withdrawn, by, packages: flag.packages.clone() }
    }
}

fn sorted(advisories: impl Iterator<Item = Covered>) -> Vec<Covered> {
    let mut list: Vec<Covered> = advisories.collect();
    list.sort_by(|a, b| (a.kind, Reverse(a.severity), &a.id).cmp(&(b.kind, Reverse(b.severity), &b.id)));
    list
}

fn of_closed(closed: &Closed) -> Covered {
    let packages = closed.mended.iter().map(|mended| {
        let Mended { old, fixed, became } = *mended;
        let becomes = match became {
            Became::Updated(package) | Became::Replaced(package) => Some(package),
            Became::Removed => None,
        };
        Uncured { package: old, fixed: fixed.evr().to_owned(), becomes }
    });
    covered(&closed.advisory, packages.collect())
}

fn of_open(open: &Open) -> Covered {
    let packages = open.lacks.iter().map(|lack| {
        let Lack { have, fixed } = *lack;
        Uncured { package: have, fixed: fixed.evr().to_owned(), becomes: None }
    });
    covered(&open.advisory, packages.collect())
}

fn covered(advisory: &Advisory, packages: Vec<Uncured>) -> Covered {
    Covered {
        id: Arc::clone(&advisory.id),
        kind: advisory.kind,
        severity: advisory.severity,
        title: Arc::clone(&advisory.title),
        issued: advisory.issued,
        cves: advisory.cves.clone(),
        packages,
    }
}
