//! The contract, kept by local files.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use super::*;
use crate::state::store::files::HeldFiles;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Option<Self> {
        Some(Self(tempfile::tempdir().unwrap()))
    }

    /// The lock files that are signed.
    fn signed(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let paths = fs::read_dir(self.0.path()).unwrap().map(|entry| entry.unwrap().path());
        let locks = paths.filter(|path| path.extension().is_some_and(|extension| extension == "lock"));
        let signed = locks.map(|path| (fs::read(&path).unwrap(), path)).filter(|(text, _)| !text.is_empty());
        signed.map(|(text, path)| (path, text)).collect()
    }
}

impl Ground for Folder {
    type Medium = Files;

    fn client(&self, train: &TrainName) -> Files {
        Files::new(self.0.path().to_owned(), train.clone())
    }

    fn kill(&self, held: HeldFiles) {
        let before = self.signed();
        drop(held);
        // Whoever is killed does not wipe its name.
        let after = self.signed();
        for (path, text) in before.into_iter().filter(|(path, _)| !after.contains_key(path)) {
            fs::write(path, text).unwrap();
        }
    }

    async fn break_lock(&self, train: &TrainName) -> bool {
        let client = self.client(train);
        let lock = client.locked().await.unwrap().unwrap();
        let refused = client.break_lock(&lock.holder.id, &holder("breaker")).await.unwrap_err();
        assert!(matches!(refused, StoreError::Unbreakable { .. }), "{refused}");
        false
    }
}

contract!(Folder::new());
