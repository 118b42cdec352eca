//! A new line of descent in place of another: what was there is kept beside it, whole, before anything is replaced.

use std::path::{Path, PathBuf};

use super::{Base, LocalSession, State, StoreError, blocking, describe, files, snapshot};

/// How much of a lineage is enough to tell two apart in a file's name.
const SHORT: usize = 12;

/// Reads a state from a file, wherever it lies and of whichever train it is.
pub fn read_state(path: &Path) -> Result<State, StoreError> {
    let bytes =
        files::read(path)?.ok_or_else(|| files::io("read", path)(std::io::ErrorKind::NotFound.into()))?;
    snapshot::parse(path, &bytes, None)
}

impl LocalSession {
    /// Replaces the state by one of another lineage, durably. The snapshot that was there is kept first, byte by byte,
    /// as `<train>.<lineage>-<serial>.backup`, which is returned: after an error, and after a crash at any point, it
    /// stands in its place or in the backup, and mostly in both.
    pub fn supersede(&mut self, state: &State) -> Result<PathBuf, StoreError> {
        blocking(|| {
            // With whatever a run has left in the journal, which would fit nothing any more.
            let Some(before) = self.read()?.as_ref().map(Base::of) else {
                return Err(
                    self.conflict(format!("there is no state that {} could replace", describe_state(state)))
                );
            };
            if state.train != before.train || state.lineage == before.lineage || state.serial == 0 {
                let (before, after) = (describe(Some(&before)), describe_state(state));
                return Err(self.conflict(format!("it is at {before}, which {after} cannot replace")));
            }
            let path = self.store.path("json");
            let bytes = files::read(&path)?.unwrap_or_default();
            let lineage: String =
                before.lineage.0.chars().filter(char::is_ascii_alphanumeric).take(SHORT).collect();
            let backup = self.store.path(&format!("{lineage}-{}.backup", before.serial));
            match files::read(&backup)? {
                // Another try, cut short before the snapshot was replaced.
                Some(kept) if kept == bytes => {}
                Some(_) => {
                    let problem =
                        format!("{} holds another state and would be overwritten", backup.display());
                    return Err(self.conflict(problem));
                }
                None => files::replace(&backup, &bytes)?,
            }
            let mut stamped = state.clone();
            snapshot::stamp(&mut stamped);
            snapshot::write(&path, &stamped)?;
            self.snapshot = Some(Some(Base::of(state)));
            Ok(backup)
        })
    }
}

fn describe_state(state: &State) -> String {
    describe(Some(&Base::of(state)))
}
