//! A state that is kept in a PostgreSQL database, through the real program: the main job, locks that go with their run or
//! are taken from it, and moves from a folder and back.

use std::fs;
use std::process::{Command, Output, Stdio};

use patchtrain::cli::exit;

use crate::support::postgres::{self, Server, USER};
use crate::support::{Served, Workspace};

const VARIABLE: &str = "PATCHTRAIN_DB";

/// A workspace whose state is in a schema of its own.
struct Shared {
    workspace: Workspace,
    server: &'static Server,
    /// The train file without its `[state]`.
    local: String,
}

impl Shared {
    /// None where there is no server.
    fn new(schema: &str) -> Option<Self> {
        let server = postgres::server()?;
        let workspace = Workspace::quickstart(&[]);
        let local = fs::read_to_string(workspace.path().join("trains/great-linux.toml")).unwrap();
        let shared = Self { workspace, server, local };
        let (head, rest) = shared.local.split_once("\n[[release]]").unwrap();
        let state =
            format!("[state]\nstore = \"postgres\"\nurl_env = \"{VARIABLE}\"\nschema = \"{schema}\"\n");
        shared.write(&format!("{head}\n{state}\n[[release]]{rest}"));
        Some(shared)
    }

    fn write(&self, train: &str) {
        self.workspace.write("trains/great-linux.toml", train);
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let Server { folder, port, .. } = self.server;
        let mut command = self.workspace.command(arguments);
        command.env(VARIABLE, format!("host={} port={port} user={USER} dbname=postgres", folder.display()));
        command
    }

    /// Runs the program, and returns what it said.
    #[track_caller]
    fn run(&self, arguments: &[&str], code: u8) -> String {
        told(&Workspace::output(&mut self.command(arguments)), code)
    }

    /// Starts an apply, and returns it once it has the lock, with the lock's id.
    fn apply(&self) -> (std::process::Child, String) {
        let mut command = self.command(&["apply", "--auto-approve"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        loop {
            let output = Workspace::output(&mut self.command(&["state", "locks", "--json"]));
            let locks: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            if let Some(id) = locks["locks"][0]["id"].as_str() {
                assert!(locks["locks"][0]["heartbeat"].is_string(), "{locks}");
                return (child, id.to_owned());
            }
            assert!(child.try_wait().unwrap().is_none(), "it ended before its lock was seen");
        }
    }
}

#[track_caller]
fn told(output: &Output, code: u8) -> String {
    let said = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    let said = String::from_utf8(said).unwrap();
    assert_eq!(output.status.code(), Some(code.into()), "{said}");
    said
}

#[track_caller]
fn has(said: &str, part: &str) {
    assert!(said.contains(part), "no {part} in {said}");
}

#[test]
fn a_state_in_a_database_does_all_that_one_in_a_folder_does() {
    let Some(shared) = Shared::new("all") else { return };
    // Before anybody has made the tables.
    has(&shared.run(&["apply", "--auto-approve"], exit::ERROR), "patchtrain init");
    let made = shared.run(&["init"], exit::DONE);
    for part in [
        "all.snapshots `great-linux` in database `postgres` at ",
        "the server is PostgreSQL 1",
        "tables were made",
    ] {
        has(&made, part);
    }
    shared.run(&["init"], exit::DONE);

    shared.run(&["plan", "--detailed-exitcode"], exit::DIFFERENT);
    shared.run(&["apply", "--auto-approve"], exit::DONE);
    shared.run(&["plan", "--detailed-exitcode"], exit::DONE);
    has(&shared.run(&["plan", "--refresh=false"], exit::DONE), "all.inventories `great-linux`");
    assert!(!shared.workspace.path().join("state/great-linux.json").exists());
    assert!(!shared.workspace.path().join("state/great-linux.history").exists());

    has(&shared.run(&["state", "list"], exit::DONE), "group.web");
    shared.run(&["state", "rm", "group.web", "--auto-approve"], exit::DONE);
    has(&shared.run(&["state", "history"], exit::DONE), "state rm group.web");
    shared.run(&["state", "restore", "1", "--auto-approve"], exit::DONE);
    shared.run(&["plan", "--detailed-exitcode"], exit::DONE);
    has(&shared.run(&["state", "locks"], exit::DONE), "No state is locked");
}

#[test]
fn a_lock_goes_with_a_run_that_is_killed() {
    let Some(shared) = Shared::new("killed") else { return };
    let _served = Served::start(&shared.workspace, &["--latency", "40"]);
    shared.run(&["init"], exit::DONE);
    let (mut child, _) = shared.apply();
    child.kill().unwrap();
    child.wait().unwrap();
    // The server may take a moment to see that it is gone.
    shared.run(&["apply", "--auto-approve", "--lock-timeout", "20s"], exit::DONE);
    shared.run(&["plan", "--detailed-exitcode"], exit::DONE);
}

#[test]
fn a_run_whose_lock_is_taken_away_is_told_by_whom_and_the_next_goes_on() {
    let Some(shared) = Shared::new("forced") else { return };
    let _served = Served::start(&shared.workspace, &["--latency", "40"]);
    shared.run(&["init"], exit::DONE);
    let (child, id) = shared.apply();
    shared.run(&["force-unlock", &id, "--auto-approve"], exit::DONE);
    let output = child.wait_with_output().unwrap();
    match output.status.code() {
        Some(code) if code == i32::from(exit::DONE) => {
            println!("it was through before its lock was taken away");
        }
        _ => has(&told(&output, exit::ERROR), "it was broken by tester on "),
    }
    shared.run(&["apply", "--auto-approve"], exit::DONE);
    shared.run(&["plan", "--detailed-exitcode"], exit::DONE);
}

#[test]
fn a_state_moves_to_a_database_and_back() {
    let Some(shared) = Shared::new("moved") else { return };
    let file = fs::read_to_string(shared.workspace.path().join("trains/great-linux.toml")).unwrap();
    shared.write(&shared.local);
    shared.run(&["apply", "--auto-approve"], exit::DONE);
    shared.write(&file);
    let moved = shared.run(&["init", "--migrate-state"], exit::DONE);
    has(&moved, "Moved the state of train great-linux (serial 1)");
    shared.run(&["plan", "--detailed-exitcode"], exit::DONE);

    shared.write(&shared.local);
    has(&shared.run(&["plan"], exit::ERROR), "was moved to moved.snapshots `great-linux`");
    shared.workspace.write("old.toml", &file);
    shared.run(&["init", "--migrate-state", "--from", "old.toml"], exit::DONE);
    shared.run(&["plan", "--detailed-exitcode"], exit::DONE);
}

/// What is wrong with the address is told with the variable's name and without what it holds.
#[test]
fn an_address_that_is_wrong_is_named_and_not_shown() {
    let Some(shared) = Shared::new("wrong") else { return };
    has(
        &told(&Workspace::output(shared.command(&["plan"]).env_remove(VARIABLE)), exit::ERROR),
        "PATCHTRAIN_DB: is not set",
    );
    for (address, expected) in [
        ("hunter2", "PATCHTRAIN_DB: is neither a URL nor pairs"),
        (
            "postgres://patchtrain:hunter2@localhost:1/ops",
            "cannot read schema wrong in postgres://localhost:1/ops",
        ),
    ] {
        has(
            &told(&Workspace::output(shared.command(&["plan"]).env(VARIABLE, address)), exit::ERROR),
            expected,
        );
    }
}
