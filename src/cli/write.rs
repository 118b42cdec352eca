//! Files that commands write for people: whole or not at all, and never over something that nobody asked to replace.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Replaces the content of a file that is there. It keeps its mode; a link is followed.
pub(super) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = fs::canonicalize(path)?;
    let folder = path.parent().unwrap_or(Path::new("/"));
    let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
    temporary.write_all(text.as_bytes())?;
    temporary.as_file().set_permissions(fs::metadata(&path)?.permissions())?;
    temporary.as_file().sync_all()?;
    temporary.persist(&path)?;
    File::open(folder)?.sync_all()
}

/// Makes a file, with the folders it needs. One that is there is an error (`AlreadyExists`), and stays as it is.
pub(super) fn create(path: &Path, text: &str) -> io::Result<()> {
    // What a file gets that is made by a shell: the umask takes from it.
    create_with(path, text, 0o666)
}

/// The same for what is nobody else's business.
pub(super) fn create_private(path: &Path, text: &str) -> io::Result<()> {
    create_with(path, text, 0o600)
}

fn create_with(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mode = Permissions::from_mode(mode);
    let mut temporary = tempfile::Builder::new().permissions(mode).tempfile_in(folder)?;
    temporary.write_all(text.as_bytes())?;
    temporary.as_file().sync_all()?;
    temporary.persist_noclobber(path)?;
    File::open(folder)?.sync_all()
}

/// Writes a document: whole or not at all, so that a page on a web server is never half a one. One that is there is
/// replaced. It is for others to read, as far as the user's mask lets them.
pub(super) fn publish(path: &Path, document: &str) -> io::Result<()> {
    // A pipe or a device (/dev/stdout) can be written to and not be replaced.
    if fs::metadata(path).is_ok_and(|known| !known.is_file()) {
        return fs::write(path, document);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut temporary =
        tempfile::Builder::new().permissions(Permissions::from_mode(0o666)).tempfile_in(folder)?;
    temporary.write_all(document.as_bytes())?;
    temporary.as_file().sync_all()?;
    temporary.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_file_keeps_its_mode_and_a_link_its_target() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("file", &link).unwrap();
        replace(&link, "new").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert!(replace(&folder.path().join("none"), "").is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn nothing_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deep/er/file");
        create(&file, "first").unwrap();
        assert_eq!(create(&file, "second").map_err(|error| error.kind()), Err(io::ErrorKind::AlreadyExists));
        assert_eq!(fs::read_to_string(&file).unwrap(), "first");
        assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_document_replaces_the_one_before_or_leaves_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.html");
        publish(&path, "one").unwrap();
        publish(&path, "two").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(publish(&folder.path().join("nowhere/report.html"), "x").is_err());
    }
}
