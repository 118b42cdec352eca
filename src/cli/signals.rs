//! SIGINT and SIGTERM as a number that a run can watch: 0, 1 after the first, 2 after the second. The third ends the process.

use std::future::Future;
use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::{CliError, exit};
use crate::apply::Interrupt;

/// Starts to listen. Must be called on a runtime; from then on signals no longer kill the process by themselves.
pub(super) fn interrupt() -> io::Result<Interrupt> {
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    let (sender, receiver) = watch::channel(0_u8);
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupted.recv() => {}
                _ = terminated.recv() => {}
            }
            if *sender.borrow() == 2 {
                // Whatever does not listen, such as a call of a store: a third one ends it. What was acknowledged stands.
                #[expect(clippy::exit, reason = "somebody asked for the end three times")]
                std::process::exit(exit::INTERRUPTED.into());
            }
            sender.send_modify(|count| *count = count.saturating_add(1).min(2));
        }
    });
    Ok(receiver)
}

/// Does work that may be dropped at any point, until it is done or a signal comes.
pub(super) async fn unless_interrupted<T>(
    interrupt: &Interrupt,
    work: impl Future<Output = T>,
) -> Result<T, CliError> {
    let mut interrupt = interrupt.clone();
    tokio::select! {
        biased;
        // The listener lives as long as the runtime: an error here means that nobody can interrupt any more.
        Ok(_) = interrupt.wait_for(|count| *count > 0) => Err(CliError::interrupted()),
        done = work => Ok(done),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_ends_by_itself_or_by_a_signal() {
        let (sender, receiver) = watch::channel(0_u8);
        assert_eq!(unless_interrupted(&receiver, async { 7 }).await, Ok(7));
        sender.send_replace(1);
        let ended = unless_interrupted(&receiver, std::future::pending::<()>()).await;
        assert_eq!(ended.map_err(|error| error.code), Err(exit::INTERRUPTED));
    }

    #[tokio::test]
    async fn without_a_listener_work_goes_on() {
        let (sender, receiver) = watch::channel(0_u8);
        drop(sender);
        assert_eq!(unless_interrupted(&receiver, async { 7 }).await, Ok(7));
    }
}
