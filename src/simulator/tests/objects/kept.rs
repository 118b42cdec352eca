//! Objects on disk: bytes beside the log, of which nothing is lost and nothing left over.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::*;

fn open(folder: &Path) -> Client {
    let place = Place { world: folder.join("simulator"), seed: DEFAULT_SEED };
    Client::of(Simulator::open(&place, Clock::starting_at(start()), Switches::default()).unwrap())
}

fn shelf(folder: &Path) -> PathBuf {
    folder.join("simulator/objects")
}

fn files(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(shelf(folder)).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn objects_survive_and_what_is_gone_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::of(open(folder.path()));
    let large = vec![7; 3 << 20];
    let one = store.put("/own/o/state", &large).header("etag").to_owned();
    assert_eq!(files(folder.path()), BTreeSet::from([one.clone()]));
    let two = store.put_with("/own/o/state", &large[1..], &[("if-match", &one)]).header("etag").to_owned();
    assert_eq!(files(folder.path()), BTreeSet::from([two.clone()]), "what it replaced is gone");
    let kept = store.put("/kept/o/x", b"kept").header("etag").to_owned();
    let version = store.put("/kept/o/x", b"newer").header("version-id").to_owned();
    assert_eq!(store.delete(&format!("/kept/o/x?versionId={version}"), &[]).status, 204);
    store.put("/own/o/gone", b"gone");
    store.delete("/own/o/gone", &[]);
    let expected = BTreeSet::from([two.clone(), kept.clone()]);
    assert_eq!(files(folder.path()), expected);
    let log = fs::metadata(folder.path().join("simulator/world.log")).unwrap().len();
    assert!(log < 20_000, "the log holds no bytes of objects, and has {log}");

    let digest = store.0.simulator.digest();
    drop(store);
    // What a process left that ended before it could say so, and what is none of ours.
    fs::write(shelf(folder.path()).join("00000000-0000-0000-0000-000000000000"), "x").unwrap();
    fs::write(shelf(folder.path()).join("README"), "x").unwrap();
    let store = Store(open(folder.path()));
    assert_eq!(store.0.simulator.digest(), digest);
    let got = store.get("/own/o/state");
    assert_eq!((got.header("etag"), got.body.len()), (two.as_str(), large.len() - 1));
    assert_eq!(&store.get("/kept/o/x").body[..], b"kept");
    let left: BTreeSet<String> = expected.into_iter().chain(["README".to_owned()]).collect();
    assert_eq!(files(folder.path()), left);
    // A bucket that is deleted takes nothing along that is not empty, and etags are not given twice.
    let again = store.put("/own/o/state", &large).header("etag").to_owned();
    assert!(![&one, &two, &kept].contains(&&again));
}

#[tokio::test(start_paused = true)]
async fn a_write_that_cannot_be_kept_has_not_happened() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::of(open(folder.path()));
    let one = store.put("/own/o/x", b"one").header("etag").to_owned();
    let digest = store.0.simulator.digest();
    let refused = (507, "InsufficientStorage".to_owned());
    let write = store.0.simulator.break_disk();
    assert_eq!(store.put("/own/o/x", b"two").refusal(), refused, "the log takes nothing");
    assert_eq!(files(folder.path()), BTreeSet::from([one.clone()]), "nor is anything left of it");
    store.0.simulator.mend_disk(write);
    fs::rename(shelf(folder.path()), folder.path().join("elsewhere")).unwrap();
    fs::write(shelf(folder.path()), "in the way").unwrap();
    assert_eq!(store.put("/own/o/x", b"two").refusal(), refused, "the shelf takes nothing");
    assert_eq!(store.get("/own/o/x").refusal(), (500, "InternalServerError".into()));
    assert_eq!(store.0.simulator.digest(), digest);
    fs::remove_file(shelf(folder.path())).unwrap();
    fs::rename(folder.path().join("elsewhere"), shelf(folder.path())).unwrap();
    assert_eq!(store.get("/own/o/x").header("etag"), one);
    assert_eq!(store.put("/own/o/x", b"two").status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_world_that_never_had_a_bucket_is_what_it_was() {
    let client = Client::new();
    let digest = client.simulator.digest();
    let store = Store(client);
    assert_eq!(store.get("/own/o/x").status, 404);
    assert_eq!(store.get(&format!("?compartmentId={COMPARTMENT}")).json(), json!([]));
    assert_eq!(store.0.simulator.digest(), digest);
}
