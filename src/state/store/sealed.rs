//! A medium that keeps everything sealed, over any other. What is below sees text; what is above sees what it wrote.
//!
//! | item | is sealed |
//! |---|---|
//! | snapshot, backups, inventory | as a whole; the header says lineage and serial |
//! | journal | line by line under one header, which the first line has; see [`journal`] |
//! | history, reports | each line by itself |
//!
//! Backups are snapshots under another name, and are sealed as such: whoever puts one back by hand has a state. The lock
//! is not sealed: it has to tell people who holds it.
//!
//! What was written plain before, or with the fallback's passphrase, is read; the session that writes the next snapshot
//! first writes all else anew ([`HeldSealed::sweep`]). The snapshot is last, so that one that was cut off begins again.

mod journal;
mod lines;

use super::kept::short;
use super::medium::{BackupName, Held, Item, Look, Medium, Place, Replaced};
use super::snapshot::{self, Told};
use super::{Base, Holder, Lock, LockId, StoreError, Ways, moving};
use crate::name::TrainName;
use crate::seal::{Claim, Envelope, SealError, Sealing, VERSION};

use journal::OpenJournal;
use lines::Manner;

/// How a snapshot is called in its header, wherever it lies.
const STATE: &str = "state";

/// A medium whose content is sealed, as far as its sealing says so.
#[derive(Clone, Debug)]
pub struct Sealed<M> {
    medium: M,
    train: TrainName,
    sealing: Sealing,
}

/// The lock on one.
#[derive(Debug)]
pub struct HeldSealed<M: Medium> {
    of: Sealed<M>,
    pub(super) held: M::Held,
    /// The journal of this session, from its first append on.
    journal: Option<OpenJournal>,
    /// Whether the snapshot is known to be as this session would write it.
    current: bool,
}

/// Reads without the lock.
struct LookSealed<'a, M, L> {
    of: &'a Sealed<M>,
    look: L,
}

/// Returns the word for an item in headers.
fn word(item: &Item) -> &'static str {
    match item {
        Item::Snapshot | Item::Backup(_) => STATE,
        Item::Journal => "journal",
        Item::History => "history",
        Item::Reports => "reports",
        Item::Inventory => "inventory",
    }
}

impl<M: Medium> Sealed<M> {
    /// Seals what a medium is given.
    pub(super) fn new(medium: M, train: TrainName, sealing: Sealing) -> Self {
        Self { medium, train, sealing }
    }

    fn refuse(&self, item: &Item, error: SealError) -> StoreError {
        let place = self.medium.place(item);
        match error {
            SealError::Damaged(problem) => {
                StoreError::Damaged { place, problem, way_out: way_out(item, self.medium.ways()) }
            }
            SealError::Newer { found } => StoreError::Newer { place, found, known: VERSION },
            source => StoreError::Sealed { place, source },
        }
    }

    /// Opens what was read.
    fn open(&self, item: &Item, bytes: Vec<u8>, manner: Manner) -> Result<Vec<u8>, StoreError> {
        match item {
            Item::Snapshot | Item::Backup(_) | Item::Inventory => self.open_whole(item, bytes),
            Item::Journal => self.open_journal(&bytes),
            Item::History | Item::Reports => {
                lines::open(&self.sealing, word(item), &self.train, bytes, manner)
                    .map_err(|error| self.refuse(item, error))
            }
        }
    }

    fn open_whole(&self, item: &Item, bytes: Vec<u8>) -> Result<Vec<u8>, StoreError> {
        let refuse = |error| self.refuse(item, error);
        let Some(envelope) = Envelope::read(&bytes).map_err(refuse)? else {
            // An empty file is damage, and told as such.
            // So is what says where a state was moved to: it is for those who have an older train file.
            return match self.sealing.is_enforced() && !bytes.is_empty() && !moving::is_sign(&bytes) {
                true => Err(refuse(SealError::Plain)),
                false => Ok(bytes),
            };
        };
        self.check(item, &envelope)?;
        let (_, content) = self.sealing.open(&envelope).map_err(refuse)?;
        match envelope.claims(&Told::by(&content).claim(word(item), &self.train)) {
            true => Ok(content),
            false => Err(refuse(SealError::Damaged("its header is another's".to_owned()))),
        }
    }

    fn open_journal(&self, bytes: &[u8]) -> Result<Vec<u8>, StoreError> {
        let item = Item::Journal;
        let opened = journal::open(&self.sealing, bytes, |envelope| self.check(&item, envelope));
        opened.map_err(|fault| match fault {
            journal::Fault::Bad(bad) => super::kept::refuse(&self.medium, bad),
            journal::Fault::Sealed(error) => self.refuse(&item, error),
            journal::Fault::Store(error) => error,
        })
    }

    /// Checks what a header says against where it stands. It is believed only once it has opened; what is told here is
    /// told better than by what would not.
    fn check(&self, item: &Item, envelope: &Envelope) -> Result<(), StoreError> {
        let place = self.medium.place(item);
        if envelope.train() != self.train.as_str()
            && let Ok(found) = TrainName::parse(envelope.train())
        {
            return Err(StoreError::OtherTrain { place, found, expected: self.train.clone() });
        }
        let damaged = |problem: String| Err(self.refuse(item, SealError::Damaged(problem)));
        if envelope.item() != word(item) {
            return damaged(format!("it holds `{}`, where `{}` is expected", envelope.item(), word(item)));
        }
        if let Item::Backup(BackupName { lineage, serial, twin: _ }) = item
            && (envelope.serial() != Some(*serial) || envelope.lineage().map(short).as_ref() != Some(lineage))
        {
            return damaged("it is another state than its name says".to_owned());
        }
        Ok(())
    }

    /// Seals what is to be written as a whole.
    fn seal_whole(&self, item: &Item, content: &[u8]) -> Result<Vec<u8>, StoreError> {
        if moving::is_sign(content) {
            return Ok(content.to_vec());
        }
        let claim = Told::by(content).claim(word(item), &self.train);
        let seal = self.sealing.begin(&claim).map_err(|error| self.refuse(item, error))?;
        let sealed = seal.map_or_else(|| Ok(content.to_vec()), |seal| seal.first(content));
        sealed.map_err(|error| self.refuse(item, error))
    }

    /// Seals what is to replace an item.
    fn seal(&self, item: &Item, content: &[u8]) -> Result<Vec<u8>, StoreError> {
        let refuse = |error| self.refuse(item, error);
        match item {
            Item::Snapshot | Item::Backup(_) | Item::Inventory => self.seal_whole(item, content),
            Item::Journal => journal::whole(&self.sealing, content).map_err(refuse),
            Item::History | Item::Reports => self.seal_lines(item, content),
        }
    }

    fn seal_lines(&self, item: &Item, content: &[u8]) -> Result<Vec<u8>, StoreError> {
        lines::seal(&self.sealing, word(item), &self.train, content).map_err(|error| self.refuse(item, error))
    }

    /// Returns what an item is to be replaced by, so that all of it is as it would be written now; none where it is so,
    /// or cannot be opened. What is plain where nothing plain is taken stays plain.
    fn anew(&self, item: &Item, bytes: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        if let Item::History | Item::Reports = item {
            let anew = lines::anew(&self.sealing, word(item), &self.train, bytes);
            return anew.map_err(|error| self.refuse(item, error));
        }
        let Ok(envelope) = Envelope::read(bytes) else { return Ok(None) };
        if bytes.is_empty() || self.sealing.is_current(envelope.as_ref()) {
            return Ok(None);
        }
        let opened = self.open_whole(item, bytes.to_vec());
        opened.ok().map(|content| self.seal_whole(item, &content)).transpose()
    }
}

fn way_out(item: &Item, ways: Ways) -> String {
    let way_out = match item {
        Item::Snapshot => return snapshot::way_out(ways),
        Item::Journal => {
            return format!(
                "Restore it, or {}: what the run did is then found again by reading the service",
                ways.remove("it")
            );
        }
        Item::History | Item::Reports => "Take that line out, or leave it: nothing is decided by it",
        Item::Inventory => "It is a cache: delete it, and the next `patchtrain status` makes it anew",
        Item::Backup(_) => "Take another one: see `patchtrain state history`",
    };
    way_out.to_owned()
}

/// Opens a state that somebody put somewhere: of whichever train it is. A plain one is as good.
pub(super) fn open_state(place: &Place, bytes: Vec<u8>, sealing: &Sealing) -> Result<Vec<u8>, StoreError> {
    let refuse = |source| StoreError::Sealed { place: place.clone(), source };
    match Envelope::read(&bytes).map_err(refuse)? {
        None => Ok(bytes),
        Some(envelope) if envelope.item() == STATE => {
            sealing.open(&envelope).map(|(_, content)| content).map_err(refuse)
        }
        Some(envelope) => {
            let problem = format!("it holds `{}` and no state", envelope.item());
            Err(refuse(SealError::Damaged(problem)))
        }
    }
}

/// Seals a state that is to be put somewhere.
pub(super) fn seal_state(content: &[u8], train: &TrainName, sealing: &Sealing) -> Result<Vec<u8>, SealError> {
    let seal = sealing.begin(&Told::by(content).claim(STATE, train))?;
    seal.map_or_else(|| Ok(content.to_vec()), |seal| seal.first(content))
}

impl Told {
    /// Returns what a header has to say of it.
    fn claim(self, item: &'static str, train: &TrainName) -> Claim {
        let Self { train: told, lineage, serial } = self;
        Claim { item, train: told.unwrap_or_else(|| train.to_string()), lineage, serial }
    }
}

impl<M: Medium, L: Look + Send> Look for LookSealed<'_, M, L> {
    async fn read(&mut self, item: &Item) -> Result<Option<Vec<u8>>, StoreError> {
        let bytes = self.look.read(item).await?;
        bytes.map(|bytes| self.of.open(item, bytes, Manner::Whole)).transpose()
    }
}

impl<M: Medium> Medium for Sealed<M> {
    type Held = HeldSealed<M>;

    fn place(&self, item: &Item) -> Place {
        self.medium.place(item)
    }

    fn ways(&self) -> Ways {
        self.medium.ways()
    }

    fn way_to_cut(&self, line: usize) -> String {
        // Each line of a journal is sealed as one line.
        self.medium.way_to_cut(line)
    }

    fn look(&self) -> impl Look + Send {
        LookSealed { of: self, look: self.medium.look() }
    }

    async fn backups(&self) -> Result<Vec<BackupName>, StoreError> {
        self.medium.backups().await
    }

    async fn replaced(&self) -> Result<Replaced, StoreError> {
        self.medium.replaced().await
    }

    fn place_of_version(&self, backup: &BackupName, version: &str) -> Place {
        self.medium.place_of_version(backup, version)
    }

    async fn read_version(&self, backup: &BackupName, version: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let bytes = self.medium.read_version(backup, version).await?;
        let open = |bytes| self.open(&Item::Backup(backup.clone()), bytes, Manner::Whole);
        bytes.map(open).transpose().map_err(|error| error.at(self.place_of_version(backup, version)))
    }

    async fn add_line(&self, item: &Item, line: &[u8]) -> Result<(), StoreError> {
        self.medium.add_line(item, &self.seal_lines(item, line)?).await
    }

    async fn put(&self, item: &Item, content: &[u8]) -> Result<(), StoreError> {
        self.medium.put(item, &self.seal(item, content)?).await
    }

    async fn prepare(&self) -> Result<Vec<String>, StoreError> {
        self.medium.prepare().await
    }

    async fn locked(&self) -> Result<Option<Lock>, StoreError> {
        self.medium.locked().await
    }

    async fn break_lock(&self, id: &LockId, by: &Holder) -> Result<(), StoreError> {
        self.medium.break_lock(id, by).await
    }

    async fn hold(&self, holder: &Holder) -> Result<HeldSealed<M>, StoreError> {
        let held = self.medium.hold(holder).await?;
        Ok(HeldSealed { of: self.clone(), held, journal: None, current: false })
    }
}

impl<M: Medium> Look for HeldSealed<M> {
    async fn read(&mut self, item: &Item) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(bytes) = self.held.read(item).await? else { return Ok(None) };
        if *item == Item::Snapshot {
            self.current =
                matches!(Envelope::read(&bytes), Ok(of) if self.of.sealing.is_current(of.as_ref()));
        }
        self.of.open(item, bytes, Manner::AsFarAsItGoes).map(Some)
    }
}

impl<M: Medium> HeldSealed<M> {
    /// Writes anew what is not as it would be written now: plain from before there was a passphrase, or sealed with the
    /// one before. A line of the reports that somebody adds in that moment, for which no lock is taken, may be lost.
    async fn sweep(&mut self) -> Result<(), StoreError> {
        let backups = self.of.medium.backups().await?;
        let items = [Item::History, Item::Reports, Item::Inventory]
            .into_iter()
            .chain(backups.into_iter().map(Item::Backup));
        for item in items {
            let Some(bytes) = self.held.read(&item).await? else { continue };
            if let Some(anew) = self.of.anew(&item, &bytes)? {
                self.held.replace(&item, &anew).await?;
            }
        }
        Ok(())
    }
}

impl<M: Medium> Held for HeldSealed<M> {
    fn previous(&mut self) -> Option<Box<Holder>> {
        self.held.previous()
    }

    async fn replace(&mut self, item: &Item, content: &[u8]) -> Result<(), StoreError> {
        let sealed = self.of.seal(item, content)?;
        if *item != Item::Snapshot {
            return self.held.replace(item, &sealed).await;
        }
        if !self.current && self.of.sealing.is_asked_for() {
            self.sweep().await?;
        }
        self.held.replace(item, &sealed).await?;
        self.current = true;
        Ok(())
    }

    async fn remove(&mut self, item: &Item) -> Result<(), StoreError> {
        self.held.remove(item).await
    }

    async fn append(&mut self, base: &Base, batch: &[u8]) -> Result<(), StoreError> {
        let sealed = match &self.journal {
            Some(journal) => journal.batch(batch),
            None => journal::begin(&self.of.sealing, base, batch),
        };
        let (bytes, then) = sealed.map_err(|error| self.of.refuse(&Item::Journal, error))?;
        self.held.append(base, &bytes).await?;
        self.journal = Some(then);
        Ok(())
    }

    async fn renew(&mut self) -> Result<(), StoreError> {
        self.held.renew().await?;
        if self.of.sealing.is_asked_for() {
            self.sweep().await?;
        }
        Ok(())
    }

    fn leave_journal(&mut self) {
        self.journal = None;
        self.held.leave_journal();
    }
}
