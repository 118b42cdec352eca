//! A real service, as far as one gets without it: credentials and regions are read from where they should be, and
//! from nowhere else.

use patchtrain::cli::exit;

use crate::support::Workspace;

const TRAIN: &str = r#"
[train]
name         = "t"
os           = "oracle-linux-8"
architecture = "x86_64"
compartment  = "ocid1.compartment.oc1..aaaa"

[service]
api    = "osms"
region = "eu-frankfurt-1"

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
    workspace.write("trains/t/GL1.packages", "bash-4.4.20-1.el8.x86_64\n");
    workspace
}

#[test]
fn without_credentials_it_says_where_they_were_looked_for() {
    let workspace = workspace();
    for command in [vec!["plan"], vec!["status"], vec!["apply", "--auto-approve"]] {
        let ran = workspace.run(&command).expect(exit::ERROR);
        assert!(ran.stderr.contains(".oci/config"), "{}", ran.stderr);
        assert_eq!(ran.stdout, "");
    }
    let named = Workspace::output(workspace.command(&["plan"]).env("OCI_CONFIG_FILE", "elsewhere/config"));
    assert!(String::from_utf8_lossy(&named.stderr).contains("elsewhere/config"));
    let homeless = Workspace::output(workspace.command(&["plan"]).env_remove("HOME"));
    assert!(String::from_utf8_lossy(&homeless.stderr).contains("HOME"));
}

#[test]
fn the_profile_of_the_environment_goes_before_the_train_files() {
    let workspace = workspace();
    workspace.write("oci", "[DEFAULT]\n");
    let profile = |name: &str| {
        let mut command = workspace.command(&["plan"]);
        let command = command.env("OCI_CONFIG_FILE", "oci").env("OCI_CLI_PROFILE", name);
        String::from_utf8(Workspace::output(command).stderr).unwrap()
    };
    assert!(profile("other").contains("no profile `other`"), "{}", profile("other"));
    // The default profile is there, and has no key.
    assert!(profile("").contains("`DEFAULT`"), "{}", profile(""));
}

#[test]
fn the_region_of_the_environment_goes_before_the_others() {
    let workspace = workspace();
    workspace.write("oci", "[DEFAULT]\n");
    let region = |name: &str| {
        let mut command = workspace.command(&["plan"]);
        let command = command.env("OCI_CONFIG_FILE", "oci").env("OCI_CLI_REGION", name);
        String::from_utf8(Workspace::output(command).stderr).unwrap()
    };
    assert!(region("nowhere").contains("`nowhere` is not a region"), "{}", region("nowhere"));
    // Then the key is the next thing that is missing.
    assert!(!region("").contains("is not a region"), "{}", region(""));
}

/// The files of a state that was made on a service.
fn state(api: &str) -> String {
    format!("{{\"format_version\":2,\"tool\":\"0.1.0\",\"train\":\"t\",\"lineage\":\"l\",\"serial\":3{api}}}")
}

#[test]
fn a_state_of_another_service_is_refused_before_anything_is_asked() {
    let hub = TRAIN
        .replace("\"osms\"", "\"osmh\"")
        .replace("[service]", "vendor_sources = [\"ol8_baseos_latest-x86_64\"]\n[service]");
    let commands: [&[&str]; 6] = [
        &["plan"],
        &["status"],
        &["apply", "--auto-approve"],
        &["update", "--group", "canary", "--auto-approve"],
        &["report"],
        &["freeze", "GL2", "--from", "golden-01"],
    ];
    let table = [
        (hub.as_str(), "", "patchtrain import --from-osms --train t"),
        (TRAIN, ",\"api\":\"osmh\"", "set `api = \"osmh\"` again"),
    ];
    for (train, api, way_out) in table {
        let workspace = workspace();
        workspace.write("trains/t.toml", train);
        workspace.write("state/t.json", &state(api));
        for command in commands {
            let ran = workspace.run(command).expect(exit::ERROR);
            for part in ["OS Management", "OS Management Hub", "says `api = \"", way_out, "another name"] {
                assert!(ran.stderr.contains(part), "no `{part}` in {}", ran.stderr);
            }
            assert!(!ran.stderr.contains(".oci/config"), "{}", ran.stderr);
            assert_eq!(ran.stdout, "");
        }
        // It can be looked at.
        let shown = workspace.run(&["show"]).expect(exit::DONE);
        let title = if api.is_empty() { "State of train t " } else { "State of train t on osmh " };
        assert!(shown.stdout.contains(title), "{}", shown.stdout);
    }
}
