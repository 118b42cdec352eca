//! Every train file that this project comes with loads, and plans against the simulator.

use std::fs;
use std::path::{Path, PathBuf};

use patchtrain::cli::exit;
use patchtrain::oci::{Call, Client, Credentials, Endpoint, HttpTransport};
use patchtrain::simulator::{self, DEFAULT_SEED, facts};
use serde_json::json;

use crate::support::{Served, Workspace};

/// Returns the train files below `trains/`, the quickstart's own first.
fn files() -> Vec<PathBuf> {
    let trains = Path::new(env!("CARGO_MANIFEST_DIR")).join("trains");
    let mut files = Vec::new();
    for folder in [trains.clone(), trains.join("examples")] {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        files.extend(entries.filter(|path| path.extension().is_some_and(|extension| extension == "toml")));
    }
    files.sort();
    files
}

/// Makes the group whose members `service-members.toml` leaves to the service, with two instances.
fn make_group(endpoint: &str) {
    let own = simulator::credentials();
    let credentials =
        Credentials::from_parts(own.tenancy, own.user, own.fingerprint, own.key.as_bytes()).unwrap();
    let client = Client::new(HttpTransport::new(), Endpoint::fixed(endpoint), "/20190801", credentials);
    let facts = facts(DEFAULT_SEED);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let group =
            json!({ "compartmentId": facts.compartment, "displayName": "nightly", "osFamily": "LINUX" });
        let made = Call::post("CreateManagedInstanceGroup", &["managedInstanceGroups"]).json(&group);
        let made: serde_json::Value = client.send(&made).await.unwrap().json().unwrap();
        let group = made["id"].as_str().unwrap();
        for member in &facts.groups[1].1[..2] {
            let path = ["managedInstanceGroups", group, "actions", "attachManagedInstance"];
            let join = Call::post("AttachManagedInstanceToManagedInstanceGroup", &path);
            client.send(&join.query("managedInstanceId", member.id.as_str())).await.unwrap();
        }
    });
}

#[test]
fn every_train_here_loads_and_plans() {
    let files = files();
    assert!(files.len() >= 3, "{files:?}");
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap();
        let workspace = Workspace::empty();
        workspace.write(&format!("trains/{name}"), &fs::read_to_string(&file).unwrap());
        for manifest in fs::read_dir(file.with_file_name("great-linux")).unwrap() {
            let manifest = manifest.unwrap();
            let place = format!("trains/great-linux/{}", manifest.file_name().to_str().unwrap());
            workspace.write(&place, &fs::read_to_string(manifest.path()).unwrap());
        }
        workspace.run(&["validate", file.to_str().unwrap()]).expect(exit::DONE);
        let served = Served::start(&workspace, &[]);
        make_group(served.fact("endpoint"));
        let plan = workspace.run(&["plan", "--detailed-exitcode", "--summary"]).expect(exit::DIFFERENT);
        assert!(plan.stdout.contains("Plan: "), "{name}: {}", plan.stdout);
        if name == "service-members.toml" {
            assert!(plan.stdout.contains("nightly") && plan.stdout.contains("0/2"), "{}", plan.stdout);
        }
        if name == "selected.toml" {
            let held = [
                "kiosk-04: selected, and not running: it is stopped",
                "kiosk-05: selected, and of another system",
            ];
            let whole = workspace.run(&["plan"]).expect(exit::DONE).stdout;
            let whole = whole.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(held.iter().all(|line| whole.contains(line)), "{whole}");
        }
    }
}
