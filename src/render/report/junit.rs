//! The report as JUnit XML, which CI systems show beside tests: a suite for each group, a case for each instance. There is
//! no standard of it; written is what Jenkins' schema and GitLab's reader have in common.

use std::borrow::Cow;
use std::fmt::Write;

use super::super::words::{clean, count};
use super::words;
use crate::report::{Compliance, GroupReport, InstanceReport, Matter, Report, Standing, standing};

pub(super) fn junit(reports: &[Report]) -> String {
    let all: Vec<&InstanceReport> = reports.iter().flat_map(|report| &report.instances).collect();
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let _ = writeln!(text, "<testsuites name=\"patchtrain\" {}>", totals(&all));
    for report in reports {
        for group in &report.groups {
            suite(&mut text, report, group);
        }
    }
    text.push_str("</testsuites>\n");
    text
}

/// Returns the attributes that count. Nothing is timed: a report is one look.
fn totals(instances: &[&InstanceReport]) -> String {
    let of = |wanted| instances.iter().filter(|one| standing(one) == wanted).count();
    format!(
        "tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" time=\"0\"",
        instances.len(),
        of(Standing::Failed),
        of(Standing::Skipped)
    )
}

fn suite(text: &mut String, report: &Report, group: &GroupReport) {
    let name = format!("{}.{}", report.train, group.name);
    let members: Vec<&InstanceReport> =
        report.instances.iter().filter(|one| one.group == group.name).collect();
    let at = report.at.strftime("%Y-%m-%dT%H:%M:%S");
    let (named, counted) = (escaped(&name), totals(&members));
    let _ = writeln!(text, "  <testsuite name=\"{named}\" {counted} timestamp=\"{at}\">");
    text.push_str("    <properties>\n");
    let simulator = if report.service.simulator { ", SIMULATOR" } else { "" };
    for (name, value) in [
        ("release", group.release.to_string()),
        ("at_level", if group.at_level { "yes" } else { "no" }.to_owned()),
        ("may_be_below", group.allowed.to_string()),
        ("service", format!("{} ({}{simulator})", report.service.place, report.service.api)),
        ("serial", report.serial.to_string()),
        ("patchtrain", report.tool.to_owned()),
    ] {
        let _ = writeln!(text, "      <property name=\"{name}\" value=\"{}\"/>", escaped(&value));
    }
    text.push_str("    </properties>\n");
    for one in members {
        let (case, file) = (escaped(&one.name), escaped(&report.file));
        let _ =
            write!(text, "    <testcase name=\"{case}\" classname=\"{named}\" file=\"{file}\" time=\"0\"");
        let (tag, told) = match standing(one) {
            Standing::Passed => {
                text.push_str("/>\n");
                continue;
            }
            Standing::Failed => ("failure", outstanding(one)),
            Standing::Skipped => ("skipped", unsaid(one)),
        };
        let kind = match (tag, one.security) {
            ("skipped", _) => String::new(),
            (_, Compliance::NotCompliant) => " type=\"not-compliant\"".to_owned(),
            _ => " type=\"below-level\"".to_owned(),
        };
        let message = escaped(told.first().map_or("", String::as_str)).into_owned();
        let _ = writeln!(text, ">\n      <{tag} message=\"{message}\"{kind}>");
        for line in told.iter().chain([&format!("{}, {}", one.id, words::release(one))]) {
            let _ = writeln!(text, "{}", escaped(line));
        }
        let _ = writeln!(text, "      </{tag}>\n    </testcase>");
    }
    text.push_str("  </testsuite>\n");
}

/// Says what keeps an instance from passing, the gravest first.
fn outstanding(one: &InstanceReport) -> Vec<String> {
    let mut told = Vec::new();
    if let (Compliance::NotCompliant, Some(updates)) = (one.security, one.updates) {
        told.push(words::matter(Matter::NotCompliant, one));
        let others =
            [(updates.bug, "bug fix"), (updates.enhancement, "enhancement"), (updates.other, "other")];
        let others = others.into_iter().filter(|(number, _)| *number > 0);
        let others: Vec<String> = others.map(|(number, what)| count(number, what)).collect();
        if !others.is_empty() {
            told.push(format!("also outstanding: {}", others.join(", ")));
        }
    }
    if !one.at_level {
        told.push(words::below(one));
    }
    told.extend(unsaid(one));
    if one.reboot_required {
        told.push("waits for a reboot".to_owned());
    }
    told
}

/// Says what cannot be said of it, and why.
fn unsaid(one: &InstanceReport) -> Vec<String> {
    let mut told = Vec::new();
    if matches!(one.security, Compliance::Unknown { .. }) {
        told.push(words::matter(Matter::Unknown, one));
    }
    told.extend(words::silence(one));
    told
}

/// Escapes what XML would take for more than text, and spells out what it has no way to hold.
fn escaped(text: &str) -> Cow<'_, str> {
    let text = clean(text);
    if !text.contains(['&', '<', '>', '"', '\'', '\u{fffe}', '\u{ffff}']) {
        return text;
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => safe.extend(c.escape_unicode()),
            c => safe.push(c),
        }
    }
    Cow::Owned(safe)
}
