//! Whichever medium a train's file names, as one type: what the program is built for. Each call goes to the one that it
//! is; what they do is theirs.

use super::files::{Files, HeldFiles};
use super::medium::{BackupName, Held, Item, Look, Medium, Place, Replaced};
use super::objects::{HeldObjects, Objects};
use super::rows::{HeldRows, Rows};
use super::{Base, Holder, Lock, LockId, StoreError, Ways};
use crate::oci::HttpTransport;

/// Any of the media.
#[derive(Clone, Debug)]
pub enum Shelf {
    /// Files in a local folder.
    Files(Files),
    /// Objects of OCI Object Storage.
    Objects(Objects<HttpTransport>),
    /// Rows of a PostgreSQL database.
    Rows(Rows),
}

/// The lock on whichever it is.
#[derive(Debug)]
pub enum HeldShelf {
    /// Files in a local folder.
    Files(HeldFiles),
    /// Objects of OCI Object Storage.
    Objects(Box<HeldObjects<HttpTransport>>),
    /// Rows of a PostgreSQL database.
    Rows(HeldRows),
}

/// Reads whichever it is without the lock.
struct ShelfLook<'a>(&'a Shelf);

/// Does the same with whichever it is.
macro_rules! each {
    ($shelf:expr, $type:ident, $one:ident => $call:expr) => {
        match $shelf {
            $type::Files($one) => $call,
            $type::Objects($one) => $call,
            $type::Rows($one) => $call,
        }
    };
}

impl Look for ShelfLook<'_> {
    async fn read(&mut self, item: &Item) -> Result<Option<Vec<u8>>, StoreError> {
        each!(self.0, Shelf, medium => medium.look().read(item).await)
    }
}

impl Medium for Shelf {
    type Held = HeldShelf;

    fn place(&self, item: &Item) -> Place {
        each!(self, Self, medium => medium.place(item))
    }

    fn ways(&self) -> Ways {
        each!(self, Self, medium => medium.ways())
    }

    fn way_to_cut(&self, line: usize) -> String {
        each!(self, Self, medium => medium.way_to_cut(line))
    }

    fn look(&self) -> impl Look + Send {
        ShelfLook(self)
    }

    async fn backups(&self) -> Result<Vec<BackupName>, StoreError> {
        each!(self, Self, medium => medium.backups().await)
    }

    async fn replaced(&self) -> Result<Replaced, StoreError> {
        each!(self, Self, medium => medium.replaced().await)
    }

    fn place_of_version(&self, backup: &BackupName, version: &str) -> Place {
        each!(self, Self, medium => medium.place_of_version(backup, version))
    }

    async fn read_version(&self, backup: &BackupName, version: &str) -> Result<Option<Vec<u8>>, StoreError> {
        each!(self, Self, medium => medium.read_version(backup, version).await)
    }

    async fn add_line(&self, item: &Item, line: &[u8]) -> Result<(), StoreError> {
        each!(self, Self, medium => medium.add_line(item, line).await)
    }

    async fn put(&self, item: &Item, content: &[u8]) -> Result<(), StoreError> {
        each!(self, Self, medium => medium.put(item, content).await)
    }

    async fn prepare(&self) -> Result<Vec<String>, StoreError> {
        each!(self, Self, medium => medium.prepare().await)
    }

    async fn locked(&self) -> Result<Option<Lock>, StoreError> {
        each!(self, Self, medium => medium.locked().await)
    }

    async fn break_lock(&self, id: &LockId, by: &Holder) -> Result<(), StoreError> {
        each!(self, Self, medium => medium.break_lock(id, by).await)
    }

    async fn hold(&self, holder: &Holder) -> Result<HeldShelf, StoreError> {
        match self {
            Self::Files(files) => files.hold(holder).await.map(HeldShelf::Files),
            Self::Objects(objects) => {
                objects.hold(holder).await.map(|held| HeldShelf::Objects(Box::new(held)))
            }
            Self::Rows(rows) => rows.hold(holder).await.map(HeldShelf::Rows),
        }
    }
}

impl Look for HeldShelf {
    async fn read(&mut self, item: &Item) -> Result<Option<Vec<u8>>, StoreError> {
        each!(self, Self, held => held.read(item).await)
    }
}

impl Held for HeldShelf {
    fn previous(&mut self) -> Option<Box<Holder>> {
        each!(self, Self, held => held.previous())
    }

    async fn replace(&mut self, item: &Item, content: &[u8]) -> Result<(), StoreError> {
        each!(self, Self, held => held.replace(item, content).await)
    }

    async fn remove(&mut self, item: &Item) -> Result<(), StoreError> {
        each!(self, Self, held => held.remove(item).await)
    }

    async fn append(&mut self, base: &Base, batch: &[u8]) -> Result<(), StoreError> {
        each!(self, Self, held => held.append(base, batch).await)
    }

    fn leave_journal(&mut self) {
        each!(self, Self, held => held.leave_journal());
    }
}
