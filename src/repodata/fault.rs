//! What can be wrong with the metadata of a repository.

use std::io;

use thiserror::Error;

use crate::document::Fault;

/// Why the metadata of a repository was not read. The hint says the way out.
#[derive(Debug, Error)]
#[error("cannot use `{name}` of the repository {place}")]
pub struct RepodataError {
    /// The repository.
    pub place: String,
    /// The file in it.
    pub name: String,
    /// What is wrong with it.
    #[source]
    pub fault: RepodataFault,
}

/// What is wrong with a file of a repository.
#[derive(Debug, Error)]
pub enum RepodataFault {
    /// It cannot be opened, or fetched.
    #[error("it cannot be read: {0}")]
    Open(io::Error),
    /// It is not what it should be.
    #[error("line {}: {}", .0.line, .0.kind)]
    Content(Fault),
    /// It is not the file that the index names.
    #[error("its {kind} is {found}, and the index says {told}")]
    Checksum {
        /// The kind of checksum.
        kind: String,
        /// That of the file.
        found: String,
        /// That of the index.
        told: String,
    },
    /// The index tells a checksum of a kind that proves nothing today, or that is not known.
    #[error("the index tells its `{0}`, which is not one of sha1, sha256, sha384 and sha512")]
    Kind(String),
    /// The index leads out of the repository.
    #[error("the index places it at `{0}`, which is not in the repository")]
    Place(String),
    /// The index names no packages.
    #[error("it names no `primary` metadata")]
    NoPrimary,
    /// It is not YAML.
    #[error("line {line}: it is not YAML: {message}")]
    Yaml {
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// It is longer than any.
    #[error("it is longer than {0} bytes when unpacked")]
    Long(u64),
}

impl RepodataError {
    /// Returns what to do about it.
    pub fn hint(&self) -> &'static str {
        match self.fault {
            RepodataFault::Open(_) => "give the folder or the address below which `repodata/repomd.xml` lies",
            RepodataFault::Checksum { .. } => {
                "the repository was changed while it was fetched, or a file is damaged: fetch all of `repodata/` again"
            }
            RepodataFault::Content(ref fault) => fault.kind.hint(),
            RepodataFault::Kind(_)
            | RepodataFault::Place(_)
            | RepodataFault::NoPrimary
            | RepodataFault::Yaml { .. }
            | RepodataFault::Long(_) => {
                "take the `repodata/` of the vendor, or make it anew with createrepo_c"
            }
        }
    }
}
