//! The world on disk: a header that says what it was generated from, and the changes since, one a line, each with a
//! checksum and each durable before it is answered.
//!
//! Nothing is written before the first change, so that looking at a world leaves the workspace as it is. A torn last
//! line, which a crash leaves of a change that was never answered, is dropped; any other damage is an error that names
//! the line.

use std::fs::{self, File, TryLockError};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::front::Then;
use super::world::{Change, DEFAULT_FLEET, World};
use crate::package::Digest;

/// The format of the log that this version reads and writes.
const FORMAT: u32 = 1;
const FILE: &str = "world.log";

/// What keeps a world from being read or written.
#[derive(Debug, Error)]
pub(crate) enum JournalError {
    /// A file cannot be read or written.
    #[error("{}: {action}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// Why it failed.
        source: std::io::Error,
    },
    /// A line is not what was written.
    #[error("{}: line {line} is damaged ({why}); delete the folder to start with a new world", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
    /// The log is of another version of the program.
    #[error("{}: {what}; delete the folder to start with a new world", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// In which way.
        what: String,
    },
    /// Another process has the log.
    #[error(
        "{}: another process serves this world but cannot be found in the runtime folder; end it first",
        path.display()
    )]
    Served {
        /// The file.
        path: PathBuf,
    },
}

impl From<JournalError> for std::io::Error {
    fn from(error: JournalError) -> Self {
        Self::other(error)
    }
}

/// The first line.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Header {
    format: u32,
    seed: u64,
    /// How many members its groups have together.
    #[serde(default = "usual", skip_serializing_if = "is_usual")]
    fleet: usize,
    created: Timestamp,
    /// The digest of what the seed gives, with the creation left out: another version of the generator would replay
    /// the changes over another world.
    generated: Digest,
}

fn usual() -> usize {
    DEFAULT_FLEET
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_usual(fleet: &usize) -> bool {
    *fleet == DEFAULT_FLEET
}

/// A request that must not be served twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Call {
    /// Its retry token.
    pub(crate) token: String,
    /// The digest of operation, target and body.
    pub(crate) request: Digest,
}

/// One change.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    /// When, by the simulator's clock.
    pub(crate) at: Timestamp,
    /// What.
    pub(crate) change: Change,
    /// What was answered.
    pub(crate) then: Then,
    /// On whose request, where it had a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) call: Option<Call>,
}

/// The log of a world.
#[derive(Debug)]
pub(crate) struct Journal {
    folder: PathBuf,
    path: PathBuf,
    /// Of a world that is not on disk yet: its seed, fleet and creation.
    new: Option<(u64, usize, Timestamp)>,
    /// The open log, locked; none before the first change.
    file: Option<File>,
    /// How much of the log is valid.
    length: u64,
}

/// A journal and what it holds.
pub(crate) struct Opened {
    /// The log, to be written on.
    pub(crate) journal: Journal,
    /// The world before the changes.
    pub(crate) world: World,
    /// The changes.
    pub(crate) records: Vec<Record>,
}

impl Journal {
    /// Reads the log in a folder, or gets ready to write one there for a new world. A fleet that is asked for must be
    /// that of the world which is there.
    pub(crate) fn open(
        folder: &Path,
        seed: u64,
        fleet: Option<usize>,
        now: Timestamp,
    ) -> Result<Opened, JournalError> {
        let path = folder.join(FILE);
        let io = |action| {
            let path = path.clone();
            move |source| JournalError::Io { path, action, source }
        };
        let file = match File::options().read(true).write(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let fleet = fleet.unwrap_or(DEFAULT_FLEET);
                let world = World::generate(seed, fleet, now);
                let new = Some((seed, fleet, now));
                let journal = Self { folder: folder.to_owned(), path, new, file: None, length: 0 };
                return Ok(Opened { journal, world, records: Vec::new() });
            }
            Err(error) => return Err(io("cannot be opened")(error)),
        };
        lock(&file, &path)?;
        let bytes = fs::read(&path).map_err(io("cannot be read"))?;
        let (header, records, length) = parse(&bytes, &path)?;
        if let Some(asked) = fleet.filter(|asked| *asked != header.fleet) {
            let what = format!("it is a world of {} instances, and not of {asked}", header.fleet);
            return Err(JournalError::Foreign { path, what });
        }
        let world = World::generate(header.seed, header.fleet, header.created);
        let journal = Self { folder: folder.to_owned(), path, new: None, file: Some(file), length };
        Ok(Opened { journal, world, records })
    }

    /// Writes a change and waits until it is durable. After an error the change has not happened.
    pub(crate) fn append(&mut self, record: &Record) -> Result<(), JournalError> {
        let line = line(record);
        let Some(file) = &mut self.file else { return self.begin(&line) };
        let io = |action| {
            let path = self.path.clone();
            move |source| JournalError::Io { path, action, source }
        };
        // A log that was deleted or replaced under us would swallow changes.
        let ours = file.metadata().map_err(io("cannot be read"))?;
        let there = fs::metadata(&self.path).map_err(io("is gone; end this simulator"))?;
        if (ours.dev(), ours.ino()) != (there.dev(), there.ino()) {
            let what = "was replaced under the simulator that serves it".to_owned();
            return Err(JournalError::Foreign { path: self.path.clone(), what });
        }
        let written = file
            .set_len(self.length)
            .and_then(|()| file.seek(SeekFrom::Start(self.length)))
            .and_then(|_| file.write_all(line.as_bytes()))
            .and_then(|()| file.sync_data());
        if let Err(source) = written {
            // What may stand there now is cut off by the next append, or dropped as torn when it is read.
            let _ = file.set_len(self.length);
            return Err(io("cannot be written")(source));
        }
        self.length += line.len() as u64;
        Ok(())
    }

    /// Writes the first change: the header and it appear together or not at all.
    fn begin(&mut self, first: &str) -> Result<(), JournalError> {
        let header = self.new.map(|(seed, fleet, created)| line(&Header::of(seed, fleet, created)));
        let text = [header.as_deref().unwrap_or_default(), first].concat();
        let io = |source| JournalError::Io { path: self.path.clone(), action: "cannot be written", source };
        let written = fs::create_dir_all(&self.folder).and_then(|()| {
            let mut temporary = tempfile::NamedTempFile::new_in(&self.folder)?;
            temporary.write_all(text.as_bytes())?;
            temporary.as_file().sync_all()?;
            temporary.persist_noclobber(&self.path).map_err(|error| error.error)
        });
        let file = written.map_err(io)?;
        let durable = lock(&file, &self.path).and_then(|()| self.sync_folders().map_err(io));
        if let Err(error) = durable {
            // It has not happened, so it must not be there, or the next change would find its place taken.
            let _ = fs::remove_file(&self.path);
            return Err(error);
        }
        self.file = Some(file);
        self.length = text.len() as u64;
        Ok(())
    }
}

impl Journal {
    /// Makes the log's name durable, and its folder's.
    fn sync_folders(&self) -> std::io::Result<()> {
        File::open(&self.folder)?.sync_all()?;
        match self.folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            Some(parent) => File::open(parent)?.sync_all(),
            None => Ok(()),
        }
    }

    /// Takes the right to write away, as a full disk or one that has become read-only does; returns what gives it
    /// back.
    #[cfg(test)]
    pub(super) fn break_disk(&mut self) -> Option<File> {
        self.file.replace(File::open(&self.path).expect("the log is there"))
    }

    /// Gives the right to write back.
    #[cfg(test)]
    pub(super) fn mend_disk(&mut self, file: Option<File>) {
        self.file = file;
    }
}

impl Header {
    fn of(seed: u64, fleet: usize, created: Timestamp) -> Self {
        let generated = World::generate(seed, fleet, Timestamp::UNIX_EPOCH).digest();
        Self { format: FORMAT, seed, fleet, created, generated }
    }
}

fn lock(file: &File, path: &Path) -> Result<(), JournalError> {
    file.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => JournalError::Served { path: path.to_owned() },
        TryLockError::Error(source) => {
            JournalError::Io { path: path.to_owned(), action: "cannot be locked", source }
        }
    })
}

fn line(value: &impl Serialize) -> String {
    let json = serde_json::to_string(value).expect("records have no map keys that JSON cannot spell");
    format!("{} {json}\n", &Digest::of([&json]).hex()[..16])
}

/// Reads a log: its header, its records, and how many bytes of it are valid.
fn parse(bytes: &[u8], path: &Path) -> Result<(Header, Vec<Record>, u64), JournalError> {
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    let mut lines = bytes.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
    let damaged = |line, why: String| JournalError::Damaged { path: path.to_owned(), line, why };
    let foreign = |what: String| JournalError::Foreign { path: path.to_owned(), what };
    let first = lines.next().ok_or_else(|| damaged(1, "it is not whole".to_owned()))?;
    let json = checked(first).map_err(|why| damaged(1, why))?;
    let Format { format } = serde_json::from_str(json).map_err(|error| damaged(1, error.to_string()))?;
    if format > FORMAT {
        return Err(foreign(format!("its format is {format}, and this version knows {FORMAT}")));
    }
    let header: Header = serde_json::from_str(json).map_err(|error| damaged(1, error.to_string()))?;
    if !(DEFAULT_FLEET..=super::LARGEST_FLEET).contains(&header.fleet)
        || header.generated != Header::of(header.seed, header.fleet, header.created).generated
    {
        return Err(foreign("it belongs to a world that this version no longer generates".to_owned()));
    }
    let mut records = Vec::new();
    let mut length = first.len();
    for (index, line) in lines.enumerate() {
        let json = checked(line).map_err(|why| damaged(index + 2, why))?;
        let record = serde_json::from_str(json).map_err(|error| damaged(index + 2, error.to_string()))?;
        records.push(record);
        length += line.len();
    }
    Ok((header, records, length as u64))
}

/// Checks a line's checksum, and returns what it is of.
fn checked(line: &[u8]) -> Result<&str, String> {
    let text = std::str::from_utf8(line).map_err(|_| "it is not UTF-8".to_owned())?;
    let (sum, json) = text.trim_end_matches('\n').split_once(' ').ok_or("it has no checksum")?;
    match Digest::of([json]).hex().get(..16) == Some(sum) {
        true => Ok(json),
        false => Err("its checksum is not its content's".to_owned()),
    }
}
