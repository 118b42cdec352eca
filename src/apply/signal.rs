//! Waiting for signals, and what a run does while it waits for one. What a signal means to a run is the coordinator's.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

use super::Interrupt;

/// How long answers in flight may take to come in after a first signal (safety rule 6), and a store to answer after a
/// second.
pub(super) const LAST_ANSWERS: Duration = Duration::from_secs(2);

/// Waits for a signal beyond those heard. Without anybody who could send one it waits for ever.
pub(super) async fn signal(interrupt: &mut Interrupt, heard: u8) -> u8 {
    let level = interrupt.wait_for(|level| *level > heard).await.map(|level| *level);
    match level {
        Ok(level) => level,
        Err(_) => std::future::pending().await,
    }
}

/// Does work until it is done. Where it goes on for two seconds after a second signal, which it hears itself, it waits for a
/// store that does not answer, and is dropped: that is as good as a kill.
pub(super) async fn unless_hung<T>(mut interrupt: Interrupt, work: impl Future<Output = T>) -> Option<T> {
    let hung = async {
        signal(&mut interrupt, 1).await;
        tokio::time::sleep(LAST_ANSWERS).await;
    };
    tokio::select! {
        biased;
        done = work => Some(done),
        () = hung => None,
    }
}

pub(super) async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
