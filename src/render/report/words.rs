//! The words of the compliance report: one wording for each thing, in whichever format.

use std::borrow::Cow;

use super::super::words::{count, counts, time};
use crate::advisory::Severity;
use crate::observed::InstanceStatus;
use crate::report::{
    Compliance, CveReport, Exposure, InstanceReport, Limit, Matter, Percent, Report, Unknown,
};

/// What stands where nobody knows.
pub(super) const UNKNOWN: &str = "?";

/// The head of the column for kernels that are patched in memory.
pub(super) const EFFECTIVE: &str = "Kernel by Ksplice";

/// Tells whether any kernel is: else there is no such column.
pub(super) fn are_patched(report: &Report) -> bool {
    report.instances.iter().any(|instance| instance.effective_kernel.is_some())
}

/// Says what a report comes to.
pub(super) fn verdict(report: &Report) -> String {
    let summary = &report.summary;
    format!(
        "{} of {} security compliant ({}), {} at the level of {} release ({}), {} open.",
        summary.compliant,
        count(summary.systems, "instance"),
        percent(summary.compliant_percent),
        summary.at_level,
        if summary.systems == 1 { "its" } else { "their" },
        percent(summary.at_level_percent),
        count(summary.cves.total(), "CVE"),
    )
}

pub(super) fn percent(percent: Option<Percent>) -> String {
    percent.map_or_else(|| "no instances".to_owned(), |percent| format!("{percent} %"))
}

pub(super) fn severity(severity: Option<Severity>) -> &'static str {
    match severity {
        Some(Severity::Critical) => "critical",
        Some(Severity::Important) => "important",
        Some(Severity::Moderate) => "moderate",
        Some(Severity::Low) => "low",
        None => "not stated",
    }
}

pub(super) fn compliance(compliance: Compliance) -> &'static str {
    match compliance {
        Compliance::Compliant => "yes",
        Compliance::NotCompliant => "no",
        Compliance::Unknown { .. } => "unknown",
    }
}

pub(super) fn because(unknown: Unknown) -> &'static str {
    match unknown {
        Unknown::NoSuchInstance => "the service does not know it",
        Unknown::NoSource => "it has no software source, and so is offered nothing",
        Unknown::NotRead => "its updates could not be read",
    }
}

/// Says how many CVEs and how bad the worst is.
pub(super) fn exposure(exposure: Exposure) -> String {
    match (exposure.total(), exposure.worst()) {
        (0, _) => "0".to_owned(),
        (total, None) => total.to_string(),
        (total, Some(worst)) => format!("{total}, {}", severity(Some(worst))),
    }
}

pub(super) fn level(instance: &InstanceReport) -> String {
    match (instance.at_level, instance.at_level_since, &instance.conformance) {
        (true, Some(since), _) => time(since),
        (true, None, _) => "yes, not on record".to_owned(),
        (false, _, None) => UNKNOWN.to_owned(),
        (false, _, Some(_)) => "no".to_owned(),
    }
}

/// Returns the release, and what it rides instead where it does.
pub(super) fn release(instance: &InstanceReport) -> Cow<'_, str> {
    match (&instance.rides, instance.on_release, instance.agent) {
        (_, true, _) | (_, _, None) => Cow::Borrowed(instance.release.as_str()),
        (Some(rides), false, _) => Cow::Owned(format!("{}, rides {rides}", instance.release)),
        (None, false, _) => Cow::Owned(format!("{}, has no source", instance.release)),
    }
}

/// Names the module streams that it has instead of its release's; empty for none.
pub(super) fn streams(instance: &InstanceReport) -> String {
    let gaps: Vec<String> = instance.streams.iter().map(|gap| gap.to_string()).collect();
    gaps.join("; ")
}

/// Returns a count, or that nobody knows.
pub(super) fn number(number: Option<usize>) -> String {
    number.map_or_else(|| UNKNOWN.to_owned(), |number| number.to_string())
}

/// Says what the figures do not say.
pub(super) fn limit(limit: Limit) -> String {
    let instances = |number, singular: &str, plural: &str| {
        format!("{} {}", count(number, "instance"), if number == 1 { singular } else { plural })
    };
    match limit {
        Limit::OnRelease { instances: number } => {
            let subject = instances(number, "rides its release and is", "ride their release and are");
            format!(
                "{subject} offered what it holds and nothing newer: what was published after the release was frozen \
                 does not count as outstanding there."
            )
        }
        Limit::NoSource { instances: number } => {
            let subject =
                instances(number, "has no software source and is", "have no software source and are");
            format!("{subject} offered no updates at all: nothing can be said of its compliance.")
        }
        Limit::NoSuchInstance { instances: number } => {
            let subject = instances(number, "is not known to the service", "are not known to the service");
            format!(
                "{subject}: nothing can be said there, and in the percentage that weighs like not compliant."
            )
        }
        Limit::NotRead { instances: number } => {
            format!("The updates of {} could not be read.", count(number, "instance"))
        }
        Limit::Silent { instances: number } => {
            let subject = instances(number, "does not check in", "do not check in");
            format!("{subject}: what is said here is as old as the last check-in.")
        }
        Limit::ListedBefore { instances: number } => format!(
            "The service listed the packages of {} before the last run of their schedule: what that brought is not counted \
             here.",
            count(number, "instance")
        ),
        Limit::SeverityOfErrata { cves } => format!(
            "The severity of {} is the vendor's word for the erratum with the fix; the service has no score of a \
             CVE's own.",
            count(cves, "CVE")
        ),
        Limit::SeverityNotStated { cves } => {
            format!("The errata of {} state no severity.", count(cves, "CVE"))
        }
    }
}

/// Says what keeps an instance below its release's level.
pub(super) fn below(instance: &InstanceReport) -> String {
    let mut told = format!("not at the level of {}", instance.release);
    let rides = release(instance);
    if let Some(instead) = rides.strip_prefix(instance.release.as_str()).filter(|rest| !rest.is_empty()) {
        told.push_str(instead);
    }
    if let Some(conformance) = instance.conformance {
        let parts = counts(&[
            (conformance.behind, "behind"),
            (conformance.ahead, "ahead"),
            (conformance.missing, "missing"),
            (conformance.extra, "extra"),
        ]);
        if !parts.is_empty() {
            told.push_str(": ");
            told.push_str(&parts);
        }
    }
    if !instance.streams.is_empty() {
        told.push_str("; streams: ");
        told.push_str(&streams(instance));
    }
    told
}

/// Says that an instance does not check in, and since when.
pub(super) fn silence(instance: &InstanceReport) -> Option<String> {
    (instance.agent == Some(InstanceStatus::Unreachable)).then(|| match instance.last_checkin {
        Some(at) => format!("it does not check in: what is known of it is of {}", time(at)),
        None => "it does not check in, and never has as far as the service says".to_owned(),
    })
}

/// Says what is wrong with an instance.
pub(super) fn matter(matter: Matter, instance: &InstanceReport) -> String {
    match matter {
        Matter::NotCompliant => {
            let updates = instance.updates.unwrap_or_default();
            let cves = instance.cves.filter(|cves| cves.total() > 0);
            let cves = cves.map(|cves| {
                let worst = cves.worst().map(|worst| format!(", worst: {}", severity(Some(worst))));
                format!(", {} open{}", count(cves.total(), "CVE"), worst.unwrap_or_default())
            });
            format!("{} outstanding{}", count(updates.security, "security update"), cves.unwrap_or_default())
        }
        Matter::BelowLevel => below(instance),
        Matter::Unknown => match instance.security {
            Compliance::Unknown { because: why } => {
                format!("nothing can be said of its compliance: {}", because(why))
            }
            Compliance::Compliant | Compliance::NotCompliant => String::new(),
        },
        Matter::Silent => silence(instance).unwrap_or_default(),
        Matter::Reboot => "waits for a reboot".to_owned(),
        // That is of no one instance.
        Matter::Cve => String::new(),
    }
}

/// Says that a CVE is open, how bad it is, and on how many of a group.
pub(super) fn open(cve: &CveReport, on: usize, of: usize) -> String {
    let severity = match cve.severity {
        Some(known) => format!("{}, {}", severity(Some(known)), cve.errata.join(", ")),
        None => cve.errata.join(", "),
    };
    let severity = if severity.is_empty() { "no erratum is known".to_owned() } else { severity };
    let packages = match cve.packages.as_slice() {
        [] => String::new(),
        names => format!(" in {}", names.join(", ")),
    };
    format!("{} ({severity}){packages} is open on {on} of {}", cve.name, count(of, "instance"))
}
