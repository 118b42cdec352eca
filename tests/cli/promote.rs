//! `patchtrain promote`: one line of the train file changes, and nothing where it is refused.

use std::fs;

use patchtrain::cli::exit;

use crate::support::{Screen, Workspace};

const GL1: &str = "bash-4.4.19-1.el8.x86_64\nkernel-4.18-1.el8.x86_64\nrsh-0.17-1.el8.x86_64\n";
const GL2: &str = "bash-4.4.20-1.el8.x86_64\nkernel-4.18-1.el8.x86_64\nkernel-4.18-2.el8.x86_64\n";

const TRAIN: &str = r#"# ours
[train]
name         = "t"
os           = "oracle-linux-8"
architecture = "x86_64"
compartment  = "ocid1.compartment.oc1..aaaa"

[service]
api       = "osms"
endpoints = { osms = "simulator" }

[[release]]
name     = "GL1"
manifest = "t/GL1.packages"

[[release]]
name     = "GL2"
manifest = "t/GL2.packages"

[[group]]
name    = "canary"
release = "GL1"    # since May
members = ["ocid1.instance.oc1..a"]

[[group]]
release = 'GL1'   # after the canaries
name    = "web"
after   = ["canary"]
members = ["ocid1.instance.oc1..b"]
"#;

fn workspace() -> Workspace {
    let workspace = Workspace::empty();
    workspace.write("trains/t.toml", TRAIN);
    workspace.write("trains/t/GL1.packages", GL1);
    workspace.write("trains/t/GL2.packages", GL2);
    workspace
}

fn train(workspace: &Workspace) -> String {
    fs::read_to_string(workspace.path().join("trains/t.toml")).unwrap()
}

#[test]
fn one_value_changes_and_every_comment_stays() {
    let workspace = workspace();
    let first = workspace.run(&["promote", "GL2", "--to", "canary", "--auto-approve"]).expect(exit::DONE);
    assert!(
        first.stdout.starts_with("GL1 -> GL2: 1 upgraded, 1 removed, 1 with several"),
        "{}",
        first.stdout
    );
    assert!(first.stderr.contains("Group canary is bound to GL2 (trains/t.toml:"), "{}", first.stderr);
    let moved = TRAIN.replace("release = \"GL1\"    # since May", "release = \"GL2\"    # since May");
    assert_eq!(train(&workspace), moved);
    let again = workspace.run(&["promote", "GL2", "--to", "canary", "--auto-approve"]).expect(exit::DONE);
    assert!(again.stdout.is_empty() && again.stderr.contains("nothing to do"), "{}", again.stderr);
    workspace.run(&["promote", "GL2", "--to", "web", "--auto-approve"]).expect(exit::DONE);
    assert_eq!(train(&workspace), moved.replace("'GL1'   # after", "\"GL2\"   # after"));
    // Back again: a rollback, with what it leaves.
    let back = workspace.run(&["promote", "GL1", "--to", "canary", "--check"]).expect(exit::DIFFERENT);
    for part in [
        "This is a rollback",
        "1 package: newer than the release",
        "1 package: install-only",
        "1 package: gone since",
        "web comes after this group",
    ] {
        assert!(back.stdout.contains(part), "no `{part}` in {}", back.stdout);
    }
}

#[test]
fn what_is_refused_writes_nothing() {
    let workspace = workspace();
    let before = workspace.files();
    for (arguments, code, parts) in [
        (
            &["GL2", "--to", "web", "--auto-approve"][..],
            exit::REFUSED,
            &["comes after `canary`", "promote GL2 --to canary"][..],
        ),
        (
            &["GL3", "--to", "web", "--auto-approve"],
            exit::USAGE,
            &["no release `GL3`", "did you mean `GL1`?"],
        ),
        (&["GL2", "--to", "wbe", "--auto-approve"], exit::USAGE, &["no group `wbe`", "did you mean `web`?"]),
        (&["GL2", "--to", "canary"], exit::USAGE, &["no terminal", "--auto-approve"]),
        (&["GL2", "--to", "canary", "--check"], exit::DIFFERENT, &[]),
        (&["GL1", "--to", "canary", "--check"], exit::DONE, &["nothing to do"]),
    ] {
        let ran = workspace.run(&[&["promote"], arguments].concat()).expect(code);
        for part in parts {
            assert!(ran.stderr.contains(part), "{arguments:?}: no `{part}` in {}", ran.stderr);
        }
        assert_eq!(workspace.files(), before, "{arguments:?}");
    }
}

#[test]
fn a_person_is_shown_the_summary_and_asked() {
    let workspace = workspace();
    for (answer, code) in [("no\r", exit::ERROR), ("yes\r", exit::DONE)] {
        assert_eq!(train(&workspace), TRAIN);
        let mut screen = Screen::start(&workspace, &["promote", "GL2", "--to", "canary"], (24, 100));
        let shown = screen.wait_for("Enter a value: ");
        assert!(shown.contains("GL1 -> GL2: ") && shown.contains("bind group canary to GL2?"), "{shown}");
        assert!(!shown.contains("bash.x86_64"), "{shown}");
        screen.enter(answer);
        let (ended, left) = screen.end();
        assert_eq!(ended, u32::from(code), "{left}");
    }
    assert!(train(&workspace).contains("release = \"GL2\"    # since May"));
}

/// A hotfix stands behind its base, whatever was frozen since: a fleet moves from it to the next release.
#[test]
fn a_hotfix_lies_between_its_base_and_the_next_release() {
    let workspace = workspace();
    for (name, arguments) in [
        ("GL1.0.1", &["--base", "GL1", "--add", "bash-4.4.19-9.el8.x86_64"]),
        ("GL1.0.2", &["--base", "GL1", "--add", "bash-4.4.21-1.el8.x86_64"]),
        ("GL1.0.1.1", &["--base", "GL1.0.1", "--remove", "rsh"]),
    ] {
        workspace.run(&[&["freeze", name][..], arguments].concat()).expect(exit::DONE);
    }
    let text = train(&workspace);
    let places = ["GL1", "GL1.0.1", "GL1.0.1.1", "GL1.0.2", "GL2"];
    let places = places.map(|name| text.find(&format!("manifest = \"t/{name}.packages\"")));
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{text}");
    let promote = |release: &str, code: u8| {
        let check = workspace.run(&["promote", release, "--to", "canary", "--check"]).expect(exit::DIFFERENT);
        if code == exit::DONE {
            workspace.run(&["promote", release, "--to", "canary", "--auto-approve"]).expect(code);
        }
        check.stdout
    };
    // Forward from the hotfix, of which nothing is undone.
    promote("GL1.0.1", exit::DONE);
    let next = promote("GL2", exit::DONE);
    assert!(!next.contains("cannot undo"), "{next}");
    // Back to the hotfix.
    let back = promote("GL1.0.1", exit::DIFFERENT);
    assert!(back.contains("This is a rollback"), "{back}");
    // Forward, and still it takes a package back: the hotfix is newer than the next release.
    promote("GL1.0.2", exit::DONE);
    let older = promote("GL2", exit::DIFFERENT);
    assert!(
        older.contains("older in the later release") && older.contains("1 package: newer than"),
        "{older}"
    );
    assert!(!older.contains("rollback") && !older.contains("gone since"), "{older}");
}

#[test]
fn a_file_of_advisories_says_what_the_way_closes() {
    let workspace = workspace();
    let updateinfo = r#"<updates><update type="security" status="final"><id>ELSA-2099-0001</id><title>bash security update</title>
<references><reference type="cve" id="CVE-2099-0001"/></references>
<pkglist><collection><package name="bash" version="4.4.20" release="1.el8" arch="x86_64"/></collection></pkglist>
</update></updates>"#;
    workspace.write("u.xml", updateinfo);
    let promote = ["promote", "GL2", "--to", "canary", "--check", "--advisories"];
    let judged = workspace.run(&[&promote[..], &["u.xml"]].concat()).expect(exit::DIFFERENT).stdout;
    assert!(judged.contains("closes 1 of 1 CVE open in GL1"), "{judged}");
    let refused = workspace.run(&[&promote[..], &["service"]].concat()).expect(exit::USAGE).stderr;
    for part in ["asks no service", "patchtrain diff GL1 GL2 --advisories service"] {
        assert!(refused.contains(part), "no `{part}` in {refused}");
    }
}
