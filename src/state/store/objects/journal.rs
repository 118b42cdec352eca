//! The journal: an object for each batch, numbered from 1, under the serial that the run builds on. Each is made only if
//! there is none of its name, and counts once the lock was seen to be ours after it: whoever takes the lock later than
//! that finds it in the list.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::time::Instant;

use super::held::HeldObjects;
use super::{Batch, Objects, PoisonError};
use crate::oci::Transport;
use crate::oci::object_storage::{Condition, Entry, Removal};
use crate::state::store::medium::Item;
use crate::state::store::{Base, StoreError};

/// The least time between two batches: at most four a second.
pub(super) const PACE: Duration = Duration::from_millis(250);

/// How many objects are read or deleted at a time.
const AT_ONCE: usize = 10;

/// How often a batch's name is made free, and the journal read anew while it is being folded.
const TRIES: usize = 5;

/// The journal that a session appends to.
#[derive(Debug, Default)]
pub(super) struct Open {
    /// How many batches are written.
    batches: u64,
    /// When the last one was.
    last: Option<Instant>,
}

impl Open {
    /// Begins anew, at the same pace.
    pub(super) fn leave(&mut self) {
        self.batches = 0;
    }
}

/// Serial and number of a batch, by the end of its object's name.
fn numbers(name: &str) -> Option<(u64, u64)> {
    let (serial, batch) = name.split_once('/')?;
    Some((serial.parse().ok()?, batch.parse().ok()?))
}

impl<T: Transport> Objects<T> {
    /// Names a batch. Digits enough that they are listed in their order, for people.
    fn batch(&self, serial: u64, batch: u64) -> String {
        format!("{}{serial:08}/{batch:08}", self.name(&Item::Journal))
    }

    async fn read_batch(&self, number: u64, name: &str) -> Result<(u64, Option<Bytes>, String), StoreError> {
        let object = self.get(name).await?;
        Ok((number, object.map(|object| object.bytes), name.to_owned()))
    }

    /// Lists the batches by serial and number.
    async fn batches(&self) -> Result<BTreeMap<(u64, u64), Entry>, StoreError> {
        let beginning = self.name(&Item::Journal);
        let entries = self.list(&beginning).await?.into_iter();
        Ok(entries
            .filter_map(|entry| Some((numbers(entry.name.strip_prefix(&beginning)?)?, entry)))
            .collect())
    }

    /// Reads the batches of the latest run as one journal. One that lacks between others shows as a line that no journal
    /// has: nothing of a journal is ever passed over in silence.
    pub(super) async fn read_journal(&self) -> Result<Option<Vec<u8>>, StoreError> {
        for _ in 0..TRIES {
            let batches = self.batches().await?;
            // The first is removed last: where it lacks, what is there is of a holder who had lost the lock already, and
            // was never acknowledged.
            let Some(latest) =
                batches.keys().filter(|(_, number)| *number == 1).map(|(serial, _)| *serial).max()
            else {
                return Ok(None);
            };
            let own: Vec<_> = batches.range((latest, 0)..(latest + 1, 0)).collect();
            let read: Vec<_> =
                own.iter().map(|((_, number), entry)| self.read_batch(*number, &entry.name)).collect();
            let read: Vec<_> = stream::iter(read).buffered(AT_ONCE).try_collect().await?;
            // Listed, and gone: somebody folds it just now.
            if read.iter().any(|(_, bytes, _)| bytes.is_none()) {
                continue;
            }
            let (mut journal, mut batches, mut line) = (Vec::new(), Vec::new(), 1);
            for (expected, (number, bytes, name)) in (1..).zip(read) {
                batches.push(Batch { name: name.clone(), line });
                if number != expected {
                    journal.extend(format!("the object before {name} is missing\n").into_bytes());
                    break;
                }
                let bytes = bytes.unwrap_or_default();
                line += bytes.iter().filter(|byte| **byte == b'\n').count();
                journal.extend(bytes);
            }
            *self.batches.lock().unwrap_or_else(PoisonError::into_inner) = batches;
            return Ok(Some(journal));
        }
        Err(StoreError::Remote {
            action: "read",
            place: self.place_of(&self.name(&Item::Journal)),
            problem: "its objects went away each time they were read".to_owned(),
            way_out: "Run the command again when the run that folds them has ended".to_owned(),
        })
    }
}

impl<T: Transport> Objects<T> {
    /// Says which objects have to go so that the journal as it was last read ends before a line.
    pub(super) fn way_to_cut_off(&self, line: usize) -> String {
        let batches = self.batches.lock().unwrap_or_else(PoisonError::into_inner);
        let from = batches.partition_point(|batch| batch.line <= line).saturating_sub(1);
        match &batches[from..] {
            [] => {
                let place = self.place_of(&self.name(&Item::Journal));
                format!(
                    "delete, of the {place}, the one that holds line {line} of all of them, and those after it"
                )
            }
            [only] => format!("delete {}", self.place_of(&only.name)),
            [first, .., last] => {
                let (first, last) = (self.place_of(&first.name), &last.name);
                format!("delete {first}, and those after it up to {last}")
            }
        }
    }
}

impl<T: Transport> HeldObjects<T> {
    pub(super) async fn append_now(&mut self, base: &Base, batch: &[u8]) -> Result<(), StoreError> {
        if self.journal.batches == 0 {
            // What another try of this session has left behind is in the way.
            self.remove_journal().await?;
        }
        if let Some(last) = self.journal.last {
            tokio::time::sleep_until(last + self.objects.pace).await;
        }
        self.journal.last = Some(Instant::now());
        let name = self.objects.batch(base.serial, self.journal.batches + 1);
        let content = Bytes::copy_from_slice(batch);
        let mut made = None;
        for _ in 0..TRIES {
            made = self.objects.put_if(&name, &content, Condition::Absent).await?;
            if made.is_some() {
                break;
            }
            // A batch of this number that does not count: one whose answer was lost and which was given up, or one of a
            // holder that had lost the lock already.
            self.claim.check().await?;
            if let Some(other) = self.objects.get(&name).await? {
                let _ = self
                    .objects
                    .service
                    .delete(&self.objects.bucket, &name, Removal::Match(&other.etag))
                    .await;
            }
        }
        let Some(etag) = made else {
            return Err(StoreError::LockLost {
                place: self.objects.place_of(&name),
                problem: "somebody else is writing it".to_owned(),
            });
        };
        if let Err(error) = self.claim.check().await {
            // It does not count, and whoever has the lock now need not stumble over it.
            let _ = self.objects.service.delete(&self.objects.bucket, &name, Removal::Match(&etag)).await;
            return Err(error);
        }
        self.journal.batches += 1;
        Ok(())
    }

    /// Removes all batches, the first one last: until then it says what they build on.
    pub(super) async fn remove_journal(&mut self) -> Result<(), StoreError> {
        // Listed before the lock is looked at: what is listed is no later holder's.
        let mut batches: Vec<Entry> = self.objects.batches().await?.into_values().collect();
        self.claim.check().await?;
        batches.reverse();
        let (first, rest): (Vec<_>, Vec<_>) =
            batches.into_iter().partition(|entry| entry.name.ends_with("/00000001"));
        for entries in [rest, first] {
            let objects = &self.objects;
            let gone: Vec<_> = entries.iter().map(|entry| objects.delete_if(entry)).collect();
            stream::iter(gone).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        }
        Ok(())
    }
}
