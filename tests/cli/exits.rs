//! What each command exits with: a table over all of them, run on the real program. Every command that `--help` lists has
//! rows, and every documented code is reached. Rows run in order, in workspaces that they share.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::Command;

use patchtrain::cli::exit::{DIFFERENT, DONE, ERROR, INTERRUPTED, LOCKED, PARTIAL, REFUSED, TABLE, USAGE};

use crate::support::{Served, Workspace};

/// Command lines, split at blanks, with their codes.
type Rows = &'static [(&'static str, u8)];

/// In a folder with nothing in it.
const EMPTY: Rows = &[
    ("--version", DONE),
    ("help", DONE),
    ("paln", USAGE),
    ("completions bash", DONE),
    ("completions tcsh", USAGE),
    ("fmt", ERROR),
    ("validate", ERROR),
    ("plan", ERROR),
    ("report", ERROR),
    ("audit --since 2026-01-01", ERROR),
    ("show none.plan", ERROR),
    ("graph none.plan", ERROR),
    ("approve none.plan --key none.pem", ERROR),
    ("approve none.plan", USAGE),
    ("schema plan", DONE),
    ("schema train", DONE),
    ("schema", USAGE),
    ("init --name web", USAGE),
    ("init --simulator", DONE),
    ("init --simulator", ERROR),
];

/// With a train that was never applied.
const FRESH: Rows = &[
    ("fmt --check", ERROR),
    ("fmt", DONE),
    ("fmt --check", DONE),
    ("fmt --train web", USAGE),
    ("validate", DONE),
    ("validate --train web", USAGE),
    ("diff GL1 GL1", DONE),
    ("diff GL1 GL1.1", DIFFERENT),
    ("diff GL1", USAGE),
    ("freeze ../GL2", USAGE),
    ("promote GL1.1 --to canary --check", DIFFERENT),
    ("promote GL1.1 --to canary", USAGE),
    ("promote GL1.1 --to web --auto-approve", REFUSED),
    ("release list", DONE),
    ("release verify --offline", DONE),
    ("release", USAGE),
    ("show", DONE),
    ("state list", ERROR),
    ("state history", DONE),
    ("state", USAGE),
    ("rollout status", DONE),
    ("rollout resume web", DONE),
    ("rollout", USAGE),
    ("drift", DONE),
    ("drift --bogus", USAGE),
    ("status", DONE),
    ("status nobody", USAGE),
    ("plan", DONE),
    ("plan --detailed-exitcode", DIFFERENT),
    ("plan --auto-approve", USAGE),
    ("plan --out saved.plan --train nobody", USAGE),
    // Without a terminal to ask on.
    ("apply", USAGE),
    ("import group web", USAGE),
    ("update --group canary", USAGE),
    ("update", USAGE),
    ("force-unlock", USAGE),
    // Nothing is locked: there is nothing to be done.
    ("force-unlock 5eed --auto-approve", DONE),
    ("simulate advance 48", USAGE),
    ("simulate advance 1h", DONE),
    ("plan --out saved.plan", DONE),
    ("show saved.plan --format html", DONE),
    ("show --format html", USAGE),
    ("show saved.plan --format markdown --comment-limit 10", USAGE),
    ("plan --format html --refresh-only", USAGE),
    ("graph saved.plan --format mermaid", DONE),
    ("approve saved.plan --key none.pem", ERROR),
    ("apply saved.plan --max-age soon", USAGE),
    ("apply --auto-approve --max-age 1d", USAGE),
    ("apply --json", USAGE),
];

/// With the same train applied.
const APPLIED: Rows = &[
    ("plan --detailed-exitcode", DONE),
    // Whatever there may be to ask for.
    ("apply", USAGE),
    ("apply saved.plan", REFUSED),
    ("apply saved.plan --allow-shrink", USAGE),
    ("show saved.plan", DONE),
    ("drift", DONE),
    ("release verify", DONE),
    ("report --format csv", DONE),
    ("report --format pdf", USAGE),
    ("report --format csv --out a.csv --out b.csv", USAGE),
    ("report --out nowhere/a.csv", ERROR),
    ("audit --since 2026-01-01", DONE),
    ("audit", USAGE),
    ("audit --since 2026-02-01 --until 2026-01-01", USAGE),
    ("audit --since 2026-01-01 --out nowhere/a.html", ERROR),
    ("state list", DONE),
    ("state show group.web", DONE),
    ("state show group.nobody", USAGE),
    ("state rm group.web", USAGE),
    ("rollout pause web", DONE),
    ("rollout resume web", DONE),
    // A source of our own has no streams on this service.
    ("update --group canary --stream httpd:2.4 --auto-approve", PARTIAL),
    ("state diff 1", DIFFERENT),
    ("state diff 99", ERROR),
    ("import --from-osms --auto-approve", ERROR),
    // One of the world's instances does not check in.
    ("apply --auto-approve --detailed-exitcode", DIFFERENT),
];

/// While somebody else holds the lock.
const LOCKED_OUT: Rows = &[
    ("apply --auto-approve", LOCKED),
    ("update --group canary --auto-approve", LOCKED),
    ("state rm group.web --auto-approve", LOCKED),
    ("rollout pause web", LOCKED),
    // Reading takes no lock.
    ("plan", DONE),
    ("status", DONE),
    ("audit --since 2026-01-01", DONE),
    ("state list", DONE),
];

/// After somebody else has changed something.
const DRIFTED: Rows = &[
    ("drift", DIFFERENT),
    ("plan --refresh-only --detailed-exitcode", DIFFERENT),
    ("plan --refresh-only", DONE),
];

/// What was run so far, and what did not come out as the tables have it.
#[derive(Default)]
struct Runs {
    commands: BTreeSet<String>,
    codes: BTreeSet<u8>,
    wrong: Vec<String>,
}

impl Runs {
    fn all(&mut self, workspace: &Workspace, rows: Rows) {
        for (line, code) in rows {
            let words: Vec<&str> = line.split(' ').collect();
            let ran = workspace.run(&words);
            self.note(line, ran.code, *code, &ran.stderr);
        }
    }

    fn note(&mut self, line: &str, found: Option<i32>, code: u8, stderr: &str) {
        self.commands.insert(line.split(' ').next().unwrap_or_default().to_owned());
        self.codes.insert(code);
        if found != Some(i32::from(code)) {
            self.wrong.push(format!("`{line}` is {found:?} and not {code}: {stderr}"));
        }
    }
}

fn commands() -> BTreeSet<String> {
    let help = Workspace::empty().run(&["--help"]).expect(DONE).stdout;
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let lines = commands.lines().take_while(|line| !line.is_empty());
    lines.filter_map(|line| line.split_whitespace().next().map(str::to_owned)).collect()
}

/// Has a train's lock held by this process.
fn lock(workspace: &Workspace) -> fs::File {
    let path = workspace.path().join("state/great-linux.lock");
    let file = fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
    file.try_lock().unwrap();
    file
}

/// Somebody else moves the canaries: neither our train file nor our state knows.
fn drift(workspace: &Workspace) {
    let paths: Vec<PathBuf> = ["json", "history"]
        .iter()
        .map(|kind| workspace.path().join(format!("state/great-linux.{kind}")))
        .collect();
    let ours: Vec<Vec<u8>> = paths.iter().map(|path| fs::read(path).unwrap()).collect();
    workspace.bind(&["canary"]);
    workspace.run(&["apply", "--auto-approve", "--summary"]).expect(DONE);
    workspace.bind(&[]);
    for (path, ours) in paths.iter().zip(ours) {
        fs::write(path, ours).unwrap();
    }
}

#[test]
fn every_command_exits_with_what_is_documented_and_every_code_is_reached() {
    let mut runs = Runs::default();
    runs.all(&Workspace::empty(), EMPTY);

    let workspace = Workspace::quickstart(&[]);
    let served = Served::quick(&workspace);
    runs.all(&workspace, FRESH);
    runs.all(&workspace, &[("apply saved.plan", DONE)]);
    runs.all(&workspace, APPLIED);

    let held = lock(&workspace);
    runs.all(&workspace, LOCKED_OUT);
    // One that waits for the lock is ended while it waits.
    let line = "apply --auto-approve --lock-timeout 5m";
    let mut waiting = workspace.spawn(&line.split(' ').collect::<Vec<_>>());
    let mut said = String::new();
    BufReader::new(waiting.stderr.take().unwrap()).read_line(&mut said).unwrap();
    assert!(Command::new("kill").args(["-INT", &waiting.id().to_string()]).status().unwrap().success());
    runs.note(line, waiting.wait().unwrap().code(), INTERRUPTED, &said);
    drop(held);

    drift(&workspace);
    runs.all(&workspace, DRIFTED);
    runs.note("simulate", served.end(), DONE, "");

    assert!(runs.wrong.is_empty(), "{}", runs.wrong.join("\n"));
    let documented: BTreeSet<u8> = TABLE.iter().map(|(code, _)| *code).collect();
    assert_eq!(runs.codes, documented, "each code has a row");
    let missing: Vec<String> = commands().difference(&runs.commands).cloned().collect();
    assert!(missing.is_empty(), "these commands have no rows: {missing:?}");
}

#[test]
fn a_plan_asks_nothing_whatever_there_is_to_do() {
    let workspace = Workspace::quickstart(&["canary"]);
    // An answer lies ready, and nobody takes it.
    let mut command = workspace.command(&["plan"]);
    let (read, mut write) = std::io::pipe().unwrap();
    command.stdin(read);
    std::io::Write::write_all(&mut write, b"yes\n").unwrap();
    let output = Workspace::output(&mut command);
    assert_eq!(output.status.code(), Some(i32::from(DONE)));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!said.contains("Enter a value"), "{said}");
    assert!(!workspace.path().join("state/great-linux.json").exists());
    // And an apply that cannot ask does nothing either.
    let refused = workspace.run(&["apply"]).expect(USAGE);
    assert!(refused.stderr.contains("--auto-approve"), "{}", refused.stderr);
    assert!(!workspace.path().join("state/great-linux.json").exists());
}
