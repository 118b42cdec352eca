//! Tests of reading repositories, from files written here.

use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::package::Digest;

const PRIMARY: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<metadata xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm" packages="3">
<package type="rpm"><name>curl</name><arch>x86_64</arch><version epoch="0" ver="7.61.1" rel="34.el8"/>
<format><rpm:license>MIT</rpm:license>
<rpm:provides><rpm:entry name="curl" flags="EQ" epoch="0" ver="7.61.1" rel="34.el8"/></rpm:provides>
<rpm:requires><rpm:entry name="libcurl(x86-64)" flags="GE" epoch="0" ver="7.61.1" rel="34.el8"/><rpm:entry name="/bin/sh" pre="1"/><rpm:entry name="(a if b)"/></rpm:requires>
<rpm:conflicts><rpm:entry name="curl-minimal"/></rpm:conflicts>
<rpm:obsoletes><rpm:entry name="old" flags="LT" epoch="0" ver="2"/></rpm:obsoletes>
<file>/usr/bin/curl</file></format></package>
<package type="rpm"><name>zsh</name><arch>x86_64</arch><version epoch="0" ver="5" rel="1"/><format/></package>
<package type="rpm"><name>curl</name><arch>src</arch><version epoch="0" ver="7.61.1" rel="34.el8"/><format/></package>
</metadata>
"#;

const MODULES: &str = "---
document: modulemd
version: 2
data:
  name: perl
  stream: \"5.30\"
  description: >-
    A long text: with a colon
  dependencies:
  - requires:
      platform: [el8]
  artifacts:
    rpms:
    - perl-0:5.30.1-2.module+el8.x86_64
    - perl-4:5.30.1-3.module+el8.x86_64
    - nothing-0:1-1.module+el8.x86_64
...
---
document: modulemd-defaults
version: 1
data:
  module: perl
  stream: \"5.26\"
  artifacts:
    rpms: [perl-0:5.30.1-2.module+el8.x86_64]
...
";

fn set(texts: &[&str]) -> PackageSet {
    texts.iter().map(|text| Package::parse(text).unwrap()).collect()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(text.as_bytes()).unwrap();
    packer.finish().unwrap()
}

/// Writes a repository: its primary metadata and module metadata.
fn repository(folder: &Path, parts: &[(&str, &str, Vec<u8>)]) {
    fs::create_dir_all(folder.join("repodata")).unwrap();
    let mut index = String::from("<repomd xmlns=\"http://linux.duke.edu/metadata/repo\">");
    for (kind, name, bytes) in parts {
        fs::write(folder.join("repodata").join(name), bytes).unwrap();
        let sum = Digest::of([bytes]).hex();
        let _ = write!(
            index,
            "<data type=\"{kind}\"><checksum type=\"sha256\">{sum}</checksum><location href=\"repodata/{name}\"/></data>"
        );
    }
    index.push_str("</repomd>");
    fs::write(folder.join("repodata/repomd.xml"), index).unwrap();
}

#[test]
fn only_packages_of_the_set_are_kept_with_all_they_tell() {
    let folder = tempfile::tempdir().unwrap();
    let wanted = set(&[
        "curl-7.61.1-34.el8.x86_64",
        "perl-5.30.1-2.module+el8.x86_64",
        "perl-4:5.30.1-3.module+el8.x86_64",
    ]);
    repository(
        folder.path(),
        &[("primary", "p.xml.gz", gzip(PRIMARY)), ("modules", "m.yaml", MODULES.as_bytes().to_vec())],
    );
    let mut found = Repodata::default();
    found.read(&Folder::new(folder.path()), &wanted).unwrap();
    assert_eq!((found.seen, found.entries.len(), found.modular), (3, 1, 1));
    let entry = found.entries.values().next().unwrap();
    let texts = |list: &[Capability]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(texts(&entry.requires), ["libcurl(x86-64) >= 7.61.1-34.el8", "/bin/sh", "(a if b)"]);
    assert_eq!(texts(&entry.conflicts), ["curl-minimal"]);
    assert_eq!(texts(&entry.obsoletes), ["old < 2"]);
    assert_eq!(entry.files, ["/usr/bin/curl".into()]);
    let streams: Vec<String> = found.streams.values().flatten().map(ToString::to_string).collect();
    assert_eq!(streams, ["perl:5.30", "perl:5.30"]);
    assert_eq!(found.absent(&wanted).len(), 2);
    // What curl replaces is told by version too, and of what came only.
    let replaced = |old: &[&str]| found.replaced(&set(old), &wanted).into_iter().collect::<Vec<_>>();
    let renamed = ("curl".to_owned(), BTreeSet::from(["old".to_owned()]));
    assert_eq!(replaced(&["old-1-1.x86_64", "old-3-1.x86_64"]), [renamed]);
    assert_eq!(replaced(&["old-2-1.x86_64"]), []);
    assert_eq!(replaced(&["old-1-1.x86_64", "curl-1-1.x86_64"]), []);
    // `repodata` itself names the same repository.
    let mut again = Repodata::default();
    again.read(&Folder::new(&folder.path().join("repodata")), &wanted).unwrap();
    assert_eq!(again, found);
}

#[test]
fn what_is_wrong_is_said_with_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let read = || {
        let error = Repodata::default().read(&Folder::new(folder.path()), &set(&[])).unwrap_err();
        format!("{error}: {} ({})", error.fault, error.hint())
    };
    assert!(read().contains("repodata/repomd.xml") && read().contains("cannot be read"));
    let index = |text: &str| fs::write(folder.path().join("repodata/repomd.xml"), text).unwrap();
    repository(folder.path(), &[("primary", "p.xml", b"<html/>".to_vec())]);
    assert!(read().contains("its root is `<html>`, and not `<metadata>`"), "{}", read());
    fs::write(folder.path().join("repodata/p.xml"), PRIMARY).unwrap();
    assert!(read().contains("its sha256 is ") && read().contains("fetch all"), "{}", read());
    repository(folder.path(), &[("primary", "p.xml", PRIMARY.as_bytes()[..400].to_vec())]);
    assert!(read().contains("line "), "{}", read());
    index(
        "<repomd><data type=\"primary\"><checksum type=\"md5\">x</checksum><location href=\"repodata/p.xml\"/></data></repomd>",
    );
    assert!(read().contains("`md5`"), "{}", read());
    index("<repomd><data type=\"primary\"><location href=\"../../etc/passwd\"/></data></repomd>");
    assert!(read().contains("not in the repository"), "{}", read());
    index("<repomd/>");
    assert!(read().contains("no `primary`"), "{}", read());
    repository(
        folder.path(),
        &[("primary", "p.xml", PRIMARY.as_bytes().to_vec()), ("modules", "m.yaml", b"a: [b\n".to_vec())],
    );
    assert!(read().contains("not YAML"), "{}", read());
}

/// Reads bytes as the two kinds of metadata: whatever they are, they are read or are an error.
fn read_anything(bytes: &[u8]) {
    let wanted = set(&["curl-7.61.1-34.el8.x86_64"]);
    let _ = primary::read(bytes, &wanted, &mut Repodata::default());
    let _ = modules::read(bytes, &wanted, &mut BTreeMap::new());
    let _ = index::read(bytes);
}

#[test]
fn deep_nesting_is_no_deep_stack() {
    for deep in ["[", "{a: ", "- ", "<a>", "? "] {
        read_anything(deep.repeat(50_000).as_bytes());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn whatever_the_bytes_nothing_panics(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        pieces in prop::collection::vec(prop::sample::select(vec![
            "---\n", "...\n", "document: modulemd\n", "data:\n", "  artifacts:\n", "    rpms:\n", "    - a-0:1-1.noarch\n",
            "&a ", "*a", "[", "]", "{", "}", ": ", "\t", "|\n", "\"", "'", "#", "%YAML 1.2\n", "!!str ", "<metadata>",
            "<package type=\"rpm\">", "<format>", "</", ">", "<name>", "&lt;",
        ]), 0..40),
    ) {
        read_anything(&bytes);
        read_anything(pieces.concat().as_bytes());
        let mut cut = MODULES.as_bytes().to_vec();
        if let (Some(byte), Some(at)) = (bytes.first(), bytes.get(1)) {
            let at = usize::from(*at) * 2 % cut.len();
            cut[at] = *byte;
        }
        read_anything(&cut);
    }
}
