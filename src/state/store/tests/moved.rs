//! A move that was cut off between the two places: done again, whichever of them was gone on from; never where both were.

use super::*;

const SNAPSHOT: &str = "great-linux.json";

fn of(serial: u64) -> State {
    State { serial, ..replayed(new_state(), &run(0..1)) }
}

async fn fold(folder: &Path, serial: u64) {
    let mut session = store(folder).lock(&holder("ada")).await.unwrap();
    session.fold(&of(serial)).await.unwrap();
}

async fn moves(from: &Path, to: &Path) -> Result<Option<Base>, StoreError> {
    let mut source = store(from).lock(&holder("ada")).await.unwrap();
    let mut target = store(to).lock(&holder("ada")).await.unwrap();
    let record = ChangeRecord {
        at: at(9),
        who: "ada".to_owned(),
        host: "desk".to_owned(),
        change: "init --migrate-state".to_owned(),
        basis: 0,
        serial: 0,
        lineage: Lineage("".into()),
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
    assert_eq!((files_in(from.path()), files_in(to.path())), before, "nothing was written");
}
