//! The inventory: what was last observed, whole or not at all. A cache and not state: it is written without the lock,
//! raises no serial, makes no plan stale, and may be deleted. What stands in it is its writer's business.

use super::medium::{Item, Look, Medium, Place};
use super::{Kept, StoreError};

impl<M: Medium> Kept<M> {
    /// Says where the inventory lies, if there is one.
    pub fn inventory_place(&self) -> Place {
        self.medium().place(&Item::Inventory)
    }

    /// Reads the inventory; none where there is none.
    pub async fn inventory(&self) -> Result<Option<Vec<u8>>, StoreError> {
        self.medium().look().read(&Item::Inventory).await
    }

    /// Replaces the inventory, durably. Several may do so at a time: the last one stands.
    pub async fn keep_inventory(&self, text: &[u8]) -> Result<(), StoreError> {
        self.medium().put(&Item::Inventory, text).await
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::name::TrainName;
    use crate::state::store::LocalStore;

    #[tokio::test]
    async fn the_last_one_stands_and_nothing_lies_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        let store = LocalStore::new(state.clone(), TrainName::new("t"));
        assert_eq!(store.inventory().await.unwrap(), None);
        for text in ["one", "two"] {
            store.keep_inventory(text.as_bytes()).await.unwrap();
            assert_eq!(store.inventory().await.unwrap().as_deref(), Some(text.as_bytes()));
        }
        let files = fs::read_dir(&state).unwrap();
        let files: Vec<_> = files.map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(files, ["t.inventory"]);
        // What stands in its place and cannot be replaced is named.
        let place = state.join("t.inventory");
        assert_eq!(store.inventory_place().to_string(), place.display().to_string());
        fs::remove_file(&place).unwrap();
        fs::create_dir(&place).unwrap();
        fs::write(place.join("full"), "").unwrap();
        let error = store.keep_inventory(b"three").await.unwrap_err().to_string();
        assert!(error.contains("t.inventory"), "{error}");
    }
}
