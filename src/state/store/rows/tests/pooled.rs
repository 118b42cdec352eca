//! A real PgBouncer between us and the server: one that gives each transaction another session is refused, one that does
//! not is not.

use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::*;

const PGBOUNCER: &str = "/usr/sbin/pgbouncer";

struct Bouncer {
    process: Child,
    port: u16,
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn bouncer(schema: &Schema, mode: &str, more: &str) -> Option<Bouncer> {
    if !Path::new(PGBOUNCER).exists() {
        assert!(std::env::var("CI").is_err(), "PgBouncer is not installed: apt-get install pgbouncer");
        println!("not tried: PgBouncer is not installed (Debian's package `pgbouncer`)");
        return None;
    }
    let port = server::free_port();
    let (folder, at) = (&schema.server.folder, schema.server.port);
    let path = folder.join(format!("pgbouncer-{port}.ini"));
    let settings = format!(
        "[databases]\n* = host={folder} port={at} user={user}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
         unix_socket_dir =\nauth_type = any\npool_mode = {mode}\n{more}\n",
        folder = folder.display(),
        user = server::USER,
    );
    std::fs::write(&path, settings).unwrap();
    server::hand_over(&path, 0o600);
    let mut command = server::humble(Path::new(PGBOUNCER));
    let process = command.arg("-q").arg(&path).current_dir("/").stdin(Stdio::null()).stderr(Stdio::null());
    let bouncer = Bouncer { process: process.spawn().unwrap(), port };
    let until = Instant::now() + Duration::from_secs(20);
    while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
        assert!(Instant::now() < until, "PgBouncer does not start");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Some(bouncer)
}

fn behind(schema: &Schema, bouncer: &Bouncer) -> Rows {
    schema.at(schema.server.by_net(bouncer.port, "sslmode=disable"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_that_gives_each_transaction_another_session_is_refused() {
    let Some(schema) = Schema::new().await else { return };
    let tries = [
        ("transaction", ""),
        ("transaction", "default_pool_size = 1"),
        ("transaction", "server_round_robin = 1\nmin_pool_size = 5"),
        ("transaction", "server_round_robin = 1\nmin_pool_size = 2"),
        ("statement", ""),
    ];
    for (mode, more) in tries {
        let Some(bouncer) = bouncer(&schema, mode, more).await else { return };
        let rows = behind(&schema, &bouncer);
        // Others that are busy there have it spread what we ask.
        let busy = [Link::open(rows.settings()).await.unwrap(), Link::open(rows.settings()).await.unwrap()];
        for refused in [rows.prepare().await.err(), rows.hold(&holder("ada")).await.err()] {
            let Some(StoreError::Unfit { problem, way_out, .. }) = &refused else {
                panic!("{mode} {more}: {refused:?}")
            };
            assert!(problem.contains("PgBouncer") && way_out.contains("`session`"), "{problem} {way_out}");
        }
        drop(busy);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_of_sessions_will_do() {
    let Some(schema) = Schema::new().await else { return };
    let Some(roomy) = bouncer(&schema, "session", "").await else { return };
    let rows = behind(&schema, &roomy);
    rows.prepare().await.unwrap();
    // One that has no session to spare for the last look, too.
    let Some(small) = bouncer(&schema, "session", "default_pool_size = 2").await else { return };
    let narrow = behind(&schema, &small);
    drop(narrow.hold(&holder("eve")).await.unwrap());
    narrow.releases.ended().await;
    let mut held = rows.hold(&holder("ada")).await.unwrap();
    held.replace(&Item::Snapshot, b"one").await.unwrap();
    let refused = schema.client(&train()).hold(&holder("bob")).await.err();
    assert!(matches!(refused, Some(StoreError::Locked { .. })), "{refused:?}");
    drop(held);
    rows.releases.ended().await;
    schema.client(&train()).hold(&holder("bob")).await.unwrap();
}
