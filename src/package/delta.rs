//! The delta of two package sets, keyed by name and architecture, with the direction told apart.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::{Package, PackageSet};

/// How the versions of one (name, architecture) differ between two sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeltaKind {
    /// One version each, the new one newer as rpm compares.
    Upgraded,
    /// One version each, the new one older.
    Downgraded,
    /// Only in the new set.
    Added,
    /// Only in the old set.
    Removed,
    /// A side holds several versions (kernels), or rpm calls two spellings equal: the sets are shown whole.
    SetChanged,
}

/// One (name, architecture) whose versions differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeltaEntry {
    /// How they differ.
    pub kind: DeltaKind,
    /// The versions in the old set, oldest first.
    pub old: Vec<Package>,
    /// The versions in the new set, oldest first.
    pub new: Vec<Package>,
}

impl DeltaEntry {
    /// Returns a package of the entry, for its name and architecture.
    pub fn key(&self) -> Option<Package> {
        self.new.first().or(self.old.first()).copied()
    }
}

/// What changes from one set to another, in order of name and architecture.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Delta {
    /// The entries that differ; what is equal is left out.
    pub entries: Vec<DeltaEntry>,
}

impl Delta {
    /// Compares two sets in one walk.
    pub fn between(old: &PackageSet, new: &PackageSet) -> Self {
        let mut entries = Vec::new();
        if old.is_same(new) {
            return Self { entries };
        }
        walk(old, new, |old, new| {
            let kind = match (old, new) {
                _ if old == new => return,
                (&[], _) => DeltaKind::Added,
                (_, &[]) => DeltaKind::Removed,
                (&[before], &[after]) => match before.cmp_evr(after) {
                    Ordering::Less => DeltaKind::Upgraded,
                    Ordering::Greater => DeltaKind::Downgraded,
                    Ordering::Equal => DeltaKind::SetChanged,
                },
                _ => DeltaKind::SetChanged,
            };
            entries.push(DeltaEntry { kind, old: old.to_vec(), new: new.to_vec() });
        });
        Self { entries }
    }

    /// Tells whether the sets were equal.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns how many entries are of the kind.
    pub fn count(&self, kind: DeltaKind) -> usize {
        self.entries.iter().filter(|entry| entry.kind == kind).count()
    }
}

/// Walks two sets side by side and hands over the versions of each (name, architecture): all of it that the left
/// holds, and all that the right holds; one of them may be empty. Linear in the sum of the sets.
pub(crate) fn walk<'a>(
    left: &'a PackageSet,
    right: &'a PackageSet,
    mut visit: impl FnMut(&'a [Package], &'a [Package]),
) {
    let (mut lefts, mut rights) = (left.by_name_arch().peekable(), right.by_name_arch().peekable());
    loop {
        let order = match (lefts.peek(), rights.peek()) {
            (None, None) => return,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(l), Some(r)) => l[0].cmp_name_arch(r[0]),
        };
        let l = if order.is_le() { lefts.next().unwrap_or_default() } else { &[] };
        let r = if order.is_ge() { rights.next().unwrap_or_default() } else { &[] };
        visit(l, r);
    }
}

#[cfg(test)]
mod tests;
