//! The tables of the page. Long ones can be sorted and filtered.

use super::super::html::{Column, Html, Sort, begin, end};
use super::super::words::{count, status, time};
use super::words::{self, UNKNOWN};
use crate::advisory::Severity;
use crate::report::{Compliance, Exposure, InstanceReport, Report, Summary};

/// Instances of a CVE that are named; of more, their number says enough, and the page stays small.
const NAMED: usize = 40;

/// Writes a figure; zero stands back.
fn figure(html: &mut Html, number: Option<usize>) {
    match number {
        Some(0) => html.element("td", &[("class", &"n z")], 0),
        number => html.element("td", &[("class", &"n")], words::number(number)),
    }
}

/// The article's second table, by group and for all.
pub(super) fn groups(html: &mut Html, report: &Report) {
    html.open("div", &[("class", &"scroll")]);
    html.open("table", &[("class", &"groups"), ("aria-label", &"Summary by group")]);
    html.open("thead", &[]);
    html.open("tr", &[]);
    for name in ["Group", "Release"] {
        html.element("th", &[("scope", &"col")], name);
    }
    for name in [
        "Systems",
        "Not compliant",
        "Compliant",
        "Compliant %",
        "Unknown",
        "At level",
        "Behind",
        "Ahead",
        "Extra",
        "Missing",
        "CVEs",
        "Reboot",
    ] {
        html.element("th", &[("scope", &"col"), ("class", &"n")], name);
    }
    html.element("th", &[("scope", &"col")], "Group at level");
    html.end("tr");
    html.end("thead");
    html.open("tbody", &[]);
    for group in &report.groups {
        html.open("tr", &[]);
        html.element("td", &[], &group.name);
        html.element("td", &[], &group.release);
        summary(html, &group.summary);
        let level = if group.at_level { "yes" } else { "no" };
        html.element("td", &[], format!("{level}, {} may be below", group.allowed));
        html.end("tr");
    }
    html.end("tbody");
    html.open("tfoot", &[]);
    html.open("tr", &[]);
    html.element("th", &[("scope", &"row"), ("colspan", &"2")], "All");
    summary(html, &report.summary);
    html.element("td", &[], "");
    html.end("tr");
    html.end("tfoot");
    html.close("table");
    html.end("div");
}

fn summary(html: &mut Html, summary: &Summary) {
    for number in [summary.systems, summary.not_compliant, summary.compliant] {
        figure(html, Some(number));
    }
    html.element("td", &[("class", &"n")], words::percent(summary.compliant_percent));
    for number in [
        summary.unknown,
        summary.at_level,
        summary.behind,
        summary.ahead,
        summary.extra,
        summary.missing,
        summary.cves.total(),
        summary.reboot,
    ] {
        figure(html, Some(number));
    }
}

/// The article's first table, and what it could not see.
pub(super) fn instances(html: &mut Html, report: &Report) {
    let patched = words::are_patched(report);
    let mut columns = vec![
        Column("Instance", Sort::Text, false),
        Column("Group", Sort::Text, true),
        Column("Release", Sort::Text, true),
        Column("Security", Sort::Number, false),
        Column("Bug", Sort::Number, false),
        Column("Enhancement", Sort::Number, false),
        Column("Other", Sort::Number, false),
        Column("Security compliant", Sort::Text, true),
        Column("Open CVEs", Sort::Key, false),
        Column("Behind", Sort::Number, false),
        Column("Ahead", Sort::Number, false),
        Column("Extra", Sort::Number, false),
        Column("Missing", Sort::Number, false),
        Column("At level since", Sort::Text, false),
        Column("Reboot", Sort::Text, true),
        Column("Agent", Sort::Text, true),
        Column("Last check-in", Sort::Text, false),
    ];
    columns.extend(patched.then_some(Column(words::EFFECTIVE, Sort::Text, true)));
    // Few fleets have anything to tell here.
    let with_streams = report.instances.iter().any(|one| !one.streams.is_empty());
    if with_streams {
        columns.push(Column("Module streams", Sort::Text, false));
    }
    begin(html, "instances", "instances", &columns);
    for one in &report.instances {
        html.open("tr", &[]);
        html.element("td", &[("title", &one.id)], &one.name);
        html.element("td", &[], &one.group);
        html.element("td", &[], words::release(one));
        let updates = one.updates;
        figure(html, updates.map(|updates| updates.security));
        figure(html, updates.map(|updates| updates.bug));
        figure(html, updates.map(|updates| updates.enhancement));
        figure(html, updates.map(|updates| updates.other));
        compliance(html, one);
        let key = one.cves.map(rank).unwrap_or_default();
        html.element("td", &[("data-k", &key)], one.cves.map_or_else(|| UNKNOWN.to_owned(), words::exposure));
        let conformance = one.conformance;
        figure(html, conformance.map(|conformance| conformance.behind));
        figure(html, conformance.map(|conformance| conformance.ahead));
        figure(html, conformance.map(|conformance| conformance.extra));
        figure(html, conformance.map(|conformance| conformance.missing));
        html.element("td", &[], words::level(one));
        html.element("td", &[], if one.reboot_required { "needed" } else { "" });
        html.element("td", &[], one.agent.map_or("unknown", status));
        html.element("td", &[], one.last_checkin.map(time).unwrap_or_default());
        if patched {
            html.element("td", &[], one.effective_kernel.as_deref().unwrap_or_default());
        }
        if with_streams {
            html.element("td", &[], words::streams(one));
        }
        html.end("tr");
    }
    end(html);
}

fn compliance(html: &mut Html, one: &InstanceReport) {
    let word = words::compliance(one.security);
    match one.security {
        Compliance::Compliant => html.element("td", &[("class", &"yes")], word),
        Compliance::NotCompliant => html.element("td", &[("class", &"no")], word),
        Compliance::Unknown { because } => {
            html.element("td", &[("class", &"dunno"), ("title", &words::because(because))], word);
        }
    }
}

/// The key that exposures sort by: the worst severity first, then how many.
fn rank(exposure: Exposure) -> usize {
    let worst = match exposure.worst() {
        Some(Severity::Critical) => 4,
        Some(Severity::Important) => 3,
        Some(Severity::Moderate) => 2,
        Some(Severity::Low) => 1,
        None => 0,
    };
    worst * 1_000_000 + exposure.total()
}

/// The CVEs with what mends them and whom they are on.
pub(super) fn cves(html: &mut Html, report: &Report) {
    begin(
        html,
        "cves",
        "CVEs",
        &[
            Column("CVE", Sort::Text, false),
            Column("Severity", Sort::Key, true),
            Column("Errata", Sort::Text, false),
            Column("Packages", Sort::Text, false),
            Column("Instances", Sort::Number, false),
            Column("On", Sort::Text, false),
        ],
    );
    for cve in &report.cves {
        html.open("tr", &[]);
        html.element("td", &[], &cve.name);
        let rank = cve.severity.map_or(0, |severity| 1 + severity as usize);
        let word = words::severity(cve.severity);
        html.element("td", &[("data-k", &rank)], word);
        html.element("td", &[], cve.errata.join(", "));
        html.element("td", &[], cve.packages.join(", "));
        figure(html, Some(cve.instances.len()));
        let named = &cve.instances[..cve.instances.len().min(NAMED)];
        let more = cve.instances.len() - named.len();
        let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
        html.element("td", &[("class", &"on")], format!("{}{rest}", named.join(", ")));
        html.end("tr");
    }
    end(html);
}

/// The reports so far, newest first.
pub(super) fn trend(html: &mut Html, report: &Report) {
    html.open("details", &[]);
    html.element("summary", &[], count(report.trend.len(), "report"));
    html.open("div", &[("class", &"scroll")]);
    html.open("table", &[("aria-label", &"Reports so far")]);
    html.open("thead", &[]);
    html.open("tr", &[]);
    html.element("th", &[("scope", &"col")], "As of");
    for name in [
        "Systems",
        "Not compliant",
        "Compliant",
        "At level",
        "Security",
        "Bug",
        "Enhancement",
        "Other",
        "CVEs",
        "Reboot",
    ] {
        html.element("th", &[("scope", &"col"), ("class", &"n")], name);
    }
    html.end("tr");
    html.end("thead");
    html.open("tbody", &[]);
    for record in report.trend.iter().rev() {
        html.open("tr", &[]);
        html.element("td", &[], time(record.at));
        for number in [
            record.systems,
            record.not_compliant,
            record.compliant,
            record.at_level,
            record.security,
            record.bug,
            record.enhancement,
            record.other,
            record.cves,
            record.reboot,
        ] {
            figure(html, Some(number));
        }
        html.end("tr");
    }
    html.end("tbody");
    html.close("table");
    html.end("div");
    html.end("details");
}
