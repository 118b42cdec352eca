//! The calls that ops and looks of both services are made of: one thing read, many at once, something created and
//! awaited, something deleted; and what a failed call says about what it was for.

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep};

use super::wire::Made;
use super::{CloudError, Submitted};
use crate::name::Ocid;
use crate::oci::{Call, Client, Error, Transport};

/// How long a new source or group may take to become ACTIVE, and an instance to show its new sources. Terraform's
/// provider waits as long.
const PATIENCE: Duration = Duration::from_secs(20 * 60);

/// How often a call that takes no retry token is sent; each time only what reading back shows to be missing.
pub(super) const ROUNDS: u32 = 6;

/// What an op is that was done when it was answered.
pub(super) const DONE: Submitted = Submitted::Done { created: None };

/// A client, and how many calls of it may be in flight.
pub(super) struct Calls<T> {
    pub(super) client: Client<T>,
    parallelism: usize,
}

impl<T: Transport> Calls<T> {
    /// Takes a client, for at most so many calls in flight; at least one.
    pub(super) fn new(client: Client<T>, parallelism: usize) -> Self {
        let parallelism = parallelism.max(1);
        Self { client: client.with_parallelism(parallelism), parallelism }
    }

    /// Reads one thing.
    pub(super) async fn one<V: DeserializeOwned>(&self, call: &Call) -> Result<V, CloudError> {
        Ok(self.client.send(call).await?.json()?)
    }

    /// Does one thing for each of many, as many at once as there may be calls in flight. Ends at the first error.
    pub(super) async fn each<I, V, F>(
        &self,
        items: impl IntoIterator<Item = I>,
        act: impl Fn(I) -> F,
    ) -> Result<Vec<V>, CloudError>
    where
        F: Future<Output = Result<V, CloudError>>,
    {
        // Twice as many tasks as calls: one that waits for its retry leaves its place to another.
        stream::iter(items).map(act).buffer_unordered(2 * self.parallelism).try_collect().await
    }

    /// Creates something and waits until it is ACTIVE.
    pub(super) async fn create(
        &self,
        call: Call,
        get: &'static str,
        kind: &'static str,
    ) -> Result<Submitted, CloudError> {
        let reply = self.client.send(&call).await?;
        let mut made: Made = reply.json()?;
        let id = made.id.clone();
        let look = Call::get(get, &[kind, &id]);
        let mut waits = Waits::new();
        loop {
            match made.lifecycle_state.as_deref() {
                Some("CREATING" | "UPDATING") => {}
                Some(state @ ("FAILED" | "DELETING" | "DELETED" | "INACTIVE" | "NEEDS_ATTENTION")) => {
                    return Err(reply.unreadable(format!("{id} was created and is {state} now")).into());
                }
                _ => return Ok(Submitted::Done { created: Some(Ocid::new(&id)) }),
            }
            if !waits.wait().await {
                return Err(reply.unreadable(format!("{id} was created and is not ACTIVE yet")).into());
            }
            made = self.one(&look).await?;
        }
    }

    /// Deletes something. The call takes no retry token; what is gone is what was wanted.
    pub(super) async fn delete(
        &self,
        operation: &'static str,
        get: &'static str,
        path: &[&str],
    ) -> Result<Submitted, CloudError> {
        let delete = Call::new(operation, http::Method::DELETE, path);
        let look = Call::get(get, path);
        for round in 1.. {
            let Err(error) = self.client.send(&delete).await.map_err(CloudError::from) else { break };
            if is_not_found(&error) {
                break;
            }
            if !may_hold(&error) {
                return Err(error);
            }
            let seen: Option<Made> = found(self.one(&look).await)?;
            match seen.and_then(|seen| seen.lifecycle_state).as_deref() {
                None | Some("DELETED" | "DELETING") => break,
                Some(_) if error.is_ambiguous() && round < ROUNDS => {
                    sleep(Duration::from_secs(1 << round)).await;
                }
                Some(_) => return Err(error),
            }
        }
        Ok(DONE)
    }

    /// Makes a call; when it fails in a way that what it is for may hold all the same, looks whether it does.
    pub(super) async fn unless(
        &self,
        call: &Call,
        holds: impl AsyncFnOnce() -> Result<bool, CloudError>,
    ) -> Result<(), CloudError> {
        let Err(error) = self.client.send(call).await.map_err(CloudError::from) else { return Ok(()) };
        match may_hold(&error) && holds().await.unwrap_or(false) {
            true => Ok(()),
            false => Err(error),
        }
    }
}

/// How long a first wait is. What is awaited is the service's own doing, and often there at the next look.
const FIRST_WAIT: Duration = Duration::from_millis(250);

/// Waits that grow, up to an end.
pub(super) struct Waits {
    start: Instant,
    next: Duration,
    patience: Duration,
}

impl Waits {
    /// Has waited not at all yet.
    pub(super) fn new() -> Self {
        Self::up_to(PATIENCE)
    }

    /// The same, with an end that is nearer.
    pub(super) fn up_to(patience: Duration) -> Self {
        Self { start: Instant::now(), next: FIRST_WAIT, patience }
    }

    /// Waits once more; false when there has been enough of it.
    pub(super) async fn wait(&mut self) -> bool {
        if self.start.elapsed() + self.next > self.patience {
            return false;
        }
        sleep(self.next).await;
        self.next = (self.next * 3 / 2).min(Duration::from_secs(10));
        true
    }
}

/// Tells whether a failed call may have been served, now or earlier: its answer was lost, or the refusal is one that
/// a service could give to a repetition.
pub(super) fn may_hold(error: &CloudError) -> bool {
    match error {
        CloudError::Service { status: 400 | 404 | 409 | 412, .. } => true,
        other => other.is_ambiguous(),
    }
}

/// Tells whether the service says that a thing is not there.
pub(super) fn is_not_found(error: &CloudError) -> bool {
    matches!(error, CloudError::Service { status: 404, .. })
}

/// Turns "not there" into none.
pub(super) fn found<V>(result: Result<V, CloudError>) -> Result<Option<V>, CloudError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if is_not_found(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

impl From<Error> for CloudError {
    fn from(error: Error) -> Self {
        match error {
            Error::Service { operation, status, code, message, request_id } => {
                Self::Service { operation, status, code, message, request_id }
            }
            Error::NoAnswer { operation, endpoint, reason } => Self::NoAnswer { operation, endpoint, reason },
            Error::Down { operation, endpoint, reason, asked } => {
                Self::Down { operation, endpoint, reason, asked }
            }
            Error::Answer { operation, reason, request_id } => Self::Answer { operation, reason, request_id },
            Error::Credentials { reason, .. } => Self::Credentials { reason },
        }
    }
}
