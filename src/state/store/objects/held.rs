//! Writing under the lock. Nothing is overwritten that this session has not read: a snapshot is replaced if it is the one
//! that was read, and what is not there is made only if it is not there. Before each write it is looked whether the lock is
//! still ours, which tells people why; what keeps a writer out that has lost it is the condition.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::lock::Claim;
use super::{Objects, journal};
use crate::oci::Transport;
use crate::oci::object_storage::Condition;
use crate::state::store::medium::{Held, Item, Look};
use crate::state::store::{Base, Holder, StoreError};

/// The locked objects of one train.
pub struct HeldObjects<T: Transport> {
    pub(super) objects: Objects<T>,
    pub(super) claim: Claim<T>,
    previous: Option<Box<Holder>>,
    /// The etags of what this session has read or written; none of what it has seen is not there.
    etags: BTreeMap<Item, Option<String>>,
    pub(super) journal: journal::Open,
}

impl<T: Transport> std::fmt::Debug for HeldObjects<T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Held{:?}", self.objects)
    }
}

impl<T: Transport> HeldObjects<T> {
    pub(super) async fn take(objects: Objects<T>, holder: &Holder) -> Result<Self, StoreError> {
        let claim = Claim::take(objects.clone(), holder).await?;
        let previous = objects.take_previous().await?;
        Ok(Self { objects, claim, previous, etags: BTreeMap::new(), journal: journal::Open::default() })
    }

    async fn read_now(&mut self, item: &Item) -> Result<Option<Bytes>, StoreError> {
        let there = self.objects.read(item).await?;
        let etag = there.as_ref().map(|object| object.etag.clone());
        let known = self.etags.get(item);
        // What a run builds on is what it has read first: another one read later is no leave to replace that.
        if *item == Item::Snapshot && known.is_some_and(|known| *known != etag) {
            self.claim.check().await?;
            return Err(self.overtaken(&self.objects.name(item)));
        }
        self.etags.insert(item.clone(), etag);
        Ok(there.map(|object| object.bytes))
    }
}

impl<T: Transport> HeldObjects<T> {
    fn overtaken(&self, name: &str) -> StoreError {
        StoreError::LockLost {
            place: self.objects.place_of(name),
            problem: "somebody else has written it since this run has read it".to_owned(),
        }
    }
}

impl<T: Transport> Look for HeldObjects<T> {
    async fn read(&mut self, item: &Item) -> Result<Option<Vec<u8>>, StoreError> {
        if *item == Item::Journal {
            return self.objects.read_journal().await;
        }
        Ok(self.read_now(item).await?.map(Vec::from))
    }
}

impl<T: Transport> Held for HeldObjects<T> {
    fn previous(&mut self) -> Option<Box<Holder>> {
        self.previous.take()
    }

    async fn replace(&mut self, item: &Item, content: &[u8]) -> Result<(), StoreError> {
        if !self.etags.contains_key(item) {
            self.read_now(item).await?;
        }
        self.claim.check().await?;
        let known = self.etags.get(item).cloned().flatten();
        let condition = known.as_deref().map_or(Condition::Absent, Condition::Match);
        let (name, content) = (self.objects.name(item), Bytes::copy_from_slice(content));
        // What it was is kept after an error, too: if what was to be written is there by then, it is not taken for the same.
        self.claim.unsure |= *item == Item::Snapshot;
        match self.objects.put_if(&name, &content, condition).await {
            Ok(Some(etag)) => {
                self.etags.insert(item.clone(), Some(etag));
                self.claim.unsure &= *item != Item::Snapshot;
                Ok(())
            }
            // Lines are added without the lock.
            Ok(None) if matches!(item, Item::History | Item::Reports) => Err(StoreError::Remote {
                action: "write",
                place: self.objects.place_of(&name),
                problem: "a line was added to it in that moment".to_owned(),
                way_out: "Run the command again".to_owned(),
            }),
            Ok(None) => {
                self.claim.check().await?;
                Err(self.overtaken(&name))
            }
            Err(error) => {
                if let Ok(Some(there)) = self.objects.get(&name).await
                    && there.bytes == content
                {
                    self.etags.insert(item.clone(), Some(there.etag));
                    self.claim.unsure &= *item != Item::Snapshot;
                    return Ok(());
                }
                Err(error)
            }
        }
    }

    async fn remove(&mut self, item: &Item) -> Result<(), StoreError> {
        if *item == Item::Journal {
            return self.remove_journal().await;
        }
        self.claim.check().await?;
        self.etags.remove(item);
        self.objects.delete(&self.objects.name(item)).await
    }

    async fn append(&mut self, base: &Base, batch: &[u8]) -> Result<(), StoreError> {
        self.append_now(base, batch).await
    }

    fn leave_journal(&mut self) {
        self.journal.leave();
    }
}
