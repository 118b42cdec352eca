//! What the README says of the command line is what the command line does, and what it shows is what it prints.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use patchtrain::cli::exit;

use crate::support::{Served, Workspace};

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
        // `plan [--out FILE]` or `release show RELEASE`: the name, its own command, and the flags that it must take.
        let usage = row[0].trim_matches('`');
        let name = usage.split(' ').next().unwrap_or_default();
        documented.insert(name);
        let mut arguments = vec![name];
        let of_its_own = |word: &&str| word.bytes().all(|byte| byte.is_ascii_lowercase());
        arguments.extend(usage.split(' ').nth(1).filter(of_its_own));
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

/// Held while a document is read and written anew: several tests have their blocks in one.
static DOCUMENTS: Mutex<()> = Mutex::new(());

/// Checks that the marked blocks of a document are these texts. `PATCHTRAIN_UPDATE_GOLDEN=1` writes them anew.
pub(super) fn hold(document: &str, blocks: &[(&str, &str)]) {
    let _one = DOCUMENTS.lock().unwrap_or_else(PoisonError::into_inner);
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
            ("Plan `", "5f1c0de5a11d"),
            ("made ", TIME),
            ("as of ", TIME),
            ("last applied ", TIME),
            ("last known to be right ", TIME),
            ("inventory of ", TIME),
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

/// What one sees on the walk through the README.
struct Walk {
    /// The end of the first apply.
    applied: String,
    /// The plan that moves the canaries.
    plan: String,
    /// The fleet once they are moved.
    status: String,
    /// The plan once web-13 is known to the service.
    later: String,
}

impl Walk {
    /// Goes through it. Width 100, without colour: that is how the program is run by tests.
    fn of(workspace: &Workspace, plan: &[&str]) -> Self {
        let apply = ["apply", "--auto-approve", "--summary"];
        let applied = workspace.run(&apply).expect(exit::DONE).stdout;
        let (_, applied) = applied.split_at(applied.rfind("\nHeld").unwrap() + 1);
        let again = workspace.run(&["plan", "--detailed-exitcode", "--summary"]).expect(exit::DONE).stdout;
        assert!(again.contains("No changes. Your infrastructure matches the configuration."), "{again}");
        let path = workspace.path().join("trains/great-linux.toml");
        let train = fs::read_to_string(&path).unwrap();
        fs::write(&path, train.replacen("release = \"GL1\"", "release = \"GL1.1\"", 1)).unwrap();
        let plan = workspace.run(plan).expect(exit::DONE).stdout;
        workspace.run(&apply).expect(exit::DONE);
        let status = workspace.run(&["status"]).expect(exit::DONE).stdout;
        workspace.run(&["simulate", "advance", "6h"]).expect(exit::DONE);
        let later = workspace.run(&["plan", "--summary"]).expect(exit::DONE).stdout;
        Self { applied: applied.to_owned(), plan, status, later }
    }
}

/// The walk through the README, with the train and the manifests that lie in `trains/`: what it says that one sees is
/// what one sees.
#[test]
fn the_walk_shows_what_is_printed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = Workspace::empty();
    for file in ["great-linux.toml", "great-linux/GL1.packages", "great-linux/GL1.1.packages"] {
        let place = format!("trains/{file}");
        workspace.write(&place, &fs::read_to_string(root.join(&place)).unwrap());
    }
    let Walk { applied, plan, status, later } = Walk::of(&workspace, &["plan"]);
    let blocks = [("apply", &*applied), ("plan", &plan), ("status", &status), ("later", &later)];
    hold("README.md", &blocks);
}

/// The same on OS Management Hub, with the train that `init` writes for it.
#[test]
fn the_walk_on_the_hub_shows_what_is_printed() {
    let workspace = Workspace::empty();
    workspace.run(&["init", "--simulator", "--api", "osmh"]).expect(exit::DONE);
    let _served = Served::quick(&workspace);
    let Walk { applied, plan, status, later } = Walk::of(&workspace, &["plan", "--summary"]);
    hold("README.md", &[("hub-apply", &applied), ("hub-plan", &plan)]);
    let fleet = "canary   GL1.1      3/3";
    assert!(status.contains(fleet) && status.contains("with 22 of 24 instances."), "{status}");
    assert!(later.contains("because 1 put in by trains/great-linux.toml"), "{later}");
    workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE);
    let joined = workspace.run(&["status", "web"]).expect(exit::DONE).stdout;
    assert!(joined.contains("with 12 of 12 instances."), "{joined}");
}
