//! Completions, in the shells that are here.

use std::process::Command;

use patchtrain::cli::exit;

use crate::support::Workspace;

/// Returns what bash offers for the last of these words.
fn offered(script: &str, words: &[&str]) -> Vec<String> {
    let last = words[words.len() - 1];
    let before = words[words.len() - 2];
    let line = format!(
        "source {script}; COMP_WORDS=({}); COMP_CWORD={}; _patchtrain patchtrain '{last}' '{before}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" "),
        words.len() - 1,
    );
    let output = Command::new("bash").args(["--norc", "-c", &line]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    String::from_utf8(output.stdout).unwrap().split_whitespace().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_options_and_values() {
    let workspace = Workspace::empty();
    let script = workspace.run(&["completions", "bash"]).expect(exit::DONE).stdout;
    let path = workspace.write("patchtrain.bash", &script);
    if Command::new("bash").arg("--version").output().is_err() {
        eprintln!("skipped: there is no bash here");
        return;
    }
    let path = path.to_str().unwrap();
    for (words, expected) in [
        (&["patchtrain", "pl"][..], &["plan"][..]),
        (&["patchtrain", "pro"], &["promote"]),
        (&["patchtrain", "state", "re"], &["restore", "rewrite"]),
        (&["patchtrain", "audit", "--si"], &["--since"]),
        (&["patchtrain", "report", "--format", "s"], &["sarif"]),
        (&["patchtrain", "completions", "z"], &["zsh"]),
    ] {
        let mut found = offered(path, words);
        found.sort();
        assert_eq!(found, expected, "{words:?}");
    }
    let help = workspace.run(&["--help"]).expect(exit::DONE).stdout;
    let commands = help.split_once("Commands:\n").unwrap().1.lines().take_while(|line| !line.is_empty());
    let all = offered(path, &["patchtrain", ""]);
    for command in commands.filter_map(|line| line.split_whitespace().next()) {
        assert!(all.iter().any(|word| word == command), "{command} is not offered: {all:?}");
    }
}

#[test]
fn every_shell_has_its_own_and_no_other_has_one() {
    let workspace = Workspace::empty();
    for (shell, part) in
        [("bash", "_patchtrain()"), ("zsh", "#compdef patchtrain"), ("fish", "complete -c patchtrain")]
    {
        let ran = workspace.run(&["completions", shell]).expect(exit::DONE);
        assert!(ran.stdout.contains(part) && ran.stderr.is_empty(), "{shell}");
    }
    workspace.run(&["completions", "tcsh"]).expect(exit::USAGE);
    workspace.run(&["completions"]).expect(exit::USAGE);
}
