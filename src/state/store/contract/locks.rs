//! Of the contract: the lock. One has it, it goes with its holder, and without it nothing is written.

use super::super::medium::{Held, Item, Look};
use super::*;

pub(in super::super) async fn of_many_who_race_for_the_lock_one_has_it<G: Ground>(ground: &G) {
    for _ in 0..3 {
        let stores: Vec<_> = (0..6).map(|_| store(ground)).collect();
        let tries = stores.iter().enumerate().map(|(n, store)| async move {
            let who = format!("racer {n}");
            store.lock(&holder(&who)).await
        });
        let mut winners = Vec::new();
        for ended in futures_util::future::join_all(tries).await {
            match ended {
                Ok(session) => winners.push(session),
                Err(StoreError::Locked { .. }) => {}
                Err(other) => panic!("{other}"),
            }
        }
        // All may stand in each other's way, but two never have it.
        assert!(winners.len() <= 1, "{} have the lock", winners.len());
        drop(winners);
        let mut session = lock(&store(ground), "next").await;
        session.load().await.unwrap();
        assert!(matches!(store(ground).lock(&holder("other")).await, Err(StoreError::Locked { .. })));
    }
}

pub(in super::super) async fn the_lock_names_its_holder_in_any_script<G: Ground>(ground: &G) {
    let who =
        Holder {
            host: "主机 🚂".to_owned(), command: "apply \"ä\" \\ '; --".to_owned(), ..holder("Zoë")
        };
    let session = store(ground).lock(&who).await.unwrap();
    let refused = store(ground).lock(&holder("bob")).await.err().unwrap();
    assert!(matches!(&refused, StoreError::Locked { lock: Some(found) } if found.holder == who), "{refused}");
    drop(session);
}

pub(in super::super) async fn a_lock_goes_with_its_holder<G: Ground>(ground: &G) {
    let store_of_one = store(ground);
    let session = store_of_one.lock(&holder("ada")).await.unwrap();
    drop(session);
    // Who has just let go of it may have it again at once, without a try in between.
    let session = store_of_one.lock(&holder("ada")).await.unwrap();
    drop(session);
    let mut session = lock(&store(ground), "bob").await;
    assert_eq!(session.held.previous(), None, "whoever ended well was not cut off");
    session.append(&Base::of(&new_state()), &[numbered(1)]).await.unwrap();
    ground.kill(session.held);
    let mut session = lock(&store(ground), "eve").await;
    assert_eq!(session.held.previous().map(|who| who.who), Some("bob".to_owned()));
    assert_eq!(number(session.load().await.unwrap().as_ref()), Some(1));
}

/// A live writer loses its lock to somebody who takes it for dead.
pub(in super::super) async fn whose_lock_was_broken_writes_nothing_more<G: Ground>(ground: &G) {
    let mut broken = store(ground).lock(&holder("ada")).await.unwrap();
    broken.load().await.unwrap();
    broken.append(&Base::of(&new_state()), &[numbered(1)]).await.unwrap();
    if !ground.break_lock(&train()).await {
        // It cannot be broken: then nobody else has it.
        assert!(matches!(store(ground).lock(&holder("bob")).await, Err(StoreError::Locked { .. })));
        return;
    }
    let old = after(None, &[1]);
    assert_eq!(store(ground).load().await.unwrap().as_ref(), Some(&old));
    broken.append(&Base::of(&new_state()), &[numbered(2)]).await.unwrap_err();

    let mut session = store(ground).lock(&holder("bob")).await.unwrap();
    let loaded = session.load().await.unwrap();
    assert_eq!(loaded.as_ref(), Some(&old));
    let base = Base::of(&old);
    session.append(&base, &[numbered(3)]).await.unwrap();
    // It goes on as if nothing were: not with what it was about to do, and not with what it would say at its end.
    for _ in 0..2 {
        broken.append(&Base::of(&new_state()), &[numbered(2)]).await.unwrap_err();
        broken.fold(&after(None, &[1, 2])).await.unwrap_err();
        for item in [Item::Snapshot, Item::Journal] {
            broken.held.remove(&item).await.unwrap_err();
            broken.held.replace(&item, b"written without the lock").await.unwrap_err();
        }
    }
    let new = after(loaded, &[3]);
    assert_eq!(store(ground).load().await.unwrap().as_ref(), Some(&new));
    session.fold(&new).await.unwrap();
    // Nor does its end free what others have.
    drop(broken);
    assert!(matches!(store(ground).lock(&holder("eve")).await, Err(StoreError::Locked { .. })));
    session.append(&Base::of(&new), &[numbered(4)]).await.unwrap();
    drop(session);
    assert_eq!(store(ground).load().await.unwrap(), Some(after(Some(new), &[4])));
}

/// Clocks only inform: neither those of holders nor how they stand to the place's decide anything.
pub(in super::super) async fn clocks_that_are_wrong_change_nothing<G: Ground>(ground: &G) {
    let times = ["1970-01-01T00:00:00Z", "2999-12-31T23:59:59Z", "2026-11-27T20:00:00Z"];
    for (n, since) in times.into_iter().enumerate() {
        let who = Holder { since: since.parse().unwrap(), ..holder("ada") };
        let client = store(ground);
        let mut session = lock_as(&client, &who).await;
        let state = session.load().await.unwrap();
        assert_eq!(number(state.as_ref()), n.checked_sub(1));
        let refused =
            store(ground).lock(&Holder { since: Timestamp::MAX, ..holder("bob") }).await.err().unwrap();
        assert!(
            matches!(&refused, StoreError::Locked { lock: Some(found) } if found.holder == who),
            "{refused}"
        );
        session.append(&Base::of(&state.unwrap_or_else(new_state)), &[numbered(n)]).await.unwrap();
        ground.kill(session.held);
        drop(lock(&client, "waits").await);
    }
}

pub(in super::super) async fn trains_of_one_place_do_not_meet<G: Ground>(ground: &G) {
    let names = ["gl", "gl.small", "gl-small", "GL"].map(TrainName::new);
    let mut sessions = Vec::new();
    for (n, name) in names.iter().enumerate() {
        let mut session = Kept::on(ground.client(name), name.clone()).lock(&holder("ada")).await.unwrap();
        assert_eq!(session.load().await.unwrap(), None);
        session.held.replace(&Item::Snapshot, name.as_str().as_bytes()).await.unwrap();
        session.held.append(&base(), &[b'0'; 10][..=n]).await.unwrap();
        sessions.push(session);
    }
    for (n, session) in sessions.iter_mut().enumerate() {
        let snapshot = session.held.read(&Item::Snapshot).await.unwrap();
        assert_eq!(snapshot.as_deref(), Some(names[n].as_str().as_bytes()));
        assert_eq!(
            session.held.read(&Item::Journal).await.unwrap().map(|journal| journal.len()),
            Some(n + 1)
        );
    }
}
