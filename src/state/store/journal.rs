//! The journal's bytes: one line per record, each proving itself and its place.
//!
//! ```text
//! 4f1c…a2 86 {"format_version":5,"train":"great-linux","lineage":"…","serial":7}
//! 90be…17 144 0 {"entry":"started","key":"switch/GL1.1/ocid1…","token":"…","at":"…"}
//! ```
//!
//! Check, length, the byte at which the batch begins that the line was written with, JSON. The check is a SHA-256 (its
//! first 48 bits) over the check before it and what follows the length, so that a line changed, lost, doubled or moved
//! breaks the chain. The first line, which names the snapshot that the rest builds on, is of the first batch and does not
//! say so.
//!
//! A crash tears only the last batch, which was never acknowledged: [`torn`] tells what it may have left of that. Anything
//! else that does not check out is damage, and is never skipped: what the run did after it would be lost unseen.
//! Which journal fits which snapshot is the store's to judge.

use std::io;

use serde::{Deserialize, Serialize};

use super::{Base, Entry, torn};
use crate::package::Digest;

/// The format this build writes; a newer one is refused. Those before are read: in version 1 and 2 lines do not tell their
/// batch, 3 has no boots, and 4 no policy.
pub(super) const FORMAT_VERSION: u32 = 5;

/// The first format whose lines tell where their batch begins.
const PLACED: u64 = 3;

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
    bytes: &'a [u8],
    /// How far they are read.
    at: usize,
    check: String,
    line: usize,
    /// Whether lines tell where their batch begins.
    placed: bool,
}

/// Reads the first line. None for a journal that has none yet.
pub(super) fn open(bytes: &[u8]) -> Result<Option<(Base, Records<'_>)>, Fault> {
    #[derive(Deserialize)]
    struct Version {
        format_version: u64,
    }
    let mut records = Records { bytes, at: 0, check: SEED.to_owned(), line: 0, placed: false };
    let Some((line, json)) = records.next()? else { return Ok(None) };
    let bad = |error: serde_json::Error| Fault::Bad { line, problem: error.to_string() };
    let version: Version = serde_json::from_slice(json).map_err(bad)?;
    if version.format_version > u64::from(FORMAT_VERSION) {
        return Err(Fault::Newer { found: version.format_version });
    }
    let heading: Heading = serde_json::from_slice(json).map_err(bad)?;
    records.placed = version.format_version >= PLACED;
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
        let rest = &self.bytes[self.at..];
        if rest.is_empty() {
            return Ok(None);
        }
        self.line += 1;
        let bad = |problem: &str| Fault::Bad { line: self.line, problem: problem.to_owned() };
        let end = rest.iter().position(|byte| *byte == b'\n');
        let text = &rest[..end.unwrap_or(rest.len())];
        match check(text, &self.check) {
            Ok((check, content)) => {
                // The LF is the last byte of a record.
                let Some(end) = end else { return Ok(None) };
                let json = match self.placed {
                    true => placed(content).ok_or_else(|| bad("it does not tell where its batch begins"))?.1,
                    false => content,
                };
                self.at += end + 1;
                self.check = check;
                Ok(Some((self.line, json)))
            }
            Err(Broken::Short) if torn::is_last(rest) => Ok(None),
            Err(_) if torn::is_batch(self.bytes, self.at, told) => Ok(None),
            Err(broken) => Err(bad(broken.problem())),
        }
    }
}

/// Splits what a line holds into where its batch begins and the JSON.
fn placed(content: &[u8]) -> Option<(usize, &[u8])> {
    let space = content.iter().position(|byte| *byte == b' ')?;
    let start = str::from_utf8(&content[..space]).ok()?.parse().ok()?;
    Some((start, &content[space + 1..]))
}

/// Tells what a line, or what is there of one, says of its batch, whatever stands before it.
fn told(line: &[u8]) -> torn::Told {
    let mut fields = line.splitn(3, |byte| *byte == b' ');
    let (Some(check), Some(length), Some(content)) = (fields.next(), fields.next(), fields.next()) else {
        return torn::Told::default();
    };
    let length = str::from_utf8(length).ok().and_then(|length| length.parse().ok());
    let whole = check.iter().all(u8::is_ascii_hexdigit) && length == Some(content.len());
    torn::Told { batch: placed(content).map(|(start, _)| start), whole }
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

/// Splits a line, and returns its check and what it holds if they belong together and follow the check before.
fn check<'a>(line: &'a [u8], before: &str) -> Result<(String, &'a [u8]), Broken> {
    let text = |bytes: &'a [u8]| str::from_utf8(bytes).map_err(|_| Broken::Short);
    let mut fields = line.splitn(3, |byte| *byte == b' ');
    let (Some(check), Some(length), Some(content)) = (fields.next(), fields.next(), fields.next()) else {
        return Err(Broken::Short);
    };
    let length: usize = text(length)?.parse().map_err(|_| Broken::Short)?;
    // Some file systems fill with NUL what a crash kept from being written.
    let written = content.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    if written > length {
        return Err(Broken::Long);
    }
    let expected = chain(before, content);
    if content.len() != length || expected.as_bytes() != check {
        return Err(Broken::Short);
    }
    Ok((expected, content))
}

fn chain(before: &str, content: &[u8]) -> String {
    Digest::of([before.as_bytes(), content]).short()
}

/// A journal that this session writes, as far as it is durable.
#[derive(Debug)]
pub(super) struct OpenJournal {
    base: Base,
    /// The check of the last record; none before the first line.
    check: Option<String>,
    /// How many bytes it has.
    length: usize,
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
        Self { base: base.clone(), check: None, length: 0 }
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
                push(&mut bytes, SEED, &serde_json::to_vec(&heading)?)
            }
        };
        for entry in entries {
            let mut content = format!("{} ", self.length).into_bytes();
            serde_json::to_writer(&mut content, entry)?;
            check = push(&mut bytes, &check, &content);
        }
        let length = self.length + bytes.len();
        Ok(Batch { bytes, then: Self { base: self.base.clone(), check: Some(check), length } })
    }
}

/// Adds one record to a batch and returns its check.
fn push(batch: &mut Vec<u8>, before: &str, content: &[u8]) -> String {
    let check = chain(before, content);
    batch.extend_from_slice(format!("{check} {} ", content.len()).as_bytes());
    batch.extend_from_slice(content);
    batch.push(b'\n');
    check
}

#[cfg(test)]
mod tests;
