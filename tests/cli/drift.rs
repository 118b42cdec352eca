//! `patchtrain drift` and `plan --refresh-only` on either service: what others changed, in three formats, with the exit
//! codes that say so, and nothing written.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use patchtrain::cli::exit;
use patchtrain::op::Api;
use serde_json::Value;

use super::readme::hold;
use crate::support::{Served, Workspace};

/// Everything below the workspace but the simulator's world, which has a clock.
fn files(workspace: &Workspace) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = workspace.files();
    files.retain(|path, _| !path.starts_with("state/simulator"));
    files
}

/// A fleet on GL1, of which somebody else has moved the canaries to GL1.1: neither our train file nor our state knows.
fn moved_by_others(workspace: &Workspace, api: Api) {
    let apply = ["apply", "--auto-approve", "--summary"];
    // What the history tells of goes with the state.
    let files = ["json", "history"].map(|kind| workspace.path().join(format!("state/great-linux.{kind}")));
    let ours = files.each_ref().map(|file| fs::read(file).unwrap());
    workspace.bind_on(api, &["canary"], "");
    workspace.run(&apply).expect(exit::DONE);
    workspace.bind_on(api, &[], "");
    for (file, ours) in files.iter().zip(ours) {
        fs::write(file, ours).unwrap();
    }
}

fn silent(workspace: &Workspace, arguments: &[&str], line: &str) {
    let ran = workspace.run(arguments).expect(exit::DONE);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", format!("{line}\n").as_str()));
}

fn json(workspace: &Workspace, arguments: &[&str], code: u8) -> Value {
    let ran = workspace.run(&[&["drift", "--format", "json"], arguments].concat()).expect(code);
    serde_json::from_str(&ran.stdout).unwrap()
}

fn is_told(api: Api) {
    let workspace = Workspace::quickstart_on(api, &[]);
    let _served = Served::quick(&workspace);
    silent(&workspace, &["drift"], "No drift: nothing has been applied yet.");
    workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE);
    let none = "No drift: nobody else has changed anything since the last apply.";
    silent(&workspace, &["drift"], none);
    silent(&workspace, &["drift", "--format", "markdown"], none);
    silent(&workspace, &["plan", "--refresh-only", "--detailed-exitcode"], none);
    let document = json(&workspace, &[], exit::DONE);
    assert_eq!(
        (&document["drifted"], &document["trains"][0]["drift"]),
        (&Value::Bool(false), &Value::Array(vec![]))
    );

    moved_by_others(&workspace, api);
    let before = files(&workspace);
    let told = workspace.run(&["drift"]).expect(exit::DIFFERENT);
    assert_eq!(told.stderr, "");
    let text = told.stdout;
    let sentence = match api {
        Api::Osms => "we put it on GL1; it rides GL1.1 now",
        Api::Osmh => "we put it on GL1; it has GL1.1 now",
    };
    for part in ["Drift (", sentence, "last known to be right 2", "last applied 2"] {
        assert!(text.contains(part), "no `{part}` in {text}");
    }
    // The same engine, and another exit code unless that is asked for.
    let only = workspace.run(&["plan", "--refresh-only"]).expect(exit::DONE).stdout;
    assert!(only.contains(sentence) && !only.contains("Changes"), "{only}");
    workspace.run(&["plan", "--refresh-only", "--detailed-exitcode"]).expect(exit::DIFFERENT);

    let document = json(&workspace, &[], exit::DIFFERENT);
    let train = &document["trains"][0];
    assert_eq!((&document["format_version"], &train["train"]), (&"1.0".into(), &"great-linux".into()));
    let rows = train["drift"].as_array().unwrap();
    let (address, kind) = match api {
        Api::Osms => ("instance.web-01", "parent"),
        Api::Osmh => ("group.canary", "sources"),
    };
    let row = rows.iter().find(|row| row["address"] == *address && row["change"]["drift"] == *kind);
    let row = row.unwrap_or_else(|| panic!("no {address} in {document:#}"));
    assert!(row["last_right"].is_string() && row["text"].as_str().unwrap().contains("GL1.1"), "{row:#}");
    assert_eq!(row["group"].is_string(), api == Api::Osms, "{row:#}");

    let markdown = workspace.run(&["drift", "--format", "markdown"]).expect(exit::DIFFERENT).stdout;
    for part in ["## Drift of great-linux (SIMULATOR)", "| address | group | what others changed |", address]
    {
        assert!(markdown.replace('\\', "").contains(part), "no `{part}` in {markdown}");
    }

    // A group covers its instances.
    let ignored = workspace.run(&["drift", "--ignore", "group.canary"]).expect(exit::DONE);
    assert_eq!(ignored.stdout, "");
    assert!(ignored.stderr.starts_with("No drift, but for "), "{}", ignored.stderr);
    let document = json(&workspace, &["--ignore", "group.canary"], exit::DONE);
    assert!(document["trains"][0]["ignored"].as_u64().unwrap() > 0, "{document:#}");
    let unknown = workspace.run(&["drift", "--ignore", "group.cannary"]).expect(exit::DIFFERENT);
    assert!(
        unknown.stderr.contains("Warning: --ignore group.cannary: nothing has that address"),
        "{}",
        unknown.stderr
    );
    let wrong = workspace.run(&["drift", "--ignore", "canary"]).expect(exit::USAGE);
    assert!(wrong.stderr.contains("`canary` is no address"), "{}", wrong.stderr);
    assert!(files(&workspace) == before, "something was written");

    if api == Api::Osms {
        // Three instances may be proven on both sides of a full minute.
        let (first, rest) = text.split_once("last known to be right ").unwrap();
        let shown = match rest.strip_prefix("between ") {
            Some(rest) => {
                let (time, rest) = rest.split_once(" and ").unwrap();
                format!("{first}last known to be right {time}{}", &rest["2026-11-23 09:00Z".len()..])
            }
            None => text.clone(),
        };
        hold("docs/drift.md", &[("drift", &shown)]);
    }
}

#[test]
fn what_others_changed_on_os_management_is_told() {
    is_told(Api::Osms);
}

#[test]
fn what_others_changed_on_os_management_hub_is_told() {
    is_told(Api::Osmh);
}

#[test]
fn what_is_no_plan_is_not_asked_for_as_one() {
    let workspace = Workspace::quickstart(&[]);
    for other in [&["--out", "x"][..], &["--target", "group.web"], &["--refresh=false"], &["--allow-shrink"]]
    {
        workspace.run(&[&["plan", "--refresh-only"], other].concat()).expect(exit::USAGE);
    }
}

/// A train of which a group is not there: no plan can be made, and what others have changed is told all the same.
fn is_told_without_a_plan(api: Api) {
    let workspace = Workspace::quickstart_on(api, &[]);
    let _served = Served::quick(&workspace);
    workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE);
    let train = workspace.path().join("trains/great-linux.toml");
    let late = "\n[[group]]\nname = \"late\"\nrelease = \"GL1\"\nmembers = \"service\"\n";
    let add = || fs::write(&train, fs::read_to_string(&train).unwrap() + late).unwrap();
    add();
    // Nothing that could be told, and not all could.
    let none = workspace.run(&["drift"]).expect(exit::ERROR);
    assert_eq!(none.stdout, "");
    for part in ["group.late: members = \"service\"", "what could be told of drift is told"] {
        assert!(none.stderr.contains(part), "no `{part}` in {}", none.stderr);
    }
    assert!(!none.stderr.contains("No drift"), "{}", none.stderr);
    let (moved, address) = match api {
        Api::Osms => ("it rides GL1.1 now", "instance.web-01"),
        Api::Osmh => ("it has GL1.1 now", "group.canary"),
    };
    let nothing = workspace.run(&["state", "accept", address, "--dry-run"]).expect(exit::ERROR).stderr;
    assert!(nothing.contains("group.late: members = \"service\""), "{nothing}");
    workspace.bind_on(api, &[], "");
    moved_by_others(&workspace, api);
    add();
    for command in [&["drift"][..], &["plan", "--refresh-only"]] {
        let told = workspace.run(command).expect(exit::ERROR);
        assert!(told.stdout.contains(moved), "{}", told.stdout);
        assert!(told.stderr.contains("group.late: members = \"service\""), "{}", told.stderr);
    }
    let document = json(&workspace, &[], exit::ERROR);
    assert_eq!(document["drifted"], Value::Bool(true));
    let accepted = workspace.run(&["state", "accept", address, "--dry-run"]).expect(exit::ERROR);
    assert!(accepted.stdout.contains(moved), "{}", accepted.stdout);
    for part in ["group.late: members = \"service\"", "nothing is recorded as meant as long as"] {
        assert!(accepted.stderr.contains(part), "no `{part}` in {}", accepted.stderr);
    }
}

#[test]
fn what_others_changed_on_os_management_is_told_where_no_plan_can_be_made() {
    is_told_without_a_plan(Api::Osms);
}

#[test]
fn what_others_changed_on_os_management_hub_is_told_where_no_plan_can_be_made() {
    is_told_without_a_plan(Api::Osmh);
}
