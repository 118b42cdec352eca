//! Local files: one for each item, in a folder, and an OS lock on a file of its own.
//!
//! | file | is |
//! |---|---|
//! | `<train>.json` | the snapshot |
//! | `<train>.journal` | what the run in progress has done since |
//! | `<train>.history` | one JSON line for each run, and for each change by hand |
//! | `<train>.reports` | one JSON line for each compliance report; not state, and not locked |
//! | `<train>.inventory` | what was last observed; a cache, and not locked |
//! | `<train>.<lineage>-<serial>.backup` | a snapshot that another has replaced |
//! | `<train>.lock` | what is locked; holds who has it, for people; never deleted |
//!
//! All calls are plain file calls without an await in between: a dropped future leaves no half-done write behind, and
//! tests on a paused clock stay deterministic. On the threaded runtime they step aside for other tasks.

use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Read, Seek, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use tokio::runtime::{Handle, RuntimeFlavor};

use super::disk::{self, io, noted, sync_folder};
use super::medium::{BackupName, Held, Item, Look, Medium, Place};
use super::{Base, Holder, Lock, LockId, StoreError, Ways};
use crate::name::TrainName;

/// The files of one train.
#[derive(Clone, Debug)]
pub struct Files {
    folder: PathBuf,
    train: TrainName,
}

/// The locked files of one train.
#[derive(Debug)]
pub struct HeldFiles {
    files: Files,
    lock: File,
    previous: Option<Box<Holder>>,
    /// The journal of this session, from its first append on.
    journal: Option<JournalFile>,
}

/// A journal that is appended to.
#[derive(Debug)]
struct JournalFile {
    file: File,
    /// Where it is, for the ledger of a test's shim.
    #[cfg(test)]
    path: PathBuf,
    /// How far it is whole and durable.
    length: u64,
    /// Whether a failed write may have left bytes behind `length`.
    torn: bool,
}

impl Files {
    /// Names the folder and the train; nothing is touched yet.
    pub fn new(folder: PathBuf, train: TrainName) -> Self {
        Self { folder, train }
    }

    fn path(&self, item: &Item) -> PathBuf {
        let extension = match item {
            Item::Snapshot => "json",
            Item::Journal => "journal",
            Item::History => "history",
            Item::Reports => "reports",
            Item::Inventory => "inventory",
            Item::Backup(BackupName { lineage, serial, twin }) => {
                let twin = twin.as_ref().map(|twin| format!("-{twin}")).unwrap_or_default();
                return self.named(&format!("{lineage}-{serial}{twin}.backup"));
            }
        };
        self.named(extension)
    }

    fn named(&self, extension: &str) -> PathBuf {
        self.folder.join(format!("{}.{extension}", self.train))
    }

    /// Tells which backup of this train a file is, by its name.
    fn backup(&self, name: &str) -> Option<BackupName> {
        let name = name.strip_prefix(self.train.as_str())?.strip_prefix('.')?.strip_suffix(".backup")?;
        let mut parts = name.split('-');
        let (lineage, serial, twin) = (parts.next()?, parts.next()?, parts.next());
        // The files of a train whose name goes on after a dot begin alike.
        let plain =
            |text: &str| !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphanumeric());
        if !plain(lineage) || !twin.is_none_or(plain) || parts.next().is_some() {
            return None;
        }
        let twin = twin.map(str::to_owned);
        Some(BackupName { lineage: lineage.to_owned(), serial: serial.parse().ok()?, twin })
    }

    fn list(&self) -> Result<Vec<BackupName>, StoreError> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(io("read", &self.folder)(error)),
        };
        let mut backups = Vec::new();
        for entry in entries {
            let name = entry.map_err(io("read", &self.folder))?.file_name();
            backups.extend(name.to_str().and_then(|name| self.backup(name)));
        }
        Ok(backups)
    }

    /// Tells who has the lock. Where the last holder was cut off, somebody who wants it in this very moment may be told
    /// that it is taken.
    fn locked_now(&self) -> Result<Option<Lock>, StoreError> {
        let path = self.named("lock");
        let mut lock = match File::open(&path) {
            Ok(lock) => lock,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(io("open", &path)(error)),
        };
        // Whoever ended well has left it empty: most of the time nobody's try to take it is in each other's way.
        let Some(holder) = who(&mut lock) else { return Ok(None) };
        match lock.try_lock_shared() {
            Ok(()) => Ok(None),
            Err(TryLockError::WouldBlock) => Ok(Some(goes(*holder))),
            Err(TryLockError::Error(source)) => Err(io("lock", &path)(source)),
        }
    }

    /// Finds out now what an apply would find out too late: whether this folder's file system locks files, and keeps what
    /// it says it has kept.
    fn try_out(&self) -> Result<(), StoreError> {
        disk::make_folder(&self.folder)?;
        let path = self.named("probe");
        let first = disk::open_or_create(&path)?;
        let second = disk::open_or_create(&path)?;
        first.lock().map_err(io("lock", &path))?;
        let unfit = match second.try_lock() {
            Err(TryLockError::WouldBlock) => None,
            Err(TryLockError::Error(source)) => return Err(io("lock", &path)(source)),
            Ok(()) => Some("a file that is locked can be locked a second time"),
        };
        let content = b"patchtrain init\n";
        disk::replace(&path, content)?;
        let kept = disk::read(&path)?.as_deref() == Some(content);
        disk::remove(&path)?;
        sync_folder(&self.folder)?;
        let Some(problem) = unfit.or((!kept).then_some("a file does not hold what was written to it")) else {
            return Ok(());
        };
        let way_out =
            "Keep the state on a local disk, or in a shared store: `[state]` in the train file".to_owned();
        Err(StoreError::Unfit { place: self.folder.as_path().into(), problem: problem.to_owned(), way_out })
    }

    fn hold_now(&self, holder: &Holder) -> Result<HeldFiles, StoreError> {
        disk::make_folder(&self.folder)?;
        let path = self.named("lock");
        let mut lock = disk::open_or_create(&path)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::Locked {
                    lock: who(&mut lock).map(|holder| Box::new(goes(*holder))),
                });
            }
            Err(TryLockError::Error(source)) => return Err(io("lock", &path)(source)),
        }
        // Whoever ended well has left it empty.
        let previous = who(&mut lock);
        sign(&mut lock, holder).map_err(io("write", &path))?;
        Ok(HeldFiles { files: self.clone(), lock, previous, journal: None })
    }
}

/// A lock that goes with its process.
fn goes(holder: Holder) -> Lock {
    Lock { holder, heartbeat: None, stays: false }
}

/// Reads who holds a lock. Whoever has just taken it may not have written yet.
fn who(lock: &mut File) -> Option<Box<Holder>> {
    let mut text = String::new();
    lock.read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

fn sign(lock: &mut File, holder: &Holder) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(holder)?;
    line.push(b'\n');
    lock.set_len(0)?;
    lock.rewind()?;
    lock.write_all(&line)
}

impl Look for &Files {
    async fn read(&mut self, item: &Item) -> Result<Option<Vec<u8>>, StoreError> {
        blocking(|| disk::read(&self.path(item)))
    }
}

impl Medium for Files {
    type Held = HeldFiles;

    fn place(&self, item: &Item) -> Place {
        self.path(item).as_path().into()
    }

    fn ways(&self) -> Ways {
        Ways::Files
    }

    fn way_to_cut(&self, line: usize) -> String {
        format!("`sed -i '{line},$d' {}`", self.place(&Item::Journal))
    }

    fn look(&self) -> impl Look + Send {
        self
    }

    async fn backups(&self) -> Result<Vec<BackupName>, StoreError> {
        blocking(|| self.list())
    }

    async fn add_line(&self, item: &Item, line: &[u8]) -> Result<(), StoreError> {
        blocking(|| {
            disk::make_folder(&self.folder)?;
            disk::append_line(&self.path(item), line)?;
            sync_folder(&self.folder)
        })
    }

    async fn put(&self, item: &Item, content: &[u8]) -> Result<(), StoreError> {
        blocking(|| {
            disk::make_folder(&self.folder)?;
            // Nobody holds a lock: what each writes has a name of its own until it takes the place of what is there.
            let (path, own) = (self.path(item), std::process::id());
            let making =
                self.folder.join(format!(".{}.{own}", path.file_name().unwrap_or_default().display()));
            disk::replace(&making, content)?;
            fs::rename(&making, &path).map_err(io("replace", &path))?;
            noted!(Rename { from: making, to: path.clone() });
            sync_folder(&self.folder)
        })
    }

    async fn prepare(&self) -> Result<Vec<String>, StoreError> {
        blocking(|| self.try_out()).map(|()| Vec::new())
    }

    async fn locked(&self) -> Result<Option<Lock>, StoreError> {
        blocking(|| self.locked_now())
    }

    async fn break_lock(&self, _id: &LockId, _by: &Holder) -> Result<(), StoreError> {
        let Some(lock) = blocking(|| self.locked_now())? else { return Ok(()) };
        let Holder { pid, host, .. } = &lock.holder;
        let place = self.named("lock").as_path().into();
        let way_out = format!("End process {pid} on {host}: the lock goes with it");
        Err(StoreError::Unbreakable { place, way_out })
    }

    async fn hold(&self, holder: &Holder) -> Result<HeldFiles, StoreError> {
        blocking(|| self.hold_now(holder))
    }
}

impl HeldFiles {
    fn append_now(&mut self, batch: &[u8]) -> Result<(), StoreError> {
        let path = self.files.path(&Item::Journal);
        if let Some(journal) = &mut self.journal {
            return journal.append(batch).map_err(io("write", &path));
        }
        // A journal that another try of this session has left behind without a whole record is in the way.
        disk::remove(&path)?;
        let mut journal = JournalFile::new(disk::create(&path)?, &path);
        journal.append(batch).map_err(io("write", &path))?;
        sync_folder(&self.files.folder)?;
        self.journal = Some(journal);
        Ok(())
    }
}

impl JournalFile {
    #[cfg_attr(not(test), expect(unused_variables, reason = "only a test's shim wants to know"))]
    fn new(file: File, path: &Path) -> Self {
        Self {
            file,
            #[cfg(test)]
            path: path.to_owned(),
            length: 0,
            torn: false,
        }
    }

    /// Appends with one write and one sync.
    fn append(&mut self, batch: &[u8]) -> std::io::Result<()> {
        if self.torn {
            self.file.set_len(self.length)?;
            noted!(Cut { path: self.path.clone(), length: self.length });
        }
        self.torn = true;
        self.file.write_all_at(batch, self.length)?;
        noted!(Write { path: self.path.clone(), at: self.length, bytes: batch.to_vec() });
        self.file.sync_data()?;
        noted!(Sync { path: self.path.clone() });
        self.torn = false;
        self.length += batch.len() as u64;
        Ok(())
    }
}

impl Look for HeldFiles {
    async fn read(&mut self, item: &Item) -> Result<Option<Vec<u8>>, StoreError> {
        blocking(|| disk::read(&self.files.path(item)))
    }
}

impl Held for HeldFiles {
    fn previous(&mut self) -> Option<Box<Holder>> {
        self.previous.take()
    }

    async fn replace(&mut self, item: &Item, content: &[u8]) -> Result<(), StoreError> {
        blocking(|| disk::replace(&self.files.path(item), content))
    }

    async fn remove(&mut self, item: &Item) -> Result<(), StoreError> {
        blocking(|| {
            if disk::remove(&self.files.path(item))? {
                sync_folder(&self.files.folder)?;
            }
            Ok(())
        })
    }

    async fn append(&mut self, _base: &Base, batch: &[u8]) -> Result<(), StoreError> {
        blocking(|| self.append_now(batch))
    }

    fn leave_journal(&mut self) {
        self.journal = None;
    }
}

impl Drop for HeldFiles {
    fn drop(&mut self) {
        // Who is named while the next holder has not signed yet would be wrong. The lock goes with the file handle.
        let _ = self.lock.set_len(0);
    }
}

/// Does file work: on the threaded runtime with other tasks moved away from this thread, elsewhere at once.
fn blocking<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_append_leaves_nothing_in_the_way_of_the_next() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut journal = JournalFile::new(file.reopen().unwrap(), file.path());
        journal.append(b"one\ntwo\n").unwrap();

        let writable = std::mem::replace(&mut journal.file, File::open(file.path()).unwrap());
        journal.append(b"three\nfour\n").unwrap_err();
        journal.file = writable;
        // As a full disk leaves it: more of the failed batch than what comes next, whole lines of it.
        journal.file.write_all_at(&b"half a record\n".repeat(100), journal.length).unwrap();

        journal.append(b"five\n").unwrap();
        assert_eq!(fs::read(file.path()).unwrap(), b"one\ntwo\nfive\n");
    }

    #[test]
    fn backups_are_known_by_their_names() {
        let files = Files::new("state".into(), TrainName::new("gl"));
        let of = |lineage: &str, serial| Some(BackupName { lineage: lineage.to_owned(), serial, twin: None });
        let twin = Some(BackupName { twin: Some("0f3a".to_owned()), ..of("5eed", 12).unwrap() });
        for (name, backup) in [
            ("gl.5eed-12.backup", of("5eed", 12)),
            ("gl.5eed-12-0f3a.backup", twin),
            ("gl.5eed-12-.backup", None),
            ("gl.5eed-12-0f3a-1.backup", None),
            ("gl.5eed-12.backup.old", None),
            (".gl.5eed-12.backup.new", None),
            ("gl.json", None),
            // Of the train `gl.small`.
            ("gl.small.5eed-12.backup", None),
            ("gl.5eed-x.backup", None),
        ] {
            assert_eq!(files.backup(name), backup, "{name}");
            if let Some(backup) = backup {
                assert_eq!(files.path(&Item::Backup(backup)), PathBuf::from("state").join(name));
            }
        }
    }
}
