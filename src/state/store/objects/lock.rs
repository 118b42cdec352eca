//! The lock: an object that only one of several can make, that says who it is, and that is written anew now and then so
//! that others see its holder is alive. It outlives a holder that dies; then people take it away by its id.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::{FailedPut, Objects};
use crate::oci::Transport;
use crate::oci::object_storage::{Condition, Removal};
use crate::state::store::{Holder, Lock, LockId, StoreError};

/// How often a holder says that it is alive.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(30);

/// How often the lock is tried to be taken when it is freed just then.
const TRIES: usize = 3;

/// When a holder that gave up amid the taking, or got no answer, looks for what the request has made after all.
/// After calls that failed one after the other the client lets one through every three seconds only.
const LOOKS: [Duration; 5] = [
    Duration::ZERO,
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(3),
];

/// Whose lock was taken away, and by whom.
#[derive(Serialize, Deserialize)]
struct Unlocked {
    holder: Holder,
    by: Holder,
}

/// The lock from its holder's side. Dropping it frees it.
pub(super) struct Claim<T: Transport> {
    objects: Objects<T>,
    holder: Holder,
    /// The etag of the lock's object, once it is known to be ours. Whoever writes or deletes it has this.
    etag: Arc<Mutex<Option<String>>>,
    heart: Option<tokio::task::JoinHandle<()>>,
    /// Whether a request that replaces the snapshot may be on its way still.
    pub(super) unsure: bool,
    /// Whether it is known who has the lock; not where the taking was given up, or got no answer.
    settled: bool,
}

impl<T: Transport> Claim<T> {
    /// Takes the lock, or fails with who has it.
    pub(super) async fn take(objects: Objects<T>, holder: &Holder) -> Result<Self, StoreError> {
        // What this process let go of itself is on its way.
        objects.releases.ended().await;
        // From here on: a future that is dropped while the answer is on its way leaves a lock behind otherwise.
        let mut claim = Self {
            objects,
            holder: holder.clone(),
            etag: Arc::default(),
            heart: None,
            unsure: false,
            settled: false,
        };
        let objects = &claim.objects;
        let (name, content) = (objects.lock_name(), spelt(holder, (objects.clock)()));
        let mut seen = None;
        for _ in 0..TRIES {
            match objects.try_put(&name, &content, Condition::Absent).await {
                Ok(Some(etag)) => return Ok(claim.alive(etag)),
                Ok(None) => {}
                Err(FailedPut { error, open: false }) => {
                    claim.settled = true;
                    return Err(error);
                }
                Err(FailedPut { error, open: true }) => return Err(may_come(error, holder)),
            }
            match objects.read_lock().await {
                // An answer that was lost: it is our own that is in the way.
                Ok(Some((lock, etag))) if lock.holder.id == holder.id => return Ok(claim.alive(etag)),
                Ok(other) => seen = other,
                Err(error) => return Err(may_come(error, holder)),
            }
            if seen.is_some() {
                break;
            }
        }
        claim.settled = true;
        Err(StoreError::Locked { lock: seen.map(|(lock, _)| Box::new(lock)) })
    }

    /// Begins to say that the holder is alive.
    fn alive(mut self, etag: String) -> Self {
        self.settled = true;
        self.etag = Arc::new(Mutex::new(Some(etag)));
        let (objects, holder, etag) = (self.objects.clone(), self.holder.clone(), Arc::clone(&self.etag));
        self.heart = Some(tokio::spawn(async move {
            loop {
                tokio::time::sleep(HEARTBEAT).await;
                let mut etag = etag.lock().await;
                let Some(known) = etag.clone() else { return };
                let content = spelt(&holder, (objects.clock)());
                match objects.put_if(&objects.lock_name(), &content, Condition::Match(&known)).await {
                    Ok(Some(new)) => *etag = Some(new),
                    // Of an earlier heartbeat whose answer was lost, or somebody else's: the next write finds out.
                    Ok(None) => match objects.read_lock().await {
                        Ok(Some((lock, new))) if lock.holder.id == holder.id => *etag = Some(new),
                        Ok(_) => return,
                        Err(_) => {}
                    },
                    Err(_) => {}
                }
            }
        }));
        self
    }

    /// Leaves the lock as a process that is killed does.
    #[cfg(test)]
    pub(super) fn abandon(&mut self) -> LockId {
        self.etag = Arc::default();
        std::mem::take(&mut self.holder.id)
    }

    /// Fails if the lock is not ours any more.
    pub(super) async fn check(&self) -> Result<(), StoreError> {
        let there = self.objects.read_lock().await?.map(|(lock, _)| lock);
        if there.as_ref().is_some_and(|lock| lock.holder.id == self.holder.id) {
            return Ok(());
        }
        let by = self.objects.unlocked().await.ok().flatten().filter(|gone| gone.holder.id == self.holder.id);
        let problem = match (by, there) {
            (Some(Unlocked { by, .. }), _) => {
                format!("{} on {} took it away, at {:.0}: {}", by.who, by.host, by.since, by.command)
            }
            (None, Some(Lock { holder, .. })) => format!(
                "{} on {} has it by now, since {:.0}: {}",
                holder.who, holder.host, holder.since, holder.command
            ),
            (None, None) => "somebody took it away".to_owned(),
        };
        Err(StoreError::LockLost { place: self.objects.place_of(&self.objects.lock_name()), problem })
    }
}

impl<T: Transport> Drop for Claim<T> {
    fn drop(&mut self) {
        if let Some(heart) = self.heart.take() {
            heart.abort();
        }
        let (objects, id, etag) = (self.objects.clone(), self.holder.id.clone(), Arc::clone(&self.etag));
        let releases = self.objects.releases.clone();
        let (unsure, settled) = (self.unsure, self.settled);
        releases.spawn(async move {
            let name = objects.lock_name();
            // A request that arrives after the next holder has read the snapshot would replace it under his hands. Where
            // that cannot be kept from happening the lock stays, and `force-unlock` tries again.
            if unsure {
                // Of a lock that was taken away the snapshot was written anew before: doing so again would be in the way of
                // who has it now.
                let ours = matches!(objects.read_lock().await, Ok(Some((lock, _))) if lock.holder.id == id);
                if !ours || objects.renew_snapshot().await.is_err() {
                    return;
                }
            }
            let known = etag.lock().await.take();
            if let Some(known) = &known
                && objects.service.delete(&objects.bucket, &name, Removal::Match(known)).await.is_ok()
            {
                return;
            }
            // A heartbeat, or the taking itself, whose answer nobody has heard. The request that takes it may be on its way
            // still: only what is there, ours or another's, ends the looking.
            let looks = if settled { &LOOKS[..1] } else { &LOOKS[..] };
            for wait in looks {
                tokio::time::sleep(*wait).await;
                let Ok(Some((lock, etag))) = objects.read_lock().await else { continue };
                if lock.holder.id != id
                    || objects.service.delete(&objects.bucket, &name, Removal::Match(&etag)).await.is_ok()
                {
                    return;
                }
            }
        });
    }
}

/// Says of a lock that could not be taken that the request may arrive all the same, later than anybody looks for it.
fn may_come(error: StoreError, holder: &Holder) -> StoreError {
    let StoreError::Remote { action: _, place, problem, way_out } = error else { return error };
    let id = &holder.id;
    let way_out = format!(
        "{way_out}. Where `patchtrain state locks` shows lock {id} then, it is this command's, which came about late: `patchtrain \
         force-unlock {id}` takes it away"
    );
    StoreError::Remote { action: "lock", place, problem, way_out }
}

fn spelt(holder: &Holder, now: Timestamp) -> Bytes {
    let lock = Lock { holder: holder.clone(), heartbeat: Some(now), stays: true };
    let mut text = serde_json::to_vec(&lock).unwrap_or_default();
    text.push(b'\n');
    text.into()
}

impl<T: Transport> Objects<T> {
    pub(super) fn lock_name(&self) -> String {
        self.named("lock")
    }

    fn unlocked_name(&self) -> String {
        self.named("unlocked")
    }

    /// Reads who has the lock, and its etag.
    pub(super) async fn read_lock(&self) -> Result<Option<(Lock, String)>, StoreError> {
        let name = self.lock_name();
        let Some(object) = self.get(&name).await? else { return Ok(None) };
        match serde_json::from_slice::<Lock>(&object.bytes) {
            Ok(lock) => Ok(Some((Lock { stays: true, ..lock }, object.etag))),
            Err(error) => Err(StoreError::Damaged {
                place: self.place_of(&name),
                problem: error.to_string(),
                way_out: "Where nobody is at work on this state, delete the object".to_owned(),
            }),
        }
    }

    async fn unlocked(&self) -> Result<Option<Unlocked>, StoreError> {
        let object = self.get(&self.unlocked_name()).await?;
        // It only informs.
        Ok(object.and_then(|object| serde_json::from_slice(&object.bytes).ok()))
    }

    /// Returns, once, whose lock was taken away.
    pub(super) async fn take_previous(&self) -> Result<Option<Box<Holder>>, StoreError> {
        let Some(gone) = self.unlocked().await? else { return Ok(None) };
        self.delete(&self.unlocked_name()).await?;
        Ok(Some(Box::new(gone.holder)))
    }

    /// Writes the snapshot anew as it is: whoever has read it before cannot replace it any more, even where the request to
    /// do so is on its way already.
    async fn renew_snapshot(&self) -> Result<(), StoreError> {
        let snapshot = self.named("json");
        while let Some(there) = self.get(&snapshot).await? {
            if self.put_if(&snapshot, &there.bytes, Condition::Match(&there.etag)).await?.is_some() {
                break;
            }
        }
        Ok(())
    }

    /// Has the lock name who takes it away, under the id that it has: from then on it is not its holder's. None where it
    /// is another's by now, or free.
    async fn sign_over(&self, id: &LockId, by: &Holder) -> Result<Option<()>, StoreError> {
        let name = self.lock_name();
        loop {
            // Its holder's heartbeats change its etag.
            let Some((lock, etag)) = self.read_lock().await? else { return Ok(None) };
            if lock.holder.id == by.id {
                return Ok(Some(()));
            }
            if lock.holder.id != *id {
                return Ok(None);
            }
            let content = spelt(by, (self.clock)());
            if self.put_if(&name, &content, Condition::Match(&etag)).await?.is_some() {
                return Ok(Some(()));
            }
        }
    }

    /// Takes the lock away. First it is signed over, so that its holder finds out, and the snapshot is written anew.
    pub(super) async fn break_now(&self, id: &LockId, by: &Holder) -> Result<(), StoreError> {
        let Some((lock, _)) = self.read_lock().await? else { return Ok(()) };
        if lock.holder.id != *id {
            return Err(StoreError::Locked { lock: Some(Box::new(lock)) });
        }
        let Some(_) = self.sign_over(id, by).await? else { return Ok(()) };
        self.renew_snapshot().await?;
        let gone = Unlocked { holder: lock.holder, by: by.clone() };
        let told = serde_json::to_vec(&gone).unwrap_or_default();
        self.change(&self.unlocked_name(), |_| told.clone()).await?;
        loop {
            let Some((lock, etag)) = self.read_lock().await? else { return Ok(()) };
            if lock.holder.id != by.id {
                return Ok(());
            }
            let name = self.lock_name();
            match self.service.delete(&self.bucket, &name, Removal::Match(&etag)).await {
                Ok(_) => return Ok(()),
                Err(crate::oci::object_storage::WriteError::Refused(_)) => {}
                Err(crate::oci::object_storage::WriteError::Failed { error, .. }) => {
                    return Err(self.failed("remove", &name, &error));
                }
            }
        }
    }
}
