//! What is said of sets that can be installed, and of those that cannot.

use super::*;

/// Makes the metadata of packages, each `NEVRA; provides: a, b = 1; requires: ...; conflicts: ...; obsoletes: ...; files: ...`.
fn repodata(packages: &[&str]) -> (Manifest, Repodata) {
    let mut repodata = Repodata::default();
    let mut set = Vec::new();
    for text in packages {
        let mut parts = text.split(';');
        let package = Package::parse(parts.next().unwrap().trim()).unwrap();
        set.push(package);
        let mut entry = Entry { provides: vec![Capability::of(package)], ..Entry::default() };
        for part in parts {
            let (what, list) = part.split_once(':').unwrap();
            for one in list.split(',').map(str::trim) {
                let capability = match one.starts_with('(') {
                    true => Capability { name: one.into(), bound: None },
                    false => Capability::parse(one).unwrap(),
                };
                match what.trim() {
                    "provides" => entry.provides.push(capability),
                    "requires" => entry.requires.push(capability),
                    "conflicts" => entry.conflicts.push(capability),
                    "obsoletes" => entry.obsoletes.push(capability),
                    "files" => entry.files.push(one.into()),
                    other => panic!("{other}"),
                }
            }
        }
        repodata.entries.insert(package, entry);
    }
    (Manifest { packages: PackageSet::new(set), ..Manifest::default() }, repodata)
}

fn check(packages: &[&str]) -> Dependencies {
    let (manifest, repodata) = repodata(packages);
    dependencies(&manifest, &repodata)
}

fn texts(unmet: &[Unmet]) -> Vec<String> {
    unmet
        .iter()
        .map(|one| {
            let by: Vec<&str> = one.by.iter().map(|package| package.name()).collect();
            let kernel = one.kernel.map(|kernel| format!(" with {}", kernel.evr())).unwrap_or_default();
            format!("{} by {}{kernel}", one.requirement, by.join(" "))
        })
        .collect()
}

#[test]
fn a_closed_set_is_good() {
    let found = check(&[
        "bash-4.4-1.x86_64; provides: /bin/sh; files: /usr/bin/bash",
        "curl-7.61-2.x86_64; requires: libcurl(x86-64) >= 7.61-1, /bin/sh, /usr/bin/bash, rpmlib(CompressedFileNames) <= 3.0.4-1, (nothing if wget)",
        "libcurl-7.61-2.x86_64; provides: libcurl(x86-64) = 7.61-2, libcurl.so.4()(64bit)",
    ]);
    assert!(found.is_good(), "{found:?}");
    assert_eq!(found.requirements, 4);
}

#[test]
fn what_nothing_meets_is_named_with_who_needs_it() {
    let found = check(&[
        "a-1-1.x86_64; requires: libz.so.1()(64bit), b >= 2, /usr/sbin/x, /usr/lib/y, (c or d), (b and",
        "b-1-1.x86_64; requires: libz.so.1()(64bit)",
    ]);
    assert_eq!(
        texts(&found.unmet),
        ["libz.so.1()(64bit) by a b", "b >= 2 by a", "/usr/sbin/x by a", "(c or d) by a", "(b and by a"]
    );
    // Whether a package has it is not in the primary metadata.
    assert_eq!(texts(&found.unknown_files), ["/usr/lib/y by a"]);
    assert!(!found.is_good());
}

#[test]
fn each_kernel_is_looked_at_by_itself() {
    let module = "kernel-modules-4.18-1.x86_64; requires: kernel-core = 4.18-1";
    let found = check(&[
        "kernel-core-4.18-1.x86_64",
        "kernel-core-4.18-2.x86_64; provides: kernel-api = 2",
        module,
        "kernel-uek-core-5.15-1.x86_64; provides: uek",
        "tool-1-1.noarch; requires: kernel-api, uek",
    ]);
    // The modules of the other version have no kernel with the newer one; but that machine has not those modules.
    assert_eq!(texts(&found.unmet), ["kernel-api by tool with 4.18-1"]);
}

/// What is left of an older version is no kernel: no machine has it alone.
#[test]
fn headers_alone_are_no_kernel() {
    let found = check(&[
        "kernel-uek-5.15-2.x86_64; requires: kernel-uek-core = 5.15-2",
        "kernel-uek-core-5.15-2.x86_64; provides: uek-api = 2",
        "kernel-uek-devel-5.15-1.x86_64",
        "kernel-devel-4.18-1.x86_64",
        "tool-1-1.noarch; requires: uek-api",
    ]);
    assert!(found.is_good(), "{:?}", texts(&found.unmet));
    // Each kernel by itself, and a requirement of a file and a rich one among them.
    let found = check(&[
        "kernel-rt-core-4.18-1.x86_64; files: /usr/bin/rt",
        "kernel-rt-core-4.18-2.x86_64",
        "kernel-core-4.18-1.x86_64; provides: plain",
        "tool-1-1.noarch; requires: /usr/bin/rt, (plain and tool), plain, tool",
    ]);
    assert_eq!(texts(&found.unmet), ["/usr/bin/rt by tool with 4.18-2"]);
}

#[test]
fn conflicts_and_replacements_within_the_set_are_told() {
    let found = check(&[
        "a-1-1.x86_64; conflicts: b < 2, a < 9, (c unless d); obsoletes: old < 3, a < 1",
        "b-1-1.x86_64",
        "c-1-1.x86_64",
        "old-2-1.x86_64",
        "older-1-1.x86_64; provides: old = 1; obsoletes: b < 1",
    ]);
    let clashes = |list: &[Clash]| {
        list.iter()
            .map(|one| format!("{} {} {}", one.by.name(), one.what, one.other.name()))
            .collect::<Vec<_>>()
    };
    assert_eq!(clashes(&found.conflicts), ["a b < 2 b", "a (c unless d) c"]);
    assert_eq!(clashes(&found.obsoleted), ["a old < 3 old"]);
}

#[test]
fn a_package_that_nobody_tells_of_is_named_and_stands_for_itself() {
    let (mut manifest, repodata) = repodata(&["a-1-1.x86_64; requires: b >= 1"]);
    let b = Package::parse("b-1-1.x86_64").unwrap();
    manifest.packages = manifest.packages.union(&[b]);
    let found = dependencies(&manifest, &repodata);
    assert_eq!((found.absent.as_slice(), found.unmet.len()), ([b].as_slice(), 0));
    assert!(!found.is_good());
}

#[test]
fn modular_packages_need_metadata_and_a_declared_stream() {
    let (mut manifest, mut repodata) =
        repodata(&["perl-5-1.module+el8.x86_64", "php-7-1.module+el8.x86_64", "ruby-2-1.module+el8.x86_64"]);
    let package = |text| Package::parse(text).unwrap();
    let stream = |text| StreamName::parse(text).unwrap();
    manifest.modules = vec!["perl:5.26".to_owned()];
    repodata.streams.insert(package("perl-5-1.module+el8.x86_64"), [stream("perl:5.26")].into());
    repodata.streams.insert(package("php-7-1.module+el8.x86_64"), [stream("php:7.3")].into());
    let found = dependencies(&manifest, &repodata);
    assert_eq!(found.unlisted, [package("ruby-2-1.module+el8.x86_64")]);
    assert_eq!(found.undeclared, [(stream("php:7.3"), 1)]);
}

/// A set as large as a repository takes no longer than one can wait: nothing is compared with everything.
#[test]
fn a_large_set_is_no_quadratic_walk() {
    let lines: Vec<String> = (0..5_000)
        .map(|at| format!("p{at}-1-1.x86_64; provides: lib{at}.so; requires: lib{}.so, p0", (at + 1) % 5_000))
        .collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let found = check(&lines);
    assert!(found.is_good() && found.requirements == 5_001);
}
