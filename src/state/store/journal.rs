//! The journal's bytes: one line per record, each proving itself and its place.
//!
//! ```text
//! 4f1c…a2 86 {"format_version":2,"train":"great-linux","lineage":"…","serial":7}
//! 90be…17 142 {"entry":"started","key":"switch/GL1.1/ocid1…","token":"…","at":"…"}
//! ```
//!
//! Check, length, JSON. The check is a SHA-256 (its first 48 bits) over the check before it and the JSON, so that a
//! line changed, lost, doubled or moved breaks the chain. The first line names the snapshot that the rest builds on.
//!
//! A crash tears only the end: a last line that lacks its LF, or that a file system has filled with NUL in part, is
//! not there. Anything else that does not check out is damage, and is never skipped: what the run did after it would
//! be lost unseen.
//! Which journal fits which snapshot is the store's to judge.

use std::io;

use serde::{Deserialize, Serialize};

use super::{Base, Entry};
use crate::package::Digest;
use crate::state::FORMAT_VERSION;

/// What the check of the first line is chained to; a journal of something else does not check out.
const SEED: &str = "patchtrain journal";

/// The first line.
#[derive(Serialize, Deserialize)]
struct Heading {
    format_version: u32,
    #[serde(flatten)]
    base: Base,
}

/// Why a journal cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// A line that was not torn by a crash is not as it was written.
    Bad {
        /// From 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// A newer build wrote it.
    Newer {
        /// Its format.
        found: u64,
    },
}

/// A journal that was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Journal {
    /// The snapshot that it builds on.
    pub(super) base: Base,
    /// The entries, each with its line from 1.
    pub(super) entries: Vec<(usize, Entry)>,
}

/// The lines of a journal that are still to be read.
#[derive(Debug)]
pub(super) struct Records<'a> {
    rest: &'a [u8],
    check: String,
    line: usize,
}

/// Reads the first line. None for a journal that has none yet.
pub(super) fn open(bytes: &[u8]) -> Result<Option<(Base, Records<'_>)>, Fault> {
    #[derive(Deserialize)]
    struct Version {
        format_version: u64,
    }
    let mut records = Records { rest: bytes, check: SEED.to_owned(), line: 0 };
    let Some((line, json)) = records.next()? else { return Ok(None) };
    let bad = |error: serde_json::Error| Fault::Bad { line, problem: error.to_string() };
    let version: Version = serde_json::from_slice(json).map_err(bad)?;
    if version.format_version > u64::from(FORMAT_VERSION) {
        return Err(Fault::Newer { found: version.format_version });
    }
    let heading: Heading = serde_json::from_slice(json).map_err(bad)?;
    Ok(Some((heading.base, records)))
}

impl<'a> Records<'a> {
    /// Reads the entries, up to a torn end.
    pub(super) fn read(mut self, base: Base) -> Result<Journal, Fault> {
        let mut entries = Vec::new();
        while let Some((line, json)) = self.next()? {
            let entry = serde_json::from_slice(json)
                .map_err(|error| Fault::Bad { line, problem: error.to_string() })?;
            entries.push((line, entry));
        }
        Ok(Journal { base, entries })
    }

    /// Returns the next record that is whole; none at the end or at a torn end.
    fn next(&mut self) -> Result<Option<(usize, &'a [u8])>, Fault> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        self.line += 1;
        let end = self.rest.iter().position(|byte| *byte == b'\n');
        let (text, rest) = match end {
            Some(end) => (&self.rest[..end], &self.rest[end + 1..]),
            None => (self.rest, [].as_slice()),
        };
        match check(text, &self.check) {
            Ok((check, json)) if end.is_some() => {
                self.rest = rest;
                self.check = check;
                Ok(Some((self.line, json)))
            }
            // The LF is the last byte of a record: a line that has one was written to its end, unless what a crash
            // kept from the disk reads as NUL.
            Err(Broken::Short) if rest.is_empty() && (end.is_none() || text.contains(&0)) => Ok(None),
            Ok(_) => Ok(None),
            Err(broken) => Err(Fault::Bad { line: self.line, problem: broken.problem().to_owned() }),
        }
    }
}

/// How a line fails to check out.
enum Broken {
    /// In a way that a write cut short can explain.
    Short,
    /// There is more than was ever written as one line.
    Long,
}

impl Broken {
    fn problem(&self) -> &'static str {
        match self {
            Self::Short => "the record does not match its checksum",
            Self::Long => "the record is longer than it was written",
        }
    }
}

/// Splits a line, and returns its check and its JSON if they belong together and follow the check before.
fn check<'a>(line: &'a [u8], before: &str) -> Result<(String, &'a [u8]), Broken> {
    let text = |bytes: &'a [u8]| str::from_utf8(bytes).map_err(|_| Broken::Short);
    let mut fields = line.splitn(3, |byte| *byte == b' ');
    let (Some(check), Some(length), Some(json)) = (fields.next(), fields.next(), fields.next()) else {
        return Err(Broken::Short);
    };
    let length: usize = text(length)?.parse().map_err(|_| Broken::Short)?;
    // Some file systems fill with NUL what a crash kept from being written.
    let written = json.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    if written > length {
        return Err(Broken::Long);
    }
    let expected = chain(before, json);
    if json.len() != length || expected.as_bytes() != check {
        return Err(Broken::Short);
    }
    Ok((expected, json))
}

fn chain(before: &str, json: &[u8]) -> String {
    Digest::of([before.as_bytes(), json]).short()
}

/// A journal that this session writes, as far as it is durable.
#[derive(Debug)]
pub(super) struct OpenJournal {
    base: Base,
    /// The check of the last record; none before the first line.
    check: Option<String>,
}

/// What is to be appended to a journal, and what the journal is once it is durable.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) bytes: Vec<u8>,
    pub(super) then: OpenJournal,
}

impl OpenJournal {
    /// Begins a journal. Nothing is written before the first entries are.
    pub(super) fn new(base: &Base) -> Self {
        Self { base: base.clone(), check: None }
    }

    /// Returns the snapshot that it builds on.
    pub(super) fn base(&self) -> &Base {
        &self.base
    }

    /// Spells entries as they follow what is there.
    pub(super) fn batch(&self, entries: &[Entry]) -> io::Result<Batch> {
        let mut bytes = Vec::with_capacity(entries.len() * 256);
        let mut check = match &self.check {
            Some(check) => check.clone(),
            None => {
                let heading = Heading { format_version: FORMAT_VERSION, base: self.base.clone() };
                push(&mut bytes, SEED, &heading)?
            }
        };
        for entry in entries {
            check = push(&mut bytes, &check, entry)?;
        }
        Ok(Batch { bytes, then: Self { base: self.base.clone(), check: Some(check) } })
    }
}

/// Adds one record to a batch and returns its check.
fn push(batch: &mut Vec<u8>, before: &str, record: &impl Serialize) -> io::Result<String> {
    let json = serde_json::to_vec(record)?;
    let check = chain(before, &json);
    batch.extend_from_slice(format!("{check} {} ", json.len()).as_bytes());
    batch.extend_from_slice(&json);
    batch.push(b'\n');
    Ok(check)
}

#[cfg(test)]
mod tests;
