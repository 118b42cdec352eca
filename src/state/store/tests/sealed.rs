//! A state that is kept sealed: nothing of it shows, it survives what a plain one survives, and what was changed, moved or
//! put in another's place is never used.

mod journal;
mod rotation;

use std::sync::LazyLock;

use super::*;
use crate::seal::{Passphrase, SealError, Sealing};
use crate::state::store::{HistoryLine, ReportRecord, read_state, state_text};

pub(in crate::state::store) const OWN: &str = "correct-horse-battery-staple";
pub(in crate::state::store) const FORMER: &str = "the horse that was there before";

pub(in crate::state::store) fn passphrase(variable: &str, text: &str) -> Option<Passphrase> {
    Some(Passphrase::new(variable, text).unwrap())
}

/// Shared by tests, since a key takes its time.
static SEALING: LazyLock<Sealing> = LazyLock::new(|| Sealing::new(passphrase("OWN", OWN), None));

type Vault = Kept<Sealed<Files>>;

fn sealed(folder: &Path) -> Vault {
    store(folder).sealed(SEALING.clone())
}

fn plain(folder: &Path) -> Vault {
    store(folder).sealed(Sealing::none())
}

/// Returns the files without the lock, which says in clear who holds it.
fn kept_in(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = files_in(folder);
    files.remove("great-linux.lock");
    files
}

pub(super) fn history(serial: u64) -> HistoryRecord {
    HistoryRecord {
        consent: crate::state::Consent::default(),
        at: at(9),
        who: "ada".to_owned(),
        host: "desk".to_owned(),
        plan: PlanId(format!("plan-{serial}").into()),
        basis: serial - 1,
        serial,
        steps: StepCounts::default(),
        interrupted: false,
        ancestor: None,
        overrides: Vec::new(),
    }
}

fn report(serial: u64) -> ReportRecord {
    ReportRecord { serial, systems: 4711, ..ReportRecord::default() }
}

/// Leaves two snapshots, a journal, lines of both kinds and an inventory, and returns the state.
async fn live(store: &Vault) -> State {
    let mut session = store.lock(&holder("ada")).await.unwrap();
    let mut state = session.load().await.unwrap().unwrap_or_else(new_state);
    for _ in 0..2 {
        let (entries, serial) = (run(0..2), state.serial + 1);
        session.append(&Base::of(&state), &entries).await.unwrap();
        state = replayed(state, &entries);
        session.fold(&state).await.unwrap();
        session.history(&history(serial)).await.unwrap();
        store.keep_report(&report(serial)).await.unwrap();
    }
    let text = format!("{{\"train\":\"great-linux\",\"serial\":{},\"instances\":[\"web-0\"]}}", state.serial);
    store.keep_inventory(text.as_bytes()).await.unwrap();
    let entries = run(0..3);
    session.append(&Base::of(&state), &entries).await.unwrap();
    replayed(state, &entries)
}

/// What a store holds, as it is read.
async fn all_of(store: &Vault) -> (Option<State>, Vec<HistoryLine>, Vec<ReportRecord>, Option<Vec<u8>>) {
    let state = store.load().await.unwrap();
    let (past, reports) = (store.past().await.unwrap(), store.reports().await.unwrap());
    assert_eq!((past.unreadable, reports.unreadable), (vec![], vec![]));
    for backup in store.backups().await.unwrap() {
        assert_eq!(store.backup(&backup).await.unwrap().unwrap().serial, backup.name.serial);
    }
    (state, past.records, reports.records, store.inventory().await.unwrap())
}

/// Lays files out, and checks that every way of reading and writing is refused so, and that they are left alone.
async fn refused(sealing: &Sealing, files: &BTreeMap<String, Vec<u8>>) -> StoreError {
    let folder = new_folder();
    put(folder.path(), files);
    let store = store(folder.path()).sealed(sealing.clone());
    let told = store.load().await.unwrap_err();
    let mut session = store.lock(&holder("bob")).await.unwrap();
    let state = State { serial: 99, ..replayed(new_state(), &run(0..1)) };
    for error in [
        session.load().await.unwrap_err(),
        session.append(&Base::of(&state), &run(0..1)).await.unwrap_err(),
        session.fold(&state).await.unwrap_err(),
    ] {
        assert_eq!(error.to_string(), told.to_string());
    }
    assert_eq!(kept_in(folder.path()), *files);
    told
}

fn why(error: StoreError) -> SealError {
    let StoreError::Sealed { source, .. } = error else { panic!("{error}") };
    source
}

fn problem(error: &StoreError) -> &str {
    let StoreError::Damaged { problem, .. } = error else { panic!("{error}") };
    problem
}

#[tokio::test]
async fn nothing_of_it_shows_and_all_of_it_is_read() {
    let (open, secret) = (new_folder(), new_folder());
    let state = live(&plain(open.path())).await;
    assert_eq!(live(&sealed(secret.path())).await, state);
    assert_eq!(all_of(&sealed(secret.path())).await, all_of(&plain(open.path())).await);
    let (plain, secret) = (kept_in(open.path()), kept_in(secret.path()));
    assert_eq!(plain.keys().collect::<Vec<_>>(), secret.keys().collect::<Vec<_>>());
    assert_eq!(plain.len(), 6, "a snapshot, a backup, a journal, a history, reports and an inventory");
    for (name, text) in &secret {
        let (text, plain) = (String::from_utf8(text.clone()).unwrap(), String::from_utf8_lossy(&plain[name]));
        for part in ["web-", "ocid1.", "\"ada\"", "GL1.1", ":4711", OWN] {
            assert!(!text.contains(part), "{name} shows {part}");
            assert!(plain.contains("web-") || plain.contains("\"ada\"") || plain.contains(":4711"), "{name}");
        }
        for line in text.lines().take(1) {
            let header: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(header["train"], "great-linux", "{name}");
        }
    }
}

#[tokio::test]
async fn one_key_is_made_for_all_that_is_kept() {
    let folder = new_folder();
    live(&sealed(folder.path())).await;
    let next = Sealing::new(passphrase("OWN", OWN), None);
    let store = store(folder.path()).sealed(next.clone());
    live(&store).await;
    all_of(&store).await;
    assert_eq!(next.keys_made(), 1);
}

#[tokio::test]
async fn what_is_of_another_train_kind_or_serial_is_refused() {
    let folder = new_folder();
    live(&sealed(folder.path())).await;
    let mut files = kept_in(folder.path());
    files.remove("great-linux.journal");
    let (name, backup) = ("great-linux.json".to_owned(), "great-linux.5eed-1.backup");

    // Another train's file, under the same passphrase.
    let other = new_folder();
    let small = LocalStore::new(other.path(), TrainName::new("small-linux")).sealed(SEALING.clone());
    let state = State { train: TrainName::new("small-linux"), serial: 2, ..new_state() };
    small.lock(&holder("ada")).await.unwrap().fold(&state).await.unwrap();
    let stranger = kept_in(other.path()).remove("small-linux.json").unwrap();
    let swapped = BTreeMap::from([(name.clone(), stranger.clone())]);
    assert!(matches!(refused(&SEALING, &swapped).await, StoreError::OtherTrain { .. }));

    // A header that was made to fit.
    let text = |file: &[u8]| String::from_utf8(file.to_vec()).unwrap();
    for (file, from, to) in [
        (&stranger, "small-linux", "great-linux"),
        (&files[&name], "\"serial\":2", "\"serial\":3"),
        (&files[&name], "\"lineage\":\"5eed\"", "\"lineage\":\"f00d\""),
        (&files["great-linux.inventory"], "\"item\":\"inventory\"", "\"item\":\"state\""),
    ] {
        let edited = text(file).replacen(from, to, 1);
        assert_ne!(edited, text(file));
        let error = refused(&SEALING, &BTreeMap::from([(name.clone(), edited.into_bytes())])).await;
        assert!(problem(&error).starts_with("it is not as it was encrypted"), "{error}");
        assert!(error.to_string().contains("patchtrain state history"), "{error}");
    }
    let inventory = BTreeMap::from([(name.clone(), files["great-linux.inventory"].clone())]);
    let error = refused(&SEALING, &inventory).await;
    assert_eq!(problem(&error), "it holds `inventory`, where `state` is expected");

    // A backup that is another one's, while the state goes on.
    let looked = store(folder.path()).sealed(SEALING.clone());
    fs::write(folder.path().join(backup), &files[&name]).unwrap();
    let backups = looked.backups().await.unwrap();
    let error = looked.backup(&backups[0]).await.unwrap_err();
    assert_eq!(problem(&error), "it is another state than its name says");
    // Put back by hand under the state's name, a backup is the state.
    fs::write(folder.path().join(&name), &files[backup]).unwrap();
    fs::remove_file(folder.path().join("great-linux.journal")).unwrap();
    assert_eq!(looked.load().await.unwrap().unwrap().serial, 1);
}

#[tokio::test]
async fn without_the_passphrase_nothing_is_read_and_nothing_written() {
    let folder = new_folder();
    live(&sealed(folder.path())).await;
    let mut files = kept_in(folder.path());
    let other = Sealing::new(passphrase("OWN", FORMER), None);
    for journal in [true, false] {
        if !journal {
            files.remove("great-linux.journal");
        }
        let error = why(refused(&Sealing::none(), &files).await);
        assert_eq!(error, SealError::NoKey { variable: "OWN".to_owned() });
        assert!(matches!(why(refused(&other, &files).await), SealError::WrongKey { .. }));
    }
    for sealing in [Sealing::none(), other] {
        let store = store(folder.path()).sealed(sealing);
        why(store.past().await.unwrap_err());
        why(store.reports().await.unwrap_err());
        why(store.inventory().await.unwrap_err());
        why(store.backup(&store.backups().await.unwrap()[0]).await.unwrap_err());
    }
}

#[tokio::test]
async fn where_it_is_enforced_nothing_plain_is_taken() {
    let folder = new_folder();
    live(&plain(folder.path())).await;
    let enforced = enforced_sealing();
    let mut files = kept_in(folder.path());
    for journal in [true, false] {
        if !journal {
            files.remove("great-linux.journal");
        }
        assert_eq!(why(refused(&enforced, &files).await), SealError::Plain);
    }
    let store = store(folder.path()).sealed(enforced.clone());
    assert_eq!(why(store.past().await.unwrap_err()), SealError::Plain);
    assert_eq!(why(store.reports().await.unwrap_err()), SealError::Plain);
    assert_eq!(why(store.inventory().await.unwrap_err()), SealError::Plain);
    let backup = store.backups().await.unwrap().remove(0);
    assert_eq!(why(store.backup(&backup).await.unwrap_err()), SealError::Plain);

    // And a plain line that somebody has put in is not made one of ours.
    fs::remove_file(folder.path().join("great-linux.json")).unwrap();
    fs::remove_file(folder.path().join("great-linux.journal")).unwrap();
    let mut session = store.lock(&holder("ada")).await.unwrap();
    session.fold(&replayed(new_state(), &run(0..1))).await.unwrap();
    session.history(&history(9)).await.unwrap();
    let text = String::from_utf8(kept_in(folder.path()).remove("great-linux.history").unwrap()).unwrap();
    assert!(text.starts_with("{\"at\":") && text.ends_with("\"}\n"), "{text}");
    assert_eq!(why(store.past().await.unwrap_err()), SealError::Plain);
}

fn enforced_sealing() -> Sealing {
    Sealing::new(passphrase("OWN", OWN), None).enforced()
}

#[tokio::test]
async fn a_line_that_is_damaged_spoils_only_itself() {
    let folder = new_folder();
    let store = sealed(folder.path());
    for serial in 1..=4 {
        store.keep_report(&report(serial)).await.unwrap();
    }
    let path = folder.path().join("great-linux.reports");
    let lines: Vec<String> = fs::read_to_string(&path).unwrap().lines().map(str::to_owned).collect();
    let other = lines[1].replace("\"item\":\"reports\"", "\"item\":\"history\"");
    let cut = &lines[2][..lines[2].len() / 2];
    fs::write(&path, format!("{}\n{other}\n{cut}", lines[0])).unwrap();
    store.keep_report(&report(5)).await.unwrap();
    let read = store.reports().await.unwrap();
    assert_eq!((read.records, read.unreadable), (vec![report(1), report(5)], vec![2, 3]));
    // One that was written before there was a passphrase is read as it is.
    fs::write(&path, format!("{}\n{}\n", serde_json::to_string(&report(7)).unwrap(), lines[3])).unwrap();
    assert_eq!(store.reports().await.unwrap().records, [report(7), report(4)]);
}

#[tokio::test]
async fn a_state_that_is_put_aside_is_sealed_too_and_can_be_pushed() {
    let folder = new_folder();
    let (state, path) = (replayed(new_state(), &run(0..2)), folder.path().join("errored.json"));
    let json = serde_json::to_string(&state).unwrap();
    let text = state_text(&json, &train(), &SEALING).unwrap();
    assert!(!String::from_utf8_lossy(&text).contains("web-"));
    fs::write(&path, text).unwrap();
    assert_eq!(read_state(&path, &SEALING).unwrap(), state);
    assert!(matches!(why(read_state(&path, &Sealing::none()).unwrap_err()), SealError::NoKey { .. }));
    assert_eq!(state_text(&json, &train(), &Sealing::none()).unwrap(), json.as_bytes());
    // A plain one is taken by whoever asks for it, enforced or not.
    fs::write(&path, &json).unwrap();
    assert_eq!(read_state(&path, &enforced_sealing()).unwrap(), state);
}
