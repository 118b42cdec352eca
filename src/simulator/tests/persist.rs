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

fn golden_sourced() -> crate::package::PackageSet {
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
    assert_eq!(client.post("/softwareSources", details).refusal(), (500, "InternalServerError"));
    assert_eq!(client.simulator.digest(), digest);
}
