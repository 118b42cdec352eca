//! Makes the compliance report of a train. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::exposure::{self, Exposures};
use super::fleet::{Fleet, FleetStatus, GroupStatus, InstanceLine};
use super::{Compliance, Conformance, GroupReport, InstanceReport, Limit, Percent, Report, Summary, Unknown};
use crate::name::Ocid;
use crate::observed::{Erratum, InstanceStatus, Updates};
use crate::plan::ServiceLabel;
use crate::state::store::ReportRecord;

/// Everything a report is made of.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// Train, state and a look at the service with the packages of all members.
    pub fleet: Fleet<'a>,
    /// What the members' sources offer them; what is not there could not be read.
    pub updates: &'a BTreeMap<Ocid, Updates>,
    /// Errata by the service's id, as far as they could be read.
    pub errata: &'a BTreeMap<Arc<str>, Erratum>,
    /// Where the service is.
    pub service: &'a ServiceLabel,
    /// When it was asked.
    pub now: Timestamp,
    /// What is kept of earlier reports, in any order.
    pub earlier: &'a [ReportRecord],
}

/// Makes the report.
pub fn make(input: &Input<'_>) -> Report {
    let status = input.fleet.status(input.service, input.now);
    let mut exposures = Exposures::new(input.errata);
    let (mut groups, mut instances, mut all) = (Vec::new(), Vec::new(), Tally::default());
    for group in &status.groups {
        let mut tally = Tally::default();
        for line in &group.instances {
            let updates = input.updates.get(&line.id).filter(|_| line.status.is_some());
            let cves = updates.map(|updates| exposures.of_instance(&line.label, updates));
            let exposure = cves.as_ref().map(|cves| exposures.count(cves.iter().copied()));
            let report = InstanceReport {
                updates: updates.map(exposure::outstanding),
                security: compliance(line, updates),
                cves: exposure,
                ..instance(group, line)
            };
            for tally in [&mut tally, &mut all] {
                tally.count(&report, cves.as_deref().unwrap_or_default());
            }
            instances.push(report);
        }
        groups.push(GroupReport {
            name: group.name.clone(),
            release: group.release.clone(),
            // Whatever has a status is a group of the file.
            line: input.fleet.train.group(&group.name).map_or(1, |group| group.line),
            at_level: group.at_level,
            allowed: group.allowed,
            summary: tally.end(&exposures),
        });
    }
    let summary = all.end(&exposures);
    let stale = status.groups.iter().flat_map(|group| &group.instances).filter(|line| line.is_stale).count();
    Report {
        train: status.train.clone(),
        file: input.fleet.train.file.display().to_string(),
        at: status.at,
        tool: env!("CARGO_PKG_VERSION"),
        serial: status.serial,
        service: input.service.clone(),
        limits: limits(&summary, &instances, stale),
        trend: trend(&status, &summary, input.earlier),
        groups,
        instances,
        cves: exposures.into_cves(),
        summary,
    }
}

/// Describes an instance without its updates.
fn instance(group: &GroupStatus, line: &InstanceLine) -> InstanceReport {
    let conformance = line.verdict.as_ref().map(|verdict| Conformance {
        behind: verdict.behind.len(),
        ahead: verdict.ahead.len(),
        extra: verdict.extra.len(),
        missing: verdict.missing.len(),
        exact: verdict.exact,
        unmanaged: verdict.unmanaged,
    });
    InstanceReport {
        id: line.id.clone(),
        name: Arc::clone(&line.label),
        group: group.name.clone(),
        release: group.release.clone(),
        rides: line.rides.clone(),
        on_release: line.on_release,
        agent: line.status,
        updates: None,
        security: Compliance::Unknown { because: Unknown::NotRead },
        cves: None,
        conformance,
        streams: line.streams.clone(),
        at_level: line.at_level,
        // What was proven once and no longer holds is not "since".
        at_level_since: line.at_level_since.filter(|_| line.at_level),
        reboot_required: line.reboot_required,
        last_checkin: line.last_checkin,
        running_kernel: line.running_kernel.clone(),
        effective_kernel: line.effective_kernel.clone(),
    }
}

fn compliance(line: &InstanceLine, updates: Option<&Updates>) -> Compliance {
    let unknown = |because| Compliance::Unknown { because };
    match (line.status, updates) {
        (None, _) => unknown(Unknown::NoSuchInstance),
        (Some(_), None) => unknown(Unknown::NotRead),
        (Some(_), Some(updates)) if exposure::outstanding(updates).security > 0 => Compliance::NotCompliant,
        (Some(_), Some(_)) if line.rides.is_none() => unknown(Unknown::NoSource),
        (Some(_), Some(_)) => Compliance::Compliant,
    }
}

/// Instances being counted.
#[derive(Default)]
struct Tally {
    summary: Summary,
    cves: BTreeSet<usize>,
}

impl Tally {
    fn count(&mut self, report: &InstanceReport, cves: &[usize]) {
        let summary = &mut self.summary;
        summary.systems += 1;
        *match report.security {
            Compliance::Compliant => &mut summary.compliant,
            Compliance::NotCompliant => &mut summary.not_compliant,
            Compliance::Unknown { .. } => &mut summary.unknown,
        } += 1;
        summary.at_level += usize::from(report.at_level);
        summary.reboot += usize::from(report.reboot_required);
        summary.unreachable += usize::from(is_silent(report));
        if let Some(conformance) = &report.conformance {
            summary.behind += usize::from(conformance.behind > 0);
            summary.ahead += usize::from(conformance.ahead > 0);
            summary.extra += usize::from(conformance.extra > 0);
            summary.missing += usize::from(conformance.missing > 0);
        }
        if let Some(updates) = &report.updates {
            summary.updates.security += updates.security;
            summary.updates.bug += updates.bug;
            summary.updates.enhancement += updates.enhancement;
            summary.updates.other += updates.other;
        }
        self.cves.extend(cves);
    }

    fn end(self, exposures: &Exposures<'_>) -> Summary {
        let Self { mut summary, cves } = self;
        summary.cves = exposures.count(cves);
        summary.compliant_percent = Percent::of(summary.compliant, summary.systems);
        summary.at_level_percent = Percent::of(summary.at_level, summary.systems);
        summary
    }
}

fn is_silent(report: &InstanceReport) -> bool {
    matches!(report.agent, Some(InstanceStatus::Unreachable | InstanceStatus::Error))
}

/// Returns earlier reports and this one. What was made "later" was so by another clock: a simulator that began anew.
fn trend(status: &FleetStatus, summary: &Summary, earlier: &[ReportRecord]) -> Vec<ReportRecord> {
    let mut trend: Vec<ReportRecord> =
        earlier.iter().filter(|record| record.at <= status.at).cloned().collect();
    trend.sort_by_key(|record| record.at);
    trend.push(summary.record(status.at, status.serial));
    trend
}

impl Summary {
    /// Returns what is kept of it.
    pub(crate) fn record(&self, at: Timestamp, serial: u64) -> ReportRecord {
        ReportRecord {
            at,
            serial,
            systems: self.systems,
            compliant: self.compliant,
            not_compliant: self.not_compliant,
            at_level: self.at_level,
            security: self.updates.security,
            bug: self.updates.bug,
            enhancement: self.updates.enhancement,
            other: self.updates.other,
            cves: self.cves.total(),
            reboot: self.reboot,
        }
    }
}

fn limits(summary: &Summary, instances: &[InstanceReport], stale: usize) -> Vec<Limit> {
    let unknown =
        |why| instances.iter().filter(|one| one.security == Compliance::Unknown { because: why }).count();
    let on_release = instances.iter().filter(|one| one.on_release).count();
    let stated = summary.cves.total() - summary.cves.not_stated;
    [
        (on_release, Limit::OnRelease { instances: on_release }),
        (unknown(Unknown::NoSource), Limit::NoSource { instances: unknown(Unknown::NoSource) }),
        (
            unknown(Unknown::NoSuchInstance),
            Limit::NoSuchInstance { instances: unknown(Unknown::NoSuchInstance) },
        ),
        (unknown(Unknown::NotRead), Limit::NotRead { instances: unknown(Unknown::NotRead) }),
        (summary.unreachable, Limit::Silent { instances: summary.unreachable }),
        (stale, Limit::ListedBefore { instances: stale }),
        (stated, Limit::SeverityOfErrata { cves: stated }),
        (summary.cves.not_stated, Limit::SeverityNotStated { cves: summary.cves.not_stated }),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(_, limit)| limit)
    .collect()
}
