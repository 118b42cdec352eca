//! Where the bytes of objects lie, each under the etag of the version that they are of: in memory, or beside the world's
//! log, which names them and holds none. What is on the shelf and not in the world was never answered for, or is gone.

use std::collections::BTreeMap;
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::world::Id;

const FOLDER: &str = "objects";

/// The shelf.
#[derive(Debug)]
pub(crate) enum Shelf {
    /// Of a world that lives in memory.
    Memory(BTreeMap<Id, Bytes>),
    /// Of a world on disk: one file each, in this folder.
    Disk(PathBuf),
}

impl Shelf {
    /// Finds the shelf of a world on disk.
    pub(crate) fn of(world: &Path) -> Self {
        Self::Disk(world.join(FOLDER))
    }

    /// Puts bytes there, and waits until they are durable.
    pub(crate) fn keep(&mut self, etag: &Id, bytes: &Bytes) -> io::Result<()> {
        match self {
            Self::Memory(kept) => {
                kept.insert(etag.clone(), bytes.clone());
                Ok(())
            }
            Self::Disk(folder) => {
                fs::create_dir_all(&*folder)?;
                let path = folder.join(&**etag);
                let written = File::create(&path).and_then(|mut file| {
                    file.write_all(bytes)?;
                    file.sync_all()
                });
                let written = written.and_then(|()| File::open(&*folder)?.sync_all());
                if written.is_err() {
                    // A part of it is of no use to anybody.
                    let _ = fs::remove_file(&path);
                }
                written
            }
        }
    }

    /// Returns what lies there.
    pub(crate) fn bytes(&self, etag: &str) -> io::Result<Bytes> {
        match self {
            Self::Memory(kept) => kept.get(etag).cloned().ok_or_else(|| io::ErrorKind::NotFound.into()),
            Self::Disk(folder) => fs::read(folder.join(etag)).map(Bytes::from),
        }
    }

    /// Takes away what nobody wants any more. What cannot be taken away is left for [`Shelf::sweep`].
    pub(crate) fn forget(&mut self, etags: impl IntoIterator<Item = Id>) {
        for etag in etags {
            match self {
                Self::Memory(kept) => drop(kept.remove(&etag)),
                Self::Disk(folder) => drop(fs::remove_file(folder.join(&*etag))),
            }
        }
    }

    /// Takes away all but these: what a process left that ended between putting it there and saying so.
    pub(crate) fn sweep<'a>(&self, wanted: impl Iterator<Item = &'a Id>) {
        let Self::Disk(folder) = self else { return };
        let Ok(entries) = fs::read_dir(folder) else { return };
        let wanted: HashSet<&str> = wanted.map(|etag| &**etag).collect();
        for entry in entries.flatten() {
            let name = entry.file_name();
            if name.to_str().is_some_and(|name| is_etag(name) && !wanted.contains(name)) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// Tells whether a file is one of ours.
fn is_etag(name: &str) -> bool {
    name.len() == 36 && name.chars().all(|c| c.is_ascii_hexdigit() || c == '-')
}
