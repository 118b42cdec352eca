//! What can be wrong with a file of advisories: what stops it from being read, and what is left out of it.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;

use crate::document::{Fault, FaultKind};

/// Why a file of advisories was not read. The hint says the way out.
#[derive(Debug, Error)]
pub enum Error {
    /// The file could not be opened.
    #[error("cannot open `{}`", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not what it should be.
    #[error("cannot read advisories from `{}`, line {}", path.display(), fault.line)]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        #[source]
        fault: Fault,
    },
}

impl Error {
    /// Returns what to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Open { .. } => "give the path of an `updateinfo.xml` or of Oracle's OVAL, packed or not",
            Self::Content { fault: Fault { kind: FaultKind::Root { .. }, .. }, .. } => {
                "take the `updateinfo.xml` that `repomd.xml` of a repository names, or OVAL from linux.oracle.com"
            }
            Self::Content { fault, .. } => fault.kind.hint(),
        }
    }
}

/// Something that was left out of what was read, because it could not be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The line, from 1.
    pub line: u64,
    /// The advisory it is part of, where it is known.
    pub advisory: Option<Arc<str>>,
    /// What is wrong: lower case, no final period.
    pub message: String,
}

/// What was left out. A file in which all is wrong would fill the memory: the first are kept, the rest is counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Warnings {
    /// The first of them, in order.
    pub list: Vec<Warning>,
    /// How many more there are.
    pub more: usize,
}

impl Warnings {
    /// More than anybody reads.
    const MOST: usize = 1_000;

    pub(super) fn push(&mut self, line: u64, advisory: Option<&Arc<str>>, message: impl Into<String>) {
        if self.list.len() < Self::MOST {
            self.list.push(Warning { line, advisory: advisory.cloned(), message: message.into() });
        } else {
            self.more += 1;
        }
    }

    /// Returns how many there are.
    pub fn len(&self) -> usize {
        self.list.len() + self.more
    }

    /// Tells whether nothing was left out.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}
