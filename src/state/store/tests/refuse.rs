//! Files that are not what they should be: named, never used, never overwritten.

use super::*;

/// Lays files out, and checks that reading and every way of writing fails with this message and leaves them alone.
/// `FOLDER` in the message stands for the folder.
async fn refused(files: &[(&str, Vec<u8>)], message: &str) {
    let folder = tempfile::tempdir().unwrap();
    let files: BTreeMap<String, Vec<u8>> =
        files.iter().map(|(name, content)| ((*name).to_owned(), content.clone())).collect();
    put(folder.path(), &files);
    let expected = message.replace("FOLDER", &folder.path().display().to_string());

    assert_eq!(store(folder.path()).load().await.unwrap_err().to_string(), expected);
    let mut session = store(folder.path()).lock(&holder("ada")).await.unwrap();
    let mut state = replayed(new_state(), &run(0..1));
    state.serial = 99;
    let errors = [
        session.load().await.unwrap_err(),
        session.append(&Base::of(&state), &run(0..1)).await.unwrap_err(),
        session.fold(&state).await.unwrap_err(),
    ];
    assert_eq!(errors.map(|error| error.to_string()), [expected.clone(), expected.clone(), expected]);
    let mut left = files_in(folder.path());
    left.remove("great-linux.lock");
    assert_eq!(left, files);
}

fn json(state: &State) -> Vec<u8> {
    serde_json::to_vec_pretty(state).expect("a state is JSON")
}

/// The bytes of a journal that a run over this snapshot leaves.
async fn journal(snapshot: Option<&State>) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let mut session = store(folder.path()).lock(&holder("ada")).await.unwrap();
    if let Some(snapshot) = snapshot {
        session.fold(snapshot).await.unwrap();
    }
    let base = Base::of(snapshot.unwrap_or(&new_state()));
    session.append(&base, &run(0..1)).await.unwrap();
    files_in(folder.path()).remove("great-linux.journal").unwrap()
}

#[tokio::test]
async fn a_snapshot_that_is_no_state_is_named_with_the_place() {
    let state = replayed(new_state(), &run(0..1));
    let damaged = |problem: &str| {
        format!(
            "FOLDER/great-linux.json is damaged: {problem}; it was left untouched. Restore it from version control, \
             or move it away (and the journal, if there is one) and go back to one of those that are kept: see `patchtrain state history`"
        )
    };
    let text = String::from_utf8(json(&state)).unwrap();
    let cases = [
        (String::new(), "it is empty"),
        ("\0\0\0\0".to_owned(), "expected value at line 1 column 1"),
        ("{}".to_owned(), "missing field `format_version` at line 1 column 2"),
        (text[..text.len() / 2].to_owned(), "EOF while parsing a string at line 22 column 8"),
        (format!("{text}{text}"), "trailing characters at line 41 column 2"),
        (text.replace("\"serial\"", "<<<<<<< ours\n  \"serial\""), "key must be a string at line 6 column 3"),
        (text.replace("\"serial\": 1", "\"serial\": 0"), "its serial is 0"),
        (text.replace("\"5eed\"", "\"\""), "its lineage is empty"),
        (text.replace("\"format_version\": 5", "\"format_version\": 0"), "its format version is 0"),
    ];
    for (content, problem) in cases {
        refused(&[("great-linux.json", content.into_bytes())], &damaged(problem)).await;
    }
    let unknown = text.replace("\"extra\": 0", "\"extra\": 0, \"surplus\": 1");
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("great-linux.json"), unknown).unwrap();
    let error = store(folder.path()).load().await.unwrap_err().to_string();
    assert!(error.contains("unknown field `surplus`"), "{error}");
}

#[tokio::test]
async fn a_newer_format_is_refused_before_it_is_understood() {
    let newer = br#"{"format_version": 6, "train": "great-linux", "galaxies": []}"#.to_vec();
    let message = "FOLDER/great-linux.json has format version 6, this build knows up to 5: update patchtrain; \
                   nothing was written";
    refused(&[("great-linux.json", newer)], message).await;
}

#[tokio::test]
async fn another_trains_state_is_refused() {
    let other = State { train: TrainName::new("small-linux"), serial: 3, ..new_state() };
    let message = "FOLDER/great-linux.json is the state of train `small-linux`, not of `great-linux`; nothing was written";
    refused(&[("great-linux.json", json(&other))], message).await;

    let folder = tempfile::tempdir().unwrap();
    let small = LocalStore::new(folder.path(), other.train.clone());
    let mut session = small.lock(&holder("ada")).await.unwrap();
    session.append(&Base { serial: 0, ..Base::of(&other) }, &run(0..1)).await.unwrap();
    let bytes = files_in(folder.path()).remove("small-linux.journal").unwrap();
    let message = message.replace(".json", ".journal");
    refused(&[("great-linux.journal", bytes)], &message).await;
}

#[tokio::test]
async fn a_journal_damaged_amid_is_named_with_its_line() {
    let mut bytes = journal(None).await;
    let place = bytes.windows(18).position(|text| text == b"create-source/GL1.").unwrap();
    bytes[place] = b'C';
    let message = "FOLDER/great-linux.journal is damaged: line 3: the record does not match its checksum; it was \
                   left untouched. Keep a copy, and cut it off there (`sed -i '3,$d' FOLDER/great-linux.journal`) to go on \
                   from what it says before: what the run did after is then found again by reading the service";
    refused(&[("great-linux.journal", bytes)], message).await;
}

#[tokio::test]
async fn a_journal_that_ends_what_it_never_began_is_damage() {
    let ended =
        Entry::Finished { key: OpKey("join/web/x".into()), finish: Finish::Done, effect: None, at: at(1) };
    let folder = tempfile::tempdir().unwrap();
    let mut session = store(folder.path()).lock(&holder("ada")).await.unwrap();
    session.append(&Base::of(&new_state()), &[ended]).await.unwrap();
    let bytes = files_in(folder.path()).remove("great-linux.journal").unwrap();
    let message = "FOLDER/great-linux.journal is damaged: line 2: the journal ends `join/web/x`, which it never \
                   started; it was left untouched. Restore it, or move it away to go on from the state before that run, where there \
                   is one: what the run did is then found again by reading the service";
    refused(&[("great-linux.journal", bytes)], message).await;
}

#[tokio::test]
async fn a_journal_of_another_state_is_damage() {
    let at_serial = |serial| State { serial, ..new_state() };
    let damaged = |problem: &str| {
        format!(
            "FOLDER/great-linux.journal is damaged: {problem}; it was left untouched. Restore the \
             FOLDER/great-linux.json that it belongs to, or move the journal away"
        )
    };
    let bytes = journal(Some(&at_serial(5))).await;
    let older = json(&at_serial(4));
    refused(
        &[("great-linux.json", older), ("great-linux.journal", bytes.clone())],
        &damaged("it builds on serial 5, while FOLDER/great-linux.json is at 4"),
    )
    .await;
    refused(
        &[("great-linux.journal", bytes.clone())],
        &damaged("it builds on serial 5 of FOLDER/great-linux.json, which is missing"),
    )
    .await;
    let stranger = json(&State { lineage: Lineage("a1ien".into()), ..at_serial(9) });
    refused(
        &[("great-linux.json", stranger), ("great-linux.journal", bytes)],
        &damaged("it is of lineage 5eed, while FOLDER/great-linux.json is of lineage a1ien"),
    )
    .await;
}

#[tokio::test]
async fn what_does_not_follow_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = store(folder.path()).lock(&holder("ada")).await.unwrap();
    let state = State { serial: 5, ..replayed(new_state(), &run(0..1)) };
    session.fold(&state).await.unwrap();
    let before = files_in(folder.path());

    let of = |lineage: &str, serial| State { lineage: Lineage(lineage.into()), serial, ..state.clone() };
    for base in [of("5eed", 4), of("5eed", 6), of("a1ien", 5)] {
        let error = session.append(&Base::of(&base), &run(0..1)).await.unwrap_err();
        assert!(matches!(error, StoreError::Conflict { .. }), "{error}");
    }
    let changed = State { instances: BTreeMap::new(), ..of("5eed", 5) };
    for next in [of("5eed", 4), changed, of("a1ien", 6)] {
        let error = session.fold(&next).await.unwrap_err();
        assert!(matches!(error, StoreError::Conflict { .. }), "{error}");
    }
    assert_eq!(files_in(folder.path()), before);
    // What is there already is no conflict, and neither is the next.
    session.fold(&state).await.unwrap();
    session.append(&Base::of(&state), &run(0..1)).await.unwrap();
    session.fold(&of("5eed", 6)).await.unwrap();
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_says_so() {
    // Read-only even to root, and on every Linux.
    let folder = Path::new("/proc");
    assert_eq!(store(folder).load().await.unwrap(), None);
    let error = store(folder).lock(&holder("ada")).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot open /proc/great-linux.lock");

    // A file where the folder should be.
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().display();
    let error = store(file.path()).load().await.unwrap_err();
    assert_eq!(error.to_string(), format!("cannot read {path}/great-linux.journal"));
    let error = store(file.path()).lock(&holder("ada")).await.unwrap_err();
    assert_eq!(error.to_string(), format!("cannot open {path}/great-linux.lock"));
}
