//! Signals of a CI system: they reach the program, whose end the scripts wait for.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use super::forge::{Comments, Forge, serve};
use super::{command, on, program};
use crate::support::Workspace;

/// How long what has to happen may take: a test that fails does not go on for ever.
const PATIENCE: Duration = Duration::from_secs(30);

/// A program that ends by the second SIGTERM, and writes its arguments down as it does; or by a line through the gate, which
/// only a test sends that has failed.
const STUBBORN: &str = r#"
exec 3<>gate
signals=0
trap 'signals=$((signals + 1)); echo "signal $signals" >&2; [ $signals -lt 2 ] || { echo "$*" >>ended; exit 130; }' TERM
echo ready >&2
until read -r _ <&3; do :; done
"#;

/// Sends a script these two signals, each once what came before it has arrived, and returns its exit code.
#[track_caller]
fn ended_by(workspace: &Workspace, signals: [&str; 2], command: &mut Command) -> Option<i32> {
    let gate = workspace.path().join("gate");
    if !gate.exists() {
        assert!(Command::new("mkfifo").arg(&gate).status().unwrap().success());
    }
    let own = program(workspace.path(), "stand-in", STUBBORN);
    command.env("PATCHTRAIN", own).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let pid = child.id().to_string();
    let (sender, said) = mpsc::channel();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| drop(sender.send(line))));
    let awaited = |expected: &str| {
        let line = said.recv_timeout(PATIENCE);
        if line.as_deref() != Ok(expected) {
            fs::write(&gate, "\n").unwrap();
            panic!("{line:?} instead of `{expected}`");
        }
    };
    awaited("ready");
    for (number, signal) in (1..).zip(signals) {
        assert!(Command::new("kill").args(["-s", signal, &pid]).status().unwrap().success());
        awaited(&format!("signal {number}"));
    }
    child.wait().unwrap().code()
}

#[test]
fn signals_to_a_script_reach_its_program_and_nothing_follows() {
    let workspace = Workspace::empty();
    let comments = Comments::new(Forge::GitHub);
    let (_runtime, here) = serve(&comments);
    // GitHub sends both, GitLab the second.
    for signals in [["INT", "TERM"], ["TERM", "TERM"]] {
        for (name, first) in [("plan.sh", " plan --out "), ("audit.sh", " drift --format json")] {
            let mut command = command(&workspace, name, &[]);
            on(Forge::GitHub, &mut command, &here);
            assert_eq!(ended_by(&workspace, signals, &mut command), Some(130), "{name}, {signals:?}");
            // Written by the program as the last thing that it does, which the script has awaited, and called once.
            let ended = fs::read_to_string(workspace.path().join("ended")).unwrap();
            assert!(ended.contains(first) && ended.lines().count() == 1, "{name}, {signals:?}: {ended}");
            fs::remove_file(workspace.path().join("ended")).unwrap();
        }
    }
    assert_eq!(comments.asked(), Vec::<String>::new(), "nobody was told");
}
