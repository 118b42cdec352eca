//! What is wrong with a file, in a form that a terminal, JSON or an editor can show.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

/// One thing wrong with a train file or a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: PathBuf,
    /// The bytes it is about; none for the whole file.
    pub span: Option<Range<usize>>,
    /// The line, from 1, where there is a span.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong: lower case, no final period.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// Everything wrong with a set of files, sorted by file and place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    /// The problems.
    pub list: Vec<Problem>,
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} problems", self.list.len())
    }
}

impl std::error::Error for Problems {}
