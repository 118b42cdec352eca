//! What can be wrong with a file of advisories: what stops it from being read, and what is left out of it.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;

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
            Self::Content { fault, .. } => fault.kind.hint(),
        }
    }
}

/// What is wrong with the content of a file.
#[derive(Debug, Error)]
#[error("{kind}")]
pub struct Fault {
    /// The line, from 1, of what is unpacked.
    pub line: u64,
    /// What is wrong.
    #[source]
    pub kind: FaultKind,
}

/// The ways in which the content of a file can be wrong.
#[derive(Debug, Error)]
pub enum FaultKind {
    /// It cannot be read, or not be unpacked.
    #[error("the {packing} cannot be read on: {source}")]
    Read {
        /// How it is packed.
        packing: &'static str,
        /// Why.
        source: io::Error,
    },
    /// There is nothing in it.
    #[error("there is no XML element in it")]
    Empty,
    /// Its root is none of ours.
    #[error("its root is `<{found}>`, and not `<updates>` or `<oval_definitions>`")]
    Root {
        /// What the root is.
        found: String,
    },
    /// It ends before its root does.
    #[error("it ends inside of `<{inside}>`")]
    Cut {
        /// The innermost element that is open then.
        inside: String,
    },
    /// It is not well-formed.
    #[error("it is not well-formed XML: {message}")]
    Malformed {
        /// What is wrong, as the parser says it.
        message: String,
    },
    /// Elements are nested deeper than any of ours.
    #[error("its elements are nested more than {most} deep")]
    Deep {
        /// How deep they may be.
        most: usize,
    },
    /// A piece of it is longer than any of ours.
    #[error("a text or a tag in it is longer than {most} bytes")]
    Long {
        /// How long it may be.
        most: usize,
    },
}

impl FaultKind {
    /// Returns what to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Read { .. } | Self::Cut { .. } | Self::Empty => {
                "it is damaged, or was not fetched to its end: fetch it again"
            }
            Self::Root { .. } => {
                "take the `updateinfo.xml` that `repomd.xml` of a repository names, or OVAL from linux.oracle.com"
            }
            Self::Malformed { .. } | Self::Deep { .. } | Self::Long { .. } => {
                "take the file as the vendor gives it out; a page of an error or of a login is none"
            }
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

/// A piece of a file, short enough for a message.
pub(super) fn shown(text: &str) -> String {
    let cut: String = text.chars().take(80).collect();
    let dots = if cut.len() < text.len() { "..." } else { "" };
    format!("{}{dots}", cut.escape_debug())
}
