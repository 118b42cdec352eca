//! Tests of `delta`: a table of kinds, and a model that knows no sorted walk.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::super::nevra::tests::any_nevra;
use super::*;

fn set(texts: &[&str]) -> PackageSet {
    texts.iter().map(|text| Package::parse(text).unwrap()).collect()
}

#[test]
fn each_kind_is_told_apart() {
    let old = set(&[
        "down-2-1.noarch",
        "epoch-9-1.noarch",
        "gone-1-1.noarch",
        "kernel-1-1.x86_64",
        "same-1-1.noarch",
        "tie-1.0-1.noarch",
        "twin-1-1.i686",
        "twin-1-1.x86_64",
        "up-1.9-1.noarch",
    ]);
    let new = set(&[
        "down-1-1.noarch",
        "epoch-1:1-1.noarch",
        "fresh-1-1.noarch",
        "kernel-1-1.x86_64",
        "kernel-2-1.x86_64",
        "same-1-1.noarch",
        "tie-1..0-1.noarch",
        "twin-1-1.i686",
        "twin-1-2.x86_64",
        "up-1.10-1.noarch",
    ]);
    let delta = Delta::between(&old, &new);
    let kinds: Vec<(DeltaKind, String)> = delta
        .entries
        .iter()
        .map(|entry| {
            let arch = entry.key().unwrap().arch();
            (entry.kind, format!("{}.{arch} {:?} {:?}", entry.key().unwrap().name(), entry.old, entry.new))
        })
        .collect();
    let expected = [
        (DeltaKind::Downgraded, "down.noarch [down-2-1.noarch] [down-1-1.noarch]"),
        (DeltaKind::Upgraded, "epoch.noarch [epoch-9-1.noarch] [epoch-1:1-1.noarch]"),
        (DeltaKind::Added, "fresh.noarch [] [fresh-1-1.noarch]"),
        (DeltaKind::Removed, "gone.noarch [gone-1-1.noarch] []"),
        (DeltaKind::SetChanged, "kernel.x86_64 [kernel-1-1.x86_64] [kernel-1-1.x86_64, kernel-2-1.x86_64]"),
        (DeltaKind::SetChanged, "tie.noarch [tie-1.0-1.noarch] [tie-1..0-1.noarch]"),
        (DeltaKind::Upgraded, "twin.x86_64 [twin-1-1.x86_64] [twin-1-2.x86_64]"),
        (DeltaKind::Upgraded, "up.noarch [up-1.9-1.noarch] [up-1.10-1.noarch]"),
    ]
    .map(|(kind, text)| (kind, text.to_owned()));
    assert_eq!(kinds, expected);
    assert_eq!(delta.count(DeltaKind::Upgraded), 3);
    assert!(Delta::between(&old, &old.clone()).is_empty());
    assert!(Delta::between(&old, &old.iter().collect()).is_empty());
}

#[test]
fn another_stream_is_no_upgrade() {
    let old = set(&[
        "enters-1-1.el8.x86_64",
        "leaves-1-1.module+el8.2.0+1+aa.x86_64",
        "php-7.3.20-1.module+el8.2.0+7373+b272fdef.x86_64",
        "php-fpm-7.3.20-1.module+el8.2.0+9+b272fdef.x86_64",
        "stays-1-1.module+el8.2.0+1+aa.x86_64",
        "twice-1-1.el8.x86_64",
    ]);
    let new = set(&[
        "enters-2-1.module+el8.2.0+1+aa.x86_64",
        "leaves-2-1.el8.x86_64",
        "php-7.4.19-1.module+el8.5.0+1+00000000.x86_64",
        "php-fpm-7.3.33-1.module+el8.5.0+9+b272fdef.x86_64",
        "stays-2-1.module+el8.5.0+1+bb.x86_64",
        "twice-1-1.el8.x86_64",
        "twice-2-1.module+el8.2.0+1+aa.x86_64",
    ]);
    let kinds = |lore: &Lore| -> Vec<(&'static str, DeltaKind)> {
        let delta = Delta::knowing(&old, &new, lore);
        delta.entries.iter().map(|entry| (entry.key().unwrap().name(), entry.kind)).collect()
    };
    let expected = [
        ("enters", DeltaKind::StreamChanged),
        ("leaves", DeltaKind::StreamChanged),
        ("php", DeltaKind::Upgraded),
        ("php-fpm", DeltaKind::Upgraded),
        ("stays", DeltaKind::Upgraded),
        ("twice", DeltaKind::SetChanged),
    ];
    assert_eq!(kinds(&Lore::default()), expected, "two modular packages of unknown streams");
    // Told apart where both are known: 7.3 as its build system labelled it, and a stream made up to bear another label.
    let php = "php:7.3:8020020200715124551:ceb1cf90";
    let other = Streams::of_specs(["php:7.4:1:2"]);
    let label = other.labels().next().unwrap().to_owned();
    let newer = set(&[&format!("php-7.4.19-1.module+el8.5.0+1+{label}.x86_64")]);
    let lore = Lore { old: Streams::of_specs([php]), new: other, ..Lore::default() };
    let php = set(&["php-7.3.20-1.module+el8.2.0+7373+b272fdef.x86_64"]);
    assert_eq!(Delta::knowing(&php, &newer, &lore).entries[0].kind, DeltaKind::StreamChanged);
    assert_eq!(Delta::between(&php, &newer).entries[0].kind, DeltaKind::Upgraded);
    // As releases have it that services were asked for: the labels of both streams, of one, of two modules alike.
    let perl = |nevra: &str| set(&[nevra]);
    let (old, new) = (
        perl("perl-libs-4:5.26-1.module+el8.3.0+1+3cefc087.x86_64"),
        perl("perl-libs-4:5.30-1.module+el8.3.0+2+f0897f98.1.x86_64"),
    );
    let streams = |specs: &[&str], lines: &[&str]| Streams::of_specs(specs).labelled(lines);
    let (before, after) = (["perl:5.26", "perl-IO:1"], ["perl:5.30", "perl-IO:1"]);
    for (old_lines, new_lines, kind) in [
        (&["perl:5.26 3cefc087"][..], &["perl:5.30 f0897f98"][..], DeltaKind::StreamChanged),
        (&["perl:5.26 3cefc087"], &[], DeltaKind::Upgraded),
        (&[], &["perl:5.30 f0897f98"], DeltaKind::Upgraded),
        (&[], &[], DeltaKind::Upgraded),
        (
            &["perl:5.26 3cefc087", "perl-IO:1 3cefc087"],
            &["perl:5.30 f0897f98", "perl-IO:1 f0897f98"],
            DeltaKind::Upgraded,
        ),
    ] {
        let lore =
            Lore { old: streams(&before, old_lines), new: streams(&after, new_lines), ..Lore::default() };
        let told = Delta::knowing(&old, &new, &lore).entries[0].kind;
        assert_eq!(told, kind, "{old_lines:?} {new_lines:?}");
    }
}

#[test]
fn a_package_that_obsoletes_those_that_went_is_renamed() {
    let old = set(&["a-1-1.i686", "a-1-1.x86_64", "b-1-1.noarch", "c-1-1.x86_64", "stays-1-1.x86_64"]);
    let new = set(&["n-1-1.i686", "n-1-1.x86_64", "o-1-1.x86_64", "stays-1-1.x86_64"]);
    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    let obsoletes =
        [("n".to_owned(), names(&["a", "b", "never"])), ("o".to_owned(), names(&["stays"]))].into();
    let delta = Delta::knowing(&old, &new, &Lore { obsoletes, ..Lore::default() });
    let told: Vec<String> = delta
        .entries
        .iter()
        .map(|entry| format!("{} {:?} {:?}", entry.kind.word(), entry.old, entry.new))
        .collect();
    assert_eq!(
        told,
        [
            "removed [c-1-1.x86_64] []",
            "renamed [a-1-1.i686, b-1-1.noarch] [n-1-1.i686]",
            "renamed [a-1-1.x86_64] [n-1-1.x86_64]",
            "added [] [o-1-1.x86_64]",
        ]
    );
}

/// Every (name, architecture) that either side has, classified one by one.
fn model(old: &[Package], new: &[Package]) -> Vec<(DeltaKind, BTreeSet<Package>, BTreeSet<Package>)> {
    type Versions = BTreeMap<(&'static str, String), (BTreeSet<Package>, BTreeSet<Package>)>;
    let mut versions = Versions::new();
    let key = |package: &Package| (package.name(), package.arch().to_string());
    for package in old {
        versions.entry(key(package)).or_default().0.insert(*package);
    }
    for package in new {
        versions.entry(key(package)).or_default().1.insert(*package);
    }
    let kind = |old: &BTreeSet<Package>, new: &BTreeSet<Package>| {
        if old.is_empty() {
            return DeltaKind::Added;
        }
        if new.is_empty() {
            return DeltaKind::Removed;
        }
        let (Some(a), Some(b)) = (old.first(), new.first()) else { unreachable!("neither is empty") };
        match (old.len(), new.len(), a.cmp_evr(*b)) {
            (1, 1, _) if a.release().contains(".module") != b.release().contains(".module") => {
                DeltaKind::StreamChanged
            }
            (1, 1, Ordering::Less) => DeltaKind::Upgraded,
            (1, 1, Ordering::Greater) => DeltaKind::Downgraded,
            _ => DeltaKind::SetChanged,
        }
    };
    let differ = versions.into_values().filter(|(old, new)| old != new);
    differ.map(|(old, new)| (kind(&old, &new), old, new)).collect()
}

proptest! {
    #[test]
    fn the_walk_agrees_with_the_model(
        old in proptest::collection::vec(any_nevra(), 0..24),
        new in proptest::collection::vec(any_nevra(), 0..24),
        kept in 0usize..24,
    ) {
        let old: Vec<Package> = old.iter().map(|text| Package::parse(text).unwrap()).collect();
        let new = new.iter().map(|text| Package::parse(text).unwrap());
        let new: Vec<Package> = new.chain(old.iter().copied().take(kept)).collect();
        let (a, b) = (PackageSet::new(old.clone()), PackageSet::new(new.clone()));
        let delta = Delta::between(&a, &b);
        let found: Vec<_> = delta
            .entries
            .iter()
            .map(|e| (e.kind, e.old.iter().copied().collect(), e.new.iter().copied().collect()))
            .collect();
        prop_assert_eq!(found, model(&old, &new));
        // It is the whole difference, and backwards it is the opposite.
        let gone: Vec<Package> = delta.entries.iter().flat_map(|e| &e.old).copied().collect();
        for package in a.difference(&b) {
            prop_assert!(gone.contains(&package));
        }
        let back = Delta::between(&b, &a);
        prop_assert_eq!(back.count(DeltaKind::Added), delta.count(DeltaKind::Removed));
        prop_assert_eq!(back.count(DeltaKind::Upgraded), delta.count(DeltaKind::Downgraded));
        prop_assert_eq!(back.count(DeltaKind::SetChanged), delta.count(DeltaKind::SetChanged));
    }
}
