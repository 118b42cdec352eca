//! Folders that are no workspace, or not a good one.

use patchtrain::cli::exit;

use crate::support::Workspace;

const COMMANDS: [&[&str]; 7] = [
    &["fmt"],
    &["freeze", "GL2"],
    &["validate"],
    &["plan"],
    &["apply", "--auto-approve"],
    &["show"],
    &["status"],
];

#[test]
fn without_train_files_every_command_says_where_it_looked_and_what_to_do() {
    let workspace = Workspace::empty();
    workspace.write("trains/readme.txt", "no train");
    let before = workspace.files();
    for arguments in COMMANDS {
        let ran = workspace.run(arguments).expect(exit::ERROR);
        assert_eq!(ran.stdout, "", "{arguments:?}");
        let folder = workspace.path().canonicalize().unwrap();
        for part in ["Error: no train files here", "trains/*.toml", "--chdir", &folder.display().to_string()]
        {
            assert!(ran.stderr.contains(part), "{arguments:?}: no `{part}` in {}", ran.stderr);
        }
    }
    assert_eq!(workspace.files(), before);
}

#[test]
fn chdir_is_where_everything_is_looked_up() {
    let workspace = Workspace::empty();
    workspace.write("deep/er/trains/.keep", "");
    let ran = workspace.run(&["--chdir", "deep/er", "plan"]).expect(exit::ERROR);
    assert!(ran.stderr.contains("deep/er has no trains/*.toml"), "{}", ran.stderr);
    let after = workspace.run(&["plan", "--chdir", "deep/er"]).expect(exit::ERROR);
    assert_eq!(ran.stderr, after.stderr);
}

#[test]
fn apply_without_a_terminal_refuses_before_it_looks_at_anything() {
    let workspace = Workspace::empty();
    let ran = workspace.run(&["apply"]).expect(exit::USAGE);
    assert_eq!(ran.stdout, "");
    for part in ["no terminal", "--auto-approve", "--out"] {
        assert!(ran.stderr.contains(part), "no `{part}` in {}", ran.stderr);
    }
    assert!(workspace.files().is_empty());
}

#[test]
fn a_plan_file_that_is_none_is_told_apart_from_one_that_is_not_there() {
    let workspace = Workspace::empty();
    for command in ["show", "apply"] {
        let missing = workspace.run(&[command, "no.plan"]).expect(exit::ERROR);
        assert!(missing.stderr.contains("no.plan"), "{}", missing.stderr);
        for (name, text) in
            [("empty.plan", ""), ("text.plan", "hello"), ("other.plan", "{\"format_version\":1}")]
        {
            workspace.write(name, text);
            let damaged = workspace.run(&[command, name]).expect(exit::REFUSED);
            assert!(damaged.stderr.contains(name), "{}", damaged.stderr);
            assert_eq!(damaged.stdout, "");
        }
        workspace.write("newer.plan", "{\"format_version\":99}");
        let newer = workspace.run(&[command, "newer.plan"]).expect(exit::ERROR);
        assert!(newer.stderr.contains("update patchtrain"), "{}", newer.stderr);
    }
}
