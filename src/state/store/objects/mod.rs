//! Objects of OCI Object Storage: one for each item, and one that is the lock.
//!
//! | object | is |
//! |---|---|
//! | `<prefix>/<train>.json` | the snapshot |
//! | `<prefix>/<train>.journal/<serial>/<n>` | the n-th batch of the run in progress, which builds on that serial |
//! | `<prefix>/<train>.history`, `.reports` | one JSON line each, in an object that is written anew with each |
//! | `<prefix>/<train>.inventory` | what was last observed; a cache, and not locked |
//! | `<prefix>/<train>.backup/<lineage>-<serial>` | a snapshot that another has replaced |
//! | `<prefix>/<train>.lock` | is there while the state is locked; holds who has it |
//! | `<prefix>/<train>.unlocked` | whose lock was taken away by force, and by whom, until somebody else has it |
//! | `<prefix>/<train>.probe-<pid>-<time>` | what a bucket is tried out with, until that is done |
//!
//! The service has no locks. What keeps writers apart are its conditions: a lock is an object that only one of several can
//! make, and a snapshot is only ever replaced if it is the one that was read ([`held`]). So a holder whose lock was taken
//! away, and who does not know yet, cannot overwrite what came after.
//!
//! Where the bucket keeps versions, a backup that was removed can be read all the same ([`versions`]).

mod held;
mod journal;
mod lock;
mod probe;
mod versions;

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use super::medium::{BackupName, Item, Look, Medium, Place, Replaced};
use super::{Holder, Lock, LockId, Releases, StoreError, Ways};
use crate::name::TrainName;
use crate::oci::object_storage::{Condition, Entry, Object, ObjectStorage, Removal, WriteError};
use crate::oci::{Error, Transport};

pub use held::HeldObjects;

/// How often a line is tried to be added that others are adding to at the same time.
const TRIES: usize = 20;

/// The objects of one train.
pub struct Objects<T> {
    service: Arc<ObjectStorage<T>>,
    bucket: Arc<str>,
    /// With its slash, where there is one.
    prefix: Arc<str>,
    train: TrainName,
    releases: Releases,
    /// What a lock's signs of life are dated by.
    clock: fn() -> Timestamp,
    /// The least time between two batches of a journal.
    pace: Duration,
    /// The batches of the journal as it was last read, for who has to cut it off.
    batches: Arc<Mutex<Vec<Batch>>>,
}

/// An object that holds lines of a journal.
#[derive(Clone, Debug)]
struct Batch {
    name: String,
    /// The first of its lines, of all of them.
    line: usize,
}

/// A write that failed.
struct FailedPut {
    error: StoreError,
    /// Whether it may come about all the same.
    open: bool,
}

impl<T> Clone for Objects<T> {
    fn clone(&self) -> Self {
        Self {
            service: Arc::clone(&self.service),
            bucket: Arc::clone(&self.bucket),
            prefix: Arc::clone(&self.prefix),
            train: self.train.clone(),
            releases: self.releases.clone(),
            clock: self.clock,
            pace: self.pace,
            batches: Arc::clone(&self.batches),
        }
    }
}

impl<T> fmt::Debug for Objects<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Objects({}/{}{})", self.bucket, self.prefix, self.train)
    }
}

impl<T: Transport> Objects<T> {
    /// Names the objects; nothing is asked yet. Locks are freed in the background: who ends the program waits for
    /// `releases`.
    pub fn new(
        service: ObjectStorage<T>,
        (bucket, prefix): (&str, &str),
        train: TrainName,
        releases: Releases,
        clock: fn() -> Timestamp,
    ) -> Self {
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        Self {
            service: Arc::new(service),
            bucket: bucket.into(),
            prefix: prefix.into(),
            train,
            releases,
            clock,
            pace: journal::PACE,
            batches: Arc::default(),
        }
    }

    fn named(&self, ending: &str) -> String {
        format!("{}{}.{ending}", self.prefix, self.train)
    }

    /// Returns the name of an item's object; a journal has several, whose names begin with it.
    fn name(&self, item: &Item) -> String {
        self.named(match item {
            Item::Snapshot => "json",
            Item::Journal => "journal/",
            Item::History => "history",
            Item::Reports => "reports",
            Item::Inventory => "inventory",
            Item::Backup(BackupName { lineage, serial, twin }) => {
                let twin = twin.as_ref().map(|twin| format!("-{twin}")).unwrap_or_default();
                return self.named(&format!("backup/{lineage}-{serial}{twin}"));
            }
        })
    }

    fn place_of(&self, name: &str) -> Place {
        Place::named(format!("object {name} of bucket {}", self.bucket))
    }

    /// Wraps an error of the service.
    fn failed(&self, action: &'static str, name: &str, error: &Error) -> StoreError {
        let way_out = match error.status() {
            Some(401 | 403 | 404) => format!(
                "Look whether bucket {} is there, in this namespace and region, and whether a policy lets who signs `manage objects` \
                 and `read buckets` in it. `patchtrain init` tries all of that out, and makes a bucket that the simulator lacks",
                self.bucket
            ),
            _ => "Run the command again: what was recorded stands, and apply goes on from there".to_owned(),
        };
        StoreError::Remote { action, place: self.place_of(name), problem: error.to_string(), way_out }
    }

    async fn get(&self, name: &str) -> Result<Option<Object>, StoreError> {
        let object = patiently(|| self.service.get(&self.bucket, name)).await;
        object.map_err(|error| self.failed("read", name, &error))
    }

    /// Writes an object if it is still what it was, and returns its new etag; none where it is not. After an answer that
    /// was lost it is looked whether what is there is what was to be written.
    async fn put_if(
        &self,
        name: &str,
        content: &Bytes,
        condition: Condition<'_>,
    ) -> Result<Option<String>, StoreError> {
        self.try_put(name, content, condition).await.map_err(|failed| failed.error)
    }

    /// The same, and of a failure whether it may come about all the same.
    async fn try_put(
        &self,
        name: &str,
        content: &Bytes,
        condition: Condition<'_>,
    ) -> Result<Option<String>, FailedPut> {
        let put = || async {
            match self.service.put(&self.bucket, name, content.clone(), condition).await {
                Err(WriteError::Failed { error, asked: false }) if is_hidden(&error) => Err(error),
                ended => Ok(ended),
            }
        };
        let ended =
            patiently(put).await.unwrap_or_else(|error| Err(WriteError::Failed { error, asked: false }));
        let error = match ended {
            Ok(etag) => return Ok(Some(etag)),
            Err(error) => error,
        };
        let open = error.may_be_served();
        if open
            && let Ok(Some(there)) = self.service.get(&self.bucket, name).await
            && there.bytes == *content
        {
            return Ok(Some(there.etag));
        }
        match error {
            WriteError::Refused(_) => Ok(None),
            WriteError::Failed { error, .. } => {
                Err(FailedPut { error: self.failed("write", name, &error), open })
            }
        }
    }

    /// Deletes an object, whatever it is; one that is not there is none to delete.
    async fn delete(&self, name: &str) -> Result<(), StoreError> {
        self.delete_by(name, Removal::Any).await
    }

    /// Deletes an object if it is the one that was listed; another one of its name stays.
    async fn delete_if(&self, entry: &Entry) -> Result<(), StoreError> {
        self.delete_by(&entry.name, Removal::Match(&entry.etag)).await
    }

    async fn delete_by(&self, name: &str, removal: Removal<'_>) -> Result<(), StoreError> {
        let delete = || async {
            match self.service.delete(&self.bucket, name, removal).await {
                Ok(_) | Err(WriteError::Refused(_)) => Ok(()),
                Err(WriteError::Failed { error, .. }) => Err(error),
            }
        };
        patiently(delete).await.map_err(|error| self.failed("remove", name, &error))
    }

    /// Replaces what an object holds by what `change` makes of it, whoever else changes it at the same time.
    async fn change(&self, name: &str, change: impl Fn(&[u8]) -> Vec<u8>) -> Result<(), StoreError> {
        for _ in 0..TRIES {
            let there = self.get(name).await?;
            let content = change(there.as_ref().map_or(&[], |there| &there.bytes)).into();
            let condition = there.as_ref().map_or(Condition::Absent, |there| Condition::Match(&there.etag));
            if self.put_if(name, &content, condition).await?.is_some() {
                return Ok(());
            }
        }
        Err(StoreError::Remote {
            action: "write",
            place: self.place_of(name),
            problem: format!("others changed it each of {TRIES} times"),
            way_out: "Run the command again".to_owned(),
        })
    }

    async fn read(&self, item: &Item) -> Result<Option<Object>, StoreError> {
        self.get(&self.name(item)).await
    }

    async fn backups_now(&self) -> Result<Vec<BackupName>, StoreError> {
        let beginning = self.named("backup/");
        let names = self.list(&beginning).await?;
        Ok(names.iter().filter_map(|entry| backup(entry.name.strip_prefix(&beginning)?)).collect())
    }

    async fn list(&self, beginning: &str) -> Result<Vec<Entry>, StoreError> {
        let entries = patiently(|| self.service.list(&self.bucket, beginning)).await;
        entries.map_err(|error| self.failed("list", beginning, &error))
    }
}

/// Does what may be done again, again while the service says that there is no such bucket: some tenancies have been
/// told so now and then of one that is there. One that is not is told so after two seconds.
async fn patiently<T, F: Future<Output = Result<T, Error>>>(call: impl Fn() -> F) -> Result<T, Error> {
    let mut wait = Duration::from_millis(125);
    loop {
        match call().await {
            Err(error) if is_hidden(&error) && wait <= Duration::from_secs(1) => {
                tokio::time::sleep(wait).await;
                wait *= 2;
            }
            ended => return ended,
        }
    }
}

fn is_hidden(error: &Error) -> bool {
    error.is_not_found() && error.code() == Some("BucketNotFound")
}

/// Adds a line behind others. A last line without its end is closed first, so that it spoils only itself.
fn with_line(text: &[u8], line: &[u8]) -> Vec<u8> {
    let end: &[u8] = if text.is_empty() || text.ends_with(b"\n") { b"" } else { b"\n" };
    [text, end, line].concat()
}

/// Tells which backup an object is by the end of its name.
fn backup(name: &str) -> Option<BackupName> {
    let mut parts = name.split('-');
    let (lineage, serial, twin) = (parts.next()?, parts.next()?, parts.next());
    let plain = |text: &str| !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphanumeric());
    if !plain(lineage) || !twin.is_none_or(plain) || parts.next().is_some() {
        return None;
    }
    let twin = twin.map(str::to_owned);
    Some(BackupName { lineage: lineage.to_owned(), serial: serial.parse().ok()?, twin })
}

impl<T: Transport> Look for &Objects<T> {
    async fn read(&mut self, item: &Item) -> Result<Option<Vec<u8>>, StoreError> {
        if *item == Item::Journal {
            return self.read_journal().await;
        }
        Ok(Objects::read(self, item).await?.map(|object| object.bytes.into()))
    }
}

impl<T: Transport> Medium for Objects<T> {
    type Held = HeldObjects<T>;

    fn place(&self, item: &Item) -> Place {
        self.place_of(&self.name(item))
    }

    fn ways(&self) -> Ways {
        Ways::Objects
    }

    fn way_to_cut(&self, line: usize) -> String {
        self.way_to_cut_off(line)
    }

    fn look(&self) -> impl Look + Send {
        self
    }

    async fn backups(&self) -> Result<Vec<BackupName>, StoreError> {
        self.backups_now().await
    }

    async fn replaced(&self) -> Result<Replaced, StoreError> {
        self.replaced_now().await
    }

    fn place_of_version(&self, backup: &BackupName, version: &str) -> Place {
        self.place_of_one(backup, version)
    }

    async fn read_version(&self, backup: &BackupName, version: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.read_one(backup, version).await
    }

    async fn add_line(&self, item: &Item, line: &[u8]) -> Result<(), StoreError> {
        self.change(&self.name(item), |text| with_line(text, line)).await
    }

    async fn put(&self, item: &Item, content: &[u8]) -> Result<(), StoreError> {
        self.change(&self.name(item), |_| content.to_vec()).await
    }

    async fn prepare(&self) -> Result<Vec<String>, StoreError> {
        self.try_out().await
    }

    async fn locked(&self) -> Result<Option<Lock>, StoreError> {
        Ok(self.read_lock().await?.map(|(lock, _)| lock))
    }

    async fn break_lock(&self, id: &LockId, by: &Holder) -> Result<(), StoreError> {
        self.break_now(id, by).await
    }

    async fn hold(&self, holder: &Holder) -> Result<HeldObjects<T>, StoreError> {
        HeldObjects::take(self.clone(), holder).await
    }
}

#[cfg(test)]
mod tests;
