//! The main job from end to end: the real program against the embedded simulator.

use std::io::{BufRead, BufReader, Read};
use std::process::Command;

use patchtrain::cli::exit;

use crate::support::{Screen, Workspace};

#[test]
fn a_plan_changes_no_byte_and_an_apply_leaves_nothing_to_plan() {
    let workspace = Workspace::quickstart(&[]);
    let before = workspace.files();
    let plan = workspace.run(&["plan", "--detailed-exitcode"]).expect(exit::DIFFERENT);
    assert!(plan.stdout.contains("Plan: ") && plan.stdout.contains("SIMULATOR"), "{}", plan.stdout);
    assert_eq!(workspace.files(), before);

    let apply = workspace.run(&["apply", "--auto-approve"]).expect(exit::DONE);
    assert!(apply.stdout.contains("Apply complete!"), "{}", apply.stdout);
    let after = workspace.run(&["plan", "--detailed-exitcode"]).expect(exit::DONE);
    assert!(!after.stdout.contains("Plan: "), "{}", after.stdout);
    let again = workspace.run(&["apply", "--auto-approve"]).expect(exit::DONE);
    assert!(again.stderr.contains("There is nothing"), "{}", again.stderr);
    let status = workspace.run(&["status"]).expect(exit::DONE);
    assert!(status.stdout.contains("canary"), "{}", status.stdout);
    let instance = workspace.run(&["status", "web-01"]).expect(exit::DONE);
    assert!(instance.stdout.contains("instance.web-01"), "{}", instance.stdout);
    workspace.run(&["status", "nobody-01"]).expect(exit::USAGE);
    let state = workspace.run(&["show"]).expect(exit::DONE);
    assert!(state.stdout.contains("GL1"), "{}", state.stdout);
}

#[test]
fn a_saved_plan_runs_as_it_was_reviewed_and_only_while_it_fits() {
    let workspace = Workspace::quickstart(&[]);
    workspace.run(&["plan", "--out", "first.plan"]).expect(exit::DONE);
    let second = workspace.run(&["plan", "--chdir", ".", "--out", "second.plan"]).expect(exit::DONE);
    // What it says to run does so from where this was typed.
    assert!(second.stderr.contains("patchtrain --chdir . apply second.plan"), "{}", second.stderr);
    let shown = workspace.run(&["show", "first.plan"]).expect(exit::DONE);
    assert!(shown.stdout.contains("Plan: "), "{}", shown.stdout);
    assert_eq!(shown.stderr, "");
    workspace.run(&["apply", "first.plan"]).expect(exit::DONE);
    for file in ["first.plan", "second.plan"] {
        let stale = workspace.run(&["apply", file]).expect(exit::REFUSED);
        assert!(stale.stderr.contains("stale"), "{}", stale.stderr);
        let shown = workspace.run(&["show", file]).expect(exit::DONE);
        assert!(shown.stderr.contains("Warning"), "{}", shown.stderr);
    }
    workspace.bind(&["canary"]);
    workspace.run(&["plan", "--out", "third.plan"]).expect(exit::DONE);
    workspace.bind(&["canary", "web"]);
    let stale = workspace.run(&["apply", "third.plan"]).expect(exit::REFUSED);
    assert!(stale.stderr.contains("has changed"), "{}", stale.stderr);
}

#[test]
fn on_a_terminal_it_asks_and_takes_only_yes() {
    let workspace = Workspace::quickstart(&[]);
    for answer in ["no\r", "y\r", "\r", "\u{4}"] {
        let mut screen = Screen::start(&workspace, &["apply", "--summary"], (60, 120));
        screen.wait_for("Enter a value: ");
        screen.enter(answer);
        screen.wait_for("not approved");
        let (code, contents) = screen.end();
        assert_eq!(code, u32::from(exit::ERROR), "{answer:?}: {contents}");
    }
    assert!(!workspace.path().join("state/great-linux.json").exists());

    let mut screen = Screen::start(&workspace, &["apply", "--summary"], (60, 120));
    screen.wait_for("Enter a value: ");
    screen.enter("yes\r");
    screen.wait_for("Apply complete!");
    let (code, contents) = screen.end();
    assert_eq!(code, u32::from(exit::DONE), "{contents}");
    assert!(workspace.path().join("state/great-linux.json").exists());
}

#[test]
fn a_signal_at_the_question_ends_it_with_nothing_done() {
    let workspace = Workspace::quickstart(&[]);
    let mut screen = Screen::start(&workspace, &["apply", "--summary"], (60, 120));
    screen.wait_for("Enter a value: ");
    screen.enter("\u{3}");
    let (code, contents) = screen.end();
    assert_eq!(code, u32::from(exit::INTERRUPTED), "{contents}");
    assert!(!workspace.path().join("state/great-linux.json").exists());
}

#[test]
fn whoever_comes_second_is_told_who_holds_the_lock() {
    let workspace = Workspace::quickstart(&[]);
    let screen = Screen::start(&workspace, &["apply", "--summary"], (60, 120));
    screen.wait_for("Enter a value: ");
    let locked = workspace.run(&["apply", "--auto-approve"]).expect(exit::LOCKED);
    for part in ["locked", "tester", "patchtrain apply --summary"] {
        assert!(locked.stderr.contains(part), "no `{part}` in {}", locked.stderr);
    }
    // Reading needs no lock.
    workspace.run(&["plan"]).expect(exit::DONE);
}

#[test]
fn a_signal_amid_the_run_saves_the_state_and_the_next_run_goes_on() {
    let workspace = Workspace::quickstart(&[]);
    let mut child = workspace.spawn(&["apply", "--auto-approve"]);
    let mut talk = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("joined") {
        line.clear();
        assert_ne!(talk.read_line(&mut line).unwrap(), 0, "it ended before it had begun");
    }
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let mut rest = String::new();
    talk.read_to_string(&mut rest).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(i32::from(exit::INTERRUPTED)), "{rest}");
    assert!(workspace.path().join("state/great-linux.json").exists());

    workspace.run(&["apply", "--auto-approve"]).expect(exit::DONE);
    workspace.run(&["plan", "--detailed-exitcode"]).expect(exit::DONE);
}
