//! Tests of the manifest: one spelling, every problem at once, coreutils' digest.

use proptest::prelude::*;

use super::super::nevra::tests::any_nevra;
use super::*;
use crate::package::Package;

const GOOD: &str = "\
# release: GL1
# digest: sha256:4a2e4b4b6d3a1f41c2ba4d1de2cc95f6ba5a8d2b6dfb07fc2b1eaeb0a4d08a57
# frozen at: 2026-11-22T14:00:00Z
# golden instance: ocid1.instance.oc1..gold
# kernel policy: newest
# left out: gpg-pubkey-82562ea9-4cdab6c1.(none) (unmanaged)
# left out: oracle-cloud-agent-1.40.0-1.el8.x86_64 (unmanaged)
# note: what people want to say: anything
A-1-1.noarch
bash-4.4.20-5.el8.x86_64
kernel-4.18.0-553.1.el8.x86_64
kernel-4.18.0-553.el8.x86_64
key 82562ea9
linux-firmware-999:20250319-999.36.el8.noarch
module perl:5.26:8060020211122104125:9fe1d287
perl-4:5.26.3-422.module+el8.6.0.x86_64
";

/// The good text with the digest that its content has.
fn good() -> String {
    let wrong = read(GOOD.as_bytes()).manifest.header("digest").unwrap().to_owned();
    GOOD.replace(&wrong, &read(GOOD.as_bytes()).manifest.digest().to_string())
}

/// Line, the text under the span, message, hint.
fn problems(text: &[u8]) -> Vec<(usize, String, String, String)> {
    let reading = read(text);
    let told = reading.problems.iter().map(|problem| {
        let Problem { span, line, message, hint } = problem.clone();
        let upto = reading.text[..span.start].matches('\n').count() + 1;
        assert_eq!(line, upto, "line and span of {message}");
        (line, reading.text[span].to_owned(), message, hint.unwrap_or_default())
    });
    told.collect()
}

#[test]
fn a_good_manifest_is_read_and_printed_back() {
    let text = good();
    let manifest = Manifest::parse(&text).unwrap();
    assert_eq!(manifest.to_text(), text);
    assert_eq!(manifest.packages.len(), 6);
    assert_eq!(manifest.modules, ["perl:5.26:8060020211122104125:9fe1d287"]);
    assert_eq!(manifest.keys, ["82562ea9"]);
    assert_eq!(manifest.header("kernel policy"), Some("newest"));
    let content: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(manifest.digest(), Digest::of_lines(content));
}

#[test]
fn a_freeze_writes_what_reads_back() {
    let provenance = Provenance {
        release: "GL1".to_owned(),
        frozen_at: "2026-11-22T14:00:00Z".parse().unwrap(),
        origin: Origin::Instance("ocid1.instance.oc1..gold".to_owned()),
        kernel_policy: Some(KernelPolicy::Newest),
        left_out: vec!["a-1-1.noarch: no source\nprovides it".to_owned()],
        streams: Vec::new(),
        notes: vec!["look\tat it".to_owned()],
    };
    let packages: PackageSet =
        ["b-1-1.noarch", "a-1-1.noarch"].map(|text| Package::parse(text).unwrap()).into_iter().collect();
    let keys = ["ad986da3", "82562ea9", "ad986da3"].map(str::to_owned).to_vec();
    let manifest = Manifest::frozen(&provenance, packages, Vec::new(), keys);
    let text = manifest.to_text();
    assert_eq!(Manifest::parse(&text), Ok(manifest));
    let expected = "\
# release: GL1
# digest: sha256:DIGEST
# frozen at: 2026-11-22T14:00:00Z
# golden instance: ocid1.instance.oc1..gold
# kernel policy: newest
# left out: a-1-1.noarch: no source provides it
# note: look at it
a-1-1.noarch
b-1-1.noarch
key 82562ea9
key ad986da3
";
    let digest = Digest::of_lines(["a-1-1.noarch", "b-1-1.noarch", "key 82562ea9", "key ad986da3"]).hex();
    assert_eq!(text, expected.replace("DIGEST", &digest));
}

type Told = (usize, &'static str, &'static str, &'static str);

fn assert_problems(text: impl AsRef<[u8]>, expected: &[Told]) {
    let found = problems(text.as_ref());
    let found: Vec<(usize, &str, &str, &str)> = found
        .iter()
        .map(|(line, at, message, hint)| (*line, at.as_str(), message.as_str(), hint.as_str()))
        .collect();
    assert_eq!(found, expected, "{}", String::from_utf8_lossy(text.as_ref()));
}

#[test]
fn malformed_lines_are_told_each_with_its_way_out() {
    assert_problems(
        "\
0:bash-4.4-5.el8.x86_64
1:zsh-5-1.el8.x86_64
a-0:1-1.noarch
a-1-1.src
a-1-1.x86-64
a-1-1.x86_64.rpm
glibc-2.34-100.0.1.el9_4.2
gpg-pubkey-82562ea9-4cdab6c1.(none)
kee 82562ea9
key 82562EA9
modul perl:5.26:1:x
module perl:5.26:1
module perl:5.26:x:y
some words
",
        &[
            (
                1,
                "0:bash-4.4-5.el8.x86_64",
                "`0:bash-4.4-5.el8.x86_64` has `:` in its name, which rpm does not allow there",
                "write `bash-4.4-5.el8.x86_64`",
            ),
            (
                2,
                "1:zsh-5-1.el8.x86_64",
                "`1:zsh-5-1.el8.x86_64` has `:` in its name, which rpm does not allow there",
                "write `zsh-1:5-1.el8.x86_64`",
            ),
            (
                3,
                "a-0:1-1.noarch",
                "`a-0:1-1.noarch` has the epoch `0`: expected a number above 0 without leading zeros, or none",
                "write `a-1-1.noarch`",
            ),
            (
                4,
                "a-1-1.src",
                "`a-1-1.src` does not end in a known architecture (`src` is none)",
                "source packages cannot be installed: leave it out",
            ),
            (
                5,
                "a-1-1.x86-64",
                "`a-1-1.x86-64` does not end in a known architecture (`x86-64` is none)",
                "write `a-1-1.x86_64`",
            ),
            (
                6,
                "a-1-1.x86_64.rpm",
                "`a-1-1.x86_64.rpm` does not end in a known architecture (`rpm` is none)",
                "write `a-1-1.x86_64`",
            ),
            (
                7,
                "glibc-2.34-100.0.1.el9_4.2",
                "`glibc-2.34-100.0.1.el9_4.2` does not end in a known architecture (`2` is none)",
                "expected `name-[epoch:]version-release.arch`, with an architecture as `x86_64`, `i686`, `aarch64` or `noarch`",
            ),
            (
                8,
                "gpg-pubkey-82562ea9-4cdab6c1.(none)",
                "`gpg-pubkey-82562ea9-4cdab6c1.(none)` cannot be installed: its architecture is `(none)`",
                "write `key 82562ea9`",
            ),
            (9, "kee", "unknown word `kee`", "did you mean `key`?"),
            (
                10,
                "82562EA9",
                "`82562EA9` is not a key id",
                "a key line is `key ID`: 8, 16, 40 or 64 lower-case hex digits, as in `key 82562ea9`",
            ),
            (11, "modul", "unknown word `modul`", "did you mean `module`?"),
            (
                12,
                "perl:5.26:1",
                "`perl:5.26:1` is not a module: it has 3 of 2 or 4 parts",
                "a module line is `module NAME:STREAM` or `module NAME:STREAM:VERSION:CONTEXT`",
            ),
            (
                13,
                "perl:5.26:x:y",
                "`perl:5.26:x:y` is not a module: `x` is no version",
                "a module line is `module NAME:STREAM` or `module NAME:STREAM:VERSION:CONTEXT`",
            ),
            (14, "some", "unknown word `some`", "a line is a NEVRA, `module NAME:STREAM` or `key ID`"),
        ],
    );
}

#[test]
fn the_header_is_checked() {
    assert_problems(
        "\
#release: GL1
# relaese: GL1
# digest: sha256:abc
# frozen at: yesterday
# kernel policy: latest
# release:
# release: GL1
# release:  GL1
# golden instance:x
# owner: me
# hello
#
# stream: perl:5.26 3cefc087 F0897F98
# stream: perl:5.26
# stream: perl:5.26:1:2 3cefc087
a-1-1.noarch
# note: late
",
        &[
            (1, "#release: GL1", "the line is not `# key: value`", FORM),
            (2, "relaese", "unknown header key `relaese`", "did you mean `release`?"),
            (
                3,
                "sha256:abc",
                "`sha256:abc` is not a digest: expected `sha256:` and 64 lower-case hex digits",
                "`grep -v '^#' FILE | sha256sum` prints the hex digits",
            ),
            (
                4,
                "yesterday",
                "`yesterday` is not a time",
                "write it as RFC 3339 has it: `2026-12-05T02:00:00Z`",
            ),
            (5, "latest", "`latest` is not a kernel policy", "expected `running`, `newest` or `all`"),
            (6, "release", "`release` has no value", "write one, or delete the line"),
            (7, "release", "`release` stands in the header twice, first on line 6", "keep one of the two"),
            (8, "release", "`release` stands in the header twice, first on line 6", "keep one of the two"),
            (
                9,
                "# golden instance:x",
                "`golden instance:` and its value are not parted by one space",
                "write `# golden instance: x`",
            ),
            (
                10,
                "owner",
                "unknown header key `owner`",
                "known are `release`, `digest`, `frozen at`, `golden instance`, `list`, `base`, `changed`, `kernel policy`, `left out`, `stream`, `note`; remarks go into `# note: ...` lines",
            ),
            (11, "# hello", "the line is not `# key: value`", FORM),
            (12, "#", "the line is not `# key: value`", FORM),
            (
                13,
                "perl:5.26 3cefc087 F0897F98",
                "`perl:5.26 3cefc087 F0897F98` says nothing of a stream: `F0897F98` is no label",
                STREAM_FORM,
            ),
            (14, "perl:5.26", "`perl:5.26` says nothing of a stream: it has no label", STREAM_FORM),
            (
                15,
                "perl:5.26:1:2 3cefc087",
                "`perl:5.26:1:2 3cefc087` says nothing of a stream: its version and context belong into the `module` line",
                STREAM_FORM,
            ),
            (
                17,
                "# note: late",
                "a comment stands among the packages",
                "header lines stand before the first package",
            ),
        ],
    );
}

const STREAM_FORM: &str = "write `# stream: NAME:STREAM LABEL...`, with labels as `f0897f98`";
const FORM: &str = "a header line is `# key: value`; remarks go into `# note: ...` lines";

#[test]
fn the_form_of_the_file_is_checked() {
    let sort = "sort the lines below the header as `LC_ALL=C sort` does";
    assert_problems(
        "b-1-1.noarch\na-1-1.noarch\n",
        &[(2, "a-1-1.noarch", "the line belongs before `b-1-1.noarch`", sort)],
    );
    assert_problems(
        "c-1-1.noarch\nb-1-1.noarch\na-1-1.noarch\n",
        &[(2, "b-1-1.noarch", "2 lines are not in order; this one belongs before `c-1-1.noarch`", sort)],
    );
    assert_problems(
        "a-1-1.noarch\nb-1-1.noarch\nb-1-1.noarch\n",
        &[(
            3,
            "b-1-1.noarch",
            "`b-1-1.noarch` stands in the manifest twice, first on line 2",
            "delete one of the two lines",
        )],
    );
    assert_problems(
        "a-1-1.noarch\r\nb-1-1.noarch\r\n",
        &[(
            1,
            "\r",
            "2 lines end in CR LF, this is the first",
            "save the file with LF line ends: the digest is of lines that end in LF",
        )],
    );
    assert_problems(
        "a-1-1.noarch",
        &[(1, "", "the last line does not end in a newline", "the digest is of whole lines: add it")],
    );
    assert_problems(
        "\u{feff}a-1-1.noarch\n\n b-1-1.noarch\n",
        &[
            (1, "\u{feff}", "the file starts with a byte order mark", "save it as UTF-8 without one"),
            (2, "", "the line is empty", "delete it: a manifest has one spelling"),
            (3, " b-1-1.noarch", "the line has white space at an end", "write `b-1-1.noarch`"),
        ],
    );
    assert_problems(
        b"a-1-1.noarch\nb\xff-1-1.noarch\nc\xc3-1-1.noarch\nd-1.noarch\n",
        &[
            (2, "\u{fffd}", "the line is not UTF-8", "package names are ASCII: save the file as UTF-8"),
            (3, "\u{fffd}", "the line is not UTF-8", "package names are ASCII: save the file as UTF-8"),
            (
                4,
                "d-1.noarch",
                "`d-1.noarch` is not `name-[epoch:]version-release.arch`: the version is missing",
                "expected `name-[epoch:]version-release.arch`",
            ),
        ],
    );
    assert_problems("", &[(1, "", "the file is empty", "a manifest holds a NEVRA a line")]);
}

#[test]
fn a_header_digest_must_be_the_contents() {
    let digest = Digest::of_lines(["a-1-1.noarch"]);
    let text = format!("# digest: {digest}\na-1-1.noarch\n");
    assert_eq!(problems(text.as_bytes()), []);
    // A file that only has to be sorted is told so, and not that its digest is wrong, too.
    let sorted = Digest::of_lines(["a-1-1.noarch", "b-1-1.noarch"]);
    let text = format!("# digest: {sorted}\nb-1-1.noarch\na-1-1.noarch\n");
    let messages: Vec<String> = problems(text.as_bytes()).into_iter().map(|problem| problem.2).collect();
    assert_eq!(messages, ["the line belongs before `b-1-1.noarch`"]);
    let text = format!("# digest: {digest}\na-1-2.noarch\n");
    let found = Digest::of_lines(["a-1-2.noarch"]);
    let hint = format!(
        "the content's is `{found}`; a release in use never changes: restore the lines, or make a new release"
    );
    let message = "the digest is not that of the content".to_owned();
    assert_eq!(problems(text.as_bytes()), [(1, digest.to_string(), message, hint)]);
}

#[test]
fn forty_malformed_lines_of_25000_are_all_told() {
    let mut text: Vec<String> = (0..25_000).map(|n| format!("package{n:05}-1-1.noarch")).collect();
    for n in 0..40 {
        text[n * 600 + 11].push('x');
    }
    let lines: Vec<usize> =
        read((text.join("\n") + "\n").as_bytes()).problems.iter().map(|p| p.line).collect();
    assert_eq!(lines, (0..40).map(|n| n * 600 + 12).collect::<Vec<_>>());
}

/// Any manifest there can be.
fn any_manifest() -> impl Strategy<Value = Manifest> {
    let header = proptest::collection::vec(("(note|left out)", "[a-z:#é]{1,6}( [a-z:#é]{1,4})?"), 0..3);
    let packages = proptest::collection::vec(any_nevra(), 1..12);
    let modules = proptest::collection::btree_set("[a-z]{1,3}:[0-9.]{1,3}(:[0-9]{1,3}:[0-9a-f]{2})?", 0..3);
    let keys = proptest::collection::btree_set("[0-9a-f]{8}", 0..3);
    (header, packages, modules, keys).prop_map(|(header, packages, modules, keys)| Manifest {
        header,
        packages: packages.iter().map(|text| Package::parse(text).unwrap()).collect(),
        modules: modules.into_iter().collect(),
        keys: keys.into_iter().collect(),
    })
}

proptest! {
    #[test]
    fn what_is_printed_is_read_back(mut manifest in any_manifest(), at in 0usize..4) {
        let digest = manifest.digest().to_string();
        manifest.header.insert(at.min(manifest.header.len()), ("digest".to_owned(), digest));
        let text = manifest.to_text();
        prop_assert_eq!(Manifest::parse(&text), Ok(manifest));
    }

    /// One spelling: whatever is accepted is what would be printed; nothing panics; spans and lines fit the text.
    #[test]
    fn what_is_accepted_is_canonical(manifest in any_manifest(), at in 0usize..200, with in "[a#\n\r :é0-]{0,3}", cut in 0usize..3) {
        let mut text: Vec<char> = manifest.to_text().chars().collect();
        let at = at.min(text.len());
        text.splice(at..(at + cut).min(text.len()), with.chars());
        let text: String = text.into_iter().collect();
        match Manifest::parse(&text) {
            Ok(manifest) => prop_assert_eq!(manifest.to_text(), text),
            Err(_) => {
                problems(text.as_bytes());
            }
        }
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        problems(&bytes);
    }
}

/// Of a manifest as large as a repository, with a bad line here and there, every bad line is told, and no other.
#[test]
fn every_bad_line_of_25_000_is_told() {
    let mut lines: Vec<String> =
        (0..25_000).map(|n| format!("package-{n:05}-libs-1:4.18.{n}-553.el8_10.x86_64")).collect();
    let bad: Vec<usize> = (0..40).map(|n| 300 + n * 617).collect();
    for (n, at) in bad.iter().enumerate() {
        let line = &lines[*at];
        // Each still sorts where it stands.
        lines[*at] = match n % 4 {
            0 => line.replace(".x86_64", ".x68_64"),
            1 => line.replace("-1:4", "-01:4"),
            2 => line.replace("-553", "-5/53"),
            _ => format!("{line} "),
        };
    }
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let told: Vec<usize> =
        Manifest::parse(text).unwrap_err().iter().map(|problem| problem.line - 1).collect();
    assert_eq!(told, bad);
}

#[test]
fn a_manifest_is_known_by_its_header_or_its_lines() {
    for (text, is) in [
        ("# release: GL1\nbash-1-1.noarch\n", true),
        ("# note: x\n# digest: sha256:00\n", true),
        ("bash-1-1.noarch\nmodule perl:5.26\n", true),
        ("bash-1-1.noarch\nkey 82562ea9\n", true),
        ("# made by hand\nbash-1-1.noarch\n# release: GL1\n", false),
        ("key-1-1.noarch\n", false),
        ("", false),
    ] {
        assert_eq!(looks_like(text), is, "{text}");
    }
}
