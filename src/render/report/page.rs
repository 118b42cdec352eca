//! The report as one HTML page that needs nothing else. Without scripts it is the same page, but for sorting and filtering.

use super::super::html::{Html, Inline, TABLES, document};
use super::super::words::{count, time};

use super::{chart, tables, words};
use crate::report::Report;

pub(in crate::render) const STYLE: Inline =
    Inline { tag: "style", code: concat!(include_str!("../html/base.css"), include_str!("report.css")) };

pub(super) fn page(reports: &[Report]) -> String {
    let names: Vec<&str> = reports.iter().map(|report| report.train.as_str()).collect();
    document(&format!("Compliance report: {}", names.join(", ")), STYLE, Some(TABLES), |html| {
        for report in reports {
            train(html, report);
        }
    })
}

fn train(html: &mut Html, report: &Report) {
    html.open("section", &[("class", &"train"), ("data-train", &report.train)]);
    header(html, report);
    figures(html, report);
    charts(html, report);
    html.element("h2", &[], "Summary");
    tables::groups(html, report);
    if !report.limits.is_empty() {
        html.open("aside", &[("class", &"limits")]);
        html.element("h2", &[], "What these figures do not say");
        html.open("ul", &[]);
        for limit in &report.limits {
            html.element("li", &[], words::limit(*limit));
        }
        html.end("ul");
        html.end("aside");
    }
    html.element("h2", &[], "Instances");
    tables::instances(html, report);
    html.element("h2", &[], "Open CVEs");
    match report.cves.is_empty() {
        true => html.element("p", &[], "No outstanding update names a CVE."),
        false => tables::cves(html, report),
    }
    html.element("h2", &[], "Reports so far");
    tables::trend(html, report);
    html.end("section");
}

fn header(html: &mut Html, report: &Report) {
    html.open("header", &[]);
    html.open("h1", &[]);
    html.text(format!("Compliance of {}", report.train));
    if report.service.simulator {
        html.text(" ");
        html.element("span", &[("class", &"badge")], "SIMULATOR");
    }
    html.end("h1");
    html.element("p", &[("class", &"verdict")], words::verdict(report));
    let facts = format!(
        "As of {}, asked of {} ({}), state serial {}, patchtrain {}.",
        time(report.at),
        report.service.place,
        report.service.api,
        report.serial,
        report.tool
    );
    html.element("p", &[("class", &"facts")], facts);
    html.end("header");
}

/// The figures that a reader wants first.
fn figures(html: &mut Html, report: &Report) {
    let summary = &report.summary;
    let of_all = format!("of {}", count(summary.systems, "instance"));
    let worst = match (summary.cves.total(), summary.cves.worst()) {
        (0, _) => "none".to_owned(),
        (_, None) => "severity not stated".to_owned(),
        (_, Some(worst)) => format!("worst: {}", words::severity(Some(worst))),
    };
    let compliance = format!(
        "{} compliant, {} not, {} unknown",
        summary.compliant, summary.not_compliant, summary.unknown
    );
    html.open("ul", &[("class", &"figures")]);
    for (what, figure, note) in [
        ("security compliant", words::percent(summary.compliant_percent), compliance),
        (
            "at their release's level",
            words::percent(summary.at_level_percent),
            format!("{} {of_all}", summary.at_level),
        ),
        ("open CVEs", summary.cves.total().to_string(), worst),
        ("to be rebooted", summary.reboot.to_string(), of_all.clone()),
        ("not checking in", summary.unreachable.to_string(), of_all),
    ] {
        html.open("li", &[]);
        html.element("b", &[], figure);
        html.element("span", &[], what);
        html.element("small", &[], note);
        html.end("li");
    }
    html.end("ul");
}

fn charts(html: &mut Html, report: &Report) {
    html.open("div", &[("class", &"charts")]);
    let mut figure = |caption: &str, draw: &dyn Fn(&mut Html, &Report)| {
        html.open("figure", &[]);
        html.element("figcaption", &[], caption);
        draw(html, report);
        html.end("figure");
    };
    figure("Security compliance by group", &chart::groups);
    figure("Open CVEs by severity", &chart::severities);
    figure("Outstanding updates, summed over instances", &chart::updates);
    figure("Trend", &chart::trend);
    html.end("div");
}
