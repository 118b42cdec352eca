//! Encryption turned on, rotated and turned off: everything is read throughout, and the next write of the state leaves
//! nothing as it was written before.

use super::*;
use crate::state::store::UnlockRecord;

/// Writes with one sealing, goes on with the next, and checks that only what that one writes is left.
async fn goes_over(before: &Sealing, after: &Sealing, then: &Sealing) -> tempfile::TempDir {
    let folder = new_folder();
    let (old, new) =
        (store(folder.path()).sealed(before.clone()), store(folder.path()).sealed(after.clone()));
    live(&old).await;
    let was = all_of(&old).await;
    // Reading changes nothing, and reads all.
    let files = files_in(folder.path());
    assert_eq!(all_of(&new).await, was);
    assert_eq!(files_in(folder.path()), files);
    // The journal of a killed run under the passphrase before is folded under the one after.
    let state = live(&new).await;
    let now = all_of(&new).await;
    assert_eq!(now.0, Some(state));
    assert!(now.1.starts_with(&was.1) && now.1.len() > was.1.len());
    assert_eq!(now.2[..was.2.len()], was.2);
    // By now nobody needs what came before.
    let done = store(folder.path()).sealed(then.clone());
    assert_eq!(all_of(&done).await, now);
    folder
}

fn shows_instances(folder: &Path) -> bool {
    kept_in(folder).values().any(|text| String::from_utf8_lossy(text).contains("web-"))
}

#[tokio::test]
async fn a_plain_state_is_sealed_by_the_next_write_and_a_sealed_one_made_plain() {
    let folder = goes_over(&Sealing::none(), &SEALING, &enforced_sealing()).await;
    assert!(!shows_instances(folder.path()));
    let off = Sealing::new(None, passphrase("OWN", OWN));
    let folder = goes_over(&SEALING, &off, &Sealing::none()).await;
    assert!(shows_instances(folder.path()));
}

#[tokio::test]
async fn a_new_passphrase_takes_the_place_of_the_former() {
    let former = Sealing::new(passphrase("OWN", FORMER), None);
    let rotating = Sealing::new(passphrase("OWN", OWN), passphrase("OLD", FORMER));
    let folder = goes_over(&former, &rotating, &SEALING).await;
    // What the former was is of no use any more.
    let old = store(folder.path()).sealed(former);
    assert!(matches!(why(old.load().await.unwrap_err()), SealError::WrongKey { .. }));
}

/// Somebody who has not heard of the new passphrase adds lines under the former one.
#[tokio::test]
async fn lines_that_were_added_under_the_former_passphrase_are_written_anew() {
    let former = Sealing::new(passphrase("OWN", FORMER), None);
    let rotating = Sealing::new(passphrase("OWN", OWN), passphrase("OLD", FORMER));
    let folder = new_folder();
    let (old, new) = (store(folder.path()).sealed(former), store(folder.path()).sealed(rotating));
    live(&old).await;
    let rewrite = async || new.lock(&holder("ada")).await.unwrap().rewrite().await.unwrap();
    rewrite().await;
    old.keep_report(&report(9)).await.unwrap();
    let unlocked =
        UnlockRecord { at: at(9), who: "bob".to_owned(), host: "ci".to_owned(), unlocked: holder("ada") };
    old.note_unlock(unlocked).await.unwrap();
    let was = all_of(&new).await;
    rewrite().await;
    assert_eq!(all_of(&sealed(folder.path())).await, was, "nobody needs the former any more");
    let files = kept_in(folder.path());
    rewrite().await;
    let again = kept_in(folder.path());
    assert_eq!(files["great-linux.history"], again["great-linux.history"], "what is so is left");
}

/// Whatever keeps one of them from being written anew, the snapshot is last: the next write begins again.
#[tokio::test]
async fn a_rotation_that_was_cut_off_is_gone_on_with() {
    let folder = new_folder();
    live(&plain(folder.path())).await;
    let in_the_way = folder.path().join(".great-linux.5eed-1.backup.new");
    fs::create_dir(&in_the_way).unwrap();
    let mut session = sealed(folder.path()).lock(&holder("ada")).await.unwrap();
    // It folds the journal, and so writes the state.
    let error = session.load().await.unwrap_err();
    assert!(matches!(error, StoreError::Io { .. }), "{error}");
    drop(session);
    assert!(all_of(&sealed(folder.path())).await.0.is_some(), "all is there still");
    assert!(shows_instances(folder.path()));
    fs::remove_dir(&in_the_way).unwrap();
    live(&sealed(folder.path())).await;
    assert!(!shows_instances(folder.path()));
    all_of(&store(folder.path()).sealed(enforced_sealing())).await;
}

/// What only a passphrase opens that nobody has any more keeps no run from its end.
#[tokio::test]
async fn what_cannot_be_opened_any_more_is_left_as_it_is() {
    let folder = new_folder();
    let former = Sealing::new(passphrase("OWN", FORMER), None);
    let old = store(folder.path()).sealed(former);
    live(&old).await;
    for gone in ["great-linux.json", "great-linux.journal"] {
        fs::remove_file(folder.path().join(gone)).unwrap();
    }
    let before = kept_in(folder.path());
    let mut session = sealed(folder.path()).lock(&holder("ada")).await.unwrap();
    session.fold(&replayed(new_state(), &run(0..1))).await.unwrap();
    session.history(&history(1)).await.unwrap();
    let after = kept_in(folder.path());
    let name = "great-linux.5eed-1.backup";
    assert_eq!(after[name], before[name]);
    let past = sealed(folder.path()).past().await.unwrap();
    assert_eq!((past.records.len(), past.unreadable), (1, vec![1, 2]));
}
