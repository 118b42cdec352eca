//! Command lines as such: help, version, and every way to get one wrong.

use std::process::Stdio;

use patchtrain::cli::exit;

use crate::support::Workspace;

#[test]
fn a_wrong_command_line_is_64_and_says_so_on_stderr_alone() {
    let workspace = Workspace::empty();
    let wrong: &[&[&str]] = &[
        &[],
        &["paln"],
        &["plan", "--bogus"],
        &["plan", "extra"],
        &["plan", "--out"],
        &["plan", "--train"],
        &["plan", "--parallelism", "0"],
        &["plan", "--parallelism", "257"],
        &["plan", "--parallelism", "many"],
        &["plan", "--summary", "--full"],
        &["plan", "--auto-approve"],
        &["plan", "--format", "yaml"],
        &["plan", "--format", "json", "--refresh-only"],
        &["plan", "--json", "--format", "json"],
        &["plan", "--json", "--summary"],
        &["apply", "--json", "--full"],
        &["schema"],
        &["schema", "state"],
        &["plan", "--wait"],
        &["plan", "--at"],
        &["plan", "--at", "48h"],
        &["plan", "--at", "2026-12-05T02:00:00Z", "--out", "saved.plan"],
        &["plan", "--at", "2026-12-05T02:00:00Z", "--refresh-only"],
        &["apply", "one", "two"],
        &["apply", "saved.plan", "--train", "web"],
        &["apply", "saved.plan", "--allow-shrink"],
        &["show", "saved.plan", "--train", "web"],
        &["rollout"],
        &["rollout", "stop", "web"],
        &["rollout", "status", "--format", "html"],
        &["rollout", "pause"],
        &["rollout", "pause", "web", "--reason"],
        &["rollout", "resume", "web", "db"],
        &["rollout", "abort", "web"],
        &["report", "--format", "pdf"],
        &["report", "report.html"],
        &["validate", "--train", "web"],
        &["init"],
        &["init", "--name", "web"],
        &["init", "--simulator", "--region", "eu-frankfurt-1"],
        &["init", "--simulator", "--os", "oracle-linux-9"],
        &["init", "--simulator", "--name", "a/b"],
        &["init", "--name", "a", "--compartment", "mine"],
        &["init", "--name", "a", "--compartment", "ocid1.compartment.oc1..a", "--region", "Frankfurt"],
        &["freeze"],
        &["freeze", "GL 2"],
        &["freeze", "../GL2"],
        &["freeze", "GL2", "--train", "one", "--train", "two"],
        &["fmt", "--train", "web"],
        &["simulate", "--port", "65536"],
        &["simulate", "--api", "osm"],
        &["simulate", "advance"],
        &["simulate", "advance", "48"],
        &["simulate", "advance", "0h"],
        &["simulate", "--port", "8080", "advance", "48h"],
        &["--chdir", "does-not-exist", "plan"],
        &["--chdir"],
    ];
    for arguments in wrong {
        let ran = workspace.run(arguments);
        assert_eq!(ran.code, Some(i32::from(exit::USAGE)), "{arguments:?}: {}", ran.stderr);
        assert_eq!(ran.stdout, "", "{arguments:?}");
        assert_ne!(ran.stderr.trim(), "", "{arguments:?}");
    }
    assert!(workspace.files().is_empty());
}

#[test]
fn a_misspelt_command_is_answered_with_the_right_one() {
    let ran = Workspace::empty().run(&["paln"]).expect(exit::USAGE);
    assert!(ran.stderr.contains("'plan'"), "{}", ran.stderr);
}

#[test]
fn help_and_version_are_data() {
    let workspace = Workspace::empty();
    let version = workspace.run(&["--version"]).expect(exit::DONE);
    assert_eq!(version.stdout, format!("patchtrain {}\n", env!("CARGO_PKG_VERSION")));
    assert_eq!(version.stderr, "");
    let commands: &[&[&str]] = &[
        &["--help"],
        &["-h"],
        &["help"],
        &["help", "plan"],
        &["init", "--help"],
        &["fmt", "--help"],
        &["freeze", "--help"],
        &["validate", "--help"],
        &["plan", "--help"],
        &["apply", "--help"],
        &["show", "--help"],
        &["status", "--help"],
        &["report", "--help"],
        &["rollout", "--help"],
        &["rollout", "status", "--help"],
        &["rollout", "pause", "--help"],
        &["rollout", "resume", "--help"],
        &["rollout", "abort", "--help"],
        &["simulate", "--help"],
        &["simulate", "advance", "--help"],
    ];
    for arguments in commands {
        let help = workspace.run(arguments).expect(exit::DONE);
        assert!(help.stdout.contains("Usage: patchtrain"), "{arguments:?}: {}", help.stdout);
        assert_eq!(help.stderr, "", "{arguments:?}");
        let widest = help.stdout.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(100), "{arguments:?} is {widest:?} columns wide");
    }
}

#[test]
fn help_lists_every_exit_code() {
    let help = Workspace::empty().run(&["--help"]).expect(exit::DONE).stdout;
    for (code, _) in exit::TABLE {
        assert!(
            help.lines().any(|line| line.trim_start().starts_with(&format!("{code}  "))),
            "{code}: {help}"
        );
    }
}

#[test]
fn a_reader_that_has_gone_away_is_no_error() {
    let workspace = Workspace::empty();
    for (arguments, code) in [(vec!["--help"], exit::DONE), (vec!["plan"], exit::ERROR)] {
        let mut command = workspace.command(&arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        drop(child.stderr.take());
        assert_eq!(child.wait().unwrap().code(), Some(i32::from(code)), "{arguments:?}");
    }
}
