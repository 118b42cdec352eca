//! What goes wrong with a store. Every message names the place and the way out.

use std::path::PathBuf;

use thiserror::Error;

use super::medium::Place;
use super::moving::Moved;
use super::record::Lock;
use crate::name::TrainName;
use crate::seal::SealError;

/// What goes wrong with a store. Every message names the file and the way out.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Somebody else holds the lock.
    #[error("the state is locked{}", lock.as_ref().map(|lock| describe(lock)).unwrap_or_default())]
    Locked {
        /// Who, where it is known.
        lock: Option<Box<Lock>>,
    },
    /// Somebody has taken the lock away, or the connection that it goes with is gone.
    #[error("{place}: the lock on the state is lost: {problem}; nothing more was written")]
    LockLost {
        /// The lock's.
        place: Place,
        /// How, and by whom where that is known.
        problem: String,
    },
    /// A lock that nobody can take away.
    #[error("{place} cannot be unlocked by force: it is the operating system's. {way_out}")]
    Unbreakable {
        /// The lock's.
        place: Place,
        /// What to do.
        way_out: String,
    },
    /// A store elsewhere refused, or could not be reached.
    #[error("cannot {action} {place}: {problem}")]
    Remote {
        /// "read", "write", "lock", ...
        action: &'static str,
        /// Where.
        place: Place,
        /// What it said, with what its operators need to find it.
        problem: String,
        /// What to do.
        way_out: String,
    },
    /// A store that cannot keep two writers apart, or does not keep what it says it has kept.
    #[error("{place} is not fit to hold a state: {problem}")]
    Unfit {
        /// Where.
        place: Place,
        /// What it cannot do.
        problem: String,
        /// What to do.
        way_out: String,
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
    /// What is there is not what this tool wrote.
    #[error("{place} is damaged: {problem}; it was left untouched. {way_out}")]
    Damaged {
        /// Where.
        place: Place,
        /// What is wrong, with the line where that is known.
        problem: String,
        /// What to do.
        way_out: String,
    },
    /// What is there was written by a newer build.
    #[error(
        "{place} has format version {found}, this build knows up to {known}: update patchtrain; nothing was written"
    )]
    Newer {
        /// Where.
        place: Place,
        /// Its version.
        found: u64,
        /// Ours.
        known: u32,
    },
    /// What is to be written does not follow what is there.
    #[error(
        "{place} has moved on: {problem}; nothing was written. Run the command again; a saved plan has to be made anew"
    )]
    Conflict {
        /// The snapshot's.
        place: Place,
        /// What is there and what was to follow it.
        problem: String,
    },
    /// Two states of which neither goes on from the other.
    #[error("{place}: {problem}; nothing was written. {way_out}")]
    Parted {
        /// Of the one that is in the way.
        place: Place,
        /// Which they are.
        problem: String,
        /// What to do.
        way_out: String,
    },
    /// What is there is sealed and cannot be opened, or is plain where nothing plain is taken.
    #[error("{place} cannot be used")]
    Sealed {
        /// Where.
        place: Place,
        /// Why.
        source: SealError,
    },
    /// What was there was moved to another store.
    #[error("{place}: the state was moved to {}, by {} at {:.0}", moved.to, moved.who, moved.at)]
    Moved {
        /// Where it was.
        place: Place,
        /// Where it went.
        moved: Box<Moved>,
    },
    /// What is there belongs to another train.
    #[error("{place} is the state of train `{found}`, not of `{expected}`; nothing was written")]
    OtherTrain {
        /// Where.
        place: Place,
        /// The train it names.
        found: TrainName,
        /// The train asked for.
        expected: TrainName,
    },
}

impl StoreError {
    /// Says of what cannot be used as it lies there that it lies elsewhere.
    pub(super) fn at(self, place: Place) -> Self {
        match self {
            Self::Damaged { place: _, problem, way_out } => Self::Damaged { place, problem, way_out },
            Self::Newer { place: _, found, known } => Self::Newer { place, found, known },
            Self::Sealed { place: _, source } => Self::Sealed { place, source },
            Self::OtherTrain { place: _, found, expected } => Self::OtherTrain { place, found, expected },
            other => other,
        }
    }
}

/// Says who holds a lock: "by ann on desk (pid 7, since ...): patchtrain apply".
fn describe(lock: &Lock) -> String {
    let Lock { holder, heartbeat, stays: _ } = lock;
    let alive = heartbeat.map(|at| format!(", last sign of life {at:.0}")).unwrap_or_default();
    let id = if holder.id.0.is_empty() { String::new() } else { format!(", lock {}", holder.id) };
    format!(
        " by {} on {} (pid {}, since {:.0}{alive}{id}): {}",
        holder.who, holder.host, holder.pid, holder.since, holder.command
    )
}
