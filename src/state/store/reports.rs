//! The reports: one JSON line of figures for each report that was made, appended and never changed.
//!
//! A trend needs figures of moments that are gone, and nothing else keeps them: the state holds what was applied, the
//! history who applied it, the service only what is so now. They lie beside the state and not in it
//! because nothing is ever decided by them: a report takes no lock, raises no serial and makes no plan stale, and they
//! may be deleted.

use super::medium::{Item, Medium};
use super::{Kept, Lines, ReportRecord, StoreError};

impl<M: Medium> Kept<M> {
    /// Reads what is kept of earlier reports. A report must not fail on the trend: what cannot be read is passed over.
    pub async fn reports(&self) -> Result<Lines<ReportRecord>, StoreError> {
        self.lines(&Item::Reports).await
    }

    /// Keeps the figures of a report, durably.
    pub async fn keep_report(&self, record: &ReportRecord) -> Result<(), StoreError> {
        self.add_line(&Item::Reports, record).await
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::name::TrainName;
    use crate::state::store::LocalStore;

    fn record(compliant: usize) -> ReportRecord {
        ReportRecord { compliant, systems: 3, ..ReportRecord::default() }
    }

    #[tokio::test]
    async fn reports_are_appended_and_what_is_damaged_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let store = LocalStore::new(folder.path().join("state"), TrainName::new("t"));
        assert_eq!(store.reports().await.unwrap().records, []);
        store.keep_report(&record(1)).await.unwrap();
        store.keep_report(&record(2)).await.unwrap();
        assert_eq!(store.reports().await.unwrap().records, [record(1), record(2)]);

        let path = folder.path().join("state/t.reports");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{text}nonsense\n{{\"at\": \"torn")).unwrap();
        let past = store.reports().await.unwrap();
        assert_eq!((past.records, past.unreadable), (vec![record(1), record(2)], vec![3]));
        store.keep_report(&record(3)).await.unwrap();
        let past = store.reports().await.unwrap();
        assert_eq!((past.records, past.unreadable), (vec![record(1), record(2), record(3)], vec![3, 4]));
        // A later build may say more; what this one knows is still there.
        fs::write(&path, text.replace("\"systems\"", "\"colour\":\"red\",\"systems\"")).unwrap();
        assert_eq!(store.reports().await.unwrap().records, [record(1), record(2)]);
    }
}
