//! The report as Markdown with tables as GitHub has them. Names are escaped: they come from whoever named an instance.

use super::super::markdown::{escaped, head, row};
use super::super::words::{count, status, time};
use super::words::{self, UNKNOWN};
use crate::report::{Report, Summary};

pub(super) fn markdown(reports: &[Report]) -> String {
    let mut lines = vec!["# Compliance report".to_owned()];
    for report in reports {
        train(&mut lines, report);
    }
    lines.push(String::new());
    lines.join("\n")
}

fn train(lines: &mut Vec<String>, report: &Report) {
    let simulator = if report.service.simulator { ", SIMULATOR" } else { "" };
    lines.extend([
        String::new(),
        format!("## Train {}", escaped(report.train.as_str())),
        String::new(),
        format!(
            "As of {}, {}{simulator}, state serial {}.",
            time(report.at),
            escaped(&report.service.place),
            report.serial
        ),
        String::new(),
        words::verdict(report),
        String::new(),
        "### Summary".to_owned(),
        String::new(),
    ]);
    head(
        lines,
        &["group", "release"],
        &["systems", "not compliant", "compliant", "compliant %", "unknown", "at level", "behind", "reboot"],
    );
    for group in &report.groups {
        let names = [escaped(group.name.as_str()), escaped(group.release.as_str())];
        row(lines, names.into_iter().chain(summary(&group.summary)));
    }
    row(lines, ["**all**".to_owned(), String::new()].into_iter().chain(summary(&report.summary)));
    lines.extend([String::new(), "### Instances".to_owned(), String::new()]);
    let mut texts = vec![
        "instance",
        "group",
        "release",
        "compliant",
        "CVEs",
        "at level since",
        "reboot",
        "agent",
        "last check-in",
    ];
    let patched = words::are_patched(report);
    texts.extend(patched.then_some(words::EFFECTIVE));
    head(lines, &texts, &["security", "bug", "enhancement", "other", "behind", "ahead", "extra", "missing"]);
    for instance in &report.instances {
        let (updates, conformance) = (instance.updates, instance.conformance);
        let mut texts = vec![
            escaped(&instance.name),
            escaped(instance.group.as_str()),
            escaped(&words::release(instance)),
            words::compliance(instance.security).to_owned(),
            instance.cves.map_or_else(|| UNKNOWN.to_owned(), words::exposure),
            words::level(instance),
            if instance.reboot_required { "needed" } else { "" }.to_owned(),
            instance.agent.map_or("unknown", status).to_owned(),
            instance.last_checkin.map(time).unwrap_or_default(),
        ];
        texts.extend(patched.then(|| escaped(instance.effective_kernel.as_deref().unwrap_or_default())));
        let figures = [
            updates.map(|updates| updates.security),
            updates.map(|updates| updates.bug),
            updates.map(|updates| updates.enhancement),
            updates.map(|updates| updates.other),
            conformance.map(|conformance| conformance.behind),
            conformance.map(|conformance| conformance.ahead),
            conformance.map(|conformance| conformance.extra),
            conformance.map(|conformance| conformance.missing),
        ]
        .map(words::number);
        row(lines, texts.into_iter().chain(figures));
    }
    let streams = report.instances.iter().filter(|instance| !instance.streams.is_empty());
    for (index, instance) in streams.enumerate() {
        if index == 0 {
            lines.extend([
                String::new(),
                "### Module streams other than the release's".to_owned(),
                String::new(),
            ]);
        }
        lines.push(format!("- {}: {}", escaped(&instance.name), escaped(&words::streams(instance))));
    }
    if !report.cves.is_empty() {
        lines.extend([String::new(), format!("### {} open", count(report.cves.len(), "CVE")), String::new()]);
        head(lines, &["CVE", "severity", "errata", "packages"], &["instances"]);
        for cve in &report.cves {
            let names = |names: &[std::sync::Arc<str>]| escaped(&names.join(", "));
            let cells = [
                escaped(&cve.name),
                words::severity(cve.severity).to_owned(),
                names(&cve.errata),
                names(&cve.packages),
            ];
            row(lines, cells.into_iter().chain([cve.instances.len().to_string()]));
        }
    }
    if !report.limits.is_empty() {
        lines.extend([String::new(), "### What these figures do not say".to_owned(), String::new()]);
        lines.extend(report.limits.iter().map(|limit| format!("- {}", words::limit(*limit))));
    }
}

fn summary(summary: &Summary) -> [String; 8] {
    [
        summary.systems.to_string(),
        summary.not_compliant.to_string(),
        summary.compliant.to_string(),
        words::percent(summary.compliant_percent),
        summary.unknown.to_string(),
        summary.at_level.to_string(),
        summary.behind.to_string(),
        summary.reboot.to_string(),
    ]
}
