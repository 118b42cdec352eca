//! Object Storage over sockets: the product's client and transport against a simulator that a process of its own serves.

use bytes::Bytes;
use futures_util::future::join_all;
use patchtrain::oci::object_storage::{API_VERSION, Condition, ObjectStorage, Removal, Removed, WriteError};
use patchtrain::oci::{Call, Client, Credentials, Endpoint, HttpTransport};
use patchtrain::simulator::credentials;

use crate::support::{Served, Workspace};

fn client(served: &Served) -> Client<HttpTransport> {
    let own = credentials();
    let key = Credentials::from_parts(own.tenancy, own.user, own.fingerprint, own.key.as_bytes());
    let endpoint = Endpoint::fixed(served.fact("endpoint"));
    Client::new(HttpTransport::new(), endpoint, API_VERSION, key.expect("the key is good"))
}

#[tokio::test]
async fn many_race_and_one_wins_and_50_mb_come_back() {
    let workspace = Workspace::empty();
    let served = Served::start(&workspace, &[]);
    let details = serde_json::json!({ "name": "own", "compartmentId": served.fact("compartment") });
    let create = Call::post("CreateBucket", &["n", "simulated", "b"]).json(&details);
    client(&served).send(&create).await.expect("the bucket is made");
    let writers: Vec<_> = (0..8).map(|_| ObjectStorage::new(client(&served), None)).collect();

    let put = async |number: usize, condition: Condition<'_>| {
        let bytes = Bytes::from(number.to_string());
        writers[number].put("own", "trains/état.lock", bytes, condition).await
    };
    let first = join_all((0..8).map(|number| put(number, Condition::Absent))).await;
    let won: Vec<&String> = first.iter().flatten().collect();
    assert_eq!(won.len(), 1, "{first:?}");
    let others = first.iter().filter_map(|end| end.as_ref().err());
    assert!(others.clone().all(|error| matches!(error, WriteError::Refused(refused) if !refused.asked)));
    let etag = won[0].clone();
    let second = join_all((0..8).map(|number| put(number, Condition::Match(&etag)))).await;
    assert_eq!(second.iter().filter(|end| end.is_ok()).count(), 1, "{second:?}");
    let winner = second.iter().position(Result::is_ok).expect("one has won");
    let read = writers[0].get("own", "trains/état.lock").await.expect("it can be read").expect("it is there");
    assert_eq!((read.bytes, Ok(read.etag)), (Bytes::from(winner.to_string()), second[winner].clone()));

    let store = &writers[0];
    let state = Bytes::from(b"0123456789abcdef~\n".repeat(50_000_000 / 18 + 1)).slice(..50_000_000);
    let large =
        store.put("own", "trains/large", state.clone(), Condition::Absent).await.expect("it is taken");
    let read = store.get("own", "trains/large").await.expect("it can be read").expect("it is there");
    assert!(read.bytes == state && read.etag == large);
    let listed = store.list("own", "trains/").await.expect("the bucket is there");
    assert_eq!(listed.iter().map(|entry| entry.size).collect::<Vec<_>>(), [50_000_000, 1]);
    assert_eq!(store.delete("own", "trains/large", Removal::Match(&large)).await, Ok(Removed::Now));
    assert_eq!(served.end(), Some(0));
}
