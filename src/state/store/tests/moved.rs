//! A move that was cut off between the two places: done again, whichever of them was gone on from; never where both were.

use super::sealed::{OWN, passphrase};
use super::*;
use crate::seal::{SealError, Sealing};
use crate::state::store::medium::Medium;
use crate::state::store::shim::{self, Op};

const SNAPSHOT: &str = "great-linux.json";

fn of(serial: u64) -> State {
    State { serial, ..replayed(new_state(), &run(0..1)) }
}

async fn fold(folder: &Path, serial: u64) {
    let mut session = store(folder).lock(&holder("ada")).await.unwrap();
    session.fold(&of(serial)).await.unwrap();
}

async fn moves(from: &Path, to: &Path) -> Result<Option<Base>, StoreError> {
    moves_between(&store(from), &store(to)).await
}

async fn moves_between<M: Medium>(from: &Kept<M>, to: &Kept<M>) -> Result<Option<Base>, StoreError> {
    let mut source = from.lock(&holder("ada")).await.unwrap();
    let mut target = to.lock(&holder("ada")).await.unwrap();
    let record = ChangeRecord {
        at: at(9),
        who: "ada".to_owned(),
        host: "desk".to_owned(),
        change: "init --migrate-state".to_owned(),
        basis: 0,
        serial: 0,
        lineage: Lineage("".into()),
        overrides: Vec::new(),
    };
    let moved = Moved { to: "there".to_owned(), who: "ada".to_owned(), at: at(9) };
    target.take_over(&mut source, &record, moved).await
}

/// Two places, of which the second has got the state and the first has no sign of that.
async fn cut_off() -> (tempfile::TempDir, tempfile::TempDir) {
    let (from, to) = (new_folder(), new_folder());
    fold(from.path(), 1).await;
    fold(from.path(), 2).await;
    let before = files_in(from.path()).remove(SNAPSHOT).unwrap();
    assert_eq!(moves(from.path(), to.path()).await.unwrap().unwrap().serial, 2);
    fs::write(from.path().join(SNAPSHOT), before).unwrap();
    (from, to)
}

#[tokio::test]
async fn a_move_that_was_cut_off_is_done_again() {
    for (behind, ahead, ends) in [(2, 2, 2), (2, 3, 3), (3, 2, 3)] {
        let (from, to) = cut_off().await;
        for (place, serial) in [(&from, behind), (&to, ahead)] {
            if serial > 2 {
                fold(place.path(), serial).await;
            }
        }
        let base = moves(from.path(), to.path()).await.unwrap().unwrap();
        assert_eq!(base.serial, ends, "{behind} and {ahead}");
        assert_eq!(store(to.path()).load().await.unwrap().unwrap().serial, ends);
        let gone = store(from.path()).load().await.unwrap_err();
        assert!(matches!(gone, StoreError::Moved { .. }), "{gone}");
        // What either had is kept.
        let kept = store(to.path()).backups().await.unwrap();
        let serials: Vec<u64> = kept.iter().map(|backup| backup.name.serial).collect();
        assert!((1..ends).all(|serial| serials.contains(&serial)), "{behind} and {ahead}: {serials:?}");
    }
}

#[tokio::test]
async fn where_both_were_gone_on_from_neither_is_given_up() {
    let (from, to) = cut_off().await;
    fold(from.path(), 3).await;
    fold(to.path(), 3).await;
    fold(to.path(), 4).await;
    let mut session = store(from.path()).lock(&holder("ada")).await.unwrap();
    let mut parted = of(4);
    parted.instances.clear();
    session.fold(&parted).await.unwrap();
    drop(session);
    fold(to.path(), 5).await;
    let before = (files_in(from.path()), files_in(to.path()));
    let refused = moves(from.path(), to.path()).await.unwrap_err().to_string();
    assert!(refused.contains("serial 5") && refused.contains("neither is kept"), "{refused}");
    // Doing it again would end alike.
    assert!(refused.contains("move the one that is here away") && !refused.contains("again;"), "{refused}");
    assert_eq!((files_in(from.path()), files_in(to.path())), before, "nothing was written");
}

fn enforced() -> Sealing {
    Sealing::new(passphrase("OWN", OWN), None).enforced()
}

/// Leaves a sealed state with lines of its history, and returns its store.
async fn sealed_state(folder: &Path) -> Kept<Sealed<Files>> {
    let sealed = store(folder).sealed(enforced());
    let mut session = sealed.lock(&holder("ada")).await.unwrap();
    session.fold(&of(1)).await.unwrap();
    for serial in 1..=3 {
        session.history(&sealed::history(serial)).await.unwrap();
    }
    drop(session);
    sealed
}

#[tokio::test]
async fn nothing_plain_is_moved_where_nothing_plain_is_taken() {
    let (from, to) = (new_folder(), new_folder());
    let source = sealed_state(from.path()).await;
    let path = from.path().join("great-linux.history");
    let sealed = fs::read(&path).unwrap();
    let mut line = serde_json::to_vec(&sealed::history(7)).unwrap();
    line.push(b'\n');
    fs::write(&path, [sealed.as_slice(), &line].concat()).unwrap();
    let target = store(to.path()).sealed(enforced());
    let refused = moves_between(&source, &target).await.unwrap_err();
    assert!(matches!(&refused, StoreError::Sealed { source: SealError::Plain, .. }), "{refused}");
    let names: Vec<String> = files_in(to.path()).into_keys().collect();
    assert_eq!(names, ["great-linux.lock"], "nothing was written");
    assert_eq!(source.load().await.unwrap(), Some(of(1)), "and the state is where it was");

    fs::write(&path, sealed).unwrap();
    moves_between(&source, &target).await.unwrap();
    assert_eq!(target.past().await.unwrap().records.len(), 4);
}

#[tokio::test]
async fn lines_are_moved_in_one_go_and_those_that_cannot_be_opened_as_they_stand() {
    let (from, to) = (new_folder(), new_folder());
    let source = sealed_state(from.path()).await;
    let path = from.path().join("great-linux.history");
    let own = fs::read(&path).unwrap();
    // One of a passphrase that is gone.
    let other = new_folder();
    let former = Sealing::new(passphrase("OWN", "a passphrase that is gone"), None);
    let mut session = store(other.path()).sealed(former).lock(&holder("ada")).await.unwrap();
    session.history(&sealed::history(9)).await.unwrap();
    let foreign = fs::read(other.path().join("great-linux.history")).unwrap();
    fs::write(&path, [foreign.as_slice(), &own].concat()).unwrap();

    let target = store(to.path()).sealed(enforced());
    shim::begin();
    moves_between(&source, &target).await.unwrap();
    let written = shim::end()
        .into_iter()
        .filter(|op| matches!(op, Op::Write { path, .. } if *path == to.path().join("great-linux.history")));
    // And one for the line that tells of the move.
    assert_eq!(written.count(), 2);
    let moved = fs::read(to.path().join("great-linux.history")).unwrap();
    assert!(moved.starts_with(&foreign), "as it stands");
    let past = target.past().await.unwrap();
    assert_eq!((past.records.len(), past.unreadable), (4, vec![1]));
}
