//! `patchtrain init`: workspaces from nothing, and what is there stays.

use std::collections::BTreeMap;
use std::path::PathBuf;

use patchtrain::cli::exit;

use crate::support::Workspace;

const REAL: &[&str] = &[
    "init",
    "--name",
    "prod",
    "--compartment",
    "ocid1.compartment.oc1..prod",
    "--region",
    "eu-frankfurt-1",
    "--golden",
    "ocid1.instance.oc1..gold",
];

#[test]
fn a_workspace_for_a_tenancy_is_valid_and_laid_out_from_the_start() {
    let workspace = Workspace::empty();
    let ran = workspace.run(REAL).expect(exit::DONE);
    assert_eq!(ran.stdout, "state/.gitignore\nstate/README.md\ntrains/prod.toml\n");
    for step in ["patchtrain freeze", "[[group]]", "patchtrain plan"] {
        assert!(ran.stderr.contains(step), "no `{step}` in {}", ran.stderr);
    }
    let files: Vec<PathBuf> = workspace.files().into_keys().collect();
    let expected = ["state/.gitignore", "state/README.md", "state/prod.lock", "trains/prod.toml"];
    assert_eq!(files, expected.map(PathBuf::from));
    workspace.run(&["validate"]).expect(exit::DONE);
    workspace.run(&["fmt", "--check"]).expect(exit::DONE);

    let before = workspace.files();
    let again = workspace.run(REAL).expect(exit::ERROR);
    assert!(again.stderr.contains("trains/prod.toml") && again.stderr.contains("overwrites nothing"));
    assert_eq!((again.stdout.as_str(), workspace.files()), ("", before));
}

#[test]
fn a_tenancys_train_is_on_os_management_hub_unless_asked_otherwise() {
    let train = |flags: &[&str]| {
        let workspace = Workspace::empty();
        workspace.run(&[REAL, flags].concat()).expect(exit::DONE);
        workspace.run(&["validate"]).expect(exit::DONE);
        workspace.run(&["fmt", "--check"]).expect(exit::DONE);
        String::from_utf8(workspace.files().remove(&PathBuf::from("trains/prod.toml")).unwrap()).unwrap()
    };
    let usual = "\nvendor_sources = [\"ol8_baseos_latest-x86_64\", \"ol8_appstream-x86_64\"]\n";
    let hub = train(&[]);
    assert!(hub.contains("\napi = \"osmh\"\n") && hub.contains(usual), "{hub}");
    assert_eq!(train(&["--api", "osmh"]), hub);
    let named =
        train(&["--vendor-source", "ol8_uekr7-x86_64", "--vendor-source", "ocid1.osmhsoftwaresource.oc1..a"]);
    let sources = "\nvendor_sources = [\"ol8_uekr7-x86_64\", \"ocid1.osmhsoftwaresource.oc1..a\"]\n";
    assert!(named.contains(sources), "{named}");

    let old = train(&["--api", "osms"]);
    assert!(old.contains("\napi = \"osms\"\n") && !old.contains("\nvendor_sources"), "{old}");
    // What only the other service needs may stand in it from the start.
    let both = train(&["--api", "osms", "--vendor-source", "ol8_uekr7-x86_64"]);
    assert!(both.contains("\nvendor_sources = [\"ol8_uekr7-x86_64\"]\n"), "{both}");

    let workspace = Workspace::empty();
    let wrong = workspace.run(&[REAL, &["--vendor-source", "ocid1.x"]].concat()).expect(exit::USAGE);
    assert!(wrong.stderr.contains("is not an OCID"), "{}", wrong.stderr);
    workspace.run(&[REAL, &["--api", "osmx"]].concat()).expect(exit::USAGE);
    assert_eq!(workspace.files().len(), 0);
}

#[test]
fn the_simulators_train_is_on_the_service_that_is_asked_for() {
    for (flags, api) in [(&[][..], "osms"), (&["--api", "osms"], "osms"), (&["--api", "osmh"], "osmh")] {
        let workspace = Workspace::empty();
        workspace.run(&[&["init", "--simulator"], flags].concat()).expect(exit::DONE);
        workspace.run(&["validate"]).expect(exit::DONE);
        workspace.run(&["fmt", "--check"]).expect(exit::DONE);
        let train = workspace.files().remove(&PathBuf::from("trains/great-linux.toml")).unwrap();
        let train = String::from_utf8(train).unwrap();
        assert!(train.contains(&format!("endpoints = {{ {api} = \"simulator\" }}")), "{train}");
        assert_eq!(train.contains("\nvendor_sources = ["), api == "osmh", "{train}");
    }
}

#[test]
fn a_second_train_comes_beside_the_first_unless_both_cannot_be() {
    let workspace = Workspace::empty();
    workspace.run(REAL).expect(exit::DONE);
    workspace.write("state/README.md", "ours");
    workspace.run(&["init", "--simulator"]).expect(exit::DONE);
    workspace.run(&["validate"]).expect(exit::DONE);
    assert_eq!(workspace.files()[&PathBuf::from("state/README.md")], b"ours");

    // A second train of the simulator has the same instances.
    let before = workspace.files();
    let both = workspace.run(&["init", "--simulator", "--name", "other"]).expect(exit::ERROR);
    assert!(both.stderr.contains("nothing was written"), "{}", both.stderr);
    assert_eq!((both.stdout.as_str(), workspace.files()), ("", before));
}

#[test]
fn a_folder_that_cannot_keep_state_gets_nothing() {
    let workspace = Workspace::empty();
    workspace.write("state", "a file where the folder should be");
    let before: BTreeMap<_, _> = workspace.files();
    let ran = workspace.run(REAL).expect(exit::ERROR);
    assert!(ran.stderr.contains("the state cannot be kept"), "{}", ran.stderr);
    assert_eq!(workspace.files(), before);
}

#[test]
fn with_the_simulator_the_whole_cycle_runs_anywhere() {
    let workspace = Workspace::empty();
    let made = workspace.run(&["init", "--simulator", "--name", "play"]).expect(exit::DONE);
    assert!(made.stdout.contains("trains/play/GL1.packages\ntrains/play/GL1.1.packages\ntrains/play.toml\n"));
    workspace.run(&["fmt", "--check"]).expect(exit::DONE);
    let frozen =
        workspace.run(&["freeze", "GL2", "--from", "golden-01", "--kernels", "all"]).expect(exit::DONE);
    assert_eq!(frozen.stdout, "trains/play/GL2.packages\n");
    // Nobody has patched the golden instance yet.
    assert!(frozen.stderr.contains("it holds the same as release GL1"), "{}", frozen.stderr);
    workspace.run(&["fmt", "--check"]).expect(exit::DONE);
    let path = workspace.path().join("trains/play.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let bound = text.replacen(
        "name    = \"canary\"\nrelease = \"GL1\"",
        "name    = \"canary\"\nrelease = \"GL2\"",
        1,
    );
    assert_ne!(text, bound);
    std::fs::write(&path, bound).unwrap();
    let plan = workspace.run(&["plan", "--detailed-exitcode"]).expect(exit::DIFFERENT);
    assert!(plan.stdout.contains("GL2"), "{}", plan.stdout);
    let group = ["apply", "--auto-approve"];
    workspace.run(&group).expect(exit::DONE);
    let status = workspace.run(&["status", "canary"]).expect(exit::DONE);
    assert!(status.stdout.contains("GL2"), "{}", status.stdout);
    // What is known is not frozen again.
    let again = workspace.run(&["freeze", "GL2"]).expect(exit::ERROR);
    assert!(again.stderr.contains("has a release `GL2`"), "{}", again.stderr);
}
