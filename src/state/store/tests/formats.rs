//! What older builds wrote is read, and becomes today's when it is next written; what it was is kept.
//!
//! `format-1.json` and `format-1.journal` are as the first builds wrote them, and stay as they are: a state that was left in
//! the middle of a run. `format-2.json` has what builds before rollouts wrote beyond that, and `format-3.json` what those
//! before boots and waves of the service wrote: a rollout that was stopped; `format-4.json` has a boot that was asked for.

use super::*;

const SNAPSHOT: &[u8] = include_bytes!("format-1.json");
const JOURNAL: &[u8] = include_bytes!("format-1.journal");
const KEPT: &str = "great-linux.5eed-3.backup";

fn folder_with(journal: bool) -> tempfile::TempDir {
    let folder = new_folder();
    fs::write(folder.path().join("great-linux.json"), SNAPSHOT).unwrap();
    if journal {
        fs::write(folder.path().join("great-linux.journal"), JOURNAL).unwrap();
    }
    folder
}

#[tokio::test]
async fn a_state_of_an_older_format_is_migrated_by_the_next_write_and_kept() {
    let folder = folder_with(false);
    let before = files_in(folder.path());
    let read = store(folder.path()).load().await.unwrap().unwrap();
    assert_eq!((read.format_version, read.serial, read.api), (1, 3, Api::Osms));
    assert_eq!(read.instances.values().filter(|record| record.at_level.is_some()).count(), 1);
    assert_eq!(read.unfinished.len(), 1);
    // Reading writes nothing, and neither does taking the lock.
    let mut session = store(folder.path()).lock(&holder("ada")).await.unwrap();
    assert_eq!(Session::load(&mut session).await.unwrap().as_ref(), Some(&read));
    let mut files = files_in(folder.path());
    files.remove("great-linux.lock");
    assert_eq!(files, before);

    session.fold(&State { serial: 4, ..read.clone() }).await.unwrap();
    drop(session);
    let files = files_in(folder.path());
    assert_eq!(files[KEPT], SNAPSHOT, "what it was is kept, byte for byte");
    let written = store(folder.path()).load().await.unwrap().unwrap();
    assert_eq!(written, State { serial: 4, format_version: crate::state::FORMAT_VERSION, ..read.clone() });
    assert!(str::from_utf8(&files["great-linux.json"]).unwrap().contains("\"format_version\": 5"));

    let kept = store(folder.path()).backups().await.unwrap();
    assert_eq!(store(folder.path()).backup(&kept[0]).await.unwrap(), Some(read), "and can be gone back to");
}

#[tokio::test]
async fn what_is_only_written_anew_is_kept_where_its_format_changes() {
    let folder = folder_with(false);
    for _ in 0..2 {
        let mut session = store(folder.path()).lock(&holder("ada")).await.unwrap();
        let state = session.rewrite().await.unwrap().unwrap();
        assert_eq!(state.serial, 3, "it says the same");
    }
    let kept: Vec<_> =
        files_in(folder.path()).into_iter().filter(|(name, _)| name.ends_with(".backup")).collect();
    assert_eq!(kept, [(KEPT.to_owned(), SNAPSHOT.to_vec())], "once, byte for byte");
}

#[tokio::test]
async fn a_run_that_an_older_build_left_is_gone_on_with() {
    let folder = folder_with(true);
    let read = store(folder.path()).load().await.unwrap().unwrap();
    let mut session = store(folder.path()).lock(&holder("ada")).await.unwrap();
    let taken = Session::load(&mut session).await.unwrap().unwrap();
    assert_eq!((read.serial, taken.serial), (4, 4));
    // A plan that was made before it was folded fits it still.
    let folded = store(folder.path()).load().await.unwrap().unwrap();
    assert_ne!(folded.format_version, read.format_version);
    assert_eq!([taken.digest(), folded.digest()], [read.digest(); 2]);
    let levels = taken.instances.values().map(|record| record.at_level.is_some());
    assert_eq!(levels.collect::<Vec<_>>(), [false, true], "the one was left, the other proven");
    let open: Vec<_> = taken.unfinished.keys().map(|key| key.0.split('/').next().unwrap()).collect();
    assert_eq!(open, ["switch"]);
    let files = files_in(folder.path());
    assert_eq!(files[KEPT], SNAPSHOT);
    assert!(!files.contains_key("great-linux.journal"));
    assert!(str::from_utf8(&files["great-linux.history"]).unwrap().contains("b-plan"));
}

#[tokio::test]
async fn a_state_from_before_rollouts_is_migrated_too() {
    let folder = new_folder();
    let before = include_bytes!("format-2.json");
    fs::write(folder.path().join("great-linux.json"), before).unwrap();
    let read = store(folder.path()).load().await.unwrap().unwrap();
    assert_eq!((read.format_version, read.rollouts.len(), read.steady), (2, 0, None));
    assert!(read.instances.values().all(|record| record.wave == 0));
    let mut session = store(folder.path()).lock(&holder("ada")).await.unwrap();
    session.fold(&State { serial: 4, ..read.clone() }).await.unwrap();
    drop(session);
    assert_eq!(files_in(folder.path())[KEPT], before, "what it was is kept, byte for byte");
    let written = store(folder.path()).load().await.unwrap().unwrap();
    assert_eq!(written, State { serial: 4, format_version: crate::state::FORMAT_VERSION, ..read });
}

#[tokio::test]
async fn a_rollout_that_an_older_build_stopped_is_still_stopped() {
    let folder = new_folder();
    let before = include_bytes!("format-3.json");
    fs::write(folder.path().join("great-linux.json"), before).unwrap();
    let read = store(folder.path()).load().await.unwrap().unwrap();
    assert_eq!((read.format_version, read.boots.len()), (3, 0));
    let rollout = &read.rollouts["web"];
    assert!(rollout.is_open() && rollout.stopped.is_some() && rollout.paused.is_some());
    assert_eq!((rollout.waves, rollout.failed.len(), rollout.awaited.len()), (2, 1, 1));
    assert_eq!(read.instances.values().map(|record| record.wave).collect::<Vec<_>>(), [1]);
    let mut session = store(folder.path()).lock(&holder("ada")).await.unwrap();
    session.fold(&State { serial: 4, ..read.clone() }).await.unwrap();
    drop(session);
    assert_eq!(files_in(folder.path())[KEPT], before, "what it was is kept, byte for byte");
    let written = store(folder.path()).load().await.unwrap().unwrap();
    assert_eq!(written, State { serial: 4, format_version: crate::state::FORMAT_VERSION, ..read });
}

#[tokio::test]
async fn a_boot_that_an_older_build_asked_for_is_remembered() {
    let folder = new_folder();
    let before = include_bytes!("format-4.json");
    fs::write(folder.path().join("great-linux.json"), before).unwrap();
    let read = store(folder.path()).load().await.unwrap().unwrap();
    assert_eq!((read.format_version, read.boots.len(), &read.policy), (4, 1, &None));
    let mut session = store(folder.path()).lock(&holder("ada")).await.unwrap();
    session.fold(&State { serial: 4, ..read.clone() }).await.unwrap();
    drop(session);
    assert_eq!(files_in(folder.path())[KEPT], before, "what it was is kept, byte for byte");
    let written = store(folder.path()).load().await.unwrap().unwrap();
    assert_eq!(written, State { serial: 4, format_version: crate::state::FORMAT_VERSION, ..read });
}
