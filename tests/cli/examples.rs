//! Every train file that this project comes with loads, plans and applies against the simulator: on the service that it
//! names, and on the other one with what that needs.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use patchtrain::cli::exit;
use patchtrain::cloud::{osmh, osms};
use patchtrain::oci::{Call, Client, Credentials, Endpoint, HttpTransport};
use patchtrain::op::Api;
use patchtrain::simulator::{self, DEFAULT_SEED, facts};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

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

/// Asks a served simulator as its own user.
struct Hand {
    client: Client<HttpTransport>,
    runtime: Runtime,
}

impl Hand {
    fn of(endpoint: &str, version: &'static str) -> Self {
        let own = simulator::credentials();
        let credentials =
            Credentials::from_parts(own.tenancy, own.user, own.fingerprint, own.key.as_bytes()).unwrap();
        let client = Client::new(HttpTransport::new(), Endpoint::fixed(endpoint), version, credentials);
        Self { client, runtime: Builder::new_current_thread().enable_all().build().unwrap() }
    }

    fn send(&self, call: &Call) -> Value {
        let answer = self.runtime.block_on(self.client.send(call)).unwrap();
        if answer.body.is_empty() { Value::Null } else { answer.json().unwrap() }
    }
}

/// Makes the group whose members `service-members.toml` leaves to the service, with two instances.
fn make_group(api: Api, endpoint: &str) {
    let facts = facts(DEFAULT_SEED);
    let members: Vec<&str> = facts.groups[1].1[..2].iter().map(|member| member.id.as_str()).collect();
    match api {
        Api::Osms => {
            let hand = Hand::of(endpoint, osms::API_VERSION);
            let group =
                json!({ "compartmentId": facts.compartment, "displayName": "nightly", "osFamily": "LINUX" });
            let made =
                hand.send(&Call::post("CreateManagedInstanceGroup", &["managedInstanceGroups"]).json(&group));
            let group = made["id"].as_str().unwrap();
            for member in members {
                let path = ["managedInstanceGroups", group, "actions", "attachManagedInstance"];
                let join = Call::post("AttachManagedInstanceToManagedInstanceGroup", &path);
                hand.send(&join.query("managedInstanceId", member));
            }
        }
        Api::Osmh => {
            let hand = Hand::of(endpoint, osmh::API_VERSION);
            let list = Call::get("ListSoftwareSources", &["softwareSources"]);
            let list = list.query("compartmentId", &facts.tenancy);
            let found = hand.send(&list.query("displayName", &facts.vendor_sources[0]));
            let group = json!({
                "compartmentId": facts.compartment,
                "displayName": "nightly",
                "osFamily": "ORACLE_LINUX_8",
                "archType": "X86_64",
                "vendorName": "ORACLE",
                "location": "OCI_COMPUTE",
                "softwareSourceIds": [found["items"][0]["id"]],
                "managedInstanceIds": members,
            });
            let made = Call::post("CreateManagedInstanceGroup", &["managedInstanceGroups"]).json(&group);
            let mut made = hand.send(&made);
            let id = made["id"].as_str().unwrap().to_owned();
            let is_open = |made: &Value| {
                let work = Call::get("ListWorkRequests", &["workRequests"]).query("resourceId", &id);
                let work = hand.send(&work);
                let mut work = work["items"].as_array().unwrap().iter();
                made["lifecycleState"] != "ACTIVE" || work.any(|one| one["status"] != "SUCCEEDED")
            };
            while is_open(&made) {
                hand.runtime.block_on(async { tokio::time::sleep(Duration::from_millis(20)).await });
                made = hand.send(&Call::get("GetManagedInstanceGroup", &["managedInstanceGroups", &id]));
            }
        }
    }
}

/// Returns a train file as it is on a service; none where it is of the other one alone.
fn on(api: Api, text: &str) -> Option<String> {
    if text.contains(&format!("\napi       = \"{}\"", api.word())) {
        return Some(text.to_owned());
    }
    match api {
        Api::Osmh if text.contains("\nlayout = \"child\"") => None,
        Api::Osmh => {
            let vendors = format!("vendor_sources = {:?}\n\n[service]", facts(DEFAULT_SEED).vendor_sources);
            Some(text.replace("osms", "osmh").replace("\n[service]", &vendors))
        }
        Api::Osms => Some(text.replace("osmh", "osms").replace("\nprofile  = true", "")),
    }
}

#[test]
fn every_train_here_can_be_applied_on_each_service() {
    let files = files();
    assert!(files.len() >= 6, "{files:?}");
    let mut planned = BTreeMap::new();
    for (file, api) in files.iter().flat_map(|file| Api::ALL.map(|api| (file, api))) {
        let name = file.file_name().unwrap().to_str().unwrap();
        let Some(text) = on(api, &fs::read_to_string(file).unwrap()) else { continue };
        let context = format!("{name} on {}", api.word());
        let workspace = Workspace::empty();
        workspace.write(&format!("trains/{name}"), &text);
        for folder in ["great-linux", "policy"] {
            for file in fs::read_dir(file.with_file_name(folder)).into_iter().flatten() {
                let file = file.unwrap();
                let place = format!("trains/{folder}/{}", file.file_name().to_str().unwrap());
                workspace.write(&place, &fs::read_to_string(file.path()).unwrap());
            }
        }
        workspace.run(&["validate"]).expect(exit::DONE);
        let served = Served::quick(&workspace);
        if name == "service-members.toml" {
            make_group(api, served.fact("endpoint"));
        }
        let plan = workspace.run(&["plan", "--detailed-exitcode"]).expect(exit::DIFFERENT).stdout;
        *planned.entry(api.word()).or_insert(0) += 1;
        let words = plan.split_whitespace().collect::<Vec<_>>().join(" ");
        let service = format!("{} simulator", api.word());
        let expected: &[&str] = match name {
            "service-members.toml" => &["nightly", "0/2"],
            "selected.toml" => &[
                "kiosk-04: selected, and not running: it is stopped",
                "kiosk-05: selected, and of another system",
            ],
            "hub.toml" if api == Api::Osmh => {
                &["+ profile.stores: make it", "+ schedule.stores: make a scheduled job"]
            }
            "security.toml" => &["+ schedule.front: make a scheduled job"],
            _ => &[],
        };
        for part in ["Plan: ", &service].iter().chain(expected) {
            assert!(words.contains(part), "{context}: no `{part}` in {plan}");
        }
        // The walks through the README apply the quickstart's own.
        if name != "great-linux.toml" {
            workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE);
            let after = workspace.run(&["plan", "--detailed-exitcode"]).expect(exit::DONE).stdout;
            assert!(after.contains("No changes."), "{context}: {after}");
        }
    }
    assert_eq!(planned, BTreeMap::from([("osmh", files.len() - 1), ("osms", files.len())]));
}
