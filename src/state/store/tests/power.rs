//! The power fails at any point of two runs and of changes by hand: whatever of what was not synced is then on disk, the
//! state opens, what was acknowledged is there, and the next run goes on.

use super::super::shim::{self, Image, Op};
use super::*;

/// What the store has acknowledged: the state that is read from then on.
type Acknowledged = Vec<Option<State>>;

fn acknowledge(known: &mut Acknowledged, state: Option<State>) {
    known.push(state);
    shim::note(Op::Acknowledged { count: known.len() - 1 });
}

/// Two runs of three batches, each folded and noted, and a change by hand.
async fn story(folder: &Path) -> (Vec<Op>, Acknowledged) {
    let mut known: Acknowledged = vec![None];
    shim::begin();
    let mut before = None;
    for first in [0, 2] {
        let mut session = store(folder).lock(&holder("ada")).await.unwrap();
        assert_eq!(session.load().await.unwrap(), before);
        let begun = before.clone().unwrap_or_else(new_state);
        let entries = run(first..first + 2);
        let (third, half) = (entries.len() / 3, entries.len() / 2);
        for (from, to) in [(0, third), (third, half), (half, entries.len())] {
            session.append(&Base::of(&begun), &entries[from..to]).await.unwrap();
            acknowledge(&mut known, Some(replayed(begun.clone(), &entries[..to])));
        }
        let state = replayed(begun, &entries);
        session.fold(&state).await.unwrap();
        acknowledge(&mut known, Some(state.clone()));
        before = Some(state);
    }
    let mut session = store(folder).lock(&holder("ada")).await.unwrap();
    session.load().await.unwrap();
    let mut state = before.unwrap();
    state.serial += 1;
    let record = ChangeRecord {
        at: at(9),
        who: "ada".to_owned(),
        host: "desk".to_owned(),
        change: "state rm group.web".to_owned(),
        basis: state.serial - 1,
        serial: state.serial,
        lineage: state.lineage.clone(),
        overrides: Vec::new(),
    };
    session.change(&state, record).await.unwrap();
    acknowledge(&mut known, Some(state));
    drop(session);
    (shim::end(), known)
}

/// Tells whether a state is one that may be read: the last that was acknowledged, the next one, or one on the way there,
/// as far as a batch is on disk.
fn may_be(found: Option<&State>, known: &Acknowledged, acknowledged: usize) -> bool {
    let last = known[acknowledged].as_ref();
    let Some(next) = known.get(acknowledged + 1).map(Option::as_ref) else { return found == last };
    if found == last || found == next {
        return true;
    }
    // Part of a batch: what it adds is of the next one, and what was there before is there.
    let (Some(found), Some(next)) = (found, next) else { return false };
    let (from, to) = (last.map_or(0, |last| last.instances.len()), next.instances.len());
    found.serial == next.serial && (from..=to).contains(&found.instances.len())
}

#[tokio::test]
async fn wherever_the_power_fails_the_state_opens_with_all_that_was_acknowledged() {
    let folder = new_folder();
    let (ops, known) = story(folder.path()).await;
    assert!(known.len() >= 10 && ops.len() > 50, "{} acknowledged, {} operations", known.len(), ops.len());
    let images = shim::images(&ops, &Image::new());
    assert!(images.len() > 50, "{} images", images.len());
    for (acknowledged, image) in &images {
        let folder = new_folder();
        put(folder.path(), image);
        let what = || format!("after {acknowledged}, {:?}", image.keys().collect::<Vec<_>>());
        let seen = store(folder.path()).load().await.unwrap_or_else(|error| panic!("{}: {error}", what()));
        assert!(may_be(seen.as_ref(), &known, *acknowledged), "{}: {seen:?}", what());
        // Under the lock it is the same, and a run goes on from there.
        let mut session = store(folder.path()).lock(&holder("bob")).await.unwrap();
        let loaded = session.load().await.unwrap_or_else(|error| panic!("{}: {error}", what()));
        assert_eq!(loaded, seen, "{}", what());
        let state = loaded.unwrap_or_else(new_state);
        let more = run(7..8);
        session.append(&Base::of(&state), &more).await.unwrap();
        let state = replayed(state, &more);
        assert_eq!(store(folder.path()).load().await.unwrap().as_ref(), Some(&state), "{}", what());
        session.fold(&state).await.unwrap();
        assert_eq!(store(folder.path()).load().await.unwrap(), Some(state), "{}", what());
    }
}

#[test]
fn the_shim_loses_what_was_not_synced() {
    let path = std::path::PathBuf::from("f");
    let write = |at, text: &str| Op::Write { path: path.clone(), at, bytes: text.as_bytes().to_vec() };
    let sync = Op::Sync { path: path.clone() };
    let ops = [Op::Create { path: path.clone() }, write(0, "ab"), sync, Op::SyncFolder {}, write(2, "cd")];
    let held: Vec<Vec<u8>> = shim::images(&ops, &Image::new())
        .into_iter()
        .filter_map(|(_, image)| image.get("f").cloned())
        .collect();
    for expected in [&b""[..], b"a", b"ab", b"abc", b"abcd", b"ab\0\0", b"\0\0"] {
        assert!(held.iter().any(|bytes| bytes == expected), "no {expected:?} in {held:?}");
    }
    let long = [Op::Create { path: path.clone() }, Op::SyncFolder {}, write(0, &"a".repeat(1200))];
    let images = shim::images(&long, &Image::new());
    let mut holed = vec![b'a'; 1200];
    holed[..512].fill(0);
    holed[1024..].fill(0);
    assert!(images.iter().any(|(_, image)| image.get("f") == Some(&holed)), "sectors in any order");
    // What was synced with its name is there from then on.
    let after = shim::images(&ops[4..], &[("f".to_owned(), b"ab".to_vec())].into());
    assert!(after.iter().all(|(_, image)| image["f"].starts_with(b"ab")));
}
