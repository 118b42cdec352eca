//! What the README says of the command line is what the command line does.

use std::collections::BTreeSet;

use patchtrain::cli::exit;

use crate::support::Workspace;

const README: &str = include_str!("../../README.md");

/// Returns the rows of the table below a heading, each as its cells.
fn table(heading: &str) -> Vec<Vec<&'static str>> {
    let (_, below) = README.split_once(heading).unwrap_or_else(|| panic!("README.md has no `{heading}`"));
    let rows =
        below.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    rows.skip(2).map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect()).collect()
}

#[test]
fn the_exit_codes_are_those_of_the_program() {
    let documented: Vec<(String, String)> =
        table("## Exit codes").iter().map(|row| (row[0].to_owned(), row[1].to_owned())).collect();
    let real: Vec<(String, String)> =
        exit::TABLE.iter().map(|(code, meaning)| (format!("`{code}`"), (*meaning).to_owned())).collect();
    assert_eq!(documented, real);
}

#[test]
fn the_commands_and_flags_are_those_of_the_program() {
    let workspace = Workspace::empty();
    let help = workspace.run(&["--help"]).expect(exit::DONE).stdout;
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let real: BTreeSet<&str> = commands
        .lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    let rows = table("## Commands");
    let mut documented = BTreeSet::new();
    for row in &rows {
        // `plan [--out FILE]` or `simulate advance DURATION`: the name, and the flags that it must take.
        let usage = row[0].trim_matches('`');
        let name = usage.split(' ').next().unwrap_or_default();
        documented.insert(name);
        let mut arguments = vec![name];
        if usage.starts_with("simulate advance") {
            arguments.push("advance");
        }
        arguments.push("--help");
        let help = workspace.run(&arguments).expect(exit::DONE).stdout;
        for flag in usage.split([' ', '[', ']', '|']).filter(|word| word.starts_with("--")) {
            assert!(help.contains(flag), "README.md gives `{name}` the flag {flag}, the program does not");
        }
    }
    assert_eq!(documented, real);
}
