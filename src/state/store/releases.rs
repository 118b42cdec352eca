//! Locks that are freed by a call, which a `drop` cannot wait for: they are freed in the background, and whoever ends the
//! program waits for that.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// How long the end of a program waits for all of them.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is being freed. Cheap to clone; clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Releases(Arc<Mutex<Vec<JoinHandle<()>>>>);

impl Releases {
    /// Frees something. Outside a runtime nothing can be called: what is to be freed then stays, as after a crash.
    pub(super) fn spawn(&self, freeing: impl Future<Output = ()> + Send + 'static) {
        if let Ok(runtime) = Handle::try_current() {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(runtime.spawn(freeing));
        }
    }

    /// Waits until all is freed; for ten seconds at most.
    pub async fn ended(&self) {
        let freeing = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let all = futures_util::future::join_all(freeing);
        let _ = tokio::time::timeout(PATIENCE, all).await;
    }
}
