//! What a worker is given: calls to the cloud within the bounds of the run, waits that a signal ends, and the line to
//! the coordinator.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};

use super::work::transient;
use super::{Clock, Event, Settings};
use crate::cloud::{Cloud, CloudError};
use crate::name::Ocid;
use crate::observed::{Scope, Sighting};
use crate::op::StepId;
use crate::package::Pattern;
use crate::state::Entry;

/// How often a read is made, or an unanswered call repeated, before the step fails. The transport below has tried
/// several times for each of them.
pub(super) const ATTEMPTS: usize = 4;

/// What all workers of a run share.
pub(super) struct Shared<C> {
    pub(super) cloud: Arc<C>,
    pub(super) settings: Settings,
    pub(super) clock: Clock,
    pub(super) unmanaged: Arc<[Pattern]>,
    /// One permit a call in flight.
    pub(super) calls: Semaphore,
    /// One permit a step that does not wait for accepted work.
    pub(super) slots: Arc<Semaphore>,
    /// Whether the service was down when it was called last: then no step is started.
    pub(super) down: AtomicBool,
    /// Whether nothing new may be submitted.
    pub(super) stop: watch::Receiver<bool>,
    pub(super) line: mpsc::UnboundedSender<Message>,
}

/// What a worker says to the coordinator while it works.
#[derive(Debug)]
pub(super) enum Message {
    /// To be made durable before the worker goes on.
    Record {
        /// What happened.
        entry: Entry,
        /// Answered when it is durable.
        ack: oneshot::Sender<()>,
    },
    /// Asked before each call that touches an instance: whether its group may still be touched.
    MayGoOn {
        /// The step.
        step: StepId,
        /// Answered with what keeps it, and until when, where something does.
        answer: oneshot::Sender<Option<Kept>>,
    },
    /// What an earlier run had asked for a step has failed since.
    Fell {
        /// The step.
        step: StepId,
        /// On whom, and how.
        failed: Vec<(Ocid, String)>,
    },
    /// For whoever watches.
    Tell(Event),
}

/// What keeps a step from going on, for people, and until when.
pub(super) type Kept = (String, Option<jiff::Timestamp>);

/// Why a worker cannot go on.
#[derive(Debug)]
pub(super) enum Halt {
    /// The run is being stopped.
    Stopped,
    /// The service says no, or nothing, for too long.
    Cloud(CloudError),
}

impl From<CloudError> for Halt {
    fn from(error: CloudError) -> Self {
        Self::Cloud(error)
    }
}

/// One worker's place. Its slot is freed when it starts to wait for the service, and with the desk.
pub(super) struct Desk<C> {
    shared: Arc<Shared<C>>,
    slot: Option<OwnedSemaphorePermit>,
    step: Option<StepId>,
}

impl<C: Cloud> Desk<C> {
    pub(super) fn new(
        shared: Arc<Shared<C>>,
        slot: Option<OwnedSemaphorePermit>,
        step: Option<StepId>,
    ) -> Self {
        Self { shared, slot, step }
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    pub(super) fn unmanaged(&self) -> &[Pattern] {
        &self.shared.unmanaged
    }

    pub(super) fn now(&self) -> jiff::Timestamp {
        (self.shared.clock)()
    }

    pub(super) fn waits(&self) -> Waits {
        Waits { next: self.shared.settings.first_wait, longest: self.shared.settings.longest_wait }
    }

    /// Returns the error that says so once the run is being stopped.
    pub(super) fn go_on(&self) -> Result<(), Halt> {
        if *self.shared.stop.borrow() { Err(Halt::Stopped) } else { Ok(()) }
    }

    /// Makes one call, when fewer than the bound are in flight. Once begun it is brought to its end: an answer that
    /// comes in must not be lost to a signal (safety rule 6).
    pub(super) async fn call<T, F>(&self, call: impl FnOnce(Arc<C>) -> F) -> Result<T, Halt>
    where
        F: Future<Output = Result<T, CloudError>>,
    {
        let permit = self.until_stopped(self.shared.calls.acquire()).await?;
        let answer = self.ask(call).await;
        drop(permit);
        answer
    }

    /// The same for a question about accepted work, which takes no place among the calls: many are answered by one call
    /// of the service, and whoever makes that bounds it.
    pub(super) async fn ask<T, F>(&self, call: impl FnOnce(Arc<C>) -> F) -> Result<T, Halt>
    where
        F: Future<Output = Result<T, CloudError>>,
    {
        let answer = call(self.shared.cloud.clone()).await;
        let down = matches!(answer, Err(CloudError::Down { .. }));
        self.shared.down.store(down, Ordering::Relaxed);
        Ok(answer?)
    }

    /// Looks at something, again when no answer comes or the service has too many callers.
    pub(super) async fn read(&self, scope: &Scope) -> Result<Sighting, Halt> {
        let mut waits = self.waits();
        for _ in 1..ATTEMPTS {
            match self.call(|cloud| async move { cloud.observe(scope).await }).await {
                Err(Halt::Cloud(error)) if transient(&error) => {
                    self.retry(error.to_string(), waits.next()).await?;
                }
                answer => return answer,
            }
        }
        self.call(|cloud| async move { cloud.observe(scope).await }).await
    }

    /// Says that a call is made again, and waits.
    pub(super) async fn retry(&self, reason: String, after: Duration) -> Result<(), Halt> {
        if let Some(step) = self.step {
            self.tell(Event::Retrying { step, reason, after });
        }
        self.pause(after).await
    }

    /// Waits, unless a signal comes.
    pub(super) async fn pause(&self, time: Duration) -> Result<(), Halt> {
        self.until_stopped(tokio::time::sleep(time)).await
    }

    async fn until_stopped<T>(&self, future: impl Future<Output = T>) -> Result<T, Halt> {
        let mut stop = self.shared.stop.clone();
        tokio::select! {
            biased;
            // The sender is the coordinator's: without it there is no run to go on with.
            _ = stop.wait_for(|stop| *stop) => Err(Halt::Stopped),
            value = future => Ok(value),
        }
    }

    /// Makes an entry durable (safety rule 3). Not cut short by a signal: the coordinator goes on writing until the
    /// last worker has ended.
    pub(super) async fn record(&self, entry: Entry) -> Result<(), Halt> {
        let (ack, durable) = oneshot::channel();
        self.shared.line.send(Message::Record { entry, ack }).map_err(|_| Halt::Stopped)?;
        durable.await.map_err(|_| Halt::Stopped)
    }

    /// Asks what keeps the step from touching its instance now: much time may have passed since it began.
    pub(super) async fn kept(&self) -> Result<Option<Kept>, Halt> {
        let Some(step) = self.step else { return Ok(None) };
        let (answer, kept) = oneshot::channel();
        self.shared.line.send(Message::MayGoOn { step, answer }).map_err(|_| Halt::Stopped)?;
        kept.await.map_err(|_| Halt::Stopped)
    }

    /// Tells whoever watches.
    pub(super) fn tell(&self, event: Event) {
        // Nobody listens any more when the run has been given up; then nobody misses it.
        let _ = self.shared.line.send(Message::Tell(event));
    }

    /// Says on whom what an earlier run had asked for the step has failed since. Tells whether that is one too many, or
    /// something else keeps the step from being asked again.
    pub(super) async fn fell(&self, failed: Vec<(Ocid, String)>) -> Result<bool, Halt> {
        if let Some(step) = self.step {
            let _ = self.shared.line.send(Message::Fell { step, failed });
        }
        Ok(self.kept().await?.is_some())
    }

    pub(super) fn step(&self) -> Option<StepId> {
        self.step
    }

    /// Frees the slot: from here on the worker waits for the service, which takes nothing.
    pub(super) fn free_slot(&mut self) {
        self.slot = None;
    }

    /// Takes a slot again.
    pub(super) async fn take_slot(&mut self) -> Result<(), Halt> {
        if self.slot.is_none() {
            let slots = self.shared.slots.clone();
            // Slots are never closed.
            self.slot = self.until_stopped(slots.acquire_owned()).await?.ok();
        }
        Ok(())
    }
}

/// Waits that grow by half up to a longest one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waits {
    next: Duration,
    longest: Duration,
}

impl Waits {
    pub(super) fn next(&mut self) -> Duration {
        let wait = self.next.min(self.longest);
        self.next = wait + wait / 2;
        wait
    }
}
