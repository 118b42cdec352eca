//! The delta of two package sets, keyed by name and architecture, with the direction told apart.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Manifest, Package, PackageSet, Streams};

/// How the versions of one (name, architecture) differ between two sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeltaKind {
    /// One version each, the new one newer as rpm compares.
    Upgraded,
    /// One version each, the new one older.
    Downgraded,
    /// One version each, of different module streams, or one of them of none: no upgrade, whatever their versions. rpm
    /// alone would take it for one; dnf refuses it.
    StreamChanged,
    /// A package that obsoletes others came, and those went.
    Renamed,
    /// Only in the new set.
    Added,
    /// Only in the old set.
    Removed,
    /// A side holds several versions (kernels), or rpm calls two spellings equal: the sets are shown whole.
    SetChanged,
}

impl DeltaKind {
    /// All kinds, those first that an update does not do or that are easily overlooked.
    pub const ALL: [Self; 7] = [
        Self::Downgraded,
        Self::StreamChanged,
        Self::Removed,
        Self::Renamed,
        Self::Added,
        Self::SetChanged,
        Self::Upgraded,
    ];

    /// Returns the word of people and documents for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Upgraded => "upgraded",
            Self::Downgraded => "downgraded",
            Self::StreamChanged => "stream-changed",
            Self::Renamed => "renamed",
            Self::Added => "added",
            Self::Removed => "removed",
            Self::SetChanged => "set-changed",
        }
    }
}

/// What is known of packages besides their NEVRAs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lore {
    /// The module streams of the old set.
    pub old: Streams,
    /// Those of the new set.
    pub new: Streams,
    /// The names that each name obsoletes.
    pub obsoletes: BTreeMap<String, BTreeSet<String>>,
}

impl Lore {
    /// Takes what two manifests tell of their module streams.
    pub fn of(old: &Manifest, new: &Manifest) -> Self {
        let (old, new) = (Streams::of_manifest(old), Streams::of_manifest(new));
        Self { old, new, obsoletes: BTreeMap::new() }
    }
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
    /// Compares two sets in one walk, by what NEVRAs tell.
    pub fn between(old: &PackageSet, new: &PackageSet) -> Self {
        Self::knowing(old, new, &Lore::default())
    }

    /// As [`Self::between`], by what else is known.
    pub fn knowing(old: &PackageSet, new: &PackageSet, lore: &Lore) -> Self {
        let mut entries = Vec::new();
        if old.is_same(new) {
            return Self { entries };
        }
        walk(old, new, |old, new| {
            let kind = match (old, new) {
                _ if old == new => return,
                (&[], _) => DeltaKind::Added,
                (_, &[]) => DeltaKind::Removed,
                (&[before], &[after]) if other_stream(before, after, lore) => DeltaKind::StreamChanged,
                (&[before], &[after]) => match before.cmp_evr(after) {
                    Ordering::Less => DeltaKind::Upgraded,
                    Ordering::Greater => DeltaKind::Downgraded,
                    Ordering::Equal => DeltaKind::SetChanged,
                },
                _ => DeltaKind::SetChanged,
            };
            entries.push(DeltaEntry { kind, old: old.to_vec(), new: new.to_vec() });
        });
        if !lore.obsoletes.is_empty() {
            rename(&mut entries, &lore.obsoletes);
        }
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

/// Tells whether two versions of a package are of different streams, or only one of them is of any.
fn other_stream(before: Package, after: Package, lore: &Lore) -> bool {
    if before.is_modular() != after.is_modular() {
        return true;
    }
    // A label means the same wherever it stands, and may be of several streams. What one side alone names, as the lines
    // of a release whose labels nobody wrote down, makes nothing certain.
    let streams = |package: Package| -> BTreeSet<&str> {
        lore.old.may_be_of(package).chain(lore.new.may_be_of(package)).collect()
    };
    let (before, after) = (streams(before), streams(after));
    !before.is_empty() && !after.is_empty() && before.is_disjoint(&after)
}

/// Joins each package that came with those that went because it obsoletes them. One that obsoletes what stays is
/// only new.
fn rename(entries: &mut Vec<DeltaEntry>, obsoletes: &BTreeMap<String, BTreeSet<String>>) {
    let gone: BTreeMap<&'static str, Vec<usize>> = entries
        .iter()
        .enumerate()
        .filter(|(_, entry)| entry.kind == DeltaKind::Removed)
        .filter_map(|(at, entry)| Some((entry.key()?.name(), at)))
        .fold(BTreeMap::new(), |mut gone, (name, at)| {
            gone.entry(name).or_insert_with(Vec::new).push(at);
            gone
        });
    let mut taken = BTreeSet::new();
    let mut renamed = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        let Some(came) = entry.key().filter(|_| entry.kind == DeltaKind::Added) else { continue };
        let Some(names) = obsoletes.get(came.name()) else { continue };
        let mut old = Vec::new();
        for place in names.iter().filter_map(|name| gone.get(name.as_str())).flatten() {
            // Twins of two architectures are renamed each on its own; `noarch` stands for all.
            let went = entries[*place].key().map(Package::arch);
            let fits = went.is_some_and(|went| {
                went == came.arch() || went == super::Arch::Noarch || came.arch() == super::Arch::Noarch
            });
            if fits && taken.insert(*place) {
                old.extend_from_slice(&entries[*place].old);
            }
        }
        if !old.is_empty() {
            renamed.push((at, old));
        }
    }
    for (at, mut old) in renamed {
        old.sort_unstable();
        entries[at].kind = DeltaKind::Renamed;
        entries[at].old = old;
    }
    let mut at = 0;
    entries.retain(|_| {
        at += 1;
        !taken.contains(&(at - 1))
    });
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
