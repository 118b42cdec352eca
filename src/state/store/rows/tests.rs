//! A state in rows of a real PostgreSQL: the contract, and what only a database on the other end of a line brings about.

mod cuts;
mod ground;
mod pooled;
mod proxy;
mod server;
mod tls;

use ground::{Schema, unused};
use server::server;

use super::*;
use crate::state::store::contract::{self, Ground, contract, holder, train};
use crate::state::store::medium::Held;
use crate::state::store::{Kept, Store};

contract!(Schema::new().await);

async fn rows(link: &Link, statement: &str) -> Vec<tokio_postgres::Row> {
    link.rows(statement, &[]).await.unwrap()
}

#[tokio::test]
async fn tables_are_made_once_and_newer_ones_are_refused() {
    let Some(server) = server() else { return };
    let rows = Rows::new(server.by_socket(), &unused(), &train(), Releases::default());
    let store = Kept::on(rows.clone(), train());
    let unmade = store.load().await.unwrap_err();
    assert!(
        matches!(&unmade, StoreError::Remote { way_out, .. } if way_out.contains("patchtrain init")),
        "{unmade}"
    );
    let unmade = store.lock(&holder("ada")).await.err().unwrap();
    assert!(
        matches!(&unmade, StoreError::Remote { way_out, .. } if way_out.contains("patchtrain init")),
        "{unmade}"
    );

    // Two inits at a time do not fail each other.
    let (one, other) = tokio::join!(rows.prepare(), rows.prepare());
    let made = |said: &Vec<String>| said.iter().any(|line| line.contains("tables were made"));
    let (one, other) = (one.unwrap(), other.unwrap());
    assert!(made(&one) != made(&other), "{one:?} {other:?}");
    assert!(one[0].starts_with("the server is PostgreSQL 1"), "{one:?}");
    assert_eq!(store.load().await.unwrap(), None);
    drop(store.lock(&holder("ada")).await.unwrap());

    let link = rows.open("read").await.unwrap();
    link.run(&rows.sql("UPDATE @.meta SET version = 7")).await.unwrap();
    for refused in [
        rows.prepare().await.err().unwrap(),
        store.load().await.err().unwrap(),
        store.lock(&holder("ada")).await.err().unwrap(),
    ] {
        assert!(matches!(refused, StoreError::Newer { found: 7, known: 1, .. }), "{refused}");
    }
}

#[tokio::test]
async fn every_session_is_set_up_whatever_the_server_is() {
    let Some(schema) = Schema::new().await else { return };
    let link = schema.client(&train()).open("read").await.unwrap();
    let set = |name: &'static str| {
        let (link, statement) = (&link, format!("SELECT current_setting('{name}')"));
        async move { rows(link, &statement).await[0].get::<_, String>(0) }
    };
    // The tests' server has it off.
    assert_eq!(set("synchronous_commit").await, "on");
    assert_eq!(set("search_path").await, "pg_catalog");
    assert_eq!(set("statement_timeout").await, "10min");
    assert_eq!(set("application_name").await, "patchtrain");
    // What was chosen with care is left.
    let stricter = schema.server.settings(
        &format!("host={} user={}", schema.server.folder.display(), server::USER),
        schema.server.port,
    );
    link.run("ALTER ROLE patchtrain SET synchronous_commit = 'remote_apply'").await.unwrap();
    let other = Link::open(&stricter).await.unwrap();
    link.run("ALTER ROLE patchtrain RESET synchronous_commit").await.unwrap();
    let found = rows(&other, "SELECT current_setting('synchronous_commit')").await;
    assert_eq!(found[0].get::<_, String>(0), "remote_apply");
}

/// The session of a broken lock cannot always be ended: the fence holds without.
#[tokio::test]
async fn the_fence_holds_where_the_session_cannot_be_ended() {
    let Some(schema) = Schema::new().await else { return };
    let admin = schema.client(&train());
    let link = admin.open("read").await.unwrap();
    link.run("DROP ROLE IF EXISTS plain; CREATE ROLE plain LOGIN").await.unwrap();
    let grant = "GRANT USAGE ON SCHEMA @ TO plain; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA @ TO plain";
    link.run(&admin.sql(grant)).await.unwrap();
    let server = schema.server;
    let plain =
        schema.at(server.settings(&format!("host={} user=plain", server.folder.display()), server.port));

    // What was made may be tried by whoever works with it, and made by whoever may.
    plain.prepare().await.unwrap();
    let elsewhere = Rows::new(plain.settings().clone(), &unused(), &train(), Releases::default());
    let refused = elsewhere.prepare().await.unwrap_err();
    assert!(
        matches!(&refused, StoreError::Remote { way_out, .. } if way_out.contains("a role that may create")),
        "{refused}"
    );

    let mut held = admin.hold(&holder("ada")).await.unwrap();
    held.replace(&Item::Snapshot, b"one").await.unwrap();
    // A superuser's session, which `plain` may not end.
    plain.break_lock(&holder("ada").id, &holder("Zoë")).await.unwrap();
    let alive = held.read(&Item::Snapshot).await.unwrap();
    assert_eq!(alive.as_deref(), Some(b"one".as_slice()));
    let mut next = plain.hold(&holder("bob")).await.unwrap();
    assert_eq!(next.previous().map(|who| who.who), Some("ada".to_owned()));
    next.replace(&Item::Snapshot, b"two").await.unwrap();
    for _ in 0..2 {
        let refused = held.replace(&Item::Snapshot, b"three").await.unwrap_err();
        let text = refused.to_string();
        assert!(matches!(refused, StoreError::LockLost { .. }), "{text}");
        assert!(text.contains("it was broken by Zoë on desk at 20"), "{text}");
    }
    // What is let go is not what others have by now.
    drop(held);
    admin.releases.ended().await;
    let lock = admin.locked().await.unwrap().unwrap();
    assert_eq!(lock.holder, holder("bob"));
    assert!(lock.heartbeat.is_some() && !lock.stays);
    next.replace(&Item::Snapshot, b"four").await.unwrap();
    drop(next);
    plain.releases.ended().await;
    assert_eq!(admin.locked().await.unwrap(), None);
}

#[tokio::test]
async fn whoever_is_broken_is_told_by_whom_though_its_session_was_ended() {
    let Some(schema) = Schema::new().await else { return };
    let client = schema.client(&train());
    let mut held = client.hold(&holder("ada")).await.unwrap();
    let others = crate::state::store::LockId("another".to_owned());
    let refused = client.break_lock(&others, &holder("Zoë")).await.unwrap_err();
    assert!(
        matches!(&refused, StoreError::Locked { lock: Some(lock) } if lock.holder == holder("ada")),
        "{refused}"
    );
    held.append(&contract::base(), b"one").await.unwrap();

    client.break_lock(&holder("ada").id, &holder("Zoë")).await.unwrap();
    for _ in 0..2 {
        let refused = held.append(&contract::base(), b"two").await.unwrap_err().to_string();
        assert!(refused.contains("it was broken by Zoë on desk at 20"), "{refused}");
    }
    // To break what is free by now is nothing.
    client.break_lock(&holder("ada").id, &holder("Zoë")).await.unwrap();
    let journal = client.look().read(&Item::Journal).await.unwrap();
    assert_eq!(journal.as_deref(), Some(b"one".as_slice()));
}

#[tokio::test]
async fn a_snapshot_that_others_wrote_past_the_lock_is_not_overwritten() {
    let Some(schema) = Schema::new().await else { return };
    let client = schema.client(&train());
    let link = client.open("write").await.unwrap();
    let by_hand = [
        "INSERT INTO @.snapshots (train, content) VALUES ('great-linux', 'by hand')",
        "UPDATE @.snapshots SET content = 'by hand', version = DEFAULT",
        "DELETE FROM @.snapshots",
    ];
    for change in by_hand {
        let mut held = client.hold(&holder("ada")).await.unwrap();
        held.read(&Item::Snapshot).await.unwrap();
        link.run(&client.sql(change)).await.unwrap();
        // Reading it again is no leave to replace it: the run builds on another.
        for _ in 0..2 {
            let refused = held.replace(&Item::Snapshot, b"ours").await.unwrap_err();
            assert!(matches!(refused, StoreError::Conflict { .. }), "{change}: {refused}");
            let refused = held.read(&Item::Snapshot).await.unwrap_err();
            assert!(matches!(refused, StoreError::Conflict { .. }), "{change}: {refused}");
        }
    }
    let mut held = client.hold(&holder("ada")).await.unwrap();
    assert_eq!(held.read(&Item::Snapshot).await.unwrap(), None);
    held.replace(&Item::Snapshot, b"ours").await.unwrap();
    held.replace(&Item::Snapshot, b"ours again").await.unwrap();
}

#[tokio::test]
async fn what_the_server_refuses_was_not_done_and_may_be_tried_again() {
    let Some(schema) = Schema::new().await else { return };
    let client = schema.client(&train());
    let link = client.open("write").await.unwrap();
    let mut held = client.hold(&holder("ada")).await.unwrap();
    held.append(&contract::base(), b"one\n").await.unwrap();
    link.run(&client.sql("ALTER TABLE @.journal ADD CONSTRAINT small CHECK (length(content) < 10)"))
        .await
        .unwrap();
    let refused = held.append(&contract::base(), b"much too long for that\n").await.unwrap_err();
    assert!(matches!(&refused, StoreError::Remote { problem, .. } if problem.contains("23514")), "{refused}");
    held.append(&contract::base(), b"two\n").await.unwrap();
    assert_eq!(held.read(&Item::Journal).await.unwrap().as_deref(), Some(b"one\ntwo\n".as_slice()));
}

/// Whoever drops a write amid the call does not know what became of it: nothing is written after it.
#[tokio::test]
async fn after_a_write_that_was_given_up_nothing_is_written() {
    let Some(schema) = Schema::new().await else { return };
    let client = schema.client(&train());
    let mut held = client.hold(&holder("ada")).await.unwrap();
    let given_up = futures_util::FutureExt::now_or_never(held.append(&contract::base(), b"one\n"));
    assert!(given_up.is_none(), "no server answers at once");
    let refused = held.append(&contract::base(), b"two\n").await.unwrap_err();
    assert!(refused.to_string().contains("given up before it was answered"), "{refused}");
    drop(held);
    let mut held = client.hold(&holder("ada")).await.unwrap();
    let journal = held.read(&Item::Journal).await.unwrap().unwrap_or_default();
    assert!(["", "one\n"].map(str::as_bytes).contains(&journal.as_slice()));
}

#[tokio::test]
async fn a_holder_gives_signs_of_life() {
    let Some(schema) = Schema::new().await else { return };
    let client = schema.client(&train());
    let held = client.hold(&holder("ada")).await.unwrap();
    let beat = async || client.locked().await.unwrap().unwrap().heartbeat.unwrap();
    let first = beat().await;
    tokio::time::pause();
    tokio::time::advance(std::time::Duration::from_secs(31)).await;
    tokio::time::resume();
    let mut tries = 0;
    while beat().await == first {
        tries += 1;
        assert!(tries < 1000, "no sign of life after {tries} looks");
    }
    drop(held);
}

/// What a message says to type is what mends a journal.
#[tokio::test]
async fn a_journal_is_cut_as_the_message_says() {
    let Some(schema) = Schema::new().await else { return };
    let client = schema.client(&train());
    let mut held = client.hold(&holder("ada")).await.unwrap();
    for batch in ["one\ntwo\n", "three ü\n", "four\nfive\n"] {
        held.append(&contract::base(), batch.as_bytes()).await.unwrap();
    }
    drop(held);
    let said = client.way_to_cut(4);
    let statement = said.trim_matches('`').strip_prefix("in psql: ").unwrap();
    client.open("write").await.unwrap().run(statement).await.unwrap();
    let journal = client.look().read(&Item::Journal).await.unwrap().unwrap();
    assert_eq!(String::from_utf8(journal).unwrap(), "one\ntwo\nthree ü\n");
}

#[tokio::test]
async fn who_is_not_let_in_is_told_what_to_correct_and_no_password_is_shown() {
    let Some(schema) = Schema::new().await else { return };
    let server = schema.server;
    let port = server::free_port();
    for (settings, expected) in [
        (server.by_net(server.port, "password=s3cr3t"), "password authentication failed"),
        (server.by_net(server.port, "dbname=nowhere"), "database \"nowhere\" does not exist"),
        (server.by_net(port, ""), "onnection refused"),
    ] {
        let rows = schema.at(settings);
        let refused = Kept::on(rows.clone(), train()).load().await.unwrap_err();
        let StoreError::Remote { problem, way_out, .. } = &refused else { panic!("{refused}") };
        assert!(problem.contains(expected), "{refused}");
        assert!(way_out.contains("DB"), "{way_out}");
        let shown = format!("{refused} {refused:?} {rows:?} {way_out}");
        assert!(!shown.contains("s3cr3t") && !shown.contains(server::PASSWORD), "a password is shown");
    }
}
