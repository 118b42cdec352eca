//! Whatever the bytes: packed files are unpacked, damaged ones are errors that say where, and nothing panics.

use std::io::{Read, Write};

use proptest::prelude::*;

use super::*;

const SMALL: &str = "<updates>\n<update type=\"security\"><id>ELSA-1</id><pkglist><collection>\n<package name=\"bash\" version=\"1\" release=\"1\" arch=\"x86_64\"/></collection></pkglist></update>\n</updates>\n";

/// `SMALL` as `xz` writes it.
const XZ: &[u8] = include_bytes!("packed/small.xz");
/// `SMALL` as `zstd` writes it, with a checksum.
const ZSTD: &[u8] = include_bytes!("packed/small.zst");

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    bzip2::read::BzEncoder::new(bytes, bzip2::Compression::best()).read_to_end(&mut packed).unwrap();
    packed
}

fn packed() -> [(&'static str, Vec<u8>); 5] {
    [
        ("file", SMALL.into()),
        ("gzip file", gzip(SMALL.as_bytes())),
        ("bzip2 file", bzip2(SMALL.as_bytes())),
        ("xz file", XZ.into()),
        ("zstd file", ZSTD.into()),
    ]
}

#[test]
fn a_file_is_unpacked_by_its_first_bytes_in_one_part_or_in_several() {
    let expected = book(&[("ELSA-1", &["bash-1-1.x86_64"])]);
    for (packing, bytes) in packed() {
        assert_eq!(read(&*bytes, 8).unwrap().advisories, expected, "{packing}");
    }
    let (left, right) = SMALL.as_bytes().split_at(40);
    for (packing, bytes) in [
        ("gzip", [gzip(left), gzip(right)].concat()),
        ("bzip2", [bzip2(left), bzip2(right)].concat()),
        // A part that is to be skipped, and one that holds nothing.
        ("zstd", [ZSTD, &[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]].concat()),
    ] {
        assert_eq!(read(&*bytes, 8).unwrap().advisories, expected, "{packing}");
    }
}

#[test]
fn a_cut_file_is_an_error_wherever_it_is_cut() {
    for (packing, bytes) in packed() {
        // Behind the root there is an empty line.
        for end in 0..bytes.len() - 1 {
            let found = read(&bytes[..end], 8);
            assert!(found.is_err(), "{packing} of {end} bytes: {found:?}");
        }
    }
}

#[test]
fn a_changed_byte_of_a_packed_file_is_found() {
    for (packing, bytes) in &packed()[1..] {
        // In the middle, where the content is.
        let mut bytes = bytes.clone();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x10;
        assert!(read(&*bytes, 8).is_err(), "{packing}");
    }
}

#[test]
fn errors_say_the_line_and_the_way_out() {
    let deep = "<updates>".to_owned() + &"<a>".repeat(100);
    for (text, line, message) in [
        ("", 1, "there is no XML element in it"),
        ("{\"not\": \"xml\"}\n", 2, "there is no XML element in it"),
        ("<!DOCTYPE html>\n<html>", 2, "its root is `<html>`, and not `<updates>` or `<oval_definitions>`"),
        ("<updates>\n<update>\n<id>ELSA", 3, "it ends inside of `<id>`"),
        ("<updates>\n<update a=\"", 2, "it ends inside of `<updates>`"),
        (
            "<updates>\n</update>",
            2,
            "it is not well-formed XML: ill-formed document: expected `</updates>`, but `</update>` was found",
        ),
        (
            "<updates>\n<update><id>&boom;</id>",
            2,
            "it is not well-formed XML: the entity `&boom;` is not one of XML's own",
        ),
        (&deep, 1, "its elements are nested more than 64 deep"),
    ] {
        let fault = read(text.as_bytes(), 8).unwrap_err();
        assert_eq!((fault.line, fault.to_string().as_str()), (line, message));
        assert!(!fault.kind.hint().is_empty());
    }
    let fault = read(&gzip(SMALL.as_bytes())[..40], 8).unwrap_err();
    assert!(fault.to_string().starts_with("the gzip file cannot be read on: "), "{fault}");
}

#[test]
fn an_endless_text_is_refused_before_it_fills_the_memory() {
    for start in ["<updates><update><id>", "<updates><update ", "<updates><!--"] {
        let input = std::io::BufReader::new(start.as_bytes().chain(std::io::repeat(b'a')));
        let fault = read(input, 8).unwrap_err();
        assert!(matches!(fault.kind, FaultKind::Long { .. }), "{start}: {fault}");
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = load(std::path::Path::new("/nowhere/updateinfo.xml"), 8).unwrap_err();
    assert_eq!(error.to_string(), "cannot open `/nowhere/updateinfo.xml`");
    assert!(error.hint().contains("updateinfo.xml"));
}

/// XML-like text, of the words that readers know.
fn xmlish() -> impl Strategy<Value = String> {
    let words = [
        "<updates>",
        "</updates>",
        "<update>",
        "</update>",
        "<id>",
        "</id>",
        "<pkglist>",
        "<collection>",
        "<package name=\"a\" version=\"1\" release=\"1\" arch=\"x86_64\"/>",
        "<package name='",
        "<module name=\"m\" ",
        "stream=\"s\"/>",
        "<oval_definitions>",
        "<definitions>",
        "<definition id=\"d\">",
        "<metadata>",
        "<title>",
        "<criteria operator=\"OR\">",
        "<criteria>",
        "</criteria>",
        "<criterion test_ref=\"t:1\" comment=\"",
        "a is earlier than 0:1-1\"/>",
        "Oracle Linux 8 is installed\"/>",
        "</definition>",
        "</definitions>",
        "<tests>",
        "<rpminfo_test id=\"t:1\">",
        "<object object_ref=\"o:1\"/>",
        "<state state_ref=\"s:1\"/>",
        "</rpminfo_test>",
        "</tests>",
        "<objects>",
        "<states>",
        "&#x0;",
        "&#65;",
        "&amp;",
        "&x",
        "<![CDATA[",
        "]]>",
        "<!--",
        "-->",
        "<?",
        "é",
    ];
    prop::collection::vec(prop::sample::select(words.to_vec()), 0..24).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), start in prop::sample::select(vec![
        &b""[..], b"<updates>", b"<oval_definitions><definitions>", b"\x1f\x8b\x08\0", b"BZh9", b"BZh91AY&SY",
        b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd",
    ])) {
        let _ = read(&*[start, &bytes].concat(), 8);
    }

    #[test]
    fn no_text_panics(text in xmlish()) {
        let _ = read(text.as_bytes(), 8);
        let _ = read(format!("<updates>{text}").as_bytes(), 8);
        let _ = read(format!("<oval_definitions>{text}").as_bytes(), 8);
    }

    #[test]
    fn no_damage_panics(which in 0..5usize, at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let (_, mut bytes) = packed()[which].clone();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = read(&*bytes, 8);
    }
}
