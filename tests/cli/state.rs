//! `patchtrain state`: what it shows, what it changes, and that nothing it does is without a way back.

use std::fs;

use patchtrain::cli::exit;
use serde_json::{Value, json};

use crate::support::Workspace;

const TRAIN: &str = r#"
train = { name = "t", os = "oracle-linux-8", architecture = "x86_64", compartment = "ocid1.compartment.oc1..aaaa" }
service = { api = "osms", endpoints = { osms = "simulator" } }
"#;

/// A state as an apply leaves one.
fn state(serial: u64) -> Value {
    let digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let since = "2026-10-01T00:00:00Z";
    json!({
        "format_version": patchtrain::state::FORMAT_VERSION, "tool": "0.1.0", "train": "t", "lineage": "5eed", "serial": serial,
        "sources": { "GL1": { "id": "ocid1.swsource.oc1..one", "digest": digest, "since": since } },
        "groups": {
            "canary": { "id": "ocid1.group.oc1..canary", "made": true, "release": "GL1", "since": since },
            "web": { "id": "ocid1.group.oc1..web", "made": true, "release": "GL1", "since": since },
        },
        "instances": {
            "ocid1.instance.oc1..a": { "name": "canary-1", "group": "canary", "release": "GL1" },
            "ocid1.instance.oc1..b": { "name": "web-1", "group": "web", "release": "GL1" },
            "ocid1.instance.oc1..c": { "name": "web-2", "group": "web", "release": "GL1" },
            "ocid1.instance.oc1..d": { "name": "web-2", "group": "web", "release": "GL1" },
        },
        "unfinished": {},
    })
}

fn workspace() -> Workspace {
    let workspace = Workspace::empty();
    workspace.write("trains/t.toml", TRAIN);
    workspace.write("state/t.json", &state(7).to_string());
    workspace
}

fn snapshot(workspace: &Workspace) -> Value {
    serde_json::from_slice(&fs::read(workspace.path().join("state/t.json")).unwrap()).unwrap()
}

#[test]
fn of_a_train_that_was_never_applied_there_is_nothing_to_tell_and_nothing_is_made() {
    let workspace = Workspace::empty();
    workspace.write("trains/t.toml", TRAIN);
    let before = workspace.files();
    let told = workspace.run(&["state", "history"]).expect(exit::DONE);
    assert!(told.stdout.is_empty() && told.stderr.starts_with("No history"), "{told:?}");
    for words in [&["list"][..], &["pull"], &["show", "group.web"], &["diff", "1"]] {
        workspace.run(&[&["state"], words].concat()).expect(exit::ERROR);
    }
    workspace.run(&["state", "rm", "group.web", "--dry-run"]).expect(exit::ERROR);
    assert_eq!(workspace.files(), before);
}

#[test]
fn what_is_there_is_shown_by_address_and_nothing_is_changed() {
    let workspace = workspace();
    let before = workspace.files();
    let listed = workspace.run(&["state", "list"]).expect(exit::DONE).stdout;
    let expected = "release.GL1\ngroup.canary\ngroup.web\ninstance.canary-1\ninstance.web-1\n\
                    instance.ocid1.instance.oc1..c\ninstance.ocid1.instance.oc1..d\n";
    assert_eq!(listed, expected);
    let listed = workspace.run(&["state", "list", "--json"]).expect(exit::DONE).stdout;
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed["resources"].as_array().unwrap().len(), 7);
    assert_eq!(listed["resources"][3]["record"]["group"], "canary");

    let shown = workspace.run(&["state", "show", "instance.web-1"]).expect(exit::DONE).stdout;
    assert_eq!(
        shown,
        "instance.web-1\n  id: ocid1.instance.oc1..b\n  group: web\n  name: web-1\n  release: GL1\n"
    );
    for (address, why) in [
        ("web", "is no address"),
        ("server.web", "is no address"),
        ("group.db", "is not in the state"),
        ("instance.web-2", "2 instances; say which: ocid1.instance.oc1..c, ocid1.instance.oc1..d"),
    ] {
        let error = workspace.run(&["state", "show", address]).expect(exit::USAGE).stderr;
        assert!(error.contains(why), "no `{why}` in {error}");
    }
    let pulled = workspace.run(&["state", "pull"]).expect(exit::DONE).stdout;
    assert_eq!(serde_json::from_str::<Value>(&pulled).unwrap(), state(7));
    assert_eq!(workspace.files(), before);
}

#[test]
fn what_is_forgotten_can_be_had_back() {
    let workspace = workspace();
    let before = workspace.files();
    let dry = workspace.run(&["state", "rm", "group.web", "--dry-run"]).expect(exit::DONE);
    for line in ["  - group.web\n", "  - instance.web-1\n"] {
        assert!(dry.stdout.contains(line), "no {line} in {}", dry.stdout);
    }
    assert!(!dry.stdout.contains("canary"), "{}", dry.stdout);
    let refused = workspace.run(&["state", "rm", "group.web"]).expect(exit::USAGE).stderr;
    assert!(refused.contains("--auto-approve") && refused.contains("--dry-run"), "{refused}");
    assert_eq!(workspace.files(), before);

    workspace.run(&["state", "rm", "group.web", "--auto-approve"]).expect(exit::DONE);
    let left = snapshot(&workspace);
    assert_eq!((left["serial"].as_u64(), left["groups"].get("web")), (Some(8), None));
    assert_eq!(left["instances"].as_object().unwrap().len(), 1);

    let changed = workspace.run(&["state", "diff", "7"]).expect(exit::DIFFERENT).stdout;
    assert!(changed.contains("  - group.web\n") && !changed.contains("GL1"), "{changed}");
    workspace.run(&["state", "diff", "7", "7"]).expect(exit::DONE);
    let unknown = workspace.run(&["state", "diff", "3"]).expect(exit::ERROR).stderr;
    assert!(unknown.contains("no state of serial 3") && unknown.contains("those kept are: 7"), "{unknown}");

    workspace.run(&["state", "restore", "7", "--auto-approve"]).expect(exit::DONE);
    let mut back = snapshot(&workspace);
    assert_eq!(back["serial"], 9);
    back["serial"] = json!(7);
    assert_eq!(back, state(7));
    let again = workspace.run(&["state", "restore", "7", "--auto-approve"]).expect(exit::DONE).stderr;
    assert!(again.contains("so already"), "{again}");

    let history = workspace.run(&["state", "history"]).expect(exit::DONE).stdout;
    for part in ["state rm group.web", "state restore 7"] {
        assert!(history.contains(part), "no `{part}` in {history}");
    }
    // The first is one that nothing is noted of.
    let rows: Vec<&str> = history.lines().collect();
    assert!(rows[1].trim().starts_with('7') && rows[1].ends_with("yes"), "{history}");
    assert!(rows[3].trim().starts_with('9') && rows[3].ends_with("now"), "{history}");
    let history = workspace.run(&["state", "history", "--json"]).expect(exit::DONE).stdout;
    let history: Value = serde_json::from_str(&history).unwrap();
    assert_eq!(history["history"][1]["serial"], 9);
    let kept: Vec<u64> =
        history["backups"].as_array().unwrap().iter().map(|one| one["serial"].as_u64().unwrap()).collect();
    assert_eq!(kept, [7, 8]);
}

/// A change is written down before it is made: one that a full disk or a crash has kept from being made is told so.
#[test]
fn what_was_only_written_down_is_told_so() {
    let workspace = workspace();
    let line = |change: &str, basis: u64, serial: u64| {
        json!({
            "at": "2026-10-02T00:00:00Z", "who": "ada", "host": "desk", "change": change,
            "basis": basis, "serial": serial, "lineage": "5eed",
        })
    };
    let (lost, made) = (line("state rm group.web", 6, 7), line("state rm group.db", 6, 7));
    let last = line("state rm group.web", 7, 8);
    workspace.write("state/t.history", &format!("{lost}\n{made}\n{last}\n"));
    let told = workspace.run(&["state", "history"]).expect(exit::DONE).stdout;
    let rows: Vec<bool> = told.lines().skip(1).map(|row| row.contains("not carried out")).collect();
    assert_eq!(rows, [true, false, true], "{told}");
    // And its serial is not used again.
    workspace.run(&["state", "rm", "group.web", "--auto-approve"]).expect(exit::DONE);
    assert_eq!(snapshot(&workspace)["serial"], 9);
}

/// Somebody puts an older copy in the state's place: plans that were saved when it was the latest would fit it again.
#[test]
fn an_older_copy_in_the_states_place_is_refused_and_can_be_gone_on_from() {
    let workspace = workspace();
    for words in
        [["state", "rm", "group.web", "--auto-approve"], ["state", "rm", "release.GL1", "--auto-approve"]]
    {
        workspace.run(&words).expect(exit::DONE);
    }
    assert_eq!(snapshot(&workspace)["serial"], 9);
    workspace.write("state/t.json", &state(7).to_string());
    let before = workspace.files();
    for words in [&["plan"][..], &["apply", "--auto-approve"], &["status"], &["drift"]] {
        let refused = workspace.run(words).expect(exit::ERROR).stderr;
        for part in ["state/t.json is at serial 7", "serial 8", "older copy", "state push FILE --train t"] {
            assert!(refused.contains(part), "no {part} in {refused}");
        }
    }
    assert_eq!(workspace.files(), before, "nothing was written");

    let copy = workspace.run(&["state", "pull"]).expect(exit::DONE).stdout;
    workspace.write("copy.json", &copy);
    workspace.run(&["state", "push", "copy.json", "--auto-approve"]).expect(exit::DONE);
    let taken = snapshot(&workspace);
    assert_eq!((taken["serial"].as_u64(), taken["groups"].as_object().unwrap().len()), (Some(10), 2));
    let again = workspace.run(&["state", "push", "copy.json", "--auto-approve"]);
    let told = workspace.run(&["plan"]).stderr;
    assert!(!told.contains("older copy"), "{told}, {again:?}");
}

/// Whoever is asked about a whole fleet is not shown it line by line.
#[test]
fn a_long_list_is_folded_before_the_question_and_whole_in_a_dry_run() {
    let workspace = workspace();
    let mut large = state(7);
    for n in 0..100 {
        let id = format!("ocid1.instance.oc1..n{n}");
        large["instances"][id] = json!({ "name": format!("more-{n}"), "group": "web", "release": "GL1" });
    }
    workspace.write("state/t.json", &large.to_string());
    let all = workspace.run(&["state", "rm", "group.web", "--dry-run"]).expect(exit::DONE).stdout;
    assert_eq!(all.lines().count(), 104, "{all}");
    let some = workspace.run(&["state", "rm", "group.web", "--auto-approve"]).expect(exit::DONE).stdout;
    assert_eq!(some.lines().count(), 21, "{some}");
    assert!(some.ends_with("  ... and 84 more: --dry-run shows all\n"), "{some}");
}

#[test]
fn a_pushed_state_has_to_fit() {
    let workspace = workspace();
    let push = |what: &Value, more: &[&str]| {
        let file = workspace.write("pushed.json", &what.to_string()).display().to_string();
        let words = [&["state", "push", &file, "--auto-approve"], more].concat();
        workspace.run(&words)
    };
    let with = |field: &str, value: Value| {
        let mut state = state(9);
        state["groups"]["web"]["made"] = json!(false);
        state[field] = value;
        state
    };
    for (what, why, forced) in [
        (with("train", json!("other")), "of train `other`", false),
        (with("api", json!("osmh")), "of OS Management Hub", false),
        (with("lineage", json!("f00d")), "of lineage f00d", true),
        (with("serial", json!(6)), "at serial 6", true),
    ] {
        let error = push(&what, &[]).expect(if forced { exit::REFUSED } else { exit::ERROR }).stderr;
        assert!(error.contains(why) && error.contains("--force") == forced, "{error}");
        assert_eq!(snapshot(&workspace), state(7), "{why}");
    }
    push(&with("serial", json!(9)), &[]).expect(exit::DONE);
    let pushed = snapshot(&workspace);
    assert_eq!(
        (pushed["serial"].as_u64(), pushed["groups"]["web"]["made"].as_bool()),
        (Some(10), Some(false))
    );

    push(&with("lineage", json!("f00d")), &["--force"]).expect(exit::DONE);
    let pushed = snapshot(&workspace);
    assert_eq!((pushed["serial"].as_u64(), pushed["lineage"].as_str()), (Some(11), Some("f00d")));
    let files = workspace.files();
    assert!(files.keys().any(|path| path.ends_with("t.5eed-10.backup")), "{:?}", files.keys());

    // What is kept of another lineage is no way back of this one.
    let error = workspace.run(&["state", "restore", "7", "--auto-approve"]).expect(exit::ERROR).stderr;
    assert!(error.contains("no state of serial 7"), "{error}");

    // Where there is none, as after a disk was lost: no serial is used again, or plans of that serial would fit. Nothing
    // begins anew beside what is kept.
    fs::remove_file(workspace.path().join("state/t.json")).unwrap();
    let files = workspace.files();
    for command in [&["plan"][..], &["apply", "--auto-approve"], &["drift"], &["status"]] {
        let error = workspace.run(command).expect(exit::ERROR).stderr;
        let folded = error.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            folded.contains("t.json is gone: there is no state, and state/t.history tells of serial 11"),
            "{folded}"
        );
    }
    assert_eq!(workspace.files(), files);
    let error = push(&with("api", json!("osmh")), &["--force"]).expect(exit::ERROR).stderr;
    assert!(error.contains("of OS Management Hub"), "{error}");
    push(&state(9), &[]).expect(exit::DONE);
    assert_eq!(snapshot(&workspace)["serial"], 12);
    fs::remove_file(workspace.path().join("state/t.json")).unwrap();
    workspace.run(&["state", "restore", "7", "--auto-approve"]).expect(exit::DONE);
    assert_eq!(snapshot(&workspace)["serial"], 13);
}

#[test]
fn a_lock_is_waited_for_as_long_as_it_is_said() {
    let workspace = workspace();
    let lock =
        fs::OpenOptions::new().create(true).append(true).open(workspace.path().join("state/t.lock")).unwrap();
    lock.try_lock().unwrap();
    let rm = ["state", "rm", "group.web", "--auto-approve"];
    workspace.run(&rm).expect(exit::LOCKED);
    let waiting = workspace.spawn(&[&rm[..], &["--lock-timeout", "5m"]].concat());
    // It waits: a lock that is freed only now is taken.
    let (sender, receiver) = std::sync::mpsc::channel();
    let talk = std::thread::spawn(move || {
        use std::io::{BufRead, BufReader, Read};
        let mut waiting = waiting;
        let mut talk = BufReader::new(waiting.stderr.take().unwrap());
        let mut line = String::new();
        talk.read_line(&mut line).unwrap();
        sender.send(line).unwrap();
        talk.read_to_string(&mut String::new()).unwrap();
        waiting.wait().unwrap()
    });
    let line = receiver.recv().unwrap();
    assert!(line.starts_with("Waiting: the state is locked"), "{line}");
    drop(lock);
    assert!(talk.join().unwrap().success());
    assert_eq!(snapshot(&workspace)["serial"], 8);
}
