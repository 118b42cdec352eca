//! The runtime folder: where the processes of one user on one machine find out who serves a world.
//!
//! It lies outside the workspace, which a plan must leave untouched. For each world, named by the digest of its path,
//! there is a lock file that the serving process holds locked (the kernel frees it, however the process ends) and a
//! port file that says where it listens. The port file means nothing while the lock is free.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::package::Digest;

/// The files of one world.
#[derive(Clone, Debug)]
pub(super) struct Files {
    lock: PathBuf,
    port: PathBuf,
}

/// Where a world is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Served {
    /// The port on loopback.
    pub(super) port: u16,
    /// The process.
    pub(super) process: u32,
}

impl Files {
    /// Finds the files of a world in the user's runtime folder, which is made if need be.
    pub(super) fn of(world: &Path) -> io::Result<Self> {
        Self::within(&folder()?, world)
    }

    /// The same in a given folder.
    pub(super) fn within(folder: &Path, world: &Path) -> io::Result<Self> {
        let key = Digest::of([canonical(world)?.as_os_str().as_encoded_bytes()]).hex();
        let file = |ending| folder.join(format!("{}.{ending}", &key[..24]));
        Ok(Self { lock: file("lock"), port: file("port") })
    }

    /// Takes the lock; none when another process, or another handle of this one, has it.
    pub(super) fn try_lock(&self) -> io::Result<Option<File>> {
        let options = File::options().read(true).write(true).create(true).truncate(false).open(&self.lock);
        let file = options.map_err(|error| at(&self.lock, error))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(at(&self.lock, error)),
        }
    }

    /// Tells whether somebody has the lock, and takes it for no longer than the question.
    pub(super) fn is_locked(&self) -> io::Result<bool> {
        let file = File::open(&self.lock).map_err(|error| at(&self.lock, error))?;
        match file.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(at(&self.lock, error)),
        }
    }

    /// Takes back what was said; only for the holder of the lock, just before it goes.
    pub(super) fn withdraw(&self) {
        // A port file that stays is only a file: it means nothing while the lock is free.
        let _ = fs::remove_file(&self.port);
    }

    /// Says where the world is served; only for the holder of the lock.
    pub(super) fn publish(&self, served: Served) -> io::Result<()> {
        let text = serde_json::to_vec(&served)?;
        let folder = self.port.parent().unwrap_or(Path::new("/"));
        let write = || {
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            io::Write::write_all(&mut file, &text)?;
            file.persist(&self.port).map_err(|error| error.error)
        };
        write().map(|_| ()).map_err(|error| at(&self.port, error))
    }

    /// Reads where the world is served, or was.
    pub(super) fn read(&self) -> Option<Served> {
        serde_json::from_slice(&fs::read(&self.port).ok()?).ok()
    }
}

fn at(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// `$XDG_RUNTIME_DIR/patchtrain`, or a folder of this user's alone under `/tmp`.
fn folder() -> io::Result<PathBuf> {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let folder = match runtime.filter(|path| path.is_absolute() && path.is_dir()) {
        Some(runtime) => runtime.join("patchtrain"),
        None => PathBuf::from(format!("/tmp/patchtrain-{}", user()?)),
    };
    private(&folder)?;
    Ok(folder)
}

/// Makes a folder that only this user can write to, or checks that it is one: who can write there can lead this
/// program to a server of his own.
fn private(folder: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(at(folder, error)),
        _ => {}
    }
    let found = fs::symlink_metadata(folder).map_err(|error| at(folder, error))?;
    if !found.is_dir() || found.uid() != user()? || found.mode() & 0o022 != 0 {
        let message = format!(
            "{}: not a folder that only you can write to; remove it, or set XDG_RUNTIME_DIR",
            folder.display()
        );
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
    }
    Ok(())
}

/// The user's number, as the kernel shows it of this process.
fn user() -> io::Result<u32> {
    let path = Path::new("/proc/self");
    fs::metadata(path).map(|found| found.uid()).map_err(|error| at(path, error))
}

/// The one path of a folder that may not be there yet: links resolved as far as it is there.
fn canonical(path: &Path) -> io::Result<PathBuf> {
    let path = std::path::absolute(path)?;
    for ancestor in path.ancestors() {
        if let Ok(real) = ancestor.canonicalize() {
            let rest = path.strip_prefix(ancestor).unwrap_or(Path::new(""));
            // Joining an empty rest would add a slash that is a difference in bytes.
            return Ok(if rest.as_os_str().is_empty() { real } else { real.join(rest) });
        }
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_world_has_one_name_before_and_after_it_is_there_and_through_links() {
        let folder = tempfile::tempdir().unwrap();
        let world = folder.path().join("state/simulator");
        std::os::unix::fs::symlink(folder.path(), folder.path().join("link")).unwrap();
        let before = canonical(&world).unwrap();
        assert_eq!(canonical(&folder.path().join("link/state/simulator")).unwrap(), before);
        fs::create_dir_all(&world).unwrap();
        assert_eq!(canonical(&world).unwrap(), before);
        assert_eq!(canonical(&folder.path().join("link/state/simulator/")).unwrap(), before);
    }

    #[test]
    fn one_has_the_lock_and_the_port_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::within(folder.path(), Path::new("/w")).unwrap();
        let other = Files::within(folder.path(), Path::new("/v")).unwrap();
        let held = files.try_lock().unwrap();
        assert!(held.is_some());
        assert!(files.try_lock().unwrap().is_none());
        assert!(other.try_lock().unwrap().is_some());
        drop(held);
        assert!(files.try_lock().unwrap().is_some());
        assert_eq!(files.read(), None);
        let served = Served { port: 4711, process: 1 };
        files.publish(served).unwrap();
        assert_eq!((files.read(), other.read()), (Some(served), None));
    }

    #[test]
    fn a_folder_that_others_can_write_to_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run");
        private(&path).unwrap();
        private(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(private(&path).is_err());
    }
}
