//! The local store: files in a folder, an OS lock on a file of its own.
//!
//! | file | is |
//! |---|---|
//! | `<train>.json` | the snapshot: pretty JSON, replaced as a whole ([`snapshot`]) |
//! | `<train>.journal` | what the run in progress has done since ([`journal`]) |
//! | `<train>.history` | one JSON line per finished run |
//! | `<train>.reports` | one JSON line per compliance report; not state, and not locked ([`reports`]) |
//! | `<train>.<lineage>-<serial>.backup` | a snapshot that one of another lineage has replaced ([`descent`]) |
//! | `<train>.lock` | what is locked; holds who has it, for people; never deleted |
//!
//! Loaded is snapshot plus journal. [`LocalSession::load`] folds what a crash left in the journal into the snapshot
//! before anything else, so that under the lock the loaded state *is* the snapshot and a run's base is its serial.
//! A journal that an earlier serial of the same lineage was the base of has been folded already: a crash came between
//! the new snapshot and the journal's removal. It is ignored when reading, and dropped under the lock.
//!
//! All calls are plain file calls without an await in between: a dropped future leaves no half-done write behind, and
//! tests on a paused clock stay deterministic. On the threaded runtime they step aside for other tasks.

mod descent;
mod files;
mod journal;
mod reports;
mod snapshot;

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use tokio::runtime::{Handle, RuntimeFlavor};

pub use self::descent::read_state;
use self::files::{io, sync_folder};
use self::journal::{Fault, Journal, OpenJournal};
use super::{Base, Entry, HistoryRecord, Holder, Session, State, StepCounts, Store, StoreError};
use crate::name::TrainName;
use crate::state::Finish;

/// A train's state in a local folder.
#[derive(Clone, Debug)]
pub struct LocalStore {
    folder: PathBuf,
    train: TrainName,
}

/// The lock on a local state.
#[derive(Debug)]
pub struct LocalSession {
    store: LocalStore,
    lock: File,
    /// Who held it before and was cut off.
    previous: Option<Box<Holder>>,
    /// What the snapshot is, once this session has looked; inner none: there is no snapshot yet.
    snapshot: Option<Option<Base>>,
    /// The journal of this run, from its first append on.
    journal: Option<OpenJournal>,
}

/// What reading a folder gives.
struct Found {
    state: Option<State>,
    /// The journal, where the state holds entries that are only in it.
    pending: Option<Journal>,
}

impl LocalStore {
    /// Names the folder and the train; nothing is touched yet.
    pub fn new(folder: impl Into<PathBuf>, train: TrainName) -> Self {
        Self { folder: folder.into(), train }
    }

    fn path(&self, extension: &str) -> PathBuf {
        self.folder.join(format!("{}.{extension}", self.train))
    }

    /// Reads without a lock. The journal comes first: a run that folds in between then leaves us a journal older than
    /// the snapshot, which is ignored, and never a snapshot older than its journal.
    fn read(&self) -> Result<Found, StoreError> {
        let path = self.path("journal");
        let bytes = files::read(&path)?;
        let snapshot = snapshot::read(&self.path("json"), &self.train)?;
        match self.pending(&path, bytes.as_deref().unwrap_or_default(), snapshot.as_ref())? {
            None => Ok(Found { state: snapshot, pending: None }),
            Some(journal) => {
                let state = Some(replay(&path, snapshot, &journal)?);
                Ok(Found { state, pending: Some(journal) })
            }
        }
    }

    /// Adds a line to the history; not again where its last line is of the same run, noted before a crash.
    fn note(&self, record: &HistoryRecord) -> Result<(), StoreError> {
        let path = self.path("history");
        let mut line = serde_json::to_vec(record).map_err(|error| io("write", &path)(error.into()))?;
        line.push(b'\n');
        let text = files::read(&path)?.unwrap_or_default();
        let last = text.trim_ascii_end().rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        let last: Option<HistoryRecord> = serde_json::from_slice(last).ok();
        if last.is_some_and(|last| (&last.plan, last.serial) == (&record.plan, record.serial)) {
            return Ok(());
        }
        files::append_line(&path, &line)?;
        sync_folder(&self.folder)
    }

    /// Returns the journal if it holds entries that the snapshot does not.
    fn pending(
        &self,
        path: &Path,
        bytes: &[u8],
        snapshot: Option<&State>,
    ) -> Result<Option<Journal>, StoreError> {
        let fault = |fault| refuse(path, fault);
        let Some((base, records)) = journal::open(bytes).map_err(fault)? else { return Ok(None) };
        if base.train != self.train {
            let expected = self.train.clone();
            return Err(StoreError::OtherTrain { path: path.to_owned(), found: base.train, expected });
        }
        if snapshot.is_some_and(|state| state.lineage == base.lineage && state.serial > base.serial) {
            return Ok(None);
        }
        let journal = records.read(base).map_err(fault)?;
        if journal.entries.is_empty() {
            return Ok(None);
        }
        let file = self.path("json");
        let problem = match snapshot {
            Some(state) if state.lineage != journal.base.lineage => format!(
                "it is of lineage {}, while {} is of lineage {}",
                journal.base.lineage,
                file.display(),
                state.lineage
            ),
            Some(state) if state.serial < journal.base.serial => format!(
                "it builds on serial {}, while {} is at {}",
                journal.base.serial,
                file.display(),
                state.serial
            ),
            None if journal.base.serial > 0 => {
                format!("it builds on serial {} of {}, which is missing", journal.base.serial, file.display())
            }
            Some(_) | None => return Ok(Some(journal)),
        };
        let way_out = format!("Restore the {} that it belongs to, or move the journal away", file.display());
        Err(StoreError::Damaged { path: path.to_owned(), problem, way_out })
    }
}

/// Replays a journal onto its snapshot, with the serial that folding will give.
fn replay(path: &Path, snapshot: Option<State>, journal: &Journal) -> Result<State, StoreError> {
    let base = &journal.base;
    let mut state = snapshot.unwrap_or_else(|| base.beginning());
    for (line, entry) in &journal.entries {
        state
            .record(entry)
            .map_err(|illegal| refuse(path, Fault::Bad { line: *line, problem: illegal.to_string() }))?;
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
        who: who.as_ref().map_or_else(|| "unknown".to_owned(), |holder| holder.who.clone()),
        host: who.map_or_else(|| "unknown".to_owned(), |holder| holder.host),
        plan: run.id.clone(),
        basis: run.basis,
        serial: state.serial,
        steps: StepCounts::default(),
        interrupted: true,
        ancestor: None,
    };
    let mut begun = false;
    for (_, entry) in &journal.entries {
        match entry {
            Entry::Begin { .. } => begun = true,
            Entry::End { .. } => record.interrupted = false,
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

fn refuse(path: &Path, fault: Fault) -> StoreError {
    let (path, shown) = (path.to_owned(), path.display());
    match fault {
        Fault::Newer { found } => StoreError::Newer { path, found, known: super::super::FORMAT_VERSION },
        Fault::Bad { line, problem } => StoreError::Damaged {
            path,
            problem: format!("line {line}: {problem}"),
            // Without the first entry it is as good as none.
            way_out: match line {
                1 | 2 => "Restore it, or move it away to go on from the state before that run, where there is one: what the \
                      run did is then found again by reading the service"
                    .to_owned(),
                line => format!(
                    "Keep a copy, and cut it off there (`sed -i '{line},$d' {shown}`) to go on from what it says before: \
                     what the run did after is then found again by reading the service"
                ),
            },
        },
    }
}

impl Store for LocalStore {
    type Session = LocalSession;

    async fn load(&self) -> Result<Option<State>, StoreError> {
        blocking(|| self.read()).map(|found| found.state)
    }

    async fn lock(&self, holder: &Holder) -> Result<LocalSession, StoreError> {
        blocking(|| {
            files::make_folder(&self.folder)?;
            let path = self.path("lock");
            let mut lock = files::open_or_create(&path)?;
            match lock.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(StoreError::Locked { holder: who(&mut lock) }),
                Err(TryLockError::Error(source)) => return Err(io("lock", &path)(source)),
            }
            // Whoever ended well has left it empty.
            let previous = who(&mut lock);
            let mut session =
                LocalSession { store: self.clone(), lock, previous, snapshot: None, journal: None };
            session.sign(holder).map_err(io("write", &path))?;
            Ok(session)
        })
    }
}

/// Reads who holds a lock. Whoever has just taken it may not have written yet.
fn who(lock: &mut File) -> Option<Box<Holder>> {
    let mut text = String::new();
    lock.read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

impl LocalSession {
    fn sign(&mut self, holder: &Holder) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(holder)?;
        line.push(b'\n');
        self.lock.set_len(0)?;
        self.lock.rewind()?;
        self.lock.write_all(&line)
    }

    fn read(&mut self) -> Result<Option<State>, StoreError> {
        self.journal = None;
        self.snapshot = None;
        let found = self.store.read()?;
        let mut state = found.state;
        if let Some((pending, journal)) = state.as_mut().zip(found.pending) {
            // Before the journal that it is made of goes.
            if let Some(record) = cut_off(pending, &journal, self.previous.take()) {
                self.store.note(&record)?;
            }
            snapshot::stamp(pending);
            snapshot::write(&self.store.path("json"), pending)?;
        }
        self.drop_journal()?;
        self.snapshot = Some(state.as_ref().map(Base::of));
        Ok(state)
    }

    /// Returns what the snapshot is, reading it where that has not been done.
    fn snapshot(&mut self) -> Result<Option<Base>, StoreError> {
        if self.snapshot.is_none() {
            self.read()?;
        }
        Ok(self.snapshot.clone().flatten())
    }

    fn drop_journal(&mut self) -> Result<(), StoreError> {
        self.journal = None;
        if files::remove(&self.store.path("journal"))? {
            sync_folder(&self.store.folder)?;
        }
        Ok(())
    }

    fn conflict(&self, problem: String) -> StoreError {
        StoreError::Conflict { path: self.store.path("json"), problem }
    }

    /// Fails unless `base` is what the journal of this session builds on.
    fn check_base(&mut self, base: &Base) -> Result<(), StoreError> {
        let snapshot = self.snapshot()?;
        let fits = match (&self.journal, &snapshot) {
            (Some(journal), _) => journal.base() == base,
            (None, Some(snapshot)) => snapshot == base,
            (None, None) => base.serial == 0 && base.train == self.store.train,
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
    fn check_successor(&mut self, state: &State) -> Result<bool, StoreError> {
        let snapshot = self.snapshot()?;
        let lineage = self
            .journal
            .as_ref()
            .map(|journal| journal.base().lineage.clone())
            .or_else(|| snapshot.as_ref().map(|snapshot| snapshot.lineage.clone()));
        let serial = snapshot.as_ref().map_or(0, |snapshot| snapshot.serial);
        let follows = state.train == self.store.train
            && lineage.is_none_or(|lineage| lineage == state.lineage)
            && state.serial > serial;
        if follows {
            return Ok(false);
        }
        let same = snapshot.as_ref() == Some(&Base::of(state))
            && snapshot::read(&self.store.path("json"), &self.store.train)?.as_ref() == Some(state);
        if same {
            return Ok(true);
        }
        Err(self.conflict(format!(
            "it is at {}, which {} does not follow",
            describe(snapshot.as_ref()),
            describe(Some(&Base::of(state)))
        )))
    }
}

fn describe(base: Option<&Base>) -> String {
    base.map_or("no state yet".to_owned(), |base| {
        format!("train `{}`, lineage {}, serial {}", base.train, base.lineage, base.serial)
    })
}

impl Session for LocalSession {
    async fn load(&mut self) -> Result<Option<State>, StoreError> {
        blocking(|| self.read())
    }

    async fn append(&mut self, base: &Base, entries: &[Entry]) -> Result<(), StoreError> {
        if entries.is_empty() {
            return Ok(());
        }
        blocking(|| {
            self.check_base(base)?;
            let path = self.store.path("journal");
            if let Some(journal) = &mut self.journal {
                return journal.append(entries).map_err(io("write", &path));
            }
            // A journal that another try of this session has left behind without a whole record is in the way.
            files::remove(&path)?;
            let file = files::create(&path)?;
            let mut journal = OpenJournal::new(file, base);
            journal.append(entries).map_err(io("write", &path))?;
            sync_folder(&self.store.folder)?;
            self.journal = Some(journal);
            Ok(())
        })
    }

    async fn fold(&mut self, state: &State) -> Result<(), StoreError> {
        blocking(|| {
            let mut stamped = state.clone();
            snapshot::stamp(&mut stamped);
            if !self.check_successor(&stamped)? {
                snapshot::write(&self.store.path("json"), &stamped)?;
                self.snapshot = Some(Some(Base::of(state)));
            }
            self.drop_journal()
        })
    }

    async fn history(&mut self, record: &HistoryRecord) -> Result<(), StoreError> {
        blocking(|| self.store.note(record))
    }
}

impl Drop for LocalSession {
    fn drop(&mut self) {
        // Who is named while the next holder has not signed yet would be wrong. The lock goes with the file handle.
        let _ = self.lock.set_len(0);
    }
}

/// Does file work: on the threaded runtime with other tasks moved away from this thread, elsewhere at once.
fn blocking<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}

#[cfg(test)]
mod tests;
