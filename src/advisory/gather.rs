//! What readers gather: advisories, what was left out of them, and one copy of each text.

use std::collections::HashSet;
use std::sync::Arc;

use super::fault::Warnings;
use super::{Advisory, words};
use crate::document::shown;

/// What has been read so far.
#[derive(Debug, Default)]
pub(super) struct Gather {
    pub(super) advisories: Vec<Advisory>,
    pub(super) warnings: Warnings,
    /// Advisories that are about other systems only.
    pub(super) elsewhere: usize,
    texts: HashSet<Arc<str>>,
}

impl Gather {
    /// Returns the one copy of a text.
    pub(super) fn text(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.texts.get(text) {
            return Arc::clone(known);
        }
        let text: Arc<str> = text.into();
        self.texts.insert(Arc::clone(&text));
        text
    }

    /// Adds the name of a CVE, where it is one.
    pub(super) fn cve(&mut self, cves: &mut Vec<Arc<str>>, text: &str, line: u64, id: Option<&Arc<str>>) {
        match words::cve(text) {
            Some(name) => {
                let name = self.text(&name);
                if !cves.contains(&name) {
                    cves.push(name);
                }
            }
            None => {
                let message = format!("`{}` is not the name of a CVE: expected `CVE-YYYY-NNNN`", shown(text));
                self.warnings.push(line, id, message);
            }
        }
    }

    /// Reads a point in time, where one is told.
    pub(super) fn moment(&mut self, text: &str, line: u64, id: Option<&Arc<str>>) -> Option<jiff::Timestamp> {
        let moment = words::moment(text);
        if moment.is_none() && !text.is_empty() {
            self.warnings.push(line, id, format!("`{}` is not a date", shown(text)));
        }
        moment
    }
}
