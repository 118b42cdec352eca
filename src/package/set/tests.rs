//! Tests of `set`: order, algebra, digest, one copy of each.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

use proptest::prelude::*;

use super::super::nevra::tests::any_nevra;
use super::*;

fn packages(texts: &[&str]) -> Vec<Package> {
    texts.iter().map(|text| Package::parse(text).unwrap()).collect()
}

fn any_set() -> impl Strategy<Value = Vec<Package>> {
    proptest::collection::vec(any_nevra(), 0..24)
        .prop_map(|texts| texts.iter().map(|text| Package::parse(text).unwrap()).collect())
}

#[test]
fn versions_and_architectures_of_a_name_stand_side_by_side() {
    let set = PackageSet::new(packages(&[
        "kernel-uek-devel-5.4.17-2102.201.3.el8uek.x86_64",
        "glibc-2.28-1.el8.x86_64",
        "kernel-uek-devel-5.4.17-2011.7.4.el8uek.x86_64",
        "glibc-2.28-1.el8.i686",
        "kernel-uek-devel-5.4.17-2102.200.13.el8uek.x86_64",
        "glibc-2.28-1.el8.i686",
        "gpg-pubkey-ad986da3-5cabf60d.(none)",
        "gpg-pubkey-82562ea9-4cdab6c1.(none)",
    ]));
    let runs: Vec<Vec<&str>> =
        set.by_name_arch().map(|run| run.iter().map(|package| package.as_str()).collect()).collect();
    assert_eq!(
        runs,
        [
            vec!["glibc-2.28-1.el8.i686"],
            vec!["glibc-2.28-1.el8.x86_64"],
            vec!["gpg-pubkey-ad986da3-5cabf60d.(none)", "gpg-pubkey-82562ea9-4cdab6c1.(none)"],
            vec![
                "kernel-uek-devel-5.4.17-2011.7.4.el8uek.x86_64",
                "kernel-uek-devel-5.4.17-2102.200.13.el8uek.x86_64",
                "kernel-uek-devel-5.4.17-2102.201.3.el8uek.x86_64",
            ],
        ]
    );
}

#[test]
fn a_pool_keeps_one_copy_of_each_set() {
    let mut pool = SetPool::default();
    let a = pool.intern(packages(&["a-1-1.noarch", "b-1-1.noarch"]));
    let b = pool.intern(packages(&["b-1-1.noarch", "a-1-1.noarch", "a-1-1.noarch"]));
    let c = pool.intern(packages(&["a-1-1.noarch"]));
    assert!(a.is_same(&b));
    assert_eq!(a.identity(), b.identity());
    assert!(!a.is_same(&c));
    assert_eq!(pool.len(), 2);
}

#[test]
fn a_set_survives_json() {
    let set = PackageSet::new(packages(&["b-2:1-1.noarch", "a-1-1.noarch"]));
    let json = serde_json::to_string(&set).unwrap();
    assert_eq!(json, r#"["a-1-1.noarch","b-2:1-1.noarch"]"#);
    assert_eq!(serde_json::from_str::<PackageSet>(&json).unwrap(), set);
    assert!(serde_json::from_str::<PackageSet>(r#"["a-0:1-1.noarch"]"#).is_err());
}

/// The digest that coreutils print for the lines of the set, or none where they are absent.
fn coreutils_digest(lines: &str) -> Option<String> {
    let command = "LC_ALL=C sort | sha256sum";
    let mut child =
        Command::new("sh").args(["-c", command]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    child.stdin.take()?.write_all(lines.as_bytes()).ok()?;
    let output = child.wait_with_output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.split_whitespace().next()?.to_owned())
}

#[test]
fn coreutils_reproduce_the_digest() {
    // Package order is not byte order: `a-1` is older than `a-1.9`, which is older than `a-1.10`.
    let texts = ["a-1.10-1.noarch", "a-1.9-1.noarch", "a-2:1-1.noarch", "a.b-1-1.noarch", "A-1-1.noarch"];
    let set = PackageSet::new(packages(&texts));
    for (lines, set) in [(texts.join("\n") + "\n", set), (String::new(), PackageSet::default())] {
        match coreutils_digest(&lines) {
            Some(digest) => assert_eq!(digest, set.digest().hex()),
            None => println!("skipped: no `sort` and `sha256sum` to judge"),
        }
    }
}

proptest! {
    #[test]
    fn the_algebra_is_that_of_sets(left in any_set(), right in any_set()) {
        let (a, b) = (PackageSet::new(left.clone()), PackageSet::new(right.clone()));
        let (x, y): (BTreeSet<Package>, BTreeSet<Package>) =
            (left.iter().copied().collect(), right.iter().copied().collect());
        prop_assert_eq!(a.as_slice(), &x.iter().copied().collect::<Vec<_>>()[..]);
        prop_assert_eq!(a.difference(&b), x.difference(&y).copied().collect::<Vec<_>>());
        prop_assert_eq!(a.union(&right).iter().collect::<Vec<_>>(), x.union(&y).copied().collect::<Vec<_>>());
        prop_assert_eq!(a == b, x == y);
        prop_assert_eq!(a.digest() == b.digest(), x == y);
        for package in left.iter().chain(&right) {
            prop_assert_eq!(a.contains(*package), x.contains(package));
        }
    }
}
