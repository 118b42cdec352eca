//! A state that is kept in a bucket: the main job from two workspaces, locks that outlive their holders, and moves from
//! one store to another. The bucket is the simulator's.

use std::fs;

use patchtrain::cli::exit;

use crate::support::{Served, Workspace};

const BUCKET: &str = "\n[state]\nstore = \"object_storage\"\nbucket = \"states\"\n";

/// Has a workspace keep its state in the bucket.
fn share(workspace: &Workspace) {
    let path = workspace.path().join("trains/great-linux.toml");
    let text = fs::read_to_string(&path).unwrap();
    let (head, rest) = text.split_once("\n[[release]]").unwrap();
    fs::write(&path, format!("{head}{BUCKET}\n[[release]]{rest}")).unwrap();
}

#[test]
fn a_state_in_a_bucket_does_all_that_one_in_a_folder_does() {
    let workspace = Workspace::quickstart(&[]);
    share(&workspace);
    // Before anybody has made the bucket.
    let missing = workspace.run(&["apply", "--auto-approve"]).expect(exit::ERROR);
    assert!(missing.stderr.contains("bucket states"), "{}", missing.stderr);
    let words = missing.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("`patchtrain init` tries all of that out"), "{words}");
    let made = workspace.run(&["init"]).expect(exit::DONE);
    assert!(made.stderr.contains("object patchtrain/great-linux.json of bucket states"), "{}", made.stderr);

    workspace.run(&["plan", "--detailed-exitcode"]).expect(exit::DIFFERENT);
    workspace.run(&["apply", "--auto-approve"]).expect(exit::DONE);
    workspace.run(&["plan", "--detailed-exitcode"]).expect(exit::DONE);
    let planned = workspace.run(&["plan", "--refresh=false"]).expect(exit::DONE);
    assert!(planned.stderr.contains("object patchtrain/great-linux.inventory"), "{}", planned.stderr);
    assert!(!workspace.path().join("state/great-linux.json").exists());
    assert!(!workspace.path().join("state/great-linux.history").exists());

    // A colleague, who has the train's files and the same service and nothing else.
    let listed = workspace.run(&["state", "list"]).expect(exit::DONE);
    assert!(listed.stdout.contains("group.web"), "{}", listed.stdout);
    workspace.run(&["state", "rm", "group.web", "--auto-approve"]).expect(exit::DONE);
    let past = workspace.run(&["state", "history"]).expect(exit::DONE);
    assert!(past.stdout.contains("state rm group.web"), "{}", past.stdout);
    workspace.run(&["state", "restore", "1", "--auto-approve"]).expect(exit::DONE);
    workspace.run(&["plan", "--detailed-exitcode"]).expect(exit::DONE);
    let free = workspace.run(&["state", "locks"]).expect(exit::DONE);
    assert!(free.stderr.contains("No state is locked"), "{free:?}");
}

/// The bucket that `init` makes in the simulator keeps versions.
#[test]
fn a_bucket_that_keeps_versions_leads_back_to_states_that_were_pruned() {
    let workspace = Workspace::quickstart(&[]);
    share(&workspace);
    let made = workspace.run(&["init"]).expect(exit::DONE);
    assert!(made.stderr.contains("Note: bucket states keeps versions"), "{}", made.stderr);
    workspace.run(&["apply", "--auto-approve"]).expect(exit::DONE);
    let first = workspace.run(&["state", "pull"]).expect(exit::DONE).stdout;
    workspace.run(&["state", "rm", "group.web", "--auto-approve"]).expect(exit::DONE);
    // To and fro, 13 changes in all: of serials 1 to 13 the last ten are there, and the others as versions.
    for serial in 1..=12 {
        workspace.run(&["state", "restore", &serial.to_string(), "--auto-approve"]).expect(exit::DONE);
    }
    let past = workspace.run(&["state", "history"]).expect(exit::DONE).stdout;
    // Too wide for a table: each run is two lines, the serial first and what is kept of it last.
    let lines: Vec<&str> = past.lines().collect();
    let rows: Vec<(&str, &str)> = lines
        .chunks(2)
        .map(|run| {
            let serial = run[0].split_whitespace().next().unwrap();
            (serial.trim_end_matches(':'), run[1].split_whitespace().last().unwrap())
        })
        .collect();
    let expected: Vec<(String, &str)> = (1..=14)
        .map(|serial| {
            let how = match serial {
                1..=3 => "version",
                14 => "now",
                _ => "yes",
            };
            (format!("{serial}"), how)
        })
        .collect();
    let expected: Vec<(&str, &str)> = expected.iter().map(|(serial, how)| (serial.as_str(), *how)).collect();
    assert_eq!(rows, expected, "{past}");
    let json = workspace.run(&["state", "history", "--json"]).expect(exit::DONE).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let backups = json["backups"].as_array().unwrap();
    let of_versions = backups.iter().filter(|backup| backup["version"].is_string()).count();
    assert_eq!((backups.len(), of_versions), (13, 3));

    let unknown = workspace.run(&["state", "restore", "99", "--auto-approve"]).expect(exit::ERROR).stderr;
    assert!(unknown.contains("those kept are: 1 to 13"), "{unknown}");
    let changed = workspace.run(&["state", "diff", "1"]).expect(exit::DIFFERENT).stdout;
    assert!(changed.contains("  - group.web\n"), "{changed}");
    workspace.run(&["state", "diff", "1", "3"]).expect(exit::DONE);
    workspace.run(&["state", "restore", "1", "--auto-approve"]).expect(exit::DONE);
    let back = workspace.run(&["state", "pull"]).expect(exit::DONE).stdout;
    let state = |text: &str, serial: u64| {
        let mut state: serde_json::Value = serde_json::from_str(text).unwrap();
        assert_eq!(state["serial"].take(), serial);
        ["groups", "instances", "sources", "lineage"].map(|part| state[part].take())
    };
    assert_eq!(state(&back, 15), state(&first, 1));
    workspace.run(&["plan", "--detailed-exitcode"]).expect(exit::DONE);
}

#[test]
fn a_state_moves_to_a_bucket_and_back_and_leaves_a_sign() {
    let workspace = Workspace::quickstart(&[]);
    workspace.run(&["apply", "--auto-approve"]).expect(exit::DONE);
    let local = fs::read_to_string(workspace.path().join("trains/great-linux.toml")).unwrap();
    workspace.run(&["plan", "--out", "saved.plan"]).expect(exit::DONE);
    // Not yet: the file must say where it goes.
    workspace.run(&["init", "--migrate-state"]).expect(exit::USAGE);
    share(&workspace);
    let shared = fs::read_to_string(workspace.path().join("trains/great-linux.toml")).unwrap();
    // Whoever forgets to move the state is not offered to make everything again.
    workspace.run(&["init"]).expect(exit::DONE);
    let forgotten = workspace.run(&["plan"]).expect(exit::ERROR);
    assert!(forgotten.stderr.contains("init --migrate-state"), "{}", forgotten.stderr);

    let moved = workspace.run(&["init", "--migrate-state"]).expect(exit::DONE);
    assert!(moved.stderr.contains("Moved the state of train great-linux (serial 1)"), "{}", moved.stderr);
    workspace.run(&["plan", "--detailed-exitcode"]).expect(exit::DONE);
    let past = workspace.run(&["state", "history"]).expect(exit::DONE);
    assert!(past.stdout.contains("init --migrate-state"), "{}", past.stdout);
    let again = workspace.run(&["init", "--migrate-state"]).expect(exit::ERROR);
    assert!(again.stderr.contains("was moved to object"), "{}", again.stderr);

    // Whoever comes with the old train file.
    workspace.write("trains/great-linux.toml", &local);
    for words in [&["plan"][..], &["apply", "--auto-approve"], &["show"], &["state", "list"]] {
        let told = workspace.run(words).expect(exit::ERROR);
        assert!(told.stderr.contains("was moved to object patchtrain/great-linux.json"), "{}", told.stderr);
    }
    workspace.write("old.toml", &shared);
    let back = workspace.run(&["init", "--migrate-state", "--from", "old.toml"]).expect(exit::DONE);
    assert!(back.stderr.contains("state/great-linux.json"), "{}", back.stderr);
    workspace.run(&["plan", "--detailed-exitcode"]).expect(exit::DONE);
    workspace.run(&["show", "saved.plan"]).expect(exit::DONE);
}

#[test]
fn a_lock_outlives_a_dead_run_and_is_taken_away_by_its_id() {
    let workspace = Workspace::quickstart(&[]);
    share(&workspace);
    let _served = Served::start(&workspace, &[]);
    workspace.run(&["init"]).expect(exit::DONE);
    let mut child = workspace.command(&["apply", "--auto-approve"]).spawn().unwrap();
    let id = loop {
        let locks = workspace.run(&["state", "locks", "--json"]).expect(exit::DONE);
        let locks: serde_json::Value = serde_json::from_str(&locks.stdout).unwrap();
        if let Some(id) = locks["locks"][0]["id"].as_str() {
            break id.to_owned();
        }
        assert!(child.try_wait().unwrap().is_none(), "it ended before its lock was seen");
    };
    child.kill().unwrap();
    child.wait().unwrap();
    let refused = workspace.run(&["apply", "--auto-approve"]).expect(exit::LOCKED);
    for part in ["last sign of life", &format!("patchtrain force-unlock {id} --train great-linux")] {
        assert!(refused.stderr.contains(part), "no {part} in {}", refused.stderr);
    }
    // Reading needs no lock.
    workspace.run(&["plan"]).expect(exit::DONE);
    let other = workspace.run(&["force-unlock", "0000", "--auto-approve"]).expect(exit::ERROR);
    assert!(other.stderr.contains("is not the one"), "{}", other.stderr);
    workspace.run(&["force-unlock", &id]).expect(exit::USAGE);
    workspace.run(&["force-unlock", &id, "--auto-approve"]).expect(exit::DONE);
    workspace.run(&["apply", "--auto-approve"]).expect(exit::DONE);
    let past = workspace.run(&["state", "history"]).expect(exit::DONE).stdout;
    for part in ["took away the lock of", "patchtrain apply", "done, --auto-approve"] {
        assert!(past.contains(part), "no {part} in {past}");
    }
    workspace.run(&["plan", "--detailed-exitcode"]).expect(exit::DONE);
    let none = workspace.run(&["force-unlock", &id, "--auto-approve"]).expect(exit::DONE);
    assert!(none.stderr.contains("is not locked"), "{}", none.stderr);
}

#[test]
fn a_local_lock_is_shown_and_cannot_be_forced() {
    let workspace = Workspace::quickstart(&[]);
    let none = workspace.run(&["state", "locks"]).expect(exit::DONE);
    assert!(none.stderr.contains("No state is locked"), "{none:?}");
}

/// Declares a second train, with a group and members of its own, whose state is local.
fn beside(workspace: &Workspace, state: &str) {
    let text = fs::read_to_string(workspace.path().join("trains/great-linux.toml")).unwrap();
    let (head, _) = text.split_once("\n[[release]]").unwrap();
    let head = head.split("\n[state]").next().unwrap().replacen("\"great-linux\"", "\"small-linux\"", 1);
    workspace.write("trains/small-linux.toml", &format!("{head}\n{state}"));
}

/// A state that is lost is not one that never was.
#[test]
fn a_lost_state_is_no_state_to_be_moved_and_is_told_so() {
    let workspace = Workspace::quickstart(&[]);
    let _served = Served::start(&workspace, &[]);
    let local = fs::read_to_string(workspace.path().join("trains/great-linux.toml")).unwrap();
    share(&workspace);
    let nothing = workspace.run(&["init", "--migrate-state"]).expect(exit::DONE).stderr;
    assert!(nothing.contains("has no state in") && nothing.contains("to be moved"), "{nothing}");
    let shared = fs::read_to_string(workspace.path().join("trains/great-linux.toml")).unwrap();
    workspace.write("trains/great-linux.toml", &local);
    workspace.run(&["apply", "--auto-approve"]).expect(exit::DONE);
    workspace.write("trains/great-linux.toml", &shared);
    fs::remove_file(workspace.path().join("state/great-linux.json")).unwrap();
    let gone = workspace.run(&["init", "--migrate-state"]).expect(exit::ERROR).stderr;
    for part in ["great-linux.json is gone", "tells of serial 1", "`store = \"local\"`"] {
        assert!(gone.contains(part), "no {part} in {gone}");
    }
}

#[test]
fn a_store_that_cannot_be_reached_hides_no_lock_of_another() {
    let workspace = Workspace::quickstart(&[]);
    let _served = Served::start(&workspace, &[]);
    let unreachable = "[state]\nstore = \"postgres\"\nurl_env = \"NOBODY_SETS_THIS\"\n";
    // The first of the two by name.
    share(&workspace);
    workspace.run(&["init"]).expect(exit::DONE);
    beside(&workspace, unreachable);
    let small = fs::read_to_string(workspace.path().join("trains/small-linux.toml")).unwrap();
    workspace.write("trains/a-linux.toml", &small.replacen("small-linux", "a-linux", 1));
    let mut child =
        workspace.command(&["apply", "--auto-approve", "--train", "great-linux"]).spawn().unwrap();
    let told = loop {
        let told = workspace.run(&["state", "locks"]).expect(exit::ERROR);
        if told.stdout.contains("great-linux") {
            break told;
        }
        assert!(!told.stderr.contains("No state is locked"), "{}", told.stderr);
        assert!(child.try_wait().unwrap().is_none(), "it ended before its lock was seen");
    };
    child.kill().unwrap();
    child.wait().unwrap();
    for train in ["train `a-linux`", "train `small-linux`", "NOBODY_SETS_THIS"] {
        assert!(told.stderr.contains(train), "no {train} in {}", told.stderr);
    }
}

#[test]
fn a_state_that_stays_where_it_is_keeps_no_other_from_moving() {
    let workspace = Workspace::quickstart(&[]);
    let _served = Served::start(&workspace, &[]);
    workspace.run(&["apply", "--auto-approve"]).expect(exit::DONE);
    share(&workspace);
    workspace.run(&["init"]).expect(exit::DONE);
    beside(&workspace, "");
    let moved = workspace.run(&["init", "--migrate-state"]).expect(exit::DONE).stderr;
    for part in [
        "Moved the state of train great-linux",
        "The state of train small-linux stays where it is (`local`).",
    ] {
        assert!(moved.contains(part), "no `{part}` in {moved}");
    }
    // Whoever names it is told that there is nothing to be moved.
    let named =
        workspace.run(&["init", "--migrate-state", "--train", "small-linux"]).expect(exit::USAGE).stderr;
    assert!(named.contains("is kept in `local` before and after"), "{named}");
}
