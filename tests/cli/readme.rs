//! What the README says of the command line is what the command line does, and what it shows is what it prints.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

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

/// Returns the text between two marks, with the lines before and after.
fn between<'a>(text: &'a str, begin: &str, end: &str) -> (&'a str, &'a str, &'a str) {
    let split = text.split_once(begin).and_then(|(before, rest)| Some((before, rest.split_once(end)?)));
    let (before, (inside, after)) = split.unwrap_or_else(|| panic!("there is no {begin} ... {end}"));
    (before, inside, after)
}

/// Checks that the marked blocks of a document are these texts. `PATCHTRAIN_UPDATE_GOLDEN=1` writes them anew.
pub(super) fn hold(document: &str, blocks: &[(&str, &str)]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(document);
    let mut whole = fs::read_to_string(&path).unwrap();
    for (name, text) in blocks {
        let (begin, end) = (format!("<!-- {name}:begin -->\n"), format!("<!-- {name}:end -->"));
        let (before, inside, after) = between(&whole, &begin, &end);
        let real = format!("\n```text\n{}```\n\n", pinned(text));
        if std::env::var_os("PATCHTRAIN_UPDATE_GOLDEN").is_some() {
            whole = format!("{before}{begin}{real}{end}{after}");
            fs::write(&path, &whole).unwrap();
        } else {
            let diff = similar::TextDiff::from_lines(inside, &real);
            assert!(inside == real, "{document}, {name}:\n{}", diff.unified_diff());
        }
    }
}

/// Pins what differs from one run to the next: the plan's id, lineages, and the times.
fn pinned(text: &str) -> String {
    const TIME: &str = "2026-11-23 09:00Z";
    let mut pinned = String::new();
    for line in text.lines() {
        let mut line = line.to_owned();
        for (lead, value) in [
            ("   plan ", "5f1c0de5a11d"),
            ("made ", TIME),
            ("as of ", TIME),
            ("last seen ", "2026-09-18 21:30Z"),
            ("lineage ", "6f9a1c206f9a1c206f9a1c206f9a1c20"),
        ] {
            if let Some(start) = line.find(lead).map(|start| start + lead.len())
                && line.is_char_boundary(start + value.len())
            {
                line.replace_range(start..start + value.len(), value);
            }
        }
        pinned.push_str(&line);
        pinned.push('\n');
    }
    pinned
}

/// The walk through the README, with the train and the manifests that lie in `trains/`: what it says that one sees is
/// what one sees.
#[test]
fn the_walk_shows_what_is_printed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = Workspace::empty();
    let copy = |place: &str| workspace.write(place, &fs::read_to_string(root.join(place)).unwrap());
    for manifest in ["GL1", "GL1.1"] {
        copy(&format!("trains/great-linux/{manifest}.packages"));
    }
    let train = fs::read_to_string(copy("trains/great-linux.toml")).unwrap();

    let applied = workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE).stdout;
    let (_, done) = applied.split_at(applied.rfind("\nHeld").unwrap() + 1);
    // Width 100, without colour: that is how the program is run by tests.
    workspace
        .write("trains/great-linux.toml", &train.replacen("release = \"GL1\"", "release = \"GL1.1\"", 1));
    let plan = workspace.run(&["plan"]).expect(exit::DONE).stdout;
    workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE);
    let status = workspace.run(&["status"]).expect(exit::DONE).stdout;
    workspace.run(&["simulate", "advance", "6h"]).expect(exit::DONE);
    let later = workspace.run(&["plan", "--summary"]).expect(exit::DONE).stdout;

    hold("README.md", &[("apply", done), ("plan", &plan), ("status", &status), ("later", &later)]);
}
