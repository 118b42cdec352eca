//! What a report finds fault with, one thing at a time, for those who keep lists of such things: test reports, code
//! scanning. Pure; how many a reader can take is [`crate::render`]'s business.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::{Compliance, CveReport, GroupReport, InstanceReport, Report};
use crate::advisory::Severity;
use crate::observed::InstanceStatus;

/// How an instance fares, if its report is read as a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// No security update is outstanding, and it is at its release's level.
    Passed,
    /// One is, or it is not.
    Failed,
    /// One of both cannot be said, and the other is as it should be, or cannot be said either.
    Skipped,
}

/// Tells how an instance fares. What is known to be wrong counts, however old the news: an instance that fell silent
/// with updates outstanding has failed.
pub fn standing(instance: &InstanceReport) -> Standing {
    let secure = match instance.security {
        Compliance::Compliant => Some(true),
        Compliance::NotCompliant => Some(false),
        Compliance::Unknown { .. } => None,
    };
    match (secure, level(instance)) {
        (Some(false), _) | (_, Some(false)) => Standing::Failed,
        (Some(true), Some(true)) => Standing::Passed,
        _ => Standing::Skipped,
    }
}

/// Tells whether it is at level; none where nobody can say: whoever is silent is never at level, whatever it holds.
fn level(instance: &InstanceReport) -> Option<bool> {
    let behind = instance.conformance.is_some_and(|conformance| conformance.behind > 0);
    match (instance.at_level, is_silent(instance)) {
        (true, _) => Some(true),
        (false, true) if behind || !instance.on_release => Some(false),
        (false, true) => None,
        (false, false) => instance.conformance.map(|_| false),
    }
}

fn is_silent(instance: &InstanceReport) -> bool {
    instance.agent == Some(InstanceStatus::Unreachable)
}

/// What is wrong. In order: what matters most comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Matter {
    /// Security updates are outstanding.
    NotCompliant,
    /// The level of its release is not reached.
    BelowLevel,
    /// Nobody can say whether security updates are outstanding.
    Unknown,
    /// The agent does not check in.
    Silent,
    /// It waits for a reboot.
    Reboot,
    /// A CVE is open.
    Cve,
}

/// Whom it is wrong with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject<'a> {
    /// One instance.
    Instance(&'a InstanceReport),
    /// The instances of a group that a CVE is open on, by label.
    Cve(&'a CveReport, Vec<&'a Arc<str>>),
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding<'a> {
    /// What.
    pub matter: Matter,
    /// In which group.
    pub group: &'a GroupReport,
    /// With whom.
    pub subject: Subject<'a>,
}

impl Finding<'_> {
    /// Returns the severity, where it is of a CVE that has one.
    pub fn severity(&self) -> Option<Severity> {
        match &self.subject {
            Subject::Cve(cve, _) => cve.severity,
            Subject::Instance(_) => None,
        }
    }
}

/// Lists all that is wrong: of instances by matter and in the order of the report, then the CVEs of each group, the worst
/// first.
pub fn findings(report: &Report) -> Vec<Finding<'_>> {
    let groups: BTreeMap<_, _> = report.groups.iter().map(|group| (&group.name, group)).collect();
    let mut findings = Vec::new();
    for matter in [Matter::NotCompliant, Matter::BelowLevel, Matter::Unknown, Matter::Silent, Matter::Reboot]
    {
        let ones = report.instances.iter().filter(|one| has(one, matter));
        findings.extend(ones.filter_map(|one| {
            let group = *groups.get(&one.group)?;
            Some(Finding { matter, group, subject: Subject::Instance(one) })
        }));
    }
    let group_of: HashMap<&str, usize> = report
        .instances
        .iter()
        .filter_map(|one| {
            let index = report.groups.iter().position(|group| group.name == one.group)?;
            Some((&*one.name, index))
        })
        .collect();
    for cve in &report.cves {
        let mut on: BTreeMap<usize, Vec<&Arc<str>>> = BTreeMap::new();
        for label in &cve.instances {
            if let Some(index) = group_of.get(&**label) {
                on.entry(*index).or_default().push(label);
            }
        }
        findings.extend(on.into_iter().map(|(index, labels)| Finding {
            matter: Matter::Cve,
            group: &report.groups[index],
            subject: Subject::Cve(cve, labels),
        }));
    }
    findings
}

fn has(instance: &InstanceReport, matter: Matter) -> bool {
    match matter {
        Matter::NotCompliant => instance.security == Compliance::NotCompliant,
        Matter::BelowLevel => level(instance) == Some(false),
        Matter::Unknown => matches!(instance.security, Compliance::Unknown { .. }),
        Matter::Silent => is_silent(instance),
        Matter::Reboot => instance.reboot_required,
        Matter::Cve => false,
    }
}
