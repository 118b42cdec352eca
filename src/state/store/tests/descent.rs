//! A state of another lineage in place of the one that is there: the old one is never lost.

use super::*;
use crate::seal::Sealing;

const BACKUP: &str = "great-linux.5eed-1.backup";

fn heir() -> State {
    let ancestor =
        Ancestor { train: train(), api: Api::Osms, lineage: Lineage("5eed".into()), serial: 1, at: at(10) };
    let state = State::new(train(), Lineage("other".into()));
    State { serial: 1, api: Api::Osmh, ancestor: Some(ancestor), ..state }
}

/// Returns the files of a state, all but the lock, and its snapshot's bytes.
async fn begun() -> (BTreeMap<String, Vec<u8>>, Vec<u8>) {
    let folder = new_folder();
    let mut session = store(folder.path()).lock(&holder("ada")).await.unwrap();
    session.fold(&replayed(new_state(), &run(0..2))).await.unwrap();
    let mut files = files_in(folder.path());
    files.remove("great-linux.lock");
    let json = files["great-linux.json"].clone();
    (files, json)
}

#[tokio::test]
async fn whatever_a_crash_leaves_the_old_state_is_there_and_another_try_ends_alike() {
    let (before, old) = begun().await;
    let new = {
        let folder = new_folder();
        put(folder.path(), &before);
        let mut session = store(folder.path()).lock(&holder("ada")).await.unwrap();
        let kept = session.supersede(&heir()).await.unwrap();
        assert_eq!(kept, Place::from(folder.path().join(BACKUP).as_path()));
        assert_eq!(session.load().await.unwrap(), Some(heir()));
        files_in(folder.path()).remove("great-linux.json").unwrap()
    };
    let with = |files: &[(&str, &[u8])]| {
        let mut all = before.clone();
        all.extend(files.iter().map(|(name, content)| ((*name).to_owned(), content.to_vec())));
        all
    };
    let making = format!(".{BACKUP}.new");
    let moments = [
        before.clone(),
        with(&[(&making, b"")]),
        with(&[(&making, &old[..old.len() / 2])]),
        with(&[(BACKUP, &old)]),
        with(&[(BACKUP, &old), (".great-linux.json.new", &new[..9])]),
    ];
    for moment in moments {
        let folder = new_folder();
        put(folder.path(), &moment);
        assert!(moment.values().any(|content| *content == old));
        let mut session = store(folder.path()).lock(&holder("ada")).await.unwrap();
        session.supersede(&heir()).await.unwrap();
        let files = files_in(folder.path());
        assert_eq!((&files["great-linux.json"], &files[BACKUP]), (&new, &old));
        assert_eq!(store(folder.path()).load().await.unwrap(), Some(heir()));
        // It is a state like any other.
        let next = State { serial: 2, ..heir() };
        session.fold(&next).await.unwrap();
    }
}

#[tokio::test]
async fn a_run_that_was_cut_short_is_in_what_is_kept() {
    let (before, _) = begun().await;
    let folder = new_folder();
    put(folder.path(), &before);
    let first = replayed(new_state(), &run(0..2));
    let mut session = store(folder.path()).lock(&holder("ada")).await.unwrap();
    session.append(&Base::of(&first), &run(5..6)).await.unwrap();
    drop(session);
    let mut session = store(folder.path()).lock(&holder("ada")).await.unwrap();
    let kept = session.supersede(&heir()).await.unwrap();
    assert_eq!(
        read_state(Path::new(&kept.to_string()), &Sealing::none()).unwrap(),
        replayed(first, &run(5..6))
    );
    assert!(!folder.path().join("great-linux.journal").exists());
}

#[tokio::test]
async fn what_cannot_be_replaced_stays() {
    let nothing = new_folder();
    let mut session = store(nothing.path()).lock(&holder("ada")).await.unwrap();
    let error = session.supersede(&heir()).await.unwrap_err().to_string();
    assert!(error.contains("there is no state"), "{error}");

    let (before, old) = begun().await;
    let folder = new_folder();
    put(folder.path(), &before);
    let mut session = store(folder.path()).lock(&holder("ada")).await.unwrap();
    let same = State { serial: 9, ..new_state() };
    let elsewhere = State { train: TrainName::new("other"), ..heir() };
    let unwritten = State { serial: 0, ..heir() };
    for state in [same, elsewhere, unwritten] {
        let error = session.supersede(&state).await.unwrap_err().to_string();
        assert!(error.contains("cannot replace"), "{error}");
    }
    // What was kept under its name before is kept beside it.
    fs::write(folder.path().join(BACKUP), "of something else").unwrap();
    let kept = session.supersede(&heir()).await.unwrap().to_string();
    let files = files_in(folder.path());
    assert_eq!(files[BACKUP], b"of something else");
    assert_eq!(fs::read(&kept).unwrap(), old);
    let twin = store(folder.path()).backups().await.unwrap().remove(1);
    assert_eq!((twin.place.to_string(), twin.name.serial), (kept, 1));
}

#[test]
fn a_file_of_any_train_can_be_read() {
    let folder = new_folder();
    let path = folder.path().join("kept");
    let error = read_state(&path, &Sealing::none()).unwrap_err().to_string();
    assert_eq!(error, format!("cannot read {}", path.display()));
    let state = State { serial: 3, ..State::new(TrainName::new("elsewhere"), Lineage("l".into())) };
    fs::write(&path, serde_json::to_vec(&state).unwrap()).unwrap();
    assert_eq!(read_state(&path, &Sealing::none()).unwrap(), state);
    fs::write(&path, "{}").unwrap();
    assert!(matches!(read_state(&path, &Sealing::none()), Err(StoreError::Damaged { .. })));
}
