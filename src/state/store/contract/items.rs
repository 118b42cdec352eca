//! Of the contract: what is kept. Whole, in order, in any size and any script, and seen by all.

use super::super::medium::{BackupName, Held, Item, Look};
use super::super::tests::{replayed, run};
use super::*;
use crate::op::PlanId;

fn backup(serial: u64, twin: Option<&str>) -> Item {
    Item::Backup(BackupName { lineage: "5eed".to_owned(), serial, twin: twin.map(str::to_owned) })
}

pub(in super::super) async fn what_was_written_is_read_whole_by_others<G: Ground>(ground: &G) {
    // Every byte, and what is text in no encoding.
    let bytes: Vec<u8> = (0..=255).chain([0, 0xff, b'\'', b'\\', b'\n']).collect();
    let medium = ground.client(&train());
    let other = ground.client(&train());
    let mut held = medium.hold(&holder("ada")).await.unwrap();
    let items = [Item::Snapshot, backup(7, None), backup(7, Some("0f3a")), backup(8, None)];
    for item in &items {
        assert_eq!(other.look().read(item).await.unwrap(), None, "{item:?}");
        held.remove(item).await.unwrap();
        for content in [b"".as_slice(), b"first", &bytes] {
            held.replace(item, content).await.unwrap();
            assert_eq!(held.read(item).await.unwrap().as_deref(), Some(content), "{item:?}");
            assert_eq!(other.look().read(item).await.unwrap().as_deref(), Some(content), "{item:?}");
        }
    }
    let mut backups = other.backups().await.unwrap();
    backups.sort_unstable();
    let listed: Vec<Item> = backups.into_iter().map(Item::Backup).collect();
    assert_eq!(listed, items[1..]);
    for item in &items {
        held.remove(item).await.unwrap();
        assert_eq!(other.look().read(item).await.unwrap(), None, "{item:?}");
        // None again: only the first removes something.
        held.remove(item).await.unwrap();
    }
    assert_eq!(other.backups().await.unwrap(), []);
}

pub(in super::super) async fn a_journal_begins_anew_with_each_session<G: Ground>(ground: &G) {
    let medium = ground.client(&train());
    let journal = async || {
        let found = ground.client(&train()).look().read(&Item::Journal).await.unwrap();
        found.map(|bytes| String::from_utf8(bytes).unwrap())
    };
    let mut held = medium.hold(&holder("ada")).await.unwrap();
    for (batch, whole) in [("a\n", "a\n"), ("b\nc\n", "a\nb\nc\n"), ("ä\n", "a\nb\nc\nä\n")] {
        held.append(&base(), batch.as_bytes()).await.unwrap();
        assert_eq!(journal().await.as_deref(), Some(whole));
    }
    held.leave_journal();
    assert_eq!(journal().await.as_deref(), Some("a\nb\nc\nä\n"), "it is left, and not removed");
    held.append(&base(), b"d\n").await.unwrap();
    held.append(&base(), b"e\n").await.unwrap();
    assert_eq!(journal().await.as_deref(), Some("d\ne\n"));
    drop(held);

    let mut held = medium.hold(&holder("ada")).await.unwrap();
    assert_eq!(held.read(&Item::Journal).await.unwrap().as_deref(), Some(b"d\ne\n".as_slice()));
    held.append(&base(), b"f\n").await.unwrap();
    assert_eq!(journal().await.as_deref(), Some("f\n"));
    held.leave_journal();
    held.remove(&Item::Journal).await.unwrap();
    assert_eq!(journal().await, None);
}

pub(in super::super) async fn a_state_of_50_megabytes_is_kept<G: Ground>(ground: &G) {
    // Nothing that packs well.
    let mut seed = 1_u64;
    let words = std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 32).to_le_bytes()
    });
    let large: Vec<u8> = words.take(50 * 1024 * 1024 / 8).flatten().collect();
    let medium = ground.client(&train());
    let mut held = medium.hold(&holder("ada")).await.unwrap();
    held.replace(&Item::Snapshot, &large).await.unwrap();
    held.append(&base(), &large[..large.len() / 2]).await.unwrap();
    held.append(&base(), &large[large.len() / 2..]).await.unwrap();
    drop(held);
    let other = ground.client(&train());
    // Not `assert_eq`, which would print them.
    for item in [Item::Snapshot, Item::Journal] {
        assert!(other.look().read(&item).await.unwrap() == Some(large.clone()), "{item:?}");
    }
}

pub(in super::super) async fn lines_are_added_by_many_and_stay_whole<G: Ground>(ground: &G) {
    let stores: Vec<_> = (0..4).map(|_| store(ground)).collect();
    let writing = stores.iter().enumerate().map(|(writer, store)| async move {
        for n in 0..5 {
            let record = ReportRecord { systems: writer, compliant: n, ..ReportRecord::default() };
            store.keep_report(&record).await.unwrap();
        }
    });
    futures_util::future::join_all(writing).await;
    let reports = store(ground).reports().await.unwrap();
    assert_eq!(reports.unreadable, [0; 0]);
    for writer in 0..4 {
        let of_one = reports.records.iter().filter(|record| record.systems == writer);
        let order: Vec<usize> = of_one.map(|record| record.compliant).collect();
        assert_eq!(order, [0, 1, 2, 3, 4], "of writer {writer}");
    }
    let mut session = lock(&store(ground), "ada").await;
    let records = [1, 2].map(|serial| HistoryRecord {
        consent: crate::state::Consent::default(),
        at: Timestamp::UNIX_EPOCH,
        who: "Zoë 🚂".to_owned(),
        host: "主机".to_owned(),
        plan: PlanId("a-plan".into()),
        basis: serial - 1,
        serial,
        steps: StepCounts::default(),
        interrupted: false,
        ancestor: None,
        overrides: Vec::new(),
    });
    for record in &records {
        session.history(record).await.unwrap();
        session.history(record).await.unwrap();
    }
    let past = store(ground).past().await.unwrap();
    assert_eq!(past.records, records.map(HistoryLine::Run), "each once, though each was noted twice");
}

pub(in super::super) async fn a_run_is_read_as_it_goes_on_and_folded_at_its_end<G: Ground>(ground: &G) {
    let mut state = None;
    for round in 0..3_u64 {
        let mut session = lock(&store(ground), "ada").await;
        assert_eq!(session.load().await.unwrap(), state);
        let begun = state.unwrap_or_else(new_state);
        let entries = run(0..usize::try_from(round).unwrap() + 2);
        for (n, batch) in entries.chunks(4).enumerate() {
            session.append(&Base::of(&begun), batch).await.unwrap();
            let done = &entries[..entries.len().min(n * 4 + 4)];
            assert_eq!(store(ground).load().await.unwrap(), Some(replayed(begun.clone(), done)));
        }
        let folded = replayed(begun, &entries);
        assert_eq!(folded.serial, round + 1);
        session.fold(&folded).await.unwrap();
        session.fold(&folded).await.unwrap();
        session.held.read(&Item::Journal).await.unwrap().ok_or(()).unwrap_err();
        let stale = Base { serial: round, ..Base::of(&folded) };
        let refused = session.append(&stale, &entries).await.unwrap_err();
        assert!(matches!(refused, StoreError::Conflict { .. }), "{refused}");
        state = Some(folded);
    }
}

/// A run that was cut off before it was said to begin has put no policy on record, and was none.
pub(in super::super) async fn what_was_to_govern_a_run_that_never_began_governs_none<G: Ground>(ground: &G) {
    let policy = crate::policy::Policy { approvals: 7, ..Default::default() };
    let governed = Entry::Governed { policy: Some(Box::new(policy)), consent: Default::default() };
    let entries = run(0..2);
    for begun in [false, true] {
        let mut session = lock(&store(ground), "ada").await;
        assert_eq!(session.load().await.unwrap(), None);
        let batch: Vec<Entry> =
            if begun { [vec![governed.clone()], entries.clone()].concat() } else { vec![governed.clone()] };
        session.append(&Base::of(&new_state()), &batch).await.unwrap();
        let seen = store(ground).load().await.unwrap();
        assert_eq!(seen, begun.then(|| replayed(new_state(), &batch)));
        ground.kill(session.held);
        let mut next = lock(&store(ground), "bob").await;
        assert_eq!(next.load().await.unwrap(), seen);
        let past = store(ground).past().await.unwrap();
        assert_eq!(past.records.len(), usize::from(begun), "{:?}", past.records);
    }
}

/// What people are told to do is something that they can do there.
pub(in super::super) async fn the_way_out_of_damage_is_one_that_the_place_has<G: Ground>(ground: &G) {
    let store = store(ground);
    let mut session = lock(&store, "ada").await;
    session.held.replace(&Item::Snapshot, b"nonsense").await.unwrap();
    let damaged = store.load().await.unwrap_err().to_string();
    session.held.remove(&Item::Snapshot).await.unwrap();
    session.held.append(&base(), b"nonsense\n").await.unwrap();
    let torn = store.load().await.unwrap_err().to_string();
    let files = store.ways() == Ways::Files;
    assert_eq!(damaged.contains("version control"), files, "{damaged}");
    for told in [damaged, torn] {
        assert_eq!(told.contains("move it away"), files, "{told}");
        assert_eq!(told.contains("delete it, once there is a copy"), !files, "{told}");
    }
}

pub(in super::super) async fn replaced_snapshots_are_kept_and_pruned<G: Ground>(ground: &G) {
    let mut session = lock(&store(ground), "ada").await;
    let of = |serial| State { serial, ..replayed(new_state(), &run(0..1)) };
    for serial in 1..=13 {
        session.fold(&of(serial)).await.unwrap();
    }
    let backups = store(ground).backups().await.unwrap();
    let serials: Vec<u64> = backups.iter().map(|backup| backup.name.serial).collect();
    assert_eq!(serials, (3..13).collect::<Vec<u64>>());
    assert_eq!(store(ground).backup(&backups[0]).await.unwrap(), Some(of(3)));
    let name = BackupName { serial: 2, ..backups[0].name.clone() };
    let gone = Backup { name, ..backups[0].clone() };
    assert_eq!(store(ground).backup(&gone).await.unwrap(), None);
    drop(session);

    // Another number, from then on.
    for (keeping, serial, kept) in [(3, 14, 11..14), (20, 15, 11..15)] {
        let mut session = lock(&store(ground).keeping(keeping), "ada").await;
        session.fold(&of(serial)).await.unwrap();
        let backups = store(ground).backups().await.unwrap();
        let serials: Vec<u64> = backups.iter().map(|backup| backup.name.serial).collect();
        assert_eq!(serials, kept.collect::<Vec<u64>>());
    }
}
