//! What is fed with bytes, and what must hold whatever they are: no panic, and what is read and written again is the same.
//! The texts to begin with are in `corpus/`; all were written for it.

use std::io::Write;
use std::path::{Path, PathBuf};

use patchtrain::advisory;
use patchtrain::package::manifest;
use patchtrain::package::{List, Manifest, Package};
use patchtrain::train;

use super::mutate::Seeds;

/// A parser and its inputs.
pub(super) struct Target {
    pub(super) name: &'static str,
    pub(super) seeds: fn() -> Seeds,
    pub(super) feed: fn(&[u8]),
}

pub(super) const TARGETS: [Target; 6] = [
    Target { name: "nevra", seeds: nevra_seeds, feed: nevra },
    Target { name: "list", seeds: list_seeds, feed: list },
    Target { name: "manifest", seeds: manifest_seeds, feed: manifest },
    Target { name: "train", seeds: train_seeds, feed: train },
    Target { name: "updateinfo", seeds: updateinfo_seeds, feed: advisories },
    Target { name: "oval", seeds: oval_seeds, feed: advisories },
];

const PACKAGES: &str = include_str!("corpus/packages.list");
const MANIFEST: &str = include_str!("corpus/GL1.packages");
/// What users begin with.
const TRAINS: [&str; 6] = [
    include_str!("../../trains/examples/careful.toml"),
    include_str!("../../trains/examples/children.toml"),
    include_str!("../../trains/examples/hub.toml"),
    include_str!("../../trains/examples/security.toml"),
    include_str!("../../trains/examples/selected.toml"),
    include_str!("../../trains/examples/service-members.toml"),
];
const UPDATEINFO: &str = include_str!("corpus/updateinfo.xml");
const OVAL: &str = include_str!("corpus/oval.xml");

/// What NEVRAs are made of.
const PARTS: &[&str] = &[
    "x86_64",
    "i686",
    "noarch",
    "(none)",
    "gpg-pubkey",
    "0:",
    "1:",
    "999:",
    "~rc1",
    "^git1",
    ".el8",
    ".module+el8.9.0+1+ab",
    ".ksplice1",
    "kernel-uek",
    "-",
    ".",
    ":",
    "..",
    "--",
];

fn nevra_seeds() -> Seeds {
    Seeds { texts: PACKAGES.lines().map(|line| line.as_bytes().to_vec()).collect(), words: PARTS }
}

fn nevra(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match Package::parse(&text) {
        Ok(package) => {
            assert_eq!(package.as_str(), text, "it is printed as it was read");
            let (name, evr, arch) = (package.name(), package.evr(), package.arch());
            let again = Package::from_parts(name, evr, arch.as_str()).expect("its parts make a package");
            assert_eq!(again, package, "its parts make the same package");
            let epoch = if package.epoch() == 0 { String::new() } else { format!("{}:", package.epoch()) };
            assert_eq!(format!("{epoch}{}-{}", package.version(), package.release()), evr);
            assert!(package.cmp_evr(package).is_eq() && package.cmp(&again).is_eq());
        }
        Err(error) => assert!(!error.to_string().is_empty(), "an error says something"),
    }
    // What a service sends, torn apart anywhere.
    let mut parts = text.splitn(3, ' ');
    if let (Some(name), Some(evr), Some(arch)) = (parts.next(), parts.next(), parts.next())
        && let Ok(package) = Package::from_parts(name, evr, arch)
    {
        assert_eq!((package.name(), package.arch().as_str()), (name, arch));
    }
}

fn list_seeds() -> Seeds {
    let lines: Vec<&str> = PACKAGES.lines().collect();
    let some = lines.chunks(5).map(|lines| lines.join("\n").into_bytes());
    Seeds { texts: some.chain([PACKAGES.into()]).collect(), words: PARTS }
}

fn list(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match List::parse(&text) {
        Ok(list) => {
            let packages = list.packages.iter().map(|package| format!("{package}\n"));
            let keys = list.keys.iter().map(|key| format!("gpg-pubkey-{key}\n"));
            let written: String = packages.chain(keys).collect();
            assert_eq!(List::parse(&written).as_ref(), Ok(&list), "what is written is read as the same");
        }
        Err(bad) => {
            let lines = text.lines().count();
            assert!(!bad.is_empty() && bad.iter().all(|bad| (1..=lines).contains(&bad.line)), "{bad:?}");
            assert!(bad.is_sorted_by_key(|bad| bad.line));
        }
    }
}

fn manifest_seeds() -> Seeds {
    let bare: String =
        MANIFEST.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect();
    let words = &[
        "# release: ",
        "# digest: sha256:",
        "# frozen at: ",
        "# kernel policy: ",
        "# left out: ",
        "# note: ",
        "module ",
        "key ",
        "perl:5.26",
        "\r\n",
        ".x86_64",
        "1:",
        "#",
        "\n\n",
        "\u{feff}",
    ];
    Seeds { texts: vec![MANIFEST.into(), bare.into(), b"a-1-1.noarch\n".to_vec()], words }
}

fn manifest(bytes: &[u8]) {
    let reading = manifest::read(bytes);
    for problem in &reading.problems {
        let text = reading.text.get(problem.span.clone());
        assert!(text.is_some(), "{problem:?} is about a piece of the text");
        assert!(problem.line >= 1 && !problem.message.is_empty(), "{problem:?}");
    }
    match Manifest::parse(bytes) {
        Ok(manifest) => {
            assert!(reading.problems.is_empty());
            assert_eq!(manifest.to_text().as_bytes(), bytes, "it is written as it was read");
        }
        Err(problems) => assert_eq!(problems, reading.problems),
    }
}

fn train_seeds() -> Seeds {
    let words = &[
        "[train]",
        "[service]",
        "[state]",
        "[[release]]",
        "[[group]]",
        "name",
        "release",
        "members",
        "\"service\"",
        "after",
        "soak",
        "\"48h\"",
        "waves",
        "[\"1\", \"10%\"]",
        "max_failures",
        "window",
        "{ ",
        " }",
        "\"\"\"",
        "'''",
        "=",
        "true",
        "0x7f",
        "2026-12-05T02:00:00Z",
        "layout",
        "schedule",
        "compartments",
        "tags",
        "update",
        "enforce",
        "ahead",
    ];
    Seeds { texts: TRAINS.map(Vec::from).to_vec(), words }
}

/// Loads a train file of these bytes, with a manifest beside it, as if both were on disk.
pub(super) fn load(bytes: &[u8]) -> Result<train::Train, train::Problems> {
    let path = PathBuf::from("/nowhere/train.toml");
    let mut overlay = train::Overlay::from([(path.clone(), bytes.to_vec())]);
    for manifest in ["GL1.packages", "great-linux/GL1.packages", "great-linux/GL1.1.packages"] {
        overlay.insert(Path::new("/nowhere").join(manifest), b"bash-4.4.20-5.el8.x86_64\n".to_vec());
    }
    train::load_with_overlay(&[path], &overlay).map(|mut trains| trains.pop().expect("it is one file"))
}

fn train(bytes: &[u8]) {
    let loaded = load(bytes);
    if let Err(problems) = &loaded {
        assert!(!problems.list.is_empty());
        assert!(!problems.render(false).is_empty() && !problems.render(true).is_empty());
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(laid_out) = train::format(text) {
        assert_eq!(train::format(&laid_out).as_ref(), Ok(&laid_out), "laid out again it is the same");
        match (&loaded, load(laid_out.as_bytes())) {
            (Ok(before), Ok(after)) => assert_eq!(after.digest, before.digest, "a layout changes no value"),
            (Err(_), Err(_)) => {}
            (Ok(_), Err(problems)) => panic!("laid out it is refused: {}", problems.render(false)),
            (Err(problems), Ok(_)) => panic!("laid out it is no longer refused: {}", problems.render(false)),
        }
    }
    let release = patchtrain::name::ReleaseName::new("GL9");
    if let Ok(longer) = train::edit::add_release(text, &release, "GL1.packages", None) {
        assert!(longer.parse::<toml::Table>().is_ok(), "a release more, and it is still TOML:\n{longer}");
        if let Ok(before) = &loaded {
            let after = load(longer.as_bytes()).map(|train| train.releases.len());
            assert!(
                after.is_ok_and(|after| after == before.releases.len() + 1),
                "it has one more:\n{longer}"
            );
        }
    }
}

fn updateinfo_seeds() -> Seeds {
    let words = &[
        "<update",
        "</update>",
        "<pkglist>",
        "<package ",
        "epoch=\"0\"",
        "version=\"1\"",
        "arch=\"x86_64\"",
        "<reference ",
        "type=\"cve\"",
        "CVE-2026-1",
        "&amp;",
        "&#x10ffff;",
        "&bad;",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<?xml",
        "<!DOCTYPE",
        "<module ",
        "status=\"retracted\"",
        "/>",
        "reboot_suggested",
    ];
    Seeds { texts: packed(UPDATEINFO), words }
}

fn oval_seeds() -> Seeds {
    let words = &[
        "<definition ",
        "</definition>",
        "<criteria operator=\"AND\">",
        "<criterion ",
        "test_ref=\"",
        "<rpminfo_test ",
        "<rpminfo_object ",
        "<rpminfo_state ",
        "<evr ",
        "is earlier than 0:",
        "is signed with",
        "Oracle Linux 8 is installed",
        "Oracle Linux arch is x86_64",
        "operator=\"OR\"",
        "negate=\"true\"",
        "&lt;",
        "&#0;",
        "<!--",
        "]]>",
        "/>",
        "oval:com.oracle.elsa:tst:",
    ];
    Seeds { texts: packed(OVAL), words }
}

/// A text as it is, several times over the others, and as gzip and bzip2 make it.
fn packed(text: &str) -> Vec<Vec<u8>> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).expect("memory can be written");
    let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    bzip2.write_all(text.as_bytes()).expect("memory can be written");
    let packed =
        [gzip.finish().expect("memory can be written"), bzip2.finish().expect("memory can be written")];
    std::iter::repeat_n(text.into(), 12).chain(packed).collect()
}

fn advisories(bytes: &[u8]) {
    match advisory::read(bytes, 8) {
        Ok(loaded) => {
            for advisory in loaded.advisories.iter() {
                assert!(!advisory.id.is_empty() && advisory.fixes.is_sorted() && advisory.cves.is_sorted());
                assert_eq!(loaded.advisories.get(&advisory.id).map(|found| &found.id), Some(&advisory.id));
            }
            for warning in &loaded.warnings.list {
                assert!(!format!("{warning:?}").is_empty());
            }
        }
        Err(fault) => assert!(fault.line >= 1 && !fault.to_string().is_empty(), "{fault:?}"),
    }
}
