//! Advisories: what the vendor says that an update mends, and which of them stand open in a set of packages.
//!
//! An [`Advisory`] names the packages that hold its cure ([`Fix`]). Many of them, read from the service's errata or
//! from files ([`load`]: `updateinfo.xml`, or Oracle's OVAL), make a book, [`Advisories`], which says what is open in
//! a set and what the way from one set to another closes ([`Closure`]). What people are shown of it is not said here.
//!
//! Versions alone do not tell whether a fix concerns a package: it must be of the same [`Flavour`], and of the same
//! module stream. [`Advisories`] keeps those rules, in one place.

mod book;
mod closure;
mod coverage;
mod fault;
mod flavour;
mod gather;
mod open;
mod oval;
mod severity;
mod updateinfo;
mod words;

use std::sync::Arc;

use jiff::Timestamp;

pub use book::{Advisories, Flag, Holding, Lack, Open, Standing};
pub use closure::{Became, Closed, Closure, Cves, Mended, Severities};
pub use coverage::{Coverage, Covered, CoveredCves, Flagged, Uncured};
pub use fault::{Error, Warning, Warnings};
pub use flavour::{Flavour, system_of};
pub use open::{Format, Loaded, load, read};
pub use severity::Severity;

pub use crate::document::{Fault, FaultKind};
use crate::package::{Arch, Package, StreamName};
use crate::patching::UpdateKind;

/// What the vendor said about one update of one or more packages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advisory {
    /// Its name, as `ELSA-2024-2961`.
    pub id: Arc<str>,
    /// What the update is for.
    pub kind: UpdateKind,
    /// How bad the vendor calls what it mends; none where it does not say.
    pub severity: Option<Severity>,
    /// One line about it.
    pub title: Arc<str>,
    /// When it was issued, where that is told.
    pub issued: Option<Timestamp>,
    /// When it was last changed, where that is told.
    pub updated: Option<Timestamp>,
    /// The CVEs that it mends, sorted; read from a file, each is a `CVE-YYYY-NNNN`.
    pub cves: Vec<Arc<str>>,
    /// The packages that hold the cure, sorted.
    pub fixes: Vec<Fix>,
    /// Whether it still stands.
    pub status: Status,
}

/// A package that holds a cure: it, and whatever is newer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fix {
    /// The package.
    pub package: Package,
    /// What its architecture means.
    pub reach: Reach,
    /// The module stream that it is of, where that is told.
    pub module: Option<StreamName>,
}

/// What the architecture of a fix means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reach {
    /// It is the package's own, as in `updateinfo.xml`.
    Package,
    /// It is that of the machine, as in OVAL, which leaves the package's own open: whatever of the name runs there.
    Machine,
}

/// Whether an advisory still stands. In the order in which sources that disagree are believed: the last wins.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// It is not given out yet.
    Testing,
    /// It stands.
    #[default]
    Final,
    /// A later one stands in its place. Its fixes stay good.
    Superseded {
        /// The later one, where that is told.
        by: Option<Arc<str>>,
    },
    /// The vendor took it back. What it brought is not counted as a cure.
    Withdrawn,
}

impl Status {
    /// Reads whether an advisory stands off its title alone, as `RETRACTED: ...` or `... (superseded by ELSA-2024-2)`.
    pub fn of_title(title: &str) -> Self {
        words::status("", title)
    }
}

impl Fix {
    /// Makes a fix of a package whose architecture is told.
    pub fn new(package: Package) -> Self {
        Self { package, reach: Reach::Package, module: None }
    }

    /// Tells whether the fix is about packages of a module stream.
    pub fn is_modular(&self) -> bool {
        self.module.is_some() || self.package.is_modular()
    }

    /// Tells whether the fix is about packages of the architecture, on a machine of another or of the same.
    pub fn reaches(&self, arch: Arch, machine: Option<Arch>) -> bool {
        let fixed = self.package.arch();
        match self.reach {
            Reach::Package => arch == fixed,
            Reach::Machine => arch.runs_on(fixed) && machine.is_none_or(|machine| machine == fixed),
        }
    }
}

impl Advisory {
    /// Adds what another source says of the same advisory. Whatever the order of sources, the outcome is the same.
    fn absorb(&mut self, other: Self) {
        let Self { id: _, kind, severity, title, issued, updated, cves, fixes, status } = other;
        // In the order of the variants: what it is for in the first place.
        self.kind = self.kind.min(kind);
        self.severity = self.severity.max(severity);
        if (title.len(), &title) > (self.title.len(), &self.title) {
            self.title = title;
        }
        self.issued = match (self.issued, issued) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        self.updated = self.updated.max(updated);
        self.cves.extend(cves);
        self.fixes.extend(fixes);
        if status > self.status {
            self.status = status;
        }
        self.tidy();
    }

    /// Says of which stream its fixes are, where only its title does: `nodejs:16 security update`.
    fn place(&mut self) {
        let Some(name) = words::stream(&self.title) else { return };
        for fix in self.fixes.iter_mut().filter(|fix| fix.module.is_none() && fix.package.is_modular()) {
            fix.module = Some(name.clone());
        }
        self.tidy();
    }

    /// Sorts what is a set, and drops doubles.
    fn tidy(&mut self) {
        self.cves.sort_unstable();
        self.cves.dedup();
        self.fixes.sort_unstable();
        self.fixes.dedup();
    }
}

#[cfg(test)]
mod tests;
