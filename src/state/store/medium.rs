//! Where the bytes of a state lie: the narrow trait behind which a store is files, or a service's objects, or rows of a
//! database. What the bytes mean, which of them follow which and what is done in which order is [`super::kept`]'s
//! business, and the same for all.

use std::fmt;
use std::future::{Future, ready};
use std::path::Path;

use super::{Base, Holder, Lock, LockId, StoreError, Ways};

/// A place that people can go to: a file, an object, a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place(String);

impl Place {
    /// Names a place that is no file.
    pub(super) fn named(text: String) -> Self {
        Self(text)
    }
}

impl From<&Path> for Place {
    fn from(path: &Path) -> Self {
        Self(path.display().to_string())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// One of the things that are kept of a train.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Item {
    /// The state as of the last fold.
    Snapshot,
    /// What the run in progress has done since.
    Journal,
    /// One line for each run that has ended, and for each change by hand.
    History,
    /// One line for each compliance report.
    Reports,
    /// What was last observed: a cache.
    Inventory,
    /// A snapshot that another has replaced.
    Backup(BackupName),
}

/// Which snapshot a backup is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BackupName {
    /// As much of its lineage as tells it from others.
    pub lineage: String,
    /// Its serial.
    pub serial: u64,
    /// Tells it from another snapshot of that lineage and serial, which was kept before it.
    pub twin: Option<String>,
}

/// The snapshots that were replaced and can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replaced {
    /// Which, in no order; of those that were removed with the version that keeps them.
    pub backups: Vec<(BackupName, Option<String>)>,
    /// Why those that were removed could not be listed.
    pub unlisted: Option<String>,
}

impl From<Vec<BackupName>> for Replaced {
    fn from(names: Vec<BackupName>) -> Self {
        Self { backups: names.into_iter().map(|name| (name, None)).collect(), unlisted: None }
    }
}

/// What reads items.
pub trait Look {
    /// Reads an item; none where there is no such.
    fn read(&mut self, item: &Item) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send;
}

/// Where one train's state lies.
pub trait Medium: Clone + fmt::Debug + Send + Sync + 'static {
    /// The lock.
    type Held: Held;

    /// Says where an item lies.
    fn place(&self, item: &Item) -> Place;

    /// Says what it is made of.
    fn ways(&self) -> Ways;

    /// Says how a journal is cut off from a line on, which is from 1.
    fn way_to_cut(&self, line: usize) -> String;

    /// Reads without the lock.
    fn look(&self) -> impl Look + Send;

    /// Lists the backups, in no order.
    fn backups(&self) -> impl Future<Output = Result<Vec<BackupName>, StoreError>> + Send;

    /// Lists the backups together with those that were removed and that the medium keeps all the same, in no order. By
    /// itself none does.
    fn replaced(&self) -> impl Future<Output = Result<Replaced, StoreError>> + Send {
        async { Ok(self.backups().await?.into()) }
    }

    /// Says where a backup lies that was removed.
    fn place_of_version(&self, backup: &BackupName, version: &str) -> Place {
        let place = self.place(&Item::Backup(backup.clone()));
        Place::named(format!("version {version} of {place}"))
    }

    /// Reads a backup that was removed; none where nothing keeps it any more.
    fn read_version(
        &self,
        _backup: &BackupName,
        _version: &str,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send {
        ready(Ok(None))
    }

    /// Adds a whole line, or several, which needs no lock. Durable when it returns.
    fn add_line(&self, item: &Item, line: &[u8]) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Replaces an item as a whole, as [`Held::replace`] does, without the lock: one by which nothing is decided. Of
    /// several that do so at a time the last stands.
    fn put(&self, item: &Item, content: &[u8]) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Finds out whether this is a place that a state can be trusted to, and makes what has to be there first. Returns
    /// what people should know about it. One that cannot keep two writers apart is [`StoreError::Unfit`].
    fn prepare(&self) -> impl Future<Output = Result<Vec<String>, StoreError>> + Send;

    /// Tells who holds the lock, without taking it.
    fn locked(&self) -> impl Future<Output = Result<Option<Lock>, StoreError>> + Send;

    /// Takes the lock away from who holds it by this id: nothing that its holder writes from then on is taken. Fails
    /// where another holds it by now, and where the lock is the operating system's, which frees it itself.
    fn break_lock(&self, id: &LockId, by: &Holder) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Takes the lock, or fails with who holds it.
    fn hold(&self, holder: &Holder) -> impl Future<Output = Result<Self::Held, StoreError>> + Send;
}

/// The lock, and with it the right to write. Dropping it frees it. A holder whose lock was broken writes nothing more:
/// each of these then fails.
pub trait Held: Look + Send + 'static {
    /// Returns, once, who held the lock before and was cut off.
    fn previous(&mut self) -> Option<Box<Holder>>;

    /// Replaces an item as a whole, durably: after an error, and after a crash at any point, it is the old or the new.
    fn replace(&mut self, item: &Item, content: &[u8])
    -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Removes an item, durably. One that is not there is none to remove.
    fn remove(&mut self, item: &Item) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Appends to the journal that builds on `base`, durably; the first append of a session begins a new one in place of
    /// what is there. After an error nothing of it counts as written, and it may be tried again with something else.
    fn append(&mut self, base: &Base, batch: &[u8]) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Writes anew what is kept beside the snapshot, as far as it is not as it would be written now. By itself nothing is.
    fn renew(&mut self) -> impl Future<Output = Result<(), StoreError>> + Send {
        ready(Ok(()))
    }

    /// Forgets the journal that this session appends to: the next append begins a new one.
    fn leave_journal(&mut self);
}
