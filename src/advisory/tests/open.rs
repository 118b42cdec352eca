//! What stands open in a set, and what the way to another set closes.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn open_in(book: &Advisories, set: &str, streams: &[&str]) -> Vec<String> {
    let open = book.open_in(&set_of(set), &Streams::of_specs(streams));
    let line = |open: &Open| {
        let lacks = open.lacks.iter().map(|Lack { have, fixed }| format!(" {have} < {}", fixed.evr()));
        format!("{}:{}", open.advisory.id, lacks.collect::<String>())
    };
    open.iter().map(line).collect()
}

#[test]
fn an_advisory_is_open_where_the_newest_is_older_than_the_fix() {
    let book = book(&[
        ("ELSA-1", &["bash-4.4.20-5.el8.x86_64"]),
        ("ELSA-2", &["bash-4.4.20-4.el8.x86_64", "curl-7.61.1-34.el8.x86_64", "curl-7.61.1-33.el8.x86_64"]),
        ("ELSA-3", &["kernel-core-4.18.0-553.el8_10.x86_64"]),
        ("ELSA-4", &["glibc-2.28-251.el8.i686"]),
        ("ELSA-5", &["fw-999:1-1.el8.noarch"]),
    ]);
    for (set, expected) in [
        ("bash-4.4.20-5.el8.x86_64", vec![]),
        ("bash-4.4.20-4.el8.x86_64", vec!["ELSA-1: bash-4.4.20-4.el8.x86_64 < 4.4.20-5.el8"]),
        // The newest that an advisory names is the cure.
        ("curl-7.61.1-33.el8.x86_64", vec!["ELSA-2: curl-7.61.1-33.el8.x86_64 < 7.61.1-34.el8"]),
        // The newest of several kernels counts.
        ("kernel-core-4.18.0-552.el8_10.x86_64 kernel-core-4.18.0-553.el8_10.x86_64", vec![]),
        (
            "kernel-core-4.18.0-550.el8_10.x86_64 kernel-core-4.18.0-552.el8_10.x86_64",
            vec!["ELSA-3: kernel-core-4.18.0-552.el8_10.x86_64 < 4.18.0-553.el8_10"],
        ),
        // Another architecture is another package.
        ("glibc-2.28-250.el8.x86_64", vec![]),
        ("fw-2-1.el8.noarch", vec!["ELSA-5: fw-2-1.el8.noarch < 999:1-1.el8"]),
    ] {
        assert_eq!(open_in(&book, set, &[]), expected, "{set}");
    }
}

#[test]
fn an_advisory_counts_within_its_flavour_its_stream_and_its_line() {
    let mut advisories = vec![
        advisory("ELSA-K", &["openssl-2:1.1.1k-6.ksplice1.el8.x86_64"]),
        advisory("ELSA-F", &["gnutls-10:3.6.16-5.0.1.el8_fips.x86_64"]),
        advisory("ELSA-M", &["perl-5.30.1-452.module+el8.6.0+1+a.x86_64"]),
        advisory("ELSA-N", &["perl-5.26.3-422.module+el8.6.0+1+a.x86_64"]),
        advisory("ELSA-P", &["perl-4:5.26.3-423.el8.x86_64"]),
        advisory("ELSA-U", &["kernel-uek-5.15.0-200.el8uek.x86_64"]),
    ];
    advisories[2].fixes[0].module = Some(module("perl", "5.30"));
    advisories[3].title = "Important: perl:5.26 security update".into();
    let book = Advisories::new(advisories);
    for (set, streams, expected) in [
        ("openssl-1:1.1.1k-6.el8.x86_64", &[][..], vec![]),
        ("openssl-2:1.1.1k-5.ksplice1.el8.x86_64", &[], vec!["ELSA-K"]),
        // A plain build beside it does not hide it.
        ("openssl-3:1-1.el8.x86_64 openssl-2:1.1.1k-5.ksplice1.el8.x86_64", &[], vec!["ELSA-K"]),
        ("gnutls-3.6.16-4.el8.x86_64", &[], vec![]),
        ("gnutls-10:3.6.16-4.0.1.el8_fips.x86_64", &[], vec!["ELSA-F"]),
        ("perl-5.26.3-421.module+el8.6.0+1+a.x86_64", &["perl:5.26"], vec!["ELSA-N"]),
        ("perl-5.26.3-421.module+el8.6.0+1+a.x86_64", &["perl:5.30"], vec!["ELSA-M"]),
        ("perl-4:5.26.3-422.el8.x86_64", &["perl:5.30"], vec!["ELSA-P"]),
        ("kernel-uek-5.4.17-2136.el8uek.x86_64", &[], vec![]),
        ("kernel-uek-5.15.0-199.el8uek.x86_64", &[], vec!["ELSA-U"]),
    ] {
        let open = book.open_in(&set_of(set), &Streams::of_specs(streams));
        let names: Vec<&str> = open.iter().map(|open| &*open.advisory.id).collect();
        assert_eq!(names, expected, "{set}");
    }
}

#[test]
fn a_fix_by_the_machines_architecture_is_about_all_that_runs_there() {
    let mut one = advisory("ELSA-1", &["tzdata-2024-2.el8.x86_64", "tzdata-2024-3.el8.aarch64"]);
    for fix in &mut one.fixes {
        fix.reach = Reach::Machine;
    }
    let book = Advisories::new([one]);
    for (set, expected) in [
        ("bash-1-1.x86_64 tzdata-2024-1.el8.noarch", vec!["ELSA-1: tzdata-2024-1.el8.noarch < 2024-2.el8"]),
        ("bash-1-1.x86_64 tzdata-2024-2.el8.noarch", vec![]),
        ("bash-1-1.aarch64 tzdata-2024-2.el8.noarch", vec!["ELSA-1: tzdata-2024-2.el8.noarch < 2024-3.el8"]),
        ("bash-1-1.x86_64 tzdata-2024-1.el8.i686", vec!["ELSA-1: tzdata-2024-1.el8.i686 < 2024-2.el8"]),
    ] {
        assert_eq!(open_in(&book, set, &[]), expected, "{set}");
    }
}

#[test]
fn what_was_taken_back_is_not_open_and_flags_what_came_with_it() {
    let mut advisories: Vec<Advisory> =
        ["ELSA-1", "ELSA-2", "ELSA-3"].map(|id| advisory(id, &["bash-2-1.el8.x86_64"])).into();
    advisories[0].status = Status::Withdrawn;
    advisories[1].status = Status::Superseded { by: Some("ELSA-9".into()) };
    advisories[2].status = Status::Testing;
    let book = Advisories::new(advisories);
    assert_eq!(open_in(&book, "bash-1-1.el8.x86_64", &[]), ["ELSA-2: bash-1-1.el8.x86_64 < 2-1.el8"]);
    assert_eq!(book.flagged_in(&set_of("bash-3-1.el8.x86_64")), []);
    let flagged = book.flagged_in(&set_of("bash-2-1.el8.x86_64"));
    let names: Vec<&str> = flagged.iter().map(|flag| &*flag.advisory.id).collect();
    assert_eq!(names, ["ELSA-1", "ELSA-2"]);
    assert_eq!(flagged[0].packages, [package("bash-2-1.el8.x86_64")]);
}

#[test]
fn a_range_closes_what_lies_between_its_ends_and_tells_cves_apart() {
    let mut advisories = vec![
        advisory("ELSA-1", &["bash-2-1.el8.x86_64"]),
        advisory("ELSA-2", &["bash-3-1.el8.x86_64", "curl-9-1.el8.x86_64"]),
        advisory("ELSA-3", &["bash-9-1.el8.x86_64"]),
        advisory("ELSA-4", &["telnet-2-1.el8.x86_64"]),
        advisory("ELSA-5", &["perl-5.26.4-1.module+el8+1+a.x86_64"]),
        advisory("ELSA-6", &["zlib-2-1.el8.x86_64"]),
        advisory("ELSA-7", &["new-2-1.el8.x86_64"]),
    ];
    advisories[4].fixes[0].module = Some(module("perl", "5.26"));
    let cves: [&[&str]; 7] = [&["a", "b"], &["c"], &["b", "d"], &["e"], &["f"], &["g"], &["h", "d"]];
    for (advisory, cves) in advisories.iter_mut().zip(cves) {
        advisory.cves = cves.iter().map(|cve| (*cve).into()).collect();
    }
    advisories[0].severity = Some(Severity::Critical);
    let book = Advisories::new(advisories);
    let old =
        "bash-1-1.el8.x86_64 telnet-1-1.el8.x86_64 perl-5.26.3-1.module+el8+1+a.x86_64 zlib-1-1.el8.x86_64";
    let new = "bash-3-2.el8.x86_64 perl-5.30.1-1.module+el8+1+b.x86_64 zlib-3-1.ksplice1.el8.x86_64 new-1-1.el8.x86_64";
    let closure = book.closed_between(
        &Holding { sets: vec![&set_of(old)], streams: &Streams::of_specs(["perl:5.26"]) },
        &Holding { sets: vec![&set_of(new)], streams: &Streams::of_specs(["perl:5.30"]) },
    );
    let became: Vec<(&str, Became)> =
        closure.closed.iter().map(|closed| (&*closed.advisory.id, closed.mended[0].became)).collect();
    assert_eq!(
        became,
        [
            ("ELSA-1", Became::Updated(package("bash-3-2.el8.x86_64"))),
            ("ELSA-2", Became::Updated(package("bash-3-2.el8.x86_64"))),
            ("ELSA-4", Became::Removed),
            ("ELSA-5", Became::Replaced(package("perl-5.30.1-1.module+el8+1+b.x86_64"))),
            ("ELSA-6", Became::Replaced(package("zlib-3-1.ksplice1.el8.x86_64"))),
        ]
    );
    assert!(closure.closed[2].is_by_removal());
    assert_eq!(closure.remaining.len(), 1);
    assert_eq!(closure.remaining[0].lacks[0].have, package("bash-3-2.el8.x86_64"));
    assert_eq!(closure.opened[0].lacks[0].have, package("new-1-1.el8.x86_64"));
    let set = |names: &[&str]| -> BTreeSet<Arc<str>> { names.iter().map(|name| (*name).into()).collect() };
    let expected = Cves {
        // `b` is named by what remains.
        closed: set(&["a", "c", "e", "f", "g"]),
        removed: set(&["e"]),
        replaced: set(&["f", "g"]),
        remaining: set(&["b", "d"]),
        opened: set(&["h"]),
        unsure: set(&[]),
    };
    assert_eq!(closure.cves, expected);
    assert_eq!(closure.cves.open_before(), 7);
    let severities = Severities::of(closure.closed.iter().map(|closed| &*closed.advisory));
    assert_eq!(severities, Severities { critical: 1, not_stated: 4, ..Severities::default() });
}

#[test]
fn sources_are_merged_each_advisory_once() {
    let time = |text: &str| Some(text.parse().unwrap());
    let mut one = advisory("ELSA-1", &["b-1-1.x86_64", "a-1-1.x86_64", "b-1-1.x86_64"]);
    one.kind = UpdateKind::Other;
    one.issued = time("2024-02-01T00:00:00Z");
    one.cves = vec!["CVE-2024-2222".into()];
    let mut other = advisory("ELSA-1", &["c-1-1.x86_64"]);
    other.kind = UpdateKind::Bugfix;
    other.severity = Some(Severity::Low);
    other.title = "what it is about".into();
    other.issued = time("2024-01-01T00:00:00Z");
    other.updated = time("2024-03-01T00:00:00Z");
    other.cves = vec!["CVE-2024-1111".into()];
    other.status = Status::Withdrawn;
    let book = Advisories::new([one]).merged(Advisories::new([other.clone()]));
    let expected = Advisory {
        cves: vec!["CVE-2024-1111".into(), "CVE-2024-2222".into()],
        fixes: ["a-1-1.x86_64", "b-1-1.x86_64", "c-1-1.x86_64"].map(|text| Fix::new(package(text))).into(),
        ..other
    };
    assert_eq!(book.iter().map(|advisory| &**advisory).collect::<Vec<_>>(), [&expected]);
    assert_eq!(book.get("ELSA-1").map(|advisory| &**advisory), Some(&expected));
    assert_eq!(book.get("ELSA-2"), None);
}

/// Packages of few names, builds and versions, so that they meet.
fn packages() -> impl Strategy<Value = Vec<Package>> {
    let one = (0..5u8, 0..5u8, prop::sample::select(vec!["", ".ksplice1", ".module+el8+1+a", "_fips"]))
        .prop_map(|(name, version, build)| package(&format!("p{name}-{version}-1{build}.x86_64")));
    prop::collection::vec(one, 0..8)
}

prop_compose! {
    fn any_advisory()(
        number in 0..6u8,
        packages in packages(),
        cves in prop::collection::vec(1000..1010u16, 0..4),
        kind in prop::sample::select(vec![UpdateKind::Security, UpdateKind::Bugfix, UpdateKind::Other]),
        severity in prop::option::of(prop::sample::select(vec![Severity::Low, Severity::Critical])),
        title in "[ab]{0,2}",
        issued in prop::option::of(0..3i64),
        status in prop::sample::select(vec![Status::Final, Status::Superseded { by: None }, Status::Withdrawn]),
        stream in prop::option::of("[xy]"),
    ) -> Advisory {
        let module = stream.map(|stream| module("m", &stream));
        let fix = |package: Package| {
            let module = module.clone().filter(|_| package.is_modular());
            Fix { module, ..Fix::new(package) }
        };
        Advisory {
            id: format!("ELSA-{number}").into(),
            kind,
            severity,
            title: title.into(),
            issued: issued.map(|second| Timestamp::from_second(second).unwrap()),
            updated: None,
            cves: cves.iter().map(|cve| format!("CVE-2024-{cve}").into()).collect(),
            fixes: packages.into_iter().map(fix).collect(),
            status,
        }
    }
}

proptest! {
    #[test]
    fn merging_is_the_same_in_any_order(
        (list, shuffled) in prop::collection::vec(any_advisory(), 0..12)
            .prop_flat_map(|list| (Just(list.clone()), Just(list).prop_shuffle())),
        cut in 0..12usize,
    ) {
        let whole = Advisories::new(list.clone());
        prop_assert_eq!(&whole, &Advisories::new(shuffled.clone()));
        let (left, right) = shuffled.split_at(cut.min(shuffled.len()));
        let parts = Advisories::new(left.to_vec()).merged(Advisories::new(right.to_vec()));
        prop_assert_eq!(whole, parts);
    }

    #[test]
    fn what_was_open_is_closed_or_remains(
        list in prop::collection::vec(any_advisory(), 0..12),
        old in packages(),
        new in packages(),
        streams in prop::sample::subsequence(vec!["m:x", "m:y"], 0..=2),
    ) {
        let book = Advisories::new(list);
        let (old, new) = (PackageSet::new(old), PackageSet::new(new));
        let streams = Streams::of_specs(streams);
        let holding = |packages| Holding { sets: vec![packages], streams: &streams };
        let closure = book.closed_between(&holding(&old), &holding(&new));
        let names = |open: &[Open]| -> BTreeSet<Arc<str>> {
            open.iter().map(|open| open.advisory.id.clone()).collect()
        };
        let mut before: BTreeSet<Arc<str>> =
            closure.closed.iter().map(|closed| closed.advisory.id.clone()).collect();
        let (remaining, unsure) = (names(&closure.remaining), names(&closure.unsure));
        prop_assert!(before.is_disjoint(&remaining) && before.is_disjoint(&unsure) && remaining.is_disjoint(&unsure));
        // Nothing that may still be open is closed, and nothing that was open is lost.
        let (was, is) = (book.standing_in(&holding(&old)), book.standing_in(&holding(&new)));
        prop_assert!(before.is_subset(&names(&was.open)));
        prop_assert!(before.is_disjoint(&names(&is.open)) && before.is_disjoint(&names(&is.unsure)));
        before.extend(remaining);
        before.extend(unsure);
        prop_assert!(names(&was.open).is_subset(&before) && names(&was.unsure).is_subset(&before));
        let cves = &closure.cves;
        let lists = [&cves.closed, &cves.remaining, &cves.opened, &cves.unsure];
        let all: BTreeSet<&Arc<str>> = lists.into_iter().flatten().collect();
        prop_assert_eq!(all.len(), lists.iter().map(|list| list.len()).sum::<usize>());
        let mut after = names(&closure.opened);
        after.extend(names(&closure.remaining));
        prop_assert_eq!(after, names(&book.open_in(&new, &streams)));
        for mended in closure.closed.iter().flat_map(|closed| &closed.mended) {
            let held = |package: Package| new.contains(package) && package.same_name_arch(mended.old);
            match mended.became {
                Became::Updated(package) => prop_assert!(held(package) && package.cmp_evr(mended.fixed).is_ge()),
                Became::Replaced(package) => prop_assert!(held(package)),
                Became::Removed => prop_assert!(new.iter().all(|package| !package.same_name_arch(mended.old))),
            }
        }
    }
}

#[test]
fn what_was_built_for_another_system_cures_nothing() {
    let book = Advisories::new([
        advisory("ELSA-8", &["bash-4.4.20-6.el8_10.x86_64"]),
        advisory("ELSA-9", &["bash-5.1.8-9.el9.x86_64"]),
        advisory("ELSA-any", &["bash-6-1.x86_64"]),
    ]);
    let open = |set: &str| -> Vec<String> {
        book.open_in(&set_of(set), &Streams::default())
            .iter()
            .map(|open| open.advisory.id.to_string())
            .collect()
    };
    assert_eq!(open("bash-4.4.20-5.el8.x86_64 zlib-1-1.el8.x86_64"), ["ELSA-8", "ELSA-any"]);
    // A package of an older system that stayed where the rest moved on is open to the system's fixes.
    assert_eq!(
        open("bash-4.2.46-34.el7.x86_64 zlib-1-1.el9.x86_64 glibc-2-1.el9.x86_64"),
        ["ELSA-9", "ELSA-any"]
    );
    // Where nothing tells the system, nothing is kept back.
    assert_eq!(open("bash-4-1.x86_64"), ["ELSA-8", "ELSA-9", "ELSA-any"]);
}

#[test]
fn what_is_of_a_stream_that_nobody_tells_is_never_called_closed() {
    let mut advisories = vec![
        advisory("ELSA-1", &["perl-libs-5.26.3-422.module+el8.6.0+1+a.x86_64"]),
        advisory("ELSA-2", &["nodejs-1:16.2-1.module+el8.6.0+1+b.x86_64"]),
    ];
    advisories[0].title = "perl:5.26 security update".into();
    for (advisory, cve) in advisories.iter_mut().zip(["CVE-2099-1", "CVE-2099-2"]) {
        advisory.cves = vec![cve.into()];
    }
    let book = Advisories::new(advisories);
    let perl = set_of("perl-libs-5.26.3-421.module+el8.6.0+1+a.x86_64");
    let ids = |list: &[Open]| list.iter().map(|open| open.advisory.id.to_string()).collect::<Vec<_>>();
    let (told, untold) = (Streams::of_specs(["perl:5.26"]), Streams::default());
    let holding = |streams| Holding { sets: vec![&perl], streams };
    // The same packages, of which one side does not tell the stream: a list of `rpm -qa`.
    let closure = book.closed_between(&holding(&told), &holding(&untold));
    assert_eq!((closure.closed.len(), ids(&closure.unsure)), (0, vec!["ELSA-1".to_owned()]));
    assert_eq!(closure.cves.unsure.len(), 1);
    let closure = book.closed_between(&holding(&untold), &holding(&told));
    assert_eq!((ids(&closure.remaining), closure.opened.len()), (vec!["ELSA-1".to_owned()], 0));
    // Another stream that is told is another matter.
    let other = Streams::of_specs(["perl:5.30"]);
    assert_eq!(book.standing_in(&holding(&other)), Standing::default());
    // Where the advisory does not tell it, nothing does.
    let node = set_of("nodejs-1:10.24-1.module+el8.3.0+1+c.x86_64");
    let streams = Streams::of_specs(["nodejs:10"]);
    let standing = book.standing_in(&Holding { sets: vec![&node], streams: &streams });
    assert_eq!((standing.open.len(), ids(&standing.unsure)), (0, vec!["ELSA-2".to_owned()]));
}

#[test]
fn of_several_sets_each_counts_by_itself() {
    let mut one = advisory("ELSA-1", &["bash-4.4-5.el8.x86_64"]);
    one.cves = vec!["CVE-2099-1".into()];
    let book = Advisories::new([one]);
    let (behind, mended) = (set_of("bash-4.4-4.el8.x86_64"), set_of("bash-4.4-5.el8.x86_64"));
    let streams = Streams::default();
    let fleet = Holding { sets: vec![&mended, &behind], streams: &streams };
    let release = Holding { sets: vec![&mended], streams: &streams };
    assert_eq!(book.standing_in(&fleet).open[0].lacks[0].have, package("bash-4.4-4.el8.x86_64"));
    assert_eq!(book.closed_between(&fleet, &release).cves.closed.len(), 1);
    assert_eq!(book.closed_between(&release, &fleet).cves.opened.len(), 1);
}
