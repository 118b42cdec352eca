//! States that were pruned, in buckets that keep versions, never did, or did once; and for who may not list them.

use super::*;
use crate::seal::{Passphrase, SealError, Sealing};
use crate::state::store::tests::{replayed, run};
use crate::state::store::{Backup, Backups, Sealed};

fn train() -> TrainName {
    TrainName::new("great-linux")
}

fn store(service: &Service) -> Kept<Place> {
    Kept::on(service.place(), train()).keeping(10)
}

fn sealed(service: &Service, own: &str, former: Option<&str>) -> Kept<Sealed<Place>> {
    let passphrase = |text: &str| Passphrase::new("OWN", text).unwrap();
    store(service).sealed(Sealing::new(Some(passphrase(own)), former.map(passphrase)))
}

fn at(serial: u64) -> State {
    State { serial, ..replayed(new_state(), &run(0..1)) }
}

/// Leaves a state at the last of these serials, and backups of those before.
async fn fold<M: Medium>(store: &Kept<M>, serials: std::ops::RangeInclusive<u64>) {
    let mut session = store.lock(&holder("ann")).await.unwrap();
    session.load().await.unwrap();
    for serial in serials {
        session.fold(&at(serial)).await.unwrap();
    }
}

/// The serials of backups, those that are there and those that a version keeps.
fn serials(backups: &[Backup]) -> (Vec<u64>, Vec<u64>) {
    let (kept, there): (Vec<&Backup>, Vec<&Backup>) =
        backups.iter().partition(|backup| backup.version.is_some());
    let serials = |backups: Vec<&Backup>| backups.iter().map(|backup| backup.name.serial).collect();
    (serials(there), serials(kept))
}

fn asked(place: &Place, what: &str) -> usize {
    way(place).lines.lock().unwrap().iter().filter(|line| line.contains(what)).count()
}

#[tokio::test(start_paused = true)]
async fn a_bucket_that_keeps_versions_keeps_every_state_that_was_replaced() {
    let service = Service::new().await;
    let writer = store(&service);
    fold(&writer, 1..=13).await;
    assert_eq!(asked(writer.medium(), "objectversions"), 0, "nothing is pruned by versions");
    let store = store(&service);
    let live = store.backups().await.unwrap();
    assert_eq!(serials(&live), ((3..=12).collect(), vec![]));
    let Backups { all, unlisted } = store.replaced().await.unwrap();
    assert_eq!((serials(&all), unlisted), (((3..=12).collect(), vec![1, 2]), None));
    assert_eq!(all.len(), 12);
    for backup in &all {
        assert_eq!(store.backup(backup).await.unwrap(), Some(at(backup.name.serial)));
    }
    let place = all[0].place.to_string();
    let version = all[0].version.as_deref().unwrap();
    assert_eq!(
        place,
        format!("object production/great-linux.backup/5eed-1 (version {version}) of bucket states")
    );
    // What a lifecycle rule has deleted.
    let gone = Backup { version: Some("no-such".to_owned()), ..all[0].clone() };
    assert_eq!(store.backup(&gone).await.unwrap(), None);
    // One that was removed by hand, and one that has come and gone twice.
    let place = service.place();
    place.delete("production/great-linux.backup/5eed-7").await.unwrap();
    let twice = Item::Backup(BackupName { lineage: "5eed".to_owned(), serial: 9, twin: None });
    place.delete(&place.name(&twice)).await.unwrap();
    place.put(&twice, b"newer").await.unwrap();
    assert_eq!(serials(&store.replaced().await.unwrap().all).1, [1, 2, 7]);
    place.delete(&place.name(&twice)).await.unwrap();
    let all = store.replaced().await.unwrap().all;
    assert_eq!(serials(&all).1, [1, 2, 7, 9]);
    let version = all[8].version.as_deref().unwrap();
    let Item::Backup(name) = &twice else { unreachable!() };
    assert_eq!(place.read_version(name, version).await.unwrap().as_deref(), Some(&b"newer"[..]));
}

#[tokio::test(start_paused = true)]
async fn a_bucket_that_never_kept_versions_is_asked_for_none() {
    let service = Service::made(ObjectSwitches::default(), "Disabled").await;
    let store = store(&service);
    fold(&store, 1..=13).await;
    let all = store.replaced().await.unwrap().all;
    assert_eq!(all, store.backups().await.unwrap());
    assert_eq!(serials(&all), ((3..=12).collect(), vec![]));
    assert_eq!(asked(store.medium(), "objectversions"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_bucket_that_kept_versions_once_has_those_of_that_time() {
    let service = Service::new().await;
    let store = store(&service);
    fold(&store, 1..=12).await;
    service.version("Suspended").await;
    fold(&store, 13..=15).await;
    assert_eq!(serials(&store.replaced().await.unwrap().all), ((5..=14).collect(), vec![1, 2, 3, 4]));
}

#[tokio::test(start_paused = true)]
async fn who_may_not_list_versions_has_those_that_are_there_and_is_told() {
    let service = Service::new().await;
    let store = store(&service);
    fold(&store, 1..=13).await;
    for (status, code) in [(404, "NotAuthorizedOrNotFound"), (403, "NotAuthorized")] {
        way(store.medium()).spoil("objectversions", Fault::Refused(status, code));
        let Backups { all, unlisted } = store.replaced().await.unwrap();
        assert_eq!(serials(&all), ((3..=12).collect(), vec![]));
        let told = unlisted.unwrap();
        assert!(
            told.contains("the versions of bucket states cannot be listed") && told.contains(code),
            "{told}"
        );
    }
    // Who may not look at the bucket may list them all the same.
    way(store.medium()).spoil("GET /n/simulated/b/states", Fault::Refused(404, "ObjectNotFound"));
    way(store.medium()).spoil("GET /n/simulated/b/states", Fault::Refused(404, "BucketNotFound"));
    let read = async || store.medium().replaced_now().await;
    assert!(read().await.is_err(), "that the backups cannot be listed is no such thing");
    assert_eq!(read().await.unwrap().backups.len(), 12);
    // A service that does not answer tells nothing.
    for _ in 0..8 {
        way(store.medium()).spoil("objectversions", Fault::Dropped);
    }
    let failed = store.replaced().await.unwrap_err().to_string();
    assert!(failed.contains("cannot list the versions of"), "{failed}");
}

#[tokio::test(start_paused = true)]
async fn what_a_version_keeps_is_opened_by_the_passphrase_of_its_time() {
    const OWN: &str = "correct-horse-battery-staple";
    const FORMER: &str = "the horse that was there before";
    let service = Service::new().await;
    fold(&store(&service), 1..=12).await;
    fold(&sealed(&service, FORMER, None), 13..=13).await;
    fold(&sealed(&service, OWN, Some(FORMER)), 14..=24).await;
    let plain = store(&service);
    let both = sealed(&service, OWN, Some(FORMER));
    let all = both.replaced().await.unwrap().all;
    assert_eq!(serials(&all), ((14..=23).collect(), (1..=13).collect()));
    for backup in &all {
        assert_eq!(both.backup(backup).await.unwrap(), Some(at(backup.name.serial)));
    }
    // That of serial 1 was pruned while all was plain, that of 12 was written anew by each passphrase before it was.
    assert_eq!(plain.backup(&all[0]).await.unwrap(), Some(at(1)));
    let own = sealed(&service, OWN, None);
    assert_eq!(own.backup(&all[11]).await.unwrap(), Some(at(12)));
    let former = sealed(&service, FORMER, None);
    let error = former.backup(&all[11]).await.unwrap_err();
    assert!(matches!(&error, StoreError::Sealed { source: SealError::WrongKey { .. }, .. }), "{error}");
    assert!(error.to_string().contains(&all[11].place.to_string()), "{error}");
}

#[tokio::test(start_paused = true)]
async fn init_says_what_versions_mean_for_states() {
    let service = Service::new().await;
    let told = async || {
        let notes = service.place().prepare().await.unwrap();
        assert_eq!(notes.len(), 1, "{notes:?}");
        assert!(!notes[0].contains('\n'), "{notes:?}");
        notes.into_iter().next().unwrap()
    };
    let enabled = told().await;
    assert!(enabled.contains("object-lifecycle-policy put --bucket-name states"), "{enabled}");
    service.version("Suspended").await;
    let suspended = told().await;
    assert!(
        suspended.contains("keeps no more versions") && suspended.contains("the last ones are kept"),
        "{suspended}"
    );
    let service = Service::made(ObjectSwitches::default(), "Disabled").await;
    let disabled = service.place().prepare().await.unwrap().remove(0);
    assert!(disabled.contains("bucket update --name states --versioning Enabled"), "{disabled}");
}

#[tokio::test(start_paused = true)]
async fn a_damaged_journal_says_which_objects_have_to_go() {
    let service = Service::new().await;
    let place = service.place();
    let mut held = place.hold(&holder("ann")).await.unwrap();
    let nothing = place.way_to_cut(3);
    assert!(nothing.contains("the one that holds line 3 of all of them"), "{nothing}");
    for batch in ["one\ntwo\n", "three\n", "four\nfive\nsix\n", "seven\n", "eight\n"] {
        held.append(&base(), batch.as_bytes()).await.unwrap();
    }
    text(&place, &Item::Journal).await;
    let named = |number: u64| format!("production/great-linux.journal/00000000/{number:08}");
    let from = |number| {
        let (first, last) = (named(number), named(5));
        format!("delete object {first} of bucket states, and those after it up to {last}")
    };
    for (line, way) in [
        (2, from(1)),
        (3, from(2)),
        (4, from(3)),
        (6, from(3)),
        (7, from(4)),
        (8, format!("delete object {} of bucket states", named(5))),
    ] {
        assert_eq!(place.way_to_cut(line), way, "line {line}");
    }
    // One that lacks: those after it.
    place.delete(&named(4)).await.unwrap();
    text(&place, &Item::Journal).await;
    assert_eq!(place.way_to_cut(7), format!("delete object {} of bucket states", named(5)));
    // As a state of ours says it.
    let error = store(&service).load().await.unwrap_err().to_string();
    assert!(error.contains("damaged"), "{error}");
}
