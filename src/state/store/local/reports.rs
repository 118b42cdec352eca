//! `<train>.reports`: one JSON line of figures for each report that was made, appended and never changed.
//!
//! A trend needs figures of moments that are gone, and nothing else keeps them: the state holds what was applied, the
//! history who applied it, the service only what is so now. They lie in a file of their own and not in the state
//! because nothing is ever decided by them: a report takes no lock, raises no serial and makes no plan stale, and the
//! file may be deleted. The line is written with one call in append mode, so that two reports at a time do no harm.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;

use super::{LocalStore, StoreError, files};
use crate::state::store::{PastReports, ReportRecord};

impl LocalStore {
    /// Reads what is kept of earlier reports. Lines that cannot be read are passed over and counted: a report must not
    /// fail on the trend. A last line without its end is one that a crash cut short, and does not count.
    pub fn reports(&self) -> Result<PastReports, StoreError> {
        let path = self.path("reports");
        let bytes = files::read(&path)?.unwrap_or_default();
        let mut past = PastReports { path, records: Vec::new(), unreadable: Vec::new() };
        for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let Some(line) = line.strip_suffix(b"\n") else { break };
            match serde_json::from_slice(line) {
                _ if line.is_empty() => {}
                Ok(record) => past.records.push(record),
                Err(_) => past.unreadable.push(index + 1),
            }
        }
        Ok(past)
    }

    /// Keeps the figures of a report, durably.
    pub fn keep_report(&self, record: &ReportRecord) -> Result<(), StoreError> {
        let path = self.path("reports");
        files::make_folder(&self.folder)?;
        let torn = files::read(&path)?.is_some_and(|bytes| bytes.last().is_some_and(|last| *last != b'\n'));
        let mut line = if torn { b"\n".to_vec() } else { Vec::new() };
        serde_json::to_writer(&mut line, record).map_err(|error| files::io("write", &path)(error.into()))?;
        line.push(b'\n');
        let mut options = OpenOptions::new();
        let file = options.append(true).create(true).mode(0o600).open(&path);
        let mut file = file.map_err(files::io("open", &path))?;
        file.write_all(&line).and_then(|()| file.sync_all()).map_err(files::io("write", &path))?;
        files::sync_folder(&self.folder)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::name::TrainName;

    fn record(compliant: usize) -> ReportRecord {
        ReportRecord { compliant, systems: 3, ..ReportRecord::default() }
    }

    #[test]
    fn reports_are_appended_and_what_is_damaged_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let store = LocalStore::new(folder.path().join("state"), TrainName::new("t"));
        assert_eq!(store.reports().unwrap().records, []);
        store.keep_report(&record(1)).unwrap();
        store.keep_report(&record(2)).unwrap();
        assert_eq!(store.reports().unwrap().records, [record(1), record(2)]);

        let path = folder.path().join("state/t.reports");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{text}nonsense\n{{\"at\": \"torn")).unwrap();
        let past = store.reports().unwrap();
        assert_eq!((past.records, past.unreadable), (vec![record(1), record(2)], vec![3]));
        store.keep_report(&record(3)).unwrap();
        let past = store.reports().unwrap();
        assert_eq!((past.records, past.unreadable), (vec![record(1), record(2), record(3)], vec![3, 4]));
        // A later build may say more; what this one knows is still there.
        fs::write(&path, text.replace("\"systems\"", "\"colour\":\"red\",\"systems\"")).unwrap();
        assert_eq!(store.reports().unwrap().records, [record(1), record(2)]);
    }
}
