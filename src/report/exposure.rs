//! From outstanding updates to CVEs: which there are, how bad the errata say they are, and which an update mends.
//!
//! Thousands of instances share some hundred updates, so that each distinct one is looked at once; an instance then
//! only joins short lists of numbers.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::{CveReport, Exposure, Outstanding};
use crate::advisory::Severity;
use crate::observed::{AvailableUpdate, Erratum, Updates};
use crate::patching::UpdateKind;

/// All CVEs met so far.
pub(super) struct Exposures<'a> {
    errata: &'a BTreeMap<Arc<str>, Erratum>,
    numbers: HashMap<Arc<str>, usize>,
    cves: Vec<Cve>,
    /// The CVEs of each update, by where it lies: equal updates in two places only cost a second look.
    seen: HashMap<*const AvailableUpdate, Vec<usize>>,
}

struct Cve {
    name: Arc<str>,
    severity: Option<Severity>,
    errata: BTreeSet<Arc<str>>,
    packages: BTreeSet<Arc<str>>,
    instances: Vec<Arc<str>>,
}

impl<'a> Exposures<'a> {
    pub(super) fn new(errata: &'a BTreeMap<Arc<str>, Erratum>) -> Self {
        Self { errata, numbers: HashMap::new(), cves: Vec::new(), seen: HashMap::new() }
    }

    /// Takes in the updates of an instance and returns the numbers of its CVEs, each once.
    pub(super) fn of_instance(&mut self, label: &Arc<str>, updates: &Updates) -> Vec<usize> {
        let mut numbers = Vec::new();
        for update in updates {
            match self.seen.get(&Arc::as_ptr(update)) {
                Some(known) => numbers.extend_from_slice(known),
                None => {
                    let found = self.of_update(update);
                    numbers.extend_from_slice(&found);
                    self.seen.insert(Arc::as_ptr(update), found);
                }
            }
        }
        numbers.sort_unstable();
        numbers.dedup();
        for number in &numbers {
            self.cves[*number].instances.push(Arc::clone(label));
        }
        numbers
    }

    /// Counts CVEs by severity.
    pub(super) fn count(&self, numbers: impl IntoIterator<Item = usize>) -> Exposure {
        let mut exposure = Exposure::default();
        for number in numbers {
            *match self.cves[number].severity {
                Some(Severity::Critical) => &mut exposure.critical,
                Some(Severity::Important) => &mut exposure.important,
                Some(Severity::Moderate) => &mut exposure.moderate,
                Some(Severity::Low) => &mut exposure.low,
                None => &mut exposure.not_stated,
            } += 1;
        }
        exposure
    }

    /// Returns all CVEs: the worst first, then those on most instances, then by name.
    pub(super) fn into_cves(self) -> Vec<CveReport> {
        let mut cves = self.cves;
        cves.sort_by(|a, b| {
            let order = b.severity.cmp(&a.severity).then(b.instances.len().cmp(&a.instances.len()));
            order.then_with(|| a.name.cmp(&b.name))
        });
        let report = |cve: Cve| CveReport {
            name: cve.name,
            severity: cve.severity,
            errata: cve.errata.into_iter().collect(),
            packages: cve.packages.into_iter().collect(),
            instances: cve.instances,
        };
        cves.into_iter().map(report).collect()
    }

    fn of_update(&mut self, update: &AvailableUpdate) -> Vec<usize> {
        let mut numbers = Vec::with_capacity(update.cves.len());
        for name in &update.cves {
            let number = *self.numbers.entry(Arc::clone(name)).or_insert_with(|| {
                let (errata, packages) = (BTreeSet::new(), BTreeSet::new());
                let instances = Vec::new();
                self.cves.push(Cve { name: Arc::clone(name), severity: None, errata, packages, instances });
                self.cves.len() - 1
            });
            let cve = &mut self.cves[number];
            cve.packages.insert(Arc::clone(&update.name));
            let names = |erratum: &Erratum| erratum.cves.contains(name);
            let mut told =
                update.errata.iter().filter(|link| self.errata.get(&link.id).is_some_and(names)).peekable();
            if told.peek().is_some() {
                for link in told {
                    cve.errata.insert(Arc::clone(&link.name));
                    cve.severity =
                        cve.severity.max(self.errata.get(&link.id).and_then(|known| known.severity));
                }
            } else {
                // No erratum that could be read names it; the update does, so that one of its errata must mend it.
                cve.errata.extend(update.errata.iter().map(|link| Arc::clone(&link.name)));
                if let [only] = &update.errata[..] {
                    cve.severity =
                        cve.severity.max(self.errata.get(&only.id).and_then(|known| known.severity));
                }
            }
            numbers.push(number);
        }
        numbers
    }
}

/// Counts updates by what they are for.
pub(super) fn outstanding(updates: &Updates) -> Outstanding {
    let mut counts = Outstanding::default();
    for update in updates {
        *match update.kind {
            UpdateKind::Security => &mut counts.security,
            UpdateKind::Bugfix => &mut counts.bug,
            UpdateKind::Enhancement => &mut counts.enhancement,
            UpdateKind::Other => &mut counts.other,
        } += 1;
    }
    counts
}
