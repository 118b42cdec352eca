//! Where state lies: the narrow trait that every store offers, and the local one.
//!
//! Reading needs no lock. Writing needs a [`Session`], which is the lock: no code path can write without holding it.

mod local;

use std::future::Future;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Ancestor, Entry, State};
use crate::name::TrainName;
use crate::op::{Api, Lineage, PlanId};

pub use local::{LocalSession, LocalStore, read_state};

/// One train's state, wherever it lies.
pub trait Store: Send + Sync + 'static {
    /// The lock, and with it the right to write.
    type Session: Session;

    /// Reads the state with the journal of an unfinished run replayed onto it; none before the first apply. Such a
    /// state has the serial that folding the journal will give it. Changes nothing.
    fn load(&self) -> impl Future<Output = Result<Option<State>, StoreError>> + Send;

    /// Locks the state, or fails with who holds it.
    fn lock(&self, holder: &Holder) -> impl Future<Output = Result<Self::Session, StoreError>> + Send;
}

/// A locked state. Dropping it frees the lock.
pub trait Session: Send + 'static {
    /// Reads as [`Store::load`], now that nobody else can write, and folds what an interrupted run left in the journal
    /// into the snapshot: the serial it returns is the snapshot's, and [`Base::of`] the state is what this run's
    /// entries build on. Call it first; called again amid a run it folds what the run has appended so far.
    fn load(&mut self) -> impl Future<Output = Result<Option<State>, StoreError>> + Send;

    /// Appends entries to the journal, all with one sync, and returns when they are durable. `base` is of the state
    /// that this session loaded, before any entry of this run and the same until the fold; where there is no state
    /// yet, of the new one ([`State::new`], serial 0), whose lineage the journal then keeps. Another base is a
    /// [`StoreError::Conflict`]. After an error none of the entries counts as written, and append may be tried again.
    fn append(
        &mut self,
        base: &Base,
        entries: &[Entry],
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Replaces the snapshot by this state, durably, and drops the journal that led to it. The caller has raised the
    /// serial above the loaded one; anything else is a [`StoreError::Conflict`]. After an error, and after a crash at
    /// any point, either the snapshot and its journal stand or the new snapshot does. The state's `tool` and
    /// `format_version` are written as this build's.
    fn fold(&mut self, state: &State) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Appends one line to the history, durably.
    fn history(&mut self, record: &HistoryRecord) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// The snapshot that a journal builds on. A journal of another base is one that a crash left behind after its fold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    /// The train.
    pub train: TrainName,
    /// The snapshot's lineage.
    pub lineage: Lineage,
    /// The snapshot's serial; 0 where there is no snapshot yet.
    pub serial: u64,
    /// The service that it is on.
    #[serde(default, skip_serializing_if = "Api::is_first")]
    pub api: Api,
}

impl Base {
    /// Returns the base that a state is.
    pub fn of(state: &State) -> Self {
        let State { train, lineage, serial, api, .. } = state;
        Self { train: train.clone(), lineage: lineage.clone(), serial: *serial, api: *api }
    }

    /// Returns the state that it is of where nothing was folded yet: a journal alone tells what a first run did.
    pub fn beginning(&self) -> State {
        State { api: self.api, ..State::new(self.train.clone(), self.lineage.clone()) }
    }
}

/// Who holds a lock. It only informs; the lock itself is the operating system's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The user's name.
    pub who: String,
    /// The machine.
    pub host: String,
    /// The process.
    pub pid: u32,
    /// The command line, without secrets (flags carry none).
    pub command: String,
    /// Since when.
    pub since: Timestamp,
}

/// One line of the history: who applied which plan when, and how it went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryRecord {
    /// When the run ended.
    pub at: Timestamp,
    /// Who ran it.
    pub who: String,
    /// Where.
    pub host: String,
    /// The plan.
    pub plan: PlanId,
    /// The serial it was planned on.
    pub basis: u64,
    /// The serial it left.
    pub serial: u64,
    /// How many steps were done, found done, failed, and not started.
    pub steps: StepCounts,
    /// Whether it was interrupted.
    pub interrupted: bool,
    /// Of a run that only took a state over: the state that it took over from. The plan is what it showed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ancestor: Option<Ancestor>,
}

/// What is kept of a compliance report, for the trend of later ones. Figures only: nothing is decided by them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportRecord {
    /// When the service was asked.
    pub at: Timestamp,
    /// The state's serial then.
    pub serial: u64,
    /// Instances in all groups.
    pub systems: usize,
    /// Those without security updates outstanding.
    pub compliant: usize,
    /// Those with.
    pub not_compliant: usize,
    /// Those at the level of their release.
    pub at_level: usize,
    /// Outstanding security updates, summed over the instances.
    pub security: usize,
    /// The same for bugs.
    pub bug: usize,
    /// The same for enhancements.
    pub enhancement: usize,
    /// The same for what is in no erratum.
    pub other: usize,
    /// Distinct CVEs that outstanding updates would mend.
    pub cves: usize,
    /// Instances that wait for a reboot.
    pub reboot: usize,
}

/// What is kept of earlier reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastReports {
    /// Where.
    pub path: PathBuf,
    /// The figures, in the order they were kept.
    pub records: Vec<ReportRecord>,
    /// The lines, from 1, that could not be read.
    pub unreadable: Vec<usize>,
}

/// Steps of a run by how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepCounts {
    /// Done by this run.
    pub done: usize,
    /// Found done.
    pub already: usize,
    /// Failed or refused.
    pub failed: usize,
    /// Not started: behind a failure, a shut gate or an interrupt.
    pub not_started: usize,
}

/// What goes wrong with a store. Every message names the file and the way out.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Somebody else holds the lock.
    #[error("the state is locked{}", holder.as_ref().map(|h| format!(" by {} on {} (pid {}, since {:.0}): {}", h.who, h.host, h.pid, h.since, h.command)).unwrap_or_default())]
    Locked {
        /// Who, where it is known.
        holder: Option<Box<Holder>>,
    },
    /// The operating system refused.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// "read", "write", "lock", ...
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not what this tool wrote.
    #[error("{} is damaged: {problem}; it was left untouched. {way_out}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the line where that is known.
        problem: String,
        /// What to do.
        way_out: String,
    },
    /// The file was written by a newer build.
    #[error("{} has format version {found}, this build knows up to {known}: update patchtrain; nothing was written", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u64,
        /// Ours.
        known: u32,
    },
    /// What is to be written does not follow what is there.
    #[error("{} has moved on: {problem}; nothing was written. Make a new plan with `patchtrain plan`", path.display())]
    Conflict {
        /// The snapshot.
        path: PathBuf,
        /// What is there and what was to follow it.
        problem: String,
    },
    /// The file belongs to another train.
    #[error("{} is the state of train `{found}`, not of `{expected}`; nothing was written", path.display())]
    OtherTrain {
        /// The file.
        path: PathBuf,
        /// The train it names.
        found: TrainName,
        /// The train asked for.
        expected: TrainName,
    },
}
