//! The world on disk.

use std::fs;
use std::path::Path;

use super::*;

fn open(folder: &Path) -> std::io::Result<Client> {
    let place = Place { world: folder.join("state/simulator"), seed: DEFAULT_SEED };
    Simulator::open(&place, Clock::starting_at(start()), Switches::default()).map(Client::of)
}

fn log(folder: &Path) -> std::path::PathBuf {
    folder.join("state/simulator/world.log")
}

fn message(error: std::io::Error) -> String {
    error.to_string()
}

#[tokio::test(start_paused = true)]
async fn looking_writes_nothing_and_changes_survive() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("state")).unwrap();
    let client = open(folder.path()).unwrap();
    client.all(&format!("/managedInstances?compartmentId={COMPARTMENT}"));
    assert_eq!(fs::read_dir(folder.path().join("state")).unwrap().count(), 0);

    let web = member("web-02");
    let source = client.source("own", &golden_sourced());
    client.switch(&web, &source);
    let details = json!({ "compartmentId": COMPARTMENT, "displayName": "g" });
    let token = [("opc-retry-token", "t")];
    let group = client.post_with("/managedInstanceGroups", details.clone(), &token);
    client.update(&web).await;
    client.simulator.advance(3600).unwrap();
    let path = format!("/managedInstances/{web}/actions/packages/updateAll");
    let open_work = client.post(&path, Value::Null).header("opc-work-request-id").to_owned();
    let (digest, installed) = (client.simulator.digest(), client.installed(&web));
    let bytes = fs::read(log(folder.path())).unwrap();
    drop(client);

    let client = open(folder.path()).unwrap();
    assert_eq!(client.simulator.digest(), digest);
    assert_eq!(client.installed(&web), installed);
    assert_eq!(client.post_with("/managedInstanceGroups", details, &token).body, group.body);
    assert_eq!(client.wait(&open_work).await["status"], "SUCCEEDED");
    assert_eq!(fs::read(log(folder.path())).unwrap(), bytes, "looking on changes nothing either");
}

pub(super) fn golden_sourced() -> crate::package::PackageSet {
    let set = golden_set(Level::Gl1);
    set.iter().filter(|package| super::super::front::shipped(package.as_str()).is_some()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_torn_last_line_is_dropped_and_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let client = open(folder.path()).unwrap();
    client.source("one", &Default::default());
    let digest = client.simulator.digest();
    let whole = fs::read(log(folder.path())).unwrap().len();
    client.source("two", &Default::default());
    drop(client);
    let bytes = fs::read(log(folder.path())).unwrap();
    for cut in [whole, whole + 1, whole + 20, bytes.len() - 1] {
        fs::write(log(folder.path()), &bytes[..cut]).unwrap();
        let client = open(folder.path()).unwrap();
        assert_eq!(client.simulator.digest(), digest);
        client.source("three", &Default::default());
        let digest = client.simulator.digest();
        drop(client);
        assert_eq!(open(folder.path()).unwrap().simulator.digest(), digest);
    }
}

#[tokio::test(start_paused = true)]
async fn damage_and_other_formats_are_errors_that_name_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let client = open(folder.path()).unwrap();
    client.source("one", &Default::default());
    client.source("two", &Default::default());
    let busy = message(open(folder.path()).err().unwrap());
    assert!(busy.contains("another process serves this world"), "{busy}");
    drop(client);
    let text = fs::read_to_string(log(folder.path())).unwrap();

    fs::write(log(folder.path()), text.replacen("\"one\"", "\"owe\"", 1)).unwrap();
    let error = message(open(folder.path()).err().unwrap());
    assert!(error.contains("line 2 is damaged") && error.contains("delete the folder"), "{error}");

    let header = r#"{"format":2}"#;
    let sum = &crate::package::Digest::of([header]).hex()[..16];
    fs::write(log(folder.path()), format!("{sum} {header}\n")).unwrap();
    let error = message(open(folder.path()).err().unwrap());
    assert!(error.contains("its format is 2, and this version knows 1"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_change_that_cannot_be_written_has_not_happened() {
    let folder = tempfile::tempdir().unwrap();
    let client = open(folder.path()).unwrap();
    client.source("one", &Default::default());
    let digest = client.simulator.digest();
    fs::remove_file(log(folder.path())).unwrap();
    let details = json!({ "compartmentId": COMPARTMENT, "displayName": "two", "archType": "X86_64" });
    assert_eq!(client.post("/softwareSources", details).refusal(), (507, "InsufficientStorage"));
    assert_eq!(client.simulator.digest(), digest);
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_takes_nothing_is_told_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    // A file stands where the folder should be made.
    fs::write(&state, "").unwrap();
    let place = Place { world: state.join("simulator"), seed: DEFAULT_SEED };
    let open = || Simulator::open(&place, Clock::starting_at(start()), Switches::default());
    assert!(message(open().err().unwrap()).contains("world.log: cannot be opened"));
    fs::remove_file(&state).unwrap();
    let client = Client::of(open().unwrap());
    fs::write(&state, "").unwrap();
    let digest = client.simulator.digest();
    let details =
        |name: &str| json!({ "compartmentId": COMPARTMENT, "displayName": name, "archType": "X86_64" });
    let refused = client.post("/softwareSources", details("one"));
    assert_eq!(refused.refusal(), (507, "InsufficientStorage"));
    assert!(
        refused.body["message"].as_str().unwrap().contains("world.log: cannot be written: "),
        "{refused:?}"
    );
    assert_eq!(client.simulator.digest(), digest);
    assert!(client.simulator.advance(60).unwrap_err().to_string().contains("cannot be written"));
    // The very same call, once there is room: it was not served before.
    fs::remove_file(&state).unwrap();
    let token = [("opc-retry-token", "t")];
    let made = client.post_with("/softwareSources", details("one"), &token);
    assert_eq!(made.status, 200);

    let write = client.simulator.break_disk();
    let refused = client.post_with("/softwareSources", details("two"), &[("opc-retry-token", "u")]);
    assert_eq!(refused.refusal(), (507, "InsufficientStorage"));
    assert_eq!(client.get(&format!("/softwareSources/{}", made.id())).status, 200, "reading needs no disk");
    client.simulator.mend_disk(write);
    let two = client.post_with("/softwareSources", details("two"), &[("opc-retry-token", "u")]);
    assert_eq!(two.status, 200);
    let digest = client.simulator.digest();
    drop(client);
    let client = Client::of(open().unwrap());
    assert_eq!(client.simulator.digest(), digest);
    assert_eq!(client.post_with("/softwareSources", details("one"), &token).id(), made.id());
}

#[test]
fn a_fleet_of_another_size_is_kept_and_not_exchanged() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place { world: folder.path().join("state/simulator"), seed: DEFAULT_SEED };
    let open = |fleet| Simulator::open_fleet(&place, fleet, Clock::Real, Switches::default());
    let members = |simulator: &Simulator| {
        simulator.info().facts.groups.iter().map(|(_, members)| members.len()).sum::<usize>()
    };
    let simulator = open(Some(60)).unwrap();
    simulator.advance(1).unwrap();
    drop(simulator);
    assert_eq!(members(&open(None).unwrap()), 60);
    assert_eq!(members(&open(Some(60)).unwrap()), 60);
    let error = open(Some(61)).unwrap_err().to_string();
    assert!(
        error.ends_with(
            "it is a world of 60 instances, and not of 61; delete the folder to start with a new world"
        ),
        "{error}"
    );
}
