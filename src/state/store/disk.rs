//! The few file operations that local files stand on, each durable when it returns unless it says otherwise, each
//! failure naming its file.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self as stdio, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::StoreError;

/// A state names instances and who patches them: nobody else's business.
const PRIVATE: u32 = 0o600;

/// Has a test's shim know what was asked of the file system, in this order.
macro_rules! noted {
    ($op:ident { $($field:tt)* }) => {
        #[cfg(test)]
        super::shim::note(super::shim::Op::$op { $($field)* });
    };
}
pub(super) use noted;

/// Wraps an error of the operating system: `map_err(io("read", path))`.
pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(stdio::Error) -> StoreError {
    let path = path.to_owned();
    move |source| StoreError::Io { action, path, source }
}

/// Reads a file; none where there is no such file or folder.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io("read", path)(error)),
    }
}

/// Removes a file, and tells whether there was one. Durable with the next [`sync_folder`].
pub(super) fn remove(path: &Path) -> Result<bool, StoreError> {
    match fs::remove_file(path) {
        Ok(()) => {
            noted!(Remove { path: path.to_owned() });
            Ok(true)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(io("remove", path)(error)),
    }
}

/// Makes a new, empty file. Its name is durable with the next [`sync_folder`].
pub(super) fn create(path: &Path) -> Result<File, StoreError> {
    let mut options = OpenOptions::new();
    let file = options.write(true).create_new(true).mode(PRIVATE).open(path).map_err(io("create", path))?;
    noted!(Create { path: path.to_owned() });
    Ok(file)
}

/// Opens a file for reading and writing, made if need be, its content kept. Nothing is synced.
pub(super) fn open_or_create(path: &Path) -> Result<File, StoreError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(PRIVATE);
    options.open(path).map_err(io("open", path))
}

/// Replaces a file by new content: after a crash at any moment it holds the old or the new, whole. An existing file's
/// mode is kept. The caller holds the lock: the file in the making has a fixed name, so that crashes do not pile up
/// litter.
pub(super) fn replace(path: &Path, content: &[u8]) -> Result<(), StoreError> {
    let making = beside(path);
    remove(&making)?;
    let mut file = create(&making)?;
    if let Ok(existing) = fs::metadata(path) {
        let mode = fs::Permissions::from_mode(existing.permissions().mode() & 0o777);
        file.set_permissions(mode).map_err(io("set the mode of", &making))?;
    }
    file.write_all(content).map_err(io("write", &making))?;
    noted!(Write { path: making.clone(), at: 0, bytes: content.to_vec() });
    file.sync_all().map_err(io("write", &making))?;
    noted!(Sync { path: making.clone() });
    fs::rename(&making, path).map_err(io("replace", path))?;
    noted!(Rename { from: making, to: path.to_owned() });
    sync_folder(folder_of(path))
}

fn beside(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".new");
    path.with_file_name(name)
}

/// Appends a line that ends in LF, and syncs the file. A last line that a crash cut short is closed first, so that it
/// spoils only itself. Written with one call in append mode: two that write at a time do no harm.
pub(super) fn append_line(path: &Path, line: &[u8]) -> Result<(), StoreError> {
    let mut options = OpenOptions::new();
    let file = options.read(true).append(true).create(true).mode(PRIVATE).open(path);
    let mut file = file.map_err(io("open", path))?;
    noted!(Create { path: path.to_owned() });
    let mut write = || {
        let length = file.seek(SeekFrom::End(0))?;
        let mut last = [b'\n'];
        if length > 0 {
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
        }
        let closed = [if last == *b"\n" { b"".as_slice() } else { b"\n" }, line].concat();
        file.write_all(&closed)?;
        noted!(Write { path: path.to_owned(), at: length, bytes: closed });
        file.sync_data()?;
        noted!(Sync { path: path.to_owned() });
        Ok(())
    };
    write().map_err(io("write", path))
}

/// Makes a folder and those above it, durably. What is there is left as it is.
pub(super) fn make_folder(folder: &Path) -> Result<(), StoreError> {
    let missing: Vec<&Path> =
        folder.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o755).create(folder).map_err(io("create", folder))?;
    missing.into_iter().try_for_each(|made| sync_folder(folder_of(made)))
}

/// Makes the names in a folder durable.
pub(super) fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(io("sync", folder))?;
    noted!(SyncFolder {});
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
}
