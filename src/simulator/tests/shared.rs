//! One world, several processes.

use std::path::Path;
use std::process::{Command, Stdio};

use super::super::handle::Handle;
use super::super::runtime::Files;
use super::*;

/// Set for the child process that [`serves_until_it_is_killed`] is in.
const CHILD: &str = "PATCHTRAIN_TEST_SERVES";

fn place(folder: &Path) -> Place {
    Place { world: folder.join("state/simulator"), seed: DEFAULT_SEED }
}

fn files(folder: &Path) -> Files {
    std::fs::create_dir_all(folder.join("patchtrain")).unwrap();
    Files::within(&folder.join("patchtrain"), &place(folder).world).unwrap()
}

async fn attach(folder: &Path) -> Handle {
    Handle::attach_by(place(folder), files(folder)).await.unwrap()
}

#[tokio::test]
async fn the_second_attaches_and_takes_over_when_the_first_ends() {
    let folder = tempfile::tempdir().unwrap();
    let first = attach(folder.path()).await;
    let second = attach(folder.path()).await;
    assert_eq!((first.is_serving().await, second.is_serving().await), (true, false));
    let endpoint = second.endpoint().await.unwrap();
    assert_eq!(first.endpoint().await.unwrap(), endpoint);
    assert_eq!(second.info().await.unwrap().facts, facts(DEFAULT_SEED));
    assert!(!place(folder.path()).world.exists(), "looking writes nothing");

    second.advance(48 * 3600).await.unwrap();
    for handle in [&first, &second] {
        let ahead = handle.now().duration_since(Timestamp::now()).as_secs();
        assert!((48 * 3600 - 60..=48 * 3600).contains(&ahead), "{ahead}");
    }
    assert!(second.advance(-1).await.unwrap_err().to_string().contains("the clock moves on"));
    drop(first);
    assert_ne!(second.endpoint().await.unwrap(), endpoint);
    assert!(second.is_serving().await);
    let info = second.info().await.unwrap();
    assert_eq!((info.offset, info.process), (48 * 3600, std::process::id()));
}

#[test]
fn of_many_at_once_one_serves() {
    let folder = tempfile::tempdir().unwrap();
    let barrier = std::sync::Barrier::new(6);
    let results: Vec<(bool, String)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..6)
            .map(|_| {
                scope.spawn(|| {
                    let runtime = tokio::runtime::Builder::new_multi_thread()
                        .worker_threads(1)
                        .enable_all()
                        .build()
                        .unwrap();
                    barrier.wait();
                    let found = runtime.block_on(async {
                        let handle = attach(folder.path()).await;
                        let found = (handle.is_serving().await, handle.endpoint().await.unwrap());
                        (handle, found)
                    });
                    // Nobody ends before everybody has looked.
                    barrier.wait();
                    found.1
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(results.iter().filter(|(serves, _)| *serves).count(), 1, "{results:?}");
    assert!(results.iter().all(|(_, endpoint)| *endpoint == results[0].1), "{results:?}");
}

#[tokio::test]
async fn serves_until_it_is_killed() {
    let Some(folder) = std::env::var_os(CHILD) else { return };
    let handle = Handle::serve(place(Path::new(&folder)), 0, Manner::default()).await.unwrap();
    handle.advance(3600).await.unwrap();
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_killed_server_is_followed_by_whoever_asks_next() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "simulator::tests::shared::serves_until_it_is_killed"])
        .env(CHILD, folder.path())
        .env("XDG_RUNTIME_DIR", folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let files = files(folder.path());
    while files.read().is_none() || !place(folder.path()).world.join("world.log").exists() {
        assert_eq!(child.try_wait().unwrap(), None, "the child has ended by itself");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let handle = attach(folder.path()).await;
    assert!(!handle.is_serving().await);
    let refused = Handle::serve_by(place(folder.path()), files, 0, Manner::default()).await.unwrap_err();
    assert!(refused.to_string().contains(&format!("by process {}", child.id())), "{refused}");
    handle.endpoint().await.unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    handle.endpoint().await.unwrap();
    assert!(handle.is_serving().await);
    assert_eq!(handle.info().await.unwrap().offset, 3600);
}

#[tokio::test]
async fn the_service_answers_on_its_socket() {
    let folder = tempfile::tempdir().unwrap();
    let handle = attach(folder.path()).await;
    let authority = handle.endpoint().await.unwrap().replace("http://", "");
    let client = Client::new();
    let target = format!("/20190801/managedInstances?compartmentId={COMPARTMENT}&limit=1000");
    let request = client.request(Method::GET, &target, b"", &[]);
    // The helper signs for its own host, so this is refused, by the service: the whole way there and back.
    let mut text = format!("GET {target} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n");
    for (name, value) in request.headers().iter().filter(|(name, _)| *name != "host") {
        text.extend([name.as_str(), ": ", value.to_str().unwrap(), "\r\n"]);
    }
    let ask = async |text: String| {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let mut stream = tokio::net::TcpStream::connect(&authority).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let refused = ask(format!("{text}\r\n")).await;
    assert!(refused.starts_with("HTTP/1.1 401 ") && refused.contains("NotAuthenticated"), "{refused}");
    let right = text.replace(&authority, "127.0.0.1:8080");
    let answer = ask(format!("{right}\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("golden-01"), "{answer}");
}
