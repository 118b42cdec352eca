//! What a store does, wherever its bytes lie: which of them follow which, and what is done in which order.
//!
//! Loaded is snapshot plus journal. [`KeptSession::load`](super::Session::load) folds what a crash left in the journal
//! into the snapshot before anything else, so that under the lock the loaded state *is* the snapshot and a run's base is
//! its serial. A journal that an earlier serial of the same lineage was the base of has been folded already: a crash came
//! between the new snapshot and the journal's removal. It is ignored when reading, and dropped under the lock.
//!
//! A snapshot that is replaced is kept as a backup first, as many of them as the train file says.

use std::io;
use std::path::PathBuf;

use serde::Serialize;

use super::files::Files;
use super::journal::{self, Fault, Journal, OpenJournal};
use super::medium::{BackupName, Held, Item, Look, Medium, Place};
use super::record::{HistoryLine, UnlockRecord};
use super::sealed::Sealed;
use super::{
    Base, Entry, HistoryRecord, Holder, Lock, LockId, Session, State, StepCounts, Store, StoreError, Ways,
    snapshot,
};
use crate::name::TrainName;
use crate::package::Digest;
use crate::seal::Sealing;
use crate::state::{Consent, Finish};

/// How much of a lineage is enough to tell two apart in a backup's name.
const SHORT: usize = 12;

/// A train's state, kept on a medium.
#[derive(Clone, Debug)]
pub struct Kept<M> {
    medium: M,
    train: TrainName,
    /// How many backups.
    backups: usize,
}

/// The lock on a state.
#[derive(Debug)]
pub struct KeptSession<M: Medium> {
    pub(super) medium: M,
    train: TrainName,
    backups: usize,
    pub(super) held: M::Held,
    /// The flags of this session's command that the history tells of.
    overrides: Vec<String>,
    /// What the snapshot is, once this session has looked; inner none: there is no snapshot yet.
    snapshot: Option<Option<Base>>,
    /// The journal of this run, from its first append on.
    journal: Option<OpenJournal>,
}

/// What reading gives.
struct Found {
    state: Option<State>,
    /// The journal, where the state holds entries that are only in it.
    pending: Option<Journal>,
}

impl Kept<Files> {
    /// Names the folder and the train; nothing is touched yet.
    pub fn new(folder: impl Into<PathBuf>, train: TrainName) -> Self {
        Self::on(Files::new(folder.into(), train.clone()), train)
    }
}

impl<M: Medium> Kept<M> {
    /// Keeps a train's state on a medium.
    pub fn on(medium: M, train: TrainName) -> Self {
        Self { medium, train, backups: usize::MAX }
    }

    /// Keeps so many of the snapshots that are replaced: all where nothing is said, which the train file does.
    #[must_use]
    pub fn keeping(self, backups: usize) -> Self {
        Self { backups, ..self }
    }

    /// Keeps everything sealed on its way there, where the sealing says so.
    #[must_use]
    pub fn sealed(self, sealing: Sealing) -> Kept<Sealed<M>> {
        let Self { medium, train, backups } = self;
        Kept { medium: Sealed::new(medium, train.clone(), sealing), train, backups }
    }

    pub(super) fn medium(&self) -> &M {
        &self.medium
    }

    pub(super) fn train(&self) -> &TrainName {
        &self.train
    }

    /// Says what people can do with what lies there.
    pub fn ways(&self) -> Ways {
        self.medium.ways()
    }

    /// Says where the state lies.
    pub fn place(&self) -> Place {
        self.medium.place(&Item::Snapshot)
    }

    /// Finds out whether the state can be trusted to this place, and makes what has to be there first. Returns what
    /// people should know about it.
    pub async fn prepare(&self) -> Result<Vec<String>, StoreError> {
        self.medium.prepare().await
    }

    /// Tells who holds the lock, without taking it.
    pub async fn locked(&self) -> Result<Option<Lock>, StoreError> {
        self.medium.locked().await
    }

    /// Takes the lock away from who holds it by this id; see [`Medium::break_lock`].
    pub async fn break_lock(&self, id: &LockId, by: &Holder) -> Result<(), StoreError> {
        self.medium.break_lock(id, by).await
    }

    /// Notes that a lock was taken away, which whoever does so does without having it.
    pub async fn note_unlock(&self, record: UnlockRecord) -> Result<(), StoreError> {
        self.add_line(&Item::History, &HistoryLine::Unlock(record)).await
    }

    pub(super) async fn add_line(&self, item: &Item, record: &impl Serialize) -> Result<(), StoreError> {
        add_line(&self.medium, item, record).await
    }
}

async fn add_line<M: Medium>(medium: &M, item: &Item, record: &impl Serialize) -> Result<(), StoreError> {
    let mut line = serde_json::to_vec(record).map_err(|error| unspelt(medium.place(item), error.into()))?;
    line.push(b'\n');
    medium.add_line(item, &line).await
}

/// What is not written since it cannot be spelt, which no value of ours brings about.
fn unspelt(place: Place, source: io::Error) -> StoreError {
    StoreError::Io { action: "write", path: place.to_string().into(), source }
}

/// Reads without a lock, or with it. The journal comes first: a run that folds in between then leaves us a journal older
/// than the snapshot, which is ignored, and never a snapshot older than its journal.
async fn read<M: Medium>(
    medium: &M,
    train: &TrainName,
    look: &mut (impl Look + Send),
) -> Result<Found, StoreError> {
    let bytes = look.read(&Item::Journal).await?;
    let snapshot = look.read(&Item::Snapshot).await?;
    let place = medium.place(&Item::Snapshot);
    let snapshot =
        snapshot.map(|bytes| snapshot::parse_own((&place, medium.ways()), &bytes, train)).transpose()?;
    match pending(medium, train, bytes.as_deref().unwrap_or_default(), snapshot.as_ref())? {
        None => Ok(Found { state: snapshot, pending: None }),
        Some(journal) => {
            let state = Some(replay(medium, snapshot, &journal)?);
            Ok(Found { state, pending: Some(journal) })
        }
    }
}

/// Returns the journal if it holds entries that the snapshot does not.
fn pending<M: Medium>(
    medium: &M,
    train: &TrainName,
    bytes: &[u8],
    snapshot: Option<&State>,
) -> Result<Option<Journal>, StoreError> {
    let fault = |fault| refuse(medium, fault);
    let place = medium.place(&Item::Journal);
    let Some((base, records)) = journal::open(bytes).map_err(fault)? else { return Ok(None) };
    if base.train != *train {
        return Err(StoreError::OtherTrain { place, found: base.train, expected: train.clone() });
    }
    if snapshot.is_some_and(|state| state.lineage == base.lineage && state.serial > base.serial) {
        return Ok(None);
    }
    let journal = records.read(base).map_err(fault)?;
    // What was to govern a run that did not get to begin governs none, and is asked for anew.
    if journal.entries.iter().all(|(_, entry)| matches!(entry, Entry::Governed { .. })) {
        return Ok(None);
    }
    let kept = medium.place(&Item::Snapshot);
    let problem = match snapshot {
        Some(state) if state.lineage != journal.base.lineage => {
            format!("it is of lineage {}, while {kept} is of lineage {}", journal.base.lineage, state.lineage)
        }
        Some(state) if state.serial < journal.base.serial => {
            format!("it builds on serial {}, while {kept} is at {}", journal.base.serial, state.serial)
        }
        None if journal.base.serial > 0 => {
            format!("it builds on serial {} of {kept}, which is missing", journal.base.serial)
        }
        Some(_) | None => return Ok(Some(journal)),
    };
    let way_out =
        format!("Restore the {kept} that it belongs to, or {}", medium.ways().remove("the journal"));
    Err(StoreError::Damaged { place, problem, way_out })
}

/// Replays a journal onto its snapshot, with the serial that folding will give.
fn replay<M: Medium>(medium: &M, snapshot: Option<State>, journal: &Journal) -> Result<State, StoreError> {
    let base = &journal.base;
    let mut state = snapshot.unwrap_or_else(|| base.beginning());
    for (line, entry) in &journal.entries {
        state
            .record(entry)
            .map_err(|illegal| refuse(medium, Fault::Bad { line: *line, problem: illegal.to_string() }))?;
    }
    state.serial = base.serial + 1;
    Ok(state)
}

/// Makes the line of the history for a run that was cut off before it could: what its journal says, and by the lock who
/// it was. None for a journal without a run.
fn cut_off(state: &State, journal: &Journal, who: Option<Box<Holder>>) -> Option<HistoryRecord> {
    let run = state.last_plan.as_ref()?;
    let mut record = HistoryRecord {
        at: run.at,
        overrides: who.as_ref().map(|holder| holder.overrides()).unwrap_or_default(),
        who: who.as_ref().map_or_else(|| "unknown".to_owned(), |holder| holder.who.clone()),
        host: who.map_or_else(|| "unknown".to_owned(), |holder| holder.host),
        plan: run.id.clone(),
        basis: run.basis,
        serial: state.serial,
        steps: StepCounts::default(),
        interrupted: true,
        ancestor: None,
        consent: Consent::default(),
    };
    let mut begun = false;
    for (_, entry) in &journal.entries {
        match entry {
            Entry::Begin { .. } => begun = true,
            Entry::End { .. } => record.interrupted = false,
            Entry::Governed { consent, .. } => record.consent = consent.clone(),
            Entry::Finished { finish, .. } => {
                *match finish {
                    Finish::Done => &mut record.steps.done,
                    Finish::AlreadyDone => &mut record.steps.already,
                    Finish::Failed { .. } => &mut record.steps.failed,
                } += 1;
            }
            _ => {}
        }
        record.at = entry.at().unwrap_or(record.at).max(record.at);
    }
    begun.then_some(record)
}

pub(super) fn refuse<M: Medium>(medium: &M, fault: Fault) -> StoreError {
    let place = medium.place(&Item::Journal);
    match fault {
        Fault::Newer { found } => StoreError::Newer { place, found, known: journal::FORMAT_VERSION },
        Fault::Bad { line, problem } => StoreError::Damaged {
            place,
            problem: format!("line {line}: {problem}"),
            // Without the first entry it is as good as none.
            way_out: match line {
                1 | 2 => format!(
                    "Restore it, or {} to go on from the state before that run, where there is one: what the run did is then \
                     found again by reading the service",
                    medium.ways().remove("it")
                ),
                line => format!(
                    "Keep a copy, and cut it off there ({}) to go on from what it says before: what the run did after is \
                     then found again by reading the service",
                    medium.way_to_cut(line)
                ),
            },
        },
    }
}

impl<M: Medium> Store for Kept<M> {
    type Session = KeptSession<M>;

    async fn load(&self) -> Result<Option<State>, StoreError> {
        read(&self.medium, &self.train, &mut self.medium.look()).await.map(|found| found.state)
    }

    async fn lock(&self, holder: &Holder) -> Result<KeptSession<M>, StoreError> {
        let held = self.medium.hold(holder).await?;
        let (medium, train, backups) = (self.medium.clone(), self.train.clone(), self.backups);
        let overrides = holder.overrides();
        Ok(KeptSession { medium, train, backups, held, overrides, snapshot: None, journal: None })
    }
}

impl<M: Medium> KeptSession<M> {
    pub(super) async fn read(&mut self) -> Result<Option<State>, StoreError> {
        self.leave_journal();
        self.snapshot = None;
        let found = read(&self.medium, &self.train, &mut self.held).await?;
        let mut state = found.state;
        if let Some((pending, journal)) = state.as_mut().zip(found.pending) {
            // Before the journal that it is made of goes.
            if let Some(record) = cut_off(pending, &journal, self.held.previous()) {
                self.note_once(&HistoryLine::Run(record)).await?;
            }
            let kept = self.back_up(&journal.base).await?;
            self.put(pending).await?;
            self.prune(&kept).await;
        }
        self.drop_journal().await?;
        self.snapshot = Some(state.as_ref().map(Base::of));
        Ok(state)
    }

    /// Replaces the snapshot, durably.
    pub(super) async fn put(&mut self, state: &State) -> Result<(), StoreError> {
        let mut state = state.clone();
        snapshot::stamp(&mut state);
        let bytes =
            snapshot::bytes(&state).map_err(|error| unspelt(self.medium.place(&Item::Snapshot), error))?;
        self.held.replace(&Item::Snapshot, &bytes).await?;
        self.snapshot = Some(Some(Base::of(&state)));
        Ok(())
    }

    /// Keeps the snapshot, which is about to be replaced, as a backup; as one more where another snapshot of that serial
    /// was kept: nothing that was kept is ever overwritten.
    pub(super) async fn back_up(&mut self, snapshot: &Base) -> Result<BackupName, StoreError> {
        let mut name = backup_of(snapshot);
        let Some(bytes) = self.held.read(&Item::Snapshot).await? else { return Ok(name) };
        for twin in [None, Some(Digest::of([&bytes]).short())] {
            name.twin = twin;
            let item = Item::Backup(name.clone());
            match self.held.read(&item).await {
                Ok(Some(kept)) if kept == bytes => break,
                // One that nobody can open any more is another, too, and is left as it is.
                Ok(Some(_)) | Err(StoreError::Sealed { .. }) => {}
                Err(error) => return Err(error),
                Ok(None) => {
                    self.held.replace(&item, &bytes).await?;
                    break;
                }
            }
        }
        Ok(name)
    }

    /// Lets go of the oldest backups of a lineage, but not of the one that was just made: where somebody has put an older
    /// state back by hand, its serial is the lowest. That they stay is no reason for a run to fail.
    async fn prune(&mut self, made: &BackupName) {
        let mut kept = self.medium.backups().await.unwrap_or_default();
        kept.retain(|backup| backup.lineage == made.lineage && backup != made);
        kept.sort_unstable();
        let surplus = (kept.len() + 1).saturating_sub(self.backups);
        for backup in kept.into_iter().take(surplus) {
            let _ = self.held.remove(&Item::Backup(backup)).await;
        }
    }

    /// Adds a line of what this session does to the history, with the flags that it was given.
    pub(super) async fn note(&mut self, line: HistoryLine) -> Result<(), StoreError> {
        self.note_once(&line.overriding(&self.overrides)).await
    }

    /// Adds a line to the history; not again where its last line says the same, noted before a crash.
    async fn note_once(&mut self, line: &HistoryLine) -> Result<(), StoreError> {
        let text = self.held.read(&Item::History).await?.unwrap_or_default();
        let lines = text.trim_ascii_end().rsplit(|byte| *byte == b'\n');
        let mut lines = lines.map(|line| serde_json::from_slice::<HistoryLine>(line).ok());
        // That a lock was taken away tells nothing of what its holder had noted.
        let last = lines.find(|line| !matches!(line, Some(HistoryLine::Unlock(_)))).flatten();
        if last.is_some_and(|last| last.is_of_the_same(line)) {
            return Ok(());
        }
        add_line(&self.medium, &Item::History, line).await
    }

    /// Returns what the snapshot is, reading it where that has not been done.
    async fn snapshot(&mut self) -> Result<Option<Base>, StoreError> {
        if self.snapshot.is_none() {
            self.read().await?;
        }
        Ok(self.snapshot.clone().flatten())
    }

    fn leave_journal(&mut self) {
        self.journal = None;
        self.held.leave_journal();
    }

    async fn drop_journal(&mut self) -> Result<(), StoreError> {
        self.leave_journal();
        self.held.remove(&Item::Journal).await
    }

    pub(super) fn conflict(&self, problem: String) -> StoreError {
        StoreError::Conflict { place: self.medium.place(&Item::Snapshot), problem }
    }

    /// Fails unless `base` is what the journal of this session builds on.
    async fn check_base(&mut self, base: &Base) -> Result<(), StoreError> {
        let snapshot = self.snapshot().await?;
        let fits = match (&self.journal, &snapshot) {
            (Some(journal), _) => journal.base() == base,
            (None, Some(snapshot)) => snapshot == base,
            (None, None) => base.serial == 0 && base.train == self.train,
        };
        if fits {
            return Ok(());
        }
        Err(self.conflict(format!(
            "it is at {}, and this run builds on {}",
            describe(snapshot.as_ref()),
            describe(Some(base))
        )))
    }

    /// Fails unless `state` may follow the snapshot. Tells whether it is the snapshot already, left over from a fold
    /// that got no further.
    async fn check_successor(&mut self, state: &State) -> Result<bool, StoreError> {
        let snapshot = self.snapshot().await?;
        let lineage = self
            .journal
            .as_ref()
            .map(|journal| journal.base().lineage.clone())
            .or_else(|| snapshot.as_ref().map(|snapshot| snapshot.lineage.clone()));
        let serial = snapshot.as_ref().map_or(0, |snapshot| snapshot.serial);
        let follows = state.train == self.train
            && lineage.is_none_or(|lineage| lineage == state.lineage)
            && state.serial > serial;
        if follows {
            return Ok(false);
        }
        if snapshot.as_ref() == Some(&Base::of(state)) {
            let bytes = self.held.read(&Item::Snapshot).await?.unwrap_or_default();
            let place = self.medium.place(&Item::Snapshot);
            if snapshot::parse(&place, &bytes, Some(&self.train))? == *state {
                return Ok(true);
            }
        }
        Err(self.conflict(format!(
            "it is at {}, which {} does not follow",
            describe(snapshot.as_ref()),
            describe(Some(&Base::of(state)))
        )))
    }
}

pub(super) fn describe(base: Option<&Base>) -> String {
    base.map_or("no state yet".to_owned(), |base| {
        format!("train `{}`, lineage {}, serial {}", base.train, base.lineage, base.serial)
    })
}

/// Returns the name of the backup of a snapshot.
pub(super) fn backup_of(base: &Base) -> BackupName {
    BackupName { lineage: short(&base.lineage.0), serial: base.serial, twin: None }
}

/// Returns what names have of a lineage.
pub(super) fn short(lineage: &str) -> String {
    lineage.chars().filter(char::is_ascii_alphanumeric).take(SHORT).collect()
}

impl<M: Medium> Session for KeptSession<M> {
    async fn load(&mut self) -> Result<Option<State>, StoreError> {
        self.read().await
    }

    async fn append(&mut self, base: &Base, entries: &[Entry]) -> Result<(), StoreError> {
        if entries.is_empty() {
            return Ok(());
        }
        self.check_base(base).await?;
        let begun = OpenJournal::new(base);
        let batch = self.journal.as_ref().unwrap_or(&begun).batch(entries);
        let batch = batch.map_err(|error| unspelt(self.medium.place(&Item::Journal), error))?;
        self.held.append(base, &batch.bytes).await?;
        self.journal = Some(batch.then);
        Ok(())
    }

    async fn fold(&mut self, state: &State) -> Result<(), StoreError> {
        let mut stamped = state.clone();
        snapshot::stamp(&mut stamped);
        if !self.check_successor(&stamped).await? {
            let kept = match self.snapshot().await? {
                Some(before) => Some(self.back_up(&before).await?),
                None => None,
            };
            self.put(&stamped).await?;
            if let Some(kept) = kept {
                self.prune(&kept).await;
            }
        }
        self.drop_journal().await
    }

    async fn history(&mut self, record: &HistoryRecord) -> Result<(), StoreError> {
        self.note(HistoryLine::Run(record.clone())).await
    }
}
