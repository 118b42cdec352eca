//! A crash at any moment, and the run after it. A crash is a copy of the files as they stood.

use proptest::prelude::*;

use super::*;

/// What a run left when it was killed: the folder's files.
type Files = BTreeMap<String, Vec<u8>>;

fn without_lock(folder: &Path) -> Files {
    let mut files = files_in(folder);
    files.remove("great-linux.lock");
    files
}

/// Opens the files in a new folder as the next run does: a look without the lock that changes nothing, then the same
/// under the lock. Returns the state and what the locked look left.
async fn next_run(files: &Files) -> (Option<State>, tempfile::TempDir, LocalSession) {
    let folder = new_folder();
    put(folder.path(), files);
    let seen = store(folder.path()).load().await.unwrap();
    assert_eq!(files_in(folder.path()), *files, "a look without the lock changes nothing");
    let mut session = store(folder.path()).lock(&holder("bob")).await.unwrap();
    assert_eq!(session.load().await.unwrap(), seen);
    let left = without_lock(folder.path());
    assert_eq!(left.contains_key("great-linux.json"), seen.is_some(), "the snapshot is the state");
    assert!(!left.contains_key("great-linux.journal"), "the journal is folded");
    (seen, folder, session)
}

/// Appends to what the next run found, and checks that both are there for the one after it.
async fn goes_on(found: Option<State>, folder: &Path, session: &mut LocalSession) {
    let state = found.unwrap_or_else(new_state);
    let more = run(7..9);
    session.append(&Base::of(&state), &more[..3]).await.unwrap();
    session.append(&Base::of(&state), &more[3..]).await.unwrap();
    assert_eq!(store(folder).load().await.unwrap(), Some(replayed(state, &more)));
}

/// Returns the files after a first run that was folded, and its state.
async fn after_one_run() -> (Files, State) {
    let folder = new_folder();
    let mut session = store(folder.path()).lock(&holder("ada")).await.unwrap();
    let state = replayed(new_state(), &run(0..2));
    session.fold(&state).await.unwrap();
    (without_lock(folder.path()), state)
}

/// Returns what `entries` after `state` leave when the run is killed before its fold.
async fn killed_run(files: &Files, state: &State, entries: &[Entry]) -> Files {
    let folder = new_folder();
    put(folder.path(), files);
    let mut session = store(folder.path()).lock(&holder("ada")).await.unwrap();
    session.load().await.unwrap();
    session.append(&Base::of(state), entries).await.unwrap();
    without_lock(folder.path())
}

#[tokio::test]
async fn a_journal_cut_at_any_byte_gives_a_prefix_of_the_run() {
    let (folded, first) = after_one_run().await;
    for (files, state) in [(Files::new(), new_state()), (folded, first)] {
        let entries = run(5..6);
        let killed = killed_run(&files, &state, &entries).await;
        let journal = &killed["great-linux.journal"];
        let looked_at = new_folder();
        let mut seen = std::collections::BTreeSet::new();
        for end in 0..=journal.len() {
            let mut cut = killed.clone();
            cut.insert("great-linux.journal".to_owned(), journal[..end].to_vec());
            let whole = journal[..end].iter().filter(|byte| **byte == b'\n').count().saturating_sub(1);
            let expected = Some(replayed(state.clone(), &entries[..whole])).filter(|state| state.serial > 0);
            // Every cut is looked at; every new prefix, and the cuts around it, are gone on from under the lock.
            put(looked_at.path(), &cut);
            let found = store(looked_at.path()).load().await.unwrap();
            assert_eq!(found, expected, "cut at byte {end}");
            if end % 16 == 0 || seen.insert(whole) {
                let (found, folder, mut session) = next_run(&cut).await;
                assert_eq!(found, expected, "cut at byte {end}");
                goes_on(found, folder.path(), &mut session).await;
            }
        }
        assert_eq!(seen.len(), entries.len() + 1);
    }
}

#[tokio::test]
async fn a_fold_may_end_anywhere() {
    let (folded, first) = after_one_run().await;
    for (before, state) in [(Files::new(), new_state()), (folded, first)] {
        let entries = run(5..7);
        let killed = killed_run(&before, &state, &entries).await;
        let expected = replayed(state, &entries);

        // What the fold leaves when nothing stops it.
        let (found, folder, _session) = next_run(&killed).await;
        assert_eq!(found.as_ref(), Some(&expected));
        let done = without_lock(folder.path());

        let json = &done["great-linux.json"];
        let mut moments = Vec::new();
        for end in [0, 1, json.len() / 2, json.len()] {
            let mut making = killed.clone();
            making.insert(".great-linux.json.new".to_owned(), json[..end].to_vec());
            moments.push(making);
        }
        // The snapshot was kept, in part or whole, and not yet replaced.
        if let Some(backup) = done.get("great-linux.5eed-1.backup") {
            let making = ".great-linux.5eed-1.backup.new";
            for (name, content) in [(making, &backup[..9]), ("great-linux.5eed-1.backup", backup)] {
                let mut kept = killed.clone();
                kept.insert(name.to_owned(), content.to_vec());
                moments.push(kept);
            }
        }
        let mut replaced = done.clone();
        replaced.insert("great-linux.journal".to_owned(), killed["great-linux.journal"].clone());
        moments.push(replaced);
        moments.push(done.clone());
        for moment in moments {
            let (found, folder, mut session) = next_run(&moment).await;
            assert_eq!(found.as_ref(), Some(&expected));
            assert_eq!(without_lock(folder.path()), done, "the same files, however often it was tried");
            goes_on(found, folder.path(), &mut session).await;
        }
    }
}

#[tokio::test]
async fn a_journal_that_was_folded_is_not_replayed_again() {
    let (folded, first) = after_one_run().await;
    let mut files = killed_run(&folded, &first, &run(5..7)).await;
    // What stands now is no longer what that journal led to.
    let later = State { serial: first.serial + 1, instances: BTreeMap::new(), ..first };
    files.insert("great-linux.json".to_owned(), serde_json::to_vec(&later).unwrap());
    let (found, folder, mut session) = next_run(&files).await;
    assert_eq!(found.as_ref(), Some(&later));
    goes_on(found, folder.path(), &mut session).await;
}

#[tokio::test]
async fn a_fold_that_failed_halfway_may_be_tried_again() {
    let folder = new_folder();
    let mut session = store(folder.path()).lock(&holder("ada")).await.unwrap();
    let (entries, base) = (run(0..2), Base::of(&new_state()));
    session.append(&base, &entries).await.unwrap();
    let state = replayed(new_state(), &entries);

    // Before the snapshot is replaced: something is where it is made.
    let making = folder.path().join(".great-linux.json.new");
    fs::create_dir(&making).unwrap();
    let refused = session.fold(&state).await.unwrap_err();
    assert!(matches!(&refused, StoreError::Io { path, .. } if *path == making), "{refused}");
    assert_eq!(store(folder.path()).load().await.unwrap().as_ref(), Some(&state), "the journal stands");
    fs::remove_dir(&making).unwrap();

    // After it: the journal cannot be removed.
    let journal = folder.path().join("great-linux.journal");
    fs::remove_file(&journal).unwrap();
    fs::create_dir(&journal).unwrap();
    session.fold(&state).await.unwrap_err();
    fs::remove_dir(&journal).unwrap();
    session.fold(&state).await.unwrap();
    assert_eq!(store(folder.path()).load().await.unwrap(), Some(state));
}

/// Entries as a run may journal them, and some that no run does: those the state refuses are left out.
fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let key = || (0..4_usize).prop_map(|n| OpKey(format!("update/GL1.1/{n}")));
    let instance = || (0..4_usize).prop_map(|n| ocid("instance", n));
    let group = || prop::sample::select(vec![GroupName::new("web"), GroupName::new("canary")]);
    let release = || prop::sample::select(vec![ReleaseName::new("GL1"), ReleaseName::new("GL1.1")]);
    let time = || (0..9_i64).prop_map(at);
    let finish = prop_oneof![
        Just(Finish::Done),
        Just(Finish::AlreadyDone),
        ".*".prop_map(|message| Finish::Failed { message })
    ];
    let effect = prop_oneof![
        (release(), instance()).prop_map(|(release, id)| Effect::Source {
            digest: Digest::of([id.as_str()]),
            release,
            id
        }),
        (group(), instance(), any::<bool>()).prop_map(|(group, id, made)| Effect::Group {
            group,
            id,
            made,
            called: None
        }),
        group().prop_map(|group| Effect::GroupGone { group }),
        (instance(), "\\PC*", group(), prop::option::of(release())).prop_map(
            |(instance, name, group, release)| Effect::Riding { instance, name: name.into(), group, release }
        ),
        (instance(), group()).prop_map(|(instance, group)| Effect::InstanceGone { instance, group }),
    ];
    let entry = prop_oneof![
        (".*", any::<u64>(), time()).prop_map(|(id, basis, at)| Entry::Begin {
            plan: PlanId(id.into()),
            basis,
            at
        }),
        (key(), "[a-f0-9]{8}", prop::collection::vec(instance(), 0..3), time()).prop_map(
            |(key, token, unproves, at)| {
                Entry::Started { key, token: RetryToken(token), unproves, boots: None, at }
            }
        ),
        (key(), ".*").prop_map(|(key, ticket)| Entry::Ticketed { key, ticket: Ticket(ticket) }),
        (key(), finish, prop::option::of(effect), time())
            .prop_map(|(key, finish, effect, at)| Entry::Finished { key, finish, effect, at }),
        (instance(), "\\PC*", group(), release(), any::<usize>(), time()).prop_map(
            |(instance, name, group, release, extra, at)| Entry::AtLevel {
                instance,
                name: name.into(),
                group,
                release,
                extra,
                at,
                patching: crate::train::Patching::EVERYTHING,
            }
        ),
        instance().prop_map(|instance| Entry::LeftLevel { instance }),
        (release(), time()).prop_map(|(release, at)| Entry::Proven { release, at }),
        (".*", any::<bool>(), time()).prop_map(|(id, used_up, at)| Entry::End {
            plan: PlanId(id.into()),
            used_up,
            at
        }),
    ];
    prop::collection::vec(entry, 0..40).prop_map(|entries| {
        let mut state = new_state();
        entries.into_iter().filter(|entry| state.record(entry).is_ok()).collect()
    })
}

proptest! {
    // Each case syncs some ten times. A quarter of what is asked for, so that PROPTEST_CASES still scales it.
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases / 4))]

    #[test]
    fn any_run_in_any_batches_with_kills_between_is_loaded_as_it_was(
        entries in entries(),
        batch in 1..8_usize,
        kills in prop::collection::vec(any::<bool>(), 40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let folder = new_folder();
            let mut session = store(folder.path()).lock(&holder("ada")).await.unwrap();
            let (mut base, mut state) = (Base::of(&new_state()), new_state());
            for (chunk, kill) in entries.chunks(batch).zip(kills) {
                session.append(&base, chunk).await.unwrap();
                for entry in chunk {
                    state.record(entry).unwrap();
                }
                state.serial = base.serial + 1;
                prop_assert_eq!(store(folder.path()).load().await.unwrap(), Some(state.clone()));
                if kill {
                    drop(session);
                    session = store(folder.path()).lock(&holder("ada")).await.unwrap();
                    prop_assert_eq!(session.load().await.unwrap(), Some(state.clone()));
                    base = Base::of(&state);
                }
            }
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn a_first_run_that_was_killed_leaves_a_state_of_its_service() {
    let begun = State { api: Api::Osmh, ..new_state() };
    let killed = killed_run(&Files::new(), &begun, &run(0..1)).await;
    let (found, folder, mut session) = next_run(&killed).await;
    assert_eq!(found, Some(replayed(begun, &run(0..1))));
    goes_on(found, folder.path(), &mut session).await;
}
