//! The objects of a train against a service that refuses, forgets answers, and is written to by others.

mod broken;
mod versions;

use tokio::runtime::Handle;

use super::*;
use crate::oci::object_storage::API_VERSION;
use crate::oci::testing::{Fault, Way};
use crate::oci::{Call, Client, Credentials, Endpoint};
use crate::simulator::{Clock, DEFAULT_SEED, InProcess, ObjectSwitches, Simulator, Switches, credentials};
use crate::state::State;
use crate::state::store::contract::{self, Ground, contract};
use crate::state::store::medium::Held;
use crate::state::store::tests::new_state;
use crate::state::store::{Base, Kept, Session, Store};

type Place = Objects<Way<InProcess>>;

fn now() -> Timestamp {
    "2026-11-27T18:00:00Z".parse().unwrap()
}

/// A simulator with one bucket, and as many clients of it as are wanted.
struct Service(Arc<Simulator>, Releases);

impl Service {
    async fn new() -> Self {
        Self::of(ObjectSwitches::default()).await
    }

    async fn of(objects: ObjectSwitches) -> Self {
        Self::made(objects, "Enabled").await
    }

    async fn made(objects: ObjectSwitches, versioning: &str) -> Self {
        let clock = Clock::starting_at("2026-11-27T17:00:00Z".parse().unwrap());
        let switches = Switches { objects, ..Switches::default() };
        let simulator = Arc::new(Simulator::in_memory(DEFAULT_SEED, clock, switches));
        let service = Self(simulator, Releases::default());
        let details = serde_json::json!({
            "name": "states", "compartmentId": service.0.info().facts.compartment, "versioning": versioning
        });
        let call = Call::post("CreateBucket", &["n", "simulated", "b"]).json(&details);
        service.client().send(&call).await.unwrap();
        service
    }

    /// Has the bucket keep versions, or not any more.
    async fn version(&self, versioning: &str) {
        let details = serde_json::json!({ "versioning": versioning });
        let call = Call::post("UpdateBucket", &["n", "simulated", "b", "states"]).json(&details);
        self.client().send(&call).await.unwrap();
    }

    fn client(&self) -> Client<Way<InProcess>> {
        let own = credentials();
        let key =
            Credentials::from_parts(own.tenancy, own.user, own.fingerprint, own.key.as_bytes()).unwrap();
        let way = Way::to(InProcess(Arc::clone(&self.0)));
        Client::new(way, Endpoint::fixed("http://objectstorage.test"), API_VERSION, key)
    }

    /// Another client, with its way to the service.
    fn place(&self) -> Place {
        let service = ObjectStorage::new(self.client(), None);
        Objects::new(service, ("states", "production"), TrainName::new("great-linux"), self.1.clone(), now)
    }

    async fn names(&self) -> Vec<String> {
        self.place().list("").await.unwrap().into_iter().map(|entry| entry.name).collect()
    }
}

fn way(place: &Place) -> &Way<InProcess> {
    place.service.transport()
}

fn holder(who: &str) -> Holder {
    Holder {
        id: LockId(format!("lock-of-{who}")),
        train: Some(TrainName::new("great-linux")),
        who: who.to_owned(),
        host: "desk".to_owned(),
        pid: 7,
        command: "patchtrain apply".to_owned(),
        since: "2026-11-27T17:00:00Z".parse().unwrap(),
    }
}

fn base() -> Base {
    Base::of(&new_state())
}

async fn text(place: &Place, item: &Item) -> Option<String> {
    place.look().read(item).await.unwrap().map(|bytes| String::from_utf8(bytes).unwrap())
}

/// Frees a lock, and waits until it is free.
async fn free(held: HeldObjects<Way<InProcess>>) {
    let releases = held.objects.releases.clone();
    drop(held);
    releases.ended().await;
}

#[tokio::test(start_paused = true)]
async fn a_lock_is_one_clients_until_it_is_freed() {
    let service = Service::new().await;
    let (one, other) = (service.place(), service.place());
    let held = one.hold(&holder("ann")).await.unwrap();
    let refused = other.hold(&holder("bob")).await.unwrap_err().to_string();
    for part in ["locked by ann on desk (pid 7", "last sign of life", "lock lock-of-ann", "patchtrain apply"]
    {
        assert!(refused.contains(part), "no {part} in {refused}");
    }
    let lock = other.locked().await.unwrap().unwrap();
    assert_eq!((lock.holder, lock.stays), (holder("ann"), true));
    free(held).await;
    assert_eq!(other.locked().await.unwrap(), None);
    free(other.hold(&holder("bob")).await.unwrap()).await;
    assert_eq!(service.names().await, [] as [&str; 0]);
}

#[tokio::test(start_paused = true)]
async fn of_many_that_want_the_lock_one_gets_it() {
    let service = Service::new().await;
    let names: Vec<String> = (0..16).map(|n| format!("{n}")).collect();
    let places: Vec<Place> = names.iter().map(|_| service.place()).collect();
    let tries = names.iter().zip(&places).map(|(name, place)| async move { place.hold(&holder(name)).await });
    let held: Vec<_> = futures_util::future::join_all(tries).await.into_iter().flatten().collect();
    assert_eq!(held.len(), 1);
}

/// Ctrl-C while the lock is being taken: the request arrives when nobody waits for its answer any more.
#[tokio::test(start_paused = true)]
async fn a_lock_that_comes_about_after_it_was_given_up_is_freed() {
    for late in [0, 300, 1_200, 2_900] {
        let service = Service::new().await;
        let place = service.place();
        way(&place).spoil("PUT", Fault::Late(late));
        let taking = tokio::time::timeout(Duration::from_millis(10), place.hold(&holder("ann"))).await;
        assert!(taking.is_err(), "there is no answer");
        assert!(service.1.ended().await);
        tokio::time::sleep(Duration::from_secs(10)).await;
        assert_eq!(service.place().locked().await.unwrap(), None, "after {late} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_lost_hides_nothing() {
    let service = Service::new().await;
    let place = service.place();
    // The lock.
    way(&place).spoil("PUT", Fault::Lost);
    let mut held = place.hold(&holder("ann")).await.unwrap();
    // A batch, and a snapshot.
    way(&place).spoil("PUT", Fault::Lost);
    held.append(&base(), b"one\n").await.unwrap();
    held.append(&base(), b"two\n").await.unwrap();
    assert_eq!(text(&place, &Item::Journal).await.as_deref(), Some("one\ntwo\n"));
    way(&place).spoil("PUT", Fault::Lost);
    held.replace(&Item::Snapshot, b"first").await.unwrap();
    way(&place).spoil("PUT", Fault::Lost);
    held.replace(&Item::Snapshot, b"second").await.unwrap();
    assert_eq!(text(&place, &Item::Snapshot).await.as_deref(), Some("second"));
    // A line, which stands once.
    way(&place).spoil("PUT", Fault::Lost);
    place.add_line(&Item::History, b"line\n").await.unwrap();
    assert_eq!(text(&place, &Item::History).await.as_deref(), Some("line\n"));
    way(&place).spoil("DELETE", Fault::Lost);
    held.remove(&Item::Journal).await.unwrap();
    assert_eq!(text(&place, &Item::Journal).await, None);
    way(&place).spoil("DELETE", Fault::Lost);
    free(held).await;
    assert_eq!(place.locked().await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn a_holder_whose_lock_was_taken_away_writes_nothing_more() {
    let service = Service::new().await;
    let (one, other) = (service.place(), service.place());
    let mut held = one.hold(&holder("ann")).await.unwrap();
    held.replace(&Item::Snapshot, b"anns").await.unwrap();
    held.append(&base(), b"one\n").await.unwrap();
    let wrong = other.break_lock(&LockId("another".into()), &holder("bob")).await.unwrap_err();
    assert!(matches!(wrong, StoreError::Locked { .. }), "{wrong}");
    other.break_lock(&holder("ann").id, &holder("bob")).await.unwrap();
    let lost = |error: StoreError| {
        assert!(matches!(error, StoreError::LockLost { .. }), "{error}");
        error.to_string()
    };
    let told = lost(held.append(&base(), b"two\n").await.unwrap_err());
    assert!(told.contains("bob on desk took it away"), "{told}");
    lost(held.replace(&Item::Snapshot, b"anns again").await.unwrap_err());
    lost(held.remove(&Item::Journal).await.unwrap_err());
    // Nothing of it is there, and what was written before is.
    assert_eq!(text(&other, &Item::Journal).await.as_deref(), Some("one\n"));
    assert_eq!(text(&other, &Item::Snapshot).await.as_deref(), Some("anns"));
    let mut held_by_other = other.hold(&holder("bob")).await.unwrap();
    assert_eq!(held_by_other.previous().map(|gone| gone.who), Some("ann".to_owned()));
    // The one that is out does not free the other's lock.
    free(held).await;
    assert_eq!(one.locked().await.unwrap().unwrap().holder, holder("bob"));
    held_by_other.append(&base(), b"bobs\n").await.unwrap();
    assert_eq!(text(&one, &Item::Journal).await.as_deref(), Some("bobs\n"));
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_that_somebody_else_wrote_is_not_overwritten() {
    let service = Service::new().await;
    let place = service.place();
    let mut held = place.hold(&holder("ann")).await.unwrap();
    held.replace(&Item::Snapshot, b"one").await.unwrap();
    // Whatever did that: a script, a console, a lock that was broken an instant ago.
    place.put(&Item::Snapshot, b"foreign").await.unwrap();
    let error = held.replace(&Item::Snapshot, b"two").await.unwrap_err();
    assert!(matches!(error, StoreError::LockLost { .. }), "{error}");
    assert_eq!(text(&place, &Item::Snapshot).await.as_deref(), Some("foreign"));
    // Reading it again is no leave to replace it: the run builds on another.
    let error = held.read(&Item::Snapshot).await.unwrap_err();
    assert!(matches!(error, StoreError::LockLost { .. }), "{error}");
    held.replace(&Item::Snapshot, b"two").await.unwrap_err();
    assert_eq!(text(&place, &Item::Snapshot).await.as_deref(), Some("foreign"));
}

#[tokio::test(start_paused = true)]
async fn a_write_that_may_be_on_its_way_is_kept_from_arriving_and_nobody_elses_is() {
    let service = Service::new().await;
    let place = service.place();
    let etag = async || service.place().read(&Item::Snapshot).await.unwrap().unwrap().etag;
    let mut held = place.hold(&holder("ann")).await.unwrap();
    held.replace(&Item::Snapshot, b"anns").await.unwrap();
    let written = etag().await;
    held.claim.unsure = true;
    held.replace(&Item::History, b"line\n").await.unwrap();
    assert!(held.claim.unsure, "another item says nothing of the snapshot");
    free(held).await;
    assert_ne!(etag().await, written, "what was to replace the one before finds another");
    assert_eq!(place.locked().await.unwrap(), None);

    // Whose lock was taken away leaves the snapshot to who has it now.
    let mut held = place.hold(&holder("ann")).await.unwrap();
    held.read(&Item::Snapshot).await.unwrap();
    held.claim.unsure = true;
    place.break_lock(&holder("ann").id, &holder("bob")).await.unwrap();
    let mut next = place.hold(&holder("eve")).await.unwrap();
    next.read(&Item::Snapshot).await.unwrap();
    free(held).await;
    next.replace(&Item::Snapshot, b"eves").await.unwrap();
    assert_eq!(text(&place, &Item::Snapshot).await.as_deref(), Some("eves"));
}

#[tokio::test(start_paused = true)]
async fn heartbeats_show_that_a_holder_is_alive() {
    let service = Service::new().await;
    let place = service.place();
    let held = place.hold(&holder("ann")).await.unwrap();
    let (_, first) = place.read_lock().await.unwrap().unwrap();
    tokio::time::sleep(lock::HEARTBEAT + Duration::from_secs(1)).await;
    let (_, second) = place.read_lock().await.unwrap().unwrap();
    assert_ne!(first, second);
    // One whose answer was lost is no lock that was lost.
    way(&place).spoil("PUT", Fault::Lost);
    tokio::time::sleep(lock::HEARTBEAT + Duration::from_secs(5)).await;
    held.claim.check().await.unwrap();
    free(held).await;
    assert_eq!(place.locked().await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn batches_are_four_a_second_at_most() {
    let service = Service::new().await;
    let place = service.place();
    let mut held = place.hold(&holder("ann")).await.unwrap();
    let begun = tokio::time::Instant::now();
    for _ in 0..9 {
        held.append(&base(), b"one\n").await.unwrap();
    }
    assert_eq!(begun.elapsed(), Duration::from_secs(2));
    assert_eq!(text(&place, &Item::Journal).await, Some("one\n".repeat(9)));
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_lacks_is_never_passed_over() {
    let service = Service::new().await;
    let place = service.place();
    let mut held = place.hold(&holder("ann")).await.unwrap();
    for batch in ["one\n", "two\n", "three\n"] {
        held.append(&base(), batch.as_bytes()).await.unwrap();
    }
    place.delete("production/great-linux.journal/00000000/00000002").await.unwrap();
    let journal = text(&place, &Item::Journal).await.unwrap();
    assert_eq!(
        journal,
        "one\nthe object before production/great-linux.journal/00000000/00000003 is missing\n"
    );
    // What a holder who had lost the lock has left behind the others' backs does not count.
    place.delete("production/great-linux.journal/00000000/00000001").await.unwrap();
    assert_eq!(text(&place, &Item::Journal).await, None);
    held.remove(&Item::Journal).await.unwrap();
    let left = service.names().await;
    assert!(left.iter().all(|name| !name.contains("journal")), "{left:?}");
}

#[tokio::test(start_paused = true)]
async fn a_whole_state_goes_through() {
    let service = Service::new().await;
    let store = || Kept::on(service.place(), TrainName::new("great-linux")).keeping(10);
    let mut session = store().lock(&holder("ann")).await.unwrap();
    assert_eq!(session.load().await.unwrap(), None);
    let mut state = new_state();
    for serial in 1..=13 {
        let entries = crate::state::store::tests::run(0..2);
        let base = Base::of(&state);
        if serial == 1 {
            session.append(&base, &entries).await.unwrap();
            let read = store().load().await.unwrap().unwrap();
            assert_eq!(read.serial, 1);
            state = State { serial: 0, ..read };
        }
        state.serial = serial;
        session.fold(&state).await.unwrap();
        assert_eq!(store().load().await.unwrap().unwrap().serial, serial);
    }
    assert_eq!(store().backups().await.unwrap().len(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_bucket_is_tried_out_before_it_is_trusted() {
    let service = Service::new().await;
    service.place().prepare().await.unwrap();
    assert_eq!(service.names().await, [] as [&str; 0]);
    let nowhere = Objects::new(
        ObjectStorage::new(service.client(), None),
        ("nowhere", ""),
        TrainName::new("t"),
        Releases::default(),
        now,
    );
    let error = nowhere.prepare().await.unwrap_err();
    assert!(matches!(&error, StoreError::Unfit { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_bucket_that_hides_now_and_then_is_asked_again() {
    let objects = ObjectSwitches { hidden_every: Some(3), ..ObjectSwitches::default() };
    let service = Service::of(objects).await;
    let place = service.place();
    let mut held = place.hold(&holder("ann")).await.unwrap();
    for _ in 0..5 {
        held.append(&base(), b"one\n").await.unwrap();
    }
    held.replace(&Item::Snapshot, b"anns").await.unwrap();
    held.remove(&Item::Journal).await.unwrap();
    assert_eq!(text(&place, &Item::Snapshot).await.as_deref(), Some("anns"));
}

#[test]
fn lines_and_names_are_told_apart() {
    assert_eq!(with_line(b"", b"one\n"), b"one\n");
    assert_eq!(with_line(b"one\n", b"two\n"), b"one\ntwo\n");
    assert_eq!(with_line(b"to", b"two\n"), b"to\ntwo\n");
    let of = |serial, twin: Option<&str>| {
        Some(BackupName { lineage: "5eed".into(), serial, twin: twin.map(str::to_owned) })
    };
    for (name, expected) in
        [("5eed-12", of(12, None)), ("5eed-12-0f", of(12, Some("0f"))), ("5eed", None), ("a-b", None)]
    {
        assert_eq!(backup(name), expected, "{name}");
    }
}

impl Ground for Service {
    type Medium = Place;

    fn client(&self, train: &TrainName) -> Place {
        Objects { train: train.clone(), pace: Duration::ZERO, ..self.place() }
    }

    /// What a dead holder leaves behind is taken away by its id, as people do.
    fn kill(&self, mut held: HeldObjects<Way<InProcess>>) {
        let (client, id) = (held.objects.clone(), held.claim.abandon());
        drop(held);
        let by = contract::holder("force-unlock");
        tokio::task::block_in_place(|| Handle::current().block_on(client.break_lock(&id, &by))).unwrap();
    }

    async fn break_lock(&self, train: &TrainName) -> bool {
        let client = Ground::client(self, train);
        let lock = client.locked().await.unwrap().unwrap();
        client.break_lock(&lock.holder.id, &contract::holder("breaker")).await.unwrap();
        true
    }
}

contract!(Some(Service::new().await));
