//! What goes wrong with a store. Every message names the place and the way out.

use std::path::PathBuf;

use thiserror::Error;

use super::medium::Place;
use super::record::Holder;
use crate::name::TrainName;
use crate::seal::SealError;

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
    /// What is there is sealed and cannot be opened, or is plain where nothing plain is taken.
    #[error("{place} cannot be used")]
    Sealed {
        /// Where.
        place: Place,
        /// Why.
        source: SealError,
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
