//! What the way from one set of packages to another closes, leaves open and opens, over the whole range between them:
//! an advisory is closed where the old set has a package older than its fix, and the new set has none.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::book::comparable;
use super::flavour::line;
use super::{Advisories, Advisory, Holding, Lack, Open, Severity, Standing};
use crate::package::{Arch, Package};

/// What becomes of the advisories that stand open in an old set, and which come up in the new one. Each list is in the
/// order of names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Closure {
    /// Open in the old set and no longer in the new one.
    pub closed: Vec<Closed>,
    /// Open in both; the packages are those of the new set.
    pub remaining: Vec<Open>,
    /// Open in the new set only.
    pub opened: Vec<Open>,
    /// Those of which nobody can tell whether they are open in one of the two or in both: of module streams that are
    /// not told. What is certain of the new set stands in the other lists.
    pub unsure: Vec<Open>,
    /// The same told by CVEs.
    pub cves: Cves,
}

/// An advisory that the way to the new set closes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// The advisory.
    pub advisory: Arc<Advisory>,
    /// What it was open for, and what became of that.
    pub mended: Vec<Mended>,
}

/// A package that was older than its cure, and what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mended {
    /// What the old set has.
    pub old: Package,
    /// The oldest that holds the cure.
    pub fixed: Package,
    /// What became of it.
    pub became: Became,
}

/// What became of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Became {
    /// The new set has this version, which holds the cure.
    Updated(Package),
    /// The new set has this one, of another build, stream or line, which the advisory is not about.
    Replaced(Package),
    /// The new set has none of the name and architecture.
    Removed,
}

/// Distinct CVEs by what becomes of them. One is closed when no advisory that stands open in the new set names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cves {
    /// Open in the old set and no longer in the new one.
    pub closed: BTreeSet<Arc<str>>,
    /// Those of `closed` that no update closes, but only that the packages went away.
    pub removed: BTreeSet<Arc<str>>,
    /// Those of `closed` that no update closes, but only that packages of another stream, line or flavour are in their
    /// place, which the advisory is not about.
    pub replaced: BTreeSet<Arc<str>>,
    /// Open in both.
    pub remaining: BTreeSet<Arc<str>>,
    /// Open in the new set only.
    pub opened: BTreeSet<Arc<str>>,
    /// Those of which nobody can tell, and that are in no other list.
    pub unsure: BTreeSet<Arc<str>>,
}

/// How many advisories there are of each severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Severities {
    /// Critical ones.
    pub critical: usize,
    /// Important ones.
    pub important: usize,
    /// Moderate ones.
    pub moderate: usize,
    /// Low ones.
    pub low: usize,
    /// Those whose severity nobody says: bug fixes and enhancements have none.
    pub not_stated: usize,
}

impl Advisories {
    /// Compares what stands open in what was held with what stands open in what is. Nothing counts as closed of which
    /// that is not certain.
    pub fn closed_between(&self, old: &Holding<'_>, new: &Holding<'_>) -> Closure {
        let (before, after) = (self.standing_in(old), self.standing_in(new));
        let mut cves = Cves::of(&before, &after);
        let by_id = |list: Vec<Open>| -> BTreeMap<Arc<str>, Open> {
            list.into_iter().map(|open| (open.advisory.id.clone(), open)).collect()
        };
        let (mut after, mut unsure) = (by_id(after.open), by_id(after.unsure));
        let mut groups: BTreeMap<(&str, Arch), &[Package]> = BTreeMap::new();
        for group in new.sets.iter().flat_map(|set| set.by_name_arch()) {
            if let Some(first) = group.first() {
                groups.entry((first.name(), first.arch())).or_insert(group);
            }
        }
        let mut closure = Closure::default();
        for Open { advisory, lacks } in before.open {
            if let Some(open) = after.remove(&advisory.id) {
                closure.remaining.push(open);
            } else if !unsure.contains_key(&advisory.id) {
                let mend = |lack: Lack| {
                    let Lack { have: old, fixed } = lack;
                    let group = groups.get(&(old.name(), old.arch())).copied().unwrap_or_default();
                    let same_stream = advisory
                        .fixes
                        .iter()
                        .filter(|fix| fix.package == fixed)
                        .any(|fix| fix.module.as_ref().is_none_or(|module| new.streams.has(module)));
                    Mended { old, fixed, became: became(group, lack, same_stream) }
                };
                let mended = lacks.into_iter().map(mend).collect();
                closure.closed.push(Closed { advisory, mended });
            }
        }
        for open in before.unsure {
            match after.remove(&open.advisory.id) {
                // It is open now for certain, and may have been before: nothing is closed or opened by the way.
                Some(open) => closure.remaining.push(open),
                None => drop(unsure.entry(open.advisory.id.clone()).or_insert(open)),
            }
        }
        closure.remaining.sort_by(|a, b| a.advisory.id.cmp(&b.advisory.id));
        closure.opened = after.into_values().collect();
        closure.unsure = unsure.into_values().collect();
        cves.tell_apart(&closure.closed);
        Closure { cves, ..closure }
    }
}

fn became(group: &[Package], lack: Lack, same_stream: bool) -> Became {
    let Some(newest) = group.last() else { return Became::Removed };
    let Lack { have, fixed } = lack;
    match comparable(group, have) {
        Some(new) if same_stream && line(new) == line(have) && new.cmp_evr(fixed).is_ge() => {
            Became::Updated(new)
        }
        Some(new) => Became::Replaced(new),
        None => Became::Replaced(*newest),
    }
}

impl Closed {
    /// Tells whether all that it was open for went away, instead of being mended.
    pub fn is_by_removal(&self) -> bool {
        self.mended.iter().all(|mended| mended.became == Became::Removed)
    }

    /// Tells whether an update mended some of it.
    fn is_by_update(&self) -> bool {
        self.mended.iter().any(|mended| matches!(mended.became, Became::Updated(_)))
    }
}

impl Cves {
    fn of(before: &Standing, after: &Standing) -> Self {
        let names = |open: &[Open]| -> BTreeSet<Arc<str>> {
            open.iter().flat_map(|open| open.advisory.cves.iter().cloned()).collect()
        };
        let [was, maybe_was] = [names(&before.open), names(&before.unsure)];
        let [is, maybe_is] = [names(&after.open), names(&after.unsure)];
        let (could_be, could_have_been) = (&is | &maybe_is, &was | &maybe_was);
        let closed = &was - &could_be;
        let unsure = &(&could_be | &maybe_was) - &(&is | &closed);
        Self {
            remaining: &could_have_been & &is,
            opened: &is - &could_have_been,
            closed,
            unsure,
            ..Self::default()
        }
    }

    /// Says of what is closed how it came.
    fn tell_apart(&mut self, closed: &[Closed]) {
        let names = |these: &mut dyn Iterator<Item = &Closed>| -> BTreeSet<Arc<str>> {
            these.flat_map(|closed| closed.advisory.cves.iter().cloned()).collect()
        };
        let updated = names(&mut closed.iter().filter(|closed| closed.is_by_update()));
        let replaced =
            names(&mut closed.iter().filter(|closed| !closed.is_by_update() && !closed.is_by_removal()));
        self.replaced = &(&self.closed & &replaced) - &updated;
        self.removed = &(&self.closed - &updated) - &self.replaced;
    }

    /// Returns how many stand open in the old set.
    pub fn open_before(&self) -> usize {
        self.closed.len() + self.remaining.len()
    }
}

impl Severities {
    /// Counts.
    pub fn of<'a>(advisories: impl IntoIterator<Item = &'a Advisory>) -> Self {
        let mut counts = Self::default();
        for advisory in advisories {
            *match advisory.severity {
                Some(Severity::Critical) => &mut counts.critical,
                Some(Severity::Important) => &mut counts.important,
                Some(Severity::Moderate) => &mut counts.moderate,
                Some(Severity::Low) => &mut counts.low,
                None => &mut counts.not_stated,
            } += 1;
        }
        counts
    }
}
