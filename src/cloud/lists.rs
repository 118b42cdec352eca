//! Lists that many want at once: read by one caller for all of them, and read again only when somebody wants a newer
//! one.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::CloudError;

/// How long a list serves; longer where reading it takes long, so that no more than a fifth of the time goes into it.
const FRESH: Duration = Duration::from_millis(500);
const SHARE: u32 = 4;

/// Lists by what they are of.
pub(super) struct Lists<K, V> {
    lists: Mutex<HashMap<K, Slot<V>>>,
}

/// Locked while it is read, so that who comes meanwhile waits and has it too.
type Slot<V> = Arc<tokio::sync::Mutex<Option<List<V>>>>;

struct List<V> {
    begun: Instant,
    good_for: Duration,
    value: Arc<V>,
}

impl<K: Eq + Hash, V> Lists<K, V> {
    /// Returns a list, as of a moment or later where one is given.
    pub(super) async fn get(
        &self,
        key: K,
        since: Option<Instant>,
        read: impl AsyncFnOnce() -> Result<V, CloudError>,
    ) -> Result<Arc<V>, CloudError> {
        let slot = {
            let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(lists.entry(key).or_default())
        };
        let mut slot = slot.lock().await;
        if let Some(known) = &*slot
            && since.is_none_or(|since| known.begun >= since)
            && known.begun.elapsed() < known.good_for
        {
            return Ok(Arc::clone(&known.value));
        }
        let begun = Instant::now();
        let value = Arc::new(read().await?);
        let good_for = FRESH.max(begun.elapsed() * SHARE);
        *slot = Some(List { begun, good_for, value: Arc::clone(&value) });
        Ok(value)
    }
}

impl<K, V> Default for Lists<K, V> {
    fn default() -> Self {
        Self { lists: Mutex::default() }
    }
}

impl<K, V> fmt::Debug for Lists<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lists").finish_non_exhaustive()
    }
}
