//! Tests of `nevra`: spellings that stand and that do not, round trip, order.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn package(text: &str) -> Package {
    Package::parse(text).unwrap_or_else(|error| panic!("{error}"))
}

/// A field of a NEVRA, as (name, epoch, version, release, arch).
fn parts(text: &str) -> (&'static str, u32, &'static str, &'static str, &'static str) {
    let package = package(text);
    (package.name(), package.epoch(), package.version(), package.release(), package.arch().as_str())
}

#[test]
fn a_nevra_is_split_from_the_right() {
    let table = [
        ("bash-4.4.20-5.el8.x86_64", ("bash", 0, "4.4.20", "5.el8", "x86_64")),
        ("bash-completion-1:2.7-5.el8.noarch", ("bash-completion", 1, "2.7", "5.el8", "noarch")),
        (
            "linux-firmware-999:20250319-999.36.gitbd0b5ed9.el8.noarch",
            ("linux-firmware", 999, "20250319", "999.36.gitbd0b5ed9.el8", "noarch"),
        ),
        ("gtk2-2.24.32-5.el8.i686", ("gtk2", 0, "2.24.32", "5.el8", "i686")),
        ("libstdc++-8.5.0-22.0.1.el8_10.x86_64", ("libstdc++", 0, "8.5.0", "22.0.1.el8_10", "x86_64")),
        (
            "crontabs-1.11^20190603git9e74f2d-8.el10.noarch",
            ("crontabs", 0, "1.11^20190603git9e74f2d", "8.el10", "noarch"),
        ),
        ("vim-2:9.0~rc1-1.el9.x86_64", ("vim", 2, "9.0~rc1", "1.el9", "x86_64")),
        ("gpg-pubkey-82562ea9-4cdab6c1.(none)", ("gpg-pubkey", 0, "82562ea9", "4cdab6c1", "(none)")),
        ("x-4294967295:1-1.noarch", ("x", u32::MAX, "1", "1", "noarch")),
        ("a-1-2-3-4.noarch", ("a-1-2", 0, "3", "4", "noarch")),
    ];
    for (text, expected) in table {
        assert_eq!(parts(text), expected);
        assert_eq!(package(text).to_string(), text);
        assert_eq!(
            package(text).evr(),
            &text[expected.0.len() + 1..text.len() - expected.4.len() - 1],
            "the evr of {text}"
        );
    }
}

#[test]
fn what_is_not_a_nevra_says_why() {
    let table = [
        ("", "`` is not `name-[epoch:]version-release.arch`: the architecture is missing"),
        ("bash", "`bash` is not `name-[epoch:]version-release.arch`: the architecture is missing"),
        (
            "glibc-2.34-100.0.1.el9_4.2",
            "`glibc-2.34-100.0.1.el9_4.2` does not end in a known architecture (`2` is none)",
        ),
        (
            "bash-4.4-5.el8.x86_64.rpm",
            "`bash-4.4-5.el8.x86_64.rpm` does not end in a known architecture (`rpm` is none)",
        ),
        ("bash-4.4-5.el8.src", "`bash-4.4-5.el8.src` does not end in a known architecture (`src` is none)"),
        ("bash.x86_64", "`bash.x86_64` is not `name-[epoch:]version-release.arch`: the release is missing"),
        (
            "bash-4.4.x86_64",
            "`bash-4.4.x86_64` is not `name-[epoch:]version-release.arch`: the version is missing",
        ),
        ("-4.4-5.x86_64", "`-4.4-5.x86_64` is not `name-[epoch:]version-release.arch`: the name is missing"),
        ("a--5.x86_64", "`a--5.x86_64` is not `name-[epoch:]version-release.arch`: the version is missing"),
        (
            "a-1:-5.x86_64",
            "`a-1:-5.x86_64` is not `name-[epoch:]version-release.arch`: the version is missing",
        ),
        ("a-1-.x86_64", "`a-1-.x86_64` is not `name-[epoch:]version-release.arch`: the release is missing"),
        (
            "a-0:1-1.noarch",
            "`a-0:1-1.noarch` has the epoch `0`: expected a number above 0 without leading zeros, or none",
        ),
        (
            "a-01:1-1.noarch",
            "`a-01:1-1.noarch` has the epoch `01`: expected a number above 0 without leading zeros, or none",
        ),
        (
            "a-:1-1.noarch",
            "`a-:1-1.noarch` has the epoch ``: expected a number above 0 without leading zeros, or none",
        ),
        (
            "a-4294967296:1-1.noarch",
            "`a-4294967296:1-1.noarch` has the epoch `4294967296`: expected a number above 0 without leading zeros, or none",
        ),
        (
            "a-(none):1-1.noarch",
            "`a-(none):1-1.noarch` has the epoch `(none)`: expected a number above 0 without leading zeros, or none",
        ),
        (
            "1:bash-4.4-5.el8.x86_64",
            "`1:bash-4.4-5.el8.x86_64` has `:` in its name, which rpm does not allow there",
        ),
        ("a-1-1:1.noarch", "`a-1-1:1.noarch` has `:` in its release, which rpm does not allow there"),
        ("a-1:1:1-1.noarch", "`a-1:1:1-1.noarch` has `:` in its version, which rpm does not allow there"),
        ("a b-1-1.noarch", "`a b-1-1.noarch` has ` ` in its name, which rpm does not allow there"),
        ("a~b-1-1.noarch", "`a~b-1-1.noarch` has `~` in its name, which rpm does not allow there"),
        ("+a-1-1.noarch", "`+a-1-1.noarch` has `+` in its name, which rpm does not allow there"),
        (
            "a-1-1\u{e9}.noarch",
            "`a-1-1\u{e9}.noarch` has `\u{e9}` in its release, which rpm does not allow there",
        ),
    ];
    for (text, expected) in table {
        assert_eq!(Package::parse(text).map_err(|error| error.to_string()), Err(expected.to_owned()));
    }
    let long = format!("a-1-{}.noarch", "1".repeat(300));
    assert_eq!(
        Package::parse(&long).unwrap_err().to_string(),
        format!("`a-1-{}...` is 311 bytes long: a NEVRA has at most 251", "1".repeat(36))
    );
}

#[test]
fn parts_are_taken_as_what_they_claim_to_be() {
    assert_eq!(Package::from_parts("a-b", "0:1-2", "noarch"), Ok(package("a-b-1-2.noarch")));
    assert_eq!(Package::from_parts("a-b", "999:1-2", "noarch"), Ok(package("a-b-999:1-2.noarch")));
    // Without the check these would parse, as packages `a` and `a-b`.
    for (name, evr, arch) in [("a-1", "2", "noarch"), ("a", "b-1-2", "noarch"), ("a", "1-2", "el8.noarch")] {
        assert!(Package::from_parts(name, evr, arch).is_err(), "{name} {evr} {arch}");
    }
}

#[test]
fn versions_compare_as_rpm_says() {
    // Facts of rpm's order, each checked with the real one by tests/conformance/rpm.rs.
    let rising = [
        ["1.0~rc1", "1.0"],
        ["1.0", "1.0^git1"],
        ["1.0^git1", "1.0.1"],
        ["1.0^git1", "1.01"],
        ["1.9", "1.10"],
        ["1.a", "1.1"],
        ["2", "10"],
    ];
    for [low, high] in rising {
        let [low, high] = [low, high].map(|version| package(&format!("a-{version}-1.noarch")));
        assert_eq!(low.cmp_evr(high), Ordering::Less, "{low} {high}");
        assert!(low < high);
    }
    let releases = ["1.el8", "1.el8_9", "1.el8_10", "1.0.1.el8"];
    let releases: Vec<Package> = releases.iter().map(|r| package(&format!("a-1-{r}.noarch"))).collect();
    assert!(releases.is_sorted_by(|a, b| a.cmp_evr(*b).is_lt()));
    assert!(package("a-1:1-1.noarch").cmp_evr(package("a-999-1.noarch")).is_gt());
    assert!(package("a-10:1-1.noarch").cmp_evr(package("a-9:1-1.noarch")).is_gt());
}

#[test]
fn ties_of_rpm_are_broken_by_bytes() {
    let spellings = ["1..0", "1.0", "1.0.", "1.00", "1_0"];
    let packages: Vec<Package> = spellings.iter().map(|v| package(&format!("a-{v}-1.noarch"))).collect();
    for (i, a) in packages.iter().enumerate() {
        for (j, b) in packages.iter().enumerate() {
            assert_eq!(a.cmp_evr(*b), Ordering::Equal);
            assert_eq!(a.cmp(b), a.as_str().cmp(b.as_str()), "{a} {b}");
            assert_eq!(a == b, i == j);
        }
    }
}

#[test]
fn kernels_are_install_only_and_what_goes_with_them_is_not() {
    let names: Vec<&str> = [
        "kernel",
        "kernel-core",
        "kernel-devel",
        "kernel-modules",
        "kernel-modules-extra",
        "kernel-modules-core",
        "kernel-PAE",
        "kernel-debug",
        "kernel-debug-core",
        "kernel-uek",
        "kernel-uek-core",
        "kernel-uek-devel",
        "kernel-uek-modules",
        "kernel-uek-modules-extra",
        "kernel-uek-debug",
        "kernel-64k-core",
        "kernel-rt",
        "kernel-headers",
        "kernel-tools",
        "kernel-tools-libs",
        "kernel-uek-doc",
        "kernel-srpm-macros",
        "kernel-modulesx",
        "kernels",
        "kernel-uekish",
        "kernelshark",
        "linux-firmware",
    ]
    .into_iter()
    .filter(|name| package(&format!("{name}-1-1.x86_64")).is_install_only())
    .collect();
    assert_eq!(
        names,
        [
            "kernel",
            "kernel-core",
            "kernel-devel",
            "kernel-modules",
            "kernel-modules-extra",
            "kernel-modules-core",
            "kernel-PAE",
            "kernel-debug",
            "kernel-debug-core",
            "kernel-uek",
            "kernel-uek-core",
            "kernel-uek-devel",
            "kernel-uek-modules",
            "kernel-uek-modules-extra",
            "kernel-uek-debug",
            "kernel-64k-core",
            "kernel-rt",
        ]
    );
}

#[test]
fn modular_packages_are_told_by_their_release() {
    assert!(package("perl-Test-Simple-3:1.302181-2.module+el8.6.0+20623+f0897f98.noarch").is_modular());
    assert!(!package("module-1-1.el8.noarch").is_modular());
}

fn lists() -> Vec<std::path::PathBuf> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let places = [
        std::env::var_os("PATCHTRAIN_SHARED").map(Into::into),
        Some(root.join("../shared")),
        Some("/work/shared".into()),
    ];
    let folder =
        places.into_iter().flatten().map(|place| place.join("fixtures")).find(|place| place.is_dir());
    let Some(folder) = folder else { return Vec::new() };
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|end| end == "txt")).collect()
}

#[test]
fn every_line_of_the_real_lists_parses_and_prints_back() {
    let lists = lists();
    if lists.is_empty() {
        println!("skipped: no package lists; set PATCHTRAIN_SHARED to the folder that holds `fixtures`");
    }
    for list in lists {
        let text = std::fs::read_to_string(&list).unwrap();
        let distinct: BTreeSet<Package> = text.lines().map(package).collect();
        assert_eq!(distinct.len(), text.lines().count(), "{}", list.display());
        for (line, package) in text.lines().map(|line| (line, package(line))) {
            assert_eq!(package.as_str(), line);
            let again = Package::from_parts(package.name(), package.evr(), package.arch().as_str());
            assert_eq!(again, Ok(package));
        }
    }
}

/// NEVRAs out of few letters, so that equal names, ties and near misses are frequent.
pub(crate) fn any_nevra() -> impl Strategy<Value = String> {
    let name = "[ab](-?[a1]){0,2}";
    let version = "[0-2a~^.]{0,3}[01a]";
    let release = "[01][.a_~^]{0,2}";
    let arch = proptest::sample::select(vec!["noarch", "x86_64", "i686"]);
    (name, proptest::option::of(1..4u32), version, release, arch).prop_map(
        |(name, epoch, version, release, arch)| {
            let epoch = epoch.map(|epoch| format!("{epoch}:")).unwrap_or_default();
            format!("{name}-{epoch}{version}-{release}.{arch}")
        },
    )
}

proptest! {
    #[test]
    fn what_parses_prints_back_byte_for_byte(text in any_nevra()) {
        let package = Package::parse(&text).unwrap();
        prop_assert_eq!(package.as_str(), &text);
        let epoch = if package.epoch() == 0 { String::new() } else { format!("{}:", package.epoch()) };
        let (name, version, release, arch) = (package.name(), package.version(), package.release(), package.arch());
        prop_assert_eq!(format!("{name}-{epoch}{version}-{release}.{arch}"), text);
    }

    #[test]
    fn no_text_panics_and_none_is_changed(text in "[-a0:.~^() éx86_64noarch]{0,24}") {
        if let Ok(package) = Package::parse(&text) {
            prop_assert_eq!(package.as_str(), text);
        }
    }

    #[test]
    fn the_order_is_total(a in any_nevra(), b in any_nevra(), c in any_nevra()) {
        let [x, y, z] = [&a, &b, &c].map(|text| package(text));
        prop_assert_eq!(x.cmp(&y), y.cmp(&x).reverse());
        prop_assert_eq!(x.cmp(&y) == Ordering::Equal, a == b);
        prop_assert_eq!(x == y, a == b);
        if x <= y && y <= z {
            prop_assert!(x <= z);
        }
        // It refines name, architecture and rpm's order.
        prop_assert!(x.cmp(&y).is_ne() || x.cmp_name_arch(y).is_eq());
        prop_assert_eq!(x.cmp_name_arch(y).is_eq(), x.same_name_arch(y));
        if x.cmp_name_arch(y).is_eq() && x.cmp_evr(y).is_ne() {
            prop_assert_eq!(x.cmp(&y), x.cmp_evr(y));
        }
    }

    /// The key that we compare is not rpm-version's own comparison: they must say the same.
    #[test]
    fn the_key_compares_as_the_parts_do(a in any_nevra(), b in any_nevra()) {
        let (x, y) = (package(&a), package(&b));
        let naive = x.epoch().cmp(&y.epoch())
            .then_with(|| rpm_version::rpm_evr_compare(x.version(), y.version()))
            .then_with(|| rpm_version::rpm_evr_compare(x.release(), y.release()));
        prop_assert_eq!(x.cmp_evr(y), naive);
    }
}
