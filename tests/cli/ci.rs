//! The scripts below `ci/` as CI systems run them: the real program against the simulator, and stand-ins of it where only
//! the script is tried.

mod approvals;
mod comments;
mod forge;
mod signals;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use patchtrain::cli::exit;

use crate::support::{Served, Workspace};
use forge::{Forge, MARK, TOKEN};

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("ci").join(name)
}

/// Writes a program of the shell below a folder.
fn program(folder: &Path, name: &str, text: &str) -> PathBuf {
    fs::create_dir_all(folder).unwrap();
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// A script with the environment that a CI system gives it, and nothing of this one's.
fn command(workspace: &Workspace, name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(script(name));
    command.args(arguments).current_dir(workspace.path()).stdin(std::process::Stdio::null());
    for name in [
        "GITHUB_OUTPUT",
        "GITHUB_STEP_SUMMARY",
        "GITHUB_TOKEN",
        "PATCHTRAIN_PULL",
        "PATCHTRAIN_COMMIT",
        "PATCHTRAIN_APPROVALS",
        "CI_MERGE_REQUEST_IID",
        "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA",
        "CI_COMMIT_SHA",
        "PATCHTRAIN_TOKEN",
        "PATCHTRAIN_URL",
        "RUNNER_TEMP",
        "GITHUB_PATH",
        "http_proxy",
        "HTTP_PROXY",
        "ALL_PROXY",
        "all_proxy",
    ] {
        command.env_remove(name);
    }
    for (name, value) in workspace.environment() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.env("PATCHTRAIN", PathBuf::from(env!("CARGO_BIN_EXE_patchtrain")));
    command
}

/// Gives a script what it takes to comment there.
fn on(forge: Forge, command: &mut Command, here: &str) {
    match forge {
        Forge::GitHub => command
            .env("GITHUB_API_URL", here)
            .env("GITHUB_REPOSITORY", "acme/fleet")
            .env("PATCHTRAIN_PULL", "7")
            .env("GITHUB_TOKEN", TOKEN),
        Forge::GitLab => command
            .env("CI_API_V4_URL", here)
            .env("CI_PROJECT_ID", "12")
            .env("CI_MERGE_REQUEST_IID", "7")
            .env("PATCHTRAIN_TOKEN", TOKEN),
    };
}

/// Runs it to its end and returns what it said and its code.
#[track_caller]
fn ran(command: &mut Command, code: u8) -> (String, String) {
    let output: Output = Workspace::output(command);
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(i32::from(code)), "\n--- stdout\n{out}\n--- stderr\n{err}");
    for said in [&out, &err] {
        assert!(!said.contains(TOKEN), "{said}");
    }
    (out, err)
}

#[test]
fn the_program_takes_the_place_of_the_script_that_applies() {
    let workspace = Workspace::empty();
    workspace.write("saved.plan", "");
    let own = program(workspace.path(), "stand-in", "echo $$ \"$@\"");
    let mut command = command(&workspace, "apply.sh", &["saved.plan", "--wait"]);
    command.env("PATCHTRAIN", own).env("PATCHTRAIN_DIR", "fleet").stdout(std::process::Stdio::piped());
    let child = command.spawn().unwrap();
    let pid = child.id();
    let said = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    let plan = workspace.path().canonicalize().unwrap().join("saved.plan");
    let arguments = format!("--chdir fleet --no-color apply {} --wait", plan.display());
    assert_eq!(said.trim(), format!("{pid} {arguments}"), "a signal to the script is one to the program");
}

#[test]
fn a_plans_code_is_the_scripts_but_for_something_to_do() {
    let workspace = Workspace::empty();
    for (plan, saved, code) in [
        (0, true, 0),
        (2, true, 0),
        (5, true, 5),
        (5, false, 5),
        (1, false, 1),
        (4, false, 4),
        (64, false, 64),
        (130, false, 130),
    ] {
        let save = if saved { "while [ \"$1\" != --out ]; do shift; done; echo plan >\"$2\"" } else { ":" };
        let text = format!("case \" $* \" in *\" plan \"*) {save}; exit {plan} ;; *) echo '{MARK}' ;; esac");
        let own = program(workspace.path(), "stand-in", &text);
        let mut command = command(&workspace, "plan.sh", &[]);
        command.env("PATCHTRAIN", own).env("PATCHTRAIN_TRAIN", "great-linux");
        command.env("GITHUB_OUTPUT", workspace.path().join(format!("output-{plan}-{saved}")));
        ran(&mut command, code);
        let output = fs::read_to_string(workspace.path().join(format!("output-{plan}-{saved}"))).unwrap();
        assert!(output.starts_with(&format!("exitcode={plan}\n")), "{output}");
        assert_eq!(workspace.path().join("patchtrain-plan/plan.html").exists(), saved, "{plan}");
    }
}

#[test]
fn an_audit_leaves_all_its_files_and_drift_is_no_error() {
    let workspace = Workspace::quickstart(&[]);
    let _served = Served::quick(&workspace);
    workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE);
    let audit = || {
        let mut command = command(&workspace, "audit.sh", &[]);
        command.env("PATCHTRAIN_AUDIT_SINCE", "2026-01-01");
        command
    };
    ran(&mut audit(), exit::DONE);
    let read = |name: &str| fs::read_to_string(workspace.path().join("patchtrain-audit").join(name)).unwrap();
    for (name, part) in [
        ("report.html", "<!doctype html>"),
        ("report.xml", "<testsuite name=\"great-linux.web\""),
        ("report.sarif", "\"version\": \"2.1.0\""),
        ("audit.html", "Audit of great-linux"),
        ("audit.json", "\"complete\": true"),
    ] {
        assert!(read(name).contains(part), "{name}");
    }
    let kept = fs::read_to_string(workspace.path().join("state/great-linux.reports")).unwrap();
    assert_eq!(kept.lines().count(), 1, "one look at the fleet");

    let output = workspace.path().join("output");
    ran(audit().env("GITHUB_OUTPUT", &output), exit::DONE);
    let sarif = workspace.path().canonicalize().unwrap().join("patchtrain-audit/report.sarif");
    assert_eq!(fs::read_to_string(&output).unwrap(), format!("sarif={}\n", sarif.display()));
    fs::remove_file(&output).unwrap();

    // Of what is not asked for drift, 2 is an error as well.
    for (drift, report, code) in [
        (2, 0, 2),
        (2, 1, 1),
        (0, 4, 4),
        (1, 2, 1),
        (0, 0, 0),
        (0, 2, 1),
        (2, 2, 1),
        (4, 2, 4),
        (0, 130, 130),
    ] {
        let text =
            format!("case \" $* \" in *\" drift \"*) exit {drift} ;; *\" report \"*) exit {report} ;; esac");
        let own = program(workspace.path(), "stand-in", &text);
        ran(audit().env("PATCHTRAIN", own).env("GITHUB_OUTPUT", &output), code);
        assert!(!output.exists(), "what an earlier audit left is not uploaded");
    }
}

#[test]
fn the_program_is_the_one_on_path() {
    let workspace = Workspace::empty();
    workspace.write("saved.plan", "");
    let folder = workspace.path().join("bin");
    let log = workspace.path().join("lines");
    program(&folder, "patchtrain", &format!("echo \"$*\" >>'{}'; exit 4", log.display()));
    let path = std::env::var("PATH").unwrap();
    for (name, arguments, first) in [
        ("plan.sh", &[][..], "--chdir . --no-color plan --out "),
        ("apply.sh", &["saved.plan"], "--chdir . --no-color apply "),
        ("audit.sh", &[], "--chdir . --no-color drift --format json"),
    ] {
        let mut command = command(&workspace, name, arguments);
        command.env_remove("PATCHTRAIN").env("PATH", format!("{}:{path}", folder.display()));
        ran(&mut command, 4);
        let said = fs::read_to_string(&log).unwrap();
        assert!(said.starts_with(first), "{name}: {said}");
        fs::remove_file(&log).unwrap();
    }
}

#[test]
fn only_a_binary_that_was_meant_is_installed() {
    let workspace = Workspace::empty();
    let real = program(workspace.path(), "real", "echo patchtrain 0.1.0");
    let sum = Command::new("sha256sum").arg(&real).output().unwrap();
    let sum = String::from_utf8(sum.stdout).unwrap();
    let sum = sum.split(' ').next().unwrap();
    let install = |sum: Option<&str>| {
        let mut command = command(&workspace, "install.sh", &[]);
        command.env("PATCHTRAIN_URL", format!("file://{}", real.display()));
        command.env("RUNNER_TEMP", workspace.path().join("temp"));
        command.env("GITHUB_PATH", workspace.path().join("path"));
        sum.map(|sum| command.env("PATCHTRAIN_SHA256", sum));
        command
    };
    assert!(ran(&mut install(None), 1).1.contains("PATCHTRAIN_SHA256 is not set"));
    let other = "0".repeat(64);
    assert!(ran(&mut install(Some(&other)), 1).1.contains("another SHA-256"));
    let folder = workspace.path().join("temp/patchtrain");
    assert!(!folder.join("patchtrain").exists() && !folder.join("patchtrain.new").exists());
    let (out, err) = ran(&mut install(Some(sum)), 0);
    assert_eq!((out.trim(), err.trim()), (folder.to_str().unwrap(), "patchtrain 0.1.0"));
    assert_eq!(fs::read_to_string(workspace.path().join("path")).unwrap().trim(), folder.to_str().unwrap());
    let mut none = command(&workspace, "install.sh", &[]);
    none.env("PATH", "/usr/bin:/bin");
    assert!(ran(&mut none, 1).1.contains("patchtrain is not installed"));
}
