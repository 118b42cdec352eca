//! What packages need of each other, as repositories tell it: in which order an instance is made exactly its release, and
//! what is not removed because something that stays needs it. What no repository has told of needs nothing that is known.

use std::collections::{BTreeSet, HashSet};

use super::{Correction, Left, Stay};
use crate::op::Adjust;
use crate::package::{Package, PackageSet};
use crate::repodata::{Capability, Entry, Repodata};

/// Takes from a correction's removals whatever the packages that will be there need.
pub(super) fn spare(correction: &mut Correction, installed: &PackageSet, repodata: &Repodata) {
    if repodata.entries.is_empty() {
        return;
    }
    loop {
        let gone: BTreeSet<Package> = correction
            .remove
            .iter()
            .copied()
            .chain(correction.back.iter().map(|lag| lag.installed))
            .collect();
        let come = correction.back.iter().map(|lag| lag.release).chain(correction.add.iter().copied());
        let there: Vec<Package> =
            installed.iter().filter(|package| !gone.contains(package)).chain(come).collect();
        let Some((at, by)) = needed(&correction.remove, &there, repodata) else { return };
        // What stays may need another one of them.
        let package = correction.remove.remove(at);
        correction.left.push(Left { why: Stay::Needed { by }, package });
    }
}

/// Finds a removal of something that those who will be there need and nobody else of them provides.
fn needed(removed: &[Package], there: &[Package], repodata: &Repodata) -> Option<(usize, Package)> {
    let entry = |package: &Package| repodata.entries.get(package);
    let names: HashSet<&str> = removed.iter().filter_map(entry).flat_map(names).collect();
    for by in there {
        let Some(own) = entry(by) else { continue };
        for need in own.requires.iter().filter(|need| names.contains(&*need.name)) {
            let met = there.iter().any(|other| entry(other).is_some_and(|entry| provides(entry, need)));
            let from = || removed.iter().position(|it| entry(it).is_some_and(|entry| provides(entry, need)));
            if let (false, Some(at)) = (met, from()) {
                return Some((at, *by));
            }
        }
    }
    None
}

/// Puts changes into an order in which each finds what it needs: what is needed comes first and goes last, and what a
/// package cannot stand beside goes before it comes. What needs each other in a circle stays in the order it had.
pub(super) fn order(adjusts: Vec<Adjust>, repodata: &Repodata) -> Vec<Adjust> {
    if repodata.entries.is_empty() {
        return adjusts;
    }
    let before = |first: &Adjust, then: &Adjust| {
        let (one, other) = (first.package(), then.package());
        let (Some(own), Some(others)) = (repodata.entries.get(&one), repodata.entries.get(&other)) else {
            return false;
        };
        let needs = |of: &Entry, by: &Entry| of.requires.iter().any(|need| provides(by, need));
        match (first, then) {
            (Adjust::Install(_), Adjust::Install(_)) => needs(others, own),
            (Adjust::Remove(_), Adjust::Remove(_)) => needs(own, others),
            (Adjust::Remove(_), Adjust::Install(_)) => clashes((one, own), (other, others)),
            (Adjust::Install(_), Adjust::Remove(_)) => false,
        }
    };
    let mut left = adjusts;
    let mut ordered = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let free = (0..left.len()).find(|at| {
            let rest = left.iter().enumerate().filter(|(other, _)| other != at);
            !rest.into_iter().any(|(_, other)| before(other, &left[*at]))
        });
        ordered.push(left.remove(free.unwrap_or(0)));
    }
    ordered
}

/// Tells whether a package that goes would keep one that comes out: by a conflict, or because it replaces it.
fn clashes((gone, own): (Package, &Entry), (comes, others): (Package, &Entry)) -> bool {
    let of_gone = own.conflicts.iter().any(|clash| provides(others, clash))
        || own.obsoletes.iter().any(|old| meets(&Capability::of(comes), old));
    of_gone
        || others.conflicts.iter().any(|clash| provides(own, clash))
        || others.obsoletes.iter().any(|old| meets(&Capability::of(gone), old))
}

fn provides(entry: &Entry, need: &Capability) -> bool {
    entry.provides.iter().any(|has| meets(has, need)) || entry.files.iter().any(|file| **file == *need.name)
}

fn meets(has: &Capability, need: &Capability) -> bool {
    has.name == need.name && has.overlaps(need)
}

fn names(entry: &Entry) -> impl Iterator<Item = &str> {
    entry.provides.iter().map(|has| &*has.name).chain(entry.files.iter().map(|file| &**file))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::Lag;

    fn package(text: &str) -> Package {
        Package::parse(text).unwrap()
    }

    /// What repositories tell: of each package, what it requires and what it obsoletes; each provides itself.
    fn told(rows: &[(&str, &[&str], &[&str])]) -> Repodata {
        let list =
            |texts: &[&str]| texts.iter().map(|text| Capability::parse(text).unwrap()).collect::<Vec<_>>();
        let entry = |(name, requires, obsoletes): &(&str, &[&str], &[&str])| {
            let package = package(name);
            let entry = Entry {
                provides: vec![Capability::of(package)],
                requires: list(requires),
                obsoletes: list(obsoletes),
                ..Entry::default()
            };
            (package, entry)
        };
        Repodata { entries: rows.iter().map(entry).collect(), ..Repodata::default() }
    }

    #[test]
    fn what_is_needed_comes_first_and_goes_last() {
        let repodata = told(&[
            ("app-1-1.noarch", &["lib"], &[]),
            ("lib-1-1.noarch", &[], &[]),
            ("zapp-1-1.noarch", &["zlib"], &[]),
            ("zlib-1-1.noarch", &[], &[]),
            ("old-1-1.noarch", &[], &[]),
            ("new-2-1.noarch", &[], &["old < 2"]),
        ]);
        let install = |text: &str| Adjust::Install(package(text));
        let remove = |text: &str| Adjust::Remove(package(text));
        let given = vec![
            install("app-1-1.noarch"),
            install("lib-1-1.noarch"),
            install("old-1-1.noarch"),
            remove("zlib-1-1.noarch"),
            remove("zapp-1-1.noarch"),
            remove("new-2-1.noarch"),
        ];
        let expected = [
            install("lib-1-1.noarch"),
            install("app-1-1.noarch"),
            remove("zapp-1-1.noarch"),
            remove("zlib-1-1.noarch"),
            remove("new-2-1.noarch"),
            install("old-1-1.noarch"),
        ];
        assert_eq!(order(given.clone(), &repodata), expected);
        assert_eq!(order(given.clone(), &Repodata::default()), given);
        // In a circle nothing is first.
        let circle = told(&[("a-1-1.noarch", &["b"], &[]), ("b-1-1.noarch", &["a"], &[])]);
        let both = vec![install("a-1-1.noarch"), install("b-1-1.noarch")];
        assert_eq!(order(both.clone(), &circle), both);
    }

    #[test]
    fn what_something_that_stays_needs_is_not_removed() {
        let repodata = told(&[
            ("app-1-1.noarch", &["lib"], &[]),
            ("lib-1-1.noarch", &["base"], &[]),
            ("base-1-1.noarch", &[], &[]),
            ("zapp-2-1.noarch", &["zlib"], &[]),
            ("zapp-1-1.noarch", &[], &[]),
            ("zlib-1-1.noarch", &[], &[]),
        ]);
        let installed: PackageSet =
            ["app-1-1.noarch", "lib-1-1.noarch", "base-1-1.noarch", "zapp-2-1.noarch", "zlib-1-1.noarch"]
                .map(package)
                .into_iter()
                .collect();
        let lag = Lag { installed: package("zapp-2-1.noarch"), release: package("zapp-1-1.noarch") };
        let mut correction = Correction {
            back: vec![lag],
            remove: ["base-1-1.noarch", "lib-1-1.noarch", "zlib-1-1.noarch"].map(package).to_vec(),
            ..Correction::default()
        };
        spare(&mut correction, &installed, &repodata);
        // The version that goes needed it, and goes.
        assert_eq!(correction.remove, [package("zlib-1-1.noarch")]);
        let left: Vec<(&Stay, &str)> =
            correction.left.iter().map(|left| (&left.why, left.package.as_str())).collect();
        let by = |text: &str| Stay::Needed { by: package(text) };
        let expected =
            [(&by("app-1-1.noarch"), "lib-1-1.noarch"), (&by("lib-1-1.noarch"), "base-1-1.noarch")];
        assert_eq!(left, expected);
    }
}
