//! `state mv` and `state accept` on a train that was applied: what the next plan and `drift` say then.

use std::fs;

use patchtrain::cli::exit;
use patchtrain::op::Api;
use serde_json::Value;

use crate::support::{Served, Workspace};

fn state(workspace: &Workspace) -> Value {
    serde_json::from_slice(&fs::read(workspace.path().join("state/great-linux.json")).unwrap()).unwrap()
}

fn edit(workspace: &Workspace, edit: impl FnOnce(String) -> String) {
    let path = workspace.path().join("trains/great-linux.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(path, edit(text)).unwrap();
}

fn no_changes(workspace: &Workspace) {
    let plan = workspace.run(&["plan", "--detailed-exitcode", "--summary"]).expect(exit::DONE).stdout;
    assert!(plan.contains("No changes."), "{plan}");
}

fn is_renamed(api: Api) {
    let workspace = Workspace::quickstart_on(api, &[]);
    let _served = Served::quick(&workspace);
    workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE);
    let before = state(&workspace);
    let mv = ["state", "mv", "group.web", "group.frontend"];
    let dry = workspace.run(&[&mv[..], &["--dry-run"]].concat()).expect(exit::DONE);
    for part in ["- group.web", "+ group.frontend", "instance.web-02"] {
        assert!(dry.stdout.contains(part), "no `{part}` in {}", dry.stdout);
    }
    assert!(dry.stderr.contains("Nothing was changed."), "{}", dry.stderr);
    assert_eq!(state(&workspace), before);
    let done = workspace.run(&[&mv[..], &["--auto-approve"]].concat()).expect(exit::DONE).stderr;
    for part in ["call it so in trains/great-linux.toml too", "keeps its display name", "state restore 1"] {
        assert!(done.contains(part), "no `{part}` in {done}");
    }
    let after = state(&workspace);
    assert_eq!(after["groups"]["frontend"]["id"], before["groups"]["web"]["id"]);
    assert_eq!(after["groups"].get("web"), None);
    let again = workspace.run(&[&mv[..], &["--auto-approve"]].concat()).expect(exit::USAGE).stderr;
    assert!(again.contains("is not in the state"), "{again}");
    let history = workspace.run(&["state", "history"]).expect(exit::DONE).stdout;
    assert!(history.contains("state mv group.web group.frontend"), "{history}");

    // Nothing is destroyed, nobody is moved, nothing has drifted.
    edit(&workspace, |text| text.replace("\"web\"", "\"frontend\""));
    no_changes(&workspace);
    workspace.run(&["drift"]).expect(exit::DONE);
    let told = workspace.run(&["drift"]).expect(exit::DONE).stderr;
    assert!(told.contains("nobody else has changed anything since the last apply"), "{told}");
    // The service knows it by its first name: a train file that has another one would not find it.
    for how in ["--dry-run", "--auto-approve"] {
        let twice =
            workspace.run(&["state", "mv", "group.frontend", "group.front", how]).expect(exit::ERROR).stderr;
        for part in ["the service calls the group `web`", "edit the train file first"] {
            assert!(twice.contains(part), "no `{part}` in {twice}");
        }
    }
    // Nor would a plan that has forgotten it.
    let forgotten = workspace.run(&["state", "rm", "group.frontend", "--dry-run"]).expect(exit::DONE).stderr;
    let way = format!(
        "`patchtrain import group frontend --id {}`",
        before["groups"]["web"]["id"].as_str().unwrap()
    );
    for part in ["the service calls group.frontend `web`", &way] {
        assert!(forgotten.contains(part), "no `{part}` in {forgotten}");
    }
    let known = workspace.run(&["state", "rm", "group.canary", "--dry-run"]).expect(exit::DONE).stderr;
    assert!(!known.contains("Warning"), "{known}");
    workspace.bind_on(api, &["canary"], "");
    edit(&workspace, |text| text.replace("\"web\"", "\"frontend\""));
    workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE);
    workspace.run(&["drift"]).expect(exit::DONE);

    // A train file that calls it as before takes the name back.
    workspace.bind_on(api, &["canary"], "");
    let plan = workspace.run(&["plan", "--summary"]).expect(exit::DONE).stdout;
    assert!(plan.contains("0 to add, ") && plan.contains("0 to destroy"), "{plan}");
    workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE);
    assert_eq!(state(&workspace)["groups"]["web"]["id"], before["groups"]["web"]["id"]);
    no_changes(&workspace);
    workspace.run(&["drift"]).expect(exit::DONE);
}

#[test]
fn a_group_is_renamed_on_os_management_and_nothing_else_happens() {
    is_renamed(Api::Osms);
}

#[test]
fn a_group_is_renamed_on_os_management_hub_and_nothing_else_happens() {
    is_renamed(Api::Osmh);
}

/// On the hub each wave is a group of the service, and none has a name of its own.
#[test]
fn waves_are_renamed_with_their_group() {
    let workspace = Workspace::quickstart_on(Api::Osmh, &[]);
    let _served = Served::quick(&workspace);
    let web = "name = \"web\"\n";
    edit(&workspace, |text| text.replace(web, &format!("{web}waves = [\"1\"]\n")));
    workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE);
    let before = state(&workspace);
    let wave = ["state", "mv", "group.web/1", "group.front", "--auto-approve"];
    let refused = workspace.run(&wave).expect(exit::USAGE).stderr;
    for part in
        ["`group.web/1` is a wave, which goes with its group", "patchtrain state mv group.web group.front"]
    {
        assert!(refused.contains(part), "no `{part}` in {refused}");
    }
    assert_eq!(state(&workspace), before);
    workspace.run(&["state", "mv", "group.web", "group.front", "--auto-approve"]).expect(exit::DONE);
    let after = state(&workspace);
    for wave in ["/1", "/2"] {
        let id = |state: &Value, name: &str| state["groups"][format!("{name}{wave}")]["id"].clone();
        assert!(id(&before, "web").is_string(), "{before}");
        assert_eq!(id(&after, "front"), id(&before, "web"));
    }
    edit(&workspace, |text| text.replace("\"web\"", "\"front\""));
    no_changes(&workspace);
}

#[test]
fn what_keeps_its_name_is_told_why() {
    let workspace = Workspace::quickstart(&[]);
    let _served = Served::quick(&workspace);
    workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE);
    let before = state(&workspace);
    for (from, to, code, part) in [
        ("release.GL1", "release.R1", exit::USAGE, "a release keeps its name"),
        ("instance.web-02", "instance.web-99", exit::USAGE, "called what the service calls it"),
        ("schedule.web", "schedule.front", exit::USAGE, "renamed with that"),
        ("group.web", "group.canary", exit::ERROR, "group.canary is in the state already"),
        ("group.web", "release.GL3", exit::USAGE, "both are addresses of groups"),
        ("group.web", "group.a b", exit::USAGE, "is no address"),
        ("group.wob", "group.front", exit::USAGE, "is not in the state"),
        ("web", "front", exit::USAGE, "both are addresses of groups"),
    ] {
        let refused = workspace.run(&["state", "mv", from, to, "--auto-approve"]).expect(code).stderr;
        assert!(refused.contains(part), "no `{part}` in {refused}");
    }
    assert_eq!(state(&workspace), before);
}

fn is_accepted(api: Api) {
    let workspace = Workspace::quickstart_on(api, &[]);
    let _served = Served::quick(&workspace);
    workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE);
    let nothing =
        workspace.run(&["state", "accept", "group.canary", "--auto-approve"]).expect(exit::DONE).stderr;
    assert!(nothing.contains("Nothing has drifted at group.canary."), "{nothing}");

    // Somebody else moves the canaries to GL1.1.
    let files = ["json", "history"].map(|kind| workspace.path().join(format!("state/great-linux.{kind}")));
    let ours = files.each_ref().map(|file| fs::read(file).unwrap());
    workspace.bind_on(api, &["canary"], "");
    workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE);
    workspace.bind_on(api, &[], "");
    for (file, ours) in files.iter().zip(ours) {
        fs::write(file, ours).unwrap();
    }
    workspace.run(&["drift"]).expect(exit::DIFFERENT);
    let planned = workspace.run(&["plan", "--summary"]).expect(exit::DONE).stdout;
    let before = state(&workspace);

    let accept = ["state", "accept", "group.canary"];
    let dry = workspace.run(&[&accept[..], &["--dry-run"]].concat()).expect(exit::DONE);
    assert!(dry.stdout.contains("Drift (") && dry.stdout.contains("instance.web-01"), "{}", dry.stdout);
    assert!(dry.stderr.contains("Nothing was changed."), "{}", dry.stderr);
    let asked = workspace.run(&accept).expect(exit::USAGE).stderr;
    assert!(asked.contains("--auto-approve"), "{asked}");
    let unknown =
        workspace.run(&["state", "accept", "group.wob", "--auto-approve"]).expect(exit::USAGE).stderr;
    assert!(unknown.contains("nothing has the address group.wob"), "{unknown}");
    assert_eq!(state(&workspace), before);

    workspace.run(&[&accept[..], &["--auto-approve"]].concat()).expect(exit::DONE);
    assert_ne!(state(&workspace), before);
    assert_eq!(state(&workspace)["serial"], 2);
    let silent = workspace.run(&["drift"]).expect(exit::DONE);
    assert_eq!(silent.stdout, "");
    let history = workspace.run(&["state", "history"]).expect(exit::DONE).stdout;
    assert!(history.contains("state accept group.canary"), "{history}");

    // The train file stays what it is, and so does what it wants.
    let after = workspace.run(&["plan", "--summary"]).expect(exit::DONE).stdout;
    let counts = |text: &str| {
        let line = text.lines().find(|line| line.starts_with("Plan: ")).unwrap().to_owned();
        line.split(". ").next().unwrap().trim_end_matches('.').to_owned()
    };
    assert_eq!(counts(&after), counts(&planned));
    workspace.run(&["state", "restore", "1", "--auto-approve"]).expect(exit::DONE);
    workspace.run(&["drift"]).expect(exit::DIFFERENT);
}

#[test]
fn drift_on_os_management_is_accepted() {
    is_accepted(Api::Osms);
}

#[test]
fn drift_on_os_management_hub_is_accepted() {
    is_accepted(Api::Osmh);
}
