//! Locks that are freed by a call, which a `drop` cannot wait for: they are freed in the background, and whoever ends the
//! program waits for that.

use std::future::Future;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;

/// How long the end of a program waits for all of them.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many are being freed. Cheap to clone; clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Releases(watch::Sender<usize>);

/// One that is being freed, however that ends.
struct Freeing(watch::Sender<usize>);

impl Drop for Freeing {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}

impl Releases {
    /// Frees something. Outside a runtime nothing can be called: what is to be freed then stays, as after a crash.
    pub(super) fn spawn(&self, freeing: impl Future<Output = ()> + Send + 'static) {
        if let Ok(runtime) = Handle::try_current() {
            self.0.send_modify(|count| *count += 1);
            let one = Freeing(self.0.clone());
            runtime.spawn(async move {
                let _one = one;
                freeing.await;
            });
        }
    }

    /// Waits until all is freed; for ten seconds at most. Tells whether it is.
    pub async fn ended(&self) -> bool {
        let mut count = self.0.subscribe();
        tokio::time::timeout(PATIENCE, count.wait_for(|count| *count == 0)).await.is_ok()
    }
}
