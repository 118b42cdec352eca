//! Conformance: how one instance stands to its release, and when an instance or a group is *at level*.
//!
//! Counted per managed (name, architecture). Whether something *should* be done about it is the planner's.

use serde::{Deserialize, Serialize};

use crate::observed::Inventory;
use crate::package::{self, Package, PackageSet, Pattern};
use crate::train::{Ahead, Amount};

mod streams;
mod tally;
#[cfg(test)]
mod tests;

pub use streams::{Instead, StreamGap, stream_gaps};
pub use tally::{Bringer, Sorter, Tally};

/// One (name, architecture) at another version than the release's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Lag {
    /// The newest version installed.
    pub installed: Package,
    /// The newest version in the release.
    pub release: Package,
}

impl Lag {
    /// Tells whether it is a package of a module stream, on either side.
    pub fn is_modular(&self) -> bool {
        self.installed.is_modular() || self.release.is_modular()
    }
}

/// How an instance stands to a release. All lists are in package order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Older than the release: what an update will bring.
    pub behind: Vec<Lag>,
    /// Newer than the release: what no update brings back.
    pub ahead: Vec<Lag>,
    /// Installed, and no version of it in the release.
    pub extra: Vec<Package>,
    /// In the release, and no version of it installed.
    pub missing: Vec<Package>,
    /// How many installed packages are outside the train's care.
    pub unmanaged: usize,
    /// How many (name, architecture) stand exactly at the release's newest version.
    pub exact: usize,
}

impl Verdict {
    /// Compares an instance's packages with a release in one walk.
    pub fn of(inventory: &Inventory, release: &PackageSet, unmanaged: &[Pattern]) -> Self {
        let mut verdict = Self::default();
        let unmanaged = |package: Package| unmanaged.iter().any(|pattern| pattern.matches(package.name()));
        package::walk(&inventory.installed, release, |have, want| match (have.last(), want.last()) {
            (Some(installed), Some(release)) => match installed.cmp_evr(*release) {
                // Most pairs are equal; only the others are worth a look at the patterns.
                std::cmp::Ordering::Equal => verdict.exact += 1,
                _ if unmanaged(*installed) => verdict.unmanaged += have.len(),
                std::cmp::Ordering::Less => {
                    verdict.behind.push(Lag { installed: *installed, release: *release });
                }
                std::cmp::Ordering::Greater => {
                    verdict.ahead.push(Lag { installed: *installed, release: *release });
                }
            },
            (Some(installed), None) if unmanaged(*installed) => verdict.unmanaged += have.len(),
            (Some(_), None) => {
                for package in have {
                    if inventory.unsourced.contains(*package) {
                        verdict.unmanaged += 1;
                    } else {
                        verdict.extra.push(*package);
                    }
                }
            }
            (None, Some(newest)) if !unmanaged(*newest) => verdict.missing.push(*newest),
            (None, _) => {}
        });
        verdict
    }

    /// Tells whether the instance is at the level that its group asks for, by what of being behind counts; with
    /// `enforce = "exact"`, whether the sets are equal.
    pub fn at_level(&self, sorter: &Sorter<'_>, ahead: Ahead) -> bool {
        match sorter.is_exact() {
            true => self.is_exact(),
            false => sorter.has_level() && sorter.tally(self).is_level() && self.may_be_ahead(ahead),
        }
    }

    /// Tells whether the packages are exactly the release's, but for unmanaged ones and older versions of install-only
    /// packages. A newer kernel is neither.
    pub fn is_exact(&self) -> bool {
        let Self { behind, ahead, extra, missing, unmanaged: _, exact: _ } = self;
        behind.is_empty() && ahead.is_empty() && extra.is_empty() && missing.is_empty()
    }

    /// Tells whether updates alone make the packages exactly the release's.
    pub fn is_exact_but_behind(&self) -> bool {
        self.ahead.is_empty() && self.extra.is_empty() && self.missing.is_empty()
    }

    /// Tells whether nothing but these packages keeps the instance from being exactly the release.
    pub fn is_exact_but_for(&self, stays: &[Package]) -> bool {
        let stays = |package: &Package| stays.contains(package);
        self.behind.is_empty()
            && self.ahead.iter().all(|lag| stays(&lag.installed))
            && self.extra.iter().chain(&self.missing).all(stays)
    }

    /// Tells whether nothing is newer than the release that may not be.
    pub fn may_be_ahead(&self, ahead: Ahead) -> bool {
        ahead == Ahead::Report || self.ahead.is_empty()
    }
}

/// Tells whether a group of so many members is at level when so many are: all but for at most `max_failures`.
pub fn group_at_level(members: usize, at_level: usize, max_failures: Amount) -> bool {
    members - at_level.min(members) <= max_failures.of(members)
}
