//! The instances as CSV (RFC 4180, lines end in LF): one line each, figures as figures, an empty field where nobody
//! knows.
//!
//! A spreadsheet takes a field that begins with `=`, `+`, `-` or `@` for a formula, and names come from whoever named
//! an instance: such a field gets an apostrophe before it.

use std::borrow::Cow;

use super::super::words::{clean, status};
use super::words::compliance;
use crate::report::{Compliance, InstanceReport, Report};

const COLUMNS: [&str; 33] = [
    "train",
    "as_of",
    "group",
    "release",
    "instance",
    "id",
    "security",
    "bug",
    "enhancement",
    "other",
    "security_compliant",
    "unknown_because",
    "cves",
    "cves_critical",
    "cves_important",
    "cves_moderate",
    "cves_low",
    "cves_not_stated",
    "rides",
    "on_release",
    "behind",
    "ahead",
    "extra",
    "missing",
    "streams",
    "at_level",
    "at_level_since",
    "reboot_required",
    "agent",
    "last_checkin",
    "running_kernel",
    "tool",
    // Behind those that were there before it, which whoever reads by position still finds where they were.
    "effective_kernel",
];

pub(super) fn csv(reports: &[Report]) -> String {
    let mut text = COLUMNS.join(",");
    text.push('\n');
    for report in reports {
        for instance in &report.instances {
            let fields: Vec<String> = fields(report, instance).iter().map(|field| quoted(field)).collect();
            text.push_str(&fields.join(","));
            text.push('\n');
        }
    }
    text
}

fn fields<'a>(report: &'a Report, instance: &'a InstanceReport) -> [Cow<'a, str>; COLUMNS.len()] {
    let number = |number: Option<usize>| Cow::Owned(number.map(|n| n.to_string()).unwrap_or_default());
    let time = |at: Option<jiff::Timestamp>| Cow::Owned(at.map(|at| at.to_string()).unwrap_or_default());
    let truth = |truth| Cow::Borrowed(if truth { "yes" } else { "no" });
    let (updates, cves, conformance) = (instance.updates, instance.cves, instance.conformance);
    let because = match instance.security {
        Compliance::Unknown { because } => super::words::because(because),
        Compliance::Compliant | Compliance::NotCompliant => "",
    };
    [
        safe(report.train.as_str()),
        time(Some(report.at)),
        safe(instance.group.as_str()),
        safe(instance.release.as_str()),
        safe(&instance.name),
        safe(instance.id.as_str()),
        number(updates.map(|updates| updates.security)),
        number(updates.map(|updates| updates.bug)),
        number(updates.map(|updates| updates.enhancement)),
        number(updates.map(|updates| updates.other)),
        Cow::Borrowed(compliance(instance.security)),
        Cow::Borrowed(because),
        number(cves.map(|cves| cves.total())),
        number(cves.map(|cves| cves.critical)),
        number(cves.map(|cves| cves.important)),
        number(cves.map(|cves| cves.moderate)),
        number(cves.map(|cves| cves.low)),
        number(cves.map(|cves| cves.not_stated)),
        safe(instance.rides.as_deref().unwrap_or_default()),
        truth(instance.on_release),
        number(conformance.map(|conformance| conformance.behind)),
        number(conformance.map(|conformance| conformance.ahead)),
        number(conformance.map(|conformance| conformance.extra)),
        number(conformance.map(|conformance| conformance.missing)),
        safe(&super::words::streams(instance)).into_owned().into(),
        truth(instance.at_level),
        time(instance.at_level_since),
        if instance.agent.is_some() { truth(instance.reboot_required) } else { Cow::Borrowed("") },
        Cow::Borrowed(instance.agent.map_or("", status)),
        time(instance.last_checkin),
        safe(instance.running_kernel.as_deref().unwrap_or_default()),
        Cow::Borrowed(report.tool),
        safe(instance.effective_kernel.as_deref().unwrap_or_default()),
    ]
}

/// Makes a text that somebody else wrote safe to open in a spreadsheet.
fn safe(text: &str) -> Cow<'_, str> {
    let text = clean(text);
    if text.starts_with(['=', '+', '-', '@']) { Cow::Owned(format!("'{text}")) } else { text }
}

fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}
