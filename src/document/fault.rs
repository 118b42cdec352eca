//! What can be wrong with a document that is read.

use std::io;

use thiserror::Error;

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
    #[error("its root is `<{found}>`, and not {wanted}")]
    Root {
        /// What it should be.
        wanted: &'static str,
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
            Self::Root { .. } | Self::Malformed { .. } | Self::Deep { .. } | Self::Long { .. } => {
                "take the file as the vendor gives it out; a page of an error or of a login is none"
            }
        }
    }
}

/// A piece of a file, short enough for a message.
pub(crate) fn shown(text: &str) -> String {
    let cut: String = text.chars().take(80).collect();
    let dots = if cut.len() < text.len() { "..." } else { "" };
    format!("{}{dots}", cut.escape_debug())
}
