//! `[[import]]`, `import release` and `import group` on either service: what another train made goes on as ours.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use patchtrain::cli::exit;
use patchtrain::op::Api;
use serde_json::Value;

use super::readme::hold;
use crate::support::{Served, Workspace};

const TRAIN: &str = "trains/great-linux.toml";

/// Everything below the workspace but the simulator's world, which has a clock.
fn files(workspace: &Workspace) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = workspace.files();
    files.retain(|path, _| {
        !path.starts_with("state/simulator") && path.extension().is_none_or(|end| end != "lock")
    });
    files
}

fn edit(workspace: &Workspace, edit: impl FnOnce(String) -> String) {
    let path = workspace.path().join(TRAIN);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(path, edit(text)).unwrap();
}

/// Has another train make all that ours declares, and returns what that has on record of it.
fn made_by_others(workspace: &Workspace) -> Value {
    edit(workspace, |text| text.replacen("name = \"great-linux\"", "name = \"scripts\"", 1));
    workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE);
    let state = fs::read(workspace.path().join("state/scripts.json")).unwrap();
    for file in files(workspace).keys().filter(|path| path.starts_with("state")) {
        fs::remove_file(workspace.path().join(file)).unwrap();
    }
    edit(workspace, |text| text.replacen("name = \"scripts\"", "name = \"great-linux\"", 1));
    serde_json::from_slice(&state).unwrap()
}

fn id<'a>(state: &'a Value, kind: &str, name: &str) -> &'a str {
    state[kind][name]["id"].as_str().unwrap()
}

fn blocks(theirs: &Value) -> String {
    let release =
        |name| format!("\n[[import]]\nrelease = \"{name}\"\nsource = \"{}\"\n", id(theirs, "sources", name));
    let group = |name| format!("\n[[import]]\ngroup = \"{name}\"\nid = \"{}\"\n", id(theirs, "groups", name));
    let releases = ["GL1", "GL1.1"].map(release).concat();
    releases + &["canary", "web", "backend"].map(group).concat()
}

fn are_imported(api: Api) {
    let workspace = Workspace::quickstart_on(api, &[]);
    let _served = Served::quick(&workspace);
    let theirs = made_by_others(&workspace);

    let refused = workspace.run(&["plan"]).expect(exit::ERROR).stderr;
    let way = format!("`patchtrain import group web --id {}`", id(&theirs, "groups", "web"));
    assert!(refused.contains(&way), "no {way} in {refused}");

    edit(&workspace, |text| text + &blocks(&theirs));
    let before = files(&workspace);
    let plan = workspace.run(&["plan", "--detailed-exitcode", "--full"]).expect(exit::DIFFERENT).stdout;
    for part in [
        "Plan: 5 to import, 0 to add, ",
        "Imports (5): taken over as they are; only their tags and the state change",
        "* release.GL1: take over `scripts/GL1` (ocid1.",
        ", which keeps that name, because of trains/great-linux.toml:",
        "packages, which are the release's",
        "* group.web: take over `web` (ocid1.",
        "web-02, web-03",
        "its tags say that it belongs to train scripts of lineage ",
    ] {
        let folded = plan.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(folded.contains(part), "no `{part}` in {plan}");
    }
    assert!(files(&workspace) == before, "something was written");
    if api == Api::Osms {
        let web = ["import", "group", "web", "--id", id(&theirs, "groups", "web"), "--dry-run"];
        let shown = workspace.run(&web).expect(exit::DONE).stdout;
        // Which of them was made first, and so has which number, is not certain; nor is whose lineage it was.
        let lineage = theirs["lineage"].as_str().unwrap();
        let shown = shown.replace(lineage, "6f9a1c206f9a1c206f9a1c206f9a1c20");
        let number = id(&theirs, "groups", "web");
        let shown = shown.replace(number, &format!("ocid1.osmsmanagedinstancegroup.oc1..{}", "a".repeat(12)));
        hold("docs/imports.md", &[("import", &shown)]);
    }

    let applied = workspace.run(&["apply", "--auto-approve"]).expect(exit::DONE).stdout;
    assert!(applied.contains("Apply complete! Resources: 5 imported, 0 added, "), "{applied}");
    let state = fs::read(workspace.path().join("state/great-linux.json")).unwrap();
    let state: Value = serde_json::from_slice(&state).unwrap();
    for (kind, names) in [("sources", &["GL1", "GL1.1"][..]), ("groups", &["canary", "web", "backend"])] {
        for name in names {
            assert_eq!(id(&state, kind, name), id(&theirs, kind, name));
        }
        assert_eq!(state[kind].as_object().unwrap().len(), names.len());
    }
    assert_ne!(state["lineage"], theirs["lineage"]);

    let after = workspace.run(&["plan", "--detailed-exitcode"]).expect(exit::DONE).stdout;
    assert!(
        after.contains("No changes.") && after.contains("`[[import]]` of each can be deleted"),
        "{after}"
    );
    workspace.run(&["drift"]).expect(exit::DONE);
    workspace.bind_on(api, &[], "");
    let without = workspace.run(&["plan", "--detailed-exitcode", "--summary"]).expect(exit::DONE).stdout;
    assert!(without.contains("No changes."), "{without}");
    // What was imported is moved like any other.
    workspace.bind_on(api, &["canary"], "");
    workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE);
    let status = workspace.run(&["status"]).expect(exit::DONE).stdout;
    assert!(status.contains("canary   GL1.1      3/3"), "{status}");
}

#[test]
fn what_others_made_on_os_management_is_imported_by_blocks_of_the_train_file() {
    are_imported(Api::Osms);
}

#[test]
fn what_others_made_on_os_management_hub_is_imported_by_blocks_of_the_train_file() {
    are_imported(Api::Osmh);
}

#[test]
fn one_thing_is_imported_by_command_shown_first_and_once() {
    let workspace = Workspace::quickstart(&[]);
    let _served = Served::quick(&workspace);
    let theirs = made_by_others(&workspace);
    let before = files(&workspace);
    let gl1 = id(&theirs, "sources", "GL1");

    let dry = workspace.run(&["import", "release", "GL1", "--source", gl1, "--dry-run"]).expect(exit::DONE);
    assert!(dry.stdout.contains("Plan: 1 to import, 0 to add, 0 to change, 0 to destroy."), "{}", dry.stdout);
    assert!(dry.stderr.contains("Nothing was changed."), "{}", dry.stderr);
    let asked = workspace.run(&["import", "release", "GL1", "--source", gl1]).expect(exit::USAGE);
    assert!(
        asked.stderr.contains("--auto-approve") && asked.stderr.contains("--dry-run"),
        "{}",
        asked.stderr
    );
    for (arguments, code, part) in [
        (&["import", "release", "GL9", "--source", gl1][..], exit::USAGE, "declares no release `GL9`"),
        (
            &["import", "group", "wob", "--id", gl1],
            exit::USAGE,
            "those declared in trains/great-linux.toml are: canary, web",
        ),
        (&["import", "release", "GL1.1", "--source", gl1], exit::ERROR, "it does not hold the release: "),
        (
            &["import", "release", "GL1.1", "--source", gl1],
            exit::ERROR,
            "`patchtrain diff GL1.1 service:ocid1.",
        ),
        (
            &["import", "release", "GL1", "--source", "nobody's"],
            exit::ERROR,
            "no ACTIVE software source called `nobody's`",
        ),
        (
            &["import", "release", "GL1", "--source", "ocid1.x.oc1..nothing"],
            exit::ERROR,
            "has no such software source",
        ),
        (&["import", "group", "web", "--id", gl1], exit::ERROR, "has no such managed instance group"),
    ] {
        let refused = workspace.run(&[arguments, &["--auto-approve"]].concat()).expect(code).stderr;
        let folded = refused.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(folded.contains(part), "no `{part}` in {refused}");
    }
    assert!(files(&workspace) == before, "something was written");

    // By its display name, which no other has.
    let import = ["import", "release", "GL1", "--source", "scripts/GL1", "--auto-approve"];
    let done = workspace.run(&import).expect(exit::DONE).stdout;
    assert!(
        done.contains("Apply complete! Resources: 1 imported, 0 added, 0 changed, 0 destroyed."),
        "{done}"
    );
    let again = workspace.run(&import).expect(exit::DONE);
    assert_eq!(again.stdout, "");
    assert!(again.stderr.contains("already: there is nothing to import"), "{}", again.stderr);
    let history = workspace.run(&["state", "history"]).expect(exit::DONE).stdout;
    assert_eq!(history.lines().count(), 2, "{history}");
    for group in ["canary", "web", "backend"] {
        let import = ["import", "group", group, "--id", id(&theirs, "groups", group), "--auto-approve"];
        workspace.run(&import).expect(exit::DONE);
    }
    // What was not imported is made; the rest is read back and recorded, and nobody is moved.
    let plan = workspace.run(&["plan"]).expect(exit::DONE).stdout;
    assert!(plan.contains("Plan: 1 to add, 3 to change, 0 to destroy."), "{plan}");
    workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE);
    let after = workspace.run(&["plan", "--detailed-exitcode", "--summary"]).expect(exit::DONE).stdout;
    assert!(after.contains("No changes."), "{after}");
    workspace.run(&["drift"]).expect(exit::DONE);
}

/// A train whose state is lost takes its own things back.
#[test]
fn a_lost_state_is_made_good_by_importing_what_it_had() {
    let workspace = Workspace::quickstart(&[]);
    let _served = Served::quick(&workspace);
    workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE);
    let lost = fs::read(workspace.path().join("state/great-linux.json")).unwrap();
    let lost: Value = serde_json::from_slice(&lost).unwrap();
    for file in files(&workspace).keys().filter(|path| path.starts_with("state")) {
        fs::remove_file(workspace.path().join(file)).unwrap();
    }
    let refused = workspace.run(&["plan"]).expect(exit::ERROR).stderr;
    for way in [
        format!("patchtrain import release GL1 --source {}", id(&lost, "sources", "GL1")),
        format!("patchtrain import group canary --id {}", id(&lost, "groups", "canary")),
    ] {
        let folded = refused.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(folded.contains(&way), "no {way} in {refused}");
    }
    edit(&workspace, |text| text + &blocks(&lost));
    workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE);
    workspace.bind_on(Api::Osms, &[], "");
    let after = workspace.run(&["plan", "--detailed-exitcode", "--summary"]).expect(exit::DONE).stdout;
    assert!(after.contains("No changes."), "{after}");
}
