//! Locks that come about after their taking failed, and a breaking that is cut off.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_lock_that_comes_about_after_its_taking_failed_is_freed_or_named() {
    // The first look is the taking's own, and five follow.
    for (late, stays) in [(1, false), (2, false), (5, false), (6, true)] {
        let service = Service::new().await;
        let place = service.place();
        way(&place).spoil("PUT", Fault::Belated(late));
        // The client tries again by itself, as often as it does.
        for _ in 0..20 {
            way(&place).spoil("PUT", Fault::Dropped);
        }
        let failed = place.hold(&holder("ann")).await.unwrap_err();
        let StoreError::Remote { action: "lock", way_out, .. } = &failed else { panic!("{failed}") };
        assert!(way_out.contains("`patchtrain force-unlock lock-of-ann`"), "{way_out}");
        assert!(service.1.ended().await);
        tokio::time::sleep(Duration::from_secs(60)).await;
        let there = service.place().locked().await.unwrap();
        let asked = way(&place).lines.lock().unwrap().clone();
        assert_eq!(there.is_some(), stays, "after {late} looks: {asked:#?}");
        if let Some(lock) = there {
            // By the id that was named.
            assert_eq!(lock.holder.id, holder("ann").id);
            service.place().break_lock(&lock.holder.id, &holder("bob")).await.unwrap();
        }
        free(service.place().hold(&holder("bob")).await.unwrap()).await;
    }
}

/// What was refused for good is not waited for.
#[tokio::test(start_paused = true)]
async fn a_taking_that_was_refused_names_no_lock_and_is_not_looked_after() {
    let service = Service::new().await;
    let place = service.place();
    way(&place).spoil("PUT", Fault::Refused(403, "NotAllowed"));
    let failed = place.hold(&holder("ann")).await.unwrap_err();
    assert!(
        matches!(&failed, StoreError::Remote { way_out, .. } if !way_out.contains("force-unlock")),
        "{failed}"
    );
    let before = tokio::time::Instant::now();
    assert!(service.1.ended().await);
    assert!(before.elapsed() < Duration::from_millis(500));
}

/// Whoever takes a lock away is killed between any two requests: nothing that its holder was acknowledged is lost, and
/// somebody else can take it away.
#[tokio::test(start_paused = true)]
async fn taking_a_lock_away_may_be_cut_off_anywhere() {
    for requests in 0.. {
        let service = Service::new().await;
        let (one, breaking, next) = (service.place(), service.place(), service.place());
        let mut held = one.hold(&holder("ann")).await.unwrap();
        held.replace(&Item::Snapshot, b"anns").await.unwrap();
        held.append(&base(), b"one\n").await.unwrap();
        way(&breaking).end_after(requests);
        let ended = breaking.break_lock(&holder("ann").id, &holder("bob")).await;
        assert_eq!(text(&next, &Item::Snapshot).await.as_deref(), Some("anns"));
        let acknowledged = match held.append(&base(), b"two\n").await {
            Ok(()) => "one\ntwo\n",
            Err(StoreError::LockLost { .. }) => "one\n",
            Err(other) => panic!("after {requests} requests: {other}"),
        };
        assert!(ended.is_err() || acknowledged == "one\n", "after {requests} requests");
        assert_eq!(text(&next, &Item::Journal).await.as_deref(), Some(acknowledged));

        if let Some(lock) = next.locked().await.unwrap() {
            next.break_lock(&lock.holder.id, &holder("eve")).await.unwrap();
        }
        let mut after = next.hold(&holder("eve")).await.unwrap();
        held.append(&base(), b"three\n").await.unwrap_err();
        held.replace(&Item::Snapshot, b"anns again").await.unwrap_err();
        let read = after.read(&Item::Snapshot).await.unwrap();
        assert_eq!(read.as_deref(), Some(b"anns".as_slice()), "after {requests} requests");
        let read = after.read(&Item::Journal).await.unwrap();
        assert_eq!(read.as_deref(), Some(acknowledged.as_bytes()), "after {requests} requests");
        after.replace(&Item::Snapshot, b"eves").await.unwrap();
        if ended.is_ok() {
            assert!(requests > 5, "only {requests} requests");
            return;
        }
    }
}
