//! `validate`, on disk: every problem of every file in one run, and what it says when there is none.

use patchtrain::cli::exit;

use crate::support::Workspace;

const MANIFEST: &str = "bash-4.4.20-1.el8.x86_64\nglibc-2.28-1.el8.i686\n";

const TRAIN: &str = r#"
[train]
name         = "t"
os           = "oracle-linux-8"
architecture = "x86_64"
compartment  = "ocid1.compartment.oc1..aaaa"

[service]
api       = "osms"
endpoints = { osms = "simulator" }

[[release]]
name     = "GL1"
manifest = "t/GL1.packages"

[[group]]
name    = "canary"
release = "GL1"
members = ["ocid1.instance.oc1..a"]
"#;

fn workspace() -> Workspace {
    let workspace = Workspace::empty();
    workspace.write("trains/t.toml", TRAIN);
    workspace.write("trains/t/GL1.packages", MANIFEST);
    workspace
}

#[test]
fn a_good_workspace_is_told_in_a_line_per_train() {
    let workspace = workspace();
    let before = workspace.files();
    let ran = workspace.run(&["validate"]).expect(exit::DONE);
    assert_eq!(
        ran.stdout,
        "Success! The configuration is valid.\n  t: 1 release, 2 packages, 1 group, 1 instance listed\n"
    );
    assert_eq!(ran.stderr, "");
    assert_eq!(workspace.files(), before);
}

#[test]
fn every_problem_of_every_file_is_told_in_one_run() {
    let workspace = workspace();
    workspace.write("trains/t/GL1.packages", "bash-4.4.20-1.el8.x86_64\nnot-a-package\n");
    workspace.write("trains/u.toml", &TRAIN.replace("[[release]]", "[[relase]]").replace("\"t\"", "\"u\""));
    for arguments in [vec!["validate"], vec!["plan"], vec!["apply", "--auto-approve"], vec!["status"]] {
        let ran = workspace.run(&arguments).expect(exit::ERROR);
        assert_eq!(ran.stdout, "");
        for part in
            ["trains/t/GL1.packages:2", "not-a-package", "trains/u.toml", "relase", "release", "Error: "]
        {
            assert!(ran.stderr.contains(part), "{arguments:?}: no `{part}` in {}", ran.stderr);
        }
        assert_eq!(ran.stderr.matches("\nError: ").count(), 1, "{}", ran.stderr);
    }
}

#[test]
fn files_that_are_named_are_checked_alone() {
    let workspace = workspace();
    workspace.write("trains/broken.toml", "[train");
    workspace.run(&["validate", "trains/t.toml"]).expect(exit::DONE);
    workspace.run(&["validate", "trains/broken.toml"]).expect(exit::ERROR);
    let missing = workspace.run(&["validate", "trains/missing.toml"]).expect(exit::ERROR);
    assert!(missing.stderr.contains("trains/missing.toml"), "{}", missing.stderr);
}

#[test]
fn a_train_that_is_not_there_is_answered_with_those_that_are() {
    let workspace = workspace();
    for command in ["plan", "show", "status"] {
        let ran = workspace.run(&[command, "--train", "x"]).expect(exit::USAGE);
        assert!(ran.stderr.contains("no train `x`") && ran.stderr.contains("are: t"), "{}", ran.stderr);
    }
}

#[test]
fn before_the_first_apply_there_is_no_state_to_show() {
    let workspace = workspace();
    let before = workspace.files();
    let ran = workspace.run(&["show"]).expect(exit::DONE);
    assert_eq!(ran.stdout, "");
    assert!(ran.stderr.contains("never been applied"), "{}", ran.stderr);
    assert_eq!(workspace.files(), before);
}

#[test]
fn one_plan_file_holds_one_train() {
    let workspace = workspace();
    let other = TRAIN.replace("\"t\"", "\"u\"").replace("..a\"", "..b\"").replace("canary", "web");
    workspace.write("trains/u.toml", &other);
    let ran = workspace.run(&["plan", "--out", "both.plan"]).expect(exit::USAGE);
    assert!(ran.stderr.contains("t, u") && ran.stderr.contains("--train"), "{}", ran.stderr);
}
