//! Tests of edits: only what was wanted changes, wherever comments and headers stand.

use std::fmt::Write;

use proptest::prelude::*;

use super::*;

fn add(text: &str) -> Result<String, EditError> {
    add_release(text, &ReleaseName::new("GL2"), "t/GL2.packages", None)
}

const ADDED: &str = "[[release]]\nname     = \"GL2\"\nmanifest = \"t/GL2.packages\"\n";

#[test]
fn a_release_is_added_behind_the_last_one_and_its_comments() {
    for (head, tail) in [
        ("[[release]]\nname = \"GL1\"", ""),
        ("[[release]]\nname = \"GL1\" # tested\n# retired = true\n", ""),
        ("[[release]]\nname = \"GL1\" # tested\n# retired = true\n", "\n[[group]]\nname = \"web\"\n"),
        ("[[release]]\nname = \"GL1\"\n", "\n\n# all the web servers\n[[group]]\nname = \"web\"\n"),
        ("[[release]]\nname = \"GL1\"\n\n[release.more]\na = [\n  1, # one\n]\n", "\n# group = 1\n"),
        ("[[release]]\nname = \"GL0\"\n[[release]]\n", "\n[[group]]\n"),
    ] {
        let newline = if head.ends_with('\n') { "" } else { "\n" };
        assert_eq!(add(&format!("{head}{tail}")), Ok(format!("{head}{newline}\n{ADDED}{tail}")));
    }
    // A comment right above the next header is that one's.
    let (head, tail) = ("[[release]]\nname = \"GL1\"\n", "# the web servers\n[[group]]\nname = \"web\"\n");
    assert_eq!(add(&format!("{head}{tail}")), Ok(format!("{head}\n{ADDED}\n{tail}")));
}

#[test]
fn a_release_is_put_behind_the_one_that_is_named() {
    let behind = |text: &str, base: &str| {
        add_release(text, &ReleaseName::new("GL2"), "t/GL2.packages", Some(&ReleaseName::new(base)))
    };
    for (head, tail) in [
        ("[[release]]\nname = \"GL1\" # old\n", "\n[[release]]\nname = \"GL3\"\n"),
        ("[[release]]\nname = \"GL1\"\n# retired = true\n", "\n# new\n[[release]]\nname = \"GL3\"\n"),
        (
            "[[release]]\nname = \"GL1\"\n[release.more]\nx.y = 1\n",
            "\n[[release]]\nname = \"GL3\"\n\n[[group]]\n",
        ),
        (
            "[[release]]\nname = \"GL0\"\n[[release]]\nname = 'GL1'\n[[release.a]]\n[[release.a]]\n",
            "\n[[release]]\n",
        ),
        ("[[release]]\nname = \"GL0\"\n\n[[release]]\nname = \"GL1\"\n", ""),
    ] {
        assert_eq!(behind(&format!("{head}{tail}"), "GL1"), Ok(format!("{head}\n{ADDED}{tail}")));
    }
    // What stands right above the next header is that one's.
    let (head, tail) = ("[[release]]\nname = \"GL1\"\n", "# new\n[[release]]\nname = \"GL3\"\n");
    assert_eq!(behind(&format!("{head}{tail}"), "GL1"), Ok(format!("{head}\n{ADDED}\n{tail}")));
    let gone = behind("[[release]]\nname = \"GL1\"\n", "GL0");
    assert_eq!(gone, Err(EditError::NoRelease(ReleaseName::new("GL0"))));
}

#[test]
fn the_first_release_stands_before_the_groups() {
    let (head, tail) = ("[train]\nname = \"t\"\n[state]\nstore = \"local\" # here\n", "\n# groups\n");
    assert_eq!(add(&format!("{head}{tail}")), Ok(format!("{head}\n{ADDED}{tail}")));
    let tail = "\n# the canaries\n[[group]]\nname = \"canary\"\n";
    assert_eq!(add(&format!("{head}{tail}")), Ok(format!("{head}\n{ADDED}{tail}")));
    assert_eq!(add(""), Ok(ADDED.to_owned()));
}

#[test]
fn line_ends_stay_what_they_are() {
    let text = "[[release]]\r\nname = \"GL1\"\r\n\r\n[[group]]\r\nname = \"web\"\r\n";
    let edited = add(text).unwrap();
    assert_eq!(edited.matches('\n').count(), edited.matches("\r\n").count());
    assert_eq!(edited.replace("\r\n", "\n"), add(&text.replace("\r\n", "\n")).unwrap());
}

#[test]
fn what_cannot_be_edited_is_refused() {
    assert_eq!(add("[[release]]\nname = \"GL2\"\n"), Err(EditError::Declared(ReleaseName::new("GL2"))));
    assert_eq!(add("release = [{ name = \"GL1\" }]\n"), Err(EditError::Inline("release")));
    assert_eq!(add("release = 1\n"), Err(EditError::Inline("release")));
    let message =
        "line 2 is not TOML: key with no value, expected `=`; `patchtrain validate` shows all of it";
    assert_eq!(add("[train]\nname\n").map_err(|error| error.to_string()), Err(message.to_owned()));
}

#[test]
fn a_binding_changes_one_value_and_nothing_else() {
    let text = "[[group]]\nname = \"web\"\nrelease = \"GL1\"   # since May\n\n[[group]]\nname=\"db\"\nrelease='GL1'\n";
    let bound = |group: &str| bind(text, &GroupName::new(group), &ReleaseName::new("GL1.1"));
    assert_eq!(bound("web"), Ok(text.replacen("\"GL1\"", "\"GL1.1\"", 1)));
    assert_eq!(bound("db"), Ok(text.replace("'GL1'", "\"GL1.1\"")));
    assert_eq!(bound("cache"), Err(EditError::NoGroup(GroupName::new("cache"))));
    let unbound = bind("[[group]]\nname = \"web\"\n", &GroupName::new("web"), &ReleaseName::new("GL1"));
    assert_eq!(unbound, Err(EditError::Unbound(GroupName::new("web"))));
    // Where groups are written makes no difference to a binding.
    let inline = "group = [{ name = \"web\", release = \"GL1\" }, ]\n";
    let edited = bind(inline, &GroupName::new("web"), &ReleaseName::new("GL2"));
    assert_eq!(edited, Ok(inline.replace("GL1", "GL2")));
}

proptest! {
    /// What was there before is there after, line by line and in order.
    #[test]
    fn an_edit_keeps_every_line(lines in prop::collection::vec(prop::sample::select(vec![
        "", "# a comment", "  # another", "[[release]]", "[[group]]", "[group.members]", "[[release]] # last",
    ]), 0..14)) {
        let mut text = String::from("[train]\nname = \"t\"    # the name\n");
        for (at, line) in lines.iter().enumerate() {
            text.extend([line, "\n"]);
            if line.starts_with("[[") {
                let _ = write!(text, "name = \"x{at}\" # {at}\nrelease = \"GL1\"\n");
            }
        }
        match add(&text) {
            Err(error) => {
                // `[group.members]` twice, or before any group.
                let not_toml = matches!(error, EditError::NotToml { .. });
                prop_assert!(not_toml, "{error}: {text}");
            }
            Ok(edited) => {
                let mut rest = edited.lines();
                for line in text.lines() {
                    prop_assert!(rest.any(|kept| kept == line), "`{line}` of\n{text}\nis not in\n{edited}");
                }
                prop_assert!(edited.lines().count() <= text.lines().count() + 5);
                let known = text.matches("[[release]]").count();
                prop_assert_eq!(values(&edited).unwrap()["release"].as_array().unwrap().len(), known + 1);
            }
        }
    }
}
