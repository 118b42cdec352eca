//! The sealed journal against crashes and hands: every cut, flipped byte, lost, doubled, moved or foreign line.

use super::*;

const JOURNAL: &str = "great-linux.journal";

/// Returns the files of a run that was killed before its fold, written in several batches, and what it did.
async fn killed() -> (BTreeMap<String, Vec<u8>>, State, Vec<Entry>) {
    let folder = new_folder();
    let mut session = sealed(folder.path()).lock(&holder("ada")).await.unwrap();
    let state = replayed(new_state(), &run(0..1));
    session.fold(&state).await.unwrap();
    let entries = run(5..6);
    for batch in entries.chunks(3) {
        session.append(&Base::of(&state), batch).await.unwrap();
    }
    (kept_in(folder.path()), state, entries)
}

async fn look(sealing: &Sealing, files: &BTreeMap<String, Vec<u8>>) -> Result<Option<State>, StoreError> {
    let folder = new_folder();
    put(folder.path(), files);
    store(folder.path()).sealed(sealing.clone()).load().await
}

#[tokio::test]
async fn a_journal_cut_at_any_byte_gives_a_prefix_of_the_run() {
    let (files, state, entries) = killed().await;
    let enforced = enforced_sealing();
    let journal = &files[JOURNAL];
    let mut prefixes = std::collections::BTreeSet::new();
    let folder = new_folder();
    put(folder.path(), &files);
    for end in 0..=journal.len() {
        let whole = journal[..end].iter().filter(|byte| **byte == b'\n').count().saturating_sub(1);
        let expected = replayed(state.clone(), &entries[..whole]);
        prefixes.insert(whole);
        // Some file systems give a file its new length before its new bytes.
        let filled = if end % 2 == 0 { 0 } else { 100 };
        let mut cut = journal[..end].to_vec();
        cut.resize(end + filled, 0);
        fs::write(folder.path().join(JOURNAL), cut).unwrap();
        let sealing = if end % 3 == 0 { &enforced } else { &*SEALING };
        let found = store(folder.path()).sealed(sealing.clone()).load().await;
        assert_eq!(found.unwrap().as_ref(), Some(&expected), "cut at byte {end}, {filled} NUL");
    }
    assert_eq!(prefixes.len(), entries.len() + 1);
}

/// Sectors of the last batch may be on disk without those before them; behind what was acknowledged that is damage.
#[tokio::test]
async fn of_a_batch_that_was_never_acknowledged_any_sectors_may_be_blank() {
    let (mut files, state, entries) = killed().await;
    let journal = files[JOURNAL].clone();
    // Batches are of three entries; the first line is the header.
    let last = (entries.len() - 1) / 3 * 3;
    let lines: Vec<usize> = journal.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::len).collect();
    let start: usize = lines[..=last].iter().sum();
    for (from, durable) in [(0, false), (1024, false), (start, true), (start.next_multiple_of(512), true)] {
        let mut blank = journal.clone();
        let end = (from + 1).next_multiple_of(512).min(blank.len());
        blank[from..end].fill(0);
        files.insert(JOURNAL.to_owned(), blank);
        match look(&SEALING, &files).await {
            Ok(found) => {
                assert!(durable, "blank from {from} to {end} went unseen");
                let prefixes = (last..entries.len()).map(|whole| replayed(state.clone(), &entries[..whole]));
                assert!(prefixes.map(Some).any(|prefix| prefix == found), "blank from {from} to {end}");
            }
            Err(StoreError::Damaged { .. }) => assert!(!durable, "blank from {from} to {end}"),
            Err(other) => panic!("{other}"),
        }
    }
}

/// The first batch of all is as good as none, whatever of it is there.
#[tokio::test]
async fn a_first_batch_that_was_never_acknowledged_is_none() {
    let folder = new_folder();
    let mut session = sealed(folder.path()).lock(&holder("ada")).await.unwrap();
    session.append(&Base::of(&new_state()), &run(0..3)).await.unwrap();
    let mut files = kept_in(folder.path());
    let journal = files[JOURNAL].clone();
    assert!(journal.len() > 2048);
    for (from, to) in [(0, 512), (512, 1024), (0, 1024), (0, journal.len())] {
        let mut blank = journal.clone();
        blank[from..to].fill(0);
        files.insert(JOURNAL.to_owned(), blank);
        for sealing in [&*SEALING, &enforced_sealing()] {
            let found = look(sealing, &files).await.unwrap_or_else(|error| panic!("{from} to {to}: {error}"));
            assert!(found.is_none_or(|found| found.serial == 1), "blank from {from} to {to}");
        }
    }
}

/// Lines of older builds do not tell their batch, and are opened.
#[tokio::test]
async fn what_an_older_build_wrote_is_opened() {
    let (mut files, state, entries) = killed().await;
    let journal = String::from_utf8(files[JOURNAL].clone()).unwrap();
    let older: Vec<String> = journal
        .lines()
        .map(|line| match line.split(' ').collect::<Vec<_>>()[..] {
            [length, _, sealed] if !line.starts_with('{') => format!("{length} {sealed}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    files.insert(JOURNAL.to_owned(), older.concat().into_bytes());
    assert_ne!(files[JOURNAL], journal.as_bytes());
    assert_eq!(look(&SEALING, &files).await.unwrap(), Some(replayed(state, &entries)));
}

#[tokio::test]
async fn a_run_goes_on_from_any_cut() {
    let (files, state, entries) = killed().await;
    let length = files[JOURNAL].len();
    for end in (0..=length).step_by(length / 20) {
        let folder = new_folder();
        put(folder.path(), &files);
        fs::write(folder.path().join(JOURNAL), &files[JOURNAL][..end]).unwrap();
        let whole = files[JOURNAL][..end].iter().filter(|byte| **byte == b'\n').count().saturating_sub(1);
        let expected = replayed(state.clone(), &entries[..whole]);
        let mut session = sealed(folder.path()).lock(&holder("bob")).await.unwrap();
        assert_eq!(session.load().await.unwrap().as_ref(), Some(&expected));
        let more = run(7..9);
        session.append(&Base::of(&expected), &more[..3]).await.unwrap();
        session.append(&Base::of(&expected), &more[3..]).await.unwrap();
        assert_eq!(sealed(folder.path()).load().await.unwrap(), Some(replayed(expected, &more)));
    }
}

#[tokio::test]
async fn a_flipped_byte_is_damage_and_is_told_with_its_line() {
    let (mut files, state, entries) = killed().await;
    let journal = files[JOURNAL].clone();
    let first = journal.iter().position(|byte| *byte == b'\n').unwrap();
    let last = journal[..journal.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap();
    // The header's bytes are tried where headers are tested: some of them are keys, which take their time.
    for place in (first..journal.len()).chain([0, first / 2, first - 9]) {
        let mut rotten = journal.clone();
        rotten[place] ^= 1;
        files.insert(JOURNAL.to_owned(), rotten);
        match look(&SEALING, &files).await {
            Err(StoreError::Damaged { problem, way_out, .. }) => {
                let line = journal[..place].iter().filter(|byte| **byte == b'\n').count() + 1;
                assert!(problem.starts_with(&format!("line {line}: ")), "byte {place}: {problem}");
                assert!(line < 3 || way_out.contains(&format!("`sed -i '{line},$d' ")), "{way_out}");
            }
            Ok(found) => {
                // Without its LF the last line looks as a crash leaves one.
                assert_eq!(place, journal.len() - 1);
                assert!(place > last);
                assert_eq!(found, Some(replayed(state.clone(), &entries[..entries.len() - 1])));
            }
            Err(other) => panic!("byte {place}: {other}"),
        }
    }
}

#[tokio::test]
async fn a_lost_doubled_moved_or_foreign_line_is_damage() {
    let (mut files, state, entries) = killed().await;
    // The same run over the same snapshot, begun again.
    let folder = new_folder();
    put(folder.path(), &files);
    fs::remove_file(folder.path().join(JOURNAL)).unwrap();
    let mut session = sealed(folder.path()).lock(&holder("ada")).await.unwrap();
    session.append(&Base::of(&state), &entries).await.unwrap();
    let (own, again) = (files[JOURNAL].clone(), kept_in(folder.path()).remove(JOURNAL).unwrap());
    let lines = |text: &'static str, journal: &[u8]| -> Vec<(&'static str, Vec<u8>)> {
        journal.split_inclusive(|byte| *byte == b'\n').map(|line| (text, line.to_vec())).collect()
    };
    let (own, again) = (lines("own", &own), lines("again", &again));
    assert_eq!(own.len(), entries.len() + 1);
    let orders: [(&str, Vec<usize>); 6] = [
        ("without its header", vec![1, 2, 3, 4]),
        ("lost", vec![0, 2, 3, 4]),
        ("lost at the end of a batch", vec![0, 1, 2, 4, 5]),
        ("doubled", vec![0, 1, 1, 2, 3]),
        ("moved", vec![0, 1, 3, 2, 4]),
        ("two headers", vec![0, 0, 1, 2]),
    ];
    for (what, order) in orders {
        let edited: Vec<u8> = order.iter().flat_map(|line| own[*line].1.clone()).collect();
        files.insert(JOURNAL.to_owned(), edited);
        let error = look(&SEALING, &files).await.unwrap_err();
        assert!(problem(&error).starts_with("line "), "{what}: {error}");
    }
    // Each line fits by what it says, and is of another journal all the same; so is the last.
    for foreign in 1..own.len() {
        let mut mixed = own.clone();
        mixed[foreign] = again[foreign].clone();
        let mixed: Vec<u8> = mixed.into_iter().flat_map(|(_, line)| line).collect();
        files.insert(JOURNAL.to_owned(), mixed);
        let error = look(&SEALING, &files).await.unwrap_err();
        assert!(problem(&error).starts_with(&format!("line {}: ", foreign + 1)), "{error}");
    }
    // A header of another serial before the same lines.
    let text = String::from_utf8(own[0].1.clone()).unwrap();
    let edited = text.replacen("\"serial\":1,", "\"serial\":2,", 1);
    assert_ne!(text, edited);
    let edited: Vec<u8> =
        edited.into_bytes().into_iter().chain(own[1..].iter().flat_map(|(_, line)| line.clone())).collect();
    files.insert(JOURNAL.to_owned(), edited);
    assert!(problem(&look(&SEALING, &files).await.unwrap_err()).starts_with("line 1: "));
}

#[tokio::test]
async fn a_failed_append_may_be_tried_again_with_something_else() {
    let folder = new_folder();
    let path = folder.path().join(JOURNAL);
    fs::create_dir(&path).unwrap();
    let mut session = sealed(folder.path()).lock(&holder("ada")).await.unwrap();
    let base = Base::of(&new_state());
    // The journal is looked for before it is written.
    session.append(&base, &run(0..1)).await.unwrap_err();
    fs::remove_dir(&path).unwrap();
    session.append(&base, &run(0..2)[..3]).await.unwrap();
    session.append(&base, &run(0..2)[3..]).await.unwrap();
    assert_eq!(sealed(folder.path()).load().await.unwrap(), Some(replayed(new_state(), &run(0..2))));
}
